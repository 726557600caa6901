/* requests: what the node's callers wait for, until each has had its one answer.
 *
 * A proposal is queued, then pending (it has an index), then answered when its entry
 * is applied or the leadership is lost. A confirmation waits for a round to be sent
 * after it, then for a majority to answer that round or a later one. */
#ifndef DAEMON_NODE_REQUESTS_H
#define DAEMON_NODE_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/node/node.h"

struct requests {
    struct list queued;  /* proposals without an index */
    struct list changes; /* of the members, without an index */
    struct list pending; /* proposals by index */
    struct list refused; /* proposals whose answer is known, but not yet given */
    struct list asked;   /* confirmations that no round was sent for yet */
    struct list sent;    /* confirmations by round */
};

void requests_init(struct requests *requests);

/* How many wait without an index now. */
uint32_t requests_queued(const struct requests *requests);
uint32_t requests_changes(const struct requests *requests);

/* Takes up to `count_max` queued proposals' blobs, at most LIMIT_APPEND_ENTRIES, of `bytes_max`
 * together, at least one if any may be taken; returns how many. They stay queued until
 * requests_placed(). */
uint32_t requests_next(const struct requests *requests, struct raft_blob **blobs,
                       uint32_t count_max, size_t bytes_max);

/* The first `count` queued proposals got the indexes from `first` on, or, with a
 * negative `result`, were refused. */
void requests_placed(struct requests *requests, uint32_t count, int result, uint64_t first,
                     uint64_t term);

/* NULL if none waits. */
struct node_proposal *requests_next_change(const struct requests *requests);

/* As requests_placed(), for the first change. */
void requests_change_placed(struct requests *requests, int result, uint64_t index, uint64_t term);

/* (index, term) was applied. */
void requests_applied(struct requests *requests, uint64_t index, uint64_t term);

void requests_round_sent(struct requests *requests, uint64_t round);
void requests_round_confirmed(struct requests *requests, uint64_t round, uint64_t term);

/* Answers what could not be taken, and what was asked of a node that can't lead. */
void requests_refuse(struct requests *requests, bool leads);

/* Leadership ended: pending proposals are unknown, confirmations failed. */
void requests_lost(struct requests *requests);

/* Answers everything. */
void requests_end(struct requests *requests, int result);

#endif
