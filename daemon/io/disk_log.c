#include "daemon/io/disk_log.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>

#include "daemon/io/disk.h"
#include "daemon/io/disk_file.h"
#include "daemon/io/disk_log_internal.h"

void disk_log_name(char name[LIMIT_NAME_SIZE], uint64_t sequence)
{
    bool fits = text_format(name, LIMIT_NAME_SIZE, "log-%016llx", (unsigned long long)sequence);

    assert(fits);
}

void disk_log_newest(const struct disk_log *log, char name[LIMIT_NAME_SIZE])
{
    assert(log->segment_count > 0);
    disk_log_name(name, log->segments[log->segment_count - 1].sequence);
}

static int write_zeros(struct disk_log *log, const char *name, struct err *err)
{
    static const uint8_t zeros[DISK_LOG_ZEROS_BYTES];
    int rv = disk_file_write(log->fd, name, zeros, log->sizes.zeros_bytes, log->zeros_end, err);

    if (rv == 0) {
        log->zeros_end += log->sizes.zeros_bytes;
    }
    return rv;
}

void disk_log_leave(struct disk_log *log)
{
    disk_file_close(log->fd);
    log->fd = -1;
    log->owes_mark = false;
}

int disk_log_remove(struct disk_log *log, uint32_t at, struct err *err)
{
    char name[LIMIT_NAME_SIZE];
    int rv;

    assert(at < log->segment_count);
    disk_log_name(name, log->segments[at].sequence);
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

    disk_log_leave(log);
    if (log->segment_count == DISK_LOG_SEGMENTS) {
        return err_set(err, ERR_LIMIT, "the log has %d segments already", DISK_LOG_SEGMENTS);
    }
    log->sequence_last++;
    disk_log_name(name, log->sequence_last);
    log->fd = disk_file_open(log->directory, name, O_RDWR | O_CREAT | O_EXCL, err);
    rv = log->fd < 0 ? log->fd : fill_segment(log, name, first, err);
    if (rv == 0) {
        log->segments[log->segment_count++] =
            (struct disk_log_segment){.sequence = log->sequence_last, .first_index = first};
        log->next_index = first; /* what came after is cut off by now */
    } else if (rv == ERR_FULL) {
        disk_log_leave(log);
        log->sequence_last--;
        rv = disk_file_remove(log->directory, name, NULL) == 0 ? ERR_FULL : ERR_IO;
    }
    return rv;
}

/* A segment that starts at or after the newest one's first entry counts no more. */
static bool has_replaced(const struct disk_log *log)
{
    return log->segment_count > 1 && log->segments[log->segment_count - 2].first_index >=
                                         log->segments[log->segment_count - 1].first_index;
}

/* If there is no space even for that, they stay: they do no harm. */
static int remove_replaced(struct disk_log *log, struct err *err)
{
    uint32_t removed = 0;
    int rv = has_replaced(log) ? disk_log_rest(log, err) : 0;

    while (rv == 0 && has_replaced(log)) {
        if (removed++ > 0) { /* the newest first, so that a crash leaves no gap between them */
            rv = disk_file_sync_directory(log->directory, err);
        }
        if (rv == 0) {
            rv = disk_log_remove(log, log->segment_count - 2, err);
        }
    }
    return rv == ERR_FULL ? 0 : rv;
}

/* The mark that is owed, the records, and zeros ahead of them: with room for the next mark, which
 * must never need new space. After ERR_FULL the same bytes may go to the same place later. */
static int write_records(struct disk_log *log, const char *name, uint8_t *bytes, size_t length,
                         struct err *err)
{
    struct wal_writer before = log->writer;
    bool owed = log->owes_mark;
    size_t skipped = owed ? 0 : WAL_RECORD_BYTES;
    uint64_t end = before.offset + length - skipped + WAL_RECORD_BYTES;
    int rv = 0;

    while (rv == 0 && log->zeros_end < end) {
        rv = write_zeros(log, name, err);
    }
    if (rv != 0) {
        return rv;
    }
    if (owed) {
        wal_mark(&log->writer, log->next_index - 1, bytes);
        log->owes_mark = false; /* even if this fails: then nothing more is written */
    }
    wal_seal(&log->writer, bytes + WAL_RECORD_BYTES, length - WAL_RECORD_BYTES);
    rv = disk_file_write(log->fd, name, bytes + skipped, length - skipped, before.offset, err);
    if (rv == ERR_FULL) {
        log->writer = before;
        log->owes_mark = owed;
    }
    return rv;
}

int disk_log_mark(struct disk_log *log, const char *name, struct err *err)
{
    uint8_t mark[WAL_RECORD_BYTES];
    uint64_t offset = log->writer.offset;

    assert(log->next_index > 1 && log->zeros_end >= offset + sizeof(mark));
    wal_mark(&log->writer, log->next_index - 1, mark);
    return disk_file_write(log->fd, name, mark, sizeof(mark), offset, err);
}

/* What was asked for is done; no space for a mark is no reason to say anything else. */
int disk_log_rest(struct disk_log *log, struct err *err)
{
    char name[LIMIT_NAME_SIZE];
    int rv;

    if (!log->owes_mark) {
        return 0;
    }
    log->owes_mark = false;
    disk_log_newest(log, name);
    rv = disk_log_mark(log, name, err);
    if (rv == ERR_FULL) {
        disk_log_leave(log); /* it can't go on behind half a mark */
        rv = 0;
    }
    return rv;
}

int disk_log_append(struct disk_log *log, uint64_t first, uint64_t last, uint8_t *bytes,
                    size_t length, struct err *err)
{
    char name[LIMIT_NAME_SIZE];
    int rv = 0;

    assert(first > 0 && first <= log->next_index && last >= first);
    assert(length > WAL_RECORD_BYTES && length - WAL_RECORD_BYTES <= DISK_LOG_WRITE_BYTES);
    if (log->fd < 0 || first != log->next_index || log->writer.offset > log->sizes.segment_bytes) {
        rv = disk_log_rest(log, err);
        if (rv == 0) {
            rv = start_segment(log, first, err);
        }
    }
    if (rv != 0) {
        return rv;
    }
    disk_log_newest(log, name);
    rv = write_records(log, name, bytes, length, err);
    if (rv == 0) {
        rv = disk_file_sync(log->fd, name, err);
    }
    if (rv == 0) {
        log->next_index = last + 1;
        log->owes_mark = true;
        rv = remove_replaced(log, err);
    }
    return rv;
}

int disk_log_compact(struct disk_log *log, uint64_t keep, struct err *err)
{
    int rv = 0;

    assert(!log->owes_mark);
    while (rv == 0 && log->segment_count > 1 && log->segments[1].first_index <= keep) {
        rv = disk_log_remove(log, 0, err);
        if (rv == 0) { /* one by one: the rest must have no gap */
            rv = disk_file_sync_directory(log->directory, err);
        }
    }
    disk_log_leave(log); /* so that this one can go the next time */
    return rv;
}

/* Newest first, each removal durable before the next: what a crash leaves is always
 * a beginning of the old log, which still contradicts the snapshot. */
int disk_log_reset(struct disk_log *log, uint64_t next_index, struct err *err)
{
    int rv = 0;

    disk_log_leave(log);
    while (rv == 0 && log->segment_count > 0) {
        rv = disk_log_remove(log, log->segment_count - 1, err);
        if (rv == 0) {
            rv = disk_file_sync_directory(log->directory, err);
        }
    }
    log->next_index = next_index;
    return rv;
}

void disk_log_close(struct disk_log *log)
{
    if (log->fd >= 0 && disk_log_rest(log, NULL) == 0 && log->fd >= 0) {
        disk_file_sync(log->fd, "the log", NULL);
    }
    disk_log_leave(log);
}
