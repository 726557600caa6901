/* A store that stops in the middle, over memory_disk: SN-11 to SN-14, DK-01 to DK-10, DK-16, DK-20,
 * TV-03, TV-04, TV-08, HS-03. */
#include "tests/unit/main.h"

#include <stdio.h>

#include "daemon/io/disk_log_internal.h"
#include "tests/unit/daemon/store_fixture.h"

enum { MANY = 200 };

/* ---- one life, stopped at every operation ------------------------------------------------ */

enum act_kind { ACT_VOTE, ACT_APPEND, ACT_TAKE, ACT_INSTALL };

struct act {
    enum act_kind kind;
    uint64_t first; /* vote: the term; snapshots: the index */
    uint64_t last;  /* vote: for whom; taken: entries from here on are kept */
    uint64_t term;
};

/* Appends, cuts (within a segment, over several, at a segment's beginning), rolls, compactions and
 * an installed snapshot; of several segments each. */
static const struct act life[] = {
    {ACT_VOTE, 1, 1, 0},       {ACT_APPEND, 1, 3, 1},     {ACT_APPEND, 4, 30, 1},
    {ACT_APPEND, 31, 31, 1},   {ACT_VOTE, 2, 3, 0},       {ACT_APPEND, 28, 33, 2},
    {ACT_TAKE, 25, 12, 1},     {ACT_APPEND, 34, 70, 2},   {ACT_APPEND, 71, 100, 2},
    {ACT_TAKE, 90, 80, 2},     {ACT_APPEND, 101, 102, 2}, {ACT_VOTE, 3, 0, 0},
    {ACT_APPEND, 91, 95, 3},   {ACT_INSTALL, 140, 0, 3},  {ACT_APPEND, 141, 150, 3},
    {ACT_VOTE, 4, 2, 0},       {ACT_APPEND, 141, 141, 4}, {ACT_INSTALL, 160, 0, 4},
    {ACT_APPEND, 161, 162, 4},
};
enum { ACTS = sizeof(life) / sizeof(life[0]) };

static int act_out(struct store *store, const struct act *act)
{
    struct disk_request request;

    switch (act->kind) {
    case ACT_VOTE:
        queue_vote(store, &request, act->first, (uint32_t)act->last);
        break;
    case ACT_APPEND:
        queue_append(store, &request, act->first, act->last, act->term);
        break;
    case ACT_TAKE:
        queue_snapshot(store, &request, act->first, act->term, act->last);
        break;
    case ACT_INSTALL:
        queue_snapshot(store, &request, act->first, act->term, 0);
        break;
    }
    return store_do(store, &request);
}

/* Lives until everything stops; true if it came to its end. */
static bool live(struct store *store)
{
    int rv = store_open(store);

    for (int i = 0; rv == 0 && i < ACTS; i++) {
        rv = act_out(store, &life[i]);
    }
    store_close(store);
    return rv == 0 && !memory.stopped;
}

static void crash(bool power)
{
    if (power) {
        memory_lose_power();
    } else {
        memory_kill();
    }
}

/* Opens, and stops at the n-th operation of that, for every n. */
static void open_in_the_end(struct store *store, uint64_t seed)
{
    for (uint64_t n = 1;; n++) {
        int rv;

        memory.stop_at = memory.operations + n;
        rv = store_open(store);
        if (rv == 0 && !memory.stopped) {
            memory.stop_at = 0;
            return;
        }
        ck_assert_msg(memory.stopped, "seed %llu: %s", (unsigned long long)seed, store->err.text);
        store_close(store);
        crash((n + seed) % 3 != 0);
    }
}

/* A store that was opened after a crash is as good as any. */
static void go_on(struct store *store)
{
    uint64_t term = store->held.term + 1;
    struct disk_request request;

    queue_vote(store, &request, term, 1);
    ck_assert_int_eq(store_do(store, &request), 0);
    for (int i = 0; i < 3; i++) {
        uint64_t next = store->held.last + 1;

        queue_append(store, &request, next, next + 2, term);
        ck_assert_int_eq(store_do(store, &request), 0);
    }
    store_close(store);
    memory_lose_power();
    ck_assert_msg(store_open(store) == 0, "%s", store->err.text);
    ck_assert(found_is(&store->found, &store->held, store->held.last));
}

/* Stops at the n-th operation, and opens again; true if there were less. */
static bool live_and_crash(struct store *store, uint64_t n, uint64_t seed, bool power)
{
    bool came_to_its_end;

    store_init(store);
    store->hurries = seed % 2 == 0;
    memory_start(seed * 1000 + n);
    memory.stop_at = n;
    came_to_its_end = live(store);
    crash(power);
    open_in_the_end(store, seed);
    store_check(store, n, seed);
    store_accept(store);
    return came_to_its_end;
}

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

/* ---- damage -----------------------------------------------------------------------------------
 */

static void live_and_close(struct store *store)
{
    store_init(store);
    memory_start(1);
    ck_assert(live(store));
    memory_lose_power(); /* after an orderly close nothing is left to be lost */
}

START_TEST(DK_04_05_07_TV_07_flip_every_byte_of_a_closed_store)
{
    struct store store;
    int name_count;

    live_and_close(&store);
    name_count = memory.name_count;
    for (int i = 0; i < name_count; i++) {
        struct memory_bytes *bytes = memory_find(memory.names[i].text);
        struct memory_bytes good = {0};
        char name[LIMIT_NAME_SIZE];

        text_copy(name, sizeof(name), memory.names[i].text);
        if (bytes != NULL) {
            memory_copy(&good, bytes);
        }
        for (size_t at = 0; bytes != NULL && at < bytes->length; at++) {
            bool is_number = strcmp(name, "identity") == 0 && at >= 2 && at < 18;
            int rv;

            bytes->data[at] ^= 0x01;
            store.store = is_number ? 0 : store.store;
            rv = store_open(&store);
            if (rv == 0) { /* no harm, then */
                ck_assert_msg(found_is(&store.found, &store.held, store.held.last),
                              "byte %zu of %s", at, name);
            } else {
                ck_assert_msg(rv == ERR_CORRUPT || rv == ERR_REFUSED, "byte %zu of %s: %s", at,
                              name, store.err.text);
            }
            store_close(&store);
            bytes = memory_find(name);
            ck_assert_ptr_nonnull(bytes);
            memory_copy(bytes, &good);
        }
        free(good.data);
    }
    memory_finish();
}
END_TEST

/* The last write loses a sector, before and after its mark was kept. */
START_TEST(DK_02_a_sector_of_the_last_write_is_lost)
{
    for (uint64_t seed = 1; seed <= MANY; seed++) {
        struct store store;
        struct disk_request request;

        store_init(&store);
        memory_start(seed);
        ck_assert_int_eq(store_open(&store), 0);
        queue_vote(&store, &request, 1, 1);
        ck_assert_int_eq(store_do(&store, &request), 0);
        queue_append(&store, &request, 1, 2 + seed % 7, 1);
        ck_assert_int_eq(store_do(&store, &request), 0);
        queue_append(&store, &request, 3 + seed % 7, 30, 1);
        memory.fail_at = memory.operations + 2 + seed % 5; /* zeros, records, sync, mark */
        memory.fail_code = ERR_IO;
        if (store_do(&store, &request) == 0) {
            ck_assert_uint_lt(memory.operations, memory.fail_at);
        }
        store_close(&store);
        memory_lose_power();
        open_in_the_end(&store, seed);
        store_check(&store, 0, seed);
        store_accept(&store);
        go_on(&store);
        store_close(&store);
        memory_finish();
    }
}
END_TEST

/* What was found at opening counts: it is told to the leader, which may commit it. */
START_TEST(DK_04_what_a_crash_left_is_protected_once_it_was_read)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct store store;
        struct disk_request request;
        struct memory_bytes *segment;

        store_init(&store);
        memory_start(seed);
        ck_assert_int_eq(store_open(&store), 0);
        queue_vote(&store, &request, 1, 1);
        ck_assert_int_eq(store_do(&store, &request), 0);
        queue_append(&store, &request, 1, 5, 1);
        ck_assert_int_eq(store_do(&store, &request), 0);
        queue_append(&store, &request, 6, 9, 1);
        memory.fail_at = memory.operations + 1 + seed % 3; /* a part of it is written, or all */
        memory.fail_code = ERR_IO;
        ck_assert_int_eq(store_do(&store, &request), ERR_IO);
        store_close(&store);
        memory_lose_power();
        ck_assert_int_eq(store_open(&store), 0);
        store_check(&store, 0, seed);
        store_close(&store);
        /* the last byte of what was found rots */
        segment = memory_find("log-0000000000000001");
        for (size_t at = segment->length; at-- > 0;) {
            if (segment->data[at] != 0) { /* the mark's kind */
                segment->data[at - WAL_RECORD_BYTES] ^= 0x20;
                break;
            }
        }
        ck_assert_msg(store_open(&store) == ERR_CORRUPT, "seed %llu", (unsigned long long)seed);
        store_close(&store);
        memory_finish();
    }
}
END_TEST

/* Of a torn write the first record, which has no bytes, is lost and the second isn't; it must not
 * be found behind what is written in the place of the first. */
START_TEST(DK_02_a_torn_end_is_cleared_before_anything_is_put_there)
{
    struct store store;
    struct disk_request request;
    uint32_t first;
    uint32_t mark;
    uint8_t *bytes;

    store_init(&store);
    memory_start(1);
    ck_assert_int_eq(store_open(&store), 0);
    queue_vote(&store, &request, 1, 1);
    ck_assert_int_eq(store_do(&store, &request), 0);
    queue_append(&store, &request, 1, 5, 1);
    ck_assert_int_eq(store_do(&store, &request), 0);
    first = store.work.store.log.writer.offset;
    queue_append(&store, &request, 6, 8, 1);
    ck_assert_int_eq(store_work(&store), 1);
    mark = store.work.store.log.writer.offset - WAL_RECORD_BYTES;
    buf_finish(&request.bytes);
    store_close(&store);
    bytes = memory_find("log-0000000000000001")->data;
    memset(bytes + first, 0, WAL_RECORD_BYTES); /* as if the sync had never ended */
    memset(bytes + mark, 0, WAL_RECORD_BYTES);
    ck_assert_msg(store_open(&store) == 0, "%s", store.err.text);
    ck_assert(found_is(&store.found, &store.held, 5));
    store.after = store.held;
    queue_append(&store, &request, 6, 6, 2);
    memory.fail_at = memory.operations + 3; /* its mark */
    memory.fail_code = ERR_IO;
    ck_assert_int_eq(store_do(&store, &request), 0); /* it is synced */
    queue_append(&store, &request, 7, 7, 2);
    ck_assert_int_eq(store_do(&store, &request), ERR_IO);
    store_close(&store);
    memory_kill();
    ck_assert_msg(store_open(&store) == 0, "%s", store.err.text);
    ck_assert(found_is(&store.found, &store.held, 6));
    store_close(&store);
    memory_finish();
}
END_TEST

START_TEST(TV_07_a_store_that_lost_its_vote_or_its_identity_is_not_opened)
{
    static const char *const names[] = {"vote", "identity"};

    for (size_t i = 0; i < 2; i++) {
        struct store store;
        struct disk_request request;

        store_init(&store);
        memory_start(1);
        ck_assert_int_eq(store_open(&store), 0);
        queue_vote(&store, &request, 7, 2);
        ck_assert_int_eq(store_do(&store, &request), 0);
        store_close(&store);
        ck_assert_int_eq(disk_file_remove(MEMORY_DIRECTORY, names[i], NULL), 0);
        ck_assert_int_eq(store_open(&store), ERR_CORRUPT);
        ck_assert_ptr_nonnull(strstr(store.err.text, names[i]));
        store_close(&store);
        memory_finish();
    }
}
END_TEST

START_TEST(TV_04_08_a_vote_outlives_the_log_and_may_be_newer)
{
    struct store store;
    struct disk_request request;

    store_init(&store);
    memory_start(1);
    ck_assert_int_eq(store_open(&store), 0);
    queue_vote(&store, &request, 9, 3);
    ck_assert_int_eq(store_do(&store, &request), 0);
    queue_append(&store, &request, 1, 40, 4);
    ck_assert_int_eq(store_do(&store, &request), 0);
    queue_snapshot(&store, &request, 50, 8, 0);
    ck_assert_int_eq(store_do(&store, &request), 0);
    store_close(&store);
    memory_lose_power();
    ck_assert_int_eq(store_open(&store), 0);
    ck_assert(found_is(&store.found, &store.held, 50));
    ck_assert_uint_eq(store.found.term, 9);
    ck_assert_uint_eq(store.found.vote, 3);
    store_close(&store);
    memory_finish();
}
END_TEST

START_TEST(SN_14_a_log_that_begins_too_late_is_damage)
{
    struct store store;
    struct disk_request request;

    store_init(&store);
    memory_start(1);
    ck_assert_int_eq(store_open(&store), 0);
    queue_vote(&store, &request, 1, 1);
    ck_assert_int_eq(store_do(&store, &request), 0);
    queue_snapshot(&store, &request, 10, 1, 0);
    ck_assert_int_eq(store_do(&store, &request), 0);
    store.work.store.log.next_index = 12; /* off by one: 11 is missing */
    store.after.last = 11;
    queue_append(&store, &request, 12, 13, 1);
    ck_assert_int_eq(store_do(&store, &request), 0);
    store_close(&store);
    ck_assert_int_eq(store_open(&store), ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(store.err.text, "entries 11 to 11 are missing"));
    store_close(&store);
    memory_finish();
}
END_TEST

/* A closed store of three segments, each of ten entries. */
static void three_segments(struct store *store, uint64_t seed)
{
    static const uint64_t firsts[] = {1, 11, 21};
    struct disk_request request;

    store_init(store);
    memory_start(seed);
    ck_assert_int_eq(store_open(store), 0);
    queue_vote(store, &request, 1, 1);
    ck_assert_int_eq(store_do(store, &request), 0);
    for (int i = 0; i < 3; i++) {
        queue_append(store, &request, firsts[i], firsts[i] + 9, 1);
        ck_assert_int_eq(store_do(store, &request), 0);
        disk_log_leave(&store->work.store.log); /* the next one goes into a segment of its own */
    }
    store_close(store);
}

static void put_file(const char *name, size_t length)
{
    static const uint8_t zeros[SEGMENT_BYTES];
    int handle = disk_file_open(MEMORY_DIRECTORY, name, O_RDWR | O_CREAT, NULL);

    ck_assert_int_ge(handle, 0);
    memory_find(name)->length = 0;
    if (length > 0) {
        ck_assert_int_eq(disk_file_write(handle, name, zeros, length, 0, NULL), 0);
    }
    disk_file_close(handle);
}

static void move_file(const char *from, const char *to)
{
    ck_assert_int_eq(memory_rename(from, to, NULL), 0);
}

START_TEST(DK_07_16_each_disorder_of_segments_has_its_answer)
{
    static const struct {
        const char *what;
        const char *from; /* is moved to `to`; NULL: `to` is a file of zeros of `length` */
        const char *to;
        size_t length;
        int rv;
    } cases[] = {
        {"nothing", NULL, "notes", 10, 0},
        {"an empty newest one", NULL, "log-0000000000000004", 0, 0},
        {"a newest one of zeros", NULL, "log-0000000000000004", 1024, 0},
        {"zeros in the middle", NULL, "log-0000000000000002", 1024, ERR_CORRUPT},
        {"a missing one", "log-0000000000000002", "notes", 0, ERR_CORRUPT},
        {"a missing first one", "log-0000000000000001", "notes", 0, ERR_CORRUPT},
        {"one under another name", "log-0000000000000003", "log-0000000000000007", 0, ERR_CORRUPT},
        {"one in the place of another", "log-0000000000000003", "log-0000000000000002", 0,
         ERR_CORRUPT},
        {"no name of a segment", "log-0000000000000003", "log-3", 0, ERR_CORRUPT},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct store store;
        int rv;

        three_segments(&store, i + 1);
        if (cases[i].from != NULL) {
            move_file(cases[i].from, cases[i].to);
        } else {
            put_file(cases[i].to, cases[i].length);
        }
        rv = store_open(&store);
        ck_assert_msg(rv == cases[i].rv, "%s: %d, %s", cases[i].what, rv, store.err.text);
        ck_assert(rv != 0 || found_is(&store.found, &store.held, 30));
        store_close(&store);
        memory_finish();
    }
}
END_TEST

START_TEST(DK_15_a_segment_of_another_store_is_refused)
{
    struct store store;

    three_segments(&store, 1);
    memory_find("identity")->data[2] ^= 1;
    store.store = 0;
    ck_assert_int_eq(store_open(&store), ERR_REFUSED);
    store_close(&store);
    memory_finish();
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
    tcase_add_test(tcase, DK_04_05_07_TV_07_flip_every_byte_of_a_closed_store);
    tcase_add_test(tcase, DK_02_a_sector_of_the_last_write_is_lost);
    tcase_add_test(tcase, DK_04_what_a_crash_left_is_protected_once_it_was_read);
    tcase_add_test(tcase, DK_02_a_torn_end_is_cleared_before_anything_is_put_there);
    tcase_add_test(tcase, TV_07_a_store_that_lost_its_vote_or_its_identity_is_not_opened);
    tcase_add_test(tcase, TV_04_08_a_vote_outlives_the_log_and_may_be_newer);
    tcase_add_test(tcase, SN_14_a_log_that_begins_too_late_is_damage);
    tcase_add_test(tcase, DK_07_16_each_disorder_of_segments_has_its_answer);
    tcase_add_test(tcase, DK_15_a_segment_of_another_store_is_refused);
    tcase_add_test(tcase, a_write_costs_one_sync_and_rest_costs_none);
    tcase_add_test(tcase, HS_03_random_requests_and_crashes_against_a_naive_reference);
    suite_add_tcase(suite, tcase);
    return suite;
}
