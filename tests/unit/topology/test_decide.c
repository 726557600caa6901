#include "tests/unit/main.h"

#include "tests/unit/topology/corpus_case.h"
#include "topology/decide.h"
#include "topology/plan.h"

/* The corpus shows what is decided; here are the edges, and what must not matter. */

static struct corpus_case *c;
static struct analysis *analysis;
static struct decision *decision;

static void setup(void)
{
    analysis = calloc(1, sizeof *analysis);
    decision = calloc(1, sizeof *decision);
    ck_assert(analysis != NULL && decision != NULL);
}

static void teardown(void)
{
    free(decision);
    free(analysis);
    free(c);
    c = NULL;
}

static const struct operation *automatic(const char *text)
{
    free(c);
    c = case_read(text);
    analyze(analysis, &c->scene);
    decide_automatic(decision, &c->scene, analysis);
    return &decision->operation;
}

START_TEST(a_repair_is_tried_again_after_its_pause)
{
    automatic("cluster: automation=on\npast: rejoin of db2 failed 29999ms ago\n"
              "db1: primary\ndb2: replica, threads stopped\n");
    ck_assert_int_eq(decision->verdict, DECISION_WAIT);
    ck_assert_str_eq(decision->reasons[0],
                     "the last rejoin of db2 came to nothing; it is tried again in 1 s");
    automatic("cluster: automation=on\npast: rejoin of db2 failed 30s ago\n"
              "db1: primary\ndb2: replica, threads stopped\n");
    ck_assert_int_eq(decision->verdict, DECISION_ACT);
    automatic("cluster: automation=on, repair_retry_s=1\npast: rejoin of db2 failed 2s ago\n"
              "db1: primary\ndb2: replica, threads stopped\n");
    ck_assert_int_eq(decision->verdict, DECISION_ACT);
}
END_TEST

START_TEST(only_the_last_try_of_the_same_server_counts)
{
    automatic("cluster: automation=on\npast: rejoin of db2 succeeded 1s ago\n"
              "past: rejoin of db2 failed 2s ago\npast: rejoin of db3 failed 1s ago\n"
              "db1: primary\ndb2: replica, threads stopped\ndb3: replica\n");
    ck_assert_int_eq(decision->verdict, DECISION_ACT);
    ck_assert_str_eq(decision->operation.to, "db2");
}
END_TEST

/* 30 s, then twice as long each time, at most ten minutes; the last success counts anew. */
START_TEST(an_attachment_that_keeps_failing_is_tried_less_and_less)
{
    static const struct {
        int failures;
        uint64_t pause_s;
    } cases[] = {{1, 30}, {2, 60}, {3, 120}, {5, 480}, {6, 600}, {20, 600}};
    char text[2048];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (uint64_t late = 0; late < 2; late++) {
            size_t used;

            text_format(text, sizeof text,
                        "cluster: automation=on\npast: rejoin of db2 failed %llus ago\n"
                        "past: rejoin of db3 succeeded 1m ago\n",
                        (unsigned long long)(cases[i].pause_s - 1 + late));
            for (int j = 1; j < cases[i].failures; j++) {
                used = strlen(text);
                text_format(text + used, sizeof text - used,
                            "past: rejoin of db2 failed 50m ago\n");
            }
            used = strlen(text);
            text_format(
                text + used, sizeof text - used,
                "past: rejoin of db2 succeeded 55m ago\npast: rejoin of db2 failed 56m ago\n"
                "db1: primary\ndb2: replica, threads stopped\ndb3: replica\n");
            automatic(text);
            ck_assert_msg(decision->verdict == (late ? DECISION_ACT : DECISION_WAIT), "%d %llu",
                          cases[i].failures, (unsigned long long)late);
        }
    }
}
END_TEST

/* The leader before was an hour ahead. */
START_TEST(a_clock_that_was_ahead_holds_nothing_back)
{
    free(c);
    c = case_read("cluster: automation=on\npast: failover of db1 failed 1s ago\n"
                  "past: failover of db3 succeeded 1m ago\n"
                  "past: failover of db2 succeeded 1m ago\n"
                  "db1: primary, stopped\ndb2: replica\ndb3: replica\n");
    c->scene.wall_ms -= 3600 * 1000;
    ck_assert_uint_eq(scene_recent_failovers(&c->scene), 0);
    analyze(analysis, &c->scene);
    decide_automatic(decision, &c->scene, analysis);
    ck_assert_int_eq(decision->verdict, DECISION_ACT);
    c->scene.wall_ms += 3600 * 1000;
    ck_assert_uint_eq(scene_recent_failovers(&c->scene), 3);
}
END_TEST

/* Undone, it named the same primary; another one that dies isn't held back. */
START_TEST(a_failover_of_another_primary_is_not_held_back)
{
    automatic("cluster: automation=on\npast: failover of db1 undone 1s ago\n"
              "db1: primary, hangs for 4s\ndb2: replica\n");
    ck_assert_int_eq(decision->verdict, DECISION_WAIT);
    automatic("cluster: automation=on\npast: failover of db3 failed 1s ago\n"
              "db1: primary, hangs for 4s\ndb2: replica\n");
    ck_assert_int_eq(decision->verdict, DECISION_ACT);
}
END_TEST

START_TEST(a_failed_repair_never_holds_a_failover_back)
{
    automatic("cluster: automation=on\npast: rejoin of db2 failed 1s ago\n"
              "past: open of db1 failed 1s ago\ndb1: primary, stopped\ndb2: replica\n");
    ck_assert_int_eq(decision->operation.kind, OPERATION_KIND_FAILOVER);
    ck_assert_int_eq(decision->verdict, DECISION_ACT);
}
END_TEST

START_TEST(a_failover_ends_repairs_and_waits_for_moves)
{
    static const struct {
        const char *operation;
        enum decision_verdict verdict;
    } cases[] = {
        {"operation: 7 rejoin repointing\n", DECISION_ACT},
        {"operation: 7 open drained\n", DECISION_ACT},
        {"operation: 7 failover revoked\n", DECISION_WAIT},
        {"operation: 7 switchover demoting wanted db2\n", DECISION_WAIT},
        {"operation: 7 failover drained\n", DECISION_WAIT},
        {"operation: 7 failover promoted\n", DECISION_ACT},
        {"operation: 7 switchover promoted wanted db2\n", DECISION_ACT},
    };
    char text[256];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text_format(text, sizeof text,
                    "cluster: automation=on\n%sdb1: primary, stopped\ndb2: replica\n",
                    cases[i].operation);
        automatic(text);
        ck_assert_msg(decision->verdict == cases[i].verdict, "%s", cases[i].operation);
        ck_assert_uint_eq(decision->supersedes, cases[i].verdict == DECISION_ACT ? 7 : 0);
    }
}
END_TEST

START_TEST(repairs_wait_for_each_other)
{
    automatic("cluster: automation=on\noperation: 7 rejoin repointing\n"
              "db1: primary\ndb2: replica, threads stopped\ndb3: replica, threads stopped\n");
    ck_assert_int_eq(decision->verdict, DECISION_WAIT);
}
END_TEST

/* Nobody else may take over: the other one that could acknowledge is down as well. */
START_TEST(the_start_of_a_dead_primary_waits_for_no_attachment)
{
    static const struct {
        const char *operation;
        enum decision_verdict verdict;
    } cases[] = {
        {"operation: 7 rejoin repointing\n", DECISION_ACT},
        {"operation: 7 failover promoted\n", DECISION_ACT},
        {"operation: 7 open drained\n", DECISION_WAIT},
        {"operation: 7 failover revoked\n", DECISION_WAIT},
        {"operation: 7 switchover demoting wanted db2\n", DECISION_WAIT},
    };
    char text[256];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text_format(text, sizeof text,
                    "cluster: automation=on\n%sdb1: primary, stopped\ndb2: replica\n"
                    "db3: replica, stopped\n",
                    cases[i].operation);
        automatic(text);
        ck_assert_msg(decision->verdict == cases[i].verdict, "%s", cases[i].operation);
        ck_assert(decision->verdict != DECISION_ACT ||
                  (decision->operation.kind == OPERATION_KIND_OPEN && decision->supersedes == 7));
    }
}
END_TEST

START_TEST(nothing_is_attached_while_the_primary_is_not_open)
{
    static const char *const primaries[] = {
        "db1: primary, lost for 1s\n",
        "db1: primary, fenced\n",
        "db1: primary, not looked at\n",
        "db1: primary, hangs for 2s\n",
    };
    char text[256];

    for (size_t i = 0; i < sizeof primaries / sizeof primaries[0]; i++) {
        text_format(text, sizeof text,
                    "cluster: automation=on\n%sdb2: replica, threads stopped\n"
                    "db3: replica, threads stopped\n",
                    primaries[i]);
        automatic(text);
        ck_assert_msg(decision->verdict == DECISION_WAIT, "%s", primaries[i]);
    }
}
END_TEST

START_TEST(nothing_is_opened_before_everybody_was_looked_at)
{
    automatic("cluster: automation=on\ndb1: primary, read-only\ndb2: replica, not looked at\n");
    ck_assert_int_eq(decision->verdict, DECISION_WAIT);
    automatic("cluster: automation=on\ndb1: primary, read-only\ndb2: replica, lost for 9s\n");
    ck_assert_int_eq(decision->verdict, DECISION_ACT);
    ck_assert_int_eq(decision->operation.kind, OPERATION_KIND_OPEN);
}
END_TEST

START_TEST(a_silent_guard_can_do_nothing)
{
    automatic("cluster: automation=on\ndb1: primary, read-only, guard silent\n");
    ck_assert_int_eq(decision->verdict, DECISION_REFUSE); /* lost, and nobody could take over */
    automatic("cluster: automation=on\ndb1: primary\n"
              "db2: replica, guard silent, threads stopped\ndb3: replica\n");
    ck_assert_int_eq(decision->verdict, DECISION_WAIT);
    automatic("cluster: automation=on\ndb1: primary\n"
              "db2: replica, no guard, threads stopped\ndb3: replica\n");
    ck_assert_int_eq(decision->verdict, DECISION_WAIT);
}
END_TEST

/* Twelve servers, each with a reason: the list holds them all. */
START_TEST(reasons_of_the_largest_cluster_fit)
{
    char text[2048] = "cluster: automation=on\ndb1: primary, lost for 9s\n";
    struct decide_request request = {.by = "ann", .to = ""};

    for (int i = 2; i <= LIMIT_SERVERS; i++) {
        size_t used = strlen(text);

        text_format(text + used, sizeof text - used,
                    "db%d: replica, never promote, io connecting\n", i);
    }
    automatic(text);
    ck_assert_int_eq(decision->verdict, DECISION_REFUSE);
    ck_assert_uint_eq(decision->reason_count, LIMIT_SERVERS - 1);
    decide_failover(decision, &c->scene, analysis, &request);
    ck_assert_uint_eq(decision->reason_count, LIMIT_SERVERS - 1);
}
END_TEST

START_TEST(requests_are_refused_with_the_code_of_their_fault)
{
    static const struct {
        const char *text;
        const char *to;
        bool failover;
        int code;
    } cases[] = {
        {"db1: primary\ndb2: replica\n", "nobody", false, ERR_NOTFOUND},
        {"db1: primary\ndb2: replica\n", "nobody", true, ERR_NOTFOUND},
        {"db1: primary\ndb2: replica\n", "db1", false, ERR_REFUSED},
        {"db1: primary\ndb2: replica\n", "", true, ERR_REFUSED},
        {"operation: 7 rejoin repointing\ndb1: primary\ndb2: replica\n", "", false, ERR_BUSY},
        {"operation: 7 failover revoked\ndb1: primary, stopped\ndb2: replica\n", "", true,
         ERR_BUSY},
        {"operation: 7 rejoin repointing\ndb1: primary, stopped\ndb2: replica\n", "", true, 0},
        {"db1: primary, stopped\ndb2: replica\n", "", true, 0},
        {"db1: primary, stopped\ndb2: replica\n", "", false, ERR_REFUSED},
        {"db1: primary, lost for 1s\ndb2: replica, io connecting\n", "", true, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decide_request request = {.by = "ann", .to = cases[i].to};

        automatic(cases[i].text);
        if (cases[i].failover) {
            decide_failover(decision, &c->scene, analysis, &request);
        } else {
            decide_switchover(decision, &c->scene, analysis, &request);
        }
        ck_assert_msg(decision->code == cases[i].code, "case %zu", i);
        ck_assert((decision->verdict == DECISION_REFUSE) == (cases[i].code != 0));
        ck_assert(decision->verdict == DECISION_ACT || decision->remedy[0] != '\0');
        ck_assert(decision->verdict == DECISION_ACT || decision->reason_count > 0);
        ck_assert(decision->verdict != DECISION_ACT ||
                  strcmp(decision->operation.cause, "asked for by ann") == 0);
    }
}
END_TEST

START_TEST(the_lag_that_a_person_allows)
{
    struct decide_request request = {.by = "ann", .to = "", .max_lag_ms = 500};

    automatic("db1: primary\ndb2: replica, lag 501ms\n");
    decide_switchover(decision, &c->scene, analysis, &request);
    ck_assert_int_eq(decision->verdict, DECISION_REFUSE);
    request.max_lag_ms = 501;
    decide_switchover(decision, &c->scene, analysis, &request);
    ck_assert_int_eq(decision->verdict, DECISION_ACT);
    request.max_lag_ms = 0;
    decide_switchover(decision, &c->scene, analysis, &request);
    ck_assert_int_eq(decision->verdict, DECISION_ACT);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("decide");
    TCase *tcase = tcase_create("decide");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_repair_is_tried_again_after_its_pause);
    tcase_add_test(tcase, only_the_last_try_of_the_same_server_counts);
    tcase_add_test(tcase, an_attachment_that_keeps_failing_is_tried_less_and_less);
    tcase_add_test(tcase, a_clock_that_was_ahead_holds_nothing_back);
    tcase_add_test(tcase, a_failover_of_another_primary_is_not_held_back);
    tcase_add_test(tcase, a_failed_repair_never_holds_a_failover_back);
    tcase_add_test(tcase, a_failover_ends_repairs_and_waits_for_moves);
    tcase_add_test(tcase, repairs_wait_for_each_other);
    tcase_add_test(tcase, the_start_of_a_dead_primary_waits_for_no_attachment);
    tcase_add_test(tcase, nothing_is_attached_while_the_primary_is_not_open);
    tcase_add_test(tcase, nothing_is_opened_before_everybody_was_looked_at);
    tcase_add_test(tcase, a_silent_guard_can_do_nothing);
    tcase_add_test(tcase, reasons_of_the_largest_cluster_fit);
    tcase_add_test(tcase, requests_are_refused_with_the_code_of_their_fault);
    tcase_add_test(tcase, the_lag_that_a_person_allows);
    suite_add_tcase(suite, tcase);
    return suite;
}
