/* A connection of two agents over a bad wire. Every three bytes are an order: send a message,
 * carry some bytes, damage one. Messages come as they were sent, or the channel closes. */
#include <string.h>

#include "base/buf.h"
#include "proto/channel.h"
#include "tests/fuzz/fuzz.h"

enum { MESSAGE_MAX = 600, WIRE_MAX = 1024 * 1024 };

struct end {
    struct channel_self self;
    struct channel channel;
    struct buf wire; /* what comes to it */
};

static void self_init(struct channel_self *self, unsigned id)
{
    static const char *const names[] = {"a1", "a2"};

    *self = (struct channel_self){.id = id, .start_id = 40 + id};
    for (unsigned i = 0; i < 2; i++) {
        uint8_t secret[KEYS_BYTES];
        struct key_pair keys;

        memset(secret, (int)i + 1, sizeof(secret));
        keys_derive(&keys, secret);
        text_copy(self->peers[i].name, sizeof(self->peers[i].name), names[i]);
        memcpy(self->peers[i].key, keys.public, KEYS_BYTES);
        if (i + 1 == id) {
            self->keys = keys;
        }
    }
}

static void check_message(const struct channel_message *message)
{
    fuzz_check(message->kind == PEER_RAFT || message->kind == PEER_VIEW);
    fuzz_check(message->length <= MESSAGE_MAX);
    for (size_t i = 0; i < message->length; i++) {
        fuzz_check(message->bytes[i] == (uint8_t)message->length);
    }
}

static void carry(struct end *from, struct end *to, size_t most)
{
    uint8_t out[FRAME_BYTES_MAX];
    size_t length = channel_write(&from->channel, out, sizeof(out));
    const uint8_t *bytes;
    size_t taken;

    buf_append(&to->wire, out, length);
    taken = to->wire.length < most ? to->wire.length : most;
    bytes = to->wire.data;
    length = taken;
    for (bool more = taken > 0; more;) {
        struct channel_message message;

        switch (channel_read(&to->channel, &bytes, &length, &message)) {
        case CHANNEL_MESSAGE:
            check_message(&message);
            break;
        case CHANNEL_OPENED:
            break;
        case CHANNEL_WAS_CLOSED:
        case CHANNEL_NOTHING:
            more = false;
        }
    }
    buf_consume(&to->wire, taken);
}

static void send(struct end *end, uint8_t kind, size_t length)
{
    uint8_t bytes[MESSAGE_MAX];

    if (end->channel.state == CHANNEL_OPEN) {
        memset(bytes, (int)(uint8_t)length, length);
        channel_send(&end->channel, (kind & 1) != 0 ? PEER_RAFT : PEER_VIEW, bytes, length);
    }
}

static void obey(struct end ends[2], const uint8_t *order)
{
    struct end *end = &ends[order[0] & 1];
    struct end *other = &ends[(order[0] & 1) ^ 1];

    switch (order[0] >> 6) {
    case 0:
        send(end, order[1], (size_t)order[2] * 2);
        break;
    case 1:
        if (end->wire.length > 0) {
            end->wire.data[order[1] * 7u % end->wire.length] ^= order[2];
        }
        break;
    default:
        carry(end, other, (size_t)order[1] * 16 + order[2]);
    }
}

void fuzz_one(const uint8_t *bytes, size_t length)
{
    struct end *ends = calloc(2, sizeof(*ends));
    uint8_t ephemeral[KEYS_BYTES];

    memset(ephemeral, 9, sizeof(ephemeral));
    for (unsigned i = 0; i < 2; i++) {
        self_init(&ends[i].self, i + 1);
        channel_init(&ends[i].channel, &ends[i].self, i == 0 ? 2 : 0, ephemeral);
        buf_init(&ends[i].wire, WIRE_MAX);
    }
    for (size_t i = 0; i + 3 <= length && i < 3000; i += 3) {
        obey(ends, bytes + i);
    }
    for (unsigned i = 0; i < 2; i++) {
        channel_finish(&ends[i].channel);
        buf_finish(&ends[i].wire);
    }
    free(ends);
}
