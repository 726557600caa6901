#include "tests/unit/main.h"

#include <string.h>

#include "base/buf.h"
#include "base/reader.h"

START_TEST(what_was_written_is_read)
{
    struct reader reader;
    struct buf buf;
    char text[8];
    char three[3];

    buf_init(&buf, 64);
    buf_append_u32(&buf, 0xfedcba98u);
    buf_append_u64(&buf, UINT64_MAX - 1);
    buf_append_counted(&buf, "seven77");
    buf_append_counted(&buf, "");
    buf_append(&buf, "abcd", 4);
    ck_assert(buf_ok(&buf));
    reader_init(&reader, buf.data, buf.length);
    ck_assert_uint_eq(reader_u32(&reader), 0xfedcba98u);
    ck_assert_uint_eq(reader_u64(&reader), UINT64_MAX - 1);
    reader_text(&reader, text, sizeof(text)); /* just fits */
    ck_assert_str_eq(text, "seven77");
    reader_text(&reader, text, sizeof(text));
    ck_assert_str_eq(text, "");
    reader_take(&reader, three, sizeof(three));
    ck_assert_mem_eq(three, "abc", 3);
    ck_assert_uint_eq(*reader_view(&reader, 1), 'd');
    ck_assert(!reader.failed && reader.left == 0);
    buf_finish(&buf);
}
END_TEST

START_TEST(what_is_not_there_whole_is_zeros_from_then_on)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
    struct reader reader;
    char four[4];

    for (size_t length = 0; length < sizeof(bytes); length++) {
        reader_init(&reader, bytes, length);
        ck_assert_uint_eq(reader_u64(&reader), 0);
        ck_assert(reader.failed);
        ck_assert_uint_eq(reader_u8(&reader), 0); /* though one may be left */
        ck_assert_ptr_null(reader_view(&reader, 0));
    }
    reader_init(&reader, bytes, sizeof(bytes));
    memset(four, 'x', sizeof(four));
    ck_assert_ptr_eq(reader_view(&reader, 4), bytes);
    reader_take(&reader, four, sizeof(four));
    ck_assert_mem_eq(four, "\0\0\0\0", 4);
    ck_assert(reader.failed);
}
END_TEST

START_TEST(texts_that_do_not_fit_or_lie_are_refused)
{
    static const struct {
        uint8_t bytes[6];
        size_t length;
    } cases[] = {
        {{0}, 0},                           /* no length */
        {{3, 'a', 'b'}, 3},                 /* cut off */
        {{4, 'a', 'b', 'c', 'd'}, 5},       /* no room for its NUL */
        {{3, 'a', '\0', 'c'}, 4},           /* two texts in one */
        {{255, 'a', 'b', 'c', 'd', 'e'}, 6} /* both */
    };
    char text[4];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reader reader;

        memset(text, 'x', sizeof(text));
        reader_init(&reader, cases[i].bytes, cases[i].length);
        reader_text(&reader, text, sizeof(text));
        ck_assert_msg(reader.failed, "case %zu", i);
        ck_assert_str_eq(text, "");
    }
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("reader");
    TCase *tcase = tcase_create("records");

    tcase_add_test(tcase, what_was_written_is_read);
    tcase_add_test(tcase, what_is_not_there_whole_is_zeros_from_then_on);
    tcase_add_test(tcase, texts_that_do_not_fit_or_lie_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
