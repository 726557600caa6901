#include "consensus/raft.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "consensus/core.h"
#include "consensus/election.h"
#include "consensus/membership.h"
#include "consensus/recv.h"
#include "consensus/replicate.h"
#include "consensus/transfer.h"

const char *raft_role_name(enum raft_role role)
{
    static const char *const names[] = {
#define X(name, text) [name] = text,
        RAFT_ROLE_MAP(X)
#undef X
    };

    assert(role <= RAFT_LEADER);
    return names[role];
}

const char *raft_end_text(enum raft_end end)
{
    static const char *const texts[] = {
#define X(name, text) [name] = text,
        RAFT_END_MAP(X)
#undef X
    };

    assert(end <= RAFT_END_REMOVED);
    return texts[end];
}

/* ---- what the units share ------------------------------------------------- */

void core_send(struct raft *raft, struct raft_update *update, uint32_t to,
               const struct raft_message *message)
{
    struct raft_message *slot = &update->messages[update->message_count];
    const struct member *receiver = members_find(&raft->members, to);
    bool knows = raft_message_sort(message->type) == RAFT_LEADS || raft_knows_members(raft);

    assert(update->message_count < RAFT_MESSAGES_MAX);
    assert(to != 0 && to != raft->config.id);
    assert(raft->meta_durable);
    assert(message->type != RAFT_APPEND_ANSWER || !message->append_answer.accepted ||
           message->append_answer.index <= raft->durable);
    assert(message->type != RAFT_VOTE || raft->vote == raft->config.id);
    assert(message->type != RAFT_VOTE_ANSWER || !message->vote_answer.granted || raft->vote == to);
    *slot = *message;
    slot->from = raft->config.id;
    slot->from_store = raft->config.store;
    slot->to = to;
    slot->to_store = receiver != NULL && knows ? receiver->store : 0;
    update->message_count++;
}

void core_append(struct raft *raft, const struct raft_entry *entry)
{
    if (raft->durable == raft->trail.last_index) {
        raft->written_ms = raft->now_ms;
    }
    if (raft->commit == raft->trail.last_index) {
        raft->moved_ms = raft->now_ms;
    }
    trail_append(&raft->trail, entry);
    if (raft->unwritten == 0 || entry->index < raft->unwritten) {
        raft->unwritten = entry->index;
    }
    if (entry->kind == RAFT_CONFIG && membership_appended(raft, entry) != 0) {
        raft->fault = ERR_CORRUPT;
    }
}

void core_cut(struct raft *raft, uint64_t first)
{
    assert(first > raft->commit);
    trail_cut_suffix(&raft->trail, first);
    if (raft->durable >= first) {
        raft->durable = first - 1;
    }
    membership_cut(raft, first);
}

void core_commit(struct raft *raft, uint64_t index)
{
    if (index > raft->commit) {
        assert(index <= raft->trail.last_index);
        raft->commit = index;
        raft->moved_ms = raft->now_ms;
    }
}

/* ---- life ------------------------------------------------------------------ */

static int restore_log(struct raft *raft, const struct raft_stored *stored, struct err *err)
{
    trail_reset(&raft->trail, stored->snapshot.index, stored->snapshot.term);
    for (size_t i = 0; i < stored->entry_count; i++) {
        const struct raft_entry *entry = &stored->entries[i];

        if (entry->index != raft->trail.last_index + 1 ||
            entry->term < trail_last_term(&raft->trail) || entry->term > stored->term) {
            return err_set(err, ERR_CORRUPT,
                           "log entry %llu of term %llu doesn't follow entry %llu in term %llu",
                           (unsigned long long)entry->index, (unsigned long long)entry->term,
                           (unsigned long long)raft->trail.last_index,
                           (unsigned long long)stored->term);
        }
        if (trail_room(&raft->trail) == 0) {
            return err_set(err, ERR_LIMIT, "the log holds more than %u entries",
                           raft->trail.capacity);
        }
        trail_append(&raft->trail, entry);
        if (entry->kind == RAFT_CONFIG && membership_appended(raft, entry) != 0) {
            return err_set(err, ERR_CORRUPT, "log entry %llu is no list of members",
                           (unsigned long long)entry->index);
        }
    }
    return 0;
}

/* A store that was given a number finds it in the list that it was given it with; that counts
 * more than the number that it began with, which it may have lost since. */
static void find_own_id(struct raft *raft)
{
    for (uint32_t i = 0; i < raft->members.count && raft->config.store != 0; i++) {
        if (raft->members.list[i].store == raft->config.store) {
            raft->config.id = raft->members.list[i].id;
        }
    }
    raft->self = members_position(&raft->members, raft->config.id);
}

int raft_init(struct raft *raft, const struct raft_config *config, const struct raft_stored *stored,
              uint64_t now_ms, struct err *err)
{
    uint32_t capacity = config->log_entries_max != 0 ? config->log_entries_max : LIMIT_LOG_ENTRIES;
    int rv;

    assert(config->id > 0 || config->store != 0);
    assert(config->heartbeat_ms > 0 && config->heartbeat_ms < config->election_min_ms);
    *raft = (struct raft){
        .config = *config,
        .members = stored->snapshot.index > 0 ? stored->snapshot.members : config->members,
        .members_index = stored->snapshot.index,
        .now_ms = now_ms,
        .random = config->seed + config->id * 0x9e3779b97f4a7c15u,
        .term = stored->term,
        .vote = stored->vote,
        .meta_durable = true,
        .snapshot = stored->snapshot,
        .commit = stored->snapshot.index,
        .applied = stored->snapshot.index,
    };
    raft->base_members = raft->members;
    raft->self = members_position(&raft->members, config->id);
    raft_blob_hold(raft->snapshot.blob);
    rv = trail_init(&raft->trail, capacity);
    if (rv != 0) {
        err_set(err, rv, "no memory for a log of %u entries", capacity);
        goto failed;
    }
    rv = restore_log(raft, stored, err);
    if (rv != 0) {
        goto failed;
    }
    if (stored->snapshot.term > stored->term) {
        rv = err_set(err, ERR_CORRUPT, "the snapshot is of a later term than the last vote");
        goto failed;
    }
    find_own_id(raft);
    raft->durable = raft->trail.last_index;
    election_arm(raft);
    /* Nobody else to wait for. */
    if (members_voters(&raft->members) == 1 && members_is_voter(&raft->members, raft->config.id)) {
        raft->election_ms = now_ms;
    }
    return 0;

failed:
    raft_finish(raft);
    return rv;
}

void raft_finish(struct raft *raft)
{
    trail_finish(&raft->trail);
    raft_blob_release(raft->snapshot.blob);
    raft_blob_release(raft->installing.blob);
    raft->snapshot.blob = NULL;
    raft->installing.blob = NULL;
}

/* ---- events ---------------------------------------------------------------- */

static void on_tick(struct raft *raft, const struct raft_event *event, struct raft_update *update)
{
    (void)event;
    replicate_tick(raft, update);
    election_tick(raft, update);
}

static void on_receive(struct raft *raft, const struct raft_event *event,
                       struct raft_update *update)
{
    recv_message(raft, update, event->message);
}

static void on_meta_persisted(struct raft *raft, const struct raft_event *event,
                              struct raft_update *update)
{
    /* An older write that has been followed by another says nothing. */
    if (raft->meta_durable || event->meta.term != raft->term || event->meta.vote != raft->vote) {
        return;
    }
    raft->meta_durable = true;
    election_meta_durable(raft, update);
    recv_persisted(raft, update);
}

static void on_persisted(struct raft *raft, const struct raft_event *event,
                         struct raft_update *update)
{
    if (event->persisted.index <= raft->durable) {
        return;
    }
    /* Since nothing is cut while a write is under way. Were another entry in its place by now, even
     * the same one, replaced and brought back, the disk would still have to follow. */
    assert(trail_matches(&raft->trail, event->persisted.index, event->persisted.term));
    raft->durable = event->persisted.index;
    raft->written_ms = raft->now_ms;
    recv_persisted(raft, update);
}

static void on_snapshot_installed(struct raft *raft, const struct raft_event *event,
                                  struct raft_update *update)
{
    assert(raft->installing.index != 0);
    assert(event->persisted.index == raft->installing.index);
    assert(event->persisted.term == raft->installing.term);
    recv_installed(raft, update);
}

static void on_snapshot_taken(struct raft *raft, const struct raft_event *event,
                              struct raft_update *update)
{
    const struct raft_snapshot *snapshot = event->snapshot;
    uint64_t trailing = raft_crowded(raft) ? 0 : raft->config.trailing_entries;

    (void)update;
    if (snapshot->index <= raft->snapshot.index) {
        return; /* one that was installed meanwhile is newer */
    }
    assert(snapshot->index <= raft->applied);
    assert(trail_matches(&raft->trail, snapshot->index, snapshot->term));
    raft_blob_hold(snapshot->blob);
    raft_blob_release(raft->snapshot.blob);
    raft->snapshot = *snapshot;
    if (snapshot->index > raft->trail.base_index + trailing) {
        membership_compact(raft, snapshot->index - trailing);
        trail_cut_prefix(&raft->trail, snapshot->index - trailing);
    }
}

static void on_propose(struct raft *raft, const struct raft_event *event,
                       struct raft_update *update)
{
    update->result =
        raft->role != RAFT_LEADER
            ? ERR_NOTLEADER
            : replicate_propose(raft, update, event->propose.blobs, event->propose.count);
}

static void on_round(struct raft *raft, const struct raft_event *event, struct raft_update *update)
{
    (void)event;
    if (raft->role == RAFT_LEADER) {
        replicate_round(raft, update);
    } else {
        update->result = ERR_NOTLEADER;
    }
}

static void on_step_down(struct raft *raft, const struct raft_event *event,
                         struct raft_update *update)
{
    (void)event;
    if (raft->role == RAFT_LEADER) {
        election_end(raft, update, RAFT_END_ASKED);
    } else if (raft->role != RAFT_FOLLOWER) {
        election_follow(raft, update, raft->term, 0);
    }
    raft->stays_quiet_ms = raft->now_ms + raft->config.election_max_ms;
}

static void on_change(struct raft *raft, const struct raft_event *event, struct raft_update *update)
{
    update->result =
        raft->role != RAFT_LEADER ? ERR_NOTLEADER : membership_propose(raft, update, event->change);
}

static void on_unreachable(struct raft *raft, const struct raft_event *event,
                           struct raft_update *update)
{
    (void)update;
    if (raft->role == RAFT_LEADER) {
        replicate_unreachable(raft, event->target);
    }
}

static void on_transfer(struct raft *raft, const struct raft_event *event,
                        struct raft_update *update)
{
    update->result =
        raft->role != RAFT_LEADER ? ERR_NOTLEADER : transfer_begin(raft, update, event->target);
}

typedef void event_handler(struct raft *raft, const struct raft_event *event,
                           struct raft_update *update);

static event_handler *const handlers[] = {
    [RAFT_TICK] = on_tick,
    [RAFT_RECEIVE] = on_receive,
    [RAFT_META_PERSISTED] = on_meta_persisted,
    [RAFT_PERSISTED] = on_persisted,
    [RAFT_SNAPSHOT_INSTALLED] = on_snapshot_installed,
    [RAFT_SNAPSHOT_TAKEN] = on_snapshot_taken,
    [RAFT_PROPOSE] = on_propose,
    [RAFT_ROUND] = on_round,
    [RAFT_STEP_DOWN] = on_step_down,
    [RAFT_UNREACHABLE] = on_unreachable,
    [RAFT_CHANGE] = on_change,
    [RAFT_TRANSFER] = on_transfer,
};

/* ---- the end of each step ---------------------------------------------------- */

static void hand_out_writes(struct raft *raft, struct raft_update *update)
{
    if (update->write_meta) {
        assert(!raft->meta_durable);
        update->term = raft->term;
        update->vote = raft->vote;
    }
    if (raft->unwritten != 0) {
        assert(raft->unwritten > raft->durable);
        update->write_first = raft->unwritten;
        update->write_count = raft->trail.last_index - raft->unwritten + 1;
        raft->unwritten = 0;
    }
}

/* Only what is durable here: what was applied is then never lost by a restart. */
static void hand_out_committed(struct raft *raft, struct raft_update *update)
{
    uint64_t last = raft->commit < raft->durable ? raft->commit : raft->durable;

    if (last > raft->applied) {
        update->apply_first = raft->applied + 1;
        update->apply_count = last - raft->applied;
        raft->applied = last;
    }
}

static void check(const struct raft *raft)
{
    assert(raft->snapshot.index <= raft->applied);
    assert(raft->trail.base_index <= raft->snapshot.index);
    assert(raft->applied <= raft->commit && raft->commit <= raft->trail.last_index);
    assert(raft->applied <= raft->durable && raft->durable <= raft->trail.last_index);
    assert(raft->verified <= raft->trail.last_index || raft->role == RAFT_LEADER);
    assert((raft->role == RAFT_LEADER) == (raft->leader != 0 && raft->leader == raft->config.id));
    assert(raft->self == members_position(&raft->members, raft->config.id));
    assert(raft->role != RAFT_PRECANDIDATE || raft->config.id != 0);
    assert(raft->members_index <= raft->trail.last_index);
    assert(raft->role != RAFT_LEADER || (raft->meta_durable && raft->term_start > 0));
    assert(raft->vote == 0 || raft->term > 0);
}

void raft_step(struct raft *raft, const struct raft_event *event, struct raft_update *update)
{
    enum raft_role role = raft->role;
    uint64_t term = raft->term;
    uint32_t leader = raft->leader;
    bool ready = raft_ready(raft);
    uint64_t members_index = raft->members_index;
    uint32_t id = raft->config.id;
    bool disowned = raft->disowned;
    bool removed = raft->removed;

    assert(event->type <= RAFT_TRANSFER);
    assert(event->now_ms >= raft->now_ms);
    memset(update, 0, offsetof(struct raft_update, messages));
    if (raft->fault == 0) {
        raft->now_ms = event->now_ms;
        handlers[event->type](raft, event, update);
    }
    if (raft->fault != 0) {
        memset(update, 0, offsetof(struct raft_update, messages));
        update->result = raft->fault;
        return;
    }
    if (raft->role == RAFT_LEADER) {
        replicate_settle(raft, update);
    }
    if (raft->role == RAFT_LEADER) {
        update->round_confirmed = round_confirmed(&raft->round, &raft->members);
    }
    hand_out_writes(raft, update);
    hand_out_committed(raft, update);
    update->role_changed = role != raft->role || term != raft->term || leader != raft->leader ||
                           ready != raft_ready(raft) || id != raft->config.id ||
                           disowned != raft->disowned || removed != raft->removed;
    update->members_changed = members_index != raft->members_index;
    check(raft);
}

/* ---- questions ----------------------------------------------------------------- */

uint64_t raft_deadline(const struct raft *raft)
{
    return raft->role == RAFT_LEADER ? replicate_deadline(raft) : raft->election_ms;
}

bool raft_caught_up(const struct raft *raft)
{
    if (raft->role == RAFT_LEADER) {
        return raft_ready(raft) && raft->applied == raft->commit;
    }
    return raft->leader != 0 && raft->leader_commit != 0 && raft->applied >= raft->leader_commit;
}

void raft_set_timings(struct raft *raft, uint32_t heartbeat_ms, uint32_t election_min_ms,
                      uint32_t election_max_ms)
{
    assert(heartbeat_ms > 0 && heartbeat_ms < election_min_ms);
    assert(election_min_ms < election_max_ms);
    raft->config.heartbeat_ms = heartbeat_ms;
    raft->config.election_min_ms = election_min_ms;
    raft->config.election_max_ms = election_max_ms;
}

bool raft_ready(const struct raft *raft)
{
    return raft->role == RAFT_LEADER && raft->applied >= raft->term_start;
}

bool raft_knows_members(const struct raft *raft)
{
    return raft->members_index <= raft->commit;
}

bool raft_crowded(const struct raft *raft)
{
    return trail_room(&raft->trail) < raft->trail.capacity / 8;
}

bool raft_installing(const struct raft *raft)
{
    return raft->installing.index != 0;
}

const struct raft_entry *raft_entry(const struct raft *raft, uint64_t index)
{
    return trail_entry(&raft->trail, index);
}

uint64_t raft_last_index(const struct raft *raft)
{
    return raft->trail.last_index;
}
