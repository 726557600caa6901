/* wire: Raft's messages as bytes (proto/raft.proto), and back. */
#ifndef DAEMON_NODE_WIRE_H
#define DAEMON_NODE_WIRE_H

#include "base/buf.h"
#include "base/err.h"
#include "consensus/message.h"

/* A decoded message and what it points at. Large; keep one and use it again. */
struct wire_message {
    struct raft_message message;
    struct raft_entry entries[LIMIT_APPEND_ENTRIES];
    struct raft_snapshot snapshot;
};

/* Appends the message to `out`; look at buf_ok(). */
void wire_encode(struct buf *out, const struct raft_message *message);

/* ERR_PROTOCOL for anything that wire_encode() would not have made; ERR_NOMEM. After
 * 0, wire_release() lets the blobs go. */
int wire_decode(struct wire_message *wire, const uint8_t *bytes, size_t length);
void wire_release(struct wire_message *wire);

#endif
