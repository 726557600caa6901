#include "daemon/api/route.h"

#include <assert.h>
#include <string.h>

/* ---- reads ---------------------------------------------------------------------- */

static json_t *list(const struct api_view *view, const struct api_exchange *exchange,
                    json_t *(*of)(const struct api_view *view), const char *name, const char *key,
                    const char *cluster_key)
{
    json_t *answer = view_envelope(view);

    view_add_page(answer, name, of(view), key, cluster_key, &exchange->page);
    return answer;
}

static json_t *not_found(struct api_result *result, const char *what, const char *name)
{
    result->code = API_NOT_FOUND;
    text_format(result->detail, sizeof result->detail, "there is no %s %s", what, name);
    return NULL;
}

/* Joins an object's members to a new answer; takes the reference. */
static json_t *enveloped(const struct api_view *view, json_t *object)
{
    json_t *answer = view_envelope(view);

    json_object_update(answer, object);
    json_decref(object);
    return answer;
}

static json_t *read_status(const struct api_view *view, const struct api_exchange *exchange,
                           struct api_result *result)
{
    (void)exchange;
    (void)result;
    return view_status(view);
}

static json_t *read_agents(const struct api_view *view, const struct api_exchange *exchange,
                           struct api_result *result)
{
    json_t *answer = list(view, exchange, view_agents, "agents", "name", NULL);

    (void)result;
    json_object_set_new(answer, "leader",
                        view->leader[0] != '\0' ? json_string(view->leader) : json_null());
    return answer;
}

static json_t *read_clusters(const struct api_view *view, const struct api_exchange *exchange,
                             struct api_result *result)
{
    (void)result;
    return list(view, exchange, view_clusters, "clusters", "name", "name");
}

static json_t *read_servers(const struct api_view *view, const struct api_exchange *exchange,
                            struct api_result *result)
{
    (void)result;
    return list(view, exchange, view_servers, "servers", "name", "cluster");
}

static json_t *read_problems(const struct api_view *view, const struct api_exchange *exchange,
                             struct api_result *result)
{
    (void)result;
    return list(view, exchange, view_problems, "problems", "id", "cluster");
}

static json_t *read_operations(const struct api_view *view, const struct api_exchange *exchange,
                               struct api_result *result)
{
    (void)result;
    return list(view, exchange, view_operations, "operations", "id", "cluster");
}

static json_t *read_history(const struct api_view *view, const struct api_exchange *exchange,
                            struct api_result *result)
{
    (void)result;
    return list(view, exchange, view_history, "history", "operation", "cluster");
}

static json_t *read_tokens(const struct api_view *view, const struct api_exchange *exchange,
                           struct api_result *result)
{
    (void)result;
    return list(view, exchange, view_tokens, "tokens", "name", NULL);
}

static json_t *read_invitations(const struct api_view *view, const struct api_exchange *exchange,
                                struct api_result *result)
{
    (void)result;
    return list(view, exchange, view_invitations, "invitations", "invitation", NULL);
}

static json_t *read_operation(const struct api_view *view, const struct api_exchange *exchange,
                              struct api_result *result)
{
    const struct operation *operation = NULL;
    uint64_t id;

    if (text_u64(exchange->name, strlen(exchange->name), INT64_MAX, &id) && id > 0) {
        operation = ledger_operation_find(view->ledger, id);
    }
    if (operation == NULL) {
        return not_found(result, "operation", exchange->name);
    }
    return enveloped(view, view_operation(operation));
}

/* The named cluster; NULL and the story if there is none. */
static const struct ledger_cluster *the_cluster(const struct api_view *view,
                                                const struct api_exchange *exchange,
                                                struct api_result *result)
{
    const struct ledger_cluster *cluster = ledger_cluster_find(view->ledger, exchange->name);

    if (cluster == NULL) {
        not_found(result, "cluster", exchange->name);
    }
    return cluster;
}

static json_t *read_cluster(const struct api_view *view, const struct api_exchange *exchange,
                            struct api_result *result)
{
    const struct ledger_cluster *cluster = the_cluster(view, exchange, result);

    return cluster != NULL ? enveloped(view, view_cluster(view, cluster)) : NULL;
}

static json_t *read_topology(const struct api_view *view, const struct api_exchange *exchange,
                             struct api_result *result)
{
    const struct ledger_cluster *cluster = the_cluster(view, exchange, result);

    return cluster != NULL ? view_topology(view, cluster) : NULL;
}

static json_t *read_check(const struct api_view *view, const struct api_exchange *exchange,
                          struct api_result *result)
{
    const struct ledger_cluster *cluster = the_cluster(view, exchange, result);

    return cluster != NULL ? view_check(view, cluster) : NULL;
}

static json_t *read_server(const struct api_view *view, const struct api_exchange *exchange,
                           struct api_result *result)
{
    const struct ledger_cluster *cluster;
    const struct ledger_server *server =
        ledger_server_anywhere(view->ledger, exchange->name, &cluster);

    return server != NULL ? enveloped(view, view_server(view, cluster, server))
                          : not_found(result, "server", exchange->name);
}

static json_t *read_why_not(const struct api_view *view, const struct api_exchange *exchange,
                            struct api_result *result)
{
    const struct ledger_cluster *cluster;
    const struct ledger_server *server =
        ledger_server_anywhere(view->ledger, exchange->name, &cluster);

    return server != NULL ? view_why_not(view, cluster, server)
                          : not_found(result, "server", exchange->name);
}

/* ---- the table --------------------------------------------------------------------- */

#define READ(path, role, read)                                                                     \
    {                                                                                              \
        "GET", path, LEDGER_ROLE_##role, false, VERB_COUNT, read                                   \
    }

static const struct api_route routes[] = {
    READ("/v1/status", VIEWER, read_status),
    READ("/v1/agents", VIEWER, read_agents),
    READ("/v1/clusters", VIEWER, read_clusters),
    READ("/v1/clusters/{name}", VIEWER, read_cluster),
    READ("/v1/clusters/{name}/check", VIEWER, read_check),
    READ("/v1/clusters/{name}/topology", VIEWER, read_topology),
    READ("/v1/history", VIEWER, read_history),
    READ("/v1/invitations", ADMIN, read_invitations),
    READ("/v1/operations", VIEWER, read_operations),
    READ("/v1/operations/{name}", VIEWER, read_operation),
    READ("/v1/problems", VIEWER, read_problems),
    READ("/v1/servers", VIEWER, read_servers),
    READ("/v1/servers/{name}", VIEWER, read_server),
    READ("/v1/servers/{name}/why-not", VIEWER, read_why_not),
    READ("/v1/tokens", ADMIN, read_tokens),
#define X(name, json, method, path, role)                                                          \
    {method, path, LEDGER_ROLE_##role, true, VERB_##name, NULL},
    VERB_MAP(X)
#undef X
};

/* An invitation's name is one behind a '+', which no other name begins with. */
static bool is_name(const char *text)
{
    return verb_name_valid(text[0] == '+' ? text + 1 : text);
}

/* Whether the path fits the template; the name is then filled ("" if it has none). */
static bool fits(const char *template, const char *path, char name[LIMIT_NAME_SIZE])
{
    name[0] = '\0';
    while (*template != '\0' && *path != '\0') {
        if (*template == '{') {
            size_t length = strcspn(path, "/");

            if (length == 0 || length >= LIMIT_NAME_SIZE) {
                return false;
            }
            memcpy(name, path, length);
            name[length] = '\0';
            path += length;
            template += strlen("{name}");
        } else if (*template ++ != *path++) {
            return false;
        }
    }
    return *template == '\0' && *path == '\0' && (name[0] == '\0' || is_name(name));
}

/* The methods of a path, spelled out; bits as in the rows below. */
enum { READS = 1, POSTS = 2, PATCHES = 4, DELETES = 8, ALL_METHODS = 15 };

static const char *allowed(unsigned methods)
{
    static const char *const texts[ALL_METHODS + 1] = {
        "",
        "GET, HEAD",
        "POST",
        "GET, HEAD, POST",
        "PATCH",
        "GET, HEAD, PATCH",
        "POST, PATCH",
        "GET, HEAD, POST, PATCH",
        "DELETE",
        "GET, HEAD, DELETE",
        "POST, DELETE",
        "GET, HEAD, POST, DELETE",
        "PATCH, DELETE",
        "GET, HEAD, PATCH, DELETE",
        "POST, PATCH, DELETE",
        "GET, HEAD, POST, PATCH, DELETE",
    };

    assert(methods <= ALL_METHODS);
    return texts[methods];
}

static unsigned method_bit(const char *method)
{
    static const struct {
        const char *name;
        unsigned bit;
    } bits[] = {{"GET", READS}, {"POST", POSTS}, {"PATCH", PATCHES}, {"DELETE", DELETES}};

    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        if (strcmp(bits[i].name, method) == 0) {
            return bits[i].bit;
        }
    }
    return 0;
}

const struct api_route *route_find(const char *method, const char *path, char name[LIMIT_NAME_SIZE],
                                   const char **allow)
{
    unsigned methods = 0;

    if (strcmp(method, "HEAD") == 0) {
        method = "GET";
    }
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!fits(routes[i].path, path, name)) {
            continue;
        }
        if (strcmp(routes[i].method, method) == 0) {
            return &routes[i];
        }
        methods |= method_bit(routes[i].method);
    }
    *allow = allowed(methods);
    return NULL;
}
