/* Revoke and demote: what has to be done before they say that nobody writes there any more. */
#include "tests/unit/topology/guard_world.h"

START_TEST(revoke_of_a_dead_server_says_stopped_once_the_floor_is_durable)
{
    struct bench bench;
    struct order revoke;

    begin_primary(&bench);
    process(&bench, _i == 0 ? GUARD_PROCESS_GONE : GUARD_PROCESS_DYING);
    ck_assert(bench.update.report); /* at once */
    ck_assert_int_eq(guard_testimony(&bench.guard), ORDER_STOPPED);
    revoke = an_order(&bench, OPERATION_ACTION_REVOKE, EPOCH + 1);
    order(&bench, &revoke);
    expect_silence(&bench);
    ck_assert(bench.update.persist_floor);
    ck_assert_uint_eq(bench.guard.floor, EPOCH + 1);
    durable(&bench);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_STOPPED);
}
END_TEST

START_TEST(revoke_fences_and_answers_after_both_fence_and_floor)
{
    struct bench bench;
    struct order revoke;

    begin_primary(&bench);
    revoke = an_order(&bench, OPERATION_ACTION_REVOKE, EPOCH + 1);
    order(&bench, &revoke);
    ck_assert(bench.update.persist_floor);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
    ck_assert_uint_eq(bench.update.task_limit_ms, revoke.write_gap_ms);
    if (_i == 0) {
        task_done(&bench, true, true);
        expect_silence(&bench);
        durable(&bench);
    } else {
        durable(&bench);
        expect_silence(&bench);
        task_done(&bench, true, true);
    }
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_FENCED);
    ck_assert_uint_eq(bench.update.results[0].position.gtids[0].sequence, 77);
    ck_assert(!guard_serves_writes(&bench.guard, bench.now_ms));
}
END_TEST

START_TEST(revoke_kills_what_it_cannot_fence)
{
    struct bench bench;
    struct order revoke;

    begin_primary(&bench);
    revoke = an_order(&bench, OPERATION_ACTION_REVOKE, EPOCH + 1);
    order(&bench, &revoke);
    durable(&bench);
    if (_i == 0) { /* the hand says that it failed */
        task_done(&bench, false, false);
    } else { /* the hand says nothing */
        ck_assert_uint_le(bench.update.wake_ms, bench.now_ms + revoke.write_gap_ms);
        tick_at(&bench, bench.now_ms + revoke.write_gap_ms);
    }
    ck_assert(bench.update.kill_server);
    expect_silence(&bench);
    tick_at(&bench, bench.now_ms + 50);
    ck_assert(!bench.update.kill_server);
    tick_at(&bench, bench.now_ms + 50);
    ck_assert(bench.update.kill_server); /* once more: it is still there */
    process(&bench, GUARD_PROCESS_DYING);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_STOPPED);
}
END_TEST

START_TEST(revoke_without_a_write_gap_takes_a_third_of_the_way_to_the_next_rung)
{
    struct bench bench;
    struct order revoke;

    begin_primary(&bench);
    revoke = an_order(&bench, OPERATION_ACTION_REVOKE, EPOCH + 1);
    revoke.write_gap_ms = 0;
    order(&bench, &revoke);
    ck_assert_uint_eq(bench.update.task_limit_ms, LEASE_MS * 9 / 10 / 3);
}
END_TEST

START_TEST(sf_08_a_grant_that_arrives_after_the_fence_changes_nothing)
{
    struct bench bench;
    struct order revoke;
    struct guard_update asked;
    struct order_lease_answer late;

    begin_primary(&bench);
    tick_at(&bench, bench.now_ms + LEASE_MS / 10);
    ck_assert(bench.update.ask);
    asked = bench.update;
    revoke = an_order(&bench, OPERATION_ACTION_REVOKE, EPOCH + 1);
    order(&bench, &revoke);
    late = (struct order_lease_answer){.start_id = START_ID,
                                       .number = asked.request.number,
                                       .epoch = EPOCH,
                                       .length_ms = LEASE_MS};
    step(&bench, (struct guard_event){.kind = GUARD_LEASE_ANSWER, .answer = &late});
    ck_assert_uint_eq(bench.guard.lease.epoch, 0);
    task_done(&bench, true, true);
    durable(&bench);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_FENCED);
    step(&bench, (struct guard_event){.kind = GUARD_LEASE_ANSWER, .answer = &late});
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);

    /* After a restart the floor is read from disk: a request of the new start doesn't
     * even go out for the old epoch. */
    begin(&bench, EPOCH + 1);
    see(&bench, a_view(true));
    process(&bench, GUARD_PROCESS_UP);
    ck_assert(!bench.update.ask);
}
END_TEST

START_TEST(demote_raises_the_floor_only_with_the_fence)
{
    struct bench bench;
    struct order demote;

    begin_primary(&bench);
    demote = an_order(&bench, OPERATION_ACTION_DEMOTE, EPOCH + 1);
    order(&bench, &demote);
    ck_assert(!bench.update.persist_floor);
    ck_assert_uint_eq(bench.guard.floor, EPOCH);
    ck_assert_uint_eq(bench.update.task_limit_ms, demote.write_gap_ms);
    task_done(&bench, true, true);
    ck_assert(bench.update.persist_floor);
    expect_silence(&bench);
    durable(&bench);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_FENCED);
}
END_TEST

START_TEST(a_demotion_that_fails_is_undone_under_the_old_lease)
{
    struct bench bench;
    struct order demote;

    begin_primary(&bench);
    demote = an_order(&bench, OPERATION_ACTION_DEMOTE, EPOCH + 1);
    order(&bench, &demote);
    task_done(&bench, false, _i == 1);
    expect_result(&bench, ORDER_FAILED, OPERATION_PROOF_NONE);
    ck_assert_uint_eq(bench.guard.floor, EPOCH);
    tick_at(&bench, bench.now_ms + GUARD_RETRY_MS);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_LIFT_FENCE);
    task_done(&bench, true, false);
    ck_assert(guard_serves_writes(&bench.guard, bench.now_ms));
}
END_TEST

START_TEST(a_demotion_that_fails_is_not_undone_without_a_lease)
{
    struct bench bench;
    struct order demote;

    begin_primary(&bench);
    tick_at(&bench, bench.now_ms + 2 * LEASE_MS / 3 - 100);
    demote = an_order(&bench, OPERATION_ACTION_DEMOTE, EPOCH + 1);
    order(&bench, &demote);
    tick_at(&bench, bench.now_ms + 200);
    task_done(&bench, false, false);
    expect_result(&bench, ORDER_FAILED, OPERATION_PROOF_NONE);
    tick_at(&bench, bench.now_ms + GUARD_RETRY_MS);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_SOFT_FENCE);
}
END_TEST

START_TEST(after_a_proof_only_an_order_of_the_newer_epoch_opens_again)
{
    struct bench bench;
    struct guard_view view = a_view(true);
    struct order revoke;
    struct order promote;

    begin_primary(&bench);
    revoke = an_order(&bench, OPERATION_ACTION_REVOKE, EPOCH + 1);
    order(&bench, &revoke);
    task_done(&bench, true, true);
    durable(&bench);
    view.epoch = EPOCH + 1; /* aborted: the ledger names it once more */
    see(&bench, view);
    ck_assert(bench.update.ask);
    grant(&bench);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    promote = an_order(&bench, OPERATION_ACTION_PROMOTE, EPOCH + 1);
    promote.operation++;
    order(&bench, &promote);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
    task_done(&bench, true, false);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_NONE);
    ck_assert(guard_serves_writes(&bench.guard, bench.now_ms));
}
END_TEST

START_TEST(a_proof_that_can_not_be_made_durable_is_never_told)
{
    struct bench bench;
    struct order revoke;

    begin_primary(&bench);
    process(&bench, GUARD_PROCESS_GONE);
    revoke = an_order(&bench, OPERATION_ACTION_REVOKE, EPOCH + 1);
    order(&bench, &revoke);
    tick_at(&bench, bench.now_ms + revoke.deadline_ms);
    expect_result(&bench, ORDER_FAILED, OPERATION_PROOF_NONE);
    durable(&bench);
    expect_silence(&bench);
}
END_TEST

START_TEST(a_fence_that_lands_after_its_revoke_was_given_up_is_not_lifted)
{
    struct bench bench;
    struct guard_view view = a_view(true);
    struct order revoke;

    begin_primary(&bench);
    revoke = an_order(&bench, OPERATION_ACTION_REVOKE, EPOCH + 1);
    revoke.write_gap_ms = revoke.deadline_ms + 1000;
    order(&bench, &revoke);
    durable(&bench);
    tick_at(&bench, bench.now_ms + revoke.deadline_ms);
    task_done(&bench, true, true);
    view.epoch = EPOCH + 1;
    see(&bench, view);
    grant(&bench);
    ck_assert_int_eq(bench.guard.fence, GUARD_FENCE_HELD);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
}
END_TEST

START_TEST(a_server_that_nobody_has_seen_end_proves_nothing)
{
    struct bench bench;
    struct order revoke;

    begin(&bench, EPOCH);
    see(&bench, a_view(true));
    step(&bench,
         (struct guard_event){.kind = GUARD_PROCESS, .process = {GUARD_PROCESS_GONE, 0, true}});
    ck_assert_int_eq(guard_testimony(&bench.guard), ORDER_UNKNOWN);
    revoke = an_order(&bench, OPERATION_ACTION_REVOKE, EPOCH + 1);
    order(&bench, &revoke);
    durable(&bench);
    ck_assert_int_eq(bench.guard.work.stage, GUARD_STAGE_NONE);
    ck_assert_int_eq(bench.guard.memory[0].outcome, ORDER_FAILED);
    ck_assert_int_eq(bench.guard.memory[0].proof, OPERATION_PROOF_NONE);
    process(&bench, GUARD_PROCESS_GONE); /* its pid file turned up, with a dead pid */
    ck_assert_int_eq(guard_testimony(&bench.guard), ORDER_STOPPED);
    ck_assert(bench.update.report);
    order(&bench, &revoke);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_STOPPED);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("guard_proof");
    TCase *tcase = tcase_create("guard_proof");

    tcase_add_loop_test(tcase, revoke_of_a_dead_server_says_stopped_once_the_floor_is_durable, 0,
                        2);
    tcase_add_loop_test(tcase, revoke_fences_and_answers_after_both_fence_and_floor, 0, 2);
    tcase_add_loop_test(tcase, revoke_kills_what_it_cannot_fence, 0, 2);
    tcase_add_test(tcase, revoke_without_a_write_gap_takes_a_third_of_the_way_to_the_next_rung);
    tcase_add_test(tcase, sf_08_a_grant_that_arrives_after_the_fence_changes_nothing);
    tcase_add_test(tcase, demote_raises_the_floor_only_with_the_fence);
    tcase_add_loop_test(tcase, a_demotion_that_fails_is_undone_under_the_old_lease, 0, 2);
    tcase_add_test(tcase, a_demotion_that_fails_is_not_undone_without_a_lease);
    tcase_add_test(tcase, after_a_proof_only_an_order_of_the_newer_epoch_opens_again);
    tcase_add_test(tcase, a_proof_that_can_not_be_made_durable_is_never_told);
    tcase_add_test(tcase, a_fence_that_lands_after_its_revoke_was_given_up_is_not_lifted);
    tcase_add_test(tcase, a_server_that_nobody_has_seen_end_proves_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
