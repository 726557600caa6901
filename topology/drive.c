#include "topology/drive.h"

#include <assert.h>
#include <string.h>

void drive_begin(struct drive *drive, uint64_t now_ms)
{
    *drive = (struct drive){.begun_ms = now_ms};
}

static void follow_operation(struct drive *drive, const struct drive_input *input)
{
    if (drive->operation != input->cluster->operation.id) {
        drive_begin(drive, input->now_ms);
        drive->operation = input->cluster->operation.id;
    }
}

static void wake_by(struct drive_update *update, uint64_t at_ms)
{
    if (update->wake_ms == 0 || at_ms < update->wake_ms) {
        update->wake_ms = at_ms;
    }
}

static struct drive_action *action_add(struct drive_update *update, enum drive_kind kind)
{
    struct drive_action *action;

    assert(update->action_count < sizeof update->actions / sizeof update->actions[0]);
    action = &update->actions[update->action_count++];
    action->kind = kind;
    action->detail[0] = '\0';
    action->proof_by[0] = '\0';
    return action;
}

/* ---- ends of steps -------------------------------------------------------------- */

static struct drive_action *step_end(struct drive *drive, const struct drive_input *input,
                                     uint32_t number, enum operation_step_state state,
                                     const char *detail, struct drive_update *update)
{
    const struct operation *operation = &input->cluster->operation;
    struct drive_step *sent = &drive->steps[number];
    struct drive_action *action = action_add(update, DRIVE_STEP_RESULT);

    assert(number < operation->step_count);
    assert(state == OPERATION_STEP_DONE || state == OPERATION_STEP_FAILED);
    assert(!sent->proposed);
    sent->proposed = true;
    text_copy(action->detail, sizeof action->detail, detail);
    action->result = (struct command_step_result){
        .cluster = input->cluster->name,
        .operation = operation->id,
        .step = number,
        .state = state,
        .ms = sent->first_sent_ms == 0 ? 0 : (uint32_t)(input->now_ms - sent->first_sent_ms),
        .detail = action->detail,
        .proof_by = action->proof_by,
        .proof_waited_ms = input->now_ms - drive->begun_ms,
    };
    return action;
}

/* Proofs that need no guard: a person's word, or arithmetic (safety.md section 3). A
 * guard that can be reached gets its chance first: its word is worth more. */
static bool revoke_without_guard(struct drive *drive, const struct drive_input *input,
                                 uint32_t number, bool reachable, struct drive_update *update)
{
    const struct operation *operation = &input->cluster->operation;
    struct drive_action *action;

    if (operation->one_writer.proof == OPERATION_PROOF_OPERATOR) {
        if (reachable && input->now_ms - drive->begun_ms < DRIVE_VOUCH_MS) {
            wake_by(update, drive->begun_ms + DRIVE_VOUCH_MS);
            return false;
        }
        action = step_end(drive, input, number, OPERATION_STEP_DONE,
                          "a person vouches that the old primary is dead", update);
        action->result.proof = OPERATION_PROOF_OPERATOR;
        text_copy(action->proof_by, sizeof action->proof_by, operation->one_writer.by);
        return true;
    }
    if (!input->cluster->armed) {
        return false;
    }
    if (input->now_ms < input->lease_expired_at_ms) {
        wake_by(update, input->lease_expired_at_ms);
        return false;
    }
    action = step_end(drive, input, number, OPERATION_STEP_DONE,
                      "no lease of it can be running any more", update);
    action->result.proof = OPERATION_PROOF_LEASE_EXPIRED;
    action->result.except_deadman = true;
    text_copy(action->proof_by, sizeof action->proof_by, "the leader");
    return true;
}

/* ---- orders ------------------------------------------------------------------------ */

/* `gtid` is known to be in the history too; without room for it the history says less. */
static void history_add(struct gtid_state *history, struct gtid gtid)
{
    uint32_t at = 0;

    while (at < history->count &&
           (history->gtids[at].domain < gtid.domain || (history->gtids[at].domain == gtid.domain &&
                                                        history->gtids[at].server < gtid.server))) {
        at++;
    }
    if (at < history->count && history->gtids[at].domain == gtid.domain &&
        history->gtids[at].server == gtid.server) {
        if (history->gtids[at].sequence < gtid.sequence) {
            history->gtids[at].sequence = gtid.sequence;
        }
        return;
    }
    if (history->count < LIMIT_GTID_PAIRS) {
        memmove(&history->gtids[at + 1], &history->gtids[at],
                (history->count - at) * sizeof history->gtids[0]);
        history->gtids[at] = gtid;
        history->count++;
    }
}

/* What the source has: as it was seen last, and what it has drained in this operation since:
 * the final position of a demoted primary, or what it had received itself. */
static void order_history(struct order *order, const struct operation *operation,
                          const struct model_server *source)
{
    order->has_history = source != NULL && source->observed_ms != 0;
    if (!order->has_history) {
        return;
    }
    order->history = source->observation.history;
    order->source_id = source->observation.server_id;
    for (uint32_t i = 0; i < operation->step_count; i++) {
        const struct operation_step *step = &operation->steps[i];
        bool drained = step->action == OPERATION_ACTION_DEMOTE ||
                       (step->action == OPERATION_ACTION_STOP_IO &&
                        strcmp(step->target, order->source_server) == 0);

        for (uint32_t j = 0; drained && j < step->position.count; j++) {
            history_add(&order->history, step->position.gtids[j]);
        }
    }
}

static void order_source(struct order *order, const struct drive_input *input,
                         const struct operation_step *step)
{
    const struct operation *operation = &input->cluster->operation;
    bool repair = operation->kind == OPERATION_KIND_REJOIN;
    const char *name = step->source[0] != '\0' ? step->source
                       : repair                ? input->cluster->primary
                                               : operation->to;
    const struct ledger_server *source = ledger_server_find(input->cluster, name);

    assert(source != NULL);
    assert(repair || step->source[0] != '\0' || operation->state >= OPERATION_DRAINED);
    text_copy(order->source_server, sizeof order->source_server, source->name);
    text_copy(order->source_address, sizeof order->source_address, source->address);
    order_history(order, operation, model_look(input->model, name));
}

/* The drain of a switchover has what is left of the write gap; an operator may have
 * asked for another one than the setting. */
static uint32_t write_gap_ms(const struct drive_input *input)
{
    const struct operation_step *drain =
        operation_step_of(&input->cluster->operation, OPERATION_ACTION_DRAIN);

    return drain != NULL ? drain->deadline_ms : (uint32_t)input->cluster->settings.max_write_gap_ms;
}

static void order_fill(struct order *order, const struct drive_input *input, uint32_t number,
                       uint64_t start_id)
{
    const struct operation *operation = &input->cluster->operation;
    const struct operation_step *step = &operation->steps[number];
    const struct operation_step *demote = operation_step_of(operation, OPERATION_ACTION_DEMOTE);

    *order = (struct order){
        .start_id = start_id,
        .term = input->term,
        .epoch = operation->epoch,
        .operation = operation->id,
        .step = number,
        .action = step->action,
        .deadline_ms = step->deadline_ms,
        .lossless = input->cluster->settings.durability == LEDGER_DURABILITY_LOSSLESS,
        .leased = input->cluster->settings.automation == LEDGER_AUTOMATION_ON,
    };
    text_copy(order->cluster, sizeof order->cluster, input->cluster->name);
    text_copy(order->server, sizeof order->server, step->target);
    if (step->action == OPERATION_ACTION_REPOINT || step->action == OPERATION_ACTION_ATTACH ||
        step->action == OPERATION_ACTION_CATCH_UP) {
        order_source(order, input, step);
    }
    if (step->action == OPERATION_ACTION_DEMOTE) {
        order->write_gap_ms = write_gap_ms(input);
    }
    /* `base` is what the candidate was chosen for: it is looked at again (SF-33). */
    if (step->action == OPERATION_ACTION_DRAIN && demote != NULL) {
        order->position = demote->position;
    } else if (step->action == OPERATION_ACTION_DRAIN || step->action == OPERATION_ACTION_PROMOTE) {
        order->position = input->cluster->base;
    }
}

/* Only a fresh connection's guard may get an order a second time before the
 * resend time: it may never have seen the first. */
static bool order_wanted(const struct drive_step *sent, uint64_t start_id, uint64_t now_ms)
{
    return sent->first_sent_ms == 0 || sent->start_id != start_id ||
           now_ms - sent->last_sent_ms >= DRIVE_RESEND_MS;
}

static void step_send(struct drive *drive, const struct drive_input *input, uint32_t number,
                      uint64_t start_id, struct drive_update *update)
{
    const struct operation_step *step = &input->cluster->operation.steps[number];
    struct drive_step *sent = &drive->steps[number];
    struct drive_action *action;

    if (!order_wanted(sent, start_id, input->now_ms)) {
        wake_by(update, sent->last_sent_ms + DRIVE_RESEND_MS);
        return;
    }
    action = action_add(update, DRIVE_ORDER);
    order_fill(&action->order, input, number, start_id);
    if (step->action == OPERATION_ACTION_ATTACH && !action->order.has_history) {
        update->action_count--; /* a new leader has to look at the source first */
        wake_by(update, input->now_ms + DRIVE_LOOK_MS);
        return;
    }
    if (sent->first_sent_ms == 0) {
        sent->first_sent_ms = input->now_ms;
    }
    sent->last_sent_ms = input->now_ms;
    sent->start_id = start_id;
    wake_by(update, input->now_ms + DRIVE_RESEND_MS);
}

/* The steps that wait as long as it takes: acknowledged work is never left
 * unapplied, a primary is never given up without a proof. */
static bool step_waits(const struct operation *operation, const struct operation_step *step)
{
    return step->action == OPERATION_ACTION_REVOKE ||
           (step->action == OPERATION_ACTION_DRAIN && operation->kind == OPERATION_KIND_FAILOVER);
}

/* Since when nobody could be asked about the step's server. */
static uint64_t missing_since(struct drive_step *sent, bool reachable, uint64_t now_ms)
{
    if (reachable) {
        sent->missing_ms = 0;
    } else if (sent->missing_ms == 0) {
        sent->missing_ms = now_ms;
    }
    return sent->missing_ms;
}

static bool target_stopped(const struct model_server *server)
{
    return server != NULL && server->guard_connected && server->reported_ms != 0 &&
           server->report.testimony == ORDER_STOPPED;
}

/* Why a drain can't go on; NULL while it can. */
static const char *drain_is_hopeless(struct drive *drive, const struct drive_input *input,
                                     uint32_t number, const struct model_server *server,
                                     bool reachable)
{
    const struct operation_step *step = &input->cluster->operation.steps[number];
    struct drive_step *sent = &drive->steps[number];
    uint64_t missing_ms = missing_since(sent, reachable, input->now_ms);
    bool refuse = input->cluster->settings.on_drain_timeout == LEDGER_DRAIN_REFUSE;

    if (step->action != OPERATION_ACTION_DRAIN) {
        return NULL;
    }
    if (target_stopped(server)) {
        return "the server is stopped";
    }
    if (missing_ms != 0 && input->now_ms - missing_ms >= ledger_profile(input->cluster)->hang_ms) {
        return "its guard can't be reached";
    }
    if (refuse && sent->first_sent_ms != 0 &&
        input->now_ms - sent->first_sent_ms >= step->deadline_ms) {
        return "it took longer than drain_timeout_s";
    }
    return NULL;
}

static void step_walk(struct drive *drive, const struct drive_input *input, uint32_t number,
                      struct drive_update *update)
{
    const struct operation *operation = &input->cluster->operation;
    const struct operation_step *step = &operation->steps[number];
    const struct model_server *server = model_look(input->model, step->target);
    bool reachable = server != NULL && server->guard_connected && server->report.start_id != 0;
    uint64_t since_ms = drive->steps[number].first_sent_ms;
    const char *why;

    if (step->action == OPERATION_ACTION_REVOKE &&
        revoke_without_guard(drive, input, number, reachable, update)) {
        return;
    }
    if (since_ms == 0) {
        since_ms = drive->begun_ms;
    }
    if (!step_waits(operation, step) && input->now_ms - since_ms >= step->deadline_ms) {
        step_end(drive, input, number, OPERATION_STEP_FAILED, "no answer until the deadline",
                 update);
        return;
    }
    why = drain_is_hopeless(drive, input, number, server, reachable);
    if (why != NULL) {
        step_end(drive, input, number, OPERATION_STEP_FAILED, why, update);
        return;
    }
    if (reachable) {
        step_send(drive, input, number, server->report.start_id, update);
    } else if (!step->required && input->now_ms - drive->begun_ms >= DRIVE_CONNECT_MS) {
        step_end(drive, input, number, OPERATION_STEP_FAILED, "its guard can't be reached", update);
        return;
    } else {
        wake_by(update, drive->begun_ms + DRIVE_CONNECT_MS > input->now_ms
                            ? drive->begun_ms + DRIVE_CONNECT_MS
                            : input->now_ms + DRIVE_RESEND_MS);
    }
    if (!step_waits(operation, step)) {
        wake_by(update, since_ms + step->deadline_ms);
    }
}

/* ---- the walk ------------------------------------------------------------------------ */

static const struct operation_step *required_failure(const struct operation *operation)
{
    for (uint32_t i = 0; i < operation->step_count; i++) {
        if (operation->steps[i].required && operation->steps[i].state == OPERATION_STEP_FAILED) {
            return &operation->steps[i];
        }
    }
    return NULL;
}

/* All steps of the state ended: somebody has to say who the candidate is. */
static bool choice_due(const struct operation *operation)
{
    if (operation->state != OPERATION_REVOKED && operation->state != OPERATION_DEMOTED) {
        return false;
    }
    for (uint32_t i = 0; i < operation->step_count; i++) {
        if (!operation_step_ended(&operation->steps[i])) {
            return false;
        }
    }
    return true;
}

/* One server gets its required steps one after the other: PROMOTE follows START. */
static bool waits_for_earlier(const struct operation *operation, uint32_t number)
{
    for (uint32_t i = 0; i < number; i++) {
        const struct operation_step *step = &operation->steps[i];

        if (step->required && !operation_step_ended(step) &&
            strcmp(step->target, operation->steps[number].target) == 0) {
            return true;
        }
    }
    return false;
}

void drive_walk(struct drive *drive, const struct drive_input *input, struct drive_update *update)
{
    const struct operation *operation = &input->cluster->operation;
    const struct operation_step *failed;

    update->wake_ms = 0;
    update->action_count = 0;
    follow_operation(drive, input);
    if (operation->id == 0 || drive->abort_proposed) {
        return;
    }
    failed = required_failure(operation);
    if (failed != NULL) {
        struct drive_action *action = action_add(update, DRIVE_ABORT);

        text_format(action->detail, sizeof action->detail, "%s on %s: %s",
                    operation_action_name(failed->action), failed->target, failed->detail);
        drive->abort_proposed = true;
        return;
    }
    if (choice_due(operation)) {
        if (!drive->choose_proposed) {
            action_add(update, DRIVE_CHOOSE);
            drive->choose_proposed = true;
        }
        return;
    }
    for (uint32_t i = 0; i < operation->step_count; i++) {
        if (operation_step_due(operation, &operation->steps[i]) && !drive->steps[i].proposed &&
            !waits_for_earlier(operation, i)) {
            step_walk(drive, input, i, update);
        }
    }
}

/* ---- answers ---------------------------------------------------------------------------- */

static bool answer_fits(const struct drive *drive, const struct drive_input *input,
                        const struct order_result *result)
{
    const struct operation *operation = &input->cluster->operation;

    return operation->id != 0 && drive->operation == operation->id &&
           result->operation == operation->id && result->term == input->term &&
           result->epoch == operation->epoch && result->step < operation->step_count &&
           strcmp(result->server, operation->steps[result->step].target) == 0 &&
           operation_step_due(operation, &operation->steps[result->step]) &&
           !drive->steps[result->step].proposed;
}

/* A drain that comes back at once with an error, its whole time long, isn't slow. */
static bool only_errors(const struct operation_step *step, const struct drive_step *sent,
                        const struct order_result *result, uint64_t now_ms)
{
    return step->action == OPERATION_ACTION_DRAIN && result->ms < DRIVE_RESEND_MS &&
           now_ms - sent->first_sent_ms >= step->deadline_ms;
}

bool drive_result(struct drive *drive, const struct drive_input *input,
                  const struct order_result *result, struct drive_update *update)
{
    const struct operation *operation = &input->cluster->operation;
    const struct operation_step *step;
    struct drive_action *action;
    bool done = result->outcome == ORDER_DONE;

    update->wake_ms = 0;
    update->action_count = 0;
    if (!answer_fits(drive, input, result)) {
        return false;
    }
    step = &operation->steps[result->step];
    if (!done && step_waits(operation, step) &&
        !only_errors(step, &drive->steps[result->step], result, input->now_ms)) {
        return false; /* asked again after DRIVE_RESEND_MS */
    }
    if (done && result->proof == OPERATION_PROOF_NONE &&
        (step->action == OPERATION_ACTION_REVOKE || step->action == OPERATION_ACTION_DEMOTE)) {
        return false;
    }
    action = step_end(drive, input, result->step,
                      done ? OPERATION_STEP_DONE : OPERATION_STEP_FAILED, result->detail, update);
    action->result.position = result->position;
    action->result.proof = result->proof;
    text_copy(action->proof_by, sizeof action->proof_by, result->server);
    return true;
}

void drive_proposal_failed(struct drive *drive, uint64_t operation)
{
    if (drive->operation != operation) {
        return;
    }
    drive->choose_proposed = false;
    drive->abort_proposed = false;
    for (uint32_t i = 0; i < LIMIT_STEPS; i++) {
        drive->steps[i].proposed = false;
    }
}
