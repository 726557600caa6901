/* How much is under way to a peer: probes, and the window of the pipeline. */
#include "tests/unit/main.h"

#include "tests/unit/consensus/solo.h"

START_TEST(FC_01_05_a_probe_is_one_append_until_it_is_answered)
{
    struct solo solo;

    solo_start_leader(&solo);
    for (int i = 0; i < 3; i++) {
        solo_propose(&solo, 8);
        ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 0);
    }
    solo_answer_round(&solo, 2, 4, solo.raft.round.sent); /* of the round before the append */
    ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 0);
    solo_step(&solo, (struct raft_event){.type = RAFT_ROUND});
    solo_answer_round(&solo, 2, 4, solo.raft.round.sent); /* FC-03: one escapes ... */
    ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 1);
    solo_answer_round(&solo, 2, 4, solo.raft.round.sent); /* ... a round */
    ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 0);
    solo_ack(&solo, 2, 13);
    ck_assert_int_eq(solo.raft.peers[1].mode, PROGRESS_PIPELINE);
    solo_propose(&solo, 8);
    ck_assert_ptr_nonnull(solo_said(&solo, 2, RAFT_APPEND));
    ck_assert_ptr_null(solo_said(&solo, 3, RAFT_APPEND));
    solo_finish(&solo);
}
END_TEST

/* Its log is full. Asked again at each answer, the two would talk as fast as the network can. */
START_TEST(FC_01_who_takes_nothing_is_asked_once_a_round)
{
    struct solo solo;

    solo_start_pipeline(&solo);
    solo_receive(&solo, (struct raft_message){
                            .type = RAFT_APPEND_ANSWER,
                            .from = 2,
                            .term = 4,
                            .append_answer = {.index = 12, .hint_index = 10, .hint_term = 4}});
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->append.previous_index, 10);
    for (int i = 0; i < 3; i++) {
        for (int copy = 0; copy < 3; copy++) {
            solo_ack(&solo, 2, 10); /* as it was */
            ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 0);
        }
        solo_step(&solo, (struct raft_event){.type = RAFT_ROUND});
        ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 0);
        solo_answer_round(&solo, 2, 4, solo.raft.round.sent);
        ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 1);
    }
    solo_ack(&solo, 2, 12); /* it has room again, for some */
    ck_assert_int_eq(solo.raft.peers[1].mode, PROGRESS_PIPELINE);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->append.previous_index, 12);
    solo_ack(&solo, 2, 15);
    solo_step(&solo, (struct raft_event){.type = RAFT_UNREACHABLE, .target = 2});
    solo_step(&solo, (struct raft_event){.type = RAFT_ROUND});
    solo_answer_round(&solo, 2, 4, solo.raft.round.sent);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->append.count, 0);
    solo_ack(&solo, 2, 15); /* there was nothing to take */
    ck_assert_int_eq(solo.raft.peers[1].mode, PROGRESS_PIPELINE);
    solo_finish(&solo);
}
END_TEST

START_TEST(FC_02_the_pipeline_stops_at_its_window)
{
    struct solo solo;
    int sent = 0;

    solo_start_leader(&solo);
    solo_ack(&solo, 2, 10);
    for (int i = 0; i < 40; i++) {
        ck_assert_int_eq(solo_propose(&solo, LIMIT_COMMAND_BYTES), 0);
        sent += solo_said(&solo, 2, RAFT_APPEND) != NULL;
    }
    ck_assert_int_ge(sent, LIMIT_INFLIGHT_BYTES / LIMIT_COMMAND_BYTES - 1);
    ck_assert_int_le(sent, LIMIT_INFLIGHT_BYTES / LIMIT_COMMAND_BYTES + 1);
    solo_ack(&solo, 2, 10 + (uint64_t)sent); /* one answer frees all */
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->append.count,
                      LIMIT_APPEND_BYTES / LIMIT_COMMAND_BYTES);
    ck_assert_uint_gt(solo_count(&solo, RAFT_APPEND), 1);
    solo_finish(&solo);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("flow");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, FC_01_05_a_probe_is_one_append_until_it_is_answered);
    tcase_add_test(tcase, FC_01_who_takes_nothing_is_asked_once_a_round);
    tcase_add_test(tcase, FC_02_the_pipeline_stops_at_its_window);
    suite_add_tcase(suite, tcase);
    return suite;
}
