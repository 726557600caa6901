/* guard: the deciding core of the agent on a database server's own host.
 *
 * It alone makes its server writable, only by an order and only with a lease; it
 * takes writability away when the lease runs out, when it is told to, or when
 * the ledger names another. Event in, update out: no clock, no socket, no file.
 *
 *     view, orders, lease answers ─┐                ┌─> requests, results, reports
 *     process, observations ───────┼─> guard_step ──┼─> tasks for the hand, kill, start
 *     task done, floor durable ────┘                └─> persist the floor, wake at
 *
 * Words (safety.md sections 1 to 3):
 *   floor   the lowest epoch obeyed; raised in memory at once, and what promises
 *           something (FENCED, STOPPED, PROMOTE) waits until it is durable
 *   armed   the server may be writable: said early, taken back only by what can't
 *           be bypassed (the read lock, the end of the process, an attachment)
 *   opened  it was made writable by an order in this life of its process, or an
 *           agent that had just started found it so: a lease may keep it writable
 *   fence   the soft one: read_only, clients gone, the read lock held by our hand
 *
 * The caller carries out an update in the order of its fields, and tells the end
 * of each task exactly once (also of a cancelled one). Times are CLOCK_BOOTTIME ms.
 * One flat struct, no ownership; borrowed pointers live for the one call. */
#ifndef TOPOLOGY_GUARD_H
#define TOPOLOGY_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "topology/gtid.h"
#include "topology/lease.h"
#include "topology/observation.h"
#include "topology/order.h"

enum {
    GUARD_MEMORY = 4,           /* results kept for duplicates of finished orders */
    GUARD_RESULTS = 4,          /* at most, of one step */
    GUARD_REPORT_MS = 500,      /* at least that often */
    GUARD_RETRY_MS = 20,        /* between two tries of a fence or its lifting */
    GUARD_START_MS_MIN = 1000,  /* back-off of starts that fail: doubled ... */
    GUARD_START_MS_MAX = 30000, /* ... up to here */
};

/* What the guard needs of the ledger. */
struct guard_view {
    bool known; /* the ledger says something about this server */
    bool automation_on;
    uint64_t epoch;
    uint64_t opened_epoch;
    bool primary;  /* `epoch` names this server */
    bool revoking; /* an operation takes it away */
    bool ex_primary;
    uint32_t lease_ms;
    uint32_t heartbeat_ms;
};

enum guard_process {
    GUARD_PROCESS_UNKNOWN, /* not looked at yet */
    GUARD_PROCESS_UP,
    GUARD_PROCESS_DYING, /* there, but it can't run another instruction */
    GUARD_PROCESS_GONE,
};

enum guard_fence {
    GUARD_FENCE_NONE,
    GUARD_FENCE_PARTIAL, /* tried or let go: some of it may be in force */
    GUARD_FENCE_HELD,
};

enum guard_task {
    GUARD_TASK_NONE,
    GUARD_TASK_ORDER, /* guard->work.order */
    GUARD_TASK_SOFT_FENCE,
    GUARD_TASK_LIFT_FENCE,     /* let go of the lock, read_only=0 */
    GUARD_TASK_MAKE_READ_ONLY, /* read_only=1, clients killed, no lock kept */
};

/* What mariadbd is to start as (init_rpl_role), for the gate. */
enum guard_role {
    GUARD_ROLE_WAIT, /* not now: where the primary goes isn't settled */
    GUARD_ROLE_MASTER,
    GUARD_ROLE_SLAVE,
};

enum guard_event_kind {
    GUARD_TICK,
    GUARD_VIEW,
    GUARD_LEASE_ANSWER,
    GUARD_ORDER,
    GUARD_PROCESS,
    GUARD_OBSERVED,
    GUARD_SILENT, /* the process is there, the local probe gets no answer */
    GUARD_FLOOR_DURABLE,
    GUARD_TASK_DONE,
    GUARD_FENCE_LOST, /* the connection that held the lock is gone, unasked */
    GUARD_START_DONE, /* the start command ended */
};

struct guard_event {
    enum guard_event_kind kind;
    uint64_t now_ms;
    union {
        struct guard_view view;
        const struct order_lease_answer *answer;
        const struct order *order;
        struct {
            enum guard_process state;
            uint32_t pid;
            bool presumed; /* GONE: the server doesn't answer, and nobody has seen it end */
        } process;
        struct {
            const struct observation *observation;
            uint64_t asked_ms; /* when the question was sent */
        } observed;
        uint64_t floor;
        struct {
            uint32_t number; /* update.task_number */
            bool done;
            bool locked; /* the hand holds the read lock now */
            const char *detail;
            struct gtid_position position;
        } task;
        struct {
            bool done;
            const char *detail;
        } start;
    };
};

struct guard_update {
    bool kill_server;     /* SIGKILL through the pidfd */
    bool persist_floor;   /* guard->floor */
    enum guard_task task; /* to begin */
    uint32_t task_number;
    uint32_t task_limit_ms;
    bool cancel_task; /* the one in work, even if it began in this update; its end is told */
    bool ask;         /* send `request` now */
    struct order_lease_request request;
    bool start_server;
    uint32_t result_count;
    struct order_result results[GUARD_RESULTS];
    bool report;      /* guard_report() */
    uint64_t wake_ms; /* GUARD_TICK is due */
};

enum guard_stage {
    GUARD_STAGE_NONE,
    GUARD_STAGE_WAITING,  /* for the process, the hand, a lease, the floor */
    GUARD_STAGE_RUNNING,  /* the hand works on it */
    GUARD_STAGE_KILLING,  /* REVOKE: the fence was not had */
    GUARD_STAGE_FINISHED, /* the result waits for the floor */
};

/* Orders are older or newer than others by this, the first member first. */
struct guard_place {
    uint64_t term;
    uint64_t epoch;
    uint64_t operation;
    uint32_t step;
};

struct guard_work {
    enum guard_stage stage;
    struct order order;
    uint64_t arrived_ms;
    uint64_t kill_ms; /* REVOKE: when the soft fence has had its time */
    struct order_result result;
};

struct guard_shown {
    enum order_testimony testimony;
    uint32_t pid;
    bool writable;
    enum guard_fence fence;
    uint64_t floor;
    uint64_t lease_epoch;
};

struct guard {
    char server[LIMIT_NAME_SIZE];
    bool restart; /* start a dead server that is no primary */
    struct guard_view view;
    uint64_t observing_ms; /* since when the view says observe; 0: it doesn't */
    uint64_t grace_ms;     /* automation was just switched on: writable until then */

    bool floor_lost; /* see guard_lose_floor() */
    uint64_t floor;
    uint64_t floor_writing;
    uint64_t floor_durable;
    struct lease lease;
    uint64_t candidate_epoch; /* of the order to drain or promote; 0: none */

    enum guard_process process;
    uint32_t pid;
    bool presumed;       /* it may be started, but proves nothing */
    uint64_t process_ms; /* since when */
    bool looked;         /* the process was looked at before */
    bool adopted;        /* it was there when this agent started */
    bool inherited;      /* ..., and was neither opened nor attached since: an earlier life of this
                            agent may have said FENCED, whose lock went with it */
    bool silent;
    bool observed; /* this life of the process was */
    uint64_t observed_ms;
    struct observation observation;
    char extra[LIMIT_TEXT_SIZE];
    uint32_t saved_transactions;

    bool writable; /* best knowledge, for reports */
    bool armed;
    bool opened;
    bool relied_on; /* an order's proof was built on the fence */
    enum guard_fence fence;
    uint64_t changed_ms; /* end of the last task: older observations don't count */
    uint64_t alarm_ms;   /* since when a fence is due; 0: it isn't */
    uint64_t retry_ms;   /* no internal task before that */
    uint64_t killed_ms;  /* 0: no SIGKILL since the process came up */

    enum guard_task task;              /* in the hand */
    enum operation_action task_action; /* with GUARD_TASK_ORDER */
    uint32_t task_number;
    uint64_t task_process_ms; /* process_ms of the process that it was begun on */
    bool task_cancelled;

    struct guard_work work;
    struct order next; /* of the same operation: waits for the end of `work` */
    uint64_t next_ms;
    bool has_next;
    struct guard_place seen; /* the newest order that was accepted */
    uint32_t memory_count;
    struct order_result memory[GUARD_MEMORY];

    bool starting;
    uint64_t start_ms; /* no start before that */
    uint32_t start_backoff_ms;
    char start_detail[LIMIT_TEXT_SIZE]; /* why the last one failed */

    struct guard_shown shown;
    bool observation_new;
    uint64_t reported_ms;
};

/* `start_id` differs at every start of the agent; `floor` is what was read from
 * disk, 0 if there was none. */
void guard_init(struct guard *guard, const char *server, uint64_t start_id, uint64_t floor,
                bool restart);

/* After guard_init(): the store was lost, and with it the floor. Until a view brings the
 * cluster's epoch, which becomes the floor, the guard hears no order and asks for no lease;
 * a server that it finds writable is fenced, as one whose deadline isn't known. */
void guard_lose_floor(struct guard *guard);

void guard_step(struct guard *guard, const struct guard_event *event, struct guard_update *update);

void guard_report(const struct guard *guard, uint64_t now_ms, struct order_report *report);
enum order_testimony guard_testimony(const struct guard *guard);

/* The server takes writes and may: under its lease; while automation is off, simply
 * writable. What /primary asks. */
bool guard_serves_writes(const struct guard *guard, uint64_t now_ms);

/* Whether mariadbd may start now, and as what. A view below the floor is one that lags: it
 * says neither that this server is a former primary nor that it is none. */
enum guard_role guard_role(const struct guard *guard);

#endif
