#include "daemon/io/disk_log.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/io/disk.h"
#include "daemon/io/disk_file.h"

static void segment_name(char name[LIMIT_NAME_SIZE], uint64_t sequence)
{
    bool fits = text_format(name, LIMIT_NAME_SIZE, "log-%016llx", (unsigned long long)sequence);

    assert(fits);
}

static void newest_name(const struct disk_log *log, char name[LIMIT_NAME_SIZE])
{
    assert(log->segment_count > 0);
    segment_name(name, log->segments[log->segment_count - 1].sequence);
}

/* ---- writing -------------------------------------------------------------------- */

static int write_zeros(struct disk_log *log, const char *name, struct err *err)
{
    static const uint8_t zeros[DISK_LOG_ZEROS_BYTES];
    int rv = disk_file_write(log->fd, name, zeros, log->sizes.zeros_bytes, log->zeros_end, err);

    if (rv == 0) {
        log->zeros_end += log->sizes.zeros_bytes;
    }
    return rv;
}

static void leave_segment(struct disk_log *log)
{
    disk_file_close(log->fd);
    log->fd = -1;
}

static int remove_segment(struct disk_log *log, uint32_t at, struct err *err)
{
    char name[LIMIT_NAME_SIZE];
    int rv;

    assert(at < log->segment_count);
    segment_name(name, log->segments[at].sequence);
    rv = disk_file_remove(log->directory, name, err);
    if (rv == 0) {
        log->segment_count--;
        memmove(&log->segments[at], &log->segments[at + 1],
                (log->segment_count - at) * sizeof(log->segments[0]));
    }
    return rv;
}

/* Header and zeros, synced under its name, before any record. */
static int fill_segment(struct disk_log *log, const char *name, uint64_t first, struct err *err)
{
    uint8_t header[WAL_HEADER_BYTES];
    int rv;

    log->zeros_end = 0;
    wal_writer_init(&log->writer, header, log->sequence_last, first, log->owner);
    rv = write_zeros(log, name, err);
    if (rv == 0) {
        rv = disk_file_write(log->fd, name, header, sizeof(header), 0, err);
    }
    if (rv == 0) {
        rv = disk_file_sync(log->fd, name, err);
    }
    return rv == 0 ? disk_file_sync_directory(log->directory, err) : rv;
}

static int start_segment(struct disk_log *log, uint64_t first, struct err *err)
{
    char name[LIMIT_NAME_SIZE];
    int rv;

    leave_segment(log);
    if (log->segment_count == DISK_LOG_SEGMENTS) {
        return err_set(err, ERR_LIMIT, "the log has %d segments already", DISK_LOG_SEGMENTS);
    }
    log->sequence_last++;
    segment_name(name, log->sequence_last);
    log->fd = disk_file_open(log->directory, name, O_RDWR | O_CREAT | O_EXCL, err);
    rv = log->fd < 0 ? log->fd : fill_segment(log, name, first, err);
    if (rv == 0) {
        log->segments[log->segment_count++] =
            (struct disk_log_segment){.sequence = log->sequence_last, .first_index = first};
        log->next_index = first; /* what came after is cut off by now */
    } else if (rv == ERR_FULL) {
        leave_segment(log);
        log->sequence_last--;
        rv = disk_file_remove(log->directory, name, NULL) == 0 ? ERR_FULL : ERR_IO;
    }
    return rv;
}

/* Segments that start at or after the newest one's first entry count no more. If there is no
 * space even for that, they stay: they do no harm. */
static int remove_replaced(struct disk_log *log, struct err *err)
{
    uint64_t first = log->segments[log->segment_count - 1].first_index;
    uint32_t removed = 0;
    int rv = 0;

    while (rv == 0 && log->segment_count > 1 &&
           log->segments[log->segment_count - 2].first_index >= first) {
        if (removed++ > 0) { /* the newest first, so that a crash leaves no gap between them */
            rv = disk_file_sync_directory(log->directory, err);
        }
        if (rv == 0) {
            rv = remove_segment(log, log->segment_count - 2, err);
        }
    }
    return rv == ERR_FULL ? 0 : rv;
}

/* Records, and zeros ahead of them: with room for the mark, which must never need new space. */
static int write_records(struct disk_log *log, const char *name, uint8_t *records, size_t length,
                         struct err *err)
{
    uint64_t offset = log->writer.offset;
    uint64_t end = offset + length + WAL_RECORD_BYTES;
    int rv = 0;

    while (rv == 0 && log->zeros_end < end) {
        rv = write_zeros(log, name, err);
    }
    wal_seal(&log->writer, records, length);
    return rv == 0 ? disk_file_write(log->fd, name, records, length, offset, err) : rv;
}

static int write_mark(struct disk_log *log, const char *name, struct err *err)
{
    uint8_t mark[WAL_RECORD_BYTES];
    uint64_t offset = log->writer.offset;

    assert(log->next_index > 1 && log->zeros_end >= offset + sizeof(mark));
    wal_mark(&log->writer, log->next_index - 1, mark);
    return disk_file_write(log->fd, name, mark, sizeof(mark), offset, err);
}

/* What was asked for is done; no space for a mark is no reason to say anything else. */
static int mark_and_tidy(struct disk_log *log, const char *name, struct err *err)
{
    int rv = write_mark(log, name, err);

    if (rv == ERR_FULL) {
        leave_segment(log); /* it can't go on behind half a mark */
        rv = 0;
    }
    return rv == 0 ? remove_replaced(log, err) : rv;
}

int disk_log_append(struct disk_log *log, uint64_t first, uint64_t last, uint8_t *records,
                    size_t length, struct err *err)
{
    struct wal_writer before;
    char name[LIMIT_NAME_SIZE];
    int rv = 0;

    assert(first > 0 && first <= log->next_index && last >= first);
    assert(length > 0 && length <= DISK_LOG_WRITE_BYTES);
    if (log->fd < 0 || first != log->next_index || log->writer.offset > log->sizes.segment_bytes) {
        rv = start_segment(log, first, err);
    }
    if (rv != 0) {
        return rv;
    }
    newest_name(log, name);
    before = log->writer;
    rv = write_records(log, name, records, length, err);
    if (rv == ERR_FULL) {
        log->writer = before; /* the same bytes may go to the same place later */
    }
    if (rv == 0) {
        rv = disk_file_sync(log->fd, name, err);
    }
    if (rv == 0) {
        log->next_index = last + 1;
        rv = mark_and_tidy(log, name, err);
    }
    return rv;
}

int disk_log_compact(struct disk_log *log, uint64_t keep, struct err *err)
{
    int rv = 0;

    while (rv == 0 && log->segment_count > 1 && log->segments[1].first_index <= keep) {
        rv = remove_segment(log, 0, err);
        if (rv == 0) { /* one by one: the rest must have no gap */
            rv = disk_file_sync_directory(log->directory, err);
        }
    }
    leave_segment(log); /* so that this one can go the next time */
    return rv;
}

/* Newest first, each removal durable before the next: what a crash leaves is always
 * a beginning of the old log, which still contradicts the snapshot. */
int disk_log_reset(struct disk_log *log, uint64_t next_index, struct err *err)
{
    int rv = 0;

    leave_segment(log);
    while (rv == 0 && log->segment_count > 0) {
        rv = remove_segment(log, log->segment_count - 1, err);
        if (rv == 0) {
            rv = disk_file_sync_directory(log->directory, err);
        }
    }
    log->next_index = next_index;
    return rv;
}

void disk_log_close(struct disk_log *log)
{
    if (log->fd >= 0) {
        disk_file_sync(log->fd, "the log", NULL);
    }
    leave_segment(log);
}

/* ---- reading --------------------------------------------------------------------- */

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
    segment_name(name, sequence);
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
    newest_name(log, name);
    log->fd = disk_file_open(log->directory, name, O_RDWR, err);
    if (log->fd < 0) {
        return log->fd;
    }
    if (log->torn) {
        rv = clear_torn(log, name, err);
    }
    if (rv == 0 && !log->marked && log->zeros_end >= log->writer.offset + WAL_RECORD_BYTES) {
        rv = write_mark(log, name, err);
    }
    if (rv == ERR_FULL) { /* a file system that copies on each write: another segment, later */
        leave_segment(log);
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

    segment_name(name, segment->sequence);
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

/* What the log says about the snapshot's last entry decides what it is worth. */
static int join_snapshot(struct disk_log *log, struct disk_recovered *recovered, struct err *err)
{
    const struct raft_snapshot *snapshot = &recovered->snapshot;
    uint64_t first = recovered->entry_count > 0 ? recovered->entries[0].index : 0;
    uint64_t last = first + recovered->entry_count - 1;
    size_t covered;

    if (first == 0) {
        return disk_log_reset(log, snapshot->index + 1, err);
    }
    if (first > snapshot->index + 1) {
        return err_set(err, ERR_CORRUPT, "entries %llu to %llu are missing before the log",
                       (unsigned long long)snapshot->index + 1, (unsigned long long)first - 1);
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

/* Only the newest segment can be one that was never finished. */
static int drop_unfinished(struct disk_log *log, uint32_t at, struct err *err)
{
    if (at != log->segment_count - 1) {
        return err_set(err, ERR_CORRUPT, "log segment %llu has no header, and a later one exists",
                       (unsigned long long)log->segments[at].sequence);
    }
    return remove_segment(log, at, err);
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
