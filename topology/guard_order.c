#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "topology/guard_internal.h"

enum { KILL_MS_MIN = 50 };

/* ---- older and newer ---------------------------------------------------------- */

static struct guard_place place_of(const struct order *order)
{
    return (struct guard_place){order->term, order->epoch, order->operation, order->step};
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int place_compare(const struct guard_place *a, const struct guard_place *b)
{
    int order = compare_u64(a->term, b->term);

    order = order != 0 ? order : compare_u64(a->epoch, b->epoch);
    order = order != 0 ? order : compare_u64(a->operation, b->operation);
    return order != 0 ? order : compare_u64(a->step, b->step);
}

/* The same step, perhaps sent again by a later leader. */
static bool same_step(const struct order *a, const struct order *b)
{
    return a->epoch == b->epoch && a->operation == b->operation && a->step == b->step;
}

/* ---- answers -------------------------------------------------------------------- */

static void answer(struct guard_update *update, const struct order_result *result)
{
    assert(update->result_count < GUARD_RESULTS);
    update->results[update->result_count++] = *result;
}

void guard_answer(struct guard *guard, const struct order_result *result,
                  struct guard_update *update)
{
    answer(update, result);
    if (guard->memory_count < GUARD_MEMORY) {
        guard->memory_count++;
    }
    memmove(&guard->memory[1], &guard->memory[0],
            (guard->memory_count - 1) * sizeof guard->memory[0]);
    guard->memory[0] = *result;
}

/* What was done is done. What failed is tried again when its order comes again: steps that
 * wait as long as it takes have no other way on. Not so where a failure ends the operation
 * and a late duplicate would open or fence the server behind the leader's back. */
static bool failure_is_final(enum operation_action action)
{
    return action == OPERATION_ACTION_DEMOTE || action == OPERATION_ACTION_PROMOTE;
}

static const struct order_result *remembered(const struct guard *guard, const struct order *order)
{
    for (uint32_t i = 0; i < guard->memory_count; i++) {
        const struct order_result *result = &guard->memory[i];

        if ((result->outcome == ORDER_DONE || failure_is_final(order->action)) &&
            result->term == order->term && result->epoch == order->epoch &&
            result->operation == order->operation && result->step == order->step) {
            return result;
        }
    }
    return NULL;
}

void guard_result(const struct guard *guard, const struct order *order, enum order_outcome outcome,
                  const char *detail, struct order_result *result)
{
    *result = (struct order_result){.term = order->term,
                                    .epoch = order->epoch,
                                    .operation = order->operation,
                                    .step = order->step,
                                    .outcome = outcome};
    text_copy(result->server, sizeof result->server, guard->server);
    text_copy(result->detail, sizeof result->detail, detail);
}

static void refuse(const struct guard *guard, const struct order *order, const char *detail,
                   struct guard_update *update)
{
    struct order_result result;

    guard_result(guard, order, ORDER_REFUSED, detail, &result);
    answer(update, &result);
}

/* ---- taking one -------------------------------------------------------------------- */

/* REVOKE: how long the soft fence may take, a third of the way to the next rung unless
 * the order says. */
static uint64_t fence_time_ms(const struct guard *guard, const struct order *order, uint64_t now_ms)
{
    uint64_t left_ms = guard_rung_gap_ms(guard);

    if (order->write_gap_ms != 0) {
        return order->write_gap_ms;
    }
    if (guard->lease.epoch != 0) {
        uint64_t hard_ms = lease_hard_at(&guard->lease);

        left_ms = hard_ms > now_ms ? hard_ms - now_ms : 0;
    }
    return left_ms / 3 < KILL_MS_MIN ? KILL_MS_MIN : left_ms / 3;
}

/* What the server has that the primary lacks, before anything is cut or attached. */
static void note_extra(struct guard *guard, const struct order *order)
{
    char text[LIMIT_GTID_TEXT_SIZE];
    struct gtid_state extra = {.count = 0};

    guard->extra[0] = '\0';
    if (order->has_history && guard->observed) {
        gtid_state_extra(&guard->observation.history, &order->history, &extra);
    }
    if (gtid_state_without(&extra, order->source_id) > 0) {
        gtid_state_format(&extra, text, sizeof text);
        text_copy(guard->extra, sizeof guard->extra, text);
    }
}

static void begin(struct guard *guard, const struct order *order, uint64_t now_ms)
{
    assert(guard->work.stage == GUARD_STAGE_NONE);
    assert(order->epoch >= guard->floor);
    guard->work = (struct guard_work){
        .stage = GUARD_STAGE_WAITING,
        .order = *order,
        .arrived_ms = now_ms,
        .kill_ms = now_ms + fence_time_ms(guard, order, now_ms),
    };
    switch (order->action) {
    case OPERATION_ACTION_REVOKE:
        guard->opened = false; /* nothing lifts a fence any more but an order */
        guard->adopted = false;
        break;
    case OPERATION_ACTION_DRAIN:
        guard->candidate_epoch = order->epoch;
        break;
    case OPERATION_ACTION_PROMOTE:
        guard->candidate_epoch = order->epoch;
        guard_lease_hurry(guard, order->epoch); /* what was asked for before was in vain */
        break;
    case OPERATION_ACTION_ATTACH:
        note_extra(guard, order);
        break;
    default:
        break;
    }
    /* DEMOTE may fail and be undone under the old lease: its floor comes with the fence. */
    if (order->action != OPERATION_ACTION_DEMOTE) {
        guard_raise_floor(guard, order->epoch);
    }
}

/* A newer operation, or a newer leader's other step, ends what is in work. */
static void supersede(struct guard *guard, uint64_t now_ms, struct guard_update *update)
{
    if (guard->has_next) {
        refuse(guard, &guard->next, "superseded by a newer order", update);
        guard->has_next = false;
    }
    if (guard->work.stage != GUARD_STAGE_NONE) {
        guard_finish(guard, ORDER_FAILED, "superseded by a newer order", update);
        guard_tell(guard, now_ms, update);
    }
}

static bool join(struct guard *guard, struct order *mine, const struct order *order)
{
    struct guard_place place = place_of(order);

    if (!same_step(order, mine) || order->term < mine->term) {
        return false;
    }
    mine->term = order->term;
    if (place_compare(&place, &guard->seen) > 0) {
        guard->seen = place;
    }
    return true;
}

/* Whether it is one that this guard is at, sent again. Of two orders that came together the
 * first is no older than the second for that. */
static bool joins(struct guard *guard, const struct order *order)
{
    return (guard->work.stage != GUARD_STAGE_NONE && join(guard, &guard->work.order, order)) ||
           (guard->has_next && join(guard, &guard->next, order));
}

static const char *objection(const struct guard *guard, const struct order *order)
{
    if (strcmp(order->server, guard->server) != 0) {
        return "this guard guards another server";
    }
    if (order->action == OPERATION_ACTION_NONE) {
        return "the order asks for nothing";
    }
    if (order->epoch < guard->floor) {
        return "its epoch is below the floor of this guard";
    }
    return NULL;
}

bool guard_order_next(struct guard *guard, struct guard_update *update)
{
    if (guard->work.stage != GUARD_STAGE_NONE || !guard->has_next) {
        return false;
    }
    guard->has_next = false;
    if (guard->next.epoch < guard->floor) {
        refuse(guard, &guard->next, "its epoch is below the floor of this guard", update);
        return false;
    }
    begin(guard, &guard->next, guard->next_ms);
    return true;
}

void guard_order_take(struct guard *guard, const struct order *order, uint64_t now_ms,
                      struct guard_update *update)
{
    const struct order_result *known = remembered(guard, order);
    const char *why = objection(guard, order);
    struct guard_place place = place_of(order);

    /* Meant for another start of this agent: an answer would end a step that the leader is
     * about to send to us. The same while it isn't known how old an order may be; it comes again.
     */
    if (order->start_id != guard->lease.start_id || guard->floor_lost) {
        return;
    }
    if (known != NULL) {
        answer(update, known);
        return;
    }
    if (why == NULL && joins(guard, order)) {
        return;
    }
    if (why == NULL && place_compare(&place, &guard->seen) < 0) {
        why = "this guard has seen a newer order";
    }
    if (why != NULL) {
        refuse(guard, order, why, update);
        return;
    }
    guard->seen = place;
    if (guard->work.stage != GUARD_STAGE_NONE && !guard->has_next &&
        order->operation == guard->work.order.operation && order->term == guard->work.order.term) {
        guard->next = *order;
        guard->next_ms = now_ms;
        guard->has_next = true;
        return;
    }
    supersede(guard, now_ms, update);
    begin(guard, order, now_ms);
}
