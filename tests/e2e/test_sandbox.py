#!/usr/bin/python3 -B
"""The sandbox itself, and the load: other tests rest on them."""

import subprocess
import unittest

import harness
from harness import Sandbox, is_alive, wait_until
from load import Load


class WithoutAgents(unittest.TestCase):
    def test_side_by_side(self):
        """Two sandboxes at once; each replicates, `down` leaves the other alone and nothing behind"""
        with Sandbox("--no-agents") as one:
            with Sandbox("--no-agents", "--servers", "2", "--durability", "async") as two:
                self.assertFalse({s.port for s in one.servers} & {s.port for s in two.servers})
                for sandbox in (one, two):
                    for replica in sandbox.servers[1:]:
                        self.assertTrue(replica.follows(sandbox.servers[0]))
                gone = two.servers[0].pid
            self.assertFalse(is_alive(gone))
            self.assertFalse(two.directory.exists())
            self.assertTrue(one.servers[0].is_writable())

    def test_start(self):
        """`start` does nothing while the server runs; after a crash it starts it, read-only, once for two callers"""
        with Sandbox("--no-agents", "--servers", "1") as sandbox:
            server = sandbox.servers[0]
            self.assertEqual(server.value("@@gtid_binlog_pos"), "", "a fresh server has no transaction")
            pid = server.pid
            server.start_again()
            self.assertEqual(server.refreshed_pid(), pid)
            server.kill()
            starts = [subprocess.Popen(server.described["start"]) for _ in range(2)]
            self.assertEqual([start.wait() for start in starts], [0, 0])
            wait_until(lambda: server.value("@@read_only") == "1", "it answers, read-only")
            self.assertNotEqual(server.refreshed_pid(), pid)

    def test_load_counts(self):
        """The load's ledger tells a lost row from one that is there"""
        with Sandbox("--no-agents", "--servers", "1") as sandbox, Load(sandbox) as load:
            server = sandbox.servers[0]
            load.stop()
            found = load.verify(server)
            self.assertEqual((found["missing"], found["extra"]), (0, 0))
            self.assertEqual(found["acknowledged"], load.acknowledged())
            server.sql("DELETE FROM app.t ORDER BY seq LIMIT 2; INSERT INTO app.t SELECT MAX(run), 99, 1 FROM app.t")
            found = load.verify(server)
            self.assertEqual((found["missing"], found["extra"]), (2, 1))


if __name__ == "__main__":
    harness.main()
