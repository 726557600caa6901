/* problem: every code that can be reported, its severity, and what it means.
 *
 * Codes are stable once released (reference.md section C). This table has all
 * of them; rules.h yields those that follow from a cluster's picture, the API
 * adds those of the agents themselves. */
#ifndef TOPOLOGY_PROBLEM_H
#define TOPOLOGY_PROBLEM_H

#include <stdbool.h>

enum problem_severity {
    PROBLEM_INFO,
    PROBLEM_WARNING,
    PROBLEM_CRITICAL,
};

/*      code, default severity, meaning */
#define PROBLEM_MAP(X)                                                                             \
    X(PRIMARY_DEAD, CRITICAL, "the primary's process is gone, as its guard testifies")             \
    X(PRIMARY_HOST_LOST, CRITICAL,                                                                 \
      "neither the primary nor its guard answers, and no replica receives from it")                \
    X(PRIMARY_HUNG, CRITICAL, "the primary's process is there and answers nobody")                 \
    X(PRIMARY_UNREACHABLE_BUT_REPLICATING, WARNING,                                                \
      "the leader can't reach the primary, but its guard or its replicas can")                     \
    X(PRIMARY_OVERLOADED, WARNING, "the primary answers too slowly")                               \
    X(PRIMARY_STOPPED_ORDERLY, CRITICAL, "the primary was stopped by a person")                    \
    X(PRIMARY_READ_ONLY, CRITICAL, "the primary is up and takes no writes")                        \
    X(PRIMARY_DISK_FULL, CRITICAL, "the primary has no room left on its disk")                     \
    X(PRIMARY_DISK_STALLED, CRITICAL, "the primary's disk doesn't answer")                         \
    X(CONNECTIONS_EXHAUSTED, WARNING, "a server takes no more connections")                        \
    X(SEMISYNC_BLOCKED, CRITICAL, "commits wait: no replica can acknowledge them")                 \
    X(DURABILITY_DEGRADED, WARNING, "commits are acknowledged without a replica")                  \
    X(SPLIT_BRAIN, CRITICAL, "two servers of one cluster take writes")                             \
    X(REPLICA_WRITABLE, CRITICAL, "a server that isn't primary takes writes")                      \
    X(REPLICA_STOPPED, WARNING, "a replica is down, or its replication doesn't run")               \
    X(REPLICA_LAGGING, WARNING, "a replica is behind by more than max_lag_s")                      \
    X(REPLICA_BROKEN, WARNING, "a replica's replication stopped with an error")                    \
    X(REPLICA_WRONG_SOURCE, WARNING, "a replica replicates from another server than the primary")  \
    X(REPLICA_MISCONFIGURED, WARNING, "a replica's settings don't fit the cluster's")              \
    X(REPLICA_DIVERGED, CRITICAL, "a server has transactions that the primary doesn't have")       \
    X(INTERMEDIATE_DEAD, WARNING, "a replica that others replicate from is dead")                  \
    X(GTID_INCOMPARABLE, CRITICAL, "each of two replicas has what the other lacks")                \
    X(NO_CANDIDATE, WARNING, "no server could be promoted")                                        \
    X(WAITING_FOR_PROOF, WARNING,                                                                  \
      "an operation waits for a proof that the old primary can't write")                           \
    X(UNGUARDED, WARNING, "a server has no guard")                                                 \
    X(GUARD_SILENT, WARNING, "a server's guard doesn't report")                                    \
    X(DEADMAN_MISSING, WARNING, "the deadman doesn't run")                                         \
    X(WROTE_WHILE_FENCED, CRITICAL, "a fenced server wrote")                                       \
    X(ACCESS_DENIED, WARNING, "a server refuses the account that watches it")                      \
    X(UNKNOWN_REPLICA, INFO, "a server that the cluster doesn't list replicates from it")          \
    X(BINLOG_NEEDED, WARNING, "a binary log that a replica needs is about to go")                  \
    X(FLAPPING, WARNING, "the automatic failovers of this hour are used up")                       \
    X(AGENT_DOWN, WARNING, "an agent can't be reached")                                            \
    X(NO_QUORUM, CRITICAL, "no majority of the agents can be reached")                             \
    X(STORAGE_SLOW, WARNING, "an agent's disk is slow")                                            \
    X(STORAGE_FULL, CRITICAL, "an agent's disk is full")                                           \
    X(STORAGE_FAILED, CRITICAL, "an agent can't use its store")                                    \
    X(CLOCK_SKEW, WARNING, "an agent's wall clock differs")                                        \
    X(VERSION_MIXED, INFO, "agents run different versions")

enum problem {
#define X(code, severity, meaning) PROBLEM_##code,
    PROBLEM_MAP(X)
#undef X
        PROBLEM_COUNT,
};

const char *problem_name(enum problem problem);
const char *problem_meaning(enum problem problem);
enum problem_severity problem_severity(enum problem problem);
const char *problem_severity_name(enum problem_severity severity);

/* false when no problem has that name. */
bool problem_parse(const char *name, enum problem *problem);

#endif
