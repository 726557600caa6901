/* recv: what a member does with each message.
 *
 * recv_message() drops what makes no sense, adopts higher terms, tells senders of
 * lower terms about ours, and hands the rest on. The follower's side of the log is
 * here, too: appends, heartbeats and snapshots. */
#ifndef CONSENSUS_RECV_H
#define CONSENSUS_RECV_H

#include "consensus/raft.h"

void recv_message(struct raft *raft, struct raft_update *update,
                  const struct raft_message *message);

/* Entries became durable: what was taken from the leader can be acknowledged. */
void recv_persisted(struct raft *raft, struct raft_update *update);

/* The snapshot is durable, and the log on disk empty. */
void recv_installed(struct raft *raft, struct raft_update *update);

#endif
