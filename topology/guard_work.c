#include <assert.h>

#include "topology/guard_internal.h"

enum { WRITE_GAP_MS = 2000 };

bool guard_order_fences(const struct guard *guard)
{
    enum operation_action action = guard->work.order.action;

    return (guard->work.stage == GUARD_STAGE_WAITING || guard->work.stage == GUARD_STAGE_RUNNING) &&
           (action == OPERATION_ACTION_REVOKE || action == OPERATION_ACTION_DEMOTE);
}

bool guard_order_starts(const struct guard *guard)
{
    return guard->work.stage == GUARD_STAGE_WAITING &&
           guard->work.order.action == OPERATION_ACTION_START;
}

/* ---- its end ---------------------------------------------------------------- */

/* The hand is called off if it is still at it; what it did until then takes effect. */
void guard_finish(struct guard *guard, enum order_outcome outcome, const char *detail,
                  struct guard_update *update)
{
    if (guard->work.stage == GUARD_STAGE_RUNNING) {
        guard_cancel(guard, update);
    }
    guard_result(guard, &guard->work.order, outcome, detail, &guard->work.result);
    guard->work.stage = GUARD_STAGE_FINISHED;
}

static void finish_with_proof(struct guard *guard, enum operation_proof proof, const char *detail,
                              struct guard_update *update)
{
    guard_finish(guard, ORDER_DONE, detail, update);
    guard->work.result.proof = proof;
}

/* What was promised must outlive us: no proof, and nothing else that was done, is told
 * before the floor that goes with it is durable. */
static bool may_be_told(const struct guard *guard)
{
    return guard->work.result.outcome != ORDER_DONE ||
           guard->floor_durable >= guard->work.order.epoch;
}

void guard_tell(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    struct order_result *result = &guard->work.result;

    assert(may_be_told(guard));
    assert(result->proof == OPERATION_PROOF_NONE || guard->floor >= guard->work.order.epoch);
    result->term = guard->work.order.term; /* a later leader may have joined */
    result->ms = (uint32_t)(now_ms - guard->work.arrived_ms);
    guard_answer(guard, result, update);
    guard->work.stage = GUARD_STAGE_NONE;
}

/* ---- working on it -------------------------------------------------------------------- */

static uint64_t deadline_ms(const struct guard *guard)
{
    return guard->work.arrived_ms + guard->work.order.deadline_ms;
}

static uint32_t left_ms(const struct guard *guard, uint64_t now_ms)
{
    uint64_t end_ms = deadline_ms(guard);

    if (guard->work.order.action == OPERATION_ACTION_REVOKE) {
        end_ms = guard->work.kill_ms;
    }
    return end_ms > now_ms ? (uint32_t)(end_ms - now_ms) : 1;
}

/* What PROMOTE still waits for; NULL: nothing. Automation that is off takes no leases; the
 * leader that decided knows whether it is, also where our ledger lags. */
static const char *promote_waits_for(const struct guard *guard, uint64_t now_ms)
{
    const struct order *order = &guard->work.order;
    bool leased = guard->lease.epoch == order->epoch && lease_holds(&guard->lease, now_ms);

    if (guard->floor_durable < order->epoch) {
        return "the floor was not made durable in time";
    }
    if (!leased && (order->leased || !guard->view.known || guard->view.automation_on)) {
        return "no lease for this epoch was granted in time";
    }
    return NULL;
}

static void run_order(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    const struct order *order = &guard->work.order;
    uint32_t limit_ms = left_ms(guard, now_ms);

    if (order->action == OPERATION_ACTION_DEMOTE) {
        uint32_t gap_ms = order->write_gap_ms != 0 ? order->write_gap_ms : WRITE_GAP_MS;

        limit_ms = gap_ms < limit_ms ? gap_ms : limit_ms;
    }
    if (order->action == OPERATION_ACTION_PROMOTE) {
        assert(promote_waits_for(guard, now_ms) == NULL);
        assert(order->epoch == guard->floor);
        guard->armed = true;
        guard->opened = true;
        guard->relied_on = false;
        guard->alarm_ms = 0;
    }
    guard->work.stage = GUARD_STAGE_RUNNING;
    guard_run(guard, update, GUARD_TASK_ORDER, limit_ms);
}

static void step_start(struct guard *guard, struct guard_update *update)
{
    if (guard->process == GUARD_PROCESS_UP && guard->observed) {
        guard_finish(guard, ORDER_DONE, "the server answers", update);
    }
}

/* The hand is needed: now, or as soon as it is free. */
static void step_hand(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    if (guard->process == GUARD_PROCESS_UNKNOWN) {
        return;
    }
    if (guard->process != GUARD_PROCESS_UP) {
        guard_finish(guard, ORDER_FAILED, "the server is not running", update);
        return;
    }
    if (guard->work.order.action == OPERATION_ACTION_PROMOTE &&
        promote_waits_for(guard, now_ms) != NULL) {
        return;
    }
    if (guard->task == GUARD_TASK_NONE) {
        run_order(guard, now_ms, update);
    } else if (guard_order_fences(guard) && guard->task != GUARD_TASK_SOFT_FENCE) {
        guard_cancel(guard, update);
    }
}

/* True if the order is done with: the process is gone, or can't run any more. One that nobody
 * has seen end proves nothing: it may live behind another socket than the configured one. */
static bool step_stopped(struct guard *guard, struct guard_update *update)
{
    if (guard->process != GUARD_PROCESS_GONE && guard->process != GUARD_PROCESS_DYING) {
        return false;
    }
    if (guard->presumed) {
        guard_finish(guard, ORDER_FAILED,
                     "it does not answer, but nothing shows that it has ended; set pid_file",
                     update);
        return true;
    }
    finish_with_proof(guard, OPERATION_PROOF_STOPPED, "the process of the server is gone", update);
    return true;
}

static void step_revoke(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    if (step_stopped(guard, update)) {
        return;
    }
    if (guard->process == GUARD_PROCESS_UP &&
        (guard->work.stage == GUARD_STAGE_KILLING || now_ms >= guard->work.kill_ms)) {
        guard->work.stage = GUARD_STAGE_KILLING;
        guard_kill(guard, now_ms, update);
        return;
    }
    guard_wake(update, guard->work.kill_ms);
    if (guard->work.stage == GUARD_STAGE_WAITING) {
        step_hand(guard, now_ms, update);
    }
}

static void step_late(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    const char *why = "it took longer than its deadline";

    if (guard->work.stage == GUARD_STAGE_FINISHED) {
        why = "it is done, but the floor could not be made durable";
    } else if (guard->work.order.action == OPERATION_ACTION_PROMOTE &&
               promote_waits_for(guard, now_ms) != NULL) {
        why = promote_waits_for(guard, now_ms);
    } else if (guard->work.order.action == OPERATION_ACTION_START &&
               guard->start_detail[0] != '\0') {
        why = guard->start_detail;
    }
    guard_finish(guard, ORDER_FAILED, why, update);
}

static void work_step(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    switch (guard->work.stage) {
    case GUARD_STAGE_WAITING:
        if (guard->work.order.action == OPERATION_ACTION_REVOKE) {
            step_revoke(guard, now_ms, update);
        } else if (guard->work.order.action == OPERATION_ACTION_START) {
            step_start(guard, update);
        } else {
            step_hand(guard, now_ms, update);
        }
        return;
    case GUARD_STAGE_RUNNING:
    case GUARD_STAGE_KILLING:
        if (guard->work.order.action == OPERATION_ACTION_REVOKE) {
            step_revoke(guard, now_ms, update);
        }
        return;
    case GUARD_STAGE_NONE:
    case GUARD_STAGE_FINISHED:
        return;
    }
}

void guard_order_step(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    guard_order_next(guard, update);
    work_step(guard, now_ms, update);
    if (guard->work.stage == GUARD_STAGE_NONE) {
        return;
    }
    if (now_ms >= deadline_ms(guard) &&
        !(guard->work.stage == GUARD_STAGE_FINISHED && may_be_told(guard))) {
        step_late(guard, now_ms, update);
    }
    if (guard->work.stage == GUARD_STAGE_FINISHED && may_be_told(guard)) {
        guard_tell(guard, now_ms, update);
        if (guard->has_next) {
            guard_wake(update, now_ms);
        }
        return;
    }
    guard_wake(update, deadline_ms(guard));
}

/* ---- the hand is done ------------------------------------------------------------------- */

/* REPOINT, ATTACH: the lock is let go on the way. Where that wasn't the end of it, a server
 * that was armed still is. */
static void attached(struct guard *guard, bool done)
{
    guard->armed = guard->armed && !done;
    guard->writable = guard->writable && !done;
    guard->opened = false;
    guard->relied_on = false;
    guard->fence = GUARD_FENCE_NONE;
    if (done) {
        guard->inherited = false;
        guard->extra[0] = '\0';
    }
}

void guard_order_effect(struct guard *guard, const struct guard_event *event)
{
    bool done = event->task.done;

    if (guard->task_action == OPERATION_ACTION_PROMOTE) {
        guard->opened = done;
        guard->inherited = guard->inherited && !done;
    }
    if (event->task.locked) {
        return;
    }
    switch (guard->task_action) {
    case OPERATION_ACTION_PROMOTE:
        guard->writable = done;
        guard->fence = done ? GUARD_FENCE_NONE : GUARD_FENCE_PARTIAL;
        return;
    case OPERATION_ACTION_REPOINT:
    case OPERATION_ACTION_CATCH_UP:
    case OPERATION_ACTION_ATTACH:
        attached(guard, done);
        return;
    case OPERATION_ACTION_REVOKE:
    case OPERATION_ACTION_DEMOTE:
        guard->fence = GUARD_FENCE_PARTIAL;
        return;
    default:
        guard_fence_lost(guard, event->now_ms);
        return;
    }
}

void guard_order_done(struct guard *guard, const struct guard_event *event, bool same_process,
                      struct guard_update *update)
{
    const struct order *order = &guard->work.order;
    bool fences = guard_order_fences(guard);

    if (guard->work.stage != GUARD_STAGE_RUNNING) {
        return; /* answered before, or given up */
    }
    if (fences && same_process && event->task.done && event->task.locked) {
        guard->work.stage = GUARD_STAGE_WAITING; /* nothing is left to be called off */
        guard->opened = false;
        guard->adopted = false;
        guard->relied_on = true;
        guard_raise_floor(guard, order->epoch);
        finish_with_proof(guard, OPERATION_PROOF_FENCED, event->task.detail, update);
    } else if (order->action == OPERATION_ACTION_REVOKE) {
        guard->work.stage = same_process ? GUARD_STAGE_KILLING : GUARD_STAGE_WAITING;
        return;
    } else {
        guard->work.stage = GUARD_STAGE_WAITING;
        guard_finish(guard, event->task.done && !fences ? ORDER_DONE : ORDER_FAILED,
                     event->task.detail, update);
    }
    guard->work.result.position = event->task.position;
}
