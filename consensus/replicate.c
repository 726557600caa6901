#include "consensus/replicate.h"

#include <assert.h>

#include "consensus/core.h"
#include "consensus/election.h"
#include "consensus/membership.h"
#include "consensus/transfer.h"

/* How many of the longest election time-outs a peer may take to install a snapshot, a majority to
 * store something, our own disk to store anything. */
enum { SNAPSHOT_PATIENCE = 10, COMMIT_PATIENCE = 10, DISK_PATIENCE = 2 };

void replicate_start(struct raft *raft, struct raft_update *update)
{
    uint64_t last = raft->trail.last_index;

    assert(raft->role == RAFT_LEADER);
    for (uint32_t i = 0; i < raft->members.count; i++) {
        progress_init(&raft->peers[i], last, raft->now_ms);
    }
    round_reset(&raft->round);
    raft->moved_ms = raft->now_ms;
    core_append(raft,
                &(struct raft_entry){.index = last + 1, .term = raft->term, .kind = RAFT_NOOP});
    raft->term_start = last + 1;
    replicate_round(raft, update);
}

void replicate_round(struct raft *raft, struct raft_update *update)
{
    assert(raft->role == RAFT_LEADER);
    update->round_sent = round_send(&raft->round, raft->self);
    raft->heartbeat_due_ms = raft->now_ms + raft->config.heartbeat_ms;
    for (uint32_t i = 0; i < raft->members.count; i++) {
        uint64_t match = raft->peers[i].match;
        struct raft_message message = {
            .type = RAFT_HEARTBEAT,
            .term = raft->term,
            .heartbeat = {.round = update->round_sent,
                          .match = match,
                          .commit = raft->commit < match ? raft->commit : match,
                          .leader_commit = raft->commit},
        };

        if ((int)i != raft->self) {
            core_send(raft, update, raft->members.list[i].id, &message);
        }
    }
}

/* The latest moment since which a majority was heard from, ourselves included. */
static uint64_t majority_heard_ms(const struct raft *raft)
{
    uint64_t heard[LIMIT_AGENTS] = {0};

    for (uint32_t i = 0; i < raft->members.count; i++) {
        heard[i] = (int)i == raft->self ? raft->now_ms : raft->peers[i].heard_ms;
    }
    return members_reached(&raft->members, heard);
}

static bool is_cut_off(const struct raft *raft)
{
    return raft->now_ms - majority_heard_ms(raft) >= raft->config.election_max_ms;
}

static bool is_stalled(const struct raft *raft)
{
    return raft->durable < raft->trail.last_index &&
           raft->now_ms - raft->written_ms >= DISK_PATIENCE * raft->config.election_max_ms;
}

/* A sixteenth of the log stays free for the first entries of later terms. */
static bool has_room(const struct raft *raft, uint32_t count)
{
    return trail_room(&raft->trail) >= count + raft->trail.capacity / 16;
}

/* A majority hears us and doesn't store what we send: its disks are in trouble, or our way to those
 * whose disks are well. Or everything is stored, and no snapshot makes room for more, since our own
 * disk stands still. A voter that has everything may do better, and if it doesn't, nothing is
 * worse: a transfer takes no longer than a vote. */
static void hand_over_if_stuck(struct raft *raft, struct raft_update *update)
{
    uint64_t last = raft->trail.last_index;

    if ((raft->commit == last && has_room(raft, 1)) ||
        raft->now_ms - raft->moved_ms < COMMIT_PATIENCE * raft->config.election_max_ms) {
        return;
    }
    raft->moved_ms = raft->now_ms; /* another such time before the next attempt, at the next one */
    raft->offers++;
    for (uint32_t i = 0; i < raft->members.count; i++) {
        uint32_t at = (raft->offers + i) % raft->members.count;
        const struct progress *peer = &raft->peers[at];
        bool heard = raft->now_ms - peer->heard_ms < raft->config.election_min_ms;

        if ((int)at != raft->self && raft->members.list[at].kind == MEMBER_VOTER && heard &&
            peer->match == last) {
            transfer_begin(raft, update, raft->members.list[at].id);
            return;
        }
    }
}

void replicate_tick(struct raft *raft, struct raft_update *update)
{
    if (raft->role != RAFT_LEADER || raft->now_ms < raft->heartbeat_due_ms) {
        return;
    }
    if (is_cut_off(raft) || is_stalled(raft)) {
        election_end(raft, update, is_cut_off(raft) ? RAFT_END_CUT_OFF : RAFT_END_DISK);
    } else {
        hand_over_if_stuck(raft, update);
        replicate_round(raft, update);
    }
}

int replicate_propose(struct raft *raft, struct raft_update *update, struct raft_blob *const *blobs,
                      uint32_t count)
{
    struct trail *trail = &raft->trail;
    uint64_t weight = trail_weight(trail, raft->commit, trail->last_index);

    assert(raft->role == RAFT_LEADER);
    assert(count > 0 && count <= LIMIT_APPEND_ENTRIES);
    for (uint32_t i = 0; i < count; i++) {
        assert(blobs[i]->length <= LIMIT_COMMAND_BYTES);
        weight += blobs[i]->length + TRAIL_ENTRY_WEIGHT;
    }
    /* Five eighths may be uncommitted: the rest is for what a follower keeps since its last
     * snapshot, which may be older than ours. Else the longest log can be a full one, and a full
     * one can't campaign. */
    if (weight > LIMIT_UNCOMMITTED_BYTES || !has_room(raft, count) ||
        trail->last_index - raft->commit + count > trail->capacity / 8 * 5 ||
        raft->transfer_to != 0) {
        return ERR_BUSY;
    }
    update->proposed_first = trail->last_index + 1;
    for (uint32_t i = 0; i < count; i++) {
        core_append(raft, &(struct raft_entry){.index = trail->last_index + 1,
                                               .term = raft->term,
                                               .kind = RAFT_COMMAND,
                                               .blob = blobs[i]});
    }
    return 0;
}

/* It doesn't know what is committed, and no entries are left to tell it with. */
static bool awaits_notice(const struct raft *raft, const struct progress *peer)
{
    return peer->mode == PROGRESS_PIPELINE && peer->next > raft->trail.last_index &&
           peer->commit_told < raft->commit;
}

static bool owes_notice(const struct raft *raft)
{
    for (uint32_t i = 0; i < raft->members.count; i++) {
        if ((int)i != raft->self && awaits_notice(raft, &raft->peers[i])) {
            return true;
        }
    }
    return false;
}

/* A change of the members is told at once: it may be the last that this leader tells. Who awaits
 * an earlier commit's notice already waits no longer for this one. */
static void commit(struct raft *raft, uint64_t index)
{
    if (raft->members_index > raft->commit && raft->members_index <= index) {
        raft->notice_due_ms = raft->now_ms;
    } else if (!owes_notice(raft)) {
        raft->notice_due_ms = raft->now_ms + raft->config.notice_ms;
    }
    core_commit(raft, index);
}

uint64_t replicate_deadline(const struct raft *raft)
{
    assert(raft->role == RAFT_LEADER);
    return raft->notice_due_ms < raft->heartbeat_due_ms && owes_notice(raft)
               ? raft->notice_due_ms
               : raft->heartbeat_due_ms;
}

/* Only entries of our own term are committed by counting (paper, 5.4.2); our own
 * copy counts as far as it is durable. */
static void advance_commit(struct raft *raft)
{
    uint64_t matches[LIMIT_AGENTS] = {0};
    uint64_t reached;

    for (uint32_t i = 0; i < raft->members.count; i++) {
        matches[i] = (int)i == raft->self ? raft->durable : raft->peers[i].match;
    }
    reached = members_reached(&raft->members, matches);
    if (reached > raft->commit && trail_matches(&raft->trail, reached, raft->term)) {
        commit(raft, reached);
    }
}

static void send_snapshot(struct raft *raft, struct raft_update *update, uint32_t position)
{
    struct raft_message message = {
        .type = RAFT_SNAPSHOT, .term = raft->term, .snapshot = &raft->snapshot};

    assert(raft->snapshot.index >= raft->trail.base_index);
    core_send(raft, update, raft->members.list[position].id, &message);
    progress_snapshot(&raft->peers[position], raft->snapshot.index, raft->now_ms);
}

static void send_append(struct raft *raft, struct raft_update *update, uint32_t position)
{
    struct progress *peer = &raft->peers[position];
    struct raft_message message = {
        .type = RAFT_APPEND,
        .term = raft->term,
        .append = {.previous_index = peer->next - 1, .commit = raft->commit},
    };

    if (!trail_term(&raft->trail, peer->next - 1, &message.append.previous_term)) {
        send_snapshot(raft, update, position);
        return;
    }
    if (peer->next <= raft->trail.last_index) {
        message.append.entries = trail_run(&raft->trail, peer->next, LIMIT_APPEND_ENTRIES,
                                           LIMIT_APPEND_BYTES, &message.append.count);
    }
    core_send(raft, update, raft->members.list[position].id, &message);
    peer->commit_told = raft->commit;
    peer->probe_round = raft->round.sent;
    progress_sent(peer, peer->next - 1 + message.append.count);
}

static bool takes_append(const struct raft *raft, const struct progress *peer)
{
    bool has_more = peer->next <= raft->trail.last_index;

    switch (peer->mode) {
    case PROGRESS_SNAPSHOT:
        return false;
    case PROGRESS_PROBE:
        return !peer->paused && (has_more || peer->wanted);
    case PROGRESS_PIPELINE:
        if (has_more) {
            return trail_weight(&raft->trail, peer->match, peer->next - 1) < LIMIT_INFLIGHT_BYTES;
        }
        return awaits_notice(raft, peer) && raft->now_ms >= raft->notice_due_ms;
    }
    return false;
}

static void feed(struct raft *raft, struct raft_update *update)
{
    for (uint32_t i = 0; i < raft->members.count; i++) {
        if ((int)i == raft->self) {
            continue;
        }
        for (int sent = 0; sent < RAFT_APPENDS_PER_STEP && takes_append(raft, &raft->peers[i]);
             sent++) {
            send_append(raft, update, i);
        }
    }
}

/* A list that the leader appends may change what is committed, and must be sent. */
void replicate_settle(struct raft *raft, struct raft_update *update)
{
    uint64_t last = raft->trail.last_index;

    assert(raft->role == RAFT_LEADER);
    advance_commit(raft);
    feed(raft, update);
    transfer_settle(raft, update);
    membership_settle(raft, update);
    if (raft->trail.last_index != last) {
        feed(raft, update);
    }
    assert(raft->role != RAFT_LEADER || raft->notice_due_ms > raft->now_ms || !owes_notice(raft));
}

void replicate_unreachable(struct raft *raft, uint32_t id)
{
    int position = members_position(&raft->members, id);

    if (position >= 0 && position != raft->self && raft->peers[position].mode != PROGRESS_PROBE) {
        progress_probe(&raft->peers[position], raft->now_ms);
        raft->peers[position].paused = true; /* the next heartbeat's answer shows that it is back */
        raft->peers[position].probe_round = 0;
    }
}

/* NULL if the sender isn't a member. */
static struct progress *peer_of(struct raft *raft, const struct raft_message *message)
{
    int position = members_position(&raft->members, message->from);

    assert(position < 0 || position != raft->self);
    return position >= 0 ? &raft->peers[position] : NULL;
}

void replicate_recv_append_answer(struct raft *raft, struct raft_update *update,
                                  const struct raft_message *message)
{
    struct progress *peer = peer_of(raft, message);
    uint64_t hint;

    (void)update;
    if (raft->role != RAFT_LEADER || message->term != raft->term || peer == NULL) {
        return;
    }
    if (message->append_answer.index > raft->trail.last_index) {
        raft->dropped++;
        return;
    }
    peer->heard_ms = raft->now_ms;
    if (message->append_answer.accepted) {
        progress_accepted(peer, message->append_answer.index, raft->trail.base_index, raft->now_ms);
        return;
    }
    hint = trail_hint(&raft->trail, message->append_answer.hint_index,
                      message->append_answer.hint_term);
    if (message->append_answer.hint_index < raft->trail.base_index) {
        hint = message->append_answer.hint_index;
    }
    progress_rejected(peer, message->append_answer.index, hint, raft->now_ms);
}

/* Heartbeats are answered at once, appends when durable; so an answer while
 * appends are out and nothing moved for two beats means that they were lost. */
void replicate_recv_heartbeat_answer(struct raft *raft, struct raft_update *update,
                                     const struct raft_message *message)
{
    struct progress *peer = peer_of(raft, message);
    uint64_t still_ms;

    (void)update;
    if (raft->role != RAFT_LEADER || message->term != raft->term || peer == NULL) {
        return;
    }
    still_ms = raft->now_ms - peer->moved_ms;
    if (!round_answer(&raft->round, members_position(&raft->members, message->from),
                      message->heartbeat_answer.round)) {
        raft->dropped++;
        return;
    }
    peer->heard_ms = raft->now_ms;
    peer->store = message->from_store;
    if (message->heartbeat_answer.lost) {
        progress_lost(peer, raft->now_ms);
        return;
    }
    switch (peer->mode) {
    case PROGRESS_PROBE:
        /* A round from before the append tells nothing of it, and after a pause of the peer's
         * many of them are answered at once. */
        if (!peer->paused || message->heartbeat_answer.round > peer->probe_round) {
            peer->paused = false;
            peer->wanted = true;
        }
        break;
    case PROGRESS_PIPELINE:
        if (peer->match + 1 < peer->next && still_ms >= 2 * raft->config.heartbeat_ms) {
            progress_probe(peer, raft->now_ms);
        }
        break;
    case PROGRESS_SNAPSHOT:
        if (still_ms >= SNAPSHOT_PATIENCE * raft->config.election_max_ms) {
            progress_probe(peer, raft->now_ms);
        }
        break;
    }
}
