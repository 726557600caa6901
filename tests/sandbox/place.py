"""Where a sandbox lives: ports on loopback, or a network namespace per host on a bridge of its own.

Every sandbox of this machine takes a slot, a small number from which its ports, its addresses and the names of its
namespaces follow; so any number of them run side by side. The ports lie below the range of outgoing connections,
which therefore can't take one while its server is down.
"""

import json
import os
import random
import socket
import subprocess
import tempfile
from pathlib import Path

SLOTS = 200
FIRST_PORT, PORTS_PER_SLOT = 20000, 50
SERVER_PORT, PEER_PORT, API_PORT = 0, 14, 31  # within the slot's ports
SLOT_DIRECTORY = Path(tempfile.gettempdir()) / f"orchestratord-sandbox-{os.getuid()}"


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


class Place:
    """One slot. host(i) is the address of host i (from 1); netns(i) its namespace or None."""

    def __init__(self, slot, with_netns):
        self.slot, self.with_netns = slot, with_netns
        self.bridge = f"orc{slot}"

    def host(self, number):
        return f"10.77.{self.slot}.{number}" if self.with_netns else "127.0.0.1"

    def netns(self, number):
        return f"orc{self.slot}-{number}" if self.with_netns else None

    def link(self, number):
        """The root namespace's end of the cable of a host."""
        return f"orc{self.slot}v{number}"

    def _port(self, offset, number, standard):
        return standard if self.with_netns else FIRST_PORT + self.slot * PORTS_PER_SLOT + offset + number

    def server_port(self, number):
        return self._port(SERVER_PORT, number, 3306)

    def peer_port(self, number):
        return self._port(PEER_PORT, number, 7300)

    def api_port(self, number):
        return self._port(API_PORT, number, 7380)

    def enter(self, number):
        """The words before a command that is to run on that host."""
        return ["nsenter", f"--net=/run/netns/{self.netns(number)}", "--"] if self.with_netns else []

    def make_network(self, hosts):
        if not self.with_netns:
            return
        ip("link", "add", self.bridge, "type", "bridge")
        ip("address", "add", f"10.77.{self.slot}.254/24", "dev", self.bridge)
        ip("link", "set", self.bridge, "up")
        for number in range(1, hosts + 1):
            name = self.netns(number)
            ip("netns", "add", name)
            ip("link", "add", self.link(number), "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", self.link(number), "master", self.bridge, "up")
            ip("-n", name, "address", "add", f"{self.host(number)}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")

    def remove_network(self):
        """Removes what make_network made, also half of it. Cables first: a namespace takes its end along, but later."""
        if not self.with_netns:
            return
        for link in sorted(Path("/sys/class/net").glob(f"orc{self.slot}v*")):
            ip("link", "delete", link.name)
        for name in sorted(Path("/run/netns").glob(f"orc{self.slot}-*")):
            ip("netns", "delete", name.name)
        if Path("/sys/class/net", self.bridge).exists():
            ip("link", "delete", self.bridge)


def usable(slot):
    ports = range(FIRST_PORT + slot * PORTS_PER_SLOT, FIRST_PORT + (slot + 1) * PORTS_PER_SLOT)
    return all(port_is_free(port) for port in ports) and not Path(f"/sys/class/net/orc{slot}").exists()


def is_stale(note):
    """A slot whose sandbox directory was removed by hand."""
    try:
        return not Path(note.read_text()).exists()
    except FileNotFoundError:
        return False


def take_slot(directory):
    for slot in random.sample(range(1, SLOTS + 1), SLOTS):
        SLOT_DIRECTORY.mkdir(mode=0o700, exist_ok=True)
        note = SLOT_DIRECTORY / str(slot)
        if note.exists() and is_stale(note):
            note.unlink(missing_ok=True)
        if note.exists() or not usable(slot):
            continue
        try:
            with open(note, "x", encoding="utf-8") as handle:
                handle.write(str(directory))
        except (FileExistsError, FileNotFoundError):
            continue  # somebody else was quicker, or removed the empty directory
        return slot
    raise RuntimeError(f"all {SLOTS} slots are taken; see {SLOT_DIRECTORY}")


def free_slot(slot):
    (SLOT_DIRECTORY / str(slot)).unlink(missing_ok=True)
    try:
        SLOT_DIRECTORY.rmdir()
    except OSError:
        pass


def save(path, place, made_directory):
    path.write_text(json.dumps({"slot": place.slot, "netns": place.with_netns, "made_directory": made_directory}))


def load(path):
    saved = json.loads(path.read_text())
    return Place(saved["slot"], saved["netns"]), saved["made_directory"]
