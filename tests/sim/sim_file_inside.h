/* sim_file_inside: what sim_file.c and sim_file_floor.c share. */
#ifndef TESTS_SIM_SIM_FILE_INSIDE_H
#define TESTS_SIM_SIM_FILE_INSIDE_H

#include "tests/sim/sim_file.h"

void inode_write(struct sim_inode *inode, const void *bytes, size_t length, size_t offset);
void inode_sync(struct sim_inode *inode);

/* Any part of what was written reaches the platter. What the file is seen as stays as it was half
 * of the time, as if all of it had, until the cache is dropped. */
void inode_fail_sync(struct sim_inode *inode, struct sim_random *random);

/* The file is seen as it is on the platter; everything was synced, or a sync failed. */
void inode_drop_cache(struct sim_inode *inode);

/* SIM_NAMES: there is none. */
uint32_t names_find(const struct sim_names *names, const char *name);

uint32_t disk_new_inode(struct sim_disk *disk);
void disk_change(struct sim_disk *disk, const struct sim_change *change);
void disk_sync_names(struct sim_disk *disk);

#endif
