/* Fences: who is shut out, what holds them up, and how they are lost. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/cluster_fixture.h"

START_TEST(a_soft_fence_stops_root_too)
{
    struct writer app;
    struct writer root;
    struct hand_result result;
    unsigned before;

    cluster_begin(2);
    cluster_wire();
    writer_start(&app, 0, "app", "x");
    writer_start(&root, 0, "root", NULL);
    writer_await(&app, 50);
    writer_await(&root, 50);
    result = must(0, task_of(HAND_SOFT_FENCE));
    ck_assert(result.fenced);
    ck_assert(hand_fenced(cluster[0].hand));
    before = app.acknowledged + root.acknowledged;
    assert_position(0, &result.position);
    writer_end(&app);
    writer_end(&root);
    ck_assert(app.lost && root.lost);
    ck_assert_uint_le(app.acknowledged + root.acknowledged, before + 2);

    writer_start(&root, 0, "root", NULL); /* a new connection of root gets nothing done either */
    ck_assert(must(0, task_of(HAND_SOFT_FENCE)).fenced);
    ck_assert_uint_eq(root.acknowledged, 0);
    assert_position(0, &result.position);

    result = must(0, task_of(HAND_LIFT_FENCE));
    ck_assert(!hand_fenced(cluster[0].hand) && !result.fenced);
    writer_start(&app, 0, "app", "x");
    writer_await(&app, 10);
    writer_end(&app);
    writer_end(&root);
    ck_assert_uint_eq(cluster[0].locks_lost, 0);
    cluster_end();
}
END_TEST

START_TEST(a_fence_kills_what_holds_it_up)
{
    struct hand_result result;
    MYSQL *holder;

    cluster_begin(1);
    must(0, task_of(HAND_PROMOTE));
    sql(0, "SET GLOBAL rpl_semi_sync_master_enabled=0");
    sql(0, "CREATE TABLE app.t (id BIGINT PRIMARY KEY AUTO_INCREMENT, writer INT)");
    holder = sql_open(0, "root", NULL);
    ck_assert_int_eq(mysql_query(holder, "LOCK TABLES app.t WRITE"), 0);
    result = must(0, task_of(HAND_DEMOTE));
    ck_assert(result.fenced);
    ck_assert_uint_ge(result.ms, 90); /* it was given its bound */
    ck_assert_uint_lt(result.ms, 2000);
    ck_assert_int_ne(mysql_query(holder, "SELECT 1"), 0);
    mysql_close(holder);
    cluster_end();
}
END_TEST

enum { GROUP = 10 };

/* No replica acknowledges, and a group of commits waits: where one of them were killed, others
 * would be told OK. So the fence isn't had, and nobody is told anything. (The guard kills the
 * server then.) */
START_TEST(a_fence_leaves_commits_to_their_acknowledgement)
{
    struct writer waiters[GROUP];
    struct hand_task fences[] = {task_of(HAND_SOFT_FENCE), task_of(HAND_DEMOTE)};

    cluster_begin(1);
    must(0, task_of(HAND_PROMOTE));
    sql(0, "SET GLOBAL rpl_semi_sync_master_wait_no_slave=0");
    sql(0, "CREATE TABLE app.t (id BIGINT PRIMARY KEY AUTO_INCREMENT, writer INT)");
    sql(0, "SET GLOBAL rpl_semi_sync_master_enabled=0");
    must(0, task_of(HAND_PROMOTE));
    for (int i = 0; i < GROUP; i++) {
        writer_start(&waiters[i], 0, "app", "x");
    }
    sql_await(0,
              "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app' AND (state "
              "LIKE 'Waiting for semi-sync ACK%' OR state = 'Commit')",
              "10");
    for (int i = 0; i < 2; i++) {
        struct hand_result result;

        fences[i].deadline_ms = 1000;
        result = run(0, fences[i]);
        ck_assert_int_ne(result.outcome, ORDER_DONE);
        ck_assert(!result.fenced);
    }
    for (int i = 0; i < GROUP; i++) {
        ck_assert_uint_eq(waiters[i].acknowledged, 0);
        ck_assert(!waiters[i].lost);
        waiters[i].stop = true;
    }
    sql(0, "SET GLOBAL rpl_semi_sync_master_enabled=0");
    for (int i = 0; i < GROUP; i++) {
        writer_end(&waiters[i]);
    }
    cluster_end();
}
END_TEST

static void kill_all_connections(void)
{
    char text[64];

    for (unsigned id = 1; id < 40; id++) {
        MYSQL *mysql = sql_open(0, "root", NULL);

        snprintf(text, sizeof text, "KILL %u", id);
        mysql_query(mysql, text);
        mysql_close(mysql);
    }
}

START_TEST(losing_the_lock_is_told)
{
    cluster_begin(1);
    must(0, task_of(HAND_PROMOTE));
    must(0, task_of(HAND_SOFT_FENCE));
    kill_all_connections();
    while (cluster[0].locks_lost == 0) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    ck_assert(!hand_fenced(cluster[0].hand));
    ck_assert(must(0, task_of(HAND_SOFT_FENCE)).fenced);
    ck_assert_uint_eq(cluster[0].locks_lost, 1);
    cluster_end();
}
END_TEST

START_TEST(a_fence_goes_in_between)
{
    struct outcome drain = {.done = false};
    struct outcome fence = {.done = false};
    struct hand_task task = task_of(HAND_DRAIN);

    cluster_begin(2);
    cluster_wire();
    ck_assert_int_eq(gtid_parse(&task.position, "0-1-1000000", NULL), 0);
    ck_assert_int_eq(hand_run(cluster[1].hand, &task, on_outcome, &drain), 0);
    for (int i = 0; i < 50; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
    ck_assert(hand_busy(cluster[1].hand));
    task = task_of(HAND_STOP_IO);
    ck_assert_int_eq(hand_run(cluster[1].hand, &task, on_outcome, &fence), ERR_BUSY);
    task = task_of(HAND_SOFT_FENCE);
    ck_assert_int_eq(hand_run(cluster[1].hand, &task, on_outcome, &fence), 0);
    ck_assert_int_eq(hand_run(cluster[1].hand, &task, on_outcome, &fence), ERR_BUSY);
    run_until(&fence.done);
    ck_assert(drain.done);
    ck_assert_int_eq(drain.result.outcome, ORDER_FAILED);
    ck_assert_int_eq(drain.task.kind, HAND_DRAIN);
    ck_assert_msg(strstr(drain.result.detail, "fenced") != NULL, "%s", drain.result.detail);
    ck_assert_msg(fence.result.fenced, "%s", fence.result.detail);
    cluster_end();
}
END_TEST

START_TEST(make_read_only_leaves_readers_alone)
{
    MYSQL *reader;

    cluster_begin(1);
    must(0, task_of(HAND_PROMOTE));
    reader = sql_open(0, "app", "x");
    must(0, task_of(HAND_MAKE_READ_ONLY));
    ck_assert_str_eq(sql(0, "SELECT @@global.read_only"), "1");
    ck_assert_int_eq(mysql_query(reader, "DO 1"), 0);
    mysql_close(reader);
    cluster_end();
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("hand_fence");
    TCase *tests = tcase_create("hand");

    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, cluster_prepare, cluster_clean);
    tcase_add_test(tests, a_soft_fence_stops_root_too);
    tcase_add_test(tests, a_fence_kills_what_holds_it_up);
    tcase_add_test(tests, a_fence_leaves_commits_to_their_acknowledgement);
    tcase_add_test(tests, losing_the_lock_is_told);
    tcase_add_test(tests, a_fence_goes_in_between);
    tcase_add_test(tests, make_read_only_leaves_readers_alone);
    suite_add_tcase(suite, tests);
    return suite;
}
