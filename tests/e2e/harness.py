"""What end-to-end tests, the demo and benchmarks share: a sandbox, its servers and agents (load.py writes).

It knows a sandbox only by what sandbox.json promises. Nothing here sleeps for a fixed time to let something happen:
wait_until() polls a condition until a deadline.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SANDBOX = ROOT / "tests" / "sandbox" / "sandbox"
DAEMON = ROOT / "build" / "orchestratord"
CONTROL = ROOT / "build" / "orchestratorctl"

# Everything that a test run leaves on disk lies below; tests/run makes it, and looks at it afterwards.
SCRATCH = os.environ.get("ORCHESTRATORD_TEST_DIR")


def wait_until(condition, what, timeout_s=20, poll_s=0.01):
    """Returns the first true value of condition(); fails the test at the deadline."""
    give_up = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > give_up:
            raise AssertionError(f"after {timeout_s} s still not: {what}")
        time.sleep(poll_s)


def holds(condition, what, for_s):
    """Fails the test as soon as the condition doesn't hold, within that time."""
    end = time.monotonic() + for_s
    while time.monotonic() < end:
        if not condition():
            raise AssertionError(f"no longer: {what}")
        time.sleep(0.02)


def is_alive(pid):
    """False also for a process that nobody has waited for yet."""
    with contextlib.suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


class Answer:
    """Of an HTTP request. status 0: nobody answered."""

    def __init__(self, status, text, headers=None):
        self.status, self.text, self.headers = status, text, headers or {}

    @property
    def json(self):
        try:
            return json.loads(self.text)
        except ValueError:
            return {}


def http(method, url, token=None, body=None, timeout_s=5, headers=None):
    request = urllib.request.Request(url, method=method, headers=dict(headers or {}))
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return Answer(answer.status, answer.read().decode(), answer.headers)
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read().decode(), error.headers)
    except OSError as error:
        return Answer(0, str(error))


class Process:
    """A server or an agent, as sandbox.json describes it."""

    def __init__(self, sandbox, described):
        self.sandbox, self.name = sandbox, described["name"]
        self.described = described

    def __getattr__(self, name):
        try:
            return self.__dict__["described"][name]
        except KeyError:
            raise AttributeError(name) from None

    def refreshed_pid(self):
        """The pid now (agents start servers again), or None while it doesn't run."""
        self.sandbox.refresh()
        return self.pid

    def signal(self, number):
        pid = self.refreshed_pid()
        if pid is None:
            raise AssertionError(f"{self.name} doesn't run")
        os.kill(pid, number)

    def kill(self):
        """SIGKILL; returns the CLOCK_MONOTONIC time just before it, in nanoseconds."""
        pid = self.refreshed_pid()
        if pid is None:
            raise AssertionError(f"{self.name} doesn't run")
        at_ns = time.monotonic_ns()
        os.kill(pid, signal.SIGKILL)
        return at_ns

    def start_again(self):
        subprocess.run(self.described["start"], check=True, stdin=subprocess.DEVNULL)

    @contextlib.contextmanager
    def stopped(self):
        """SIGSTOP, and SIGCONT when the block is left."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            with contextlib.suppress(AssertionError, ProcessLookupError):
                self.signal(signal.SIGCONT)


class Server(Process):
    def _client(self, statement, *options, timeout_s=10):
        words = ["mariadb", "--no-defaults", "--user=root", f"--socket={self.socket}", *options]
        environment = dict(os.environ, MYSQL_PWD=self.sandbox.described["admin"]["password"])
        done = subprocess.run(
            words, input=statement, capture_output=True, text=True, env=environment, timeout=timeout_s, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {done.stderr.strip()}")
        return done.stdout.splitlines()

    def sql(self, statement, timeout_s=10):
        """As root over the socket; rows as lists of strings. Raises RuntimeError with MariaDB's words."""
        lines = self._client(statement, "--batch", "--skip-column-names", timeout_s=timeout_s)
        return [line.split("\t") for line in lines]

    def value(self, expression):
        """The one value, or None while the server doesn't answer."""
        try:
            return self.sql(f"SELECT {expression}")[0][0]
        except (RuntimeError, subprocess.TimeoutExpired):
            return None

    def is_writable(self):
        return self.value("@@read_only") == "0"

    def channel(self):
        """SHOW SLAVE STATUS as a dictionary, {} if there is none."""
        try:
            lines = self._client("SHOW SLAVE STATUS", "--vertical")
        except (RuntimeError, subprocess.TimeoutExpired):
            return {}
        return {key.strip(): value.strip() for key, _, value in (line.partition(": ") for line in lines)}

    def follows(self, source):
        """Whether it replicates from that server, both threads, read-only."""
        channel = self.channel()
        return (
            channel.get("Master_Host") == source.host
            and channel.get("Master_Port") == str(source.port)
            and channel.get("Slave_IO_Running") == channel.get("Slave_SQL_Running") == "Yes"
            and self.value("@@read_only") == "1"
        )


class Session:
    """A client's connection as root that stays open, to hold locks; the with block ends it."""

    def __init__(self, server, statements):
        words = ["mariadb", "--no-defaults", "--user=root", f"--socket={server.socket}", "--batch"]
        words += ["--unbuffered", "--skip-column-names", "--skip-reconnect"]
        environment = dict(os.environ, MYSQL_PWD=server.sandbox.described["admin"]["password"])
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(words, env=environment, **pipes)
        self.process.stdin.write(f"{statements}; SELECT 'done';\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if answer != "done\n":
            self.process.communicate()
            raise RuntimeError(f"{server.name}: {statements}: {answer}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()  # closes its standard input: it quits


class Agent(Process):
    def get(self, path, token=True, **keywords):
        return self._request("GET", path, token, **keywords)

    def post(self, path, body=None, token=True, **keywords):
        return self._request("POST", path, token, body=body or {}, **keywords)

    def _request(self, method, path, token, **keywords):
        token = self.sandbox.described["api_token"] if token is True else token
        return http(method, self.api + path, token=token or None, **keywords)


class Sandbox:
    """Sandbox("--netns", ...) is up when it is made; close() or the end of a with block takes it down.

    Any number of failovers an hour: tests and benchmarks make more of them than a day in production.
    """

    def __init__(self, *options):
        self.directory = Path(tempfile.mkdtemp(prefix="orchestratord-", dir=SCRATCH))
        words = [str(SANDBOX), "up", "--dir", str(self.directory), "--set", "failovers_per_hour=1000", *options]
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"sandbox up: {done.stderr}")
            self._read()
        except BaseException:
            self.close()
            raise
        self.servers = [Server(self, server) for server in self.described["servers"]]
        self.agents = [Agent(self, agent) for agent in self.described["agents"]]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if (self.directory / "place.json").exists():
            subprocess.run([str(SANDBOX), "down", "--dir", str(self.directory)], check=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _read(self):
        self.described = json.loads((self.directory / "sandbox.json").read_text())

    def refresh(self):
        """Pids change when agents start servers again."""
        words = [str(SANDBOX), "status", "--dir", str(self.directory)]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        self._read()
        for process in self.servers + self.agents:
            kind = "servers" if isinstance(process, Server) else "agents"
            process.described = next(d for d in self.described[kind] if d["name"] == process.name)

    def server(self, name):
        return next(server for server in self.servers if server.name == name)

    def others(self, *servers):
        return [server for server in self.servers if server not in servers]

    # ---- what the agents say -------------------------------------------------------------------------------------

    def get(self, path):
        """From the first agent that answers 200; {} if none does."""
        for agent in self.agents:
            answer = agent.get(path, timeout_s=2)
            if answer.status == 200:
                return answer.json
        return {}

    def cluster(self):
        return self.get(f"/v1/clusters/{self.described['cluster']}")

    def primary(self):
        """The server that the agents name, or None."""
        name = self.cluster().get("primary")
        return self.server(name) if name else None

    def operations(self):
        return self.get("/v1/operations").get("operations", [])

    def guard(self, server):
        """The agent that guards that server."""
        return next(agent for agent in self.agents if agent.name == server.guard)

    def leader(self):
        """The agent that a living agent names as leader, or None."""
        for agent in self.agents:
            answer = agent.get("/v1/agents", timeout_s=2)
            for known in answer.json.get("agents", []) if answer.status == 200 else []:
                if known["role"] == "leader":
                    return next(a for a in self.agents if a.name == known["name"])
        return None

    def is_healthy(self):
        """The agents say so, and the servers themselves agree."""
        cluster = self.cluster()
        if cluster.get("state") != "healthy" or cluster.get("operation"):
            return False
        primary = self.server(cluster["primary"])
        return primary.is_writable() and all(server.follows(primary) for server in self.others(primary))

    def wait_healthy(self, timeout_s=30):
        wait_until(self.is_healthy, "the cluster is healthy", timeout_s, poll_s=0.05)

    def wait_caught_up(self, timeout_s=30):
        """Every replica has applied what the primary has written; nobody writes meanwhile."""
        primary = self.primary()
        written = wait_until(lambda: primary.value("@@gtid_binlog_pos"), f"{primary.name} says what it wrote")
        for server in self.others(primary):
            reached = f"MASTER_GTID_WAIT('{written}', 0)"
            wait_until(lambda s=server: s.value(reached) == "0", f"{server.name} has caught up", timeout_s)

    @contextlib.contextmanager
    def cut_off(self, server):
        """Pulls the cable of the server's host, until the block is left; gives the time of it. With --netns only."""
        slot = json.loads((self.directory / "place.json").read_text())["slot"]
        link = ["ip", "link", "set", f"orc{slot}v{server.name.removeprefix('db')}"]
        at_ns = time.monotonic_ns()
        subprocess.run([*link, "down"], check=True)
        try:
            yield at_ns
        finally:
            subprocess.run([*link, "up"], check=True)

    def control(self, *words, token=True, api=None, timeout_s=60):
        """orchestratorctl; returns the finished process with returncode, stdout and stderr."""
        environment = dict(os.environ)
        if token:
            environment["ORCHESTRATORCTL_TOKEN"] = self.described["api_token"] if token is True else token
        environment["ORCHESTRATORCTL_API"] = api or ",".join(agent.api for agent in self.agents)
        return subprocess.run(
            [str(CONTROL), *words], capture_output=True, text=True, env=environment, timeout=timeout_s, check=False
        )

    # ---- help for who reads a failure ------------------------------------------------------------------------------

    def explain(self):
        """The last lines of every log, and what the agents say."""
        lines = [json.dumps(self.cluster(), indent=1), json.dumps(self.operations()[:2], indent=1)]
        for process in self.agents + self.servers:
            path = Path(process.log if isinstance(process, Agent) else process.error_log)
            text = path.read_text(errors="replace") if path.exists() else ""
            lines += [f"---- {process.name}: {path}"] + text.splitlines()[-25:]
        return "\n".join(lines)


class SandboxTest(unittest.TestCase):
    """Tests that share one sandbox per class; each starts with a healthy cluster."""

    options = ()

    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox(*cls.options)
        cls.addClassCleanup(cls.sandbox.close)

    def setUp(self):
        for process in self.sandbox.agents:
            process.start_again()
        self.sandbox.wait_healthy()
        self.known = {operation["id"] for operation in self.sandbox.operations()}

    def new_operations(self, kind=None):
        """Those of this test, the newest first."""
        return [
            operation
            for operation in self.sandbox.operations()
            if operation["id"] not in self.known and kind in (None, operation["kind"])
        ]

    def wait_ended(self, kind):
        """The newest operation of that kind of this test, once it has ended."""

        def ended():
            return next((operation for operation in self.new_operations(kind) if operation["outcome"]), None)

        return wait_until(ended, f"a {kind} has ended", 30)

    def is_back(self, server):
        """As a replica; or read-only and reported, with transactions that nobody was told of and nobody else has:
        what a fence or a start without an agent can't cut away."""
        if server.follows(self.sandbox.primary()):
            return True
        seen = next(s for s in self.sandbox.cluster()["servers"] if s["name"] == server.name)
        codes = [problem["code"] for problem in seen["problems"]]
        return seen["extra_gtid"] is not None and "REPLICA_DIVERGED" in codes and seen["read_only"]

    def leader_elsewhere(self):
        """(primary, leader), made so that the leader isn't the guard of the primary."""
        primary, leader = self.sandbox.primary(), wait_until(self.sandbox.leader, "a leader")
        if primary.guard == leader.name:
            done = self.sandbox.control("switchover", "--yes")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.sandbox.wait_healthy()
            primary = self.sandbox.primary()
        return primary, leader

    def assert_nothing_lost(self, load, primary):
        load.stop()
        found = load.verify(primary)
        self.assertEqual(found["missing"], 0, found)
        self.assertEqual(found["extra"], 0, found)
        self.assertGreater(found["acknowledged"], 0)


class _Result(unittest.TestResult):
    """One line a test, with its time; the logs of the sandbox where it failed."""

    passed = 0

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def _line(self, test, word):
        doc = test.shortDescription() or test.id()
        print(f"  {word:6} {time.monotonic() - self.began:6.1f} s  {doc}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        self._line(test, "ok")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._explain(test, self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self._explain(test, self.errors[-1][1])

    def _explain(self, test, text):
        if hasattr(self, "began") and isinstance(test, unittest.TestCase):
            self._line(test, "FAILED")
        print(text, flush=True)
        sandbox = getattr(test, "sandbox", None)
        if sandbox:
            print(sandbox.explain(), flush=True)


def main():
    """Runs the tests of the file that calls it, or those named on the command line; last line: N passed, N failed."""
    names = sys.argv[1:] or None
    loader = unittest.TestLoader()
    module = sys.modules["__main__"]
    suite = loader.loadTestsFromNames(names, module) if names else loader.loadTestsFromModule(module)
    result = _Result()
    suite.run(result)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.passed} passed, {failed} failed")
    sys.exit(1 if failed or not result.passed else 0)
