/* ledger_apply: what each command does to the ledger (ledger.h).
 *
 * One function a command; each checks everything first and changes the ledger
 * only when nothing can fail any more. The moves of an operation from state to
 * state happen in operation_move(): there, and nowhere else, epochs rise,
 * primaries change and operations end. */
#include <assert.h>
#include <string.h>

#include "topology/ledger_codec.h"

struct apply {
    struct ledger *ledger;
    const Command__Command *command;
    struct arena *arena;
    struct err *err;
};

static struct ledger_cluster *cluster_of(struct ledger *ledger, const char *name)
{
    for (uint32_t i = 0; i < ledger->cluster_count; i++) {
        if (strcmp(ledger->clusters[i].name, name) == 0) {
            return &ledger->clusters[i];
        }
    }
    return NULL;
}

static struct ledger_server *server_of(struct ledger_cluster *cluster, const char *name)
{
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        if (strcmp(cluster->servers[i].name, name) == 0) {
            return &cluster->servers[i];
        }
    }
    return NULL;
}

static int no_such_cluster(const struct apply *apply, const char *name)
{
    return err_set(apply->err, ERR_NOTFOUND, "there is no cluster \"%s\"", name);
}

/* ---- the moves of an operation --------------------------------------------------- */

static void operation_end(struct ledger_cluster *cluster, enum operation_state state,
                          enum operation_outcome outcome, uint64_t at_ms)
{
    struct operation *operation = &cluster->operation;

    assert(operation->id != 0);
    assert(state == OPERATION_DONE || state == OPERATION_ABORTED);
    operation->state = state;
    operation->outcome = outcome;
    operation->finished_ms = at_ms;
    if (cluster->past_count < LIMIT_OPERATIONS) {
        cluster->past_count++;
    }
    memmove(&cluster->past[1], &cluster->past[0],
            (cluster->past_count - 1) * sizeof cluster->past[0]);
    cluster->past[0] = *operation;
    memset(operation, 0, sizeof *operation);
}

/* The new epoch names `to`; its lease may be granted from here on. */
static void epoch_enter(struct ledger_cluster *cluster, uint64_t epoch, const char *primary)
{
    assert(epoch > cluster->epoch);
    assert(server_of(cluster, primary) != NULL);
    cluster->epoch = epoch;
    text_copy(cluster->primary, sizeof cluster->primary, primary);
}

/* The primary of the epoch was made writable. `base` never falls within an epoch (SF-54). */
static void primary_opened(struct ledger_cluster *cluster, const struct gtid_position *base)
{
    const struct operation *operation = &cluster->operation;

    if (cluster->opened_epoch < cluster->epoch) {
        cluster->base = *base;
    } else if (gtid_contains(base, &cluster->base)) {
        cluster->base = *base;
    }
    cluster->opened_epoch = cluster->epoch;
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        struct ledger_server *server = &cluster->servers[i];

        if (strcmp(server->name, cluster->primary) == 0) {
            server->acker = false;
            server->ex_primary = false;
        } else if (strcmp(server->name, operation->from) == 0) {
            server->ex_primary = true;
        }
    }
}

static const struct operation_step *step_of(const struct operation *operation,
                                            enum operation_action action)
{
    for (uint32_t i = 0; i < operation->step_count; i++) {
        if (operation->steps[i].action == action) {
            return &operation->steps[i];
        }
    }
    return NULL;
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
            const struct operation_step *promote = step_of(operation, OPERATION_ACTION_PROMOTE);

            assert(promote != NULL);
            primary_opened(cluster, &promote->position);
        }
    }
}

/* ---- clusters ------------------------------------------------------------------------ */

static int servers_check(const struct apply *apply, struct ledger_cluster *cluster,
                         const Command__ClusterCreate *create)
{
    if (create->n_servers == 0 || create->n_servers > LIMIT_SERVERS) {
        return err_set(apply->err, ERR_LIMIT, "a cluster has 1 to %d servers, found %zu",
                       LIMIT_SERVERS, create->n_servers);
    }
    for (size_t i = 0; i < create->n_servers; i++) {
        struct ledger_server *server = &cluster->servers[i];
        int rc = ledger_codec_server_read(server, create->servers[i], apply->err);

        if (rc != 0) {
            return ERR_INVALID;
        }
        if (server_of(cluster, server->name) != NULL ||
            ledger_server_anywhere(apply->ledger, server->name, NULL) != NULL) {
            return err_set(apply->err, ERR_EXISTS, "there is a server \"%s\" already",
                           server->name);
        }
        server->ex_primary = false;
        cluster->server_count++;
    }
    return 0;
}

static int settings_apply(const struct apply *apply, struct ledger_settings *settings, size_t count,
                          Command__Setting **list)
{
    for (size_t i = 0; i < count; i++) {
        int rc = ledger_setting_set(settings, list[i]->key, list[i]->value, apply->err);

        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int apply_cluster_create(const struct apply *apply)
{
    const Command__ClusterCreate *create = apply->command->cluster_create;
    struct ledger *ledger = apply->ledger;
    struct ledger_cluster *cluster = arena_take(apply->arena, sizeof *cluster);
    const char *primary;
    int rc;

    if (ledger->cluster_count == LIMIT_CLUSTERS) {
        return err_set(apply->err, ERR_LIMIT, "there are %d clusters, no more are kept",
                       LIMIT_CLUSTERS);
    }
    if (create->name[0] == '\0' || !text_copy(cluster->name, sizeof cluster->name, create->name)) {
        return err_set(apply->err, ERR_INVALID, "a cluster's name has 1 to %d bytes",
                       LIMIT_NAME_SIZE - 1);
    }
    if (cluster_of(ledger, create->name) != NULL) {
        return err_set(apply->err, ERR_EXISTS, "there is a cluster \"%s\" already", create->name);
    }
    rc = servers_check(apply, cluster, create);
    if (rc != 0) {
        return rc;
    }
    ledger_settings_default(&cluster->settings);
    rc = settings_apply(apply, &cluster->settings, create->n_settings, create->settings);
    if (rc != 0) {
        return rc;
    }
    primary = create->primary[0] == '\0' ? cluster->servers[0].name : create->primary;
    if (server_of(cluster, primary) == NULL) {
        return err_set(apply->err, ERR_NOTFOUND, "the primary \"%s\" is not one of the servers",
                       primary);
    }
    text_copy(cluster->primary, sizeof cluster->primary, primary);
    cluster->epoch = 1;
    cluster->created_ms = apply->command->at_ms;
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        cluster->servers[i].acker = strcmp(cluster->servers[i].name, primary) != 0;
    }
    ledger->clusters[ledger->cluster_count++] = *cluster;
    return 0;
}

static int apply_cluster_set(const struct apply *apply)
{
    const Command__ClusterSet *set = apply->command->cluster_set;
    struct ledger_cluster *cluster = cluster_of(apply->ledger, set->cluster);
    struct ledger_settings settings;
    int rc;

    if (cluster == NULL) {
        return no_such_cluster(apply, set->cluster);
    }
    settings = cluster->settings;
    rc = settings_apply(apply, &settings, set->n_settings, set->settings);
    if (rc == 0) {
        cluster->settings = settings;
    }
    return rc;
}

static int apply_server_guard(const struct apply *apply)
{
    const Command__ServerGuard *guard = apply->command->server_guard;
    struct ledger_cluster *cluster = cluster_of(apply->ledger, guard->cluster);
    struct ledger_server *server;

    if (cluster == NULL) {
        return no_such_cluster(apply, guard->cluster);
    }
    server = server_of(cluster, guard->server);
    if (server == NULL) {
        return err_set(apply->err, ERR_NOTFOUND, "there is no server \"%s\"", guard->server);
    }
    if (!text_copy(server->agent, sizeof server->agent, guard->agent)) {
        return err_set(apply->err, ERR_INVALID, "an agent's name has at most %d bytes",
                       LIMIT_NAME_SIZE - 1);
    }
    return 0;
}

static int apply_token_create(const struct apply *apply)
{
    struct ledger *ledger = apply->ledger;
    struct ledger_token token;

    if (apply->command->token_create->token == NULL ||
        ledger_codec_token_read(&token, apply->command->token_create->token, apply->err) != 0 ||
        token.name[0] == '\0') {
        return err_set(apply->err, ERR_INVALID, "a token needs a name, a role and a hash");
    }
    for (uint32_t i = 0; i < ledger->token_count; i++) {
        if (strcmp(ledger->tokens[i].name, token.name) == 0) {
            return err_set(apply->err, ERR_EXISTS, "there is a token \"%s\" already", token.name);
        }
    }
    if (ledger->token_count == LEDGER_TOKENS) {
        return err_set(apply->err, ERR_LIMIT, "there are %d tokens, no more are kept",
                       LEDGER_TOKENS);
    }
    token.created_ms = apply->command->at_ms;
    ledger->tokens[ledger->token_count++] = token;
    return 0;
}

/* ---- operations ------------------------------------------------------------------------ */

struct kind_row {
    enum operation_state first;
    bool moves_primary; /* leads to a new epoch, takes it away from `from` */
    bool is_repair;     /* gives way to what moves the primary */
};

static const struct kind_row kind_rows[] = {
    [OPERATION_KIND_FAILOVER] = {OPERATION_REVOKING, true, false},
    [OPERATION_KIND_SWITCHOVER] = {OPERATION_DEMOTING, true, false},
    [OPERATION_KIND_OPEN] = {OPERATION_DRAINED, false, true},
    [OPERATION_KIND_REJOIN] = {OPERATION_REPOINTING, false, true},
};

static int declare_check(const struct apply *apply, struct ledger_cluster *cluster,
                         const struct operation *operation, uint64_t epoch)
{
    const struct kind_row *row = &kind_rows[operation->kind];
    const struct operation *running = &cluster->operation;

    if (epoch != cluster->epoch) {
        return err_set(apply->err, ERR_STALE, "cluster %s is in epoch %llu, not in %llu any more",
                       cluster->name, (unsigned long long)cluster->epoch,
                       (unsigned long long)epoch);
    }
    if (running->id != 0 && !(row->moves_primary && kind_rows[running->kind].is_repair)) {
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
        if (server_of(cluster, operation->steps[i].target) == NULL) {
            return err_set(apply->err, ERR_NOTFOUND, "step %u is for the unknown server \"%s\"", i,
                           operation->steps[i].target);
        }
    }
    return 0;
}

static int apply_declare(const struct apply *apply)
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
    cluster = cluster_of(apply->ledger, operation->cluster);
    if (cluster == NULL) {
        return no_such_cluster(apply, operation->cluster);
    }
    rc = declare_check(apply, cluster, operation, declare->epoch);
    if (rc != 0) {
        return rc;
    }
    if (cluster->operation.id != 0) {
        text_copy(cluster->operation.failure, sizeof cluster->operation.failure,
                  "gave way to an operation that moves the primary");
        operation_end(cluster, OPERATION_DONE, OPERATION_OUTCOME_CANCELLED, apply->command->at_ms);
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
static int operation_named(const struct apply *apply, const char *cluster_name, uint64_t id,
                           struct ledger_cluster **cluster)
{
    *cluster = cluster_of(apply->ledger, cluster_name);
    if (*cluster == NULL) {
        return no_such_cluster(apply, cluster_name);
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

static int step_result_check(const struct apply *apply, const struct ledger_cluster *cluster,
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

static int apply_step_result(const struct apply *apply)
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
    server = server_of(cluster, step->target);
    if (server != NULL && step->state == OPERATION_STEP_DONE &&
        (step->action == OPERATION_ACTION_REPOINT || step->action == OPERATION_ACTION_ATTACH)) {
        server->acker = true;
        server->ex_primary = false;
    }
    operation_move(cluster, apply->command->at_ms);
    return 0;
}

static int choose_check(const struct apply *apply, struct ledger_cluster *cluster,
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
    if (server_of(cluster, choose->to) == NULL || strcmp(choose->to, operation->from) == 0) {
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

static int apply_choose(const struct apply *apply)
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
            server_of(cluster, steps[i].target) == NULL) {
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
    operation->state =
        operation->kind == OPERATION_KIND_SWITCHOVER ? OPERATION_DRAINED : OPERATION_CHOSEN;
    operation_move(cluster, apply->command->at_ms);
    return 0;
}

static int apply_abort(const struct apply *apply)
{
    const Command__Abort *abort_command = apply->command->abort;
    struct ledger_cluster *cluster;
    struct operation *operation;
    int rc = operation_named(apply, abort_command->cluster, abort_command->operation, &cluster);

    if (rc != 0) {
        return rc;
    }
    operation = &cluster->operation;
    text_copy(operation->failure, sizeof operation->failure, abort_command->reason);
    if (operation_revokes(operation)) {
        epoch_enter(cluster, operation->epoch, operation->from);
        operation_end(cluster, OPERATION_ABORTED, OPERATION_OUTCOME_UNDONE, apply->command->at_ms);
    } else {
        operation_end(cluster, OPERATION_DONE, OPERATION_OUTCOME_FAILED, apply->command->at_ms);
    }
    return 0;
}

/* ---- the table of commands ----------------------------------------------------------------- */

static int apply_command(const struct apply *apply)
{
    static int (*const functions[])(const struct apply *) = {
        [COMMAND__COMMAND__BODY_CLUSTER_CREATE] = apply_cluster_create,
        [COMMAND__COMMAND__BODY_CLUSTER_SET] = apply_cluster_set,
        [COMMAND__COMMAND__BODY_SERVER_GUARD] = apply_server_guard,
        [COMMAND__COMMAND__BODY_DECLARE] = apply_declare,
        [COMMAND__COMMAND__BODY_STEP_RESULT] = apply_step_result,
        [COMMAND__COMMAND__BODY_CHOOSE] = apply_choose,
        [COMMAND__COMMAND__BODY_ABORT] = apply_abort,
        [COMMAND__COMMAND__BODY_TOKEN_CREATE] = apply_token_create,
    };
    size_t number = (size_t)apply->command->body_case;

    if (number >= sizeof functions / sizeof functions[0] || functions[number] == NULL) {
        return err_set(apply->err, ERR_PROTOCOL,
                       "the log holds a command that this version doesn't know; "
                       "install a newer orchestratord on this host");
    }
    return functions[number](apply);
}

int ledger_apply(struct ledger *ledger, uint64_t index, uint64_t term, const uint8_t *bytes,
                 size_t length, struct err *err)
{
    struct arena arena;
    ProtobufCAllocator allocator;
    struct apply apply = {.ledger = ledger, .arena = &arena, .err = err};
    Command__Command *command;
    int rc = 0;

    assert(index > ledger->index);
    assert(term >= ledger->term);
    err_reset(err);
    arena_init(&arena);
    if (length > 0) {
        allocator = ledger_codec_allocator(&arena);
        command = command__command__unpack(&allocator, length, bytes);
        apply.command = command;
        rc = command == NULL ? err_set(err, ERR_PROTOCOL, "the log holds bytes that are no command")
                             : apply_command(&apply);
    }
    ledger->index = index;
    ledger->term = term;
    arena_finish(&arena);
    return rc;
}
