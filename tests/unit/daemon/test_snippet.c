#include "tests/unit/main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "daemon/io/snippet.h"
#include "tests/unit/daemon/file_line.h"

static char directory[64];
static char path[128];

static void set_up(void)
{
    strcpy(directory, "/tmp/test_snippet-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/99-orchestratord.cnf", directory);
}

static void tear_down(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(directory), 0); /* nothing else is left in it */
}

static void assert_line(const char *wanted)
{
    ck_assert_msg(file_has_line(path, wanted), "%s", wanted);
}

START_TEST(every_boot_is_harmless)
{
    struct err err;

    ck_assert_int_eq(snippet_write(path, SNIPPET_SLAVE, false, &err), 0);
    assert_line("init_rpl_role=SLAVE");
    ck_assert_int_eq(snippet_write(path, SNIPPET_MASTER, false, &err), 0);
    assert_line("[mariadbd]");
    assert_line("read_only=1");
    assert_line("skip_slave_start=1");
    assert_line("rpl_semi_sync_master_enabled=0");
    assert_line("rpl_semi_sync_slave_enabled=0");
    assert_line("init_rpl_role=MASTER");
}
END_TEST

START_TEST(a_lease_is_never_forgotten)
{
    ck_assert(!snippet_was_leased(path));
    ck_assert_int_eq(snippet_write(path, SNIPPET_SLAVE, false, NULL), 0);
    ck_assert(!snippet_was_leased(path));
    ck_assert_int_eq(snippet_write(path, SNIPPET_SLAVE, true, NULL), 0);
    ck_assert(snippet_was_leased(path));
    ck_assert_int_eq(snippet_write(path, SNIPPET_MASTER, false, NULL), 0);
    ck_assert(snippet_was_leased(path));
    assert_line("init_rpl_role=MASTER");
}
END_TEST

/* One that somebody else wrote over, or that can't be read (a directory, here), may have said it.
 */
START_TEST(what_cannot_be_read_was_leased)
{
    char text[4096];
    FILE *file = fopen(path, "w");

    memset(text, '#', sizeof text);
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, 2047, file), 2047);
    ck_assert_int_eq(fflush(file), 0);
    ck_assert(!snippet_was_leased(path)); /* the longest that is read */
    ck_assert_int_eq(fputc('#', file), '#');
    ck_assert_int_eq(fclose(file), 0);
    ck_assert(snippet_was_leased(path));
    ck_assert_int_eq(snippet_write(path, SNIPPET_MASTER, false, NULL), 0);
    assert_line("read_only=1");
    ck_assert(snippet_was_leased(path));
    ck_assert_int_eq(remove(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert(snippet_was_leased(path));
    ck_assert_int_eq(snippet_write(path, SNIPPET_MASTER, false, NULL), ERR_IO);
    ck_assert_int_eq(remove(path), 0);
}
END_TEST

START_TEST(the_same_bytes_are_left_alone)
{
    struct stat before;
    struct stat after;

    ck_assert_int_eq(snippet_write(path, SNIPPET_MASTER, false, NULL), 0);
    ck_assert_int_eq(stat(path, &before), 0);
    ck_assert_int_eq(snippet_write(path, SNIPPET_MASTER, false, NULL), 0);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

START_TEST(a_stranger_is_replaced)
{
    FILE *file = fopen(path, "w");
    struct err err;

    fputs("[mysqld]\nread_only=0\ninit_rpl_role=BOTH\n", file);
    fclose(file);
    ck_assert_int_eq(snippet_write(path, SNIPPET_MASTER, false, &err), 0);
    ck_assert(!file_has_line(path, "read_only=0"));
    assert_line("init_rpl_role=MASTER");
}
END_TEST

START_TEST(a_missing_directory_is_told)
{
    struct err err;

    ck_assert_int_eq(snippet_write("/nowhere/at/all.cnf", SNIPPET_MASTER, false, &err), ERR_IO);
    ck_assert_msg(strstr(err.text, "/nowhere/at/all.cnf") != NULL, "%s", err.text);
}
END_TEST

static bool done;
static struct err told;

static void on_written(struct snippet_job *job, const struct err *why)
{
    (void)job;
    done = true;
    if (why != NULL) {
        told = *why;
    }
}

START_TEST(off_the_loop_it_does_the_same)
{
    uv_loop_t loop;
    struct snippet_job job;

    uv_loop_init(&loop);
    done = false;
    err_reset(&told);
    snippet_write_start(&job, &loop, path, SNIPPET_SLAVE, false, on_written);
    ck_assert(!done);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(done);
    ck_assert_int_eq(told.code, 0);
    assert_line("init_rpl_role=SLAVE");
    done = false;
    snippet_write_start(&job, &loop, "/nowhere/at/all.cnf", SNIPPET_SLAVE, false, on_written);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(done);
    ck_assert_int_eq(told.code, ERR_IO);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("snippet");
    TCase *tests = tcase_create("snippet");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, every_boot_is_harmless);
    tcase_add_test(tests, a_lease_is_never_forgotten);
    tcase_add_test(tests, what_cannot_be_read_was_leased);
    tcase_add_test(tests, the_same_bytes_are_left_alone);
    tcase_add_test(tests, a_stranger_is_replaced);
    tcase_add_test(tests, a_missing_directory_is_told);
    tcase_add_test(tests, off_the_loop_it_does_the_same);
    suite_add_tcase(suite, tests);
    return suite;
}
