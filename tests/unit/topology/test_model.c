#include "tests/unit/main.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "topology/model.h"

static struct model *model;
static struct ledger *ledger;

static void add_cluster(const char *name, const char *const *servers)
{
    struct ledger_cluster *cluster = &ledger->clusters[ledger->cluster_count++];

    text_copy(cluster->name, sizeof cluster->name, name);
    for (uint32_t i = 0; servers[i] != NULL; i++) {
        text_copy(cluster->servers[cluster->server_count++].name, LIMIT_NAME_SIZE, servers[i]);
    }
    text_copy(cluster->primary, sizeof cluster->primary, servers[0]);
}

static void setup(void)
{
    static const char *const servers[] = {"db1", "db2", "db3", NULL};

    model = calloc(1, sizeof *model);
    ledger = calloc(1, sizeof *ledger);
    ck_assert(model != NULL && ledger != NULL);
    model_init(model);
    add_cluster("main", servers);
    model_follow(model, ledger);
}

static void teardown(void)
{
    free(model);
    free(ledger);
}

static struct gtid_position position(const char *text)
{
    struct gtid_position parsed;

    ck_assert_int_eq(gtid_parse(&parsed, text, NULL), 0);
    return parsed;
}

/* The primary has written, a replica has applied, `text`. */
static void probed(const char *name, uint64_t now_ms, const char *text)
{
    struct observation observation = {.binlog = position(text), .applied = position(text)};

    model_probed(model, name, now_ms, &observation);
    model_measure_lag(model, &ledger->clusters[0], now_ms);
}

START_TEST(follows_the_ledger)
{
    static const char *const others[] = {"other1", NULL};

    ck_assert_uint_eq(model->server_count, 3);
    add_cluster("second", others);
    probed("db3", 100, "0-1-1");
    text_copy(ledger->clusters[0].servers[1].name, LIMIT_NAME_SIZE, "new");
    model_follow(model, ledger);
    ck_assert_uint_eq(model->server_count, 4);
    ck_assert(model_look(model, "db2") == NULL);
    ck_assert(model_look(model, "new") != NULL && model_look(model, "new")->watched_ms == 0);
    ck_assert(model_look(model, "other1") != NULL);
    ck_assert_uint_eq(model_look(model, "db3")->probed_ms, 100);
}
END_TEST

START_TEST(a_full_ledger_fits)
{
    memset(ledger, 0, sizeof *ledger);
    for (int c = 0; c < LIMIT_CLUSTERS; c++) {
        struct ledger_cluster *cluster = &ledger->clusters[ledger->cluster_count++];

        text_format(cluster->name, sizeof cluster->name, "c%d", c);
        for (int s = 0; s < LIMIT_SERVERS; s++) {
            text_format(cluster->servers[s].name, LIMIT_NAME_SIZE, "c%ds%d", c, s);
        }
        cluster->server_count = LIMIT_SERVERS;
        text_format(cluster->primary, sizeof cluster->primary, "c%ds0", c);
    }
    model_follow(model, ledger);
    ck_assert_uint_eq(model->server_count, LIMIT_CLUSTERS * LIMIT_SERVERS);
    for (int c = 0; c < LIMIT_CLUSTERS; c++) {
        model_measure_lag(model, &ledger->clusters[c], 5);
    }
    ck_assert_uint_eq(model->trail_count, LIMIT_CLUSTERS);
    ledger->cluster_count = 1;
    model_follow(model, ledger);
    ck_assert_uint_eq(model->trail_count, 1);
    ck_assert_uint_eq(model->server_count, LIMIT_SERVERS);
}
END_TEST

START_TEST(a_new_leader_looks_for_itself)
{
    probed("db1", 100, "0-1-1");
    model_guard_connected(model, "db1", true);
    model_forget(model);
    ck_assert_uint_eq(model->server_count, 3);
    ck_assert_uint_eq(model_look(model, "db1")->watched_ms, 0);
    ck_assert(!model_look(model, "db1")->guard_connected);
    ck_assert_uint_eq(model_look(model, "db1")->observed_ms, 0);
    ck_assert_uint_eq(model->trail_count, 0);
}
END_TEST

START_TEST(failures_count_from_the_first_and_end_with_an_answer)
{
    const struct model_server *db1 = model_look(model, "db1");

    model_probe_failed(model, "db1", 100, false, "refused");
    model_probe_failed(model, "db1", 200, false, "timed out");
    ck_assert_uint_eq(db1->failing_since_ms, 100);
    ck_assert_str_eq(db1->probe_error, "timed out");
    ck_assert_uint_eq(db1->watched_ms, 100);
    probed("db1", 300, "0-1-1");
    ck_assert_uint_eq(db1->watched_ms, 100);
    ck_assert_uint_eq(db1->failing_since_ms, 0);
    ck_assert_str_eq(db1->probe_error, "");
    model_probe_failed(model, "nobody", 300, false, "unknown names are ignored");
}
END_TEST

START_TEST(a_refused_account_is_a_sign_of_life)
{
    const struct model_server *db1 = model_look(model, "db1");

    model_probe_failed(model, "db1", 100, false, "timed out");
    model_probe_failed(model, "db1", 200, true, "access denied");
    ck_assert_uint_eq(db1->failing_since_ms, 0);
    ck_assert(db1->access_denied);
    probed("db1", 300, "0-1-1");
    ck_assert(!db1->access_denied);
}
END_TEST

START_TEST(the_newer_of_two_observations_stands)
{
    const struct model_server *db2 = model_look(model, "db2");
    struct order_report report = {.server = "db2",
                                  .testimony = ORDER_ANSWERING,
                                  .has_observation = true,
                                  .observed_ms_ago = 50,
                                  .observation.server_id = 7};

    probed("db2", 1000, "0-1-1");
    model_reported(model, 1020, &report);
    ck_assert_uint_eq(db2->observation.server_id, 0);
    ck_assert_uint_eq(db2->reported_ms, 1020);
    model_reported(model, 1051, &report);
    ck_assert_uint_eq(db2->observation.server_id, 7);
    ck_assert_uint_eq(db2->observed_ms, 1001);
    report.has_observation = false;
    report.observed_ms_ago = 0;
    report.observation.server_id = 8;
    model_reported(model, 1100, &report);
    ck_assert_uint_eq(db2->observation.server_id, 7);
}
END_TEST

START_TEST(a_testimony_counts_from_its_first_report)
{
    const struct model_server *db2 = model_look(model, "db2");
    struct order_report report = {.server = "db2", .testimony = ORDER_STOPPED};

    model_reported(model, 100, &report);
    model_reported(model, 200, &report);
    ck_assert_uint_eq(db2->stopped_since_ms, 100);
    report.testimony = ORDER_ANSWERING;
    model_reported(model, 300, &report);
    ck_assert_uint_eq(db2->stopped_since_ms, 0);
}
END_TEST

/* Asked before the guard looked, answered after its report. */
START_TEST(a_slow_answer_is_as_old_as_its_question)
{
    const struct model_server *db2 = model_look(model, "db2");
    struct order_report report = {.server = "db2",
                                  .testimony = ORDER_ANSWERING,
                                  .has_observation = true,
                                  .observation.server_id = 7};

    model_probe_failed(model, "db2", 900, false, "timed out");
    model_reported(model, 1100, &report);
    probed("db2", 1000, "0-1-1");
    ck_assert_uint_eq(db2->observation.server_id, 7);
    ck_assert_uint_eq(db2->observed_ms, 1100);
    ck_assert_uint_eq(db2->probed_ms, 1000);
    ck_assert_uint_eq(db2->failing_since_ms, 0);
}
END_TEST

START_TEST(every_change_is_counted)
{
    const struct model_server *db2 = model_look(model, "db2");
    uint64_t before = db2->changed;

    model_guard_connected(model, "db2", true);
    ck_assert_uint_gt(db2->changed, before);
    before = db2->changed;
    model_guard_connected(model, "db2", true);
    ck_assert_uint_eq(db2->changed, before);
    probed("db1", 10, "0-1-1");
    ck_assert_uint_eq(db2->changed, before);
    probed("db2", 10, "0-1-1");
    ck_assert_uint_gt(db2->changed, before);
    ck_assert_uint_ge(model->changes, db2->changed);
}
END_TEST

START_TEST(lag_is_the_age_of_what_was_applied)
{
    const struct model_server *db2 = model_look(model, "db2");

    probed("db2", 1000, "0-1-10");
    ck_assert(!db2->lag_known);
    probed("db1", 1000, "0-1-10");
    ck_assert(db2->lag_known);
    ck_assert_uint_eq(db2->lag_ms, 0);
    /* The primary stood still for an hour: that is no lag. */
    probed("db1", 3601000, "0-1-10");
    probed("db1", 3601100, "0-1-11");
    probed("db2", 3601150, "0-1-10");
    ck_assert_uint_eq(db2->lag_ms, 150);
    probed("db1", 3601200, "0-1-20");
    probed("db2", 3601250, "0-1-15");
    ck_assert_uint_eq(db2->lag_ms, 150);
    probed("db2", 3601300, "0-1-20");
    ck_assert_uint_eq(db2->lag_ms, 0);
}
END_TEST

START_TEST(lag_is_unknown_before_the_trail_and_of_the_unseen)
{
    const struct model_server *db2 = model_look(model, "db2");

    probed("db1", 1000, "0-1-10");
    probed("db2", 1000, "0-1-9");
    ck_assert(!db2->lag_known);
    probed("db2", 1100, "0-1-10");
    ck_assert(db2->lag_known);
    model_probe_failed(model, "db2", 1200, false, "timed out");
    model_measure_lag(model, &ledger->clusters[0], 1200);
    ck_assert(!db2->lag_known);
}
END_TEST

START_TEST(the_trail_is_bounded_and_reaches_far_back)
{
    const struct model_server *db2 = model_look(model, "db2");
    char text[64];

    probed("db2", 1, "0-1-300");
    for (uint64_t i = 1; i <= 10 * LIMIT_LAG_SAMPLES; i++) {
        text_format(text, sizeof text, "0-1-%llu", (unsigned long long)i);
        probed("db1", i * 100, text);
        ck_assert_uint_le(model->trails[0].sample_count, LIMIT_LAG_SAMPLES);
    }
    ck_assert(db2->lag_known);
    /* (2560 - 300) * 100 is exact; so far back it is coarser, and never less. */
    ck_assert_uint_ge(db2->lag_ms, 226000);
    ck_assert_uint_le(db2->lag_ms, 226000 + 226000 / 20);
}
END_TEST

START_TEST(another_primary_begins_another_trail)
{
    const struct model_server *db3 = model_look(model, "db3");

    probed("db1", 1000, "0-1-10");
    probed("db3", 1000, "0-1-10");
    text_copy(ledger->clusters[0].primary, LIMIT_NAME_SIZE, "db2");
    probed("db2", 2000, "0-2-12");
    ck_assert(!db3->lag_known);
    ck_assert_uint_eq(model->trails[0].sample_count, 1);
    /* A primary that fell back has another history. */
    probed("db2", 2100, "0-2-5");
    ck_assert_uint_eq(model->trails[0].sample_count, 1);
}
END_TEST

static void fill(struct model_server *server)
{
    server->probed_ms = 900;
    server->failing_since_ms = 950;
    server->watched_ms = 700;
    text_copy(server->probe_error, sizeof server->probe_error, "timed out");
    server->observed_ms = 1000;
    server->observation.server_id = 3;
    server->observation.received = position("0-1-7,4-1-1");
    server->observation.channel_count = 1;
    text_copy(server->observation.channels[0].source, LIMIT_ADDRESS_SIZE, "10.0.0.1:3306");
    server->observation.channels[0].io = OBSERVATION_THREAD_YES;
    server->guard_connected = true;
    server->reported_ms = 990;
    text_copy(server->report.server, LIMIT_NAME_SIZE, server->name);
    server->report.testimony = ORDER_SILENT;
    server->report.lease_ms_left = 1234;
    server->lag_known = true;
    server->lag_ms = 42;
}

START_TEST(a_view_travels_between_clocks)
{
    struct model_server *db2 = model_find(model, "db2");
    struct model_server sent;
    struct buf buf;

    fill(db2);
    db2->stopped_since_ms = 970;
    sent = *db2;
    buf_init(&buf, LIMIT_FRAME_BYTES);
    model_encode_server(db2, 1000, &buf);
    ck_assert(buf_ok(&buf));
    model_forget(model);
    ck_assert_int_eq(model_decode_server(model, 51000, buf.data, buf.length, NULL), 0);
    ck_assert_uint_eq(db2->probed_ms, 50900);
    ck_assert_uint_eq(db2->failing_since_ms, 50950);
    ck_assert_uint_eq(db2->watched_ms, 50700);
    ck_assert_uint_eq(db2->observed_ms, 51000);
    ck_assert_uint_eq(db2->reported_ms, 50990);
    ck_assert_uint_eq(db2->stopped_since_ms, 50970);
    ck_assert_str_eq(db2->probe_error, "timed out");
    ck_assert(db2->guard_connected && db2->lag_known);
    ck_assert_uint_eq(db2->lag_ms, 42);
    ck_assert_int_eq(db2->report.testimony, ORDER_SILENT);
    ck_assert_uint_eq(db2->report.lease_ms_left, 1234);
    ck_assert(gtid_equal(&db2->observation.received, &sent.observation.received));
    ck_assert_str_eq(db2->observation.channels[0].source, "10.0.0.1:3306");
    buf_finish(&buf);
}
END_TEST

START_TEST(never_stays_never_and_an_age_before_boot_is_the_first_moment)
{
    struct model_server *db2 = model_find(model, "db2");
    struct buf buf;

    buf_init(&buf, LIMIT_FRAME_BYTES);
    model_encode_server(db2, 1000, &buf);
    ck_assert_int_eq(model_decode_server(model, 10, buf.data, buf.length, NULL), 0);
    ck_assert_uint_eq(db2->probed_ms, 0);
    ck_assert_uint_eq(db2->observed_ms, 0);
    fill(db2);
    buf_reset(&buf);
    model_encode_server(db2, 100000, &buf);
    ck_assert_int_eq(model_decode_server(model, 10, buf.data, buf.length, NULL), 0);
    ck_assert_uint_eq(db2->probed_ms, 1);
    buf_finish(&buf);
}
END_TEST

START_TEST(bytes_that_are_no_view_are_refused)
{
    struct model_server *db2 = model_find(model, "db2");
    struct err err;
    struct buf buf;

    fill(db2);
    buf_init(&buf, LIMIT_FRAME_BYTES);
    model_encode_server(db2, 1000, &buf);
    ck_assert_int_eq(model_decode_server(model, 10, buf.data, buf.length / 2, &err), ERR_PROTOCOL);
    ck_assert_int_eq(model_decode_server(model, 10, buf.data, 0, &err), ERR_PROTOCOL);
    text_copy(db2->name, sizeof db2->name, "renamed");
    ck_assert_int_eq(model_decode_server(model, 10, buf.data, buf.length, &err), ERR_NOTFOUND);
    ck_assert_str_eq(err.text, "server db2 is not known here");
    buf_finish(&buf);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("model");
    TCase *tcase = tcase_create("model");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, follows_the_ledger);
    tcase_add_test(tcase, a_full_ledger_fits);
    tcase_add_test(tcase, a_new_leader_looks_for_itself);
    tcase_add_test(tcase, failures_count_from_the_first_and_end_with_an_answer);
    tcase_add_test(tcase, a_refused_account_is_a_sign_of_life);
    tcase_add_test(tcase, the_newer_of_two_observations_stands);
    tcase_add_test(tcase, a_testimony_counts_from_its_first_report);
    tcase_add_test(tcase, a_slow_answer_is_as_old_as_its_question);
    tcase_add_test(tcase, every_change_is_counted);
    tcase_add_test(tcase, lag_is_the_age_of_what_was_applied);
    tcase_add_test(tcase, lag_is_unknown_before_the_trail_and_of_the_unseen);
    tcase_add_test(tcase, the_trail_is_bounded_and_reaches_far_back);
    tcase_add_test(tcase, another_primary_begins_another_trail);
    tcase_add_test(tcase, a_view_travels_between_clocks);
    tcase_add_test(tcase, never_stays_never_and_an_age_before_boot_is_the_first_moment);
    tcase_add_test(tcase, bytes_that_are_no_view_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
