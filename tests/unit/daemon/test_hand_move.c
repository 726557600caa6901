/* Moving the primary: to whom, with what, and who follows. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/cluster_fixture.h"

#define ROWS "SELECT COUNT(*) FROM app.t"

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

Suite *suite_make(void)
{
    Suite *suite = suite_create("hand_move");
    TCase *tests = tcase_create("hand");

    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, cluster_prepare, cluster_clean);
    tcase_add_test(tests, a_switchover_under_load);
    tcase_add_test(tests, a_failover_keeps_what_was_acknowledged);
    tcase_add_test(tests, extra_transactions_are_not_attached);
    tcase_add_test(tests, what_the_primary_wrote_itself_is_never_extra);
    tcase_add_test(tests, an_attach_without_history_is_refused);
    tcase_add_test(tests, finish_spares_a_replica);
    tcase_add_test(tests, without_semi_sync);
    suite_add_tcase(suite, tests);
    return suite;
}
