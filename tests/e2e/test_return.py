#!/usr/bin/python3 -B
"""Servers that went away come back by themselves: as what the ledger says, with all that was acknowledged."""

import harness
from harness import SandboxTest, holds, wait_until
from load import Load


class Return(SandboxTest):
    def assert_only_writer(self, primary):
        self.assertTrue(primary.is_writable())
        for server in self.sandbox.others(primary):
            self.assertFalse(server.is_writable(), f"{server.name} is writable")
            self.assertTrue(server.follows(primary))

    def assert_nowhere_lost(self, load):
        load.stop()
        for server in self.sandbox.servers:
            wait_until(lambda s=server: load.verify(s)["missing"] == 0, f"{server.name} has every acknowledged row")
        self.assert_nothing_lost(load, self.sandbox.primary())

    def writes_go_on(self, load):
        before = load.acknowledged()
        wait_until(lambda: load.acknowledged() > before + 100, "writes go on")

    def test_shutdown_of_primary(self):
        """SHUTDOWN of the primary: another one takes over; started again by hand, it is a read-only replica"""
        stopped = self.sandbox.primary()
        with Load(self.sandbox) as load:
            stopped.sql("SHUTDOWN")
            wait_until(lambda: self.sandbox.primary() not in (None, stopped), "another primary")
            stopped.start_again()
            wait_until(lambda: stopped.value("1"), "it answers")
            self.assertFalse(stopped.is_writable())
            self.sandbox.wait_healthy()
            self.writes_go_on(load)
            self.assert_only_writer(self.sandbox.primary())
            self.assert_nowhere_lost(load)

    def test_kill_replica(self):
        """kill -9 of a replica: writes go on without a pause, the same primary; it comes back and catches up"""
        primary, epoch = self.sandbox.primary(), self.sandbox.cluster()["epoch"]
        with Load(self.sandbox) as load:
            killed_ns = self.sandbox.others(primary)[0].kill()
            self.writes_go_on(load)
            self.sandbox.wait_healthy()
            self.assertLess(load.longest_gap_ms(killed_ns), 1000)
            self.assert_nowhere_lost(load)
        self.assert_only_writer(primary)
        self.assertEqual(self.sandbox.cluster()["epoch"], epoch)
        self.assertEqual({operation["kind"] for operation in self.new_operations()}, {"rejoin"})

    def test_kill_both_replicas(self):
        """kill -9 of both replicas: nothing is acknowledged until one is back; the same primary goes on"""
        primary = self.sandbox.primary()
        with Load(self.sandbox) as load:
            for replica in self.sandbox.others(primary):
                replica.kill()
            self.sandbox.wait_healthy()
            self.writes_go_on(load)
            self.assert_only_writer(primary)
            self.assert_nowhere_lost(load)

    def test_kill_all_servers(self):
        """kill -9 of all three servers: all come back, one of them writes, nothing is lost"""
        with Load(self.sandbox) as load:
            for server in self.sandbox.servers:
                server.kill()
            self.sandbox.wait_healthy(60)
            self.writes_go_on(load)
            self.assert_only_writer(self.sandbox.primary())
            self.assert_nowhere_lost(load)

    def test_kill_everything(self):
        """kill -9 of all servers and all agents (power loss), started in any order: as before, nothing is lost"""
        with Load(self.sandbox) as load:
            for process in self.sandbox.agents + self.sandbox.servers:
                process.kill()
            for agent in self.sandbox.agents:
                agent.start_again()
            self.sandbox.wait_healthy(60)
            self.writes_go_on(load)
            self.assert_only_writer(self.sandbox.primary())
            self.assert_nowhere_lost(load)


class ReturnWithoutAgent(SandboxTest):
    def test_start(self):
        """A dead primary started while its agent is dead is read-only, and stays so when the agent is back"""
        killed = self.sandbox.primary()
        guard = self.sandbox.guard(killed)
        with Load(self.sandbox) as load:
            guard.kill()
            killed_ns = killed.kill()
            load.wait_first_ack(killed_ns, not_on=killed)
            killed.start_again()
            wait_until(lambda: killed.value("1"), "it answers", 60)
            holds(lambda: not killed.is_writable(), "it is read-only", for_s=1)
            guard.start_again()
            wait_until(lambda: self.is_back(killed), "it is back", 30)
            self.assertFalse(killed.is_writable())
            primary = self.sandbox.primary()
            self.assertIsNot(primary, killed)
            self.assert_nothing_lost(load, primary)


class ReturnUnderAnotherAgent(SandboxTest):
    options = ("--servers", "2", "--durability", "async")

    def test_remove(self):
        """The agent of a primary stays while it may hold a lease; lost with its host, it can be removed, so that another takes over"""
        primary = self.sandbox.primary()
        guard = self.sandbox.guard(primary)
        remove = lambda: self.sandbox.control("agent", "remove", guard.name)  # noqa: E731
        self.assertEqual(remove().returncode, 3)
        with self.sandbox.others(primary)[0].stopped():  # so that nobody could take over
            guard.kill()
            self.assertNotEqual(remove().returncode, 0, "its lease may be running")
            wait_until(lambda: remove().returncode == 0, "it can be removed", 40)
            self.assertIs(self.sandbox.primary(), primary)


if __name__ == "__main__":
    harness.main()
