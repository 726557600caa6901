/* ledger_snapshot: the whole ledger as bytes, and back (ledger.h). */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "topology/ledger_codec.h"

static char *arena_text(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = arena_take(arena, size);

    memcpy(copy, text, size);
    return copy;
}

static void settings_write(const struct ledger_settings *settings, struct arena *arena,
                           size_t *count, Command__Setting ***messages)
{
    Command__Setting **list = arena_take_array(arena, ledger_setting_count(), sizeof *list);

    for (size_t i = 0; i < ledger_setting_count(); i++) {
        char value[LIMIT_TEXT_SIZE];

        ledger_setting_text(settings, ledger_setting_key(i), value, sizeof value);
        list[i] = arena_take(arena, sizeof *list[i]);
        command__setting__init(list[i]);
        list[i]->key = arena_text(arena, ledger_setting_key(i));
        list[i]->value = arena_text(arena, value);
    }
    *count = ledger_setting_count();
    *messages = list;
}

static Command__Cluster *cluster_write(const struct ledger_cluster *cluster, struct arena *arena)
{
    Command__Cluster *message = arena_take(arena, sizeof *message);

    command__cluster__init(message);
    message->name = arena_text(arena, cluster->name);
    message->epoch = cluster->epoch;
    message->primary = arena_text(arena, cluster->primary);
    message->opened_epoch = cluster->opened_epoch;
    message->created_ms = cluster->created_ms;
    message->armed = cluster->armed;
    message->lease_wait_ms = cluster->lease_wait_ms;
    ledger_codec_position_write(&cluster->base, arena, &message->n_opened_at, &message->opened_at);
    settings_write(&cluster->settings, arena, &message->n_settings, &message->settings);
    message->n_servers = cluster->server_count;
    message->servers = arena_take_array(arena, cluster->server_count, sizeof *message->servers);
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        message->servers[i] = ledger_codec_server_write(&cluster->servers[i], arena);
    }
    if (cluster->operation.id != 0) {
        message->operation = ledger_codec_operation_write(&cluster->operation, arena);
    }
    message->n_past = cluster->past_count;
    message->past = arena_take_array(arena, cluster->past_count, sizeof *message->past);
    for (uint32_t i = 0; i < cluster->past_count; i++) {
        message->past[i] = ledger_codec_operation_write(&cluster->past[i], arena);
    }
    return message;
}

static Command__Token *token_write(const struct ledger_token *token, struct arena *arena)
{
    Command__Token *message = arena_take(arena, sizeof *message);

    command__token__init(message);
    message->name = arena_text(arena, token->name);
    message->role = token->role;
    message->created_ms = token->created_ms;
    message->hash.len = LEDGER_HASH_BYTES;
    message->hash.data = arena_take(arena, LEDGER_HASH_BYTES);
    memcpy(message->hash.data, token->hash, LEDGER_HASH_BYTES);
    return message;
}

void ledger_encode(const struct ledger *ledger, struct buf *buf)
{
    Command__Ledger message = COMMAND__LEDGER__INIT;
    struct arena arena;
    size_t size;
    uint8_t *bytes;

    arena_init(&arena);
    message.index = ledger->index;
    message.term = ledger->term;
    message.operations_ever = ledger->operations_ever;
    message.n_clusters = ledger->cluster_count;
    message.clusters = arena_take_array(&arena, ledger->cluster_count, sizeof *message.clusters);
    for (uint32_t i = 0; i < ledger->cluster_count; i++) {
        message.clusters[i] = cluster_write(&ledger->clusters[i], &arena);
    }
    message.n_tokens = ledger->token_count;
    message.tokens = arena_take_array(&arena, ledger->token_count, sizeof *message.tokens);
    for (uint32_t i = 0; i < ledger->token_count; i++) {
        message.tokens[i] = token_write(&ledger->tokens[i], &arena);
    }
    message.feature_level = ledger->feature_level;
    message.n_invitations = ledger->invitation_count;
    message.invitations =
        arena_take_array(&arena, ledger->invitation_count, sizeof *message.invitations);
    for (uint32_t i = 0; i < ledger->invitation_count; i++) {
        message.invitations[i] = ledger_codec_invitation_write(&ledger->invitations[i], &arena);
    }
    size = command__ledger__get_packed_size(&message);
    bytes = buf_extend(buf, size);
    if (bytes != NULL) {
        command__ledger__pack(&message, bytes);
    }
    arena_finish(&arena);
}

/* ---- reading ------------------------------------------------------------------- */

static int servers_read(struct ledger_cluster *cluster, const Command__Cluster *message,
                        struct err *err)
{
    if (message->n_servers > LIMIT_SERVERS) {
        return err_set(err, ERR_CORRUPT, "a cluster has %zu servers, at most %d are kept",
                       message->n_servers, LIMIT_SERVERS);
    }
    for (size_t i = 0; i < message->n_servers; i++) {
        int rc = ledger_codec_server_read(&cluster->servers[i], message->servers[i], err);

        if (rc != 0) {
            return rc;
        }
    }
    cluster->server_count = (uint32_t)message->n_servers;
    return 0;
}

static int operations_read(struct ledger_cluster *cluster, const Command__Cluster *message,
                           struct err *err)
{
    int rc = 0;

    if (message->n_past > LIMIT_OPERATIONS) {
        return err_set(err, ERR_CORRUPT, "a cluster has %zu past operations, at most %d are kept",
                       message->n_past, LIMIT_OPERATIONS);
    }
    if (message->operation != NULL) {
        rc = ledger_codec_operation_read(&cluster->operation, message->operation, err);
    }
    for (size_t i = 0; rc == 0 && i < message->n_past; i++) {
        rc = ledger_codec_operation_read(&cluster->past[i], message->past[i], err);
    }
    cluster->past_count = (uint32_t)message->n_past;
    return rc;
}

static int cluster_read(struct ledger_cluster *cluster, const Command__Cluster *message,
                        struct err *err)
{
    int rc;

    if (!text_copy(cluster->name, sizeof cluster->name, message->name) ||
        !text_copy(cluster->primary, sizeof cluster->primary, message->primary)) {
        return err_set(err, ERR_CORRUPT, "a cluster's names are too long");
    }
    cluster->epoch = message->epoch;
    cluster->opened_epoch = message->opened_epoch;
    cluster->created_ms = message->created_ms;
    cluster->armed = message->armed;
    cluster->lease_wait_ms = message->lease_wait_ms;
    ledger_settings_default(&cluster->settings);
    for (size_t i = 0; i < message->n_settings; i++) {
        rc = ledger_setting_set(&cluster->settings, message->settings[i]->key,
                                message->settings[i]->value, err);
        if (rc != 0) {
            return ERR_CORRUPT;
        }
    }
    rc = ledger_codec_position_read(&cluster->base, message->n_opened_at, message->opened_at, err);
    if (rc == 0) {
        rc = servers_read(cluster, message, err);
    }
    if (rc == 0) {
        rc = operations_read(cluster, message, err);
    }
    return rc;
}

static int ledger_read(struct ledger *ledger, const Command__Ledger *message, struct err *err)
{
    int rc = 0;

    if (message->n_clusters > LIMIT_CLUSTERS || message->n_tokens > LEDGER_TOKENS ||
        message->n_invitations > LIMIT_INVITATIONS) {
        return err_set(err, ERR_CORRUPT, "more clusters, tokens or invitations than are kept");
    }
    ledger->feature_level = message->feature_level == 0 ? 1 : message->feature_level;
    ledger->index = message->index;
    ledger->term = message->term;
    ledger->operations_ever = message->operations_ever;
    for (size_t i = 0; rc == 0 && i < message->n_clusters; i++) {
        rc = cluster_read(&ledger->clusters[i], message->clusters[i], err);
    }
    for (size_t i = 0; rc == 0 && i < message->n_tokens; i++) {
        rc = ledger_codec_token_read(&ledger->tokens[i], message->tokens[i], err);
    }
    for (size_t i = 0; rc == 0 && i < message->n_invitations; i++) {
        rc = ledger_codec_invitation_read(&ledger->invitations[i], message->invitations[i], err);
    }
    ledger->cluster_count = (uint32_t)message->n_clusters;
    ledger->invitation_count = (uint32_t)message->n_invitations;
    ledger->token_count = (uint32_t)message->n_tokens;
    return rc;
}

int ledger_decode(struct ledger *ledger, const uint8_t *bytes, size_t length, struct err *err)
{
    struct arena arena;
    struct ledger *fresh;
    ProtobufCAllocator allocator;
    Command__Ledger *message;
    int rc;

    arena_init(&arena);
    allocator = ledger_codec_allocator(&arena);
    fresh = arena_take(&arena, sizeof *fresh);
    message = command__ledger__unpack(&allocator, length, bytes);
    if (message == NULL) {
        rc = err_set(err, ERR_CORRUPT, "the snapshot is not a ledger");
        goto finish;
    }
    fresh->knows = ledger->knows;
    if (message->feature_level > ledger->knows) { /* what else it holds can't be known */
        rc = err_set(err, ERR_PROTOCOL,
                     "it has feature level %u and this version knows %u; install a newer "
                     "orchestratord on this host",
                     message->feature_level, ledger->knows);
    } else {
        rc = ledger_read(fresh, message, err);
    }
    if (rc == 0) {
        *ledger = *fresh;
    } else {
        err_wrap(err, "snapshot");
    }
finish:
    arena_finish(&arena);
    return rc;
}
