/* mariadbd: real servers for the tests of one binary, under /tmp, ended with it.
 *
 * servers_start() makes two of one prepared data directory: SERVER_TLS, which
 * encrypts for those who ask, and SERVER_PLAIN, which can't. Both know the account
 * TESTER at 127.0.0.1 and, on their sockets, at localhost. A server dies with the
 * thread that started it, also when a test crashes. */
#ifndef TESTS_UNIT_DAEMON_MARIADBD_H
#define TESTS_UNIT_DAEMON_MARIADBD_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "tests/unit/daemon/free_port.h"

#define TESTER "tester"
#define TESTER_PASSWORD "a'b\\c"

enum { SERVER_TLS, SERVER_PLAIN, SERVERS };

struct server {
    pid_t pid;
    unsigned port;
    char socket[96];
    char port_text[16];
};

static char servers_dir[64];
static struct server servers[SERVERS];

/* Runs a shell command in the directory of the servers; it must succeed. Temporary tables are kept
 * apart from other servers': one that starts deletes those of all that share a directory. */
static inline void servers_shell(const char *command)
{
    char text[2048];

    snprintf(text, sizeof text, "cd %s && export TMPDIR=$PWD && { %s; } >shell.log 2>&1",
             servers_dir, command);
    ck_assert_msg(system(text) == 0, "%s", text);
}

static inline void servers_write(const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", servers_dir, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

/* Starts a server, or starts it again; it answers some time later. */
static inline void server_start(int index)
{
    struct server *server = &servers[index];
    char text[1024];

    if (server->port == 0) {
        server->port = free_port();
        snprintf(server->socket, sizeof server->socket, "%s/%d.sock", servers_dir, index);
    }
    snprintf(text, sizeof text,
             "TMPDIR=%s/data%d exec mariadbd --no-defaults --user=root "
             "--datadir=%s/data%d --socket=%s --port=%u "
             "--bind-address=127.0.0.1 --skip-name-resolve --init-file=%s/init.sql %s "
             "--innodb-buffer-pool-size=6M --innodb-log-file-size=4M --performance-schema=OFF "
             "--innodb-temp-data-file-path=ibtmp1:4M:autoextend --innodb-flush-method=fsync "
             "--innodb-use-native-aio=0 --skip-log-bin --max-connections=50 "
             ">>%s/server%d.log 2>&1",
             servers_dir, index, servers_dir, index, server->socket, server->port, servers_dir,
             index == SERVER_TLS
                 ? "--ssl-ca=../ca.pem --ssl-cert=../server.pem --ssl-key=../server.key"
                 : "--skip-ssl",
             servers_dir, index);
    server->pid = fork();
    ck_assert_int_ge(server->pid, 0);
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (chdir(servers_dir) == 0) {
            execl("/bin/sh", "sh", "-c", text, (char *)NULL);
        }
        _exit(127);
    }
}

/* SIGSTOP; its threads stop one after the other, some time after the signal was sent. */
static inline void server_freeze(int index)
{
    siginfo_t stopped;

    kill(servers[index].pid, SIGSTOP);
    ck_assert_int_eq(waitid(P_PID, (id_t)servers[index].pid, &stopped, WSTOPPED), 0);
}

static inline void server_kill(int index)
{
    kill(servers[index].pid, SIGKILL);
    waitpid(servers[index].pid, NULL, 0);
    servers[index].pid = 0;
}

static inline void servers_start(void)
{
    strcpy(servers_dir, "/tmp/test_db-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(servers_dir));
    servers_write("init.sql",
                  "CREATE USER IF NOT EXISTS tester@'127.0.0.1' IDENTIFIED BY 'a''b\\\\c';"
                  "\nGRANT ALL ON *.* TO tester@'127.0.0.1';"
                  "\nCREATE USER IF NOT EXISTS tester@localhost IDENTIFIED BY 'a''b\\\\c';"
                  "\nGRANT ALL ON *.* TO tester@localhost;\n");
    servers_write("san", "subjectAltName=IP:127.0.0.1\n");
    servers_shell("mariadb-install-db --no-defaults --datadir=$PWD/data0 --user=root "
                  "--auth-root-authentication-method=normal --skip-test-db "
                  "--innodb-log-file-size=4M --innodb-buffer-pool-size=8M && "
                  "cp -a --sparse=always data0 data1");
    servers_shell("for ca in ca other; do openssl req -x509 -newkey rsa:2048 -nodes -days 2 "
                  "-keyout $ca.key -out $ca.pem -subj /CN=$ca; done && "
                  "openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr "
                  "-subj /CN=server && openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key "
                  "-CAcreateserial -out server.pem -days 2 -extfile san");
    server_start(SERVER_TLS);
    server_start(SERVER_PLAIN);
}

static inline void servers_end(void)
{
    char text[128];

    for (int i = 0; i < SERVERS; i++) {
        if (servers[i].pid > 0) {
            server_kill(i);
        }
    }
    snprintf(text, sizeof text, "rm -rf %s", servers_dir);
    ck_assert_int_eq(system(text), 0);
}

#endif
