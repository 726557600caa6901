/* sim_store_inside: between the queue in virtual time (sim_store.c) and the production code that
 * it drives (sim_store_floor.c). */
#ifndef TESTS_SIM_SIM_STORE_INSIDE_H
#define TESTS_SIM_SIM_STORE_INSIDE_H

#include "tests/sim/sim_store.h"

int sim_store_floor_open(struct sim *sim, struct sim_disk *files, struct disk_work *work,
                         uint64_t id, struct disk_recovered *recovered, struct err *err);
void sim_store_floor_close(struct disk_work *work);

/* Reads the vote on the platter, for the checker. */
void sim_store_floor_vote(struct sim *sim, struct sim_store *store);

void sim_store_submit(struct sim *sim, struct sim_machine *machine, struct sim_write *write);
void sim_store_drop(struct sim_write *write);

#endif
