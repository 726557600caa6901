/* wal: how logs, votes and snapshots look as bytes. No file is touched here.
 *
 * All numbers are little-endian; all checksums are CRC-32C.
 *
 * A log is a row of segments, numbered by `sequence`. A segment that starts at
 * index k replaces whatever earlier segments hold from k on: so the log is cut by
 * starting a new segment, nothing is ever overwritten, and a crash leaves either
 * the old end or the new one, never a mixture.
 *
 *     segment = header (64 bytes, written and synced before any record)
 *               record ...
 *               zeros
 *     record  = checksum(4) length(4) index(8) term(8) batch(4) previous(4) kind(4) 0(4)
 *               bytes, padded with zeros to a multiple of 8
 *
 * A record's checksum covers all of it and starts from the header's, `previous` is
 * the checksum of the record before: a record of another segment, or of another
 * place, can't pass. `batch` is the offset from which on nothing was synced when it was
 * written. Behind each write that was synced, a mark is written (a record of its own kind,
 * without bytes), which becomes durable with whatever is synced next, at the latest when
 * the store is closed. So a bad record is
 *
 *     a torn end   if no good record follows, or only some of the same write
 *     damage       if a good record of a later write follows, or the mark of its own:
 *                  this one was synced
 *
 * A torn end is dropped, it was never acknowledged. Damage is ERR_CORRUPT: what it hit may
 * have been acknowledged, and may not be cut off in silence. (Damage to the last write that
 * comes together with the loss of its mark looks like a torn end.)
 *
 * A slot file holds a small record in two slots, each in a sector of its own, written
 * in turn. The newer one is in force; since a sector is written as a whole or not at
 * all, a slot that can't be read is damage. */
#ifndef CONSENSUS_WAL_H
#define CONSENSUS_WAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "consensus/entry.h"

enum {
    WAL_FORMAT = 2,
    WAL_HEADER_BYTES = 64,
    WAL_RECORD_BYTES = 40, /* before the entry's own bytes */
    WAL_SLOT_STRIDE = 4096,
    WAL_SLOT_BYTES = 512,
    WAL_SLOTS_BYTES = 2 * WAL_SLOT_STRIDE,
    /* A snapshot without the state's own bytes, at most. */
    WAL_SNAPSHOT_BYTES = 64 + MEMBERS_BYTES_MAX,
};

/* ---- writing a segment ---- */

struct wal_writer {
    uint32_t salt; /* the header's checksum */
    uint32_t previous;
    uint32_t offset;   /* where the next write goes */
    uint32_t unsynced; /* everything before this was synced */
};

/* Fills `header`; `owner` names the directory that the segment belongs to. */
void wal_writer_init(struct wal_writer *writer, uint8_t *header, uint64_t sequence,
                     uint64_t first_index, uint64_t owner);

/* Appends the entry as a record that wal_seal() has still to finish. */
void wal_put(struct buf *out, const struct raft_entry *entry);

/* Finishes all records in `bytes`, which are about to go to writer->offset in one
 * write, and moves on. */
void wal_seal(struct wal_writer *writer, uint8_t *bytes, size_t length);

/* All that was sealed is synced. Fills in the mark that says so, for `index`, the last entry; to be
 * written at the offset that writer->offset had before. */
void wal_mark(struct wal_writer *writer, uint64_t index, uint8_t mark[WAL_RECORD_BYTES]);

/* ---- reading a segment ---- */

struct wal_reader {
    const uint8_t *bytes;
    size_t length;
    uint64_t sequence;
    uint64_t first_index;
    uint64_t owner;
    uint64_t index;  /* of the next entry */
    bool marked;     /* the last record was a mark */
    uint32_t offset; /* of the next record; after the end: of the torn or empty rest */
    uint32_t salt;
    uint32_t previous;
};

/* A record, pointing into the segment's bytes. */
struct wal_record {
    uint64_t index;
    uint64_t term;
    enum raft_entry_kind kind;
    const uint8_t *bytes;
    uint32_t length;
};

/* ERR_NOTFOUND: the segment was being created when everything stopped, nothing was
 * ever in it. ERR_CORRUPT. ERR_REFUSED: written by a newer program. */
int wal_reader_init(struct wal_reader *reader, const uint8_t *bytes, size_t length,
                    struct err *err);

/* 1: the record of an entry; 0: the end; ERR_CORRUPT. */
int wal_read(struct wal_reader *reader, struct wal_record *record, struct err *err);

/* ---- slots ---- */

/* Record number `sequence` (from 1) belongs at wal_slot_offset(sequence). */
void wal_slot_encode(uint8_t *slot, uint64_t sequence, const void *bytes, size_t length);

static inline size_t wal_slot_offset(uint64_t sequence)
{
    return (size_t)(sequence % 2) * WAL_SLOT_STRIDE;
}

/* The record in force. ERR_NOTFOUND: none was ever written; ERR_CORRUPT. `bytes` has
 * room for LIMIT_SMALL_BYTES. */
int wal_slots_decode(const uint8_t *file, size_t file_length, uint64_t *sequence, uint8_t *bytes,
                     size_t *length, struct err *err);

/* ---- snapshots ---- */

void wal_snapshot_encode(struct buf *out, const struct raft_snapshot *snapshot);

/* The blob is new; the caller releases it. ERR_CORRUPT, ERR_REFUSED, ERR_NOMEM. */
int wal_snapshot_decode(const uint8_t *bytes, size_t length, struct raft_snapshot *snapshot,
                        struct err *err);

#endif
