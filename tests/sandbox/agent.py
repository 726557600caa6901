"""The agents of a sandbox: keys, configuration, start, and the calls that make the cluster."""

import getpass
import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from process import Process

ROOT = Path(__file__).resolve().parents[2]
DAEMON = ROOT / "build" / "orchestratord"
CONTROL = ROOT / "build" / "orchestratorctl"

EXIT_NO_LEADER = 4  # of orchestratorctl: no leader, or nobody answers

CONFIG = """\
[agent]
name = {name}
data_dir = {data_dir}
listen = {peer}
key_file = {home}/key

[api]
listen = {api}
socket = {api_socket}
tls = no
"""
SERVER = """
[server]
name = {name}
address = {address}
socket = {socket}
user = {user}
pid_file = {pid_file}
datadir = {datadir}
start = {start}
stop = {stop}
snippet = {snippet}
"""
MARIADB = """
[mariadb]
user = orchestratord
password_file = {home}/mariadb.pw
replication_user = replication
replication_password_file = {home}/replication.pw
"""


class NoLeader(RuntimeError):
    """Nobody to take the request now: worth another attempt."""


def control(words, token=None, api=None):
    """Runs orchestratorctl; returns what it printed."""
    environment = dict(os.environ)
    environment.pop("ORCHESTRATORCTL_API", None)
    if token:
        environment["ORCHESTRATORCTL_TOKEN"] = token
    where = ["--api", api] if api else []
    done = subprocess.run(
        [str(CONTROL), *words, *where], capture_output=True, text=True, check=False, env=environment, timeout=30
    )
    if done.returncode != 0:
        kind = NoLeader if done.returncode == EXIT_NO_LEADER else RuntimeError
        raise kind(f"orchestratorctl {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()


def write_secret(path, text):
    path.touch(mode=0o600)
    path.write_text(text + "\n")


class Agent(Process):
    """Agent aN on host N; it guards dbN if there is one, else it is a witness."""

    def __init__(self, number, directory, place):
        name = f"a{number}"
        home = Path(directory) / name
        super().__init__(name, home, home / "orchestratord.conf", home / "log")
        self.number, self.place = number, place
        self.peer = f"{place.host(number)}:{place.peer_port(number)}"
        self.api = f"{place.host(number)}:{place.api_port(number)}"
        self.api_socket = home / "api.socket"
        self.public_key = None

    def describe(self):
        return {
            "name": self.name,
            "api": f"http://{self.api}",
            "pid": self.pid(),
            "deadman_pid": None,
            "netns": self.place.netns(self.number),
            "log": str(self.log),
            "config": str(self.config),
            "data_dir": str(self.home / "data"),
            "peer": self.peer,
            "start": self.start_command,
        }

    def make_key(self):
        self.home.mkdir()
        self.public_key = control(["keygen", "--out", str(self.home / "key")])

    def gate(self):
        """The command that must succeed before each start of the server that it guards."""
        return self.place.enter(self.number) + [str(DAEMON), "--gate", "--config", str(self.config)]

    def write(self, server, peers, secrets, ca):
        """Writes its files. `server` may be None; `ca` is given where it connects to MariaDB by TLS."""
        (self.home / "data").mkdir()
        write_secret(self.home / "mariadb.pw", secrets["watch"])
        write_secret(self.home / "replication.pw", secrets["replication"])
        text = CONFIG.format(
            name=self.name,
            data_dir=self.home / "data",
            peer=self.peer,
            home=self.home,
            api=self.api,
            api_socket=self.api_socket,
        )
        if server:
            text += SERVER.format(
                name=server.name,
                address=f"{server.host}:{server.port}",
                socket=server.socket,
                user=getpass.getuser(),
                pid_file=server.pid_file,
                datadir=server.datadir,
                start=" ".join(server.start_command),
                stop=" ".join(server.stop_command),
                snippet=server.snippet,
            )
        text += MARIADB.format(home=self.home)
        text += f"tls = yes\nca = {ca}\n" if ca else "tls = no\n"
        text += "\n[peers]\n" + "".join(f"{p.name} = {p.peer} {p.public_key}\n" for p in peers if p is not self)
        self.config.write_text(text)
        command = self.place.enter(self.number) + [str(DAEMON), "--config", str(self.config)]
        self.write_scripts(command)

    def get(self, path, token, timeout_s=2):
        """GET as JSON, or None when it can't be had now."""
        request = urllib.request.Request(f"http://{self.api}{path}", headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError, ValueError):
            return None
