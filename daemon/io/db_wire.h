/* db_wire: libmariadb's non-blocking calls, made into one.
 *
 * Every *_start and *_cont pair of the library is hidden here. A caller begins
 * (db_wire_connect, db_wire_query), waits for the events that the call returned
 * and resumes, until a call returns 0: then `err.code` tells how it ended.
 *
 *     wait = db_wire_query(wire, "SELECT 1");
 *     while (wait != 0) { ... until one of `wait` is ready on db_wire_fd() ...
 *                         wait = db_wire_resume(wire, ready); }
 *
 * Deadlines are the caller's: a wire that is given up is aborted, which never
 * blocks. The library knows one call that does block, the TLS handshake: see
 * tls_connect. No loop and no thread is known here; a wire may be moved in memory
 * and to another thread between two calls.
 *
 * Source: MariaDB Connector/C, mysql.h; what the manual leaves open was measured. */
#ifndef DAEMON_IO_DB_WIRE_H
#define DAEMON_IO_DB_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "daemon/io/db_config.h"
#include "daemon/io/db_result.h"

struct st_mysql;
struct st_mysql_res;
struct db_wire_call;

enum db_wire_event { DB_WIRE_READ = 1, DB_WIRE_WRITE = 2 };

struct db_wire {
    struct st_mysql *mysql;          /* NULL: no connection */
    const struct db_wire_call *call; /* NULL: none is under way */
    struct db_login *login;
    int wait; /* what the last call returned */
    bool tls;
    bool broken;        /* it can only be aborted */
    unsigned sql_errno; /* MariaDB's number of what `err` tells, or 0 */
    struct err err;     /* how the last call ended */

    int connecting_fd;
    const char *text; /* the arguments and results of the call under way */
    struct db_result *result;
    struct st_mysql *connected;
    int failed;
    struct st_mysql_res *rows;
    char **row;
};

/* Begins to connect; copies what it needs of `config`. Returns the events to wait
 * for, or 0 when it has ended already. */
int db_wire_connect(struct db_wire *wire, const struct db_config *config);

/* Begins a statement; `text` and `result` stay the caller's until it has ended. A
 * server's refusal (ERR_SQL and the like) leaves the wire usable, every other error
 * leaves it `broken`. */
int db_wire_query(struct db_wire *wire, const char *text, struct db_result *result);

/* Goes on after `ready` happened; returns as the two above. */
int db_wire_resume(struct db_wire *wire, int ready);

/* The socket, or -1. */
int db_wire_fd(const struct db_wire *wire);

/* Whether a read would find something now, looked at anew. */
bool db_wire_readable(const struct db_wire *wire);

/* On an idle wire that became readable: true, and ERR_UNREACHABLE, if the server has
 * ended it. An idle server has nothing to say but farewell. */
bool db_wire_ended(struct db_wire *wire);

/* The process at the other end of a unix socket; -1 if not connected. */
pid_t db_wire_peer_pid(const struct db_wire *wire);

/* The connection's id on the server: the one that SHOW PROCESSLIST shows. */
uint64_t db_wire_thread_id(const struct db_wire *wire);

/* Around a handshake, which leaves its socket blocking: before, bounds each read and
 * write; after, makes it non-blocking again. */
void db_wire_bound(struct db_wire *wire, uint64_t timeout_ms);
void db_wire_unblock(struct db_wire *wire);

/* Ends the connection, with a farewell if it is idle, and frees everything. Never
 * blocks; harmless on a wire that is empty. */
void db_wire_abort(struct db_wire *wire);

#endif
