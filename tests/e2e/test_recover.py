#!/usr/bin/python3 -B
"""The majority of the agents is lost for good: one goes on alone, and the others join it anew, by hand (MC-17)."""

import os
import pty
import subprocess
from pathlib import Path

import harness
from agents import AgentsTest
from harness import holds, http, is_alive, wait_until
from load import Load

LEASE_S = 3  # of the default profile


class Recover(AgentsTest):
    def recover(self, agent, *more, stdin=subprocess.DEVNULL):
        words = [str(harness.DAEMON), "--config", agent.config, "--recover-as-single", *more]
        return subprocess.run(words, stdin=stdin, capture_output=True, text=True, timeout=60, check=False)

    def recover_at_a_terminal(self, agent, answer):
        terminal, stdin = pty.openpty()
        try:
            os.write(terminal, answer.encode() + b"\n")
            return self.recover(agent, stdin=stdin)
        finally:
            os.close(terminal)
            os.close(stdin)

    def join(self, agent, how, line=""):
        """Its first start, with an empty directory; later ones need no --join."""
        self.wipe(agent)
        with open(agent.log, "a") as log:
            words = [str(harness.DAEMON), "--config", agent.config, "--join", how]
            joining = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True)
        joining.stdin.write(line)
        joining.stdin.close()
        wait_until(lambda: self.is_voter(agent.name), f"{agent.name} votes", 30)
        joining.terminate()
        joining.wait(20)
        agent.start_again()

    def kill(self, agents):
        pids = [agent.refreshed_pid() for agent in agents]
        for agent in agents:
            agent.kill()
        wait_until(lambda: not any(is_alive(pid) for pid in pids), "they are gone")

    def test_one_agent_goes_on_alone(self):
        """Two of three agents are lost; the third goes on alone, does nothing by itself, and takes no old ones in unasked"""
        primary = self.sandbox.primary()
        survivor = self.sandbox.guard(primary)
        lost = [agent for agent in self.sandbox.agents if agent is not survivor]
        before = self.sandbox.cluster()
        with Load(self.sandbox) as load:
            self.fill_the_log()
            self.kill(lost)
            wait_until(lambda: not primary.is_writable(), "the primary is fenced")
            running = self.recover(survivor)
            self.assertEqual(running.returncode, 75, running.stderr)
            self.stop(survivor)
            for answer in ("", "yes", lost[0].name):
                unsure = self.recover_at_a_terminal(survivor, answer)
                self.assertEqual(unsure.returncode, 3, unsure.stderr)
                self.assertIn("nothing was changed", unsure.stderr)
            only_told = self.recover(survivor)
            self.assertEqual(only_told.returncode, 3, only_told.stderr)
            self.assertIn("its log ends with entry", only_told.stdout)
            self.assertIn("--yes", only_told.stderr)
            done = self.recover_at_a_terminal(survivor, survivor.name)
            self.assertEqual(done.returncode, 0, done.stderr)
            for agent in lost:
                self.assertRegex(done.stdout, f"{agent.name} .*is given up")
            again = self.recover(survivor, "--yes")
            self.assertEqual(again.returncode, 3, again.stderr)
            self.assertIn("only voter", again.stderr)
            survivor.start_again()
            self.alone(survivor, before)
            self.an_old_one_is_not_heard(survivor, lost[0])
            self.assertEqual(self.sandbox.control("cluster", "set", "main", "automation=on").returncode, 0)
            wait_until(primary.is_writable, "the primary takes writes again", 30)
            self.both_join(lost)
            self.sandbox.wait_healthy(60)
            self.assert_nothing_lost(load, primary)
        self.assertGreater(self.sandbox.cluster()["epoch"], before["epoch"])

    def alone(self, survivor, before):
        wait_until(lambda: self.leader() is survivor, "it leads")
        self.assertEqual([agent["name"] for agent in self.listed()], [survivor.name])
        cluster = survivor.get("/v1/clusters/main").json
        self.assertEqual(cluster["primary"], before["primary"])
        self.assertEqual(cluster["settings"]["automation"], "observe")
        primary = self.sandbox.server(before["primary"])
        holds(lambda: not primary.is_writable(), "nothing is opened unasked", for_s=2)

    def an_old_one_is_not_heard(self, survivor, old):
        """It comes back with its old store, and even its key is known: it may not speak before it has joined."""
        key = self.public_key(old)
        done = self.sandbox.control("agent", "add", old.name, old.peer, key)
        self.assertEqual(done.returncode, 0, done.stderr)
        since = {agent.name: len(self.log(agent)) for agent in (survivor, old)}
        old.start_again()
        wait_until(
            lambda: any("reason=other_cluster" in self.log(a, since[a.name]) for a in (survivor, old)), "it is refused"
        )
        holds(lambda: not self.listed(old.name)["connected"], "it stays outside", for_s=2)
        self.stop(old)

    def both_join(self, lost):
        """The one was added by hand already, the other one is invited."""
        added, invited = lost
        self.join(added, "peers")
        self.join(invited, "-", self.invite())
        self.wait_voters()

    def fill_the_log(self, entries=300):
        """With more than goes into one message."""
        leader = wait_until(self.leader, "a leader")
        for i in range(entries):
            answer = http("PATCH", leader.api + "/v1/clusters/main", self.token(), {"repair_retry_s": 30 + i % 2})
            self.assertEqual(answer.status, 200, answer.text)

    def token(self):
        return self.sandbox.described["api_token"]

    def test_a_lost_primary_is_not_proved_silent_by_the_clock(self):
        """SF-14: no lease of the lost agents' cluster is counted on: a person says that the old primary is dead"""
        primary = self.sandbox.primary()
        survivor = next(a for a in self.sandbox.agents if a is not self.sandbox.guard(primary) and self.guards(a))
        lost = [agent for agent in self.sandbox.agents if agent is not survivor]
        replicas = self.sandbox.others(primary)
        self.kill(lost)
        self.stop(survivor)
        primary.kill()
        done = self.recover(survivor, "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        survivor.start_again()
        wait_until(lambda: self.leader() is survivor, "it leads")
        self.assertEqual(self.sandbox.control("cluster", "set", "main", "automation=on").returncode, 0)
        wait_until(lambda: self.problem(survivor, "PRIMARY_HOST_LOST"), "it tells that a person must act", 30)
        self.assertIn("--old-primary-is-dead", self.problem(survivor, "PRIMARY_HOST_LOST")["suggestion"])
        holds(lambda: not any(r.is_writable() for r in replicas), "nobody is promoted", for_s=2 * LEASE_S)
        failover = self.sandbox.control("failover", "main", "--old-primary-is-dead", "--allow-data-loss", "--yes")
        self.assertEqual(failover.returncode, 0, failover.stdout + failover.stderr)
        self.assertTrue(self.sandbox.server(self.guards(survivor)).is_writable())
        self.sandbox.control("agent", "add", lost[0].name, lost[0].peer, self.public_key(lost[0]))
        self.both_join(lost)
        self.sandbox.wait_healthy(60)

    def guards(self, agent):
        return next((server.name for server in self.sandbox.servers if server.guard == agent.name), None)

    def problem(self, agent, code):
        listed = agent.get("/v1/problems").json.get("problems", [])
        return next((problem for problem in listed if problem["code"] == code), None)

    def test_nothing_to_recover(self):
        """Where no agent ever ran: refused, and nothing is made"""
        agent = self.sandbox.agents[0]
        config = self.sandbox.directory / "nobody.conf"
        nowhere = self.sandbox.directory / "nowhere"
        config.write_text(Path(agent.config).read_text().replace(agent.data_dir, str(nowhere)))
        words = [str(harness.DAEMON), "--config", str(config), "--recover-as-single"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("no agent ever ran here", done.stderr)
        self.assertFalse(nowhere.exists())

    def test_options_that_do_not_go_together(self):
        """--yes without --recover-as-single, and --join with it: status 2, one line that says why; nothing is run"""
        for words, told in (
            (["--yes"], "--recover-as-single only"),
            (["--recover-as-single", "--yes", "--join", "peers"], "no other mode"),
        ):
            words = [str(harness.DAEMON), "--config", self.sandbox.agents[0].config, *words]
            done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertIn(told, done.stderr)


if __name__ == "__main__":
    harness.main()
