/* facts: what holds, as named bits, computed once per scene.
 *
 * The cluster's facts speak of the primary and of the whole; a server's facts
 * speak of that server. Both share one word of 64 bits, so that a rule is two
 * masks (rules.h) and "why did this fire" is a list of names. A fact that is
 * not set is not known to hold; it isn't known to be false. */
#ifndef TOPOLOGY_FACTS_H
#define TOPOLOGY_FACTS_H

#include <stdint.h>

#include "topology/candidate.h"
#include "topology/scene.h"

/*      name, what it says */
#define FACTS_OF_CLUSTER_MAP(X)                                                                    \
    X(OPERATION_RUNS, "an operation is in progress")                                               \
    X(FAILOVER_WAITS, "the running failover waits for a proof")                                    \
    X(LOSSLESS, "the cluster's durability is lossless")                                            \
    X(OPENED, "the primary of this epoch was opened")                                              \
    X(LOOKED, "every server was heard or looked for since this leader began")                      \
    X(FLAPPING, "the automatic failovers of this hour are used up")                                \
    X(PRIMARY_UP, "the primary answers")                                                           \
    X(PRIMARY_STOPPED, "the primary's guard says that its process is gone")                        \
    X(PRIMARY_SILENT, "the primary's guard has had no answer for hang_ms")                         \
    X(PRIMARY_ANSWERS_GUARD, "the primary answers its guard")                                      \
    X(PRIMARY_GUARD_TALKS, "the primary's guard reports")                                          \
    X(PRIMARY_PROBE_FAILS, "our probe of the primary fails")                                       \
    X(PRIMARY_PROBE_FAILS_LONG, "our probe of the primary has failed for hang_ms")                 \
    X(PRIMARY_REPLICATED, "a replica says that it receives from the primary")                      \
    X(PRIMARY_READ_ONLY, "the primary is up and read-only")                                        \
    X(PRIMARY_WRITABLE, "the primary is up and writable")                                          \
    X(PRIMARY_FENCED, "the primary's guard fenced it")                                             \
    X(PRIMARY_BEHIND, "the primary lacks what a replica has received")                             \
    X(PRIMARY_SEMISYNC_OFF, "the primary's semi-sync side is off")                                 \
    X(PRIMARY_SEMISYNC_ALONE, "no replica can acknowledge the primary's commits")                  \
    X(OTHER_WRITABLE, "another server than the primary is writable")                               \
    X(INCOMPARABLE, "two farthest replicas hold different transactions")                           \
    X(CANDIDATE, "a server could be promoted if the primary died now")

#define FACTS_OF_SERVER_MAP(X)                                                                     \
    X(IS_PRIMARY, "it is the primary")                                                             \
    X(UP, "it answers")                                                                            \
    X(SETTLED, "it answers, and was looked at since the last operation")                           \
    X(STOPPED, "its guard says that its process is gone")                                          \
    X(PROBE_FAILS, "our probe of it fails")                                                        \
    X(ACCESS_DENIED, "it refuses our account")                                                     \
    X(GUARDED, "it has a guard")                                                                   \
    X(GUARD_LOST, "its guard was heard, or could have been, and hasn't reported for hang_ms")      \
    X(WRITABLE, "it is writable")                                                                  \
    X(HAS_CHANNEL, "it has a replication channel")                                                 \
    X(FOLLOWS_PRIMARY, "its channel names the primary as the source")                              \
    X(THREADS_RUN, "its IO and SQL threads run, or try to")                                        \
    X(IO_ERROR, "its IO thread has an error")                                                      \
    X(SQL_ERROR, "its SQL thread stopped with an error")                                           \
    X(LAGGING, "it is behind by more than max_lag_s")                                              \
    X(DIVERGED, "it has transactions that the primary doesn't have")                               \
    X(SEMISYNC_OFF, "its semi-sync replica side is off")                                           \
    X(SEMISYNC_MASTER_ON, "its semi-sync primary side is on")                                      \
    X(NO_GTID, "its channel doesn't use GTIDs")

#define FACTS_MAP(X) FACTS_OF_CLUSTER_MAP(X) FACTS_OF_SERVER_MAP(X)

enum fact_number {
#define X(name, says) FACT_NUMBER_##name,
    FACTS_MAP(X)
#undef X
        FACT_COUNT,
};

/* An enum can't hold 64 bits in C11: these are constants all the same. */
#define FACT_BIT(name) (UINT64_C(1) << FACT_NUMBER_##name)

uint64_t facts_of_cluster(const struct scene *scene, const struct candidates *candidates);
uint64_t facts_of_server(const struct scene *scene, const struct ledger_server *server);

/* Bits that only facts_of_cluster() / facts_of_server() can set. */
uint64_t facts_cluster_mask(void);
uint64_t facts_server_mask(void);

const char *fact_name(enum fact_number fact);
const char *fact_says(enum fact_number fact);

#endif
