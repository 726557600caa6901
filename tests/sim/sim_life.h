/* sim_life: the life of a seed, in two phases: faults, in which nothing may go wrong for good;
 * then a majority is healed, everything else stays as broken as it is, and that majority must
 * elect, commit something new and come to the same log and state. */
#ifndef TESTS_SIM_SIM_LIFE_H
#define TESTS_SIM_SIM_LIFE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/sim/sim.h"

/* What goes wrong ends the process (sim_fail). `trace` may be NULL. Adds to `counters` and
 * `events`; returns the hash of the trace. */
uint64_t sim_life(const struct sim_options *options, uint64_t seed, FILE *trace,
                  struct sim_counters *counters, uint64_t *events);

#endif
