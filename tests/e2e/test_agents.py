#!/usr/bin/python3 -B
"""The agents themselves: added, removed, handed over, wiped. The databases must not notice."""

import re
import shutil
import signal
from pathlib import Path

import harness
from harness import Load, SandboxTest, http, wait_until


class Agents(SandboxTest):
    def listed(self, name=None, ask=None):
        """The agents as one of them lists them, or the one of that name, or None."""
        answer = ask.get("/v1/agents", timeout_s=2).json if ask else self.sandbox.get("/v1/agents")
        agents = answer.get("agents", [])
        return agents if name is None else next((agent for agent in agents if agent["name"] == name), None)

    def is_voter(self, name, but_not=None):
        """Whether it is a voter that has all that is committed; not under that number."""
        leader = self.sandbox.leader()
        agent = self.listed(name, leader) if leader else None
        return bool(agent) and agent["kind"] == "voter" and agent["id"] != but_not and agent["connected"]

    def wait_voters(self, count=3):
        def all_vote():
            agents = self.listed()
            return len(agents) == count and all(agent["kind"] == "voter" and agent["connected"] for agent in agents)

        wait_until(all_vote, f"{count} voters", 30)

    def setUp(self):
        super().setUp()
        self.wait_voters()

    def delete(self, path, ask=None):
        agent = ask or wait_until(self.sandbox.leader, "a leader")
        return http("DELETE", agent.api + path, token=self.sandbox.described["api_token"])

    def guard_of_primary(self):
        return self.sandbox.guard(self.sandbox.primary())

    def replica_guard(self):
        """A follower that guards no primary."""
        leader = wait_until(self.sandbox.leader, "a leader")
        return next(agent for agent in self.sandbox.agents if agent not in (leader, self.guard_of_primary()))

    def stop(self, agent):
        pid = agent.refreshed_pid()
        agent.signal(signal.SIGTERM)
        wait_until(lambda: not harness.is_alive(pid), f"{agent.name} has stopped")

    def log(self, agent, since=0):
        return Path(agent.log).read_text(errors="replace")[since:]

    def test_the_agent_of_the_primary_stays(self):
        """The agent of a cluster's primary can't be removed: 412, and what to do first; exit status 3"""
        guard = self.guard_of_primary()
        answer = self.delete(f"/v1/agents/{guard.name}")
        self.assertEqual((answer.status, answer.json["code"]), (412, "REFUSED"), answer.text)
        self.assertIn("switchover", answer.json["suggestion"])
        done = self.sandbox.control("agent", "remove", guard.name)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(guard.name, done.stderr)
        self.assertEqual(self.delete("/v1/agents/nobody").status, 404)

    def test_the_lead_is_handed_over(self):
        """transfer-leadership: to the one that is named, and to the best one; the writes go on"""
        with Load(self.sandbox) as load:
            for _ in range(2):
                before = wait_until(self.sandbox.leader, "a leader")
                target = next(agent for agent in self.sandbox.agents if agent is not before)
                done = self.sandbox.control("agent", "transfer-leadership", target.name)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.sandbox.leader(), target)
            refused = target.post(f"/v1/agents/{target.name}/lead")
            self.assertEqual((refused.status, refused.json["code"]), (412, "REFUSED"))
            done = self.sandbox.control("agent", "transfer-leadership")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotEqual(self.sandbox.leader(), target)
            self.assertEqual(self.new_operations(), [])
            self.assert_nothing_lost(load, self.sandbox.primary())

    def test_a_leader_that_stops_hands_over(self):
        """SIGTERM: another agent leads before the old one is gone, without an election time-out"""
        leader = wait_until(self.sandbox.leader, "a leader")
        others = [agent for agent in self.sandbox.agents if agent is not leader]
        since = {agent.name: len(self.log(agent)) for agent in self.sandbox.agents}
        self.stop(leader)
        wait_until(lambda: any("event=leading" in self.log(a, since[a.name]) for a in others), "another one leads")
        self.assertIn("ended=", self.log(leader, since[leader.name]))
        self.assertIn("another agent has a higher term", self.log(leader, since[leader.name]))
        leader.start_again()

    def test_removed_and_added_again(self):
        """An agent is removed: it is gone from the list and takes no part; added again, it comes back as a voter"""
        agent = self.replica_guard()
        before = self.listed(agent.name)
        key = self.public_key(agent)
        self.assertEqual(self.delete(f"/v1/agents/{agent.name}").status, 200)
        wait_until(lambda: self.listed(agent.name) is None, "it is gone from the list")
        wait_until(lambda: "event=removed" in self.log(agent) or not agent.refreshed_pid(), "it heard of it")
        done = self.sandbox.control("agent", "add", agent.name, agent.peer, key)
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: self.is_voter(agent.name, but_not=before["id"]), "it votes under a new number", 30)
        again = self.sandbox.control("agent", "add", agent.name, agent.peer, key)
        self.assertEqual(again.returncode, 3, again.stderr)
        self.assertIn("already", again.stderr)

    def public_key(self, agent):
        """As the others' configuration has it."""
        other = next(a for a in self.sandbox.agents if a is not agent)
        for line in Path(other.config).read_text().splitlines():
            words = line.split()
            if words[:2] == [agent.name, "="]:
                return words[3]
        raise AssertionError(f"{other.config} doesn't know {agent.name}")

    def wipe(self, agent):
        shutil.rmtree(agent.data_dir)
        Path(agent.data_dir).mkdir()

    def test_a_wiped_agent_comes_back_under_a_new_number(self):
        """Its data_dir is emptied while it is stopped: it never votes in its old name, and votes again by itself"""
        agent = self.replica_guard()
        before = self.listed(agent.name)
        self.stop(agent)
        since = len(self.log(agent))
        self.wipe(agent)
        agent.start_again()
        wait_until(lambda: self.is_voter(agent.name, but_not=before["id"]), "it votes under a new number", 30)
        text = self.log(agent, since)
        self.assertIn("event=seat_lost", text)
        self.assertIn("seat=replaced", text)
        self.assertNotIn("role=candidate", text.split("seat=replaced")[0], "never a candidate in its old name")
        seat = self.listed(agent.name)
        self.stop(agent)  # and it keeps the new one
        agent.start_again()
        wait_until(lambda: self.is_voter(agent.name), "it is back", 30)
        self.assertEqual(self.listed(agent.name)["id"], seat["id"])

    def test_peers_may_go_after_the_first_start(self):
        """[peers] is read at the first start only: without it the agent goes on, changed it is told once"""
        agent = self.replica_guard()
        path = Path(agent.config)
        text = path.read_text()
        self.addCleanup(path.write_text, text)
        self.stop(agent)
        path.write_text(text[: text.index("[peers]")])
        agent.start_again()
        wait_until(lambda: self.is_voter(agent.name) and agent.get("/v1/agents").json.get("leader"), "it is back", 30)
        self.stop(agent)
        since = len(self.log(agent))
        wrong = next(line for line in text.splitlines() if re.match(r"a\d = 127", line))
        path.write_text(text.replace(wrong, wrong.replace("127.0.0.1:", "127.0.0.2:")))
        agent.start_again()
        wait_until(lambda: self.is_voter(agent.name) and agent.get("/v1/agents").json.get("leader"), "it is back", 30)
        self.assertEqual(self.log(agent, since).count("event=peers_differ"), 1)
        self.assertIn("has another address", self.log(agent, since))


if __name__ == "__main__":
    harness.main()
