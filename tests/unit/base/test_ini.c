#include "tests/unit/main.h"

#include <string.h>

#include "base/buf.h"
#include "base/ini.h"
#include "base/limits.h"

/* Everything that was read, as text: "LINE section/key=value" and "LINE !found". */
static struct buf story;

static void on_section(void *context, unsigned line, const char *section)
{
    ck_assert_ptr_eq(context, &story);
    buf_printf(&story, "%u [%s]\n", line, section);
}

static void on_key(void *context, unsigned line, const char *section, const char *key,
                   const char *value)
{
    ck_assert_ptr_eq(context, &story);
    buf_printf(&story, "%u %s/%s=<%s>\n", line, section, key, value);
}

static void on_bad(void *context, unsigned line, const char *found, const char *accepted)
{
    ck_assert_ptr_eq(context, &story);
    ck_assert(accepted[0] != '\0');
    buf_printf(&story, "%u !%s\n", line, found);
}

static const char *read_bytes(const char *text, size_t length, unsigned bad_expected)
{
    struct ini_reader reader = {
        .context = &story, .section = on_section, .key = on_key, .bad = on_bad};

    buf_reset(&story);
    ck_assert_uint_eq(ini_read(&reader, text, length), bad_expected);
    return buf_text(&story);
}

static const char *read(const char *text, unsigned bad_expected)
{
    return read_bytes(text, strlen(text), bad_expected);
}

static void setup(void)
{
    buf_init(&story, 1 << 20);
}

static void teardown(void)
{
    buf_finish(&story);
}

START_TEST(reads_sections_and_keys)
{
    ck_assert_str_eq(read("; about\n\n[a]\nx = 1\n\ty=2 3\t\n [ b-2 ] # why\nz = a=b\r\n#z = 4", 0),
                     "3 [a]\n4 a/x=<1>\n5 a/y=<2 3>\n6 [b-2]\n7 b-2/z=<a=b>\n");
    ck_assert_str_eq(read("", 0), "");
}
END_TEST

START_TEST(a_comment_follows_a_blank_only)
{
    ck_assert_str_eq(read("[a]\nx = p;w#d ; comment\ny = \"p ;w #d\" ; comment\nz=1\t#c\n", 0),
                     "1 [a]\n2 a/x=<p;w#d>\n3 a/y=<p ;w #d>\n4 a/z=<1>\n");
}
END_TEST

START_TEST(quotes_keep_everything)
{
    ck_assert_str_eq(read("[a]\nx = \"\"\ny = \" \\\" \\\\ \"\nz=\"ü\"\n", 0),
                     "1 [a]\n2 a/x=<>\n3 a/y=< \" \\ >\n4 a/z=<ü>\n");
}
END_TEST

START_TEST(every_bad_line_is_reported)
{
    ck_assert_str_eq(read("early = 1\n"
                          "[a\n"
                          "lost = 1\n"
                          "[a] b\n"
                          "[]\n"
                          "[a b]\n"
                          "[a]\n"
                          "word\n"
                          "= 1\n"
                          "two words = 1\n"
                          "x =\n"
                          "x = ; comment\n"
                          "x = \"open\n"
                          "x = \"open\\\"\n"
                          "x = \"a\" b\n"
                          "x = \"a\\n\"\n"
                          "x = a \"b\"\n"
                          "x = \x01\n"
                          "x = 1\n",
                          16),
                     "1 !a key before the first section\n"
                     "2 !a line that starts with [\n"
                     "4 !a line that starts with [\n"
                     "5 !a line that starts with [\n"
                     "6 !a line that starts with [\n"
                     "7 [a]\n"
                     "8 !neither a section nor a key with a value\n"
                     "9 !neither a section nor a key with a value\n"
                     "10 !neither a section nor a key with a value\n"
                     "11 !a key without a value\n"
                     "12 !a key without a value\n"
                     "13 !a quote that isn't closed\n"
                     "14 !a quote that isn't closed\n"
                     "15 !text after the closing quote\n"
                     "16 !a backslash inside quotes\n"
                     "17 !a quote inside a value\n"
                     "18 !a control character\n"
                     "19 a/x=<1>\n");
}
END_TEST

START_TEST(a_nul_is_a_control_character)
{
    ck_assert_str_eq(read_bytes("[a]\nx = 1\0\n", 11, 1), "1 [a]\n2 !a control character\n");
}
END_TEST

START_TEST(a_line_has_a_limit)
{
    char text[LIMIT_CONFIG_LINE_BYTES + 20];

    memset(text, 'v', sizeof text);
    memcpy(text, "[a]\nk=", 6);
    ck_assert(strlen(read_bytes(text, 4 + LIMIT_CONFIG_LINE_BYTES, 0)) > LIMIT_CONFIG_LINE_BYTES);
    ck_assert_str_eq(read_bytes(text, 4 + LIMIT_CONFIG_LINE_BYTES + 1, 1),
                     "1 [a]\n2 !a line that is too long\n");
}
END_TEST

START_TEST(a_text_has_a_limit)
{
    static char text[LIMIT_CONFIG_BYTES + 1];

    memset(text, '\n', sizeof text);
    ck_assert_str_eq(read_bytes(text, LIMIT_CONFIG_BYTES, 0), "");
    ck_assert_str_eq(read_bytes(text, LIMIT_CONFIG_BYTES + 1, 1), "0 !a text that is too long\n");
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("ini");
    TCase *tcase = tcase_create("ini");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, reads_sections_and_keys);
    tcase_add_test(tcase, a_comment_follows_a_blank_only);
    tcase_add_test(tcase, quotes_keep_everything);
    tcase_add_test(tcase, every_bad_line_is_reported);
    tcase_add_test(tcase, a_nul_is_a_control_character);
    tcase_add_test(tcase, a_line_has_a_limit);
    tcase_add_test(tcase, a_text_has_a_limit);
    suite_add_tcase(suite, tcase);
    return suite;
}
