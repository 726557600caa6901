/* Rules that could be broken without any other test noticing: each of these tests is for a mutant
 * that survived a review (tests/mutants has them by now). */
#include "tests/unit/consensus/membership_fixture.h"
#include "tests/unit/main.h"

static const uint64_t LOG_5[] = {1, 3, 3, 3, 3};

START_TEST(EL_15_a_vote_is_judged_by_all_that_was_accepted_durable_or_not)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, LOG_5, 5);
    solo.holds_disk = true;
    solo_append(&solo, 2, 5, 5, 3, 5, 2, 0); /* 6 and 7 of term 5, on their way to the disk */
    ck_assert_uint_eq(solo.raft.durable, 5);
    solo.now_ms += T;
    solo_ask(&solo, 3, RAFT_VOTE, 6, 6, 5);
    solo_persist(&solo);
    ck_assert(!solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_finish(&solo);
}
END_TEST

START_TEST(a_full_log_does_not_campaign)
{
    uint64_t terms[64];
    struct solo solo;

    for (int i = 0; i < 64; i++) {
        terms[i] = 1;
    }
    solo_start(&solo, 3, 1, 0, terms, 64);
    for (int i = 0; i < 10; i++) {
        solo_time_out(&solo);
        ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_13_a_voter_without_a_leader_does_not_encourage_a_removed_one)
{
    struct solo solo;
    struct members members = list_of(2, 0);

    solo_start(&solo, 3, 2, 0, LOG_3, 3);
    members.id_last = 3;
    solo_append_list(&solo, 2, 2, 3, 1, &members, 4);
    ck_assert(raft_knows_members(&solo.raft));
    solo.now_ms += T; /* the leader is gone */
    solo_ask(&solo, 3, RAFT_PREVOTE, 3, 9, 2);
    ck_assert(!solo_said(&solo, 3, RAFT_PREVOTE_ANSWER)->vote_answer.granted);
    ck_assert(solo_said(&solo, 3, RAFT_PREVOTE_ANSWER)->vote_answer.removed);
    solo_finish(&solo);
}
END_TEST

START_TEST(PV_07_a_prevote_for_an_earlier_term_is_not_counted)
{
    struct solo solo;

    solo_start(&solo, 3, 4, 0, NULL, 0);
    solo_time_out(&solo);
    solo_grant(&solo, 3, RAFT_PREVOTE_ANSWER, 5, false); /* refused, by one in term 5 */
    solo_time_out(&solo);
    ck_assert_int_eq(solo.raft.role, RAFT_PRECANDIDATE);
    ck_assert_uint_eq(solo.raft.term, 5);
    solo_grant(&solo, 2, RAFT_PREVOTE_ANSWER, 5, true); /* late: of the first time */
    ck_assert_int_eq(solo.raft.role, RAFT_PRECANDIDATE);
    solo_grant(&solo, 2, RAFT_PREVOTE_ANSWER, 6, true);
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    solo_finish(&solo);
}
END_TEST

static void hear(struct solo *solo, uint32_t from, uint64_t term, uint64_t match, uint64_t told)
{
    solo_receive(
        solo,
        (struct raft_message){
            .type = RAFT_HEARTBEAT,
            .from = from,
            .term = term,
            .heartbeat = {.round = 1, .match = match, .commit = match, .leader_commit = told}});
}

START_TEST(a_follower_is_caught_up_with_what_its_present_leader_told)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, LOG_9, 9);
    ck_assert(!raft_caught_up(&solo.raft));
    hear(&solo, 2, 5, 0, 9);
    ck_assert(!raft_caught_up(&solo.raft));
    hear(&solo, 2, 5, 9, 9);
    ck_assert(raft_caught_up(&solo.raft));
    hear(&solo, 3, 6, 0, 0); /* a new leader, which has told nothing yet */
    ck_assert(!raft_caught_up(&solo.raft));
    hear(&solo, 3, 6, 9, 10);
    ck_assert(!raft_caught_up(&solo.raft));
    solo_finish(&solo);
}
END_TEST

START_TEST(FC_06_uncommitted_bytes_are_limited)
{
    struct solo solo;
    struct raft_config config = solo_config(3);
    struct raft_stored stored = {.term = 1};
    uint64_t taken = 0;

    config.log_entries_max = 1024;
    solo_start_from(&solo, &config, &stored);
    solo_become_leader(&solo);
    while (solo_propose(&solo, LIMIT_COMMAND_BYTES) == 0) {
        taken += LIMIT_COMMAND_BYTES;
        ck_assert_uint_le(taken, LIMIT_UNCOMMITTED_BYTES);
    }
    ck_assert_uint_gt(taken, LIMIT_UNCOMMITTED_BYTES - 2 * LIMIT_COMMAND_BYTES);
    solo_ack(&solo, 2, 1);
    solo_ack(&solo, 2, raft_last_index(&solo.raft));
    ck_assert_int_eq(solo_propose(&solo, LIMIT_COMMAND_BYTES), 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(RD_06_an_answer_stays_with_who_gave_it_when_the_list_changes)
{
    struct solo solo;
    uint64_t round;

    solo_start(&solo, 5, 3, 0, LOG_9, 9);
    solo_become_leader(&solo);
    solo_all_follow(&solo);
    solo_step(&solo, (struct raft_event){.type = RAFT_ROUND});
    round = solo.update.round_sent;
    solo_answer_round(&solo, 2, 4, round);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 2}), 0);
    solo_answer_round(&solo, 4, 4, round); /* 1 and 4, of 1, 3, 4, 5: 3 now stands where 2 stood */
    ck_assert_uint_lt(solo.update.round_confirmed, round);
    solo_answer_round(&solo, 3, 4, round);
    ck_assert_uint_eq(solo.update.round_confirmed, round);
    solo_finish(&solo);
}
END_TEST

START_TEST(a_full_log_takes_no_list)
{
    uint64_t terms[63];
    struct solo solo;

    for (int i = 0; i < 63; i++) {
        terms[i] = 1;
    }
    solo_start(&solo, 3, 1, 0, terms, 63);
    solo_become_leader(&solo); /* its own entry is the 64th, and there is room for no more */
    solo_all_follow(&solo);
    ck_assert(raft_ready(&solo.raft));
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 3}), ERR_BUSY);
    solo_finish(&solo);
}
END_TEST

START_TEST(a_candidate_that_is_given_a_number_is_none_any_more)
{
    struct solo solo;
    struct raft_config config = solo_config(3);
    struct raft_stored stored = {.term = 3};
    struct raft_message message = {
        .type = RAFT_VOTE, .from = 2, .to = 9, .to_store = 71, .term = 2};

    config.store = 71;
    solo_start_from(&solo, &config, &stored);
    solo_become_candidate(&solo);
    solo_step(&solo, (struct raft_event){.type = RAFT_RECEIVE, .message = &message});
    ck_assert_uint_eq(solo.raft.config.id, 9);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_13_a_rejection_below_match_does_not_end_the_pipeline)
{
    struct solo solo;

    solo_start_pipeline(&solo); /* 11 .. 15 are on their way, 10 is there */
    solo_receive(&solo, (struct raft_message){
                            .type = RAFT_APPEND_ANSWER,
                            .from = 2,
                            .term = 4,
                            .append_answer = {.index = 9, .hint_index = 3, .hint_term = 1}});
    ck_assert_int_eq(solo.raft.peers[1].mode, PROGRESS_PIPELINE);
    ck_assert_uint_eq(solo.raft.peers[1].next, 16);
    solo_finish(&solo);
}
END_TEST

START_TEST(a_deaf_voter_is_not_chosen)
{
    struct solo solo;

    solo_start_leader(&solo);
    solo_ack(&solo, 2, 10); /* it has more than 3, and falls silent */
    solo.now_ms += T;
    solo_answer_round(&solo, 3, 4, solo.raft.round.sent);
    ck_assert_int_eq(solo_transfer(&solo, 0), 0);
    ck_assert_uint_eq(solo.raft.transfer_to, 3);
    solo_finish(&solo);
}
END_TEST

START_TEST(AS_08_proposals_that_go_on_do_not_hide_a_disk_that_hangs)
{
    struct solo solo;
    int beats = 0;

    solo_start(&solo, 3, 0, 0, NULL, 0);
    solo_become_leader(&solo);
    solo.holds_disk = true;
    while (solo.raft.role == RAFT_LEADER && beats++ < 30) {
        solo_propose(&solo, 1);
        solo_answer_round(&solo, 2, 1, solo.raft.round.sent);
        solo_tick(&solo, SOLO_HEARTBEAT);
    }
    ck_assert_int_eq(solo.raft.ended, RAFT_END_DISK);
    ck_assert_int_le(beats, 2 * 2 * T / SOLO_HEARTBEAT + 1);
    solo_finish(&solo);
}
END_TEST

START_TEST(TV_09_a_snapshot_beyond_the_stored_term_is_refused)
{
    struct raft raft;
    struct raft_config config = solo_config(3);
    struct raft_stored stored = {.term = 4, .snapshot = {.index = 9, .term = 5}};

    stored.snapshot.members = config.members;
    ck_assert_int_eq(raft_init(&raft, &config, &stored, 0, NULL), ERR_CORRUPT);
}
END_TEST

START_TEST(MC_16_the_list_itself_refuses_to_lose_its_last_voter)
{
    struct members members = {0};
    struct members_change demote = {.kind = MEMBERS_DEMOTE, .member = {.id = 1}};

    members_add_voter(&members, 1, NULL);
    ck_assert_int_eq(members_change(&members, &demote, NULL), ERR_REFUSED);
    ck_assert_uint_eq(members_voters(&members), 1);
}
END_TEST

START_TEST(an_append_whose_terms_run_back_or_ahead_is_dropped)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, LOG_9, 9);
    solo_append(&solo, 2, 5, 9, 3, 6, 1, 0); /* an entry of a term after its leader's */
    solo_append(&solo, 2, 5, 9, 3, 2, 1, 0); /* and one before the entry that it follows */
    ck_assert_uint_eq(solo.raft.dropped, 2);
    ck_assert_uint_eq(raft_last_index(&solo.raft), 9);
    solo_finish(&solo);
}
END_TEST

/* All members behind, a transfer that ends, a heartbeat that is due and a list that the leader adds
 * by itself, in one step: that is the most that a step can have to say. */
START_TEST(a_step_has_room_for_all_that_it_says)
{
    struct solo solo;
    struct raft_config config = solo_config(3);
    struct raft_stored stored = {.term = 1};
    uint64_t until_ms;

    config.trailing_entries = 1024;
    config.log_entries_max = 0; /* as many as the product keeps */
    for (uint32_t id = 4; id <= LIMIT_AGENTS; id++) {
        ck_assert_int_eq(
            members_add(&config.members, &(struct member){.id = id, .kind = MEMBER_LEARNER}, NULL),
            0);
    }
    solo_start_from(&solo, &config, &stored);
    solo_become_leader(&solo);
    solo_ack(&solo, 2, 1);
    solo_ack(&solo, 3, 1);
    while (solo_propose(&solo, 1) == 0) {
        solo_ack(&solo, 2, raft_last_index(&solo.raft));
        solo_ack(&solo, 3, raft_last_index(&solo.raft));
    }
    solo_answer_round(&solo, 2, solo.raft.term, solo.raft.round.sent);
    solo_answer_round(&solo, 3, solo.raft.term, solo.raft.round.sent);
    ck_assert_int_eq(solo_transfer(&solo, 2), 0);
    until_ms = solo.raft.transfer_until_ms;
    while (solo.now_ms + SOLO_HEARTBEAT < until_ms) {
        solo_tick(&solo, SOLO_HEARTBEAT);
        solo_answer_round(&solo, 2, solo.raft.term, solo.raft.round.sent);
        solo_answer_round(&solo, 3, solo.raft.term, solo.raft.round.sent);
    }
    solo_receive(&solo, (struct raft_message){.type = RAFT_HEARTBEAT_ANSWER,
                                              .from = 4,
                                              .from_store = 77,
                                              .term = solo.raft.term,
                                              .heartbeat_answer = {.round = solo.raft.round.sent}});
    for (uint32_t id = 4; id <= LIMIT_AGENTS; id++) {
        solo_ack(&solo, id, 1);
    }
    solo.holds_disk = true; /* no other step follows by itself */
    solo_tick(&solo, until_ms - solo.now_ms);
    ck_assert_uint_gt(solo.update.message_count, LIMIT_AGENTS * RAFT_APPENDS_PER_STEP);
    ck_assert_uint_le(solo.update.message_count, RAFT_MESSAGES_MAX);
    solo_finish(&solo);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("survivors");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, EL_15_a_vote_is_judged_by_all_that_was_accepted_durable_or_not);
    tcase_add_test(tcase, a_full_log_does_not_campaign);
    tcase_add_test(tcase, MC_13_a_voter_without_a_leader_does_not_encourage_a_removed_one);
    tcase_add_test(tcase, PV_07_a_prevote_for_an_earlier_term_is_not_counted);
    tcase_add_test(tcase, a_follower_is_caught_up_with_what_its_present_leader_told);
    tcase_add_test(tcase, FC_06_uncommitted_bytes_are_limited);
    tcase_add_test(tcase, RD_06_an_answer_stays_with_who_gave_it_when_the_list_changes);
    tcase_add_test(tcase, a_full_log_takes_no_list);
    tcase_add_test(tcase, a_candidate_that_is_given_a_number_is_none_any_more);
    tcase_add_test(tcase, RP_13_a_rejection_below_match_does_not_end_the_pipeline);
    tcase_add_test(tcase, a_deaf_voter_is_not_chosen);
    tcase_add_test(tcase, AS_08_proposals_that_go_on_do_not_hide_a_disk_that_hangs);
    tcase_add_test(tcase, TV_09_a_snapshot_beyond_the_stored_term_is_refused);
    tcase_add_test(tcase, MC_16_the_list_itself_refuses_to_lose_its_last_voter);
    tcase_add_test(tcase, an_append_whose_terms_run_back_or_ahead_is_dropped);
    tcase_add_test(tcase, a_step_has_room_for_all_that_it_says);
    suite_add_tcase(suite, tcase);
    return suite;
}
