#include "tests/unit/main.h"

#include <string.h>

#include "base/buf.h"
#include "topology/binlog.h"

/* tests/unit/daemon/test_gate.c walks the binary logs of real servers. */

enum { EVENT_FORMAT = 15, EVENT_QUERY = 2, EVENT_GTID = 162, EVENT_LIST = 163, EVENT_CRYPT = 164 };

static void append_event(struct buf *file, uint8_t type, uint32_t server, const void *body,
                         size_t length)
{
    uint8_t head[19] = {0};

    head[4] = type;
    bytes_put_u32(head + 5, server);
    bytes_put_u32(head + 9, (uint32_t)(sizeof head + length + 4));
    buf_append(file, head, sizeof head);
    buf_append(file, body, length);
    buf_append(file, "\xde\xad\xbe\xef", 4); /* where the checksum is */
}

static void append_gtid(struct buf *file, uint32_t domain, uint32_t server, uint64_t sequence)
{
    uint8_t body[19] = {0};

    bytes_put_u64(body, sequence);
    bytes_put_u32(body + 8, domain);
    append_event(file, EVENT_GTID, server, body, sizeof body);
    append_event(file, EVENT_QUERY, server, "COMMIT", 6);
}

static void append_list(struct buf *file, const char *text)
{
    struct gtid_state state;
    struct buf body;

    ck_assert_int_eq(gtid_state_parse(&state, text, NULL), 0);
    buf_init(&body, 4096);
    buf_append_u32(&body, state.count | 0x10000000);
    for (uint32_t i = 0; i < state.count; i++) {
        buf_append_u32(&body, state.gtids[i].domain);
        buf_append_u32(&body, state.gtids[i].server);
        buf_append_u64(&body, state.gtids[i].sequence);
    }
    append_event(file, EVENT_LIST, 1, body.data, body.length);
    buf_finish(&body);
}

static void begin(struct buf *file)
{
    uint8_t format[2 + 50 + 4 + 1 + 200] = {4};

    buf_init(file, 1 << 20);
    buf_append(file,
               "\xfe"
               "bin",
               4);
    append_event(file, EVENT_FORMAT, 1, format, sizeof format);
}

static int walk(struct binlog *binlog, const struct buf *file, const char *base)
{
    struct gtid_state state;
    struct err err;
    int rv;

    ck_assert_int_eq(gtid_state_parse(&state, base, NULL), 0);
    binlog_init(binlog, &state);
    do {
        size_t left = file->length - (size_t)binlog->offset;
        size_t length = left < BINLOG_WINDOW_BYTES ? left : BINLOG_WINDOW_BYTES;
        uint64_t before = binlog->offset;

        rv = binlog_feed(binlog, file->data + binlog->offset, length, file->length, &err);
        ck_assert(rv != BINLOG_MORE || binlog->offset > before);
    } while (rv == BINLOG_MORE);
    return rv;
}

START_TEST(finds_what_is_beyond)
{
    struct buf file;
    struct binlog binlog;
    uint64_t offset;
    char text[LIMIT_GTID_TEXT_SIZE];

    begin(&file);
    append_list(&file, "0-1-4,3-1-9");
    append_gtid(&file, 0, 1, 5);
    offset = file.length;
    append_gtid(&file, 0, 1, 6);
    append_gtid(&file, 3, 1, 10);
    append_gtid(&file, 0, 2, 7);
    ck_assert_int_eq(walk(&binlog, &file, "0-1-5,3-1-10"), BINLOG_END);
    ck_assert_uint_eq(binlog.beyond_count, 2);
    ck_assert_uint_eq(binlog.beyond_offset, offset);
    ck_assert_uint_eq(binlog.first_beyond.sequence, 6);
    gtid_state_format(&binlog.beyond, text, sizeof text);
    ck_assert_str_eq(text, "0-1-6,0-2-7");
    gtid_format(&binlog.last, text, sizeof text);
    ck_assert_str_eq(text, "0-2-7,3-1-10");
    ck_assert_uint_eq(binlog.end, file.length);
    ck_assert(!binlog.torn && !binlog.damaged && binlog.has_list && !binlog.relay);
    ck_assert_int_eq(walk(&binlog, &file, "0-1-6,0-2-7,3-1-10"), BINLOG_END);
    ck_assert_uint_eq(binlog.beyond_count, 0);
    ck_assert_uint_eq(binlog.beyond_offset, 0);
    ck_assert_int_eq(walk(&binlog, &file, ""), BINLOG_END);
    ck_assert_uint_eq(binlog.beyond_count, 4);
    buf_finish(&file);
}
END_TEST

START_TEST(the_server_id_counts)
{
    struct buf file;
    struct binlog binlog;

    begin(&file);
    append_gtid(&file, 0, 1, 10);
    ck_assert_int_eq(walk(&binlog, &file, "0-2-10"), BINLOG_END);
    ck_assert_uint_eq(binlog.beyond_count, 1); /* the same number, another history */
    ck_assert_int_eq(walk(&binlog, &file, "0-2-11"), BINLOG_END);
    ck_assert_uint_eq(binlog.beyond_count, 0); /* a position: older ones aren't named in it */
    ck_assert_int_eq(walk(&binlog, &file, "0-1-9,0-2-11"), BINLOG_END);
    ck_assert_uint_eq(binlog.beyond_count, 1); /* a state: it names the pair */
    buf_finish(&file);
}
END_TEST

START_TEST(any_cut_is_survived)
{
    struct buf file;
    struct buf cut;
    struct binlog binlog;
    uint64_t whole = 0;

    begin(&file);
    append_list(&file, "0-1-4");
    for (unsigned i = 5; i < 9; i++) {
        append_gtid(&file, 0, 1, i);
    }
    buf_init(&cut, 1 << 20);
    for (size_t length = 0; length <= file.length; length++) {
        int rv;

        buf_reset(&cut);
        buf_append(&cut, file.data, length);
        rv = walk(&binlog, &cut, "");
        if (rv == BINLOG_END) {
            ck_assert_uint_le(binlog.end, length);
            ck_assert_uint_ge(binlog.end, whole);
            ck_assert(binlog.torn == (binlog.end < length));
            ck_assert(!binlog.damaged);
            whole = binlog.end;
        } else {
            ck_assert_int_eq(rv, ERR_CORRUPT);
            ck_assert_uint_eq(whole, 0); /* only before the format is whole */
        }
    }
    ck_assert_uint_eq(whole, file.length);
    ck_assert_uint_eq(binlog.beyond_count, 4);
    buf_finish(&cut);
    buf_finish(&file);
}
END_TEST

START_TEST(unwritten_space_is_no_damage)
{
    struct buf file;
    struct binlog binlog;
    uint8_t zero[100] = {0};
    uint64_t end;

    begin(&file);
    append_gtid(&file, 0, 1, 1);
    end = file.length;
    buf_append(&file, zero, sizeof zero);
    ck_assert_int_eq(walk(&binlog, &file, ""), BINLOG_END);
    ck_assert(binlog.torn && !binlog.damaged);
    ck_assert_uint_eq(binlog.end, end);
    buf_append(&file, "x", 1);
    ck_assert_int_eq(walk(&binlog, &file, ""), BINLOG_END);
    ck_assert(binlog.torn && binlog.damaged);
    ck_assert_uint_eq(binlog.end, end);
    buf_finish(&file);
}
END_TEST

START_TEST(any_byte_may_be_wrong)
{
    struct buf file;
    struct binlog binlog;

    begin(&file);
    append_list(&file, "0-1-4,1-1-1");
    append_gtid(&file, 0, 1, 5);
    append_gtid(&file, 0, 1, 6);
    for (size_t i = 0; i < file.length; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            int rv;

            file.data[i] ^= (uint8_t)(1 << bit);
            rv = walk(&binlog, &file, "0-1-5");
            ck_assert(rv == BINLOG_END || rv == ERR_CORRUPT || rv == ERR_LIMIT);
            file.data[i] ^= (uint8_t)(1 << bit);
        }
    }
    buf_finish(&file);
}
END_TEST

START_TEST(large_events_are_stepped_over)
{
    static uint8_t large[3 * BINLOG_WINDOW_BYTES + 7];
    struct buf file;
    struct binlog binlog;

    begin(&file);
    append_gtid(&file, 0, 1, 1);
    append_event(&file, EVENT_QUERY, 1, large, sizeof large);
    for (unsigned i = 2; i < 3000; i++) {
        append_gtid(&file, 0, 1, i);
    }
    ck_assert(buf_ok(&file));
    ck_assert_int_eq(walk(&binlog, &file, "0-1-1000"), BINLOG_END);
    ck_assert_uint_eq(binlog.beyond_count, 1999);
    ck_assert_uint_eq(binlog.last.gtids[0].sequence, 2999);
    buf_finish(&file);
}
END_TEST

START_TEST(an_encrypted_file_is_told)
{
    struct buf file;
    struct binlog binlog;

    begin(&file);
    append_event(&file, EVENT_CRYPT, 1, "\1key-and-nonce-here", 17);
    buf_append(&file, "\x13 garbage that no reader understands", 37);
    ck_assert_int_eq(walk(&binlog, &file, ""), BINLOG_END);
    ck_assert(binlog.encrypted);
    ck_assert_uint_eq(binlog.beyond_count, 0);
    buf_finish(&file);
}
END_TEST

START_TEST(other_files_are_refused)
{
    struct buf file;
    struct binlog binlog;

    buf_init(&file, 1000);
    ck_assert_int_eq(walk(&binlog, &file, ""), ERR_CORRUPT);
    buf_append_text(&file, "#!/bin/sh");
    ck_assert_int_eq(walk(&binlog, &file, ""), ERR_CORRUPT);
    buf_reset(&file);
    buf_append(&file,
               "\xfe"
               "bin",
               4);
    ck_assert_int_eq(walk(&binlog, &file, ""), ERR_CORRUPT);
    append_gtid(&file, 0, 1, 1); /* no format description */
    ck_assert_int_eq(walk(&binlog, &file, ""), ERR_CORRUPT);
    buf_finish(&file);
}
END_TEST

START_TEST(limits_hold)
{
    struct buf file;
    struct binlog binlog;

    begin(&file);
    for (unsigned i = 1; i <= LIMIT_GTID_DOMAINS; i++) {
        append_gtid(&file, i, 1, 1);
    }
    ck_assert_int_eq(walk(&binlog, &file, ""), BINLOG_END);
    append_gtid(&file, LIMIT_GTID_DOMAINS + 1, 1, 1);
    ck_assert_int_eq(walk(&binlog, &file, ""), ERR_LIMIT);
    buf_finish(&file);

    begin(&file);
    for (unsigned i = 1; i <= LIMIT_GTID_PAIRS; i++) {
        append_gtid(&file, 0, i, i);
    }
    ck_assert_int_eq(walk(&binlog, &file, ""), BINLOG_END);
    append_gtid(&file, 0, LIMIT_GTID_PAIRS + 1, 100);
    ck_assert_int_eq(walk(&binlog, &file, ""), ERR_LIMIT);
    ck_assert_int_eq(walk(&binlog, &file, "0-1-200"), BINLOG_END);
    buf_finish(&file);
}
END_TEST

START_TEST(a_list_within_the_base_begins_the_walk)
{
    struct gtid_state base;
    struct gtid_state list;

    gtid_state_parse(&base, "0-1-7,0-2-9", NULL);
    gtid_state_parse(&list, "0-1-7,0-2-9", NULL);
    ck_assert(binlog_within(&base, &list));
    gtid_state_parse(&list, "", NULL);
    ck_assert(binlog_within(&base, &list));
    gtid_state_parse(&list, "0-1-8,0-2-9", NULL);
    ck_assert(!binlog_within(&base, &list));
    gtid_state_parse(&list, "1-1-1", NULL);
    ck_assert(!binlog_within(&base, &list));
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("binlog");
    TCase *tests = tcase_create("binlog");

    tcase_add_test(tests, finds_what_is_beyond);
    tcase_add_test(tests, the_server_id_counts);
    tcase_add_test(tests, any_cut_is_survived);
    tcase_add_test(tests, unwritten_space_is_no_damage);
    tcase_add_test(tests, any_byte_may_be_wrong);
    tcase_add_test(tests, large_events_are_stepped_over);
    tcase_add_test(tests, an_encrypted_file_is_told);
    tcase_add_test(tests, other_files_are_refused);
    tcase_add_test(tests, limits_hold);
    tcase_add_test(tests, a_list_within_the_base_begins_the_walk);
    suite_add_tcase(suite, tests);
    return suite;
}
