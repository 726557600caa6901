/* daemon/io/disk_file.h, over memory. A directory is its number; a file descriptor says which
 * directory and which file.
 *
 * Each operation may be the last one (sim_disk.stop_after), may fail, or find the disk full. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/io/disk_file.h"
#include "tests/sim/sim_file_inside.h"

/* The globals of the simulator: the interface has no room for a pointer. */
static struct sim_disk *disks[SIM_DISKS];
static uint64_t next_store;

void sim_disk_next_store(uint64_t id)
{
    next_store = id;
}

uint64_t disk_file_random(void)
{
    return next_store;
}

void sim_disk_init(struct sim_disk *disk, uint32_t number, struct sim_random *random)
{
    assert(number > 0 && number < SIM_DISKS);
    memset(disk, 0, sizeof(*disk));
    disk->number = number;
    disk->random = random;
    disk->operations = 1;
    disks[number] = disk;
}

void sim_disk_finish(struct sim_disk *disk)
{
    for (uint32_t i = 0; i < SIM_FILES; i++) {
        free(disk->inodes[i].seen);
        free(disk->inodes[i].kept);
        free(disk->inodes[i].marks);
    }
    disks[disk->number] = NULL;
}

static struct sim_disk *disk_of(int fd)
{
    uint32_t number = fd >= 0x10000 ? (uint32_t)fd >> 16 : (uint32_t)fd;

    assert(number > 0 && number < SIM_DISKS && disks[number] != NULL);
    return disks[number];
}

static struct sim_inode *inode_of(int fd)
{
    struct sim_inode *inode = &disk_of(fd)->inodes[fd & 0xffff];

    assert(fd >= 0x10000 && inode->used && inode->opened > 0);
    return inode;
}

/* False: the power is gone, or this is the operation that was to fail. */
static bool happens(struct sim_disk *disk, bool may_fail)
{
    if (disk->stop_after != 0 && disk->operations >= disk->stop_after) {
        return false;
    }
    disk->operations++;
    if (may_fail && disk->fails) {
        disk->fails = false;
        disk->failed_once = true;
        return false;
    }
    return true;
}

static int no_space(struct err *err, const char *name)
{
    return err_set(err, ERR_FULL, "write %s: simulated, no space", name);
}

static int failed(struct err *err, const char *what, const char *name)
{
    return err_set(err, ERR_IO, "%s %s: simulated", what, name);
}

static int fd_of(struct sim_disk *disk, uint32_t inode)
{
    disk->inodes[inode].opened++;
    return (int)(disk->number << 16 | inode);
}

/* ---- files ------------------------------------------------------------------------ */

int disk_file_open(int directory, const char *name, int flags, struct err *err)
{
    struct sim_disk *disk = disk_of(directory);
    uint32_t at = names_find(&disk->seen, name);
    struct sim_change change = {0};

    if (at != SIM_NAMES && (flags & O_EXCL) == 0 && (flags & O_TRUNC) == 0) {
        return fd_of(disk, disk->seen.list[at].inode);
    }
    if (at == SIM_NAMES && (flags & O_CREAT) == 0) {
        return err_set(err, ERR_NOTFOUND, "there is no %s", name);
    }
    if ((at != SIM_NAMES && (flags & O_EXCL) != 0) || !happens(disk, false)) {
        return failed(err, "create", name);
    }
    if (disk->full && sim_random_percent(disk->random, 50)) {
        return no_space(err, name); /* else the file finds room, and its bytes don't */
    }
    text_copy(change.name, sizeof(change.name), name);
    change.inode = disk_new_inode(disk);
    disk_change(disk, &change);
    return fd_of(disk, change.inode);
}

void disk_file_close(int fd)
{
    if (fd >= 0x10000) {
        inode_of(fd)->opened--;
    }
}

int disk_file_write(int fd, const char *name, const void *bytes, size_t length, uint64_t offset,
                    struct err *err)
{
    struct sim_disk *disk = disk_of(fd);
    struct sim_inode *inode = inode_of(fd);

    if (disk->full && offset + length > inode->seen_length) {
        if (offset < inode->seen_length) {
            inode_write(inode, bytes, inode->seen_length - (size_t)offset, (size_t)offset);
        }
        return no_space(err, name);
    }
    if (!happens(disk, disk->fails && sim_random_percent(disk->random, 50))) { /* or its sync */
        /* The page cache takes whole pages, or nothing of them. */
        size_t end = ((size_t)offset + (size_t)sim_random_below(disk->random, length + 1)) /
                     SIM_SECTOR * SIM_SECTOR;
        size_t part = end > offset ? end - (size_t)offset : 0;

        if (part > 0) {
            inode_write(inode, bytes, part, offset);
        }
        return failed(err, "write", name);
    }
    inode_write(inode, bytes, length, offset);
    return 0;
}

/* Of a failed one, nobody knows what it wrote. */
int disk_file_sync(int fd, const char *name, struct err *err)
{
    struct sim_disk *disk = disk_of(fd);

    if (!happens(disk, true)) {
        if (disk->failed_once) {
            inode_fail_sync(inode_of(fd), disk->random);
        }
        return failed(err, "sync", name);
    }
    inode_sync(inode_of(fd));
    return 0;
}

int disk_file_sync_directory(int directory, struct err *err)
{
    struct sim_disk *disk = disk_of(directory);

    if (!happens(disk, true)) {
        return failed(err, "sync", "the directory");
    }
    disk_sync_names(disk);
    return 0;
}

int disk_file_read(int directory, const char *name, struct buf *out, struct err *err)
{
    int fd = disk_file_open(directory, name, O_RDONLY, err);
    struct sim_inode *inode;
    int rv;

    if (fd < 0) {
        return fd;
    }
    rv = disk_file_sync(fd, name, err);
    inode = inode_of(fd);
    if (rv == 0) {
        inode_drop_cache(inode);
    }
    if (rv == 0 && inode->seen_length > 0) {
        buf_append(out, inode->seen, inode->seen_length);
        rv = buf_ok(out) ? 0 : err_set(err, ERR_CORRUPT, "%s is too long", name);
    }
    disk_file_close(fd);
    return rv;
}

int disk_file_replace(int directory, const char *name, const void *bytes, size_t length,
                      struct err *err)
{
    struct sim_disk *disk = disk_of(directory);
    struct sim_change change = {0};
    int fd;
    int rv;

    text_format(change.from, sizeof(change.from), "%s.tmp", name);
    text_copy(change.name, sizeof(change.name), name);
    fd = disk_file_open(directory, change.from, O_WRONLY | O_CREAT | O_TRUNC, err);
    if (fd < 0) {
        return fd;
    }
    rv = disk_file_write(fd, change.from, bytes, length, 0, err);
    if (rv == 0) {
        rv = disk_file_sync(fd, change.from, err);
    }
    change.inode = (uint32_t)fd & 0xffff;
    disk_file_close(fd);
    if (rv == 0 && !happens(disk, false)) {
        rv = failed(err, "rename", name);
    }
    if (rv == 0) {
        disk_change(disk, &change);
        rv = disk_file_sync_directory(directory, err);
    }
    return rv;
}

int disk_file_remove(int directory, const char *name, struct err *err)
{
    struct sim_disk *disk = disk_of(directory);
    struct sim_change change = {.removes = true};

    if (names_find(&disk->seen, name) == SIM_NAMES) {
        return 0;
    }
    if (!happens(disk, false)) {
        return failed(err, "remove", name);
    }
    text_copy(change.name, sizeof(change.name), name);
    disk_change(disk, &change);
    return 0;
}

/* ---- directories -------------------------------------------------------------------- */

/* Paths are numbers. */
int disk_file_open_directory(const char *path, struct err *err)
{
    (void)err;
    return atoi(path);
}

int disk_file_lock(int directory, struct err *err)
{
    struct sim_disk *disk = disk_of(directory);

    if (disk->locked) {
        return err_set(err, ERR_BUSY, "another process uses this directory");
    }
    disk->locked = true;
    return directory;
}

int disk_file_list(int directory, disk_file_each *each, void *context, struct err *err)
{
    struct sim_names names = disk_of(directory)->seen; /* `each` may remove some */
    int rv = 0;

    for (uint32_t i = 0; rv == 0 && i < names.count; i++) {
        rv = each(context, names.list[i].name, err);
    }
    return rv;
}
