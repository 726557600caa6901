/* compose: small words of JSON that every answer is made of. New references. */
#ifndef DAEMON_API_COMPOSE_H
#define DAEMON_API_COMPOSE_H

#include <jansson.h>
#include <stdint.h>

#include "base/buf.h"
#include "topology/gtid.h"

/* The value as compact JSON text at the end of `buf`; a lack of room is buf's. */
void compose_append(const json_t *value, struct buf *buf);

/* Servers say what they like: bytes that are no UTF-8 become '?'. */
json_t *compose_string(const char *text);

/* null where the text is "" or the number 0. */
json_t *compose_text(const char *text);
json_t *compose_number(uint64_t number);

/* RFC 3339 in UTC of a wall clock; null for 0. */
json_t *compose_time(uint64_t wall_ms);

/* "0-1-2,7-1-5"; "" is the empty position. */
json_t *compose_position(const struct gtid_position *position);

/* A number that may be 0. */
json_t *compose_count(uint64_t number);

#endif
