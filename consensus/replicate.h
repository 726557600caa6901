/* replicate: the leader's side of the log (thesis, 3.5, 3.6, 10.2).
 *
 * The answers of peers only move their `progress`; at the end of each step
 * replicate_settle() moves the commit index and feeds every peer what it can
 * take. So there is one place that sends entries, and one that commits. */
#ifndef CONSENSUS_REPLICATE_H
#define CONSENSUS_REPLICATE_H

#include "consensus/raft.h"

/* A new leader: appends the entry that commits what came before. */
void replicate_start(struct raft *raft, struct raft_update *update);

/* Sends a round of heartbeats. */
void replicate_round(struct raft *raft, struct raft_update *update);

/* Heartbeats; and steps down if the majority, or our own disk, is silent. */
void replicate_tick(struct raft *raft, struct raft_update *update);

/* 0, ERR_BUSY. */
int replicate_propose(struct raft *raft, struct raft_update *update, struct raft_blob *const *blobs,
                      uint32_t count);

/* What is on its way to the peer is taken for lost. */
void replicate_unreachable(struct raft *raft, uint32_t id);

/* When replicate_tick() or replicate_settle() has something to do at the latest. */
uint64_t replicate_deadline(const struct raft *raft);

void replicate_settle(struct raft *raft, struct raft_update *update);

void replicate_recv_append_answer(struct raft *raft, struct raft_update *update,
                                  const struct raft_message *message);
void replicate_recv_heartbeat_answer(struct raft *raft, struct raft_update *update,
                                     const struct raft_message *message);

#endif
