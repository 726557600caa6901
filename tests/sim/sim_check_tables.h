/* sim_check_tables: what the checker remembers, as tables that grow. */
#ifndef TESTS_SIM_SIM_CHECK_TABLES_H
#define TESTS_SIM_SIM_CHECK_TABLES_H

#include "tests/sim/sim_check.h"

/* The place of the entry; its index is 0 if nobody had it yet. Until the next call. */
struct sim_entry *tables_entry(struct sim_check *check, uint64_t index, uint64_t term);

/* Until the next call. */
struct sim_committed *tables_committed(struct sim_check *check, uint64_t index);
struct sim_term *tables_term(struct sim_check *check, uint64_t term);
struct sim_proposal *tables_proposal(struct sim_check *check, uint64_t number);

/* An array of `size` bytes each with room for number `last`; what is new is zero. */
void *tables_grow(void *array, uint64_t *capacity, uint64_t last, size_t size);

#endif
