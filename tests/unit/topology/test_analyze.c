#include "tests/unit/main.h"

#include "tests/unit/topology/corpus_case.h"
#include "topology/analyze.h"

/* Sentences, states and rows are the corpus' business; here is what it can't say. */

static struct corpus_case *c;
static struct analysis *analysis;

static void analyze_text(const char *text)
{
    c = case_read(text);
    analysis = calloc(1, sizeof *analysis);
    ck_assert(analysis != NULL);
    analyze(analysis, &c->scene);
}

static void teardown(void)
{
    free(analysis);
    free(c);
    analysis = NULL;
    c = NULL;
}

START_TEST(findings_are_found_by_code_and_server)
{
    analyze_text("db1: primary\ndb2: replica, threads stopped\ndb3: replica, threads stopped\n");
    ck_assert_str_eq(analysis_find(analysis, PROBLEM_REPLICA_STOPPED, NULL)->server, "db2");
    ck_assert_str_eq(analysis_find(analysis, PROBLEM_REPLICA_STOPPED, "db3")->server, "db3");
    ck_assert(analysis_find(analysis, PROBLEM_REPLICA_STOPPED, "db1") == NULL);
    ck_assert(analysis_find(analysis, PROBLEM_PRIMARY_DEAD, NULL) == NULL);
}
END_TEST

START_TEST(a_finding_knows_since_when)
{
    analyze_text("db1: primary, lost for 7s\ndb2: replica, io connecting\n");
    ck_assert_uint_eq(analysis_find(analysis, PROBLEM_PRIMARY_HOST_LOST, "db1")->since_ms,
                      CASE_NOW_MS - 7000);
    ck_assert_uint_eq(analysis_find(analysis, PROBLEM_GUARD_SILENT, "db1")->since_ms,
                      CASE_NOW_MS - 7070);
}
END_TEST

START_TEST(what_would_be_done_is_said_in_observe_only)
{
    analyze_text("db1: primary, stopped\ndb2: replica\n");
    ck_assert_str_eq(analysis_find(analysis, PROBLEM_PRIMARY_DEAD, NULL)->would, "promote db2");
    c->cluster->settings.automation = LEDGER_AUTOMATION_ON;
    analyze(analysis, &c->scene);
    ck_assert_str_eq(analysis_find(analysis, PROBLEM_PRIMARY_DEAD, NULL)->would, "");
}
END_TEST

START_TEST(findings_past_the_limit_are_left_out)
{
    char text[4096] = "db01: primary, no guard, clients 0\n";

    for (int i = 2; i <= LIMIT_SERVERS; i++) {
        size_t used = strlen(text);

        text_format(text + used, sizeof text - used,
                    "db%02d: replica, no guard, follows db%02d, semi-sync off, "
                    "sql error 1950 out of order, lag 99s, writable, history 0-%d-7, "
                    "by file and offset\n",
                    i, i == 2 ? 3 : 2, i);
    }
    analyze_text(text);
    ck_assert_uint_eq(analysis->finding_count, LIMIT_FINDINGS);
    ck_assert_int_eq(analysis->findings[0].code, PROBLEM_SPLIT_BRAIN);
    ck_assert_int_eq(analysis->state, ANALYSIS_DEGRADED);
}
END_TEST

START_TEST(a_long_error_is_cut)
{
    char text[1024];
    char error[400];
    const struct finding *finding;

    memset(error, 'x', sizeof error - 1);
    error[sizeof error - 1] = '\0';
    text_format(text, sizeof text, "db1: primary\ndb2: replica, sql error 1062 %s\n", error);
    analyze_text(text);
    finding = analysis_find(analysis, PROBLEM_REPLICA_BROKEN, "db2");
    ck_assert_uint_eq(strlen(finding->sentence), LIMIT_TEXT_SIZE - 1);
}
END_TEST

START_TEST(a_server_that_the_model_does_not_have_yet_is_unknown)
{
    analyze_text("db1: primary\ndb2: replica\n");
    c->model.server_count = 0;
    analyze(analysis, &c->scene);
    ck_assert_int_eq(analysis->primary, ANALYSIS_PRIMARY_UNKNOWN);
    ck_assert_int_eq(analysis->state, ANALYSIS_DEGRADED);
    ck_assert_uint_eq(analysis->finding_count, 0);
}
END_TEST

START_TEST(names_are_those_of_the_reference)
{
    ck_assert_str_eq(analysis_state_name(ANALYSIS_FAILING_OVER), "failing_over");
    ck_assert_str_eq(analysis_state_name(ANALYSIS_NO_PRIMARY), "no_primary");
    ck_assert_str_eq(analysis_primary_name(ANALYSIS_PRIMARY_HOST_LOST), "host-lost");
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("analyze");
    TCase *tcase = tcase_create("analyze");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_test(tcase, findings_are_found_by_code_and_server);
    tcase_add_test(tcase, a_finding_knows_since_when);
    tcase_add_test(tcase, what_would_be_done_is_said_in_observe_only);
    tcase_add_test(tcase, findings_past_the_limit_are_left_out);
    tcase_add_test(tcase, a_long_error_is_cut);
    tcase_add_test(tcase, a_server_that_the_model_does_not_have_yet_is_unknown);
    tcase_add_test(tcase, names_are_those_of_the_reference);
    suite_add_tcase(suite, tcase);
    return suite;
}
