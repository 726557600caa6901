/* raft: agreement on one log, as a pure function of events.
 *
 *     raft_step(raft, event, update): an event in, what to do about it out.
 *
 * Diego Ongaro, "Consensus: Bridging Theory and Practice" (2014), with pre-vote
 * (9.6), check-quorum and leader stickiness (6.2, 4.2.3), always on; reads by
 * confirmed rounds (6.4), never by clocks.
 *
 * No file, socket, clock or random source is touched inside: time comes with each event,
 * random numbers from a generator seeded at birth. Memory was allocated by raft_init(), but for
 * a new list of members' own bytes. The caller's part, after each step; the writes in this order,
 * for a log or a snapshot of a term whose vote isn't durable is refused at the next start:
 *
 *     write_meta     make (term, vote) durable, then step RAFT_META_PERSISTED
 *     write_count    make these entries durable in place of all from the first one
 *                    on, then step RAFT_PERSISTED with the last one's index, term
 *     install        make this snapshot durable and drop the whole log, then step
 *                    RAFT_SNAPSHOT_INSTALLED
 *     messages       send them; they may be lost, doubled, late
 *     restore        hand the state machine this snapshot
 *     apply_count    hand the state machine these entries, at once, in order;
 *                    RAFT_CONFIG entries are the core's own business
 *
 * Writes are carried out one after the other, in the order of the steps. Messages may be sent
 * before, between or after them.
 *
 * Why no message ever waits for a write: whatever a message claims is derived
 * from what is already durable. A vote is asked for, granted and counted by the
 * step that learns that it is on disk; an acknowledgement says min(durable,
 * verified by this leader). One assertion on the only way out guards it all.
 *
 * Pointers in an update are borrowed from the core and end with the next step.
 * The core borrows what an event points at only during the step.
 *
 * README.md says in which order to read. */
#ifndef CONSENSUS_RAFT_H
#define CONSENSUS_RAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"
#include "consensus/entry.h"
#include "consensus/members.h"
#include "consensus/message.h"
#include "consensus/progress.h"
#include "consensus/round.h"
#include "consensus/trail.h"

#define RAFT_ROLE_MAP(X)                                                                           \
    X(RAFT_FOLLOWER, "follower")                                                                   \
    X(RAFT_PRECANDIDATE, "precandidate")                                                           \
    X(RAFT_CANDIDATE, "candidate")                                                                 \
    X(RAFT_LEADER, "leader")

enum raft_role {
#define X(name, text) name,
    RAFT_ROLE_MAP(X)
#undef X
};

const char *raft_role_name(enum raft_role role);

enum {
    /* A term that a peer could only reach by a fault; refused, so that the
     * arithmetic of terms never wraps. */
    RAFT_TERM_BITS = 62,
    RAFT_APPENDS_PER_STEP = 4, /* to each peer, each time that it is fed */
    /* Of one step, to each peer: a heartbeat, appends before and after a list that the leader adds
     * by itself (replicate_settle), and a word at its end. */
    RAFT_MESSAGES_MAX = LIMIT_AGENTS * (2 * RAFT_APPENDS_PER_STEP + 2),
};

struct raft_config {
    uint32_t id;            /* 0: not known yet, a leader will tell the store */
    uint64_t store;         /* drawn at the birth of the data directory; 0 in tests without any */
    struct members members; /* the first ones; what the log and the snapshot say is newer */
    uint32_t heartbeat_ms;
    uint32_t election_min_ms; /* a leader heard from since is not disturbed */
    uint32_t election_max_ms;
    uint32_t notice_ms; /* a commit is told with the next entries, or after this; 0: at once */
    uint32_t log_entries_max;  /* a power of two; 0: LIMIT_LOG_ENTRIES */
    uint32_t trailing_entries; /* kept in front of a snapshot for slow peers */
    uint64_t seed; /* random: members that share one may time out together, again and again */
};

/* What was found on disk. All zero: nothing. */
struct raft_stored {
    uint64_t term;
    uint32_t vote;
    struct raft_snapshot snapshot;
    const struct raft_entry *entries; /* those after the snapshot */
    size_t entry_count;
};

#define RAFT_EVENT_MAP(X)                                                                          \
    X(RAFT_TICK)               /* time passed; also call it at raft_deadline() */                  \
    X(RAFT_RECEIVE)            /* message */                                                       \
    X(RAFT_META_PERSISTED)     /* term, vote */                                                    \
    X(RAFT_PERSISTED)          /* index, term: of the last entry of a write */                     \
    X(RAFT_SNAPSHOT_INSTALLED) /* index, term */                                                   \
    X(RAFT_SNAPSHOT_TAKEN)     /* snapshot, durable already */                                     \
    X(RAFT_PROPOSE)            /* blobs, blob_count */                                             \
    X(RAFT_ROUND)              /* ask the majority who leads, now */                               \
    X(RAFT_STEP_DOWN)          /* stop leading; stay quiet for an election timeout */              \
    X(RAFT_UNREACHABLE)        /* target: the connection is gone, and what was sent may be */      \
    X(RAFT_CHANGE)             /* change: of the members */                                        \
    X(RAFT_TRANSFER)           /* target: who is to lead; 0: whoever is the farthest */

enum raft_event_type {
#define X(name) name,
    RAFT_EVENT_MAP(X)
#undef X
};

struct raft_event {
    enum raft_event_type type;
    uint64_t now_ms; /* monotonic: never less than in the event before */
    union {
        const struct raft_message *message;
        struct {
            uint64_t term;
            uint32_t vote;
        } meta;
        struct {
            uint64_t index;
            uint64_t term;
        } persisted; /* and installed */
        const struct raft_snapshot *snapshot;
        struct {
            struct raft_blob *const *blobs; /* LIMIT_APPEND_ENTRIES at most */
            uint32_t count;
        } propose;
        const struct members_change *change;
        uint32_t target;
    };
};

/*      name             why it leads no more */
#define RAFT_END_MAP(X)                                                                            \
    X(RAFT_END_NONE, "")                                                                           \
    X(RAFT_END_TERM, "another agent has a higher term")                                            \
    X(RAFT_END_CUT_OFF, "no majority of the agents was heard from")                                \
    X(RAFT_END_DISK, "its disk doesn't keep up")                                                   \
    X(RAFT_END_ASKED, "it was asked to")                                                           \
    X(RAFT_END_REMOVED, "it isn't a voter any more")

enum raft_end {
#define X(name, text) name,
    RAFT_END_MAP(X)
#undef X
};

const char *raft_end_text(enum raft_end end);

struct raft_update {
    /* RAFT_PROPOSE, RAFT_ROUND, RAFT_CHANGE, RAFT_TRANSFER: 0, or ERR_NOTLEADER, or ERR_BUSY
     * (nothing was appended; try again). RAFT_CHANGE also what raft_change_check() says, and
     * RAFT_TRANSFER: ERR_NOTFOUND, ERR_REFUSED (it doesn't vote, or leads already).
     * Any event: ERR_CORRUPT if this log contradicts the cluster's committed one; the
     * caller must stop for good. */
    int result;

    bool write_meta;
    uint64_t term;
    uint32_t vote;

    uint64_t write_first; /* entries by raft_entry() */
    uint64_t write_count;

    const struct raft_snapshot *install;
    const struct raft_snapshot *restore;

    uint64_t apply_first;
    uint64_t apply_count;

    uint64_t proposed_first; /* index of the first proposed entry, or of the change */

    /* A round of heartbeats that was sent in this step (0: none), and the newest
     * round of this term that a majority of voters has answered. Whoever asked
     * before the step that sent round n is confirmed by any round >= n. */
    uint64_t round_sent;
    uint64_t round_confirmed;

    bool role_changed;    /* role, term, leader, readiness, own id, disowned or removed did */
    bool members_changed; /* raft->members did */

    uint32_t message_count;
    struct raft_message messages[RAFT_MESSAGES_MAX];
};

/* Read freely; changed by raft_step() alone, but for `dropped`. */
struct raft {
    struct raft_config config;
    struct members members;      /* in force: the newest in the log, committed or not */
    uint64_t members_index;      /* the entry that they came with; 0: the first ones */
    struct members base_members; /* as of the trail's base */
    int self;                    /* position among the members, or -1 */
    bool removed;                /* a member said so: no campaigns */
    bool disowned;               /* the id belongs to another store: neither heard nor said */
    uint64_t owed; /* acknowledged once, and lost: no vote before the log goes that far again, */
    uint64_t owed_term; /* or has an entry of a later leader, who had all that was committed */
    uint64_t now_ms;
    uint64_t random;

    uint64_t term;
    uint32_t vote;
    bool meta_durable; /* (term, vote) is on disk */

    enum raft_role role;
    uint32_t leader;          /* 0: unknown */
    uint64_t leader_heard_ms; /* last message of this term's leader */
    uint64_t election_ms;     /* when to campaign */
    uint64_t stays_quiet_ms;  /* no campaign before (after RAFT_STEP_DOWN) */
    uint32_t answer_owed;     /* who asked for a vote that is not durable yet */
    uint32_t votes_for;       /* bits by position */
    uint32_t votes_against;
    bool by_transfer; /* candidate: the leader asked for it */

    struct trail trail;
    uint64_t durable;    /* entries up to here are on disk */
    uint64_t written_ms; /* when `durable` moved, or had caught up, last */
    uint64_t unwritten;  /* first entry to be written by this step, 0: none */
    uint64_t verified;   /* entries up to here match this term's leader's */
    bool ack_owed;       /* an append was taken, but is not durable yet */
    uint64_t commit;
    uint64_t applied;
    uint64_t leader_commit; /* follower: the highest that this term's leader told of; 0: nothing */

    struct raft_snapshot snapshot;   /* the newest on our disk, taken or installed */
    struct raft_snapshot installing; /* index 0: none is */
    uint64_t installing_term;        /* of the leader who sent it */

    uint64_t term_start;  /* leader: its first entry */
    uint64_t moved_ms;    /* leader: when `commit` moved, or had caught up, last */
    uint32_t offers;      /* how often it handed over because it was stuck */
    enum raft_end ended;  /* why it led no more, the last time */
    uint32_t transfer_to; /* leader: hands over to; 0: nobody */
    uint64_t transfer_until_ms;
    bool transfer_told;
    uint64_t heartbeat_due_ms;
    uint64_t notice_due_ms; /* leader: when those who don't know of `commit` are told */
    struct progress peers[LIMIT_AGENTS]; /* leader: by position */
    struct round round;

    int fault;
    uint64_t dropped; /* messages that made no sense, or came too early or late to be taken */
};

/* Starts as a follower at what was stored. ERR_NOMEM, or ERR_CORRUPT if the
 * stored parts contradict each other. Holds the blobs that it keeps. */
int raft_init(struct raft *raft, const struct raft_config *config, const struct raft_stored *stored,
              uint64_t now_ms, struct err *err);
void raft_finish(struct raft *raft);

void raft_step(struct raft *raft, const struct raft_event *event, struct raft_update *update);

/* When RAFT_TICK is wanted at the latest. */
uint64_t raft_deadline(const struct raft *raft);

/* True on a leader that has applied an entry of its own term: before that it
 * may not know what is committed, and nothing may be granted or ordered. */
bool raft_ready(const struct raft *raft);

/* False while the members in force may yet be undone: they came with an entry that isn't known to
 * be committed. */
bool raft_knows_members(const struct raft *raft);

/* True if nothing is known to be committed that was not applied: of a ready leader, or of a
 * follower that has all that this term's leader told of. What the state machine says is then
 * not older than the last message of the leader. */
bool raft_caught_up(const struct raft *raft);

/* Other timings from now on (the caller has checked them, as for raft_init()). */
void raft_set_timings(struct raft *raft, uint32_t heartbeat_ms, uint32_t election_min_ms,
                      uint32_t election_max_ms);

/* True while a leader's snapshot is on its way to the disk. No snapshot of our own
 * may be written then: it would be queued behind, and replace a newer one. */
bool raft_installing(const struct raft *raft);

/* True if the log in memory is nearly full: time for a snapshot of what is applied, however little
 * that is. A follower that has no room takes nothing, and may be the one that a commit needs. */
bool raft_crowded(const struct raft *raft);

/* Whether the leader could make this change of its members now, and what they would be.
 * ERR_BUSY: another change, or an earlier term's entries, aren't committed yet, or a transfer
 * is under way; ERR_REFUSED also if less than a majority of the new voters is in contact;
 * else the codes of members_change(). */
int raft_change_check(const struct raft *raft, const struct members_change *change,
                      struct members *next, struct err *err);

/* The members as of `index`, which is in memory or its base. */
void raft_members_at(const struct raft *raft, uint64_t index, struct members *members);

/* NULL if `index` is not in memory. */
const struct raft_entry *raft_entry(const struct raft *raft, uint64_t index);

uint64_t raft_last_index(const struct raft *raft);

#endif
