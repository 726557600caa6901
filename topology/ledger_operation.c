/* ledger_operation: the commands that begin, move on and end operations.
 *
 * The moves from state to state happen in operation_move(), operation_end() and
 * epoch_enter(): there, and nowhere else, epochs rise, primaries change and
 * operations end. */
#include <assert.h>
#include <string.h>

#include "topology/ledger_apply.h"

/* ---- the moves of an operation --------------------------------------------------- */

/* The place that the newest entry takes from: a free one, that of the oldest repair, or of the
 * oldest operation. A replica that can't be attached must not push out the failovers that the
 * flap limit counts. */
static uint32_t past_to_forget(struct ledger_cluster *cluster)
{
    uint32_t last = LIMIT_OPERATIONS - 1;

    if (cluster->past_count < LIMIT_OPERATIONS) {
        return cluster->past_count++;
    }
    while (last > 0 && cluster->past[last].kind != OPERATION_KIND_REJOIN) {
        last--;
    }
    return cluster->past[last].kind == OPERATION_KIND_REJOIN ? last : LIMIT_OPERATIONS - 1;
}

static void operation_end(struct ledger_cluster *cluster, enum operation_state state,
                          enum operation_outcome outcome, uint64_t at_ms)
{
    struct operation *operation = &cluster->operation;
    uint32_t last;

    assert(operation->id != 0);
    assert(state == OPERATION_DONE || state == OPERATION_ABORTED);
    operation->state = state;
    operation->outcome = outcome;
    operation->finished_ms = at_ms;
    last = past_to_forget(cluster);
    memmove(&cluster->past[1], &cluster->past[0], last * sizeof cluster->past[0]);
    cluster->past[0] = *operation;
    memset(operation, 0, sizeof *operation);
}

/* The new epoch names `primary`; its lease may be granted from here on. The one
 * before may come back only as a replica. */
static void epoch_enter(struct ledger_cluster *cluster, uint64_t epoch, const char *primary)
{
    struct ledger_server *before = ledger_apply_server(cluster, cluster->primary);

    assert(epoch > cluster->epoch);
    assert(ledger_apply_server(cluster, primary) != NULL);
    assert(before != NULL);
    if (strcmp(before->name, primary) != 0) {
        before->ex_primary = true;
    }
    cluster->epoch = epoch;
    text_copy(cluster->primary, sizeof cluster->primary, primary);
}

/* The primary of the epoch was made writable, under a lease. `base` never falls
 * within an epoch (SF-54). */
static void primary_opened(struct ledger_cluster *cluster, const struct gtid_position *base)
{
    struct ledger_server *primary = ledger_apply_server(cluster, cluster->primary);

    if (cluster->opened_epoch < cluster->epoch || gtid_contains(base, &cluster->base)) {
        cluster->base = *base;
    }
    cluster->opened_epoch = cluster->epoch;
    cluster->armed = cluster->settings.automation == LEDGER_AUTOMATION_ON;
    primary->acker = false;
    primary->ex_primary = false;
}

/* Walks on as far as the ended steps allow. */
static void operation_move(struct ledger_cluster *cluster, uint64_t at_ms)
{
    struct operation *operation = &cluster->operation;

    for (;;) {
        enum operation_state next = operation_next(operation);

        if (next == operation->state) {
            return;
        }
        assert(next > operation->state);
        if (next == OPERATION_DONE) {
            operation_end(cluster, OPERATION_DONE, OPERATION_OUTCOME_SUCCEEDED, at_ms);
            return;
        }
        operation->state = next;
        if (next == OPERATION_PROMOTED) {
            const struct operation_step *promote =
                operation_step_of(operation, OPERATION_ACTION_PROMOTE);

            assert(promote != NULL);
            primary_opened(cluster, &promote->position);
        }
    }
}

/* ---- operations ------------------------------------------------------------------------ */

struct kind_row {
    enum operation_state first;
    bool moves_primary; /* leads to a new epoch, takes it away from `from` */
};

static const struct kind_row kind_rows[] = {
    [OPERATION_KIND_FAILOVER] = {OPERATION_REVOKING, true},
    [OPERATION_KIND_SWITCHOVER] = {OPERATION_DEMOTING, true},
    [OPERATION_KIND_OPEN] = {OPERATION_DRAINED, false},
    [OPERATION_KIND_REJOIN] = {OPERATION_REPOINTING, false},
};

static int declare_check(const struct ledger_apply *apply, struct ledger_cluster *cluster,
                         const struct operation *operation, uint64_t epoch)
{
    const struct kind_row *row = &kind_rows[operation->kind];
    const struct operation *running = &cluster->operation;

    if (epoch != cluster->epoch) {
        return err_set(apply->err, ERR_STALE, "cluster %s is in epoch %llu, not in %llu any more",
                       cluster->name, (unsigned long long)cluster->epoch,
                       (unsigned long long)epoch);
    }
    if (running->id != 0 && !operation_gives_way(running, operation)) {
        return err_set(apply->err, ERR_BUSY, "operation %llu (%s) is running",
                       (unsigned long long)running->id, operation_kind_name(running->kind));
    }
    if (operation->epoch != cluster->epoch + (row->moves_primary ? 1 : 0)) {
        return err_set(apply->err, ERR_INVALID, "an operation of this kind leads to another epoch");
    }
    if (row->moves_primary && strcmp(operation->from, cluster->primary) != 0) {
        return err_set(apply->err, ERR_STALE, "%s is not the primary", operation->from);
    }
    if (operation->step_count == 0) {
        return err_set(apply->err, ERR_INVALID, "an operation needs steps");
    }
    for (uint32_t i = 0; i < operation->step_count; i++) {
        if (ledger_apply_server(cluster, operation->steps[i].target) == NULL) {
            return err_set(apply->err, ERR_NOTFOUND, "step %u is for the unknown server \"%s\"", i,
                           operation->steps[i].target);
        }
    }
    return 0;
}

/* What has opened its primary has succeeded, whatever is left of it. */
static void give_way(struct ledger_cluster *cluster, uint64_t at_ms)
{
    struct operation *running = &cluster->operation;
    bool opened = running->state == OPERATION_PROMOTED;

    text_copy(running->failure, sizeof running->failure,
              "gave way to an operation that the primary needs");
    operation_end(cluster, OPERATION_DONE,
                  opened ? OPERATION_OUTCOME_SUCCEEDED : OPERATION_OUTCOME_CANCELLED, at_ms);
}

int ledger_apply_declare(const struct ledger_apply *apply)
{
    const Command__Declare *declare = apply->command->declare;
    struct operation *operation = arena_take(apply->arena, sizeof *operation);
    struct ledger_cluster *cluster;
    int rc;

    if (declare->operation == NULL ||
        ledger_codec_operation_read(operation, declare->operation, apply->err) != 0 ||
        operation->kind == OPERATION_KIND_NONE) {
        return err_set(apply->err, ERR_INVALID, "the operation can't be read");
    }
    cluster = ledger_apply_cluster(apply->ledger, operation->cluster);
    if (cluster == NULL) {
        return ledger_apply_no_cluster(apply, operation->cluster);
    }
    rc = declare_check(apply, cluster, operation, declare->epoch);
    if (rc != 0) {
        return rc;
    }
    if (cluster->operation.id != 0) {
        give_way(cluster, apply->command->at_ms);
    }
    operation->id = ++apply->ledger->operations_ever;
    operation->state = kind_rows[operation->kind].first;
    operation->outcome = OPERATION_OUTCOME_NONE;
    operation->started_ms = apply->command->at_ms;
    operation->one_writer.epoch = cluster->epoch;
    cluster->operation = *operation;
    return 0;
}

/* The running operation that the command names, or a refusal. */
static int operation_named(const struct ledger_apply *apply, const char *cluster_name, uint64_t id,
                           struct ledger_cluster **cluster)
{
    *cluster = ledger_apply_cluster(apply->ledger, cluster_name);
    if (*cluster == NULL) {
        return ledger_apply_no_cluster(apply, cluster_name);
    }
    if (id == 0 || (*cluster)->operation.id != id) {
        return err_set(apply->err, ERR_STALE, "operation %llu is not running",
                       (unsigned long long)id);
    }
    return 0;
}

static bool action_yields_proof(enum operation_action action)
{
    return action == OPERATION_ACTION_REVOKE || action == OPERATION_ACTION_DEMOTE;
}

static int step_result_check(const struct ledger_apply *apply, const struct ledger_cluster *cluster,
                             const Command__StepResult *result)
{
    const struct operation *operation = &cluster->operation;
    const struct operation_step *step;

    if (result->step >= operation->step_count) {
        return err_set(apply->err, ERR_INVALID, "there is no step %u", result->step);
    }
    step = &operation->steps[result->step];
    if (!operation_step_due(operation, step)) {
        return err_set(apply->err, ERR_STALE, "step %u has ended or is not due", result->step);
    }
    if (result->state != OPERATION_STEP_DONE && result->state != OPERATION_STEP_FAILED) {
        return err_set(apply->err, ERR_INVALID, "a step ends as done or failed");
    }
    if (result->proof > OPERATION_PROOF_OPERATOR) {
        return err_set(apply->err, ERR_INVALID, "unknown proof %u", result->proof);
    }
    /* Nobody is promoted without one of the proofs: this is the line that says so. */
    if (action_yields_proof(step->action) && result->state == OPERATION_STEP_DONE &&
        result->proof == OPERATION_PROOF_NONE) {
        return err_set(apply->err, ERR_REFUSED, "step %u needs a proof", result->step);
    }
    return 0;
}

int ledger_apply_step_result(const struct ledger_apply *apply)
{
    const Command__StepResult *result = apply->command->step_result;
    struct ledger_cluster *cluster;
    struct gtid_position position;
    struct operation *operation;
    struct operation_step *step;
    struct ledger_server *server;
    int rc = operation_named(apply, result->cluster, result->operation, &cluster);

    if (rc == 0) {
        rc = step_result_check(apply, cluster, result);
    }
    if (rc == 0 && ledger_codec_position_read(&position, result->n_position, result->position,
                                              apply->err) != 0) {
        rc = ERR_INVALID;
    }
    if (rc != 0) {
        return rc;
    }
    operation = &cluster->operation;
    step = &operation->steps[result->step];
    step->state = (enum operation_step_state)result->state;
    step->ms = result->ms;
    step->position = position;
    text_copy(step->detail, sizeof step->detail, result->detail);
    if (action_yields_proof(step->action) && step->state == OPERATION_STEP_DONE) {
        operation->one_writer.proof = (enum operation_proof)result->proof;
        operation->one_writer.at_ms = apply->command->at_ms;
        operation->one_writer.waited_ms = result->proof_waited_ms;
        operation->one_writer.except_deadman = result->except_deadman;
        text_copy(operation->one_writer.by, sizeof operation->one_writer.by, result->proof_by);
    }
    server = ledger_apply_server(cluster, step->target);
    if (server != NULL && step->state == OPERATION_STEP_DONE &&
        (step->action == OPERATION_ACTION_REPOINT || step->action == OPERATION_ACTION_ATTACH)) {
        server->acker = true;
        server->ex_primary = false;
    }
    operation_move(cluster, apply->command->at_ms);
    return 0;
}

static int choose_check(const struct ledger_apply *apply, struct ledger_cluster *cluster,
                        const Command__Choose *choose)
{
    const struct operation *operation = &cluster->operation;

    if (operation->state != OPERATION_REVOKED && operation->state != OPERATION_DEMOTED) {
        return err_set(apply->err, ERR_STALE, "operation %llu is %s, nothing is to be chosen",
                       (unsigned long long)operation->id, operation_state_name(operation->state));
    }
    if (operation->one_writer.proof == OPERATION_PROOF_NONE) {
        return err_set(apply->err, ERR_REFUSED, "there is no proof that %s stopped writing",
                       operation->from);
    }
    if (ledger_apply_server(cluster, choose->to) == NULL ||
        strcmp(choose->to, operation->from) == 0) {
        return err_set(apply->err, ERR_INVALID, "\"%s\" can't be the candidate", choose->to);
    }
    if (choose->verdict > OPERATION_VERDICT_UNKNOWN) {
        return err_set(apply->err, ERR_INVALID, "unknown verdict %u", choose->verdict);
    }
    if (operation->step_count + choose->n_steps > LIMIT_STEPS) {
        return err_set(apply->err, ERR_LIMIT, "an operation has at most %d steps", LIMIT_STEPS);
    }
    return 0;
}

int ledger_apply_choose(const struct ledger_apply *apply)
{
    const Command__Choose *choose = apply->command->choose;
    struct operation_step *steps = arena_take_array(apply->arena, LIMIT_STEPS, sizeof *steps);
    struct ledger_cluster *cluster;
    struct operation *operation;
    struct gtid_position after;
    int rc = operation_named(apply, choose->cluster, choose->operation, &cluster);

    if (rc == 0) {
        rc = choose_check(apply, cluster, choose);
    }
    for (size_t i = 0; rc == 0 && i < choose->n_steps; i++) {
        if (ledger_codec_step_read(&steps[i], choose->steps[i], apply->err) != 0 ||
            ledger_apply_server(cluster, steps[i].target) == NULL) {
            rc = err_set(apply->err, ERR_INVALID, "step %zu can't be read", i);
        }
    }
    if (rc == 0 && ledger_codec_position_read(&after, choose->n_loss_after, choose->loss_after,
                                              apply->err) != 0) {
        rc = ERR_INVALID;
    }
    if (rc != 0) {
        return rc;
    }
    operation = &cluster->operation;
    memcpy(&operation->steps[operation->step_count], steps, choose->n_steps * sizeof *steps);
    operation->step_count += (uint32_t)choose->n_steps;
    text_copy(operation->to, sizeof operation->to, choose->to);
    operation->data_loss.verdict = (enum operation_verdict)choose->verdict;
    operation->data_loss.transactions = choose->loss_transactions;
    operation->data_loss.after = after;
    text_copy(operation->data_loss.how, sizeof operation->data_loss.how, choose->verdict_how);
    epoch_enter(cluster, operation->epoch, operation->to);
    cluster->lease_wait_ms = 0; /* of another server: none of its leases is older than this */
    cluster->base = after;      /* what the candidate must hold before it is opened (SF-33) */
    operation->state =
        operation->kind == OPERATION_KIND_SWITCHOVER ? OPERATION_DRAINED : OPERATION_CHOSEN;
    operation_move(cluster, apply->command->at_ms);
    return 0;
}

static void operation_abort(struct ledger_cluster *cluster, const char *reason, uint64_t at_ms)
{
    struct operation *operation = &cluster->operation;

    text_copy(operation->failure, sizeof operation->failure, reason);
    if (operation_revokes(operation)) {
        epoch_enter(cluster, operation->epoch, operation->from);
        operation_end(cluster, OPERATION_ABORTED, OPERATION_OUTCOME_UNDONE, at_ms);
    } else {
        operation_end(cluster, OPERATION_DONE, OPERATION_OUTCOME_FAILED, at_ms);
    }
}

int ledger_apply_abort(const struct ledger_apply *apply)
{
    const Command__Abort *abort_command = apply->command->abort;
    struct ledger_cluster *cluster;
    int rc = operation_named(apply, abort_command->cluster, abort_command->operation, &cluster);

    if (rc == 0) {
        operation_abort(cluster, abort_command->reason, apply->command->at_ms);
    }
    return rc;
}

/* ---- the last resort ------------------------------------------------------------------- */

/* The agents that are lost may have committed more than is known here, and may not be as lost as
 * they seem. So what is known becomes a proposal to a person: nothing is done by itself, no lease
 * of before is counted on (SF-14), and no guard of before can take a new epoch for an old one. */
static void recover_cluster(struct ledger_cluster *cluster, uint64_t at_ms)
{
    if (ledger_operation_running(cluster)) {
        operation_abort(cluster, "the other agents were lost, and this one goes on alone", at_ms);
    }
    epoch_enter(cluster, cluster->epoch + LEDGER_RECOVERY_EPOCHS, cluster->primary);
    cluster->lease_wait_ms = ledger_lease_wait_ms(cluster);
    cluster->settings.automation = LEDGER_AUTOMATION_OBSERVE;
    cluster->armed = false;
}

void ledger_recover(struct ledger *ledger, uint64_t index, uint64_t term, uint64_t at_ms)
{
    assert(index > ledger->index && term >= ledger->term);
    for (uint32_t i = 0; i < ledger->cluster_count; i++) {
        recover_cluster(&ledger->clusters[i], at_ms);
    }
    memset(ledger->invitations, 0, sizeof ledger->invitations);
    ledger->invitation_count = 0;
    ledger->index = index;
    ledger->term = term;
}
