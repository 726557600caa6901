#!/usr/bin/python3 -B
"""A disk that fails a sync, for real: ext4 goes on to show what it couldn't write, and takes it for written."""

import contextlib
import fcntl
import os
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import harness

RESTART = harness.ROOT / "build" / "tests" / "restart"
BLOCK = 4096
FIBMAP = 1  # <linux/fs.h>


def run(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True)


@contextlib.contextmanager
def voting(store, term):
    """A process that has the store open; it votes when it is let go."""
    process = subprocess.Popen([RESTART, store, "vote", str(term)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "open\n"
    yield process
    process.why = process.communicate("go\n")[1].strip()


def take_away(image, path, number):
    """The block of the image below that block of the file: it needs space again."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        (block,) = struct.unpack("i", fcntl.ioctl(file, FIBMAP, struct.pack("i", number)))
    run("fallocate", "--punch-hole", "--offset", block * BLOCK, "--length", BLOCK, image)


def use_up(ballast):
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(BLOCK)) == BLOCK:
                pass
        except OSError:  # full: that was wanted
            return


def inside(directory):
    """In a mount namespace of its own, with which all of this ends: an ext4 on a file that finds no space any more."""
    run("mount", "-t", "tmpfs", "-o", "size=48m", "none", directory)
    image, ballast, store = directory / "image", directory / "ballast", directory / "disk" / "store"
    store.parent.mkdir()
    image.write_bytes(b"x" * (24 << 20))
    run("mkfs.ext4", "-q", "-F", "-b", BLOCK, "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0", image)
    image.write_bytes(image.read_bytes())  # all of it takes space now
    run("mount", "-o", "loop", image, store.parent)
    with voting(store, 5):
        pass
    empty = next(i for i in range(2) if not any((store / "vote").read_bytes()[i * BLOCK : (i + 1) * BLOCK]))
    with voting(store, 6) as voter:
        take_away(image, store / "vote", empty)  # where it goes
        use_up(ballast)
    ballast.unlink()  # the disk works again
    print(voter.returncode, voter.why)
    print(run(RESTART, store, "open").stdout)


@unittest.skipUnless(os.getuid() == 0, "file systems are made by root")
class SyncFailed(unittest.TestCase):
    def test_the_next_process_believes_the_disk(self):
        """DK-12: the sync of a vote fails, the process ends; the next one must not take for durable what only the cache has"""
        with tempfile.TemporaryDirectory(prefix="orc-sync-") as directory:
            done = subprocess.run(["unshare", "--mount", sys.executable, "-B", __file__, "inside", directory], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        failed, opened = done.stdout.strip().splitlines()
        self.assertRegex(failed, "^1 restart: write: sync vote: ")
        self.assertRegex(opened, " term 5$")


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        inside(Path(sys.argv[2]))
    else:
        harness.main()
