#include "consensus/wal.h"

#include <assert.h>
#include <string.h>

#include "base/crc32c.h"

static const char SEGMENT_MAGIC[8] = "orchwal";
static const char SNAPSHOT_MAGIC[8] = "orchsnp";

enum { SLOT_MAGIC = 0x746f6c73, SLOT_HEADER = 24, RECORD_MARK = 255 /* as a kind */ };

/* Where the fields are. */
enum {
    HEADER_FORMAT = 8,
    HEADER_SEQUENCE = 16,
    HEADER_FIRST = 24,
    HEADER_OWNER = 32,
    HEADER_CHECKSUM = 60,

    RECORD_LENGTH = 4,
    RECORD_INDEX = 8,
    RECORD_TERM = 16,
    RECORD_BATCH = 24,
    RECORD_PREVIOUS = 28,
    RECORD_KIND = 32,
    RECORD_ZERO = 36,

    SLOT_LENGTH = 4,
    SLOT_SEQUENCE = 8,
    SLOT_CHECKSUM = 16,

    SNAPSHOT_FORMAT = 8,
    SNAPSHOT_MEMBERS = 12, /* bytes of the list */
    SNAPSHOT_INDEX = 16,
    SNAPSHOT_TERM = 24,
    SNAPSHOT_LENGTH = 32,
    SNAPSHOT_CHECKSUM = 40,
    SNAPSHOT_HEADER_BYTES = 64,
};

static size_t padded(size_t length)
{
    return (length + 7) & ~(size_t)7;
}

static bool is_zero(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* ---- writing ------------------------------------------------------------------ */

void wal_writer_init(struct wal_writer *writer, uint8_t *header, uint64_t sequence,
                     uint64_t first_index, uint64_t owner)
{
    assert(first_index > 0);
    memset(header, 0, WAL_HEADER_BYTES);
    memcpy(header, SEGMENT_MAGIC, sizeof(SEGMENT_MAGIC));
    bytes_put_u32(header + HEADER_FORMAT, WAL_FORMAT);
    bytes_put_u64(header + HEADER_SEQUENCE, sequence);
    bytes_put_u64(header + HEADER_FIRST, first_index);
    bytes_put_u64(header + HEADER_OWNER, owner);
    writer->salt = crc32c(0, header, HEADER_CHECKSUM);
    writer->previous = writer->salt;
    writer->offset = WAL_HEADER_BYTES;
    writer->unsynced = WAL_HEADER_BYTES;
    bytes_put_u32(header + HEADER_CHECKSUM, writer->salt);
}

void wal_put(struct buf *out, const struct raft_entry *entry)
{
    uint32_t length = raft_entry_length(entry);
    uint8_t *record = buf_extend(out, WAL_RECORD_BYTES + padded(length));

    assert(length <= LIMIT_COMMAND_BYTES);
    assert(entry->index > 0 && entry->kind <= RAFT_CONFIG);
    if (record == NULL) {
        return;
    }
    memset(record, 0, WAL_RECORD_BYTES + padded(length));
    bytes_put_u32(record + RECORD_LENGTH, length);
    bytes_put_u64(record + RECORD_INDEX, entry->index);
    bytes_put_u64(record + RECORD_TERM, entry->term);
    bytes_put_u32(record + RECORD_KIND, entry->kind);
    if (length > 0) {
        memcpy(record + WAL_RECORD_BYTES, raft_entry_bytes(entry), length);
    }
}

void wal_seal(struct wal_writer *writer, uint8_t *bytes, size_t length)
{
    size_t at = 0;

    assert(writer->offset >= WAL_HEADER_BYTES && writer->offset % 8 == 0);
    assert(length > 0 && length < UINT32_MAX - writer->offset);
    while (at < length) {
        uint8_t *record = bytes + at;
        size_t size = WAL_RECORD_BYTES + padded(bytes_u32(record + RECORD_LENGTH));

        assert(at + size <= length);
        bytes_put_u32(record + RECORD_BATCH, writer->unsynced);
        bytes_put_u32(record + RECORD_PREVIOUS, writer->previous);
        writer->previous = crc32c(writer->salt, record + 4, size - 4);
        bytes_put_u32(record, writer->previous);
        at += size;
    }
    writer->offset += (uint32_t)length;
}

void wal_mark(struct wal_writer *writer, uint64_t index, uint8_t mark[WAL_RECORD_BYTES])
{
    memset(mark, 0, WAL_RECORD_BYTES);
    bytes_put_u64(mark + RECORD_INDEX, index);
    bytes_put_u32(mark + RECORD_KIND, RECORD_MARK);
    writer->unsynced = writer->offset;
    wal_seal(writer, mark, WAL_RECORD_BYTES);
}

/* ---- reading ------------------------------------------------------------------- */

int wal_reader_init(struct wal_reader *reader, const uint8_t *bytes, size_t length, struct err *err)
{
    *reader = (struct wal_reader){.bytes = bytes, .length = length};
    if (length < WAL_HEADER_BYTES || memcmp(bytes, SEGMENT_MAGIC, sizeof(SEGMENT_MAGIC)) != 0 ||
        crc32c(0, bytes, HEADER_CHECKSUM) != bytes_u32(bytes + HEADER_CHECKSUM)) {
        /* The header is synced before any record is written. */
        if (length <= WAL_HEADER_BYTES ||
            is_zero(bytes + WAL_HEADER_BYTES, length - WAL_HEADER_BYTES)) {
            return err_set(err, ERR_NOTFOUND, "a segment that was never finished");
        }
        return err_set(err, ERR_CORRUPT, "its header is damaged, and records follow");
    }
    if (bytes_u32(bytes + HEADER_FORMAT) != WAL_FORMAT) {
        return err_set(err, ERR_REFUSED, "format %u; this program knows format %d",
                       bytes_u32(bytes + HEADER_FORMAT), WAL_FORMAT);
    }
    reader->sequence = bytes_u64(bytes + HEADER_SEQUENCE);
    reader->first_index = bytes_u64(bytes + HEADER_FIRST);
    reader->owner = bytes_u64(bytes + HEADER_OWNER);
    reader->index = reader->first_index;
    reader->salt = bytes_u32(bytes + HEADER_CHECKSUM);
    reader->previous = reader->salt;
    reader->offset = WAL_HEADER_BYTES;
    return 0;
}

static bool is_kind(uint32_t kind)
{
    return kind <= RAFT_CONFIG || kind == RECORD_MARK;
}

/* Is there a whole, good record of this segment at `offset`? Its size, or 0. */
static size_t good_record(const struct wal_reader *reader, size_t offset)
{
    const uint8_t *record = reader->bytes + offset;
    size_t size;

    if (reader->length - offset < WAL_RECORD_BYTES ||
        bytes_u32(record + RECORD_LENGTH) > LIMIT_COMMAND_BYTES) {
        return 0;
    }
    size = WAL_RECORD_BYTES + padded(bytes_u32(record + RECORD_LENGTH));
    if (reader->length - offset < size || !is_kind(bytes_u32(record + RECORD_KIND)) ||
        bytes_u64(record + RECORD_INDEX) + 1 < reader->index ||
        bytes_u32(record + RECORD_BATCH) > offset || bytes_u32(record + RECORD_ZERO) != 0 ||
        crc32c(reader->salt, record + 4, size - 4) != bytes_u32(record)) {
        return 0;
    }
    return size;
}

/* The record at reader->offset is not good. Was it ever synced? */
static int judge_end(const struct wal_reader *reader, struct err *err)
{
    size_t offset = (size_t)reader->offset + 8;

    while (offset < reader->length) {
        size_t size = good_record(reader, offset);

        if (size == 0) {
            offset += 8;
            continue;
        }
        if (bytes_u32(reader->bytes + offset + RECORD_BATCH) > reader->offset) {
            return err_set(err, ERR_CORRUPT,
                           "the record of entry %llu at byte %u is damaged, and a good one, "
                           "written later, follows at byte %zu",
                           (unsigned long long)reader->index, reader->offset, offset);
        }
        offset += size;
    }
    return 0;
}

/* The record at reader->offset, good by itself, must go on where the one before ended. */
static int check_order(const struct wal_reader *reader, const uint8_t *bytes, struct err *err)
{
    bool is_mark = bytes_u32(bytes + RECORD_KIND) == RECORD_MARK;
    uint64_t index = is_mark ? reader->index - 1 : reader->index;

    if (bytes_u64(bytes + RECORD_INDEX) != index ||
        bytes_u32(bytes + RECORD_PREVIOUS) != reader->previous ||
        (is_mark && bytes_u32(bytes + RECORD_LENGTH) != 0)) {
        return err_set(err, ERR_CORRUPT, "the record at byte %u doesn't follow the one before",
                       reader->offset);
    }
    return 0;
}

/* 1: moved past a good record, which begins at `bytes`; 0: the end; ERR_CORRUPT. */
static int next_record(struct wal_reader *reader, const uint8_t **bytes, struct err *err)
{
    size_t size = 0;
    int rv;

    assert(reader->offset >= WAL_HEADER_BYTES);
    *bytes = reader->bytes + reader->offset;
    if (reader->offset < reader->length) {
        size = good_record(reader, reader->offset);
    }
    if (size == 0) {
        return judge_end(reader, err);
    }
    rv = check_order(reader, *bytes, err);
    if (rv != 0) {
        return rv;
    }
    reader->previous = bytes_u32(*bytes);
    reader->offset += (uint32_t)size;
    reader->marked = bytes_u32(*bytes + RECORD_KIND) == RECORD_MARK;
    return 1;
}

int wal_read(struct wal_reader *reader, struct wal_record *record, struct err *err)
{
    const uint8_t *bytes;
    int rv;

    do {
        rv = next_record(reader, &bytes, err);
    } while (rv == 1 && reader->marked);
    if (rv != 1) {
        return rv;
    }
    *record = (struct wal_record){
        .index = reader->index++,
        .term = bytes_u64(bytes + RECORD_TERM),
        .kind = (enum raft_entry_kind)bytes_u32(bytes + RECORD_KIND),
        .bytes = bytes + WAL_RECORD_BYTES,
        .length = bytes_u32(bytes + RECORD_LENGTH),
    };
    return 1;
}

/* ---- slots ---------------------------------------------------------------------- */

void wal_slot_encode(uint8_t *slot, uint64_t sequence, const void *bytes, size_t length)
{
    assert(sequence > 0 && length <= LIMIT_SMALL_BYTES);
    _Static_assert(SLOT_HEADER + LIMIT_SMALL_BYTES <= WAL_SLOT_BYTES, "a slot is one sector");
    memset(slot, 0, WAL_SLOT_BYTES);
    bytes_put_u32(slot, SLOT_MAGIC);
    bytes_put_u32(slot + SLOT_LENGTH, (uint32_t)length);
    bytes_put_u64(slot + SLOT_SEQUENCE, sequence);
    memcpy(slot + SLOT_HEADER, bytes, length);
    bytes_put_u32(slot + SLOT_CHECKSUM, crc32c(0, slot, WAL_SLOT_BYTES));
}

/* The sequence number in the slot; 0: never written. ERR_CORRUPT. */
static int slot_check(const uint8_t *slot, uint64_t *sequence)
{
    uint8_t copy[WAL_SLOT_BYTES];

    *sequence = 0;
    if (is_zero(slot, WAL_SLOT_BYTES)) {
        return 0;
    }
    memcpy(copy, slot, sizeof(copy));
    bytes_put_u32(copy + SLOT_CHECKSUM, 0);
    if (bytes_u32(slot) != SLOT_MAGIC || bytes_u32(slot + SLOT_LENGTH) > LIMIT_SMALL_BYTES ||
        crc32c(0, copy, sizeof(copy)) != bytes_u32(slot + SLOT_CHECKSUM)) {
        return ERR_CORRUPT;
    }
    *sequence = bytes_u64(slot + SLOT_SEQUENCE);
    return 0;
}

int wal_slots_decode(const uint8_t *file, size_t file_length, uint64_t *sequence, uint8_t *bytes,
                     size_t *length, struct err *err)
{
    uint8_t slots[2][WAL_SLOT_BYTES] = {{0}};
    uint64_t sequences[2];
    int newer;

    for (size_t i = 0; i < 2; i++) {
        size_t start = i * WAL_SLOT_STRIDE;
        size_t rest = file_length > start ? file_length - start : 0;

        if (rest > 0) {
            memcpy(slots[i], file + start, rest < WAL_SLOT_BYTES ? rest : WAL_SLOT_BYTES);
        }
        if (slot_check(slots[i], &sequences[i]) != 0) {
            return err_set(err, ERR_CORRUPT, "slot %zu of 2 is damaged", i + 1);
        }
    }
    newer = sequences[1] > sequences[0];
    *sequence = sequences[newer];
    if (*sequence == 0) {
        return err_set(err, ERR_NOTFOUND, "nothing was ever written");
    }
    /* Each was once the newer one, so they are neighbours, in their own places. */
    if (sequences[!newer] != *sequence - 1 ||
        wal_slot_offset(*sequence) / WAL_SLOT_STRIDE != (size_t)newer) {
        return err_set(err, ERR_CORRUPT, "the slots hold records %llu and %llu",
                       (unsigned long long)sequences[0], (unsigned long long)sequences[1]);
    }
    *length = bytes_u32(slots[newer] + SLOT_LENGTH);
    memcpy(bytes, slots[newer] + SLOT_HEADER, *length);
    return 0;
}

/* ---- snapshots ------------------------------------------------------------------- */

void wal_snapshot_encode(struct buf *out, const struct raft_snapshot *snapshot)
{
    size_t start = out->length;
    uint8_t *header = buf_extend(out, SNAPSHOT_HEADER_BYTES);

    assert(snapshot->index > 0 && snapshot->blob != NULL);
    if (header == NULL) {
        return;
    }
    memset(header, 0, SNAPSHOT_HEADER_BYTES);
    members_encode(&snapshot->members, out);
    if (!buf_ok(out)) {
        return;
    }
    header = out->data + start;
    memcpy(header, SNAPSHOT_MAGIC, sizeof(SNAPSHOT_MAGIC));
    bytes_put_u32(header + SNAPSHOT_FORMAT, WAL_FORMAT);
    bytes_put_u32(header + SNAPSHOT_MEMBERS,
                  (uint32_t)(out->length - start - SNAPSHOT_HEADER_BYTES));
    bytes_put_u64(header + SNAPSHOT_INDEX, snapshot->index);
    bytes_put_u64(header + SNAPSHOT_TERM, snapshot->term);
    bytes_put_u64(header + SNAPSHOT_LENGTH, snapshot->blob->length);
    buf_append(out, snapshot->blob->bytes, snapshot->blob->length);
    if (buf_ok(out)) {
        header = out->data + start;
        bytes_put_u32(header + SNAPSHOT_CHECKSUM, crc32c(0, header, out->length - start));
    }
}

static bool snapshot_is_whole(const uint8_t *bytes, size_t length)
{
    uint8_t header[SNAPSHOT_HEADER_BYTES];
    uint32_t sum;

    if (length < SNAPSHOT_HEADER_BYTES ||
        memcmp(bytes, SNAPSHOT_MAGIC, sizeof(SNAPSHOT_MAGIC)) != 0) {
        return false;
    }
    memcpy(header, bytes, sizeof(header));
    bytes_put_u32(header + SNAPSHOT_CHECKSUM, 0);
    sum = crc32c(0, header, sizeof(header));
    sum = crc32c(sum, bytes + sizeof(header), length - sizeof(header));
    return sum == bytes_u32(bytes + SNAPSHOT_CHECKSUM);
}

int wal_snapshot_decode(const uint8_t *bytes, size_t length, struct raft_snapshot *snapshot,
                        struct err *err)
{
    uint64_t list;
    uint64_t state;

    *snapshot = (struct raft_snapshot){0};
    if (!snapshot_is_whole(bytes, length)) {
        return err_set(err, ERR_CORRUPT, "the snapshot's checksum is wrong");
    }
    if (bytes_u32(bytes + SNAPSHOT_FORMAT) != WAL_FORMAT) {
        return err_set(err, ERR_REFUSED, "a snapshot of format %u; this program knows format %d",
                       bytes_u32(bytes + SNAPSHOT_FORMAT), WAL_FORMAT);
    }
    list = bytes_u32(bytes + SNAPSHOT_MEMBERS);
    state = bytes_u64(bytes + SNAPSHOT_LENGTH);
    if (list > MEMBERS_BYTES_MAX || state > LIMIT_SNAPSHOT_BYTES ||
        length != SNAPSHOT_HEADER_BYTES + list + state) {
        return err_set(err, ERR_CORRUPT, "a snapshot of %zu bytes that says it has others", length);
    }
    bytes += SNAPSHOT_HEADER_BYTES;
    if (members_decode(&snapshot->members, bytes, list, err) != 0) {
        return ERR_CORRUPT;
    }
    snapshot->index = bytes_u64(bytes - SNAPSHOT_HEADER_BYTES + SNAPSHOT_INDEX);
    snapshot->term = bytes_u64(bytes - SNAPSHOT_HEADER_BYTES + SNAPSHOT_TERM);
    snapshot->blob = raft_blob_new(bytes + list, state);
    return snapshot->blob != NULL ? 0 : err_set(err, ERR_NOMEM, "no memory for the snapshot");
}
