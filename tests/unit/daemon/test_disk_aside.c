/* A store that can't be opened is set aside, whole. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/disk_fixture.h"

START_TEST(what_cannot_be_opened_is_set_aside_and_another_store_is_born)
{
    static const char *const keep[] = {"floor", NULL};
    struct bench bench;
    struct disk_request request = {.context = &bench};
    struct err err = {0};
    char path[LIMIT_PATH_SIZE];
    char command[LIMIT_PATH_SIZE + 16];
    uint64_t store;
    uint8_t bytes[LIMIT_SMALL_BYTES];
    size_t length;

    bench_start(&bench);
    store = bench.found.store;
    ck_assert_uint_ne(store, 0);
    append(&bench, 1, 5, 1);
    vote(&bench, 3, 2);
    ck_assert_int_eq(disk_write_small(bench.disk, &request, "floor", "5", 1, on_done), 0);
    wait_done(&bench, bench.done + 1);
    ck_assert_int_eq(disk_set_aside(bench.directory, NULL, keep, path, sizeof(path), &err),
                     ERR_BUSY);
    bench_reopen(&bench);
    ck_assert_uint_eq(bench.found.store, store); /* the same over its life */
    bench_close(&bench);
    flip(&bench, "log-0000000000000001", 64 + 60);
    ck_assert_int_eq(try_open(&bench, "a1", &err), ERR_CORRUPT);
    ck_assert_int_eq(disk_set_aside(bench.directory, NULL, keep, path, sizeof(path), &err), 0);
    ck_assert_ptr_nonnull(strstr(path, "/damaged-1"));
    text_format(command, sizeof(command), "%s/log-0000000000000001", path);
    ck_assert_int_eq(access(command, F_OK), 0);
    bench_open(&bench);
    ck_assert_uint_ne(bench.found.store, store);
    ck_assert_uint_eq(bench.found.term, 0);
    ck_assert_uint_eq(bench.found.entry_count, 0);
    ck_assert_int_eq(disk_read_small(bench.disk, "floor", bytes, &length, NULL), 0);
    bench_close(&bench);
    for (int i = 2; i <= DISK_ASIDE_MAX; i++) {
        ck_assert_int_eq(disk_set_aside(bench.directory, NULL, keep, path, sizeof(path), &err), 0);
    }
    ck_assert_int_eq(disk_set_aside(bench.directory, NULL, keep, path, sizeof(path), &err),
                     ERR_LIMIT);
    text_format(command, sizeof(command), "rm -r %s/damaged-*", bench.directory);
    ck_assert_int_eq(system(command), 0);
    bench_erase(&bench);
}
END_TEST

START_TEST(only_files_of_the_store_are_set_aside_and_no_record_that_is_damaged_is_kept)
{
    static const char *const keep[] = {"floor", NULL};
    static const char *const stay[] = {"seat", NULL};
    struct bench bench;
    struct disk_request request = {.context = &bench};
    struct err err = {0};
    char aside[LIMIT_PATH_SIZE];
    char path[LIMIT_PATH_SIZE];
    char command[LIMIT_PATH_SIZE + 16];

    bench_start(&bench);
    ck_assert_int_eq(disk_write_small(bench.disk, &request, "floor", "5", 1, on_done), 0);
    wait_done(&bench, 1);
    bench_close(&bench);
    flip(&bench, "floor", WAL_SLOT_STRIDE + 30);
    text_format(path, sizeof(path), "%s/saved", bench.directory); /* gate_save's */
    ck_assert_int_eq(mkdir(path, 0700), 0);
    text_format(command, sizeof(command), "echo anything >%s/seat", bench.directory);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(disk_set_aside(bench.directory, stay, keep, aside, sizeof(aside), &err), 0);
    ck_assert_int_eq(rmdir(path), 0);
    text_format(path, sizeof(path), "%s/seat", bench.directory);
    ck_assert_int_eq(access(path, F_OK), 0); /* whatever is in it */
    text_format(path, sizeof(path), "%s/floor", bench.directory);
    ck_assert_int_ne(access(path, F_OK), 0);
    bench_open(&bench);
    bench_close(&bench);
    text_format(path, sizeof(path), "rm -r %s", aside);
    ck_assert_int_eq(system(path), 0);
    bench_erase(&bench);
}
END_TEST

START_TEST(what_a_crash_leaves_of_a_store_that_is_set_aside_is_not_opened)
{
    struct bench bench;
    struct err err = {0};
    char path[LIMIT_PATH_SIZE];

    bench_start(&bench);
    vote(&bench, 3, 2);
    bench_close(&bench);
    text_format(path, sizeof(path), "%s/identity", bench.directory);
    ck_assert_int_eq(unlink(path), 0); /* it went first */
    ck_assert_int_eq(try_open(&bench, "a1", &err), ERR_CORRUPT);
    ck_assert_int_eq(disk_set_aside(bench.directory, NULL, NULL, path, sizeof(path), &err), 0);
    bench_open(&bench);
    ck_assert_uint_eq(bench.found.term, 0);
    bench_close(&bench);
    text_format(path, sizeof(path), "rm -r %s/damaged-1", bench.directory);
    ck_assert_int_eq(system(path), 0);
    bench_erase(&bench);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("disk_aside");
    TCase *tcase = tcase_create("files");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_cannot_be_opened_is_set_aside_and_another_store_is_born);
    tcase_add_test(tcase,
                   only_files_of_the_store_are_set_aside_and_no_record_that_is_damaged_is_kept);
    tcase_add_test(tcase, what_a_crash_leaves_of_a_store_that_is_set_aside_is_not_opened);
    suite_add_tcase(suite, tcase);
    return suite;
}
