/* What a disk does to a store that lies there: bytes, sectors and files (DK-02 to DK-07, DK-15,
 * TV-07). */
#include "tests/unit/main.h"

#include "base/crc32c.h"
#include "tests/unit/daemon/store_life.h"

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
            int rv;

            bytes->data[at] ^= 0x01;
            rv = store_open(&store);
            if (rv == 0) { /* no harm, then */
                ck_assert_msg(found_is(&store.found, &store.held, store.held.last),
                              "byte %zu of %s", at, name);
            } else {
                ck_assert_msg(rv == ERR_CORRUPT, "byte %zu of %s: %s", at, name, store.err.text);
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

/* An open store that was sent a snapshot up to entry 10. */
static void begin_with_snapshot(struct store *store)
{
    struct disk_request request;

    store_init(store);
    memory_start(1);
    ck_assert_int_eq(store_open(store), 0);
    queue_vote(store, &request, 1, 1);
    ck_assert_int_eq(store_do(store, &request), 0);
    queue_snapshot(store, &request, 10, 1, 0);
    ck_assert_int_eq(store_do(store, &request), 0);
}

START_TEST(SN_14_a_log_that_begins_too_late_is_damage)
{
    struct store store;
    struct disk_request request;

    begin_with_snapshot(&store);
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

START_TEST(SN_14_a_snapshot_that_is_gone_is_missed_by_an_empty_log)
{
    struct store store;
    struct disk_request request;

    begin_with_snapshot(&store);
    queue_append(&store, &request, 11, 12, 1);
    ck_assert_int_eq(store_do(&store, &request), 0);
    store_close(&store);
    for (int i = 0; i < memory.name_count; i++) {
        const char *name = memory.names[i].text;
        struct memory_bytes *bytes = strncmp(name, "log-", 4) == 0 ? memory_find(name) : NULL;

        if (bytes != NULL) { /* never finished, as it looks */
            memset(bytes->data + WAL_HEADER_BYTES, 0, bytes->length - WAL_HEADER_BYTES);
        }
    }
    ck_assert_int_eq(disk_file_remove(MEMORY_DIRECTORY, "snapshot", NULL), 0);
    ck_assert_int_eq(store_open(&store), ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(store.err.text, "entries 1 to 10 are missing"));
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

/* With its checksum, which is the end of the line. */
static void change_identity(size_t at)
{
    enum { SUM_BYTES = sizeof(" 01234567\n") - 1 };
    struct memory_bytes *identity = memory_find("identity");
    size_t length = identity->length - SUM_BYTES;
    char sum[SUM_BYTES + 1];

    identity->data[at] = identity->data[at] == '3' ? '4' : '3';
    snprintf(sum, sizeof sum, " %08x\n", crc32c(0, identity->data, length));
    memcpy(identity->data + length, sum, SUM_BYTES);
}

START_TEST(DK_15_what_is_somebody_elses_or_newer_is_refused)
{
    enum { FORMAT = 0, NUMBER = 2, NAME = 19 };
    static const size_t places[] = {FORMAT, NUMBER, NAME};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct store store;

        three_segments(&store, 1);
        change_identity(places[i]);
        store.store = 0;
        ck_assert_int_eq(store_open(&store), ERR_REFUSED);
        store_close(&store);
        memory_finish();
    }
}
END_TEST

/* Without a checksum, as 0.1.0 wrote it. */
START_TEST(DK_15_the_first_format_of_the_identity_is_read)
{
    static const char sum[] = " 01234567";
    struct memory_bytes *identity;
    struct store store;

    three_segments(&store, 1);
    identity = memory_find("identity");
    identity->data[0] = '1';
    memory_resize(identity, identity->length - (sizeof sum - 1));
    identity->data[identity->length - 1] = '\n';
    ck_assert_int_eq(store_open(&store), 0);
    ck_assert(found_is(&store.found, &store.held, 30));
    store_close(&store);
    identity->data[identity->length - 2] ^= 1;
    ck_assert_int_eq(store_open(&store), ERR_REFUSED); /* another agent's */
    store_close(&store);
    memory_finish();
}
END_TEST

START_TEST(DK_16_what_is_longer_than_it_can_be_is_damage)
{
    static const struct {
        const char *name;
        size_t length;
    } cases[] = {{"identity", 4096}, {"vote", 1 << 20}, {"snapshot", 1 << 30}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct store store;

        three_segments(&store, 1);
        put_file(cases[i].name, 0);
        memory_resize(memory_find(cases[i].name), cases[i].length);
        ck_assert_int_eq(store_open(&store), ERR_CORRUPT);
        store_close(&store);
        memory_finish();
    }
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("disk_damage");
    TCase *tcase = tcase_create("crashes");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, DK_04_05_07_TV_07_flip_every_byte_of_a_closed_store);
    tcase_add_test(tcase, DK_02_a_sector_of_the_last_write_is_lost);
    tcase_add_test(tcase, DK_04_what_a_crash_left_is_protected_once_it_was_read);
    tcase_add_test(tcase, DK_02_a_torn_end_is_cleared_before_anything_is_put_there);
    tcase_add_test(tcase, TV_07_a_store_that_lost_its_vote_or_its_identity_is_not_opened);
    tcase_add_test(tcase, TV_04_08_a_vote_outlives_the_log_and_may_be_newer);
    tcase_add_test(tcase, SN_14_a_log_that_begins_too_late_is_damage);
    tcase_add_test(tcase, SN_14_a_snapshot_that_is_gone_is_missed_by_an_empty_log);
    tcase_add_test(tcase, DK_07_16_each_disorder_of_segments_has_its_answer);
    tcase_add_test(tcase, DK_15_what_is_somebody_elses_or_newer_is_refused);
    tcase_add_test(tcase, DK_15_the_first_format_of_the_identity_is_read);
    tcase_add_test(tcase, DK_16_what_is_longer_than_it_can_be_is_damage);
    suite_add_tcase(suite, tcase);
    return suite;
}
