#include "tests/unit/main.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "topology/guard.h"

enum { START_ID = 9, LEASE_MS = 3000, GAP_MS = 700, EPOCH = 5, TERM = 2, PID = 4242 };

/* One guard and what it last asked for. Time stands still unless a test moves it. */
struct bench {
    struct guard guard;
    struct guard_update update;
    struct observation observation;
    uint64_t now_ms;
    uint32_t step;
};

static void step(struct bench *bench, struct guard_event event)
{
    event.now_ms = bench->now_ms;
    guard_step(&bench->guard, &event, &bench->update);
}

static void tick_at(struct bench *bench, uint64_t now_ms)
{
    ck_assert_uint_ge(now_ms, bench->now_ms);
    bench->now_ms = now_ms;
    step(bench, (struct guard_event){.kind = GUARD_TICK});
}

static struct guard_view a_view(bool primary)
{
    return (struct guard_view){.known = true,
                               .automation_on = true,
                               .epoch = EPOCH,
                               .opened_epoch = EPOCH,
                               .primary = primary,
                               .lease_ms = LEASE_MS,
                               .heartbeat_ms = 100};
}

static void see(struct bench *bench, struct guard_view view)
{
    step(bench, (struct guard_event){.kind = GUARD_VIEW, .view = view});
}

static void process(struct bench *bench, enum guard_process state)
{
    step(bench, (struct guard_event){.kind = GUARD_PROCESS, .process = {state, PID}});
}

static void observe(struct bench *bench, bool read_only)
{
    bench->now_ms++; /* the question was sent after whatever happened before */
    bench->observation.read_only = read_only;
    step(bench, (struct guard_event){.kind = GUARD_OBSERVED,
                                     .observed = {&bench->observation, bench->now_ms}});
}

static void durable(struct bench *bench)
{
    step(bench,
         (struct guard_event){.kind = GUARD_FLOOR_DURABLE, .floor = bench->guard.floor_writing});
}

static void task_done(struct bench *bench, bool done, bool locked)
{
    struct guard_event event = {.kind = GUARD_TASK_DONE};

    event.task.number = bench->guard.task_number;
    event.task.done = done;
    event.task.locked = locked;
    event.task.detail = done ? "as wanted" : "in vain";
    event.task.position.count = 1;
    event.task.position.gtids[0] = (struct gtid){0, 1, 77};
    step(bench, event);
}

/* Answers the request that the last update holds. */
static void grant(struct bench *bench)
{
    const struct order_lease_request *request = &bench->update.request;
    struct order_lease_answer answer = {.start_id = request->start_id,
                                        .number = request->number,
                                        .epoch = request->epoch,
                                        .term = TERM,
                                        .length_ms = LEASE_MS};

    ck_assert(bench->update.ask);
    step(bench, (struct guard_event){.kind = GUARD_LEASE_ANSWER, .answer = &answer});
}

static struct order an_order(struct bench *bench, enum operation_action action, uint64_t epoch)
{
    struct order order = {.start_id = START_ID,
                          .term = TERM,
                          .epoch = epoch,
                          .operation = epoch,
                          .step = bench->step++,
                          .action = action,
                          .deadline_ms = 5000,
                          .write_gap_ms = 200};

    text_copy(order.server, sizeof order.server, "db1");
    return order;
}

static void order(struct bench *bench, const struct order *order)
{
    step(bench, (struct guard_event){.kind = GUARD_ORDER, .order = order});
}

static void expect_result(const struct bench *bench, enum order_outcome outcome,
                          enum operation_proof proof)
{
    ck_assert_uint_eq(bench->update.result_count, 1);
    ck_assert_msg(bench->update.results[0].outcome == outcome, "%s",
                  bench->update.results[0].detail);
    ck_assert_int_eq(bench->update.results[0].proof, proof);
    ck_assert_str_eq(bench->update.results[0].server, "db1");
    ck_assert_str_ne(bench->update.results[0].detail, "");
}

static void expect_silence(const struct bench *bench)
{
    ck_assert_uint_eq(bench->update.result_count, 0);
}

static void begin(struct bench *bench, uint64_t floor)
{
    memset(bench, 0, sizeof *bench);
    bench->now_ms = 1000000;
    guard_init(&bench->guard, "db1", START_ID, floor, true);
}

/* A guard that has started its agent before its server, which came up read-only. */
static void begin_read_only(struct bench *bench, struct guard_view view)
{
    begin(bench, EPOCH);
    process(bench, GUARD_PROCESS_GONE);
    see(bench, view);
    process(bench, GUARD_PROCESS_UP);
    observe(bench, true);
}

/* The primary of EPOCH, opened by an order, under a lease that was asked for at now_ms. */
static void begin_primary(struct bench *bench)
{
    struct order promote;

    begin(bench, 0);
    process(bench, GUARD_PROCESS_GONE);
    see(bench, a_view(true));
    process(bench, GUARD_PROCESS_UP);
    grant(bench);
    promote = an_order(bench, OPERATION_ACTION_PROMOTE, EPOCH);
    order(bench, &promote);
    ck_assert(bench->update.persist_floor);
    ck_assert_int_eq(bench->update.task, GUARD_TASK_NONE);
    durable(bench);
    ck_assert_int_eq(bench->update.task, GUARD_TASK_ORDER);
    task_done(bench, true, false);
    expect_result(bench, ORDER_DONE, OPERATION_PROOF_NONE);
    ck_assert(guard_serves_writes(&bench->guard, bench->now_ms));
}

/* ---- the way to writable ---------------------------------------------------------- */

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
    struct order promote;

    begin_read_only(&bench, a_view(true));
    tick_at(&bench, bench.now_ms + 100);
    grant(&bench);
    promote = an_order(&bench, OPERATION_ACTION_PROMOTE, EPOCH);
    order(&bench, &promote);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
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

/* ---- which orders are obeyed ---------------------------------------------------------- */

START_TEST(sf_32_older_orders_are_refused)
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

/* ---- revoke, demote --------------------------------------------------------------------- */

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

START_TEST(a_task_that_outlives_its_process_is_called_off_and_not_trusted)
{
    struct bench bench;
    struct order promote;

    begin_read_only(&bench, a_view(true));
    tick_at(&bench, bench.now_ms + 100);
    grant(&bench);
    promote = an_order(&bench, OPERATION_ACTION_PROMOTE, EPOCH);
    order(&bench, &promote);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_ORDER);
    process(&bench, GUARD_PROCESS_GONE);
    ck_assert(bench.update.cancel_task);
    bench.now_ms++;
    step(&bench,
         (struct guard_event){.kind = GUARD_PROCESS, .process = {GUARD_PROCESS_UP, PID + 1}});
    task_done(&bench, false, false); /* who knows which of the two it reached */
    ck_assert_int_eq(bench.update.task, GUARD_TASK_MAKE_READ_ONLY);
}
END_TEST

/* ---- the ladder --------------------------------------------------------------------------- */

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

/* ---- a dead server --------------------------------------------------------------------------- */

START_TEST(an_ex_primary_is_started_once_another_is_opened)
{
    struct bench bench;
    struct guard_view view = a_view(true);

    begin_primary(&bench);
    process(&bench, GUARD_PROCESS_GONE);
    ck_assert(!bench.update.start_server);
    view.primary = false;
    view.ex_primary = true;
    view.epoch = EPOCH + 1; /* chosen: not yet */
    see(&bench, view);
    ck_assert(!bench.update.start_server);
    view.opened_epoch = EPOCH + 1;
    see(&bench, view);
    ck_assert(bench.update.start_server);
    tick_at(&bench, bench.now_ms + 60000);
    ck_assert(!bench.update.start_server); /* one at a time */
}
END_TEST

START_TEST(starts_that_fail_are_tried_again_ever_more_slowly)
{
    struct bench bench;
    uint64_t wait_ms = GUARD_START_MS_MIN;

    begin(&bench, EPOCH);
    process(&bench, GUARD_PROCESS_GONE);
    see(&bench, a_view(false));
    for (int i = 0; i < 8; i++) {
        ck_assert(bench.update.start_server);
        step(&bench,
             (struct guard_event){.kind = GUARD_START_DONE, .start = {false, "exit status 1"}});
        ck_assert(!bench.update.start_server);
        tick_at(&bench, bench.now_ms + wait_ms - 1);
        ck_assert(!bench.update.start_server);
        tick_at(&bench, bench.now_ms + 1);
        wait_ms = wait_ms * 2 > GUARD_START_MS_MAX ? GUARD_START_MS_MAX : wait_ms * 2;
    }
}
END_TEST

START_TEST(nothing_is_started_in_observe_or_where_it_is_forbidden)
{
    struct bench bench;
    struct guard_view view = a_view(false);

    begin(&bench, EPOCH);
    process(&bench, GUARD_PROCESS_GONE);
    view.automation_on = false;
    see(&bench, view);
    ck_assert(!bench.update.start_server);
    bench.guard.restart = false;
    see(&bench, a_view(false));
    ck_assert(!bench.update.start_server);
}
END_TEST

START_TEST(the_primary_is_started_by_order_and_done_when_it_answers)
{
    struct bench bench;
    struct order start;

    begin_primary(&bench);
    process(&bench, GUARD_PROCESS_GONE);
    start = an_order(&bench, OPERATION_ACTION_START, EPOCH);
    order(&bench, &start);
    ck_assert(bench.update.start_server);
    process(&bench, GUARD_PROCESS_UP);
    expect_silence(&bench);
    observe(&bench, true);
    expect_result(&bench, ORDER_DONE, OPERATION_PROOF_NONE);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE); /* read-only, though it has a lease */
}
END_TEST

static void expect_role(struct bench *bench, const struct guard_view *view, enum guard_role role)
{
    see(bench, *view);
    ck_assert_int_eq(guard_role(&bench->guard), role);
}

START_TEST(the_gate_is_told_what_to_start_as)
{
    struct bench bench;
    struct guard_view view = a_view(true);

    begin(&bench, EPOCH);
    ck_assert_int_eq(guard_role(&bench.guard), GUARD_ROLE_WAIT);
    expect_role(&bench, &view, GUARD_ROLE_MASTER);
    view.revoking = true;
    expect_role(&bench, &view, GUARD_ROLE_WAIT);
    view = a_view(false);
    expect_role(&bench, &view, GUARD_ROLE_MASTER);
    view.ex_primary = true;
    expect_role(&bench, &view, GUARD_ROLE_SLAVE);
    view.epoch++; /* chosen, not yet promoted: SF-50 */
    expect_role(&bench, &view, GUARD_ROLE_WAIT);
    view = a_view(false);
    view.automation_on = false;
    expect_role(&bench, &view, GUARD_ROLE_MASTER);
}
END_TEST

/* It was replaced in EPOCH and promoted in the next; the entry that says so isn't here yet. */
START_TEST(a_view_below_the_floor_cuts_nothing_and_fences_nobody_for_good)
{
    struct bench bench;
    struct guard_view view = a_view(false);

    view.ex_primary = true;
    begin(&bench, EPOCH + 1);
    expect_role(&bench, &view, GUARD_ROLE_WAIT);
    view.ex_primary = false;
    expect_role(&bench, &view, GUARD_ROLE_WAIT);
    process(&bench, GUARD_PROCESS_UP);
    observe(&bench, false);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_SOFT_FENCE); /* one that can be lifted */
    task_done(&bench, true, true);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_NONE);
    view = a_view(true);
    view.epoch = view.opened_epoch = EPOCH + 1;
    expect_role(&bench, &view, GUARD_ROLE_MASTER);
    grant(&bench);
    ck_assert_int_eq(bench.update.task, GUARD_TASK_LIFT_FENCE);
}
END_TEST

/* ---- reports ------------------------------------------------------------------------------------
 */

START_TEST(reports_come_with_every_change_and_twice_a_second)
{
    struct bench bench;
    struct order_report report;

    begin_primary(&bench);
    observe(&bench, false);
    ck_assert(bench.update.report);
    tick_at(&bench, bench.now_ms + 10);
    ck_assert(!bench.update.report);
    tick_at(&bench, bench.now_ms + GUARD_REPORT_MS);
    ck_assert(bench.update.report);
    guard_report(&bench.guard, bench.now_ms, &report);
    ck_assert_str_eq(report.server, "db1");
    ck_assert_uint_eq(report.start_id, START_ID);
    ck_assert_int_eq(report.testimony, ORDER_ANSWERING);
    ck_assert_uint_eq(report.pid, PID);
    ck_assert(report.writable);
    ck_assert_uint_eq(report.floor, EPOCH);
    ck_assert_uint_eq(report.lease_epoch, EPOCH);
    ck_assert_uint_gt(report.lease_ms_left, 0);
    ck_assert(report.has_observation);
    ck_assert_uint_eq(report.observed_ms_ago, 10 + GUARD_REPORT_MS);
    step(&bench, (struct guard_event){.kind = GUARD_SILENT});
    ck_assert(bench.update.report);
    ck_assert_int_eq(guard_testimony(&bench.guard), ORDER_SILENT);
    ck_assert(!guard_serves_writes(&bench.guard, bench.now_ms));
}
END_TEST

START_TEST(an_attachment_tells_what_the_primary_lacks)
{
    struct bench bench;
    struct order attach;
    struct order_report report;

    begin_read_only(&bench, a_view(false));
    bench.observation.history.count = 1;
    bench.observation.history.gtids[0] = (struct gtid){0, 1, 9};
    observe(&bench, true);
    attach = an_order(&bench, OPERATION_ACTION_ATTACH, EPOCH);
    attach.has_history = true;
    attach.history.count = 1;
    attach.history.gtids[0] = (struct gtid){0, 1, 7};
    order(&bench, &attach);
    guard_report(&bench.guard, bench.now_ms, &report);
    ck_assert_str_eq(report.extra, "0-1-9");
    task_done(&bench, false, false);
    attach.operation++;
    attach.source_id = 1; /* it wrote them itself, after it was looked at */
    order(&bench, &attach);
    guard_report(&bench.guard, bench.now_ms, &report);
    ck_assert_str_eq(report.extra, "");
}
END_TEST

START_TEST(a_server_that_follows_has_nothing_that_its_source_lacks)
{
    struct bench bench;
    struct order attach;

    begin_read_only(&bench, a_view(false));
    bench.observation.history.count = 1;
    bench.observation.history.gtids[0] = (struct gtid){0, 9, 9};
    observe(&bench, true);
    attach = an_order(&bench, OPERATION_ACTION_ATTACH, EPOCH);
    attach.has_history = true;
    order(&bench, &attach);
    durable(&bench);
    task_done(&bench, false, false);
    observe(&bench, true);
    ck_assert_str_eq(bench.guard.extra, "0-9-9");
    bench.observation.channel_count = 1;
    bench.observation.channels[0].io = OBSERVATION_THREAD_YES;
    observe(&bench, true);
    ck_assert_str_eq(bench.guard.extra, "0-9-9");
    bench.observation.channels[0].sql = OBSERVATION_THREAD_YES;
    observe(&bench, true);
    ck_assert_str_eq(bench.guard.extra, "");
}
END_TEST

/* ---- what a review of the protocol found ---------------------------------------------------- */

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

START_TEST(a_server_that_is_presumed_to_be_gone_may_be_started)
{
    struct bench bench;
    struct order start;

    begin(&bench, EPOCH);
    see(&bench, a_view(true));
    step(&bench,
         (struct guard_event){.kind = GUARD_PROCESS, .process = {GUARD_PROCESS_GONE, 0, true}});
    start = an_order(&bench, OPERATION_ACTION_START, EPOCH);
    order(&bench, &start);
    ck_assert(bench.update.start_server);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("guard");
    TCase *tcase = tcase_create("guard");

    tcase_add_test(tcase, the_named_primary_asks_for_a_lease_while_it_is_read_only);
    tcase_add_test(tcase, a_replica_asks_for_no_lease);
    tcase_add_test(tcase, the_candidate_asks_from_the_order_to_drain_on);
    tcase_add_test(tcase, promote_waits_for_lease_and_floor);
    tcase_add_test(tcase, promote_without_a_lease_fails_at_its_deadline);
    tcase_add_test(tcase, a_lease_of_another_epoch_does_not_promote);
    tcase_add_test(tcase, a_failed_promotion_leaves_nothing_writable);
    tcase_add_test(tcase, what_the_order_demands_counts_more_than_a_view_that_lags);
    tcase_add_test(tcase, in_observe_an_order_opens_without_a_lease_and_nothing_is_fenced);
    tcase_add_test(tcase, sf_32_older_orders_are_refused);
    tcase_add_test(tcase, orders_below_the_floor_or_for_another_server_are_refused);
    tcase_add_test(tcase, an_order_for_another_start_of_the_agent_is_not_answered);
    tcase_add_test(tcase, a_duplicate_joins_or_is_answered_from_memory);
    tcase_add_test(tcase, a_newer_operation_supersedes_the_order_in_work);
    tcase_add_test(tcase, the_next_order_of_the_same_operation_waits_its_turn);
    tcase_add_test(tcase, an_order_past_its_deadline_fails_and_frees_the_hand);
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
    tcase_add_test(tcase, a_task_that_outlives_its_process_is_called_off_and_not_trusted);
    tcase_add_test(tcase, without_renewal_the_soft_fence_comes_at_two_thirds);
    tcase_add_test(tcase, a_soft_fence_that_is_not_had_ends_with_sigkill_at_nine_tenths);
    tcase_add_test(tcase, a_loop_that_wakes_late_kills_first);
    tcase_add_loop_test(tcase, a_fence_whose_lock_is_lost_past_the_hard_rung_ends_with_sigkill, 0,
                        2);
    tcase_add_test(tcase, a_fence_that_a_proof_was_built_on_is_not_lost_unpunished);
    tcase_add_test(tcase, contact_that_returns_lifts_the_fence);
    tcase_add_test(tcase, the_lock_is_let_go_by_the_order_that_attaches);
    tcase_add_loop_test(
        tcase, sf_10_an_agent_that_finds_its_server_writable_fences_before_it_is_granted, 0, 2);
    tcase_add_test(tcase, an_adopted_server_that_can_not_be_fenced_is_killed_a_gap_later);
    tcase_add_test(tcase, an_adopted_server_that_never_answers_counts_as_writable);
    tcase_add_test(tcase, a_writable_replica_is_made_read_only_without_a_lock);
    tcase_add_test(tcase, a_writable_primary_of_an_older_epoch_is_fenced_at_once_lease_or_not);
    tcase_add_test(tcase, a_server_that_came_up_writable_by_itself_is_not_kept_so);
    tcase_add_loop_test(tcase, switching_automation_on_does_not_fence_a_primary_that_gets_its_lease,
                        0, 2);
    tcase_add_test(tcase, the_ladder_calls_the_hand_off_what_it_does);
    tcase_add_test(tcase, an_ex_primary_is_started_once_another_is_opened);
    tcase_add_test(tcase, starts_that_fail_are_tried_again_ever_more_slowly);
    tcase_add_test(tcase, nothing_is_started_in_observe_or_where_it_is_forbidden);
    tcase_add_test(tcase, the_primary_is_started_by_order_and_done_when_it_answers);
    tcase_add_test(tcase, the_gate_is_told_what_to_start_as);
    tcase_add_test(tcase, a_view_below_the_floor_cuts_nothing_and_fences_nobody_for_good);
    tcase_add_test(tcase, reports_come_with_every_change_and_twice_a_second);
    tcase_add_test(tcase, an_attachment_tells_what_the_primary_lacks);
    tcase_add_test(tcase, a_server_that_follows_has_nothing_that_its_source_lacks);
    tcase_add_loop_test(tcase, what_failed_is_tried_again_when_its_order_comes_again, 0, 2);
    tcase_add_test(tcase, a_late_duplicate_of_a_failed_demotion_does_not_fence_again);
    tcase_add_test(tcase, an_order_in_work_is_not_refused_because_its_successor_is_here_too);
    tcase_add_loop_test(tcase, the_candidate_asks_at_once_when_it_can_be_granted, 0, 2);
    tcase_add_test(tcase, a_server_that_nobody_has_seen_end_proves_nothing);
    tcase_add_test(tcase, a_server_that_is_presumed_to_be_gone_may_be_started);
    suite_add_tcase(suite, tcase);
    return suite;
}
