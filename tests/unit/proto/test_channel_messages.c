/* What an open channel carries, and what it refuses to. */
#include "tests/unit/main.h"

#include "tests/unit/proto/channel_fixture.h"

START_TEST(messages_arrive_in_any_pieces)
{
    static const size_t pieces[] = {1, 2, 3, 1000, SIZE_MAX};

    open_both();
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        send_bytes(A1, PEER_RAFT, 0, 0);
        send_bytes(A1, PEER_GUARD, 5, 'g');
        send_bytes(A1, PEER_VIEW, 40000, 'v');
        write_all(A1);
        buf_reset(&got[A2]);
        read_pieces(A2, wires[A1].length, pieces[i]);
        ck_assert_str_eq(buf_text(&got[A2]), "PEER_RAFT:0 PEER_GUARD:5 PEER_VIEW:40000 ");
        ck_assert_uint_eq(last.length, 40000);
        ck_assert_uint_eq(strspn(buf_text(&last), "v"), 40000);
    }
}
END_TEST

START_TEST(both_ends_talk)
{
    open_both();
    send_bytes(A2, PEER_CALL, 7, 'c');
    send_bytes(A1, PEER_CALL, 8, 'c');
    write_all(A2);
    write_all(A1);
    read_all(A1);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A1]), "PEER_CALL:7 ");
    ck_assert_str_eq(buf_text(&got[A2]), "PEER_CALL:8 ");
}
END_TEST

START_TEST(the_longest_message_passes_and_no_longer_one)
{
    open_both();
    ck_assert_int_eq(send_bytes(A1, PEER_RAFT, LIMIT_MESSAGE_BYTES, 'r'), 0);
    ck_assert_int_eq(send_bytes(A1, PEER_RAFT, LIMIT_MESSAGE_BYTES + 1, 'r'), ERR_LIMIT);
    write_all(A1);
    read_pieces(A2, wires[A1].length, 65536);
    ck_assert_str_eq(buf_text(&got[A2]), "PEER_RAFT:5242880 ");
    ck_assert_uint_eq(strspn(buf_text(&last), "r"), LIMIT_MESSAGE_BYTES);
}
END_TEST

START_TEST(TR_05_urgent_messages_overtake_bulk_ones)
{
    open_both();
    send_bytes(A1, PEER_RAFT, 100000, 'b');
    ck_assert_uint_eq(write_some(A1, FRAME_BYTES_MAX), FRAME_BYTES_MAX);
    send_bytes(A1, PEER_VIEW, 10, 'v');
    send_bytes(A1, PEER_RAFT, 4096, 'h');
    send_bytes(A1, PEER_RAFT, 4097, 'l');
    send_bytes(A1, PEER_GUARD, 70000, 'g');
    write_all(A1);
    read_all(A2);
    ck_assert_str_eq(
        buf_text(&got[A2]),
        "PEER_RAFT:4096 PEER_GUARD:70000 PEER_RAFT:100000 PEER_VIEW:10 PEER_RAFT:4097 ");
}
END_TEST

/* ---- refusals of the transport ---- */

/* a1 has written two messages; each is 3 + 20 + 16 bytes on the wire. */
enum { FRAME = FRAME_LENGTH_BYTES + FRAME_HEADER_BYTES + 20 + NOISE_TAG_BYTES };

static void write_two(void)
{
    open_both();
    send_bytes(A1, PEER_GUARD, 20, '1');
    send_bytes(A1, PEER_GUARD, 20, '2');
    write_all(A1);
    ck_assert_uint_eq(wires[A1].length, 2 * FRAME);
}

START_TEST(any_altered_byte_closes)
{
    for (size_t i = 0; i < FRAME; i++) {
        const char *expected = "closed:bad_frame ";

        write_two();
        wires[A1].data[i] ^= 0x10;
        read_all(A2);
        if (i < FRAME_LENGTH_BYTES) { /* a longer frame that goes on after the end */
            channel_end(&channels[A2]);
            ck_assert(channels[A2].reason == PEER_TRUNCATED ||
                      channels[A2].reason == PEER_BAD_FRAME);
        } else {
            ck_assert_str_eq(buf_text(&got[A2]), expected);
        }
        teardown();
        setup();
    }
}
END_TEST

START_TEST(TR_04_a_replayed_frame_closes)
{
    uint8_t copy[FRAME];

    write_two();
    memcpy(copy, wires[A1].data, FRAME);
    buf_append(&wires[A1], copy, FRAME);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "PEER_GUARD:20 PEER_GUARD:20 closed:bad_frame ");
}
END_TEST

START_TEST(TR_04_reordered_frames_close)
{
    uint8_t copy[FRAME];

    write_two();
    memcpy(copy, wires[A1].data, FRAME);
    memmove(wires[A1].data, wires[A1].data + FRAME, FRAME);
    memcpy(wires[A1].data + FRAME, copy, FRAME);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:bad_frame ");
}
END_TEST

START_TEST(an_end_in_the_middle_is_told_from_an_end)
{
    write_two();
    read_pieces(A2, FRAME, SIZE_MAX);
    ck_assert_int_eq(channel_end(&channels[A2]), PEER_ENDED);
    teardown();
    setup();
    write_two();
    read_pieces(A2, FRAME + 5, SIZE_MAX);
    ck_assert_int_eq(channel_end(&channels[A2]), PEER_TRUNCATED);
    teardown();
    setup();
    open_both();
    send_bytes(A1, PEER_VIEW, 40000, 'v');
    write_some(A1, FRAME_BYTES_MAX);
    read_all(A2);
    ck_assert_int_eq(channel_end(&channels[A2]), PEER_TRUNCATED);
}
END_TEST

/* A frame that our own side would never write. */
static void write_sealed(const struct frame_header *header, size_t body_length)
{
    size_t content = FRAME_HEADER_BYTES + body_length;
    uint8_t *frame = calloc(1, FRAME_LENGTH_BYTES + content + NOISE_TAG_BYTES);

    if (header != NULL) {
        frame[FRAME_LENGTH_BYTES] = frame_header_encode(header);
    } else {
        frame[FRAME_LENGTH_BYTES] = 0x3f; /* no such kind */
    }
    ck_assert_int_eq(noise_seal(&channels[A1].send, frame + FRAME_LENGTH_BYTES, content), 0);
    frame_put_length(frame, content + NOISE_TAG_BYTES);
    buf_append(&wires[A1], frame, FRAME_LENGTH_BYTES + content + NOISE_TAG_BYTES);
    free(frame);
}

START_TEST(frames_that_make_no_message_close)
{
    open_both();
    write_sealed(NULL, 3);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:bad_message ");
    teardown();
    setup();
    open_both();
    write_sealed(&(struct frame_header){.kind = PEER_CONFIRM}, 0);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:bad_message ");
    teardown();
    setup();
    open_both();
    write_sealed(&(struct frame_header){.kind = PEER_RAFT, .more = true}, 9);
    write_sealed(&(struct frame_header){.kind = PEER_VIEW}, 9);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:bad_message ");
}
END_TEST

START_TEST(a_message_longer_than_the_limit_closes)
{
    const struct frame_header part = {.kind = PEER_VIEW, .more = true};
    size_t piece = 65000;
    size_t sent = 0;

    open_both();
    while (sent + piece <= LIMIT_MESSAGE_BYTES) {
        write_sealed(&part, piece);
        sent += piece;
    }
    write_sealed(&part, LIMIT_MESSAGE_BYTES - sent);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "");
    write_sealed(&(struct frame_header){.kind = PEER_VIEW}, 1);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:oversized ");
}
END_TEST

START_TEST(used_up_nonces_close)
{
    open_both();
    channels[A1].send.nonce = UINT64_MAX;
    send_bytes(A1, PEER_RAFT, 5, 'r');
    ck_assert_uint_eq(write_some(A1, 65536), 0);
    ck_assert_int_eq(channels[A1].state, CHANNEL_CLOSED);
    ck_assert_int_eq(channels[A1].reason, PEER_EXHAUSTED);
}
END_TEST

/* ---- the outbox ---- */

START_TEST(a_full_outbox_drops_the_oldest_bulk_message)
{
    struct outbox outbox;
    struct frame_header header;
    uint8_t *bytes = calloc(1, LIMIT_MESSAGE_BYTES);
    const size_t third = 2700 * 1024;

    outbox_init(&outbox);
    for (uint8_t i = 0; i < 4; i++) {
        bytes[0] = i;
        ck_assert_int_eq(outbox_put(&outbox, PEER_VIEW, bytes, third), 0);
    }
    ck_assert_uint_eq(outbox.dropped, 1);
    ck_assert_uint_le(outbox.bytes, LIMIT_PEER_QUEUE_BYTES);
    ck_assert_uint_eq(outbox_take(&outbox, &header, bytes, 1), 1);
    ck_assert_uint_eq(bytes[0], 1);

    /* 1 was begun and stays; 2 goes */
    ck_assert_int_eq(outbox_put(&outbox, PEER_GUARD, bytes, third), 0);
    ck_assert_uint_eq(outbox.dropped, 2);
    ck_assert_int_eq(outbox_put(&outbox, PEER_GUARD, bytes, third), 0);
    ck_assert_uint_eq(outbox.dropped, 3);
    ck_assert_int_eq(outbox_put(&outbox, PEER_GUARD, bytes, third), ERR_LIMIT);
    ck_assert_uint_eq(outbox.dropped, 4);
    outbox_finish(&outbox);
    free(bytes);
}
END_TEST

START_TEST(an_outbox_is_full_at_its_limit)
{
    struct outbox outbox;
    uint8_t *bytes = calloc(1, LIMIT_MESSAGE_BYTES);
    size_t overhead;

    outbox_init(&outbox);
    ck_assert_int_eq(outbox_put(&outbox, PEER_GUARD, bytes, 0), 0);
    overhead = outbox.bytes;
    ck_assert_int_eq(outbox_put(&outbox, PEER_GUARD, bytes, LIMIT_MESSAGE_BYTES), 0);
    ck_assert_int_eq(outbox_put(&outbox, PEER_GUARD, bytes,
                                LIMIT_PEER_QUEUE_BYTES - outbox.bytes - overhead + 1),
                     ERR_LIMIT);
    ck_assert_int_eq(
        outbox_put(&outbox, PEER_GUARD, bytes, LIMIT_PEER_QUEUE_BYTES - outbox.bytes - overhead),
        0);
    ck_assert_uint_eq(outbox.bytes, LIMIT_PEER_QUEUE_BYTES);
    ck_assert_int_eq(outbox_put(&outbox, PEER_GUARD, bytes, 0), ERR_LIMIT);
    outbox_finish(&outbox);
    free(bytes);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("channel_messages");
    TCase *tcase = tcase_create("channel");

    if (sodium_init() < 0) {
        abort();
    }
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, messages_arrive_in_any_pieces);
    tcase_add_test(tcase, both_ends_talk);
    tcase_add_test(tcase, the_longest_message_passes_and_no_longer_one);
    tcase_add_test(tcase, TR_05_urgent_messages_overtake_bulk_ones);
    tcase_add_test(tcase, any_altered_byte_closes);
    tcase_add_test(tcase, TR_04_a_replayed_frame_closes);
    tcase_add_test(tcase, TR_04_reordered_frames_close);
    tcase_add_test(tcase, an_end_in_the_middle_is_told_from_an_end);
    tcase_add_test(tcase, frames_that_make_no_message_close);
    tcase_add_test(tcase, a_message_longer_than_the_limit_closes);
    tcase_add_test(tcase, used_up_nonces_close);
    tcase_add_test(tcase, a_full_outbox_drops_the_oldest_bulk_message);
    tcase_add_test(tcase, an_outbox_is_full_at_its_limit);
    suite_add_tcase(suite, tcase);
    return suite;
}
