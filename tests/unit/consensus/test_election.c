/* Scenarios ST, EL, PV, CQ and TV of raft-scenarios.md, one core at a time. */
#include "tests/unit/main.h"

#include "tests/unit/consensus/solo.h"

static const uint64_t LOG_3[] = {1, 3, 3, 3, 3};

START_TEST(ST_01_without_a_configuration_nobody_campaigns)
{
    struct solo solo;

    solo_start(&solo, 0, 0, 0, NULL, 0);
    for (int i = 0; i < 20; i++) {
        solo_time_out(&solo);
        ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
        ck_assert_uint_eq(solo.raft.term, 0);
        ck_assert_uint_eq(solo.sent_count, 0);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(ST_02_keeps_its_vote_over_a_restart)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 2, NULL, 0);
    solo_ask(&solo, 3, RAFT_VOTE, 5, 9, 5);
    ck_assert(!solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_ask(&solo, 2, RAFT_VOTE, 5, 9, 5);
    ck_assert(solo_said(&solo, 2, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_finish(&solo);
}
END_TEST

START_TEST(ST_04_a_single_voter_leads_at_once_but_persists_its_term_first)
{
    struct solo solo;

    solo_start(&solo, 1, 4, 0, NULL, 0);
    solo.holds_disk = true;
    solo_tick(&solo, 0);
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    ck_assert(solo.update.write_meta);
    ck_assert_uint_eq(solo.update.term, 5);
    ck_assert_uint_eq(solo.update.vote, 1);
    solo_persist(&solo);
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    ck_assert(raft_ready(&solo.raft));
    solo_finish(&solo);
}
END_TEST

START_TEST(ST_07_time_outs_lie_in_their_range_and_spread)
{
    struct solo solo;
    uint32_t low = 0;

    solo_start(&solo, 3, 1, 0, NULL, 0);
    for (int i = 0; i < 1000; i++) {
        uint64_t timeout;

        solo_heartbeat(&solo, 2, 1, 1, 0, 0);
        timeout = raft_deadline(&solo.raft) - solo.now_ms;
        ck_assert_uint_ge(timeout, T);
        ck_assert_uint_lt(timeout, 2 * T);
        low += timeout < T + T / 2;
    }
    ck_assert_uint_gt(low, 400);
    ck_assert_uint_lt(low, 600);
    solo_finish(&solo);
}
END_TEST

START_TEST(ST_09_10_11_only_a_valid_leader_or_a_granted_vote_resets_the_timer)
{
    struct solo solo;
    uint64_t deadline;

    solo_start(&solo, 3, 5, 0, LOG_3, 5);
    deadline = raft_deadline(&solo.raft);
    solo.now_ms++;
    solo_heartbeat(&solo, 2, 4, 1, 0, 0); /* stale leader */
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_HEARTBEAT_ANSWER)->term, 5);
    ck_assert_uint_eq(raft_deadline(&solo.raft), deadline);
    solo_ask(&solo, 2, RAFT_VOTE, 6, 1, 1); /* refused */
    ck_assert_uint_eq(raft_deadline(&solo.raft), deadline);
    solo_ask(&solo, 2, RAFT_PREVOTE, 7, 9, 9); /* granted, but pre */
    ck_assert(solo_said(&solo, 2, RAFT_PREVOTE_ANSWER)->vote_answer.granted);
    ck_assert(!solo.update.write_meta);
    ck_assert_uint_eq(raft_deadline(&solo.raft), deadline);
    solo.now_ms++;
    solo_ask(&solo, 2, RAFT_VOTE, 7, 9, 9);
    ck_assert_uint_ne(raft_deadline(&solo.raft), deadline);
    solo_finish(&solo);
}
END_TEST

START_TEST(ST_12_a_leap_in_time_is_one_time_out)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, NULL, 0);
    solo_tick(&solo, 3600 * 1000);
    ck_assert_int_eq(solo.raft.role, RAFT_PRECANDIDATE);
    ck_assert_uint_eq(solo.raft.term, 5);
    solo_tick(&solo, 0);
    ck_assert_uint_eq(solo.sent_count, 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(ST_14_heartbeats_are_messages_of_their_own_with_growing_numbers)
{
    struct solo solo;
    uint64_t round;

    solo_start(&solo, 3, 0, 0, NULL, 0);
    solo_become_leader(&solo);
    round = solo.raft.round.sent;
    for (int i = 1; i <= 3; i++) {
        solo_answer_round(&solo, 2, solo.raft.term, solo.raft.round.sent);
        solo_propose(&solo, 10);
        solo_tick(&solo, SOLO_HEARTBEAT);
        ck_assert_uint_eq(solo_count(&solo, RAFT_HEARTBEAT), 2);
        ck_assert_uint_eq(solo_said(&solo, 3, RAFT_HEARTBEAT)->heartbeat.round, round + i);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(EL_03_a_candidate_with_a_majority_against_follows)
{
    struct solo solo;

    solo_start(&solo, 3, 0, 0, NULL, 0);
    solo_become_candidate(&solo);
    solo_grant(&solo, 2, RAFT_VOTE_ANSWER, 1, false);
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    solo_grant(&solo, 2, RAFT_VOTE_ANSWER, 1, false); /* twice is once */
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    solo_grant(&solo, 3, RAFT_VOTE_ANSWER, 1, false);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    solo_finish(&solo);
}
END_TEST

START_TEST(EL_05_15_votes_only_for_logs_that_are_up_to_date)
{
    static const struct {
        uint64_t index;
        uint64_t term;
        bool granted;
    } cases[] = {{9, 2, false}, {5, 3, true}, {4, 3, false}, {1, 4, true}, {6, 3, true}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct solo solo;

        solo_start(&solo, 3, 5, 0, LOG_3, 5);
        solo_ask(&solo, 2, RAFT_VOTE, 6, cases[i].index, cases[i].term);
        ck_assert_int_eq(solo_said(&solo, 2, RAFT_VOTE_ANSWER)->vote_answer.granted,
                         cases[i].granted);
        ck_assert_uint_eq(solo.raft.term, 6);
        solo_finish(&solo);
    }
}
END_TEST

START_TEST(EL_06_TV_01_term_and_vote_are_one_write_before_the_answer)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 2, LOG_3, 5);
    solo.holds_disk = true;
    solo_ask(&solo, 3, RAFT_VOTE, 6, 5, 3);
    ck_assert(solo.update.write_meta);
    ck_assert_uint_eq(solo.update.term, 6);
    ck_assert_uint_eq(solo.update.vote, 3);
    ck_assert_uint_eq(solo.sent_count, 0);
    solo_ask(&solo, 2, RAFT_VOTE, 6, 5, 3); /* a rival, before the write is done */
    ck_assert_uint_eq(solo.sent_count, 0);
    solo_persist(&solo);
    ck_assert_uint_eq(solo.sent_count, 1);
    ck_assert(solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_ask(&solo, 2, RAFT_VOTE, 6, 5, 3);
    ck_assert(!solo_said(&solo, 2, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_ask(&solo, 3, RAFT_VOTE, 6, 5, 3); /* EL-04: asked again, granted again */
    ck_assert(solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_finish(&solo);
}
END_TEST

START_TEST(EL_07_08_a_candidate_follows_a_leader_of_its_term_only)
{
    struct solo solo;

    solo_start(&solo, 3, 4, 0, NULL, 0);
    solo_become_candidate(&solo);
    solo_append(&solo, 2, 4, 0, 0, 4, 1, 0);
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND_ANSWER)->term, 5);
    ck_assert(!solo_said(&solo, 2, RAFT_APPEND_ANSWER)->append_answer.accepted);
    solo_append(&solo, 2, 5, 0, 0, 5, 1, 0);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_uint_eq(solo.raft.leader, 2);
    solo_finish(&solo);
}
END_TEST

START_TEST(EL_10_11_the_own_vote_counts_when_it_is_durable)
{
    struct solo solo;

    solo_start(&solo, 3, 0, 0, NULL, 0);
    solo_time_out(&solo);
    solo.holds_disk = true;
    solo_grant(&solo, 2, RAFT_PREVOTE_ANSWER, 1, true);
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    ck_assert_uint_eq(solo.sent_count, 0);
    solo_grant(&solo, 2, RAFT_VOTE_ANSWER, 1, true);
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    solo_heartbeat(&solo, 3, 1, 1, 0, 0); /* lost to a rival meanwhile */
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    solo_persist(&solo);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_uint_eq(solo.sent_count, 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(EL_12_20_answers_of_old_terms_and_of_strangers_do_not_count)
{
    struct solo solo;

    solo_start(&solo, 5, 3, 0, NULL, 0);
    solo_become_candidate(&solo);
    solo_grant(&solo, 2, RAFT_VOTE_ANSWER, 3, true);
    solo_grant(&solo, 3, RAFT_VOTE_ANSWER, 3, true);
    solo_grant(&solo, 9, RAFT_VOTE_ANSWER, 4, true);
    solo_grant(&solo, 10, RAFT_VOTE_ANSWER, 4, true);
    solo_grant(&solo, 2, RAFT_PREVOTE_ANSWER, 4, true); /* PV-07 */
    solo_grant(&solo, 3, RAFT_PREVOTE_ANSWER, 4, true);
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    ck_assert_uint_eq(solo.raft.dropped, 2);
    solo_grant(&solo, 2, RAFT_VOTE_ANSWER, 4, true);
    solo_grant(&solo, 2, RAFT_VOTE_ANSWER, 4, true); /* EL-19 */
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    solo_grant(&solo, 3, RAFT_VOTE_ANSWER, 4, true);
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    solo_finish(&solo);
}
END_TEST

START_TEST(EL_14_AS_09_does_not_campaign_while_its_disk_is_behind)
{
    struct solo solo;

    solo_start(&solo, 3, 1, 0, NULL, 0);
    solo.holds_disk = true;
    solo_append(&solo, 2, 1, 0, 0, 1, 3, 0);
    for (int i = 0; i < 10; i++) {
        solo_time_out(&solo);
        ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    }
    solo_persist(&solo);
    solo_time_out(&solo);
    ck_assert_int_eq(solo.raft.role, RAFT_PRECANDIDATE);
    solo_finish(&solo);
}
END_TEST

START_TEST(PV_01_02_a_prevote_changes_nothing_and_echoes_the_term_it_was_asked_for)
{
    struct solo solo;

    solo_start(&solo, 3, 4, 2, LOG_3, 5);
    solo_time_out(&solo);
    ck_assert_int_eq(solo.raft.role, RAFT_PRECANDIDATE);
    ck_assert_uint_eq(solo.raft.term, 4);
    ck_assert_uint_eq(solo.raft.vote, 2);
    ck_assert(!solo.update.write_meta);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_PREVOTE)->term, 5);
    solo_ask(&solo, 3, RAFT_PREVOTE, 5, 5, 3); /* PV-13: may itself grant */
    ck_assert(solo_said(&solo, 3, RAFT_PREVOTE_ANSWER)->vote_answer.granted);
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_PREVOTE_ANSWER)->term, 5);
    solo_ask(&solo, 3, RAFT_PREVOTE, 4, 5, 3);
    ck_assert(!solo_said(&solo, 3, RAFT_PREVOTE_ANSWER)->vote_answer.granted);
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_PREVOTE_ANSWER)->term, 4);
    solo_grant(&solo, 2, RAFT_PREVOTE_ANSWER, 9, false); /* PV-06 */
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_uint_eq(solo.raft.term, 9);
    solo_finish(&solo);
}
END_TEST

START_TEST(PV_10_a_leader_keeps_leading_whatever_prevotes_come)
{
    struct solo solo;

    solo_start(&solo, 3, 0, 0, NULL, 0);
    solo_become_leader(&solo);
    solo_ask(&solo, 3, RAFT_PREVOTE, 77, 99, 76);
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    ck_assert(!solo_said(&solo, 3, RAFT_PREVOTE_ANSWER)->vote_answer.granted);
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_PREVOTE_ANSWER)->term, 1);
    solo_finish(&solo);
}
END_TEST

START_TEST(PV_12_the_leader_itself_may_ask)
{
    struct solo solo;

    solo_start(&solo, 3, 4, 0, NULL, 0);
    solo_heartbeat(&solo, 2, 4, 1, 0, 0);
    solo_ask(&solo, 3, RAFT_PREVOTE, 5, 9, 4);
    ck_assert(!solo_said(&solo, 3, RAFT_PREVOTE_ANSWER)->vote_answer.granted);
    solo_ask(&solo, 2, RAFT_PREVOTE, 5, 9, 4);
    ck_assert(solo_said(&solo, 2, RAFT_PREVOTE_ANSWER)->vote_answer.granted);
    solo_finish(&solo);
}
END_TEST

START_TEST(PV_14_terms_never_wrap)
{
    static const uint64_t absurd[] = {UINT64_MAX, UINT64_MAX - 1, (uint64_t)1 << RAFT_TERM_BITS};

    for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
        struct solo solo;

        solo_start(&solo, 3, 4, 0, NULL, 0);
        solo_ask(&solo, 3, RAFT_VOTE, absurd[i], 9, 4);
        solo_ask(&solo, 3, RAFT_PREVOTE, absurd[i], 9, 4);
        solo_heartbeat(&solo, 3, absurd[i], 1, 0, 0);
        ck_assert_uint_eq(solo.raft.term, 4);
        ck_assert_uint_eq(solo.raft.dropped, 3);
        solo_finish(&solo);
    }
}
END_TEST

START_TEST(CQ_01_02_a_leader_without_its_majority_steps_down_in_its_term)
{
    struct solo solo;

    solo_start(&solo, 5, 0, 0, NULL, 0);
    solo_become_leader(&solo);
    for (int i = 0; i < 40; i++) { /* both, answering now and then, suffice */
        solo_tick(&solo, SOLO_HEARTBEAT);
        if (i % 5 == 0) {
            solo_answer_round(&solo, 2, 1, solo.raft.round.sent);
            solo_answer_round(&solo, 4, 1, solo.raft.round.sent);
        }
        ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    }
    for (int i = 0; i < 8; i++) { /* one is not enough */
        solo_tick(&solo, SOLO_HEARTBEAT);
        if (solo.raft.role == RAFT_LEADER) {
            solo_answer_round(&solo, 2, 1, solo.raft.round.sent);
        }
    }
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_uint_eq(solo.raft.term, 1);
    ck_assert_uint_eq(solo.raft.leader, 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(CQ_03_a_follower_with_a_leader_ignores_candidates)
{
    struct solo solo;

    solo_start(&solo, 3, 4, 0, NULL, 0);
    solo_heartbeat(&solo, 2, 4, 1, 0, 0);
    solo.now_ms += T - 1;
    solo_ask(&solo, 3, RAFT_VOTE, 9, 9, 4);
    ck_assert_uint_eq(solo.sent_count, 0);
    ck_assert_uint_eq(solo.raft.term, 4);
    solo.now_ms += 1;
    solo_ask(&solo, 3, RAFT_VOTE, 9, 9, 4);
    ck_assert_uint_eq(solo.raft.term, 9);
    ck_assert(solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_finish(&solo);
}
END_TEST

START_TEST(AS_08_a_leader_whose_disk_hangs_gives_up)
{
    struct solo solo;
    int beats = 0;

    solo_start(&solo, 3, 0, 0, NULL, 0);
    solo_become_leader(&solo);
    solo.holds_disk = true;
    solo_propose(&solo, 10);
    while (solo.raft.role == RAFT_LEADER && beats++ < 100) {
        solo_answer_round(&solo, 2, 1, solo.raft.round.sent);
        solo_tick(&solo, SOLO_HEARTBEAT);
    }
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_int_le(beats, 2 * 2 * T / SOLO_HEARTBEAT + 1);
    solo_finish(&solo);
}
END_TEST

START_TEST(a_leader_told_to_step_down_stays_quiet_for_a_time_out)
{
    struct solo solo;
    uint64_t start;

    solo_start(&solo, 3, 0, 0, NULL, 0);
    solo_become_leader(&solo);
    start = solo.now_ms;
    solo_step(&solo, (struct raft_event){.type = RAFT_STEP_DOWN});
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    while (solo.raft.role == RAFT_FOLLOWER) {
        solo_time_out(&solo);
    }
    ck_assert_uint_ge(solo.now_ms - start, 2 * T);
    solo_finish(&solo);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("election");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, ST_01_without_a_configuration_nobody_campaigns);
    tcase_add_test(tcase, ST_02_keeps_its_vote_over_a_restart);
    tcase_add_test(tcase, ST_04_a_single_voter_leads_at_once_but_persists_its_term_first);
    tcase_add_test(tcase, ST_07_time_outs_lie_in_their_range_and_spread);
    tcase_add_test(tcase, ST_09_10_11_only_a_valid_leader_or_a_granted_vote_resets_the_timer);
    tcase_add_test(tcase, ST_12_a_leap_in_time_is_one_time_out);
    tcase_add_test(tcase, ST_14_heartbeats_are_messages_of_their_own_with_growing_numbers);
    tcase_add_test(tcase, EL_03_a_candidate_with_a_majority_against_follows);
    tcase_add_test(tcase, EL_05_15_votes_only_for_logs_that_are_up_to_date);
    tcase_add_test(tcase, EL_06_TV_01_term_and_vote_are_one_write_before_the_answer);
    tcase_add_test(tcase, EL_07_08_a_candidate_follows_a_leader_of_its_term_only);
    tcase_add_test(tcase, EL_10_11_the_own_vote_counts_when_it_is_durable);
    tcase_add_test(tcase, EL_12_20_answers_of_old_terms_and_of_strangers_do_not_count);
    tcase_add_test(tcase, EL_14_AS_09_does_not_campaign_while_its_disk_is_behind);
    tcase_add_test(tcase, PV_01_02_a_prevote_changes_nothing_and_echoes_the_term_it_was_asked_for);
    tcase_add_test(tcase, PV_10_a_leader_keeps_leading_whatever_prevotes_come);
    tcase_add_test(tcase, PV_12_the_leader_itself_may_ask);
    tcase_add_test(tcase, PV_14_terms_never_wrap);
    tcase_add_test(tcase, CQ_01_02_a_leader_without_its_majority_steps_down_in_its_term);
    tcase_add_test(tcase, CQ_03_a_follower_with_a_leader_ignores_candidates);
    tcase_add_test(tcase, AS_08_a_leader_whose_disk_hangs_gives_up);
    tcase_add_test(tcase, a_leader_told_to_step_down_stays_quiet_for_a_time_out);
    suite_add_tcase(suite, tcase);
    return suite;
}
