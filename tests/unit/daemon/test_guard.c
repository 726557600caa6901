/* The guard on a real server: opened by order, fenced and killed in time, and told of. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/guard_fixture.h"

START_TEST(an_order_opens_the_server_under_a_lease)
{
    begin_open();
    ck_assert_str_eq(sql(0, "SELECT @@read_only"), "0");
    ck_assert_uint_eq(leader.report.pid, (uint32_t)cluster[0].pid);
    ck_assert_uint_eq(leader.report.floor, EPOCH);
    ck_assert_uint_gt(leader.report.lease_ms_left, 0);
    end();
}
END_TEST

START_TEST(without_a_lease_it_stays_read_only)
{
    begin();
    tell_ledger(true);
    await(answering);
    send_order(OPERATION_ACTION_PROMOTE, EPOCH);
    await(answered);
    ck_assert_int_eq(leader.result.outcome, ORDER_FAILED);
    ck_assert_str_eq(sql(0, "SELECT @@read_only"), "1");
    end();
}
END_TEST

START_TEST(a_death_is_told_at_once)
{
    uint64_t killed_ms;

    begin_open();
    killed_ms = clock_now_ms();
    kill(cluster[0].pid, SIGKILL);
    await(stopped);
    if (getenv("GUARD_VERBOSE") != NULL) {
        printf("STOPPED %d ms after SIGKILL\n", (int)(clock_now_ms() - killed_ms));
    }
    ck_assert_uint_lt(clock_now_ms() - killed_ms, 1000);
    send_order(OPERATION_ACTION_REVOKE, EPOCH + 1);
    await(answered);
    ck_assert_int_eq(leader.result.outcome, ORDER_DONE);
    ck_assert_int_eq(leader.result.proof, OPERATION_PROOF_STOPPED);
    waitpid(cluster[0].pid, NULL, 0);
    cluster[0].pid = 0;
    end();
}
END_TEST

START_TEST(a_revoke_fences_and_tells_the_final_position)
{
    char position[LIMIT_GTID_TEXT_SIZE];

    begin_open();
    sql(0, "CREATE TABLE app.t (id INT PRIMARY KEY)");
    sql(0, "INSERT INTO app.t VALUES (1)");
    send_order(OPERATION_ACTION_REVOKE, EPOCH + 1);
    await(answered);
    ck_assert_msg(leader.result.outcome == ORDER_DONE, "%s", leader.result.detail);
    ck_assert_int_eq(leader.result.proof, OPERATION_PROOF_FENCED);
    gtid_format(&leader.result.position, position, sizeof position);
    ck_assert_str_eq(position, sql(0, "SELECT @@gtid_binlog_pos"));
    ck_assert_str_eq(sql(0, "SELECT @@read_only"), "1");
    ck_assert(!serving());
    end();
}
END_TEST

START_TEST(renewals_that_stop_fence_root_out_and_contact_lets_it_in)
{
    MYSQL *root;

    begin_open();
    sql(0, "CREATE TABLE app.t (id INT PRIMARY KEY)");
    leader.granting = false;
    await(fenced);
    ck_assert_uint_gt(leader.report.lease_ms_left, 0); /* before the deadline */
    ck_assert_str_eq(sql(0, "SELECT @@read_only"), "1");
    root = sql_open(0, "root", NULL);
    ck_assert_int_ne(
        mysql_query(root, "SET STATEMENT max_statement_time=0.2 FOR INSERT INTO app.t VALUES (1)"),
        0);
    mysql_close(root);
    leader.granting = true;
    await(serving);
    sql(0, "INSERT INTO app.t VALUES (2)");
    ck_assert_str_eq(sql(0, "SELECT GROUP_CONCAT(id) FROM app.t"), "2");
    end();
}
END_TEST

START_TEST(a_server_that_hangs_is_killed_before_its_lease_ends)
{
    uint64_t frozen_ms;

    begin_open();
    frozen_ms = clock_now_ms();
    leader.granting = false;
    server_freeze(0);
    await(stopped);
    ck_assert_uint_lt(clock_now_ms() - frozen_ms, LEASE_MS);
    ck_assert_int_eq(waitpid(cluster[0].pid, NULL, 0), cluster[0].pid);
    cluster[0].pid = 0;
    end();
}
END_TEST

/* Two a second at least: in that time a guard would have fenced. */
static bool enough_reports(void)
{
    return leader.reports > 2 * LEASE_MS / GUARD_REPORT_MS;
}

START_TEST(in_observe_nothing_is_asked_or_fenced)
{
    begin();
    tell_ledger(false);
    await(answering);
    sql(0, "SET GLOBAL read_only=0");
    await(serving);
    leader.reports = 0;
    await(enough_reports);
    ck_assert(serving());
    ck_assert_uint_eq(leader.report.lease_epoch, 0);
    ck_assert_str_eq(sql(0, "SELECT @@read_only"), "0");
    end();
}
END_TEST

START_TEST(a_leader_that_is_new_hears_of_the_server_at_once)
{
    uint32_t reports;

    begin();
    await(answering);
    reports = leader.reports;
    guard_service_leader(leader.service, false, 2);
    ck_assert_uint_eq(leader.reports, reports + 1);
    guard_service_leader(leader.service, true, 2); /* an entry was applied: it is ready now */
    ck_assert_uint_eq(leader.reports, reports + 2);
    reports = leader.reports;
    guard_service_leader(leader.service, true, 3);
    ck_assert_uint_eq(leader.reports, reports + 1);
    guard_service_leader(leader.service, false, 0);
    ck_assert_uint_eq(leader.reports, reports + 1);
    end();
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("guard");
    TCase *tests = tcase_create("guard");

    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, cluster_prepare, cluster_clean);
    tcase_add_test(tests, an_order_opens_the_server_under_a_lease);
    tcase_add_test(tests, without_a_lease_it_stays_read_only);
    tcase_add_test(tests, a_death_is_told_at_once);
    tcase_add_test(tests, a_revoke_fences_and_tells_the_final_position);
    tcase_add_test(tests, renewals_that_stop_fence_root_out_and_contact_lets_it_in);
    tcase_add_test(tests, a_server_that_hangs_is_killed_before_its_lease_ends);
    tcase_add_test(tests, in_observe_nothing_is_asked_or_fenced);
    tcase_add_test(tests, a_leader_that_is_new_hears_of_the_server_at_once);
    suite_add_tcase(suite, tests);
    return suite;
}
