/* disk_store: the directory as a whole: its lock, its owner, what it holds. Blocks;
 * used while starting, and then by the writer thread of disk.h alone.
 *
 * The file `identity` says whose store it is, in one line: "2 STORE AGENT CHECKSUM",
 * numbers in hexadecimal (1, without a checksum, is read, too). It is drawn when the store is born,
 * and belongs to what was written there: who lost the one has forgotten the other
 * (consensus/members.h). */
#ifndef DAEMON_IO_DISK_STORE_H
#define DAEMON_IO_DISK_STORE_H

#include "daemon/io/disk.h"
#include "daemon/io/disk_log.h"
#include "daemon/io/disk_slots.h"

enum {
    DISK_STORE_SMALL_FILES = 8,
    DISK_STORE_VOTE_BYTES = 12, /* the small record "vote": term(8) vote(4) */
};

struct disk_store {
    int directory;
    int lock;
    struct disk_log log;
    struct disk_slots slots[DISK_STORE_SMALL_FILES];
    uint32_t slots_count;
};

/* Errors as disk_open(). Close it also when this fails; closing twice is fine. */
int disk_store_open(struct disk_store *store, const struct disk_config *config,
                    struct disk_recovered *recovered, struct err *err);
void disk_store_close(struct disk_store *store);

int disk_store_small(struct disk_store *store, const char *name, const void *bytes, size_t length,
                     struct err *err);

/* `bytes`: an encoded snapshot that ends at `index`; `keep` as in disk.h. */
int disk_store_snapshot(struct disk_store *store, uint64_t index, const void *bytes, size_t length,
                        uint64_t keep, struct err *err);

#endif
