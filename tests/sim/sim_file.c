/* Files and directories; what disk_file.h promises of them is in sim_file_floor.c. */
#include "tests/sim/sim_file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim_file_inside.h"

static uint32_t sectors(size_t length)
{
    return (uint32_t)((length + SIM_SECTOR - 1) / SIM_SECTOR);
}

/* ---- files ---------------------------------------------------------------------- */

static void inode_finish(struct sim_inode *inode)
{
    free(inode->seen);
    free(inode->kept);
    free(inode->marks);
    *inode = (struct sim_inode){0};
}

static void inode_reserve(struct sim_inode *inode, size_t length)
{
    size_t capacity = inode->capacity == 0 ? 8 * SIM_SECTOR : inode->capacity;

    if (length <= inode->capacity) {
        return;
    }
    while (capacity < length) {
        capacity *= 2;
    }
    inode->seen = realloc(inode->seen, capacity);
    inode->kept = realloc(inode->kept, capacity);
    inode->marks = realloc(inode->marks, sectors(capacity));
    assert(inode->seen != NULL && inode->kept != NULL && inode->marks != NULL);
    memset(inode->seen + inode->capacity, 0, capacity - inode->capacity);
    memset(inode->kept + inode->capacity, 0, capacity - inode->capacity);
    memset(inode->marks + sectors(inode->capacity), 0,
           sectors(capacity) - sectors(inode->capacity));
    inode->capacity = capacity;
}

void inode_write(struct sim_inode *inode, const void *bytes, size_t length, size_t offset)
{
    uint32_t low = (uint32_t)(offset / SIM_SECTOR);
    uint32_t high = sectors(offset + length);

    inode_reserve(inode, offset + length);
    memcpy(inode->seen + offset, bytes, length);
    memset(inode->marks + low, 1, high - low);
    if (inode->marked_high == 0 || low < inode->marked_low) {
        inode->marked_low = low;
    }
    inode->marked_high = high > inode->marked_high ? high : inode->marked_high;
    if (offset + length > inode->seen_length) {
        inode->seen_length = offset + length;
    }
}

static void sector_keep(struct sim_inode *inode, uint32_t sector, size_t from, size_t to)
{
    size_t offset = (size_t)sector * SIM_SECTOR;
    size_t end = offset + SIM_SECTOR;

    memcpy(inode->kept + offset + from, inode->seen + offset + from, to - from);
    end = end < inode->seen_length ? end : inode->seen_length;
    inode->kept_length = end > inode->kept_length ? end : inode->kept_length;
}

static void inode_unmark(struct sim_inode *inode)
{
    if (inode->marked_high > 0) {
        memset(inode->marks + inode->marked_low, 0, inode->marked_high - inode->marked_low);
    }
    inode->marked_low = 0;
    inode->marked_high = 0;
}

void inode_sync(struct sim_inode *inode)
{
    for (uint32_t i = inode->marked_low; i < inode->marked_high; i++) {
        if (inode->marks[i]) {
            sector_keep(inode, i, 0, SIM_SECTOR);
        }
    }
    inode_unmark(inode);
    inode->kept_length = inode->seen_length;
}

void inode_drop_cache(struct sim_inode *inode)
{
    assert(inode->marked_high == 0);
    if (inode->capacity > 0) {
        memcpy(inode->seen, inode->kept,
               inode->seen_length > inode->kept_length ? inode->seen_length : inode->kept_length);
    }
    inode->seen_length = inode->kept_length;
}

/* All lost, all kept, or each as it comes; a torn sector only in files that expect it: what is
 * replaced in place rests on sectors being written as a whole (consensus/wal.h). */
static void lose_sectors(struct sim_inode *inode, struct sim_random *random, bool tears)
{
    uint64_t manner = sim_random_below(random, 4);

    for (uint32_t i = inode->marked_low; i < inode->marked_high; i++) {
        uint64_t luck = manner < 2 ? manner : sim_random_below(random, tears ? 3 : 2);
        size_t middle = 8 * (size_t)sim_random_below(random, SIM_SECTOR / 8);

        if (!inode->marks[i] || luck == 0) {
            continue;
        }
        sector_keep(inode, i, luck == 2 && manner == 3 ? middle : 0,
                    luck == 2 && manner == 2 ? middle : SIM_SECTOR);
    }
    inode_unmark(inode);
}

void inode_fail_sync(struct sim_inode *inode, struct sim_random *random)
{
    lose_sectors(inode, random, false);
    if (sim_random_percent(random, 50)) {
        inode_drop_cache(inode);
    }
}

/* ---- names -------------------------------------------------------------------------- */

uint32_t names_find(const struct sim_names *names, const char *name)
{
    for (uint32_t i = 0; i < names->count; i++) {
        if (strcmp(names->list[i].name, name) == 0) {
            return i;
        }
    }
    return SIM_NAMES;
}

static void names_remove(struct sim_names *names, const char *name)
{
    uint32_t at = names_find(names, name);

    if (at != SIM_NAMES) {
        names->count--;
        memmove(&names->list[at], &names->list[at + 1],
                (names->count - at) * sizeof(names->list[0]));
    }
}

static void names_set(struct sim_names *names, const char *name, uint32_t inode)
{
    uint32_t at = names_find(names, name);

    if (at == SIM_NAMES) {
        assert(names->count < SIM_NAMES);
        at = names->count++;
        text_copy(names->list[at].name, LIMIT_NAME_SIZE, name);
    }
    names->list[at].inode = inode;
}

static void names_apply(struct sim_names *names, const struct sim_change *change)
{
    if (change->from[0] != '\0') {
        names_remove(names, change->from);
    }
    if (change->removes) {
        names_remove(names, change->name);
    } else {
        names_set(names, change->name, change->inode);
    }
}

void disk_change(struct sim_disk *disk, const struct sim_change *change)
{
    assert(disk->change_count < SIM_CHANGES);
    disk->changes[disk->change_count++] = *change;
    names_apply(&disk->seen, change);
}

/* Frees files that have no name any more. */
static void collect(struct sim_disk *disk)
{
    bool named[SIM_FILES] = {false};

    for (uint32_t i = 0; i < disk->seen.count; i++) {
        named[disk->seen.list[i].inode] = true;
    }
    for (uint32_t i = 0; i < disk->kept.count; i++) {
        named[disk->kept.list[i].inode] = true;
    }
    for (uint32_t i = 0; i < disk->change_count; i++) {
        named[disk->changes[i].inode] = named[disk->changes[i].inode] || !disk->changes[i].removes;
    }
    for (uint32_t i = 0; i < SIM_FILES; i++) {
        if (disk->inodes[i].used && !named[i] && disk->inodes[i].opened == 0) {
            inode_finish(&disk->inodes[i]);
        }
    }
}

void disk_sync_names(struct sim_disk *disk)
{
    for (uint32_t i = 0; i < disk->change_count; i++) {
        names_apply(&disk->kept, &disk->changes[i]);
    }
    disk->change_count = 0;
    collect(disk);
}

/* The kernel writes names by itself, after a time: who finds no space makes and removes many. */
uint32_t disk_new_inode(struct sim_disk *disk)
{
    if (disk->change_count >= SIM_CHANGES_IN_MEMORY) {
        disk_sync_names(disk);
    }
    for (uint32_t i = 0; i < SIM_FILES; i++) {
        if (!disk->inodes[i].used) {
            disk->inodes[i].used = true;
            return i;
        }
    }
    assert(!"too many files");
    return 0;
}

/* ---- the whole disk ------------------------------------------------------------------- */

void sim_disk_close_all(struct sim_disk *disk)
{
    for (uint32_t i = 0; i < SIM_FILES; i++) {
        disk->inodes[i].opened = 0;
    }
    disk->locked = false;
    disk->stop_after = 0;
    collect(disk);
}

static bool tears(const struct sim_disk *disk, uint32_t inode)
{
    for (uint32_t i = 0; i < disk->seen.count; i++) {
        if (disk->seen.list[i].inode == inode) {
            return strncmp(disk->seen.list[i].name, "log-", 4) == 0;
        }
    }
    return false;
}

/* The first few, as file systems with a journal do; or each as it comes. */
static void lose_changes(struct sim_disk *disk)
{
    bool ordered = sim_random_below(disk->random, 2) == 0;
    uint32_t first = (uint32_t)sim_random_below(disk->random, disk->change_count + 1);

    for (uint32_t i = 0; i < disk->change_count; i++) {
        if (ordered ? i < first : sim_random_below(disk->random, 2) == 0) {
            names_apply(&disk->kept, &disk->changes[i]);
        }
    }
    disk->change_count = 0;
}

void sim_disk_power_loss(struct sim_disk *disk)
{
    sim_disk_close_all(disk);
    for (uint32_t i = 0; i < SIM_FILES; i++) {
        if (disk->inodes[i].used && disk->inodes[i].marked_high > 0) {
            lose_sectors(&disk->inodes[i], disk->random, tears(disk, i));
        }
        if (disk->inodes[i].used) {
            inode_drop_cache(&disk->inodes[i]);
        }
    }
    if (disk->change_count > 0) {
        lose_changes(disk);
    }
    disk->seen = disk->kept;
    collect(disk);
}

void sim_disk_copy_kept(struct sim_disk *copy, const struct sim_disk *disk)
{
    uint32_t number = copy->number;

    sim_disk_finish(copy);
    sim_disk_init(copy, number, disk->random);
    for (uint32_t i = 0; i < disk->kept.count; i++) {
        const struct sim_inode *inode = &disk->inodes[disk->kept.list[i].inode];
        uint32_t to = disk_new_inode(copy);

        if (inode->kept_length > 0) {
            inode_write(&copy->inodes[to], inode->kept, inode->kept_length, 0);
        }
        inode_sync(&copy->inodes[to]);
        names_set(&copy->kept, disk->kept.list[i].name, to);
    }
    copy->seen = copy->kept;
}

const uint8_t *sim_disk_kept(const struct sim_disk *disk, const char *name, size_t *length)
{
    uint32_t at = names_find(&disk->kept, name);
    const struct sim_inode *inode;

    if (at == SIM_NAMES) {
        return NULL;
    }
    inode = &disk->inodes[disk->kept.list[at].inode];
    *length = inode->kept_length;
    return inode->kept;
}

bool sim_disk_rot(struct sim_disk *disk, uint64_t file, uint64_t place, uint64_t pattern,
                  char name[LIMIT_NAME_SIZE])
{
    struct sim_inode *inode;
    size_t from;

    if (disk->kept.count == 0) {
        return false;
    }
    file %= disk->kept.count;
    text_copy(name, LIMIT_NAME_SIZE, disk->kept.list[file].name);
    inode = &disk->inodes[disk->kept.list[file].inode];
    if (inode->kept_length == 0) {
        return false;
    }
    from = place % inode->kept_length;
    for (size_t i = from; i < inode->kept_length && i < from + 16; i++) {
        uint8_t flip = (uint8_t)(pattern >> (i % 8 * 8)) | 1;

        inode->kept[i] ^= flip;
        if (!inode->marks[i / SIM_SECTOR]) {
            inode->seen[i] = inode->kept[i]; /* else what is seen is newer */
        }
    }
    return true;
}
