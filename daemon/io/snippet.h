/* snippet: the few lines of configuration that decide how a server boots.
 *
 * mariadbd reads the file at every start (!include, or conf.d). It says: read-only,
 * replication stopped, both sides of semi-sync off, no events, and the role for
 * crash recovery. A server that comes up by itself is so always harmless; whoever
 * makes it more than that does so with SQL, later.
 *
 * init_rpl_role=SLAVE makes recovery cut prepared transactions from the binary log: on
 * the wrong server it cuts acknowledged ones (safety.md section 5). MASTER never cuts.
 * It can't be asked from the server: the file is the only place to look.
 *
 * It also says, as a comment, whether a guard has ever made this server writable under a lease:
 * the one thing about the server's past that outlives the agent's data directory. What it says
 * once stays.
 *
 * A write is durable when it returns: temporary file, fsync, rename, fsync of the
 * directory. A file that holds the same bytes already is left alone. */
#ifndef DAEMON_IO_SNIPPET_H
#define DAEMON_IO_SNIPPET_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "base/limits.h"

/*      role            name */
#define SNIPPET_ROLE_MAP(X)                                                                        \
    X(SNIPPET_MASTER, "MASTER")                                                                    \
    X(SNIPPET_SLAVE, "SLAVE")

enum snippet_role {
#define X(role, name) role,
    SNIPPET_ROLE_MAP(X)
#undef X
};

/* Blocks for the disk. `leased`: say from now on that it was opened under a lease. ERR_IO with path
 * and reason; the old file is then still there. */
int snippet_write(const char *path, enum snippet_role role, bool leased, struct err *err);

/* Blocks. What the file says of the past; false without one, true if it can't be read. */
bool snippet_was_leased(const char *path);

const char *snippet_role_name(enum snippet_role role);

/* The same off the loop, on libuv's thread pool. Embedded; lives until `cb`. */
struct snippet_job {
    void *context; /* the caller's */
    /* private */
    uv_work_t work;
    char path[LIMIT_PATH_SIZE];
    enum snippet_role role;
    bool leased;
    struct err err;
    void (*cb)(struct snippet_job *job, const struct err *why);
};

/* `why` is NULL when it is durable. */
void snippet_write_start(struct snippet_job *job, uv_loop_t *loop, const char *path,
                         enum snippet_role role, bool leased,
                         void (*cb)(struct snippet_job *job, const struct err *why));

#endif
