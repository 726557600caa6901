/* message: order.h's structs as bytes (proto/guard.proto), and back. */
#ifndef TOPOLOGY_MESSAGE_H
#define TOPOLOGY_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "topology/order.h"

/* Appends the encoded message; check buf_ok(). */
void message_encode(const struct order_message *message, struct buf *buf);

/* ERR_PROTOCOL for bytes that are no message, an unknown enum value or a text or
 * list past its limit; `message` is then unspecified. */
int message_decode(struct order_message *message, const uint8_t *bytes, size_t length,
                   struct err *err);

#endif
