#include "topology/ledger_codec.h"

#include <assert.h>
#include <string.h>

static void *allocator_take(void *arena, size_t size)
{
    return arena_take(arena, size);
}

static void allocator_give(void *arena, void *memory)
{
    (void)arena;
    (void)memory;
}

ProtobufCAllocator ledger_codec_allocator(struct arena *arena)
{
    return (ProtobufCAllocator){
        .alloc = allocator_take, .free = allocator_give, .allocator_data = arena};
}

char *ledger_codec_text(const char *text)
{
    union {
        const char *given;
        char *wanted;
    } same = {.given = text};

    return same.wanted;
}

static int text_read(char *target, size_t size, const char *source, const char *field,
                     struct err *err)
{
    if (!text_copy(target, size, source)) {
        return err_set(err, ERR_CORRUPT, "%s is longer than %zu bytes", field, size - 1);
    }
    return 0;
}

#define READ_TEXT(target, source, field)                                                           \
    do {                                                                                           \
        int read_rc = text_read(target, sizeof(target), source, field, err);                       \
        if (read_rc != 0) {                                                                        \
            return read_rc;                                                                        \
        }                                                                                          \
    } while (0)

#define READ_ENUM(target, source, type, last, field)                                               \
    do {                                                                                           \
        if ((source) > (uint32_t)(last)) {                                                         \
            return err_set(err, ERR_CORRUPT, "%s has the unknown value %u", field, (source));      \
        }                                                                                          \
        (target) = (type)(source);                                                                 \
    } while (0)

/* ---- positions ------------------------------------------------------------- */

void ledger_codec_position_write(const struct gtid_position *position, struct arena *arena,
                                 size_t *count, Command__Gtid ***gtids)
{
    Command__Gtid **list = arena_take_array(arena, position->count, sizeof *list);

    for (uint32_t i = 0; i < position->count; i++) {
        list[i] = arena_take(arena, sizeof *list[i]);
        command__gtid__init(list[i]);
        list[i]->domain = position->gtids[i].domain;
        list[i]->server = position->gtids[i].server;
        list[i]->sequence = position->gtids[i].sequence;
    }
    *count = position->count;
    *gtids = list;
}

int ledger_codec_position_read(struct gtid_position *position, size_t count, Command__Gtid **gtids,
                               struct err *err)
{
    memset(position, 0, sizeof *position);
    if (count > LIMIT_GTID_DOMAINS) {
        return err_set(err, ERR_CORRUPT, "a position has %zu domains, at most %d are kept", count,
                       LIMIT_GTID_DOMAINS);
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && gtids[i]->domain <= gtids[i - 1]->domain) {
            return err_set(err, ERR_CORRUPT, "a position is not sorted by domain");
        }
        position->gtids[i] = (struct gtid){gtids[i]->domain, gtids[i]->server, gtids[i]->sequence};
    }
    position->count = (uint32_t)count;
    return 0;
}

/* ---- steps and operations ------------------------------------------------------ */

void ledger_codec_steps_write(const struct operation_step *steps, uint32_t step_count,
                              struct arena *arena, size_t *count, Command__Step ***messages)
{
    Command__Step **list = arena_take_array(arena, step_count, sizeof *list);

    for (uint32_t i = 0; i < step_count; i++) {
        Command__Step *message = arena_take(arena, sizeof *message);

        command__step__init(message);
        message->action = steps[i].action;
        message->target = ledger_codec_text(steps[i].target);
        message->source = ledger_codec_text(steps[i].source);
        message->phase = steps[i].phase;
        message->required = steps[i].required;
        message->deadline_ms = steps[i].deadline_ms;
        message->state = steps[i].state;
        message->ms = steps[i].ms;
        message->detail = ledger_codec_text(steps[i].detail);
        ledger_codec_position_write(&steps[i].position, arena, &message->n_position,
                                    &message->position);
        list[i] = message;
    }
    *count = step_count;
    *messages = list;
}

int ledger_codec_step_read(struct operation_step *step, const Command__Step *message,
                           struct err *err)
{
    memset(step, 0, sizeof *step);
    READ_ENUM(step->action, message->action, enum operation_action, OPERATION_ACTION_CATCH_UP,
              "step.action");
    READ_ENUM(step->phase, message->phase, enum operation_state, OPERATION_ABORTED, "step.phase");
    READ_ENUM(step->state, message->state, enum operation_step_state, OPERATION_STEP_UNDONE,
              "step.state");
    READ_TEXT(step->target, message->target, "step.target");
    READ_TEXT(step->source, message->source, "step.source");
    READ_TEXT(step->detail, message->detail, "step.detail");
    step->required = message->required;
    step->deadline_ms = message->deadline_ms;
    step->ms = message->ms;
    return ledger_codec_position_read(&step->position, message->n_position, message->position, err);
}

Command__Operation *ledger_codec_operation_write(const struct operation *operation,
                                                 struct arena *arena)
{
    Command__Operation *message = arena_take(arena, sizeof *message);

    command__operation__init(message);
    message->id = operation->id;
    message->kind = operation->kind;
    message->state = operation->state;
    message->outcome = operation->outcome;
    message->cluster = ledger_codec_text(operation->cluster);
    message->from = ledger_codec_text(operation->from);
    message->to = ledger_codec_text(operation->to);
    message->wanted = ledger_codec_text(operation->wanted);
    message->cause = ledger_codec_text(operation->cause);
    message->failure = ledger_codec_text(operation->failure);
    message->epoch = operation->epoch;
    message->started_ms = operation->started_ms;
    message->finished_ms = operation->finished_ms;
    message->proof = operation->one_writer.proof;
    message->proof_by = ledger_codec_text(operation->one_writer.by);
    message->proof_at_ms = operation->one_writer.at_ms;
    message->proof_epoch = operation->one_writer.epoch;
    message->proof_waited_ms = operation->one_writer.waited_ms;
    message->except_deadman = operation->one_writer.except_deadman;
    message->verdict = operation->data_loss.verdict;
    message->verdict_how = ledger_codec_text(operation->data_loss.how);
    message->loss_transactions = operation->data_loss.transactions;
    ledger_codec_position_write(&operation->data_loss.after, arena, &message->n_loss_after,
                                &message->loss_after);
    ledger_codec_steps_write(operation->steps, operation->step_count, arena, &message->n_steps,
                             &message->steps);
    return message;
}

static int operation_proofs_read(struct operation *operation, const Command__Operation *message,
                                 struct err *err)
{
    READ_ENUM(operation->one_writer.proof, message->proof, enum operation_proof,
              OPERATION_PROOF_OPERATOR, "operation.proof");
    READ_TEXT(operation->one_writer.by, message->proof_by, "operation.proof_by");
    operation->one_writer.at_ms = message->proof_at_ms;
    operation->one_writer.epoch = message->proof_epoch;
    operation->one_writer.waited_ms = message->proof_waited_ms;
    operation->one_writer.except_deadman = message->except_deadman;
    READ_ENUM(operation->data_loss.verdict, message->verdict, enum operation_verdict,
              OPERATION_VERDICT_UNKNOWN, "operation.verdict");
    READ_TEXT(operation->data_loss.how, message->verdict_how, "operation.verdict_how");
    operation->data_loss.transactions = message->loss_transactions;
    return ledger_codec_position_read(&operation->data_loss.after, message->n_loss_after,
                                      message->loss_after, err);
}

int ledger_codec_operation_read(struct operation *operation, const Command__Operation *message,
                                struct err *err)
{
    int rc;

    memset(operation, 0, sizeof *operation);
    READ_ENUM(operation->kind, message->kind, enum operation_kind, OPERATION_KIND_REJOIN,
              "operation.kind");
    READ_ENUM(operation->state, message->state, enum operation_state, OPERATION_ABORTED,
              "operation.state");
    READ_ENUM(operation->outcome, message->outcome, enum operation_outcome,
              OPERATION_OUTCOME_CANCELLED, "operation.outcome");
    READ_TEXT(operation->cluster, message->cluster, "operation.cluster");
    READ_TEXT(operation->from, message->from, "operation.from");
    READ_TEXT(operation->to, message->to, "operation.to");
    READ_TEXT(operation->wanted, message->wanted, "operation.wanted");
    READ_TEXT(operation->cause, message->cause, "operation.cause");
    READ_TEXT(operation->failure, message->failure, "operation.failure");
    operation->id = message->id;
    operation->epoch = message->epoch;
    operation->started_ms = message->started_ms;
    operation->finished_ms = message->finished_ms;
    rc = operation_proofs_read(operation, message, err);
    if (rc != 0) {
        return rc;
    }
    if (message->n_steps > LIMIT_STEPS) {
        return err_set(err, ERR_CORRUPT, "an operation has %zu steps, at most %d are kept",
                       message->n_steps, LIMIT_STEPS);
    }
    for (size_t i = 0; i < message->n_steps; i++) {
        rc = ledger_codec_step_read(&operation->steps[i], message->steps[i], err);
        if (rc != 0) {
            return rc;
        }
    }
    operation->step_count = (uint32_t)message->n_steps;
    return 0;
}

/* ---- servers and tokens ------------------------------------------------------------ */

Command__Server *ledger_codec_server_write(const struct ledger_server *server, struct arena *arena)
{
    Command__Server *message = arena_take(arena, sizeof *message);

    command__server__init(message);
    message->name = ledger_codec_text(server->name);
    message->address = ledger_codec_text(server->address);
    message->agent = ledger_codec_text(server->agent);
    message->priority = server->priority;
    message->never_promote = server->never_promote;
    message->acker = server->acker;
    message->ex_primary = server->ex_primary;
    return message;
}

int ledger_codec_server_read(struct ledger_server *server, const Command__Server *message,
                             struct err *err)
{
    memset(server, 0, sizeof *server);
    READ_TEXT(server->name, message->name, "server.name");
    READ_TEXT(server->address, message->address, "server.address");
    READ_TEXT(server->agent, message->agent, "server.agent");
    if (server->name[0] == '\0' || server->address[0] == '\0') {
        return err_set(err, ERR_CORRUPT, "a server needs a name and an address");
    }
    if (message->priority > 1000) {
        return err_set(err, ERR_CORRUPT, "server %s: priority %u, accepted: 0 to 1000",
                       server->name, message->priority);
    }
    server->priority = message->priority;
    server->never_promote = message->never_promote;
    server->acker = message->acker;
    server->ex_primary = message->ex_primary;
    return 0;
}

int ledger_codec_token_read(struct ledger_token *token, const Command__Token *message,
                            struct err *err)
{
    memset(token, 0, sizeof *token);
    READ_TEXT(token->name, message->name, "token.name");
    READ_ENUM(token->role, message->role, enum ledger_role, LEDGER_ROLE_ADMIN, "token.role");
    if (message->hash.len != LEDGER_HASH_BYTES) {
        return err_set(err, ERR_CORRUPT, "token %s: the hash has %zu bytes, accepted: %d",
                       token->name, message->hash.len, LEDGER_HASH_BYTES);
    }
    memcpy(token->hash, message->hash.data, LEDGER_HASH_BYTES);
    token->created_ms = message->created_ms;
    return 0;
}

static void key_write(ProtobufCBinaryData *data, const uint8_t key[KEYS_BYTES], struct arena *arena)
{
    data->len = KEYS_BYTES;
    data->data = arena_take(arena, KEYS_BYTES);
    memcpy(data->data, key, KEYS_BYTES);
}

Command__Invitation *ledger_codec_invitation_write(const struct ledger_invitation *invitation,
                                                   struct arena *arena)
{
    Command__Invitation *message = arena_take(arena, sizeof *message);

    command__invitation__init(message);
    message->name = ledger_codec_text(invitation->name);
    message->voter = invitation->voter;
    message->expires_ms = invitation->expires_ms;
    key_write(&message->key, invitation->key, arena);
    if (invitation->used) {
        key_write(&message->used_by, invitation->used_by, arena);
    }
    return message;
}

int ledger_codec_invitation_read(struct ledger_invitation *invitation,
                                 const Command__Invitation *message, struct err *err)
{
    memset(invitation, 0, sizeof *invitation);
    READ_TEXT(invitation->name, message->name, "invitation.name");
    if (message->key.len != KEYS_BYTES ||
        (message->used_by.len != 0 && message->used_by.len != KEYS_BYTES)) {
        return err_set(err, ERR_CORRUPT, "invitation %s: a key has %d bytes", invitation->name,
                       KEYS_BYTES);
    }
    memcpy(invitation->key, message->key.data, KEYS_BYTES);
    invitation->voter = message->voter;
    invitation->expires_ms = message->expires_ms;
    invitation->used = message->used_by.len != 0;
    if (invitation->used) {
        memcpy(invitation->used_by, message->used_by.data, KEYS_BYTES);
    }
    return 0;
}
