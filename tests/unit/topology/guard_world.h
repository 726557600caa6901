/* guard_world: one guard at a bench: what can happen to it, and what it is expected to say.
 *
 * A test begins with one of begin*(), tells the guard events, and looks at bench.update, which
 * holds what the guard asked for in answer to the last one. Nothing is allocated: a bench lives
 * on the stack of its test. Include once, in a test file. */
#ifndef TESTS_UNIT_TOPOLOGY_GUARD_WORLD_H
#define TESTS_UNIT_TOPOLOGY_GUARD_WORLD_H

#include <string.h>

#include "base/buf.h"
#include "tests/unit/main.h"
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

static inline void step(struct bench *bench, struct guard_event event)
{
    event.now_ms = bench->now_ms;
    guard_step(&bench->guard, &event, &bench->update);
}

static inline void tick_at(struct bench *bench, uint64_t now_ms)
{
    ck_assert_uint_ge(now_ms, bench->now_ms);
    bench->now_ms = now_ms;
    step(bench, (struct guard_event){.kind = GUARD_TICK});
}

static inline struct guard_view a_view(bool primary)
{
    return (struct guard_view){.known = true,
                               .automation_on = true,
                               .epoch = EPOCH,
                               .opened_epoch = EPOCH,
                               .primary = primary,
                               .lease_ms = LEASE_MS,
                               .heartbeat_ms = 100};
}

static inline void see(struct bench *bench, struct guard_view view)
{
    step(bench, (struct guard_event){.kind = GUARD_VIEW, .view = view});
}

static inline void process(struct bench *bench, enum guard_process state)
{
    step(bench, (struct guard_event){.kind = GUARD_PROCESS, .process = {state, PID}});
}

static inline void observe(struct bench *bench, bool read_only)
{
    bench->now_ms++; /* the question was sent after whatever happened before */
    bench->observation.read_only = read_only;
    step(bench, (struct guard_event){.kind = GUARD_OBSERVED,
                                     .observed = {&bench->observation, bench->now_ms}});
}

static inline void durable(struct bench *bench)
{
    step(bench,
         (struct guard_event){.kind = GUARD_FLOOR_DURABLE, .floor = bench->guard.floor_writing});
}

static inline void task_done(struct bench *bench, bool done, bool locked)
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
static inline void grant(struct bench *bench)
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

static inline struct order an_order(struct bench *bench, enum operation_action action,
                                    uint64_t epoch)
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

static inline void order(struct bench *bench, const struct order *order)
{
    step(bench, (struct guard_event){.kind = GUARD_ORDER, .order = order});
}

static inline void expect_result(const struct bench *bench, enum order_outcome outcome,
                                 enum operation_proof proof)
{
    ck_assert_uint_eq(bench->update.result_count, 1);
    ck_assert_msg(bench->update.results[0].outcome == outcome, "%s",
                  bench->update.results[0].detail);
    ck_assert_int_eq(bench->update.results[0].proof, proof);
    ck_assert_str_eq(bench->update.results[0].server, "db1");
    ck_assert_str_ne(bench->update.results[0].detail, "");
}

static inline void expect_silence(const struct bench *bench)
{
    ck_assert_uint_eq(bench->update.result_count, 0);
}

static inline void begin(struct bench *bench, uint64_t floor)
{
    memset(bench, 0, sizeof *bench);
    bench->now_ms = 1000000;
    guard_init(&bench->guard, "db1", START_ID, floor, true);
}

/* A guard that has started its agent before its server, which came up read-only. */
static inline void begin_read_only(struct bench *bench, struct guard_view view)
{
    begin(bench, EPOCH);
    process(bench, GUARD_PROCESS_GONE);
    see(bench, view);
    process(bench, GUARD_PROCESS_UP);
    observe(bench, true);
}

/* Read-only so far, leased, and told to open: the hand is at it. */
static inline void begin_promotion(struct bench *bench)
{
    struct order promote;

    begin_read_only(bench, a_view(true));
    tick_at(bench, bench->now_ms + 100);
    grant(bench);
    promote = an_order(bench, OPERATION_ACTION_PROMOTE, EPOCH);
    order(bench, &promote);
    ck_assert_int_eq(bench->update.task, GUARD_TASK_ORDER);
}

/* The primary of EPOCH, opened by an order, under a lease that was asked for at now_ms. */
static inline void begin_primary(struct bench *bench)
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

#endif
