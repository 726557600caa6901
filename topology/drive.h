/* drive: walks the committed operation of one cluster, step by step.
 *
 * The leader owns one per cluster. It reads the ledger and the model and says what
 * to do: orders to send, commands to propose. It keeps only what is lost without
 * harm: which steps were sent and when. So a new leader begins with an empty one
 * and resumes from the ledger; guards answer a repeated order from memory or do it
 * again (steps are idempotent).
 *
 *     drive_begin()      a term as leader begins, or an operation is new
 *     drive_walk()       whenever the ledger, the model or time moved
 *     drive_result()     a guard answered an order
 *
 * The law that no step is sent before a majority has confirmed the leader holds
 * because a step becomes due only by a committed and applied entry, and because
 * drive_walk() is called only by a leader that is ready (raft_ready).
 *
 * Happy path: order sent -> result -> command proposed -> applied, the ledger
 * moves on -> next orders. Failure paths: no answer until the deadline: the step
 * is proposed as failed (an order that may be repeated is sent again every
 * DRIVE_RESEND_MS meanwhile); a required step failed: the operation is aborted;
 * REVOKE never fails, it waits for the lease to expire. A failover's DRAIN is tried again
 * and again, since acknowledged work must not be left unapplied; it fails when its server
 * is gone, or when on_drain_timeout says so, or when it only meets errors. */
#ifndef TOPOLOGY_DRIVE_H
#define TOPOLOGY_DRIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "topology/command.h"
#include "topology/ledger.h"
#include "topology/model.h"
#include "topology/order.h"

enum {
    DRIVE_RESEND_MS = 500,
    DRIVE_LOOK_MS = 50,     /* between two looks whether the source was seen */
    DRIVE_VOUCH_MS = 2000,  /* a reachable guard's time before a person's word counts */
    DRIVE_CONNECT_MS = 700, /* how long a guard may be missing before a step fails for it; more than
                             * the time between two reports, or a new leader misses one */
};

struct drive_step {
    uint64_t first_sent_ms; /* 0: not yet */
    uint64_t last_sent_ms;
    uint64_t start_id;   /* of the agent that it was sent to */
    uint64_t missing_ms; /* since when its guard can't be reached; 0: it can */
    bool proposed;       /* its end is on the way through the log */
};

struct drive {
    uint64_t operation; /* the id that the rest is about; 0: none */
    uint64_t begun_ms;
    bool choose_proposed;
    bool abort_proposed;
    struct drive_step steps[LIMIT_STEPS];
};

struct drive_input {
    const struct ledger_cluster *cluster;
    const struct model *model;
    uint64_t term;
    uint64_t now_ms;
    uint64_t lease_expired_at_ms; /* of operation.from (grant_expired_at_ms) */
};

enum drive_kind {
    DRIVE_ORDER,
    DRIVE_STEP_RESULT,
    DRIVE_CHOOSE, /* the service calls decide_choose() and proposes its answer */
    DRIVE_ABORT,
};

struct drive_action {
    enum drive_kind kind;
    union {
        struct order order;
        struct command_step_result
            result; /* `detail` and `proof_by` point into this struct's texts */
    };
    char detail[LIMIT_TEXT_SIZE];
    char proof_by[LIMIT_NAME_SIZE];
};

struct drive_update {
    uint64_t wake_ms; /* call drive_walk() again by then; 0: nothing is waited for */
    uint32_t action_count;
    struct drive_action actions[LIMIT_STEPS + 1];
};

void drive_begin(struct drive *drive, uint64_t now_ms);

/* What is to be done now. The update is several hundred KiB: keep one. */
void drive_walk(struct drive *drive, const struct drive_input *input, struct drive_update *update);

/* A guard's answer; false (nothing to do) if it isn't of this operation, term or
 * step, or came before. Otherwise the update holds what follows. */
bool drive_result(struct drive *drive, const struct drive_input *input,
                  const struct order_result *result, struct drive_update *update);

/* A proposal of this operation came back refused or lost: it may be made again. */
void drive_proposal_failed(struct drive *drive, uint64_t operation);

#endif
