/* Who may change what, and how changes are asked for and answered. */
#include "tests/unit/daemon/api_world.h"

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
        {"GET", "/v1/invitations", "", 403, 403, 200},
        {"DELETE", "/v1/invitations/+1863c9a14e2885e6", "", 403, 403, 202},
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
        ck_assert_int_eq(send_body(matrix[i].method, matrix[i].path, NULL, matrix[i].body), 401);
        ck_assert_str_eq(code(), "UNAUTHORIZED");
        ck_assert(world.exchange.answer.authenticate);
        ck_assert_int_eq(
            send_body(matrix[i].method, matrix[i].path, "Bearer nobody", matrix[i].body), 401);
        ck_assert_int_eq(
            send_body(matrix[i].method, matrix[i].path, "Basic admin-token", matrix[i].body), 401);
        ck_assert_int_eq(
            send_body(matrix[i].method, matrix[i].path, "Bearer viewer-token", matrix[i].body),
            matrix[i].viewer);
        ck_assert_int_eq(
            send_body(matrix[i].method, matrix[i].path, "Bearer operator-token", matrix[i].body),
            matrix[i].operator);
        ck_assert_int_eq(
            send_body(matrix[i].method, matrix[i].path, "Bearer admin-token", matrix[i].body),
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

START_TEST(a_token_is_not_judged_by_a_ledger_that_is_behind)
{
    world.behind = true;
    ck_assert_int_eq(send_body("POST", "/v1/clusters/main/failover", "Bearer nobody", "{}"), 503);
    ck_assert_str_eq(code(), "NO_LEADER");
    /* One that it knows is good all the same; none at all is refused. */
    ck_assert_int_ne(send_body("POST", "/v1/clusters/main/failover", "Bearer admin-token", "{}"),
                     503);
    ck_assert_int_eq(send_body("POST", "/v1/clusters/main/failover", NULL, "{}"), 401);
    world.behind = false;
}
END_TEST

START_TEST(anonymous_reads_are_reads_only)
{
    struct api_request request = {.method = "GET", .path = "/v1/status", .from = "10.1.1.1"};

    world.api->anonymous_reads = true;
    ck_assert_int_eq(ask(&request), 200);
    request.path = "/v1/tokens";
    ck_assert_int_eq(ask(&request), 403);
    ck_assert_int_eq(send_body("POST", "/v1/clusters/main/failover", NULL, "{}"), 401);
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
    ck_assert_int_eq(send_body("POST", "/v1/clusters/main/switchover", "Bearer operator-token",
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
    ck_assert_int_eq(send_body("POST", "/v1/clusters/main/failover", "Bearer operator-token", "{}"),
                     412);
    ck_assert_str_eq(code(), "REFUSED");
    ck_assert_str_eq(text_of("suggestion"), "use switchover");
    ck_assert_uint_eq(json_array_size(member("reasons")), 1);
}
END_TEST

START_TEST(a_dry_run_shows_the_plan)
{
    api_result_plan(&world.result, &world.ledger->clusters[0].past[0]);
    ck_assert_int_eq(send_body("POST", "/v1/clusters/main/failover", "Bearer operator-token",
                               "{\"dry_run\":true}"),
                     200);
    ck_assert(world.call.dry_run);
    has(member("plan"), OPERATION_FIELDS);
}
END_TEST

START_TEST(JR_08_bodies_that_are_wrong_never_reach_the_leader)
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
        ck_assert_msg(send_body("POST", request.path, "Bearer operator-token", bodies[i]) == 400,
                      "%s", bodies[i]);
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

START_TEST(keys_are_short_and_printable)
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
    text_copy(key, sizeof key, " ~");
    ck_assert_int_eq(ask(&request), 202);
    for (size_t i = 0; i < 3; i++) { /* the call travels as text, which these are none of */
        key[1] = "\x1f\x7f\xff"[i];
        ck_assert_int_eq(ask(&request), 400);
    }
}
END_TEST

START_TEST(a_token_is_shown_once_and_only_its_hash_travels)
{
    uint8_t hash[LEDGER_HASH_BYTES];

    world.result.code = API_CREATED;
    ck_assert_int_eq(send_body("POST", "/v1/tokens", "Bearer admin-token",
                               "{\"name\":\"grafana\",\"role\":\"viewer\"}"),
                     201);
    auth_hash(text_of("token"), hash);
    ck_assert_mem_eq(hash, world.call.token_hash, sizeof hash);
    ck_assert_str_eq(world.call.token_name, "grafana");
    world.result.code = API_EXISTS;
    ck_assert_int_eq(send_body("POST", "/v1/tokens", "Bearer admin-token",
                               "{\"name\":\"grafana\",\"role\":\"viewer\"}"),
                     409);
    ck_assert(json_object_get(world.body, "token") == NULL);
}
END_TEST

START_TEST(no_leader_means_try_again)
{
    world.result.code = API_NO_LEADER;
    ck_assert_int_eq(send_body("POST", "/v1/clusters/main/failover", "Bearer operator-token", "{}"),
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

Suite *suite_make(void)
{
    Suite *suite = suite_create("api_call");
    TCase *tcase = tcase_create("api_call");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, roles_open_what_they_should);
    tcase_add_test(tcase, the_socket_is_for_root_and_ourselves);
    tcase_add_test(tcase, anonymous_reads_are_reads_only);
    tcase_add_test(tcase, the_health_listener_answers_nothing_else);
    tcase_add_test(tcase, a_switchover_is_called_once_and_answered);
    tcase_add_test(tcase, a_refusal_is_a_problem_with_reasons);
    tcase_add_test(tcase, a_dry_run_shows_the_plan);
    tcase_add_test(tcase, JR_08_bodies_that_are_wrong_never_reach_the_leader);
    tcase_add_test(tcase, keys_are_short_and_printable);
    tcase_add_test(tcase, a_token_is_shown_once_and_only_its_hash_travels);
    tcase_add_test(tcase, no_leader_means_try_again);
    tcase_add_test(tcase, a_token_is_not_judged_by_a_ledger_that_is_behind);
    tcase_add_test(tcase, a_redirect_is_given_to_who_prefers_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
