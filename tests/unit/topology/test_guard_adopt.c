/* A server that was up before its agent, which may have lost its floor as well. */
#include "tests/unit/topology/guard_world.h"

START_TEST(sf_10_an_agent_that_finds_its_server_writable_fences_before_it_is_granted)
{
    struct bench bench;

    begin(&bench, EPOCH);
    if (_i == 0) {
        see(&bench, a_view(true)); /* else the ledger isn't known yet */
    }
    process(&bench, GUARD_PROCESS_UP);
    observe(&bench, false);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_SOFT_FENCE);
    task_done(&bench, true, true);
    tick_at(&bench, bench.now_ms + 100);
    ck_assert_uint_eq(bench.update.request.epoch, EPOCH);
    grant(&bench);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_LIFT_FENCE); /* SF-18: nobody is killed */
    task_done(&bench, true, false);
    ck_assert(guard_serves_writes(&bench.guard, bench.now_ms));
}
END_TEST

START_TEST(an_adopted_server_that_can_not_be_fenced_is_killed_a_gap_later)
{
    struct bench bench;
    uint64_t found_ms;

    begin(&bench, EPOCH);
    see(&bench, a_view(true));
    process(&bench, GUARD_PROCESS_UP);
    observe(&bench, false);
    found_ms = bench.now_ms;
    task_done(&bench, false, false);
    tick_at(&bench, found_ms + GAP_MS - 1);
    ck_assert(!bench.update.kill_server);
    tick_at(&bench, found_ms + GAP_MS);
    ck_assert(bench.update.kill_server);
}
END_TEST

/* The store was lost: until the ledger says which epoch it is, nothing is obeyed or asked. */
START_TEST(a_lost_floor_is_taken_from_the_ledger_before_anything_else)
{
    struct bench bench;
    struct order promote;

    begin(&bench, 0);
    guard_lose_floor(&bench.guard);
    process(&bench, GUARD_PROCESS_UP);
    observe(&bench, true);
    promote = an_order(&bench, OPERATION_ACTION_PROMOTE, EPOCH);
    order(&bench, &promote);
    expect_silence(&bench);
    tick_at(&bench, bench.now_ms + LEASE_MS);
    ck_assert(!bench.update.ask);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    see(&bench, a_view(true));
    ck_assert(bench.update.persist_floor);
    ck_assert_uint_eq(bench.guard.floor, EPOCH);
    ck_assert(bench.update.ask);
    promote.epoch = EPOCH - 1;
    order(&bench, &promote);
    expect_result(&bench, ORDER_REFUSED, OPERATION_PROOF_NONE);
}
END_TEST

START_TEST(a_writable_server_is_fenced_while_the_floor_is_lost_and_freed_by_its_lease)
{
    struct bench bench;

    begin(&bench, 0);
    guard_lose_floor(&bench.guard);
    process(&bench, GUARD_PROCESS_UP);
    observe(&bench, false);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_SOFT_FENCE);
    task_done(&bench, true, true);
    see(&bench, a_view(true));
    grant(&bench);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_LIFT_FENCE);
}
END_TEST

START_TEST(a_server_that_is_only_watched_is_freed_as_soon_as_that_is_known)
{
    struct bench bench;
    struct guard_view view = a_view(true);

    view.automation_on = false;
    begin(&bench, 0);
    guard_lose_floor(&bench.guard);
    process(&bench, GUARD_PROCESS_UP);
    observe(&bench, false);
    task_done(&bench, true, true);
    see(&bench, view);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_LIFT_FENCE);
}
END_TEST

START_TEST(an_adopted_server_that_never_answers_counts_as_writable)
{
    struct bench bench;

    begin(&bench, EPOCH);
    see(&bench, a_view(true));
    process(&bench, GUARD_PROCESS_UP);
    step(&bench, (struct guard_event){.kind = GUARD_SILENT});
    ck_assert(!bench.guard.armed);
    tick_at(&bench, bench.now_ms + GAP_MS);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_SOFT_FENCE);
    tick_at(&bench, bench.now_ms + GAP_MS);
    ck_assert(bench.update.kill_server);
}
END_TEST

/* An earlier life of the agent said FENCED, and somebody relies on it: the lock went with its
 * process, read_only keeps out not everybody. */
START_TEST(a_fence_of_an_earlier_life_is_taken_again)
{
    struct bench bench;
    struct guard_view view = a_view(_i == 0);

    view.revoking = _i == 0;   /* it is taken from this server, */
    view.ex_primary = _i == 1; /* or was, and this one hasn't been attached */
    begin(&bench, EPOCH);
    see(&bench, view);
    process(&bench, GUARD_PROCESS_UP);
    observe(&bench, true);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_SOFT_FENCE);
    task_done(&bench, true, true);
    ck_assert_int_eq(bench.guard.fence, GUARD_FENCE_HELD);
    tick_at(&bench, bench.now_ms + GAP_MS);
    ck_assert(!bench.update.kill_server);
}
END_TEST

/* The leader was faster: what it ordered ends that state. */
START_TEST(an_attachment_is_not_ended_by_the_fence_of_an_earlier_life)
{
    struct bench bench;
    struct guard_view view = a_view(false);
    struct order attach;

    view.ex_primary = true;
    begin(&bench, EPOCH);
    see(&bench, view);
    process(&bench, GUARD_PROCESS_UP);
    attach = an_order(&bench, OPERATION_ACTION_ATTACH, EPOCH);
    order(&bench, &attach);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
    observe(&bench, true);
    ck_assert(!bench.update.cancel_task);
    task_done(&bench, true, false);
    tick_at(&bench, bench.now_ms + GAP_MS);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    ck_assert_int_eq(bench.guard.fence, GUARD_FENCE_NONE);
}
END_TEST

/* Also one that was the primary, and follows without anybody having written down that it was
 * attached: the lock would stop its replication. */
START_TEST(an_adopted_replica_is_left_alone)
{
    struct bench bench;
    struct guard_view view = a_view(false);

    view.ex_primary = _i == 1;
    begin(&bench, EPOCH);
    see(&bench, view);
    process(&bench, GUARD_PROCESS_UP);
    bench.observation.channel_count = 1;
    bench.observation.channels[0].io = OBSERVATION_THREAD_YES;
    bench.observation.channels[0].sql = OBSERVATION_THREAD_YES;
    observe(&bench, true);
    tick_at(&bench, bench.now_ms + GAP_MS);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    ck_assert(!bench.update.kill_server);
}
END_TEST

/* Automation was switched to watching while the primary moves. */
START_TEST(what_only_watches_lifts_no_fence_while_the_primary_is_taken_away)
{
    struct bench bench;
    struct guard_view view = a_view(true);

    begin(&bench, EPOCH);
    see(&bench, view);
    process(&bench, GUARD_PROCESS_UP);
    observe(&bench, false);
    task_done(&bench, true, true);
    ck_assert_int_eq(bench.guard.fence, GUARD_FENCE_HELD);
    view.revoking = true;
    view.automation_on = false;
    see(&bench, view);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    view.revoking = false; /* undone */
    see(&bench, view);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_LIFT_FENCE);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("guard_adopt");
    TCase *tcase = tcase_create("guard_adopt");

    tcase_add_loop_test(
        tcase, sf_10_an_agent_that_finds_its_server_writable_fences_before_it_is_granted, 0, 2);
    tcase_add_test(tcase, an_adopted_server_that_can_not_be_fenced_is_killed_a_gap_later);
    tcase_add_test(tcase, a_lost_floor_is_taken_from_the_ledger_before_anything_else);
    tcase_add_test(tcase,
                   a_writable_server_is_fenced_while_the_floor_is_lost_and_freed_by_its_lease);
    tcase_add_test(tcase, a_server_that_is_only_watched_is_freed_as_soon_as_that_is_known);
    tcase_add_test(tcase, an_adopted_server_that_never_answers_counts_as_writable);
    tcase_add_loop_test(tcase, a_fence_of_an_earlier_life_is_taken_again, 0, 2);
    tcase_add_test(tcase, an_attachment_is_not_ended_by_the_fence_of_an_earlier_life);
    tcase_add_loop_test(tcase, an_adopted_replica_is_left_alone, 0, 2);
    tcase_add_test(tcase, what_only_watches_lifts_no_fence_while_the_primary_is_taken_away);
    suite_add_tcase(suite, tcase);
    return suite;
}
