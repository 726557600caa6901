#!/usr/bin/python3 -B
"""Agents die: what must still work, what must not happen, what is remembered."""

import itertools

import harness
from harness import SandboxTest, holds, wait_until
from load import Load

LEASE_S = 3  # of the default profile


class Quorum(SandboxTest):
    def test_minority_promotes_nobody(self):
        """Two agents of three dead, then the primary: nobody is promoted, and whoever asks is told why"""
        primary = self.sandbox.primary()
        guard = self.sandbox.guard(primary)
        left = next(agent for agent in self.sandbox.agents if agent is not guard)
        for agent in self.sandbox.agents:
            if agent is not left:
                agent.kill()
        primary.kill()
        replicas = self.sandbox.others(primary)
        holds(lambda: not any(r.is_writable() for r in replicas), "no replica is writable", for_s=2 * LEASE_S)
        wait_until(lambda: self.sandbox.control("switchover", "--yes").returncode == 4, "exit status 4: no leader")
        answer = left.post("/v1/clusters/main/switchover", {})
        self.assertEqual(answer.status, 503, answer.text)
        self.assertTrue(answer.headers.get("Retry-After"))
        self.assertEqual(left.get("/v1/status?consistent=1").status, 503)
        self.assertEqual(left.get("/primary", token=None).status, 503)
        seen = left.get("/v1/status")
        self.assertEqual(seen.status, 200, "a read needs no leader")
        self.assertIsNone(seen.json["leader"])
        self.assertIn("NO_QUORUM", [problem["code"] for problem in seen.json["problems"]])
        status = self.sandbox.control("status", api=left.api)
        self.assertIn("no leader", (status.stdout + status.stderr).lower())

    def test_primary_without_majority_stops_writing(self):
        """No majority, no lease: the primary's own guard stops its writes; with the majority they return"""
        primary = self.sandbox.primary()
        guard = self.sandbox.guard(primary)
        others = [agent for agent in self.sandbox.agents if agent is not guard]
        with Load(self.sandbox) as load:
            for agent in others:
                agent.kill()
            wait_until(lambda: not primary.is_writable(), "the primary is fenced", 2 * LEASE_S)
            self.assertNotEqual(guard.get("/primary", token=None).status, 200)
            for agent in others:
                agent.start_again()
            self.sandbox.wait_healthy(60)
            self.assert_nothing_lost(load, self.sandbox.primary())

    def test_agents_keep_their_state(self):
        """Agents killed and started again in every order: primary, epoch, settings and history are as before"""
        before, history = self.sandbox.cluster(), self.sandbox.operations()
        for order in itertools.permutations(self.sandbox.agents):
            for agent in order:
                agent.kill()
                agent.start_again()
                wait_until(self.sandbox.leader, "a leader")
            self.sandbox.wait_healthy()
        after = self.sandbox.cluster()
        for field in ("primary", "epoch", "settings", "created"):
            self.assertEqual(after[field], before[field])
        self.assertEqual([o for o in self.sandbox.operations() if o["id"] in self.known], history)

    def test_all_agents_at_once(self):
        """All agents killed at once and started again: a leader, the same cluster, writes go on"""
        name = self.sandbox.cluster()["name"]
        for agent in self.sandbox.agents:
            agent.kill()
        for agent in self.sandbox.agents:
            agent.start_again()
        self.sandbox.wait_healthy(60)
        self.assertEqual(self.sandbox.cluster()["name"], name)


if __name__ == "__main__":
    harness.main()
