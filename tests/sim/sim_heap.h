/* sim_heap: what will happen, by time; of one moment, in the order in which it was decided. */
#ifndef TESTS_SIM_HEAP_H
#define TESTS_SIM_HEAP_H

#include <stdbool.h>
#include <stdint.h>

struct sim_event {
    uint64_t at_us;
    uint64_t sequence;
    uint32_t kind;
    uint32_t machine; /* 0: none */
    uint64_t value;
    void *pointer;
};

struct sim_heap {
    struct sim_event *events;
    uint32_t count;
    uint32_t capacity;
    uint64_t sequence;
};

void sim_heap_finish(struct sim_heap *heap);

/* Fills in the sequence number. */
void sim_heap_push(struct sim_heap *heap, struct sim_event event);

/* The earliest one; the heap isn't empty. */
struct sim_event sim_heap_pop(struct sim_heap *heap);

#endif
