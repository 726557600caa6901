/* guard_floor: the guard's floor on disk.
 *
 * One write at a time; what is raised meanwhile is written next. A disk that has no room
 * in its queue is asked again; one that failed stays failed, and nothing becomes durable
 * any more.
 *
 * Embedded; its memory may go in the callback of guard_floor_close(). */
#ifndef DAEMON_GUARD_GUARD_FLOOR_H
#define DAEMON_GUARD_GUARD_FLOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "daemon/io/disk.h"

/* Its name on disk. */
#define GUARD_FLOOR_RECORD "floor"

struct guard_floor {
    struct disk *disk; /* NULL: there is none */
    struct disk_request request;
    uv_timer_t timer; /* the disk had no room */
    uint64_t wanted;
    uint64_t writing; /* 0: no write is under way */
    unsigned open_parts;
    void (*on_durable)(struct guard_floor *floor, uint64_t value);
    void (*on_failed)(struct guard_floor *floor, int code);
    void (*on_close)(struct guard_floor *floor);
};

/* What is on disk; 0 if nothing is. Blocks. ERR_CORRUPT, ERR_IO. */
int guard_floor_read(struct disk *disk, uint64_t *value, struct err *err);

void guard_floor_init(struct guard_floor *floor, uv_loop_t *loop, struct disk *disk,
                      void (*on_durable)(struct guard_floor *floor, uint64_t value),
                      void (*on_failed)(struct guard_floor *floor, int code));

/* Only ever rises. */
void guard_floor_write(struct guard_floor *floor, uint64_t value);

/* A write that is under way is waited for. */
void guard_floor_close(struct guard_floor *floor, void (*cb)(struct guard_floor *floor));

#endif
