#include "topology/guard.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "topology/guard_internal.h"

enum {
    KILL_RETRY_MS = 100,
    OBSERVE_MS_MIN = 1000, /* of witnessed observing, before switching on is not a replay */
    GRACE_PER_LEASE = 10,
};

void guard_init(struct guard *guard, const char *server, uint64_t start_id, uint64_t floor,
                bool restart)
{
    memset(guard, 0, sizeof *guard);
    text_copy(guard->server, sizeof guard->server, server);
    guard->restart = restart;
    guard->floor = floor;
    guard->floor_writing = floor;
    guard->floor_durable = floor;
    guard->start_backoff_ms = GUARD_START_MS_MIN;
    lease_init(&guard->lease, start_id);
}

void guard_lose_floor(struct guard *guard)
{
    assert(guard->floor == 0);
    guard->floor_lost = true;
}

/* ---- shared by the files of the guard ------------------------------------------- */

void guard_wake(struct guard_update *update, uint64_t at_ms)
{
    if (at_ms < update->wake_ms) {
        update->wake_ms = at_ms;
    }
}

uint32_t guard_lease_ms(const struct guard *guard)
{
    return guard->view.known ? guard->view.lease_ms : GUARD_LEASE_MS;
}

void guard_run(struct guard *guard, struct guard_update *update, enum guard_task task,
               uint32_t limit_ms)
{
    assert(guard->task == GUARD_TASK_NONE);
    assert(guard->process == GUARD_PROCESS_UP);
    assert(task != GUARD_TASK_LIFT_FENCE || guard->opened);
    guard->task = task;
    guard->task_action =
        task == GUARD_TASK_ORDER ? guard->work.order.action : OPERATION_ACTION_NONE;
    guard->task_number++;
    guard->task_process_ms = guard->process_ms;
    guard->task_cancelled = false;
    update->task = task;
    update->task_number = guard->task_number;
    update->task_limit_ms = limit_ms == 0 ? 1 : limit_ms;
    if (task == GUARD_TASK_LIFT_FENCE) {
        guard->fence = GUARD_FENCE_PARTIAL;
        guard->armed = true;
    }
}

void guard_cancel(struct guard *guard, struct guard_update *update)
{
    if (guard->task != GUARD_TASK_NONE && !guard->task_cancelled) {
        guard->task_cancelled = true;
        update->cancel_task = true;
    }
}

void guard_kill(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    assert(guard->process == GUARD_PROCESS_UP);
    if (guard->killed_ms == 0 || now_ms >= guard->killed_ms + KILL_RETRY_MS) {
        guard->killed_ms = now_ms;
        update->kill_server = true;
    }
    guard_wake(update, guard->killed_ms + KILL_RETRY_MS);
}

/* ---- events ------------------------------------------------------------------------ */

/* Automation was switched on before our eyes: nobody has counted on a lease of this server,
 * and its clients needn't feel that it takes its first one. (Not after a restart, when old
 * entries are replayed: then there was one.) */
static void take_view(struct guard *guard, const struct guard_view *view, uint64_t now_ms)
{
    bool observing = view->known && !view->automation_on;
    bool watched = guard->observing_ms != 0 && now_ms >= guard->observing_ms + OBSERVE_MS_MIN;

    if (!observing && watched && view->known && view->primary && guard->writable) {
        guard->grace_ms = now_ms + view->lease_ms / GRACE_PER_LEASE;
    }
    if (!observing) {
        guard->observing_ms = 0;
    } else if (guard->observing_ms == 0) {
        guard->observing_ms = now_ms;
    }
    if (view->known && view->primary && (!guard->view.primary || view->epoch > guard->view.epoch)) {
        guard_lease_hurry(guard, view->epoch); /* from now on it is granted */
    }
    guard->view = *view;
    if (view->known && guard->floor_lost) {
        guard->floor_lost = false;
        guard_raise_floor(guard, view->epoch);
    }
    if (view->known && view->epoch >= guard->candidate_epoch) {
        guard->candidate_epoch = 0; /* from here on the ledger says who it is */
    }
}

static void take_process(struct guard *guard, enum guard_process state, uint32_t pid, bool presumed,
                         uint64_t now_ms, struct guard_update *update)
{
    bool same = guard->process == state && (state != GUARD_PROCESS_UP || guard->pid == pid);

    assert(state != GUARD_PROCESS_UNKNOWN);
    assert(!presumed || state == GUARD_PROCESS_GONE);
    guard->presumed = presumed;
    if (same) {
        return;
    }
    guard->adopted = !guard->looked && state == GUARD_PROCESS_UP;
    guard->looked = true;
    guard->process = state;
    guard->pid = state == GUARD_PROCESS_UP ? pid : guard->pid;
    guard->process_ms = now_ms;
    guard->silent = false;
    guard->observed = false;
    guard_fence_forget(guard);
    guard->inherited = guard->adopted;
    guard_cancel(guard, update); /* it was for the process before */
    if (state == GUARD_PROCESS_UP) {
        guard->extra[0] = '\0';
    } else {
        guard->start_ms = now_ms > guard->start_ms ? now_ms : guard->start_ms;
    }
}

/* Its source has taken its position: whatever an attachment once found, it isn't so now. */
bool guard_follows(const struct observation *observation)
{
    for (uint32_t i = 0; i < observation->channel_count; i++) {
        const struct observation_channel *channel = &observation->channels[i];

        if (channel->name[0] == '\0') {
            return channel->io == OBSERVATION_THREAD_YES && channel->sql == OBSERVATION_THREAD_YES;
        }
    }
    return false;
}

static void take_observation(struct guard *guard, const struct observation *observation,
                             uint64_t asked_ms)
{
    if (guard->process != GUARD_PROCESS_UP || asked_ms < guard->process_ms) {
        return;
    }
    guard->silent = false;
    guard->start_backoff_ms = GUARD_START_MS_MIN;
    guard->observation_new = guard->observation_new || !guard->observed ||
                             memcmp(&guard->observation, observation, sizeof *observation) != 0;
    guard->observed = true;
    guard->observed_ms = asked_ms;
    guard->observation = *observation;
    if (guard_follows(observation) && guard->work.stage == GUARD_STAGE_NONE) {
        guard->extra[0] = '\0';
    }
    if (asked_ms <= guard->changed_ms || guard->fence == GUARD_FENCE_HELD) {
        return; /* it may tell of the time before the last task */
    }
    guard->writable = !observation->read_only;
    if (guard->writable && !guard->armed) {
        guard->armed = true;
        guard->opened = guard->adopted || !guard_guarding(guard);
    }
    guard->adopted = false; /* from here on it is ours */
}

static void take_task_done(struct guard *guard, const struct guard_event *event,
                           struct guard_update *update)
{
    bool same_process =
        guard->process == GUARD_PROCESS_UP && guard->task_process_ms == guard->process_ms;
    bool ordered = guard->task == GUARD_TASK_ORDER;
    bool opens = guard->task == GUARD_TASK_LIFT_FENCE ||
                 (ordered && guard->task_action == OPERATION_ACTION_PROMOTE);

    assert(guard->task != GUARD_TASK_NONE);
    assert(event->task.number == guard->task_number);
    guard->changed_ms = event->now_ms;
    if (same_process) {
        guard_fence_done(guard, event);
    }
    if (same_process && ordered) {
        guard_order_effect(guard, event);
    }
    if (!same_process && guard->process == GUARD_PROCESS_UP && opens) {
        guard->armed = true; /* meant for another life, but who knows where it arrived */
    }
    guard->task = GUARD_TASK_NONE;
    guard->task_cancelled = false;
    if (ordered) {
        guard_order_done(guard, event, same_process, update);
    }
}

static void take_start_done(struct guard *guard, bool done, const char *detail, uint64_t now_ms)
{
    guard->starting = false;
    text_copy(guard->start_detail, sizeof guard->start_detail, done ? "" : detail);
    guard->start_ms = now_ms + guard->start_backoff_ms;
    guard->start_backoff_ms = guard->start_backoff_ms * 2 > GUARD_START_MS_MAX
                                  ? GUARD_START_MS_MAX
                                  : guard->start_backoff_ms * 2;
}

static void take(struct guard *guard, const struct guard_event *event, struct guard_update *update)
{
    uint64_t now_ms = event->now_ms;

    switch (event->kind) {
    case GUARD_TICK:
        return;
    case GUARD_VIEW:
        take_view(guard, &event->view, now_ms);
        return;
    case GUARD_LEASE_ANSWER:
        if (event->answer->epoch >= guard->floor) {
            lease_take(&guard->lease, event->answer);
        }
        return;
    case GUARD_ORDER:
        guard_order_take(guard, event->order, now_ms, update);
        return;
    case GUARD_PROCESS:
        take_process(guard, event->process.state, event->process.pid, event->process.presumed,
                     now_ms, update);
        return;
    case GUARD_OBSERVED:
        take_observation(guard, event->observed.observation, event->observed.asked_ms);
        return;
    case GUARD_SILENT:
        guard->silent = guard->process == GUARD_PROCESS_UP;
        return;
    case GUARD_FLOOR_DURABLE:
        assert(event->floor <= guard->floor_writing);
        guard->floor_durable =
            event->floor > guard->floor_durable ? event->floor : guard->floor_durable;
        return;
    case GUARD_TASK_DONE:
        take_task_done(guard, event, update);
        return;
    case GUARD_FENCE_LOST:
        guard_fence_lost(guard, now_ms);
        return;
    case GUARD_START_DONE:
        take_start_done(guard, event->start.done, event->start.detail, now_ms);
        return;
    }
    assert(!"an event of no known kind");
}

/* ---- a dead server ------------------------------------------------------------------- */

/* By itself only when another one has been opened: until then this server may be the one
 * that is needed, and the leader says so. */
static bool starts_by_itself(const struct guard *guard)
{
    const struct guard_view *view = &guard->view;

    return guard->restart && view->known && view->automation_on && !view->primary &&
           view->epoch >= guard->floor && view->epoch != 0 && view->opened_epoch == view->epoch;
}

static void start_step(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    bool ordered = guard_order_starts(guard);

    if (guard->process != GUARD_PROCESS_GONE || guard->starting ||
        !(ordered || starts_by_itself(guard))) {
        return;
    }
    if (now_ms < guard->start_ms) {
        guard_wake(update, guard->start_ms);
        return;
    }
    guard->starting = true;
    update->start_server = true;
}

enum guard_role guard_role(const struct guard *guard)
{
    const struct guard_view *view = &guard->view;

    if (!view->known || view->epoch < guard->floor) {
        return GUARD_ROLE_WAIT;
    }
    if (!view->automation_on && !view->revoking && !view->ex_primary) {
        return GUARD_ROLE_MASTER;
    }
    if (view->primary) {
        return view->revoking ? GUARD_ROLE_WAIT : GUARD_ROLE_MASTER;
    }
    if (!view->ex_primary) {
        return GUARD_ROLE_MASTER; /* a plain replica: nothing of it is cut */
    }
    return view->opened_epoch == view->epoch ? GUARD_ROLE_SLAVE : GUARD_ROLE_WAIT;
}

/* ---- what is told -------------------------------------------------------------------- */

enum order_testimony guard_testimony(const struct guard *guard)
{
    switch (guard->process) {
    case GUARD_PROCESS_DYING:
    case GUARD_PROCESS_GONE:
        return guard->presumed ? ORDER_UNKNOWN : ORDER_STOPPED;
    case GUARD_PROCESS_UP:
        if (guard->silent) {
            return ORDER_SILENT;
        }
        return guard->observed ? ORDER_ANSWERING : ORDER_UNKNOWN;
    case GUARD_PROCESS_UNKNOWN:
        break;
    }
    return ORDER_UNKNOWN;
}

void guard_report(const struct guard *guard, uint64_t now_ms, struct order_report *report)
{
    memset(report, 0, sizeof *report);
    text_copy(report->server, sizeof report->server, guard->server);
    report->start_id = guard->lease.start_id;
    report->testimony = guard_testimony(guard);
    report->pid = guard->process == GUARD_PROCESS_UP ? guard->pid : 0;
    report->writable = guard->writable;
    report->soft_fenced = guard->fence == GUARD_FENCE_HELD;
    report->floor = guard->floor;
    report->lease_epoch = lease_ms_left(&guard->lease, now_ms) > 0 ? guard->lease.epoch : 0;
    report->lease_ms_left = lease_ms_left(&guard->lease, now_ms);
    report->has_observation = guard->observed;
    if (guard->observed) {
        report->observed_ms_ago = (uint32_t)(now_ms - guard->observed_ms);
        report->observation = guard->observation;
        report->observation.read_only = !guard->writable;
    }
    text_copy(report->extra, sizeof report->extra, guard->extra);
    report->saved_transactions = guard->saved_transactions;
}

static void report_step(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    struct guard_shown shown;

    memset(&shown, 0, sizeof shown); /* compared byte by byte */
    shown.testimony = guard_testimony(guard);
    shown.pid = guard->pid;
    shown.writable = guard->writable;
    shown.fence = guard->fence;
    shown.floor = guard->floor;
    shown.lease_epoch = lease_ms_left(&guard->lease, now_ms) > 0 ? guard->lease.epoch : 0;
    if (guard->observation_new || now_ms >= guard->reported_ms + GUARD_REPORT_MS ||
        memcmp(&shown, &guard->shown, sizeof shown) != 0) {
        update->report = true;
        guard->shown = shown;
        guard->observation_new = false;
        guard->reported_ms = now_ms;
    }
    guard_wake(update, guard->reported_ms + GUARD_REPORT_MS);
}

bool guard_serves_writes(const struct guard *guard, uint64_t now_ms)
{
    if (guard->process != GUARD_PROCESS_UP || guard->silent || !guard->writable) {
        return false;
    }
    return !guard_guarding(guard) || now_ms < guard->grace_ms || lease_holds(&guard->lease, now_ms);
}

/* ---- the step ------------------------------------------------------------------------- */

static void check(const struct guard *guard)
{
    assert(guard->floor_durable <= guard->floor_writing);
    assert(guard->floor_writing <= guard->floor);
    assert(guard->lease.epoch == 0 || guard->lease.epoch >= guard->floor);
    assert(guard->process == GUARD_PROCESS_UP || !guard->armed);
    assert(guard->process == GUARD_PROCESS_UP || guard->fence == GUARD_FENCE_NONE);
    assert(guard->fence != GUARD_FENCE_HELD || !guard->writable);
    assert(!guard->writable || guard->armed);
    assert(!guard->relied_on || !guard->opened);
}

void guard_step(struct guard *guard, const struct guard_event *event, struct guard_update *update)
{
    uint64_t now_ms = event->now_ms;

    memset(update, 0, sizeof *update);
    update->wake_ms = LEASE_NEVER;
    take(guard, event, update);
    guard_order_step(guard, now_ms, update);
    guard_fence_step(guard, now_ms, update);
    guard_lease_step(guard, now_ms, update);
    start_step(guard, now_ms, update);
    if (guard->floor > guard->floor_writing) {
        guard->floor_writing = guard->floor;
        update->persist_floor = true;
    }
    report_step(guard, now_ms, update);
    check(guard);
}
