"""The write load of a test: what was acknowledged, when and by whom, and whether all of it is there."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import time
from typing import NamedTuple

from harness import ROOT, Server, wait_until

LOAD = ROOT / "build" / "tests" / "load"

# The ledger's lines are written under a lock, their times are taken just before it.
DISORDER_NS = 1_000_000_000


class Attempt(NamedTuple):
    """A line of the load's ledger; times are CLOCK_MONOTONIC."""

    kind: str
    begin_ns: int
    end_ns: int
    server: Server


class Load:
    """The write load of tests/tools/load.c on all servers of a sandbox; stop() or the with block ends it."""

    def __init__(self, sandbox, writers=4, think_us=1000):
        self.sandbox = sandbox
        self.ledger = sandbox.directory / f"ledger-{time.monotonic_ns()}"
        self.report, self._attempts, self._acknowledged, self._read_bytes = None, [], 0, 0
        words = [str(LOAD), "--servers", ",".join(self._address(s) for s in sandbox.servers)]
        words += ["--ledger", str(self.ledger), "--writers", str(writers), "--think-us", str(think_us)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=self._environment())
        try:
            wait_until(lambda: self.acknowledged() > 100, "the load writes")
        except BaseException:
            self.process.kill()
            self.process.communicate()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @staticmethod
    def _address(server):
        return f"{server.host}:{server.port}"

    def _environment(self):
        return dict(os.environ, LOAD_PASSWORD=self.sandbox.described["db"]["password"])

    def attempts(self):
        """Every attempt so far that may have left a row, in the order in which they ended."""
        with contextlib.suppress(FileNotFoundError), open(self.ledger, "rb") as ledger:
            ledger.seek(self._read_bytes)
            whole_lines, newline, _ = ledger.read().rpartition(b"\n")
            self._read_bytes += len(whole_lines + newline)
            for kind, *rest in (line.decode().split() for line in whole_lines.splitlines()):
                if kind != "run":
                    self._attempts.append(Attempt(kind, int(rest[0]), int(rest[1]), self.sandbox.servers[int(rest[4])]))
                    self._acknowledged += kind == "ack"
        return self._attempts

    def acknowledged(self):
        self.attempts()
        return self._acknowledged

    def acks_since(self, since_ns):
        """Acknowledged attempts that ended after that moment, the newest first: cheap also late in a long run."""
        recent = itertools.takewhile(lambda a: a.end_ns > since_ns - DISORDER_NS, reversed(self.attempts()))
        return [attempt for attempt in recent if attempt.kind == "ack" and attempt.end_ns > since_ns]

    def first_ack(self, after_ns, on=None, not_on=None):
        """When a client first saw OK after that moment, on (not on) a server; None if nobody did yet."""
        acks = self.acks_since(after_ns)
        return min((a.end_ns for a in acks if on in (None, a.server) and a.server is not not_on), default=None)

    def longest_gap_ms(self, since_ns):
        """The longest time without an acknowledged write from that moment on, until the last one."""
        times = sorted(attempt.end_ns for attempt in self.acks_since(since_ns))
        return max((late - early) / 1e6 for early, late in zip([since_ns, *times], times))

    def wait_first_ack(self, after_ns, timeout_s=20, **where):
        return wait_until(lambda: self.first_ack(after_ns, **where), "a write is acknowledged again", timeout_s)

    def stop(self):
        """Ends the load and returns its report."""
        if self.report is None:
            self.process.send_signal(signal.SIGTERM)
            self.report = json.loads(self.process.communicate(timeout=10)[0])
        return self.report

    def verify(self, server):
        """Compares the ledger with that server's table: {"missing": ..., "acknowledged": ..., ...}."""
        words = [str(LOAD), "--verify", "--servers", self._address(server), "--ledger", str(self.ledger)]
        done = subprocess.run(words, capture_output=True, text=True, env=self._environment(), check=False)
        if not done.stdout:
            raise RuntimeError(f"load --verify: {done.stderr.strip()}")
        return json.loads(done.stdout)


# ---- running a file of tests -----------------------------------------------------------------------------------------
