"""The prepared data directory: made once, copied for every server.

mariadb-install-db takes a second and a copy a tenth of that. The accounts are made by a bootstrap without a binary
log, so no server of a fresh sandbox has a transaction of its own. Cache: build/sandbox-cache/KEY/{data,secrets.json},
where KEY is a hash of mariadbd's version and of everything that goes in.
"""

import contextlib
import fcntl
import getpass
import hashlib
import json
import secrets
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "sandbox-cache"

# What keeps a server small (53 MiB resident) and its start short; safe to change, unlike what server.py adds.
SMALL = {
    "innodb_buffer_pool_size": "8M",
    "innodb_log_file_size": "4M",
    "innodb_log_buffer_size": "2M",
    "innodb_temp_data_file_path": "ibtmp1:4M:autoextend",
    "innodb_buffer_pool_load_at_startup": 0,
    "innodb_buffer_pool_dump_at_shutdown": 0,
    "performance_schema": "OFF",
    "key_buffer_size": 8,
    "aria_pagecache_buffer_size": "128K",
    "query_cache_size": 0,
    "query_cache_type": 0,
    "max_connections": 100,
    "table_open_cache": 64,
    "skip_name_resolve": 1,
}

REPLICATION_ACCOUNTS = 12
INSTALL_ATTEMPTS = 3

# One statement a line: the bootstrap reads lines. {names} are replaced by the secrets and by the system user's name.
# mariadb-install-db leaves root accounts without a password for this machine's names and addresses, and anonymous ones.
ACCOUNTS = """\
DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost');
FLUSH PRIVILEGES;
CREATE DATABASE app;
ALTER USER root@localhost IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('{admin}');
CREATE USER root@'%' IDENTIFIED BY '{admin}';
GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;
CREATE USER app@'%' IDENTIFIED BY '{app}';
GRANT ALL ON app.* TO app@'%';
CREATE USER orchestratord@'%' IDENTIFIED BY '{watch}';
GRANT SLAVE MONITOR, BINLOG MONITOR, PROCESS ON *.* TO orchestratord@'%';
"""
REPLICATION = """\
CREATE USER replication_{name}@'%' IDENTIFIED BY '{replication}';
GRANT REPLICATION SLAVE ON *.* TO replication_{name}@'%';
"""
# The guard's account. As root it is root@localhost, which exists.
GUARD = """\
CREATE USER {user}@localhost IDENTIFIED VIA unix_socket;
GRANT ALL ON *.* TO {user}@localhost;
"""


def options(settings):
    return [f"--{name}={value}" for name, value in settings.items()]


def bootstrap_sql(words):
    sql = ACCOUNTS.format(**words)
    for number in range(1, REPLICATION_ACCOUNTS + 1):
        sql += REPLICATION.format(name=f"db{number}", **words)
    if words["user"] != "root":
        sql += GUARD.format(**words)
    return sql


def cache_key(user):
    version = subprocess.run(["mariadbd", "--no-defaults", "--version"], check=True, capture_output=True).stdout
    template = bootstrap_sql(dict(admin="", app="", watch="", replication="", user=user))
    return hashlib.sha256(version + template.encode() + repr(SMALL).encode()).hexdigest()[:16]


def run_logged(command, log, **keywords):
    with open(log, "ab") as output:
        done = subprocess.run(command, stdout=output, stderr=output, check=False, **keywords)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {Path(log).read_text(errors='replace')[:2000]}")


def make(directory, user):
    """Fills an empty directory with data/ and secrets.json."""
    words = {name: secrets.token_hex(12) for name in ("admin", "app", "watch", "replication")}
    data, log = directory / "data", directory / "log"
    small = [f"--datadir={data}", f"--user={user}", f"--tmpdir={directory}"] + options(SMALL)
    # "normal": a root account without a password, which the bootstrap then changes.
    install = ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]
    run_logged(install + small, log)
    sql = bootstrap_sql(dict(words, user=user))
    run_logged(["mariadbd", "--no-defaults", "--bootstrap"] + small, log, input=sql.encode())
    (directory / "secrets.json").write_text(json.dumps(words))


def make_patiently(fresh, user):
    """Tries again: on a busy machine mariadb-install-db was seen to fail once in a while. (Asynchronous I/O of the
    kernel is limited for the whole machine.)"""
    for attempts_left in reversed(range(INSTALL_ATTEMPTS)):
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        try:
            make(fresh, user)
            return
        except RuntimeError:
            if attempts_left == 0:
                raise


@contextlib.contextmanager
def locked(path):
    with open(path, "w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def prepare():
    """Returns the prepared data directory and its secrets; makes them where they are missing."""
    user = getpass.getuser()
    CACHE.mkdir(parents=True, exist_ok=True)
    with locked(CACHE / "lock"):
        ready = CACHE / cache_key(user)
        if not ready.exists():
            fresh = CACHE / "fresh"
            make_patiently(fresh, user)
            fresh.rename(ready)
    return ready / "data", json.loads((ready / "secrets.json").read_text())


def copy(data, target):
    subprocess.run(["cp", "-a", "--sparse=always", str(data), str(target)], check=True)
