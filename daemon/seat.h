/* seat: which place in the cluster this data directory has, and how it came by it.
 *
 * Raft's log can't say it alone: an empty one may belong to a first voter that has
 * never run, to an agent that joins, or to one that lost its disk, and only the first of
 * them may vote before it is told. So a small file beside the log, DIRECTORY/seat, says
 *
 *     store   the store that this is about; for any other one it counts as `replaced`
 *     born    bootstrap: a first voter, number `id` of the list `first`
 *             joined:    added to a running cluster, which gives the number
 *             replaced:  the store before was lost or disowned; asks for a number
 *     known   the members as they were last known: whom to ask. May be old
 *     cluster the one of the lists in the log, once `settled` (proto/channel.h). It outlives the
 *             store: an agent changes sides by joining anew only
 *
 * `first` is kept because [peers] of the configuration may go, or change, after the first
 * start. Blocks for the disk, except seat_encode(). Plain values. */
#ifndef DAEMON_SEAT_H
#define DAEMON_SEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "consensus/members.h"

#define SEAT_FILE "seat"

/*      name            value, as stored   text */
#define SEAT_BORN_MAP(X)                                                                           \
    X(SEAT_BOOTSTRAP, 1, "bootstrap")                                                              \
    X(SEAT_JOINED, 2, "joined")                                                                    \
    X(SEAT_REPLACED, 3, "replaced")

enum seat_born {
#define X(name, value, text) name = value,
    SEAT_BORN_MAP(X)
#undef X
};

enum { SEAT_BYTES_MAX = 64 + 2 * MEMBERS_BYTES_MAX };

struct seat {
    uint64_t store;
    enum seat_born born;
    uint32_t id; /* BOOTSTRAP; else 0 */
    struct members first;
    struct members known;
    uint64_t cluster;
    bool settled;
};

const char *seat_born_name(enum seat_born born);

/* From now on it belongs to the cluster of these members. */
void seat_settle(struct seat *seat, const struct members *members);

/* Another store than the seat's: whatever was promised before is forgotten. */
void seat_replace(struct seat *seat, uint64_t store);

/* ERR_NOTFOUND: there is none. ERR_CORRUPT, ERR_IO. */
int seat_read(struct seat *seat, const char *directory, struct err *err);

/* Durable when it returns 0. ERR_IO; the old one is then still there. */
int seat_write(const struct seat *seat, const char *directory, struct err *err);

/* What the file holds; look at buf_ok(). */
void seat_encode(const struct seat *seat, struct buf *out);
int seat_decode(struct seat *seat, const uint8_t *bytes, size_t length, struct err *err);

#endif
