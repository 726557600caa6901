/* node: one agent's seat in the cluster: drives the Raft core.
 *
 * The core decides and the disk writes; the node moves things between them, the
 * transport and the state machine, all on the loop's thread:
 *
 *     node_receive() --+                   +--> send()     to the transport
 *     node_propose() --+--> raft_step() ---+--> disk       --> raft_step()
 *     node_change()  --+                   +--> apply()    to the state machine
 *     node_confirm() --+
 *     the timer      --+                   +--> callbacks  of requests
 *
 * Proposals and confirmations of one turn of the loop go together: one write, one
 * append to each peer, one round.
 *
 * Life cycle: disk_open() -> node_start() -> ... -> node_close(), and in its
 * callback disk_close(). Callbacks of requests run exactly once each, never from
 * inside the call that made the request; node_close() ends those that are left
 * with ERR_CLOSED before its own callback. Requests are the caller's memory and
 * must live until their callback; inside it they may be freed or used again.
 *
 * Hooks run on the loop's thread and must not block. They may call node_propose(),
 * node_confirm(), node_step_down(), node_unreachable() and node_status(); not node_receive(). */
#ifndef DAEMON_NODE_NODE_H
#define DAEMON_NODE_NODE_H

#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "consensus/raft.h"
#include "daemon/io/disk.h"

struct node;

struct node_hooks {
    /* To the agent of that name; bytes end with the call. May drop them silently, may not call
     * back into the node. At most LIMIT_MESSAGE_BYTES. */
    void (*send)(void *context, const char *to, const uint8_t *bytes, size_t length);

    /* The committed command at `index`, in order, each once in a process's life
     * (or covered by a snapshot). Deterministic, and can't fail. */
    void (*apply)(void *context, uint64_t index, uint64_t term, const uint8_t *bytes,
                  size_t length);

    /* After the last of some entries that became known as committed together: what the state
     * machine says in between is history. May be NULL. */
    void (*applied)(void *context);

    /* Appends the whole state, after all that was applied, to `out` (maximum
     * LIMIT_SNAPSHOT_BYTES). */
    void (*snapshot_take)(void *context, struct buf *out);

    /* Replaces the whole state. A negative code (snapshot from the future, say)
     * ends in fatal(). */
    int (*snapshot_restore)(void *context, const uint8_t *bytes, size_t length, struct err *err);

    /* Role, term, leader or readiness changed, or this store was given its number, or lost it
     * (disowned); ask node_status(). */
    void (*role_changed)(void *context);

    /* The members in force changed, committed or not; ask node_members(). Called at the start,
     * too. May be NULL. */
    void (*members_changed)(void *context);

    /* The disk failed, or the log contradicts the cluster's. Nothing more is sent
     * or acknowledged: end the process (74) at once. Called once. */
    void (*fatal)(void *context, const struct err *err);
};

struct node_config {
    uv_loop_t *loop;
    struct disk *disk;      /* open; stays the caller's */
    uint32_t id;            /* 0: this store hasn't got one; the leader's messages bring it */
    uint64_t store;         /* of this disk */
    struct members members; /* the first ones; empty for who joins a cluster */
    uint32_t heartbeat_ms;
    uint32_t election_min_ms;
    uint32_t election_max_ms;
    uint32_t snapshot_every; /* entries between snapshots; 0: 4096 */
    uint32_t trailing;       /* entries kept in front of one; 0: 1024 */
    uint64_t seed;
    struct node_hooks hooks;
    void *context;
};

/* result 0: committed and applied here, at (index, term).
 * ERR_NOTLEADER, ERR_BUSY, ERR_LIMIT, ERR_NOMEM: never in any log; safe to repeat.
 * ERR_TIMEOUT: unknown: leadership was lost; it may yet be applied.
 * ERR_CLOSED: unknown: the node was closed, or its disk failed. */
struct node_proposal;
typedef void (*node_proposal_cb)(struct node_proposal *proposal, int result);

struct node_proposal {
    uint64_t index;
    uint64_t term;
    void *context; /* the caller's */
    /* private */
    node_proposal_cb cb;
    struct raft_blob *blob;
    struct members_change change;
    int result;
    struct list link;
};

/* result 0: after this call, a majority still had this leader (of `term`), which
 * was ready at the time of the callback. ERR_NOTLEADER, ERR_CLOSED. */
struct node_confirmation;
typedef void (*node_confirmation_cb)(struct node_confirmation *confirmation, int result);

struct node_confirmation {
    uint64_t term;
    void *context; /* the caller's */
    /* private */
    node_confirmation_cb cb;
    uint64_t round;
    struct list link;
};

struct node_peer_status {
    uint32_t id;
    enum member_kind kind;
    uint64_t match;           /* leader: durable there */
    uint64_t last_contact_ms; /* leader: clock_now_ms() of its last answer;
                                 follower: of the leader's last message; 0: never */
};

struct node_status {
    uint32_t id; /* 0: none yet */
    enum raft_role role;
    enum raft_end ended; /* why it led no more, the last time */
    bool disowned;       /* the members know another store under this id: start again without one */
    bool removed;        /* is no member any more */
    bool ready;          /* leader, and may grant and order */
    bool caught_up;      /* all that the leader told of is applied (raft_caught_up) */
    uint64_t term;
    uint32_t leader; /* 0: unknown */
    uint64_t commit;
    uint64_t applied;
    uint64_t last;
    uint64_t durable;
    uint64_t snapshot;
    uint64_t dropped; /* messages that made no sense */
    uint32_t peer_count;
    struct node_peer_status peers[LIMIT_AGENTS];
};

/* Restores the state machine from `recovered` (hooks run inside), then takes part.
 * `recovered` may be released afterwards. */
int node_start(struct node **node, const struct node_config *config,
               const struct disk_recovered *recovered, struct err *err);

/* Ends all requests, then calls back; the node is freed after that. */
void node_close(struct node *node, void (*cb)(void *context), void *context);

/* From the authenticated agent of that name; it may only speak for itself. Anything that makes no
 * sense is counted and dropped. */
void node_receive(struct node *node, const char *from, const uint8_t *bytes, size_t length);

/* Copies the bytes. */
void node_propose(struct node *node, struct node_proposal *proposal, const uint8_t *bytes,
                  size_t length, node_proposal_cb cb);

/* One change of the members; the proposal's result is as for a command. ERR_NOTLEADER, or what
 * raft_change_check() says, at once, without callback. */
int node_change(struct node *node, struct node_proposal *proposal,
                const struct members_change *change, node_proposal_cb cb, struct err *err);

/* The leader hands over to member `to`; 0: to the farthest voter. 0 means that it was begun:
 * whether it came about is seen by role_changed(). ERR_NOTLEADER, ERR_NOTFOUND, ERR_REFUSED. */
int node_transfer(struct node *node, uint32_t to, struct err *err);

/* The connection to an agent is gone: what was sent is sent again when it is back. */
void node_unreachable(struct node *node, const char *name);

/* Those in force; until the next hook is called. */
const struct members *node_members(const struct node *node);
bool node_knows_members(const struct node *node); /* they are known as committed */

/* The agent behind a number: who spoke under it last, else by those in force; "": nobody. */
const char *node_name_of(const struct node *node, uint32_t id);

void node_confirm(struct node *node, struct node_confirmation *confirmation,
                  node_confirmation_cb cb);

/* As in node_status(). */
bool node_caught_up(const struct node *node);

void node_status(const struct node *node, struct node_status *status);

/* Other timings from now on; they must fit each other as at the start. */
void node_set_timings(struct node *node, uint32_t heartbeat_ms, uint32_t election_min_ms,
                      uint32_t election_max_ms);

/* Takes no part any more: no vote, no message, nothing applied; as after fatal(), which isn't
 * called. For a state machine that met what it doesn't understand: may be called from apply(). */
void node_halt(struct node *node);

/* Leader or not: leads no more, and doesn't campaign for an election timeout. */
void node_step_down(struct node *node);

#endif
