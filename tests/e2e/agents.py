"""What the tests about the agents themselves share: who they are, who leads, what each has logged."""

import shutil
import signal
from pathlib import Path

import harness
from harness import SandboxTest, http, wait_until


class AgentsTest(SandboxTest):
    """Each test starts with three voters, connected."""

    def leader(self):
        """Who says so itself: one that was removed may believe in another one."""
        return next((a for a in self.sandbox.agents if a.get("/raft-leader", token=None).status == 200), None)

    def listed(self, name=None):
        """The agents as the leader lists them, or the one of that name, or None."""
        leader = wait_until(self.leader, "a leader")
        agents = leader.get("/v1/agents", timeout_s=2).json.get("agents", [])
        return agents if name is None else next((agent for agent in agents if agent["name"] == name), None)

    def is_voter(self, name, but_not=None):
        """Whether it is a voter, connected; not under that number."""
        agent = self.listed(name)
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
        agent = ask or wait_until(self.leader, "a leader")
        return http("DELETE", agent.api + path, token=self.sandbox.described["api_token"])

    def stop(self, agent):
        pid = agent.refreshed_pid()
        agent.signal(signal.SIGTERM)
        wait_until(lambda: not harness.is_alive(pid), f"{agent.name} has stopped")

    def log(self, agent, since=0):
        return Path(agent.log).read_text(errors="replace")[since:]

    def invite(self, *words):
        done = self.sandbox.control("agent", "invite", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count("\n"), 1, "one line")
        return done.stdout

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
