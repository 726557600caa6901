#include "tests/unit/main.h"

#include "tests/unit/topology/corpus_case.h"
#include "topology/facts.h"

static const char three[] = "db1: primary\ndb2: replica\ndb3: replica\n";

static uint64_t cluster_facts(const char *text)
{
    static const struct candidate_question question = {.purpose = CANDIDATE_IF_IT_DIED};
    struct corpus_case *c = case_read(text);
    struct candidates candidates;
    uint64_t facts;

    candidate_rank(&candidates, &c->scene, &question);
    facts = facts_of_cluster(&c->scene, &candidates);
    free(c);
    return facts;
}

static uint64_t server_facts(const char *text, uint32_t number)
{
    struct corpus_case *c = case_read(text);
    uint64_t facts = facts_of_server(&c->scene, &c->cluster->servers[number]);

    free(c);
    return facts;
}

static void check(uint64_t facts, uint64_t set, uint64_t clear)
{
    for (int i = 0; i < FACT_COUNT; i++) {
        uint64_t bit = UINT64_C(1) << i;

        ck_assert_msg(!(set & bit) || (facts & bit), "%s doesn't hold",
                      fact_name((enum fact_number)i));
        ck_assert_msg(!(clear & bit) || !(facts & bit), "%s holds", fact_name((enum fact_number)i));
    }
}

START_TEST(each_fact_has_a_place_a_name_and_a_meaning)
{
    ck_assert_uint_eq(facts_cluster_mask() & facts_server_mask(), 0);
    for (int i = 0; i < FACT_COUNT; i++) {
        ck_assert((facts_cluster_mask() | facts_server_mask()) & (UINT64_C(1) << i));
        ck_assert(fact_name((enum fact_number)i)[0] != '\0');
        ck_assert(fact_says((enum fact_number)i)[0] != '\0');
    }
    ck_assert_str_eq(fact_name(FACT_NUMBER_PRIMARY_UP), "PRIMARY_UP");
}
END_TEST

START_TEST(a_healthy_cluster)
{
    check(cluster_facts(three),
          FACT_BIT(LOOKED) | FACT_BIT(LOSSLESS) | FACT_BIT(PRIMARY_UP) |
              FACT_BIT(PRIMARY_WRITABLE) | FACT_BIT(PRIMARY_REPLICATED) |
              FACT_BIT(PRIMARY_ANSWERS_GUARD) | FACT_BIT(CANDIDATE),
          FACT_BIT(PRIMARY_READ_ONLY) | FACT_BIT(PRIMARY_PROBE_FAILS) | FACT_BIT(OTHER_WRITABLE) |
              FACT_BIT(PRIMARY_BEHIND) | FACT_BIT(INCOMPARABLE) | FACT_BIT(FLAPPING));
    check(server_facts(three, 1),
          FACT_BIT(UP) | FACT_BIT(GUARDED) | FACT_BIT(HAS_CHANNEL) | FACT_BIT(FOLLOWS_PRIMARY) |
              FACT_BIT(THREADS_RUN),
          FACT_BIT(IS_PRIMARY) | FACT_BIT(WRITABLE) | FACT_BIT(DIVERGED) | FACT_BIT(SEMISYNC_OFF));
    check(server_facts(three, 0), FACT_BIT(IS_PRIMARY) | FACT_BIT(UP), FACT_BIT(HAS_CHANNEL));
}
END_TEST

START_TEST(silence_counts_from_hang_ms_on)
{
    check(cluster_facts("db1: primary, hangs for 2999ms\ndb2: replica\n"), 0,
          FACT_BIT(PRIMARY_SILENT) | FACT_BIT(PRIMARY_PROBE_FAILS_LONG));
    check(cluster_facts("db1: primary, hangs for 3000ms\ndb2: replica\n"), FACT_BIT(PRIMARY_SILENT),
          FACT_BIT(PRIMARY_PROBE_FAILS_LONG));
    check(cluster_facts("db1: primary, lost for 2999ms\ndb2: replica\n"), 0,
          FACT_BIT(PRIMARY_PROBE_FAILS_LONG));
    check(cluster_facts("db1: primary, lost for 3000ms\ndb2: replica\n"),
          FACT_BIT(PRIMARY_PROBE_FAILS_LONG), FACT_BIT(PRIMARY_UP));
}
END_TEST

/* A report of hang_ms ago is no testimony any more. */
START_TEST(an_old_report_is_no_testimony)
{
    struct corpus_case *c = case_read("db1: primary, stopped\ndb2: replica\n");
    const struct ledger_server *db1 = &c->cluster->servers[0];

    ck_assert(scene_testifies(&c->scene, db1, ORDER_STOPPED));
    c->scene.now_ms = c->model.servers[0].reported_ms + 2999;
    ck_assert(scene_testifies(&c->scene, db1, ORDER_STOPPED));
    c->scene.now_ms++;
    ck_assert(!scene_testifies(&c->scene, db1, ORDER_STOPPED));
    ck_assert(!scene_guard_talks(&c->scene, db1));
    free(c);
}
END_TEST

/* Another agent reads an older scene than parts of its model: nothing wraps. */
START_TEST(what_is_later_than_the_scene_is_new)
{
    struct corpus_case *c = case_read("db1: primary, hangs for 4s\ndb2: replica\n");

    c->scene.now_ms = c->model.servers[0].failing_since_ms - 500;
    ck_assert_uint_eq(scene_age_ms(&c->scene, c->scene.now_ms + 1), 0);
    ck_assert(scene_up(&c->scene, &c->cluster->servers[1]));
    check(facts_of_server(&c->scene, &c->cluster->servers[0]), 0, FACT_BIT(GUARD_LOST));
    free(c);
}
END_TEST

START_TEST(lag_counts_past_its_bound)
{
    check(server_facts("db1: primary\ndb2: replica, lag 10s\n", 1), 0, FACT_BIT(LAGGING));
    check(server_facts("db1: primary\ndb2: replica, lag 10001ms\n", 1), FACT_BIT(LAGGING), 0);
    check(server_facts("db1: primary\ndb2: replica, lag unknown\n", 1), 0, FACT_BIT(LAGGING));
}
END_TEST

START_TEST(extra_transactions_are_those_of_others_than_the_primary)
{
    check(server_facts("db1: primary\ndb2: replica, history 0-1-105\n", 1), 0, FACT_BIT(DIVERGED));
    check(server_facts("db1: primary\ndb2: replica, history 0-1-100,0-2-7\n", 1),
          FACT_BIT(DIVERGED), 0);
    /* A primary that still applies a relay log may get them yet. */
    check(server_facts("db1: primary, follows db2, io no, sql yes\n"
                       "db2: replica, history 0-1-100,0-2-7\n",
                       1),
          0, FACT_BIT(DIVERGED));
}
END_TEST

START_TEST(a_primary_is_behind_only_when_it_stands_still)
{
    check(cluster_facts("db1: primary, wrote 0-1-90\ndb2: replica\n"), 0, FACT_BIT(PRIMARY_BEHIND));
    check(cluster_facts("db1: primary, read-only, wrote 0-1-90\ndb2: replica\n"),
          FACT_BIT(PRIMARY_BEHIND), 0);
    check(cluster_facts("db1: primary, read-only, wrote 0-1-90\ndb2: replica, lost for 9s\n"), 0,
          FACT_BIT(PRIMARY_BEHIND));
}
END_TEST

static void fill(char *text, size_t size, const char *when)
{
    text_format(text, size,
                "cluster: failovers_per_hour=1\npast: failover succeeded %s\ndb1: primary\n", when);
}

START_TEST(automatic_failovers_are_counted_for_an_hour)
{
    char full[256];

    fill(full, sizeof full, "3599s ago");
    check(cluster_facts(full), FACT_BIT(FLAPPING), 0);
    fill(full, sizeof full, "3600s ago");
    check(cluster_facts(full), 0, FACT_BIT(FLAPPING));
    fill(full, sizeof full, "1s ago by ann");
    check(cluster_facts(full), 0, FACT_BIT(FLAPPING));
    check(cluster_facts("cluster: failovers_per_hour=1\npast: failover undone 1s ago\n"
                        "db1: primary\n"),
          0, FACT_BIT(FLAPPING));
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("facts");
    TCase *tcase = tcase_create("facts");

    tcase_add_test(tcase, each_fact_has_a_place_a_name_and_a_meaning);
    tcase_add_test(tcase, a_healthy_cluster);
    tcase_add_test(tcase, silence_counts_from_hang_ms_on);
    tcase_add_test(tcase, an_old_report_is_no_testimony);
    tcase_add_test(tcase, what_is_later_than_the_scene_is_new);
    tcase_add_test(tcase, lag_counts_past_its_bound);
    tcase_add_test(tcase, extra_transactions_are_those_of_others_than_the_primary);
    tcase_add_test(tcase, a_primary_is_behind_only_when_it_stands_still);
    tcase_add_test(tcase, automatic_failovers_are_counted_for_an_hour);
    suite_add_tcase(suite, tcase);
    return suite;
}
