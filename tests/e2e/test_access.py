#!/usr/bin/python3 -B
"""Who may ask what; what balancers see; wrong keys, tokens and files are told clearly."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import harness
from harness import CONTROL, DAEMON, SandboxTest, http, wait_until


class Access(SandboxTest):
    def test_wrong_token(self):
        """Without a token or with a wrong one: 401 as a problem; orchestratorctl says so and exits with 6"""
        agent = self.sandbox.agents[0]
        for token in (None, "wrong"):
            for path in ("/v1/status", "/v1/clusters/main", "/v1/agents"):
                answer = agent.get(path, token=token)
                self.assertEqual(answer.status, 401, path)
                self.assertEqual(answer.headers.get_content_type(), "application/problem+json")
                self.assertTrue(answer.json.get("code"))
            answer = agent.post("/v1/clusters/main/switchover", token=token)
            self.assertEqual(answer.status, 401)
        done = self.sandbox.control("status", token="wrong")
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertNotIn("wrong\n", agent_log(agent))

    def test_a_new_token_is_known_where_it_was_made(self):
        """Made through a follower, used there at once"""
        leader = wait_until(self.sandbox.leader, "a leader")
        follower = next(agent for agent in self.sandbox.agents if agent.name != leader.name)
        admin = self.sandbox.described["api_token"]
        for number in range(20):
            body = {"name": f"new{number}", "role": "viewer"}
            made = http("POST", follower.api + "/v1/tokens", token=admin, body=body)
            self.assertEqual(made.status, 201)
            self.assertEqual(follower.get("/v1/agents", token=made.json["token"]).status, 200, number)

    def test_viewer_changes_nothing(self):
        """A viewer's token reads, and is refused (403) where something would change"""
        made = self.sandbox.control("token", "create", "viewer", "--role", "viewer")
        self.assertEqual(made.returncode, 0, made.stderr)
        token = made.stdout.strip()
        agent = self.sandbox.agents[0]
        wait_until(lambda: agent.get("/v1/status", token=token).status == 200, "the token reads")
        self.assertEqual(agent.post("/v1/clusters/main/switchover", token=token).status, 403)

    def test_bad_requests(self):
        """Unknown paths, methods, fields and media types: the status that HTTP has for each, as a problem"""
        agent, token = self.sandbox.agents[0], self.sandbox.described["api_token"]
        path = "/v1/clusters/main/switchover"
        self.assertEqual(agent.get("/v1/nothing").status, 404)
        self.assertEqual(agent.get("/v1/clusters/nobody").status, 404)
        self.assertEqual(agent.get(path).status, 405)
        self.assertEqual(agent.post(path, {"dry_rum": True}).status, 400)
        self.assertEqual(http("POST", agent.api + path, token, headers={"Content-Type": "text/plain"}).status, 415)

    def test_health_checks(self):
        """/primary is 200 on the primary's agent only, /replica on the others'; GET and HEAD, without a token"""
        primary = self.sandbox.primary()
        for agent in self.sandbox.agents:
            server = next(s for s in self.sandbox.servers if s.guard == agent.name)
            for path, wanted in (
                ("/primary", server is primary),
                ("/read-write", server is primary),
                ("/leader", server is primary),
                ("/replica", server is not primary),
                ("/replica?lag=30s", server is not primary),
                ("/read-only", True),
                ("/health", True),
                ("/readiness", True),
                ("/liveness", True),
            ):
                for method in ("GET", "HEAD", "OPTIONS"):
                    got = wait_until(
                        lambda: (a := http(method, agent.api + path)).status == (200 if wanted else 503) and a,
                        f"{method} {path} of {agent.name}",
                        5,
                    )
                    self.assertLess(len(got.text), 256)

    @staticmethod
    def is_outside(agent, other):
        known = {a["name"]: a for a in other.get("/v1/agents").json["agents"]}[agent.name]
        return not known["connected"] and (known["last_contact_ms"] is None or known["last_contact_ms"] > 1000)

    def test_just_started(self):
        """An agent that can't know yet whether a token is right says 503, never 401"""
        agent = next(a for a in self.sandbox.agents if a is not wait_until(self.sandbox.leader, "a leader"))
        agent.kill()
        agent.start_again()
        seen = set()

        def answers():
            seen.add(agent.get("/v1/status").status)
            return 200 in seen

        wait_until(answers, "it answers", poll_s=0.002)
        self.assertLessEqual(seen, {0, 200, 503})

    def test_wrong_key(self):
        """An agent with a key that the others don't know stays outside, and they log why"""
        agent = next(a for a in self.sandbox.agents if a is not wait_until(self.sandbox.leader, "a leader"))
        others = [a for a in self.sandbox.agents if a is not agent]
        key = Path(agent.config).parent / "key"
        right = key.read_bytes()
        sizes = {a.name: Path(a.log).stat().st_size for a in others}
        agent.kill()
        try:
            key.unlink()
            words = [str(CONTROL), "keygen", "--out", str(key)]
            stranger = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
            agent.start_again()
            told = "reason=unknown_key"
            wait_until(
                lambda: any(told in agent_log(a, sizes[a.name]) for a in others), "who was dialled logs the unknown key"
            )
            self.assertFalse(any(stranger in Path(a.config).read_text() for a in others))
            for other in others:
                wait_until(lambda o=other: self.is_outside(agent, o), f"{other.name} doesn't hear it")
            self.assertIsNotNone(self.sandbox.leader())
        finally:
            if agent.refreshed_pid():
                agent.kill()
            key.write_bytes(right)
        agent.start_again()
        self.sandbox.wait_healthy()


def agent_log(agent, start=0):
    with open(agent.log, "rb") as log:
        log.seek(start)
        return log.read().decode(errors="replace")


class Configuration(unittest.TestCase):
    BROKEN = "[agent]\nname = a1\nname = a2\nlisten = nowhere\ncolour = blue\n[bogus]\nx = 1\n"

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="orchestratord-", dir=harness.SCRATCH)
        self.addCleanup(directory.cleanup)
        self.file = Path(directory.name) / "orchestratord.conf"
        self.file.write_text(self.BROKEN)

    def assert_told(self, done):
        text = done.stdout + done.stderr
        for line, word in ((3, "name"), (4, "listen"), (5, "colour"), (6, "bogus")):
            self.assertRegex(text, rf"{self.file.name}:{line}:.*{word}")

    def run_daemon(self, *words):
        return subprocess.run(
            [str(DAEMON), *words, "--config", str(self.file)], capture_output=True, text=True, timeout=10, check=False
        )

    def test_every_problem_is_told(self):
        """--check-config, the start and `config check` print every problem with its line; status 2"""
        for words in (["--check-config"], []):
            done = self.run_daemon(*words)
            self.assertEqual(done.returncode, 2)
            self.assert_told(done)
        checked = [str(CONTROL), "config", "check", str(self.file)]
        done = subprocess.run(checked, capture_output=True, text=True, timeout=10, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assert_told(done)

    def test_one_mode(self):
        """Two modes at once: 2, and neither is done; --check-config promises to change nothing"""
        for words in (["--check-config", "--recover-as-single", "--yes"], ["--gate", "--check-config"]):
            done = self.run_daemon(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("one of them", done.stderr)

    def test_missing_file(self):
        """A file that isn't there is named"""
        self.file.unlink()
        done = self.run_daemon("--check-config")
        self.assertEqual(done.returncode, 2)
        self.assertIn(str(self.file), done.stdout + done.stderr)


if __name__ == "__main__":
    harness.main()
