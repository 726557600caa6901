/* The guard on a real server when one of them starts anew: the agent, or the server. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/guard_fixture.h"

START_TEST(the_floor_outlives_the_agent)
{
    begin_open();
    send_order(OPERATION_ACTION_REVOKE, EPOCH + 1);
    await(answered);
    ck_assert_int_eq(leader.result.proof, OPERATION_PROOF_FENCED);
    guard_end();
    memset(&leader.report, 0, sizeof leader.report);
    guard_begin();
    await(answering);
    ck_assert_uint_eq(leader.report.floor, EPOCH + 1);
    send_order(OPERATION_ACTION_PROMOTE, EPOCH);
    await(answered);
    ck_assert_int_eq(leader.result.outcome, ORDER_REFUSED);
    end();
}
END_TEST

START_TEST(an_agent_that_comes_back_fences_and_lifts)
{
    begin_open();
    guard_end();
    memset(&leader.report, 0, sizeof leader.report);
    leader.granting = false;
    guard_begin();
    tell_ledger(true);
    await(fenced);
    leader.granting = true;
    await(serving);
    ck_assert_str_eq(sql(0, "SELECT @@read_only"), "0");
    end();
}
END_TEST

static void pid_file_write(void)
{
    FILE *file = fopen(leader.pid_file, "w");

    ck_assert_ptr_nonnull(file);
    fprintf(file, "%d\n", (int)cluster[0].pid);
    fclose(file);
}

static bool told(void)
{
    return leader.reports > 0;
}

START_TEST(an_agent_that_starts_without_its_server_says_stopped)
{
    begin();
    guard_end();
    pid_file_write();
    server_kill(0);
    memset(&leader.report, 0, sizeof leader.report);
    guard_begin();
    await(stopped);
    end();
}
END_TEST

START_TEST(a_wrong_socket_proves_nothing_of_a_server_that_lives)
{
    begin();
    guard_end();
    if (_i == 0) {
        pid_file_write(); /* it names the living one; else it is as wrong as the socket */
    }
    if (_i == 2) {
        leader.datadir = cluster[0].data; /* whoever holds the lock there is it */
    }
    strcat(cluster[0].socket, "s");
    leader.reports = 0;
    guard_begin();
    tell_ledger(true);
    await(told);
    send_order(OPERATION_ACTION_REVOKE, EPOCH + 1);
    if (_i == 1) {
        await(answered);
        ck_assert_int_eq(leader.result.outcome, ORDER_FAILED);
        ck_assert_int_eq(leader.report.testimony, ORDER_UNKNOWN);
        ck_assert_int_eq(kill(cluster[0].pid, 0), 0);
    } else {
        await(stopped); /* after a SIGKILL to the right process */
        waitpid(cluster[0].pid, NULL, 0);
        cluster[0].pid = 0;
    }
    end();
}
END_TEST

static bool start_ran(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/started", cluster_dir);
    return access(path, F_OK) == 0;
}

START_TEST(a_dead_ex_primary_is_started_and_the_gate_told_its_role)
{
    struct ledger_cluster *entry;
    struct gtid_position base;

    begin_open();
    kill(cluster[0].pid, SIGKILL);
    await(stopped);
    waitpid(cluster[0].pid, NULL, 0);
    cluster[0].pid = 0;
    ck_assert_int_eq(guard_service_gate_word(leader.service, &base), GUARD_ROLE_WAIT);
    guard_service_leader(leader.service, true, 1);
    ck_assert_int_eq(guard_service_gate_word(leader.service, &base), GUARD_ROLE_MASTER);
    entry = &leader.ledger->clusters[0];
    entry->epoch = EPOCH + 1;
    strcpy(entry->primary, "db2");
    entry->servers[0].ex_primary = true;
    guard_service_ledger(leader.service, leader.ledger);
    ck_assert_int_eq(guard_service_gate_word(leader.service, &base), GUARD_ROLE_WAIT);
    ck_assert(!start_ran());
    entry->opened_epoch = EPOCH + 1;
    entry->base.count = 1;
    entry->base.gtids[0] = (struct gtid){0, 1, 7};
    guard_service_ledger(leader.service, leader.ledger);
    ck_assert_int_eq(guard_service_gate_word(leader.service, &base), GUARD_ROLE_SLAVE);
    ck_assert_uint_eq(base.gtids[0].sequence, 7);
    await(start_ran);
    end();
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("guard_restart");
    TCase *tests = tcase_create("guard");

    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, cluster_prepare, cluster_clean);
    tcase_add_test(tests, the_floor_outlives_the_agent);
    tcase_add_test(tests, an_agent_that_comes_back_fences_and_lifts);
    tcase_add_test(tests, an_agent_that_starts_without_its_server_says_stopped);
    tcase_add_loop_test(tests, a_wrong_socket_proves_nothing_of_a_server_that_lives, 0, 3);
    tcase_add_test(tests, a_dead_ex_primary_is_started_and_the_gate_told_its_role);
    suite_add_tcase(suite, tests);
    return suite;
}
