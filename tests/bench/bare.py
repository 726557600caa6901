"""The floors: the same work without an orchestrator, by somebody who already knows what is wrong and what to do.

The statements of a failover and of a switchover follow each other on connections that are open; nothing is asked that
isn't needed, nothing is proved, nothing is recorded. What is left is the time that MariaDB and the machine take.
"""

import contextlib
import os
import select
import signal
import socket
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import wait_until
from load import Load
from sql import Connection

LIGHT_LOAD = {"writers": 2, "think_us": 1000}
ROUNDS = 10


def sequence(gtid):
    """Of the one domain that a sandbox has."""
    return int(gtid.rsplit("-", 1)[1]) if gtid else 0


def wait_for_death(handle):
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.poll()


class Bare:
    """A sandbox without agents, and an open connection of root to each server."""

    def __init__(self, sandbox):
        self.sandbox, self.primary = sandbox, sandbox.servers[0]
        self.pool = ThreadPoolExecutor(len(sandbox.servers))
        self.connections = {}
        for server in sandbox.servers:
            self.connect(server)

    def connect(self, server):
        admin = self.sandbox.described["admin"]
        self.connections[server] = Connection(server.host, server.port, admin["user"], admin["password"])

    def replicas(self):
        return self.sandbox.others(self.primary)

    def everywhere(self, work, servers):
        """work(server, its connection), at the same time; results in the order of the servers."""
        return list(self.pool.map(lambda server: work(server, self.connections[server]), servers))

    def point(self, server, sql, source, demote=""):
        """Makes a server replicate from another one. Both its threads are stopped."""
        password = self.sandbox.described["secrets"]["replication"]
        sql(
            f"CHANGE MASTER TO MASTER_HOST='{source.host}', MASTER_PORT={source.port},"
            f" MASTER_USER='replication_{server.name}', MASTER_PASSWORD='{password}',"
            f" MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=1{demote}"
        )
        sql("START SLAVE")

    def wait_whole(self):
        """Two replicas run and acknowledge."""
        for server in self.replicas():
            replica = self.connections[server]
            wait_until(lambda sql=replica: sql.status("Slave_running") == "ON", f"{server.name} replicates")
        sql, wanted = self.connections[self.primary], str(len(self.replicas()))
        wait_until(lambda: sql.status("Rpl_semi_sync_master_clients") == wanted, "all replicas acknowledge")

    def open(self, candidate):
        """Makes a drained candidate writable, while the other replicas turn to it."""

        def turn(server, sql):
            if server is not candidate:
                self.point(server, sql, candidate)
                return
            sql("SET GLOBAL rpl_semi_sync_slave_enabled=0, rpl_semi_sync_master_enabled=1")
            sql("SET GLOBAL read_only=0")
            sql("RESET SLAVE ALL")

        self.everywhere(turn, self.replicas())

    def median(self, work):
        self.wait_whole()
        return statistics.median(work() for _ in range(ROUNDS))

    # ---- failover ------------------------------------------------------------------------------------------------

    @staticmethod
    def receive_no_more(_, sql):
        sql("STOP SLAVE IO_THREAD")
        return sql.channel()["Gtid_IO_Pos"]

    @staticmethod
    def drain(position):
        def work(_, sql):
            sql.value(f"MASTER_GTID_WAIT('{position}', 30)")
            sql("STOP SLAVE")

        return work

    def promote_best(self):
        replicas = self.replicas()
        positions = self.everywhere(self.receive_no_more, replicas)
        best = max(range(len(replicas)), key=lambda i: sequence(positions[i]))
        self.everywhere(lambda s, sql: self.drain(positions[replicas.index(s)])(s, sql), replicas)
        self.open(replicas[best])
        return replicas[best]

    def take_back(self, server):
        """Starts the killed one again. Recovery cuts what nobody acknowledged, and it follows."""
        snippet = Path(server.socket).parent / "snippet.cnf"
        plain = snippet.read_text()
        snippet.write_text(plain + "init_rpl_role=SLAVE\n")
        server.start_again()
        wait_until(lambda: server.value("1") == "1", f"{server.name} answers")
        snippet.write_text(plain)
        self.connect(server)
        sql = self.connections[server]
        sql("SET GLOBAL rpl_semi_sync_slave_enabled=1")
        self.point(server, sql, self.primary, ", MASTER_DEMOTE_TO_SLAVE=1")

    def failover(self):
        """SIGKILL of the primary until a client's write is acknowledged by another server, ms."""
        killed, pid = self.primary, self.primary.refreshed_pid()
        handle = os.pidfd_open(pid)
        with Load(self.sandbox, **LIGHT_LOAD) as load:
            at_ns = time.monotonic_ns()
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            wait_for_death(handle)
            self.primary = self.promote_best()
            took_ms = (load.wait_first_ack(at_ns, not_on=killed) - at_ns) / 1e6
        os.close(handle)
        self.take_back(killed)
        self.wait_whole()
        return took_ms

    # ---- switchover ----------------------------------------------------------------------------------------------

    def switchover(self):
        """The longest time without an acknowledged write around a switchover, ms."""
        old, candidate = self.primary, self.replicas()[0]
        with Load(self.sandbox, **LIGHT_LOAD) as load:
            begin_ns = time.monotonic_ns()
            sql = self.connections[old]
            sql("SET GLOBAL read_only=1")
            sql("KILL USER app")
            position = sql.value("@@gtid_binlog_pos")
            self.everywhere(self.drain(position), self.replicas())
            self.open(candidate)
            sql("SET GLOBAL rpl_semi_sync_master_enabled=0, rpl_semi_sync_slave_enabled=1")
            self.point(old, sql, candidate, ", MASTER_DEMOTE_TO_SLAVE=1")
            self.primary = candidate
            self.wait_whole()
            gap_ms = load.longest_gap_ms(begin_ns)
        return gap_ms


# ---- the machine -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def echo_server():
    """The address of another process that sends back what it gets, on any number of connections."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    child = os.fork()
    if child == 0:
        try:
            echo(listener)
        finally:
            os._exit(0)
    try:
        yield listener.getsockname()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        listener.close()


def echo(listener):
    connections, poll = {}, select.epoll()
    poll.register(listener, select.EPOLLIN)
    while True:
        for number, _ in poll.poll():
            if number == listener.fileno():
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connections[connection.fileno()] = connection
                poll.register(connection, select.EPOLLIN)
            elif data := connections[number].recv(65536):
                connections[number].send(data)
            else:
                connections.pop(number).close()
