#include "topology/scene.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

enum { HOUR_MS = 3600 * 1000 };

const struct model_server *scene_look(const struct scene *scene, const char *server)
{
    assert(scene->cluster != NULL && scene->model != NULL);
    assert(server[0] != '\0');
    return model_look(scene->model, server);
}

const struct ledger_server *scene_primary(const struct scene *scene)
{
    const struct ledger_server *primary =
        ledger_server_find(scene->cluster, scene->cluster->primary);

    assert(primary != NULL);
    return primary;
}

uint32_t scene_hang_ms(const struct scene *scene)
{
    return ledger_profile(scene->cluster)->hang_ms;
}

uint64_t scene_age_ms(const struct scene *scene, uint64_t at_ms)
{
    return at_ms < scene->now_ms ? scene->now_ms - at_ms : 0;
}

static bool seen_lately(const struct scene *scene, uint64_t at_ms)
{
    return at_ms != 0 && scene_age_ms(scene, at_ms) < scene_hang_ms(scene);
}

bool scene_guard_talks(const struct scene *scene, const struct ledger_server *server)
{
    const struct model_server *seen = scene_look(scene, server->name);

    return seen != NULL && server->agent[0] != '\0' && seen->guard_connected &&
           seen_lately(scene, seen->reported_ms);
}

bool scene_testifies(const struct scene *scene, const struct ledger_server *server,
                     enum order_testimony testimony)
{
    return scene_guard_talks(scene, server) &&
           scene_look(scene, server->name)->report.testimony == testimony;
}

bool scene_stopped(const struct scene *scene, const struct ledger_server *server)
{
    const struct model_server *seen = scene_look(scene, server->name);

    return scene_testifies(scene, server, ORDER_STOPPED) &&
           (seen->probed_ms <= seen->stopped_since_ms || seen->failing_since_ms != 0);
}

bool scene_up(const struct scene *scene, const struct ledger_server *server)
{
    const struct model_server *seen = scene_look(scene, server->name);

    if (seen == NULL || !seen_lately(scene, seen->observed_ms) || scene_stopped(scene, server)) {
        return false;
    }
    return (seen->probed_ms != 0 && seen->failing_since_ms == 0) ||
           scene_testifies(scene, server, ORDER_ANSWERING);
}

bool scene_settled(const struct scene *scene, const struct model_server *server)
{
    return server->observed_ms > scene->settled_ms;
}

enum scene_writes scene_writes(const struct scene *scene, const struct ledger_server *server)
{
    const struct model_server *seen = scene_look(scene, server->name);
    bool taken;

    if (!scene_up(scene, server)) {
        return SCENE_WRITES_UNKNOWN;
    }
    if (scene_guard_talks(scene, server) && seen->report.has_observation &&
        seen->reported_ms > seen->observed_ms && seen->reported_ms > scene->settled_ms) {
        taken = seen->report.writable;
    } else if (scene_settled(scene, seen)) {
        taken = !seen->observation.read_only;
    } else {
        return SCENE_WRITES_UNKNOWN;
    }
    return taken ? SCENE_WRITES_TAKEN : SCENE_WRITES_REFUSED;
}

bool scene_ahead(const struct scene *scene, const struct ledger_server *server)
{
    const struct model_server *primary = scene_look(scene, scene->cluster->primary);
    const struct model_server *seen = scene_look(scene, server->name);
    struct gtid_position received;
    struct gtid_position held;

    if (primary == NULL || seen == NULL || !scene_up(scene, server)) {
        return false;
    }
    received = scene_received(seen);
    held = scene_held(primary);
    return !gtid_contains(&held, &received);
}

const struct observation_channel *scene_channel(const struct model_server *server)
{
    assert(server->observation.channel_count <= LIMIT_CHANNELS);
    for (uint32_t i = 0; i < server->observation.channel_count; i++) {
        if (server->observation.channels[i].name[0] == '\0') {
            return &server->observation.channels[i];
        }
    }
    return NULL;
}

bool scene_follows(const struct model_server *server, const struct ledger_server *source)
{
    const struct observation_channel *channel = scene_channel(server);

    return channel != NULL && strcmp(channel->source, source->address) == 0;
}

struct gtid_position scene_received(const struct model_server *server)
{
    struct gtid_position position = server->observation.received;

    /* Too many domains for both: what was received stands. */
    (void)gtid_merge(&position, &server->observation.applied);
    return position;
}

struct gtid_position scene_held(const struct model_server *server)
{
    struct gtid_position position = server->observation.binlog;

    (void)gtid_merge(&position, &server->observation.applied);
    return position;
}

static bool applies(const struct model_server *server)
{
    const struct observation_channel *channel = scene_channel(server);

    return channel != NULL && channel->sql != OBSERVATION_THREAD_NO;
}

/* The extra transactions but those of the primary's own server id. */
static void extra_of_others(const struct observation *own, const struct observation *primary,
                            struct gtid_state *extra)
{
    struct gtid_state all;

    extra->count = 0;
    gtid_state_extra(&own->history, &primary->history, &all);
    for (uint32_t i = 0; i < all.count; i++) {
        if (all.gtids[i].server != primary->server_id) {
            extra->gtids[extra->count++] = all.gtids[i];
        }
    }
    assert(extra->count <= all.count);
}

bool scene_diverged(const struct scene *scene, const struct ledger_server *server, char *extra,
                    size_t size)
{
    const struct model_server *seen = scene_look(scene, server->name);
    const struct model_server *primary = scene_look(scene, scene->cluster->primary);
    char text[LIMIT_GTID_TEXT_SIZE];
    struct gtid_state state;

    assert(size > 0);
    extra[0] = '\0';
    if (seen == NULL || strcmp(server->name, scene->cluster->primary) == 0) {
        return false;
    }
    if (seen->report.extra[0] != '\0') {
        text_copy(extra, size, seen->report.extra);
        return true;
    }
    if (seen->observed_ms == 0 || primary == NULL || primary->observed_ms == 0 ||
        applies(primary)) {
        return false;
    }
    extra_of_others(&seen->observation, &primary->observation, &state);
    gtid_state_format(&state, text, sizeof text);
    text_copy(extra, size, text);
    return state.count > 0;
}

bool scene_provable(const struct scene *scene)
{
    const struct ledger_server *primary = scene_primary(scene);

    return primary->agent[0] != '\0' &&
           (scene->cluster->armed || scene_guard_talks(scene, primary));
}

bool scene_lacks_base(const struct scene *scene, const struct gtid_position *position)
{
    const struct ledger_cluster *cluster = scene->cluster;

    return cluster->settings.durability == LEDGER_DURABILITY_LOSSLESS &&
           !gtid_contains(position, &cluster->base);
}

bool scene_automatic(const struct operation *operation)
{
    static const char asked[] = "asked for by ";

    return strncmp(operation->cause, asked, sizeof asked - 1) != 0;
}

uint32_t scene_recent_failovers(const struct scene *scene)
{
    const struct ledger_cluster *cluster = scene->cluster;
    uint32_t count = 0;

    assert(cluster->past_count <= LIMIT_OPERATIONS);
    for (uint32_t i = 0; i < cluster->past_count; i++) {
        const struct operation *past = &cluster->past[i];

        if (past->kind == OPERATION_KIND_FAILOVER && scene_automatic(past) &&
            past->outcome != OPERATION_OUTCOME_UNDONE && past->started_ms <= scene->wall_ms &&
            past->started_ms + HOUR_MS > scene->wall_ms) {
            count++;
        }
    }
    return count;
}
