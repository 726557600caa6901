/* view_problem: what is the matter, from the clusters' analyses and the agents. */
#include <string.h>

#include "daemon/api/compose.h"
#include "daemon/api/view.h"

static json_t *compose(enum problem code, enum problem_severity severity, const char *cluster,
                       const char *subject_kind, const char *subject, const char *sentence,
                       const char *suggestion)
{
    char id[LIMIT_TEXT_SIZE];

    text_format(id, sizeof id, "%s:%s:%s", problem_name(code), cluster, subject);
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:n, s:o, s:o, s:n, s:n}", "id", id, "code",
                     problem_name(code), "severity", problem_severity_name(severity), "cluster",
                     compose_text(cluster), subject_kind, compose_text(subject), "since",
                     "sentence", compose_text(sentence), "suggestion", compose_text(suggestion),
                     "would", "acked_until");
}

static json_t *of_finding(const struct api_view *view, const struct ledger_cluster *cluster,
                          const struct finding *finding)
{
    uint64_t now_ms = view_then_ms(view);
    uint64_t since_ms = finding->since_ms;
    json_t *object = compose(finding->code, finding->severity, cluster->name, "server",
                             finding->server, finding->sentence, finding->suggestion);

    if (since_ms == 0 && view->since_ms != NULL) {
        since_ms = view->since_ms(view->since_ctx, cluster->name, finding->code, finding->server);
    }
    if (since_ms != 0 && since_ms <= now_ms) {
        json_object_set_new(object, "since", compose_time(view->as_of_ms - (now_ms - since_ms)));
    }
    json_object_set_new(object, "would", compose_text(finding->would));
    return object;
}

json_t *view_problems_of(const struct api_view *view, const struct ledger_cluster *cluster,
                         const char *server)
{
    const struct analysis *analysis = view_analysis(view, cluster);
    json_t *list = json_array();

    for (uint32_t i = 0; i < analysis->finding_count; i++) {
        if (server == NULL || strcmp(analysis->findings[i].server, server) == 0) {
            json_array_append_new(list, of_finding(view, cluster, &analysis->findings[i]));
        }
    }
    return list;
}

/* ---- the agents' own --------------------------------------------------------------- */

static void add(json_t *list, enum problem code, const char *agent, const char *sentence,
                const char *suggestion)
{
    json_array_append_new(
        list, compose(code, problem_severity(code), "", "agent", agent, sentence, suggestion));
}

static void add_agent_down(json_t *list, const struct api_view *view, const struct api_agent *agent)
{
    char sentence[LIMIT_TEXT_SIZE];
    char suggestion[LIMIT_TEXT_SIZE];

    if (agent->contacted) {
        text_format(sentence, sizeof sentence, "%s can't be reached by %s, last heard %llu ms ago",
                    agent->name, view->self, (unsigned long long)agent->last_contact_ms);
    } else {
        text_format(sentence, sizeof sentence, "%s is not connected to %s", agent->name,
                    view->self);
    }
    text_format(suggestion, sizeof suggestion,
                "on its host: systemctl status orchestratord; address %s", agent->address);
    add(list, PROBLEM_AGENT_DOWN, agent->name, sentence, suggestion);
}

static void add_storage(json_t *list, const struct api_agent *agent)
{
    static const struct {
        const char *storage;
        enum problem code;
    } map[] = {{"slow", PROBLEM_STORAGE_SLOW},
               {"full", PROBLEM_STORAGE_FULL},
               {"failed", PROBLEM_STORAGE_FAILED}};
    char sentence[LIMIT_TEXT_SIZE];

    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++) {
        if (strcmp(map[i].storage, agent->storage) == 0) {
            text_format(sentence, sizeof sentence, "%s: %s", agent->name,
                        problem_meaning(map[i].code));
            add(list, map[i].code, agent->name, sentence, "look at the disk of its data_dir");
        }
    }
}

static void add_halted(json_t *list, const struct api_agent *agent)
{
    char sentence[2 * LIMIT_TEXT_SIZE];

    if (agent->halted[0] != '\0') {
        text_format(sentence, sizeof sentence, "%s votes no more and only guards its server: %s",
                    agent->name, agent->halted);
        add(list, PROBLEM_VERSION_MIXED, agent->name, sentence,
            "install the version of the other agents on its host");
    }
}

static void add_mixed_versions(json_t *list, const struct api_view *view)
{
    const char *first = "";
    char sentence[LIMIT_TEXT_SIZE];

    for (uint32_t i = 0; i < view->agent_count; i++) {
        const char *version = view->agents[i].version;

        if (first[0] == '\0') {
            first = version;
        } else if (version[0] != '\0' && strcmp(first, version) != 0) {
            text_format(sentence, sizeof sentence, "agents run %s and %s", first, version);
            add(list, PROBLEM_VERSION_MIXED, "", sentence, "finish the upgrade");
            return;
        }
    }
}

/* What the others are doing is not its business any more. */
static void add_removed(json_t *list, const struct api_view *view)
{
    char sentence[LIMIT_TEXT_SIZE];
    char suggestion[LIMIT_TEXT_SIZE];

    text_format(sentence, sizeof sentence,
                "%s was removed from the agents: it takes no part, guards nothing by a lease, and "
                "what it shows is old",
                view->self);
    text_format(
        suggestion, sizeof suggestion,
        "ask another agent; stop this one, or take it back there: orchestratorctl agent add "
        "%s IP:PORT KEY",
        view->self);
    add(list, PROBLEM_NO_QUORUM, view->self, sentence, suggestion);
}

static void add_agents(json_t *list, const struct api_view *view)
{
    if (view->removed) {
        add_removed(list, view);
        return;
    }
    if (view->leader[0] == '\0') {
        add(list, PROBLEM_NO_QUORUM, "",
            "there is no leader: no majority of the agents can be reached; nothing is changed",
            "start the agents that are down; orchestratorctl agents shows them");
    }
    for (uint32_t i = 0; i < view->agent_count; i++) {
        if (!view->agents[i].connected) {
            add_agent_down(list, view, &view->agents[i]);
        }
        add_storage(list, &view->agents[i]);
        add_halted(list, &view->agents[i]);
    }
    add_mixed_versions(list, view);
}

json_t *view_problems(const struct api_view *view)
{
    json_t *list = json_array();

    add_agents(list, view);
    for (uint32_t i = 0; i < view->ledger->cluster_count; i++) {
        json_t *part = view_problems_of(view, &view->ledger->clusters[i], NULL);

        json_array_extend(list, part);
        json_decref(part);
    }
    return list;
}

json_t *view_agents(const struct api_view *view)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < view->agent_count; i++) {
        const struct api_agent *agent = &view->agents[i];

        json_array_append_new(
            list,
            json_pack(
                "{s:s, s:o, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o, "
                "s:o}",
                "name", agent->name, "id", compose_number(agent->id), "kind", agent->kind,
                "address", agent->address, "api", compose_text(agent->api), "role", agent->role,
                "term", compose_number(agent->term), "commit", compose_number(agent->commit),
                "applied", compose_number(agent->applied), "snapshot_index",
                compose_number(agent->snapshot_index), "voter", agent->voter, "connected",
                agent->connected, "last_contact_ms",
                agent->contacted ? compose_count(agent->last_contact_ms) : json_null(), "storage",
                compose_text(agent->storage), "version", compose_text(agent->version),
                "clock_skew_ms",
                agent->clock_known ? json_integer((json_int_t)agent->clock_skew_ms) : json_null(),
                "pid", compose_number(agent->pid)));
    }
    return list;
}
