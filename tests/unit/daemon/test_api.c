/* The API without sockets: a backend filled by hand, requests in, answers out. */
#include "tests/unit/main.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/api/api.h"
#include "daemon/api/auth.h"

static struct {
    struct ledger *ledger;
    struct model *model;
    struct api *api;
    struct log log;
    struct api_call call; /* the last one that came to the backend */
    unsigned calls;
    unsigned confirms;
    enum api_code confirm;
    struct api_result result; /* what the backend answers */
    uint64_t age_ms;
    const char *leader;
    bool answered;
    struct api_exchange exchange;
    json_t *body;
} world;

/* ---- the backend -------------------------------------------------------------------- */

static void fill_agent(struct api_agent *agent, const char *name, const char *role)
{
    memset(agent, 0, sizeof *agent);
    text_copy(agent->name, sizeof agent->name, name);
    text_copy(agent->role, sizeof agent->role, role);
    text_copy(agent->address, sizeof agent->address, "10.0.0.1:7300");
    text_format(agent->api, sizeof agent->api, "http://%s:7380", name);
    text_copy(agent->version, sizeof agent->version, "0.1.0");
    text_copy(agent->storage, sizeof agent->storage, "ok");
    agent->term = 3;
    agent->connected = true;
    agent->contacted = true;
    agent->voter = true;
}

static void look(void *ctx, struct api_view *view)
{
    (void)ctx;
    view->ledger = world.ledger;
    view->model = world.model;
    view->now_ms = 1000000;
    view->as_of_ms = 1795225049123;
    view->age_ms = world.age_ms;
    text_copy(view->self, sizeof view->self, "a1");
    text_copy(view->leader, sizeof view->leader, world.leader);
    view->is_leader = strcmp(world.leader, "a1") == 0;
    view->agent_count = 3;
    fill_agent(&view->agents[0], "a1", view->is_leader ? "leader" : "follower");
    fill_agent(&view->agents[1], "a2", view->is_leader ? "follower" : "leader");
    fill_agent(&view->agents[2], "a3", "unknown");
    view->agents[2].connected = false;
    text_copy(view->guard.server, sizeof view->guard.server, "db1");
    view->guard.answers = true;
    view->guard.writable = true;
    view->guard.lease_ms_left = 2000;
    view->guard.observation = model_look(world.model, "db1")->observation;
}

static void confirm(void *ctx, struct api_wait *wait)
{
    struct api_result result;

    (void)ctx;
    world.confirms++;
    api_result_init(&result);
    result.code = world.confirm;
    wait->done(wait, &result);
    api_result_finish(&result);
}

static void call(void *ctx, const struct api_call *call, struct api_wait *wait)
{
    (void)ctx;
    world.calls++;
    world.call = *call;
    wait->done(wait, &world.result);
}

/* ---- the world ------------------------------------------------------------------------ */

static void add_token(const char *name, enum ledger_role role, const char *token)
{
    struct ledger_token *entry = &world.ledger->tokens[world.ledger->token_count++];

    text_copy(entry->name, sizeof entry->name, name);
    entry->role = role;
    auth_hash(token, entry->hash);
}

static void add_operation(struct operation *operation, uint64_t id)
{
    operation->id = id;
    operation->kind = OPERATION_KIND_FAILOVER;
    operation->state = OPERATION_DONE;
    operation->outcome = OPERATION_OUTCOME_SUCCEEDED;
    operation->epoch = 2;
    operation->started_ms = 1795225000000;
    operation->finished_ms = 1795225000212;
    text_copy(operation->cluster, sizeof operation->cluster, "main");
    text_copy(operation->from, sizeof operation->from, "db2");
    text_copy(operation->to, sizeof operation->to, "db1");
    text_copy(operation->cause, sizeof operation->cause, "asked for by boss");
    operation->one_writer.proof = OPERATION_PROOF_LEASE_EXPIRED;
    operation->one_writer.except_deadman = true;
    operation->data_loss.verdict = OPERATION_VERDICT_UNKNOWN;
    operation_step_add(operation, OPERATION_ACTION_PROMOTE, "db1", OPERATION_DRAINED, true);
}

static void add_server(struct ledger_cluster *cluster, const char *name, unsigned port)
{
    struct ledger_server *server = &cluster->servers[cluster->server_count++];

    text_copy(server->name, sizeof server->name, name);
    text_format(server->address, sizeof server->address, "10.0.0.1:%u", port);
    text_format(server->agent, sizeof server->agent, "a%c", name[2]);
    server->priority = 100;
    server->acker = true;
}

static void observe(const char *name, const char *source, const char *position)
{
    struct observation observation = {.read_only = source[0] != '\0', .uptime_s = 60};
    struct order_report report = {.testimony = ORDER_ANSWERING, .pid = 77};
    struct observation_channel *channel = &observation.channels[0];

    observation.semi_sync_master = source[0] == '\0';
    observation.semi_sync_slave = source[0] != '\0';
    observation.semi_sync_clients = source[0] == '\0' ? 2 : 0;
    text_copy(observation.version, sizeof observation.version, "10.11.6-MariaDB");
    gtid_parse(source[0] == '\0' ? &observation.binlog : &observation.applied, position, NULL);
    gtid_parse(&observation.received, position, NULL);
    if (source[0] != '\0') {
        observation.channel_count = 1;
        channel->io = OBSERVATION_THREAD_YES;
        channel->sql = OBSERVATION_THREAD_YES;
        channel->using_gtid = true;
        text_copy(channel->source, sizeof channel->source, source);
        text_copy(channel->io_error, sizeof channel->io_error, "caf\xe9");
    }
    model_probed(world.model, name, 999900, &observation);
    text_copy(report.server, sizeof report.server, name);
    report.lease_ms_left = source[0] == '\0' ? 2500 : 0;
    model_guard_connected(world.model, name, true);
    model_reported(world.model, 999900, &report);
}

static void setup(void)
{
    const struct api_backend backend = {.look = look, .confirm = confirm, .call = call};
    struct ledger_cluster *cluster;

    memset(&world, 0, sizeof world);
    ck_assert_int_ge(sodium_init(), 0);
    world.ledger = calloc(1, sizeof *world.ledger);
    world.model = calloc(1, sizeof *world.model);
    world.api = calloc(1, sizeof *world.api);
    world.leader = "a1";
    ledger_init(world.ledger);
    model_init(world.model);
    world.ledger->index = 42;
    world.ledger->term = 3;
    world.ledger->cluster_count = 1;
    cluster = &world.ledger->clusters[0];
    text_copy(cluster->name, sizeof cluster->name, "main");
    text_copy(cluster->primary, sizeof cluster->primary, "db1");
    cluster->epoch = 2;
    cluster->opened_epoch = 2;
    ledger_settings_default(&cluster->settings);
    cluster->settings.automation = LEDGER_AUTOMATION_ON;
    add_server(cluster, "db1", 3306);
    add_server(cluster, "db2", 3307);
    add_server(cluster, "db3", 3308);
    cluster->past_count = 3;
    for (uint64_t i = 0; i < 3; i++) {
        add_operation(&cluster->past[i], 3 - i);
    }
    model_follow(world.model, world.ledger);
    observe("db1", "", "0-1-10");
    observe("db2", "10.0.0.1:3306", "0-1-10");
    observe("db3", "10.0.0.1:3306", "0-1-9");
    add_token("reader", LEDGER_ROLE_VIEWER, "viewer-token");
    add_token("doer", LEDGER_ROLE_OPERATOR, "operator-token");
    add_token("boss", LEDGER_ROLE_ADMIN, "admin-token");
    ck_assert_int_eq(log_open(&world.log, "/dev/null", "a1", LOG_LEVEL_DEBUG, NULL), 0);
    api_init(world.api, &backend, &world.log, false);
    api_result_init(&world.result);
}

static void teardown(void)
{
    json_decref(world.body);
    api_result_finish(&world.result);
    if (world.answered) {
        api_end(&world.exchange);
    }
    log_close(&world.log);
    free(world.api);
    free(world.model);
    free(world.ledger);
}

static void answered(struct api_exchange *exchange)
{
    ck_assert_ptr_eq(exchange, &world.exchange);
    ck_assert(!world.answered);
    world.answered = true;
}

static int ask(const struct api_request *request)
{
    if (world.answered) {
        api_end(&world.exchange);
        world.answered = false;
    }
    world.exchange.done = answered;
    api_begin(world.api, &world.exchange, request);
    ck_assert(world.answered);
    json_decref(world.body);
    world.body = json_loads(buf_text(&world.exchange.answer.body), 0, NULL);
    return world.exchange.answer.status;
}

static int get(const char *path)
{
    return ask(&(struct api_request){
        .method = "GET", .path = path, .from = "10.1.1.1", .authorization = "Bearer viewer-token"});
}

static int send(const char *method, const char *path, const char *token, const char *body)
{
    return ask(&(struct api_request){.method = method,
                                     .path = path,
                                     .from = "10.1.1.1",
                                     .authorization = token,
                                     .content_type = "application/json; charset=utf-8",
                                     .body = (const uint8_t *)body,
                                     .body_length = strlen(body)});
}

static const json_t *member(const char *name)
{
    const json_t *value = json_object_get(world.body, name);

    ck_assert_msg(value != NULL, "no member %s in %s", name, buf_text(&world.exchange.answer.body));
    return value;
}

static const char *text_of(const char *name)
{
    return json_string_value(member(name));
}

static void has(const json_t *object, const char *names)
{
    char name[64];

    while (*names != '\0') {
        size_t length = strcspn(names, " ");

        text_format(name, sizeof name, "%.*s", (int)length, names);
        ck_assert_msg(json_object_get(object, name) != NULL, "no member %s", name);
        names += length + (names[length] == ' ');
    }
}

static const char *code(void)
{
    ck_assert_str_eq(world.exchange.answer.content_type, "application/problem+json");
    has(world.body, "type title status code detail suggestion");
    ck_assert_int_eq(json_integer_value(member("status")), world.exchange.answer.status);
    return text_of("code");
}

/* ---- reads ------------------------------------------------------------------------------ */

#define SERVER_FIELDS                                                                              \
    "name cluster address role state reachable read_only version gtid lag_ms source semi_sync "    \
    "guard maintenance priority never_promote acker pid up_since channels events_enabled "         \
    "extra_gtid problems"
#define CLUSTER_FIELDS                                                                             \
    "name epoch primary state durability fencing servers operation problems ackers paused"
#define OPERATION_FIELDS                                                                           \
    "id kind cluster state cause from to epoch started finished outcome one_writer data_loss "     \
    "steps"

START_TEST(every_read_begins_with_the_envelope)
{
    static const char *const paths[] = {
        "/v1/status",
        "/v1/agents",
        "/v1/clusters",
        "/v1/clusters/main",
        "/v1/servers",
        "/v1/history",
        "/v1/clusters/main/check",
        "/v1/clusters/main/topology",
        "/v1/operations",
        "/v1/problems",
        "/v1/operations/3",
        "/v1/servers/db1",
        "/v1/servers/db1/why-not",
    };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        ck_assert_msg(get(paths[i]) == 200, "%s", paths[i]);
        ck_assert_str_eq(world.exchange.answer.content_type, "application/json");
        ck_assert_int_eq(json_integer_value(member("index")), 42);
        ck_assert_int_eq(json_integer_value(member("term")), 3);
        ck_assert_int_eq(json_integer_value(member("age_ms")), 0);
        ck_assert_uint_eq(strlen(text_of("as_of")), strlen("2026-11-21T01:37:29.123Z"));
    }
}
END_TEST

START_TEST(lists_stand_under_the_last_word)
{
    static const struct {
        const char *path;
        const char *name;
        size_t count;
        const char *fields;
    } lists[] = {
        {"/v1/agents", "agents", 3,
         "name address role term commit last_contact_ms version applied snapshot_index voter "
         "storage clock_skew_ms pid"},
        {"/v1/clusters", "clusters", 1, CLUSTER_FIELDS},
        {"/v1/servers", "servers", 3, SERVER_FIELDS},
        {"/v1/operations", "operations", 3, OPERATION_FIELDS},
        {"/v1/history", "history", 3, "time operation kind from to epoch outcome cause"},
        {"/v1/problems", "problems", 1,
         "id code severity cluster agent since sentence suggestion would acked_until"},
    };

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        ck_assert_int_eq(get(lists[i].path), 200);
        ck_assert_msg(json_array_size(member(lists[i].name)) == lists[i].count, "%s",
                      buf_text(&world.exchange.answer.body));
        has(json_array_get(member(lists[i].name), 0), lists[i].fields);
        ck_assert(json_is_null(member("next")));
    }
}
END_TEST

START_TEST(a_cluster_names_its_primary)
{
    const json_t *server;

    ck_assert_int_eq(get("/v1/clusters/main"), 200);
    has(world.body, CLUSTER_FIELDS " settings defaults automation base");
    ck_assert_str_eq(text_of("primary"), "db1");
    ck_assert_str_eq(text_of("state"), "healthy");
    ck_assert_str_eq(json_string_value(json_object_get(member("settings"), "automation")), "on");
    ck_assert_int_eq(json_integer_value(json_object_get(member("settings"), "max_lag_s")), 10);
    server = json_array_get(member("servers"), 0);
    has(server, SERVER_FIELDS);
    ck_assert_str_eq(json_string_value(json_object_get(server, "role")), "primary");
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(server, "guard"), "lease_ms_left")),
        2400);
    server = json_array_get(member("servers"), 1);
    ck_assert_str_eq(json_string_value(json_object_get(server, "role")), "replica");
    ck_assert_str_eq(json_string_value(json_object_get(server, "source")), "db1");
    ck_assert_str_eq(json_string_value(json_object_get(
                         json_array_get(json_object_get(server, "channels"), 0), "io_error")),
                     "caf?");
}
END_TEST

START_TEST(nobody_is_primary_between_revoking_and_promoted)
{
    struct ledger_cluster *cluster = &world.ledger->clusters[0];

    add_operation(&cluster->operation, 4);
    cluster->operation.outcome = OPERATION_OUTCOME_NONE;
    cluster->operation.state = OPERATION_REVOKING;
    cluster->operation.to[0] = '\0';
    ck_assert_int_eq(get("/v1/clusters/main"), 200);
    ck_assert(json_is_null(member("primary")));
    ck_assert_str_eq(text_of("state"), "failing_over");
    has(member("operation"), OPERATION_FIELDS);
    ck_assert(json_is_null(json_object_get(member("operation"), "outcome")));
    ck_assert(json_is_null(json_object_get(member("operation"), "data_loss")));

    cluster->operation.state = OPERATION_DRAINED;
    cluster->epoch = 3;
    text_copy(cluster->primary, sizeof cluster->primary, "db2");
    text_copy(cluster->operation.to, sizeof cluster->operation.to, "db2");
    ck_assert_int_eq(get("/v1/servers/db2"), 200);
    ck_assert_str_eq(text_of("role"), "candidate");
    ck_assert_int_eq(get("/v1/clusters/main"), 200);
    ck_assert(json_is_null(member("primary")));

    cluster->opened_epoch = 3;
    cluster->operation.state = OPERATION_PROMOTED;
    ck_assert_int_eq(get("/v1/clusters/main"), 200);
    ck_assert_str_eq(text_of("primary"), "db2");
}
END_TEST

START_TEST(the_tree_has_a_root_even_in_a_ring)
{
    const json_t *root;

    ck_assert_int_eq(get("/v1/clusters/main/topology"), 200);
    ck_assert_uint_eq(json_array_size(member("topology")), 1);
    root = json_array_get(member("topology"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(root, "name")), "db1");
    ck_assert_uint_eq(json_array_size(json_object_get(root, "replicas")), 2);

    observe("db1", "10.0.0.1:3308", "0-1-9");
    ck_assert_int_eq(get("/v1/clusters/main/topology"), 200);
    ck_assert_uint_eq(json_array_size(member("topology")), 1);
}
END_TEST

START_TEST(an_operation_tells_its_proofs)
{
    ck_assert_int_eq(get("/v1/operations/3"), 200);
    has(world.body, OPERATION_FIELDS);
    ck_assert_str_eq(text_of("outcome"), "succeeded");
    ck_assert_str_eq(json_string_value(json_object_get(member("one_writer"), "proof")),
                     "lease-expired");
    ck_assert_str_eq(
        json_string_value(json_array_get(json_object_get(member("one_writer"), "except"), 0)),
        "deadman");
    ck_assert_str_eq(json_string_value(json_object_get(member("data_loss"), "verdict")), "unknown");
    ck_assert(json_is_null(json_object_get(member("data_loss"), "transactions")));
    has(json_array_get(member("steps"), 0), "name target state ms detail");
}
END_TEST

START_TEST(lists_come_in_parts)
{
    struct api_request request = {.method = "GET",
                                  .path = "/v1/operations",
                                  .from = "10.1.1.1",
                                  .authorization = "bearer viewer-token",
                                  .limit = "2"};

    ck_assert_int_eq(ask(&request), 200);
    ck_assert_uint_eq(json_array_size(member("operations")), 2);
    ck_assert_str_eq(text_of("next"), "2");
    request.after = "2";
    ck_assert_int_eq(ask(&request), 200);
    ck_assert_uint_eq(json_array_size(member("operations")), 1);
    ck_assert(json_is_null(member("next")));
    request.after = NULL;
    request.cluster = "other";
    ck_assert_int_eq(ask(&request), 200);
    ck_assert_uint_eq(json_array_size(member("operations")), 0);
    request.limit = "500";
    ck_assert_int_eq(ask(&request), 200);
    request.limit = "501";
    ck_assert_int_eq(ask(&request), 400);
    request.limit = "0";
    ck_assert_int_eq(ask(&request), 400);
    request.limit = "x";
    ck_assert_int_eq(ask(&request), 400);
}
END_TEST

START_TEST(without_a_leader_the_status_says_so)
{
    world.leader = "";
    ck_assert_int_eq(get("/v1/status"), 200);
    ck_assert(json_is_null(member("leader")));
    ck_assert_str_eq(
        json_string_value(json_object_get(json_array_get(member("problems"), 0), "code")),
        "NO_QUORUM");
    ck_assert_str_eq(
        json_string_value(json_object_get(json_array_get(member("clusters"), 0), "state")),
        "degraded");
}
END_TEST

START_TEST(an_old_picture_is_told_as_it_was)
{
    world.age_ms = 60;
    ck_assert_int_eq(get("/v1/clusters/main"), 200);
    ck_assert_int_eq(json_integer_value(member("age_ms")), 60);
    ck_assert_str_eq(text_of("state"), "healthy");
}
END_TEST

START_TEST(a_consistent_read_waits_for_the_majority)
{
    struct api_request request = {.method = "GET",
                                  .path = "/v1/status",
                                  .from = "10.1.1.1",
                                  .authorization = "Bearer viewer-token",
                                  .consistent = "1"};

    ck_assert_int_eq(ask(&request), 200);
    ck_assert_uint_eq(world.confirms, 1);
    world.confirm = API_NO_LEADER;
    ck_assert_int_eq(ask(&request), 503);
    ck_assert_str_eq(code(), "NO_LEADER");
    ck_assert_uint_eq(world.exchange.answer.retry_after_s, 1);
}
END_TEST

START_TEST(what_is_not_there_is_404_or_405)
{
    static const char *const missing[] = {
        "/",
        "/v1",
        "/v1/",
        "/v1/clusters/other",
        "/v1/clusters/",
        "/v1/servers/db9",
        "/v1/operations/0",
        "/v1/operations/99",
        "/v1/operations/x",
        "/v1/clusters/main/nothing",
        "/v1/clusters/..%2f",
        "/v1/status/",
        "/primary/x",
    };

    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        ck_assert_msg(get(missing[i]) == 404, "%s", missing[i]);
        ck_assert_str_eq(code(), "NOT_FOUND");
    }
    ck_assert_int_eq(get("/v1/clusters/main/switchover"), 405);
    ck_assert_str_eq(world.exchange.answer.allow, "POST");
    ck_assert_int_eq(send("DELETE", "/v1/clusters/main", "Bearer admin-token", ""), 405);
    ck_assert_str_eq(world.exchange.answer.allow, "GET, HEAD, PATCH");
    ck_assert_int_eq(send("PUT", "/v1/tokens", "Bearer admin-token", ""), 405);
    ck_assert_str_eq(world.exchange.answer.allow, "GET, HEAD, POST");
}
END_TEST

/* ---- who may what -------------------------------------------------------------------------- */

START_TEST(roles_open_what_they_should)
{
    static const struct {
        const char *method;
        const char *path;
        const char *body;
        int viewer;
        int operator;
        int admin;
    } matrix[] = {
        {"GET", "/v1/status", "", 200, 200, 200},
        {"GET", "/v1/tokens", "", 403, 403, 200},
        {"POST", "/v1/clusters/main/switchover", "{}", 403, 202, 202},
        {"POST", "/v1/clusters/main/failover", "{}", 403, 202, 202},
        {"PATCH", "/v1/clusters/main", "{\"automation\":\"on\"}", 403, 403, 202},
        {"POST", "/v1/clusters",
         "{\"name\":\"x\",\"servers\":[{\"name\":\"s\",\"address\":"
         "\"10.0.0.9:3306\"}]}",
         403, 403, 202},
        {"POST", "/v1/tokens", "{\"name\":\"x\",\"role\":\"viewer\"}", 403, 403, 202},
    };

    world.result.code = API_ACCEPTED;
    world.result.operation = 4;
    for (size_t i = 0; i < sizeof matrix / sizeof matrix[0]; i++) {
        ck_assert_int_eq(send(matrix[i].method, matrix[i].path, NULL, matrix[i].body), 401);
        ck_assert_str_eq(code(), "UNAUTHORIZED");
        ck_assert(world.exchange.answer.authenticate);
        ck_assert_int_eq(send(matrix[i].method, matrix[i].path, "Bearer nobody", matrix[i].body),
                         401);
        ck_assert_int_eq(
            send(matrix[i].method, matrix[i].path, "Basic admin-token", matrix[i].body), 401);
        ck_assert_int_eq(
            send(matrix[i].method, matrix[i].path, "Bearer viewer-token", matrix[i].body),
            matrix[i].viewer);
        ck_assert_int_eq(
            send(matrix[i].method, matrix[i].path, "Bearer operator-token", matrix[i].body),
            matrix[i].operator);
        ck_assert_int_eq(
            send(matrix[i].method, matrix[i].path, "Bearer admin-token", matrix[i].body),
            matrix[i].admin);
    }
}
END_TEST

START_TEST(the_socket_is_for_root_and_ourselves)
{
    struct api_request request = {
        .method = "GET", .path = "/v1/tokens", .from = "unix", .local = true, .uid = geteuid()};

    ck_assert_int_eq(ask(&request), 200);
    request.uid = 0;
    ck_assert_int_eq(ask(&request), 200);
    request.uid = geteuid() + 12345;
    ck_assert_int_eq(ask(&request), 401);
    request.authorization = "Bearer admin-token";
    ck_assert_int_eq(ask(&request), 200);
    request.uid = 0;
    request.authorization = "Bearer wrong";
    ck_assert_int_eq(ask(&request), 401);
}
END_TEST

START_TEST(anonymous_reads_are_reads_only)
{
    struct api_request request = {.method = "GET", .path = "/v1/status", .from = "10.1.1.1"};

    world.api->anonymous_reads = true;
    ck_assert_int_eq(ask(&request), 200);
    request.path = "/v1/tokens";
    ck_assert_int_eq(ask(&request), 403);
    ck_assert_int_eq(send("POST", "/v1/clusters/main/failover", NULL, "{}"), 401);
    request.path = "/v1/status";
    request.authorization = "Bearer wrong";
    ck_assert_int_eq(ask(&request), 401);
}
END_TEST

START_TEST(the_health_listener_answers_nothing_else)
{
    struct api_request request = {.method = "GET",
                                  .path = "/v1/status",
                                  .from = "10.1.1.1",
                                  .authorization = "Bearer admin-token",
                                  .health_only = true};

    ck_assert_int_eq(ask(&request), 404);
    request.path = "/primary";
    request.authorization = NULL;
    ck_assert_int_eq(ask(&request), 200);
    request.method = "POST";
    ck_assert_int_eq(ask(&request), 405);
}
END_TEST

/* ---- changes ----------------------------------------------------------------------------------
 */

START_TEST(a_switchover_is_called_once_and_answered)
{
    world.result.code = API_ACCEPTED;
    world.result.operation = 12;
    ck_assert_int_eq(send("POST", "/v1/clusters/main/switchover", "Bearer operator-token",
                          "{\"to\":\"db2\",\"max_lag_ms\":5000}"),
                     202);
    ck_assert_int_eq(json_integer_value(member("id")), 12);
    ck_assert_int_eq(json_integer_value(member("operation")), 12);
    ck_assert_str_eq(world.exchange.answer.location, "/v1/operations/12");
    ck_assert_uint_eq(world.calls, 1);
    ck_assert_int_eq(world.call.verb, VERB_SWITCHOVER);
    ck_assert_str_eq(world.call.cluster, "main");
    ck_assert_str_eq(world.call.to, "db2");
    ck_assert_str_eq(world.call.by, "doer");
    ck_assert_str_eq(world.call.from, "10.1.1.1");
    ck_assert_uint_eq(world.call.max_lag_ms, 5000);
}
END_TEST

START_TEST(a_refusal_is_a_problem_with_reasons)
{
    struct decision decision = {.verdict = DECISION_REFUSE, .code = ERR_REFUSED};

    decision.reason_count = 1;
    text_copy(decision.reasons[0], sizeof decision.reasons[0], "the primary is healthy");
    text_copy(decision.remedy, sizeof decision.remedy, "use switchover");
    api_result_refusal(&world.result, &decision);
    ck_assert_int_eq(send("POST", "/v1/clusters/main/failover", "Bearer operator-token", "{}"),
                     412);
    ck_assert_str_eq(code(), "REFUSED");
    ck_assert_str_eq(text_of("suggestion"), "use switchover");
    ck_assert_uint_eq(json_array_size(member("reasons")), 1);
}
END_TEST

START_TEST(a_dry_run_shows_the_plan)
{
    api_result_plan(&world.result, &world.ledger->clusters[0].past[0]);
    ck_assert_int_eq(
        send("POST", "/v1/clusters/main/failover", "Bearer operator-token", "{\"dry_run\":true}"),
        200);
    ck_assert(world.call.dry_run);
    has(member("plan"), OPERATION_FIELDS);
}
END_TEST

START_TEST(bodies_that_are_wrong_never_reach_the_leader)
{
    static const char *const bodies[] = {
        "{\"dry_rum\":true}",
        "{\"dry_run\":1}",
        "{\"to\":7}",
        "{\"to\":\"-x\"}",
        "[]",
        "{",
        "7",
        "{\"to\":\"db2\",\"to\":\"db3\"}",
        "{\"deadline_ms\":99}",
        "{\"deadline_ms\":3600001}",
        "{\"max_lag_ms\":-1}",
        "{\"max_lag_ms\":1.5}",
        "{\"allow_data_loss\":true}",
        "{\"to\":\"db2\\u0000\"}",
    };
    struct api_request request = {.method = "POST",
                                  .path = "/v1/clusters/main/switchover",
                                  .from = "10.1.1.1",
                                  .authorization = "Bearer operator-token",
                                  .content_type = "text/plain"};

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        ck_assert_msg(send("POST", request.path, "Bearer operator-token", bodies[i]) == 400, "%s",
                      bodies[i]);
        ck_assert_str_eq(code(), "BAD_REQUEST");
        ck_assert(text_of("detail") != NULL);
    }
    ck_assert_int_eq(ask(&request), 415);
    request.content_type = NULL;
    ck_assert_int_eq(ask(&request), 415);
    request.content_type = "application/jsonp";
    ck_assert_int_eq(ask(&request), 415);
    request.content_type = "application/json";
    request.body_length = LIMIT_HTTP_BODY_BYTES + 1;
    ck_assert_int_eq(ask(&request), 413);
    ck_assert_uint_eq(world.calls, 0);
}
END_TEST

START_TEST(keys_have_a_length)
{
    char key[API_KEY_SIZE + 1];
    struct api_request request = {.method = "POST",
                                  .path = "/v1/clusters/main/switchover",
                                  .from = "10.1.1.1",
                                  .authorization = "Bearer operator-token",
                                  .content_type = "application/json",
                                  .key = key};

    world.result.code = API_ACCEPTED;
    memset(key, 'k', sizeof key);
    key[API_KEY_SIZE - 1] = '\0';
    ck_assert_int_eq(ask(&request), 202);
    ck_assert_str_eq(world.call.key, key);
    key[API_KEY_SIZE - 1] = 'k';
    key[API_KEY_SIZE] = '\0';
    ck_assert_int_eq(ask(&request), 400);
    key[0] = '\0';
    ck_assert_int_eq(ask(&request), 400);
}
END_TEST

START_TEST(a_token_is_shown_once_and_only_its_hash_travels)
{
    uint8_t hash[LEDGER_HASH_BYTES];

    world.result.code = API_CREATED;
    ck_assert_int_eq(send("POST", "/v1/tokens", "Bearer admin-token",
                          "{\"name\":\"grafana\",\"role\":\"viewer\"}"),
                     201);
    auth_hash(text_of("token"), hash);
    ck_assert_mem_eq(hash, world.call.token_hash, sizeof hash);
    ck_assert_str_eq(world.call.token_name, "grafana");
    world.result.code = API_EXISTS;
    ck_assert_int_eq(send("POST", "/v1/tokens", "Bearer admin-token",
                          "{\"name\":\"grafana\",\"role\":\"viewer\"}"),
                     409);
    ck_assert(json_object_get(world.body, "token") == NULL);
}
END_TEST

START_TEST(no_leader_means_try_again)
{
    world.result.code = API_NO_LEADER;
    ck_assert_int_eq(send("POST", "/v1/clusters/main/failover", "Bearer operator-token", "{}"),
                     503);
    ck_assert_str_eq(code(), "NO_LEADER");
    ck_assert_uint_eq(world.exchange.answer.retry_after_s, 1);
}
END_TEST

START_TEST(a_redirect_is_given_to_who_prefers_it)
{
    struct api_request request = {.method = "POST",
                                  .path = "/v1/clusters/main/switchover",
                                  .from = "10.1.1.1",
                                  .authorization = "Bearer operator-token",
                                  .content_type = "application/json",
                                  .prefer = "redirect"};

    world.leader = "a2";
    ck_assert_int_eq(ask(&request), 307);
    ck_assert_str_eq(world.exchange.answer.location, "http://a2:7380/v1/clusters/main/switchover");
    ck_assert_uint_eq(world.calls, 0);
    world.leader = "a1";
    world.result.code = API_ACCEPTED;
    ck_assert_int_eq(ask(&request), 202);
}
END_TEST

static void add_reads(TCase *tcase)
{
    tcase_add_test(tcase, every_read_begins_with_the_envelope);
    tcase_add_test(tcase, lists_stand_under_the_last_word);
    tcase_add_test(tcase, a_cluster_names_its_primary);
    tcase_add_test(tcase, nobody_is_primary_between_revoking_and_promoted);
    tcase_add_test(tcase, the_tree_has_a_root_even_in_a_ring);
    tcase_add_test(tcase, an_operation_tells_its_proofs);
    tcase_add_test(tcase, lists_come_in_parts);
    tcase_add_test(tcase, without_a_leader_the_status_says_so);
    tcase_add_test(tcase, an_old_picture_is_told_as_it_was);
    tcase_add_test(tcase, a_consistent_read_waits_for_the_majority);
    tcase_add_test(tcase, what_is_not_there_is_404_or_405);
}

static void add_changes(TCase *tcase)
{
    tcase_add_test(tcase, roles_open_what_they_should);
    tcase_add_test(tcase, the_socket_is_for_root_and_ourselves);
    tcase_add_test(tcase, anonymous_reads_are_reads_only);
    tcase_add_test(tcase, the_health_listener_answers_nothing_else);
    tcase_add_test(tcase, a_switchover_is_called_once_and_answered);
    tcase_add_test(tcase, a_refusal_is_a_problem_with_reasons);
    tcase_add_test(tcase, a_dry_run_shows_the_plan);
    tcase_add_test(tcase, bodies_that_are_wrong_never_reach_the_leader);
    tcase_add_test(tcase, keys_have_a_length);
    tcase_add_test(tcase, a_token_is_shown_once_and_only_its_hash_travels);
    tcase_add_test(tcase, no_leader_means_try_again);
    tcase_add_test(tcase, a_redirect_is_given_to_who_prefers_it);
}

Suite *suite_make(void)
{
    Suite *suite = suite_create("api");
    TCase *reads = tcase_create("reads");
    TCase *changes = tcase_create("changes");

    tcase_add_checked_fixture(reads, setup, teardown);
    tcase_add_checked_fixture(changes, setup, teardown);
    add_reads(reads);
    add_changes(changes);
    suite_add_tcase(suite, reads);
    suite_add_tcase(suite, changes);
    return suite;
}
