/* message: what the members of a cluster say to each other.
 *
 * Plain structs; proto/raft.proto carries them over the wire. Pointers are
 * borrowed, see raft.h. */
#ifndef CONSENSUS_MESSAGE_H
#define CONSENSUS_MESSAGE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "consensus/entry.h"

/* Who says it: anybody who asks, a member that was asked, the leader of its term. */
enum raft_message_sort { RAFT_ASKS, RAFT_ANSWERS, RAFT_LEADS };

/*      name, value as sent, sort */
#define RAFT_MESSAGE_MAP(X)                                                                        \
    X(RAFT_PREVOTE, 1, RAFT_ASKS)           /* would you vote for me in `term`? */                 \
    X(RAFT_PREVOTE_ANSWER, 2, RAFT_ANSWERS) /* granted: `term` as asked; refused: the sender's */  \
    X(RAFT_VOTE, 3, RAFT_ASKS)              /* vote for me in `term` */                            \
    X(RAFT_VOTE_ANSWER, 4, RAFT_ANSWERS)    /* */                                                  \
    X(RAFT_APPEND, 5, RAFT_LEADS)           /* entries after (previous_index, previous_term) */    \
    X(RAFT_APPEND_ANSWER, 6, RAFT_ANSWERS)  /* also answers RAFT_SNAPSHOT */                       \
    X(RAFT_HEARTBEAT, 7, RAFT_LEADS)        /* a numbered round */                                 \
    X(RAFT_HEARTBEAT_ANSWER, 8, RAFT_ANSWERS) /* */                                                \
    X(RAFT_SNAPSHOT, 9, RAFT_LEADS)           /* instead of entries that are gone */               \
    X(RAFT_TIMEOUT_NOW, 10, RAFT_ASKS)        /* campaign at once: the leader hands over */

enum raft_message_type {
#define X(name, value, sort) name = value,
    RAFT_MESSAGE_MAP(X)
#undef X
};

/* Of a known type. */
static inline enum raft_message_sort raft_message_sort(enum raft_message_type type)
{
    static const enum raft_message_sort sorts[] = {
#define X(name, value, sort) [value] = sort,
        RAFT_MESSAGE_MAP(X)
#undef X
    };

    assert(type >= RAFT_PREVOTE && type <= RAFT_TIMEOUT_NOW);
    return sorts[type];
}

struct raft_message {
    enum raft_message_type type;
    uint32_t from;
    uint32_t to;
    uint64_t from_store; /* which store speaks */
    uint64_t to_store;   /* for which store it is, by a committed or the leader's list, or 0 */
    uint64_t term;
    union {
        struct {
            uint64_t last_index; /* of the candidate's log */
            uint64_t last_term;
            bool by_transfer; /* the leader itself wants to be replaced */
        } vote;
        struct {
            bool granted;
            bool removed; /* who asks was a member, and isn't any more */
        } vote_answer;
        struct {
            uint64_t previous_index;
            uint64_t previous_term;
            uint64_t commit;
            const struct raft_entry *entries;
            uint32_t count;
        } append;
        struct {
            bool accepted;
            uint64_t index; /* accepted: durable and verified up to here;
                               rejected: the previous_index that didn't match */
            uint64_t hint_index;
            uint64_t hint_term;
        } append_answer;
        struct {
            uint64_t round;
            uint64_t match;         /* what the leader knows to be on the peer's disk */
            uint64_t commit;        /* match at most */
            uint64_t leader_commit; /* the leader's own: how far there is to go */
        } heartbeat;
        struct {
            uint64_t round;
            bool lost; /* the log here ends before `match`: it lost its end */
        } heartbeat_answer;
        const struct raft_snapshot *snapshot;
    };
};

#endif
