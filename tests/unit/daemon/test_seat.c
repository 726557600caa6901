/* The seat record: what it says survives, what is damaged is no seat. */
#include "tests/unit/main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "daemon/seat.h"

static char directory[] = "/tmp/orchestratord-seat-XXXXXX";
static char path[64];

static void setup(void)
{
    memcpy(directory + sizeof directory - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/seat", directory);
}

static void teardown(void)
{
    unlink(path);
    rmdir(directory);
}

static struct seat sample(void)
{
    struct seat seat = {.store = 0x1122334455667788, .born = SEAT_BOOTSTRAP, .id = 2};

    members_init(&seat.first);
    for (uint32_t id = 1; id <= 3; id++) {
        struct member member = {.id = id, .kind = MEMBER_VOTER, .key = {(uint8_t)id}};

        text_format(member.name, sizeof member.name, "a%u", id);
        text_format(member.address, sizeof member.address, "10.0.0.%u:7300", id);
        ck_assert_int_eq(members_add(&seat.first, &member, NULL), 0);
    }
    seat.known = seat.first;
    seat.known.list[0].store = 5;
    seat.known.cluster = 9;
    seat_settle(&seat, &seat.known);
    return seat;
}

static void check_same(const struct seat *one, const struct seat *other)
{
    ck_assert_uint_eq(one->store, other->store);
    ck_assert_int_eq(one->born, other->born);
    ck_assert_uint_eq(one->id, other->id);
    ck_assert_uint_eq(one->first.count, other->first.count);
    ck_assert_uint_eq(one->known.list[0].store, other->known.list[0].store);
    ck_assert_str_eq(one->known.list[2].name, other->known.list[2].name);
    ck_assert_mem_eq(one->known.list[2].key, other->known.list[2].key, MEMBERS_KEY_BYTES);
    ck_assert_uint_eq(one->cluster, other->cluster);
    ck_assert_uint_eq(one->settled, other->settled);
}

START_TEST(what_was_written_is_read)
{
    struct seat seat = sample();
    struct seat again;

    ck_assert_int_eq(seat_read(&again, directory, NULL), ERR_NOTFOUND);
    ck_assert_int_eq(seat_write(&seat, directory, NULL), 0);
    ck_assert_int_eq(seat_read(&again, directory, NULL), 0);
    check_same(&seat, &again);
}
END_TEST

/* Without cluster and settled: its next list says where it belongs. */
START_TEST(a_record_of_format_1_is_read)
{
    struct seat seat = sample();
    struct seat old;
    struct buf bytes;

    buf_init(&bytes, SEAT_BYTES_MAX);
    seat_encode(&seat, &bytes);
    ck_assert(buf_ok(&bytes));
    bytes.data[4] = 1;
    bytes.length -= 16; /* and the check, made again */
    buf_append_u32(&bytes, crc32c(0, bytes.data, bytes.length));
    ck_assert_int_eq(seat_decode(&old, bytes.data, bytes.length, NULL), 0);
    ck_assert(!old.settled);
    old.settled = true;
    old.cluster = 9;
    check_same(&seat, &old);
    bytes.data[4] = 3;
    bytes.length -= 4;
    buf_append_u32(&bytes, crc32c(0, bytes.data, bytes.length));
    ck_assert_int_eq(seat_decode(&old, bytes.data, bytes.length, NULL), ERR_CORRUPT);
    buf_finish(&bytes);
}
END_TEST

START_TEST(another_store_has_no_number_and_no_first_list)
{
    struct seat seat = sample();

    seat_replace(&seat, 9);
    ck_assert_uint_eq(seat.store, 9);
    ck_assert_int_eq(seat.born, SEAT_REPLACED);
    ck_assert_uint_eq(seat.id, 0);
    ck_assert_uint_eq(seat.first.count, 0);
    ck_assert_uint_eq(seat.known.count, 3);       /* whom to ask */
    ck_assert(seat.settled && seat.cluster == 9); /* it changes sides by joining only */
    ck_assert_int_eq(seat_write(&seat, directory, NULL), 0);
    ck_assert_int_eq(seat_read(&seat, directory, NULL), 0);
    ck_assert_str_eq(seat_born_name(seat.born), "replaced");
}
END_TEST

START_TEST(every_damaged_byte_and_every_cut_is_noticed)
{
    struct seat seat = sample();
    struct seat read;
    struct buf bytes;

    buf_init(&bytes, SEAT_BYTES_MAX);
    seat_encode(&seat, &bytes);
    ck_assert(buf_ok(&bytes));
    ck_assert_int_eq(seat_decode(&read, bytes.data, bytes.length, NULL), 0);
    for (size_t i = 0; i < bytes.length; i++) {
        bytes.data[i] ^= 0x20;
        ck_assert_int_eq(seat_decode(&read, bytes.data, bytes.length, NULL), ERR_CORRUPT);
        bytes.data[i] ^= 0x20;
        ck_assert_int_eq(seat_decode(&read, bytes.data, i, NULL), ERR_CORRUPT);
    }
    buf_finish(&bytes);
}
END_TEST

START_TEST(the_largest_one_fits)
{
    struct seat seat = {.store = 1, .born = SEAT_JOINED};
    struct seat again;

    members_init(&seat.known);
    for (uint32_t id = 1; id <= LIMIT_AGENTS; id++) {
        struct member member = {.id = id, .kind = MEMBER_LEARNER};

        memset(member.name, 'a' + (int)id, LIMIT_NAME_SIZE - 1);
        memset(member.address, 'a' + (int)id, LIMIT_ADDRESS_SIZE - 1);
        ck_assert_int_eq(members_add(&seat.known, &member, NULL), 0);
    }
    seat.first = seat.known;
    ck_assert_int_eq(seat_write(&seat, directory, NULL), 0);
    ck_assert_int_eq(seat_read(&again, directory, NULL), 0);
    ck_assert_uint_eq(again.first.count, LIMIT_AGENTS);
}
END_TEST

START_TEST(a_directory_that_is_gone_is_an_error)
{
    struct seat seat = sample();

    ck_assert_int_eq(seat_write(&seat, "/nowhere/at/all", NULL), ERR_IO);
    ck_assert_int_eq(seat_read(&seat, "/nowhere/at/all", NULL), ERR_NOTFOUND);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("seat");
    TCase *tcase = tcase_create("seat");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_was_written_is_read);
    tcase_add_test(tcase, a_record_of_format_1_is_read);
    tcase_add_test(tcase, another_store_has_no_number_and_no_first_list);
    tcase_add_test(tcase, every_damaged_byte_and_every_cut_is_noticed);
    tcase_add_test(tcase, the_largest_one_fits);
    tcase_add_test(tcase, a_directory_that_is_gone_is_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
