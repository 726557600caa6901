#include <assert.h>
#include <stdlib.h>

#include "daemon/node/node_internal.h"

enum { NODE_SNAPSHOT_AGAIN_MS = 1000 };

/* A write on its way, and the event that it becomes. */
struct node_write {
    struct disk_request request;
    struct node *node;
    struct raft_event event;
    struct raft_snapshot snapshot; /* taken: what the event points at */
};

/* It is tried again after a time, not after some entries: once the log is full there are none. */
static void try_again_later(struct node *node)
{
    node->snapshot_again_ms = node->raft.now_ms + NODE_SNAPSHOT_AGAIN_MS;
}

/* A snapshot of our own that found no space; there will be another. */
static bool may_fail(const struct node_write *write, int result)
{
    return result == ERR_FULL && write->event.type == RAFT_SNAPSHOT_TAKEN;
}

static void on_written(struct disk_request *request, int result)
{
    struct node_write *write = request->context;
    struct node *node = write->node;

    node->writes--;
    if (result != 0 && node_is_live(node) && !may_fail(write, result)) {
        struct err err;

        err_set(&err, result, "%s", disk_failure(node->config.disk));
        node_stop(node, &err);
    }
    if (write->event.type == RAFT_SNAPSHOT_TAKEN) {
        node->taking = false;
        if (result != 0) {
            try_again_later(node);
        }
    }
    if (result == 0 && node_is_live(node)) {
        node_step(node, write->event);
    }
    raft_blob_release(write->snapshot.blob);
    free(write);
    node_end_if_done(node);
}

/* NULL without memory, and once the node has stopped: entries of a term whose vote wasn't written
 * would make a store that nobody opens. */
static struct node_write *write_new(struct node *node, enum raft_event_type type)
{
    struct node_write *write = node->stopped ? NULL : calloc(1, sizeof(*write));

    if (write == NULL) {
        return NULL;
    }
    write->node = node;
    write->request.context = write;
    write->event.type = type;
    node->writes++;
    return write;
}

/* One that must not be lost: the node is stopped without memory for it. */
static struct node_write *write_needed(struct node *node, enum raft_event_type type)
{
    struct node_write *write = write_new(node, type);
    struct err err;

    if (write == NULL && !node->stopped) {
        err_set(&err, ERR_NOMEM, "no memory for a write to the log");
        node_stop(node, &err);
    }
    return write;
}

void node_write_vote(struct node *node, uint64_t term, uint32_t vote)
{
    struct node_write *write = write_needed(node, RAFT_META_PERSISTED);

    if (write != NULL) {
        write->event.meta.term = term;
        write->event.meta.vote = vote;
        disk_write_vote(node->config.disk, &write->request, term, vote, on_written);
    }
}

void node_write_entries(struct node *node, uint64_t first, uint64_t count)
{
    struct node_write *write = write_needed(node, RAFT_PERSISTED);

    if (write == NULL) {
        return;
    }
    disk_append_begin(&write->request);
    for (uint64_t i = 0; i < count; i++) {
        disk_append_add(&write->request, raft_entry(&node->raft, first + i));
    }
    write->event.persisted.index = first + count - 1;
    write->event.persisted.term = raft_entry(&node->raft, first + count - 1)->term;
    disk_append_submit(node->config.disk, &write->request, on_written);
}

void node_write_installed(struct node *node, const struct raft_snapshot *snapshot)
{
    struct node_write *write = write_needed(node, RAFT_SNAPSHOT_INSTALLED);

    if (write != NULL) {
        write->event.persisted.index = snapshot->index;
        write->event.persisted.term = snapshot->term;
        disk_write_snapshot(node->config.disk, &write->request, snapshot, 0, on_written);
    }
}

/* ---- snapshots of our own --------------------------------------------------------- */

static bool is_crowded(const struct node *node)
{
    return disk_crowded(node->config.disk) || raft_crowded(&node->raft);
}

static bool wants_snapshot(const struct node *node)
{
    const struct raft *raft = &node->raft;

    return node_is_live(node) && !node->taking && !raft_installing(raft) &&
           raft->now_ms >= node->snapshot_again_ms &&
           raft->applied >=
               raft->snapshot.index + (is_crowded(node) ? 1 : node->config.snapshot_every);
}

static uint64_t keep_from(const struct node *node, uint64_t index)
{
    uint64_t trailing = is_crowded(node) ? 0 : node->config.trailing;

    return index > trailing ? index - trailing + 1 : 1;
}

/* While a state is too large, or the disk full, the log grows, and in the end proposals are
 * refused. */
void node_write_snapshot(struct node *node)
{
    struct raft *raft = &node->raft;
    struct node_write *write;
    struct buf state;

    if (!wants_snapshot(node)) {
        return;
    }
    buf_init(&state, LIMIT_SNAPSHOT_BYTES);
    node->config.hooks.snapshot_take(node->config.context, &state);
    write = buf_ok(&state) ? write_new(node, RAFT_SNAPSHOT_TAKEN) : NULL;
    if (write == NULL) {
        try_again_later(node);
        goto out;
    }
    write->snapshot = (struct raft_snapshot){
        .index = raft->applied,
        .term = raft_entry(raft, raft->applied)->term,
        .blob = raft_blob_new(state.data, state.length),
    };
    raft_members_at(raft, raft->applied, &write->snapshot.members);
    write->event.snapshot = &write->snapshot;
    if (write->snapshot.blob == NULL) {
        try_again_later(node);
        node->writes--;
        free(write);
        goto out;
    }
    node->taking = true;
    disk_write_snapshot(node->config.disk, &write->request, &write->snapshot,
                        keep_from(node, raft->applied), on_written);
out:
    buf_finish(&state);
}
