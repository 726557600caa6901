/* Who counts: new voters, learners, strangers, and the lists of snapshots. */
#include "tests/unit/main.h"

#include "tests/unit/consensus/membership_fixture.h"

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

/* By a list that was lost it votes already: whoever holds that one can't do without it. */
START_TEST(MC_10_a_joining_one_campaigns_when_the_voters_had_their_time)
{
    struct solo solo;
    struct members members = list_of(0, 1);
    uint64_t heard_ms;

    members.list[0].kind = MEMBER_JOINING;
    members_add_voter(&members, 2, NULL);
    members_add_voter(&members, 3, NULL);
    solo_start(&solo, 3, 2, 0, LOG_3, 3);
    solo_append_list(&solo, 2, 2, 3, 1, &members, 3);
    solo_heartbeat(&solo, 2, 2, 1, 4, 4);
    heard_ms = solo.now_ms;
    while (solo.raft.role == RAFT_FOLLOWER) {
        solo_time_out(&solo);
    }
    ck_assert_uint_gt(solo.now_ms - heard_ms, 8 * 2 * T);
    ck_assert_uint_lt(solo.now_ms - heard_ms, 10 * 2 * T);
    ck_assert_uint_eq(solo.raft.term, 2); /* its own vote is no majority, nor is one more */
    solo_grant(&solo, 2, RAFT_PREVOTE_ANSWER, 3, true);
    ck_assert_int_eq(solo.raft.role, RAFT_PRECANDIDATE);
    solo_grant(&solo, 3, RAFT_PREVOTE_ANSWER, 3, true);
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    solo_grant(&solo, 2, RAFT_VOTE_ANSWER, 3, true);
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    solo_grant(&solo, 3, RAFT_VOTE_ANSWER, 3, true);
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    solo_ack(&solo, 2, 5);
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    solo_ack(&solo, 3, 5); /* committed: it hands over */
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_uint_eq(solo.raft.commit, 5);
    solo_finish(&solo);
}
END_TEST

START_TEST(one_that_votes_now_is_as_patient_as_a_voter)
{
    struct solo solo;
    struct members members = list_of(0, 1);

    members.list[0].kind = MEMBER_JOINING;
    members_add_voter(&members, 2, NULL);
    solo_start(&solo, 2, 2, 0, LOG_3, 3);
    solo_append_list(&solo, 2, 2, 3, 1, &members, 3);
    solo_heartbeat(&solo, 2, 2, 1, 4, 4);
    ck_assert_uint_gt(raft_deadline(&solo.raft), solo.now_ms + 8 * 2 * T);
    members.list[0].kind = MEMBER_VOTER;
    solo_append_list(&solo, 2, 2, 4, 2, &members, 4);
    ck_assert_uint_le(raft_deadline(&solo.raft), solo.now_ms + 2 * T);
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

Suite *suite_make(void)
{
    Suite *suite = suite_create("voters");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, CM_05_what_a_smaller_majority_has_is_committed);
    tcase_add_test(tcase, CQ_07_a_new_voter_counts_as_heard_for_one_window);
    tcase_add_test(tcase, CQ_08_ST_06_who_is_no_member_votes_and_follows_but_never_campaigns);
    tcase_add_test(tcase, LN_01_02_a_learner_neither_campaigns_nor_counts);
    tcase_add_test(tcase, MC_10_a_joining_one_campaigns_when_the_voters_had_their_time);
    tcase_add_test(tcase, one_that_votes_now_is_as_patient_as_a_voter);
    tcase_add_test(tcase, LN_04_MC_24_a_snapshots_list_replaces_whatever_the_log_said);
    tcase_add_test(tcase, MC_22_the_list_of_a_second_snapshot_is_the_whole_list);
    suite_add_tcase(suite, tcase);
    return suite;
}
