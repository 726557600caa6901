/* db_fixture: what the tests of db share: a loop, a connection that notes what it is
 * told, a query that notes its answer, two real servers. */
#ifndef TESTS_UNIT_DAEMON_DB_FIXTURE_H
#define TESTS_UNIT_DAEMON_DB_FIXTURE_H

#include <stdio.h>

#include <mariadb/mysql.h>

#include "base/limits.h"
#include "daemon/io/db.h"
#include "tests/unit/daemon/mariadbd.h"
#include "tests/unit/daemon/run_until.h"

enum { TIMEOUT_MS = 10000 };

static struct tls_connect tls;
static char ca_path[96];

/* ---- a connection and what it told ------------------------------------------------ */

struct link {
    struct db db;
    bool connected, connect_failed, lost, closed, told;
    bool reconnect;
    struct err why;
};

static inline struct link *link_of(struct db *db)
{
    return container_of(db, struct link, db);
}

static inline void on_connect(struct db *db, const struct err *why)
{
    struct link *link = link_of(db);

    ck_assert(!link->told);
    link->told = true;
    link->connected = why == NULL;
    link->connect_failed = why != NULL;
    if (why != NULL) {
        link->why = *why;
    }
}

static inline void on_lost(struct db *db, const struct err *why)
{
    struct link *link = link_of(db);

    ck_assert(!link->lost);
    ck_assert_int_eq(db_state(db), DB_CLOSED);
    link->lost = true;
    link->why = *why;
    if (link->reconnect) {
        link->told = false;
        db_connect(db, on_connect);
    }
}

static inline void on_close(struct db *db)
{
    ck_assert(!link_of(db)->closed);
    link_of(db)->closed = true;
}

static inline struct db_config tcp(int server)
{
    return (struct db_config){.host = "127.0.0.1",
                              .port = servers[server].port,
                              .user = TESTER,
                              .password = TESTER_PASSWORD,
                              .connect_timeout_ms = TIMEOUT_MS};
}

static inline struct db_config encrypted(int server)
{
    struct db_config config = tcp(server);

    config.tls = true;
    config.ca = ca_path;
    return config;
}

static inline void link_init(struct link *link, struct db_config config)
{
    struct err err;

    memset(link, 0, sizeof *link);
    ck_assert_msg(db_init(&link->db, &loop, &tls, &config, on_lost, &err) == 0, "%s", err.text);
}

static inline void link_try(struct link *link, struct db_config config)
{
    link_init(link, config);
    db_connect(&link->db, on_connect);
    ck_assert(!link->told);
    run_until(&link->told);
}

static inline void link_open(struct link *link, struct db_config config)
{
    link_try(link, config);
    ck_assert_msg(link->connected, "%s", link->why.text);
}

static inline void link_close(struct link *link)
{
    db_close(&link->db, on_close);
    ck_assert(!link->closed);
    run_until(&link->closed);
}

/* ---- a query and its answer --------------------------------------------------------- */

struct ask {
    struct db_query query;
    bool done;
    int code;
    unsigned order;
    char cell[8192]; /* the first one */
    size_t rows;
    struct err why;
};

static unsigned answers;

static inline void on_answer(struct db_query *query, const struct db_result *result,
                             const struct err *why)
{
    struct ask *ask = container_of(query, struct ask, query);

    ck_assert(!ask->done);
    ck_assert((result == NULL) != (why == NULL));
    ask->done = true;
    ask->order = ++answers;
    if (why != NULL) {
        ask->code = why->code;
        ask->why = *why;
        return;
    }
    ask->rows = result->rows;
    if (result->rows > 0 && db_result_cell(result, 0, 0) != NULL) {
        snprintf(ask->cell, sizeof ask->cell, "%s", db_result_cell(result, 0, 0));
    }
}

static inline int ask_start(struct ask *ask, struct link *link, const char *text,
                            uint64_t timeout_ms)
{
    memset(ask, 0, sizeof *ask);
    ask->query = (struct db_query){.text = text, .timeout_ms = timeout_ms, .cb = on_answer};
    return db_query(&link->db, &ask->query);
}

static inline void ask(struct ask *ask, struct link *link, const char *text)
{
    ck_assert_int_eq(ask_start(ask, link, text, TIMEOUT_MS), 0);
    ck_assert(!ask->done);
    run_until(&ask->done);
}

/* Until a server that was started answers. */
static inline void server_await(int server)
{
    struct link link;

    for (;;) {
        link_try(&link, tcp(server));
        link_close(&link);
        if (link.connected) {
            return;
        }
        ck_assert_msg(waitpid(servers[server].pid, NULL, WNOHANG) == 0, "mariadbd ended");
        usleep(10000);
    }
}

static inline void set_up(void)
{
    struct err err;

    alarm(120);
    servers_start();
    snprintf(ca_path, sizeof ca_path, "%s/ca.pem", servers_dir);
    uv_loop_init(&loop);
    ck_assert_int_eq(tls_connect_init(&tls, &loop, &err), 0);
    server_await(SERVER_TLS);
    server_await(SERVER_PLAIN);
}

static bool tls_closed;

static inline void on_tls_closed(struct tls_connect *closed)
{
    (void)closed;
    tls_closed = true;
}

static inline void tear_down(void)
{
    tls_connect_close(&tls, on_tls_closed);
    run_until(&tls_closed);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    mysql_library_end();
    servers_end();
}

#endif
