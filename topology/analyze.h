/* analyze: from a scene to findings that a person can act on.
 *
 * Facts (facts.h) are computed once, rows (rules.h) are matched against them,
 * and each match becomes a finding: a code of problem.h with sentences for the
 * operator who was woken up. Pure: no clock, no memory of the last time. Who
 * wants to know since when a finding holds, and `since_ms` is 0, remembers it. */
#ifndef TOPOLOGY_ANALYZE_H
#define TOPOLOGY_ANALYZE_H

#include <stdint.h>

#include "topology/problem.h"
#include "topology/scene.h"

/*      name      json */
#define ANALYSIS_STATE_MAP(X)                                                                      \
    X(HEALTHY, "healthy")                                                                          \
    X(DEGRADED, "degraded") /* a problem, but the primary takes writes */                          \
    X(FAILING_OVER, "failing_over")                                                                \
    X(SWITCHING_OVER, "switching_over")                                                            \
    X(NO_PRIMARY, "no_primary") /* nobody takes writes */

enum analysis_state {
#define X(name, json) ANALYSIS_##name,
    ANALYSIS_STATE_MAP(X)
#undef X
};

/* What the leader may conclude about the primary. */
#define ANALYSIS_PRIMARY_MAP(X)                                                                    \
    X(UNKNOWN, "unknown") /* not looked at yet, or not long enough */                              \
    X(UP, "up")                                                                                    \
    X(DEAD, "dead")                                                                                \
    X(HUNG, "hung")                                                                                \
    X(HOST_LOST, "host-lost")                                                                      \
    X(UNREACHABLE, "unreachable") /* but replicating: nothing is done */

enum analysis_primary {
#define X(name, json) ANALYSIS_PRIMARY_##name,
    ANALYSIS_PRIMARY_MAP(X)
#undef X
};

struct finding {
    enum problem code;
    enum problem_severity severity;
    const char *rule;             /* name of the row that fired */
    char server[LIMIT_NAME_SIZE]; /* "" when it is about the whole cluster */
    uint64_t since_ms;            /* on the scene's clock; 0: not known */
    char sentence[LIMIT_TEXT_SIZE];
    char suggestion[LIMIT_TEXT_SIZE]; /* a command, or "" */
    char would[LIMIT_TEXT_SIZE];      /* what automation would do, in observe; or "" */
};

struct analysis {
    char cluster[LIMIT_NAME_SIZE];
    enum analysis_state state;
    enum analysis_primary primary;
    uint64_t facts; /* of the cluster: bits of facts.h */
    uint32_t finding_count;
    struct finding findings[LIMIT_FINDINGS]; /* the cluster's, then each server's */
};

/* Findings past LIMIT_FINDINGS are left out. */
void analyze(struct analysis *analysis, const struct scene *scene);

/* The first finding of that code, about `server` unless NULL; NULL if none. */
const struct finding *analysis_find(const struct analysis *analysis, enum problem code,
                                    const char *server);

const char *analysis_state_name(enum analysis_state state);
const char *analysis_primary_name(enum analysis_primary primary);

#endif
