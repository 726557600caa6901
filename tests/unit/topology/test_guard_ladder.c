/* The ladder: how a server that may not take writes any more is kept from it, and let in again. */
#include "tests/unit/topology/guard_world.h"

START_TEST(without_renewal_the_soft_fence_comes_at_two_thirds)
{
    struct bench bench;
    uint64_t sent_ms;

    begin_primary(&bench);
    sent_ms = bench.guard.lease.sent_ms;
    tick_at(&bench, sent_ms + 1999);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    ck_assert_uint_le(bench.update.wake_ms, sent_ms + 2000);
    tick_at(&bench, sent_ms + 2000);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_SOFT_FENCE);
    ck_assert_uint_eq(bench.update.task_limit_ms, GAP_MS / 3);
    task_done(&bench, true, true);
    ck_assert(bench.update.report);
    tick_at(&bench, sent_ms + 10 * LEASE_MS);
    ck_assert(!bench.update.kill_server); /* it is held: that is enough */
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
}
END_TEST

START_TEST(a_soft_fence_that_is_not_had_ends_with_sigkill_at_nine_tenths)
{
    struct bench bench;
    uint64_t sent_ms;

    begin_primary(&bench);
    sent_ms = bench.guard.lease.sent_ms;
    tick_at(&bench, sent_ms + 2000);
    task_done(&bench, false, false);
    tick_at(&bench, sent_ms + 2000 + GUARD_RETRY_MS);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_SOFT_FENCE); /* once more */
    tick_at(&bench, sent_ms + 2699);
    ck_assert(!bench.update.kill_server);
    tick_at(&bench, sent_ms + 2700);
    ck_assert(bench.update.kill_server);
    process(&bench, GUARD_PROCESS_GONE);
    ck_assert_int_eq(guard_testimony(&bench.guard), ORDER_STOPPED);
    ck_assert(!bench.update.start_server); /* the ledger names it: the leader says when */
}
END_TEST

START_TEST(a_loop_that_wakes_late_kills_first)
{
    struct bench bench;

    begin_primary(&bench);
    tick_at(&bench, bench.guard.lease.sent_ms + LEASE_MS + 500);
    ck_assert(bench.update.kill_server);
}
END_TEST

START_TEST(a_fence_whose_lock_is_lost_past_the_hard_rung_ends_with_sigkill)
{
    struct bench bench;
    uint64_t sent_ms;

    begin_primary(&bench);
    sent_ms = bench.guard.lease.sent_ms;
    tick_at(&bench, sent_ms + 2000);
    task_done(&bench, true, true);
    bench.now_ms = _i == 0 ? sent_ms + 2100 : sent_ms + 2800;
    step(&bench, (struct guard_event){.kind = GUARD_FENCE_LOST});
    if (_i == 0) {
        ck_assert_int_eq(bench.update.task, GUARD_TASK_SOFT_FENCE);
        ck_assert(!bench.update.kill_server);
    } else {
        ck_assert(bench.update.kill_server);
    }
}
END_TEST

START_TEST(a_fence_that_a_proof_was_built_on_is_not_lost_unpunished)
{
    struct bench bench;
    struct order revoke;

    begin_primary(&bench);
    revoke = an_order(&bench, OPERATION_ACTION_REVOKE, EPOCH + 1);
    order(&bench, &revoke);
    task_done(&bench, true, true);
    durable(&bench);
    step(&bench, (struct guard_event){.kind = GUARD_FENCE_LOST});
    ck_assert(bench.update.kill_server);
}
END_TEST

START_TEST(contact_that_returns_lifts_the_fence)
{
    struct bench bench;

    begin_primary(&bench);
    tick_at(&bench, bench.guard.lease.sent_ms + 2000);
    task_done(&bench, true, true);
    tick_at(&bench, bench.now_ms + 100);
    grant(&bench);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_LIFT_FENCE);
    task_done(&bench, true, false);
    ck_assert(guard_serves_writes(&bench.guard, bench.now_ms));
}
END_TEST

START_TEST(the_lock_is_let_go_by_the_order_that_attaches)
{
    struct bench bench;
    struct guard_view view = a_view(false);
    struct order attach;

    begin_primary(&bench);
    tick_at(&bench, bench.guard.lease.sent_ms + 2000);
    task_done(&bench, true, true);
    view.epoch = EPOCH + 1;
    view.ex_primary = true;
    see(&bench, view);
    tick_at(&bench, bench.now_ms + 10 * LEASE_MS);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    attach = an_order(&bench, OPERATION_ACTION_ATTACH, EPOCH + 1);
    order(&bench, &attach);
    durable(&bench);
    task_done(&bench, true, false);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_NONE);
    ck_assert_int_eq(bench.guard.fence, GUARD_FENCE_NONE);
    tick_at(&bench, bench.now_ms + 10 * LEASE_MS);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    ck_assert(!bench.update.kill_server);
}
END_TEST

START_TEST(a_writable_replica_is_made_read_only_without_a_lock)
{
    struct bench bench;

    begin_read_only(&bench, a_view(false));
    observe(&bench, false);
    ck_assert(bench.update.report);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_MAKE_READ_ONLY);
    task_done(&bench, false, false);
    tick_at(&bench, bench.now_ms + 10 * LEASE_MS);
    ck_assert(!bench.update.kill_server);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_MAKE_READ_ONLY);
    task_done(&bench, true, false);
    observe(&bench, true);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
}
END_TEST

START_TEST(a_writable_primary_of_an_older_epoch_is_fenced_at_once_lease_or_not)
{
    struct bench bench;
    struct guard_view view = a_view(false);

    begin_primary(&bench);
    view.epoch = EPOCH + 1; /* a person said that it is dead */
    view.ex_primary = true;
    see(&bench, view);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_SOFT_FENCE);
    tick_at(&bench, bench.now_ms + GAP_MS);
    ck_assert(bench.update.kill_server);
}
END_TEST

START_TEST(a_server_that_came_up_writable_by_itself_is_not_kept_so)
{
    struct bench bench;

    begin_read_only(&bench, a_view(true));
    tick_at(&bench, bench.now_ms + 100);
    grant(&bench);
    observe(&bench, false);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_MAKE_READ_ONLY);
}
END_TEST

START_TEST(switching_automation_on_does_not_fence_a_primary_that_gets_its_lease)
{
    struct bench bench;
    struct guard_view view = a_view(true);

    begin(&bench, 0);
    view.automation_on = false;
    see(&bench, view);
    process(&bench, GUARD_PROCESS_UP);
    observe(&bench, false);
    tick_at(&bench, bench.now_ms + 5000);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    see(&bench, a_view(true));
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    ck_assert(bench.update.ask);
    if (_i == 0) {
        grant(&bench);
        tick_at(&bench, bench.now_ms + 1000);
        ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
        ck_assert(guard_serves_writes(&bench.guard, bench.now_ms));
    } else { /* none comes: a tenth of a lease, then the fence */
        tick_at(&bench, bench.now_ms + LEASE_MS / 10);
        ck_assert_int_eq(bench.update.task, GUARD_TASK_SOFT_FENCE);
    }
}
END_TEST

START_TEST(the_ladder_calls_the_hand_off_what_it_does)
{
    struct bench bench;
    struct order finish;

    begin_primary(&bench);
    finish = an_order(&bench, OPERATION_ACTION_FINISH, EPOCH);
    order(&bench, &finish);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
    tick_at(&bench, bench.guard.lease.sent_ms + 2000);
    ck_assert(bench.update.cancel_task);
    task_done(&bench, false, false);
    tick_at(&bench, bench.now_ms + GUARD_RETRY_MS);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_SOFT_FENCE);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("guard_ladder");
    TCase *tcase = tcase_create("guard_ladder");

    tcase_add_test(tcase, without_renewal_the_soft_fence_comes_at_two_thirds);
    tcase_add_test(tcase, a_soft_fence_that_is_not_had_ends_with_sigkill_at_nine_tenths);
    tcase_add_test(tcase, a_loop_that_wakes_late_kills_first);
    tcase_add_loop_test(tcase, a_fence_whose_lock_is_lost_past_the_hard_rung_ends_with_sigkill, 0,
                        2);
    tcase_add_test(tcase, a_fence_that_a_proof_was_built_on_is_not_lost_unpunished);
    tcase_add_test(tcase, contact_that_returns_lifts_the_fence);
    tcase_add_test(tcase, the_lock_is_let_go_by_the_order_that_attaches);
    tcase_add_test(tcase, a_writable_replica_is_made_read_only_without_a_lock);
    tcase_add_test(tcase, a_writable_primary_of_an_older_epoch_is_fenced_at_once_lease_or_not);
    tcase_add_test(tcase, a_server_that_came_up_writable_by_itself_is_not_kept_so);
    tcase_add_loop_test(tcase, switching_automation_on_does_not_fence_a_primary_that_gets_its_lease,
                        0, 2);
    tcase_add_test(tcase, the_ladder_calls_the_hand_off_what_it_does);
    suite_add_tcase(suite, tcase);
    return suite;
}
