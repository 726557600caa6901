/* model_lag: how far behind a replica is, in time, without trusting
 * Seconds_Behind_Master (NULL as soon as the IO thread isn't connected, and in
 * the primary's clock). */
#include <assert.h>
#include <string.h>

#include "topology/model.h"

static struct model_trail *trail_of(struct model *model, const struct ledger_cluster *cluster)
{
    struct model_trail *trail = NULL;

    for (uint32_t i = 0; i < model->trail_count; i++) {
        if (strcmp(model->trails[i].cluster, cluster->name) == 0) {
            trail = &model->trails[i];
        }
    }
    if (trail == NULL) {
        assert(model->trail_count < LIMIT_CLUSTERS);
        trail = &model->trails[model->trail_count++];
        memset(trail, 0, sizeof *trail);
        text_copy(trail->cluster, sizeof trail->cluster, cluster->name);
    }
    if (strcmp(trail->primary, cluster->primary) != 0) {
        trail->sample_count = 0;
        text_copy(trail->primary, sizeof trail->primary, cluster->primary);
    }
    return trail;
}

/* Drops the sample that is missed least: the one whose neighbours are closest
 * to each other for its age. The oldest and the newest stay. */
static void trail_thin(struct model_trail *trail, uint64_t now_ms)
{
    struct model_sample *samples = trail->samples;
    uint64_t densest = 0;
    uint32_t at = 1;

    assert(trail->sample_count == LIMIT_LAG_SAMPLES);
    for (uint32_t i = 1; i + 1 < trail->sample_count; i++) {
        uint64_t gap = samples[i + 1].seen_ms - samples[i - 1].seen_ms + 1;
        uint64_t density = (now_ms - samples[i].seen_ms) / gap;

        if (density > densest) {
            densest = density;
            at = i;
        }
    }
    trail->sample_count--;
    memmove(&samples[at], &samples[at + 1], (trail->sample_count - at) * sizeof samples[0]);
}

static void trail_note(struct model_trail *trail, uint64_t at_ms,
                       const struct gtid_position *position)
{
    struct model_sample *newest =
        trail->sample_count == 0 ? NULL : &trail->samples[trail->sample_count - 1];

    assert(newest == NULL || newest->seen_ms <= at_ms);
    if (newest != NULL && gtid_equal(&newest->position, position)) {
        newest->seen_ms = at_ms;
        return;
    }
    if (newest != NULL && !gtid_contains(position, &newest->position)) {
        trail->sample_count = 0; /* another history: a restored or re-seeded primary */
    }
    if (trail->sample_count == LIMIT_LAG_SAMPLES) {
        trail_thin(trail, at_ms);
    }
    assert(trail->sample_count < LIMIT_LAG_SAMPLES);
    trail->samples[trail->sample_count++] = (struct model_sample){at_ms, *position};
}

static bool trail_lag(const struct model_trail *trail, const struct gtid_position *applied,
                      uint64_t now_ms, uint64_t *lag_ms)
{
    for (uint32_t i = trail->sample_count; i > 0; i--) {
        const struct model_sample *sample = &trail->samples[i - 1];

        if (gtid_contains(applied, &sample->position)) {
            bool newest = i == trail->sample_count;

            assert(i == 1 || sample[-1].seen_ms <= sample->seen_ms);
            *lag_ms = newest || sample->seen_ms > now_ms ? 0 : now_ms - sample->seen_ms;
            return true;
        }
    }
    return false;
}

static bool is_observed(const struct model_server *server)
{
    return server->observed_ms > server->failing_since_ms &&
           server->report.testimony != ORDER_STOPPED;
}

void model_measure_lag(struct model *model, const struct ledger_cluster *cluster, uint64_t now_ms)
{
    struct model_trail *trail = trail_of(model, cluster);
    const struct model_server *primary = model_look(model, cluster->primary);

    if (primary != NULL && primary->observed_ms != 0) {
        trail_note(trail, primary->observed_ms, &primary->observation.binlog);
    }
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        struct model_server *server = model_find(model, cluster->servers[i].name);
        uint64_t lag_ms = 0;
        bool known;

        if (server == NULL || server == primary) {
            continue;
        }
        known =
            is_observed(server) && trail_lag(trail, &server->observation.applied, now_ms, &lag_ms);
        if (known != server->lag_known || lag_ms != server->lag_ms) {
            server->lag_known = known;
            server->lag_ms = lag_ms;
            server->changed = ++model->changes;
        }
    }
}
