#include "tests/sim/sim_check_tables.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim_state.h"

enum { FIRST_ENTRIES = 4096, FIRST_ROOM = 1024 };

void *tables_grow(void *array, uint64_t *capacity, uint64_t last, size_t size)
{
    uint64_t room = *capacity == 0 ? FIRST_ROOM : *capacity;

    if (last < *capacity) {
        return array;
    }
    while (room <= last) {
        room *= 2;
    }
    array = realloc(array, room * size);
    assert(array != NULL);
    memset((char *)array + *capacity * size, 0, (room - *capacity) * size);
    *capacity = room;
    return array;
}

static struct sim_entry *place_of(struct sim_entry *entries, uint64_t capacity, uint64_t index,
                                  uint64_t term)
{
    uint64_t at = sim_mix(index, term) & (capacity - 1);

    while (entries[at].index != 0 && (entries[at].index != index || entries[at].term != term)) {
        at = (at + 1) & (capacity - 1);
    }
    return &entries[at];
}

static void grow_entries(struct sim_check *check)
{
    uint64_t capacity = check->entry_capacity == 0 ? FIRST_ENTRIES : 2 * check->entry_capacity;
    struct sim_entry *entries = calloc(capacity, sizeof(*entries));

    assert(entries != NULL);
    for (uint64_t i = 0; i < check->entry_capacity; i++) {
        const struct sim_entry *entry = &check->entries[i];

        if (entry->index != 0) {
            *place_of(entries, capacity, entry->index, entry->term) = *entry;
        }
    }
    free(check->entries);
    check->entries = entries;
    check->entry_capacity = capacity;
}

struct sim_entry *tables_entry(struct sim_check *check, uint64_t index, uint64_t term)
{
    if (2 * check->entry_count >= check->entry_capacity) {
        grow_entries(check);
    }
    return place_of(check->entries, check->entry_capacity, index, term);
}

struct sim_committed *tables_committed(struct sim_check *check, uint64_t index)
{
    check->chain =
        tables_grow(check->chain, &check->chain_capacity, index, sizeof(check->chain[0]));
    return &check->chain[index];
}

struct sim_term *tables_term(struct sim_check *check, uint64_t term)
{
    check->terms = tables_grow(check->terms, &check->term_capacity, term, sizeof(check->terms[0]));
    return &check->terms[term];
}

struct sim_proposal *tables_proposal(struct sim_check *check, uint64_t number)
{
    check->proposals = tables_grow(check->proposals, &check->proposal_capacity, number,
                                   sizeof(check->proposals[0]));
    return &check->proposals[number];
}

void sim_check_finish(struct sim_check *check)
{
    free(check->entries);
    free(check->chain);
    free(check->terms);
    free(check->proposals);
    *check = (struct sim_check){0};
}
