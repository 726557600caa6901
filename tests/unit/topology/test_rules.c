#include "tests/unit/main.h"

#include <string.h>

#include "topology/facts.h"
#include "topology/rules.h"

struct table {
    const struct rule *rules;
    size_t count;
    uint64_t facts; /* that its rows may use */
};

static struct table table(int number)
{
    struct table table;

    if (number == 0) {
        table.rules = rules_of_cluster(&table.count);
        table.facts = facts_cluster_mask();
    } else {
        table.rules = rules_of_server(&table.count);
        table.facts = facts_cluster_mask() | facts_server_mask();
    }
    return table;
}

static bool subset(uint64_t a, uint64_t b)
{
    return (a & ~b) == 0;
}

START_TEST(every_fact_is_used)
{
    uint64_t used = 0;

    for (int t = 0; t < 2; t++) {
        struct table rows = table(t);

        for (size_t i = 0; i < rows.count; i++) {
            used |= rows.rules[i].when | rows.rules[i].unless;
        }
    }
    for (int fact = 0; fact < FACT_COUNT; fact++) {
        ck_assert_msg(used & (UINT64_C(1) << fact), "no row uses %s",
                      fact_name((enum fact_number)fact));
    }
}
END_TEST

START_TEST(no_row_contradicts_itself_or_uses_facts_of_elsewhere)
{
    struct table rows = table(_i);

    for (size_t i = 0; i < rows.count; i++) {
        const struct rule *rule = &rows.rules[i];

        ck_assert_msg((rule->when & rule->unless) == 0, "%s", rule->name);
        ck_assert_msg(subset(rule->when | rule->unless, rows.facts), "%s", rule->name);
        ck_assert_msg((rule->when | rule->unless) != 0, "%s", rule->name);
    }
}
END_TEST

/* Whenever the later row fires, the earlier one of the same code has fired. */
START_TEST(no_row_is_shadowed_by_an_earlier_one)
{
    struct table rows = table(_i);

    for (size_t late = 0; late < rows.count; late++) {
        for (size_t early = 0; early < late; early++) {
            const struct rule *a = &rows.rules[early];
            const struct rule *b = &rows.rules[late];

            ck_assert_msg(a->code != b->code || !subset(a->when, b->when) ||
                              !subset(a->unless, b->unless),
                          "%s shadows %s", a->name, b->name);
        }
    }
}
END_TEST

/* A primary can't be in two of these states: the rows exclude each other. */
START_TEST(conclusions_about_the_primary_exclude_each_other)
{
    static const uint64_t impossible[] = {
        /* one guard, one testimony */
        FACT_BIT(PRIMARY_STOPPED) | FACT_BIT(PRIMARY_SILENT),
        FACT_BIT(PRIMARY_STOPPED) | FACT_BIT(PRIMARY_ANSWERS_GUARD),
        FACT_BIT(PRIMARY_SILENT) | FACT_BIT(PRIMARY_ANSWERS_GUARD),
    };
    static const uint64_t talks =
        FACT_BIT(PRIMARY_STOPPED) | FACT_BIT(PRIMARY_SILENT) | FACT_BIT(PRIMARY_ANSWERS_GUARD);
    struct table rows = table(0);

    for (size_t i = 0; i < rows.count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct rule *a = &rows.rules[j];
            const struct rule *b = &rows.rules[i];
            uint64_t both = a->when | b->when;
            bool excluded = (both & (a->unless | b->unless)) != 0;

            if (a->primary == ANALYSIS_PRIMARY_UNKNOWN || b->primary == ANALYSIS_PRIMARY_UNKNOWN ||
                a->primary == b->primary) {
                continue;
            }
            for (size_t k = 0; k < sizeof impossible / sizeof impossible[0]; k++) {
                excluded = excluded || subset(impossible[k], both);
            }
            /* Whoever testifies talks. */
            excluded = excluded || ((both & talks) &&
                                    ((a->unless | b->unless) & FACT_BIT(PRIMARY_GUARD_TALKS)));
            ck_assert_msg(excluded, "%s and %s can fire together", a->name, b->name);
        }
    }
}
END_TEST

START_TEST(names_are_unique_and_sentences_are_whole)
{
    for (int t = 0; t < 2; t++) {
        struct table rows = table(t);

        for (size_t i = 0; i < rows.count; i++) {
            const struct rule *rule = &rows.rules[i];
            size_t length = strlen(rule->sentence);

            ck_assert_msg(rule->sentence[length - 1] == '.' || rule->sentence[length - 1] == '}',
                          "%s", rule->name);
            ck_assert(rule->suggestion != NULL && rule->would != NULL);
            for (size_t j = 0; j < i; j++) {
                ck_assert_str_ne(rows.rules[j].name, rule->name);
            }
        }
    }
}
END_TEST

START_TEST(problems_have_names_that_come_back)
{
    enum problem problem;

    for (int i = 0; i < PROBLEM_COUNT; i++) {
        ck_assert(problem_parse(problem_name((enum problem)i), &problem));
        ck_assert_int_eq(problem, i);
        ck_assert(problem_meaning(problem)[0] != '\0');
        ck_assert(problem_severity_name(problem_severity(problem))[0] != '\0');
    }
    ck_assert(!problem_parse("primary_dead", &problem));
    ck_assert(!problem_parse("", &problem));
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("rules");
    TCase *tcase = tcase_create("rules");

    tcase_add_test(tcase, every_fact_is_used);
    tcase_add_loop_test(tcase, no_row_contradicts_itself_or_uses_facts_of_elsewhere, 0, 2);
    tcase_add_loop_test(tcase, no_row_is_shadowed_by_an_earlier_one, 0, 2);
    tcase_add_test(tcase, conclusions_about_the_primary_exclude_each_other);
    tcase_add_test(tcase, names_are_unique_and_sentences_are_whole);
    tcase_add_test(tcase, problems_have_names_that_come_back);
    suite_add_tcase(suite, tcase);
    return suite;
}
