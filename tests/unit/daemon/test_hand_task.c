/* Tasks of the hand: what an order becomes, and what ends a task before it is done. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/cluster_fixture.h"

START_TEST(an_order_becomes_a_task)
{
    struct order order = {
        .action = OPERATION_ACTION_DEMOTE, .deadline_ms = 5000, .write_gap_ms = 900};
    struct hand_task task = hand_task_of(&order);

    ck_assert_int_eq(task.kind, HAND_DEMOTE);
    ck_assert_uint_eq(task.bound_ms, 300);
    ck_assert_uint_eq(task.deadline_ms, 5000);
    order.action = OPERATION_ACTION_REVOKE;
    ck_assert_int_eq(hand_task_of(&order).kind, HAND_NONE);
    order.action = OPERATION_ACTION_NONE;
    ck_assert_int_eq(hand_task_of(&order).kind, HAND_NONE);
    order.action = OPERATION_ACTION_ATTACH;
    ck_assert_int_eq(hand_task_of(&order).kind, HAND_ATTACH);
}
END_TEST

/* It waits for a source that nobody is; a connection that comes back has to wait no more. */
START_TEST(a_task_does_not_go_on_over_another_connection)
{
    struct outcome repoint = {.done = false};
    struct hand_task task = task_of(HAND_REPOINT);

    cluster_begin(1);
    snprintf(task.source_address, sizeof task.source_address, "127.0.0.1:%u", free_port());
    uv_update_time(&loop);
    ck_assert_int_eq(hand_run(cluster[0].hand, &task, on_outcome, &repoint), 0);
    while (strcmp(sql(0, "SELECT COUNT(*) FROM information_schema.processlist"
                         " WHERE user = 'system user' AND command LIKE 'Slave%'"),
                  "0") == 0) {
        ck_assert_msg(!repoint.done, "%s", repoint.result.detail);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    do { /* between two of its looks, at best */
        sql(0, "BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1094 BEGIN END;"
               " FOR c IN (SELECT id FROM information_schema.processlist WHERE user = 'root'"
               " AND id <> CONNECTION_ID()) DO KILL CONNECTION c.id; END FOR; END");
        uv_run(&loop, UV_RUN_ONCE);
    } while (!repoint.done);
    ck_assert_int_eq(repoint.result.outcome, ORDER_FAILED);
    ck_assert_msg(strcasestr(repoint.result.detail, "lost") != NULL ||
                      strstr(repoint.result.detail, "gone away") != NULL,
                  "%s", repoint.result.detail);
    ck_assert_uint_lt(repoint.result.ms, task.deadline_ms / 2);
    must(0, task_of(HAND_STOP_IO)); /* the next task connects anew */
    cluster_end();
}
END_TEST

START_TEST(a_server_that_is_gone_fails_the_task)
{
    struct hand_result result;

    cluster_begin(1);
    server_kill(0);
    result = run(0, task_of(HAND_SOFT_FENCE));
    ck_assert_int_eq(result.outcome, ORDER_FAILED);
    ck_assert(result.unattempted && !result.fenced);
    cluster_end();
}
END_TEST

START_TEST(closing_fails_the_task)
{
    struct outcome outcome = {.done = false};
    struct hand_task task = task_of(HAND_PROMOTE);
    bool closed = false;

    cluster_begin(1);
    ck_assert_int_eq(hand_run(cluster[0].hand, &task, on_outcome, &outcome), 0);
    uv_run(&loop, UV_RUN_NOWAIT);
    hand_close(cluster[0].hand, on_hand_closed, &closed);
    run_until(&closed);
    ck_assert(outcome.done);
    ck_assert_int_eq(outcome.result.outcome, ORDER_FAILED);
    cluster[0].hand = NULL;
    cluster_end();
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("hand_task");
    TCase *tests = tcase_create("hand");

    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, cluster_prepare, cluster_clean);
    tcase_add_test(tests, an_order_becomes_a_task);
    tcase_add_test(tests, a_task_does_not_go_on_over_another_connection);
    tcase_add_test(tests, a_server_that_is_gone_fails_the_task);
    tcase_add_test(tests, closing_fails_the_task);
    suite_add_tcase(suite, tests);
    return suite;
}
