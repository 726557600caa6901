#include "tests/unit/main.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "proto/channel.h"
#include "proto/peer.pb-c.h"

/* Two agents, a1 and a2; a wire in each direction that a test can look at, cut
 * and falsify. */
enum { A1 = 0, A2 = 1, WIRE_BYTES_MAX = 16 * 1024 * 1024 };

static struct channel_self selves[2];
static struct channel channels[2];
static struct buf wires[2]; /* wires[A1]: what a1 wrote */
static struct buf got[2];   /* what each was told: "open ", "raft:5 ", "closed:ended " */
static struct buf last;     /* the bytes of the last message */

static void make_selves(void)
{
    for (unsigned i = 0; i < 2; i++) {
        selves[i] = (struct channel_self){.id = 0};
        keys_generate(&selves[i].keys);
        selves[i].id = i + 1;
        selves[i].start_id = 1000 + i;
    }
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned k = 0; k < 2; k++) {
            text_format(selves[i].peers[k].name, LIMIT_NAME_SIZE, "a%u", k + 1);
            memcpy(selves[i].peers[k].key, selves[k].keys.public, KEYS_BYTES);
        }
    }
}

static void start(unsigned side, unsigned remote)
{
    uint8_t ephemeral[KEYS_BYTES];

    randombytes_buf(ephemeral, sizeof ephemeral);
    channel_init(&channels[side], &selves[side], remote, ephemeral);
}

static void setup(void)
{
    make_selves();
    for (unsigned i = 0; i < 2; i++) {
        buf_init(&wires[i], WIRE_BYTES_MAX);
        buf_init(&got[i], 1 << 20);
    }
    buf_init(&last, LIMIT_MESSAGE_BYTES);
    start(A1, 2);
    start(A2, 0);
}

static void teardown(void)
{
    for (unsigned i = 0; i < 2; i++) {
        channel_finish(&channels[i]);
        buf_finish(&wires[i]);
        buf_finish(&got[i]);
    }
    buf_finish(&last);
}

/* One call of channel_write(); the number of bytes. */
static size_t write_some(unsigned side, size_t size)
{
    uint8_t *out = malloc(size);
    size_t n = channel_write(&channels[side], out, size);

    buf_append(&wires[side], out, n);
    free(out);
    return n;
}

static void write_all(unsigned side)
{
    while (write_some(side, 64 * 1024) > 0) {
        continue;
    }
}

static void note(unsigned side, enum channel_event event, const struct channel_message *message)
{
    if (event == CHANNEL_OPENED) {
        buf_append_text(&got[side], "open ");
    } else if (event == CHANNEL_WAS_CLOSED) {
        buf_printf(&got[side], "closed:%s ", peer_reason_text(channels[side].reason));
    } else {
        buf_printf(&got[side], "%s:%zu ", peer_kind_name(message->kind), message->length);
        buf_reset(&last);
        buf_append(&last, message->bytes, message->length);
    }
}

/* Lets `side` read `length` bytes of the other's wire, in pieces. */
static void read_pieces(unsigned side, size_t length, size_t piece)
{
    struct buf *wire = &wires[1 - side];

    while (length > 0) {
        size_t n = length < piece ? length : piece;
        const uint8_t *at = wire->data;
        size_t left = n;
        struct channel_message message;
        enum channel_event event;

        while ((event = channel_read(&channels[side], &at, &left, &message)) != CHANNEL_NOTHING) {
            note(side, event, &message);
        }
        buf_consume(wire, n);
        length -= n;
    }
}

static void read_all(unsigned side)
{
    read_pieces(side, wires[1 - side].length, SIZE_MAX);
}

static void open_both(void)
{
    write_all(A1);
    read_all(A2);
    write_all(A2);
    read_all(A1);
    write_all(A1);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A1]), "open ");
    ck_assert_str_eq(buf_text(&got[A2]), "open ");
    buf_reset(&got[A1]);
    buf_reset(&got[A2]);
}

static int send_bytes(unsigned side, enum peer_kind kind, size_t length, uint8_t fill)
{
    uint8_t *bytes = malloc(length + 1);
    int rv;

    memset(bytes, fill, length + 1);
    rv = channel_send(&channels[side], kind, bytes, length);
    free(bytes);
    return rv;
}

START_TEST(two_agents_find_each_other)
{
    open_both();
    ck_assert_uint_eq(channels[A1].remote, 2);
    ck_assert_uint_eq(channels[A2].remote, 1);
    ck_assert_uint_eq(channels[A1].remote_start_id, 1001);
    ck_assert_uint_eq(channels[A2].remote_start_id, 1000);
    ck_assert_mem_eq(channels[A1].handshake.hash, channels[A2].handshake.hash, NOISE_HASH_BYTES);
}
END_TEST

/* ---- clusters (safety.md section 8) ---- */

struct belongs {
    uint64_t cluster;
    bool newcomer;
};

static void belong(unsigned side, struct belongs belongs)
{
    selves[side].cluster = belongs.cluster;
    selves[side].newcomer = belongs.newcomer;
}

/* A first meeting of these two. */
static void meet(struct belongs a1, struct belongs a2)
{
    teardown();
    setup();
    channel_finish(&channels[A1]); /* its hello is made already */
    belong(A1, a1);
    belong(A2, a2);
    start(A1, 2);
}

START_TEST(MC_17_agents_of_two_clusters_do_not_speak)
{
    meet((struct belongs){5, false}, (struct belongs){7, false});
    write_all(A1);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:other_cluster ");
    write_all(A2);
    ck_assert_uint_eq(wires[A2].length, 0);
}
END_TEST

/* Version 1 says nothing of clusters, and its own was never recovered. */
START_TEST(MC_17_an_agent_that_was_never_recovered_is_of_cluster_0)
{
    meet((struct belongs){0, false}, (struct belongs){7, false});
    write_all(A1);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:other_cluster ");
}
END_TEST

START_TEST(MC_17_agents_of_one_cluster_and_newcomers_do)
{
    static const struct belongs pairs[][2] = {{{7, false}, {7, false}},
                                              {{7, false}, {0, true}},
                                              {{0, true}, {7, false}},
                                              {{5, true}, {7, true}}};

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        meet(pairs[i][A1], pairs[i][A2]);
        open_both();
        ck_assert(channel_same_cluster(&channels[A1]) && channel_same_cluster(&channels[A2]));
    }
}
END_TEST

/* The one who learns it ends it. */
START_TEST(MC_17_a_newcomer_that_learns_where_it_belongs_is_one_no_more)
{
    meet((struct belongs){0, true}, (struct belongs){7, false});
    open_both();
    belong(A1, (struct belongs){5, false});
    ck_assert(!channel_same_cluster(&channels[A1]));
    ck_assert(channel_same_cluster(&channels[A2]));
    belong(A1, (struct belongs){7, false});
    ck_assert(channel_same_cluster(&channels[A1]));
}
END_TEST

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

/* ---- refusals of the handshake ---- */

static void check_refused(const char *by_a1, const char *by_a2)
{
    write_all(A1);
    read_all(A2);
    write_all(A2);
    read_all(A1);
    write_all(A1);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A1]), by_a1);
    ck_assert_str_eq(buf_text(&got[A2]), by_a2);
}

START_TEST(an_unknown_key_is_refused)
{
    keys_generate(&selves[A1].keys);
    channel_finish(&channels[A1]);
    start(A1, 2);
    check_refused("", "closed:unknown_key ");
    ck_assert_uint_eq(channels[A2].remote, 0);
}
END_TEST

START_TEST(another_agent_than_expected_is_refused)
{
    struct key_pair other;

    keys_generate(&other);
    memcpy(selves[A1].peers[1].key, other.public, KEYS_BYTES);
    channel_finish(&channels[A1]);
    start(A1, 2);
    check_refused("", "closed:bad_handshake ");
}
END_TEST

START_TEST(a_key_of_low_order_closes_at_once)
{
    memset(selves[A1].peers[1].key, 0, KEYS_BYTES);
    channel_finish(&channels[A1]);
    start(A1, 2);
    ck_assert_int_eq(channels[A1].state, CHANNEL_CLOSED);
    ck_assert_int_eq(channels[A1].reason, PEER_BAD_HANDSHAKE);
    ck_assert_uint_eq(write_some(A1, 65536), 0);
}
END_TEST

START_TEST(a_wrong_name_is_refused)
{
    text_copy(selves[A1].peers[0].name, LIMIT_NAME_SIZE, "a3");
    channel_finish(&channels[A1]);
    start(A1, 2);
    check_refused("", "closed:wrong_name ");
}
END_TEST

START_TEST(a_responder_of_a_wrong_name_is_refused)
{
    text_copy(selves[A2].peers[1].name, LIMIT_NAME_SIZE, "a3");
    check_refused("closed:wrong_name ", "");
}
END_TEST

START_TEST(the_larger_name_may_not_connect)
{
    channel_finish(&channels[A1]);
    channel_finish(&channels[A2]);
    start(A1, 0);
    start(A2, 1);
    write_all(A2);
    read_all(A1);
    ck_assert_str_eq(buf_text(&got[A1]), "closed:wrong_direction ");
}
END_TEST

/* The table changes while there are channels; who isn't in it any more is unknown. */
START_TEST(a_key_that_left_the_table_is_unknown)
{
    selves[A2].peers[0].name[0] = '\0';
    check_refused("", "closed:unknown_key ");
}
END_TEST

START_TEST(the_table_may_have_gaps_and_other_numbers)
{
    selves[A2].peers[LIMIT_AGENT_SLOTS - 1] = selves[A2].peers[0];
    selves[A2].peers[0].name[0] = '\0';
    open_both();
    ck_assert_uint_eq(channels[A2].remote, LIMIT_AGENT_SLOTS);
}
END_TEST

/* A hello of our own making, from a1's key. */
static void write_false_hello(const uint8_t *payload, size_t length, const char *prologue)
{
    struct noise_handshake handshake;
    uint8_t message[FRAME_LENGTH_BYTES + 1024];
    uint8_t ephemeral[KEYS_BYTES];

    randombytes_buf(ephemeral, sizeof ephemeral);
    noise_init(&handshake, &(struct noise_options){.initiator = true,
                                                   .local_static = &selves[A1].keys,
                                                   .local_ephemeral = ephemeral,
                                                   .remote_static = selves[A2].keys.public,
                                                   .prologue = (const uint8_t *)prologue,
                                                   .prologue_length = strlen(prologue)});
    ck_assert_int_eq(noise_write(&handshake, payload, length, message + 2, &length), 0);
    frame_put_length(message, length);
    buf_append(&wires[A1], message, length + 2);
}

static void check_false_hello(uint32_t version, const char *prologue, const char *expected)
{
    uint8_t payload[128];
    char name[] = "a1";
    Peer__Hello hello;
    size_t length;

    peer__hello__init(&hello);
    hello.name = name;
    hello.version = version;
    length = peer__hello__pack(&hello, payload);
    write_false_hello(payload, length, prologue);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), expected);
}

START_TEST(versions_are_compared)
{
    check_false_hello(PEER_VERSION_OLDEST - 1, "orchestratord peer channel 1",
                      "closed:wrong_version ");
    channel_finish(&channels[A2]);
    start(A2, 0);
    buf_reset(&got[A2]);
    check_false_hello(PEER_VERSION + 1, "orchestratord peer channel 1", "");
    ck_assert_int_eq(channels[A2].state, CHANNEL_WAIT_CONFIRM);
}
END_TEST

START_TEST(another_protocol_is_refused)
{
    check_false_hello(PEER_VERSION, "orchestratord peer channel 2", "closed:bad_handshake ");
}
END_TEST

START_TEST(a_payload_that_is_no_hello_is_refused)
{
    write_false_hello((const uint8_t *)"\xff\xff\xff", 3, "orchestratord peer channel 1");
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:bad_handshake ");
}
END_TEST

START_TEST(a_hello_has_a_limit)
{
    uint8_t head[FRAME_LENGTH_BYTES];

    frame_put_length(head, CHANNEL_HELLO_BYTES_MAX + 1);
    buf_append(&wires[A1], head, sizeof head);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:oversized ");
    channel_finish(&channels[A2]);
    start(A2, 0);
    buf_reset(&got[A2]);
    frame_put_length(head, CHANNEL_HELLO_BYTES_MAX);
    buf_append(&wires[A1], head, sizeof head);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "");
}
END_TEST

START_TEST(TR_01_garbage_is_refused)
{
    static const char garbage[] = "GET / HTTP/1.1\r\nHost: a2\r\n\r\n";

    /* "GE" read as a length */
    buf_append_text(&wires[A1], garbage);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:oversized ");
    buf_append_text(&wires[A1], garbage);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:oversized ");
}
END_TEST

/* The replayed hello is answered, but nobody can confirm. */
START_TEST(a_replayed_handshake_never_opens)
{
    struct buf replayed;

    buf_init(&replayed, 1 << 16);
    write_all(A1);
    buf_append(&replayed, wires[A1].data, wires[A1].length);
    open_both();
    send_bytes(A1, PEER_RAFT, 10, 'r');
    write_all(A1);
    buf_append(&replayed, wires[A1].data, wires[A1].length);

    channel_finish(&channels[A2]);
    start(A2, 0);
    buf_reset(&wires[A1]);
    buf_append(&wires[A1], replayed.data, replayed.length);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:bad_frame ");
    buf_finish(&replayed);
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

START_TEST(reasons_have_names)
{
    for (unsigned i = 0; i < PEER_REASON_COUNT; i++) {
        ck_assert_uint_gt(strlen(peer_reason_text(i)), 0);
        ck_assert_uint_gt(strlen(peer_reason_sentence(i)), 0);
    }
    ck_assert_ptr_null(peer_kind_name(5));
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("channel");
    TCase *tcase = tcase_create("channel");

    if (sodium_init() < 0) {
        abort();
    }
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, two_agents_find_each_other);
    tcase_add_test(tcase, MC_17_agents_of_two_clusters_do_not_speak);
    tcase_add_test(tcase, MC_17_an_agent_that_was_never_recovered_is_of_cluster_0);
    tcase_add_test(tcase, MC_17_agents_of_one_cluster_and_newcomers_do);
    tcase_add_test(tcase, MC_17_a_newcomer_that_learns_where_it_belongs_is_one_no_more);
    tcase_add_test(tcase, messages_arrive_in_any_pieces);
    tcase_add_test(tcase, both_ends_talk);
    tcase_add_test(tcase, the_longest_message_passes_and_no_longer_one);
    tcase_add_test(tcase, TR_05_urgent_messages_overtake_bulk_ones);
    tcase_add_test(tcase, an_unknown_key_is_refused);
    tcase_add_test(tcase, another_agent_than_expected_is_refused);
    tcase_add_test(tcase, a_key_of_low_order_closes_at_once);
    tcase_add_test(tcase, a_wrong_name_is_refused);
    tcase_add_test(tcase, a_responder_of_a_wrong_name_is_refused);
    tcase_add_test(tcase, the_larger_name_may_not_connect);
    tcase_add_test(tcase, a_key_that_left_the_table_is_unknown);
    tcase_add_test(tcase, the_table_may_have_gaps_and_other_numbers);
    tcase_add_test(tcase, versions_are_compared);
    tcase_add_test(tcase, another_protocol_is_refused);
    tcase_add_test(tcase, a_payload_that_is_no_hello_is_refused);
    tcase_add_test(tcase, a_hello_has_a_limit);
    tcase_add_test(tcase, TR_01_garbage_is_refused);
    tcase_add_test(tcase, a_replayed_handshake_never_opens);
    tcase_add_test(tcase, any_altered_byte_closes);
    tcase_add_test(tcase, TR_04_a_replayed_frame_closes);
    tcase_add_test(tcase, TR_04_reordered_frames_close);
    tcase_add_test(tcase, an_end_in_the_middle_is_told_from_an_end);
    tcase_add_test(tcase, frames_that_make_no_message_close);
    tcase_add_test(tcase, a_message_longer_than_the_limit_closes);
    tcase_add_test(tcase, used_up_nonces_close);
    tcase_add_test(tcase, a_full_outbox_drops_the_oldest_bulk_message);
    tcase_add_test(tcase, an_outbox_is_full_at_its_limit);
    tcase_add_test(tcase, reasons_have_names);
    suite_add_tcase(suite, tcase);
    return suite;
}
