/* disk: what the agent must not forget, on real files, off the loop.
 *
 * One thread writes; it takes whatever was queued, in order, and neighbouring
 * appends become one write and one fdatasync. Completions come back on the loop
 * in the order of the requests. Formats are consensus/wal.h's.
 *
 *     DIRECTORY/lock         held while the process lives
 *     DIRECTORY/identity     whose directory this is, and which store (disk_store.h)
 *     DIRECTORY/vote         term and vote: two slots, written in place in turn
 *     DIRECTORY/NAME         other small records, the same way (the guard's floor)
 *     DIRECTORY/snapshot     replaced by rename
 *     DIRECTORY/log-SEQUENCE segments; only the newest one grows
 *
 * The first write or sync that fails is the last one (fail-stop): after a failed
 * fsync nobody knows what is on disk. That request and all later ones end with
 * ERR_IO; the process should end with 74 and start afresh.
 *
 * A full disk is no failure: what needs space waits, and is tried again until there is
 * some; small records, which need none, go ahead of it. Only a snapshot of our own is given
 * up (ERR_FULL), since there will be another one.
 *
 * Requests are the caller's memory and must live until their callback. */
#ifndef DAEMON_IO_DISK_H
#define DAEMON_IO_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/list.h"
#include "consensus/entry.h"
#include "daemon/io/disk_log.h"

struct disk;
struct disk_request;

/*      name         text    */
#define DISK_STATE_MAP(X)                                                                          \
    X(DISK_OK, "ok")                                                                               \
    X(DISK_SLOW, "slow") /* a request has waited for LIMIT_DISK_SLOW_MS */                         \
    X(DISK_FULL, "full") /* what needs space waits */                                              \
    X(DISK_FAILED, "failed")

enum disk_state {
#define X(name, text) name,
    DISK_STATE_MAP(X)
#undef X
};

const char *disk_state_name(enum disk_state state);

/* result: 0 and it is durable; ERR_IO, ERR_NOMEM, ERR_PERMISSION or ERR_LIMIT, as for all that come
 * later; of a snapshot of our own also ERR_FULL, and of anything else only after
 * disk_stop_waiting(). */
typedef void (*disk_cb)(struct disk_request *request, int result);

enum disk_kind { DISK_SMALL, DISK_APPEND, DISK_SNAPSHOT };

struct disk_request {
    void *context; /* the caller's */
    /* private */
    struct list link;
    struct list asked;
    uint64_t asked_ms;
    bool waits; /* small: found no space in this round of trying */
    enum disk_kind kind;
    disk_cb cb;
    int result;
    char name[LIMIT_NAME_SIZE];
    struct buf bytes;
    uint64_t first; /* append: replaces everything from here on */
    uint64_t last;
    uint64_t last_term;
    uint64_t keep; /* snapshot: entries from here on stay; 0: none do */
};

struct disk_config {
    uv_loop_t *loop;
    const char *directory;      /* created if it is missing */
    const char *agent;          /* its name; a directory keeps the one that it was born with */
    const char *const *reserve; /* names of small records that a full disk must not stop; a NULL
                                   ends them, may be NULL */
    struct disk_log_sizes sizes;
};

/* What was found. */
struct disk_recovered {
    uint64_t store; /* its number, never 0 */
    uint64_t term;
    uint32_t vote;
    struct raft_snapshot snapshot;
    struct raft_entry *entries; /* those after the snapshot */
    size_t entry_count;
    size_t entry_capacity;
};

/* Opens, locks, checks and reads the directory; blocks, so only before the loop
 * runs. ERR_BUSY: another process has it. ERR_REFUSED: another agent's,
 * or written by a newer program. ERR_CORRUPT: damage that is no torn end; nothing is repaired, the
 * story names the file. */
int disk_open(struct disk **disk, const struct disk_config *config,
              struct disk_recovered *recovered, struct err *err);
void disk_recovered_release(struct disk_recovered *recovered);

/* Carries out what is queued, as far as there is space, then calls back; the disk is freed after
 * that. */
void disk_close(struct disk *disk, void (*cb)(void *context), void *context);

/* From now on whatever finds no space has failed, with ERR_FULL, and the store with it. For a
 * process that is about to end, before it waits for its writes. */
void disk_stop_waiting(struct disk *disk);

/* More than LIMIT_DISK_REQUESTS wait: take nothing new upon you. */
bool disk_busy(const struct disk *disk);

/* The log lies in many segments (every cut begins one): time for a snapshot that lets them go,
 * before there is room for no more. */
bool disk_crowded(const struct disk *disk);

/* As the loop sees it at `now_ms` (clock_now_ms()). */
enum disk_state disk_state(const struct disk *disk, uint64_t now_ms);

/* The text of the first failure; "" while there is none. */
const char *disk_failure(const struct disk *disk);

void disk_write_vote(struct disk *disk, struct disk_request *request, uint64_t term, uint32_t vote,
                     disk_cb cb);

/* Replaces all entries from the first one's index on: begin, add each, submit.
 * The bytes are copied by the adding. */
void disk_append_begin(struct disk_request *request);
void disk_append_add(struct disk_request *request, const struct raft_entry *entry);
void disk_append_submit(struct disk *disk, struct disk_request *request, disk_cb cb);

/* Replaces the snapshot, then forgets entries before `keep`; keep 0: the whole log. */
void disk_write_snapshot(struct disk *disk, struct disk_request *request,
                         const struct raft_snapshot *snapshot, uint64_t keep, disk_cb cb);

/* Replaces the small record `name` (letters, digits, '-'); at most
 * LIMIT_SMALL_BYTES. ERR_INVALID, ERR_LIMIT, ERR_BUSY at once, without callback. */
int disk_write_small(struct disk *disk, struct disk_request *request, const char *name,
                     const void *bytes, size_t length, disk_cb cb);

/* Blocks; meant for start-up. ERR_NOTFOUND, ERR_CORRUPT, ERR_IO. `bytes` has room
 * for LIMIT_SMALL_BYTES. */
int disk_read_small(struct disk *disk, const char *name, uint8_t *bytes, size_t *length,
                    struct err *err);

#endif
