/* Health checks: each path against each state of the agent's own server. */
#include "tests/unit/main.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/api/health.h"

static struct {
    struct ledger *ledger;
    struct model *model;
    struct api_view *view;
    struct ledger_cluster *cluster;
    struct observation *observation;
} world;

static void setup(void)
{
    struct ledger_server *server;

    world.ledger = calloc(1, sizeof *world.ledger);
    world.model = calloc(1, sizeof *world.model);
    world.view = calloc(1, sizeof *world.view);
    ledger_init(world.ledger);
    model_init(world.model);
    world.ledger->cluster_count = 1;
    world.cluster = &world.ledger->clusters[0];
    text_copy(world.cluster->name, sizeof world.cluster->name, "main");
    text_copy(world.cluster->primary, sizeof world.cluster->primary, "db1");
    ledger_settings_default(&world.cluster->settings);
    world.cluster->settings.automation = LEDGER_AUTOMATION_ON;
    world.cluster->server_count = 2;
    text_copy(world.cluster->servers[0].name, LIMIT_NAME_SIZE, "db1");
    server = &world.cluster->servers[1];
    text_copy(server->name, sizeof server->name, "db2");
    server->acker = true;
    model_follow(world.model, world.ledger);
    world.view->ledger = world.ledger;
    world.view->model = world.model;
    world.observation = &world.view->guard.observation;
}

static void teardown(void)
{
    free(world.view);
    free(world.model);
    free(world.ledger);
}

/* A primary that is open, under a lease. */
static void be_primary(void)
{
    text_copy(world.view->guard.server, LIMIT_NAME_SIZE, "db1");
    world.view->guard.answers = true;
    world.view->guard.writable = true;
    world.view->guard.lease_ms_left = 1;
}

/* A replica that replicates and lags one second. */
static void be_replica(void)
{
    text_copy(world.view->guard.server, LIMIT_NAME_SIZE, "db2");
    world.view->guard.answers = true;
    world.observation->read_only = true;
    world.observation->channel_count = 1;
    world.observation->channels[0].io = OBSERVATION_THREAD_YES;
    world.observation->channels[0].sql = OBSERVATION_THREAD_YES;
    model_find(world.model, "db2")->lag_known = true;
    model_find(world.model, "db2")->lag_ms = 1000;
}

static int ask(const char *path, const char *lag)
{
    char body[128];
    int status = 0;

    ck_assert_msg(health_has(path), "%s", path);
    health_answer(world.view, path, lag, &status, body, sizeof body);
    ck_assert_uint_lt(strlen(body), 100);
    return status;
}

/* Those in `good` are 200, all other ones 503. */
static void expect(const char *good)
{
    static const char *const paths[] = {"/primary", "/read-write", "/master",    "/leader",
                                        "/replica", "/read-only",  "/sync",      "/async",
                                        "/health",  "/liveness",   "/readiness", "/raft-leader"};
    char padded[256];
    char word[64];

    text_format(padded, sizeof padded, "%s ", good);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        text_format(word, sizeof word, "%s ", paths[i]);
        ck_assert_msg(ask(paths[i], NULL) == (strstr(padded, word) != NULL ? 200 : 503), "%s",
                      paths[i]);
    }
}

#define PRIMARY "/primary /read-write /master /leader /read-only "

START_TEST(a_primary_under_its_lease)
{
    be_primary();
    expect(PRIMARY "/health /liveness /readiness");
    world.view->guard.lease_ms_left = 0;
    expect("/health /liveness");
    world.view->guard.lease_ms_left = 1;
    world.view->guard.writable = false;
    expect("/health /liveness");
    world.view->guard.writable = true;
    world.observation->read_only = true;
    expect("/health /liveness");
    world.view->guard.answers = false;
    expect("/liveness");
}
END_TEST

START_TEST(in_observe_what_the_server_says_counts)
{
    be_primary();
    world.cluster->settings.automation = LEDGER_AUTOMATION_OBSERVE;
    world.view->guard.writable = false;
    world.view->guard.lease_ms_left = 0;
    expect(PRIMARY "/health /liveness /readiness");
}
END_TEST

START_TEST(a_writable_replica_is_nothing_of_the_kind)
{
    be_replica();
    world.observation->read_only = false;
    world.view->guard.writable = true;
    world.view->guard.lease_ms_left = 100;
    expect("/health /liveness");
}
END_TEST

START_TEST(a_replica_that_replicates)
{
    be_replica();
    expect("/replica /read-only /sync /health /liveness /readiness");
    world.cluster->servers[1].acker = false;
    expect("/replica /read-only /async /health /liveness /readiness");
    world.observation->channels[0].sql = OBSERVATION_THREAD_NO;
    expect("/health /liveness /readiness");
    world.observation->channels[0].sql = OBSERVATION_THREAD_YES;
    world.observation->channels[0].io = OBSERVATION_THREAD_CONNECTING;
    expect("/health /liveness /readiness");
    world.observation->channel_count = 0;
    expect("/health /liveness /readiness");
}
END_TEST

START_TEST(lag_has_a_bound)
{
    be_replica();
    ck_assert_int_eq(ask("/replica", "1s"), 200);
    ck_assert_int_eq(ask("/replica", "1"), 200);
    ck_assert_int_eq(ask("/replica", "1000ms"), 200);
    ck_assert_int_eq(ask("/replica", "999ms"), 503);
    ck_assert_int_eq(ask("/read-only", "999ms"), 503);
    ck_assert_int_eq(ask("/replica", "24h"), 200);
    ck_assert_int_eq(ask("/replica", "25h"), 400);
    ck_assert_int_eq(ask("/replica", "soon"), 400);
    ck_assert_int_eq(ask("/replica", ""), 400);
    ck_assert_int_eq(ask("/replica", "-1s"), 400);
    model_find(world.model, "db2")->lag_ms = 10000;
    ck_assert_int_eq(ask("/replica", NULL), 200);
    world.view->age_ms = 1;
    ck_assert_int_eq(ask("/replica", NULL), 503);
    model_find(world.model, "db2")->lag_known = false;
    ck_assert_int_eq(ask("/replica", "1h"), 503);
}
END_TEST

START_TEST(a_witness_has_no_server)
{
    expect("/liveness");
    world.view->is_leader = true;
    expect("/liveness /raft-leader");
}
END_TEST

START_TEST(a_stranger_is_in_no_cluster)
{
    be_replica();
    text_copy(world.view->guard.server, LIMIT_NAME_SIZE, "db9");
    expect("/health /liveness");
}
END_TEST

START_TEST(other_paths_are_none_of_ours)
{
    ck_assert(!health_has("/v1/status"));
    ck_assert(!health_has("/primary/"));
    ck_assert(!health_has(""));
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("health");
    TCase *tcase = tcase_create("health");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_primary_under_its_lease);
    tcase_add_test(tcase, in_observe_what_the_server_says_counts);
    tcase_add_test(tcase, a_writable_replica_is_nothing_of_the_kind);
    tcase_add_test(tcase, a_replica_that_replicates);
    tcase_add_test(tcase, lag_has_a_bound);
    tcase_add_test(tcase, a_witness_has_no_server);
    tcase_add_test(tcase, a_stranger_is_in_no_cluster);
    tcase_add_test(tcase, other_paths_are_none_of_ours);
    suite_add_tcase(suite, tcase);
    return suite;
}
