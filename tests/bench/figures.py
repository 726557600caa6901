"""What is measured, each by a function that gives its samples. The names are those of the contract."""

import contextlib
import http.client
import json
import os
import select
import socket
import statistics
import subprocess
import time
import urllib.parse
from pathlib import Path
from typing import Callable, NamedTuple, Optional

import bare
from bare import LIGHT_LOAD
from harness import wait_until
from load import Load

WHOLE_WITHIN_S = 90
TOOLS = Path(__file__).resolve().parents[2] / "build" / "tests"
RESTART = TOOLS / "restart"
LANES = TOOLS / "lanes"
COMMITS = TOOLS / "commits"
QUORUM = TOOLS / "quorum"
SNAPSHOT_BYTES = 4 << 20
IDLE_S = 10
REQUESTS_S = 2
REQUEST_CONNECTIONS = 8


class Figure(NamedTuple):
    name: str
    unit: str
    count: int  # of samples
    measure: Callable  # (sandbox, count) -> samples
    floor: Optional[str] = None  # a key of FLOORS
    target: Optional[float] = None  # for the median
    options: tuple = ()  # of the sandbox
    target_floor: Optional[float] = None  # of the machine that the target was set on
    fresh: bool = False  # a sandbox for each sample: what is measured leaves it broken


# ---- a primary is lost -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def killed(_, server):
    yield server.kill()


@contextlib.contextmanager
def hung(_, server):
    at_ns = time.monotonic_ns()
    with server.stopped():
        yield at_ns


def cut_off(sandbox, server):
    return sandbox.cut_off(server)


def lose_primary(sandbox, fault):
    """From the fault until a client's write is acknowledged by another server, ms."""
    lost = sandbox.primary()
    with Load(sandbox, **LIGHT_LOAD) as load:
        with fault(sandbox, lost) as at_ns:
            took_ms = (load.wait_first_ack(at_ns, not_on=lost, timeout_s=60) - at_ns) / 1e6
        load.stop()
        promoted = next(ack.server for ack in load.acks_since(at_ns) if ack.server is not lost)
    found = load.verify(promoted)
    if found["missing"] or found["extra"]:
        raise AssertionError(f"acknowledged writes are lost: {found}")
    return took_ms


def failovers(fault):
    """One after the other: the lost primary comes back as a replica in between."""

    def measure(sandbox, count):
        times = []
        for _ in range(count):
            times.append(lose_primary(sandbox, fault))
            sandbox.wait_healthy(WHOLE_WITHIN_S)
            sandbox.wait_caught_up()
        return times

    return measure


def host_failover(sandbox, _):
    """The host of the primary, not of the leader, is cut off. It may stay quarantined: see `fresh`."""
    primary, leader = sandbox.primary(), wait_until(sandbox.leader, "a leader")
    if primary.guard == leader.name:
        switch_over(sandbox)
    return [lose_primary(sandbox, cut_off)]


def host_and_leader_failover(sandbox, _):
    """The host of the primary and of the leader is cut off."""
    primary, leader = sandbox.primary(), wait_until(sandbox.leader, "a leader")
    if primary.guard != leader.name:
        switch_over(sandbox, next(server.name for server in sandbox.servers if server.guard == leader.name))
    return [lose_primary(sandbox, cut_off)]


# ---- the primary moves on purpose ------------------------------------------------------------------------------------


def switch_over(sandbox, target=None):
    leader = wait_until(sandbox.leader, "a leader")
    answer = leader.post(f"/v1/clusters/{sandbox.described['cluster']}/switchover", {"to": target} if target else {})
    if answer.status != 202:
        raise AssertionError(f"switchover: {answer.status} {answer.text}")
    operation = f"/v1/operations/{answer.json['id']}"
    outcome = wait_until(lambda: sandbox.get(operation).get("outcome"), "the switchover has ended", 30, poll_s=0.05)
    if outcome != "succeeded":
        raise AssertionError(f"the switchover has {outcome}")
    sandbox.wait_healthy(WHOLE_WITHIN_S)


def switchover_gaps(sandbox, count):
    gaps = []
    for _ in range(count):
        with Load(sandbox, **LIGHT_LOAD) as load:
            begin_ns = time.monotonic_ns()
            switch_over(sandbox)
            gaps.append(load.longest_gap_ms(begin_ns))
    return gaps


# ---- the agents ------------------------------------------------------------------------------------------------------


class Connection:
    """A kept connection to an agent's API."""

    def __init__(self, agent):
        place = urllib.parse.urlsplit(agent.api)
        self.http = http.client.HTTPConnection(place.hostname, place.port, timeout=5)
        self.token = agent.sandbox.described["api_token"]

    def ask(self, method, path, body=None):
        """(status, body)."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        self.http.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self.http.getresponse()
        return answer.status, answer.read().decode()


def elections(sandbox, count):
    """SIGKILL of the leading agent until another one says that it leads."""
    times = []
    for _ in range(count):
        leader = wait_until(sandbox.leader, "a leader")
        others = [Connection(agent) for agent in sandbox.agents if agent is not leader]
        at_ns = leader.kill()
        wait_until(lambda: any(o.ask("GET", "/raft-leader")[0] == 200 for o in others), "a leader", poll_s=0.002)
        times.append((time.monotonic_ns() - at_ns) / 1e6)
        for other in others:
            other.http.close()
        leader.start_again()
        sandbox.wait_healthy(WHOLE_WITHIN_S)
    return times


def change_settings(sandbox, leader, count, run_by=()):
    place = urllib.parse.urlsplit(leader.api)
    words = [*run_by, COMMITS, place.hostname, str(place.port), str(count)]
    done = subprocess.run(words, input=sandbox.described["api_token"] + "\n", check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


def commits(sandbox, count):
    """A setting changed at the leader, until the answer: asked, written by a majority, applied."""
    leader = wait_until(sandbox.leader, "a leader")
    first, *others = sorted(os.sched_getaffinity(0))
    for agent in sandbox.agents:
        for thread in Path(f"/proc/{agent.refreshed_pid()}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {first} if agent is leader else others or {first})
    return change_settings(sandbox, leader, count, ["taskset", "--cpu-list", str(first)])


def commits_unplaced(sandbox, count):
    """The same, with everybody on whatever processor the kernel chooses."""
    return change_settings(sandbox, wait_until(sandbox.leader, "a leader"), count)


def resident_mib(sandbox, _):
    def of(pid):
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    return [of(agent.refreshed_pid()) for agent in sandbox.agents]


def cpu_ns(pid):
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def idle_cpu_percent(sandbox, _):
    pids = [agent.refreshed_pid() for agent in sandbox.agents]
    began, before = time.monotonic_ns(), [cpu_ns(pid) for pid in pids]
    time.sleep(IDLE_S)
    took = time.monotonic_ns() - began
    return [100 * (cpu_ns(pid) - used) / took for pid, used in zip(pids, before)]


def idle_writes(sandbox, _):
    """Bytes that an idle agent has the kernel write within ten seconds: none, so there is nothing to sync either."""

    def written(pid):
        return int(Path(f"/proc/{pid}/io").read_text().partition("\nwrite_bytes:")[2].split()[0])

    pids = [agent.refreshed_pid() for agent in sandbox.agents]
    before = [written(pid) for pid in pids]
    time.sleep(IDLE_S)
    return [written(pid) - count for pid, count in zip(pids, before)]


def heartbeats(count, bulk_bytes):
    """There and back between two processes, while messages of that size are under way, too (0: none)."""
    words = subprocess.run([LANES, str(count), str(bulk_bytes)], check=True, capture_output=True, text=True).stdout.split()
    return [float(word) for word in words]


def restarts(sandbox, count):
    """A store of 10 000 entries of 192 bytes and no snapshot, from the process's start to a follower that is ready."""
    place = sandbox.directory / "restart"
    subprocess.run([RESTART, place, "fill", "10000", "192"], check=True)
    times = []
    for _ in range(count):
        words = subprocess.run([RESTART, place, "open"], check=True, capture_output=True, text=True).stdout.split()
        if words[2:4] != ["10000", "entries"]:
            raise AssertionError(f"restart: {words}")
        times.append(float(words[0]))
    return times


# ---- requests --------------------------------------------------------------------------------------------------------


class Answers:
    """A socket that is asked the same thing again and again; knows when an answer is complete."""

    def __init__(self, address, request, is_whole):
        self.socket = socket.create_connection(address, timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request, self.is_whole, self.got = request, is_whole, b""
        self.socket.sendall(request)

    def fileno(self):
        return self.socket.fileno()

    def read(self):
        """Takes what came; 1 for a whole answer, and asks again."""
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionResetError("the connection was closed")
        self.got += data
        if not self.is_whole(self.got):
            return 0
        self.got = b""
        self.socket.sendall(self.request)
        return 1


def rate(address, request, is_whole):
    """Answers a second over some kept connections, one request at a time on each."""
    clients = [Answers(address, request, is_whole) for _ in range(REQUEST_CONNECTIONS)]
    poll = select.epoll()
    for client in clients:
        poll.register(client, select.EPOLLIN)
    by_number = {client.fileno(): client for client in clients}
    began, answers = time.perf_counter(), 0
    while time.perf_counter() - began < REQUESTS_S:
        answers += sum(by_number[number].read() for number, _ in poll.poll(1))
    took = time.perf_counter() - began
    for client in clients:
        client.socket.close()
    poll.close()
    return answers / took


def http_request(sandbox, place, method, path, body=""):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {place.netloc}", f"Authorization: Bearer {sandbox.described['api_token']}"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", body]).encode("ascii")


def is_whole_answer(text):
    head, end, body = text.partition(b"\r\n\r\n")
    if not end:
        return False
    if not head.startswith(b"HTTP/1.1 200 "):
        raise AssertionError(f"not 200: {head[:80]}")
    return len(body) == int(head.lower().partition(b"content-length:")[2].split()[0])


def status_rate(sandbox, count):
    """GET /v1/status of the leader. The client takes one of the processors."""
    place = urllib.parse.urlsplit(wait_until(sandbox.leader, "a leader").api)
    request = http_request(sandbox, place, "GET", "/v1/status")
    return [rate((place.hostname, place.port), request, is_whole_answer) for _ in range(count)]


def echo_rate(_):
    """The same client and connections, with a process at the other end that only sends back what it gets."""
    with bare.echo_server() as address:
        return rate(address, b"x", lambda text: True)


# ---- all of them -----------------------------------------------------------------------------------------------------


def commit_floor(directory):
    """Three processes have 192 bytes on disk, two are enough: nothing is asked, decided or answered."""
    done = subprocess.run([QUORUM, directory, "2000"], check=True, capture_output=True, text=True)
    return statistics.median(float(word) for word in done.stdout.split())


# name -> (sandbox: Bare) -> value. Measured once, before the figures.
FLOORS = {
    "failover": lambda sandbox: sandbox.median(sandbox.failover),
    "switchover": lambda sandbox: sandbox.median(sandbox.switchover),
    "commit": lambda sandbox: commit_floor(sandbox.sandbox.directory),
    "echo": echo_rate,
    "heartbeat": lambda _: statistics.median(heartbeats(500, 0)),
}

NETNS = ("--netns",)

FIGURES = [
    Figure("agent.rss_mib", "MiB", 3, resident_mib),
    Figure("agent.idle_cpu_percent", "%", 3, idle_cpu_percent, target=1),
    Figure("agent.idle_writes", "bytes", 3, idle_writes, target=0),
    Figure("raft.commit", "ms", 1000, commits, "commit", target=0.5, target_floor=0.15),
    Figure("raft.commit_unplaced", "ms", 1000, commits_unplaced, "commit", target=0.5, target_floor=0.15),
    Figure("peer.heartbeat_beside_bulk", "ms", 500, lambda _, count: heartbeats(count, SNAPSHOT_BYTES), "heartbeat"),
    Figure("raft.restart_10k", "ms", 50, restarts, target=50),
    Figure("api.status_rps", "1/s", 5, status_rate, "echo"),
    Figure("election.leader_kill9", "ms", 100, elections, target=320, options=("--profile", "fast")),
    Figure("switchover.gap", "ms", 10, switchover_gaps, "switchover", target=150),
    Figure("failover.kill9", "ms", 10, failovers(killed), "failover", target=300),
    Figure("failover.hang", "ms", 10, failovers(hung), "failover"),
    Figure("failover.host", "ms", 10, host_failover, "failover", options=NETNS, fresh=True),
    Figure("failover.host_and_leader", "ms", 10, host_and_leader_failover, "failover", options=NETNS, fresh=True),
]
