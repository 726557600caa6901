/* Confirmed rounds: which of them answers a request. */
#include "tests/unit/main.h"

#include "tests/unit/consensus/solo.h"

START_TEST(RD_02_10_only_a_round_sent_after_the_request_confirms)
{
    struct solo solo;
    uint64_t round;

    solo_start_leader(&solo);
    solo_ack(&solo, 2, 10);
    round = solo.raft.round.sent;
    solo_step(&solo, (struct raft_event){.type = RAFT_ROUND});
    ck_assert_uint_eq(solo.update.round_sent, round + 1);
    ck_assert_uint_eq(solo_count(&solo, RAFT_HEARTBEAT), 2);
    solo_answer_round(&solo, 2, 4, round); /* an earlier round */
    ck_assert_uint_eq(solo.update.round_confirmed, round);
    solo_answer_round(&solo, 2, 3, round + 1); /* an earlier term */
    solo_answer_round(&solo, 9, 4, round + 1); /* a stranger */
    solo_answer_round(&solo, 2, 4, round + 2); /* never sent */
    ck_assert_uint_eq(solo.update.round_confirmed, round);
    solo_answer_round(&solo, 2, 4, round + 1);
    ck_assert_uint_eq(solo.update.round_confirmed, round + 1);
    solo_answer_round(&solo, 3, 4, round); /* late: takes nothing back */
    ck_assert_uint_eq(solo.update.round_confirmed, round + 1);
    solo_step(&solo, (struct raft_event){.type = RAFT_STEP_DOWN});
    ck_assert_uint_eq(solo.update.round_confirmed, 0);
    ck_assert_int_eq(solo_step(&solo, (struct raft_event){.type = RAFT_ROUND}), ERR_NOTLEADER);
    solo_finish(&solo);
}
END_TEST

START_TEST(RD_10_a_round_of_an_earlier_term_of_ours_confirms_nothing)
{
    struct round round = {0};
    struct members members;

    members_init(&members);
    for (uint32_t id = 1; id <= 3; id++) {
        members_add_voter(&members, id, NULL);
    }
    ck_assert_uint_eq(round_send(&round, 0), 1);
    ck_assert(round_answer(&round, 1, 1));
    ck_assert_uint_eq(round_confirmed(&round, &members), 1);
    round_reset(&round);
    ck_assert_uint_eq(round_confirmed(&round, &members), 0);
    ck_assert(!round_answer(&round, 1, 1));
    ck_assert_uint_eq(round_send(&round, 0), 2);
    ck_assert(!round_answer(&round, 1, 1));
    ck_assert_uint_eq(round_confirmed(&round, &members), 0);
    ck_assert(round_answer(&round, 2, 2));
    ck_assert_uint_eq(round_confirmed(&round, &members), 2);
}
END_TEST

/* From a leader of term 5 whose cluster is three voters. */

Suite *suite_make(void)
{
    Suite *suite = suite_create("round");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, RD_02_10_only_a_round_sent_after_the_request_confirms);
    tcase_add_test(tcase, RD_10_a_round_of_an_earlier_term_of_ours_confirms_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
