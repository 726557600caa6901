#include "topology/candidate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct refusal_row {
    const char *name;
    const char *why;
};

static const struct refusal_row *refusal_row(enum candidate_refusal refusal)
{
    static const struct refusal_row rows[] = {
#define X(name, json, why) {json, why},
        CANDIDATE_REFUSAL_MAP(X)
#undef X
    };

    assert((size_t)refusal < sizeof rows / sizeof rows[0]);
    return &rows[refusal];
}

const char *candidate_refusal_name(enum candidate_refusal refusal)
{
    return refusal_row(refusal)->name;
}

static void refuse(struct candidate *candidate, enum candidate_refusal refusal)
{
    assert(refusal != CANDIDATE_NONE);
    assert(candidate->refusal == CANDIDATE_NONE);
    candidate->refusal = refusal;
    text_copy(candidate->why_not, sizeof candidate->why_not, refusal_row(refusal)->why);
}

/* ---- what the server itself is like -------------------------------------------- */

/* "10.11.6-MariaDB" is 10 * 1000 + 11; 0 when it can't be read. */
static unsigned version_of(const struct model_server *server)
{
    char *end;
    unsigned long major = strtoul(server->observation.version, &end, 10);

    return *end == '.' ? (unsigned)(major * 1000 + strtoul(end + 1, NULL, 10)) : 0;
}

static bool older_than_primary(const struct scene *scene, const struct model_server *seen)
{
    const struct model_server *primary = scene_look(scene, scene->cluster->primary);
    unsigned version = version_of(seen);

    return primary != NULL && version != 0 && version < version_of(primary);
}

/* Who could be told to become primary at all. */
static enum candidate_refusal refusal_of_server(const struct scene *scene,
                                                const struct ledger_server *server)
{
    if (server == scene_primary(scene)) {
        return CANDIDATE_PRIMARY;
    }
    if (server->never_promote) {
        return CANDIDATE_NEVER_PROMOTE;
    }
    if (server->agent[0] == '\0') {
        return CANDIDATE_UNGUARDED;
    }
    if (!scene_guard_talks(scene, server)) {
        return CANDIDATE_GUARD_SILENT;
    }
    return scene_up(scene, server) ? CANDIDATE_NONE : CANDIDATE_DOWN;
}

/* While nobody follows the primary of this epoch yet, since it was never opened, whatever
 * server somebody replicates from says nothing against it: the positions decide. */
static bool replicates(const struct scene *scene, const struct model_server *seen)
{
    if (scene->cluster->opened_epoch != scene->cluster->epoch) {
        return scene_channel(seen) != NULL;
    }
    return scene_follows(seen, scene_primary(scene));
}

/* Whose replication allows it; the server is up. */
static enum candidate_refusal refusal_of_replica(const struct scene *scene,
                                                 const struct ledger_server *server,
                                                 const struct candidate_question *question)
{
    const struct model_server *seen = scene_look(scene, server->name);
    bool switchover = question->purpose == CANDIDATE_SWITCHOVER;
    char extra[LIMIT_TEXT_SIZE];

    assert(seen != NULL && scene_up(scene, server));
    if (scene_diverged(scene, server, extra, sizeof extra)) {
        return CANDIDATE_DIVERGED;
    }
    if (!replicates(scene, seen)) {
        return CANDIDATE_NOT_REPLICATING;
    }
    if (scene_channel(seen)->sql != OBSERVATION_THREAD_YES) {
        return CANDIDATE_SQL_STOPPED;
    }
    if (switchover && scene_channel(seen)->io != OBSERVATION_THREAD_YES) {
        return CANDIDATE_IO_STOPPED;
    }
    if (older_than_primary(scene, seen)) {
        return CANDIDATE_VERSION_OLDER;
    }
    if (switchover && (!seen->lag_known || seen->lag_ms > question->max_lag_ms)) {
        return CANDIDATE_LAG;
    }
    return CANDIDATE_NONE;
}

/* ---- positions -------------------------------------------------------------------- */

static bool position_by_step(const struct scene *scene, struct candidate *candidate)
{
    const struct operation *operation = &scene->cluster->operation;

    for (uint32_t i = 0; i < operation->step_count; i++) {
        const struct operation_step *step = &operation->steps[i];

        if (step->action == OPERATION_ACTION_STOP_IO && step->state == OPERATION_STEP_DONE &&
            strcmp(step->target, candidate->server->name) == 0) {
            candidate->position = step->position;
            return true;
        }
    }
    return false;
}

static bool position_by_model(const struct scene *scene, struct candidate *candidate)
{
    const struct model_server *seen = scene_look(scene, candidate->server->name);
    const struct observation_channel *channel;

    if (!scene_up(scene, candidate->server)) {
        return false;
    }
    channel = scene_channel(seen);
    candidate->position = scene_received(seen);
    return channel != NULL && channel->io != OBSERVATION_THREAD_YES;
}

static void take_position(const struct scene *scene, struct candidate *candidate,
                          enum candidate_purpose purpose)
{
    if (candidate->server == scene_primary(scene)) {
        return;
    }
    switch (purpose) {
    case CANDIDATE_IF_IT_DIED:
        candidate->has_position = position_by_model(scene, candidate);
        break;
    case CANDIDATE_FAILOVER:
        candidate->has_position = position_by_step(scene, candidate);
        break;
    case CANDIDATE_SWITCHOVER:
        position_by_model(scene, candidate);
        candidate->has_position = false;
        break;
    }
}

static void refuse_behind(struct candidate *candidate, const struct candidate *farther)
{
    uint64_t distance = gtid_distance(&farther->position, &candidate->position);

    assert(distance > 0);
    refuse(candidate, CANDIDATE_BEHIND);
    text_format(candidate->why_not, sizeof candidate->why_not,
                "it has received %llu transaction%s less than %s", (unsigned long long)distance,
                distance == 1 ? "" : "s", farther->server->name);
}

static void refuse_incomparable(struct candidate *candidate, const struct candidate *other)
{
    char text[LIMIT_GTID_TEXT_SIZE];

    refuse(candidate, CANDIDATE_INCOMPARABLE);
    gtid_format(&other->position, text, sizeof text);
    text_format(candidate->why_not, sizeof candidate->why_not,
                "it lacks what %s has received (%.64s), and the other way round",
                other->server->name, text);
}

/* Compares with everybody whose position counts, allowed or not: the most
 * advanced is never skipped. */
static void compare(struct candidates *candidates, struct candidate *candidate)
{
    const struct candidate *farther = NULL;
    const struct candidate *incomparable = NULL;

    assert(candidate->has_position);
    assert(candidate->refusal != CANDIDATE_PRIMARY);
    for (uint32_t i = 0; i < candidates->count; i++) {
        const struct candidate *other = &candidates->entries[i];
        enum gtid_order order;

        if (other == candidate || !other->has_position) {
            continue;
        }
        order = gtid_compare(&other->position, &candidate->position);
        if (order == GTID_AHEAD &&
            (farther == NULL || gtid_contains(&other->position, &farther->position))) {
            farther = other;
        } else if (order == GTID_INCOMPARABLE) {
            incomparable = other;
        }
    }
    if (farther == NULL && incomparable != NULL) {
        candidates->incomparable = true;
    }
    if (candidate->refusal != CANDIDATE_NONE) {
        return;
    }
    if (farther != NULL) {
        refuse_behind(candidate, farther);
    } else if (incomparable != NULL) {
        refuse_incomparable(candidate, incomparable);
    }
}

/* ---- the choice ---------------------------------------------------------------------- */

static bool better(const struct candidate *a, const struct candidate *b)
{
    if (a->server->priority != b->server->priority) {
        return a->server->priority > b->server->priority;
    }
    if (a->server->acker != b->server->acker) {
        return a->server->acker;
    }
    return strcmp(a->server->name, b->server->name) < 0;
}

static void choose_best(struct candidates *candidates, const char *wanted)
{
    bool named = wanted != NULL && wanted[0] != '\0';

    for (uint32_t i = 0; i < candidates->count; i++) {
        struct candidate *candidate = &candidates->entries[i];

        if (candidate->refusal != CANDIDATE_NONE) {
            continue;
        }
        if (named && strcmp(candidate->server->name, wanted) != 0) {
            refuse(candidate, CANDIDATE_NOT_WANTED);
        } else if (candidates->best == NULL || better(candidate, candidates->best)) {
            candidates->best = candidate;
        }
    }
    assert(candidates->best == NULL || candidates->best->refusal == CANDIDATE_NONE);
}

static void tell_lag(struct candidate *candidate, const struct model_server *seen,
                     uint64_t max_lag_ms)
{
    if (seen->lag_known) {
        text_format(candidate->why_not, sizeof candidate->why_not,
                    "it is %llu ms behind, at most %llu are allowed",
                    (unsigned long long)seen->lag_ms, (unsigned long long)max_lag_ms);
    } else {
        text_copy(candidate->why_not, sizeof candidate->why_not, "its lag isn't known");
    }
}

static void tell_extra(struct candidate *candidate, const struct scene *scene)
{
    char extra[LIMIT_TEXT_SIZE];

    scene_diverged(scene, candidate->server, extra, sizeof extra);
    text_format(candidate->why_not, sizeof candidate->why_not,
                "it has transactions that the primary doesn't have (%.180s)", extra);
}

static void consider(struct candidate *candidate, const struct scene *scene,
                     const struct candidate_question *question)
{
    const struct ledger_server *server = candidate->server;
    enum candidate_refusal refusal = refusal_of_server(scene, server);

    take_position(scene, candidate, question->purpose);
    if (refusal == CANDIDATE_NONE && question->purpose == CANDIDATE_FAILOVER &&
        !candidate->has_position) {
        refusal = CANDIDATE_NO_EVIDENCE;
    }
    if (refusal == CANDIDATE_NONE) {
        refusal = refusal_of_replica(scene, server, question);
    }
    if (refusal != CANDIDATE_NONE) {
        refuse(candidate, refusal);
    }
    if (refusal == CANDIDATE_LAG) {
        tell_lag(candidate, scene_look(scene, server->name), question->max_lag_ms);
    }
    if (refusal == CANDIDATE_DIVERGED) {
        tell_extra(candidate, scene);
    }
}

void candidate_rank(struct candidates *candidates, const struct scene *scene,
                    const struct candidate_question *question)
{
    const struct ledger_cluster *cluster = scene->cluster;

    memset(candidates, 0, sizeof *candidates);
    candidates->count = cluster->server_count;
    assert(candidates->count > 0 && candidates->count <= LIMIT_SERVERS);
    assert(question->purpose != CANDIDATE_FAILOVER ||
           cluster->operation.kind == OPERATION_KIND_FAILOVER);
    for (uint32_t i = 0; i < candidates->count; i++) {
        candidates->entries[i].server = &cluster->servers[i];
        consider(&candidates->entries[i], scene, question);
    }
    for (uint32_t i = 0; i < candidates->count; i++) {
        if (candidates->entries[i].has_position) {
            compare(candidates, &candidates->entries[i]);
        }
    }
    choose_best(candidates, question->wanted);
    assert(candidates->best == NULL || candidates->best->server != scene_primary(scene));
}

const struct candidate *candidate_find(const struct candidates *candidates, const char *server)
{
    for (uint32_t i = 0; i < candidates->count; i++) {
        if (strcmp(candidates->entries[i].server->name, server) == 0) {
            return &candidates->entries[i];
        }
    }
    return NULL;
}
