"""Processes that anybody may start again: a lock each, held by the process itself for as long as it lives.

The start script takes the lock on descriptor 9 and leaves it to the daemon, so "does it run" is "is the lock held":
nothing to go stale after a crash. A process is known as ours by its command line, and signals go through a pidfd.
"""

import contextlib
import fcntl
import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

START = """\
#!/bin/sh
# Starts {name}, detached, unless it runs or is just being started: then it does nothing. Anybody may call it.
exec 9>>{home}/lock
flock -w 0.2 9 || exit 0
[ -e {config} ] || exit 1
{before}setsid {command} </dev/null >>{log} 2>&1 &
echo $! >{home}/pid
"""

STOP = """\
#!/bin/sh
# Asks {name} to stop, and waits until it is gone.
pid=$(cat {home}/pid) || exit 0
grep -qsF {config} /proc/"$pid"/cmdline && kill "$pid"
exec flock -w 30 {home}/lock true
"""


class Process:
    """A daemon with a home directory, a configuration file and a start script there."""

    def __init__(self, name, home, config, log):
        self.name, self.home, self.config, self.log = name, Path(home), Path(config), Path(log)

    @property
    def start_command(self):
        return [str(self.home / "start")]

    @property
    def stop_command(self):
        return [str(self.home / "stop")]

    def write_scripts(self, command, before=None):
        """`before` is a command that must succeed before each start, such as the gate."""
        words = {
            "name": self.name,
            "home": shlex.quote(str(self.home)),
            "config": shlex.quote(str(self.config)),
            "log": shlex.quote(str(self.log)),
            "command": shlex.join(command),
            "before": f"{shlex.join(before)} 9>&- >>{shlex.quote(str(self.log))} 2>&1 || exit 1\n" if before else "",
        }
        for path, text in ((self.start_command[0], START), (self.stop_command[0], STOP)):
            Path(path).write_text(text.format(**words))
            Path(path).chmod(0o755)

    def start(self):
        subprocess.run(self.start_command, check=True, stdin=subprocess.DEVNULL)

    def pid(self):
        """The process id, or None when it doesn't run."""
        with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
            pid = int((self.home / "pid").read_text())
            if str(self.config).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return None

    def kill(self, number=signal.SIGKILL):
        """Sends the signal; True if there was a process to send it to."""
        pid = self.pid()
        if pid is None:
            return False
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return False
        try:
            if self.pid() != pid:
                return False
            signal.pidfd_send_signal(handle, number)
            return True
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)

    def end(self, deadline_s=60):
        """Kills it, also one that is being started meanwhile, and keeps the lock: it can't be started again."""
        if not self.home.exists():
            return
        lock = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT)
        give_up = time.monotonic() + deadline_s
        while True:
            self.config.unlink(missing_ok=True)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                self.kill()
            if time.monotonic() > give_up:
                raise RuntimeError(f"{self.name} holds {self.home}/lock and can't be ended")
            time.sleep(0.005)


def tail(path, lines=20):
    try:
        return "\n".join(Path(path).read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no such file)"


def wait_until(condition, what, deadline_s):
    """Returns the first true value of condition(); raises TimeoutError."""
    give_up = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > give_up:
            raise TimeoutError(f"after {deadline_s} s still not: {what}")
        time.sleep(0.01)
