/* Any request to the API, by somebody who may do everything: it is answered once, with a status
 * and text that is JSON; a 405 names a method; a call that goes to the leader arrives as it was
 * sent.
 *
 * The input is lines: method, path, content type, Idempotency-Key, Prefer, ?limit, ?after,
 * ?cluster, ?lag, ?consistent, then the body. An empty line is a text that wasn't sent. */
#include <jansson.h>
#include <sodium.h>
#include <string.h>

#include "base/list.h"
#include "daemon/api/api.h"
#include "tests/fuzz/fuzz.h"

enum { LINES = 10 };

struct world {
    struct ledger ledger;
    struct model model;
    struct api api;
    struct log log;
    struct api_exchange exchange;
    int answers;
};

static void look(void *ctx, struct api_view *view)
{
    struct world *world = ctx;

    view->ledger = &world->ledger;
    view->model = &world->model;
    view->now_ms = 1000000;
    view->as_of_ms = 1795225049123;
    view->age_ms = 0;
    view->agent_count = 0;
    view->is_leader = true;
    view->caught_up = true;
    text_copy(view->self, sizeof view->self, "a1");
    text_copy(view->leader, sizeof view->leader, "a1");
}

static void look_around(void *ctx, struct api_view *view)
{
    (void)ctx;
    view->agent_count = 1;
    view->agents[0] = (struct api_agent){.connected = true, .voter = true, .term = 3};
    text_copy(view->agents[0].name, sizeof view->agents[0].name, "a1");
    text_copy(view->guard.server, sizeof view->guard.server, "db1");
}

static void confirm(void *ctx, struct api_wait *wait)
{
    (void)ctx;
    api_wait_say(wait, API_OK, "");
}

static void call(void *ctx, const struct api_call *call, struct api_wait *wait)
{
    static struct api_call arrived;
    struct buf sent;
    struct buf again;
    struct err err;

    (void)ctx;
    buf_init(&sent, LIMIT_MESSAGE_BYTES);
    buf_init(&again, LIMIT_MESSAGE_BYTES);
    api_call_encode(call, &sent);
    fuzz_check(buf_ok(&sent));
    fuzz_check(api_call_decode(&arrived, sent.data, sent.length, &err) == 0);
    api_call_encode(&arrived, &again);
    fuzz_check(sent.length == again.length && memcmp(sent.data, again.data, sent.length) == 0);
    buf_finish(&sent);
    buf_finish(&again);
    api_wait_say(wait, API_CREATED, "");
}

static void on_answered(struct api_exchange *exchange)
{
    container_of(exchange, struct world, exchange)->answers++;
}

static void add_server(struct ledger_cluster *cluster, const char *name)
{
    struct ledger_server *server = &cluster->servers[cluster->server_count++];

    text_copy(server->name, sizeof server->name, name);
    text_copy(server->address, sizeof server->address, "10.0.0.1:3306");
}

static struct world *world_make(void)
{
    struct world *world = calloc(1, sizeof *world);
    const struct api_backend backend = {
        .ctx = world, .look = look, .look_around = look_around, .confirm = confirm, .call = call};
    struct ledger_cluster *cluster;

    fuzz_check(world != NULL && sodium_init() >= 0);
    fuzz_check(log_open(&world->log, "/dev/null", "a1", LOG_LEVEL_DEBUG, NULL) == 0);
    ledger_init(&world->ledger);
    model_init(&world->model);
    cluster = &world->ledger.clusters[world->ledger.cluster_count++];
    text_copy(cluster->name, sizeof cluster->name, "main");
    text_copy(cluster->primary, sizeof cluster->primary, "db1");
    ledger_settings_default(&cluster->settings);
    add_server(cluster, "db1");
    add_server(cluster, "db2");
    cluster->past[cluster->past_count++] = (struct operation){.id = 1};
    model_follow(&world->model, &world->ledger);
    api_init(&world->api, &backend, &world->log, false);
    world->exchange.done = on_answered;
    return world;
}

/* NULL for an empty line. Goes on behind it. */
static const char *take_line(char **rest)
{
    char *line = *rest;
    size_t length = strcspn(line, "\n");

    *rest = line[length] == '\n' ? line + length + 1 : line + length;
    line[length] = '\0';
    return length > 0 ? line : NULL;
}

static void check_answer(const struct api_answer *answer)
{
    json_t *body = json_loadb(buf_text(&answer->body), answer->body.length, 0, NULL);

    fuzz_check(answer->status >= 200 && answer->status < 600 && answer->status != 500);
    fuzz_check(answer->status != 405 || (answer->allow != NULL && answer->allow[0] != '\0'));
    fuzz_check(body != NULL || answer->body.length == 0);
    json_decref(body);
}

void fuzz_one(const uint8_t *bytes, size_t length)
{
    static struct world *world;
    const char *lines[LINES];
    struct api_request request;
    char *text = malloc(length + 1);
    char *rest = text;

    if (world == NULL) {
        world = world_make();
    }
    fuzz_check(text != NULL);
    memcpy(text, bytes, length);
    text[length] = '\0';
    for (int i = 0; i < LINES; i++) {
        lines[i] = take_line(&rest);
    }
    request = (struct api_request){
        .method = lines[0] != NULL ? lines[0] : "GET",
        .path = lines[1] != NULL ? lines[1] : "/",
        .content_type = lines[2],
        .key = lines[3],
        .prefer = lines[4],
        .limit = lines[5],
        .after = lines[6],
        .cluster = lines[7],
        .lag = lines[8],
        .consistent = lines[9],
        .body = (const uint8_t *)rest,
        .body_length = length - (size_t)(rest - text),
        .from = "unix",
        .local = true,
    };
    world->answers = 0;
    api_begin(&world->api, &world->exchange, &request);
    fuzz_check(world->answers == 1);
    check_answer(&world->exchange.answer);
    api_end(&world->exchange);
    free(text);
}
