#include "tests/sim/sim_heap.h"

#include <assert.h>
#include <stdlib.h>

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->sequence < b->sequence;
}

void sim_heap_finish(struct sim_heap *heap)
{
    free(heap->events);
    *heap = (struct sim_heap){0};
}

void sim_heap_push(struct sim_heap *heap, struct sim_event event)
{
    uint32_t at = heap->count++;

    if (heap->count > heap->capacity) {
        heap->capacity = heap->capacity == 0 ? 256 : 2 * heap->capacity;
        heap->events = realloc(heap->events, heap->capacity * sizeof(heap->events[0]));
        assert(heap->events != NULL);
    }
    event.sequence = ++heap->sequence;
    while (at > 0 && is_before(&event, &heap->events[(at - 1) / 2])) {
        heap->events[at] = heap->events[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->events[at] = event;
}

struct sim_event sim_heap_pop(struct sim_heap *heap)
{
    struct sim_event first;
    struct sim_event last;
    uint32_t at = 0;

    assert(heap->count > 0);
    first = heap->events[0];
    last = heap->events[--heap->count];
    for (uint32_t child = 1; child < heap->count; child = 2 * at + 1) {
        if (child + 1 < heap->count && is_before(&heap->events[child + 1], &heap->events[child])) {
            child++;
        }
        if (!is_before(&heap->events[child], &last)) {
            break;
        }
        heap->events[at] = heap->events[child];
        at = child;
    }
    heap->events[at] = last;
    return first;
}
