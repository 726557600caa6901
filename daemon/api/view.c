#include "daemon/api/view.h"

#include <assert.h>
#include <string.h>

#include "daemon/api/compose.h"

uint64_t view_then_ms(const struct api_view *view)
{
    return view->now_ms > view->age_ms ? view->now_ms - view->age_ms : 0;
}

struct scene view_scene(const struct api_view *view, const struct ledger_cluster *cluster)
{
    return (struct scene){.cluster = cluster,
                          .model = view->model,
                          .now_ms = view_then_ms(view),
                          .settled_ms = view->settled_ms[cluster - view->ledger->clusters],
                          .wall_ms = view->as_of_ms};
}

void view_analyze(struct api_view *view)
{
    for (uint32_t i = 0; i < view->ledger->cluster_count; i++) {
        struct scene scene = view_scene(view, &view->ledger->clusters[i]);

        analyze(&view->analyses[i], &scene);
    }
}

const struct analysis *view_analysis(const struct api_view *view,
                                     const struct ledger_cluster *cluster)
{
    size_t at = (size_t)(cluster - view->ledger->clusters);

    assert(at < view->ledger->cluster_count);
    return &view->analyses[at];
}

json_t *view_envelope(const struct api_view *view)
{
    return json_pack("{s:I, s:I, s:o, s:I}", "index", (json_int_t)view->ledger->index, "term",
                     (json_int_t)view->ledger->term, "as_of", compose_time(view->as_of_ms),
                     "age_ms", (json_int_t)view->age_ms);
}

static json_t *cluster_summary(const struct api_view *view, const struct ledger_cluster *cluster)
{
    json_t *whole = view_cluster(view, cluster);
    json_t *servers = json_array();
    size_t index;
    json_t *server;

    json_array_foreach(json_object_get(whole, "servers"), index, server)
    {
        json_array_append_new(servers, json_pack("{s:O, s:O, s:O, s:O, s:O}", "name",
                                                 json_object_get(server, "name"), "role",
                                                 json_object_get(server, "role"), "state",
                                                 json_object_get(server, "state"), "read_only",
                                                 json_object_get(server, "read_only"), "lag_ms",
                                                 json_object_get(server, "lag_ms")));
    }
    json_object_set_new(whole, "servers", servers);
    json_object_set_new(
        whole, "problems",
        json_integer((json_int_t)json_array_size(json_object_get(whole, "problems"))));
    json_object_del(whole, "settings");
    json_object_del(whole, "defaults");
    return whole;
}

json_t *view_status(const struct api_view *view)
{
    json_t *answer = view_envelope(view);
    json_t *clusters = json_array();

    for (uint32_t i = 0; i < view->ledger->cluster_count; i++) {
        json_array_append_new(clusters, cluster_summary(view, &view->ledger->clusters[i]));
    }
    json_object_set_new(answer, "agent", json_string(view->self));
    json_object_set_new(answer, "version", json_string(ORCHESTRATORD_VERSION));
    json_object_set_new(answer, "leader", compose_text(view->leader));
    json_object_set_new(answer, "agents", view_agents(view));
    json_object_set_new(answer, "clusters", clusters);
    json_object_set_new(answer, "problems", view_problems(view));
    return answer;
}

json_t *view_tokens(const struct api_view *view)
{
    static const char *const roles[] = {
#define X(name, json) [LEDGER_ROLE_##name] = json,
        LEDGER_ROLE_MAP(X)
#undef X
    };
    json_t *list = json_array();

    for (uint32_t i = 0; i < view->ledger->token_count; i++) {
        const struct ledger_token *token = &view->ledger->tokens[i];

        json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "name", token->name, "role",
                                              roles[token->role], "created",
                                              compose_time(token->created_ms)));
    }
    return list;
}

json_t *view_invitations(const struct api_view *view)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < view->ledger->invitation_count; i++) {
        const struct ledger_invitation *invitation = &view->ledger->invitations[i];

        json_array_append_new(list, json_pack("{s:s, s:b, s:o, s:b}", "invitation",
                                              invitation->name, "voter", invitation->voter,
                                              "expires", compose_time(invitation->expires_ms),
                                              "used", invitation->used));
    }
    return list;
}

/* ---- parts of long lists -------------------------------------------------------- */

static void key_text(const json_t *item, const char *key, char *text, size_t size)
{
    const json_t *value = json_object_get(item, key);

    if (json_is_integer(value)) {
        text_format(text, size, "%lld", (long long)json_integer_value(value));
    } else {
        text_copy(text, size, json_is_string(value) ? json_string_value(value) : "");
    }
}

static bool in_cluster(const json_t *item, const char *cluster_key, const char *cluster)
{
    const char *name = NULL;

    if (cluster_key == NULL || cluster[0] == '\0') {
        return true;
    }
    name = json_string_value(json_object_get(item, cluster_key));
    return name != NULL && strcmp(name, cluster) == 0;
}

void view_add_page(json_t *answer, const char *name, json_t *list, const char *key,
                   const char *cluster_key, const struct view_page *page)
{
    char text[LIMIT_TEXT_SIZE] = "";
    json_t *part = json_array();
    json_t *next = json_null();
    bool started = page->after[0] == '\0';
    size_t index;
    json_t *item;

    json_array_foreach(list, index, item)
    {
        if (!in_cluster(item, cluster_key, page->cluster)) {
            continue;
        }
        if (started && json_array_size(part) == page->limit) {
            next = json_string(text);
            break;
        }
        key_text(item, key, text, sizeof text);
        if (started) {
            json_array_append(part, item);
        }
        started = started || strcmp(text, page->after) == 0;
    }
    json_object_set_new(answer, name, part);
    json_object_set_new(answer, "next", next);
    json_decref(list);
}
