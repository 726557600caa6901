#!/usr/bin/python3 -B
"""The agents themselves: added, removed, handed over, wiped. The databases must not notice."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import harness
from agents import AgentsTest
from harness import holds, http, wait_until
from load import Load


NEWCOMER = """[agent]
name = {name}
data_dir = {home}/data
listen = {peer}
key_file = {home}/key

[api]
listen = {api}
socket = {home}/api.socket
tls = no

"""


class Newcomer:
    """An agent that the sandbox doesn't know. The with block ends it."""

    def __init__(self, test, name, home, api):
        self.test, self.name, self.home, self.api, self.process = test, name, home, api, None

    def words(self, *more):
        return [str(harness.DAEMON), "--config", str(self.home / "orchestratord.conf"), *more]

    def run(self, *more, line=None):
        """To its end: one that isn't let in."""
        return subprocess.run(self.words(*more), input=line, capture_output=True, text=True, timeout=60, check=False)

    def start(self, *more, line=None):
        with open(self.home / "log", "a") as log:
            self.process = subprocess.Popen(
                self.words(*more), stdin=subprocess.PIPE, stdout=log, stderr=log, text=True
            )
        self.process.stdin.write(line or "")
        self.process.stdin.close()

    def log_text(self):
        return (self.home / "log").read_text(errors="replace")

    def end(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Agents(AgentsTest):
    def guard_of_primary(self):
        return self.sandbox.guard(self.sandbox.primary())

    def replica_guard(self):
        """A follower that guards no primary."""
        leader = wait_until(self.leader, "a leader")
        return next(agent for agent in self.sandbox.agents if agent not in (leader, self.guard_of_primary()))

    def test_the_agent_of_the_primary_stays(self):
        """The agent of a cluster's primary can't be removed: 412, and what to do first; exit status 3"""
        guard = self.guard_of_primary()
        answer = self.delete(f"/v1/agents/{guard.name}")
        self.assertEqual((answer.status, answer.json["code"]), (412, "REFUSED"), answer.text)
        self.assertIn("switchover", answer.json["suggestion"])
        done = self.sandbox.control("agent", "remove", guard.name)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(guard.name, done.stderr)
        self.assertEqual(self.delete("/v1/agents/nobody").status, 404)

    def test_the_lead_is_handed_over(self):
        """transfer-leadership: to the one that is named, and to the best one; the writes go on, and the new leader confirms reads"""
        with Load(self.sandbox) as load:
            for _ in range(2):
                before = wait_until(self.leader, "a leader")
                target = next(agent for agent in self.sandbox.agents if agent is not before)
                done = self.sandbox.control("agent", "transfer-leadership", target.name)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.leader(), target)
                for agent in self.sandbox.agents:  # nothing but the first entry of the term may have been committed since
                    self.assertEqual(agent.get("/v1/status?consistent=1").status, 200)
            refused = target.post(f"/v1/agents/{target.name}/lead")
            self.assertEqual((refused.status, refused.json["code"]), (412, "REFUSED"))
            done = self.sandbox.control("agent", "transfer-leadership")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotEqual(self.leader(), target)
            self.assertEqual(self.new_operations(), [])
            self.assert_nothing_lost(load, self.sandbox.primary())

    def test_a_leader_that_stops_hands_over(self):
        """SIGTERM: another agent leads before the old one is gone, without an election time-out"""
        leader = wait_until(self.leader, "a leader")
        others = [agent for agent in self.sandbox.agents if agent is not leader]
        since = {agent.name: len(self.log(agent)) for agent in self.sandbox.agents}
        self.stop(leader)
        wait_until(lambda: any("event=leading" in self.log(a, since[a.name]) for a in others), "another one leads")
        self.assertIn("ended=", self.log(leader, since[leader.name]))
        self.assertIn("another agent has a higher term", self.log(leader, since[leader.name]))
        leader.start_again()

    def test_removed_and_added_again(self):
        """An agent is removed: it is gone from the list and takes no part; added again, it comes back as a voter"""
        agent = self.replica_guard()
        before = self.listed(agent.name)
        key = self.public_key(agent)
        self.assertEqual(self.delete(f"/v1/agents/{agent.name}").status, 200)
        wait_until(lambda: self.listed(agent.name) is None, "it is gone from the list")
        wait_until(lambda: "event=removed" in self.log(agent) or not agent.refreshed_pid(), "it heard of it")
        done = self.sandbox.control("agent", "add", agent.name, agent.peer, key)
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: self.is_voter(agent.name, but_not=before["id"]), "it votes under a new number", 30)
        again = self.sandbox.control("agent", "add", agent.name, agent.peer, key)
        self.assertEqual(again.returncode, 3, again.stderr)
        self.assertIn("already", again.stderr)

    def test_the_leader_is_removed_and_added_again(self):
        """It knows that it was removed, so it never asks for a vote; added again, it asks for its new number"""
        agent = self.replica_guard()
        done = self.sandbox.control("agent", "transfer-leadership", agent.name)
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: self.leader() is agent, "it leads")
        before = self.listed(agent.name)
        key = self.public_key(agent)
        self.assertEqual(self.delete(f"/v1/agents/{agent.name}").status, 200)
        wait_until(lambda: self.leader() not in (None, agent), "another one leads")
        wait_until(lambda: self.listed(agent.name) is None, "it is gone from the list")
        done = self.sandbox.control("agent", "add", agent.name, agent.peer, key)
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: self.is_voter(agent.name, but_not=before["id"]), "it votes under a new number", 30)

    def newcomer(self, name, number):
        """A fourth agent on this host, a witness, as its configuration describes it; not started."""
        home = self.sandbox.directory / name
        home.mkdir()
        first = self.sandbox.agents[0]
        host, port = first.peer.rsplit(":", 1)
        api = f"{host}:{int(first.api.rsplit(':', 1)[1]) + number - 1}"
        text = Path(first.config).read_text()
        text = text[: text.index("[agent]")] + NEWCOMER.format(
            name=name, home=home, peer=f"{host}:{int(port) + number - 1}", api=api
        ) + text[text.index("[mariadb]") : text.index("[peers]")]  # fmt: skip
        (home / "orchestratord.conf").write_text(text)
        (home / "log").touch()
        self.addCleanup(self.forget, name)
        return Newcomer(self, name, home, api)

    def forget(self, name):
        """So that a test that failed leaves no voter that is away."""
        if self.listed(name):
            self.sandbox.control("agent", "remove", name)

    def test_invited_and_joined(self):
        """A 4th agent joins with an invitation, votes, and stays when it is started again; the line works once"""
        wait_until(lambda: "event=feature_level" in "".join(self.log(a) for a in self.sandbox.agents), "the level")
        line = self.invite("--for", "5m")
        with self.newcomer("b4", 4) as agent, Load(self.sandbox) as load:
            agent.start("--join", "-", line=line)
            wait_until(lambda: self.is_voter("b4"), "it votes", 30)
            self.assertEqual((agent.home / "key").stat().st_mode & 0o777, 0o600)
            number = self.listed("b4")["id"]
            agent.end()
            agent.start()
            wait_until(lambda: self.is_voter("b4"), "it is back without the line", 30)
            self.assertEqual(self.listed("b4")["id"], number)
            with self.newcomer("b5", 5) as other:
                refused = other.run("--join", "-", line=line)
                self.assertEqual(refused.returncode, 3)
                self.assertIn("was used", refused.stderr)
                alone = other.run()
                self.assertEqual(alone.returncode, 2, "it begins no cluster of its own")
                self.assertIn("--join", alone.stderr)
                wrong = other.run("--join", "-", line=line[:-4] + "\n")
                self.assertEqual(wrong.returncode, 3)
                self.assertIn("no invitation", wrong.stderr)
            since = len(agent.log_text())
            done = self.sandbox.control("agent", "remove", "b4")
            self.assertEqual(done.returncode, 0, done.stderr)
            wait_until(lambda: "event=removed" in agent.log_text()[since:], "it hears that it was removed")
            self.wait_voters(3)
            self.assertEqual(self.new_operations(), [])
            self.assert_nothing_lost(load, self.sandbox.primary())

    def test_an_invitation_runs_out_and_a_guard_never_votes(self):
        """--guard: a learner. After --for the line is refused"""
        late, line = self.invite("--for", "1s"), self.invite("--guard")
        over = time.monotonic() + 1
        with self.newcomer("c4", 6) as agent:
            agent.start("--join", "-", line=line)
            wait_until(lambda: (self.listed("c4") or {}).get("applied"), "it has the log", 30)
            self.assertEqual((self.listed("c4")["kind"], self.listed("c4")["voter"]), ("learner", False))
            done = self.sandbox.control("agent", "transfer-leadership", "c4")
            self.assertEqual(done.returncode, 3, done.stderr)
            with self.newcomer("c5", 7) as other:
                wait_until(lambda: time.monotonic() > over, "the line is over")
                self.assertEqual(other.run("--join", "-", line=late).returncode, 3)
            self.assertEqual(self.sandbox.control("agent", "remove", "c4").returncode, 0)
        self.wait_voters(3)

    def test_an_invitation_is_taken_back(self):
        """agent invitations lists it, never the line; after agent uninvite the line lets nobody in"""
        line = self.invite("--guard")
        listed = self.sandbox.control("agent", "invitations")
        rows = [row.split() for row in listed.stdout.splitlines()[1:]]
        self.assertEqual([(row[1], row[3]) for row in rows], [("guard", "no")], listed.stdout)
        self.assertNotIn(line.strip(), listed.stdout)
        done = self.sandbox.control("agent", "uninvite", rows[0][0])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.sandbox.control("agent", "invitations").stdout.count("\n"), 1, "the headings alone")
        again = self.sandbox.control("agent", "uninvite", rows[0][0])
        self.assertEqual(again.returncode, 1)
        self.assertIn("no such invitation", again.stderr)
        with self.newcomer("e4", 9) as agent:
            self.assertEqual(agent.run("--join", "-", line=line).returncode, 3)
        self.assertIsNone(self.listed("e4"))

    def test_a_refusal_does_not_use_the_invitation(self):
        """Whose name is taken corrects it, empties the directory, takes a new key, and comes with the same line"""
        line = self.invite("--guard")
        with self.newcomer("f4", 10) as agent:
            config = agent.home / "orchestratord.conf"
            text = config.read_text()
            config.write_text(text.replace("name = f4\n", f"name = {self.replica_guard().name}\n", 1))
            refused = agent.run("--join", "-", line=line)
            self.assertEqual(refused.returncode, 3, refused.stderr)
            config.write_text(text)
            other = agent.run("--join", "-", line=line)
            self.assertIn("empty it", other.stderr, "the directory has the first name")
            shutil.rmtree(agent.home / "data")
            (agent.home / "key").unlink()
            agent.start("--join", "-", line=line)
            wait_until(lambda: (self.listed("f4") or {}).get("applied"), "it has the log", 30)
            self.assertEqual(self.sandbox.control("agent", "remove", "f4").returncode, 0)

    def test_a_wiped_agent_finds_a_leader_that_its_file_does_not_name(self):
        """[peers] names one that was removed; who was invited since leads: the wiped one hears of it from the third, and comes back"""
        gone, other = self.replica_guard(), wait_until(self.leader, "a leader")
        wiped = next(agent for agent in self.sandbox.agents if agent not in (gone, other))
        self.assertEqual(self.delete(f"/v1/agents/{gone.name}").status, 200)
        self.stop(gone)
        with self.newcomer("h4", 12) as agent:
            agent.start("--join", "-", line=self.invite())
            wait_until(lambda: self.is_voter("h4"), "it votes", 30)
            done = self.sandbox.control("agent", "transfer-leadership", "h4")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.stop(wiped)
            self.wipe(wiped)
            wiped.start_again()
            token = self.sandbox.described["api_token"]
            listed = lambda: (http("GET", f"http://{agent.api}/v1/agents", token=token).json or {}).get("agents", [])  # noqa: E731
            voters = lambda: {one["name"]: one["id"] for one in listed() if one["kind"] == "voter"}  # noqa: E731
            wait_until(lambda: voters().get(wiped.name, 0) > voters().get("h4", 99), "it votes under a new number", 30)
            done = self.sandbox.control("agent", "transfer-leadership", other.name)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.sandbox.control("agent", "remove", "h4").returncode, 0)
        gone.start_again()
        done = self.sandbox.control("agent", "add", gone.name, gone.peer, self.public_key(gone))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait_voters(3)

    def test_a_copied_configuration(self):
        """Another agent names a server that has a guard, and says of its own that it is gone: nobody believes it, not even while the guard is away"""
        guard = self.replica_guard()
        server = next(server for server in self.sandbox.servers if server.guard == guard.name)
        line = self.invite("--guard")
        with self.newcomer("g4", 11) as agent:
            dead = subprocess.Popen(["true"])
            dead.wait()
            (agent.home / "pid").write_text(f"{dead.pid}\n")
            theirs = Path(guard.config).read_text()
            section = theirs[theirs.index("[server]") : theirs.index("[mariadb]")]
            for key, value in dict(socket=agent.home / "none", pid_file=agent.home / "pid", datadir=agent.home,
                                   start="/bin/false", stop="/bin/false", snippet=agent.home / "snippet.cnf").items():  # fmt: skip
                section = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", section)
            config = agent.home / "orchestratord.conf"
            config.write_text(config.read_text().replace("[mariadb]", section + "[mariadb]"))
            agent.start("--join", "-", line=line)
            wait_until(lambda: "state=gone" in agent.log_text(), "it sees no server", 30)
            wait_until(lambda: "event=report_refused" in self.log(self.leader()), "its report is refused")
            guard.kill()
            silent = lambda: "GUARD_SILENT" in str(self.leader().get("/v1/problems").json)  # noqa: E731
            wait_until(silent, "the guard is missed")
            seen = lambda: self.leader().get(f"/v1/servers/{server.name}").json  # noqa: E731
            holds(lambda: (seen()["guard"]["agent"], seen()["state"]) == (guard.name, "up"), "it is believed to be up", 2)
            guard.start_again()
            self.sandbox.wait_healthy()
            self.assertEqual(self.new_operations("failover"), [])
            self.assertEqual(self.sandbox.control("agent", "remove", "g4").returncode, 0)

    def test_added_by_hand(self):
        """agent add and --join peers: no invitation, the operator carries the key"""
        with self.newcomer("d4", 8) as agent:
            key = self.sandbox.control("keygen", "--out", str(agent.home / "key")).stdout.strip()
            others = [a for a in self.sandbox.agents if a is not self.leader()][:2]
            peers = "".join(f"{a.name} = {a.peer} {self.public_key(a)}\n" for a in others)
            with open(agent.home / "orchestratord.conf", "a") as config:
                config.write(f"[peers]\n{peers}")
            address = re.search(r"listen = (\S+)", (agent.home / "orchestratord.conf").read_text())[1]
            done = self.sandbox.control("agent", "add", "d4", address, key)
            self.assertEqual(done.returncode, 0, done.stderr)
            agent.start("--join", "peers")
            wait_until(lambda: self.is_voter("d4"), "it votes", 30)
            self.assertEqual(self.sandbox.control("agent", "remove", "d4").returncode, 0)
        self.wait_voters(3)

    def test_a_wiped_agent_comes_back_under_a_new_number(self):
        """Its data_dir is emptied while it is stopped: it never votes in its old name, and votes again by itself"""
        agent = self.replica_guard()
        before = self.listed(agent.name)
        self.stop(agent)
        since = len(self.log(agent))
        self.wipe(agent)
        agent.start_again()
        wait_until(lambda: self.is_voter(agent.name, but_not=before["id"]), "it votes under a new number", 30)
        text = self.log(agent, since)
        self.assertIn("event=seat_lost", text)
        self.assertIn("seat=replaced", text)
        self.assertNotIn("role=candidate", text.split("seat=replaced")[0], "never a candidate in its old name")
        seat = self.listed(agent.name)
        self.stop(agent)  # and it keeps the new one
        agent.start_again()
        wait_until(lambda: self.is_voter(agent.name), "it is back", 30)
        self.assertEqual(self.listed(agent.name)["id"], seat["id"])

    def problems(self, agent):
        """Codes of the problems of that agent, as another one lists them."""
        other = next(a for a in self.sandbox.agents if a is not agent)
        listed = other.get("/v1/problems").json.get("problems", [])
        return [problem["code"] for problem in listed if problem.get("agent") == agent.name]

    def follow_the_primary(self, agent):
        """Lets that agent guard the primary, and another one lead."""
        server = next(server for server in self.sandbox.servers if server.guard == agent.name)
        if self.sandbox.primary() is not server:
            done = self.sandbox.control("switchover", "--to", server.name, "--yes")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.sandbox.wait_healthy()
        return server

    def test_a_damaged_log_leaves_the_guard(self):
        """The log of the primary's agent is damaged: it is set aside, its server goes on, and the agent votes again"""
        agent = self.replica_guard()
        server = self.follow_the_primary(agent)
        before = self.listed(agent.name)
        self.known = {operation["id"] for operation in self.sandbox.operations()}
        with Load(self.sandbox) as load:
            pid = agent.refreshed_pid()
            agent.kill()
            wait_until(lambda: not harness.is_alive(pid), "it is gone")
            since = len(self.log(agent))
            for path in Path(agent.data_dir).glob("log-*"):
                data = bytearray(path.read_bytes())
                data[0:64] = bytes(64)
                path.write_bytes(data)
            agent.start_again()
            wait_until(lambda: "event=storage_failed" in self.log(agent, since), "it says so")
            wait_until(lambda: self.is_voter(agent.name, but_not=before["id"]), "it votes under a new number", 30)
            self.sandbox.wait_healthy()
            self.assertEqual(self.sandbox.primary(), server)
            self.assertEqual(self.new_operations("failover"), [])
            self.assert_nothing_lost(load, server)
        self.assertTrue(list(Path(agent.data_dir).glob("damaged-1/log-*")), "nothing was deleted")
        wait_until(lambda: "STORAGE_FAILED" not in self.problems(agent), "the problem is over")

    def test_a_wiped_first_agent_fences_what_an_earlier_life_opened(self):
        """Wiped, and told to begin a cluster of its own: it fences its server, another one is promoted, never two"""
        agent = self.replica_guard()
        server = self.follow_the_primary(agent)
        path = Path(agent.config)
        text = path.read_text()
        pid = server.refreshed_pid()
        with Load(self.sandbox) as load:
            self.stop(agent)
            since = len(self.log(agent))
            self.wipe(agent)
            path.write_text(text[: text.index("[peers]")] + "[peers]\n")
            agent.start_again()
            wait_until(lambda: agent.get("/raft-leader", token=None).status == 200, "it leads a cluster of one")
            wait_until(lambda: not server.is_writable(), "its server is fenced")
            self.assertIn("event=floor_lost", self.log(agent, since))
            witness = self.sandbox.guard(self.sandbox.others(server)[0])
            primary = wait_until(lambda: self.promoted(witness, but_not=server), "another one is promoted", 30)
            harness.holds(lambda: not server.is_writable(), "its server stays fenced", for_s=1)
            self.assertEqual(server.refreshed_pid(), pid, "it wasn't killed for that")
            self.stop(agent)
            self.wipe(agent)
            path.write_text(text)
            agent.start_again()
            self.wait_voters()
            self.sandbox.wait_healthy()
            self.assertEqual(self.sandbox.primary(), primary)
            self.assert_nothing_lost(load, primary)

    def promoted(self, witness, but_not):
        """The server that this agent names as primary, if it takes writes."""
        name = witness.get(f"/v1/clusters/{self.sandbox.described['cluster']}").json.get("primary")
        server = self.sandbox.server(name) if name else None
        return server if server not in (None, but_not) and server.is_writable() else None

    def test_without_a_disk_it_still_guards(self):
        """No store can be made at all: no place among the voters, but the server keeps its lease; said as a problem"""
        agent = self.replica_guard()
        server = self.follow_the_primary(agent)
        self.known = {operation["id"] for operation in self.sandbox.operations()}
        data = Path(agent.data_dir)
        aside = data.with_name("data-away")
        pid = agent.refreshed_pid()
        self.stop(agent)
        data.rename(aside)
        data.write_text("in the way of the directory")
        try:
            agent.start_again()
            wait_until(lambda: "STORAGE_FAILED" in self.problems(agent), "the problem is shown")
            wait_until(lambda: agent.get("/primary", token=None).status == 200, "its server has its lease")
            wait_until(server.is_writable, "it takes writes")
            done = self.sandbox.control("agent", "transfer-leadership")
            self.assertEqual(done.returncode, 0, done.stderr)
            wait_until(lambda: self.reads(agent), "it reads what the new leader confirms")
            harness.holds(server.is_writable, "it goes on to take writes", for_s=4)
            self.assertEqual(self.new_operations("failover"), [])
            self.stop(agent)
        finally:
            data.unlink()
            aside.rename(data)
        agent.start_again()
        wait_until(lambda: self.is_voter(agent.name), "with its disk it votes again", 30)

    def reads(self, agent):
        """Confirmed; until it has heard of the leader there is none to ask, but whoever was asked answers in time."""
        status = agent.get("/v1/status?consistent=1").status
        self.assertIn(status, (200, 503))
        return status == 200

    def test_an_agent_moves(self):
        """An agent listens at another address: the others find it there once they are told, and it keeps its number"""
        names = sorted(agent.name for agent in self.sandbox.agents)
        agent = next(a for a in self.sandbox.agents if a.name == names[-1])  # nobody is dialled by it
        before = self.listed(agent.name)
        host, port = agent.peer.rsplit(":", 1)
        elsewhere = f"{host}:{int(port) + 20}"
        path = Path(agent.config)
        text = path.read_text()
        self.addCleanup(self.sandbox.control, "agent", "move", agent.name, agent.peer)
        self.addCleanup(path.write_text, text)
        self.addCleanup(self.stop, agent)
        self.stop(agent)
        path.write_text(text.replace(f"listen = {agent.peer}\n", f"listen = {elsewhere}\n"))
        agent.start_again()
        holds(lambda: not self.listed(agent.name)["connected"], "nobody knows where it is", for_s=1.5)
        taken = self.sandbox.control("agent", "move", agent.name, self.sandbox.agents[0].peer)
        self.assertEqual(taken.returncode, 3, taken.stderr)
        self.assertIn("is the address of agent", taken.stderr)
        done = self.sandbox.control("agent", "move", agent.name, elsewhere)
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: self.is_voter(agent.name), "it is found", 30)
        self.assertEqual(self.listed(agent.name)["id"], before["id"])
        self.assertEqual(self.listed(agent.name)["address"], elsewhere)
        unknown = self.sandbox.control("agent", "move", "nobody", elsewhere)
        self.assertEqual(unknown.returncode, 1, unknown.stderr)
        self.assertIn("there is no agent nobody", unknown.stderr)

    def test_peers_may_go_after_the_first_start(self):
        """[peers] is read at the first start only: without it the agent goes on, changed it is told once"""
        agent = self.replica_guard()
        path = Path(agent.config)
        text = path.read_text()
        self.addCleanup(path.write_text, text)
        self.stop(agent)
        path.write_text(text[: text.index("[peers]")])
        agent.start_again()
        wait_until(lambda: self.is_voter(agent.name) and agent.get("/v1/agents").json.get("leader"), "it is back", 30)
        self.stop(agent)
        since = len(self.log(agent))
        wrong = next(line for line in text.splitlines() if re.match(r"a\d = 127", line))
        path.write_text(text.replace(wrong, wrong.replace("127.0.0.1:", "127.0.0.2:")))
        agent.start_again()
        wait_until(lambda: self.is_voter(agent.name) and agent.get("/v1/agents").json.get("leader"), "it is back", 30)
        self.assertEqual(self.log(agent, since).count("event=peers_differ"), 1)
        self.assertIn("has another address", self.log(agent, since))


if __name__ == "__main__":
    harness.main()
