/* channel_fixture: two ends and a wire between them. Include once. */
#ifndef TESTS_UNIT_PROTO_CHANNEL_FIXTURE_H
#define TESTS_UNIT_PROTO_CHANNEL_FIXTURE_H

#include "tests/unit/main.h"

#include "base/err.h"
#include "proto/channel.h"
#include "proto/peer.pb-c.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Two agents, a1 and a2; a wire in each direction that a test can look at, cut
 * and falsify. */
enum { A1 = 0, A2 = 1, WIRE_BYTES_MAX = 16 * 1024 * 1024 };

static struct channel_self selves[2];
static struct channel channels[2];
static struct buf wires[2]; /* wires[A1]: what a1 wrote */
static struct buf got[2];   /* what each was told: "open ", "raft:5 ", "closed:ended " */
static struct buf last;     /* the bytes of the last message */

static inline void make_selves(void)
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

static inline void start(unsigned side, unsigned remote)
{
    uint8_t ephemeral[KEYS_BYTES];

    randombytes_buf(ephemeral, sizeof ephemeral);
    channel_init(&channels[side], &selves[side], remote, ephemeral);
}

static inline void setup(void)
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

static inline void teardown(void)
{
    for (unsigned i = 0; i < 2; i++) {
        channel_finish(&channels[i]);
        buf_finish(&wires[i]);
        buf_finish(&got[i]);
    }
    buf_finish(&last);
}

/* One call of channel_write(); the number of bytes. */
static inline size_t write_some(unsigned side, size_t size)
{
    uint8_t *out = malloc(size);
    size_t n = channel_write(&channels[side], out, size);

    buf_append(&wires[side], out, n);
    free(out);
    return n;
}

static inline void write_all(unsigned side)
{
    while (write_some(side, 64 * 1024) > 0) {
        continue;
    }
}

static inline void note(unsigned side, enum channel_event event,
                        const struct channel_message *message)
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
static inline void read_pieces(unsigned side, size_t length, size_t piece)
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

static inline void read_all(unsigned side)
{
    read_pieces(side, wires[1 - side].length, SIZE_MAX);
}

static inline void open_both(void)
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

static inline int send_bytes(unsigned side, enum peer_kind kind, size_t length, uint8_t fill)
{
    uint8_t *bytes = malloc(length + 1);
    int rv;

    memset(bytes, fill, length + 1);
    rv = channel_send(&channels[side], kind, bytes, length);
    free(bytes);
    return rv;
}

#endif
