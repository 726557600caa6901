/* api_world: the API without sockets: a backend filled by hand, requests in, answers out. */
#ifndef TESTS_UNIT_DAEMON_API_WORLD_H
#define TESTS_UNIT_DAEMON_API_WORLD_H

#include "tests/unit/main.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/api/api.h"
#include "daemon/api/auth.h"

#define SERVER_FIELDS                                                                              \
    "name cluster address role state reachable read_only version gtid lag_ms source semi_sync "    \
    "guard maintenance priority never_promote acker pid up_since channels events_enabled "         \
    "extra_gtid problems"
#define CLUSTER_FIELDS                                                                             \
    "name epoch primary state durability fencing servers operation problems ackers paused"
#define OPERATION_FIELDS                                                                           \
    "id kind cluster state cause from to epoch started finished outcome one_writer data_loss "     \
    "steps"

static struct {
    bool behind; /* the ledger hasn't caught up */
    bool removed;
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

static inline void fill_agent(struct api_agent *agent, const char *name, const char *role)
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

static inline void look(void *ctx, struct api_view *view)
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
    view->caught_up = !world.behind;
    view->removed = world.removed;
    view->agent_count = 0; /* not before anybody looks around */
    view->guard.server[0] = '\0';
}

static inline void look_around(void *ctx, struct api_view *view)
{
    (void)ctx;
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

static inline void confirm(void *ctx, struct api_wait *wait)
{
    struct api_result result;

    (void)ctx;
    world.confirms++;
    api_result_init(&result);
    result.code = world.confirm;
    wait->done(wait, &result);
    api_result_finish(&result);
}

static inline void call(void *ctx, const struct api_call *call, struct api_wait *wait)
{
    (void)ctx;
    world.calls++;
    world.call = *call;
    wait->done(wait, &world.result);
}

/* ---- the world ------------------------------------------------------------------------ */

static inline void add_token(const char *name, enum ledger_role role, const char *token)
{
    struct ledger_token *entry = &world.ledger->tokens[world.ledger->token_count++];

    text_copy(entry->name, sizeof entry->name, name);
    entry->role = role;
    auth_hash(token, entry->hash);
}

static inline void add_operation(struct operation *operation, uint64_t id)
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

static inline void add_server(struct ledger_cluster *cluster, const char *name, unsigned port)
{
    struct ledger_server *server = &cluster->servers[cluster->server_count++];

    text_copy(server->name, sizeof server->name, name);
    text_format(server->address, sizeof server->address, "10.0.0.1:%u", port);
    text_format(server->agent, sizeof server->agent, "a%c", name[2]);
    server->priority = 100;
    server->acker = true;
}

static inline void observe(const char *name, const char *source, const char *position)
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

static inline void setup(void)
{
    const struct api_backend backend = {
        .look = look, .look_around = look_around, .confirm = confirm, .call = call};
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

static inline void teardown(void)
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

static inline void answered(struct api_exchange *exchange)
{
    ck_assert_ptr_eq(exchange, &world.exchange);
    ck_assert(!world.answered);
    world.answered = true;
}

static inline int ask(const struct api_request *request)
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

static inline int get(const char *path)
{
    return ask(&(struct api_request){
        .method = "GET", .path = path, .from = "10.1.1.1", .authorization = "Bearer viewer-token"});
}

static inline int send_body(const char *method, const char *path, const char *token,
                            const char *body)
{
    return ask(&(struct api_request){.method = method,
                                     .path = path,
                                     .from = "10.1.1.1",
                                     .authorization = token,
                                     .content_type = "application/json; charset=utf-8",
                                     .body = (const uint8_t *)body,
                                     .body_length = strlen(body)});
}

static inline const json_t *member(const char *name)
{
    const json_t *value = json_object_get(world.body, name);

    ck_assert_msg(value != NULL, "no member %s in %s", name, buf_text(&world.exchange.answer.body));
    return value;
}

static inline const char *text_of(const char *name)
{
    return json_string_value(member(name));
}

static inline void has(const json_t *object, const char *names)
{
    char name[64];

    while (*names != '\0') {
        size_t length = strcspn(names, " ");

        text_format(name, sizeof name, "%.*s", (int)length, names);
        ck_assert_msg(json_object_get(object, name) != NULL, "no member %s", name);
        names += length + (names[length] == ' ');
    }
}

static inline const char *code(void)
{
    ck_assert_str_eq(world.exchange.answer.content_type, "application/problem+json");
    has(world.body, "type title status code detail suggestion");
    ck_assert_int_eq(json_integer_value(member("status")), world.exchange.answer.status);
    return text_of("code");
}

#endif
