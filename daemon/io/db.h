/* db: one connection to one MariaDB server, on the loop.
 *
 *     db_init ─> closed ─db_connect─> connecting ─> idle <─> querying
 *                  ^                       |          |         |
 *                  └──────── closing <─────┴──────────┴─────────┘
 *
 * Nothing here blocks: libmariadb's non-blocking calls under uv_poll, TLS handshakes
 * on threads (tls_connect), addresses instead of names. One statement at a time is
 * on the wire, up to LIMIT_SQL_QUEUE more wait.
 *
 * A connection that breaks (the server died, a deadline passed, a result above its
 * limit) is torn down; each query that was under way or waited gets its callback, then
 * the owner is told once, by `on_lost`, or by the callback of db_connect if that had
 * not succeeded. From there it may connect again. An idle connection notices the death
 * of its server at once, by EOF; a server that hangs or a network that swallows
 * everything is noticed by a query's deadline alone: keep asking.
 *
 * No callback runs inside a call of this unit. Callbacks may call anything here.
 *
 * Ownership: the struct is embedded; its memory may go in the callback of db_close.
 * `config` is copied, its strings are borrowed. */
#ifndef DAEMON_IO_DB_H
#define DAEMON_IO_DB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "daemon/io/db_config.h"
#include "daemon/io/db_result.h"
#include "daemon/io/db_wire.h"
#include "daemon/io/tls_connect.h"

enum db_state { DB_CLOSED, DB_CONNECTING, DB_IDLE, DB_QUERYING, DB_CLOSING };

struct db {
    uv_loop_t *loop;
    struct tls_connect *tls;
    struct db_config config;
    void (*on_lost)(struct db *db, const struct err *why);
    void (*on_connect)(struct db *db, const struct err *why);
    void (*on_close)(struct db *db);

    enum db_state state;
    struct db_wire wire;
    struct tls_connect_job *job; /* the wire is on a thread */
    uv_poll_t poll;
    bool poll_open;
    int poll_wait;    /* the events that `poll` waits for */
    uv_timer_t timer; /* the next deadline; due at once when `ended` or nothing is open */
    uint64_t connect_deadline_ms;
    bool ended; /* the call on the wire ended inside its first step */
    bool finishing;
    struct list queries; /* the first one is on the wire while querying */
    unsigned queries_count;
    struct db_result result;
    struct err why; /* closing: the reason */
};

/* A statement. Embedded in its asker, who keeps it and `text` until `cb`. */
struct db_query {
    const char *text;
    uint64_t timeout_ms; /* from db_query() on, the time in the queue included */
    bool secret;         /* the text holds a password: a syntax error is not quoted */

    /* Exactly one of `result` and `why` is given; `result` is valid inside only. The
     * connection stays usable after an error of the server's (ERR_SQL, ERR_PERMISSION,
     * ERR_BUSY). Else it is gone: ERR_TIMEOUT, ERR_UNREACHABLE, ERR_LIMIT,
     * ERR_PROTOCOL, ERR_CLOSED. */
    void (*cb)(struct db_query *query, const struct db_result *result, const struct err *why);

    unsigned sql_errno; /* MariaDB's number, or 0 */
    bool sent;          /* false: the server has never seen it. True with an error that is
                         * not the server's: nobody knows whether it took effect */

    struct db *db; /* whom it asks; the rest is private */
    struct list link;
    uint64_t deadline_ms;
};

/* `tls` may be NULL if config->tls is off. ERR_INVALID with the story: a host that is
 * no IP literal, no address or two, TLS without a CA or over a unix socket, no
 * time-out, no user. */
int db_init(struct db *db, uv_loop_t *loop, struct tls_connect *tls, const struct db_config *config,
            void (*on_lost)(struct db *db, const struct err *why), struct err *err);

/* Connects a closed connection; `cb` gets NULL, or why not: ERR_UNREACHABLE, ERR_TIMEOUT,
 * ERR_PERMISSION (login), ERR_BUSY (too many connections: it lives), ERR_PROTOCOL
 * (TLS), ERR_CLOSED (db_close came first). */
void db_connect(struct db *db, void (*cb)(struct db *db, const struct err *why));

/* Asks; `query->cb` is called once. ERR_CLOSED (not connected) or ERR_LIMIT (queue
 * full), and then it isn't. Statements are ours and short: asserted to be below
 * LIMIT_SQL_TEXT_BYTES. */
int db_query(struct db *db, struct db_query *query);

/* Closes in any state, for good. Queries get ERR_CLOSED, `on_lost` is not called. */
void db_close(struct db *db, void (*cb)(struct db *db));

enum db_state db_state(const struct db *db);

/* Our id on the server, so that a KILL can spare it; 0 if not connected. */
uint64_t db_thread_id(const struct db *db);

/* The server's process, as the kernel tells it for a connection over a unix socket;
 * -1 for others. */
pid_t db_peer_pid(const struct db *db);

/* Appends 'text' as an SQL string literal, safe on every connection of this unit (which
 * switches sql_mode off). ERR_INVALID if it is not UTF-8; then nothing is appended. */
int db_quote(struct buf *buf, const char *text);

#endif
