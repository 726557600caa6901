/* guard_fixture: the guard on a real server; the test plays leader, ledger and network.
 * Include once. */
#ifndef TESTS_UNIT_DAEMON_GUARD_FIXTURE_H
#define TESTS_UNIT_DAEMON_GUARD_FIXTURE_H

#include "base/buf.h"
#include "daemon/guard/guard_service.h"
#include "daemon/io/clock.h"
#include "tests/unit/daemon/cluster_fixture.h"

enum { START_ID = 5, TERM = 3, EPOCH = 1, LEASE_MS = 3000 };

struct leader {
    struct guard_service *service;
    struct disk *disk;
    struct log log;
    struct ledger *ledger;
    char directory[128];
    char start[1024];
    char pid_file[128];
    const char *datadir; /* NULL is "" */
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
static inline void grant(const struct order_lease_request *request)
{
    struct order_message message = {.kind = ORDER_KIND_LEASE_ANSWER};

    message.lease_answer = (struct order_lease_answer){.start_id = request->start_id,
                                                       .number = request->number,
                                                       .epoch = request->epoch,
                                                       .term = TERM,
                                                       .length_ms = LEASE_MS};
    guard_service_receive(leader.service, &message);
}

static inline void on_send(void *context, const struct order_message *message)
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

static inline void send_order(enum operation_action action, uint64_t epoch)
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

static inline void tell_ledger(bool automation_on)
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

static inline void await(bool (*holds)(void))
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

static inline bool answered(void)
{
    return leader.answered;
}

static inline bool answering(void)
{
    return leader.report.testimony == ORDER_ANSWERING && leader.report.has_observation;
}

static inline bool stopped(void)
{
    return leader.report.testimony == ORDER_STOPPED;
}

static inline bool fenced(void)
{
    return leader.report.soft_fenced;
}

static inline bool serving(void)
{
    struct guard_service_status status;

    guard_service_status(leader.service, &status);
    return status.serves_writes;
}

/* ---- life ------------------------------------------------------------------------------- */

static inline void guard_begin(void)
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
        .datadir = leader.datadir != NULL ? leader.datadir : "",
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

static inline void on_closed(void *context)
{
    *(bool *)context = true;
}

static inline void guard_end(void)
{
    bool closed = false;

    guard_service_close(leader.service, on_closed, &closed);
    run_until(&closed);
    leader.service = NULL;
}

static inline void begin(void)
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

static inline void end(void)
{
    bool closed = false;

    guard_end();
    disk_close(leader.disk, on_closed, &closed);
    run_until(&closed);
    log_close(&leader.log);
    free(leader.ledger);
    cluster_end();
}

static inline void begin_open(void)
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

#endif
