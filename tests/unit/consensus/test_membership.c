/* Scenarios MC and LN of raft-scenarios.md (and what others say of members), one core at a time. */
#include "tests/unit/main.h"

#include "tests/unit/consensus/solo.h"

static const uint64_t LOG_3[] = {1, 1, 1};

/* A ready leader of `voters` in term 2, whose log is LOG_3 and its first own entry, 4; everybody
 * has all of it. */
static void start_leader(struct solo *solo, uint32_t voters)
{
    solo_start(solo, voters, 1, 0, LOG_3, 3);
    solo_become_leader(solo);
    solo_all_follow(solo);
    ck_assert(raft_ready(&solo->raft));
    ck_assert_uint_eq(raft_last_index(&solo->raft), 4);
}

static struct member newcomer(enum member_kind kind, const char *name)
{
    struct member member = {.kind = kind};

    text_copy(member.name, sizeof(member.name), name);
    text_format(member.address, sizeof(member.address), "%s:7300", name);
    return member;
}

static enum member_kind kind_of(const struct solo *solo, uint32_t id)
{
    const struct member *member = members_find(&solo->raft.members, id);

    ck_assert_ptr_nonnull(member);
    return member->kind;
}

START_TEST(MC_01_a_list_is_in_force_when_it_is_appended)
{
    struct solo solo;

    start_leader(&solo, 3);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_LEARNER, "d")), 0);
    ck_assert_uint_eq(solo.raft.members.count, 4);
    ck_assert_uint_eq(solo.raft.members_index, 5);
    ck_assert_uint_eq(solo.raft.commit, 4);
    ck_assert_ptr_nonnull(solo_said(&solo, 4, RAFT_APPEND));
    ck_assert_ptr_nonnull(solo_said(&solo, 2, RAFT_APPEND));
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_02_a_second_change_waits_for_the_first)
{
    struct solo solo;
    struct members_change change = {.kind = MEMBERS_REMOVE, .member = {.id = 2}};
    struct members next;
    struct err err;

    start_leader(&solo, 3);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_LEARNER, "d")), 0);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 3}), ERR_BUSY);
    ck_assert_int_eq(raft_change_check(&solo.raft, &change, &next, &err), ERR_BUSY);
    ck_assert_str_eq(err.text, "another change of the agents is under way; try again");
    ck_assert_uint_eq(raft_last_index(&solo.raft), 5);
    solo_ack(&solo, 2, 5);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 3}), 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_03_26_no_change_before_an_entry_of_the_own_term_is_committed)
{
    struct solo solo;

    solo_start(&solo, 3, 1, 0, LOG_3, 3);
    solo_become_leader(&solo);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_LEARNER, "d")), ERR_BUSY);
    ck_assert_uint_eq(raft_last_index(&solo.raft), 4);
    solo_ack(&solo, 2, 3); /* everything but the own entry */
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_LEARNER, "d")), ERR_BUSY);
    solo_ack(&solo, 2, 4);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_LEARNER, "d")), 0);
    solo_finish(&solo);
}
END_TEST

/* The members 1..voters, and one learner if wanted. */
static struct members list_of(uint32_t voters, uint32_t learner)
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

START_TEST(MC_05_06_a_cut_list_gives_way_to_the_one_before)
{
    struct solo solo;
    struct members four = list_of(4, 0);
    struct members learner = list_of(4, 5);

    solo_start(&solo, 3, 2, 0, LOG_3, 3);
    solo_append_list(&solo, 2, 2, 3, 1, &four, 3); /* entry 4 */
    solo_append_list(&solo, 2, 2, 4, 2, &learner, 3);
    ck_assert_uint_eq(solo.raft.members.count, 5);
    solo_append(&solo, 3, 3, 4, 2, 3, 1, 3); /* cuts entry 5: the list before is in the log */
    ck_assert_uint_eq(solo.raft.members.count, 4);
    ck_assert_uint_eq(solo.raft.members_index, 4);
    solo_append(&solo, 2, 4, 3, 1, 4, 1, 3); /* cuts entry 4: the first list */
    ck_assert_uint_eq(solo.raft.members.count, 3);
    ck_assert_uint_eq(solo.raft.members_index, 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_06_a_cut_list_gives_way_to_that_of_the_snapshot_and_of_the_base)
{
    struct solo solo;
    struct raft_config config = solo_config(3);
    struct raft_entry entry = {.index = 11, .term = 2, .kind = RAFT_NOOP};
    struct raft_stored stored = {
        .term = 2, .snapshot = {.index = 10, .term = 2}, .entries = &entry, .entry_count = 1};
    struct members six = list_of(5, 6);

    stored.snapshot.members = list_of(5, 0);
    stored.snapshot.blob = raft_blob_new("s", 1);
    solo_start_from(&solo, &config, &stored); /* ST-03: the snapshot's, not the first ones */
    ck_assert_uint_eq(solo.raft.members.count, 5);
    solo_append_list(&solo, 2, 2, 11, 2, &six, 11);
    ck_assert_uint_eq(solo.raft.members.count, 6);
    solo_append(&solo, 3, 3, 11, 2, 3, 1, 11);
    ck_assert_uint_eq(solo.raft.members.count, 5);
    raft_blob_release(stored.snapshot.blob);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_06_what_is_compacted_leaves_its_list_at_the_base)
{
    struct solo solo;
    struct raft_snapshot snapshot = {.index = 9, .term = 2};
    struct members members;

    start_leader(&solo, 3);
    solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_LEARNER, "d")); /* entry 5 */
    solo_all_follow(&solo);
    for (int i = 0; i < 4; i++) {
        solo_propose(&solo, 8);
    }
    solo_all_follow(&solo);
    raft_members_at(&solo.raft, 4, &members);
    ck_assert_uint_eq(members.count, 3);
    raft_members_at(&solo.raft, 9, &snapshot.members);
    ck_assert_uint_eq(snapshot.members.count, 4);
    snapshot.blob = raft_blob_new("s", 1);
    solo_step(&solo, (struct raft_event){.type = RAFT_SNAPSHOT_TAKEN, .snapshot = &snapshot});
    raft_blob_release(snapshot.blob);
    ck_assert_uint_eq(solo.raft.trail.base_index, 7); /* entry 5 is gone */
    raft_members_at(&solo.raft, 8, &members);
    ck_assert_uint_eq(members.count, 4);
    ck_assert_uint_eq(solo.raft.base_members.count, 4);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_07_a_list_within_a_batch_keeps_its_own_index)
{
    struct solo solo;
    struct members four = list_of(4, 0);
    struct raft_entry entries[3] = {{.index = 4, .term = 2},
                                    {.index = 5, .term = 2, .kind = RAFT_CONFIG},
                                    {.index = 6, .term = 2}};
    struct buf bytes;

    buf_init(&bytes, MEMBERS_BYTES_MAX);
    members_encode(&four, &bytes);
    entries[1].blob = raft_blob_new(bytes.data, bytes.length);
    solo_start(&solo, 3, 2, 0, LOG_3, 3);
    solo_receive(
        &solo,
        (struct raft_message){
            .type = RAFT_APPEND,
            .from = 2,
            .term = 2,
            .append = {.previous_index = 3, .previous_term = 1, .entries = entries, .count = 3}});
    ck_assert_uint_eq(solo.raft.members_index, 5);
    solo_append(&solo, 3, 3, 5, 2, 3, 1, 3); /* cuts 6 only */
    ck_assert_uint_eq(solo.raft.members.count, 4);
    raft_blob_release(entries[1].blob);
    buf_finish(&bytes);
    solo_finish(&solo);
}
END_TEST

/* The list goes to everybody, is committed, and the newcomer reports what it has. */
static void join_with_lap(struct solo *solo, uint64_t lap_ms)
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

START_TEST(MC_08_who_keeps_up_for_a_lap_becomes_a_voter)
{
    struct solo solo;

    join_with_lap(&solo, T - 1);
    ck_assert_int_eq(kind_of(&solo, 4), MEMBER_VOTER);
    ck_assert_uint_eq(solo.raft.members_index, 6);
    ck_assert_uint_eq(members_majority(&solo.raft.members), 3);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_08_a_lap_that_took_too_long_is_followed_by_another)
{
    struct solo solo;

    join_with_lap(&solo, T);
    ck_assert_int_eq(kind_of(&solo, 4), MEMBER_JOINING);
    solo.now_ms += 10;
    solo_ack(&solo, 4, 5);
    ck_assert_int_eq(kind_of(&solo, 4), MEMBER_VOTER);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_09_one_that_never_answers_stays_uncounted)
{
    struct solo solo;

    start_leader(&solo, 3);
    solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_JOINING, "d"));
    for (int i = 0; i < 50; i++) {
        solo_tick(&solo, SOLO_HEARTBEAT);
        solo_answer_round(&solo, 2, 2, solo.raft.round.sent);
        ck_assert_int_eq(solo_propose(&solo, 8), 0);
        solo_ack(&solo, 2, raft_last_index(&solo.raft));
        ck_assert_uint_eq(solo.raft.commit, raft_last_index(&solo.raft));
    }
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    ck_assert_int_eq(kind_of(&solo, 4), MEMBER_JOINING);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_10_who_believes_to_be_a_learner_votes_when_asked)
{
    struct solo solo;
    struct members members = list_of(0, 1);

    members_add_voter(&members, 2, NULL);
    solo_start(&solo, 3, 2, 0, LOG_3, 3);
    solo_append_list(&solo, 2, 2, 3, 1, &members, 3);
    ck_assert_int_eq(kind_of(&solo, 1), MEMBER_LEARNER);
    solo.now_ms += T;
    solo_ask(&solo, 3, RAFT_VOTE, 3, 5, 2);
    ck_assert(solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_11_12_CM_06_a_leader_that_removes_itself_leads_until_that_is_committed)
{
    struct solo solo;

    start_leader(&solo, 3);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 1}), 0);
    ck_assert_int_eq(solo.raft.self, -1);
    ck_assert_int_eq(solo_propose(&solo, 8), 0); /* still takes proposals */
    solo_tick(&solo, SOLO_HEARTBEAT);
    ck_assert_uint_eq(solo_count(&solo, RAFT_HEARTBEAT), 2);
    solo_ack(&solo, 2, 6);
    ck_assert_uint_eq(solo.raft.commit, 4); /* its own copy isn't counted */
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    solo_ack(&solo, 3, 6);
    ck_assert_uint_eq(solo.raft.commit, 6);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_int_eq(solo.raft.ended, RAFT_END_REMOVED);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->append.commit, 6); /* the last notice */
    ck_assert_uint_eq(solo_count(&solo, RAFT_TIMEOUT_NOW), 1);
    for (int i = 0; i < 20; i++) {
        solo_time_out(&solo);
        ck_assert_uint_eq(solo.sent_count, 0);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_13_a_removed_voter_is_told_so_and_goes_quiet)
{
    struct solo solo;
    const struct raft_message *said;

    start_leader(&solo, 3);
    solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 3});
    solo_ask(&solo, 3, RAFT_PREVOTE, 3, 4, 2);
    ck_assert(!solo_said(&solo, 3, RAFT_PREVOTE_ANSWER)->vote_answer.removed); /* not yet sure */
    solo_ack(&solo, 2, 5);
    solo_ask(&solo, 3, RAFT_PREVOTE, 3, 4, 2);
    said = solo_said(&solo, 3, RAFT_PREVOTE_ANSWER);
    ck_assert(said->vote_answer.removed && !said->vote_answer.granted);
    solo_ask(&solo, 9, RAFT_PREVOTE, 3, 4, 2); /* a number that isn't given yet: we may be behind */
    ck_assert(!solo_said(&solo, 9, RAFT_PREVOTE_ANSWER)->vote_answer.removed);
    solo_finish(&solo);

    solo_start(&solo, 3, 2, 0, LOG_3, 3);
    solo_time_out(&solo);
    ck_assert_int_eq(solo.raft.role, RAFT_PRECANDIDATE);
    solo_receive(&solo, (struct raft_message){.type = RAFT_PREVOTE_ANSWER,
                                              .from = 2,
                                              .term = 2,
                                              .vote_answer = {.removed = true}});
    ck_assert(solo.raft.removed);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER); /* though others were to answer, too */
    for (int i = 0; i < 20; i++) {
        solo_time_out(&solo);
        ck_assert_uint_eq(solo.sent_count, 0);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_15_18_changes_that_change_nothing_are_refused)
{
    static const struct {
        enum members_change_kind kind;
        struct member member;
        int code;
    } cases[] = {
        {MEMBERS_ADD, {.kind = MEMBER_LEARNER, .name = "c", .address = "x:1"}, ERR_EXISTS},
        {MEMBERS_ADD, {.kind = MEMBER_LEARNER, .name = "e", .address = "c:7300"}, ERR_EXISTS},
        {MEMBERS_ADD, {.id = 9, .kind = MEMBER_LEARNER}, ERR_INVALID},
        {MEMBERS_ADD, {.kind = MEMBER_VOTER}, ERR_INVALID},
        {MEMBERS_PROMOTE, {.id = 2}, ERR_INVALID},
        {MEMBERS_REMOVE, {.id = 9}, ERR_NOTFOUND},
        {MEMBERS_JOIN, {.id = 2}, ERR_REFUSED},
        {MEMBERS_DEMOTE, {.id = 4}, ERR_REFUSED},
        {MEMBERS_MOVE, {.id = 2, .address = "c:7300"}, ERR_EXISTS},
        {MEMBERS_MOVE, {.id = 4, .address = "c:7300"}, ERR_REFUSED},
        {MEMBERS_MOVE, {.id = 4}, ERR_INVALID},
        /* somebody else's key or disk */
        {MEMBERS_ADD, {.kind = MEMBER_LEARNER, .name = "e", .key = {5}}, ERR_EXISTS},
        {MEMBERS_ADD, {.kind = MEMBER_JOINING, .name = "e", .store = 77}, ERR_EXISTS},
        {MEMBERS_REGISTER, {.id = 2, .store = 77}, ERR_EXISTS},
        {MEMBERS_REPLACE, {.id = 2, .store = 77}, ERR_INVALID},
    };
    struct member member = newcomer(MEMBER_LEARNER, "c");
    struct solo solo;

    start_leader(&solo, 3);
    member.key[0] = 5;
    member.store = 77;
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, member), 0);
    solo_all_follow(&solo);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(solo_change(&solo, cases[i].kind, cases[i].member), cases[i].code);
        ck_assert_uint_eq(raft_last_index(&solo.raft), 5);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_16_25_the_last_voter_can_be_neither_removed_nor_demoted)
{
    struct solo solo;

    solo_start(&solo, 1, 1, 0, LOG_3, 3);
    solo_time_out(&solo);
    ck_assert(raft_ready(&solo.raft));
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 1}), ERR_REFUSED);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_DEMOTE, (struct member){.id = 1}), ERR_REFUSED);
    solo_finish(&solo);
}
END_TEST

/* Whoever asked for its removal would hear otherwise that it leads no more, not that it was done.
 */
START_TEST(MC_11_a_leader_that_removes_itself_hands_the_list_out_before_it_goes)
{
    struct solo solo;

    start_leader(&solo, 3);
    solo.holds_disk = true;
    solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 1});
    solo_ack(&solo, 2, 5);
    solo_ack(&solo, 3, 5);
    ck_assert_uint_eq(solo.raft.commit, 5);
    ck_assert_uint_eq(solo.applied, 4);
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    solo_persist(&solo);
    ck_assert_uint_eq(solo.applied, 5);
    ck_assert_int_eq(solo.raft.ended, RAFT_END_REMOVED);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_25_a_demoted_leader_counts_no_more_and_steps_down)
{
    struct solo solo;

    start_leader(&solo, 3);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_DEMOTE, (struct member){.id = 1}), 0);
    solo_ack(&solo, 2, 5);
    ck_assert_uint_eq(solo.raft.commit, 4);
    solo_ack(&solo, 3, 5);
    ck_assert_uint_eq(solo.raft.commit, 5);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_int_eq(solo.raft.ended, RAFT_END_REMOVED);
    solo_time_out(&solo);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    solo_finish(&solo);
}
END_TEST

START_TEST(a_change_that_would_leave_no_majority_in_contact_is_refused)
{
    struct solo solo;
    struct members_change change = {.kind = MEMBERS_REMOVE, .member = {.id = 2}};
    struct members next;
    struct err err;

    start_leader(&solo, 3);
    for (int i = 0; i < 10; i++) { /* 3 is gone */
        solo_tick(&solo, SOLO_HEARTBEAT);
        solo_answer_round(&solo, 2, 2, solo.raft.round.sent);
    }
    ck_assert_int_eq(raft_change_check(&solo.raft, &change, &next, &err), ERR_REFUSED);
    ck_assert_str_eq(err.text,
                     "only 1 of the 2 voters that would be left are in contact, and 2 are needed; "
                     "bring one back, or remove one that is gone first");
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 3}), 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(CM_05_what_a_smaller_majority_has_is_committed)
{
    struct solo solo;

    start_leader(&solo, 4);
    solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 4});
    solo_propose(&solo, 8);
    ck_assert_uint_eq(solo.raft.commit, 4);
    solo_ack(&solo, 2, 6); /* two of three now, where three of four were needed */
    ck_assert_uint_eq(solo.raft.commit, 6);
    solo_finish(&solo);
}
END_TEST

START_TEST(CQ_07_a_new_voter_counts_as_heard_for_one_window)
{
    struct solo solo;

    join_with_lap(&solo, 1);
    ck_assert_int_eq(kind_of(&solo, 4), MEMBER_VOTER);
    solo_ack(&solo, 2, 6);
    solo_ack(&solo, 3, 6);
    for (uint64_t left = 2 * T - SOLO_HEARTBEAT; left > 0; left -= SOLO_HEARTBEAT) {
        solo_tick(&solo, SOLO_HEARTBEAT); /* 2 and the leader: half of four */
        solo_answer_round(&solo, 2, 2, solo.raft.round.sent);
        ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    }
    solo_tick(&solo, 2 * (uint64_t)SOLO_HEARTBEAT);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_int_eq(solo.raft.ended, RAFT_END_CUT_OFF);
    solo_finish(&solo);
}
END_TEST

START_TEST(CQ_08_ST_06_who_is_no_member_votes_and_follows_but_never_campaigns)
{
    struct solo solo;
    struct raft_config config = solo_config(0);
    struct raft_stored stored = {.term = 1};

    solo_start_from(&solo, &config, &stored);
    for (int i = 0; i < 20; i++) {
        solo_time_out(&solo);
        ck_assert_uint_eq(solo.sent_count, 0);
    }
    solo_ask(&solo, 2, RAFT_VOTE, 2, 0, 0);
    ck_assert(solo_said(&solo, 2, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_heartbeat(&solo, 2, 2, 1, 0, 0);
    ck_assert_uint_eq(solo.raft.leader, 2);
    ck_assert_ptr_nonnull(solo_said(&solo, 2, RAFT_HEARTBEAT_ANSWER));
    solo_finish(&solo);
}
END_TEST

START_TEST(LN_01_02_a_learner_neither_campaigns_nor_counts)
{
    struct solo solo;
    struct members members = list_of(0, 1);
    uint64_t round;

    members_add_voter(&members, 2, NULL);
    solo_start(&solo, 2, 2, 0, LOG_3, 3);
    solo_append_list(&solo, 2, 2, 3, 1, &members, 3);
    solo_time_out(&solo); /* not committed yet: it may be the only one that can be elected */
    ck_assert_int_eq(solo.raft.role, RAFT_PRECANDIDATE);
    ck_assert_uint_eq(solo.raft.votes_for & 1, 1);
    ck_assert_uint_eq(solo.raft.term, 2); /* its own vote is no majority */
    solo_heartbeat(&solo, 2, 2, 1, 4, 4);
    solo_time_out(&solo);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    solo_heartbeat(&solo, 2, 2, 2, 4, 4);
    solo_receive(&solo, (struct raft_message){.type = RAFT_TIMEOUT_NOW, .from = 2, .term = 2});
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    solo_finish(&solo);

    start_leader(&solo, 3);
    solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_LEARNER, "d"));
    solo_ack(&solo, 4, 5);
    ck_assert_uint_eq(solo.raft.commit, 4);
    solo_step(&solo, (struct raft_event){.type = RAFT_ROUND});
    round = solo.update.round_sent;
    solo_answer_round(&solo, 4, 2, round);
    ck_assert_uint_lt(solo.update.round_confirmed, round);
    for (int i = 0; i < 8; i++) { /* CQ-02 */
        solo_tick(&solo, SOLO_HEARTBEAT);
        solo_answer_round(&solo, 4, 2, solo.raft.round.sent);
    }
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    solo_finish(&solo);
}
END_TEST

static void install(struct solo *solo, const struct raft_snapshot *snapshot, uint64_t term)
{
    solo_receive(solo, (struct raft_message){
                           .type = RAFT_SNAPSHOT, .from = 2, .term = term, .snapshot = snapshot});
    ck_assert(raft_installing(&solo->raft));
    solo->applied = snapshot->index;
    solo_step(solo,
              (struct raft_event){.type = RAFT_SNAPSHOT_INSTALLED,
                                  .persisted = {.index = snapshot->index, .term = snapshot->term}});
}

START_TEST(LN_04_MC_24_a_snapshots_list_replaces_whatever_the_log_said)
{
    struct solo solo;
    struct members four = list_of(4, 0);
    struct raft_snapshot snapshot = {.index = 6, .term = 3, .members = list_of(0, 1)};

    members_add_voter(&snapshot.members, 2, NULL);
    snapshot.blob = raft_blob_new("s", 1);
    solo_start(&solo, 3, 2, 0, LOG_3, 3);
    solo_append(&solo, 2, 2, 3, 1, 2, 4, 0);
    solo_append_list(&solo, 2, 2, 7, 2, &four, 0); /* entry 8, of a lower term */
    ck_assert_uint_eq(solo.raft.members.count, 4);
    install(&solo, &snapshot, 3);
    ck_assert_uint_eq(solo.raft.members.count, 2);
    ck_assert_int_eq(kind_of(&solo, 1), MEMBER_LEARNER);
    ck_assert_uint_eq(solo.raft.members_index, 6);
    raft_blob_release(snapshot.blob);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_22_the_list_of_a_second_snapshot_is_the_whole_list)
{
    struct solo solo;
    struct members first;
    struct raft_snapshot snapshot = {.index = 20, .term = 3, .members = list_of(5, 7)};

    snapshot.blob = raft_blob_new("s", 1);
    solo_start(&solo, 3, 2, 0, LOG_3, 3);
    install(&solo, &snapshot, 3);
    solo_append(&solo, 2, 3, 20, 3, 3, 4, 24);
    raft_members_at(&solo.raft, 24, &first);
    ck_assert_uint_eq(first.count, 6);
    ck_assert_uint_eq(first.id_last, 7);
    ck_assert_int_eq(members_find(&first, 7)->kind, MEMBER_LEARNER);
    raft_blob_release(snapshot.blob);
    solo_finish(&solo);
}
END_TEST

/* ---- stores ---------------------------------------------------------------------------- */

/* Two voters with a number of their own and unknown stores; ours is 71. */
static void start_with_stores(struct solo *solo)
{
    struct raft_config config = solo_config(2);
    struct raft_stored stored = {.term = 1};

    config.store = 71;
    solo_start_from(solo, &config, &stored);
}

/* From 2, which leads that term; for whom isn't always solo, as solo_receive() would have it. */
static void lead_to(struct solo *solo, uint32_t to, uint64_t store, uint64_t term)
{
    struct raft_message message = {.type = RAFT_HEARTBEAT,
                                   .from = 2,
                                   .to = to,
                                   .to_store = store,
                                   .term = term,
                                   .heartbeat = {.round = 1}};

    solo_step(solo, (struct raft_event){.type = RAFT_RECEIVE, .message = &message});
}

static struct raft_message answer_of(uint64_t store, const struct solo *solo)
{
    return (struct raft_message){.type = RAFT_HEARTBEAT_ANSWER,
                                 .from = 2,
                                 .from_store = store,
                                 .term = solo->raft.term,
                                 .heartbeat_answer = {.round = solo->raft.round.sent}};
}

START_TEST(MC_14_20_a_number_belongs_to_the_store_that_first_spoke_for_it)
{
    struct solo solo;
    uint64_t dropped;

    start_with_stores(&solo);
    solo_become_leader(&solo);
    solo_ack(&solo, 2, 1);
    ck_assert_uint_eq(members_find(&solo.raft.members, 1)->store, 71); /* entry 2 */
    solo_ack(&solo, 2, 2);
    solo_receive(&solo, answer_of(72, &solo));
    ck_assert_uint_eq(members_find(&solo.raft.members, 2)->store, 72); /* entry 3 */
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->to_store, 72);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->from_store, 71);
    solo.raft.peers[1].heard_ms = 0;
    dropped = solo.raft.dropped;
    solo_receive(&solo, answer_of(73, &solo)); /* the same number, another disk */
    ck_assert_uint_eq(solo.raft.dropped, dropped + 1);
    ck_assert_uint_eq(solo.raft.peers[1].heard_ms, 0);
    solo_receive(&solo, answer_of(72, &solo));
    ck_assert_uint_eq(solo.raft.peers[1].heard_ms, solo.now_ms);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REGISTER, (struct member){.id = 2, .store = 73}),
                     ERR_BUSY);
    solo_receive(&solo, (struct raft_message){.type = RAFT_APPEND_ANSWER,
                                              .from = 2,
                                              .from_store = 72,
                                              .term = 2,
                                              .append_answer = {.accepted = true, .index = 3}});
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REGISTER, (struct member){.id = 2, .store = 73}),
                     ERR_REFUSED);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_20_who_lost_his_disk_learns_it_and_falls_silent)
{
    struct solo solo;
    struct raft_message message = {
        .type = RAFT_VOTE, .from = 2, .to = 1, .to_store = 70, .term = 5};

    start_with_stores(&solo);
    solo_receive(&solo, message); /* solo's store is 71, the members know 70 */
    ck_assert(solo.raft.disowned);
    ck_assert(solo.update.role_changed);
    ck_assert_uint_eq(solo.sent_count, 0);
    ck_assert_uint_eq(solo.raft.term, 1);
    message.to_store = 0;
    solo_receive(&solo, message);
    ck_assert_uint_eq(solo.sent_count, 0);
    for (int i = 0; i < 20; i++) {
        solo_time_out(&solo);
        ck_assert_uint_eq(solo.sent_count, 0);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_20_a_store_without_a_number_takes_the_one_that_it_is_given)
{
    struct solo solo;
    struct raft_config config = solo_config(0);
    struct raft_stored stored = {0};

    config.id = 0;
    config.store = 71;
    solo_start_from(&solo, &config, &stored);
    lead_to(&solo, 4, 70, 5);
    ck_assert_uint_eq(solo.raft.config.id, 0); /* meant for another store */
    ck_assert_uint_eq(solo.sent_count, 0);
    lead_to(&solo, 4, 71, 5);
    ck_assert_uint_eq(solo.raft.config.id, 4);
    ck_assert_uint_eq(solo.raft.leader, 2);
    lead_to(&solo, 4, 71, 5);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_HEARTBEAT_ANSWER)->from, 4);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_HEARTBEAT_ANSWER)->from_store, 71);
    solo_finish(&solo);
}
END_TEST

/* An uncommitted list gave number 3 to another store; the leader that has it could never cut it. */
START_TEST(MC_20_a_list_that_is_not_committed_silences_no_leader_and_no_candidate)
{
    struct solo solo;
    struct members wrong;
    struct raft_message leads = {.type = RAFT_HEARTBEAT,
                                 .from = 3,
                                 .from_store = 73,
                                 .to = 1,
                                 .term = 3,
                                 .heartbeat = {.round = 1}};

    start_with_stores(&solo);
    wrong = solo.raft.members;
    members_add(&wrong, &(struct member){.id = 3, .kind = MEMBER_JOINING, .store = 99}, NULL);
    solo_append_list(&solo, 2, 2, 0, 0, &wrong, 0);
    ck_assert_uint_eq(members_find(&solo.raft.members, 3)->store, 99);
    leads.type = RAFT_VOTE_ANSWER;
    solo_receive(&solo, leads);
    ck_assert_uint_eq(solo.raft.dropped, 1);
    leads.type = RAFT_HEARTBEAT;
    solo_receive(&solo, leads);
    ck_assert_uint_eq(solo.raft.leader, 3);
    solo_receive(&solo, leads);
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_HEARTBEAT_ANSWER)->to_store, 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_20_who_campaigns_under_another_number_takes_the_one_that_it_is_given)
{
    struct solo solo;

    start_with_stores(&solo);
    solo_time_out(&solo);
    ck_assert_int_eq(solo.raft.role, RAFT_PRECANDIDATE);
    lead_to(&solo, 4, 71, 1);
    ck_assert_uint_eq(solo.raft.config.id, 4);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_uint_eq(solo.raft.leader, 2);
    solo_finish(&solo);
}
END_TEST

/* It gave our number to another store in a list that nobody else has, and then lost its majority.
 */
START_TEST(MC_20_a_leader_of_an_earlier_term_takes_no_number_away)
{
    struct solo solo;

    start_with_stores(&solo);
    solo_heartbeat(&solo, 2, 4, 1, 0, 0);
    ck_assert_uint_eq(solo.raft.term, 4);
    lead_to(&solo, 1, 70, 3);
    ck_assert(!solo.raft.disowned);
    lead_to(&solo, 1, 70, 4);
    ck_assert(solo.raft.disowned);
    solo_finish(&solo);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("membership");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, MC_01_a_list_is_in_force_when_it_is_appended);
    tcase_add_test(tcase, MC_02_a_second_change_waits_for_the_first);
    tcase_add_test(tcase, MC_03_26_no_change_before_an_entry_of_the_own_term_is_committed);
    tcase_add_test(tcase, MC_05_06_a_cut_list_gives_way_to_the_one_before);
    tcase_add_test(tcase, MC_06_a_cut_list_gives_way_to_that_of_the_snapshot_and_of_the_base);
    tcase_add_test(tcase, MC_06_what_is_compacted_leaves_its_list_at_the_base);
    tcase_add_test(tcase, MC_07_a_list_within_a_batch_keeps_its_own_index);
    tcase_add_test(tcase, MC_08_who_keeps_up_for_a_lap_becomes_a_voter);
    tcase_add_test(tcase, MC_08_a_lap_that_took_too_long_is_followed_by_another);
    tcase_add_test(tcase, MC_09_one_that_never_answers_stays_uncounted);
    tcase_add_test(tcase, MC_10_who_believes_to_be_a_learner_votes_when_asked);
    tcase_add_test(tcase,
                   MC_11_12_CM_06_a_leader_that_removes_itself_leads_until_that_is_committed);
    tcase_add_test(tcase, MC_13_a_removed_voter_is_told_so_and_goes_quiet);
    tcase_add_test(tcase, MC_15_18_changes_that_change_nothing_are_refused);
    tcase_add_test(tcase, MC_16_25_the_last_voter_can_be_neither_removed_nor_demoted);
    tcase_add_test(tcase, MC_11_a_leader_that_removes_itself_hands_the_list_out_before_it_goes);
    tcase_add_test(tcase, MC_25_a_demoted_leader_counts_no_more_and_steps_down);
    tcase_add_test(tcase, a_change_that_would_leave_no_majority_in_contact_is_refused);
    tcase_add_test(tcase, CM_05_what_a_smaller_majority_has_is_committed);
    tcase_add_test(tcase, CQ_07_a_new_voter_counts_as_heard_for_one_window);
    tcase_add_test(tcase, CQ_08_ST_06_who_is_no_member_votes_and_follows_but_never_campaigns);
    tcase_add_test(tcase, LN_01_02_a_learner_neither_campaigns_nor_counts);
    tcase_add_test(tcase, LN_04_MC_24_a_snapshots_list_replaces_whatever_the_log_said);
    tcase_add_test(tcase, MC_22_the_list_of_a_second_snapshot_is_the_whole_list);
    tcase_add_test(tcase, MC_14_20_a_number_belongs_to_the_store_that_first_spoke_for_it);
    tcase_add_test(tcase, MC_20_a_list_that_is_not_committed_silences_no_leader_and_no_candidate);
    tcase_add_test(tcase, MC_20_who_campaigns_under_another_number_takes_the_one_that_it_is_given);
    tcase_add_test(tcase, MC_20_a_leader_of_an_earlier_term_takes_no_number_away);
    tcase_add_test(tcase, MC_20_who_lost_his_disk_learns_it_and_falls_silent);
    tcase_add_test(tcase, MC_20_a_store_without_a_number_takes_the_one_that_it_is_given);
    suite_add_tcase(suite, tcase);
    return suite;
}
