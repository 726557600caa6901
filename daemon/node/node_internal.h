/* node_internal: what node.c (steps, turns, life), node_call.c (what others ask) and
 * node_write.c (what goes to the disk and comes back) share. */
#ifndef DAEMON_NODE_NODE_INTERNAL_H
#define DAEMON_NODE_NODE_INTERNAL_H

#include "daemon/node/node.h"
#include "daemon/node/requests.h"
#include "daemon/node/speakers.h"
#include "daemon/node/wire.h"

struct node {
    struct node_config config;
    struct raft raft;
    struct raft_update update;
    struct requests requests;
    struct speakers speakers;
    struct wire_message received;
    struct buf out;

    uv_timer_t timer;
    uv_idle_t turn;
    uint64_t timer_ms; /* when it fires; 0: it isn't armed */

    uint64_t led_term;          /* the term that we lead or led last; 0: none now */
    uint64_t snapshot_again_ms; /* one failed: not before */
    bool taking;                /* it is being written */
    bool stepping;              /* inside step() */
    bool wants_step_down;
    bool wants_transfer;
    uint32_t transfer_to;
    bool stopped; /* for good */

    uint32_t writes; /* on their way */
    uint32_t handles;
    bool closing;
    void (*closed_cb)(void *context);
    void *closed_context;
};

/* Not closing, and nothing failed for good. */
static inline bool node_is_live(const struct node *node)
{
    return !node->stopped && !node->closing;
}

void node_step(struct node *node, struct raft_event event);

/* What is queued is done at the end of this turn of the loop. */
void node_want_turn(struct node *node);

/* Calls fatal(), once; nothing is stepped, sent or applied any more. */
void node_stop(struct node *node, const struct err *err);

/* Frees a closing node that nothing refers to any more. */
void node_end_if_done(struct node *node);

/* The three writes that an update may ask for; each becomes an event when done. */
void node_write_vote(struct node *node, uint64_t term, uint32_t vote);
void node_write_entries(struct node *node, uint64_t first, uint64_t count);
void node_write_installed(struct node *node, const struct raft_snapshot *snapshot);

/* Takes and writes a snapshot if it is time. */
void node_write_snapshot(struct node *node);

#endif
