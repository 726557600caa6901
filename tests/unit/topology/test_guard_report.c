/* What a guard reports, and when. */
#include "tests/unit/topology/guard_world.h"

START_TEST(reports_come_with_every_change_and_twice_a_second)
{
    struct bench bench;
    struct order_report report;

    begin_primary(&bench);
    observe(&bench, false);
    ck_assert(bench.update.report);
    tick_at(&bench, bench.now_ms + 10);
    ck_assert(!bench.update.report);
    tick_at(&bench, bench.now_ms + GUARD_REPORT_MS);
    ck_assert(bench.update.report);
    guard_report(&bench.guard, bench.now_ms, &report);
    ck_assert_str_eq(report.server, "db1");
    ck_assert_uint_eq(report.start_id, START_ID);
    ck_assert_int_eq(report.testimony, ORDER_ANSWERING);
    ck_assert_uint_eq(report.pid, PID);
    ck_assert(report.writable);
    ck_assert_uint_eq(report.floor, EPOCH);
    ck_assert_uint_eq(report.lease_epoch, EPOCH);
    ck_assert_uint_gt(report.lease_ms_left, 0);
    ck_assert(report.has_observation);
    ck_assert_uint_eq(report.observed_ms_ago, 10 + GUARD_REPORT_MS);
    step(&bench, (struct guard_event){.kind = GUARD_SILENT});
    ck_assert(bench.update.report);
    ck_assert_int_eq(guard_testimony(&bench.guard), ORDER_SILENT);
    ck_assert(!guard_serves_writes(&bench.guard, bench.now_ms));
}
END_TEST

START_TEST(an_attachment_tells_what_the_primary_lacks)
{
    struct bench bench;
    struct order attach;
    struct order_report report;

    begin_read_only(&bench, a_view(false));
    bench.observation.history.count = 1;
    bench.observation.history.gtids[0] = (struct gtid){0, 1, 9};
    observe(&bench, true);
    attach = an_order(&bench, OPERATION_ACTION_ATTACH, EPOCH);
    attach.has_history = true;
    attach.history.count = 1;
    attach.history.gtids[0] = (struct gtid){0, 1, 7};
    order(&bench, &attach);
    guard_report(&bench.guard, bench.now_ms, &report);
    ck_assert_str_eq(report.extra, "0-1-9");
    task_done(&bench, false, false);
    attach.operation++;
    attach.source_id = 1; /* it wrote them itself, after it was looked at */
    order(&bench, &attach);
    guard_report(&bench.guard, bench.now_ms, &report);
    ck_assert_str_eq(report.extra, "");
}
END_TEST

START_TEST(a_server_that_follows_has_nothing_that_its_source_lacks)
{
    struct bench bench;
    struct order attach;

    begin_read_only(&bench, a_view(false));
    bench.observation.history.count = 1;
    bench.observation.history.gtids[0] = (struct gtid){0, 9, 9};
    observe(&bench, true);
    attach = an_order(&bench, OPERATION_ACTION_ATTACH, EPOCH);
    attach.has_history = true;
    order(&bench, &attach);
    durable(&bench);
    task_done(&bench, false, false);
    observe(&bench, true);
    ck_assert_str_eq(bench.guard.extra, "0-9-9");
    bench.observation.channel_count = 1;
    bench.observation.channels[0].io = OBSERVATION_THREAD_YES;
    observe(&bench, true);
    ck_assert_str_eq(bench.guard.extra, "0-9-9");
    bench.observation.channels[0].sql = OBSERVATION_THREAD_YES;
    observe(&bench, true);
    ck_assert_str_eq(bench.guard.extra, "");
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("guard_report");
    TCase *tcase = tcase_create("guard_report");

    tcase_add_test(tcase, reports_come_with_every_change_and_twice_a_second);
    tcase_add_test(tcase, an_attachment_tells_what_the_primary_lacks);
    tcase_add_test(tcase, a_server_that_follows_has_nothing_that_its_source_lacks);
    suite_add_tcase(suite, tcase);
    return suite;
}
