#include "tests/unit/main.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"

START_TEST(grows_up_to_its_maximum_and_no_further)
{
    struct buf buf;

    buf_init(&buf, 1000);
    for (int i = 0; i < 1000; i++) {
        buf_append(&buf, "x", 1);
    }
    ck_assert(buf_ok(&buf));
    ck_assert_uint_eq(buf.length, 1000);
    buf_append(&buf, "y", 1);
    ck_assert(!buf_ok(&buf));
    ck_assert_uint_eq(buf.length, 1000);
    ck_assert_uint_eq(strlen(buf_text(&buf)), 1000);
    buf_reset(&buf);
    ck_assert(buf_ok(&buf));
    ck_assert_str_eq(buf_text(&buf), "");
    buf_finish(&buf);
}
END_TEST

START_TEST(refuses_a_formatted_text_as_a_whole)
{
    struct buf buf;

    buf_init(&buf, 10);
    buf_printf(&buf, "%s", "123456789");
    buf_printf(&buf, "%d", 42);
    ck_assert(!buf_ok(&buf));
    ck_assert_str_eq(buf_text(&buf), "123456789");
    buf_finish(&buf);
}
END_TEST

START_TEST(consumes_from_the_front)
{
    struct buf buf;

    buf_init(&buf, 100);
    buf_append_text(&buf, "headtail");
    buf_consume(&buf, 4);
    ck_assert_str_eq(buf_text(&buf), "tail");
    buf_consume(&buf, 4);
    ck_assert_uint_eq(buf.length, 0);
    buf_finish(&buf);
}
END_TEST

START_TEST(numbers_are_little_endian)
{
    struct buf buf;
    static const uint8_t expected[] = {4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1};

    buf_init(&buf, 100);
    buf_append_u32(&buf, 0x01020304);
    buf_append_u64(&buf, 0x0102030405060708);
    ck_assert_mem_eq(buf.data, expected, sizeof expected);
    ck_assert_uint_eq(bytes_u32(buf.data), 0x01020304);
    ck_assert_uint_eq(bytes_u64(buf.data + 4), 0x0102030405060708);
    buf_finish(&buf);
}
END_TEST

START_TEST(copies_text_up_to_the_edge)
{
    char four[4];

    ck_assert(text_copy(four, sizeof four, "abc"));
    ck_assert(!text_copy(four, sizeof four, "abcd"));
    ck_assert_str_eq(four, "abc");
    ck_assert(text_format(four, sizeof four, "%d", 123));
    ck_assert(!text_format(four, sizeof four, "%d", 1234));
}
END_TEST

START_TEST(reads_whole_numbers_only)
{
    static const struct {
        const char *text;
        uint64_t max;
        bool ok;
    } cases[] = {
        {"0", 9, true},
        {"9", 9, true},
        {"10", 9, false},
        {"", 9, false},
        {"-1", 9, false},
        {" 1", 9, false},
        {"1 ", 9, false},
        {"1x", 99, false},
        {"18446744073709551615", UINT64_MAX, true},
        {"18446744073709551616", UINT64_MAX, false},
        {"99999999999999999999", UINT64_MAX, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t value = 77;
        bool ok = text_u64(cases[i].text, strlen(cases[i].text), cases[i].max, &value);

        ck_assert_msg(ok == cases[i].ok, "%s", cases[i].text);
        ck_assert(ok || value == 77);
    }
}
END_TEST

START_TEST(an_error_tells_its_story_from_the_outside_in)
{
    struct err err;

    ck_assert_int_eq(err_set(&err, ERR_IO, "write: %s", "no space"), ERR_IO);
    ck_assert_int_eq(err_wrap(&err, "log %d", 7), ERR_IO);
    ck_assert_str_eq(err.text, "log 7: write: no space");
    ck_assert_str_eq(err_name(ERR_IO), "ERR_IO");
    ck_assert_str_eq(err_sentence(ERR_BUSY), "busy");
    ck_assert_str_eq(err_name(-999), "ERR_UNKNOWN");
    ck_assert_int_eq(err_set(NULL, ERR_BUSY, "nobody listens"), ERR_BUSY);
}
END_TEST

START_TEST(a_story_too_long_is_cut)
{
    struct err err;
    char text[ERR_TEXT_MAX + 50];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    err_set(&err, ERR_INVALID, "%s", text);
    ck_assert_uint_eq(strlen(err.text), ERR_TEXT_MAX - 1);
    err_wrap(&err, "%s", text);
    ck_assert_uint_eq(strlen(err.text), ERR_TEXT_MAX - 1);
}
END_TEST

struct item {
    int value;
    struct list link;
};

START_TEST(a_list_survives_removal_while_walking)
{
    struct list head;
    struct item items[5];
    int sum = 0;

    list_init(&head);
    for (int i = 0; i < 5; i++) {
        items[i].value = i;
        list_append(&head, &items[i].link);
    }
    list_each (link, &head) {
        struct item *item = container_of(link, struct item, link);

        sum = sum * 10 + item->value;
        list_remove(link);
        list_remove(link);
    }
    ck_assert_int_eq(sum, 1234);
    ck_assert(list_empty(&head));
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("base");
    TCase *tcase = tcase_create("words");

    tcase_add_test(tcase, grows_up_to_its_maximum_and_no_further);
    tcase_add_test(tcase, refuses_a_formatted_text_as_a_whole);
    tcase_add_test(tcase, consumes_from_the_front);
    tcase_add_test(tcase, numbers_are_little_endian);
    tcase_add_test(tcase, copies_text_up_to_the_edge);
    tcase_add_test(tcase, reads_whole_numbers_only);
    tcase_add_test(tcase, an_error_tells_its_story_from_the_outside_in);
    tcase_add_test(tcase, a_story_too_long_is_cut);
    tcase_add_test(tcase, a_list_survives_removal_while_walking);
    suite_add_tcase(suite, tcase);
    return suite;
}
