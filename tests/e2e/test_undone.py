#!/usr/bin/python3 -B
"""A switchover that something stops halfway: one server writes in the end, and nothing is lost.

The candidate is kept from applying by a table lock, so that there is a halfway to do something in.
"""

import contextlib

import harness
from harness import SandboxTest, Session, wait_until
from load import Load

LOCK = "LOCK TABLES app.t READ"


class Undone(SandboxTest):
    def setUp(self):
        super().setUp()
        self.primary = self.sandbox.primary()
        self.candidate, self.other = self.sandbox.others(self.primary)

    def operation(self, identity):
        return self.sandbox.get(f"/v1/operations/{identity}")

    @contextlib.contextmanager
    def halfway(self, max_write_gap_ms=2000):
        """A switchover whose primary has given up writing and whose candidate can't drain; gives its id."""
        with Session(self.candidate, LOCK):
            body = {"to": self.candidate.name, "max_write_gap_ms": max_write_gap_ms}
            answer = self.sandbox.agents[0].post("/v1/clusters/main/switchover", body)
            self.assertEqual(answer.status, 202, answer.text)
            identity = answer.json["id"]
            wait_until(lambda: self.operation(identity).get("state") == "demoted", "the old primary is fenced", 5)
            yield identity

    def ended(self, identity):
        return wait_until(lambda: (o := self.operation(identity)).get("outcome") and o, "the switchover has ended", 30)

    def assert_whole(self, load, since_ns):
        self.sandbox.wait_healthy(60)
        load.wait_first_ack(since_ns)
        primary = self.sandbox.primary()
        self.assertTrue(primary.is_writable())
        for replica in self.sandbox.others(primary):
            self.assertFalse(replica.is_writable())
        self.assert_nothing_lost(load, primary)
        return primary

    def test_candidate_cannot_drain(self):
        """The candidate can't apply in time: undone, the old primary writes again, and the status says why"""
        with Load(self.sandbox) as load:
            with self.halfway(max_write_gap_ms=500) as identity:
                operation = self.ended(identity)
                began_ns = max(a.end_ns for a in load.attempts() if a.kind == "ack")
                load.wait_first_ack(began_ns, on=self.primary, timeout_s=10)
            self.assertLess(load.longest_gap_ms(began_ns), 3000)
            self.assertIs(self.assert_whole(load, began_ns), self.primary)
        self.assertEqual(operation["outcome"], "undone")
        self.assertIn(self.candidate.name, operation["failure"])

    def test_exit_status(self):
        """orchestratorctl says that the switchover was undone, and why; status 1"""
        with Load(self.sandbox) as load:
            with Session(self.candidate, LOCK):
                done = self.sandbox.control("switchover", "--yes", "--to", self.candidate.name)
            began_ns = max(a.end_ns for a in load.attempts())
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn("undone", done.stdout + done.stderr)
            self.assertIs(self.assert_whole(load, began_ns), self.primary)

    def test_kill_candidate(self):
        """kill -9 of the candidate halfway: the old primary writes again, the candidate comes back as a replica"""
        with Load(self.sandbox) as load:
            with self.halfway(max_write_gap_ms=10000) as identity:
                killed_ns = self.candidate.kill()
                self.assertNotEqual(self.ended(identity)["outcome"], "succeeded")
            self.assertIs(self.assert_whole(load, killed_ns), self.primary)

    def test_kill_candidates_agent(self):
        """kill -9 of the candidate's agent halfway: the old primary writes again"""
        agent = self.sandbox.guard(self.candidate)
        with Load(self.sandbox) as load:
            with self.halfway(max_write_gap_ms=1000):
                killed_ns = agent.kill()
                load.wait_first_ack(killed_ns, timeout_s=30)
            agent.start_again()
            self.assert_whole(load, killed_ns)

    def test_kill_old_primary(self):
        """kill -9 of the old primary halfway: one of the others takes over with all that was acknowledged"""
        with Load(self.sandbox) as load:
            with self.halfway(max_write_gap_ms=1000):
                killed_ns = self.primary.kill()
            load.wait_first_ack(killed_ns, not_on=self.primary, timeout_s=30)
            self.assertIsNot(self.assert_whole(load, killed_ns), self.primary)

    def test_kill_leader(self):
        """kill -9 of the leader halfway: the next leader ends what was begun, the old primary writes again"""
        self.primary, leader = self.leader_elsewhere()
        self.candidate, self.other = self.sandbox.others(self.primary)
        with Load(self.sandbox) as load:
            with self.halfway(max_write_gap_ms=1000) as identity:
                killed_ns = leader.kill()
                wait_until(lambda: self.sandbox.leader() not in (None, leader), "another leader")
                self.assertNotEqual(self.ended(identity)["outcome"], "succeeded")
                load.wait_first_ack(killed_ns, timeout_s=30)
            leader.start_again()
            self.assert_whole(load, killed_ns)

    def test_lose_old_primarys_agent(self):
        """The old primary's agent dies halfway and stays away: nobody can open it again, so another one takes over"""
        agent = self.sandbox.guard(self.primary)
        with Load(self.sandbox) as load:
            with self.halfway(max_write_gap_ms=1000) as identity:
                killed_ns = agent.kill()
                self.assertNotEqual(self.ended(identity)["outcome"], "succeeded")
            load.wait_first_ack(killed_ns, not_on=self.primary, timeout_s=30)
            self.assertFalse(self.primary.is_writable())
            agent.start_again()
            self.assert_whole(load, killed_ns)

    def test_kill_old_primarys_agent(self):
        """kill -9 of the old primary's agent halfway: back, it lets the old primary write again"""
        agent = self.sandbox.guard(self.primary)
        with Load(self.sandbox) as load:
            with self.halfway(max_write_gap_ms=1000) as identity:
                killed_ns = agent.kill()
                wait_until(self.sandbox.leader, "a leader")
                agent.start_again()
                self.assertNotEqual(self.ended(identity)["outcome"], "succeeded")
                load.wait_first_ack(killed_ns, timeout_s=30)
            self.assert_whole(load, killed_ns)


if __name__ == "__main__":
    harness.main()
