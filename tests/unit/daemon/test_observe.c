#include "tests/unit/main.h"

#include "daemon/io/observe.h"
#include "tests/unit/daemon/cluster_fixture.h"

struct look {
    struct observe observe;
    struct db db;
    struct observation seen;
    struct err why;
    bool connected;
    bool done;
    bool failed;
    bool closed;
};

static void on_seen(struct observe *observe, const struct err *why,
                    const struct observation *observation)
{
    struct look *look = observe->context;

    ck_assert(!look->done);
    ck_assert((why == NULL) != (observation == NULL));
    look->done = true;
    look->failed = why != NULL;
    if (why != NULL) {
        look->why = *why;
    } else {
        look->seen = *observation;
    }
}

static void on_connected(struct db *db, const struct err *why)
{
    struct look *look = container_of(db, struct look, db);

    ck_assert_msg(why == NULL, "%s", why == NULL ? "" : why->text);
    look->connected = true;
}

static void on_lost(struct db *db, const struct err *why)
{
    (void)db;
    (void)why;
}

static void on_closed(struct db *db)
{
    container_of(db, struct look, db)->closed = true;
}

static void look_open(struct look *look, int index, const char *user, const char *password)
{
    struct db_config config = {.socket = cluster[index].socket,
                               .user = user,
                               .password = password,
                               .connect_timeout_ms = 5000};
    struct err err;

    memset(look, 0, sizeof *look);
    observe_init(&look->observe);
    look->observe.context = look;
    ck_assert_int_eq(db_init(&look->db, &loop, NULL, &config, on_lost, &err), 0);
    uv_update_time(&loop);
    db_connect(&look->db, on_connected);
    run_until(&look->connected);
}

static void look_close(struct look *look)
{
    db_close(&look->db, on_closed);
    run_until(&look->closed);
}

static const struct observation *look_now(struct look *look)
{
    look->done = false;
    uv_update_time(&loop);
    ck_assert_int_eq(observe_run(&look->observe, &look->db, 5000, on_seen), 0);
    ck_assert_int_eq(observe_run(&look->observe, &look->db, 5000, on_seen), ERR_BUSY);
    ck_assert(!look->done);
    run_until(&look->done);
    ck_assert_msg(!look->failed, "%s", look->why.text);
    return &look->seen;
}

static void assert_text(const struct gtid_position *position, const char *wanted)
{
    char text[LIMIT_GTID_TEXT_SIZE];

    gtid_format(position, text, sizeof text);
    ck_assert_str_eq(text, wanted);
}

/* With the least privilege, SLAVE MONITOR. */
START_TEST(a_primary_and_its_replica)
{
    struct look look;
    const struct observation *seen;

    cluster_begin(2);
    cluster_wire();
    sql(0, "CREATE USER watch@localhost IDENTIFIED BY 'w'");
    sql(0, "GRANT SLAVE MONITOR ON *.* TO watch@localhost");
    sql(0, "SET STATEMENT gtid_domain_id=7 FOR INSERT INTO app.t (writer) VALUES (1)");
    look_open(&look, 0, "watch", "w");
    seen = look_now(&look);
    ck_assert(!seen->read_only && seen->semi_sync_master && !seen->semi_sync_slave);
    ck_assert_uint_eq(seen->semi_sync_clients, 1);
    ck_assert_uint_eq(seen->server_id, 1);
    ck_assert_uint_eq(seen->channel_count, 0);
    ck_assert_uint_lt(seen->uptime_s, 120);
    ck_assert(strstr(seen->version, "MariaDB") != NULL);
    assert_text(&seen->binlog, "0-1-3,7-1-1");
    assert_text(&seen->received, "");
    ck_assert_uint_eq(seen->history.count, 2);
    seen = look_now(&look); /* asked in another way, once it is known to be a primary */
    ck_assert(!seen->read_only && seen->semi_sync_master && look.observe.has_clients);
    ck_assert_uint_eq(seen->semi_sync_clients, 1);
    assert_text(&seen->binlog, "0-1-3,7-1-1");
    ck_assert_uint_eq(seen->history.count, 2);
    sql(0, "SET GLOBAL rpl_semi_sync_master_enabled=0");
    ck_assert(!look_now(&look)->semi_sync_master);
    ck_assert(!look_now(&look)->semi_sync_master && !look.observe.has_clients);
    sql(0, "SET GLOBAL rpl_semi_sync_master_enabled=1");
    seen = look_now(&look);
    ck_assert(seen->semi_sync_master && !look.observe.has_clients);
    look_close(&look);

    sql_await(1, "SELECT @@global.gtid_slave_pos", "0-1-3,7-1-1");
    look_open(&look, 1, "watch", "w");
    seen = look_now(&look);
    ck_assert(seen->read_only && !seen->semi_sync_master && seen->semi_sync_slave);
    ck_assert_uint_eq(seen->channel_count, 1);
    ck_assert_str_eq(seen->channels[0].name, "");
    ck_assert_str_eq(seen->channels[0].source, cluster[0].address);
    ck_assert_int_eq(seen->channels[0].io, OBSERVATION_THREAD_YES);
    ck_assert_int_eq(seen->channels[0].sql, OBSERVATION_THREAD_YES);
    ck_assert(seen->channels[0].using_gtid);
    assert_text(&seen->received, "0-1-3,7-1-1");
    assert_text(&seen->applied, "0-1-3,7-1-1");
    sql(1, "CHANGE MASTER 'other' TO MASTER_HOST='::1', MASTER_PORT=1, MASTER_USER='nobody'");
    seen = look_now(&look);
    ck_assert_uint_eq(seen->channel_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        if (strcmp(seen->channels[i].name, "other") == 0) {
            ck_assert_str_eq(seen->channels[i].source, "[::1]:1");
            ck_assert_int_eq(seen->channels[i].io, OBSERVATION_THREAD_NO);
        }
    }
    assert_text(&seen->received, "0-1-3,7-1-1");
    server_kill(0);
    sql_await(1, "SELECT COUNT(*) FROM app.t", "1");
    do {
        seen = look_now(&look);
    } while (seen->channels[0].io == OBSERVATION_THREAD_YES &&
             seen->channels[1].io == OBSERVATION_THREAD_YES);
    look_close(&look);
    cluster_end();
}
END_TEST

START_TEST(a_server_that_hangs_or_dies)
{
    struct look look;

    cluster_begin(1);
    look_open(&look, 0, "root", "");
    server_freeze(0);
    uv_update_time(&loop);
    ck_assert_int_eq(observe_run(&look.observe, &look.db, 200, on_seen), 0);
    run_until(&look.done);
    ck_assert(look.failed);
    ck_assert_int_eq(look.why.code, ERR_TIMEOUT);
    ck_assert_int_eq(observe_run(&look.observe, &look.db, 200, on_seen), ERR_CLOSED);
    look_close(&look);
    cluster_end();
}
END_TEST

START_TEST(a_privilege_that_lacks_is_told)
{
    struct look look;

    cluster_begin(1);
    look_open(&look, 0, "app", "x");
    uv_update_time(&loop);
    ck_assert_int_eq(observe_run(&look.observe, &look.db, 5000, on_seen), 0);
    run_until(&look.done);
    ck_assert(look.failed);
    ck_assert_int_eq(look.why.code, ERR_PERMISSION);
    look_close(&look);
    cluster_end();
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("observe");
    TCase *tests = tcase_create("observe");

    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, cluster_prepare, cluster_clean);
    tcase_add_test(tests, a_primary_and_its_replica);
    tcase_add_test(tests, a_server_that_hangs_or_dies);
    tcase_add_test(tests, a_privilege_that_lacks_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}
