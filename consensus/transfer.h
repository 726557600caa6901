/* transfer: a leader hands over on purpose (thesis, 3.10).
 *
 *     RAFT_TRANSFER -> no more proposals -> the target has the whole log
 *                   -> RAFT_TIMEOUT_NOW -> it campaigns at once, voters don't stick to us
 *
 * If it doesn't lead within an election time-out, the leader goes on as before. Nothing
 * rests on that: a target that wakes up later makes one clean election, and whatever
 * this leader does is confirmed by rounds as ever. */
#ifndef CONSENSUS_TRANSFER_H
#define CONSENSUS_TRANSFER_H

#include "consensus/raft.h"

/* 0, ERR_NOTFOUND, ERR_REFUSED; to = 0 chooses the farthest voter in contact. */
int transfer_begin(struct raft *raft, struct raft_update *update, uint32_t to);

/* Leader, at the end of each step: tells the target when it is ready; gives up in time. */
void transfer_settle(struct raft *raft, struct raft_update *update);

/* A leader that isn't a voter any more tells the farthest one, whoever it is. */
void transfer_leave(struct raft *raft, struct raft_update *update);

void transfer_recv_timeout_now(struct raft *raft, struct raft_update *update,
                               const struct raft_message *message);

#endif
