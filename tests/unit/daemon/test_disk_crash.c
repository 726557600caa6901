/* A store that stops in the middle, over memory_disk: SN-11 to SN-14, DK-01 to DK-10, DK-16, DK-20,
 * TV-03, TV-04, TV-08, HS-03. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/store_life.h"

START_TEST(SN_11_DK_08_09_10_20_TV_03_a_crash_at_every_operation_leaves_a_whole_store)
{
    bool came_to_its_end = false;

    for (uint64_t n = 1; !came_to_its_end; n++) {
        for (uint64_t seed = 1; seed <= 6; seed++) {
            struct store store;

            came_to_its_end = live_and_crash(&store, n, seed, seed % 3 != 1);
            go_on(&store);
            store_close(&store);
            memory_finish();
        }
    }
}
END_TEST

/* The first one may leave a segment that was never finished, the second one its name, and the next.
 */
START_TEST(DK_08_a_second_crash_right_after_the_first_is_no_worse)
{
    bool came_to_its_end = false;

    for (uint64_t n = 1; !came_to_its_end; n++) {
        for (uint64_t seed = 1; seed <= 7; seed++) {
            struct disk_request request;
            struct store store;
            uint64_t cut;

            came_to_its_end = live_and_crash(&store, n, seed, seed % 3 != 0);
            memory.stop_at = memory.operations + seed / 3 + 1;
            cut =
                store.held.last > store.held.snapshot_index ? store.held.last : store.held.last + 1;
            queue_append(&store, &request, cut, cut + 1, store.held.term);
            store_do(&store, &request);
            store_close(&store);
            crash(true);
            open_in_the_end(&store, seed);
            store_check(&store, n, seed);
            store_close(&store);
            memory_finish();
        }
    }
}
END_TEST

/* ---- idle --------------------------------------------------------------------------------------
 */

START_TEST(a_write_costs_one_sync_and_rest_costs_none)
{
    struct store store;
    struct disk_request requests[20];
    uint64_t syncs;

    store_init(&store);
    memory_start(1);
    ck_assert_int_eq(store_open(&store), 0);
    queue_append(&store, &requests[0], 1, 1, 1);
    ck_assert_int_eq(store_do(&store, &requests[0]), 0);
    syncs = memory.syncs;
    for (uint64_t i = 0; i < 20; i++) { /* neighbours join */
        queue_append(&store, &requests[i], 2 + i, 2 + i, 1);
    }
    ck_assert_int_eq(store_work(&store), 20);
    ck_assert_uint_eq(memory.syncs, syncs + 1);
    ck_assert_int_eq(store_work(&store), 0);
    ck_assert_uint_eq(memory.syncs, syncs + 1);
    for (int i = 0; i < 20; i++) {
        buf_finish(&requests[i].bytes);
    }
    store_close(&store);
    memory_finish();
}
END_TEST

/* ---- by lot ------------------------------------------------------------------------------------
 */

/* Cuts and installed snapshots bring a term that was never there, as Raft's do: two entries of one
 * index and term are the same. */
static void queue_something(struct store *store, struct disk_request *request, uint64_t *term)
{
    struct held *held = &store->held;
    uint64_t beyond = held->last - held->snapshot_index; /* entries after the snapshot */
    uint64_t index;

    switch (memory_random(12)) {
    case 0:
        queue_vote(store, request, ++*term, memory_random(4));
        break;
    case 1:
    case 2:
        index = held->last - memory_random((uint32_t)beyond + 1) + 1;
        queue_append(store, request, index, index + memory_random(30), ++*term);
        break;
    case 3:
        queue_snapshot(store, request, held->last + 1 + memory_random(9), ++*term, 0);
        break;
    case 4:
    case 5:
        if (beyond > 0) {
            index = held->snapshot_index + 1 + memory_random((uint32_t)beyond);
            queue_snapshot(store, request, index, held->terms[index],
                           index > 10 ? index - memory_random(10) : 1);
            break;
        } /* fall through */
    default:
        queue_append(store, request, held->last + 1, held->last + 1 + memory_random(12), *term);
        break;
    }
}

static bool is_long(const struct store *store)
{
    return store->held.last > HELD_ENTRIES - 100 || memory.file_count > MEMORY_FILES - 20;
}

START_TEST(HS_03_random_requests_and_crashes_against_a_naive_reference)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct store store;
        uint64_t term = 1;

        store_init(&store);
        store.hurries = seed % 2 == 0;
        memory_start(seed);
        ck_assert_int_eq(store_open(&store), 0);
        for (int step = 0; step < MANY && !is_long(&store); step++) {
            struct disk_request request;
            int rv;

            memory.stop_at = memory_random(8) == 0 ? memory.operations + 1 + memory_random(12) : 0;
            queue_something(&store, &request, &term);
            rv = store_do(&store, &request);
            if (rv == 0 && !memory.stopped) {
                continue;
            }
            store_close(&store);
            crash(memory_random(3) != 0);
            open_in_the_end(&store, seed + (uint64_t)step);
            store_check(&store, (uint64_t)step, seed);
            store_accept(&store);
        }
        store_close(&store);
        memory_finish();
    }
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("disk_crash");
    TCase *tcase = tcase_create("crashes");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase,
                   SN_11_DK_08_09_10_20_TV_03_a_crash_at_every_operation_leaves_a_whole_store);
    tcase_add_test(tcase, DK_08_a_second_crash_right_after_the_first_is_no_worse);
    tcase_add_test(tcase, a_write_costs_one_sync_and_rest_costs_none);
    tcase_add_test(tcase, HS_03_random_requests_and_crashes_against_a_naive_reference);
    suite_add_tcase(suite, tcase);
    return suite;
}
