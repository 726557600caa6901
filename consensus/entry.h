/* entry: what the log is made of.
 *
 * Payloads are blobs: bytes that never change after birth, shared by counting.
 * Everyone who keeps one holds it, and releases it when done; blobs belong to
 * one thread. An entry or a snapshot that lies in a message or an update only
 * borrows its blob; who wants to keep it holds it. */
#ifndef CONSENSUS_ENTRY_H
#define CONSENSUS_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "consensus/members.h"

struct raft_blob {
    uint32_t holders;
    uint32_t length;
    uint8_t bytes[];
};

/* Born with one holder; copies `bytes` unless NULL. NULL without memory. */
struct raft_blob *raft_blob_new(const void *bytes, size_t length);

/* Both take NULL as well. */
struct raft_blob *raft_blob_hold(struct raft_blob *blob);
void raft_blob_release(struct raft_blob *blob);

/*      name          value, as stored on disk and sent */
#define RAFT_ENTRY_MAP(X)                                                                          \
    X(RAFT_NOOP, 0)    /* a leader's first entry: commits all before it */                         \
    X(RAFT_COMMAND, 1) /* for the state machine */                                                 \
    X(RAFT_CONFIG, 2)  /* the members from here on, see members_encode() */

enum raft_entry_kind {
#define X(name, value) name = value,
    RAFT_ENTRY_MAP(X)
#undef X
};

struct raft_entry {
    uint64_t index; /* from 1 */
    uint64_t term;
    enum raft_entry_kind kind;
    struct raft_blob *blob; /* NULL: no bytes */
};

/* The state after applying everything up to `index`. */
struct raft_snapshot {
    uint64_t index; /* 0: there is none */
    uint64_t term;
    struct members members; /* as of `index` */
    struct raft_blob *blob;
};

static inline uint32_t raft_entry_length(const struct raft_entry *entry)
{
    return entry->blob != NULL ? entry->blob->length : 0;
}

static inline const uint8_t *raft_entry_bytes(const struct raft_entry *entry)
{
    return entry->blob != NULL ? entry->blob->bytes : NULL;
}

#endif
