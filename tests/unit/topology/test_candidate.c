#include "tests/unit/main.h"

#include "tests/unit/topology/corpus_case.h"
#include "topology/candidate.h"

static struct corpus_case *c;
static struct candidates candidates;

static void rank(const char *text, struct candidate_question question)
{
    free(c);
    c = case_read(text);
    candidate_rank(&candidates, &c->scene, &question);
}

static void teardown(void)
{
    free(c);
    c = NULL;
}

#define IF_IT_DIED ((struct candidate_question){.purpose = CANDIDATE_IF_IT_DIED})

static enum candidate_refusal refusal(const char *server)
{
    return candidate_find(&candidates, server)->refusal;
}

/* Each row makes db2 unfit in one way. */
START_TEST(each_refusal_has_its_reason)
{
    static const struct {
        const char *words;
        enum candidate_purpose purpose;
        enum candidate_refusal refusal;
    } cases[] = {
        {"priority 5", CANDIDATE_IF_IT_DIED, CANDIDATE_NONE},
        {"never promote", CANDIDATE_IF_IT_DIED, CANDIDATE_NEVER_PROMOTE},
        {"no guard", CANDIDATE_IF_IT_DIED, CANDIDATE_UNGUARDED},
        {"guard silent", CANDIDATE_IF_IT_DIED, CANDIDATE_GUARD_SILENT},
        {"not looked at", CANDIDATE_IF_IT_DIED, CANDIDATE_GUARD_SILENT},
        {"stopped", CANDIDATE_IF_IT_DIED, CANDIDATE_DOWN},
        {"hangs for 4s", CANDIDATE_IF_IT_DIED, CANDIDATE_DOWN},
        {"unreachable for 9s", CANDIDATE_IF_IT_DIED, CANDIDATE_NONE},
        {"follows nobody", CANDIDATE_IF_IT_DIED, CANDIDATE_NOT_REPLICATING},
        {"follows db3", CANDIDATE_IF_IT_DIED, CANDIDATE_NOT_REPLICATING},
        {"sql no", CANDIDATE_IF_IT_DIED, CANDIDATE_SQL_STOPPED},
        {"io no", CANDIDATE_IF_IT_DIED, CANDIDATE_NONE},
        {"io no", CANDIDATE_SWITCHOVER, CANDIDATE_IO_STOPPED},
        {"io connecting", CANDIDATE_SWITCHOVER, CANDIDATE_IO_STOPPED},
        {"history 0-1-100,0-2-1", CANDIDATE_IF_IT_DIED, CANDIDATE_DIVERGED},
        {"version 10.6.99-MariaDB", CANDIDATE_IF_IT_DIED, CANDIDATE_VERSION_OLDER},
        {"version 10.11.1-MariaDB", CANDIDATE_IF_IT_DIED, CANDIDATE_NONE},
        {"version 11.4.1-MariaDB", CANDIDATE_IF_IT_DIED, CANDIDATE_NONE},
        {"version strange", CANDIDATE_IF_IT_DIED, CANDIDATE_NONE},
        {"lag 5s", CANDIDATE_SWITCHOVER, CANDIDATE_NONE},
        {"lag 5001ms", CANDIDATE_SWITCHOVER, CANDIDATE_LAG},
        {"lag unknown", CANDIDATE_SWITCHOVER, CANDIDATE_LAG},
        {"lag 99s", CANDIDATE_IF_IT_DIED, CANDIDATE_NONE},
    };
    char text[256];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct candidate *db2;

        text_format(text, sizeof text, "db1: primary\ndb2: replica, %s\ndb3: replica\n",
                    cases[i].words);
        rank(text, (struct candidate_question){.purpose = cases[i].purpose, .max_lag_ms = 5000});
        db2 = candidate_find(&candidates, "db2");
        ck_assert_msg(db2->refusal == cases[i].refusal, "%s: %s", cases[i].words,
                      candidate_refusal_name(db2->refusal));
        ck_assert((db2->why_not[0] == '\0') == (db2->refusal == CANDIDATE_NONE));
        ck_assert(refusal("db1") == CANDIDATE_PRIMARY);
        ck_assert(candidate_find(&candidates, "db9") == NULL);
    }
}
END_TEST

START_TEST(ties_go_to_priority_then_acker_then_name)
{
    static const struct {
        const char *db2;
        const char *db3;
        const char *best;
    } cases[] = {
        {"priority 100", "priority 100", "db2"},
        {"priority 100", "priority 101", "db3"},
        {"no acker", "priority 100", "db3"},
        {"no acker", "no acker", "db2"},
        {"no acker, priority 101", "priority 100", "db2"},
    };
    char text[256];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text_format(text, sizeof text, "db1: primary\ndb2: replica, %s\ndb3: replica, %s\n",
                    cases[i].db2, cases[i].db3);
        rank(text, IF_IT_DIED);
        ck_assert_str_eq(candidates.best->server->name, cases[i].best);
    }
}
END_TEST

/* The whole of the rule: what counts, who is behind, who is skipped never. */
START_TEST(the_most_advanced_is_never_skipped)
{
    static const struct {
        const char *db2;
        const char *db3;
        const char *best;
        bool incomparable;
    } cases[] = {
        {"0-1-110, io no", "0-1-110, io no", "db2", false},
        {"0-1-110, io no", "0-1-111, io no", "db3", false},
        {"0-1-110, io no", "0-2-111, io no", "db3", false},
        {"0-1-110, io no", "0-2-110, io no", NULL, true},
        {"0-1-110,1-1-3, io no", "0-1-111, io no", NULL, true},
        {"0-1-110,1-1-3, io no", "0-1-110, io no", "db2", false},
        {"0-1-110, io no", "0-1-111, io no, never promote", NULL, false},
        {"0-1-111, io no", "0-1-111, io no, never promote", "db2", false},
        {"0-1-110, io no", "0-1-111, io no, guard silent", NULL, false},
        {"0-1-110, io no", "0-1-111, io no, sql no", NULL, false},
        {"0-1-110, io no", "0-2-110, io no, never promote", NULL, true},
        /* Connected ones say nothing yet; the gone say nothing any more. */
        {"0-1-110", "0-1-111", "db2", false},
        {"0-1-110, io no", "0-1-111", "db2", false},
        {"0-1-110, io no", "0-1-111, io no, lost for 9s", "db2", false},
        {"0-1-110, io no", "0-1-111, io no, stopped", "db2", false},
    };
    char text[256];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text_format(text, sizeof text,
                    "db1: primary\ndb2: replica, received %s\ndb3: replica, received %s\n",
                    cases[i].db2, cases[i].db3);
        rank(text, IF_IT_DIED);
        ck_assert_msg((candidates.best == NULL) == (cases[i].best == NULL), "%s", text);
        ck_assert(cases[i].best == NULL ||
                  strcmp(candidates.best->server->name, cases[i].best) == 0);
        ck_assert_msg(candidates.incomparable == cases[i].incomparable, "%s", text);
    }
}
END_TEST

START_TEST(a_named_server_is_taken_only_if_it_is_fit)
{
    static const char text[] = "db1: primary\ndb2: replica, at 0-1-10, io no\n"
                               "db3: replica, at 0-1-11, io no\ndb4: replica, at 0-1-11, io no\n";

    rank(text, (struct candidate_question){.purpose = CANDIDATE_IF_IT_DIED, .wanted = "db4"});
    ck_assert_str_eq(candidates.best->server->name, "db4");
    ck_assert_int_eq(refusal("db3"), CANDIDATE_NOT_WANTED);
    ck_assert_int_eq(refusal("db2"), CANDIDATE_BEHIND);
    rank(text, (struct candidate_question){.purpose = CANDIDATE_IF_IT_DIED, .wanted = "db2"});
    ck_assert(candidates.best == NULL);
}
END_TEST

START_TEST(a_running_failover_believes_only_its_steps)
{
    rank("db1: primary, stopped\ndb2: replica, at 0-1-500, io no\ndb3: replica, io no\n"
         "db4: replica, io no\n"
         "operation: 7 failover revoked\nstep: revoked stop-io db2 done 0-1-100\n"
         "step: revoked stop-io db3 done 0-1-101\nstep: revoked stop-io db4 failed late\n",
         (struct candidate_question){.purpose = CANDIDATE_FAILOVER});
    ck_assert_str_eq(candidates.best->server->name, "db3");
    ck_assert_int_eq(refusal("db2"), CANDIDATE_BEHIND);
    ck_assert_int_eq(refusal("db4"), CANDIDATE_NO_EVIDENCE);
    ck_assert_uint_eq(candidates.best->position.gtids[0].sequence, 101);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("candidate");
    TCase *tcase = tcase_create("candidate");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_test(tcase, each_refusal_has_its_reason);
    tcase_add_test(tcase, ties_go_to_priority_then_acker_then_name);
    tcase_add_test(tcase, the_most_advanced_is_never_skipped);
    tcase_add_test(tcase, a_named_server_is_taken_only_if_it_is_fit);
    tcase_add_test(tcase, a_running_failover_believes_only_its_steps);
    suite_add_tcase(suite, tcase);
    return suite;
}
