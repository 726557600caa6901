#!/usr/bin/python3 -B
"""Servers reached over TLS that stop in the middle of something: the leader's loop must not care."""

import time

import harness
from harness import SandboxTest, wait_until

ANSWER_WITHIN_S = 0.5
STOPPED_FOR_S = 2.5  # less than hang_ms, more than several election time-outs


class Tls(SandboxTest):
    options = ("--tls",)

    def setUp(self):
        super().setUp()
        self.leader = wait_until(self.sandbox.leader, "a leader")

    def term(self):
        began = time.monotonic()
        known = self.leader.get("/v1/agents", timeout_s=2).json.get("agents", [])
        self.assertLess(time.monotonic() - began, ANSWER_WITHIN_S)
        mine = next(agent for agent in known if agent["name"] == self.leader.name)
        self.assertEqual(mine["role"], "leader")
        return mine["term"]

    def assert_keeps_leading(self):
        term, end = self.term(), time.monotonic() + STOPPED_FOR_S
        while time.monotonic() < end:
            self.assertEqual(self.term(), term)

    def test_encrypted(self):
        """The agents' connections are encrypted"""
        server = self.sandbox.servers[0]
        ssl = "SELECT COUNT(*) FROM information_schema.processlist WHERE user='orchestratord'"
        wait_until(lambda: int(server.sql(ssl)[0][0]) > 0, "the leader watches")
        self.assertGreater(int(server.sql("SHOW GLOBAL STATUS LIKE 'Ssl_finished_accepts'")[0][1]), 0)

    def test_stopped_during_query(self):
        """SIGSTOP of a server while it is asked: same leader, same term, quick answers"""
        for server in self.sandbox.servers:
            with server.stopped():
                self.assert_keeps_leading()
            self.sandbox.wait_healthy()

    def test_stopped_during_handshake(self):
        """SIGSTOP of a server whose connections were just killed, so that new ones hang in the handshake"""
        for server in self.sandbox.others(self.sandbox.primary()):
            server.sql("KILL USER orchestratord")
            with server.stopped():
                self.assert_keeps_leading()
            self.sandbox.wait_healthy()


if __name__ == "__main__":
    harness.main()
