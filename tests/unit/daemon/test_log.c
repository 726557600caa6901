#include "tests/unit/main.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/io/clock.h"
#include "daemon/io/log.h"

static char path[] = "/tmp/orchestratord-log-XXXXXX";
static struct log log_;

static void setup(void)
{
    int fd = mkstemp(path);
    struct err err;

    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(log_open(&log_, path, "a1", LOG_LEVEL_INFO, &err), 0);
}

static void teardown(void)
{
    log_close(&log_);
    unlink(path);
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
}

/* What the file holds after the time of its first line. */
static const char *written(void)
{
    static char text[2 * LOG_LINE_BYTES];
    FILE *file = fopen(path, "r");
    size_t n;

    ck_assert_ptr_nonnull(file);
    n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    return n == 0 ? text : strchr(text, ' ') + 1;
}

START_TEST(an_event_is_a_line)
{
    log_event(&log_, LOG_LEVEL_INFO, "peer_connected", LOG_TEXT("peer", "a2"), LOG_U64("n", 7),
              LOG_I64("change", -7), LOG_BOOL("voter", true), LOG_END);
    ck_assert_str_eq(written(),
                     "level=info event=peer_connected agent=a1 peer=a2 n=7 change=-7 voter=yes\n");
}
END_TEST

START_TEST(no_value_can_start_a_line_or_a_key)
{
    log_event(&log_, LOG_LEVEL_ERROR, "e", LOG_TEXT("a", "x y=z"), LOG_TEXT("b", "1\n2\r\t\"\\"),
              LOG_TEXT("c", ""), LOG_TEXT("d", "\x1b\x7f\xc3"), LOG_TEXT("e", NULL), LOG_END);
    ck_assert_str_eq(written(),
                     "level=error event=e agent=a1 a=\"x y=z\" b=\"1\\n2\\r\\t\\\"\\\\\" "
                     "c=\"\" d=\"\\x1b\\x7f\\xc3\" e=none\n");
}
END_TEST

START_TEST(levels_below_are_left_out)
{
    log_event(&log_, LOG_LEVEL_DEBUG, "e", LOG_END);
    ck_assert_str_eq(written(), "");
    ck_assert(!log_enabled(&log_, LOG_LEVEL_DEBUG));
    log_event(&log_, LOG_LEVEL_WARNING, "e", LOG_END);
    ck_assert_str_eq(written(), "level=warning event=e agent=a1\n");
}
END_TEST

static void write_long(const char *first, size_t length)
{
    char text[2 * LOG_LINE_BYTES];

    memset(text, 'x', length);
    text[length] = '\0';
    memcpy(text, first, strlen(first));
    log_event(&log_, LOG_LEVEL_INFO, "e", LOG_TEXT("v", text), LOG_TEXT("w", "1"), LOG_END);
}

START_TEST(a_line_is_bounded)
{
    const char *text;

    write_long("a b", LOG_LINE_BYTES);
    text = written();
    ck_assert_uint_le(strlen(text), LOG_LINE_BYTES);
    ck_assert_str_eq(text + strlen(text) - 12, "xx\" cut=yes\n");
    ck_assert_ptr_null(strstr(text, "w=1"));
}
END_TEST

START_TEST(a_line_at_the_edge_is_whole)
{
    size_t room = LOG_LINE_BYTES - strlen("\" cut=yes\n");
    size_t used = strlen("time= level=info event=e agent=a1 v= w=1") + CLOCK_TEXT_SIZE - 1;
    const char *text;

    write_long("", room - used);
    text = written();
    ck_assert_str_eq(text + strlen(text) - 5, " w=1\n");
    ck_assert_int_eq(ftruncate(log_.fd, 0), 0);
    write_long("", room - used + 1);
    text = written();
    ck_assert_str_eq(text + strlen(text) - 12, " w= cut=yes\n");
}
END_TEST

START_TEST(a_full_pipe_loses_lines_and_says_so)
{
    int ends[2];
    struct log pipe_log = log_;
    char text[1 << 16];
    uint64_t lost;
    ssize_t n;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    pipe_log.fd = ends[1];
    pipe_log.owned = false;
    for (int i = 0; i < 100000 && pipe_log.lost < 3; i++) {
        log_event(&pipe_log, LOG_LEVEL_INFO, "filling", LOG_END);
    }
    lost = pipe_log.lost;
    ck_assert_uint_eq(lost, 3);
    n = read(ends[0], text, sizeof text);
    ck_assert_int_gt(n, 0);
    log_event(&pipe_log, LOG_LEVEL_INFO, "after", LOG_END);
    ck_assert_uint_eq(pipe_log.lost, 0);
    n = read(ends[0], text, sizeof text - 1);
    ck_assert_int_gt(n, 0);
    text[n] = '\0';
    ck_assert_ptr_nonnull(strstr(text, "event=after agent=a1 lost=3\n"));
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(a_file_that_cannot_be_opened_leaves_standard_error)
{
    struct log log;
    struct err err;

    ck_assert_int_eq(log_open(&log, "/nonexistent/log", "a1", LOG_LEVEL_ERROR, &err), ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/log"));
    ck_assert_int_eq(log.fd, STDERR_FILENO);
    log_close(&log);
}
END_TEST

START_TEST(levels_have_names)
{
    enum log_level level = LOG_LEVEL_ERROR;

    ck_assert(log_level_parse("debug", &level));
    ck_assert_int_eq(level, LOG_LEVEL_DEBUG);
    ck_assert(!log_level_parse("loud", &level));
    ck_assert_str_eq(log_level_text(LOG_LEVEL_WARNING), "warning");
}
END_TEST

START_TEST(times_are_rfc_3339)
{
    char text[CLOCK_TEXT_SIZE];

    clock_format(text, sizeof text, 0);
    ck_assert_str_eq(text, "1970-01-01T00:00:00.000Z");
    clock_format(text, sizeof text, 1795224979123);
    ck_assert_str_eq(text, "2026-11-21T01:36:19.123Z");
    clock_format(text, sizeof text, UINT64_MAX);
    ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
}
END_TEST

START_TEST(the_monotonic_clock_never_goes_back)
{
    uint64_t before_us = clock_now_us();
    uint64_t ms = clock_now_ms();
    uint64_t after_us = clock_now_us();

    ck_assert_uint_le(before_us / 1000, ms);
    ck_assert_uint_le(ms, after_us / 1000);
    ck_assert_uint_gt(clock_wall_ms(), 1700000000000);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("log");
    TCase *tcase = tcase_create("log");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_event_is_a_line);
    tcase_add_test(tcase, no_value_can_start_a_line_or_a_key);
    tcase_add_test(tcase, levels_below_are_left_out);
    tcase_add_test(tcase, a_line_is_bounded);
    tcase_add_test(tcase, a_line_at_the_edge_is_whole);
    tcase_add_test(tcase, a_full_pipe_loses_lines_and_says_so);
    tcase_add_test(tcase, a_file_that_cannot_be_opened_leaves_standard_error);
    tcase_add_test(tcase, levels_have_names);
    tcase_add_test(tcase, times_are_rfc_3339);
    tcase_add_test(tcase, the_monotonic_clock_never_goes_back);
    suite_add_tcase(suite, tcase);
    return suite;
}
