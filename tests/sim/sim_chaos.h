/* sim_chaos: what goes wrong, by chance and by the options; sim_operator: what is asked. The
 * world says what can be done to it (sim.h); these choose. */
#ifndef TESTS_SIM_SIM_CHAOS_H
#define TESTS_SIM_SIM_CHAOS_H

#include <stdbool.h>
#include <stdint.h>

struct sim;

/* Faults come from now on. */
void sim_chaos_start(struct sim *sim);
void sim_chaos_stop(struct sim *sim);

/* Clients and the operator ask from now on. */
void sim_operator_start(struct sim *sim);
void sim_operator_stop(struct sim *sim);

/* A change of the members at this leader, about this machine: whatever fits. */
void sim_operator_change(struct sim *sim, uint32_t leader, uint32_t number);

/* An empty disk for the machine, if the cluster survives that; often under its old number. */
void sim_chaos_wipe(struct sim *sim, uint32_t number, uint32_t keeps_percent);

/* Whether the cluster survives if this machine's disk is lost: whatever list of members may be
 * in force somewhere, a majority of its voters has its stores. */
bool sim_may_lose(struct sim *sim, uint32_t number);

#endif
