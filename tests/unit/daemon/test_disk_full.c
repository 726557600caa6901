/* A disk that is full, fails or hangs, over memory_disk: DK-11, DK-12, TV-06, AS-05, and what
 * disk_state() says of it. */
#include "tests/unit/main.h"

#include <uv.h>

#include "daemon/io/clock.h"
#include "tests/unit/daemon/store_fixture.h"

static void begin(struct store *store, uint64_t seed)
{
    struct disk_request request;

    store_init(store);
    memory_start(seed);
    ck_assert_msg(store_open(store) == 0, "%s", store->err.text);
    queue_vote(store, &request, 1, 1);
    ck_assert_int_eq(store_do(store, &request), 0);
}

static void end(struct store *store)
{
    store_close(store);
    memory_finish();
}

static void reopen(struct store *store)
{
    store_close(store);
    memory_lose_power();
    ck_assert_msg(store_open(store) == 0, "%s", store->err.text);
}

/* ---- full -------------------------------------------------------------------------------------
 */

/* With room for every number of bytes: preallocation, header, zeros and records meet the end. */
START_TEST(DK_11_an_append_waits_for_space_wherever_it_ends_and_nothing_is_lost)
{
    bool waited = true;

    for (uint64_t space = 0; waited; space += 512) {
        for (int power = 0; power < 2; power++) {
            struct store store;
            struct disk_request request;
            int names;

            begin(&store, space + 1);
            queue_append(&store, &request, 1, 3, 1);
            ck_assert_int_eq(store_do(&store, &request), 0);
            memory.space = space;
            queue_append(&store, &request, 3, 40, 2); /* a cut, in a segment of its own */
            waited = store_work(&store) == 0;
            ck_assert_int_eq(store.work.full, waited);
            names = memory.name_count;
            for (int i = 0; waited && i < 20; i++) { /* trying costs nothing */
                ck_assert_int_eq(store_work(&store), 0);
            }
            ck_assert_int_eq(memory.name_count, names);
            if (power == 1) {
                buf_finish(&request.bytes);
                reopen(&store);
                store_check(&store, space, 1);
                end(&store);
                continue;
            }
            memory.space = UINT64_MAX;
            ck_assert_int_eq(store_work(&store), waited ? 1 : 0);
            ck_assert(!store.work.full);
            ck_assert_int_eq(request.result, 0);
            buf_finish(&request.bytes);
            store.held = store.after;
            reopen(&store);
            ck_assert(found_is(&store.found, &store.held, 40));
            end(&store);
        }
    }
}
END_TEST

START_TEST(DK_11_votes_and_floors_go_ahead_of_what_waits_for_space)
{
    struct store store;
    struct disk_request entries;
    struct disk_request more;
    struct disk_request vote;
    struct disk_request floor;

    begin(&store, 1);
    memory.is_full = true;
    queue_append(&store, &entries, 1, 2, 1);
    queue_append(&store, &more, 3, 4, 1);
    queue_vote(&store, &vote, 2, 3);
    queue_small(&store, &floor, "floor", "7");
    entries.result = more.result = vote.result = floor.result = 1;
    ck_assert_int_eq(store_work(&store), 2);
    ck_assert_int_eq(vote.result, 0);
    ck_assert_int_eq(floor.result, 0);
    ck_assert_int_eq(entries.result, 1);
    ck_assert(store.work.full && store.work.broken == 0);
    memory.is_full = false;
    ck_assert_int_eq(store_work(&store), 2);
    ck_assert_int_eq(entries.result, 0);
    ck_assert_int_eq(more.result, 0);
    buf_finish(&entries.bytes);
    buf_finish(&more.bytes);
    buf_finish(&vote.bytes);
    buf_finish(&floor.bytes);
    store.held = store.after;
    reopen(&store);
    ck_assert(found_is(&store.found, &store.held, 4));
    end(&store);
}
END_TEST

START_TEST(a_small_record_that_must_be_made_waits_and_only_its_like_wait_for_it)
{
    struct store store;
    struct disk_request requests[5];
    uint8_t bytes[LIMIT_SMALL_BYTES];
    uint64_t sequence;
    size_t length;

    begin(&store, 1);
    memory.is_full = true;
    queue_append(&store, &requests[0], 1, 2, 1);
    queue_small(&store, &requests[1], "new", "first");
    queue_small(&store, &requests[2], "new", "second");
    queue_vote(&store, &requests[3], 2, 3);
    ck_assert_int_eq(store_work(&store), 1);
    queue_vote(&store, &requests[4], 3, 1); /* one that comes later goes ahead, too */
    ck_assert_int_eq(store_work(&store), 1);
    ck_assert_int_eq(store.work.broken, 0);
    memory.is_full = false;
    memory.fail_at = memory.operations + 2; /* the first one still finds no space */
    memory.fail_code = ERR_FULL;
    ck_assert_int_eq(store_work(&store), 3);
    ck_assert_int_eq(
        disk_slots_read(MEMORY_DIRECTORY, "new", &sequence, bytes, &length, &store.err), 0);
    ck_assert_uint_eq(sequence, 2);
    ck_assert_mem_eq(bytes, "second", 6);
    for (int i = 0; i < 5; i++) {
        buf_finish(&requests[i].bytes);
    }
    store.held = store.after;
    reopen(&store);
    ck_assert(found_is(&store.found, &store.held, 2));
    end(&store);
}
END_TEST

START_TEST(DK_11_a_snapshot_of_our_own_is_given_up_and_one_from_the_leader_waits)
{
    struct store store;
    struct disk_request own;
    struct disk_request sent;
    struct held before;

    begin(&store, 1);
    queue_append(&store, &own, 1, 20, 1);
    ck_assert_int_eq(store_do(&store, &own), 0);
    memory.is_full = true;
    before = store.after;
    queue_snapshot(&store, &own, 15, 1, 5);
    ck_assert_int_eq(store_do(&store, &own), ERR_FULL);
    ck_assert_int_eq(store.work.broken, 0);
    ck_assert(!store.work.full);
    store.after = before;
    queue_snapshot(&store, &sent, 90, 1, 0);
    ck_assert_int_eq(store_work(&store), 0);
    ck_assert(store.work.full);
    memory.is_full = false;
    ck_assert_int_eq(store_work(&store), 1);
    ck_assert_int_eq(sent.result, 0);
    buf_finish(&sent.bytes);
    store.held = store.after;
    reopen(&store);
    ck_assert(found_is(&store.found, &store.held, 90));
    end(&store);
}
END_TEST

START_TEST(a_store_that_was_closed_opens_on_a_full_disk)
{
    struct store store;
    struct disk_request request;

    begin(&store, 1);
    queue_append(&store, &request, 1, 3, 1);
    ck_assert_int_eq(store_do(&store, &request), 0);
    memory.is_full = true;
    reopen(&store);
    ck_assert(found_is(&store.found, &store.held, 3));
    queue_vote(&store, &request, 2, 3);
    ck_assert_int_eq(store_do(&store, &request), 0);
    end(&store);
}
END_TEST

/* ---- failed ------------------------------------------------------------------------------------
 */

/* Fails the n-th operation of a vote, an append, a roll and a snapshot; what comes later is not
 * tried any more, though it would succeed. */
START_TEST(DK_12_TV_06_AS_05_the_first_failure_is_the_last_write)
{
    bool failed = true;

    for (uint64_t n = 1; failed; n++) {
        struct store store;
        struct disk_request requests[4];
        uint64_t operations;
        int result = 0;

        begin(&store, n);
        memory.fail_at = memory.operations + n;
        memory.fail_code = ERR_IO;
        queue_append(&store, &requests[0], 1, 30, 1);
        queue_vote(&store, &requests[1], 2, 3);
        queue_append(&store, &requests[2], 20, 50, 2);
        queue_snapshot(&store, &requests[3], 40, 2, 30);
        ck_assert_int_eq(store_work(&store), 4);
        failed = store.work.broken != 0;
        for (int i = 0; i < 4; i++) {
            ck_assert(result == 0 || requests[i].result == result);
            result = requests[i].result;
            buf_finish(&requests[i].bytes);
        }
        ck_assert_int_eq(result, failed ? ERR_IO : 0);
        operations = memory.operations;
        queue_vote(&store, &requests[0], 9, 1);
        ck_assert_int_eq(store_do(&store, &requests[0]), result);
        ck_assert(!failed || memory.operations == operations);
        store_close(&store);
        memory_lose_power();
        ck_assert_int_eq(store_open(&store), 0);
        ck_assert(store.found.term <= 2 || !failed);
        end(&store);
    }
}
END_TEST

/* ---- as the loop sees it
 * --------------------------------------------------------------------------- */

struct loop_bench {
    uv_loop_t loop;
    struct disk *disk;
    struct disk_recovered found;
    int done;
    int result;
    bool closed;
};

static void on_done(struct disk_request *request, int result)
{
    struct loop_bench *bench = request->context;

    bench->done++;
    bench->result = result;
}

static void on_closed(void *context)
{
    ((struct loop_bench *)context)->closed = true;
}

static void loop_begin(struct loop_bench *bench)
{
    struct disk_config config = {.loop = &bench->loop, .directory = "memory", .agent = "a1"};
    struct err err = {0};

    memset(bench, 0, sizeof(*bench));
    memory_start(1);
    ck_assert_int_eq(uv_loop_init(&bench->loop), 0);
    ck_assert_msg(disk_open(&bench->disk, &config, &bench->found, &err) == 0, "%s", err.text);
}

static void loop_end(struct loop_bench *bench)
{
    disk_close(bench->disk, on_closed, bench);
    while (!bench->closed) {
        uv_run(&bench->loop, UV_RUN_ONCE);
    }
    disk_recovered_release(&bench->found);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&bench->loop), 0);
    memory_finish();
}

static void wait_done(struct loop_bench *bench, int count)
{
    while (bench->done < count) {
        uv_run(&bench->loop, UV_RUN_ONCE);
    }
}

static void wait_state(struct loop_bench *bench, enum disk_state state)
{
    while (disk_state(bench->disk, clock_now_ms()) != state) {
        uv_run(&bench->loop, UV_RUN_ONCE);
    }
}

static void ask_append(struct loop_bench *bench, struct disk_request *request, uint64_t index)
{
    struct raft_entry entry = held_entry(index, 1);

    request->context = bench;
    disk_append_begin(request);
    disk_append_add(request, &entry);
    raft_blob_release(entry.blob);
    disk_append_submit(bench->disk, request, on_done);
}

START_TEST(a_disk_is_slow_once_a_request_is_older_than_a_second)
{
    struct loop_bench bench;
    struct disk_request request = {.context = &bench};
    uint64_t before_ms;

    loop_begin(&bench);
    pthread_mutex_lock(&memory.mutex); /* it hangs */
    before_ms = clock_now_ms();
    disk_write_vote(bench.disk, &request, 1, 1, on_done);
    ck_assert_int_eq(disk_state(bench.disk, before_ms + LIMIT_DISK_SLOW_MS - 1), DISK_OK);
    ck_assert_int_eq(disk_state(bench.disk, clock_now_ms() + LIMIT_DISK_SLOW_MS), DISK_SLOW);
    pthread_mutex_unlock(&memory.mutex);
    wait_done(&bench, 1);
    ck_assert_int_eq(bench.result, 0);
    ck_assert_int_eq(disk_state(bench.disk, clock_now_ms() + LIMIT_DISK_SLOW_MS), DISK_OK);
    loop_end(&bench);
}
END_TEST

START_TEST(DK_11_a_full_disk_says_so_and_goes_on_by_itself)
{
    struct loop_bench bench;
    struct disk_request entries;
    struct disk_request vote = {.context = &bench};

    loop_begin(&bench);
    memory_fill(true);
    ask_append(&bench, &entries, 1);
    wait_state(&bench, DISK_FULL);
    ck_assert_int_eq(bench.done, 0);
    disk_write_vote(bench.disk, &vote, 5, 2, on_done);
    wait_done(&bench, 1); /* the vote */
    ck_assert_int_eq(bench.result, 0);
    ck_assert_int_eq(disk_state(bench.disk, clock_now_ms()), DISK_FULL);
    memory_fill(false);
    wait_done(&bench, 2);
    ck_assert_int_eq(bench.result, 0);
    ck_assert_int_eq(disk_state(bench.disk, clock_now_ms()), DISK_OK);
    loop_end(&bench);
}
END_TEST

START_TEST(AS_11_who_ends_does_not_wait_for_space)
{
    struct loop_bench bench;
    struct disk_request entries;

    loop_begin(&bench);
    memory_fill(true);
    ask_append(&bench, &entries, 1);
    wait_state(&bench, DISK_FULL);
    disk_stop_waiting(bench.disk);
    wait_done(&bench, 1);
    ck_assert_int_eq(bench.result, ERR_FULL);
    ck_assert_int_eq(disk_state(bench.disk, clock_now_ms()), DISK_FAILED);
    loop_end(&bench);
}
END_TEST

START_TEST(DK_12_a_failed_disk_says_so)
{
    struct loop_bench bench;
    struct disk_request vote = {.context = &bench};

    loop_begin(&bench);
    memory.fail_code = ERR_IO;
    memory.fail_at = memory.operations + 2; /* the sync */
    disk_write_vote(bench.disk, &vote, 5, 2, on_done);
    wait_done(&bench, 1);
    ck_assert_int_eq(bench.result, ERR_IO);
    ck_assert_int_eq(disk_state(bench.disk, clock_now_ms()), DISK_FAILED);
    ck_assert_ptr_nonnull(strstr(disk_failure(bench.disk), "vote"));
    ck_assert_str_eq(disk_state_name(DISK_OK), "ok");
    ck_assert_str_eq(disk_state_name(DISK_FAILED), "failed");
    loop_end(&bench);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("disk_full");
    TCase *tcase = tcase_create("full, failed, slow");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, DK_11_an_append_waits_for_space_wherever_it_ends_and_nothing_is_lost);
    tcase_add_test(tcase, DK_11_votes_and_floors_go_ahead_of_what_waits_for_space);
    tcase_add_test(tcase, a_small_record_that_must_be_made_waits_and_only_its_like_wait_for_it);
    tcase_add_test(tcase, DK_11_a_snapshot_of_our_own_is_given_up_and_one_from_the_leader_waits);
    tcase_add_test(tcase, a_store_that_was_closed_opens_on_a_full_disk);
    tcase_add_test(tcase, DK_12_TV_06_AS_05_the_first_failure_is_the_last_write);
    tcase_add_test(tcase, a_disk_is_slow_once_a_request_is_older_than_a_second);
    tcase_add_test(tcase, DK_11_a_full_disk_says_so_and_goes_on_by_itself);
    tcase_add_test(tcase, AS_11_who_ends_does_not_wait_for_space);
    tcase_add_test(tcase, DK_12_a_failed_disk_says_so);
    suite_add_tcase(suite, tcase);
    return suite;
}
