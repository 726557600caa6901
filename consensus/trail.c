#include "consensus/trail.h"

#include <assert.h>
#include <stdlib.h>

static uint32_t slot_of(const struct trail *trail, uint64_t index)
{
    return (uint32_t)(index & (trail->capacity - 1));
}

static uint64_t weight_of(const struct raft_entry *entry)
{
    return (uint64_t)raft_entry_length(entry) + TRAIL_ENTRY_WEIGHT;
}

int trail_init(struct trail *trail, uint32_t capacity)
{
    assert(capacity >= 2 && (capacity & (capacity - 1)) == 0);
    *trail = (struct trail){.capacity = capacity};
    trail->entries = calloc(capacity, sizeof(*trail->entries));
    trail->sums = calloc(capacity, sizeof(*trail->sums));
    if (trail->entries == NULL || trail->sums == NULL) {
        trail_finish(trail);
        return ERR_NOMEM;
    }
    return 0;
}

void trail_finish(struct trail *trail)
{
    if (trail->entries != NULL && trail->sums != NULL) {
        trail_reset(trail, 0, 0);
    }
    free(trail->entries);
    free(trail->sums);
    trail->entries = NULL;
    trail->sums = NULL;
}

void trail_reset(struct trail *trail, uint64_t index, uint64_t term)
{
    trail_cut_suffix(trail, trail->base_index + 1);
    trail->base_index = index;
    trail->base_term = term;
    trail->base_sum = 0;
    trail->last_index = index;
}

uint64_t trail_last_term(const struct trail *trail)
{
    uint64_t term;
    bool known = trail_term(trail, trail->last_index, &term);

    assert(known);
    return term;
}

bool trail_term(const struct trail *trail, uint64_t index, uint64_t *term)
{
    assert(trail->base_index <= trail->last_index);
    if (index < trail->base_index || index > trail->last_index) {
        return false;
    }
    *term =
        index == trail->base_index ? trail->base_term : trail->entries[slot_of(trail, index)].term;
    return true;
}

bool trail_matches(const struct trail *trail, uint64_t index, uint64_t term)
{
    uint64_t mine;

    return trail_term(trail, index, &mine) && mine == term;
}

uint32_t trail_room(const struct trail *trail)
{
    assert(trail->last_index - trail->base_index <= trail->capacity);
    return trail->capacity - (uint32_t)(trail->last_index - trail->base_index);
}

void trail_append(struct trail *trail, const struct raft_entry *entry)
{
    uint64_t sum = trail->base_sum + trail_weight(trail, trail->base_index, trail->last_index);
    uint32_t slot = slot_of(trail, entry->index);

    assert(trail_room(trail) > 0);
    assert(entry->index == trail->last_index + 1);
    assert(entry->term >= trail_last_term(trail));
    trail->entries[slot] = *entry;
    raft_blob_hold(entry->blob);
    trail->sums[slot] = sum + weight_of(entry);
    trail->last_index = entry->index;
}

void trail_cut_suffix(struct trail *trail, uint64_t first)
{
    assert(first > trail->base_index);
    while (trail->last_index >= first) {
        raft_blob_release(trail->entries[slot_of(trail, trail->last_index)].blob);
        trail->last_index--;
    }
}

void trail_cut_prefix(struct trail *trail, uint64_t last)
{
    uint64_t term;
    uint64_t sum;
    bool known = trail_term(trail, last, &term);

    assert(known && last >= trail->base_index);
    sum = trail->base_sum + trail_weight(trail, trail->base_index, last);
    for (uint64_t index = trail->base_index + 1; index <= last; index++) {
        raft_blob_release(trail->entries[slot_of(trail, index)].blob);
    }
    trail->base_index = last;
    trail->base_term = term;
    trail->base_sum = sum;
}

const struct raft_entry *trail_entry(const struct trail *trail, uint64_t index)
{
    if (index <= trail->base_index || index > trail->last_index) {
        return NULL;
    }
    assert(trail->entries[slot_of(trail, index)].index == index);
    return &trail->entries[slot_of(trail, index)];
}

const struct raft_entry *trail_run(const struct trail *trail, uint64_t first, uint32_t count_max,
                                   uint32_t bytes_max, uint32_t *count)
{
    uint32_t slot = slot_of(trail, first);
    uint64_t limit = trail->last_index - first + 1;
    uint64_t bytes;

    assert(first > trail->base_index && first <= trail->last_index);
    assert(count_max > 0);
    limit = limit < count_max ? limit : count_max;
    limit = limit < trail->capacity - slot ? limit : trail->capacity - slot;
    bytes = raft_entry_length(&trail->entries[slot]);
    for (*count = 1; *count < limit; (*count)++) {
        bytes += raft_entry_length(&trail->entries[slot + *count]);
        if (bytes > bytes_max) {
            break;
        }
    }
    return &trail->entries[slot];
}

static uint64_t sum_at(const struct trail *trail, uint64_t index)
{
    return index <= trail->base_index ? trail->base_sum : trail->sums[slot_of(trail, index)];
}

uint64_t trail_weight(const struct trail *trail, uint64_t after, uint64_t last)
{
    assert(last <= trail->last_index);
    return after >= last ? 0 : sum_at(trail, last) - sum_at(trail, after);
}

uint64_t trail_hint(const struct trail *trail, uint64_t index, uint64_t term)
{
    uint64_t mine;

    index = index < trail->last_index ? index : trail->last_index;
    while (index > trail->base_index && trail_term(trail, index, &mine) && mine > term) {
        index--;
    }
    return index > trail->base_index ? index : trail->base_index;
}
