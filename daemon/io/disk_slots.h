/* disk_slots: small records that are replaced in place, in two slots in turn.
 *
 * One write and one fdatasync per replacement, on a file whose blocks were written
 * before: some twenty times faster than a new file and a rename (format: wal.h). */
#ifndef DAEMON_IO_DISK_SLOTS_H
#define DAEMON_IO_DISK_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"

struct disk_slots {
    int fd;
    uint64_t sequence; /* of the record in force; 0: none */
    char name[LIMIT_NAME_SIZE];
};

/* Opens or creates the file. Creating alone needs space: ERR_FULL. */
int disk_slots_open(struct disk_slots *slots, int directory, const char *name, struct err *err);
void disk_slots_close(struct disk_slots *slots);

/* ERR_NOTFOUND if nothing was ever written. `bytes`: LIMIT_SMALL_BYTES. */
int disk_slots_read(int directory, const char *name, uint64_t *sequence, uint8_t *bytes,
                    size_t *length, struct err *err);

int disk_slots_write(struct disk_slots *slots, const void *bytes, size_t length, struct err *err);

#endif
