#include "topology/facts.h"

#include <assert.h>
#include <string.h>

static_assert(FACT_COUNT <= 64, "facts fit one word");

static uint64_t fact(bool holds, uint64_t bit)
{
    return holds ? bit : 0;
}

#define FACT(holds, name) fact(holds, FACT_BIT(name))

/* A guard's silence about a hung server: what it said, plus the time since. */
static bool silent_for_long(const struct scene *scene, const struct ledger_server *server)
{
    const struct model_server *seen = scene_look(scene, server->name);

    return scene_testifies(scene, server, ORDER_SILENT) &&
           seen->report.observed_ms_ago + scene_age_ms(scene, seen->reported_ms) >=
               scene_hang_ms(scene);
}

static bool fails_for_long(const struct scene *scene, const struct model_server *seen)
{
    return seen->failing_since_ms != 0 &&
           scene_age_ms(scene, seen->failing_since_ms) >= scene_hang_ms(scene);
}

/* What the primary lacks is sure if it wrote nothing meanwhile and was looked at last. */
static bool surely_ahead(const struct scene *scene, const struct ledger_server *server,
                         const struct ledger_server *primary)
{
    const struct model_server *other = scene_look(scene, server->name);

    return scene_writes(scene, primary) == SCENE_WRITES_REFUSED && scene_settled(scene, other) &&
           scene_look(scene, primary->name)->observed_ms >= other->observed_ms &&
           scene_ahead(scene, server);
}

/* What the other servers say of the primary. */
static uint64_t facts_of_others(const struct scene *scene, const struct ledger_server *primary)
{
    uint64_t facts = 0;

    for (uint32_t i = 0; i < scene->cluster->server_count; i++) {
        const struct ledger_server *server = &scene->cluster->servers[i];
        const struct model_server *other = scene_look(scene, server->name);

        if (server == primary || !scene_up(scene, server)) {
            continue;
        }
        facts |= FACT(scene_writes(scene, server) == SCENE_WRITES_TAKEN, OTHER_WRITABLE) |
                 FACT(surely_ahead(scene, server, primary), PRIMARY_BEHIND) |
                 FACT(scene_follows(other, primary) &&
                          scene_channel(other)->io == OBSERVATION_THREAD_YES,
                      PRIMARY_REPLICATED);
    }
    return facts;
}

static bool looked_at_all(const struct scene *scene)
{
    for (uint32_t i = 0; i < scene->cluster->server_count; i++) {
        const struct model_server *seen = scene_look(scene, scene->cluster->servers[i].name);

        if (seen == NULL || (seen->watched_ms == 0 && seen->reported_ms == 0)) {
            return false;
        }
    }
    return true;
}

static uint64_t facts_of_ledger(const struct scene *scene)
{
    const struct ledger_cluster *cluster = scene->cluster;
    const struct operation *operation = &cluster->operation;
    bool runs = ledger_operation_running(cluster);

    assert(runs == (operation->id != 0));
    return FACT(runs, OPERATION_RUNS) | FACT(cluster->opened_epoch == cluster->epoch, OPENED) |
           FACT(runs && operation->state == OPERATION_REVOKING, FAILOVER_WAITS) |
           FACT(cluster->settings.durability == LEDGER_DURABILITY_LOSSLESS, LOSSLESS) |
           FACT(scene_recent_failovers(scene) >= cluster->settings.failovers_per_hour, FLAPPING);
}

static uint64_t facts_of_living_primary(const struct scene *scene,
                                        const struct ledger_server *primary)
{
    const struct model_server *seen = scene_look(scene, primary->name);
    const struct observation *observation = &seen->observation;
    enum scene_writes writes = scene_writes(scene, primary);
    uint64_t facts = FACT_BIT(PRIMARY_UP) |
                     FACT(writes == SCENE_WRITES_REFUSED, PRIMARY_READ_ONLY) |
                     FACT(writes == SCENE_WRITES_TAKEN, PRIMARY_WRITABLE);

    if (!scene_settled(scene, seen)) {
        return facts;
    }
    return facts | FACT(!observation->semi_sync_master, PRIMARY_SEMISYNC_OFF) |
           FACT(observation->semi_sync_master && observation->semi_sync_clients == 0,
                PRIMARY_SEMISYNC_ALONE);
}

uint64_t facts_of_cluster(const struct scene *scene, const struct candidates *candidates)
{
    const struct ledger_server *primary = scene_primary(scene);
    const struct model_server *seen = scene_look(scene, primary->name);
    uint64_t facts = facts_of_ledger(scene);

    assert(seen == NULL || strcmp(seen->name, primary->name) == 0);
    assert(candidates->count == scene->cluster->server_count);
    facts |= FACT(looked_at_all(scene), LOOKED) | FACT(candidates->best != NULL, CANDIDATE) |
             FACT(candidates->incomparable, INCOMPARABLE);
    if (seen == NULL) {
        return facts;
    }
    facts |= FACT(scene_guard_talks(scene, primary), PRIMARY_GUARD_TALKS) |
             FACT(scene_stopped(scene, primary), PRIMARY_STOPPED) |
             FACT(scene_testifies(scene, primary, ORDER_ANSWERING), PRIMARY_ANSWERS_GUARD) |
             FACT(silent_for_long(scene, primary), PRIMARY_SILENT) |
             FACT(seen->failing_since_ms != 0, PRIMARY_PROBE_FAILS) |
             FACT(fails_for_long(scene, seen), PRIMARY_PROBE_FAILS_LONG) |
             FACT(scene_guard_talks(scene, primary) && seen->report.soft_fenced, PRIMARY_FENCED);
    if (scene_up(scene, primary)) {
        facts |= facts_of_living_primary(scene, primary);
    }
    facts |= facts_of_others(scene, primary);
    assert((facts & facts_server_mask()) == 0);
    assert(!(facts & FACT_BIT(PRIMARY_STOPPED)) || !(facts & FACT_BIT(PRIMARY_UP)));
    assert(!(facts & FACT_BIT(PRIMARY_READ_ONLY)) || !(facts & FACT_BIT(PRIMARY_WRITABLE)));
    assert(!(facts & FACT_BIT(PRIMARY_BEHIND)) || (facts & FACT_BIT(PRIMARY_READ_ONLY)));
    return facts;
}

/* Somebody could be heard by now, and isn't. */
static bool guard_lost(const struct scene *scene, const struct ledger_server *server)
{
    const struct model_server *seen = scene_look(scene, server->name);

    assert(seen != NULL);
    if (server->agent[0] == '\0' || scene_guard_talks(scene, server)) {
        return false;
    }
    return seen->reported_ms != 0 ||
           (seen->watched_ms != 0 && scene_age_ms(scene, seen->watched_ms) >= scene_hang_ms(scene));
}

static uint64_t facts_of_channel(const struct observation_channel *channel)
{
    return FACT_BIT(HAS_CHANNEL) |
           FACT(channel->io != OBSERVATION_THREAD_NO && channel->sql != OBSERVATION_THREAD_NO,
                THREADS_RUN) |
           FACT(channel->io == OBSERVATION_THREAD_NO && channel->io_errno != 0, IO_ERROR) |
           FACT(channel->sql == OBSERVATION_THREAD_NO && channel->sql_errno != 0, SQL_ERROR) |
           FACT(!channel->using_gtid, NO_GTID);
}

static uint64_t facts_of_observed_server(const struct scene *scene, const struct model_server *seen)
{
    const struct observation *observation = &seen->observation;
    const struct observation_channel *channel = scene_channel(seen);
    uint64_t facts =
        FACT_BIT(SETTLED) | FACT(!observation->semi_sync_slave, SEMISYNC_OFF) |
        FACT(observation->semi_sync_master, SEMISYNC_MASTER_ON) |
        FACT(scene_follows(seen, scene_primary(scene)), FOLLOWS_PRIMARY) |
        FACT(seen->lag_known && seen->lag_ms > scene->cluster->settings.max_lag_s * 1000, LAGGING);

    return channel == NULL ? facts : facts | facts_of_channel(channel);
}

uint64_t facts_of_server(const struct scene *scene, const struct ledger_server *server)
{
    const struct model_server *seen = scene_look(scene, server->name);
    char extra[LIMIT_TEXT_SIZE];
    uint64_t facts =
        FACT(server == scene_primary(scene), IS_PRIMARY) | FACT(server->agent[0] != '\0', GUARDED);

    if (seen == NULL) {
        return facts;
    }
    facts |= FACT(scene_stopped(scene, server), STOPPED) |
             FACT(seen->failing_since_ms != 0, PROBE_FAILS) |
             FACT(seen->access_denied, ACCESS_DENIED) |
             FACT(guard_lost(scene, server), GUARD_LOST) |
             FACT(scene_diverged(scene, server, extra, sizeof extra), DIVERGED);
    if (scene_up(scene, server)) {
        facts |= FACT_BIT(UP) | FACT(scene_writes(scene, server) == SCENE_WRITES_TAKEN, WRITABLE) |
                 (scene_settled(scene, seen) ? facts_of_observed_server(scene, seen) : 0);
    }
    assert((facts & facts_cluster_mask()) == 0);
    assert(!(facts & FACT_BIT(STOPPED)) || !(facts & FACT_BIT(UP)));
    assert(!(facts & FACT_BIT(FOLLOWS_PRIMARY)) || (facts & FACT_BIT(HAS_CHANNEL)));
    return facts;
}

uint64_t facts_cluster_mask(void)
{
#define X(name, says) | FACT_BIT(name)
    return 0 FACTS_OF_CLUSTER_MAP(X);
}

uint64_t facts_server_mask(void)
{
    return 0 FACTS_OF_SERVER_MAP(X);
#undef X
}

struct fact_row {
    const char *name;
    const char *says;
};

static const struct fact_row *fact_row(enum fact_number number)
{
    static const struct fact_row rows[] = {
#define X(name, says) {#name, says},
        FACTS_MAP(X)
#undef X
    };

    assert(number < FACT_COUNT);
    return &rows[number];
}

const char *fact_name(enum fact_number number)
{
    return fact_row(number)->name;
}

const char *fact_says(enum fact_number number)
{
    return fact_row(number)->says;
}
