#include <assert.h>

#include "topology/guard_internal.h"

bool guard_guarding(const struct guard *guard)
{
    return guard->view.known ? guard->view.automation_on : guard->floor > 0 || guard->floor_lost;
}

uint32_t guard_rung_gap_ms(const struct guard *guard)
{
    return guard_lease_ms(guard) * 7 / 30; /* 9/10 - 2/3 */
}

void guard_raise_floor(struct guard *guard, uint64_t epoch)
{
    if (epoch > guard->floor) {
        guard->floor = epoch;
        lease_forget_below(&guard->lease, epoch);
    }
}

/* ---- the lease ------------------------------------------------------------------ */

/* The epoch for which this server should have a lease; 0: none. */
static uint64_t epoch_wanted(const struct guard *guard)
{
    const struct guard_view *view = &guard->view;
    uint64_t wanted = 0;

    if (!guard_guarding(guard) || guard->process != GUARD_PROCESS_UP || guard->floor_lost) {
        return 0;
    }
    if (!view->known) { /* PROMOTE made its epoch the floor */
        return guard->armed || guard->candidate_epoch == guard->floor ? guard->floor : 0;
    }
    if (view->primary) {
        wanted = view->epoch;
    }
    /* The order to drain may be here before the entry that names the candidate. */
    if (guard->candidate_epoch > view->epoch) {
        wanted = guard->candidate_epoch;
    }
    return wanted >= guard->floor ? wanted : 0;
}

void guard_lease_hurry(struct guard *guard, uint64_t epoch)
{
    if (guard->lease.epoch < epoch) {
        lease_hurry(&guard->lease);
    }
}

void guard_lease_step(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    uint32_t heartbeat_ms = guard->view.known ? guard->view.heartbeat_ms : GUARD_HEARTBEAT_MS;
    uint32_t lease_ms = guard_lease_ms(guard);

    lease_want(&guard->lease, epoch_wanted(guard));
    if (lease_ask_at(&guard->lease, lease_ms, heartbeat_ms) <= now_ms) {
        update->ask = true;
        lease_ask(&guard->lease, now_ms, guard->server, &update->request);
    }
    guard_wake(update, lease_ask_at(&guard->lease, lease_ms, heartbeat_ms));
}

/* ---- the ladder ------------------------------------------------------------------- */

/* The ledger names another. A view below the floor lags, and an older one may have named
 * another where this server is the primary now. */
static bool names_another(const struct guard *guard)
{
    const struct guard_view *view = &guard->view;

    return view->known && !view->primary && view->epoch >= guard->floor;
}

/* For the epoch of our lease, or for a newer one. */
static bool named_another(const struct guard *guard)
{
    return names_another(guard) && guard->view.epoch >= guard->lease.epoch;
}

/* The server may be writable now. */
static bool entitled(const struct guard *guard, uint64_t now_ms)
{
    if (!guard->opened || named_another(guard)) {
        return false;
    }
    return lease_holds(&guard->lease, now_ms) || now_ms < guard->grace_ms;
}

/* A replica that somebody made writable. It takes no lock: that would stop its replication. */
static bool is_plain_replica(const struct guard *guard)
{
    return names_another(guard) && !guard->view.ex_primary && guard->lease.epoch == 0;
}

/* When the soft fence has had its time. A lease tells it; without one it is a gap between
 * two rungs, or no time at all if a fence was lost that others already rely on. */
static uint64_t hard_at(const struct guard *guard)
{
    assert(guard->alarm_ms != 0);
    if (guard->lease.epoch != 0 && !named_another(guard)) {
        return lease_hard_at(&guard->lease);
    }
    if (guard->fence == GUARD_FENCE_PARTIAL && guard->relied_on) {
        return guard->alarm_ms;
    }
    return guard->alarm_ms + guard_rung_gap_ms(guard);
}

static uint32_t soft_limit_ms(const struct guard *guard, uint64_t now_ms)
{
    uint64_t hard_ms = hard_at(guard);
    uint64_t third_ms = hard_ms > now_ms ? (hard_ms - now_ms) / 3 : 0;

    return third_ms < GUARD_RETRY_MS ? GUARD_RETRY_MS : (uint32_t)third_ms;
}

static void fence(struct guard *guard, enum guard_task task, uint64_t now_ms,
                  struct guard_update *update)
{
    bool fencing = guard->task == GUARD_TASK_SOFT_FENCE || guard_order_fences(guard);

    if (fencing || guard->task == GUARD_TASK_MAKE_READ_ONLY) {
        return;
    }
    if (guard->task != GUARD_TASK_NONE) {
        guard_cancel(guard, update);
        return;
    }
    if (now_ms < guard->retry_ms) {
        guard_wake(update, guard->retry_ms);
        return;
    }
    guard_run(guard, update, task, soft_limit_ms(guard, now_ms));
}

static void ladder(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    bool leased = lease_holds(&guard->lease, now_ms) && !named_another(guard);

    if (guard->alarm_ms == 0) {
        guard->alarm_ms = now_ms;
    }
    /* With a lease it may be writable, only not without the order: nobody relies on a lock. */
    if (is_plain_replica(guard) || leased) {
        fence(guard, GUARD_TASK_MAKE_READ_ONLY, now_ms, update);
        return;
    }
    if (now_ms >= hard_at(guard)) {
        guard_kill(guard, now_ms, update);
        return;
    }
    guard_wake(update, hard_at(guard));
    fence(guard, GUARD_TASK_SOFT_FENCE, now_ms, update);
}

static void lift(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    if (guard->task != GUARD_TASK_NONE || guard_order_fences(guard)) {
        return;
    }
    if (now_ms < guard->retry_ms) {
        guard_wake(update, guard->retry_ms);
        return;
    }
    guard_run(guard, update, GUARD_TASK_LIFT_FENCE, guard_rung_gap_ms(guard));
}

/* A fence of an earlier day on a server that needs none: the lock would stop its
 * replication for ever. */
static bool lock_is_left_over(const struct guard *guard)
{
    return guard->fence == GUARD_FENCE_HELD && !guard->relied_on && is_plain_replica(guard);
}

/* An adopted server that never answered may be writable like any other. */
static void suspect(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    uint64_t at_ms = guard->process_ms + guard_rung_gap_ms(guard);
    bool was_primary = !guard->view.known || guard->view.primary || guard->view.ex_primary;

    bool guarded = guard->floor > 0 || guard->floor_lost;

    if (!guard->adopted || guard->observed || guard->armed || !guarded || !was_primary) {
        return;
    }
    if (now_ms >= at_ms) {
        guard->armed = true;
        guard->opened = true;
    }
    guard_wake(update, at_ms);
}

/* Read-only as it was left, which keeps out not everybody: whoever relies on a fence relies on the
 * lock. Not who replicates: it was attached, if nobody wrote it down. And an order that works on
 * the server already (ATTACH) isn't ended for that. */
static void take_over_fence(struct guard *guard)
{
    bool ex_primary = names_another(guard) && guard->view.ex_primary;
    bool left = guard->view.known &&
                (guard->view.revoking || (ex_primary && !guard_follows(&guard->observation)));
    bool idle = guard->task == GUARD_TASK_NONE && guard->work.stage == GUARD_STAGE_NONE;

    if (guard->inherited && guard->observed && left && idle && guard->fence == GUARD_FENCE_NONE) {
        guard->armed = true;
    }
}

void guard_fence_step(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    if (guard->process != GUARD_PROCESS_UP) {
        return;
    }
    if (!guard_guarding(guard)) {
        guard->alarm_ms = 0;
        if (guard->fence != GUARD_FENCE_NONE && guard->opened && guard->view.primary &&
            !guard->view.revoking && guard->view.epoch >= guard->floor) {
            lift(guard, now_ms, update);
        }
        return;
    }
    suspect(guard, now_ms, update);
    take_over_fence(guard);
    if (guard->fence == GUARD_FENCE_HELD) {
        guard->alarm_ms = 0;
        if (entitled(guard, now_ms)) {
            lift(guard, now_ms, update);
        } else if (lock_is_left_over(guard) && guard->task == GUARD_TASK_NONE) {
            guard_run(guard, update, GUARD_TASK_MAKE_READ_ONLY, guard_rung_gap_ms(guard));
        }
        return;
    }
    if (!guard->armed) {
        guard->alarm_ms = 0;
        return;
    }
    if (entitled(guard, now_ms)) {
        guard->alarm_ms = 0;
        guard_wake(update,
                   now_ms < guard->grace_ms ? guard->grace_ms : lease_soft_at(&guard->lease));
        if (guard->fence == GUARD_FENCE_PARTIAL) {
            lift(guard, now_ms, update);
        }
        return;
    }
    ladder(guard, now_ms, update);
}

/* ---- how fences end ----------------------------------------------------------------- */

void guard_fence_done(struct guard *guard, const struct guard_event *event)
{
    bool done = event->task.done;

    if (event->task.locked) {
        guard->fence = GUARD_FENCE_HELD;
        guard->armed = true;
        guard->writable = false;
    } else if (guard->task == GUARD_TASK_LIFT_FENCE || guard->task == GUARD_TASK_MAKE_READ_ONLY) {
        guard->fence = done ? GUARD_FENCE_NONE : GUARD_FENCE_PARTIAL;
        guard->writable = done && guard->task == GUARD_TASK_LIFT_FENCE;
        guard->armed = !(done && guard->task == GUARD_TASK_MAKE_READ_ONLY);
        guard->relied_on = guard->relied_on && guard->armed;
    } else if (guard->task == GUARD_TASK_SOFT_FENCE) {
        guard->fence = GUARD_FENCE_PARTIAL;
    }
    if (!done) {
        guard->retry_ms = event->now_ms + GUARD_RETRY_MS;
    }
}

void guard_fence_lost(struct guard *guard, uint64_t now_ms)
{
    if (guard->process != GUARD_PROCESS_UP || guard->fence != GUARD_FENCE_HELD) {
        return;
    }
    guard->fence = GUARD_FENCE_PARTIAL;
    guard->armed = true;
    guard->alarm_ms = now_ms;
}

void guard_fence_forget(struct guard *guard)
{
    guard->armed = false;
    guard->inherited = false;
    guard->opened = false;
    guard->relied_on = false;
    guard->writable = false;
    guard->fence = GUARD_FENCE_NONE;
    guard->alarm_ms = 0;
    guard->retry_ms = 0;
    guard->killed_ms = 0;
}
