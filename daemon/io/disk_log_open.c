/* The segments in the order of their numbers, each cutting off what those before it hold beyond its
 * first entry; then what the snapshot makes of the rest; then the newest one is made ready to go
 * on. */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/io/disk.h"
#include "daemon/io/disk_file.h"
#include "daemon/io/disk_log_internal.h"

static int by_sequence(const void *a, const void *b)
{
    uint64_t x = ((const struct disk_log_segment *)a)->sequence;
    uint64_t y = ((const struct disk_log_segment *)b)->sequence;

    return (x > y) - (x < y);
}

static int add_segment(void *context, const char *found, struct err *err)
{
    struct disk_log *log = context;
    uint64_t sequence;
    char name[LIMIT_NAME_SIZE];

    if (strncmp(found, "log-", 4) != 0) {
        return 0;
    }
    sequence = strtoull(found + 4, NULL, 16);
    disk_log_name(name, sequence);
    if (strcmp(name, found) != 0) {
        return err_set(err, ERR_CORRUPT, "%s is no name of a log segment", found);
    }
    if (log->segment_count == DISK_LOG_SEGMENTS) {
        return err_set(err, ERR_LIMIT, "more than %d log segments", DISK_LOG_SEGMENTS);
    }
    log->segments[log->segment_count++].sequence = sequence;
    return 0;
}

static int list_segments(struct disk_log *log, struct err *err)
{
    int rv = disk_file_list(log->directory, add_segment, log, err);

    qsort(log->segments, log->segment_count, sizeof(log->segments[0]), by_sequence);
    return rv;
}

static void cut_entries(struct disk_recovered *recovered, size_t count)
{
    while (recovered->entry_count > count) {
        raft_blob_release(recovered->entries[--recovered->entry_count].blob);
    }
}

static int add_entry(struct disk_recovered *recovered, const struct wal_record *record,
                     struct err *err)
{
    struct raft_entry entry = {.index = record->index, .term = record->term, .kind = record->kind};

    if (recovered->entry_count == recovered->entry_capacity) {
        size_t capacity = recovered->entry_capacity == 0 ? 1024 : 2 * recovered->entry_capacity;
        struct raft_entry *entries =
            realloc(recovered->entries, capacity * sizeof(*recovered->entries));

        if (entries == NULL) {
            return err_set(err, ERR_NOMEM, "no memory for the log");
        }
        recovered->entries = entries;
        recovered->entry_capacity = capacity;
    }
    if (record->length > 0) {
        entry.blob = raft_blob_new(record->bytes, record->length);
        if (entry.blob == NULL) {
            return err_set(err, ERR_NOMEM, "no memory for the log");
        }
    }
    recovered->entries[recovered->entry_count++] = entry;
    return 0;
}

static int read_records(struct wal_reader *reader, struct disk_recovered *recovered,
                        struct err *err)
{
    struct wal_record record;
    int rv;

    while ((rv = wal_read(reader, &record, err)) == 1) {
        rv = add_entry(recovered, &record, err);
        if (rv != 0) {
            return rv;
        }
    }
    return rv;
}

static int check_segment(const struct disk_log *log, const struct disk_log_segment *segment,
                         const struct wal_reader *reader, const struct disk_recovered *recovered,
                         struct err *err)
{
    uint64_t next = recovered->entry_count > 0
                        ? recovered->entries[recovered->entry_count - 1].index + 1
                        : reader->first_index;

    if (reader->sequence != segment->sequence) {
        return err_set(err, ERR_CORRUPT, "it says that it is segment %llu",
                       (unsigned long long)reader->sequence);
    }
    if (reader->owner != log->owner) {
        return err_set(err, ERR_REFUSED, "it belongs to another agent or cluster");
    }
    if (reader->first_index > next) {
        return err_set(err, ERR_CORRUPT, "entries %llu to %llu are missing before it",
                       (unsigned long long)next, (unsigned long long)reader->first_index - 1);
    }
    return 0;
}

/* If it is the newest one, it goes on from there. */
static void note_end(struct disk_log *log, const struct wal_reader *reader)
{
    log->torn = false;
    for (size_t i = reader->offset; i < reader->length; i++) {
        log->torn = log->torn || reader->bytes[i] != 0;
    }
    log->zeros_end = reader->length;
    log->marked = reader->marked || reader->offset == WAL_HEADER_BYTES;
    log->writer = (struct wal_writer){.salt = reader->salt,
                                      .previous = reader->previous,
                                      .offset = reader->offset,
                                      .unsynced = reader->offset};
}

/* Zeros in place of what a crash left of a write that was never finished. */
static int clear_torn(struct disk_log *log, const char *name, struct err *err)
{
    static const uint8_t zeros[DISK_LOG_ZEROS_BYTES];
    uint64_t at = log->writer.offset;
    int rv = 0;

    while (rv == 0 && at < log->zeros_end) {
        uint64_t left = log->zeros_end - at;
        size_t length = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);

        rv = disk_file_write(log->fd, name, zeros, length, at, err);
        at += length;
    }
    return rv == 0 ? disk_file_sync(log->fd, name, err) : rv;
}

/* All that was read was synced by that. It gets its mark now if a crash came before: from here
 * on it counts as acknowledged, and damage to it must not look like a torn end. */
static int resume_segment(struct disk_log *log, struct err *err)
{
    char name[LIMIT_NAME_SIZE];
    int rv = 0;

    if (log->segment_count == 0) {
        return 0;
    }
    disk_log_newest(log, name);
    log->fd = disk_file_open(log->directory, name, O_RDWR, err);
    if (log->fd < 0) {
        return log->fd;
    }
    if (log->torn) {
        rv = clear_torn(log, name, err);
    }
    if (rv == 0 && !log->marked && log->zeros_end >= log->writer.offset + WAL_RECORD_BYTES) {
        rv = disk_log_mark(log, name, err);
    }
    if (rv == ERR_FULL) { /* a file system that copies on each write: another segment, later */
        disk_log_leave(log);
        rv = 0;
    }
    return rv;
}

/* 0, or ERR_NOTFOUND for one that was never finished. */
static int read_segment(struct disk_log *log, struct disk_log_segment *segment, struct buf *bytes,
                        struct disk_recovered *recovered, struct err *err)
{
    struct wal_reader reader;
    char name[LIMIT_NAME_SIZE];
    int rv;

    disk_log_name(name, segment->sequence);
    buf_reset(bytes);
    rv = disk_file_read(log->directory, name, bytes, err);
    if (rv == 0) {
        rv = wal_reader_init(&reader, bytes->data, bytes->length, err);
    }
    if (rv == 0) {
        rv = check_segment(log, segment, &reader, recovered, err);
    }
    if (rv == 0) {
        segment->first_index = reader.first_index;
        if (recovered->entry_count > 0) {
            uint64_t first = recovered->entries[0].index;

            cut_entries(recovered, reader.first_index > first ? reader.first_index - first : 0);
        }
        rv = read_records(&reader, recovered, err);
    }
    if (rv == 0) {
        note_end(log, &reader);
    } else {
        err_wrap(err, "%s", name);
    }
    return rv;
}

/* The index that the log begins with; 0 for none. Without an entry it is that of the newest
 * segment, which says whether there was a snapshot before it. */
static uint64_t begin_of(const struct disk_log *log, const struct disk_recovered *recovered)
{
    if (recovered->entry_count > 0) {
        return recovered->entries[0].index;
    }
    return log->segment_count > 0 ? log->segments[log->segment_count - 1].first_index : 0;
}

/* What the log says about the snapshot's last entry decides what it is worth. */
static int join_snapshot(struct disk_log *log, struct disk_recovered *recovered, struct err *err)
{
    const struct raft_snapshot *snapshot = &recovered->snapshot;
    uint64_t first = begin_of(log, recovered);
    uint64_t last = first + recovered->entry_count - 1;
    size_t covered;

    if (first > snapshot->index + 1) {
        return err_set(err, ERR_CORRUPT, "entries %llu to %llu are missing before the log",
                       (unsigned long long)snapshot->index + 1, (unsigned long long)first - 1);
    }
    if (recovered->entry_count == 0) {
        return disk_log_reset(log, snapshot->index + 1, err);
    }
    covered = snapshot->index + 1 - first;
    if (last < snapshot->index ||
        (covered > 0 && recovered->entries[covered - 1].term != snapshot->term)) {
        /* A crash came between installing the snapshot and forgetting the log. */
        cut_entries(recovered, 0);
        return disk_log_reset(log, snapshot->index + 1, err);
    }
    for (size_t i = 0; i < covered; i++) {
        raft_blob_release(recovered->entries[i].blob);
    }
    recovered->entry_count -= covered;
    memmove(recovered->entries, recovered->entries + covered,
            recovered->entry_count * sizeof(*recovered->entries));
    log->next_index = last + 1;
    return 0;
}

/* Only the newest segment can be one that was never finished. It's gone for good before a newer one
 * can be made. */
static int drop_unfinished(struct disk_log *log, uint32_t at, struct err *err)
{
    int rv;

    if (at != log->segment_count - 1) {
        return err_set(err, ERR_CORRUPT, "log segment %llu has no header, and a later one exists",
                       (unsigned long long)log->segments[at].sequence);
    }
    rv = disk_log_remove(log, at, err);
    return rv == 0 ? disk_file_sync_directory(log->directory, err) : rv;
}

int disk_log_open(struct disk_log *log, int directory, uint64_t owner,
                  const struct disk_log_sizes *sizes, struct disk_recovered *recovered,
                  struct err *err)
{
    struct buf bytes;
    int rv;

    *log = (struct disk_log){.directory = directory, .owner = owner, .sizes = *sizes, .fd = -1};
    if (log->sizes.segment_bytes == 0) {
        log->sizes.segment_bytes = DISK_LOG_SEGMENT_BYTES;
    }
    if (log->sizes.zeros_bytes == 0) {
        log->sizes.zeros_bytes = DISK_LOG_ZEROS_BYTES;
    }
    if (log->sizes.write_bytes == 0) {
        log->sizes.write_bytes = DISK_LOG_WRITE_BYTES;
    }
    assert(log->sizes.zeros_bytes <= DISK_LOG_ZEROS_BYTES);
    assert(log->sizes.zeros_bytes >= WAL_HEADER_BYTES);
    buf_init(&bytes, DISK_LOG_SEGMENT_BYTES + DISK_LOG_WRITE_BYTES + 2 * DISK_LOG_ZEROS_BYTES);
    rv = list_segments(log, err);
    for (uint32_t i = 0; rv == 0 && i < log->segment_count; i++) {
        log->sequence_last = log->segments[i].sequence;
        rv = read_segment(log, &log->segments[i], &bytes, recovered, err);
        if (rv == ERR_NOTFOUND) {
            rv = drop_unfinished(log, i, err);
            break;
        }
    }
    buf_finish(&bytes);
    if (rv == 0) {
        rv = join_snapshot(log, recovered, err);
    }
    return rv == 0 ? resume_segment(log, err) : rv;
}
