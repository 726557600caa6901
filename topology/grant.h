/* grant: the leader's side of the leases (safety.md section 2, "Granting").
 *
 * The leader answers a request only after a majority has answered a numbered
 * round that was sent after the request arrived. The service asks for that
 * round; this unit says whether an answer is allowed (asked twice: when the request comes
 * and again when the round was confirmed), and remembers when each server was
 * last answered, so that the expiry of its lease can be computed.
 *
 * "Last answered" is stamped when the answer is made, later than the moment from
 * which the holder counts: the wait errs on the long side. A new leader counts
 * from its own election: whatever its predecessors answered was asked for before.
 * Times are CLOCK_BOOTTIME ms of the leader. */
#ifndef TOPOLOGY_GRANT_H
#define TOPOLOGY_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "topology/ledger.h"
#include "topology/order.h"

struct grant_server {
    char name[LIMIT_NAME_SIZE];
    uint64_t answered_ms;
};

struct grant_cluster {
    char name[LIMIT_NAME_SIZE];
    uint32_t revokes_proposed; /* entries in the own log that revoke, not yet applied */
};

struct grants {
    uint64_t elected_ms;
    uint32_t server_count;
    struct grant_server servers[LIMIT_CLUSTERS * LIMIT_SERVERS];
    uint32_t cluster_count;
    struct grant_cluster clusters[LIMIT_CLUSTERS];
};

/* Forgets everything: a term as leader begins. */
void grant_begin(struct grants *grants, uint64_t elected_ms);

/* An operation that takes the primary away was put into the log, and came out of
 * it (applied, refused or lost). In between nobody renews. */
void grant_revoke_proposed(struct grants *grants, const char *cluster);
void grant_revoke_settled(struct grants *grants, const char *cluster);

/* Whether the request may be answered, as the ledger stands now. `reason` (may be NULL) gets a
 * constant text when not. */
bool grant_allowed(const struct grants *grants, const struct ledger *ledger,
                   const struct order_lease_request *request, const char **reason);

/* Makes the answer and stamps it. Call only when grant_allowed() and the round was confirmed. */
void grant_answer(struct grants *grants, const struct ledger *ledger,
                  const struct order_lease_request *request, uint64_t term, uint64_t now_ms,
                  struct order_lease_answer *answer);

/* From this moment on no lease of the server can be running: lease + margin
 * (1 % + 50 ms) after the later of the own election and the last answer. */
uint64_t grant_expired_at_ms(const struct grants *grants, const struct ledger_cluster *cluster,
                             const char *server);

#endif
