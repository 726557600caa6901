#include "tests/unit/main.h"

#include <string.h>

#include "base/buf.h"
#include "topology/gtid.h"

static struct gtid_position position(const char *text)
{
    struct gtid_position position;
    struct err err;

    err_reset(&err);
    ck_assert_msg(gtid_parse(&position, text, &err) == 0, "%s: %s", text, err.text);
    return position;
}

static struct gtid_state state(const char *text)
{
    struct gtid_state state;

    ck_assert_int_eq(gtid_state_parse(&state, text, NULL), 0);
    return state;
}

START_TEST(a_position_is_sorted_and_comes_back_as_text)
{
    static const struct {
        const char *in;
        const char *out;
    } cases[] = {
        {"", ""},
        {" \n", ""},
        {"0-1-42", "0-1-42"},
        {"7-1-2,0-1-13", "0-1-13,7-1-2"},
        {"7-1-2,\n0-1-13 , \t3-4-5\r\n", "0-1-13,3-4-5,7-1-2"},
        {" 0-1-0", "0-1-0"},
        {"4294967295-4294967295-18446744073709551615",
         "4294967295-4294967295-18446744073709551615"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gtid_position parsed = position(cases[i].in);
        char text[LIMIT_GTID_TEXT_SIZE];

        ck_assert(gtid_format(&parsed, text, sizeof text));
        ck_assert_str_eq(text, cases[i].out);
    }
}
END_TEST

START_TEST(bad_texts_are_refused_and_leave_the_target_alone)
{
    static const char *const bad[] = {
        "0",
        "0-1",
        "0-1-",
        "0--1",
        "-0-1-2",
        "0-1-2-3",
        "0-1-x",
        "0-1-2,",
        ",0-1-2",
        "0-1-2,,1-1-1",
        "0-1-2 3-1-1",
        "0 -1-2",
        "0-1-2,0-2-3",
        "+0-1-2",
        "0-1- 2",
        ",",
        "4294967296-1-1",
        "0-4294967296-1",
        "0-1-18446744073709551616",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct gtid_position target = position("5-5-5");
        struct err err;

        ck_assert_msg(gtid_parse(&target, bad[i], &err) == ERR_INVALID, "\"%s\"", bad[i]);
        ck_assert(strstr(err.text, "GTID position") != NULL);
        ck_assert(gtid_equal(&target, &(struct gtid_position){1, {{5, 5, 5}}}));
    }
}
END_TEST

START_TEST(an_error_quotes_what_it_found)
{
    struct gtid_position target;
    struct gtid_state history;
    struct err err;

    gtid_parse(&target, "0-1-2,nonsense", &err);
    ck_assert_str_eq(err.text,
                     "GTID position: \"nonsense\" is not domain-server-sequence (as in 0-1-42)");
    gtid_parse(&target, "0-1-2,0-7-9", &err);
    ck_assert_str_eq(err.text, "GTID position names a domain twice, at \"0-7-9\"");
    gtid_state_parse(&history, "0-1-2,0-1-9", &err);
    ck_assert_str_eq(err.text, "GTID state names a domain and server twice, at \"0-1-9\"");
}
END_TEST

/* "0-1-1,1-1-1,...", from the last to the first. */
static void many(char *text, size_t size, unsigned count)
{
    size_t used = 0;

    for (unsigned i = count; i > 0; i--) {
        ck_assert(text_format(text + used, size - used, "%s%u-1-1", used == 0 ? "" : ",", i));
        used += strlen(text + used);
    }
}

START_TEST(limits_hold_at_the_edge_and_one_past)
{
    char text[LIMIT_GTID_TEXT_SIZE];
    struct gtid_position target = position("5-5-5");
    struct gtid_state history;

    many(text, sizeof text, LIMIT_GTID_DOMAINS);
    ck_assert_uint_eq(position(text).count, LIMIT_GTID_DOMAINS);
    many(text, sizeof text, LIMIT_GTID_DOMAINS + 1);
    ck_assert_int_eq(gtid_parse(&target, text, NULL), ERR_LIMIT);
    ck_assert_uint_eq(target.count, 1);

    many(text, sizeof text, LIMIT_GTID_PAIRS);
    ck_assert_uint_eq(state(text).count, LIMIT_GTID_PAIRS);
    many(text, sizeof text, LIMIT_GTID_PAIRS + 1);
    ck_assert_int_eq(gtid_state_parse(&history, text, NULL), ERR_LIMIT);
}
END_TEST

START_TEST(the_longest_state_fits_its_text_and_a_short_text_is_cut)
{
    struct gtid_state longest = {.count = 0};
    char text[LIMIT_GTID_TEXT_SIZE];

    for (uint32_t i = 0; i < LIMIT_GTID_PAIRS; i++) {
        longest.gtids[longest.count++] = (struct gtid){UINT32_MAX, UINT32_MAX - i, UINT64_MAX};
    }
    ck_assert(gtid_state_format(&longest, text, sizeof text));
    ck_assert_uint_eq(strlen(text), LIMIT_GTID_TEXT_SIZE - 1);
    ck_assert(!gtid_state_format(&longest, text, sizeof text - 1));
    ck_assert(!gtid_state_format(&longest, text, 1));
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(positions_are_a_partial_order)
{
    static const struct {
        const char *a;
        const char *b;
        enum gtid_order order;
    } cases[] = {
        {"", "", GTID_EQUAL},
        {"0-1-1", "", GTID_AHEAD},
        {"0-1-10", "0-1-10", GTID_EQUAL},
        {"0-1-11", "0-1-10", GTID_AHEAD},
        {"0-2-11", "0-1-10", GTID_AHEAD},
        {"0-1-10", "0-2-10", GTID_INCOMPARABLE},
        {"0-1-10,1-1-5", "0-1-10", GTID_AHEAD},
        {"0-1-10,1-1-5", "0-1-11", GTID_INCOMPARABLE},
        {"0-1-10,1-1-5", "0-1-9,1-1-6", GTID_INCOMPARABLE},
        {"0-1-10,1-1-5", "1-1-5,0-1-10", GTID_EQUAL},
        {"0-1-10", "1-1-5", GTID_INCOMPARABLE},
        {"0-1-11,1-1-5", "0-1-10,1-2-5", GTID_INCOMPARABLE},
    };
    static const enum gtid_order mirrored[] = {
        [GTID_EQUAL] = GTID_EQUAL,
        [GTID_AHEAD] = GTID_BEHIND,
        [GTID_BEHIND] = GTID_AHEAD,
        [GTID_INCOMPARABLE] = GTID_INCOMPARABLE,
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gtid_position a = position(cases[i].a);
        struct gtid_position b = position(cases[i].b);
        bool ahead = cases[i].order == GTID_EQUAL || cases[i].order == GTID_AHEAD;

        ck_assert_msg(gtid_compare(&a, &b) == cases[i].order, "%s ? %s", cases[i].a, cases[i].b);
        ck_assert(gtid_compare(&b, &a) == mirrored[cases[i].order]);
        ck_assert(gtid_contains(&a, &b) == ahead);
        ck_assert(gtid_equal(&a, &b) == (cases[i].order == GTID_EQUAL));
    }
}
END_TEST

START_TEST(merging_takes_the_farther_of_each_domain)
{
    struct gtid_position into = position("0-1-10,2-1-3");
    struct gtid_position other = position("0-2-12,1-1-5,2-2-3");
    struct gtid_position expected = position("0-2-12,1-1-5,2-1-3");
    char text[LIMIT_GTID_TEXT_SIZE];

    ck_assert_int_eq(gtid_merge(&into, &other), 0);
    ck_assert(gtid_equal(&into, &expected));
    many(text, sizeof text, LIMIT_GTID_DOMAINS);
    other = position(text);
    ck_assert_int_eq(gtid_merge(&into, &other), ERR_LIMIT);
    ck_assert(gtid_equal(&into, &expected));
}
END_TEST

START_TEST(a_history_contains_what_the_same_server_wrote)
{
    struct gtid_state history = state("0-1-10,0-2-20,3-1-5");
    struct gtid_position in = position("0-1-10,3-1-4");
    struct gtid_position past = position("0-1-11");
    struct gtid_position other_server = position("0-3-1");
    struct gtid_position none = position("");

    ck_assert(gtid_state_contains(&history, &in));
    ck_assert(!gtid_state_contains(&history, &past));
    ck_assert(!gtid_state_contains(&history, &other_server));
    ck_assert(gtid_state_contains(&history, &none));
}
END_TEST

START_TEST(extra_transactions_are_those_past_the_reference)
{
    static const struct {
        const char *own;
        const char *reference;
        const char *extra;
    } cases[] = {
        {"0-1-3", "0-1-3,0-2-6", ""},
        {"0-1-5", "0-1-3,0-2-6", "0-1-5"},
        {"0-1-3,0-9-4", "0-1-3,0-2-6", "0-9-4"},
        {"0-1-3,0-9-4,7-1-1", "0-1-2", "0-1-3,0-9-4,7-1-1"},
        {"", "0-1-2", ""},
        {"0-1-2", "", "0-1-2"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gtid_state own = state(cases[i].own);
        struct gtid_state reference = state(cases[i].reference);
        struct gtid_state extra;
        char text[LIMIT_GTID_TEXT_SIZE];
        uint32_t count = gtid_state_extra(&own, &reference, &extra);

        ck_assert(gtid_state_format(&extra, text, sizeof text));
        ck_assert_str_eq(text, cases[i].extra);
        ck_assert_uint_eq(count, extra.count);
        ck_assert_uint_eq(gtid_state_extra(&own, &reference, NULL), count);
    }
}
END_TEST

START_TEST(what_one_server_wrote_can_be_left_out)
{
    struct gtid_state extra = state("0-1-3,0-2-4,1-1-9,7-3-1");
    char text[LIMIT_GTID_TEXT_SIZE];

    ck_assert_uint_eq(gtid_state_without(&extra, 0), 4); /* 0 is nobody's id */
    ck_assert_uint_eq(gtid_state_without(&extra, 1), 2);
    gtid_state_format(&extra, text, sizeof text);
    ck_assert_str_eq(text, "0-2-4,7-3-1");
    ck_assert_uint_eq(gtid_state_without(&extra, 2), 1);
    ck_assert_uint_eq(gtid_state_without(&extra, 3), 0);
    ck_assert_uint_eq(gtid_state_without(&extra, 3), 0);
}
END_TEST

START_TEST(distance_counts_transactions_and_never_overflows)
{
    struct gtid_position ahead = position("0-1-10,1-1-5,2-1-1");
    struct gtid_position behind = position("0-1-7,2-1-4");
    struct gtid_position huge = position("0-1-18446744073709551615,1-1-18446744073709551615");
    struct gtid_position none = position("");

    ck_assert_uint_eq(gtid_distance(&ahead, &behind), 3 + 5);
    ck_assert_uint_eq(gtid_distance(&behind, &ahead), 3);
    ck_assert_uint_eq(gtid_distance(&ahead, &ahead), 0);
    ck_assert_uint_eq(gtid_distance(&huge, &none), UINT64_MAX);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("gtid");
    TCase *tcase = tcase_create("gtid");

    tcase_add_test(tcase, a_position_is_sorted_and_comes_back_as_text);
    tcase_add_test(tcase, bad_texts_are_refused_and_leave_the_target_alone);
    tcase_add_test(tcase, an_error_quotes_what_it_found);
    tcase_add_test(tcase, limits_hold_at_the_edge_and_one_past);
    tcase_add_test(tcase, the_longest_state_fits_its_text_and_a_short_text_is_cut);
    tcase_add_test(tcase, positions_are_a_partial_order);
    tcase_add_test(tcase, merging_takes_the_farther_of_each_domain);
    tcase_add_test(tcase, a_history_contains_what_the_same_server_wrote);
    tcase_add_test(tcase, extra_transactions_are_those_past_the_reference);
    tcase_add_test(tcase, what_one_server_wrote_can_be_left_out);
    tcase_add_test(tcase, distance_counts_transactions_and_never_overflows);
    suite_add_tcase(suite, tcase);
    return suite;
}
