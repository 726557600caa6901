/* membership: changes of the members, as entries of the log (thesis, chapter 4).
 *
 * One at a time: a leader appends a list that differs in one member, and no other one before
 * that is committed; none at all before an entry of its own term is (the erratum to 4.1:
 * without that rule two leaders may each have a majority that the other doesn't know of).
 * Lists are in force when appended. A follower that has to cut one goes back to the one
 * before, which is in the log, or what was in force at its base.
 *
 * The leader decides two changes by itself, see membership_settle(): it registers the stores
 * that it hears from, and it lets vote who joins, once that one kept up for a lap: it got
 * everything that was in the log when the lap began in less than an election time-out. A
 * joining one that never does costs nothing: it isn't counted. */
#ifndef CONSENSUS_MEMBERSHIP_H
#define CONSENSUS_MEMBERSHIP_H

#include "consensus/raft.h"

/* 0, or as raft_change_check(). */
int membership_propose(struct raft *raft, struct raft_update *update,
                       const struct members_change *change);

/* A list was appended at `index`. ERR_CORRUPT if it is none. */
int membership_appended(struct raft *raft, const struct raft_entry *entry);

/* `first` and all after it were cut. */
void membership_cut(struct raft *raft, uint64_t first);

/* All before and with `last` is about to be cut. */
void membership_compact(struct raft *raft, uint64_t last);

/* A snapshot took the place of the whole log. */
void membership_restored(struct raft *raft, const struct raft_snapshot *snapshot);

/* Leader, at the end of a step: stores, laps, and its own end. */
void membership_settle(struct raft *raft, struct raft_update *update);

#endif
