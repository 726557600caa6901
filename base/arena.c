#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

enum { CHUNK_BYTES = 16 * 1024 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t used;
    size_t capacity;
    alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *arena)
{
    arena->chunks = NULL;
}

void arena_finish(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunks;

    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;

        free(chunk);
        chunk = next;
    }
    arena->chunks = NULL;
}

void *arena_take(struct arena *arena, size_t size)
{
    size_t aligned =
        (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    struct arena_chunk *chunk = arena->chunks;
    void *start;

    if (aligned < size) {
        abort();
    }
    if (chunk == NULL || chunk->capacity - chunk->used < aligned) {
        size_t capacity = aligned > CHUNK_BYTES ? aligned : CHUNK_BYTES;

        chunk = calloc(1, sizeof *chunk + capacity);
        if (chunk == NULL) {
            abort();
        }
        chunk->capacity = capacity;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    start = chunk->bytes + chunk->used;
    chunk->used += aligned;
    return start;
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        abort();
    }
    return arena_take(arena, count * size);
}
