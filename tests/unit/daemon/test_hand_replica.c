/* Replicas: what was received and is to be applied, and sources that don't give what is wanted. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/cluster_fixture.h"

/* Received, not applied, both threads stopped: whatever starts purges it (trap 1). */
START_TEST(a_relay_log_is_not_purged)
{
    struct hand_result result;

    cluster_begin(2);
    cluster_wire();
    sql_await(1, "SELECT COUNT(*) FROM app.t", "0");
    sql(1, "STOP SLAVE SQL_THREAD");
    sql(0, "INSERT INTO app.t (writer) VALUES (1)");
    result = run(1, task_of(HAND_PROMOTE)); /* received is not applied */
    ck_assert_int_eq(result.outcome, ORDER_FAILED);
    ck_assert_str_eq(sql(1, "SELECT @@global.read_only"), "1");
    result = must(1, task_of(HAND_STOP_IO));
    assert_position(0, &result.position);
    result = run(1, task_of(HAND_DRAIN));
    ck_assert_int_eq(result.outcome, ORDER_FAILED);
    ck_assert_msg(strstr(result.detail, "purge") != NULL, "%s", result.detail);
    result = run(1, task_of(HAND_PROMOTE));
    ck_assert_int_eq(result.outcome, ORDER_FAILED);
    ck_assert_msg(strstr(result.detail, "received") != NULL, "%s", result.detail);
    must(1, from(HAND_REPOINT, 0)); /* the source has it: it may be dropped */
    sql_await(1, "SELECT COUNT(*) FROM app.t", "1");
    cluster_end();
}
END_TEST

START_TEST(a_drain_starts_the_sql_thread_where_it_may)
{
    struct hand_task task = task_of(HAND_DRAIN);

    cluster_begin(2);
    cluster_wire();
    sql_await(1, "SELECT COUNT(*) FROM app.t", "0");
    sql(1, "STOP SLAVE SQL_THREAD");
    for (int i = 0; i < 5; i++) {
        sql(0, "INSERT INTO app.t (writer) VALUES (1)");
    }
    ck_assert_int_eq(gtid_parse(&task.position, sql(0, BINLOG), NULL), 0);
    must(1, task);
    ck_assert_str_eq(sql(1, "SELECT COUNT(*) FROM app.t"), "5");
    cluster_end();
}
END_TEST

START_TEST(a_position_out_of_reach_ends_at_the_deadline)
{
    struct hand_task task = task_of(HAND_DRAIN);
    struct hand_result result;

    cluster_begin(2);
    cluster_wire();
    ck_assert_int_eq(gtid_parse(&task.position, "0-1-1000000", NULL), 0);
    task.deadline_ms = 700;
    result = run(1, task);
    ck_assert_int_eq(result.outcome, ORDER_FAILED);
    ck_assert_uint_ge(result.ms, 600);
    ck_assert_uint_lt(result.ms, 2000);
    task.deadline_ms = TASK_MS;
    ck_assert_int_eq(gtid_parse(&task.position, "0-9-1", NULL), 0);
    result = run(1, task); /* as far as 0-1-1, with another history: MASTER_GTID_WAIT is content */
    ck_assert_int_eq(result.outcome, ORDER_FAILED);
    ck_assert_msg(strstr(result.detail, "another history") != NULL, "%s", result.detail);
    cluster_end();
}
END_TEST

START_TEST(a_source_that_hangs_holds_up_nothing)
{
    struct hand_result result;

    cluster_begin(3);
    cluster_wire();
    sql_await(1, "SELECT COUNT(*) FROM app.t", "0");
    sql_await(2, "SELECT COUNT(*) FROM app.t", "0");
    server_freeze(0);
    result = must(1, task_of(HAND_STOP_IO));
    ck_assert_uint_lt(result.ms, 1500);
    must(1, task_of(HAND_DRAIN));
    must(1, task_of(HAND_PROMOTE));
    result = must(2, from(HAND_REPOINT, 1));
    ck_assert_uint_lt(result.ms, 1500);
    sql(1, "INSERT INTO app.t (writer) VALUES (1)");
    cluster_end();
}
END_TEST

START_TEST(a_refused_position_is_told)
{
    struct hand_result result;

    cluster_begin(2);
    cluster_wire();
    sql_await(1, "SELECT COUNT(*) FROM app.t", "0");
    sql(1, "INSERT INTO app.t (writer) VALUES (9)"); /* root writes on the replica */
    result = run(1, from(HAND_REPOINT, 0));
    ck_assert_int_eq(result.outcome, ORDER_DONE); /* it follows already */
    sql(1, "STOP SLAVE");
    result = run(1, from(HAND_REPOINT, 0));
    ck_assert_int_eq(result.outcome, ORDER_FAILED);
    ck_assert_msg(strstr(result.detail, "1236") != NULL, "%s", result.detail);
    cluster_end();
}
END_TEST

START_TEST(a_source_out_of_reach_is_told)
{
    struct hand_task task;
    struct hand_result result;

    cluster_begin(1);
    task = task_of(HAND_REPOINT);
    task.deadline_ms = 1500;
    snprintf(task.source_address, sizeof task.source_address, "127.0.0.1:%u", free_port());
    result = run(0, task);
    ck_assert_int_eq(result.outcome, ORDER_FAILED);
    ck_assert_msg(strstr(result.detail, "2003") != NULL, "%s", result.detail);
    ck_assert_uint_lt(result.ms, 2500);
    strcpy(task.source_address, "db1:3306");
    result = run(0, task);
    ck_assert_msg(strstr(result.detail, "IP:PORT") != NULL, "%s", result.detail);
    cluster_end();
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("hand_replica");
    TCase *tests = tcase_create("hand");

    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, cluster_prepare, cluster_clean);
    tcase_add_test(tests, a_relay_log_is_not_purged);
    tcase_add_test(tests, a_drain_starts_the_sql_thread_where_it_may);
    tcase_add_test(tests, a_position_out_of_reach_ends_at_the_deadline);
    tcase_add_test(tests, a_source_that_hangs_holds_up_nothing);
    tcase_add_test(tests, a_refused_position_is_told);
    tcase_add_test(tests, a_source_out_of_reach_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}
