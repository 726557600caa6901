/* view_cluster: one cluster, its replication tree, and what would become of it. */
#include <assert.h>
#include <string.h>

#include "daemon/api/compose.h"
#include "daemon/api/view.h"
#include "topology/candidate.h"
#include "topology/scene.h"

const char *view_primary(const struct ledger_cluster *cluster)
{
    bool open = cluster->opened_epoch == cluster->epoch;
    bool watched = cluster->settings.automation == LEDGER_AUTOMATION_OBSERVE &&
                   !ledger_operation_running(cluster);

    return !ledger_revoking(cluster) && (open || watched) ? cluster->primary : "";
}

static json_t *setting_value(const struct ledger_settings *settings, const char *key)
{
    char text[LIMIT_NAME_SIZE];
    uint64_t number;

    (void)ledger_setting_text(settings, key, text, sizeof text);
    return text_u64(text, strlen(text), INT64_MAX, &number) ? compose_count(number)
                                                            : json_string(text);
}

static json_t *settings_all(const struct ledger_settings *settings)
{
    json_t *object = json_object();

    for (size_t i = 0; i < ledger_setting_count(); i++) {
        const char *key = ledger_setting_key(i);

        json_object_set_new(object, key, setting_value(settings, key));
    }
    return object;
}

static bool has_leader(const struct api_view *view)
{
    return view->leader[0] != '\0';
}

/* Without a leader nobody renews the lease, and the picture stays what it was. */
static bool lease_is_over(const struct api_view *view, const struct ledger_cluster *cluster)
{
    return !has_leader(view) && cluster->armed && cluster->opened_epoch == cluster->epoch &&
           view->age_ms > ledger_lease_wait_ms(cluster);
}

/* Without a leader nobody can act: the best that can be said is "degraded". */
static const char *state(const struct api_view *view, const struct ledger_cluster *cluster)
{
    enum analysis_state state = view_analysis(view, cluster)->state;

    if (!has_leader(view) && state == ANALYSIS_HEALTHY) {
        state = ANALYSIS_DEGRADED;
    }
    if (lease_is_over(view, cluster)) {
        state = ANALYSIS_NO_PRIMARY;
    }
    return analysis_state_name(state);
}

static void add_servers(json_t *object, const struct api_view *view,
                        const struct ledger_cluster *cluster)
{
    json_t *servers = json_array();
    json_t *ackers = json_array();

    for (uint32_t i = 0; i < cluster->server_count; i++) {
        const struct ledger_server *server = &cluster->servers[i];

        json_array_append_new(servers, view_server(view, cluster, server));
        if (server->acker) {
            json_array_append_new(ackers, json_string(server->name));
        }
    }
    json_object_set_new(object, "servers", servers);
    json_object_set_new(object, "ackers", ackers);
}

json_t *view_cluster(const struct api_view *view, const struct ledger_cluster *cluster)
{
    struct ledger_settings defaults;
    const struct ledger_settings *settings = &cluster->settings;
    bool running = ledger_operation_running(cluster);
    json_t *object = json_pack(
        "{s:s, s:I, s:o, s:s, s:{s:o, s:n}, s:o, s:o, s:n, s:o, s:o}", "name", cluster->name,
        "epoch", (json_int_t)cluster->epoch, "primary", compose_text(view_primary(cluster)),
        "state", state(view, cluster), "durability", "mode", setting_value(settings, "durability"),
        "degraded_since", "fencing", setting_value(settings, "fencing"), "automation",
        setting_value(settings, "automation"), "paused", "base", compose_position(&cluster->base),
        "created", compose_time(cluster->created_ms));

    assert(object != NULL);
    ledger_settings_default(&defaults);
    json_object_set_new(object, "settings", settings_all(settings));
    json_object_set_new(object, "defaults", settings_all(&defaults));
    json_object_set_new(object, "operation",
                        running ? view_operation(&cluster->operation) : json_null());
    json_object_set_new(object, "problems", view_problems_of(view, cluster, NULL));
    add_servers(object, view, cluster);
    return object;
}

json_t *view_clusters(const struct api_view *view)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < view->ledger->cluster_count; i++) {
        json_array_append_new(list, view_cluster(view, &view->ledger->clusters[i]));
    }
    return list;
}

/* ---- the tree ------------------------------------------------------------------- */

static const struct ledger_server *source_of(const struct api_view *view,
                                             const struct ledger_cluster *cluster,
                                             const struct ledger_server *server)
{
    const struct model_server *seen = model_look(view->model, server->name);

    for (uint32_t i = 0; seen != NULL && i < cluster->server_count; i++) {
        if (&cluster->servers[i] != server && scene_follows(seen, &cluster->servers[i])) {
            return &cluster->servers[i];
        }
    }
    return NULL;
}

/* Whether the chain of sources above `server` comes back to where it was: then
 * nobody in it has a root, and the first of the ring is shown as one. */
static bool starts_ring(const struct api_view *view, const struct ledger_cluster *cluster,
                        const struct ledger_server *server)
{
    const struct ledger_server *above = source_of(view, cluster, server);

    for (uint32_t i = 0; above != NULL && i < cluster->server_count; i++) {
        if (above == server) {
            return true;
        }
        if (above < server && source_of(view, cluster, above) == server) {
            return false;
        }
        above = source_of(view, cluster, above);
    }
    return false;
}

static json_t *branch(const struct api_view *view, const struct ledger_cluster *cluster,
                      const struct ledger_server *server, uint32_t depth)
{
    json_t *object = view_server(view, cluster, server);
    json_t *replicas = json_array();

    for (uint32_t i = 0; i < cluster->server_count && depth < cluster->server_count; i++) {
        if (source_of(view, cluster, &cluster->servers[i]) == server) {
            json_array_append_new(replicas, branch(view, cluster, &cluster->servers[i], depth + 1));
        }
    }
    json_object_set_new(object, "replicas", replicas);
    return object;
}

json_t *view_topology(const struct api_view *view, const struct ledger_cluster *cluster)
{
    json_t *answer = view_envelope(view);
    json_t *roots = json_array();

    for (uint32_t i = 0; i < cluster->server_count; i++) {
        const struct ledger_server *server = &cluster->servers[i];

        if (source_of(view, cluster, server) == NULL || starts_ring(view, cluster, server)) {
            json_array_append_new(roots, branch(view, cluster, server, 0));
        }
    }
    json_object_set_new(answer, "cluster", json_string(cluster->name));
    json_object_set_new(answer, "primary", compose_text(view_primary(cluster)));
    json_object_set_new(answer, "state", json_string(state(view, cluster)));
    json_object_set_new(answer, "topology", roots);
    return answer;
}

/* ---- what would be --------------------------------------------------------------- */

static void rank(struct candidates *candidates, const struct api_view *view,
                 const struct ledger_cluster *cluster)
{
    const struct candidate_question question = {.purpose = CANDIDATE_IF_IT_DIED, .wanted = ""};
    struct scene scene = view_scene(view, cluster);

    candidate_rank(candidates, &scene, &question);
}

static json_t *candidate_object(const struct candidate *candidate)
{
    return json_pack(
        "{s:s, s:b, s:s, s:o, s:o}", "server", candidate->server->name, "possible",
        candidate->refusal == CANDIDATE_NONE, "reason", candidate_refusal_name(candidate->refusal),
        "why_not", compose_text(candidate->why_not), "received",
        candidate->has_position ? compose_position(&candidate->position) : json_null());
}

#define NO_LEADER_TEXT "there is no leader among the agents, and nobody else promotes a server"

json_t *view_check(const struct api_view *view, const struct ledger_cluster *cluster)
{
    struct candidates candidates;
    const struct candidate *best;
    json_t *answer = view_envelope(view);
    json_t *list = json_array();

    rank(&candidates, view, cluster);
    for (uint32_t i = 0; i < candidates.count; i++) {
        json_array_append_new(list, candidate_object(&candidates.entries[i]));
    }
    json_object_set_new(answer, "cluster", json_string(cluster->name));
    json_object_set_new(answer, "primary", compose_text(view_primary(cluster)));
    best = has_leader(view) ? candidates.best : NULL;
    json_object_set_new(answer, "possible", json_boolean(best != NULL));
    json_object_set_new(answer, "candidate",
                        best != NULL ? json_string(best->server->name) : json_null());
    json_object_set_new(answer, "why_not", compose_text(has_leader(view) ? "" : NO_LEADER_TEXT));
    json_object_set_new(answer, "incomparable", json_boolean(candidates.incomparable));
    json_object_set_new(answer, "check", list);
    return answer;
}

json_t *view_why_not(const struct api_view *view, const struct ledger_cluster *cluster,
                     const struct ledger_server *server)
{
    struct candidates candidates;
    const struct candidate *candidate;
    json_t *answer = view_envelope(view);
    json_t *object;

    rank(&candidates, view, cluster);
    candidate = candidate_find(&candidates, server->name);
    assert(candidate != NULL);
    object = candidate_object(candidate);
    json_object_update(answer, object);
    if (!has_leader(view) && candidate->refusal == CANDIDATE_NONE) {
        json_object_set_new(answer, "possible", json_false());
        json_object_set_new(answer, "reason", json_string("no_leader"));
        json_object_set_new(answer, "why_not", json_string(NO_LEADER_TEXT));
    }
    json_object_set_new(answer, "cluster", json_string(cluster->name));
    json_decref(object);
    return answer;
}
