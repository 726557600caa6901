#include "daemon/guard/guard_floor.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/list.h"

enum { RETRY_MS = 50, FLOOR_BYTES = 8 };

int guard_floor_read(struct disk *disk, uint64_t *value, struct err *err)
{
    uint8_t bytes[LIMIT_SMALL_BYTES];
    size_t length;
    int rv = disk_read_small(disk, GUARD_FLOOR_RECORD, bytes, &length, err);

    if (rv == ERR_NOTFOUND) {
        *value = 0;
        return 0;
    }
    if (rv != 0) {
        return err_wrap(err, "the guard's floor");
    }
    if (length != FLOOR_BYTES) {
        return err_set(err, ERR_CORRUPT, "the guard's floor has %zu bytes, not %d", length,
                       FLOOR_BYTES);
    }
    *value = bytes_u64(bytes);
    return 0;
}

void guard_floor_init(struct guard_floor *floor, uv_loop_t *loop, struct disk *disk,
                      void (*on_durable)(struct guard_floor *floor, uint64_t value),
                      void (*on_failed)(struct guard_floor *floor, int code))
{
    memset(floor, 0, sizeof *floor);
    floor->disk = disk;
    floor->on_durable = on_durable;
    floor->on_failed = on_failed;
    uv_timer_init(loop, &floor->timer);
}

static void part_closed(struct guard_floor *floor)
{
    assert(floor->open_parts > 0);
    floor->open_parts--;
    if (floor->open_parts == 0) {
        floor->on_close(floor);
    }
}

static void begin(struct guard_floor *floor);

static void on_written(struct disk_request *request, int result)
{
    struct guard_floor *floor = container_of(request, struct guard_floor, request);
    uint64_t value = floor->writing;

    floor->writing = 0;
    if (floor->on_close != NULL) {
        part_closed(floor);
        return;
    }
    if (result != 0) {
        floor->on_failed(floor, result);
        return;
    }
    if (floor->wanted > value) {
        begin(floor);
    }
    floor->on_durable(floor, value);
}

static void on_timer(uv_timer_t *timer)
{
    begin(container_of(timer, struct guard_floor, timer));
}

static void begin(struct guard_floor *floor)
{
    uint8_t bytes[FLOOR_BYTES];
    int rv;

    if (floor->writing != 0 || floor->disk == NULL) {
        return; /* its end sees that there is more; without a disk nothing is ever durable */
    }
    bytes_put_u64(bytes, floor->wanted);
    rv = disk_write_small(floor->disk, &floor->request, GUARD_FLOOR_RECORD, bytes, sizeof bytes,
                          on_written);
    if (rv == 0) {
        floor->writing = floor->wanted;
        return;
    }
    assert(rv == ERR_BUSY);
    uv_timer_start(&floor->timer, on_timer, RETRY_MS, 0);
}

void guard_floor_write(struct guard_floor *floor, uint64_t value)
{
    assert(value > floor->wanted);
    floor->wanted = value;
    begin(floor);
}

static void on_timer_closed(uv_handle_t *handle)
{
    part_closed(container_of((uv_timer_t *)handle, struct guard_floor, timer));
}

void guard_floor_close(struct guard_floor *floor, void (*cb)(struct guard_floor *floor))
{
    assert(floor->on_close == NULL);
    floor->on_close = cb;
    floor->open_parts = 1u + (floor->writing != 0);
    uv_close((uv_handle_t *)&floor->timer, on_timer_closed);
}
