#include "consensus/members.h"

#include <assert.h>

void members_init(struct members *members)
{
    *members = (struct members){0};
}

int members_add(struct members *members, uint32_t id, bool voter, struct err *err)
{
    assert(members->count <= LIMIT_AGENTS);
    if (id == 0 || id > LIMIT_AGENTS) {
        return err_set(err, ERR_INVALID, "agent number %u: must be 1 to %d", id, LIMIT_AGENTS);
    }
    if (members_position(members, id) >= 0) {
        return err_set(err, ERR_EXISTS, "agent number %u is a member already", id);
    }
    if (voter && members_voters(members) == LIMIT_VOTERS) {
        return err_set(err, ERR_LIMIT, "agent number %u: there can be %d voters at most", id,
                       LIMIT_VOTERS);
    }
    assert(members->count < LIMIT_AGENTS);
    members->list[members->count++] = (struct member){.id = id, .voter = voter};
    return 0;
}

int members_position(const struct members *members, uint32_t id)
{
    assert(members->count <= LIMIT_AGENTS);
    for (uint32_t i = 0; i < members->count; i++) {
        if (members->list[i].id == id) {
            return (int)i;
        }
    }
    return -1;
}

bool members_is_voter(const struct members *members, uint32_t id)
{
    int position = members_position(members, id);

    return position >= 0 && members->list[position].voter;
}

uint32_t members_voters(const struct members *members)
{
    uint32_t voters = 0;

    for (uint32_t i = 0; i < members->count; i++) {
        voters += members->list[i].voter;
    }
    return voters;
}

uint32_t members_majority(const struct members *members)
{
    return members_voters(members) / 2 + 1;
}

uint64_t members_reached(const struct members *members, const uint64_t *values)
{
    uint32_t majority = members_majority(members);
    uint64_t best = 0;

    /* A value is reached if a majority is at it or past it; with at most seven
     * voters, trying each is plainer than sorting. */
    for (uint32_t i = 0; i < members->count; i++) {
        uint32_t reached = 0;

        if (!members->list[i].voter || values[i] <= best) {
            continue;
        }
        for (uint32_t j = 0; j < members->count; j++) {
            reached += members->list[j].voter && values[j] >= values[i];
        }
        if (reached >= majority) {
            best = values[i];
        }
    }
    return best;
}
