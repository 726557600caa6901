/* The happy path: everything that happens becomes a raft_event; node_step() hands it to
 * the core and carry_out() does what the update says: writes to the disk's queue,
 * messages to the transport, committed entries to the state machine, answers to
 * callers. A finished write is the next event.
 *
 * Calls of callers only queue; the idle handle `turn` runs once in the same or the next
 * turn of the loop, before it would block, and makes of all that was queued one step
 * each. So no callback runs inside the call that asked for it, and a burst of
 * proposals is one write and one message to each peer.
 *
 * A failed write, or a log that contradicts the cluster's, ends in node_stop(): the hook
 * fatal() is called once, and from then on nothing is stepped, sent or applied. */
#include "daemon/node/node_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/io/clock.h"

enum {
    NODE_SNAPSHOT_EVERY = 4096,
    NODE_TRAILING = 1024,
    NODE_NOTICE_MS = 1,             /* a guard hears of what is committed so much later, at most */
    NODE_BATCH_BYTES = 1024 * 1024, /* proposals of one step */
};

static void on_turn(uv_idle_t *idle);

void node_want_turn(struct node *node)
{
    if (!node->closing) {
        uv_idle_start(&node->turn, on_turn);
    }
}

void node_stop(struct node *node, const struct err *err)
{
    if (!node->stopped) {
        node->stopped = true;
        node_want_turn(node); /* where everybody is told */
        node->config.hooks.fatal(node->config.context, err);
    }
}

void node_end_if_done(struct node *node)
{
    void (*cb)(void *context) = node->closed_cb;
    void *context = node->closed_context;

    if (!node->closing || node->handles > 0 || node->writes > 0) {
        return;
    }
    raft_finish(&node->raft);
    buf_finish(&node->out);
    free(node);
    cb(context);
}

/* ---- steps --------------------------------------------------------------------------- */

static void send_messages(struct node *node)
{
    const struct node_hooks *hooks = &node->config.hooks;

    for (uint32_t i = 0; i < node->update.message_count; i++) {
        const struct raft_message *message = &node->update.messages[i];
        const char *to = speakers_receiver(&node->speakers, &node->raft, message);

        buf_reset(&node->out);
        wire_encode(&node->out, message);
        if (to[0] != '\0' && buf_ok(&node->out)) { /* else it is lost, as messages may be */
            hooks->send(node->config.context, to, node->out.data, node->out.length);
        }
    }
}

static void restore(struct node *node, const struct raft_snapshot *snapshot)
{
    struct err err = {0};
    int rv = node->config.hooks.snapshot_restore(node->config.context, snapshot->blob->bytes,
                                                 snapshot->blob->length, &err);

    if (rv != 0) {
        err_wrap(&err, "the snapshot at entry %llu can't be used",
                 (unsigned long long)snapshot->index);
        node_stop(node, &err);
    }
}

static void apply(struct node *node)
{
    uint64_t first = node->update.apply_first;
    uint64_t count = node->update.apply_count;

    for (uint64_t i = 0; i < count && node_is_live(node); i++) {
        const struct raft_entry *entry = raft_entry(&node->raft, first + i);

        assert(entry != NULL);
        if (entry->kind == RAFT_COMMAND) {
            node->config.hooks.apply(node->config.context, entry->index, entry->term,
                                     raft_entry_bytes(entry), raft_entry_length(entry));
        }
        requests_applied(&node->requests, entry->index, entry->term);
    }
    if (count > 0 && node_is_live(node) && node->config.hooks.applied != NULL) {
        node->config.hooks.applied(node->config.context);
    }
}

static void answer_rounds(struct node *node)
{
    if (node->update.round_confirmed != 0 && raft_ready(&node->raft)) {
        requests_round_confirmed(&node->requests, node->update.round_confirmed, node->raft.term);
    }
}

static void follow_leadership(struct node *node)
{
    uint64_t leads = node->raft.role == RAFT_LEADER ? node->raft.term : 0;

    if (leads != node->led_term) {
        node->led_term = leads;
        requests_lost(&node->requests);
    }
}

static void carry_out(struct node *node)
{
    struct raft_update *update = &node->update;

    if (update->write_meta) {
        node_write_vote(node, update->term, update->vote);
    }
    if (update->write_count > 0) {
        node_write_entries(node, update->write_first, update->write_count);
    }
    if (update->install != NULL) {
        node_write_installed(node, update->install);
    }
    if (node->stopped) {
        return;
    }
    if (update->round_sent != 0) { /* first: what is asked for from here on comes after it */
        requests_round_sent(&node->requests, update->round_sent);
    }
    send_messages(node);
    if (update->restore != NULL) {
        restore(node, update->restore);
    }
    apply(node);
    follow_leadership(node);
    answer_rounds(node);
    node_write_snapshot(node);
    if (update->members_changed && node_is_live(node) &&
        node->config.hooks.members_changed != NULL) {
        node->config.hooks.members_changed(node->config.context);
    }
    if (update->role_changed && node_is_live(node)) {
        node->config.hooks.role_changed(node->config.context);
    }
}

static void on_timer(uv_timer_t *timer);

static void arm(struct node *node)
{
    uint64_t deadline_ms = raft_deadline(&node->raft);
    uint64_t now_ms = node->raft.now_ms;

    if (node->closing || node->stopped || node->timer_ms == deadline_ms) {
        return;
    }
    node->timer_ms = deadline_ms > 0 ? deadline_ms : 1;
    uv_timer_start(&node->timer, on_timer, deadline_ms > now_ms ? deadline_ms - now_ms : 0, 0);
}

void node_step(struct node *node, struct raft_event event)
{
    assert(!node->stepping && node_is_live(node));
    node->stepping = true;
    event.now_ms = clock_now_ms();
    raft_step(&node->raft, &event, &node->update);
    if (node->update.result == ERR_CORRUPT) {
        struct err err;

        err_set(&err, ERR_CORRUPT, "the log of this agent contradicts what the cluster committed");
        node_stop(node, &err);
    } else {
        carry_out(node);
    }
    node->stepping = false;
    arm(node);
}

static void on_timer(uv_timer_t *timer)
{
    struct node *node = container_of(timer, struct node, timer);

    node->timer_ms = 0;
    if (node_is_live(node)) {
        node_step(node, (struct raft_event){.type = RAFT_TICK});
    }
}

/* ---- turns ------------------------------------------------------------------------------ */

/* The callbacks of node_step() come after the proposals were placed, so that they find
 * their index; hence the placing happens here, between core and carry_out(). What was refused and
 * is asked for again meanwhile waits for the next turn: the loop has other work. */
static void propose_queued(struct node *node)
{
    struct raft_blob *blobs[LIMIT_APPEND_ENTRIES];
    uint32_t left = requests_queued(&node->requests);
    uint32_t count;

    while (node_is_live(node) &&
           (count = requests_next(&node->requests, blobs, left, NODE_BATCH_BYTES)) > 0) {
        struct raft_event event = {.type = RAFT_PROPOSE,
                                   .now_ms = clock_now_ms(),
                                   .propose = {.blobs = blobs, .count = count}};

        left -= count;
        if (disk_busy(node->config.disk)) {
            requests_placed(&node->requests, count, ERR_BUSY, 0, 0);
            continue;
        }
        node->stepping = true;
        raft_step(&node->raft, &event, &node->update);
        requests_placed(&node->requests, count, node->update.result, node->update.proposed_first,
                        node->raft.term);
        carry_out(node);
        node->stepping = false;
    }
}

static void change_members(struct node *node)
{
    uint32_t left = requests_changes(&node->requests);
    struct node_proposal *proposal;

    while (node_is_live(node) && left > 0 &&
           (proposal = requests_next_change(&node->requests)) != NULL) {
        struct raft_event event = {
            .type = RAFT_CHANGE, .now_ms = clock_now_ms(), .change = &proposal->change};

        left--;
        node->stepping = true;
        raft_step(&node->raft, &event, &node->update);
        requests_change_placed(&node->requests, node->update.result, node->update.proposed_first,
                               node->raft.term);
        carry_out(node);
        node->stepping = false;
    }
}

static void on_turn(uv_idle_t *idle)
{
    struct node *node = container_of(idle, struct node, turn);

    uv_idle_stop(idle);
    if (node->stopped) {
        requests_end(&node->requests, ERR_CLOSED);
        return;
    }
    if (node->wants_step_down) {
        node->wants_step_down = false;
        node_step(node, (struct raft_event){.type = RAFT_STEP_DOWN});
    }
    requests_refuse(&node->requests, node->raft.role == RAFT_LEADER && !node->stopped);
    propose_queued(node);
    change_members(node);
    if (node->wants_transfer && node_is_live(node)) {
        node->wants_transfer = false;
        node_step(node, (struct raft_event){.type = RAFT_TRANSFER, .target = node->transfer_to});
    }
    if (node_is_live(node) && !list_empty(&node->requests.asked)) {
        node_step(node, (struct raft_event){.type = RAFT_ROUND});
    }
    if (!node->closing) {
        arm(node);
    }
}

/* ---- life --------------------------------------------------------------------------------------
 */

static int core_start(struct node *node, const struct disk_recovered *recovered, struct err *err)
{
    const struct node_config *config = &node->config;
    struct raft_config core = {
        .id = config->id,
        .store = config->store,
        .members = config->members,
        .heartbeat_ms = config->heartbeat_ms,
        .election_min_ms = config->election_min_ms,
        .election_max_ms = config->election_max_ms,
        .notice_ms = NODE_NOTICE_MS,
        .trailing_entries = config->trailing,
        .seed = config->seed,
    };
    struct raft_stored stored = {
        .term = recovered->term,
        .vote = recovered->vote,
        .snapshot = recovered->snapshot,
        .entries = recovered->entries,
        .entry_count = recovered->entry_count,
    };
    int rv = raft_init(&node->raft, &core, &stored, clock_now_ms(), err);

    if (rv == 0 && recovered->snapshot.index > 0) {
        rv = config->hooks.snapshot_restore(config->context, recovered->snapshot.blob->bytes,
                                            recovered->snapshot.blob->length, err);
        if (rv != 0) {
            raft_finish(&node->raft);
        }
    }
    return rv;
}

int node_start(struct node **out, const struct node_config *config,
               const struct disk_recovered *recovered, struct err *err)
{
    struct node *node = calloc(1, sizeof(*node));
    int rv;

    *out = NULL;
    if (node == NULL) {
        return err_set(err, ERR_NOMEM, "no memory for the node");
    }
    node->config = *config;
    if (node->config.snapshot_every == 0) {
        node->config.snapshot_every = NODE_SNAPSHOT_EVERY;
    }
    if (node->config.trailing == 0) {
        node->config.trailing = NODE_TRAILING;
    }
    requests_init(&node->requests);
    buf_init(&node->out, LIMIT_MESSAGE_BYTES);
    rv = core_start(node, recovered, err);
    if (rv != 0) {
        buf_finish(&node->out);
        free(node);
        return rv;
    }
    uv_timer_init(config->loop, &node->timer);
    uv_idle_init(config->loop, &node->turn);
    node->handles = 2;
    arm(node);
    *out = node;
    return 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct node *node = container_of((uv_timer_t *)handle, struct node, timer);

    node->handles--;
    node_end_if_done(node);
}

static void on_turn_closed(uv_handle_t *handle)
{
    struct node *node = container_of((uv_idle_t *)handle, struct node, turn);

    node->handles--;
    node_end_if_done(node);
}

void node_close(struct node *node, void (*cb)(void *context), void *context)
{
    assert(!node->closing && cb != NULL);
    node->closing = true;
    node->closed_cb = cb;
    node->closed_context = context;
    requests_end(&node->requests, ERR_CLOSED);
    uv_close((uv_handle_t *)&node->timer, on_timer_closed);
    uv_close((uv_handle_t *)&node->turn, on_turn_closed);
}
