/* hand: carries out one typed task on the local server, verifies it and reports.
 *
 * The only unit that sends a changing statement. It decides nothing: the guard says
 * what and when, and has checked epoch and term before.
 *
 *     hand_open() ── hand_warm()    connects ahead of time
 *          │
 *     hand_run(task, cb) ... cb(result)      one task at a time; a soft fence goes in between
 *          │
 *     hand_close(cb)
 *
 * Every task may be repeated: it reads before it writes, and a repeated one finds
 * that there is nothing to do. Every task ends within its deadline. A task that fails
 * leaves what it has done; a time-out may still land on the server, so an undo is a
 * task of its own that reads again.
 *
 * Two connections over the unix socket: one for the statements, and one that holds
 * FLUSH TABLES WITH READ LOCK while the soft fence stands. The lock ends with its
 * connection, and `on_lock_lost` says so at once.
 *
 * The tasks respect mariadb-facts.md section 0: relay logs are drained before replication
 * starts anew; a commit that waits for an acknowledgement is never answered falsely
 * (it is left alone: hand_fence.c); our own statements write no GTID.
 *
 * Source: safety.md sections 2 to 5. */
#ifndef DAEMON_IO_HAND_H
#define DAEMON_IO_HAND_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/limits.h"
#include "daemon/io/db.h"
#include "daemon/io/snippet.h"
#include "topology/observation.h"
#include "topology/order.h"

/*      task            name              action          what it does */
#define HAND_TASK_MAP(X)                                                                           \
    X(SOFT_FENCE, "soft-fence", NONE)         /* read_only=1, clients killed, read lock held */    \
    X(LIFT_FENCE, "lift-fence", NONE)         /* semi-sync, snippet, lock let go, read_only=0 */   \
    X(MAKE_READ_ONLY, "make-read-only", NONE) /* read_only=1; kills only what stands in its way */ \
    X(DEMOTE, "demote", DEMOTE)               /* the soft fence; position: final */                \
    X(STOP_IO, "stop-io", STOP_IO)            /* position: received */                             \
    X(DRAIN, "drain", DRAIN)       /* up to `position` and all that was received, then IO off */   \
    X(PROMOTE, "promote", PROMOTE) /* refuses if it lacks something received; position: base */    \
    X(FINISH, "finish", FINISH)    /* RESET SLAVE ALL on a writable server */                      \
    X(REPOINT, "repoint", REPOINT) /* drains, then replicates from the source */                   \
    X(ATTACH, "attach", ATTACH)    /* the same for a server that comes back, after comparing */

enum hand_kind {
    HAND_NONE,
#define X(task, name, action) HAND_##task,
    HAND_TASK_MAP(X)
#undef X
};

struct hand_config {
    uv_loop_t *loop;
    struct db_config local;    /* the unix socket */
    const char *server;        /* its name */
    const char *snippet;       /* path */
    const char *watch_user;    /* the agents' account that only watches: spared by kills; or NULL */
    const struct db *observer; /* the guard's own observing connection: spared; or NULL */
    const char *replication_user; /* the account is this, '_' and the server's name */
    const char *replication_password;
    bool tls;       /* of replication */
    const char *ca; /* or NULL */
    /* The read lock was held and its connection is gone. */
    void (*on_lock_lost)(void *context);
    void *context;
};

struct hand_task {
    enum hand_kind kind;
    uint32_t deadline_ms; /* from hand_run() on */
    uint32_t bound_ms;    /* fences: how long one statement may hold up everybody's writes */
    struct gtid_position position; /* DRAIN, PROMOTE: to be reached; empty: what was received */
    char source_address[LIMIT_ADDRESS_SIZE]; /* REPOINT, ATTACH */
    bool has_history;
    struct gtid_state history; /* ATTACH: required; REPOINT: allows to drop a relay log */
    uint32_t source_id;        /* server id of the source: what it wrote is never extra; or 0 */
    bool lossless;             /* semi-sync wanted */
    bool leased;               /* PROMOTE: under a lease, which the snippet tells from then on */
};

struct hand_result {
    enum order_outcome outcome;    /* ORDER_DONE or ORDER_FAILED */
    bool fenced;                   /* at the end: read_only=1 was read and the lock is held */
    bool unattempted;              /* failed before the first statement: not connected */
    struct gtid_position position; /* see HAND_TASK_MAP */
    uint32_t ms;
    char detail[LIMIT_TEXT_SIZE]; /* what was seen, or why it failed; never empty */
};

struct hand;
typedef void (*hand_cb)(void *context, const struct hand_task *task,
                        const struct hand_result *result);

/* Strings of `config` are borrowed until hand_close() is done. ERR_INVALID (the
 * configuration), ERR_NOMEM. */
int hand_open(struct hand **hand, const struct hand_config *config, struct err *err);

/* Ends a running task (its callback is called, failed), gives the lock up with its
 * connection, and frees the hand before `cb`. */
void hand_close(struct hand *hand, void (*cb)(void *context), void *context);

/* Connects what isn't connected. Call it whenever the server begins to answer: tasks
 * connect by themselves, but a fence or a promotion has better things to do. */
void hand_warm(struct hand *hand);

/* Begins a copy of `task`; `cb` is called once, never inside this call. ERR_BUSY: another
 * task runs, and the callback isn't called. A SOFT_FENCE ends any other task but DEMOTE
 * (which is one): that fails first, and statements of it that may still be on their way
 * are made harmless by the kill of its connection. */
int hand_run(struct hand *hand, const struct hand_task *task, hand_cb cb, void *context);

bool hand_busy(const struct hand *hand);

/* The lock of the soft fence is held. */
bool hand_fenced(const struct hand *hand);

/* Whether the connection is one of the hand's (to tell a stranger's in a process list). */
bool hand_owns(const struct hand *hand, uint64_t thread_id);

const char *hand_kind_name(enum hand_kind kind);

/* The task of an order; HAND_NONE for actions that aren't the hand's (REVOKE, START). The
 * write gap of the order is split over the statements of a fence. */
struct hand_task hand_task_of(const struct order *order);

#endif
