/* The guard on a real server; the test plays leader, ledger and network. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/cluster_fixture.h"

#include "base/buf.h"
#include "daemon/guard/guard_service.h"
#include "daemon/io/clock.h"

enum { START_ID = 5, TERM = 3, EPOCH = 1, LEASE_MS = 3000 };

struct leader {
    struct guard_service *service;
    struct disk *disk;
    struct log log;
    struct ledger *ledger;
    char directory[128];
    char start[1024];
    char pid_file[128];
    bool granting;
    uint32_t step;
    struct order_report report;
    uint32_t reports;
    struct order_result result;
    bool answered;
};

static struct leader leader;

/* ---- the leader -------------------------------------------------------------------- */

/* Answers inside `send`, as an agent that is leader itself may. */
static void grant(const struct order_lease_request *request)
{
    struct order_message message = {.kind = ORDER_KIND_LEASE_ANSWER};

    message.lease_answer = (struct order_lease_answer){.start_id = request->start_id,
                                                       .number = request->number,
                                                       .epoch = request->epoch,
                                                       .term = TERM,
                                                       .length_ms = LEASE_MS};
    guard_service_receive(leader.service, &message);
}

static void on_send(void *context, const struct order_message *message)
{
    (void)context;
    switch (message->kind) {
    case ORDER_KIND_REPORT:
        leader.report = message->report;
        leader.reports++;
        return;
    case ORDER_KIND_RESULT:
        leader.result = message->result;
        leader.answered = true;
        return;
    case ORDER_KIND_LEASE_REQUEST:
        if (leader.granting) {
            grant(&message->lease_request);
        }
        return;
    default:
        ck_abort_msg("a guard sends no such message");
    }
}

static void send_order(enum operation_action action, uint64_t epoch)
{
    struct order_message message = {.kind = ORDER_KIND_ORDER};

    message.order = (struct order){.start_id = START_ID,
                                   .term = TERM,
                                   .epoch = epoch,
                                   .operation = epoch,
                                   .step = leader.step++,
                                   .action = action,
                                   .deadline_ms = 4000,
                                   .lossless = false};
    strcpy(message.order.server, "db1");
    leader.answered = false;
    guard_service_receive(leader.service, &message);
}

static void tell_ledger(bool automation_on)
{
    struct ledger_cluster *cluster_entry = &leader.ledger->clusters[0];

    leader.ledger->cluster_count = 1;
    strcpy(cluster_entry->name, "shop");
    strcpy(cluster_entry->primary, "db1");
    cluster_entry->epoch = EPOCH;
    cluster_entry->settings.automation = automation_on;
    cluster_entry->settings.durability = LEDGER_DURABILITY_ASYNC;
    cluster_entry->settings.profile = 1;
    cluster_entry->server_count = 1;
    strcpy(cluster_entry->servers[0].name, "db1");
    guard_service_ledger(leader.service, leader.ledger);
}

/* ---- waiting -------------------------------------------------------------------------- */

static void await(bool (*holds)(void))
{
    uint64_t end_ms = clock_now_ms() + PATIENCE_MS;
    unsigned ticks_left = UINT32_MAX;
    uv_timer_t ticks = {.data = &ticks_left};

    uv_timer_init(&loop, &ticks);
    uv_timer_start(&ticks, on_tick, TICK_MS, TICK_MS);
    while (!holds()) {
        ck_assert_msg(clock_now_ms() < end_ms, "what the test waits for did not happen: %s",
                      leader.result.detail);
        uv_run(&loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&ticks, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}

static bool answered(void)
{
    return leader.answered;
}

static bool answering(void)
{
    return leader.report.testimony == ORDER_ANSWERING && leader.report.has_observation;
}

static bool stopped(void)
{
    return leader.report.testimony == ORDER_STOPPED;
}

static bool fenced(void)
{
    return leader.report.soft_fenced;
}

static bool serving(void)
{
    struct guard_service_status status;

    guard_service_status(leader.service, &status);
    return status.serves_writes;
}

/* ---- life ------------------------------------------------------------------------------- */

static void guard_begin(void)
{
    struct guard_service_config config = {
        .loop = &loop,
        .log = &leader.log,
        .disk = leader.disk,
        .server = "db1",
        .start_id = START_ID,
        .socket = cluster[0].socket,
        .user = "root",
        .password = "",
        .pid_file = leader.pid_file,
        .start = leader.start,
        .snippet = cluster[0].snippet,
        .restart = true,
        .watch_user = "watcher",
        .replication_user = "replication",
        .replication_password = "it's",
        .ca = "",
        .send = on_send,
    };
    struct err err;

    uv_update_time(&loop);
    ck_assert_msg(guard_service_open(&leader.service, &config, &err) == 0, "%s", err.text);
}

static void on_closed(void *context)
{
    *(bool *)context = true;
}

static void guard_end(void)
{
    bool closed = false;

    guard_service_close(leader.service, on_closed, &closed);
    run_until(&closed);
    leader.service = NULL;
}

static void begin(void)
{
    struct disk_config config = {.loop = &loop, .agent = "a1"};
    struct disk_recovered recovered;
    struct err err;

    cluster_begin(1);
    memset(&leader, 0, sizeof leader);
    leader.ledger = calloc(1, sizeof *leader.ledger);
    snprintf(leader.directory, sizeof leader.directory, "%s/agent", cluster_dir);
    snprintf(leader.start, sizeof leader.start, "touch %s/started", cluster_dir);
    snprintf(leader.pid_file, sizeof leader.pid_file, "%s/pid", cluster_dir);
    cluster_shell("rm -rf agent started pid");
    config.directory = leader.directory;
    ck_assert_msg(disk_open(&leader.disk, &config, &recovered, &err) == 0, "%s", err.text);
    disk_recovered_release(&recovered);
    log_open(&leader.log, getenv("GUARD_VERBOSE") != NULL ? NULL : "/dev/null", "a1",
             LOG_LEVEL_DEBUG, NULL);
    guard_begin();
}

static void end(void)
{
    bool closed = false;

    guard_end();
    disk_close(leader.disk, on_closed, &closed);
    run_until(&closed);
    log_close(&leader.log);
    free(leader.ledger);
    cluster_end();
}

static void begin_open(void)
{
    begin();
    leader.granting = true;
    tell_ledger(true);
    await(answering);
    send_order(OPERATION_ACTION_PROMOTE, EPOCH);
    await(answered);
    ck_assert_msg(leader.result.outcome == ORDER_DONE, "%s", leader.result.detail);
    ck_assert(serving());
}

/* ---- tests --------------------------------------------------------------------------------- */

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
    strcat(cluster[0].socket, "s");
    leader.reports = 0;
    guard_begin();
    await(told);
    send_order(OPERATION_ACTION_REVOKE, EPOCH + 1);
    if (_i == 1) {
        await(answered);
        ck_assert_int_eq(leader.result.outcome, ORDER_FAILED);
        ck_assert_int_eq(leader.report.testimony, ORDER_UNKNOWN);
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
    tcase_add_test(tests, the_floor_outlives_the_agent);
    tcase_add_test(tests, a_revoke_fences_and_tells_the_final_position);
    tcase_add_test(tests, renewals_that_stop_fence_root_out_and_contact_lets_it_in);
    tcase_add_test(tests, a_server_that_hangs_is_killed_before_its_lease_ends);
    tcase_add_test(tests, an_agent_that_comes_back_fences_and_lifts);
    tcase_add_test(tests, an_agent_that_starts_without_its_server_says_stopped);
    tcase_add_loop_test(tests, a_wrong_socket_proves_nothing_of_a_server_that_lives, 0, 2);
    tcase_add_test(tests, a_dead_ex_primary_is_started_and_the_gate_told_its_role);
    tcase_add_test(tests, in_observe_nothing_is_asked_or_fenced);
    tcase_add_test(tests, a_leader_that_is_new_hears_of_the_server_at_once);
    suite_add_tcase(suite, tests);
    return suite;
}
