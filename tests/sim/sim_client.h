/* sim_client: who proposes and reads, and what they were told. */
#ifndef TESTS_SIM_SIM_CLIENT_H
#define TESTS_SIM_SIM_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/sim_state.h"

struct sim;

/* `term`: in which it was placed; 0: it wasn't. */
typedef void sim_command_cb(struct sim *sim, uint32_t machine, uint64_t term, int result);

/* Proposes `command` (its number is filled in) with some filler; cb may be NULL. */
void sim_client_command(struct sim *sim, uint32_t machine, struct sim_command *command,
                        sim_command_cb *cb);

void sim_client_read(struct sim *sim, uint32_t machine);

#endif
