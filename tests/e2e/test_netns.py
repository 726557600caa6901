#!/usr/bin/python3 -B
"""A host is cut off: its server lives on, and must not write."""

import os
import unittest

import harness
from harness import SandboxTest, holds, wait_until
from load import Load


@unittest.skipUnless(os.getuid() == 0, "network namespaces need root")
class Cut(SandboxTest):
    options = ("--netns",)


class CutPrimary(Cut):
    def test_primary_host_cut_off(self):
        """The primary's host is cut off: fenced by its own guard, another one takes over, it comes back, not writing"""
        cut = self.sandbox.primary()
        with Load(self.sandbox) as load:
            with self.sandbox.cut_off(cut) as cut_ns:
                first_ns = load.wait_first_ack(cut_ns, not_on=cut, timeout_s=30)
                self.assertLess((first_ns - cut_ns) / 1e6, 10000)
                self.assertFalse(cut.is_writable(), "two writers")
            wait_until(lambda: self.is_back(cut), "the old primary is back", 30)
            holds(lambda: not cut.is_writable(), "the old primary is read-only", for_s=1)
            primary = self.sandbox.primary()
            self.assertIsNot(primary, cut)
            self.assertTrue(primary.is_writable())
            self.assert_nothing_lost(load, primary)
        self.assertIn(self.wait_ended("failover")["one_writer"]["proof"], ("lease-expired", "fenced"))


class CutReplica(Cut):
    def test_replica_host_cut_off(self):
        """A replica's host is cut off: writes go on, the same primary; it catches up"""
        primary = self.sandbox.primary()
        cut = self.sandbox.others(primary)[0]
        with Load(self.sandbox) as load:
            with self.sandbox.cut_off(cut):
                before = load.acknowledged()
                wait_until(lambda: load.acknowledged() > before + 1000, "writes go on")
            self.sandbox.wait_healthy(60)
            self.assertIs(self.sandbox.primary(), primary)
            self.assert_nothing_lost(load, primary)
        self.assertEqual(self.new_operations("failover"), [])


if __name__ == "__main__":
    harness.main()
