#include "topology/model.h"

#include <assert.h>
#include <string.h>

void model_init(struct model *model)
{
    memset(model, 0, sizeof *model);
}

struct model_server *model_find(struct model *model, const char *name)
{
    for (uint32_t i = 0; i < model->server_count; i++) {
        if (strcmp(model->servers[i].name, name) == 0) {
            return &model->servers[i];
        }
    }
    return NULL;
}

const struct model_server *model_look(const struct model *model, const char *name)
{
    for (uint32_t i = 0; i < model->server_count; i++) {
        if (strcmp(model->servers[i].name, name) == 0) {
            return &model->servers[i];
        }
    }
    return NULL;
}

static void touch(struct model *model, struct model_server *server)
{
    assert(server >= model->servers && server < model->servers + model->server_count);
    server->changed = ++model->changes;
}

static void drop_servers(struct model *model, const struct ledger *ledger)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < model->server_count; i++) {
        const struct ledger_cluster *cluster;

        if (ledger_server_anywhere(ledger, model->servers[i].name, &cluster) != NULL) {
            if (kept != i) {
                model->servers[kept] = model->servers[i];
            }
            kept++;
        }
    }
    model->server_count = kept;
}

static void drop_trails(struct model *model, const struct ledger *ledger)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < model->trail_count; i++) {
        if (ledger_cluster_find(ledger, model->trails[i].cluster) != NULL) {
            if (kept != i) {
                model->trails[kept] = model->trails[i];
            }
            kept++;
        }
    }
    model->trail_count = kept;
}

static void add_servers(struct model *model, const struct ledger_cluster *cluster)
{
    assert(cluster->server_count <= LIMIT_SERVERS);
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        struct model_server *server;

        if (model_look(model, cluster->servers[i].name) != NULL) {
            continue;
        }
        assert(model->server_count < LIMIT_CLUSTERS * LIMIT_SERVERS);
        server = &model->servers[model->server_count++];
        memset(server, 0, sizeof *server);
        text_copy(server->name, sizeof server->name, cluster->servers[i].name);
        touch(model, server);
    }
}

void model_follow(struct model *model, const struct ledger *ledger)
{
    drop_servers(model, ledger);
    drop_trails(model, ledger);
    for (uint32_t i = 0; i < ledger->cluster_count; i++) {
        add_servers(model, &ledger->clusters[i]);
    }
}

void model_forget(struct model *model)
{
    for (uint32_t i = 0; i < model->server_count; i++) {
        struct model_server *server = &model->servers[i];
        char name[LIMIT_NAME_SIZE];

        memcpy(name, server->name, sizeof name);
        memset(server, 0, sizeof *server);
        memcpy(server->name, name, sizeof name);
        touch(model, server);
    }
    model->trail_count = 0;
}

static void watch(struct model_server *server, uint64_t now_ms)
{
    if (server->watched_ms == 0) {
        server->watched_ms = now_ms;
    }
}

void model_probed(struct model *model, const char *name, uint64_t asked_ms,
                  const struct observation *observation)
{
    struct model_server *server = model_find(model, name);

    assert(asked_ms != 0);
    if (server == NULL) {
        return;
    }
    assert(observation->channel_count <= LIMIT_CHANNELS);
    server->probed_ms = asked_ms;
    server->failing_since_ms = 0;
    watch(server, asked_ms);
    server->access_denied = false;
    server->probe_error[0] = '\0';
    if (asked_ms >= server->observed_ms) {
        server->observation = *observation;
        server->observed_ms = asked_ms;
    }
    touch(model, server);
}

void model_probe_failed(struct model *model, const char *name, uint64_t now_ms, bool access_denied,
                        const char *error)
{
    struct model_server *server = model_find(model, name);

    assert(now_ms != 0);
    if (server == NULL) {
        return;
    }
    if (access_denied) {
        server->failing_since_ms = 0;
    } else if (server->failing_since_ms == 0) {
        server->failing_since_ms = now_ms;
    }
    watch(server, now_ms);
    server->access_denied = access_denied;
    text_copy(server->probe_error, sizeof server->probe_error, error);
    touch(model, server);
}

void model_reported(struct model *model, uint64_t now_ms, const struct order_report *report)
{
    struct model_server *server = model_find(model, report->server);
    uint64_t ago_ms = report->observed_ms_ago;

    assert(now_ms != 0);
    if (server == NULL) {
        return;
    }
    server->report = *report;
    server->reported_ms = now_ms;
    if (report->testimony != ORDER_STOPPED) {
        server->stopped_since_ms = 0;
    } else if (server->stopped_since_ms == 0) {
        server->stopped_since_ms = now_ms;
    }
    if (report->has_observation && ago_ms < now_ms && now_ms - ago_ms > server->observed_ms) {
        server->observation = report->observation;
        server->observed_ms = now_ms - ago_ms;
    }
    assert(server->observed_ms <= now_ms);
    touch(model, server);
}

void model_guard_connected(struct model *model, const char *name, bool connected)
{
    struct model_server *server = model_find(model, name);

    if (server != NULL && server->guard_connected != connected) {
        server->guard_connected = connected;
        touch(model, server);
    }
}
