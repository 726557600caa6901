/* core: what the units behind raft.h share. Not for anyone else. */
#ifndef CONSENSUS_CORE_H
#define CONSENSUS_CORE_H

#include "consensus/raft.h"

/* The only way out for a message: from, to and term are filled in, and whatever
 * the message claims must be durable. */
void core_send(struct raft *raft, struct raft_update *update, uint32_t to,
               const struct raft_message *message);

/* Appends to the log and has it written at the end of the step; members are in force from here
 * on. */
void core_append(struct raft *raft, const struct raft_entry *entry);

/* Drops `first`, and all after it, which isn't committed. */
void core_cut(struct raft *raft, uint64_t first);

/* Commit never goes back. */
void core_commit(struct raft *raft, uint64_t index);

/* What this agent is by the list in force. False for who isn't in it. */
static inline bool core_is(const struct raft *raft, enum member_kind kind)
{
    return raft->self >= 0 && raft->members.list[raft->self].kind == kind;
}

/* For arrays of bits by position. */
static inline uint32_t core_bit(int position)
{
    return (uint32_t)1 << position;
}

#endif
