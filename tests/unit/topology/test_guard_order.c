/* The guard and its orders: which it obeys, which it repeats, and which come to nothing. */
#include "tests/unit/topology/guard_world.h"

START_TEST(SF_32_CL_06_older_orders_are_refused)
{
    struct bench bench;
    struct order seen;

    begin_read_only(&bench, a_view(false));
    bench.step = 3;
    seen = an_order(&bench, OPERATION_ACTION_STOP_IO, EPOCH + 1);
    order(&bench, &seen);
    durable(&bench);
    task_done(&bench, true, false);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_NONE);
    for (int i = 0; i < 4; i++) {
        struct order old = seen;

        old.term -= i == 0;
        old.epoch -= i == 1;
        old.operation -= i == 2;
        old.step -= i == 3;
        order(&bench, &old);
        expect_result(&bench, ORDER_REFUSED, OPERATION_PROOF_NONE);
        ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    }
}
END_TEST

START_TEST(orders_below_the_floor_or_for_another_server_are_refused)
{
    struct bench bench;
    struct order below;
    struct order other;

    begin_read_only(&bench, a_view(false));
    below = an_order(&bench, OPERATION_ACTION_STOP_IO, EPOCH - 1);
    order(&bench, &below);
    expect_result(&bench, ORDER_REFUSED, OPERATION_PROOF_NONE);
    other = an_order(&bench, OPERATION_ACTION_STOP_IO, EPOCH);
    text_copy(other.server, sizeof other.server, "db2");
    order(&bench, &other);
    expect_result(&bench, ORDER_REFUSED, OPERATION_PROOF_NONE);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
}
END_TEST

START_TEST(an_order_for_another_start_of_the_agent_is_not_answered)
{
    struct bench bench;
    struct order stop_io;

    begin_read_only(&bench, a_view(false));
    stop_io = an_order(&bench, OPERATION_ACTION_STOP_IO, EPOCH);
    stop_io.start_id++;
    order(&bench, &stop_io);
    expect_silence(&bench);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    stop_io.start_id--;
    order(&bench, &stop_io);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
}
END_TEST

START_TEST(a_duplicate_joins_or_is_answered_from_memory)
{
    struct bench bench;
    struct order stop_io;

    begin_read_only(&bench, a_view(false));
    stop_io = an_order(&bench, OPERATION_ACTION_STOP_IO, EPOCH);
    order(&bench, &stop_io);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
    order(&bench, &stop_io);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    expect_silence(&bench);
    stop_io.term++; /* a new leader sends it again: the answer is for it */
    order(&bench, &stop_io);
    expect_silence(&bench);
    task_done(&bench, true, false);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_NONE);
    ck_assert_uint_eq(bench.update.results[0].term, TERM + 1);
    order(&bench, &stop_io);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_NONE);
    ck_assert_uint_eq(bench.update.results[0].position.gtids[0].sequence, 77);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    stop_io.term++; /* a still newer one wants to know how it is now */
    order(&bench, &stop_io);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
}
END_TEST

START_TEST(a_newer_operation_supersedes_the_order_in_work)
{
    struct bench bench;
    struct order repoint;
    struct order stop_io;

    begin_read_only(&bench, a_view(false));
    repoint = an_order(&bench, OPERATION_ACTION_REPOINT, EPOCH);
    order(&bench, &repoint);
    stop_io = an_order(&bench, OPERATION_ACTION_STOP_IO, EPOCH + 1);
    order(&bench, &stop_io);
    expect_result(&bench, ORDER_FAILED, OPERATION_PROOF_NONE);
    ck_assert_uint_eq(bench.update.results[0].operation, EPOCH);
    ck_assert(bench.update.cancel_task);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE); /* the hand is busy yet */
    task_done(&bench, false, false);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
    ck_assert_int_eq(bench.guard.work.order.action, OPERATION_ACTION_STOP_IO);
}
END_TEST

START_TEST(the_next_order_of_the_same_operation_waits_its_turn)
{
    struct bench bench;
    struct order first;
    struct order second;

    begin_read_only(&bench, a_view(false));
    first = an_order(&bench, OPERATION_ACTION_STOP_IO, EPOCH);
    second = an_order(&bench, OPERATION_ACTION_DRAIN, EPOCH);
    order(&bench, &first);
    order(&bench, &second);
    expect_silence(&bench);
    ck_assert(!bench.update.cancel_task);
    task_done(&bench, true, false);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_NONE);
    ck_assert_uint_le(bench.update.wake_ms, bench.now_ms);
    tick_at(&bench, bench.now_ms);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
    ck_assert_int_eq(bench.guard.work.order.action, OPERATION_ACTION_DRAIN);
}
END_TEST

START_TEST(an_order_past_its_deadline_fails_and_frees_the_hand)
{
    struct bench bench;
    struct order drain;

    begin_read_only(&bench, a_view(false));
    drain = an_order(&bench, OPERATION_ACTION_DRAIN, EPOCH);
    order(&bench, &drain);
    ck_assert_uint_eq(bench.update.task_limit_ms, drain.deadline_ms);
    tick_at(&bench, bench.now_ms + drain.deadline_ms);
    expect_result(&bench, ORDER_FAILED, OPERATION_PROOF_NONE);
    ck_assert(bench.update.cancel_task);
    task_done(&bench, false, false);
    expect_silence(&bench);
}
END_TEST

START_TEST(what_failed_is_tried_again_when_its_order_comes_again)
{
    struct bench bench;
    struct order drain;

    begin_read_only(&bench, a_view(false));
    drain = an_order(&bench, OPERATION_ACTION_DRAIN, EPOCH);
    order(&bench, &drain);
    if (_i == 0) {
        task_done(&bench, false, false);
    } else {
        tick_at(&bench, bench.now_ms + drain.deadline_ms);
    }
    expect_result(&bench, ORDER_FAILED, OPERATION_PROOF_NONE);
    if (_i == 1) {
        task_done(&bench, false, false); /* called off */
    }
    order(&bench, &drain);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
    expect_silence(&bench);
    task_done(&bench, true, false);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_NONE);
}
END_TEST

START_TEST(a_late_duplicate_of_a_failed_demotion_does_not_fence_again)
{
    struct bench bench;
    struct order demote;

    begin_primary(&bench);
    demote = an_order(&bench, OPERATION_ACTION_DEMOTE, EPOCH + 1);
    order(&bench, &demote);
    task_done(&bench, false, false);
    order(&bench, &demote);
    expect_result(&bench, ORDER_FAILED, OPERATION_PROOF_NONE);
    ck_assert_int_eq(bench.guard.work.stage, GUARD_STAGE_NONE);
}
END_TEST

START_TEST(an_order_in_work_is_not_refused_because_its_successor_is_here_too)
{
    struct bench bench;
    struct order start;
    struct order promote;

    begin(&bench, EPOCH);
    process(&bench, GUARD_PROCESS_GONE);
    see(&bench, a_view(true));
    start = an_order(&bench, OPERATION_ACTION_START, EPOCH);
    promote = an_order(&bench, OPERATION_ACTION_PROMOTE, EPOCH);
    order(&bench, &start);
    order(&bench, &promote);
    order(&bench, &start); /* sent again: it takes a while */
    expect_silence(&bench);
    order(&bench, &promote);
    expect_silence(&bench);
    start.term++; /* and by a new leader */
    order(&bench, &start);
    expect_silence(&bench);
    ck_assert(bench.guard.has_next);
    process(&bench, GUARD_PROCESS_UP);
    observe(&bench, true);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_NONE);
    ck_assert_uint_eq(bench.update.results[0].step, start.step);
    ck_assert_uint_eq(bench.update.results[0].term, start.term);
}
END_TEST

START_TEST(a_task_that_outlives_its_process_is_called_off_and_not_trusted)
{
    struct bench bench;

    begin_promotion(&bench);
    process(&bench, GUARD_PROCESS_GONE);
    ck_assert(bench.update.cancel_task);
    bench.now_ms++;
    step(&bench,
         (struct guard_event){.kind = GUARD_PROCESS, .process = {GUARD_PROCESS_UP, PID + 1}});
    task_done(&bench, false, false); /* who knows which of the two it reached */
    ck_assert_int_eq(bench.update.task, GUARD_TASK_MAKE_READ_ONLY);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("guard_order");
    TCase *tcase = tcase_create("guard_order");

    tcase_add_test(tcase, SF_32_CL_06_older_orders_are_refused);
    tcase_add_test(tcase, orders_below_the_floor_or_for_another_server_are_refused);
    tcase_add_test(tcase, an_order_for_another_start_of_the_agent_is_not_answered);
    tcase_add_test(tcase, a_duplicate_joins_or_is_answered_from_memory);
    tcase_add_test(tcase, a_newer_operation_supersedes_the_order_in_work);
    tcase_add_test(tcase, the_next_order_of_the_same_operation_waits_its_turn);
    tcase_add_test(tcase, an_order_past_its_deadline_fails_and_frees_the_hand);
    tcase_add_loop_test(tcase, what_failed_is_tried_again_when_its_order_comes_again, 0, 2);
    tcase_add_test(tcase, a_late_duplicate_of_a_failed_demotion_does_not_fence_again);
    tcase_add_test(tcase, an_order_in_work_is_not_refused_because_its_successor_is_here_too);
    tcase_add_test(tcase, a_task_that_outlives_its_process_is_called_off_and_not_trusted);
    suite_add_tcase(suite, tcase);
    return suite;
}
