/* sim_file: files in memory that forget what was not synced.
 *
 * The second implementation of daemon/io/disk_file.h: the store's code is linked with this
 * one instead of the real one. A directory is a struct sim_disk. Each file has its bytes as
 * the process sees them, and as they are on the platter; they differ in whole sectors.
 *
 *     write   changes what is seen, marks sectors        sync   brings marked sectors down
 *     create, rename, remove   change what is seen       sync of the directory   brings it down
 *     a sync that fails        may leave what is seen in the cache, unmarked, as ext4 does
 *
 * A loss of power keeps of the marked sectors any subset, and of the directory's changes the
 * first few, or, as on file systems without a journal, any of them. */
#ifndef TESTS_SIM_SIM_FILE_H
#define TESTS_SIM_SIM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"
#include "tests/sim/sim_random.h"

enum {
    SIM_FILES = 320,
    SIM_SECTOR = 512,
    SIM_NAMES = 288,
    SIM_CHANGES = 640,
    SIM_CHANGES_IN_MEMORY = 32,
    SIM_DISKS = 66
};

struct sim_inode {
    bool used;
    uint32_t opened;
    uint8_t *seen;
    uint8_t *kept;  /* on the platter */
    uint8_t *marks; /* by sector: differs */
    size_t seen_length;
    size_t kept_length;
    size_t capacity;
    uint32_t marked_low; /* the range in which there are marks */
    uint32_t marked_high;
};

struct sim_name {
    char name[LIMIT_NAME_SIZE];
    uint32_t inode;
};

/* One name that gets a file, or none. A rename is two of them that happen together. */
struct sim_change {
    char name[LIMIT_NAME_SIZE];
    char from[LIMIT_NAME_SIZE]; /* "" unless it is a rename */
    uint32_t inode;
    bool removes;
};

struct sim_names {
    uint32_t count;
    struct sim_name list[SIM_NAMES];
};

struct sim_disk {
    uint32_t number; /* by which disk_file.h knows it */
    struct sim_random *random;
    struct sim_inode inodes[SIM_FILES];
    struct sim_names seen;
    struct sim_names kept;
    uint32_t change_count;
    struct sim_change changes[SIM_CHANGES];
    bool locked;
    uint64_t operations; /* ever */
    uint64_t stop_after; /* operations; the power goes then: nothing more happens. 0: never */
    bool full;
    bool fails;       /* the next write or sync */
    bool failed_once; /* it did */
};

/* `number`, from 1 to SIM_DISKS - 1: directories are known to disk_file.h as numbers. */
void sim_disk_init(struct sim_disk *disk, uint32_t number, struct sim_random *random);
void sim_disk_finish(struct sim_disk *disk);

/* The number of the next store that is born (disk_file_random). */
void sim_disk_next_store(uint64_t id);

/* The process ended: its files are closed, what it wrote is still seen. */
void sim_disk_close_all(struct sim_disk *disk);

/* The power failed, too. */
void sim_disk_power_loss(struct sim_disk *disk);

/* What a process would find after a loss of power that kept nothing; makes `copy` anew. */
void sim_disk_copy_kept(struct sim_disk *copy, const struct sim_disk *disk);

/* The file's bytes on the platter; NULL if it isn't there. */
const uint8_t *sim_disk_kept(const struct sim_disk *disk, const char *name, size_t *length);

/* Turns some bits of up to 16 bytes on the platter, in the file of this number (modulo how many
 * there are), at `place` (modulo its length), by `pattern`; the same again undoes it. False if
 * there is nothing to damage. `name` gets the file's name. */
bool sim_disk_rot(struct sim_disk *disk, uint64_t file, uint64_t place, uint64_t pattern,
                  char name[LIMIT_NAME_SIZE]);

#endif
