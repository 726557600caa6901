/* members: who belongs to the cluster, and what a majority of them is.
 *
 * Every other unit of the core asks this one "is that a voter?", "how far did a
 * majority get?". Today the list is fixed at start; when membership changes
 * arrive (thesis, 4.2) they change it here, on append, and nothing else moves.
 *
 * Agents are numbered 1..LIMIT_AGENTS; 0 means nobody. A member's `position` in
 * the list is the index of all per-member arrays of the core. */
#ifndef CONSENSUS_MEMBERS_H
#define CONSENSUS_MEMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"

struct member {
    uint32_t id;
    bool voter; /* false: a learner, which gets entries and is never counted */
};

struct members {
    uint32_t count;
    struct member list[LIMIT_AGENTS];
};

/* Empties the list. */
void members_init(struct members *members);

/* ERR_INVALID for an id out of range, ERR_EXISTS for one that is there already,
 * ERR_LIMIT past LIMIT_VOTERS voters. */
int members_add(struct members *members, uint32_t id, bool voter, struct err *err);

/* -1 if `id` is not a member. */
int members_position(const struct members *members, uint32_t id);

bool members_is_voter(const struct members *members, uint32_t id);

uint32_t members_voters(const struct members *members);

/* The smallest number of voters that is more than half of them. */
uint32_t members_majority(const struct members *members);

/* The highest number that a majority of the voters reached; `values` are by
 * position, learners' are not looked at. 0 without voters. */
uint64_t members_reached(const struct members *members, const uint64_t *values);

#endif
