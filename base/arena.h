/* arena: memory for things that die together.
 *
 * Life cycle: arena_init() ... arena_finish(), which frees everything at once.
 * Memory comes zeroed and aligned for any type. A failed allocation ends the
 * process (out of memory is not something that an agent can decide through; its
 * guard's deadman is outside of it). */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks;
};

void arena_init(struct arena *arena);
void arena_finish(struct arena *arena);

/* Zeroed; never NULL. `size` may be 0. */
void *arena_take(struct arena *arena, size_t size);
void *arena_take_array(struct arena *arena, size_t count, size_t size);

#endif
