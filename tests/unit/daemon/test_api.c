/* What can be read: the shape of every answer. */
#include "tests/unit/daemon/api_world.h"

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

START_TEST(a_stopped_server_is_down_and_tells_nothing_else)
{
    struct order_report report = {.testimony = ORDER_STOPPED};

    text_copy(report.server, sizeof report.server, "db2");
    model_reported(world.model, 1000000, &report);
    ck_assert_int_eq(get("/v1/servers/db2"), 200);
    ck_assert_str_eq(text_of("role"), "down");
    ck_assert_str_eq(text_of("state"), "down");
    ck_assert(json_is_null(member("read_only")));
    ck_assert(json_is_null(member("lag_ms")));
    ck_assert(json_is_null(member("source")));
    ck_assert_str_eq(text_of("version"), "10.11.6-MariaDB");
}
END_TEST

START_TEST(a_fenced_server_is_called_so)
{
    struct order_report report = {.testimony = ORDER_ANSWERING, .soft_fenced = true};

    text_copy(report.server, sizeof report.server, "db1");
    model_reported(world.model, 1000000, &report);
    ck_assert_int_eq(get("/v1/servers/db1"), 200);
    ck_assert_str_eq(text_of("role"), "fenced");
    ck_assert_str_eq(text_of("state"), "fenced");
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

START_TEST(a_removed_agent_says_so_and_nothing_of_the_others)
{
    world.leader = "";
    world.removed = true;
    ck_assert_int_eq(get("/v1/problems"), 200);
    ck_assert_ptr_nonnull(strstr(buf_text(&world.exchange.answer.body), "a1 was removed"));
    ck_assert_ptr_null(strstr(buf_text(&world.exchange.answer.body), "AGENT_DOWN"));
    ck_assert_ptr_null(strstr(buf_text(&world.exchange.answer.body), "start the agents"));
}
END_TEST

START_TEST(without_a_leader_nobody_would_be_promoted)
{
    world.leader = "";
    ck_assert_int_eq(get("/v1/clusters/main/check"), 200);
    ck_assert(json_is_false(member("possible")));
    ck_assert(json_is_null(member("candidate")));
    ck_assert_ptr_nonnull(strstr(text_of("why_not"), "no leader"));
    ck_assert_int_eq(get("/v1/servers/db2/why-not"), 200);
    ck_assert(json_is_false(member("possible")));
    ck_assert_str_eq(text_of("reason"), "no_leader");
    world.leader = "a2";
    ck_assert_int_eq(get("/v1/clusters/main/check"), 200);
    ck_assert(json_is_true(member("possible")));
    ck_assert(json_is_null(member("why_not")));
}
END_TEST

/* The lease that was seen is over, and nobody renews it. */
START_TEST(without_a_leader_the_primary_is_one_for_a_lease)
{
    uint64_t lease_ms = ledger_lease_wait_ms(&world.ledger->clusters[0]);

    world.leader = "";
    world.age_ms = lease_ms;
    world.ledger->clusters[0].armed = true;
    ck_assert_int_eq(get("/v1/clusters/main"), 200);
    ck_assert_str_eq(text_of("state"), "degraded");
    world.age_ms++;
    ck_assert_int_eq(get("/v1/clusters/main"), 200);
    ck_assert_str_eq(text_of("state"), "no_primary");
    world.ledger->clusters[0].armed = false; /* it is only watched, and needs none */
    ck_assert_int_eq(get("/v1/clusters/main"), 200);
    ck_assert_str_ne(text_of("state"), "no_primary");
}
END_TEST

START_TEST(an_old_picture_is_told_as_it_was)
{
    world.age_ms = 60;
    ck_assert_int_eq(get("/v1/clusters/main"), 200);
    ck_assert_int_eq(json_integer_value(member("age_ms")), 60);
    ck_assert_str_eq(text_of("state"), "healthy");
    world.age_ms = 1000001; /* there never was one */
    ck_assert_int_eq(get("/v1/status"), 200);
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
    ck_assert_int_eq(send_body("DELETE", "/v1/clusters/main", "Bearer admin-token", ""), 405);
    ck_assert_str_eq(world.exchange.answer.allow, "GET, HEAD, PATCH");
    ck_assert_int_eq(send_body("PUT", "/v1/tokens", "Bearer admin-token", ""), 405);
    ck_assert_str_eq(world.exchange.answer.allow, "GET, HEAD, POST");
    ck_assert_int_eq(get("/v1/agents/a1"), 405);
    ck_assert_str_eq(world.exchange.answer.allow, "PATCH, DELETE");
    ck_assert_int_eq(get("/v1/agents/invite"), 405);
    ck_assert_str_eq(world.exchange.answer.allow, "POST, PATCH, DELETE");
    ck_assert_int_eq(get("/v1/invitations/+1863c9a14e2885e6"), 405);
    ck_assert_str_eq(world.exchange.answer.allow, "DELETE");
}
END_TEST

/* Two rows with other methods may have one path. */
START_TEST(a_wrong_method_is_told_the_right_ones)
{
    for (enum verb verb = 0; verb < VERB_COUNT; verb++) {
        const struct verb_rule *rule = verb_rule(verb);
        const char *rest = strstr(rule->path, "{name}");
        char path[LIMIT_PATH_SIZE];

        if (rule->path[0] == '\0') {
            continue;
        }
        text_format(path, sizeof path, "%.*s%s%s",
                    (int)(rest != NULL ? rest - rule->path : (ptrdiff_t)strlen(rule->path)),
                    rule->path, rest != NULL ? "x" : "",
                    rest != NULL ? rest + strlen("{name}") : "");
        ck_assert_msg(send_body("PUT", path, "Bearer admin-token", "") == 405, "%s", path);
        ck_assert_ptr_nonnull(strstr(world.exchange.answer.allow, rule->method));
    }
}
END_TEST

START_TEST(invitations_are_listed_without_their_keys)
{
    struct ledger_invitation *invitation = &world.ledger->invitations[0];
    const json_t *listed;

    world.ledger->invitation_count = 1;
    text_copy(invitation->name, sizeof invitation->name, "+1863c9a14e2885e6");
    memset(invitation->key, 0xa5, sizeof invitation->key);
    invitation->voter = true;
    invitation->expires_ms = 1700000000000;
    invitation->used = true;
    ck_assert_int_eq(send_body("GET", "/v1/invitations", "Bearer admin-token", ""), 200);
    ck_assert_uint_eq(json_array_size(member("invitations")), 1);
    listed = json_array_get(member("invitations"), 0);
    ck_assert_uint_eq(json_object_size(listed), 4);
    ck_assert_str_eq(json_string_value(json_object_get(listed, "invitation")), "+1863c9a14e2885e6");
    ck_assert_str_eq(json_string_value(json_object_get(listed, "expires")),
                     "2023-11-14T22:13:20.000Z");
    ck_assert(json_is_true(json_object_get(listed, "voter")));
    ck_assert(json_is_true(json_object_get(listed, "used")));
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("api");
    TCase *tcase = tcase_create("api");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, every_read_begins_with_the_envelope);
    tcase_add_test(tcase, lists_stand_under_the_last_word);
    tcase_add_test(tcase, a_cluster_names_its_primary);
    tcase_add_test(tcase, a_stopped_server_is_down_and_tells_nothing_else);
    tcase_add_test(tcase, a_fenced_server_is_called_so);
    tcase_add_test(tcase, nobody_is_primary_between_revoking_and_promoted);
    tcase_add_test(tcase, the_tree_has_a_root_even_in_a_ring);
    tcase_add_test(tcase, an_operation_tells_its_proofs);
    tcase_add_test(tcase, lists_come_in_parts);
    tcase_add_test(tcase, without_a_leader_the_status_says_so);
    tcase_add_test(tcase, a_removed_agent_says_so_and_nothing_of_the_others);
    tcase_add_test(tcase, without_a_leader_nobody_would_be_promoted);
    tcase_add_test(tcase, without_a_leader_the_primary_is_one_for_a_lease);
    tcase_add_test(tcase, an_old_picture_is_told_as_it_was);
    tcase_add_test(tcase, a_consistent_read_waits_for_the_majority);
    tcase_add_test(tcase, what_is_not_there_is_404_or_405);
    tcase_add_test(tcase, a_wrong_method_is_told_the_right_ones);
    tcase_add_test(tcase, invitations_are_listed_without_their_keys);
    suite_add_tcase(suite, tcase);
    return suite;
}
