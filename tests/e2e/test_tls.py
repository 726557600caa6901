#!/usr/bin/python3 -B
"""Servers reached over TLS that stop in the middle of something: the leader's loop must not care."""

import contextlib
import os
import signal
import socket
import struct
import threading
import time

import harness
from harness import SandboxTest, wait_until

ANSWER_WITHIN_S = 0.5
STOPPED_FOR_S = 2.5  # less than hang_ms, more than several election time-outs


TLS_HANDSHAKE = 0x16  # the first byte of a ClientHello
CLIENT_SSL = 0x800
CAPABILITIES = 0x81FFF7FF | CLIENT_SSL


def greeting():
    """What a MariaDB server that offers TLS says first."""
    low, high = CAPABILITIES & 0xFFFF, CAPABILITIES >> 16
    body = b"\x0a" + b"10.11.0-MariaDB\0" + struct.pack("<I", 1) + b"saltsalt\0" + struct.pack("<H", low)
    body += struct.pack("<BHHB", 45, 2, high, 21) + bytes(10) + b"saltsaltsalt\0" + b"mysql_native_password\0"
    return struct.pack("<I", len(body))[:3] + b"\0" + body


class Mute:
    """A server that offers TLS, hears the client's first message of the handshake, and never says a word again."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.connections, self.hellos = [], 0
        self.thread = threading.Thread(target=self._serve)

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections.append(connection)
                connection.sendall(greeting())
                length = int.from_bytes(connection.recv(4, socket.MSG_WAITALL)[:3], "little")
                connection.recv(length, socket.MSG_WAITALL)  # SSLRequest
                self.hellos += connection.recv(1) == bytes([TLS_HANDSHAKE])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        for each in [self.listener, *self.connections]:
            each.close()


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

    def test_stopped_after_lost_connections(self):
        """SIGSTOP of a server whose connections were just killed, so that new ones wait for its greeting"""
        for server in self.sandbox.others(self.sandbox.primary()):
            pid = server.refreshed_pid()
            server.sql("KILL USER orchestratord")
            os.kill(pid, signal.SIGSTOP)
            try:
                self.assert_keeps_leading()
            finally:
                os.kill(pid, signal.SIGCONT)
            self.sandbox.wait_healthy()

    def test_stopped_during_handshake(self):
        """A server that falls silent in the middle of the TLS handshake: same leader, same term, quick answers"""
        with Mute() as mute:
            made = self.sandbox.control("cluster", "create", "mute", f"mute1={mute.address}")
            self.assertEqual(made.returncode, 0, made.stderr)
            wait_until(lambda: mute.hellos > 0, "the leader is in the handshake")
            self.assert_keeps_leading()
            self.sandbox.wait_healthy()
            cluster = wait_until(lambda: self.sandbox.get("/v1/clusters/mute"), "the other cluster is known")
            self.assertFalse(cluster["servers"][0]["reachable"])
            wait_until(lambda: mute.hellos > 1, "it gives up and tries again", 30)


if __name__ == "__main__":
    harness.main()
