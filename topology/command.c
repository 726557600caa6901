#include "topology/command.h"

#include <string.h>

#include "topology/ledger_codec.h"

static void write_command(struct buf *buf, struct command_stamp stamp, Command__Command *command)
{
    uint8_t *bytes;

    command->by = ledger_codec_text(stamp.by);
    command->at_ms = stamp.at_ms;
    bytes = buf_extend(buf, command__command__get_packed_size(command));
    if (bytes != NULL) {
        command__command__pack(command, bytes);
    }
}

static Command__Setting **settings_write(const struct command_setting *settings, size_t count,
                                         struct arena *arena)
{
    Command__Setting **list = arena_take_array(arena, count, sizeof *list);

    for (size_t i = 0; i < count; i++) {
        list[i] = arena_take(arena, sizeof *list[i]);
        command__setting__init(list[i]);
        list[i]->key = ledger_codec_text(settings[i].key);
        list[i]->value = ledger_codec_text(settings[i].value);
    }
    return list;
}

void command_cluster_create(struct buf *buf, struct command_stamp stamp, const char *name,
                            const struct ledger_server *servers, size_t server_count,
                            const char *primary, const struct command_setting *settings,
                            size_t setting_count)
{
    Command__Command command = COMMAND__COMMAND__INIT;
    Command__ClusterCreate create = COMMAND__CLUSTER_CREATE__INIT;
    struct arena arena;

    arena_init(&arena);
    create.name = ledger_codec_text(name);
    create.primary = ledger_codec_text(primary);
    create.n_servers = server_count;
    create.servers = arena_take_array(&arena, server_count, sizeof *create.servers);
    for (size_t i = 0; i < server_count; i++) {
        create.servers[i] = ledger_codec_server_write(&servers[i], &arena);
    }
    create.n_settings = setting_count;
    create.settings = settings_write(settings, setting_count, &arena);
    command.body_case = COMMAND__COMMAND__BODY_CLUSTER_CREATE;
    command.cluster_create = &create;
    write_command(buf, stamp, &command);
    arena_finish(&arena);
}

void command_cluster_set(struct buf *buf, struct command_stamp stamp, const char *cluster,
                         const struct command_setting *settings, size_t setting_count)
{
    Command__Command command = COMMAND__COMMAND__INIT;
    Command__ClusterSet set = COMMAND__CLUSTER_SET__INIT;
    struct arena arena;

    arena_init(&arena);
    set.cluster = ledger_codec_text(cluster);
    set.n_settings = setting_count;
    set.settings = settings_write(settings, setting_count, &arena);
    command.body_case = COMMAND__COMMAND__BODY_CLUSTER_SET;
    command.cluster_set = &set;
    write_command(buf, stamp, &command);
    arena_finish(&arena);
}

void command_server_guard(struct buf *buf, struct command_stamp stamp, const char *cluster,
                          const char *server, const char *agent)
{
    Command__Command command = COMMAND__COMMAND__INIT;
    Command__ServerGuard guard = COMMAND__SERVER_GUARD__INIT;

    guard.cluster = ledger_codec_text(cluster);
    guard.server = ledger_codec_text(server);
    guard.agent = ledger_codec_text(agent);
    command.body_case = COMMAND__COMMAND__BODY_SERVER_GUARD;
    command.server_guard = &guard;
    write_command(buf, stamp, &command);
}

void command_token_create(struct buf *buf, struct command_stamp stamp,
                          const struct ledger_token *token)
{
    Command__Command command = COMMAND__COMMAND__INIT;
    Command__TokenCreate create = COMMAND__TOKEN_CREATE__INIT;
    Command__Token message = COMMAND__TOKEN__INIT;
    struct ledger_token copy = *token;

    message.name = copy.name;
    message.role = copy.role;
    message.hash.len = LEDGER_HASH_BYTES;
    message.hash.data = copy.hash;
    create.token = &message;
    command.body_case = COMMAND__COMMAND__BODY_TOKEN_CREATE;
    command.token_create = &create;
    write_command(buf, stamp, &command);
}

void command_declare(struct buf *buf, struct command_stamp stamp, const struct operation *operation,
                     uint64_t epoch)
{
    Command__Command command = COMMAND__COMMAND__INIT;
    Command__Declare declare = COMMAND__DECLARE__INIT;
    struct arena arena;

    arena_init(&arena);
    declare.operation = ledger_codec_operation_write(operation, &arena);
    declare.epoch = epoch;
    command.body_case = COMMAND__COMMAND__BODY_DECLARE;
    command.declare = &declare;
    write_command(buf, stamp, &command);
    arena_finish(&arena);
}

void command_step_result(struct buf *buf, struct command_stamp stamp,
                         const struct command_step_result *result)
{
    Command__Command command = COMMAND__COMMAND__INIT;
    Command__StepResult message = COMMAND__STEP_RESULT__INIT;
    struct arena arena;

    arena_init(&arena);
    message.cluster = ledger_codec_text(result->cluster);
    message.operation = result->operation;
    message.step = result->step;
    message.state = result->state;
    message.ms = result->ms;
    message.detail = ledger_codec_text(result->detail);
    ledger_codec_position_write(&result->position, &arena, &message.n_position, &message.position);
    message.proof = result->proof;
    message.proof_by = ledger_codec_text(result->proof_by == NULL ? "" : result->proof_by);
    message.proof_waited_ms = result->proof_waited_ms;
    message.except_deadman = result->except_deadman;
    command.body_case = COMMAND__COMMAND__BODY_STEP_RESULT;
    command.step_result = &message;
    write_command(buf, stamp, &command);
    arena_finish(&arena);
}

void command_choose(struct buf *buf, struct command_stamp stamp,
                    const struct command_choose *choose)
{
    Command__Command command = COMMAND__COMMAND__INIT;
    Command__Choose message = COMMAND__CHOOSE__INIT;
    struct arena arena;

    arena_init(&arena);
    message.cluster = ledger_codec_text(choose->cluster);
    message.operation = choose->operation;
    message.to = ledger_codec_text(choose->to);
    message.verdict = choose->data_loss.verdict;
    message.verdict_how = ledger_codec_text(choose->data_loss.how);
    message.loss_transactions = choose->data_loss.transactions;
    ledger_codec_position_write(&choose->data_loss.after, &arena, &message.n_loss_after,
                                &message.loss_after);
    ledger_codec_steps_write(choose->steps, choose->step_count, &arena, &message.n_steps,
                             &message.steps);
    command.body_case = COMMAND__COMMAND__BODY_CHOOSE;
    command.choose = &message;
    write_command(buf, stamp, &command);
    arena_finish(&arena);
}

void command_abort(struct buf *buf, struct command_stamp stamp, const char *cluster,
                   uint64_t operation, const char *reason)
{
    Command__Command command = COMMAND__COMMAND__INIT;
    Command__Abort message = COMMAND__ABORT__INIT;

    message.cluster = ledger_codec_text(cluster);
    message.operation = operation;
    message.reason = ledger_codec_text(reason);
    command.body_case = COMMAND__COMMAND__BODY_ABORT;
    command.abort = &message;
    write_command(buf, stamp, &command);
}

void command_feature_level(struct buf *buf, struct command_stamp stamp, uint32_t level)
{
    Command__Command command = COMMAND__COMMAND__INIT;
    Command__FeatureLevel message = COMMAND__FEATURE_LEVEL__INIT;

    message.level = level;
    command.body_case = COMMAND__COMMAND__BODY_FEATURE_LEVEL;
    command.feature_level = &message;
    write_command(buf, stamp, &command);
}

void command_invite(struct buf *buf, struct command_stamp stamp,
                    const struct ledger_invitation *invitation)
{
    Command__Command command = COMMAND__COMMAND__INIT;
    Command__Invite message = COMMAND__INVITE__INIT;
    struct arena arena;

    arena_init(&arena);
    message.invitation = ledger_codec_invitation_write(invitation, &arena);
    command.body_case = COMMAND__COMMAND__BODY_INVITE;
    command.invite = &message;
    write_command(buf, stamp, &command);
    arena_finish(&arena);
}

void command_invitation_use(struct buf *buf, struct command_stamp stamp, const char *name,
                            const uint8_t key[KEYS_BYTES])
{
    Command__Command command = COMMAND__COMMAND__INIT;
    Command__InvitationUse message = COMMAND__INVITATION_USE__INIT;
    uint8_t copy[KEYS_BYTES];

    memcpy(copy, key, sizeof copy);
    message.name = ledger_codec_text(name);
    message.key.data = copy;
    message.key.len = sizeof copy;
    command.body_case = COMMAND__COMMAND__BODY_INVITATION_USE;
    command.invitation_use = &message;
    write_command(buf, stamp, &command);
}

void command_invitation_forget(struct buf *buf, struct command_stamp stamp, const char *name)
{
    Command__Command command = COMMAND__COMMAND__INIT;
    Command__InvitationForget message = COMMAND__INVITATION_FORGET__INIT;

    message.name = ledger_codec_text(name);
    command.body_case = COMMAND__COMMAND__BODY_INVITATION_FORGET;
    command.invitation_forget = &message;
    write_command(buf, stamp, &command);
}
