/* ledger_apply: what each command does to the ledger (ledger.h).
 *
 * One function a command; each checks everything first and changes the ledger
 * only when nothing can fail any more. */
#include "topology/ledger_apply.h"

#include <assert.h>
#include <string.h>

struct ledger_cluster *ledger_apply_cluster(struct ledger *ledger, const char *name)
{
    for (uint32_t i = 0; i < ledger->cluster_count; i++) {
        if (strcmp(ledger->clusters[i].name, name) == 0) {
            return &ledger->clusters[i];
        }
    }
    return NULL;
}

struct ledger_server *ledger_apply_server(struct ledger_cluster *cluster, const char *name)
{
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        if (strcmp(cluster->servers[i].name, name) == 0) {
            return &cluster->servers[i];
        }
    }
    return NULL;
}

int ledger_apply_no_cluster(const struct ledger_apply *apply, const char *name)
{
    return err_set(apply->err, ERR_NOTFOUND, "there is no cluster \"%s\"", name);
}

/* ---- clusters ------------------------------------------------------------------------ */

/* The server that is there, of the clusters or of the first ones of this list; NULL: none. */
static const struct ledger_server *
server_at(const struct ledger *ledger, const struct ledger_cluster *cluster, const char *address)
{
    for (uint32_t i = 0; i <= ledger->cluster_count; i++) {
        const struct ledger_cluster *at =
            i < ledger->cluster_count ? &ledger->clusters[i] : cluster;

        for (uint32_t j = 0; j < at->server_count; j++) {
            if (strcmp(at->servers[j].address, address) == 0) {
                return &at->servers[j];
            }
        }
    }
    return NULL;
}

static int servers_check(const struct ledger_apply *apply, struct ledger_cluster *cluster,
                         const Command__ClusterCreate *create)
{
    if (create->n_servers == 0 || create->n_servers > LIMIT_SERVERS) {
        return err_set(apply->err, ERR_LIMIT, "a cluster has 1 to %d servers, found %zu",
                       LIMIT_SERVERS, create->n_servers);
    }
    for (size_t i = 0; i < create->n_servers; i++) {
        struct ledger_server *server = &cluster->servers[i];
        int rc = ledger_codec_server_read(server, create->servers[i], apply->err);
        const struct ledger_server *there;

        if (rc != 0) {
            return ERR_INVALID;
        }
        if (ledger_apply_server(cluster, server->name) != NULL ||
            ledger_server_anywhere(apply->ledger, server->name, NULL) != NULL) {
            return err_set(apply->err, ERR_EXISTS, "there is a server \"%s\" already",
                           server->name);
        }
        there = server_at(apply->ledger, cluster, server->address);
        if (there != NULL) {
            return err_set(apply->err, ERR_EXISTS, "server \"%s\" is at %s already", there->name,
                           server->address);
        }
        server->ex_primary = false;
        cluster->server_count++;
    }
    return 0;
}

static int settings_apply(const struct ledger_apply *apply, struct ledger_settings *settings,
                          size_t count, Command__Setting **list)
{
    for (size_t i = 0; i < count; i++) {
        int rc = ledger_setting_set(settings, list[i]->key, list[i]->value, apply->err);

        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int apply_cluster_create(const struct ledger_apply *apply)
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
    if (ledger_apply_cluster(ledger, create->name) != NULL) {
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
    if (ledger_apply_server(cluster, primary) == NULL) {
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

/* How the primary is opened follows from them (PROMOTE with a lease or without, and for how long it
 * holds), and what its silence proves later: not while it moves. */
static int check_unmoving(const struct ledger_apply *apply, const struct ledger_cluster *cluster,
                          const struct ledger_settings *wanted)
{
    const struct operation *operation = &cluster->operation;

    if (!ledger_operation_running(cluster) || operation->kind == OPERATION_KIND_REJOIN ||
        (wanted->automation == cluster->settings.automation &&
         wanted->profile == cluster->settings.profile)) {
        return 0;
    }
    return err_set(apply->err, ERR_BUSY,
                   "operation %llu (%s) moves the primary; automation and profile can be changed "
                   "when it has ended (if it waits for a proof: failover --old-primary-is-dead)",
                   (unsigned long long)operation->id, operation_kind_name(operation->kind));
}

static int apply_cluster_set(const struct ledger_apply *apply)
{
    const Command__ClusterSet *set = apply->command->cluster_set;
    struct ledger_cluster *cluster = ledger_apply_cluster(apply->ledger, set->cluster);
    struct ledger_settings settings;
    int rc;

    if (cluster == NULL) {
        return ledger_apply_no_cluster(apply, set->cluster);
    }
    settings = cluster->settings;
    rc = settings_apply(apply, &settings, set->n_settings, set->settings);
    if (rc == 0) {
        rc = check_unmoving(apply, cluster, &settings);
    }
    if (rc == 0) {
        cluster->lease_wait_ms = ledger_lease_wait_ms(cluster);
        cluster->settings = settings;
        /* Guards that observe renew no lease: its expiry proves nothing from here on. */
        if (settings.automation == LEDGER_AUTOMATION_OBSERVE) {
            cluster->armed = false;
        }
    }
    return rc;
}

static int apply_server_guard(const struct ledger_apply *apply)
{
    const Command__ServerGuard *guard = apply->command->server_guard;
    struct ledger_cluster *cluster = ledger_apply_cluster(apply->ledger, guard->cluster);
    struct ledger_server *server;

    if (cluster == NULL) {
        return ledger_apply_no_cluster(apply, guard->cluster);
    }
    server = ledger_apply_server(cluster, guard->server);
    if (server == NULL) {
        return err_set(apply->err, ERR_NOTFOUND, "there is no server \"%s\"", guard->server);
    }
    if (!text_copy(server->agent, sizeof server->agent, guard->agent)) {
        return err_set(apply->err, ERR_INVALID, "an agent's name has at most %d bytes",
                       LIMIT_NAME_SIZE - 1);
    }
    return 0;
}

static int apply_token_create(const struct ledger_apply *apply)
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

/* ---- the table of commands ----------------------------------------------------------------- */

struct command_row {
    int (*apply)(const struct ledger_apply *apply);
    uint32_t level; /* that the ledger must have */
};

static int unknown(const struct ledger_apply *apply, uint32_t level)
{
    return err_set(apply->err, ERR_PROTOCOL,
                   "the log holds a command that this version doesn't know (it knows level %u, and "
                   "level %u is needed); install a newer orchestratord on this host",
                   apply->ledger->knows, level);
}

static int apply_command(const struct ledger_apply *apply)
{
    static const struct command_row rows[] = {
        [COMMAND__COMMAND__BODY_CLUSTER_CREATE] = {apply_cluster_create, 1},
        [COMMAND__COMMAND__BODY_CLUSTER_SET] = {apply_cluster_set, 1},
        [COMMAND__COMMAND__BODY_SERVER_GUARD] = {apply_server_guard, 1},
        [COMMAND__COMMAND__BODY_DECLARE] = {ledger_apply_declare, 1},
        [COMMAND__COMMAND__BODY_STEP_RESULT] = {ledger_apply_step_result, 1},
        [COMMAND__COMMAND__BODY_CHOOSE] = {ledger_apply_choose, 1},
        [COMMAND__COMMAND__BODY_ABORT] = {ledger_apply_abort, 1},
        [COMMAND__COMMAND__BODY_TOKEN_CREATE] = {apply_token_create, 1},
        [COMMAND__COMMAND__BODY_FEATURE_LEVEL] = {ledger_apply_feature_level, 1},
        [COMMAND__COMMAND__BODY_INVITE] = {ledger_apply_invite, LEDGER_FEATURE_INVITATIONS},
        [COMMAND__COMMAND__BODY_INVITATION_USE] = {ledger_apply_invitation_use,
                                                   LEDGER_FEATURE_INVITATIONS},
        [COMMAND__COMMAND__BODY_INVITATION_FORGET] = {ledger_apply_invitation_forget,
                                                      LEDGER_FEATURE_INVITATIONS},
    };
    size_t number = (size_t)apply->command->body_case;
    const struct ledger *ledger = apply->ledger;

    if (number >= sizeof rows / sizeof rows[0] || rows[number].apply == NULL) {
        return unknown(apply, ledger->knows + 1);
    }
    if (rows[number].level > ledger->knows) {
        return unknown(apply, rows[number].level);
    }
    if (apply->command->body_case == COMMAND__COMMAND__BODY_FEATURE_LEVEL &&
        apply->command->feature_level->level > ledger->knows) {
        return unknown(apply, apply->command->feature_level->level);
    }
    if (rows[number].level > ledger->feature_level) { /* its proposer made a mistake */
        return err_set(apply->err, ERR_REFUSED,
                       "not all agents know this yet (level %u, they agreed on %u)",
                       rows[number].level, ledger->feature_level);
    }
    return rows[number].apply(apply);
}

int ledger_apply(struct ledger *ledger, uint64_t index, uint64_t term, const uint8_t *bytes,
                 size_t length, struct err *err)
{
    struct arena arena;
    ProtobufCAllocator allocator;
    struct ledger_apply apply = {.ledger = ledger, .arena = &arena, .err = err};
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
    if (rc != ERR_PROTOCOL) {
        ledger->index = index;
        ledger->term = term;
    }
    arena_finish(&arena);
    return rc;
}
