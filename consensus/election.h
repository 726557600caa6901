/* election: who leads (thesis, chapter 3.4 and 9.6).
 *
 *     follower --time-out--> precandidate --majority would--> candidate --majority did--> leader
 *         ^                       |                               |                         |
 *         +----- a leader, a higher term, a majority against -----+-------------------------+
 *
 * A precandidate asks whether it would be elected, which changes nothing anywhere;
 * so a node that was cut off can't force its swollen term upon a working cluster.
 * A candidate asks for votes once its own is durable. A voter that heard from a
 * leader less than election_min ago refuses the one and doesn't hear the other. */
#ifndef CONSENSUS_ELECTION_H
#define CONSENSUS_ELECTION_H

#include "consensus/raft.h"

/* Draws a time-out from [min, max) and starts it. */
void election_arm(struct raft *raft);

/* Campaigns if the time has come. */
void election_tick(struct raft *raft, struct raft_update *update);

/* Becomes a follower; adopts `term` if it is higher. `leader` 0: unknown. */
void election_follow(struct raft *raft, struct raft_update *update, uint64_t term, uint32_t leader);

/* Leads, and ends it: a follower of nobody, for this reason. */
void election_end(struct raft *raft, struct raft_update *update, enum raft_end why);

/* The leader hands over to us: campaigns at once if we could lead. */
void election_transferred(struct raft *raft, struct raft_update *update);

/* (term, vote) is durable: what had to wait for that can be said now. */
void election_meta_durable(struct raft *raft, struct raft_update *update);

void election_recv_prevote(struct raft *raft, struct raft_update *update,
                           const struct raft_message *message);
void election_recv_prevote_answer(struct raft *raft, struct raft_update *update,
                                  const struct raft_message *message);
void election_recv_vote(struct raft *raft, struct raft_update *update,
                        const struct raft_message *message);
void election_recv_vote_answer(struct raft *raft, struct raft_update *update,
                               const struct raft_message *message);

#endif
