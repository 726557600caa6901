/* cluster_fixture: up to three real servers with GTID, and a hand for each, for tests.
 *
 * cluster_begin(n) copies a data directory that is made once, starts n servers, none of
 * them writable, and opens a hand each. cluster_wire() makes the first one the primary of
 * the others, with the hands. SQL of the tests themselves goes through blocking calls.
 * Everything lies under /tmp and dies with the test. */
#ifndef TESTS_UNIT_DAEMON_CLUSTER_FIXTURE_H
#define TESTS_UNIT_DAEMON_CLUSTER_FIXTURE_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>
#include <mariadb/mysql.h>

#include "base/limits.h"
#include "daemon/io/hand.h"
#include "tests/unit/daemon/free_port.h"
#include "tests/unit/daemon/run_until.h"

enum { CLUSTER_MAX = 3, TASK_MS = 15000 };

struct cluster_server {
    pid_t pid;
    unsigned port;
    char name[8];
    char data[96];
    char socket[96];
    char snippet[96];
    char address[32];
    struct hand *hand;
    unsigned locks_lost;
};

static char cluster_dir[64];
static struct cluster_server cluster[CLUSTER_MAX];
static int cluster_count;

/* ---- processes -------------------------------------------------------------------- */

/* Each server has a directory of its own for temporary tables: one that starts deletes those of
 * all that share it. */

static inline void cluster_shell(const char *command)
{
    char text[2048];

    snprintf(text, sizeof text, "cd %s && export TMPDIR=$PWD && { %s; } >shell.log 2>&1",
             cluster_dir, command);
    ck_assert_msg(system(text) == 0, "%s", text);
}

/* The data directory that is copied, with an account for each replica. */
static inline void cluster_prepare(void)
{
    strcpy(cluster_dir, "/tmp/test_hand-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(cluster_dir));
    cluster_shell("mariadb-install-db --no-defaults --datadir=$PWD/data --user=root "
                  "--auth-root-authentication-method=normal --skip-test-db "
                  "--innodb-log-file-size=4M --innodb-buffer-pool-size=8M && "
                  "{ echo 'FLUSH PRIVILEGES;'; echo 'CREATE DATABASE app;'; "
                  "echo \"CREATE USER app@'%' IDENTIFIED BY 'x';\"; "
                  "echo \"GRANT ALL ON app.* TO app@'%';\"; for i in 1 2 3; do "
                  "echo \"CREATE USER replication_db$i@'%' IDENTIFIED BY 'it''s';\"; "
                  "echo \"GRANT REPLICATION SLAVE ON *.* TO replication_db$i@'%';\"; done; } | "
                  "mariadbd --no-defaults --user=root --datadir=$PWD/data --bootstrap "
                  "--innodb-buffer-pool-size=8M --innodb-log-file-size=4M");
}

static inline void cluster_clean(void)
{
    char text[96];

    snprintf(text, sizeof text, "rm -rf %s", cluster_dir);
    ck_assert_int_eq(system(text), 0);
}

static inline void server_fork(struct cluster_server *server, int number)
{
    char text[1536];

    snprintf(text, sizeof text,
             "TMPDIR=%s exec mariadbd --defaults-file=%s --user=root "
             "--datadir=%s --socket=%s --port=%u "
             "--bind-address=127.0.0.1 --skip-name-resolve --server-id=%d --log-bin=b "
             "--log-slave-updates=1 --binlog-format=ROW --gtid-strict-mode=1 "
             "--slave-parallel-threads=2 --innodb-buffer-pool-size=8M --innodb-log-file-size=4M "
             "--performance-schema=OFF --innodb-temp-data-file-path=ibtmp1:4M:autoextend "
             "--max-connections=50 --aria-pagecache-buffer-size=128K >>%s.log 2>&1",
             server->data, server->snippet, server->data, server->socket, server->port, number,
             server->data);
    server->pid = fork();
    ck_assert_int_ge(server->pid, 0);
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl("/bin/sh", "sh", "-c", text, (char *)NULL);
        _exit(127);
    }
}

/* ---- SQL of the test itself ---------------------------------------------------------- */

static inline MYSQL *sql_open(int index, const char *user, const char *password)
{
    MYSQL *mysql = mysql_init(NULL);

    if (mysql_real_connect(mysql, NULL, user, password, NULL, 0, cluster[index].socket, 0) ==
        NULL) {
        mysql_close(mysql);
        return NULL;
    }
    return mysql;
}

/* As root; the first cell of the answer, or ""; the error's text if there is one, with `failed`. */
static inline const char *sql_try(int index, const char *text, bool *failed)
{
    static char cell[4096];
    MYSQL *mysql = sql_open(index, "root", NULL);
    MYSQL_RES *rows;

    ck_assert_ptr_nonnull(mysql);
    *failed = mysql_query(mysql, text) != 0;
    snprintf(cell, sizeof cell, "%s", *failed ? mysql_error(mysql) : "");
    rows = mysql_store_result(mysql);
    if (rows != NULL) {
        MYSQL_ROW row = mysql_fetch_row(rows);

        if (row != NULL && row[0] != NULL) {
            snprintf(cell, sizeof cell, "%s", row[0]);
        }
        mysql_free_result(rows);
    }
    mysql_close(mysql);
    return cell;
}

static inline const char *sql(int index, const char *text)
{
    bool failed;
    const char *cell = sql_try(index, text, &failed);

    ck_assert_msg(!failed, "%s: %s", text, cell);
    return cell;
}

/* What it asks about (a table that is replicated, say) need not be there yet. */
static inline void sql_await(int index, const char *text, const char *wanted)
{
    bool failed;

    for (int i = 0; i < PATIENCE_MS / 10; i++) {
        if (strcmp(sql_try(index, text, &failed), wanted) == 0) {
            return;
        }
        usleep(10000);
    }
    ck_abort_msg("%s: never %s, now %s", text, wanted, sql_try(index, text, &failed));
}

#define BINLOG "SELECT @@global.gtid_binlog_pos"

static inline void assert_position(int index, const struct gtid_position *position)
{
    char text[LIMIT_GTID_TEXT_SIZE];

    gtid_format(position, text, sizeof text);
    ck_assert_str_eq(text, sql(index, BINLOG));
}

static inline void server_await(int index)
{
    for (int i = 0; i < PATIENCE_MS / 10; i++) {
        MYSQL *mysql = sql_open(index, "root", NULL);

        if (mysql != NULL) {
            mysql_close(mysql);
            return;
        }
        ck_assert_msg(waitpid(cluster[index].pid, NULL, WNOHANG) == 0, "mariadbd ended");
        usleep(10000);
    }
    ck_abort_msg("the server does not answer");
}

static inline void server_start(int index)
{
    server_fork(&cluster[index], index + 1);
    server_await(index);
}

/* SIGSTOP; its threads stop one after the other, some time after the signal was sent. */
static inline void server_freeze(int index)
{
    siginfo_t stopped;

    kill(cluster[index].pid, SIGSTOP);
    ck_assert_int_eq(waitid(P_PID, (id_t)cluster[index].pid, &stopped, WSTOPPED), 0);
}

static inline void server_kill(int index)
{
    kill(cluster[index].pid, SIGCONT);
    kill(cluster[index].pid, SIGKILL);
    waitpid(cluster[index].pid, NULL, 0);
    cluster[index].pid = 0;
}

/* ---- hands --------------------------------------------------------------------------- */

struct outcome {
    bool done;
    struct hand_task task;
    struct hand_result result;
};

static inline void on_outcome(void *context, const struct hand_task *task,
                              const struct hand_result *result)
{
    struct outcome *outcome = context;

    ck_assert(!outcome->done);
    ck_assert(result->detail[0] != '\0');
    outcome->done = true;
    outcome->task = *task;
    outcome->result = *result;
}

static inline struct hand_task task_of(enum hand_kind kind)
{
    return (struct hand_task){
        .kind = kind, .deadline_ms = TASK_MS, .bound_ms = 100, .lossless = true};
}

static inline struct hand_result run(int index, struct hand_task task)
{
    struct outcome outcome = {.done = false};

    uv_update_time(&loop); /* the test's own SQL kept it waiting */
    ck_assert_int_eq(hand_run(cluster[index].hand, &task, on_outcome, &outcome), 0);
    ck_assert(!outcome.done);
    run_until(&outcome.done);
    ck_assert(!hand_busy(cluster[index].hand));
    return outcome.result;
}

/* It must succeed. */
static inline struct hand_result must(int index, struct hand_task task)
{
    struct hand_result result = run(index, task);

    ck_assert_msg(result.outcome == ORDER_DONE, "%s: %s", hand_kind_name(task.kind), result.detail);
    if (getenv("HAND_VERBOSE") != NULL) {
        printf("%s %s: %u ms, %s\n", cluster[index].name, hand_kind_name(task.kind), result.ms,
               result.detail);
    }
    return result;
}

static inline struct hand_task from(enum hand_kind kind, int source)
{
    struct hand_task task = task_of(kind);

    strcpy(task.source_address, cluster[source].address);
    task.has_history = true;
    ck_assert_int_eq(
        gtid_state_parse(&task.history, sql(source, "SELECT @@global.gtid_binlog_state"), NULL), 0);
    return task;
}

static inline void on_lock_lost(void *context)
{
    struct cluster_server *server = context;

    server->locks_lost++;
}

static inline void hand_begin(int index)
{
    struct cluster_server *server = &cluster[index];
    struct hand_config config = {
        .loop = &loop,
        .local = {.socket = server->socket,
                  .user = "root",
                  .password = "",
                  .connect_timeout_ms = 2000},
        .server = server->name,
        .snippet = server->snippet,
        .replication_user = "replication",
        .replication_password = "it's",
        .on_lock_lost = on_lock_lost,
        .context = server,
    };
    struct err err;

    ck_assert_msg(hand_open(&server->hand, &config, &err) == 0, "%s", err.text);
}

static inline void on_hand_closed(void *context)
{
    bool *closed = context;

    *closed = true;
}

/* ---- the whole -------------------------------------------------------------------------- */

static inline void cluster_begin(int count)
{
    for (int i = 0; i < CLUSTER_MAX; i++) {
        if (cluster[i].pid > 0) { /* of a test that failed */
            server_kill(i);
        }
    }
    memset(cluster, 0, sizeof cluster);
    cluster_count = count;
    uv_loop_init(&loop);
    for (int i = 0; i < count; i++) {
        struct cluster_server *server = &cluster[i];
        char command[256];

        server->port = free_port();
        snprintf(server->name, sizeof server->name, "db%d", i + 1);
        snprintf(server->data, sizeof server->data, "%s/db%d", cluster_dir, i + 1);
        snprintf(server->socket, sizeof server->socket, "%s/db%d.sock", cluster_dir, i + 1);
        snprintf(server->snippet, sizeof server->snippet, "%s/db%d.cnf", cluster_dir, i + 1);
        snprintf(server->address, sizeof server->address, "127.0.0.1:%u", server->port);
        snprintf(command, sizeof command, "rm -rf db%d; cp -a --sparse=always data db%d", i + 1,
                 i + 1);
        cluster_shell(command);
        ck_assert_int_eq(snippet_write(server->snippet, SNIPPET_MASTER, false, NULL), 0);
        server_fork(server, i + 1);
    }
    for (int i = 0; i < count; i++) {
        server_await(i);
        hand_begin(i);
    }
}

static inline void cluster_wire(void)
{
    must(0, task_of(HAND_PROMOTE));
    for (int i = 1; i < cluster_count; i++) {
        must(i, from(HAND_REPOINT, 0));
    }
    sql(0, "CREATE TABLE app.t (id BIGINT PRIMARY KEY AUTO_INCREMENT, writer INT)");
}

static inline void cluster_end(void)
{
    for (int i = 0; i < cluster_count; i++) {
        bool closed = false;

        if (cluster[i].hand != NULL) {
            hand_close(cluster[i].hand, on_hand_closed, &closed);
            run_until(&closed);
        }
        if (cluster[i].pid > 0) {
            server_kill(i);
        }
    }
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

/* ---- a client that writes as fast as it can ------------------------------------------------ */

struct writer {
    pthread_t thread;
    int index;
    const char *user;
    const char *password;
    atomic_bool stop;
    atomic_uint acknowledged;
    unsigned refused; /* an error that says no: 1290 */
    bool lost;        /* the connection went: unknown */
};

static inline void *writer_main(void *argument)
{
    struct writer *writer = argument;
    MYSQL *mysql = sql_open(writer->index, writer->user, writer->password);

    while (mysql != NULL && !writer->stop && !writer->lost) {
        if (mysql_query(mysql, "INSERT INTO app.t (writer) VALUES (1)") == 0) {
            writer->acknowledged++;
        } else if (mysql_errno(mysql) == 1290) {
            writer->refused++;
            usleep(1000);
        } else {
            writer->lost = true;
        }
    }
    if (mysql != NULL) {
        mysql_close(mysql);
    }
    mysql_thread_end();
    return NULL;
}

static inline void writer_start(struct writer *writer, int index, const char *user,
                                const char *password)
{
    memset(writer, 0, sizeof *writer);
    writer->index = index;
    writer->user = user;
    writer->password = password;
    ck_assert_int_eq(pthread_create(&writer->thread, NULL, writer_main, writer), 0);
}

static inline void writer_await(struct writer *writer, unsigned acknowledged)
{
    for (int i = 0; i < PATIENCE_MS / 2 && writer->acknowledged < acknowledged; i++) {
        usleep(2000);
    }
    ck_assert_uint_ge(writer->acknowledged, acknowledged);
}

static inline void writer_end(struct writer *writer)
{
    writer->stop = true;
    pthread_join(writer->thread, NULL);
}

#endif
