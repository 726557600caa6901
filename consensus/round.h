/* round: which numbered heartbeat rounds a majority has answered.
 *
 * A leader that got answers to round n from a majority was still the leader of
 * all of them at some moment after round n was sent: none of those had voted for
 * a successor. That is all that leases and reads need, and it needs no clock.
 *
 * Numbers only grow, also from term to term, so that no answer of an earlier
 * term can be taken for one of this. */
#ifndef CONSENSUS_ROUND_H
#define CONSENSUS_ROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "consensus/members.h"

struct round {
    uint64_t sent;
    uint64_t floor; /* the newest number of any earlier term */
    uint64_t answered[LIMIT_AGENTS];
};

/* A new term of ours begins: nothing is confirmed. */
void round_reset(struct round *round);

/* The number of the round that is being sent; `self` (a position, or -1)
 * answers it. */
uint64_t round_send(struct round *round, int self);

/* False if no such round was sent in this term. */
bool round_answer(struct round *round, int position, uint64_t number);

/* The newest round of this term that a majority answered; 0: none yet. */
uint64_t round_confirmed(const struct round *round, const struct members *members);

#endif
