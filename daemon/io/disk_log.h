/* disk_log: the log's segments in the directory. Used by the writer thread, and
 * before it starts. Formats and the reasoning about crashes: consensus/wal.h. */
#ifndef DAEMON_IO_DISK_LOG_H
#define DAEMON_IO_DISK_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "consensus/wal.h"

enum {
    DISK_LOG_SEGMENTS = 256,
    DISK_LOG_SEGMENT_BYTES = 8 * 1024 * 1024,
    DISK_LOG_ZEROS_BYTES = 256 * 1024,
    /* What one write may add to a segment that is nearly full. */
    DISK_LOG_WRITE_BYTES = 32 * 1024 * 1024,
};

/* The simulator's are small. */
struct disk_log_sizes {
    uint32_t segment_bytes; /* a new one is started after this; 0: DISK_LOG_SEGMENT_BYTES */
    uint32_t zeros_bytes;   /* written ahead, as one piece; at most DISK_LOG_ZEROS_BYTES; 0: that */
    uint32_t write_bytes;   /* appends are joined up to this; 0: DISK_LOG_WRITE_BYTES */
};

struct disk_log_segment {
    uint64_t sequence;
    uint64_t first_index;
};

struct disk_log {
    int directory;
    uint64_t owner;
    struct disk_log_sizes sizes;
    struct disk_log_segment segments[DISK_LOG_SEGMENTS]; /* by sequence and by index */
    uint32_t segment_count;
    uint64_t sequence_last;
    uint64_t next_index; /* after the last entry */
    int fd;              /* of the newest segment; -1: the next append starts one */
    bool torn;           /* at opening: something unfinished is at the newest segment's end */
    bool marked;         /* at opening: before that is a mark */
    bool owes_mark;      /* disk_log_rest() has something to do */
    uint64_t zeros_end;
    struct wal_writer writer;
};

struct disk_recovered;

/* Reads all segments; leaves in `recovered` the entries that follow its snapshot. */
int disk_log_open(struct disk_log *log, int directory, uint64_t owner,
                  const struct disk_log_sizes *sizes, struct disk_recovered *recovered,
                  struct err *err);

/* The last mark becomes durable, as far as that goes. */
void disk_log_close(struct disk_log *log);

/* Writes records made by wal_put() for first .. last, in place of everything from `first` on, and
 * syncs. `bytes` are WAL_RECORD_BYTES of room, for the mark of the append before, and the records.
 * ERR_FULL: nothing was done, the same may be tried again. The mark of this one is owed: it goes
 * with the next append, or by disk_log_rest(). */
int disk_log_append(struct disk_log *log, uint64_t first, uint64_t last, uint8_t *bytes,
                    size_t length, struct err *err);

/* Writes the mark that is owed: before anything is done but an append, or when none comes. */
int disk_log_rest(struct disk_log *log, struct err *err);

/* Forgets segments that hold nothing from `keep` on. */
int disk_log_compact(struct disk_log *log, uint64_t keep, struct err *err);

/* Forgets all; the next entry is `next_index`. */
int disk_log_reset(struct disk_log *log, uint64_t next_index, struct err *err);

#endif
