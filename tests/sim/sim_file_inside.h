/* sim_file_inside: what sim_file.c and sim_file_floor.c share. */
#ifndef TESTS_SIM_SIM_FILE_INSIDE_H
#define TESTS_SIM_SIM_FILE_INSIDE_H

#include "tests/sim/sim_file.h"

void inode_write(struct sim_inode *inode, const void *bytes, size_t length, size_t offset);
void inode_sync(struct sim_inode *inode);

/* A loss of power, or a failed sync; the file is then as it is on the platter. */
void inode_lose(struct sim_inode *inode, struct sim_random *random, bool tears);

/* SIM_NAMES: there is none. */
uint32_t names_find(const struct sim_names *names, const char *name);

uint32_t disk_new_inode(struct sim_disk *disk);
void disk_change(struct sim_disk *disk, const struct sim_change *change);
void disk_sync_names(struct sim_disk *disk);

#endif
