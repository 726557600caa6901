/* membership_fixture: a leader of some voters, and who may be added to them. */
#ifndef TESTS_UNIT_CONSENSUS_MEMBERSHIP_FIXTURE_H
#define TESTS_UNIT_CONSENSUS_MEMBERSHIP_FIXTURE_H

#include "tests/unit/consensus/solo.h"

static const uint64_t LOG_3[] = {1, 1, 1};

/* A ready leader of `voters` in term 2, whose log is LOG_3 and its first own entry, 4; everybody
 * has all of it. */
static inline void start_leader(struct solo *solo, uint32_t voters)
{
    solo_start(solo, voters, 1, 0, LOG_3, 3);
    solo_become_leader(solo);
    solo_all_follow(solo);
    ck_assert(raft_ready(&solo->raft));
    ck_assert_uint_eq(raft_last_index(&solo->raft), 4);
}

static inline struct member newcomer(enum member_kind kind, const char *name)
{
    struct member member = {.kind = kind};

    text_copy(member.name, sizeof(member.name), name);
    text_format(member.address, sizeof(member.address), "%s:7300", name);
    return member;
}

static inline enum member_kind kind_of(const struct solo *solo, uint32_t id)
{
    const struct member *member = members_find(&solo->raft.members, id);

    ck_assert_ptr_nonnull(member);
    return member->kind;
}

/* The members 1..voters, and one learner if wanted. */
static inline struct members list_of(uint32_t voters, uint32_t learner)
{
    struct members members;

    members_init(&members);
    for (uint32_t id = 1; id <= voters; id++) {
        members_add_voter(&members, id, NULL);
    }
    if (learner != 0) {
        members_add(&members, &(struct member){.id = learner}, NULL);
    }
    return members;
}

/* The list goes to everybody, is committed, and the newcomer reports what it has. */
static inline void join_with_lap(struct solo *solo, uint64_t lap_ms)
{
    start_leader(solo, 3);
    ck_assert_int_eq(solo_change(solo, MEMBERS_ADD, newcomer(MEMBER_JOINING, "d")), 0);
    solo_ack(solo, 2, 5);
    ck_assert_int_eq(kind_of(solo, 4), MEMBER_JOINING);
    solo->now_ms += lap_ms;
    solo_answer_round(solo, 2, 2, solo->raft.round.sent);
    solo_answer_round(solo, 3, 2, solo->raft.round.sent);
    solo_answer_round(solo, 4, 2, solo->raft.round.sent);
    solo_ack(solo, 4, 5);
}

#endif
