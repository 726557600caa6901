/* outbox: the messages that wait for one connection, and in which order they go.
 *
 * Two queues, urgent before bulk; a bulk message is sent in pieces, and urgent
 * ones go between them. At most LIMIT_PEER_QUEUE_BYTES wait: for a message that
 * would pass it, the oldest bulk messages of which nothing was sent yet are
 * dropped; if that doesn't make room, the message itself is refused. Both are
 * counted: whoever sends must be able to live with a loss, as with any network.
 *
 * Owns copies of the messages. */
#ifndef PROTO_OUTBOX_H
#define PROTO_OUTBOX_H

#include "base/list.h"
#include "proto/frame.h"

struct outbox {
    struct list urgent;
    struct list bulk;
    size_t bytes; /* not yet taken */
    uint64_t dropped;
};

void outbox_init(struct outbox *outbox);
void outbox_finish(struct outbox *outbox);

bool outbox_empty(const struct outbox *outbox);

/* Copies the message. ERR_LIMIT: longer than LIMIT_MESSAGE_BYTES, or no room was
 * to be made; ERR_NOMEM. */
int outbox_put(struct outbox *outbox, enum peer_kind kind, const uint8_t *bytes, size_t length);

/* Moves the next piece of at most `size` bytes to `body` and says what it is; the
 * number of bytes. The outbox isn't empty. */
size_t outbox_take(struct outbox *outbox, struct frame_header *header, uint8_t *body, size_t size);

#endif
