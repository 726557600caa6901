/* candidate: which server could be promoted, and why the others could not.
 *
 * The rule that nothing breaks: **the most advanced server is never skipped**.
 * Positions are what was *received* (a relay log is drained before promotion).
 * If the farthest replica may not be promoted and no allowed one holds as much,
 * nobody is chosen; if two farthest ones are incomparable, nobody is chosen.
 * Among the equally far: higher priority, then acker, then name.
 *
 * A switchover doesn't compare positions: its candidate receives everything
 * before it is promoted. */
#ifndef TOPOLOGY_CANDIDATE_H
#define TOPOLOGY_CANDIDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "topology/scene.h"

enum candidate_purpose {
    CANDIDATE_IF_IT_DIED, /* a failover to come: positions as the model has them */
    CANDIDATE_FAILOVER,   /* the running one: only positions of STOP_IO steps that are done */
    CANDIDATE_SWITCHOVER,
};

struct candidate_question {
    enum candidate_purpose purpose;
    uint64_t max_lag_ms; /* SWITCHOVER */
    const char *wanted;  /* a server that a person named; "" or NULL: the best */
};

/*      name, why not ({server} is told by the caller) */
#define CANDIDATE_REFUSAL_MAP(X)                                                                   \
    X(NONE, "can be promoted")                                                                     \
    X(PRIMARY, "is the primary")                                                                   \
    X(NEVER_PROMOTE, "is set to never_promote")                                                    \
    X(UNGUARDED, "has no guard, so nothing could make it writable under a lease")                  \
    X(GUARD_SILENT, "its guard doesn't report")                                                    \
    X(DOWN, "doesn't answer")                                                                      \
    X(NOT_REPLICATING, "doesn't replicate from the primary")                                       \
    X(IO_STOPPED, "doesn't receive from the primary now")                                          \
    X(SQL_STOPPED, "its SQL thread doesn't run, so its relay log can't be applied")                \
    X(DIVERGED, "has transactions that the primary doesn't have")                                  \
    X(VERSION_OLDER, "runs an older version than the primary")                                     \
    X(LAG, "is too far behind")                                                                    \
    X(NO_EVIDENCE, "its received position isn't known")                                            \
    X(BEHIND, "has received less than another server")                                             \
    X(INCOMPARABLE, "holds transactions that another server lacks, and the other way round")       \
    X(NOT_WANTED, "is not the server that was asked for")

enum candidate_refusal {
#define X(name, why) CANDIDATE_##name,
    CANDIDATE_REFUSAL_MAP(X)
#undef X
};

struct candidate {
    const struct ledger_server *server;
    enum candidate_refusal refusal; /* NONE: could be promoted */
    char why_not[LIMIT_TEXT_SIZE];  /* a sentence; "" when it could */
    bool has_position;
    struct gtid_position position; /* received */
};

struct candidates {
    uint32_t count; /* every server of the cluster, in its order */
    struct candidate entries[LIMIT_SERVERS];
    const struct candidate *best; /* NULL: nobody */
    bool incomparable;            /* the reason for nobody */
};

void candidate_rank(struct candidates *candidates, const struct scene *scene,
                    const struct candidate_question *question);

const struct candidate *candidate_find(const struct candidates *candidates, const char *server);

/* "never-promote": for machines. */
const char *candidate_refusal_name(enum candidate_refusal refusal);

#endif
