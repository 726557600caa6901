#!/usr/bin/python3 -B
"""The primary moves because somebody wants it to."""

import json
import time

import harness
from harness import SandboxTest, Session, wait_until
from load import Load


class Switchover(SandboxTest):
    def switch(self, *words):
        done = self.sandbox.control("switchover", "--yes", *words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.sandbox.wait_healthy()
        return done

    def test_there_and_back(self):
        """Switchover under a write load, and back: a short gap, nothing lost, the old primary follows"""
        first = self.sandbox.primary()
        with Load(self.sandbox) as load:
            self.switch()
            second = self.sandbox.primary()
            self.assertIsNot(second, first)
            self.assertTrue(first.follows(second))
            self.switch("--to", first.name)
            self.assertIs(self.sandbox.primary(), first)
            report = load.stop()
            self.assertLess(report["longest_gap_ms"], 1000)
            self.assert_nothing_lost(load, first)
        self.assertEqual([operation["kind"] for operation in self.new_operations()], ["switchover"] * 2)

    def test_to_named_server(self):
        """Switchover to every server by name; each operation says how it was proved that there is one writer"""
        for target in self.sandbox.others(self.sandbox.primary()):
            self.switch("main", "--to", target.name)
            self.assertIs(self.sandbox.primary(), target)
            operation = self.wait_ended("switchover")
            self.assertEqual((operation["to"], operation["outcome"]), (target.name, "succeeded"))
            self.assertEqual(operation["one_writer"]["proof"], "fenced")

    def test_by_rest(self):
        """POST to a follower is carried to the leader: 202 with the operation's id"""
        leader = wait_until(self.sandbox.leader, "a leader")
        follower = next(agent for agent in self.sandbox.agents if agent is not leader)
        primary = self.sandbox.primary()
        answer = follower.post("/v1/clusters/main/switchover", {})
        self.assertEqual(answer.status, 202, answer.text)
        identity = answer.json["id"]
        outcome = wait_until(
            lambda: self.sandbox.get(f"/v1/operations/{identity}").get("outcome"), "the operation has ended"
        )
        self.assertEqual(outcome, "succeeded")
        self.sandbox.wait_healthy()
        self.assertIsNot(self.sandbox.primary(), primary)

    def test_dry_run(self):
        """--dry-run prints the plan and changes nothing"""
        primary, before = self.sandbox.primary(), len(self.sandbox.operations())
        done = self.sandbox.control("switchover", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(done.stdout.strip())
        self.assertEqual(len(self.sandbox.operations()), before)
        self.assertIs(self.sandbox.primary(), primary)

    def test_refusals(self):
        """What can't be done is refused with status 3, a reason, and no operation that acts"""
        primary = self.sandbox.primary()
        for words in (["switchover", "--yes", "--to", primary.name], ["failover", "--yes"]):
            done = self.sandbox.control(*words)
            self.assertEqual(done.returncode, 3, f"{words}: {done.stdout}{done.stderr}")
            self.assertTrue(done.stderr.strip())
        self.assertIn("switchover", done.stderr)
        done = self.sandbox.control("switchover", "--yes", "--to", "nobody")
        self.assertNotEqual(done.returncode, 0)
        self.assertTrue(self.sandbox.is_healthy())
        self.assertIs(self.sandbox.primary(), primary)

    def test_candidate_behind(self):
        """A candidate that lags more than --max-lag is refused before anything happens, and the lag is told"""
        primary = self.sandbox.primary()
        behind = self.sandbox.others(primary)[0]
        with Load(self.sandbox) as load:
            with Session(behind, "LOCK TABLES app.t READ"):
                wait_until(lambda: (self.seen(behind)["lag_ms"] or 0) > 1000, "it lags")
                began_ns = time.monotonic_ns()
                done = self.sandbox.control("switchover", "--yes", "--to", behind.name, "--max-lag", "500ms")
                self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
                self.assertIn(behind.name, done.stderr)
                load.wait_first_ack(time.monotonic_ns(), on=primary)
            self.assertLess(load.longest_gap_ms(began_ns), 500)
            self.sandbox.wait_healthy()
        self.assertEqual(self.new_operations(), [])

    def seen(self, server):
        return next(s for s in self.sandbox.cluster()["servers"] if s["name"] == server.name)

    def test_what_people_see(self):
        """status, topology, operations, agents, cluster list and show; the same as JSON"""
        for words in (["status"], ["topology"], ["operations"], ["agents"], ["cluster", "list"], ["cluster", "show"]):
            done = self.sandbox.control(*words)
            self.assertEqual(done.returncode, 0, f"{words}: {done.stderr}")
            self.assertTrue(done.stdout.strip())
            done = self.sandbox.control(*words, "--output", "json")
            self.assertEqual(done.returncode, 0, f"{words}: {done.stderr}")
            json.loads(done.stdout)


if __name__ == "__main__":
    harness.main()
