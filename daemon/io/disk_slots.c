#include "daemon/io/disk_slots.h"

#include <assert.h>
#include <fcntl.h>

#include "base/buf.h"
#include "consensus/wal.h"
#include "daemon/io/disk_file.h"

/* Zeros first, so that later writes change no metadata of the file system. */
static int create(int directory, const char *name, struct err *err)
{
    static const uint8_t zeros[WAL_SLOTS_BYTES];

    return disk_file_replace(directory, name, zeros, sizeof(zeros), err);
}

int disk_slots_read(int directory, const char *name, uint64_t *sequence, uint8_t *bytes,
                    size_t *length, struct err *err)
{
    struct buf file;
    int rv;

    buf_init(&file, WAL_SLOTS_BYTES);
    rv = disk_file_read(directory, name, &file, err);
    if (rv == 0) {
        rv = wal_slots_decode(file.data, file.length, sequence, bytes, length, err);
        if (rv != 0) {
            err_wrap(err, "%s", name);
        }
    }
    buf_finish(&file);
    return rv;
}

int disk_slots_open(struct disk_slots *slots, int directory, const char *name, struct err *err)
{
    uint8_t bytes[LIMIT_SMALL_BYTES];
    size_t length;
    int rv;

    slots->fd = -1;
    slots->sequence = 0;
    if (!text_copy(slots->name, sizeof(slots->name), name)) {
        return err_set(err, ERR_INVALID, "%s: too long a name", name);
    }
    slots->fd = disk_file_open(directory, name, O_RDWR, err);
    if (slots->fd == ERR_NOTFOUND) {
        rv = create(directory, name, err);
        slots->fd = rv == 0 ? disk_file_open(directory, name, O_RDWR, err) : rv;
    }
    if (slots->fd < 0) {
        return slots->fd;
    }
    rv = disk_slots_read(directory, name, &slots->sequence, bytes, &length, err);
    if (rv == ERR_NOTFOUND) {
        slots->sequence = 0;
        rv = 0;
    }
    if (rv != 0) {
        disk_slots_close(slots);
    }
    return rv;
}

void disk_slots_close(struct disk_slots *slots)
{
    disk_file_close(slots->fd);
    slots->fd = -1;
}

int disk_slots_write(struct disk_slots *slots, const void *bytes, size_t length, struct err *err)
{
    uint8_t slot[WAL_SLOT_BYTES];
    uint64_t sequence = slots->sequence + 1;
    int rv;

    assert(slots->fd >= 0 && length <= LIMIT_SMALL_BYTES);
    wal_slot_encode(slot, sequence, bytes, length);
    rv =
        disk_file_write(slots->fd, slots->name, slot, sizeof(slot), wal_slot_offset(sequence), err);
    if (rv == 0) {
        rv = disk_file_sync(slots->fd, slots->name, err);
    }
    if (rv == 0) {
        slots->sequence = sequence;
    }
    return rv;
}
