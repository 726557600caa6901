/* channel: one connection between two agents: proves who they are, keeps what they
 * say secret and whole, and turns bytes into messages. No input or output: the
 * caller moves the bytes, time-outs are his too.
 *
 *     initiator                                  responder
 *     -> hello (Noise message 1)                 is the key one of ours, is the name
 *                                                its name, may it connect to us?
 *     <- hello (Noise message 2)
 *     OPEN
 *     -> PEER_CONFIRM, empty and sealed          OPEN
 *
 * The responder doesn't believe in the connection before the confirmation, since
 * the first message may be an old one played again (proto/noise.h): nothing may be
 * done to an older connection for its sake.
 *
 * Agents of two clusters don't speak, though they know each other: one of them was recovered
 * without the other, and neither may vote or order in the other's. Who has heard of no cluster yet
 * speaks with both.
 *
 * The agent with the smaller name (strcmp) connects. Each agent numbers those whom it knows as
 * it likes: `id` is a place in its own table, from 1, and never leaves the process. The table
 * may change while there are channels; those of an entry that goes must be closed first.
 *
 * After any fault the channel is closed for good, with its reason; what was not
 * delivered whole is discarded. Life cycle: channel_init() ... channel_finish(). */
#ifndef PROTO_CHANNEL_H
#define PROTO_CHANNEL_H

#include "base/buf.h"
#include "proto/frame.h"
#include "proto/noise.h"
#include "proto/outbox.h"

enum {
    PEER_VERSION = 1,              /* what we speak */
    PEER_VERSION_OLDEST = 1,       /* what we still understand */
    CHANNEL_HELLO_BYTES_MAX = 512, /* before it is known who asks, nobody gets more memory */
};

/*      name                    text                  sentence */
#define PEER_REASON_MAP(X)                                                                         \
    X(PEER_ENDED, "ended", "the other agent closed the connection")                                \
    X(PEER_TRUNCATED, "truncated", "the connection ended in the middle of a message")              \
    X(PEER_IO_FAILED, "io_failed", "the network failed")                                           \
    X(PEER_CONNECT_FAILED, "connect_failed", "no connection could be made")                        \
    X(PEER_CONNECT_TIMEOUT, "connect_timeout", "no connection came about in time")                 \
    X(PEER_HANDSHAKE_TIMEOUT, "handshake_timeout", "the handshake didn't end in time")             \
    X(PEER_BAD_HANDSHAKE, "bad_handshake", "the handshake isn't genuine, or meant for another")    \
    X(PEER_UNKNOWN_KEY, "unknown_key", "the key isn't one of the agents'")                         \
    X(PEER_WRONG_NAME, "wrong_name", "the name isn't the one that belongs to the key")             \
    X(PEER_WRONG_VERSION, "wrong_version", "the other agent's version is too old")                 \
    X(PEER_OTHER_CLUSTER, "other_cluster",                                                         \
      "one of the two went on without the other (--recover-as-single): it must join anew")         \
    X(PEER_WRONG_DIRECTION, "wrong_direction", "the agent with the smaller name connects")         \
    X(PEER_BAD_FRAME, "bad_frame", "a frame was altered, replayed or out of order")                \
    X(PEER_BAD_MESSAGE, "bad_message", "frames that make no message")                              \
    X(PEER_OVERSIZED, "oversized", "a frame or a message is too long")                             \
    X(PEER_EXHAUSTED, "exhausted", "the nonces or the memory are used up")                         \
    X(PEER_REPLACED, "replaced", "the other agent made a newer connection")                        \
    X(PEER_RESTARTED, "restarted", "the other agent was started again")                            \
    X(PEER_CROWDED_OUT, "crowded_out", "too many connections of unknown origin")                   \
    X(PEER_REMOVED, "removed", "the agent isn't one of the cluster's any more")                    \
    X(PEER_MOVED, "moved", "the agent has another address")                                        \
    X(PEER_STOPPED, "stopped", "this agent stops")

enum peer_reason {
#define X(name, text, sentence) name,
    PEER_REASON_MAP(X)
#undef X
        PEER_REASON_COUNT
};

const char *peer_reason_text(enum peer_reason reason);
const char *peer_reason_sentence(enum peer_reason reason);

struct channel_peer {
    char name[LIMIT_NAME_SIZE]; /* "": the place is free */
    uint8_t key[KEYS_BYTES];    /* public */
};

/* Who we are and whom we know; must outlive the channels made from it. */
struct channel_self {
    unsigned id; /* peers[id - 1] is this agent */
    struct key_pair keys;
    uint64_t start_id;
    uint64_t cluster; /* of the members that this agent knows; nothing if it is a newcomer */
    bool newcomer;
    struct channel_peer peers[LIMIT_AGENT_SLOTS];
};

enum channel_state {
    CHANNEL_WAIT_FIRST,   /* responder: for the initiator's hello */
    CHANNEL_WAIT_SECOND,  /* initiator: for the responder's hello */
    CHANNEL_WAIT_CONFIRM, /* responder: for the confirmation */
    CHANNEL_OPEN,
    CHANNEL_CLOSED,
};

struct channel_stream {
    bool begun;
    enum peer_kind kind;
    struct buf bytes;
};

struct channel {
    enum channel_state state;
    enum peer_reason reason;  /* once closed */
    unsigned remote;          /* who it is: initiator always, responder once it was told; or 0 */
    uint64_t remote_start_id; /* once open; these, too: */
    uint64_t remote_cluster;
    bool remote_newcomer;
    /* private */
    const struct channel_self *self;
    struct noise_handshake handshake;
    struct noise_cipher send;
    struct noise_cipher receive;
    struct frame_reader reader;
    struct channel_stream streams[2]; /* bulk, urgent */
    struct channel_stream *delivered; /* its bytes may go at the next read */
    struct outbox outbox;
    uint8_t hello[FRAME_LENGTH_BYTES + CHANNEL_HELLO_BYTES_MAX]; /* to be written first */
    size_t hello_length;
};

/* Whether agent `from` is the one of the two that connects. */
bool channel_dials(const struct channel_self *self, unsigned from, unsigned to);

/* False once one of the two belongs to another cluster; close it then (PEER_OTHER_CLUSTER). */
bool channel_same_cluster(const struct channel *channel);

/* An initiator knows whom it connects to; `remote` 0 makes a responder.
 * `ephemeral`: KEYS_BYTES fresh random bytes. A peer whose key is worthless makes
 * a channel that is closed already (PEER_BAD_HANDSHAKE). */
void channel_init(struct channel *channel, const struct channel_self *self, unsigned remote,
                  const uint8_t *ephemeral);

/* Wipes keys, frees what waits. */
void channel_finish(struct channel *channel);

enum channel_event {
    CHANNEL_NOTHING,    /* the input is used up */
    CHANNEL_OPENED,     /* see remote and remote_start_id */
    CHANNEL_MESSAGE,    /* see the message; its bytes last until the next channel_read() */
    CHANNEL_WAS_CLOSED, /* see reason; told once, then CHANNEL_NOTHING */
};

struct channel_message {
    enum peer_kind kind;
    const uint8_t *bytes;
    size_t length;
};

/* Takes bytes from the input until something happened; call it until
 * CHANNEL_NOTHING. There may be something to write after any call. */
enum channel_event channel_read(struct channel *channel, const uint8_t **bytes, size_t *length,
                                struct channel_message *message);

/* The other end closed: the reason, PEER_ENDED or PEER_TRUNCATED. */
enum peer_reason channel_end(struct channel *channel);

/* Queues a message on an open channel; errors as outbox_put(). */
int channel_send(struct channel *channel, enum peer_kind kind, const uint8_t *bytes, size_t length);

/* Fills `out` with what is to be sent next, whole frames; 0 if there is nothing
 * (or it was closed: PEER_EXHAUSTED). `size` is FRAME_BYTES_MAX or more. */
size_t channel_write(struct channel *channel, uint8_t *out, size_t size);

#endif
