/* trail: the log as the core sees it, in memory.
 *
 * A ring of fixed size, allocated once. It holds the entries base_index+1 ..
 * last_index; the entry at base_index itself is gone (or never was, at 0), but
 * its term is remembered, so that the entry after it can be checked.
 *
 * Weights: each entry weighs its bytes and a little more, and the ring keeps
 * running sums. What is in flight to a peer, or not yet committed, is then a
 * subtraction and needs no counter that could drift. */
#ifndef CONSENSUS_TRAIL_H
#define CONSENSUS_TRAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "consensus/entry.h"

enum { TRAIL_ENTRY_WEIGHT = 64 };

struct trail {
    struct raft_entry *entries;
    uint64_t *sums; /* weight of everything up to and with this entry */
    uint32_t capacity;
    uint64_t base_index;
    uint64_t base_term;
    uint64_t base_sum;
    uint64_t last_index;
};

/* `capacity` is a power of two. ERR_NOMEM is the only failure. */
int trail_init(struct trail *trail, uint32_t capacity);
void trail_finish(struct trail *trail);

/* Forgets everything; the log now starts after (index, term). */
void trail_reset(struct trail *trail, uint64_t index, uint64_t term);

uint64_t trail_last_term(const struct trail *trail);

/* False if the term is not known here: before the base, or after the end. */
bool trail_term(const struct trail *trail, uint64_t index, uint64_t *term);

bool trail_matches(const struct trail *trail, uint64_t index, uint64_t term);

/* How many more entries fit. */
uint32_t trail_room(const struct trail *trail);

/* Holds the entry's blob. The entry must follow the last one, and fit. */
void trail_append(struct trail *trail, const struct raft_entry *entry);

/* Drops `first` and everything after it. */
void trail_cut_suffix(struct trail *trail, uint64_t first);

/* Drops `last` and everything before it: it becomes the base. */
void trail_cut_prefix(struct trail *trail, uint64_t last);

/* NULL outside base_index+1 .. last_index. */
const struct raft_entry *trail_entry(const struct trail *trail, uint64_t index);

/* The entries from `first` on that lie side by side, at most `count_max` and
 * `bytes_max`, but at least one; valid until the trail changes. */
const struct raft_entry *trail_run(const struct trail *trail, uint64_t first, uint32_t count_max,
                                   uint32_t bytes_max, uint32_t *count);

/* Weight of the entries after `after`, up to and with `last`. */
uint64_t trail_weight(const struct trail *trail, uint64_t after, uint64_t last);

/* The highest index, `index` at most, whose term is `term` at most; the base if
 * none is known. Both sides of a rejected append use it, so that each probe
 * skips a whole term (paper, end of 5.3). */
uint64_t trail_hint(const struct trail *trail, uint64_t index, uint64_t term);

#endif
