/* candidate: which server could be promoted, and why the others could not.
 *
 * The rule that nothing breaks: the most advanced server is never skipped.
 * Positions are what was *received* (a relay log is drained before promotion).
 * If the farthest replica may not be promoted and no allowed one holds as much,
 * nobody is chosen; if two farthest ones are incomparable, nobody is chosen.
 * Among the equally far: higher priority, then acker, then name.
 *
 * A position counts only when it can't grow any more: in a running failover
 * those of its STOP_IO steps, before it those of replicas whose IO thread isn't
 * connected (of connected ones, looked at in different moments, a comparison
 * says nothing). A switchover compares none: its candidate receives everything
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

/*      name, json, why not */
#define CANDIDATE_REFUSAL_MAP(X)                                                                   \
    X(NONE, "none", "it can be promoted")                                                          \
    X(PRIMARY, "primary", "it is the primary")                                                     \
    X(NEVER_PROMOTE, "never-promote", "it is set to never_promote")                                \
    X(UNGUARDED, "unguarded", "it has no guard that could open it under a lease")                  \
    X(GUARD_SILENT, "guard-silent", "its guard doesn't report")                                    \
    X(DOWN, "down", "it doesn't answer")                                                           \
    X(NO_EVIDENCE, "no-evidence", "what it received isn't known, its IO thread wasn't stopped")    \
    X(NOT_REPLICATING, "not-replicating", "it doesn't replicate from the primary")                 \
    X(SQL_STOPPED, "sql-stopped", "its SQL thread doesn't run, its relay log can't be applied")    \
    X(IO_STOPPED, "io-stopped", "it isn't connected to the primary now")                           \
    X(DIVERGED, "diverged", "it has transactions that the primary doesn't have")                   \
    X(VERSION_OLDER, "version-older", "it runs an older version than the primary")                 \
    X(LAG, "lag", "it is too far behind")                                                          \
    X(BEHIND, "behind", "it has received less than another server")                                \
    X(INCOMPARABLE, "incomparable", "it lacks what another server has, and the other way round")   \
    X(NOT_WANTED, "not-wanted", "another server was asked for")

enum candidate_refusal {
#define X(name, json, why) CANDIDATE_##name,
    CANDIDATE_REFUSAL_MAP(X)
#undef X
};

struct candidate {
    const struct ledger_server *server;
    enum candidate_refusal refusal; /* NONE: could be promoted */
    char why_not[LIMIT_TEXT_SIZE];  /* "it is ..."; "" when it could */
    bool has_position;              /* one that counts */
    struct gtid_position position;  /* received */
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
