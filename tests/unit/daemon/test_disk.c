/* The store on real files: scenarios DK, SN-11 to SN-14, TV-04, TV-07. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/disk_fixture.h"

START_TEST(an_empty_directory_holds_nothing)
{
    struct bench bench;

    bench_start(&bench);
    bench_reopen(&bench);
    ck_assert_uint_eq(bench.found.term, 0);
    ck_assert_uint_eq(bench.found.snapshot.index, 0);
    ck_assert_uint_eq(bench.found.entry_count, 0);
    bench_finish(&bench);
}
END_TEST

START_TEST(what_was_appended_is_there_after_a_restart)
{
    struct bench bench;

    bench_start(&bench);
    append(&bench, 1, 1, 1);
    append(&bench, 2, 50, 1);
    bench_reopen(&bench);
    expect_log(&bench, 1, 50, 51);
    append(&bench, 51, 60, 1);
    bench_reopen(&bench);
    expect_log(&bench, 1, 60, 61);
    ck_assert_int_eq(segments(&bench), 1); /* a restart goes on in the same one */
    bench_finish(&bench);
}
END_TEST

START_TEST(RP_24_neighbours_are_written_together_and_answered_in_order)
{
    struct bench bench;
    struct disk_request requests[100];

    bench_start(&bench);
    for (uint64_t i = 0; i < 100; i++) {
        queue_append(&bench, &requests[i], i + 1, i + 1, 1);
    }
    wait_done(&bench, 100);
    bench_reopen(&bench);
    expect_log(&bench, 1, 100, 101);
    bench_finish(&bench);
}
END_TEST

START_TEST(DK_09_10_a_cut_tail_never_comes_back)
{
    static const uint64_t cuts[] = {1, 2, 7, 10, 11};

    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        struct bench bench;

        bench_start(&bench);
        append(&bench, 1, 10, 1);
        append(&bench, cuts[i], cuts[i] + 1, 2);
        bench_reopen(&bench);
        expect_log(&bench, 1, cuts[i] + 1, cuts[i]);
        append(&bench, cuts[i] + 2, 20, 2);
        append(&bench, cuts[i], 15, 2); /* and again, over two segments */
        bench_reopen(&bench);
        expect_log(&bench, 1, 15, cuts[i]);
        bench_finish(&bench);
    }
}
END_TEST

START_TEST(DK_01_a_torn_end_is_dropped_and_the_next_append_lands_right)
{
    struct bench bench;
    char path[128];

    bench_start(&bench);
    append(&bench, 1, 5, 1);
    append(&bench, 6, 6, 1);
    bench_close(&bench);
    /* entry 6 is behind five of 56 bytes and a mark of 40; its last bytes don't arrive */
    text_format(path, sizeof(path), "%s/log-0000000000000001", bench.directory);
    ck_assert_int_eq(truncate(path, 64 + 5 * 56 + 40 + 50), 0);
    bench_open(&bench);
    expect_log(&bench, 1, 5, 6);
    append(&bench, 6, 8, 1);
    bench_reopen(&bench);
    expect_log(&bench, 1, 8, 9);
    bench_finish(&bench);
}
END_TEST

START_TEST(DK_03_damage_before_a_later_write_is_never_repaired)
{
    struct bench bench;
    struct err err = {0};

    bench_start(&bench);
    append(&bench, 1, 5, 1);
    append(&bench, 6, 6, 1);
    bench_close(&bench);
    flip(&bench, "log-0000000000000001", 64 + 60);
    ck_assert_int_eq(try_open(&bench, "a1", &err), ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(err.text, "log-0000000000000001"));
    flip(&bench, "log-0000000000000001", 64 + 60);
    bench_open(&bench);
    expect_log(&bench, 1, 6, 7);
    bench_finish(&bench);
}
END_TEST

START_TEST(DK_04_damage_to_the_last_entry_is_found_by_the_mark_behind_it)
{
    struct bench bench;
    struct err err = {0};

    bench_start(&bench);
    append(&bench, 1, 5, 1);
    bench_close(&bench);
    flip(&bench, "log-0000000000000001", 64 + 4 * 56 + 45);
    ck_assert_int_eq(try_open(&bench, "a1", &err), ERR_CORRUPT);
    bench_erase(&bench);
}
END_TEST

START_TEST(DK_07_a_missing_segment_is_damage)
{
    struct bench bench;
    struct err err = {0};
    char path[128];

    bench_start(&bench);
    append(&bench, 1, 10, 1);
    append(&bench, 5, 6, 2);
    append(&bench, 4, 4, 2);
    bench_close(&bench);
    text_format(path, sizeof(path), "%s/log-0000000000000001", bench.directory);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(try_open(&bench, "a1", &err), ERR_CORRUPT);
    bench_erase(&bench);
}
END_TEST

START_TEST(DK_08_a_segment_that_was_never_finished_is_no_harm)
{
    struct bench bench;
    char path[128];
    int fd;

    bench_start(&bench);
    append(&bench, 1, 10, 1);
    bench_close(&bench);
    text_format(path, sizeof(path), "%s/log-0000000000000002", bench.directory);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    ck_assert_int_eq(ftruncate(fd, 4096), 0);
    close(fd);
    bench_open(&bench);
    expect_log(&bench, 1, 10, 11);
    append(&bench, 11, 12, 2);
    bench_reopen(&bench);
    expect_log(&bench, 1, 12, 11);
    bench_finish(&bench);
}
END_TEST

START_TEST(SN_compaction_keeps_what_follows_and_forgets_old_segments)
{
    struct bench bench;

    bench_start(&bench);
    vote(&bench, 2, 3);
    for (uint64_t round = 0; round < 6; round++) {
        append(&bench, round * 100 + 1, round * 100 + 100, 1);
        snapshot(&bench, round * 100 + 90, 1, round * 100 + 80);
    }
    ck_assert_int_le(segments(&bench), 2);
    bench_reopen(&bench);
    ck_assert_uint_eq(bench.found.snapshot.index, 590);
    ck_assert_mem_eq(bench.found.snapshot.blob->bytes, "state", 5);
    ck_assert_uint_eq(bench.found.snapshot.members.count, 2);
    expect_log(&bench, 591, 600, 601);
    ck_assert_uint_eq(bench.found.term, 2); /* TV-04 */
    ck_assert_uint_eq(bench.found.vote, 3);
    append(&bench, 601, 610, 1);
    bench_reopen(&bench);
    expect_log(&bench, 591, 610, 611);
    bench_finish(&bench);
}
END_TEST

START_TEST(SN_12_13_an_installed_snapshot_replaces_the_log)
{
    struct bench bench;
    char from[128];
    char to[128];

    bench_start(&bench);
    append(&bench, 1, 10, 1);
    text_format(from, sizeof(from), "%s/log-0000000000000001", bench.directory);
    text_format(to, sizeof(to), "%s/kept", bench.directory);
    ck_assert_int_eq(link(from, to), 0);
    snapshot(&bench, 8, 2, 0);
    ck_assert_int_eq(segments(&bench), 0);
    bench_close(&bench);
    ck_assert_int_eq(rename(to, from), 0); /* as if the crash came before the removal */
    bench_open(&bench);
    ck_assert_uint_eq(bench.found.snapshot.index, 8);
    ck_assert_uint_eq(bench.found.entry_count, 0);
    ck_assert_int_eq(segments(&bench), 0);
    append(&bench, 9, 12, 2);
    bench_reopen(&bench);
    expect_log(&bench, 9, 12, 9);
    bench_finish(&bench);
}
END_TEST

START_TEST(TV_07_a_damaged_vote_is_fatal)
{
    static const long offsets[] = {0, 5, 30, 4096, 4096 + 9, 4096 + 30};

    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        struct bench bench;
        struct err err = {0};

        bench_start(&bench);
        for (uint64_t term = 1; term <= 5; term++) {
            vote(&bench, term, 2);
        }
        bench_reopen(&bench);
        ck_assert_uint_eq(bench.found.term, 5);
        ck_assert_uint_eq(bench.found.vote, 2);
        bench_close(&bench);
        flip(&bench, "vote", offsets[i]);
        ck_assert_int_eq(try_open(&bench, "a1", &err), ERR_CORRUPT);
        bench_erase(&bench);
    }
}
END_TEST

START_TEST(DK_14_15_one_process_and_one_agent)
{
    struct bench bench;
    struct bench other = {0};
    struct err err = {0};

    bench_start(&bench);
    other.loop = bench.loop;
    memcpy(other.directory, bench.directory, sizeof(other.directory));
    ck_assert_int_eq(try_open(&other, "a1", &err), ERR_BUSY);
    bench_close(&bench);
    ck_assert_int_eq(try_open(&bench, "a2", &err), ERR_REFUSED);
    ck_assert_ptr_nonnull(strstr(err.text, "belongs to agent \"a1\""));
    bench_open(&bench);
    bench_finish(&bench);
}
END_TEST

START_TEST(small_records_are_replaced_in_place)
{
    struct bench bench;
    struct disk_request request = {.context = &bench};
    uint8_t bytes[LIMIT_SMALL_BYTES];
    uint8_t big[LIMIT_SMALL_BYTES + 1];
    size_t length;

    memset(big, 7, sizeof(big));
    bench_start(&bench);
    ck_assert_int_eq(disk_read_small(bench.disk, "floor", bytes, &length, NULL), ERR_NOTFOUND);
    for (int i = 0; i < 5; i++) {
        char text[] = "epoch 0";

        text[6] = (char)('0' + i);
        ck_assert_int_eq(disk_write_small(bench.disk, &request, "floor", text, 7, on_done), 0);
        wait_done(&bench, i + 1);
        ck_assert_int_eq(disk_read_small(bench.disk, "floor", bytes, &length, NULL), 0);
        ck_assert_uint_eq(length, 7);
        ck_assert_mem_eq(bytes, text, 7);
    }
    ck_assert_int_eq(
        disk_write_small(bench.disk, &request, "floor", big, LIMIT_SMALL_BYTES, on_done), 0);
    wait_done(&bench, 6);
    ck_assert_int_eq(disk_write_small(bench.disk, &request, "floor", big, sizeof(big), on_done),
                     ERR_LIMIT);
    ck_assert_int_eq(disk_write_small(bench.disk, &request, "../x", big, 1, on_done), ERR_INVALID);
    ck_assert_int_eq(disk_write_small(bench.disk, &request, "vote", big, 1, on_done), ERR_INVALID);
    bench_reopen(&bench);
    ck_assert_int_eq(disk_read_small(bench.disk, "floor", bytes, &length, NULL), 0);
    ck_assert_uint_eq(length, LIMIT_SMALL_BYTES);
    bench_finish(&bench);
}
END_TEST

/* Told, not judged: the machine may be busy, and this is with the sanitizers. */
START_TEST(DK_19_how_long_it_takes_to_open)
{
    static const uint64_t counts[] = {1, 10000, 100000};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct bench bench;
        uint64_t start_us;

        bench_start(&bench);
        for (uint64_t first = 1; first <= counts[i]; first += 500) {
            append(&bench, first, first + 499 < counts[i] ? first + 499 : counts[i], 1);
        }
        bench_close(&bench);
        start_us = clock_now_us();
        bench_open(&bench);
        printf("opening a log of %llu entries: %llu us\n", (unsigned long long)counts[i],
               (unsigned long long)(clock_now_us() - start_us));
        ck_assert_uint_eq(bench.found.entry_count, counts[i]);
        bench_finish(&bench);
    }
}
END_TEST

START_TEST(DK_12_the_first_failure_is_the_last_write)
{
    struct bench bench;
    struct disk_request first;
    struct disk_request second = {.context = &bench};
    char path[128];

    bench_start(&bench);
    append(&bench, 1, 3, 1);
    /* A directory where the next segment should be: creating it fails. */
    text_format(path, sizeof(path), "%s/log-0000000000000002", bench.directory);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    queue_append(&bench, &first, 2, 3, 2);
    disk_write_vote(bench.disk, &second, 9, 1, on_done);
    wait_done(&bench, 3);
    ck_assert_int_eq(bench.result, ERR_IO);
    ck_assert_str_ne(disk_failure(bench.disk), "");
    ck_assert_int_eq(rmdir(path), 0);
    bench_reopen(&bench);
    ck_assert_uint_eq(bench.found.term, 0);
    expect_log(&bench, 1, 3, 4);
    bench_finish(&bench);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("disk");
    TCase *tcase = tcase_create("files");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, an_empty_directory_holds_nothing);
    tcase_add_test(tcase, what_was_appended_is_there_after_a_restart);
    tcase_add_test(tcase, RP_24_neighbours_are_written_together_and_answered_in_order);
    tcase_add_test(tcase, DK_09_10_a_cut_tail_never_comes_back);
    tcase_add_test(tcase, DK_01_a_torn_end_is_dropped_and_the_next_append_lands_right);
    tcase_add_test(tcase, DK_03_damage_before_a_later_write_is_never_repaired);
    tcase_add_test(tcase, DK_04_damage_to_the_last_entry_is_found_by_the_mark_behind_it);
    tcase_add_test(tcase, DK_07_a_missing_segment_is_damage);
    tcase_add_test(tcase, DK_08_a_segment_that_was_never_finished_is_no_harm);
    tcase_add_test(tcase, SN_compaction_keeps_what_follows_and_forgets_old_segments);
    tcase_add_test(tcase, SN_12_13_an_installed_snapshot_replaces_the_log);
    tcase_add_test(tcase, TV_07_a_damaged_vote_is_fatal);
    tcase_add_test(tcase, DK_14_15_one_process_and_one_agent);
    tcase_add_test(tcase, small_records_are_replaced_in_place);
    tcase_add_test(tcase, DK_19_how_long_it_takes_to_open);
    tcase_add_test(tcase, DK_12_the_first_failure_is_the_last_write);
    suite_add_tcase(suite, tcase);
    return suite;
}
