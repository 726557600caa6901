/* operation: a change of who is primary, or of who follows whom, as the ledger
 * holds it: its state, its steps, its proofs.
 *
 *     failover    revoking -> revoked -> chosen -> drained -> promoted -> done
 *     switchover  demoting -> demoted ----------> drained -> promoted -> done
 *     open        drained -> promoted -> done          (the named primary, after a start)
 *     rejoin      repointing -> done                   (one replica)
 *     any, until chosen: -> aborted   (a new epoch, the old primary)
 *
 * Each state has steps (operation_step.phase is the state in which it is sent).
 * When every required step of a state is done the ledger itself moves on
 * (operation_advance() in ledger_apply); where a decision is needed (revoked,
 * demoted: who is the candidate?) it waits for the leader's command `choose`.
 * Which step belongs where is said once, in OPERATION_STEP_MAP.
 *
 * Plain data, no ownership. Names and JSON spelling: reference.md section C. */
#ifndef TOPOLOGY_OPERATION_H
#define TOPOLOGY_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "topology/gtid.h"

#define OPERATION_KIND_MAP(X)                                                                      \
    X(NONE, "none")                                                                                \
    X(FAILOVER, "failover")                                                                        \
    X(SWITCHOVER, "switchover")                                                                    \
    X(OPEN, "open")                                                                                \
    X(REJOIN, "rejoin")

#define OPERATION_STATE_MAP(X)                                                                     \
    X(NONE, "none")                                                                                \
    X(REVOKING, "revoking")                                                                        \
    X(REVOKED, "revoked")                                                                          \
    X(DEMOTING, "demoting")                                                                        \
    X(DEMOTED, "demoted")                                                                          \
    X(CHOSEN, "chosen")                                                                            \
    X(DRAINED, "drained")                                                                          \
    X(PROMOTED, "promoted")                                                                        \
    X(REPOINTING, "repointing")                                                                    \
    X(DONE, "done")                                                                                \
    X(ABORTED, "aborted")

#define OPERATION_OUTCOME_MAP(X)                                                                   \
    X(NONE, "none")                                                                                \
    X(SUCCEEDED, "succeeded")                                                                      \
    X(FAILED, "failed")                                                                            \
    X(UNDONE, "undone")                                                                            \
    X(CANCELLED, "cancelled")

#define OPERATION_PROOF_MAP(X)                                                                     \
    X(NONE, "none")                                                                                \
    X(STOPPED, "stopped")                                                                          \
    X(FENCED, "fenced")                                                                            \
    X(LEASE_EXPIRED, "lease-expired")                                                              \
    X(OPERATOR, "operator")

#define OPERATION_VERDICT_MAP(X)                                                                   \
    X(NONE, "none")                                                                                \
    X(BOUNDED, "bounded")                                                                          \
    X(UNKNOWN, "unknown")

#define OPERATION_STEP_STATE_MAP(X)                                                                \
    X(PENDING, "pending")                                                                          \
    X(RUNNING, "running")                                                                          \
    X(DONE, "done")                                                                                \
    X(FAILED, "failed")                                                                            \
    X(UNDONE, "undone")

/*      action   json        what the guard does                                  deadline_ms */
#define OPERATION_STEP_MAP(X)                                                                      \
    X(NONE, "none", "nothing", 0)                                                                  \
    X(REVOKE, "revoke", "testify that the server is stopped, or fence it", 15000)                  \
    X(DEMOTE, "demote", "fence the server and read its final position", 5000)                      \
    X(STOP_IO, "stop-io", "stop the IO thread, read the received position", 2000)                  \
    X(DRAIN, "drain", "apply all that was received, up to the position if one is given", 60000)    \
    X(PROMOTE, "promote", "stop the replica threads, semi-sync, snippet, read_only=0", 15000)      \
    X(FINISH, "finish", "forget the former source (RESET SLAVE ALL)", 15000)                       \
    X(REPOINT, "repoint", "drain, then replicate from the source", 30000)                          \
    X(ATTACH, "attach", "compare histories, then replicate from the source", 30000)                \
    X(START, "start", "start the server, read-only", 60000)                                        \
    X(CATCH_UP, "catch-up", "replicate from the server that has received more", 30000)

enum operation_kind {
#define X(name, json) OPERATION_KIND_##name,
    OPERATION_KIND_MAP(X)
#undef X
};
enum operation_state {
#define X(name, json) OPERATION_##name,
    OPERATION_STATE_MAP(X)
#undef X
};
enum operation_outcome {
#define X(name, json) OPERATION_OUTCOME_##name,
    OPERATION_OUTCOME_MAP(X)
#undef X
};
enum operation_proof {
#define X(name, json) OPERATION_PROOF_##name,
    OPERATION_PROOF_MAP(X)
#undef X
};
enum operation_verdict {
#define X(name, json) OPERATION_VERDICT_##name,
    OPERATION_VERDICT_MAP(X)
#undef X
};
enum operation_step_state {
#define X(name, json) OPERATION_STEP_##name,
    OPERATION_STEP_STATE_MAP(X)
#undef X
};
enum operation_action {
#define X(name, json, does, deadline_ms) OPERATION_ACTION_##name,
    OPERATION_STEP_MAP(X)
#undef X
};

struct operation_step {
    enum operation_action action;
    char target[LIMIT_NAME_SIZE]; /* the server */
    char source[LIMIT_NAME_SIZE]; /* CATCH_UP: from whom; "" otherwise */
    enum operation_state phase;   /* sent while the operation is in this state or a later one */
    bool required;                /* the state is not left before it is done */
    uint32_t deadline_ms;         /* counted from the sending */
    enum operation_step_state state;
    uint32_t ms;                   /* how long it took */
    char detail[LIMIT_TEXT_SIZE];  /* what was seen, or why it failed */
    struct gtid_position position; /* REVOKE, DEMOTE: final; STOP_IO: received; PROMOTE: base */
};

struct operation_one_writer {
    enum operation_proof proof;
    char by[LIMIT_NAME_SIZE]; /* agent or person */
    uint64_t at_ms;           /* wall clock, for people */
    uint64_t epoch;
    uint64_t waited_ms;
    bool except_deadman;
};

struct operation_data_loss {
    enum operation_verdict verdict;
    char how[LIMIT_NAME_SIZE]; /* "" is null */
    uint64_t transactions;     /* with BOUNDED */
    struct gtid_position after;
};

struct operation {
    uint64_t id;
    enum operation_kind kind;
    enum operation_state state;
    enum operation_outcome outcome;
    char cluster[LIMIT_NAME_SIZE];
    char from[LIMIT_NAME_SIZE];    /* the primary before; "" if none */
    char to[LIMIT_NAME_SIZE];      /* candidate, or the replica of a rejoin; "" until chosen */
    char wanted[LIMIT_NAME_SIZE];  /* the candidate that the operator named; "" if none */
    char cause[LIMIT_TEXT_SIZE];   /* finding or "asked for by NAME" */
    char failure[LIMIT_TEXT_SIZE]; /* why it failed or was undone */
    uint64_t epoch;                /* that it leads to */
    uint64_t started_ms;           /* wall clock */
    uint64_t finished_ms;
    struct operation_one_writer one_writer;
    struct operation_data_loss data_loss;
    uint32_t step_count;
    struct operation_step steps[LIMIT_STEPS];
};

const char *operation_kind_name(enum operation_kind kind);
const char *operation_state_name(enum operation_state state);
const char *operation_outcome_name(enum operation_outcome outcome);
const char *operation_proof_name(enum operation_proof proof);
const char *operation_verdict_name(enum operation_verdict verdict);
const char *operation_step_state_name(enum operation_step_state state);
const char *operation_action_name(enum operation_action action);
const char *operation_action_does(enum operation_action action);
uint32_t operation_action_deadline_ms(enum operation_action action);

/* Appends a step with the deadline of its action; ERR_LIMIT past LIMIT_STEPS. */
int operation_step_add(struct operation *operation, enum operation_action action,
                       const char *target, enum operation_state phase, bool required);

/* The first step of that action; NULL if there is none. */
const struct operation_step *operation_step_of(const struct operation *operation,
                                               enum operation_action action);

/* DONE, FAILED or UNDONE. */
bool operation_step_ended(const struct operation_step *step);

/* Whether the step may be sent now: not ended, and the state has reached its phase. */
bool operation_step_due(const struct operation *operation, const struct operation_step *step);

/* The state that follows when every required step of the present one is done;
 * the present one when it must go on waiting (for steps, or for `choose`).
 * One step of the way; the caller repeats until it stands still. */
enum operation_state operation_next(const struct operation *operation);

/* DONE or ABORTED: the state has no exit. */
bool operation_ended(const struct operation *operation);

/* Before `chosen`: an abort is still possible. */
bool operation_can_abort(const struct operation *operation);

/* Whether `next` may end `running` and begin at once: repairs give way to what moves the
 * primary; so does an operation whose new primary is open already (only its tail is left), and
 * a failover that waits for a proof, to one for which a person vouches (the same epoch:
 * nothing was given yet). An attachment and such a tail give way to the start of a dead primary,
 * too: without it they could only wait for their deadline. */
bool operation_gives_way(const struct operation *running, const struct operation *next);

/* Nobody may renew the old primary's lease in these states. */
bool operation_revokes(const struct operation *operation);

#endif
