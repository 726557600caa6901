/* The formats, byte by byte: DK-01 to DK-06, DK-16, DK-18, TV-07. */
#include "tests/unit/main.h"

#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "consensus/wal.h"

enum { RECORDS = 5, ZEROS = 256 };

/* Writes of 2, 1 and 2 entries, then zeros. */
struct segment {
    struct buf bytes;
    size_t ends[RECORDS]; /* of each record */
    size_t writes[3];     /* where each write begins */
};

static void write_entries(struct segment *segment, struct wal_writer *writer, uint64_t first,
                          uint32_t count)
{
    struct buf batch;

    buf_init(&batch, 4096);
    for (uint64_t index = first; index < first + count; index++) {
        char text[32] = "entry-with-some-bytes-in-it";
        struct raft_entry entry = {.index = index, .term = 3, .kind = RAFT_COMMAND};

        entry.blob = raft_blob_new(text, 20 + index % 8);
        wal_put(&batch, &entry);
        raft_blob_release(entry.blob);
        segment->ends[index - 7] = segment->bytes.length + batch.length;
    }
    wal_seal(writer, batch.data, batch.length);
    buf_append(&segment->bytes, batch.data, batch.length);
    buf_finish(&batch);
}

/* The last write was synced, as all before it. */
static void write_mark(struct segment *segment, struct wal_writer *writer, uint64_t index)
{
    uint8_t mark[WAL_RECORD_BYTES];

    wal_mark(writer, index, mark);
    buf_append(&segment->bytes, mark, sizeof(mark));
}

static void segment_make(struct segment *segment, uint64_t sequence, bool last_is_marked)
{
    static const uint8_t zeros[ZEROS];
    uint8_t header[WAL_HEADER_BYTES];
    struct wal_writer writer;

    buf_init(&segment->bytes, 65536);
    wal_writer_init(&writer, header, sequence, 7, 99);
    buf_append(&segment->bytes, header, sizeof(header));
    segment->writes[0] = writer.offset;
    write_entries(segment, &writer, 7, 2);
    write_mark(segment, &writer, 8);
    segment->writes[1] = writer.offset;
    write_entries(segment, &writer, 9, 1);
    write_mark(segment, &writer, 9);
    segment->writes[2] = writer.offset;
    write_entries(segment, &writer, 10, 2);
    if (last_is_marked) {
        write_mark(segment, &writer, 11);
    }
    buf_append(&segment->bytes, zeros, sizeof(zeros));
    ck_assert(buf_ok(&segment->bytes));
}

/* How many records come before the end; a negative code for anything but an end. */
static int count_records(const uint8_t *bytes, size_t length)
{
    struct wal_reader reader;
    struct wal_record record;
    uint8_t *copy = malloc(length > 0 ? length : 1); /* so that the sanitizer sees its end */
    int count = 0;
    int rv;

    memcpy(copy, bytes, length);
    rv = wal_reader_init(&reader, copy, length, NULL);
    if (rv == 0) {
        while ((rv = wal_read(&reader, &record, NULL)) == 1) {
            ck_assert_uint_eq(record.index, 7 + (uint64_t)count);
            ck_assert_uint_eq(record.term, 3);
            ck_assert_uint_eq(record.length, 20 + record.index % 8);
            count++;
        }
    }
    free(copy);
    return rv < 0 ? rv : count;
}

START_TEST(the_checksum_is_crc_32c)
{
    ck_assert_uint_eq(crc32c(0, "123456789", 9), 0xe3069283);
    ck_assert_uint_eq(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
    for (size_t length = 0; length < sizeof("123456789 of any length"); length++) {
        ck_assert_uint_eq(crc32c(7, "123456789 of any length", length),
                          crc32c_by_table(7, "123456789 of any length", length));
    }
}
END_TEST

START_TEST(what_was_written_is_read)
{
    struct segment segment;

    segment_make(&segment, 1, false);
    ck_assert_int_eq(count_records(segment.bytes.data, segment.bytes.length), RECORDS);
    buf_finish(&segment.bytes);
}
END_TEST

START_TEST(DK_01_cut_at_every_offset_the_records_before_remain)
{
    struct segment segment;

    segment_make(&segment, 1, false);
    for (size_t length = 0; length <= segment.bytes.length; length++) {
        int expected = 0;

        while (expected < RECORDS && segment.ends[expected] <= length) {
            expected++;
        }
        ck_assert_int_eq(count_records(segment.bytes.data, length),
                         length < WAL_HEADER_BYTES ? ERR_NOTFOUND : expected);
    }
    buf_finish(&segment.bytes);
}
END_TEST

START_TEST(DK_02_a_torn_last_write_is_dropped_from_its_first_bad_byte_on)
{
    struct segment segment;

    segment_make(&segment, 1, false);
    /* The last write's first record didn't arrive, its second did. */
    memset(segment.bytes.data + segment.writes[2], 0, segment.ends[3] - segment.writes[2]);
    ck_assert_int_eq(count_records(segment.bytes.data, segment.bytes.length), 3);
    buf_finish(&segment.bytes);
}
END_TEST

START_TEST(DK_03_04_05_flip_every_byte)
{
    struct segment segment;

    segment_make(&segment, 1, false);
    for (size_t at = 0; at < segment.ends[RECORDS - 1]; at++) {
        int expected;
        int found;

        segment.bytes.data[at] ^= 0x5a;
        found = count_records(segment.bytes.data, segment.bytes.length);
        segment.bytes.data[at] ^= 0x5a;
        if (at < segment.ends[2]) {
            expected = ERR_CORRUPT; /* a later write follows: this one was synced */
        } else if (at < segment.writes[2]) {
            expected = 3; /* a mark: not synced before what follows */
        } else {
            expected = at < segment.ends[3] ? 3 : 4; /* looks torn */
        }
        ck_assert_msg(found == expected, "byte %zu: %d instead of %d", at, found, expected);
    }
    for (size_t at = segment.ends[RECORDS - 1]; at < segment.bytes.length; at++) {
        segment.bytes.data[at] ^= 0x5a; /* garbage after the end */
        ck_assert_int_eq(count_records(segment.bytes.data, segment.bytes.length), RECORDS);
        segment.bytes.data[at] ^= 0x5a;
    }
    buf_finish(&segment.bytes);
}
END_TEST

START_TEST(DK_04_damage_to_the_last_write_is_told_by_its_mark)
{
    struct segment segment;
    size_t mark;

    segment_make(&segment, 1, true);
    mark = segment.ends[RECORDS - 1];
    for (size_t at = WAL_HEADER_BYTES; at < mark + WAL_RECORD_BYTES; at++) {
        int found;

        segment.bytes.data[at] ^= 0x5a;
        found = count_records(segment.bytes.data, segment.bytes.length);
        segment.bytes.data[at] ^= 0x5a;
        /* The mark itself may be torn at any time: it is synced by what comes later. */
        ck_assert_msg(found == (at < mark ? ERR_CORRUPT : RECORDS), "byte %zu: %d", at, found);
    }
    buf_finish(&segment.bytes);
}
END_TEST

START_TEST(DK_02_a_torn_mark_and_a_torn_write_behind_it_are_one_torn_end)
{
    struct segment segment;

    segment_make(&segment, 1, false);
    /* The mark before the last write didn't arrive, nor was that write synced. */
    memset(segment.bytes.data + segment.ends[2], 0, WAL_RECORD_BYTES);
    ck_assert_int_eq(count_records(segment.bytes.data, segment.bytes.length), 3);
    buf_finish(&segment.bytes);
}
END_TEST

START_TEST(DK_06_16_records_of_another_segment_or_place_do_not_pass)
{
    struct segment segment;
    struct segment old;

    segment_make(&segment, 2, false);
    segment_make(&old, 1, false);
    memcpy(segment.bytes.data + segment.writes[1], old.bytes.data + segment.writes[1],
           segment.bytes.length - segment.writes[1]);
    ck_assert_int_eq(count_records(segment.bytes.data, segment.bytes.length), 2);
    buf_finish(&segment.bytes);

    segment_make(&segment, 1, false); /* a good record, in the place of the one before */
    memmove(segment.bytes.data + segment.writes[1], segment.bytes.data + segment.writes[2],
            segment.ends[3] - segment.writes[2]);
    ck_assert_int_lt(count_records(segment.bytes.data, segment.bytes.length), 3);
    buf_finish(&segment.bytes);
    buf_finish(&old.bytes);
}
END_TEST

START_TEST(DK_18_a_newer_format_is_refused)
{
    struct segment segment;

    segment_make(&segment, 1, false);
    segment.bytes.data[8] = WAL_FORMAT + 1;
    bytes_put_u32(segment.bytes.data + 60, crc32c(0, segment.bytes.data, 60));
    ck_assert_int_eq(count_records(segment.bytes.data, segment.bytes.length), ERR_REFUSED);
    buf_finish(&segment.bytes);
}
END_TEST

START_TEST(the_largest_entry_fits)
{
    struct raft_entry entry = {.index = 1, .term = 1, .kind = RAFT_COMMAND};
    struct wal_reader reader;
    struct wal_record record;
    struct wal_writer writer;
    uint8_t header[WAL_HEADER_BYTES];
    struct buf bytes;

    entry.blob = raft_blob_new(NULL, LIMIT_COMMAND_BYTES);
    memset(entry.blob->bytes, 0xab, LIMIT_COMMAND_BYTES);
    buf_init(&bytes, LIMIT_COMMAND_BYTES + 1024);
    wal_writer_init(&writer, header, 1, 1, 1);
    buf_append(&bytes, header, sizeof(header));
    wal_put(&bytes, &entry);
    wal_seal(&writer, bytes.data + sizeof(header), bytes.length - sizeof(header));
    ck_assert_int_eq(wal_reader_init(&reader, bytes.data, bytes.length, NULL), 0);
    ck_assert_int_eq(wal_read(&reader, &record, NULL), 1);
    ck_assert_uint_eq(record.length, LIMIT_COMMAND_BYTES);
    ck_assert_int_eq(wal_read(&reader, &record, NULL), 0);
    raft_blob_release(entry.blob);
    buf_finish(&bytes);
}
END_TEST

START_TEST(TV_07_slots)
{
    static uint8_t file[WAL_SLOTS_BYTES];
    uint8_t bytes[LIMIT_SMALL_BYTES];
    uint64_t sequence;
    size_t length;

    memset(file, 0, sizeof(file));
    ck_assert_int_eq(wal_slots_decode(file, sizeof(file), &sequence, bytes, &length, NULL),
                     ERR_NOTFOUND);
    ck_assert_int_eq(wal_slots_decode(file, 0, &sequence, bytes, &length, NULL), ERR_NOTFOUND);
    for (uint64_t i = 1; i <= 4; i++) {
        wal_slot_encode(file + wal_slot_offset(i), i, &i, sizeof(i));
        ck_assert_int_eq(wal_slots_decode(file, sizeof(file), &sequence, bytes, &length, NULL), 0);
        ck_assert_uint_eq(sequence, i);
        ck_assert_uint_eq(length, sizeof(i));
        ck_assert_uint_eq(bytes_u64(bytes), i);
    }
    for (size_t at = 0; at < WAL_SLOT_STRIDE + WAL_SLOT_BYTES; at++) {
        bool inside = at % WAL_SLOT_STRIDE < WAL_SLOT_BYTES;

        file[at] ^= 0x5a;
        ck_assert_int_eq(wal_slots_decode(file, sizeof(file), &sequence, bytes, &length, NULL),
                         inside ? ERR_CORRUPT : 0);
        file[at] ^= 0x5a;
    }
    memset(file, 0, WAL_SLOT_BYTES); /* one that was certainly written is gone */
    ck_assert_int_eq(wal_slots_decode(file, sizeof(file), &sequence, bytes, &length, NULL),
                     ERR_CORRUPT);
}
END_TEST

START_TEST(snapshots)
{
    struct raft_snapshot snapshot = {.index = 12, .term = 3};
    struct raft_snapshot found;
    struct buf bytes;

    members_add_voter(&snapshot.members, 1, NULL);
    members_add(&snapshot.members, &(struct member){.id = 5}, NULL);
    snapshot.blob = raft_blob_new("the state", 9);
    buf_init(&bytes, 4096);
    wal_snapshot_encode(&bytes, &snapshot);
    ck_assert_int_eq(wal_snapshot_decode(bytes.data, bytes.length, &found, NULL), 0);
    ck_assert_uint_eq(found.index, 12);
    ck_assert_uint_eq(found.term, 3);
    ck_assert_uint_eq(found.members.count, 2);
    ck_assert_int_eq(found.members.list[0].kind, MEMBER_VOTER);
    ck_assert_int_eq(found.members.list[1].kind, MEMBER_LEARNER);
    ck_assert_mem_eq(found.blob->bytes, "the state", 9);
    raft_blob_release(found.blob);
    for (size_t length = 0; length < bytes.length; length++) {
        ck_assert_int_eq(wal_snapshot_decode(bytes.data, length, &found, NULL), ERR_CORRUPT);
    }
    for (size_t at = 0; at < bytes.length; at++) {
        bytes.data[at] ^= 0x5a;
        ck_assert_int_eq(wal_snapshot_decode(bytes.data, bytes.length, &found, NULL), ERR_CORRUPT);
        bytes.data[at] ^= 0x5a;
    }
    raft_blob_release(snapshot.blob);
    buf_finish(&bytes);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("wal");
    TCase *tcase = tcase_create("bytes");

    tcase_add_test(tcase, the_checksum_is_crc_32c);
    tcase_add_test(tcase, what_was_written_is_read);
    tcase_add_test(tcase, DK_01_cut_at_every_offset_the_records_before_remain);
    tcase_add_test(tcase, DK_02_a_torn_last_write_is_dropped_from_its_first_bad_byte_on);
    tcase_add_test(tcase, DK_03_04_05_flip_every_byte);
    tcase_add_test(tcase, DK_04_damage_to_the_last_write_is_told_by_its_mark);
    tcase_add_test(tcase, DK_02_a_torn_mark_and_a_torn_write_behind_it_are_one_torn_end);
    tcase_add_test(tcase, DK_06_16_records_of_another_segment_or_place_do_not_pass);
    tcase_add_test(tcase, DK_18_a_newer_format_is_refused);
    tcase_add_test(tcase, the_largest_entry_fits);
    tcase_add_test(tcase, TV_07_slots);
    tcase_add_test(tcase, snapshots);
    suite_add_tcase(suite, tcase);
    return suite;
}
