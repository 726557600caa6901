"""The servers of a sandbox: real mariadbd with the settings that a lossless cluster needs."""

import getpass
import os
import subprocess
from pathlib import Path

import datadir
from process import Process, wait_until

# What safety.md demands of every server; datadir.SMALL only makes it cheap.
SETTINGS = {
    "log_bin": "binlog",
    "binlog_format": "ROW",
    "log_slave_updates": 1,
    "gtid_strict_mode": 1,
    "gtid_domain_id": 0,
    "sync_binlog": 1,
    "innodb_flush_log_at_trx_commit": 1,
    "sync_relay_log": 1,
    "relay_log": "relay",
    "slave_net_timeout": 5,
    # Without it a replica lags under load, and a failover must drain that lag: 40-310 ms measured, 1 ms with it.
    "slave_parallel_threads": 4,
    "rpl_semi_sync_master_wait_point": "AFTER_SYNC",
    "rpl_semi_sync_master_wait_no_slave": "ON",
    "rpl_semi_sync_master_timeout": 3600000000,
    "read_only": 1,
    "skip_slave_start": 1,
}

# What the guard would write; only for a server without one.
UNGUARDED_SNIPPET = """\
[mariadb]
read_only=1
skip_slave_start=1
rpl_semi_sync_master_enabled=0
rpl_semi_sync_slave_enabled=0
"""


class Server(Process):
    def __init__(self, number, directory, place, secrets):
        name = f"db{number}"
        home = Path(directory) / name
        super().__init__(name, home, home / "my.cnf", home / "error.log")
        self.number, self.place, self.secrets = number, place, secrets
        self.host, self.port = place.host(number), place.server_port(number)
        self.socket, self.snippet = home / "socket", home / "snippet.cnf"
        self.datadir, self.pid_file = home / "data", home / "mariadbd.pid"
        self.tmpdir = home / "tmp"
        if len(str(self.socket)) > 100:
            raise ValueError(f"{self.socket}: too long for a socket (100); choose a shorter --dir")

    def describe(self, guard):
        return {
            "name": self.name,
            "host": self.host,
            "port": self.port,
            "socket": str(self.socket),
            "pid": self.pid(),
            "datadir": str(self.datadir),
            "netns": self.place.netns(self.number),
            "guard": guard.name if guard else None,
            "error_log": str(self.log),
            "start": self.start_command,
        }

    def write(self, data, gate=None, tls=None, more=()):
        """Makes its home. `gate` runs before each start and writes the snippet; without one it is written here."""
        self.home.mkdir()
        datadir.copy(data, self.datadir)
        self.tmpdir.mkdir()
        settings = dict(datadir.SMALL, **SETTINGS)
        settings.update(
            datadir=self.datadir,
            tmpdir=self.tmpdir,  # a server that starts deletes the temporary tables of all that share it
            socket=self.socket,
            pid_file=self.pid_file,
            log_error=self.log,
            port=self.port,
            bind_address=self.host,
            server_id=self.number,
            report_host=self.host,
            report_port=self.port,
        )
        if os.getuid() == 0:
            settings["user"] = getpass.getuser()
        if tls:
            settings.update(ssl_ca=tls.ca, ssl_cert=tls.certificate, ssl_key=tls.key)
        lines = [f"{name}={value}" for name, value in settings.items()] + list(more)
        self.config.write_text("[mariadbd]\n" + "\n".join(lines) + f"\n!include {self.snippet}\n")
        if not gate:
            self.snippet.write_text(UNGUARDED_SNIPPET)
        command = self.place.enter(self.number) + ["mariadbd", f"--defaults-file={self.config}"]
        self.write_scripts(command, before=gate)

    def sql(self, statement):
        """Runs statements as root over the socket; returns the rows as lists of strings."""
        done = subprocess.run(
            ["mariadb", "--no-defaults", "--user=root", f"--socket={self.socket}", "--batch", "--skip-column-names"],
            input=statement,
            capture_output=True,
            text=True,
            check=False,
            env=dict(os.environ, MYSQL_PWD=self.secrets["admin"]),
        )
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {statement}: {done.stderr.strip()}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def answers(self):
        try:
            return self.sql("SELECT 1") == [["1"]]
        except RuntimeError:
            return False

    def status(self, name):
        return self.sql(f"SHOW GLOBAL STATUS LIKE '{name}'")[0][1]


def follow(server, primary, acknowledges):
    """Makes a fresh server replicate."""
    server.sql(
        f"SET GLOBAL rpl_semi_sync_slave_enabled={int(acknowledges)};"
        f"CHANGE MASTER TO MASTER_HOST='{primary.host}', MASTER_PORT={primary.port},"
        f" MASTER_USER='replication_{server.name}', MASTER_PASSWORD='{server.secrets['replication']}',"
        " MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=1;"
        "START SLAVE;"
    )


def wire(servers, lossless):
    """Replication without agents: db1 is opened, the others follow it. Alone it writes without waiting for anybody."""
    primary, replicas = servers[0], servers[1:]
    lossless = lossless and bool(replicas)
    for server in replicas:
        follow(server, primary, lossless)
    for server in replicas:
        wait_until(lambda s=server: s.status("Slave_running") == "ON", f"{server.name} replicates", 10)
    primary.sql(f"SET GLOBAL rpl_semi_sync_master_enabled={int(lossless)}; SET GLOBAL read_only=0;")
    if lossless:
        wanted = str(len(replicas))
        wait_until(
            lambda: primary.status("Rpl_semi_sync_master_clients") == wanted, f"{wanted} replicas acknowledge", 10
        )
