#include "proto/channel.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/err.h"
#include "proto/peer.pb-c.h"

static const char PROLOGUE[] = "orchestratord peer channel 1";

static const struct {
    const char *text;
    const char *sentence;
} REASONS[] = {
#define X(name, text, sentence) [name] = {(text), (sentence)},
    PEER_REASON_MAP(X)
#undef X
};

const char *peer_reason_text(enum peer_reason reason)
{
    assert((unsigned)reason < PEER_REASON_COUNT);
    return REASONS[reason].text;
}

const char *peer_reason_sentence(enum peer_reason reason)
{
    assert((unsigned)reason < PEER_REASON_COUNT);
    return REASONS[reason].sentence;
}

static enum channel_event close_with(struct channel *channel, enum peer_reason reason)
{
    assert(channel->state != CHANNEL_CLOSED);
    channel->state = CHANNEL_CLOSED;
    channel->reason = reason;
    channel->hello_length = 0;
    return CHANNEL_WAS_CLOSED;
}

/* ---- the handshake ---- */

/* The next Noise message with our hello inside, framed, into channel->hello. */
static int write_hello(struct channel *channel)
{
    const struct channel_self *self = channel->self;
    uint8_t payload[CHANNEL_HELLO_BYTES_MAX];
    char name[LIMIT_NAME_SIZE];
    Peer__Hello hello;
    size_t length;
    int rv;

    peer__hello__init(&hello);
    text_copy(name, sizeof name, self->peers[self->id - 1].name);
    hello.name = name;
    hello.start_id = self->start_id;
    hello.version = PEER_VERSION;
    hello.cluster = self->cluster;
    hello.newcomer = self->newcomer;
    length = peer__hello__get_packed_size(&hello);
    assert(length + NOISE_FIRST_OVERHEAD <= CHANNEL_HELLO_BYTES_MAX);
    peer__hello__pack(&hello, payload);
    rv = noise_write(&channel->handshake, payload, length, channel->hello + FRAME_LENGTH_BYTES,
                     &length);
    if (rv != 0) {
        return rv;
    }
    frame_put_length(channel->hello, length);
    channel->hello_length = FRAME_LENGTH_BYTES + length;
    return 0;
}

bool channel_same_cluster(const struct channel *channel)
{
    return channel->self->newcomer || channel->remote_newcomer ||
           channel->remote_cluster == channel->self->cluster;
}

/* Tells whether the hello is that of channel->remote; if not, sets `reason`. */
static bool read_hello(struct channel *channel, const uint8_t *payload, size_t length,
                       enum peer_reason *reason)
{
    Peer__Hello *hello = peer__hello__unpack(NULL, length, payload);
    bool ok = false;

    if (hello == NULL) {
        *reason = PEER_BAD_HANDSHAKE;
    } else if (strcmp(hello->name, channel->self->peers[channel->remote - 1].name) != 0) {
        *reason = PEER_WRONG_NAME;
    } else if (hello->version < PEER_VERSION_OLDEST) {
        *reason = PEER_WRONG_VERSION;
    } else {
        channel->remote_start_id = hello->start_id;
        channel->remote_cluster = hello->cluster;
        channel->remote_newcomer = hello->newcomer;
        ok = channel_same_cluster(channel);
        *reason = PEER_OTHER_CLUSTER;
    }
    if (hello != NULL) {
        peer__hello__free_unpacked(hello, NULL);
    }
    return ok;
}

static unsigned find_key(const struct channel_self *self, const uint8_t key[KEYS_BYTES])
{
    for (unsigned i = 0; i < LIMIT_AGENT_SLOTS; i++) {
        if (self->peers[i].name[0] != '\0' &&
            sodium_memcmp(self->peers[i].key, key, KEYS_BYTES) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static void start_transport(struct channel *channel, enum channel_state state)
{
    noise_split(&channel->handshake, &channel->send, &channel->receive);
    channel->reader.length_max = LIMIT_FRAME_BYTES;
    channel->state = state;
}

static enum channel_event on_first(struct channel *channel, const uint8_t *frame, size_t length)
{
    const struct channel_self *self = channel->self;
    uint8_t payload[CHANNEL_HELLO_BYTES_MAX];
    enum peer_reason reason;

    if (noise_read(&channel->handshake, frame, length, payload, &length) != 0) {
        return close_with(channel, PEER_BAD_HANDSHAKE);
    }
    channel->remote = find_key(self, channel->handshake.remote_static);
    if (channel->remote == 0) {
        return close_with(channel, PEER_UNKNOWN_KEY);
    }
    if (!read_hello(channel, payload, length, &reason)) {
        return close_with(channel, reason);
    }
    if (!channel_dials(self, channel->remote, self->id)) {
        return close_with(channel, PEER_WRONG_DIRECTION);
    }
    if (write_hello(channel) != 0) {
        return close_with(channel, PEER_BAD_HANDSHAKE);
    }
    start_transport(channel, CHANNEL_WAIT_CONFIRM);
    return CHANNEL_NOTHING;
}

static void write_confirm(struct channel *channel)
{
    const struct frame_header header = {.kind = PEER_CONFIRM, .urgent = true};
    uint8_t *content = channel->hello + FRAME_LENGTH_BYTES;
    int rv;

    content[0] = frame_header_encode(&header);
    rv = noise_seal(&channel->send, content, FRAME_HEADER_BYTES);
    assert(rv == 0);
    frame_put_length(channel->hello, FRAME_HEADER_BYTES + NOISE_TAG_BYTES);
    channel->hello_length = FRAME_LENGTH_BYTES + FRAME_HEADER_BYTES + NOISE_TAG_BYTES;
}

static enum channel_event on_second(struct channel *channel, const uint8_t *frame, size_t length)
{
    uint8_t payload[CHANNEL_HELLO_BYTES_MAX];
    enum peer_reason reason;

    if (channel->hello_length > 0 ||
        noise_read(&channel->handshake, frame, length, payload, &length) != 0) {
        return close_with(channel, PEER_BAD_HANDSHAKE);
    }
    if (!read_hello(channel, payload, length, &reason)) {
        return close_with(channel, reason);
    }
    start_transport(channel, CHANNEL_OPEN);
    write_confirm(channel);
    return CHANNEL_OPENED;
}

/* ---- the transport ---- */

static void forget_delivered(struct channel *channel)
{
    if (channel->delivered != NULL) {
        buf_finish(&channel->delivered->bytes);
        channel->delivered = NULL;
    }
}

/* A message of one frame is delivered where it lies, others are collected. */
static enum channel_event on_body(struct channel *channel, const struct frame_header *header,
                                  const uint8_t *body, size_t length,
                                  struct channel_message *message)
{
    struct channel_stream *stream = &channel->streams[header->urgent ? 1 : 0];

    if (stream->begun && stream->kind != header->kind) {
        return close_with(channel, PEER_BAD_MESSAGE);
    }
    if (!stream->begun && !header->more) {
        *message = (struct channel_message){.kind = header->kind, .bytes = body, .length = length};
        return CHANNEL_MESSAGE;
    }
    if (length > LIMIT_MESSAGE_BYTES - stream->bytes.length) {
        return close_with(channel, PEER_OVERSIZED);
    }
    buf_append(&stream->bytes, body, length);
    if (!buf_ok(&stream->bytes)) {
        return close_with(channel, PEER_EXHAUSTED);
    }
    stream->begun = header->more;
    stream->kind = header->kind;
    if (header->more) {
        return CHANNEL_NOTHING;
    }
    channel->delivered = stream;
    *message = (struct channel_message){
        .kind = header->kind, .bytes = stream->bytes.data, .length = stream->bytes.length};
    return CHANNEL_MESSAGE;
}

static enum channel_event on_sealed(struct channel *channel, uint8_t *frame, size_t length,
                                    struct channel_message *message)
{
    struct frame_header header;

    if (noise_open(&channel->receive, frame, length) != 0) {
        return close_with(channel, PEER_BAD_FRAME);
    }
    length -= NOISE_TAG_BYTES;
    if (length < FRAME_HEADER_BYTES || !frame_header_decode(frame[0], &header) ||
        (header.kind == PEER_CONFIRM) != (channel->state == CHANNEL_WAIT_CONFIRM)) {
        return close_with(channel, PEER_BAD_MESSAGE);
    }
    if (channel->state == CHANNEL_WAIT_CONFIRM) {
        channel->state = CHANNEL_OPEN;
        return CHANNEL_OPENED;
    }
    return on_body(channel, &header, frame + FRAME_HEADER_BYTES, length - FRAME_HEADER_BYTES,
                   message);
}

static enum channel_event on_frame(struct channel *channel, struct channel_message *message)
{
    size_t length;
    uint8_t *frame = frame_reader_content(&channel->reader, &length);

    frame_reader_reset(&channel->reader);
    switch (channel->state) {
    case CHANNEL_WAIT_FIRST:
        return on_first(channel, frame, length);
    case CHANNEL_WAIT_SECOND:
        return on_second(channel, frame, length);
    case CHANNEL_WAIT_CONFIRM:
    case CHANNEL_OPEN:
        return on_sealed(channel, frame, length, message);
    case CHANNEL_CLOSED:
        break;
    }
    assert(!"a closed channel reads nothing");
    return CHANNEL_NOTHING;
}

/* ---- the calls ---- */

bool channel_dials(const struct channel_self *self, unsigned from, unsigned to)
{
    return strcmp(self->peers[from - 1].name, self->peers[to - 1].name) < 0;
}

void channel_init(struct channel *channel, const struct channel_self *self, unsigned remote,
                  const uint8_t *ephemeral)
{
    assert(self->id >= 1 && self->id <= LIMIT_AGENT_SLOTS);
    assert(remote <= LIMIT_AGENT_SLOTS && remote != self->id);
    assert(remote == 0 || self->peers[remote - 1].name[0] != '\0');
    memset(channel, 0, offsetof(struct channel, reader));
    frame_reader_reset(&channel->reader);
    channel->self = self;
    channel->remote = remote;
    channel->state = remote > 0 ? CHANNEL_WAIT_SECOND : CHANNEL_WAIT_FIRST;
    channel->reader.length_max = CHANNEL_HELLO_BYTES_MAX;
    channel->delivered = NULL;
    channel->hello_length = 0;
    for (unsigned i = 0; i < 2; i++) {
        channel->streams[i] = (struct channel_stream){.begun = false};
        buf_init(&channel->streams[i].bytes, LIMIT_MESSAGE_BYTES);
    }
    outbox_init(&channel->outbox);
    noise_init(&channel->handshake,
               &(struct noise_options){
                   .initiator = remote > 0,
                   .local_static = &self->keys,
                   .local_ephemeral = ephemeral,
                   .remote_static = remote > 0 ? self->peers[remote - 1].key : NULL,
                   .prologue = (const uint8_t *)PROLOGUE,
                   .prologue_length = sizeof PROLOGUE - 1,
               });
    if (remote > 0 && write_hello(channel) != 0) {
        close_with(channel, PEER_BAD_HANDSHAKE);
    }
}

void channel_finish(struct channel *channel)
{
    noise_wipe(&channel->handshake);
    sodium_memzero(&channel->send, sizeof channel->send);
    sodium_memzero(&channel->receive, sizeof channel->receive);
    sodium_memzero(channel->reader.bytes, sizeof channel->reader.bytes);
    buf_finish(&channel->streams[0].bytes);
    buf_finish(&channel->streams[1].bytes);
    outbox_finish(&channel->outbox);
}

enum channel_event channel_read(struct channel *channel, const uint8_t **bytes, size_t *length,
                                struct channel_message *message)
{
    forget_delivered(channel);
    while (channel->state != CHANNEL_CLOSED) {
        enum channel_event event = CHANNEL_NOTHING;
        enum frame_result result = frame_reader_take(&channel->reader, bytes, length);

        if (result == FRAME_PART) {
            return CHANNEL_NOTHING;
        }
        event = result == FRAME_TOO_LONG ? close_with(channel, PEER_OVERSIZED)
                                         : on_frame(channel, message);
        if (event != CHANNEL_NOTHING) {
            return event;
        }
    }
    return CHANNEL_NOTHING;
}

enum peer_reason channel_end(struct channel *channel)
{
    bool inside =
        channel->reader.filled > 0 || channel->streams[0].begun || channel->streams[1].begun;

    if (channel->state != CHANNEL_CLOSED) {
        close_with(channel, inside ? PEER_TRUNCATED : PEER_ENDED);
    }
    return channel->reason;
}

int channel_send(struct channel *channel, enum peer_kind kind, const uint8_t *bytes, size_t length)
{
    assert(channel->state == CHANNEL_OPEN);
    return outbox_put(&channel->outbox, kind, bytes, length);
}

/* The next piece as a frame at `out`; its length, or 0 when the nonces are used up. */
static size_t write_frame(struct channel *channel, uint8_t *out)
{
    uint8_t *content = out + FRAME_LENGTH_BYTES;
    struct frame_header header;
    size_t length = FRAME_HEADER_BYTES;

    length += outbox_take(&channel->outbox, &header, content + FRAME_HEADER_BYTES, FRAME_BODY_MAX);
    content[0] = frame_header_encode(&header);
    if (noise_seal(&channel->send, content, length) != 0) {
        close_with(channel, PEER_EXHAUSTED);
        return 0;
    }
    frame_put_length(out, length + NOISE_TAG_BYTES);
    return FRAME_LENGTH_BYTES + length + NOISE_TAG_BYTES;
}

size_t channel_write(struct channel *channel, uint8_t *out, size_t size)
{
    size_t used = channel->hello_length;

    static_assert(sizeof channel->hello <= FRAME_BYTES_MAX, "a hello always fits");
    assert(size >= FRAME_BYTES_MAX);
    memcpy(out, channel->hello, used);
    channel->hello_length = 0;
    while (channel->state == CHANNEL_OPEN && !outbox_empty(&channel->outbox) &&
           size - used >= FRAME_BYTES_MAX) {
        used += write_frame(channel, out + used);
    }
    return channel->state == CHANNEL_CLOSED ? 0 : used;
}
