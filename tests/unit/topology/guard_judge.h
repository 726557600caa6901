/* guard_judge: one guard among a simulated server, leader, disk and hand, and what must hold after
 * every step of its life: judge_update() and judge_server(). Include once, in a test file. */
#ifndef TESTS_UNIT_TOPOLOGY_GUARD_JUDGE_H
#define TESTS_UNIT_TOPOLOGY_GUARD_JUDGE_H

#include "tests/unit/main.h"
#include "topology/guard.h"

enum {
    LEASE_MS = 3000,
    IN_FLIGHT = 8,
    START_ID = 3,
    LOOK_MS = 100,
    SLACK_MS = LOOK_MS + 10,
    EPOCHS = 512
};

struct world {
    uint64_t random;
    struct guard guard;
    struct guard_update update;
    uint64_t now_ms;
    uint64_t wake_ms;
    uint64_t looked_ms;

    /* the server */
    bool up;
    bool writable; /* in truth */
    bool locked;
    uint32_t pid;
    uint64_t writable_ms; /* since when writable without a lease */

    /* the leader */
    struct guard_view view;
    uint64_t term;
    uint32_t step;
    struct order_lease_request asked[IN_FLIGHT];
    uint64_t asked_ms[IN_FLIGHT];
    uint32_t asked_count;
    uint64_t deadline_ms; /* of the best grant that was answered, of any epoch; and by epoch */
    uint64_t deadlines_ms[EPOCHS];

    /* disk and hand */
    uint64_t floor_writing;
    uint64_t floor_durable;
    enum guard_task task;
    struct order task_order;
    uint32_t task_number;
    uint32_t task_pid;
    bool cancelled;

    bool proof_out; /* FENCED or STOPPED was told for proof_epoch */
    uint64_t proof_epoch;
    uint32_t proofs;
    uint32_t promotions;
    uint32_t kills;
    uint32_t lifts;
};

static inline uint32_t draw(struct world *world, uint32_t below)
{
    world->random = world->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(world->random >> 33) % below;
}

static inline bool chance(struct world *world, uint32_t percent)
{
    return draw(world, 100) < percent;
}

/* ---- what must hold -------------------------------------------------------------- */

static inline bool leased(const struct world *world, uint64_t epoch)
{
    return world->now_ms < world->deadlines_ms[epoch];
}

static inline void judge_task(struct world *world)
{
    const struct guard *guard = &world->guard;
    const struct order *order = &guard->work.order;

    ck_assert_int_eq(world->task, GUARD_TASK_NONE);
    ck_assert(world->up);
    if (world->update.task == GUARD_TASK_ORDER) {
        ck_assert_uint_ge(order->epoch, world->guard.floor_durable);
    }
    if (world->update.task == GUARD_TASK_ORDER && order->action == OPERATION_ACTION_PROMOTE) {
        ck_assert_uint_ge(world->floor_durable, order->epoch);
        ck_assert(!world->view.automation_on || leased(world, order->epoch));
        world->proof_out = false;
        world->promotions++;
    }
    if (world->update.task == GUARD_TASK_LIFT_FENCE) {
        ck_assert(!world->proof_out);
        if (!world->view.automation_on || world->now_ms < guard->grace_ms) {
            ck_assert_uint_ge(world->view.epoch, guard->floor);
        } else {
            ck_assert_uint_ge(guard->lease.epoch, guard->floor);
            ck_assert(leased(world, guard->lease.epoch));
        }
        world->lifts++;
    }
}

static inline void judge_result(struct world *world, const struct order_result *result)
{
    if (result->proof == OPERATION_PROOF_NONE) {
        return;
    }
    ck_assert_int_eq(result->outcome, ORDER_DONE);
    ck_assert_uint_ge(world->floor_durable, result->epoch);
    ck_assert(result->proof == OPERATION_PROOF_FENCED || result->proof == OPERATION_PROOF_STOPPED);
    world->proof_out = true;
    world->proof_epoch = result->epoch;
    world->proofs++;
}

static inline void judge_update(struct world *world)
{
    const struct guard_update *update = &world->update;

    for (uint32_t i = 0; i < update->result_count; i++) {
        judge_result(world, &update->results[i]);
    }
    if (update->ask) {
        ck_assert_uint_ge(update->request.epoch, world->guard.floor);
        ck_assert(world->view.automation_on || !world->view.known);
    }
    if (update->task != GUARD_TASK_NONE) {
        judge_task(world);
    }
    if (update->kill_server) {
        ck_assert(world->up);
        ck_assert(world->view.automation_on || !world->view.known ||
                  world->guard.work.order.action == OPERATION_ACTION_REVOKE);
    }
    if (update->start_server) {
        ck_assert(!world->up);
        ck_assert(!world->view.primary || world->guard.work.order.action == OPERATION_ACTION_START);
    }
}

/* One writer: with automation on, the server takes writes before the deadline of a grant
 * that was really answered, or is on its way to its fence. */
static inline void judge_server(struct world *world)
{
    bool writes = world->up && world->writable && !world->locked;
    bool guarded = world->view.known && world->view.automation_on;

    if (!writes || !guarded || world->now_ms < world->deadline_ms) {
        world->writable_ms = 0;
        return;
    }
    if (world->writable_ms == 0) {
        world->writable_ms = world->now_ms;
    }
    /* A stray writable replica is only made read-only: nobody relies on a time there. */
    if (world->view.primary || world->view.ex_primary) {
        ck_assert_msg(world->now_ms <= world->writable_ms + LEASE_MS * 7 / 30 + SLACK_MS,
                      "writable for %d ms without a lease; armed %d opened %d fence %d task %d "
                      "alarm %d ms ago, observed %d, lease epoch %d, grace %d, silent %d",
                      (int)(world->now_ms - world->writable_ms), world->guard.armed,
                      world->guard.opened, world->guard.fence, world->guard.task,
                      (int)(world->now_ms - world->guard.alarm_ms), world->guard.observed,
                      (int)world->guard.lease.epoch, world->now_ms < world->guard.grace_ms,
                      world->guard.silent);
    }
}

#endif
