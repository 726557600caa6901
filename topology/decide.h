/* decide: act, wait or refuse, each with its reasons. Pure; all input is const.
 *
 * decide_automatic() is asked by the leader whenever the picture or the ledger
 * changed; decide_switchover() and decide_failover() when a person asks (the
 * same for --dry-run); decide_choose() when an operation has come to where its
 * candidate must be named. What they answer with ACT is a complete operation
 * that plan_validate() accepts, ready to be declared; nothing is sent before that
 * entry is committed. */
#ifndef TOPOLOGY_DECIDE_H
#define TOPOLOGY_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "topology/analyze.h"
#include "topology/candidate.h"
#include "topology/scene.h"

enum decision_verdict {
    DECISION_WAIT,
    DECISION_ACT,
    DECISION_REFUSE,
};

enum { DECISION_REASONS = LIMIT_SERVERS + 4 };

struct decision {
    enum decision_verdict verdict;
    int code;              /* of a refusal: ERR_NOTFOUND, ERR_BUSY, ERR_REFUSED */
    uint32_t reason_count; /* of WAIT and REFUSE */
    char reasons[DECISION_REASONS][LIMIT_TEXT_SIZE];
    char remedy[LIMIT_TEXT_SIZE]; /* what would make it possible; "" when nothing */
    uint64_t supersedes;          /* the running operation that this one ends first; 0: none */
    struct operation operation;   /* of ACT: id 0, in its first state, with its steps */
};

struct decide_request {
    const char *by;           /* who asks */
    const char *to;           /* a server, or "" */
    uint64_t max_lag_ms;      /* switchover; 0: the cluster's max_lag_s */
    bool old_primary_is_dead; /* failover: proof `operator` */
    bool allow_data_loss;     /* failover: recorded with the cause */
};

struct decide_choice {
    enum decision_verdict verdict; /* WAIT, ACT (chosen), REFUSE (nobody: abort) */
    char to[LIMIT_NAME_SIZE];
    struct operation_data_loss data_loss;
    uint32_t step_count; /* the rest of the plan */
    struct operation_step steps[LIMIT_STEPS];
    uint32_t reason_count; /* of WAIT and REFUSE */
    char reasons[DECISION_REASONS][LIMIT_TEXT_SIZE];
};

/* Nothing while settings.automation isn't ON or another operation runs, unless that one gives
 * way (operation_gives_way). `analysis` is of the same scene. */
void decide_automatic(struct decision *decision, const struct scene *scene,
                      const struct analysis *analysis);

void decide_switchover(struct decision *decision, const struct scene *scene,
                       const struct analysis *analysis, const struct decide_request *request);
void decide_failover(struct decision *decision, const struct scene *scene,
                     const struct analysis *analysis, const struct decide_request *request);

/* For scene->cluster->operation: a failover in REVOKED, a switchover in DEMOTED;
 * WAIT in every other state. */
void decide_choose(struct decide_choice *choice, const struct scene *scene);

#endif
