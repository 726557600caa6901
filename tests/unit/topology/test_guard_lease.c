/* The way to writable: who asks for a lease, and what is opened under it. */
#include "tests/unit/topology/guard_world.h"

START_TEST(the_named_primary_asks_for_a_lease_while_it_is_read_only)
{
    struct bench bench;

    begin_read_only(&bench, a_view(true));
    tick_at(&bench, bench.now_ms + 100);
    ck_assert(bench.update.ask);
    ck_assert_uint_eq(bench.update.request.epoch, EPOCH);
    grant(&bench);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE); /* a lease alone opens nothing */
    ck_assert(!guard_serves_writes(&bench.guard, bench.now_ms));
}
END_TEST

START_TEST(a_replica_asks_for_no_lease)
{
    struct bench bench;

    begin_read_only(&bench, a_view(false));
    tick_at(&bench, bench.now_ms + 1000);
    ck_assert(!bench.update.ask);
}
END_TEST

START_TEST(the_candidate_asks_from_the_order_to_drain_on)
{
    struct bench bench;
    struct order drain;

    begin_read_only(&bench, a_view(false));
    drain = an_order(&bench, OPERATION_ACTION_DRAIN, EPOCH + 1);
    order(&bench, &drain);
    ck_assert(bench.update.ask);
    ck_assert_uint_eq(bench.update.request.epoch, EPOCH + 1);
    ck_assert(bench.update.persist_floor);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER); /* beside the fsync */
    task_done(&bench, true, false);
    expect_silence(&bench); /* the answer waits for it */
    durable(&bench);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_NONE);
}
END_TEST

START_TEST(promote_waits_for_lease_and_floor)
{
    struct bench bench;
    struct order promote;

    begin_read_only(&bench, a_view(false));
    promote = an_order(&bench, OPERATION_ACTION_PROMOTE, EPOCH + 1);
    order(&bench, &promote);
    ck_assert(bench.update.ask);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    grant(&bench);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    durable(&bench);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
}
END_TEST

START_TEST(promote_without_a_lease_fails_at_its_deadline)
{
    struct bench bench;
    struct order promote;

    begin_read_only(&bench, a_view(false));
    promote = an_order(&bench, OPERATION_ACTION_PROMOTE, EPOCH + 1);
    order(&bench, &promote);
    durable(&bench);
    tick_at(&bench, bench.now_ms + promote.deadline_ms - 1);
    expect_silence(&bench);
    tick_at(&bench, bench.now_ms + 1);
    expect_result(&bench, ORDER_FAILED, OPERATION_PROOF_NONE);
    ck_assert_ptr_nonnull(strstr(bench.update.results[0].detail, "lease"));
}
END_TEST

START_TEST(a_lease_of_another_epoch_does_not_promote)
{
    struct bench bench;
    struct order promote;

    begin_read_only(&bench, a_view(true));
    tick_at(&bench, bench.now_ms + 100);
    grant(&bench); /* of EPOCH */
    promote = an_order(&bench, OPERATION_ACTION_PROMOTE, EPOCH + 1);
    order(&bench, &promote);
    durable(&bench);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    ck_assert_uint_eq(bench.guard.lease.epoch, 0); /* the floor took it */
}
END_TEST

START_TEST(a_failed_promotion_leaves_nothing_writable)
{
    struct bench bench;

    begin_promotion(&bench);
    task_done(&bench, false, false);
    expect_result(&bench, ORDER_FAILED, OPERATION_PROOF_NONE);
    tick_at(&bench, bench.now_ms + GUARD_RETRY_MS);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_MAKE_READ_ONLY);
    task_done(&bench, true, false);
    ck_assert(!bench.guard.armed);
}
END_TEST

START_TEST(what_the_order_demands_counts_more_than_a_view_that_lags)
{
    struct bench bench;
    struct guard_view view = a_view(true);
    struct order promote;

    view.automation_on = false; /* it is on, but this ledger doesn't know yet */
    begin_read_only(&bench, view);
    promote = an_order(&bench, OPERATION_ACTION_PROMOTE, EPOCH);
    promote.leased = true;
    order(&bench, &promote);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    see(&bench, a_view(true));
    ck_assert(bench.update.ask);
    grant(&bench);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
}
END_TEST

START_TEST(in_observe_an_order_opens_without_a_lease_and_nothing_is_fenced)
{
    struct bench bench;
    struct guard_view view = a_view(true);
    struct order promote;

    view.automation_on = false;
    begin_read_only(&bench, view);
    promote = an_order(&bench, OPERATION_ACTION_PROMOTE, EPOCH);
    order(&bench, &promote);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
    task_done(&bench, true, false);
    tick_at(&bench, bench.now_ms + 100 * LEASE_MS);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    ck_assert(!bench.update.ask);
    ck_assert(!bench.update.kill_server);
    ck_assert(guard_serves_writes(&bench.guard, bench.now_ms));
}
END_TEST

START_TEST(the_candidate_asks_at_once_when_it_can_be_granted)
{
    struct bench bench;
    struct guard_view view = a_view(true);
    struct order drain;
    struct order promote;

    begin_read_only(&bench, a_view(false));
    drain = an_order(&bench, OPERATION_ACTION_DRAIN, EPOCH + 1);
    order(&bench, &drain);
    ck_assert(bench.update.ask); /* in vain: nobody grants before it is chosen */
    task_done(&bench, true, false);
    durable(&bench);
    ck_assert(!bench.update.ask);
    if (_i == 0) {
        promote = an_order(&bench, OPERATION_ACTION_PROMOTE, EPOCH + 1);
        order(&bench, &promote);
    } else {
        view.epoch = EPOCH + 1;
        see(&bench, view);
    }
    ck_assert(bench.update.ask);
    ck_assert_uint_eq(bench.update.request.epoch, EPOCH + 1);
    grant(&bench);
    see(&bench, view);
    ck_assert(!bench.update.ask);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("guard_lease");
    TCase *tcase = tcase_create("guard_lease");

    tcase_add_test(tcase, the_named_primary_asks_for_a_lease_while_it_is_read_only);
    tcase_add_test(tcase, a_replica_asks_for_no_lease);
    tcase_add_test(tcase, the_candidate_asks_from_the_order_to_drain_on);
    tcase_add_test(tcase, promote_waits_for_lease_and_floor);
    tcase_add_test(tcase, promote_without_a_lease_fails_at_its_deadline);
    tcase_add_test(tcase, a_lease_of_another_epoch_does_not_promote);
    tcase_add_test(tcase, a_failed_promotion_leaves_nothing_writable);
    tcase_add_test(tcase, what_the_order_demands_counts_more_than_a_view_that_lags);
    tcase_add_test(tcase, in_observe_an_order_opens_without_a_lease_and_nothing_is_fenced);
    tcase_add_loop_test(tcase, the_candidate_asks_at_once_when_it_can_be_granted, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
