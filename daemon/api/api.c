#include "daemon/api/api.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "daemon/api/auth.h"
#include "daemon/api/compose.h"
#include "daemon/api/health.h"
#include "daemon/api/route.h"

enum { API_RETRY_AFTER_S = 1, API_HEALTH_BODY_SIZE = 128 };

static const char *const plain_type = "application/json";
static const char *const problem_type = "application/problem+json";

void api_init(struct api *api, const struct api_backend *backend, struct log *log,
              bool anonymous_reads)
{
    memset(api, 0, sizeof *api);
    api->backend = *backend;
    api->log = log;
    api->anonymous_reads = anonymous_reads;
}

void api_end(struct api_exchange *exchange)
{
    buf_finish(&exchange->answer.body);
    sodium_memzero(exchange->token, sizeof exchange->token);
}

/* ---- answers ---------------------------------------------------------------------- */

/* Takes the reference. */
static void answer_json(struct api_exchange *exchange, int status, const char *type, json_t *body)
{
    struct api_answer *answer = &exchange->answer;

    answer->status = status;
    answer->content_type = type;
    compose_append(body, &answer->body);
    buf_append_text(&answer->body, "\n");
    json_decref(body);
    if (!buf_ok(&answer->body)) {
        buf_reset(&answer->body);
        answer->status = api_code_status(API_INTERNAL);
        answer->content_type = problem_type;
        buf_append_text(&answer->body, "{\"type\":\"about:blank\",\"title\":\"The agent failed\","
                                       "\"status\":500,\"code\":\"INTERNAL\",\"detail\":"
                                       "\"the answer is too long; ask with a smaller ?limit=\"}\n");
    }
    exchange->done(exchange);
}

/* Members that whoever executed the call added. */
static void join_body(json_t *object, const struct api_result *result)
{
    json_t *body = json_loadb(buf_text(&result->body), result->body.length, 0, NULL);

    if (body != NULL) {
        json_object_update_missing(object, body);
    }
    json_decref(body);
}

static void answer_problem(struct api_exchange *exchange, const struct api_result *result)
{
    int status = api_code_status(result->code);
    char type[LIMIT_NAME_SIZE];
    json_t *object;

    text_format(type, sizeof type, "urn:orchestratord:%s", api_code_name(result->code));
    object = json_pack("{s:s, s:s, s:i, s:s, s:o, s:o}", "type", type, "title",
                       api_code_title(result->code), "status", status, "code",
                       api_code_name(result->code), "detail", compose_text(result->detail),
                       "suggestion", compose_text(result->suggestion));
    if (result->operation != 0) {
        json_object_set_new(object, "operation", compose_count(result->operation));
    }
    join_body(object, result);
    exchange->answer.authenticate = result->code == API_UNAUTHORIZED;
    exchange->answer.retry_after_s = result->code == API_NO_LEADER ? API_RETRY_AFTER_S : 0;
    answer_json(exchange, status, problem_type, object);
}

void api_wait_say(struct api_wait *wait, enum api_code code, const char *detail)
{
    struct api_result result;

    api_result_say(&result, code, detail);
    wait->done(wait, &result);
    api_result_finish(&result);
}

static void refuse(struct api_exchange *exchange, enum api_code code, const char *detail)
{
    struct api_result result;

    api_result_say(&result, code, detail);
    answer_problem(exchange, &result);
    api_result_finish(&result);
}

/* ---- reads ------------------------------------------------------------------------ */

static void read_now(struct api_exchange *exchange)
{
    struct api *api = exchange->api;
    struct api_result result;
    json_t *answer;

    api_result_init(&result);
    api->backend.look(api->backend.ctx, &api->view);
    api->backend.look_around(api->backend.ctx, &api->view);
    view_analyze(&api->view);
    answer = exchange->route->read(&api->view, exchange, &result);
    if (answer != NULL) {
        answer_json(exchange, 200, plain_type, answer);
    } else {
        answer_problem(exchange, &result);
    }
    api_result_finish(&result);
}

static void read_confirmed(struct api_wait *wait, const struct api_result *result)
{
    struct api_exchange *exchange = container_of(wait, struct api_exchange, wait);

    if (result->code == API_OK) {
        read_now(exchange);
    } else {
        answer_problem(exchange, result);
    }
}

/* False, and answered, if a parameter can't be understood. */
static bool read_page(struct api_exchange *exchange, const struct api_request *request)
{
    uint64_t limit = VIEW_LIMIT_DEFAULT;

    if (request->limit != NULL &&
        (!text_u64(request->limit, strlen(request->limit), VIEW_LIMIT_MAX, &limit) || limit == 0)) {
        refuse(exchange, API_BAD_REQUEST, "?limit= is a number of 1 to 500");
        return false;
    }
    if (!text_copy(exchange->after, sizeof exchange->after,
                   request->after != NULL ? request->after : "") ||
        !text_copy(exchange->cluster, sizeof exchange->cluster,
                   request->cluster != NULL ? request->cluster : "")) {
        refuse(exchange, API_BAD_REQUEST, "?after= or ?cluster= is too long");
        return false;
    }
    exchange->page = (struct view_page){
        .limit = (uint32_t)limit, .after = exchange->after, .cluster = exchange->cluster};
    return true;
}

static void begin_read(struct api_exchange *exchange, const struct api_request *request)
{
    struct api *api = exchange->api;

    if (!read_page(exchange, request)) {
        return;
    }
    if (request->consistent != NULL && strcmp(request->consistent, "0") != 0) {
        exchange->wait.done = read_confirmed;
        api->backend.confirm(api->backend.ctx, &exchange->wait);
    } else {
        read_now(exchange);
    }
}

/* ---- changes ---------------------------------------------------------------------- */

static const char *audit_target(const struct api_call *call)
{
    return call->verb == VERB_TOKEN_CREATE ? call->token_name
           : call->verb == VERB_AGENT_ADD  ? call->agent_name
                                           : call->cluster;
}

static void audit(const struct api_exchange *exchange, const struct api_result *result)
{
    const struct api_call *call = &exchange->call;

    log_event(exchange->api->log, LOG_LEVEL_INFO, "audit", LOG_TEXT("by", call->by),
              LOG_TEXT("from", call->from), LOG_TEXT("verb", verb_rule(call->verb)->name),
              LOG_TEXT("target", audit_target(call)), LOG_BOOL("dry_run", call->dry_run),
              LOG_TEXT("result", api_code_name(result->code)),
              LOG_U64("operation", result->operation), LOG_TEXT("detail", result->detail), LOG_END);
}

static void call_done(struct api_wait *wait, const struct api_result *result)
{
    struct api_exchange *exchange = container_of(wait, struct api_exchange, wait);
    struct api *api = exchange->api;
    json_t *answer;

    audit(exchange, result);
    if (api_code_status(result->code) >= 400) {
        answer_problem(exchange, result);
        return;
    }
    api->backend.look(api->backend.ctx, &api->view);
    answer = view_envelope(&api->view);
    if (result->operation != 0) {
        json_object_set_new(answer, "id", compose_count(result->operation));
        json_object_set_new(answer, "operation", compose_count(result->operation));
        text_format(exchange->answer.location, sizeof exchange->answer.location,
                    "/v1/operations/%llu", (unsigned long long)result->operation);
    }
    join_body(answer, result);
    if (exchange->token[0] != '\0' && result->code == API_CREATED) {
        json_object_set_new(answer, "token", json_string(exchange->token));
    }
    answer_json(exchange, api_code_status(result->code), plain_type, answer);
}

/* "application/json", perhaps with parameters. */
static bool is_json(const char *content_type)
{
    size_t length = strlen(plain_type);

    return content_type != NULL && strncasecmp(content_type, plain_type, length) == 0 &&
           strchr("; \t", content_type[length]) != NULL;
}

/* 307 to the leader, for those who would rather go there themselves. */
static bool redirect(struct api_exchange *exchange, const struct api_request *request)
{
    struct api *api = exchange->api;
    const struct api_view *view = &api->view;

    if (request->prefer == NULL || strcasecmp(request->prefer, "redirect") != 0 ||
        view->is_leader) {
        return false;
    }
    api->backend.look_around(api->backend.ctx, &api->view);
    for (uint32_t i = 0; i < view->agent_count; i++) {
        if (strcmp(view->agents[i].name, view->leader) == 0 && view->agents[i].api[0] != '\0') {
            text_format(exchange->answer.location, sizeof exchange->answer.location, "%s%s",
                        view->agents[i].api, request->path);
            exchange->answer.status = 307;
            exchange->answer.content_type = plain_type;
            exchange->done(exchange);
            return true;
        }
    }
    return false;
}

/* A repeated token-create couldn't show the token again: it is told EXISTS instead. An
 * invitation that was lost runs out. */
static bool take_key(struct api_call *call, const char *key)
{
    if (key == NULL || call->verb == VERB_TOKEN_CREATE || call->verb == VERB_AGENT_INVITE) {
        return true;
    }
    for (const char *at = key; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~') {
            return false;
        }
    }
    return key[0] != '\0' && text_copy(call->key, sizeof call->key, key);
}

static void begin_call(struct api_exchange *exchange, const struct api_request *request,
                       const struct auth_who *who)
{
    struct api *api = exchange->api;
    struct api_call *call = &exchange->call;
    struct err err = {0};

    call->verb = exchange->route->verb;
    text_copy(call->by, sizeof call->by, who->name);
    text_copy(call->from, sizeof call->from, request->from);
    text_copy(call->cluster, sizeof call->cluster, exchange->name);
    if (request->body_length > 0 || strcmp(request->method, "DELETE") != 0
            ? !is_json(request->content_type)
            : false) {
        refuse(exchange, API_NOT_JSON, "send Content-Type: application/json");
    } else if (request->body_length > LIMIT_HTTP_BODY_BYTES) {
        refuse(exchange, API_TOO_LARGE, "a body has at most 65536 bytes");
    } else if (!take_key(call, request->key)) {
        refuse(exchange, API_BAD_REQUEST,
               "an Idempotency-Key has 1 to 128 characters of printable ASCII");
    } else if (verb_read(call, request->body, request->body_length, &err) != 0) {
        refuse(exchange, API_BAD_REQUEST, err.text);
    } else if (!redirect(exchange, request)) {
        if (call->verb == VERB_TOKEN_CREATE) {
            auth_make_token(exchange->token, call->token_hash);
        }
        exchange->wait.done = call_done;
        api->backend.call(api->backend.ctx, call, &exchange->wait);
    }
}

/* ---- the way in --------------------------------------------------------------------- */

static bool answer_health(struct api_exchange *exchange, const struct api_request *request)
{
    struct api *api = exchange->api;
    struct api_answer *answer = &exchange->answer;
    char body[API_HEALTH_BODY_SIZE];

    if (!health_has(request->path)) {
        return false;
    }
    api->backend.look_around(api->backend.ctx, &api->view);
    health_answer(&api->view, request->path, request->lag, &answer->status, body, sizeof body);
    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0 &&
        strcmp(request->method, "OPTIONS") != 0) {
        answer->allow = "GET, HEAD, OPTIONS";
        refuse(exchange, API_METHOD_NOT_ALLOWED, "a health check is asked with GET");
        return true;
    }
    answer->content_type = plain_type;
    buf_append_text(&answer->body, body);
    exchange->done(exchange);
    return true;
}

static void no_route(struct api_exchange *exchange, const char *allow)
{
    if (allow[0] == '\0') {
        refuse(exchange, API_NOT_FOUND, "this path is not known; docs/openapi.yaml lists them");
    } else {
        exchange->answer.allow = allow;
        refuse(exchange, API_METHOD_NOT_ALLOWED, allow);
    }
}

static void denied(struct api_exchange *exchange, const struct api_request *request,
                   const struct api_result *result)
{
    log_event(exchange->api->log, LOG_LEVEL_WARNING, "denied", LOG_TEXT("from", request->from),
              LOG_TEXT("method", request->method), LOG_TEXT("path", request->path),
              LOG_TEXT("result", api_code_name(result->code)), LOG_TEXT("detail", result->detail),
              LOG_END);
    answer_problem(exchange, result);
}

/* Who is there comes first, so that a stranger learns nothing about the paths. */
static void begin_routed(struct api_exchange *exchange, const struct api_request *request)
{
    struct api *api = exchange->api;
    const char *allow = "";
    const struct api_route *route =
        route_find(request->method, request->path, exchange->name, &allow);
    bool anonymous = api->anonymous_reads && (route == NULL || !route->changes);
    enum ledger_role needed = route != NULL ? route->role : LEDGER_ROLE_VIEWER;
    struct api_result result;
    struct auth_who who;

    api_result_init(&result);
    exchange->route = route;
    if (auth_check(request, &api->view, anonymous, needed, &who, &result) != API_OK) {
        denied(exchange, request, &result);
    } else if (route == NULL) {
        no_route(exchange, allow);
    } else if (route->changes) {
        begin_call(exchange, request, &who);
    } else {
        begin_read(exchange, request);
    }
    api_result_finish(&result);
}

void api_begin(struct api *api, struct api_exchange *exchange, const struct api_request *request)
{
    void (*done)(struct api_exchange * exchange) = exchange->done;

    assert(done != NULL);
    memset(exchange, 0, sizeof *exchange);
    exchange->done = done;
    exchange->api = api;
    buf_init(&exchange->answer.body, LIMIT_HTTP_ANSWER_BYTES);
    api->backend.look(api->backend.ctx, &api->view);
    if (answer_health(exchange, request)) {
        return;
    }
    if (request->health_only) {
        no_route(exchange, "");
        return;
    }
    begin_routed(exchange, request);
}
