/* view_server: one server, as the ledger names it and the model sees it. */
#include <assert.h>
#include <string.h>

#include "daemon/api/compose.h"
#include "daemon/api/view.h"
#include "topology/scene.h"

static const char *thread_name(enum observation_thread thread)
{
    static const char *const names[] = {
#define X(name, json) [OBSERVATION_##name] = json,
        OBSERVATION_THREAD_MAP(X)
#undef X
    };

    return names[thread];
}

/* Everything that the answer about one server is made of. */
struct sight {
    const struct api_view *view;
    struct scene scene;
    const struct ledger_cluster *cluster;
    const struct ledger_server *server;
    const struct model_server *seen; /* NULL: nothing yet */
    const struct observation *now;   /* NULL unless it is up */
    bool stopped;
};

static struct sight look(const struct api_view *view, const struct ledger_cluster *cluster,
                         const struct ledger_server *server)
{
    struct sight sight = {
        .view = view, .scene = view_scene(view, cluster), .cluster = cluster, .server = server};

    sight.seen = scene_look(&sight.scene, server->name);
    if (sight.seen != NULL && scene_up(&sight.scene, server)) {
        sight.now = &sight.seen->observation;
    }
    sight.stopped = sight.seen != NULL && scene_testifies(&sight.scene, server, ORDER_STOPPED);
    return sight;
}

static bool fenced(const struct sight *sight)
{
    return sight->seen != NULL && scene_guard_talks(&sight->scene, sight->server) &&
           sight->seen->report.soft_fenced && !sight->stopped;
}

static bool is_candidate(const struct sight *sight)
{
    const struct operation *operation = &sight->cluster->operation;

    return ledger_operation_running(sight->cluster) && operation->kind != OPERATION_KIND_REJOIN &&
           operation->kind != OPERATION_KIND_OPEN &&
           strcmp(operation->to, sight->server->name) == 0 &&
           view_primary(sight->cluster)[0] == '\0';
}

static const char *role(const struct sight *sight)
{
    if (sight->stopped) {
        return "down";
    }
    if (fenced(sight)) {
        return "fenced";
    }
    if (is_candidate(sight)) {
        return "candidate";
    }
    if (strcmp(view_primary(sight->cluster), sight->server->name) == 0) {
        return "primary";
    }
    if (sight->seen != NULL && sight->seen->observation.channel_count > 0) {
        return "replica";
    }
    return "unknown";
}

static const char *state(const struct sight *sight)
{
    if (sight->stopped) {
        return "down";
    }
    if (fenced(sight)) {
        return "fenced";
    }
    return sight->now != NULL ? "up" : "unreachable";
}

static json_t *guard(const struct sight *sight)
{
    bool talks;
    uint64_t left_ms;
    uint64_t age_ms;

    if (sight->server->agent[0] == '\0') {
        return json_null();
    }
    talks = sight->seen != NULL && scene_guard_talks(&sight->scene, sight->server);
    left_ms = talks ? sight->seen->report.lease_ms_left : 0;
    age_ms = talks && sight->scene.now_ms > sight->seen->reported_ms
                 ? sight->scene.now_ms - sight->seen->reported_ms
                 : 0;
    return json_pack("{s:s, s:s, s:I, s:s}", "agent", sight->server->agent, "state",
                     talks ? "guarding" : "silent", "lease_ms_left",
                     (json_int_t)(left_ms > age_ms ? left_ms - age_ms : 0), "deadman", "off");
}

/* The name of the server at that address, or the address itself. */
static json_t *source_name(const struct ledger_cluster *cluster, const char *address)
{
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        if (strcmp(cluster->servers[i].address, address) == 0) {
            return json_string(cluster->servers[i].name);
        }
    }
    return compose_text(address);
}

static json_t *channels(const struct sight *sight)
{
    json_t *list = json_array();

    for (uint32_t i = 0; sight->now != NULL && i < sight->now->channel_count; i++) {
        const struct observation_channel *channel = &sight->now->channels[i];

        json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:I, s:b}", "name",
                      compose_string(channel->name), "source",
                      source_name(sight->cluster, channel->source), "io", thread_name(channel->io),
                      "sql", thread_name(channel->sql), "io_error", compose_text(channel->io_error),
                      "sql_error", compose_text(channel->sql_error), "delay_s",
                      (json_int_t)channel->delay_s, "using_gtid", channel->using_gtid));
    }
    return list;
}

static json_t *gtid(const struct sight *sight)
{
    if (sight->seen == NULL || sight->seen->observed_ms == 0) {
        return json_pack("{s:n, s:n, s:n}", "binlog", "received", "applied");
    }
    return json_pack("{s:o, s:o, s:o}", "binlog",
                     compose_position(&sight->seen->observation.binlog), "received",
                     compose_position(&sight->seen->observation.received), "applied",
                     compose_position(&sight->seen->observation.applied));
}

static json_t *semi_sync(const struct observation *now)
{
    return json_pack("{s:b, s:b, s:I}", "master", now->semi_sync_master, "slave",
                     now->semi_sync_slave, "clients", (json_int_t)now->semi_sync_clients);
}

/* What only a server that is up can tell. */
static void add_now(json_t *object, const struct sight *sight, const struct observation *now)
{
    const struct observation_channel *channel = scene_channel(sight->seen);

    json_object_set_new(object, "read_only", json_boolean(now->read_only));
    json_object_set_new(object, "events_enabled", json_boolean(now->event_scheduler));
    json_object_set_new(object, "up_since",
                        compose_time(sight->view->as_of_ms - now->uptime_s * 1000));
    json_object_set_new(object, "lag_ms",
                        sight->seen->lag_known ? compose_count(sight->seen->lag_ms) : json_null());
    json_object_set_new(object, "source",
                        channel != NULL ? source_name(sight->cluster, channel->source)
                                        : json_null());
    json_object_set_new(object, "semi_sync", semi_sync(now));
}

static void add_observed(json_t *object, const struct sight *sight)
{
    static const char *const only_up[] = {"read_only", "events_enabled", "up_since",
                                          "lag_ms",    "source",         "semi_sync"};

    json_object_set_new(object, "version",
                        sight->seen != NULL ? compose_text(sight->seen->observation.version)
                                            : json_null());
    json_object_set_new(object, "gtid", gtid(sight));
    json_object_set_new(object, "channels", channels(sight));
    for (size_t i = 0; i < sizeof only_up / sizeof only_up[0]; i++) {
        json_object_set_new(object, only_up[i], json_null());
    }
    if (sight->now != NULL) {
        add_now(object, sight, sight->now);
    }
}

static void add_reported(json_t *object, const struct sight *sight)
{
    bool talks = sight->seen != NULL && scene_guard_talks(&sight->scene, sight->server);
    char extra[LIMIT_TEXT_SIZE] = "";

    if (sight->seen != NULL) {
        (void)scene_diverged(&sight->scene, sight->server, extra, sizeof extra);
    }
    json_object_set_new(object, "guard", guard(sight));
    json_object_set_new(object, "pid",
                        talks ? compose_number(sight->seen->report.pid) : json_null());
    json_object_set_new(object, "extra_gtid", compose_text(extra));
    json_object_set_new(object, "saved_transactions",
                        compose_count(talks ? sight->seen->report.saved_transactions : 0));
}

json_t *view_server(const struct api_view *view, const struct ledger_cluster *cluster,
                    const struct ledger_server *server)
{
    struct sight sight = look(view, cluster, server);
    bool reachable =
        sight.seen != NULL && sight.seen->probed_ms != 0 && sight.seen->failing_since_ms == 0;
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:b, s:b}", "name",
                               server->name, "cluster", cluster->name, "address", server->address,
                               "role", role(&sight), "state", state(&sight), "reachable", reachable,
                               "maintenance", 0, "priority", (json_int_t)server->priority,
                               "never_promote", server->never_promote, "acker", server->acker);

    assert(object != NULL);
    add_observed(object, &sight);
    add_reported(object, &sight);
    json_object_set_new(object, "problems", view_problems_of(view, cluster, server->name));
    return object;
}

json_t *view_servers(const struct api_view *view)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < view->ledger->cluster_count; i++) {
        const struct ledger_cluster *cluster = &view->ledger->clusters[i];

        for (uint32_t j = 0; j < cluster->server_count; j++) {
            json_array_append_new(list, view_server(view, cluster, &cluster->servers[j]));
        }
    }
    return list;
}
