#!/usr/bin/python3 -B
"""orchestratorctl alone: usage, help, keys, and what it makes of each answer of an agent (a small fake one)."""

import base64
import json
import os
import pty
import re
import stat
import subprocess
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import harness
from harness import CONTROL

NOWHERE = "http://127.0.0.1:1"
VERBS = (
    "agent add", "agent invitations", "agent invite", "agent move", "agent remove", "agent transfer-leadership", "agent uninvite", "agents", "check", "cluster create", "cluster list", "cluster set", "cluster show", "config check", "failover",
    "history", "keygen", "operation", "operations", "status", "switchover", "token create", "topology", "why-not",
)  # fmt: skip


def control(*words, api=NOWHERE, token="secret", **keywords):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ORCHESTRATORCTL_")}
    environment.update(ORCHESTRATORCTL_API=api, ORCHESTRATORCTL_TOKEN=token)
    return subprocess.run(
        [str(CONTROL), *words], capture_output=True, text=True, env=environment, timeout=20, check=False, **keywords
    )


def problem(status, code, title, **more):
    return status, dict(type=f"urn:orchestratord:{code}", title=title, status=status, code=code, **more)


def operation(outcome, *states):
    steps = [
        dict(name=f"step{n}", target="db2", state=state, ms=n, detail=f"detail {n}", does="something")
        for n, state in enumerate(states)
    ]
    return dict(id=12, kind="switchover", cluster="main", state="done" if outcome else "drained", outcome=outcome,
                steps=steps, to="db2", **{"from": "db1"})  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.seen.append((self.command, self.path, body, dict(self.headers)))
        answers = self.server.answers.get((self.command, self.path.split("?")[0]), [problem(404, "NOT_FOUND", "None")])
        status, answer = answers.pop(0) if len(answers) > 1 else answers[0]
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any

    def log_message(self, *_):
        pass


class Fake:
    """An agent that gives prepared answers: {(method, path): [(status, object), ...]}, the last one for ever."""

    def __init__(self, answers):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.answers, self.server.seen = answers, []
        self.api = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def seen(self):
        return self.server.seen

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Usage(unittest.TestCase):
    def test_wrong_usage_is_2(self):
        """What the command line can't mean: status 2, nothing on standard output, one line on what is wrong"""
        for words in (
            [], ["nothing"], ["cluster"], ["cluster", "nothing"], ["status", "extra"], ["status", "--nothing"],
            ["status", "--to", "db1"], ["operation"], ["operation", "x"], ["operation", "0"],
            ["status", "--output", "xml"], ["status", "--output"], ["switchover", "main", "--timeout", "soon"],
            ["switchover", "main", "--max-lag", "5"], ["cluster", "create", "main"], ["cluster", "set", "main", "x"],
            ["cluster", "create", "main", "db1"], ["token", "create", "x"], ["keygen"], ["topology", "a/b"],
            ["status", "--api", "ftp://x"], ["status", "--api", ","], ["failover", "main", "--yes=1"],
            ["status", "--token-file", "/nowhere"],
        ):  # fmt: skip
            with self.subTest(words):
                done = control(*words)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertIn("orchestratorctl: ", done.stderr)

    def test_no_text(self):
        """A word that is no UTF-8 isn't left out and the rest done: status 2, nothing is sent"""
        with Fake({}) as fake:
            for words in (["switchover", "main", "--to", b"db3\xff", "--yes"], ["cluster", "set", "main", b"automation=\xff"]):
                done = control(*words, api=fake.api)
                self.assertEqual(done.returncode, 2, words)
                self.assertIn(f"word {words.index(next(w for w in words if isinstance(w, bytes))) + 1} ", done.stderr)
            self.assertEqual(fake.seen, [])

    def test_lost_output(self):
        """What can't be printed is no success: status 1; a closed output isn't written into the next socket"""
        with Fake({("POST", "/v1/tokens"): [(201, {"token": "orc_abc"})]}) as fake:
            words = f"{CONTROL} --api {fake.api} token create x --role viewer"
            for rest in (">/dev/full", ">&-"):
                done = subprocess.run(
                    ["sh", "-c", f"{words} {rest}"], env=dict(os.environ, ORCHESTRATORCTL_TOKEN="x"),
                    capture_output=True, text=True, timeout=20, check=False,
                )  # fmt: skip
                self.assertEqual(done.returncode, 1, rest)
                self.assertIn("standard output", done.stderr)
                self.assertNotIn("orc_abc", done.stderr)
            self.assertEqual(len(fake.seen), 2)

    def test_unknown_verbs(self):
        """Both words are named, with --help, too"""
        for words, named in ((["agent", "list"], "agent list"), (["bogus", "--help"], "bogus"), (["agent", "--help"], "agent")):
            done = control(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(f"unknown verb {named}", done.stderr)

    def test_help_of_every_verb(self):
        """--help: status 0, every verb listed, each with its usage and an example"""
        everything = control("--help")
        self.assertEqual(everything.returncode, 0)
        listed = re.findall(r"^  ([a-z-]+(?: (?:create|list|set|show|check|add|move|remove|transfer-leadership|invitations|invite|uninvite)\b)?)", everything.stdout, re.M)
        self.assertEqual([verb for verb in listed if verb in VERBS], list(VERBS))
        for verb in VERBS:
            with self.subTest(verb):
                done = control(*verb.split(), "--help")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(f"usage: orchestratorctl {verb}", done.stdout)
                self.assertIn(f"Example\n  orchestratorctl {verb}", done.stdout)

    def test_version(self):
        """--version names the program and a version"""
        self.assertRegex(control("--version").stdout, r"^orchestratorctl \d+\.\d+\.\d+\n$")

    def test_unreachable_is_4(self):
        """Nobody listens, neither there nor on the socket: status 4, and who was asked is named"""
        done = control("status", api=f"{NOWHERE},http://127.0.0.1:2")
        self.assertEqual(done.returncode, 4)
        self.assertIn(NOWHERE, done.stderr)
        self.assertEqual(control("status", "--socket", "/nowhere/api.sock").returncode, 4)


class Keys(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="orchestratorctl-")
        self.addCleanup(directory.cleanup)
        self.file = Path(directory.name) / "key"

    def test_keygen(self):
        """The secret key in a new file of mode 0600, the public one printed; both are 32 bytes of base64"""
        done = control("keygen", "--out", str(self.file))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        secret, public = self.file.read_text(), done.stdout
        for text in (secret, public):
            self.assertTrue(text.endswith("=\n"))
            self.assertEqual(len(base64.b64decode(text.strip(), validate=True)), 32)
        self.assertNotEqual(secret, public)

    def test_a_key_is_never_overwritten(self):
        """A file that is there stays as it is: status 1"""
        self.file.write_text("mine")
        done = control("keygen", "--out", str(self.file))
        self.assertEqual(done.returncode, 1)
        self.assertIn("exists", done.stderr)
        self.assertEqual(self.file.read_text(), "mine")

    def test_token_file(self):
        """The token comes from a file that nobody else can read, and travels as a bearer token"""
        self.file.write_text("from-the-file\n")
        with Fake({("GET", "/v1/agents"): [(200, {"agents": []})]}) as fake:
            self.file.chmod(0o644)
            self.assertEqual(control("agents", "--token-file", str(self.file), api=fake.api).returncode, 2)
            self.file.chmod(0o600)
            self.assertEqual(control("agents", "--token-file", str(self.file), api=fake.api).returncode, 0)
            self.assertEqual(fake.seen[0][3]["Authorization"], "Bearer from-the-file")


class Answers(unittest.TestCase):
    BEGIN = ("POST", "/v1/clusters/main/switchover")
    FOLLOW = ("GET", "/v1/operations/12")
    ACCEPTED = (202, {"id": 12, "operation": 12})

    def exit_status(self, answers, *words):
        with Fake(answers) as fake:
            done = control(*words, api=fake.api)
        return done.returncode, done.stdout + done.stderr

    def test_statuses(self):
        """Each status of HTTP becomes the exit status that the contract has for it; the reason is printed"""
        for status, code, wanted in (
            (400, "BAD_REQUEST", 2), (401, "UNAUTHORIZED", 6), (403, "FORBIDDEN", 6), (404, "NOT_FOUND", 1),
            (409, "BUSY", 3), (412, "REFUSED", 3), (500, "INTERNAL", 1), (503, "NO_LEADER", 4), (504, "TIMED_OUT", 4),
        ):  # fmt: skip
            with self.subTest(code):
                answer = problem(status, code, "A title", detail="the reason", suggestion="the way out")
                got, text = self.exit_status({self.BEGIN: [answer]}, "switchover", "main")
                self.assertEqual(got, wanted, text)
                self.assertIn("A title: the reason", text)
                self.assertIn("the way out", text)

    def test_success(self):
        """An operation that succeeds: its steps in order as they end, status 0"""
        running = (200, operation(None, "done", "running"))
        ended = (200, operation("succeeded", "done", "done"))
        got, text = self.exit_status(
            {self.BEGIN: [self.ACCEPTED], self.FOLLOW: [running, running, ended]}, "switchover", "main", "--to", "db2"
        )
        self.assertEqual(got, 0, text)
        self.assertEqual(re.findall(r"detail \d", text), ["detail 0", "detail 1"])
        self.assertIn("succeeded", text)

    def test_failure(self):
        """An operation that ends otherwise: status 1 and why"""
        for outcome in ("failed", "undone", "cancelled"):
            ended = (200, dict(operation(outcome, "failed"), failure="it broke"))
            got, text = self.exit_status({self.BEGIN: [self.ACCEPTED], self.FOLLOW: [ended]}, "switchover", "main")
            self.assertEqual(got, 1, text)
            self.assertIn("it broke", text)

    def test_timeout(self):
        """The time is over and the operation goes on: status 5, its id is printed"""
        answers = {self.BEGIN: [self.ACCEPTED], self.FOLLOW: [(200, operation(None, "running"))]}
        got, text = self.exit_status(answers, "switchover", "main", "--timeout", "250ms")
        self.assertEqual(got, 5, text)
        self.assertIn("12", text)

    def test_an_agent_that_has_not_heard_of_it_yet(self):
        """The operation was begun: that the agent that is asked doesn't know it yet is no failure; status 5"""
        unknown = {Answers.BEGIN: [Answers.ACCEPTED], Answers.FOLLOW: [problem(404, "NOT_FOUND", "There is no such thing")]}
        with Fake(unknown) as fake:
            done = control("switchover", "main", "--yes", "--timeout", "0s", api=fake.api)
            self.assertEqual(done.returncode, 5, done.stderr)
            self.assertIn("12", done.stderr)
            self.assertEqual(control("operation", "12", "--follow", "--timeout", "0s", api=fake.api).returncode, 1)

    def test_an_old_picture(self):
        """How old it is comes first"""
        agents = {"agents": [], "as_of": "2026-11-29T14:00:00.000Z"}
        with Fake({("GET", "/v1/agents"): [(200, dict(agents, age_ms=3000)), (200, dict(agents, age_ms=2999))]}) as fake:
            self.assertIn("at 2026-11-29T14:00:00.000Z, 3 s ago", control("agents", api=fake.api).stdout.splitlines()[0])
            self.assertIn("AGENT", control("agents", api=fake.api).stdout.splitlines()[0])

    def test_the_leader_changes_meanwhile(self):
        """Losing the answer for a while is no failure"""
        unknown, nobody = problem(404, "NOT_FOUND", "None"), problem(503, "NO_LEADER", "None")
        follow = [unknown, nobody, (200, operation("succeeded", "done"))]
        got, text = self.exit_status({self.BEGIN: [self.ACCEPTED], self.FOLLOW: follow}, "switchover", "main")
        self.assertEqual(got, 0, text)

    def test_no_wait(self):
        """--no-wait prints the id and nothing else"""
        got, text = self.exit_status({self.BEGIN: [self.ACCEPTED]}, "switchover", "main", "--no-wait")
        self.assertEqual((got, text), (0, "12\n"))

    def test_json(self):
        """--output json prints the agent's own object"""
        ended = (200, operation("succeeded", "done"))
        with Fake({self.BEGIN: [self.ACCEPTED], self.FOLLOW: [ended]}) as fake:
            done = control("switchover", "main", "--output", "json", api=fake.api)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(json.loads(done.stdout), ended[1])

    def test_dry_run(self):
        """--dry-run asks with dry_run, shows the plan and begins nothing"""
        with Fake({self.BEGIN: [(200, {"dry_run": True, "plan": operation(None, "pending")})]}) as fake:
            done = control("switchover", "main", "--dry-run", "--to", "db2", api=fake.api)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("step0", done.stdout)
        self.assertEqual([entry[2] for entry in fake.seen], [{"to": "db2", "dry_run": True}])

    def test_check(self):
        """check: status 3 if nobody could be promoted"""
        path = ("GET", "/v1/clusters/main/check")
        why = [dict(server="db2", possible=False, why_not="is too far behind", received="0-1-2")]
        for possible, wanted in ((True, 0), (False, 3)):
            answer = dict(possible=possible, candidate="db2" if possible else None, check=why)
            got, text = self.exit_status({path: [(200, answer)]}, "check", "main")
            self.assertEqual(got, wanted, text)
            self.assertIn("is too far behind", text)

    def test_the_only_cluster(self):
        """Without a name: the only cluster there is; with several: status 2"""
        topology = ("GET", "/v1/clusters/main/topology")
        answers = {("GET", "/v1/clusters"): [(200, {"clusters": [{"name": "main"}]})], topology: [(200, {})]}
        self.assertEqual(self.exit_status(answers, "topology")[0], 0)
        answers["GET", "/v1/clusters"] = [(200, {"clusters": [{"name": "main"}, {"name": "other"}]})]
        self.assertEqual(self.exit_status(answers, "topology")[0], 2)

    def test_the_next_agent(self):
        """One that can't be reached or knows no leader passes the turn on; a change keeps its Idempotency-Key"""
        with Fake({self.BEGIN: [problem(503, "NO_LEADER", "None")]}) as first:
            with Fake({self.BEGIN: [self.ACCEPTED]}) as second:
                api = f"{NOWHERE},{first.api},{second.api}"
                done = control("switchover", "main", "--no-wait", api=api)
        self.assertEqual(done.returncode, 0, done.stderr)
        keys = {fake.seen[0][3]["Idempotency-Key"] for fake in (first, second)}
        self.assertEqual(len(keys), 1)
        self.assertEqual(len(keys.pop()), 32)

    def test_no_json(self):
        """An answer that is no JSON is a failure, not a crash"""
        for status, wanted in ((200, 1), (502, 1)):
            self.assertEqual(self.exit_status({("GET", "/v1/status"): [(status, b"<html>")]}, "status")[0], wanted)

    def test_hostile_words(self):
        """What an agent says can't command the terminal"""
        bad = dict(code="X", severity="critical", sentence="\x1b]0;pwned\x07", suggestion="\x1b[2J")
        got, text = self.exit_status({("GET", "/v1/status"): [(200, {"problems": [bad]})]}, "status")
        self.assertEqual(got, 0)
        self.assertNotIn("\x1b", text)
        self.assertIn("pwned", text)

    def test_create_and_set(self):
        """cluster create and set send what was written"""
        with Fake({("POST", "/v1/clusters"): [(201, {})], ("PATCH", "/v1/clusters/main"): [(200, {})]}) as fake:
            words = ["db1=10.0.0.1:3306", "db2=10.0.0.2:3306", "--primary", "db2", "--automation", "on"]
            words += ["--durability", "async", "--set", "profile=fast", "--set=max_lag_s=5"]
            done = control("cluster", "create", "main", *words, api=fake.api)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(control("cluster", "set", "main", "max_lag_s=7", api=fake.api).returncode, 0)
        settings = dict(durability="async", automation="on", profile="fast", max_lag_s="5")
        servers = [dict(name="db1", address="10.0.0.1:3306"), dict(name="db2", address="10.0.0.2:3306")]
        self.assertEqual(fake.seen[0][2], dict(name="main", settings=settings, primary="db2", servers=servers))
        self.assertEqual(fake.seen[1][2], dict(max_lag_s="7"))
        self.assertEqual(fake.seen[0][3]["Content-Type"], "application/json")

    def test_token(self):
        """token create prints the token alone"""
        with Fake({("POST", "/v1/tokens"): [(201, {"token": "orc_abc"})]}) as fake:
            done = control("token", "create", "grafana", "--role", "viewer", api=fake.api)
        self.assertEqual((done.returncode, done.stdout), (0, "orc_abc\n"))
        self.assertEqual(fake.seen[0][2], dict(name="grafana", role="viewer"))


class Agents(unittest.TestCase):
    LISTED = [
        dict(name="a1", role="leader", kind="voter", voter=True, connected=True, applied=9),
        dict(name="a2", role="follower", kind="voter", voter=True, connected=True, applied=8),
        dict(name="a3", role="follower", kind="voter", voter=True, connected=True, applied=9),
        dict(name="a4", role="learner", kind="learner", voter=False, connected=True, applied=9),
    ]

    def test_add_and_remove(self):
        """agent add sends what was written, --learner included; remove is a DELETE without a body"""
        key = "SGVsbG8sIHRoaXMgaXMgbm90IGEgcmVhbCBrZXkhISE="
        with Fake({("POST", "/v1/agents"): [(201, {})], ("DELETE", "/v1/agents/a4"): [(200, {})]}) as fake:
            for words in (["a4", "10.0.0.4:7300", key], ["a4", "10.0.0.4:7300", key, "--learner"]):
                self.assertEqual(control("agent", "add", *words, api=fake.api).returncode, 0)
            self.assertEqual(control("agent", "remove", "a4", api=fake.api).returncode, 0)
        body = dict(name="a4", address="10.0.0.4:7300", key=key, voter=True)
        self.assertEqual([entry[2] for entry in fake.seen], [body, dict(body, voter=False), None])

    def test_refused(self):
        """Refused: status 3, the reason and the way out are printed"""
        answer = problem(412, "REFUSED", "Refused", detail="agent a1 guards db1", suggestion="switchover main")
        with Fake({("DELETE", "/v1/agents/a1"): [answer]}) as fake:
            done = control("agent", "remove", "a1", api=fake.api)
        self.assertEqual(done.returncode, 3)
        self.assertIn("agent a1 guards db1", done.stderr)
        self.assertIn("switchover main", done.stderr)

    def test_move(self):
        """agent move sends the new address; a wrong name is refused here, a wrong address there"""
        refused = problem(400, "INVALID", "Invalid", detail='"address": an address: IP:PORT')
        with Fake({("PATCH", "/v1/agents/a2"): [(200, {}), refused]}) as fake:
            done = control("agent", "move", "a2", "10.0.0.9:7300", api=fake.api)
            self.assertEqual((done.returncode, done.stdout), (0, "the others look for agent a2 at 10.0.0.9:7300\n"))
            self.assertEqual(fake.seen[0][2], {"address": "10.0.0.9:7300"})
            wrong = control("agent", "move", "a2", "nowhere", api=fake.api)
            self.assertNotEqual(wrong.returncode, 0)
            self.assertIn("IP:PORT", wrong.stderr)

    def test_no_name_of_an_agent(self):
        """What can't be a name is said before anything is asked"""
        for words in (("move", "../a2", "10.0.0.9:7300"), ("remove", "../a2"), ("transfer-leadership", "../a2")):
            with self.subTest(words[0]), Fake({}) as fake:
                done = control("agent", *words, api=fake.api)
                self.assertEqual((done.returncode, fake.seen), (2, []))
                self.assertIn("../a2 is no name of an agent", done.stderr)

    def test_transfer(self):
        """transfer-leadership asks for the named one, else for the other voter with the most of the log"""
        paths = [("POST", f"/v1/agents/{name}/lead") for name in ("a2", "a3")]
        answers = {path: [(200, {})] for path in paths} | {("GET", "/v1/agents"): [(200, {"agents": self.LISTED})]}
        with Fake(answers) as fake:
            self.assertEqual(control("agent", "transfer-leadership", "a2", api=fake.api).returncode, 0)
            done = control("agent", "transfer-leadership", api=fake.api)
        self.assertEqual((done.returncode, done.stdout), (0, "agent a3 leads\n"))
        self.assertEqual([entry[:2] for entry in fake.seen], [paths[0], ("GET", "/v1/agents"), paths[1]])
        with Fake({("GET", "/v1/agents"): [(200, {"agents": self.LISTED[:1]})]}) as fake:
            self.assertEqual(control("agent", "transfer-leadership", api=fake.api).returncode, 3)

    def test_invite(self):
        """agent invite prints the line alone; an hour and a voter unless it is said"""
        with Fake({("POST", "/v1/agents/invite"): [(201, {"line": "oi1.abc"})]}) as fake:
            done = control("agent", "invite", api=fake.api)
            self.assertEqual((done.returncode, done.stdout), (0, "oi1.abc\n"))
            self.assertEqual(control("agent", "invite", "--guard", "--for", "10m", api=fake.api).returncode, 0)
        self.assertEqual([entry[2] for entry in fake.seen], [dict(voter=True, for_ms=3600000),
                                                             dict(voter=False, for_ms=600000)])  # fmt: skip
        for words in (["--guard", "--voter"], ["--for", "soon"], ["--learner"], ["a4"]):
            self.assertEqual(control("agent", "invite", *words).returncode, 2, words)
        secret = control("agent", "uninvite", "oi1.abc")
        self.assertEqual(secret.returncode, 2)
        self.assertNotIn("oi1.abc", secret.stderr, "the line is a secret, and this word may be one")
        for word in ("x", "+", "+a/b", "+" + 64 * "a"):
            self.assertEqual(control("agent", "uninvite", word).returncode, 2, word)
        self.assertEqual(control("agent", "add", "a4", "10.0.0.4:7300").returncode, 2)
        self.assertEqual(control("agent", "remove", "../x").returncode, 2)


class Terminal(unittest.TestCase):
    def ask(self, reply):
        """A switchover at a terminal, with this reply to its question."""
        plan = (200, {"dry_run": True, "plan": operation(None, "pending")})
        answers = {Answers.BEGIN: [plan, Answers.ACCEPTED], Answers.FOLLOW: [(200, operation("succeeded", "done"))]}
        with Fake(answers) as fake:
            master, slave = pty.openpty()
            environment = dict(os.environ, ORCHESTRATORCTL_API=fake.api, ORCHESTRATORCTL_TOKEN="x")
            words = [str(CONTROL), "switchover", "main"]
            process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env=environment)
            os.close(slave)
            text = b""
            try:
                while b"go on?" not in text:
                    text += os.read(master, 4096)
                os.write(master, reply)
                while chunk := self.read(master):
                    text += chunk
            finally:
                status = process.wait(10)
                os.close(master)
        return status, text.decode(), [entry[2] for entry in fake.seen if entry[0] == "POST"]

    @staticmethod
    def read(master):
        try:
            return os.read(master, 4096)
        except OSError:  # the other end is closed
            return b""

    def test_yes(self):
        """At a terminal the plan is shown first; y goes on, in colours"""
        status, text, sent = self.ask(b"y\n")
        self.assertEqual(status, 0, text)
        self.assertEqual(sent, [{"dry_run": True}, {}])
        self.assertLess(text.index("step0"), text.index("go on?"))
        self.assertIn("\x1b[32m", text)

    def test_no(self):
        """Anything else: nothing was done, status 1"""
        for reply in (b"\n", b"n\n", b"\x04"):
            status, _, sent = self.ask(reply)
            self.assertEqual(status, 1)
            self.assertEqual(sent, [{"dry_run": True}])


if __name__ == "__main__":
    harness.main()
