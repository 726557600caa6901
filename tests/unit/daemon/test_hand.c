#include "tests/unit/main.h"

#include "tests/unit/daemon/cluster_fixture.h"

#define ROWS "SELECT COUNT(*) FROM app.t"
#define BINLOG "SELECT @@global.gtid_binlog_pos"

static void assert_position(int index, const struct gtid_position *position)
{
    char text[LIMIT_GTID_TEXT_SIZE];

    gtid_format(position, text, sizeof text);
    ck_assert_str_eq(text, sql(index, BINLOG));
}

/* ---- fences ------------------------------------------------------------------------- */

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

/* No replica acknowledges: the client may not be told OK. */
START_TEST(a_fence_ends_a_commit_that_waits_with_the_truth)
{
    struct writer waiter;
    struct hand_result result;

    cluster_begin(1);
    must(0, task_of(HAND_PROMOTE));
    sql(0, "SET GLOBAL rpl_semi_sync_master_wait_no_slave=0");
    sql(0, "CREATE TABLE app.t (id BIGINT PRIMARY KEY AUTO_INCREMENT, writer INT)");
    sql(0, "SET GLOBAL rpl_semi_sync_master_enabled=0");
    must(0, task_of(HAND_PROMOTE));
    writer_start(&waiter, 0, "app", "x");
    sql_await(0,
              "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE "
              "'Waiting for semi-sync ACK%'",
              "1");
    result = must(0, task_of(HAND_DEMOTE));
    ck_assert(result.fenced);
    writer_end(&waiter);
    ck_assert(waiter.lost);
    ck_assert_uint_eq(waiter.acknowledged, 0);
    assert_position(0, &result.position);
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

/* ---- moving the primary ------------------------------------------------------------------ */

START_TEST(a_switchover_under_load)
{
    struct writer writers[3];
    struct hand_result fenced;
    struct hand_result promoted;
    struct hand_task task;
    unsigned acknowledged = 0;

    cluster_begin(3);
    cluster_wire();
    for (int i = 0; i < 3; i++) {
        writer_start(&writers[i], 0, "app", "x");
    }
    writer_await(&writers[2], 100);
    fenced = must(0, task_of(HAND_DEMOTE));
    task = task_of(HAND_DRAIN);
    task.position = fenced.position;
    must(1, task);
    must(1, task); /* once more */
    promoted = must(1, task_of(HAND_PROMOTE));
    ck_assert(gtid_equal(&promoted.position, &fenced.position));
    promoted = must(1, task_of(HAND_PROMOTE)); /* once more */
    ck_assert(gtid_equal(&promoted.position, &fenced.position));
    must(2, from(HAND_REPOINT, 1));
    must(2, from(HAND_REPOINT, 1));
    must(1, task_of(HAND_FINISH));
    must(1, task_of(HAND_FINISH));
    must(0, from(HAND_ATTACH, 1));
    must(0, from(HAND_ATTACH, 1));
    ck_assert(!hand_fenced(cluster[0].hand));
    ck_assert_uint_eq(cluster[0].locks_lost, 0);
    for (int i = 0; i < 3; i++) {
        writer_end(&writers[i]);
        acknowledged += writers[i].acknowledged;
    }
    ck_assert_uint_ge((unsigned)atoi(sql(1, ROWS)), acknowledged);
    ck_assert_str_eq(sql(1, "SELECT @@global.read_only"), "0");
    ck_assert_str_eq(sql(1, "SELECT @@global.rpl_semi_sync_master_enabled"), "1");
    ck_assert_str_eq(sql(1, "SELECT @@global.rpl_semi_sync_master_wait_point"), "AFTER_SYNC");
    for (int i = 0; i < 3; i += 2) {
        ck_assert_str_eq(sql(i, "SELECT @@global.read_only"), "1");
        ck_assert_str_eq(sql(i, "SELECT @@global.rpl_semi_sync_master_enabled"), "0");
        ck_assert_str_eq(sql(i, "SELECT @@global.rpl_semi_sync_slave_enabled"), "1");
        ck_assert_str_eq(sql(i, "SELECT @@global.sync_binlog"), "1");
        ck_assert_str_eq(sql(i, "SELECT @@global.slave_net_timeout"), "2");
    }
    sql(1, "INSERT INTO app.t (writer) VALUES (2)"); /* both acknowledge and follow */
    sql_await(0, "SELECT COUNT(*) FROM app.t WHERE writer = 2", "1");
    sql_await(2, "SELECT COUNT(*) FROM app.t WHERE writer = 2", "1");
    cluster_end();
}
END_TEST

START_TEST(a_failover_keeps_what_was_acknowledged)
{
    struct writer writer;
    struct hand_result received[3];
    int candidate;
    int other;

    cluster_begin(3);
    cluster_wire();
    writer_start(&writer, 0, "app", "x");
    writer_await(&writer, 200);
    server_kill(0);
    writer_end(&writer);
    received[1] = must(1, task_of(HAND_STOP_IO));
    received[2] = must(2, task_of(HAND_STOP_IO));
    candidate = gtid_contains(&received[1].position, &received[2].position) ? 1 : 2;
    other = 3 - candidate;
    must(candidate, task_of(HAND_DRAIN));
    must(candidate, task_of(HAND_PROMOTE));
    must(other, from(HAND_REPOINT, candidate));
    must(candidate, task_of(HAND_FINISH));
    ck_assert_uint_ge((unsigned)atoi(sql(candidate, ROWS)), writer.acknowledged);
    sql(candidate, "INSERT INTO app.t (writer) VALUES (2)");

    ck_assert_int_eq(snippet_write(cluster[0].snippet, SNIPPET_SLAVE, false, NULL), 0);
    server_start(0);
    ck_assert_str_eq(sql(0, "SELECT @@global.read_only"), "1");
    must(0, from(HAND_ATTACH, candidate));
    sql_await(0, "SELECT COUNT(*) FROM app.t WHERE writer = 2", "1");
    ck_assert_str_eq(sql(0, ROWS), sql(candidate, ROWS));
    cluster_end();
}
END_TEST

START_TEST(extra_transactions_are_not_attached)
{
    struct hand_result result;
    char rows[64];

    cluster_begin(2);
    cluster_wire();
    sql_await(1, "SELECT COUNT(*) FROM app.t", "0");
    must(1, task_of(HAND_STOP_IO));
    must(1, task_of(HAND_DRAIN));
    sql(0, "SET GLOBAL rpl_semi_sync_master_enabled=0"); /* nobody is there to acknowledge */
    sql(0, "INSERT INTO app.t (writer) VALUES (7)");
    snprintf(rows, sizeof rows, "%s", sql(0, BINLOG));
    must(1, task_of(HAND_PROMOTE));
    must(1, task_of(HAND_FINISH));
    result = run(0, from(HAND_ATTACH, 1));
    ck_assert_int_eq(result.outcome, ORDER_FAILED);
    ck_assert_msg(strstr(result.detail, rows) != NULL, "%s: %s", rows, result.detail);
    ck_assert_str_eq(sql(0, "SELECT @@global.read_only"), "1");
    ck_assert_str_eq(sql(0, "SHOW ALL SLAVES STATUS"), "");
    ck_assert_str_eq(sql(0, "SELECT COUNT(*) FROM app.t WHERE writer = 7"), "1");
    cluster_end();
}
END_TEST

/* The replica has what the primary wrote since it was looked at. */
START_TEST(what_the_primary_wrote_itself_is_never_extra)
{
    struct hand_task attach;

    cluster_begin(2);
    cluster_wire();
    attach = from(HAND_ATTACH, 0);
    attach.lossless = false; /* so that there is something to do */
    sql(0, "INSERT INTO app.t (writer) VALUES (1)");
    sql_await(1, "SELECT COUNT(*) FROM app.t", "1");
    ck_assert_int_eq(run(1, attach).outcome, ORDER_FAILED);
    attach.source_id = (uint32_t)atoi(sql(0, "SELECT @@global.server_id"));
    must(1, attach);
    cluster_end();
}
END_TEST

START_TEST(an_attach_without_history_is_refused)
{
    struct hand_task task;

    cluster_begin(2);
    task = from(HAND_ATTACH, 0);
    task.has_history = false;
    ck_assert_int_eq(run(1, task).outcome, ORDER_FAILED);
    cluster_end();
}
END_TEST

/* ---- relay logs --------------------------------------------------------------------------- */

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

START_TEST(finish_spares_a_replica)
{
    cluster_begin(2);
    cluster_wire();
    ck_assert_int_eq(run(1, task_of(HAND_FINISH)).outcome, ORDER_FAILED);
    cluster_end();
}
END_TEST

START_TEST(without_semi_sync)
{
    struct hand_task task;

    cluster_begin(2);
    task = task_of(HAND_PROMOTE);
    task.lossless = false;
    must(0, task);
    task = from(HAND_REPOINT, 0);
    task.lossless = false;
    must(1, task);
    ck_assert_str_eq(sql(0, "SELECT @@global.rpl_semi_sync_master_enabled"), "0");
    ck_assert_str_eq(sql(1, "SELECT @@global.rpl_semi_sync_slave_enabled"), "0");
    sql(0, "CREATE TABLE app.t (id INT)");
    sql_await(1, "SELECT COUNT(*) FROM app.t", "0");
    must(1, from(HAND_REPOINT, 0)); /* the switch to lossless */
    ck_assert_str_eq(sql(1, "SELECT @@global.rpl_semi_sync_slave_enabled"), "1");
    cluster_end();
}
END_TEST

/* ---- orders --------------------------------------------------------------------------------- */

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

Suite *suite_make(void)
{
    Suite *suite = suite_create("hand");
    TCase *tests = tcase_create("hand");

    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, cluster_prepare, cluster_clean);
    tcase_add_test(tests, an_order_becomes_a_task);
    tcase_add_test(tests, a_soft_fence_stops_root_too);
    tcase_add_test(tests, a_fence_kills_what_holds_it_up);
    tcase_add_test(tests, a_fence_ends_a_commit_that_waits_with_the_truth);
    tcase_add_test(tests, a_task_does_not_go_on_over_another_connection);
    tcase_add_test(tests, losing_the_lock_is_told);
    tcase_add_test(tests, a_fence_goes_in_between);
    tcase_add_test(tests, a_server_that_is_gone_fails_the_task);
    tcase_add_test(tests, closing_fails_the_task);
    tcase_add_test(tests, make_read_only_leaves_readers_alone);
    tcase_add_test(tests, a_switchover_under_load);
    tcase_add_test(tests, a_failover_keeps_what_was_acknowledged);
    tcase_add_test(tests, extra_transactions_are_not_attached);
    tcase_add_test(tests, what_the_primary_wrote_itself_is_never_extra);
    tcase_add_test(tests, an_attach_without_history_is_refused);
    tcase_add_test(tests, a_relay_log_is_not_purged);
    tcase_add_test(tests, a_drain_starts_the_sql_thread_where_it_may);
    tcase_add_test(tests, a_position_out_of_reach_ends_at_the_deadline);
    tcase_add_test(tests, a_source_that_hangs_holds_up_nothing);
    tcase_add_test(tests, a_refused_position_is_told);
    tcase_add_test(tests, a_source_out_of_reach_is_told);
    tcase_add_test(tests, finish_spares_a_replica);
    tcase_add_test(tests, without_semi_sync);
    suite_add_tcase(suite, tests);
    return suite;
}
