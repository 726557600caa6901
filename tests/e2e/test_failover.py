#!/usr/bin/python3 -B
"""The primary dies; nobody is asked."""

import contextlib
import os
import signal
from pathlib import Path

import harness
from harness import SandboxTest, Session, holds, wait_until
from load import Load

LOCK = "LOCK TABLES app.t READ"  # keeps a replica from applying, not from receiving


@contextlib.contextmanager
def down(server):
    """kill -9, and nobody can start it until the block is left: its data directory is elsewhere."""
    datadir = Path(server.datadir)
    away = datadir.with_suffix(".away")
    pid = server.refreshed_pid()
    datadir.rename(away)
    os.kill(pid, signal.SIGKILL)
    try:
        yield
    finally:
        away.rename(datadir)


def write_more(load, count):
    before = load.acknowledged()
    wait_until(lambda: load.acknowledged() > before + count, f"{count} more writes")


class Failover(SandboxTest):
    def assert_failed_over(self, load, killed, killed_ns, within_ms):
        """Writes go on elsewhere, in time; the old primary comes back as a replica; nothing is lost, anywhere."""
        gap_ms = (load.wait_first_ack(killed_ns, not_on=killed) - killed_ns) / 1e6
        self.assertLess(gap_ms, within_ms)
        self.sandbox.wait_healthy(60)
        primary = self.sandbox.primary()
        self.assertIsNot(primary, killed)
        self.assertTrue(killed.follows(primary))
        self.assert_nothing_lost(load, primary)
        for replica in self.sandbox.others(primary):
            wait_until(lambda r=replica: load.verify(r)["missing"] == 0, f"{replica.name} has every acknowledged row")
        return primary

    def test_kill_primary(self):
        """kill -9 of the primary: the others go on, it comes back as a replica, nothing acknowledged is lost"""
        killed, epoch = self.sandbox.primary(), self.sandbox.cluster()["epoch"]
        with Load(self.sandbox) as load:
            primary = self.assert_failed_over(load, killed, killed.kill(), within_ms=1000)
        operation = self.wait_ended("failover")
        self.assertEqual(operation["outcome"], "succeeded")
        self.assertEqual((operation["from"], operation["to"]), (killed.name, primary.name))
        self.assertIn(operation["one_writer"]["proof"], ("stopped", "fenced", "lease-expired"))
        self.assertTrue(operation["steps"])
        self.assertLessEqual({o["kind"] for o in self.new_operations()}, {"failover", "rejoin"}, "needless operations")
        self.assertGreater(self.sandbox.cluster()["epoch"], epoch)

    def test_kill_leader_then_primary(self):
        """kill -9 of the leader agent, and once there is a new one, of the primary"""
        killed, leader = self.leader_elsewhere()
        with Load(self.sandbox) as load:
            leader.kill()
            wait_until(lambda: self.sandbox.leader() not in (None, leader), "another leader")
            self.assertTrue(killed.is_writable())
            killed_ns = killed.kill()
            load.wait_first_ack(killed_ns, not_on=killed)
            leader.start_again()
            self.assert_failed_over(load, killed, killed_ns, within_ms=3000)

    def test_kill_leader_and_primary(self):
        """kill -9 of the leader agent and of the primary at once"""
        killed, leader = self.leader_elsewhere()
        with Load(self.sandbox) as load:
            leader.kill()
            killed_ns = killed.kill()
            load.wait_first_ack(killed_ns, not_on=killed)
            leader.start_again()
            self.assert_failed_over(load, killed, killed_ns, within_ms=6000)

    def test_kill_guard_and_primary(self):
        """kill -9 of the primary and of its own guard: nobody can say that it stopped, so its lease must expire"""
        killed = self.sandbox.primary()
        guard = self.sandbox.guard(killed)
        with Load(self.sandbox) as load:
            guard.kill()
            killed_ns = killed.kill()
            load.wait_first_ack(killed_ns, not_on=killed)
            guard.start_again()
            self.assert_failed_over(load, killed, killed_ns, within_ms=10000)
        self.assertEqual(self.wait_ended("failover")["one_writer"]["proof"], "lease-expired")

    def test_kill_one_after_the_other(self):
        """kill -9 of the primary, and of the new one as soon as it has taken a write: the third or the first goes on"""
        first = self.sandbox.primary()
        with Load(self.sandbox) as load:
            load.wait_first_ack(first.kill(), not_on=first)
            second = next(a.server for a in reversed(load.attempts()) if a.kind == "ack")
            self.assertIsNot(second, first)
            self.assert_failed_over(load, second, second.kill(), within_ms=10000)

    def test_replica_behind(self):
        """A replica that received less is not promoted; it follows the one that is"""
        killed = self.sandbox.primary()
        behind, ahead = self.sandbox.others(killed)
        with Load(self.sandbox) as load:
            with behind.stopped():
                write_more(load, 200)
                killed_ns = killed.kill()
            primary = self.assert_failed_over(load, killed, killed_ns, within_ms=10000)
        self.assertIs(primary, ahead)

    def test_replicas_have_not_applied(self):
        """What a candidate received but could not apply yet is applied before it takes writes"""
        killed = self.sandbox.primary()
        replicas = self.sandbox.others(killed)
        with Load(self.sandbox) as load:
            with Session(replicas[0], LOCK), Session(replicas[1], LOCK):
                write_more(load, 200)
                killed_ns = killed.kill()
                wait_until(lambda: self.new_operations("failover"), "the failover has begun")
                holds(lambda: not any(r.is_writable() for r in replicas), "nobody writes", for_s=0.5)
            self.assert_failed_over(load, killed, killed_ns, within_ms=10000)


class Base(SandboxTest):
    def test_never_behind_the_base(self):
        """A server that lacks what the present primary began with is never promoted, even if it is the only one up"""
        first = self.sandbox.primary()
        behind, second = self.sandbox.others(first)
        agent = self.sandbox.guard(behind)
        with Load(self.sandbox) as load:
            agent.kill()  # else it would be repaired
            behind.sql("STOP SLAVE IO_THREAD")
            write_more(load, 200)
            load.wait_first_ack(first.kill(), on=second)
            wait_until(lambda: first.follows(second), "the first is back as a replica")
            write_more(load, 50)
            with down(first):
                second.signal(signal.SIGSTOP)  # so that the one behind can't catch up
                agent.start_again()
                wait_until(lambda: self.is_guarded(behind), "the one behind has its guard again")
                with down(second):
                    holds(lambda: not behind.is_writable(), "it isn't promoted", for_s=2)
            self.sandbox.wait_healthy(60)
            self.assert_nothing_lost(load, self.sandbox.primary())

    def is_guarded(self, server):
        seen = next(s for s in self.sandbox.cluster()["servers"] if s["name"] == server.name)
        return seen["guard"]["state"] == "guarding"


if __name__ == "__main__":
    harness.main()
