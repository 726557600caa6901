/* lease: the holder's side of the permission to be writable.
 *
 *     lease_want(epoch) ── lease_ask ──> request 1, 2, 3 ... with their send times
 *                                            <── lease_take: answer to request n
 *
 * The deadline is the moment when *that* request was sent plus the length that
 * its answer states. Why that is enough, without any clock of the leader:
 * safety.md section 2, "Granting". An answer counts only if start id, number and
 * epoch are those of a request of ours that waits; of two answers the one to
 * the newer request counts, longer or not: the profile may have become a shorter one.
 *
 * From the last granted request, L its length, the ladder counts:
 *
 *     sent ──────── 2/3 L: soft fence ──── 9/10 L: hard fence ── L: deadline
 *
 * Times are CLOCK_BOOTTIME ms and are arguments. Plain values, no ownership. */
#ifndef TOPOLOGY_LEASE_H
#define TOPOLOGY_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "topology/order.h"

enum { LEASE_REQUESTS = 64 }; /* remembered; more than a lease has heartbeats */

/* lease_ask_at(), lease_soft_at(): never. */
#define LEASE_NEVER UINT64_MAX

struct lease_request {
    uint64_t number; /* 0: none, or answered */
    uint64_t epoch;
    uint64_t sent_ms;
};

struct lease {
    uint64_t start_id;
    uint64_t wanted_epoch; /* 0: none is wanted */
    uint64_t number;       /* of the last request */
    uint64_t asked_ms;     /* when that was sent; 0: the next one is due */
    bool answered;         /* it was granted */
    struct lease_request requests[LEASE_REQUESTS];

    uint64_t epoch; /* granted; 0: none */
    uint64_t sent_ms;
    uint32_t length_ms;
};

void lease_init(struct lease *lease, uint64_t start_id);

/* From now on asks for this epoch; 0: asks no more. What was granted stays. */
void lease_want(struct lease *lease, uint64_t epoch);

/* The next request is due at once: what kept the leader from granting is over. */
void lease_hurry(struct lease *lease);

/* When the next request is due: a tenth of a lease after the last one, a
 * heartbeat while that has no answer; LEASE_NEVER if nothing is wanted. */
uint64_t lease_ask_at(const struct lease *lease, uint32_t lease_ms, uint32_t heartbeat_ms);

/* Makes the next request, which the caller sends now. */
void lease_ask(struct lease *lease, uint64_t now_ms, const char *server,
               struct order_lease_request *request);

/* Whether the answer counted. */
bool lease_take(struct lease *lease, const struct order_lease_answer *answer);

/* Forgets what was granted for epochs below `floor`. */
void lease_forget_below(struct lease *lease, uint64_t floor);

/* The rungs of the ladder; 0 (long past) when nothing is granted. */
uint64_t lease_soft_at(const struct lease *lease);
uint64_t lease_hard_at(const struct lease *lease);
uint64_t lease_deadline(const struct lease *lease);

/* Whether a server may be writable: some epoch is granted and the first rung is
 * not reached. */
bool lease_holds(const struct lease *lease, uint64_t now_ms);

/* Until the deadline; 0 when there is none. */
uint32_t lease_ms_left(const struct lease *lease, uint64_t now_ms);

#endif
