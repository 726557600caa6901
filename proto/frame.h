/* frame: how messages lie on the agents' wire.
 *
 *     length  u16, little-endian, of what follows (at most LIMIT_FRAME_BYTES)
 *     sealed  header (1 byte: kind, and the two flags), body, tag (16 bytes)
 *
 * A message is one frame or several; `more` is set on all but its last. There are
 * two streams, urgent and bulk: frames of one message stay in order, and an
 * urgent message may come between the frames of a bulk one, so that a heartbeat
 * never waits for a snapshot (at most for one frame of it).
 *
 * Which stream a message takes depends on its kind and its size only, so what
 * one kind sends in one stream arrives in order. Small raft messages overtake
 * large ones, which Raft doesn't mind; a view's changes never overtake each
 * other. */
#ifndef PROTO_FRAME_H
#define PROTO_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "proto/noise.h"

/*      name        on the wire  urgent up to (bytes; -1: never) */
#define PEER_KIND_MAP(X)                                                                           \
    X(PEER_CONFIRM, 0, 0)                 /* the channel's own: ends the handshake */              \
    X(PEER_RAFT, 1, 4096)                 /* consensus: votes, heartbeats, entries, snapshots */   \
    X(PEER_GUARD, 2, LIMIT_MESSAGE_BYTES) /* leases, orders, reports */                            \
    X(PEER_VIEW, 3, -1)                   /* the leader's picture, for the others' readers */      \
    X(PEER_CALL, 4, -1)                   /* requests carried to the leader, and their answers */

enum peer_kind {
#define X(name, value, urgent) name = value,
    PEER_KIND_MAP(X)
#undef X
};

/* "PEER_RAFT"; NULL if there is no such kind. */
const char *peer_kind_name(unsigned kind);
bool peer_kind_is_urgent(enum peer_kind kind, size_t length);

enum {
    FRAME_LENGTH_BYTES = 2,
    FRAME_HEADER_BYTES = 1,
    FRAME_BODY_MAX = 16 * 1024, /* what we send: an urgent frame waits for no more */
    FRAME_BYTES_MAX = FRAME_LENGTH_BYTES + FRAME_HEADER_BYTES + FRAME_BODY_MAX + NOISE_TAG_BYTES,
};

struct frame_header {
    enum peer_kind kind;
    bool urgent;
    bool more;
};

uint8_t frame_header_encode(const struct frame_header *header);
bool frame_header_decode(uint8_t byte, struct frame_header *header);

void frame_put_length(uint8_t bytes[FRAME_LENGTH_BYTES], size_t length);

/* Collects one frame out of a stream that comes in any pieces. */
struct frame_reader {
    size_t length_max; /* what is accepted now; the caller may change it */
    size_t filled;
    uint8_t bytes[FRAME_LENGTH_BYTES + LIMIT_FRAME_BYTES];
};

enum frame_result {
    FRAME_PART,     /* the input is used up */
    FRAME_WHOLE,    /* see frame_reader_content(); then frame_reader_reset() */
    FRAME_TOO_LONG, /* longer than length_max; told before the frame is read */
};

void frame_reader_reset(struct frame_reader *reader);

/* Moves *bytes and *length past what it took: never more than one frame. */
enum frame_result frame_reader_take(struct frame_reader *reader, const uint8_t **bytes,
                                    size_t *length);

/* A whole frame without its length; may be opened in place. */
uint8_t *frame_reader_content(struct frame_reader *reader, size_t *length);

#endif
