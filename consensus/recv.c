#include "consensus/recv.h"

#include <assert.h>

#include "consensus/core.h"
#include "consensus/election.h"
#include "consensus/membership.h"
#include "consensus/replicate.h"
#include "consensus/transfer.h"

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Never more than this leader's messages verified, never more than is on disk. */
static void acknowledge(struct raft *raft, struct raft_update *update)
{
    struct raft_message message = {
        .type = RAFT_APPEND_ANSWER,
        .term = raft->term,
        .append_answer = {.accepted = true, .index = smaller(raft->durable, raft->verified)},
    };

    if (raft->meta_durable && raft->leader != 0) {
        core_send(raft, update, raft->leader, &message);
    }
    raft->ack_owed = raft->durable < raft->verified || !raft->meta_durable;
}

static void verify(struct raft *raft, uint64_t index)
{
    assert(index <= raft->trail.last_index);
    if (index > raft->verified) {
        raft->verified = index;
    }
}

static void reject(struct raft *raft, struct raft_update *update, const struct raft_message *append)
{
    struct raft_message message = {
        .type = RAFT_APPEND_ANSWER,
        .term = raft->term,
        .append_answer = {.accepted = false, .index = append->append.previous_index},
    };
    bool known;

    message.append_answer.hint_index =
        trail_hint(&raft->trail, append->append.previous_index, append->append.previous_term);
    known = trail_term(&raft->trail, message.append_answer.hint_index,
                       &message.append_answer.hint_term);
    assert(known);
    if (raft->meta_durable) {
        core_send(raft, update, append->from, &message);
    }
}

/* Follows the sender, which leads this term by the fact that it says so. */
static void hear_leader(struct raft *raft, struct raft_update *update,
                        const struct raft_message *message)
{
    assert(message->term == raft->term && raft->role != RAFT_LEADER);
    if (raft->leader != message->from || raft->role != RAFT_FOLLOWER) {
        election_follow(raft, update, message->term, message->from);
    }
    raft->leader_heard_ms = raft->now_ms;
    election_arm(raft);
}

/* Index by index and term by term, as a leader's log must be. */
static bool is_well_formed(const struct raft_message *message)
{
    uint64_t index = message->append.previous_index;
    uint64_t term = message->append.previous_term;

    if (index == 0 && term != 0) {
        return false;
    }
    for (uint32_t i = 0; i < message->append.count; i++) {
        const struct raft_entry *entry = &message->append.entries[i];

        if (entry->index != index + 1 || entry->term < term || entry->term > message->term) {
            return false;
        }
        index = entry->index;
        term = entry->term;
    }
    return term <= message->term;
}

/* The first entry that stands where another one does here; 0: none. */
static uint64_t first_conflict(const struct raft *raft, const struct raft_message *message)
{
    const struct trail *trail = &raft->trail;

    for (uint32_t i = 0; i < message->append.count; i++) {
        const struct raft_entry *entry = &message->append.entries[i];

        if (entry->index > trail->base_index && entry->index <= trail->last_index &&
            !trail_matches(trail, entry->index, entry->term)) {
            return entry->index;
        }
    }
    return 0;
}

/* What stays free is for the first entries of terms: ours (see storage_is_quiet()), and others',
 * for without them nothing that is here may ever be known as committed, and a full log stays full.
 */
static bool fits(const struct trail *trail, const struct raft_entry *entry)
{
    uint32_t kept = entry->term > trail_last_term(trail) ? 1 : trail->capacity / 32;

    return trail_room(trail) > kept;
}

/* Takes what is new and fits; returns the last index that now agrees with the
 * leader's log. */
static uint64_t take_entries(struct raft *raft, const struct raft_message *message,
                             uint64_t conflict)
{
    struct trail *trail = &raft->trail;
    uint64_t matched = message->append.previous_index;

    if (conflict != 0) {
        assert(conflict > raft->commit && conflict > raft->verified);
        core_cut(raft, conflict);
    }
    for (uint32_t i = 0; i < message->append.count; i++) {
        const struct raft_entry *entry = &message->append.entries[i];

        if (entry->index > trail->last_index) {
            if (!fits(trail, entry)) {
                break;
            }
            core_append(raft, entry);
        }
        matched = entry->index;
    }
    return matched;
}

/* Told by the leader of this term, whether we have it or not. */
static void hear_commit(struct raft *raft, uint64_t commit)
{
    assert(raft->role == RAFT_FOLLOWER);
    if (commit > raft->leader_commit) {
        raft->leader_commit = commit;
    }
}

static void recv_append(struct raft *raft, struct raft_update *update,
                        const struct raft_message *message)
{
    uint64_t previous = message->append.previous_index;
    uint64_t conflict;
    uint64_t matched;

    if (!is_well_formed(message)) {
        raft->dropped++;
        return;
    }
    hear_leader(raft, update, message);
    if (raft_installing(raft)) {
        return;
    }
    conflict = first_conflict(raft, message);
    /* What is compacted was committed, so it matches; its terms are gone. */
    if (previous >= raft->trail.base_index &&
        !trail_matches(&raft->trail, previous, message->append.previous_term)) {
        conflict = previous;
    }
    if (conflict != 0 && conflict <= raft->commit) {
        raft->fault = ERR_CORRUPT;
        return;
    }
    if (conflict != 0 && conflict <= raft->verified) {
        raft->dropped++; /* a leader doesn't contradict itself */
        return;
    }
    if (conflict != 0 && conflict == previous) {
        reject(raft, update, message);
        return;
    }
    hear_commit(raft, message->append.commit);
    if (conflict != 0 && raft->durable < raft->trail.last_index) {
        raft->dropped++; /* nothing is cut while a write is under way (on_persisted) */
        return;
    }
    matched = take_entries(raft, message, conflict);
    verify(raft, matched > raft->trail.base_index ? matched : raft->trail.base_index);
    core_commit(raft, smaller(message->append.commit, matched));
    if (raft->durable >= matched) {
        acknowledge(raft, update);
    } else {
        raft->ack_owed = true;
    }
}

static void recv_heartbeat(struct raft *raft, struct raft_update *update,
                           const struct raft_message *message)
{
    struct raft_message back = {
        .type = RAFT_HEARTBEAT_ANSWER,
        .term = raft->term,
        .heartbeat_answer = {.round = message->heartbeat.round},
    };

    hear_leader(raft, update, message);
    if (message->heartbeat.commit > message->heartbeat.match) {
        raft->dropped++;
        return;
    }
    hear_commit(raft, message->heartbeat.leader_commit);
    if (!raft_installing(raft)) {
        back.heartbeat_answer.lost = message->heartbeat.match > raft->trail.last_index;
        if (back.heartbeat_answer.lost) {
            raft->owed = message->heartbeat.match;
            raft->owed_term = raft->term;
        } else {
            /* The leader knows that we match up to there: we told it so. */
            verify(raft, message->heartbeat.match);
            core_commit(raft, message->heartbeat.commit);
        }
    }
    if (raft->meta_durable) {
        core_send(raft, update, message->from, &back);
    }
}

static void recv_snapshot(struct raft *raft, struct raft_update *update,
                          const struct raft_message *message)
{
    const struct raft_snapshot *snapshot = message->snapshot;

    if (snapshot->index == 0 || snapshot->term > message->term || snapshot->blob == NULL) {
        raft->dropped++;
        return;
    }
    hear_leader(raft, update, message);
    if (raft_installing(raft)) {
        return;
    }
    if (snapshot->index <= raft->commit) {
        verify(raft, raft->commit);
        acknowledge(raft, update);
        return;
    }
    if (trail_matches(&raft->trail, snapshot->index, snapshot->term)) {
        verify(raft, snapshot->index);
        core_commit(raft, snapshot->index);
        acknowledge(raft, update);
        return;
    }
    raft->installing = *snapshot;
    raft_blob_hold(raft->installing.blob);
    raft->installing_term = raft->term;
    update->install = &raft->installing;
}

void recv_persisted(struct raft *raft, struct raft_update *update)
{
    if (raft->role == RAFT_FOLLOWER && raft->ack_owed && !raft_installing(raft)) {
        acknowledge(raft, update);
    }
}

void recv_installed(struct raft *raft, struct raft_update *update)
{
    uint64_t index = raft->installing.index;

    assert(index > raft->commit);
    assert(raft->role == RAFT_FOLLOWER); /* nobody campaigns meanwhile */
    trail_reset(&raft->trail, index, raft->installing.term);
    membership_restored(raft, &raft->installing);
    raft->durable = index;
    raft->commit = index;
    raft->applied = index;
    raft->verified = 0;
    raft->ack_owed = false;
    raft_blob_release(raft->snapshot.blob);
    raft->snapshot = raft->installing;
    raft->installing = (struct raft_snapshot){0};
    update->restore = &raft->snapshot;
    /* A leader of a later term has not said that this matches its log. */
    if (raft->leader != 0 && raft->installing_term == raft->term) {
        verify(raft, index);
        acknowledge(raft, update);
    }
}

/* A leader of the past learns from any refusal that its time is over. */
static void correct_sender(struct raft *raft, struct raft_update *update,
                           const struct raft_message *message)
{
    static const enum raft_message_type answers[] = {
        [RAFT_APPEND] = RAFT_APPEND_ANSWER,
        [RAFT_SNAPSHOT] = RAFT_APPEND_ANSWER,
        [RAFT_HEARTBEAT] = RAFT_HEARTBEAT_ANSWER,
    };
    struct raft_message back = {.term = raft->term};

    if (message->type < sizeof(answers) / sizeof(answers[0])) {
        back.type = answers[message->type];
    }
    if (back.type != 0 && raft->meta_durable) {
        core_send(raft, update, message->from, &back);
    }
}

typedef void recv_handler(struct raft *raft, struct raft_update *update,
                          const struct raft_message *message);

/* How a message's term relates to ours before its handler runs. */
enum term_rule {
    TERM_FREE, /* the handler's own business */
    TERM_SAME, /* a higher one is adopted, a lower one ends here */
};

static const struct {
    recv_handler *handler;
    enum term_rule rule;
} table[] = {
    [RAFT_PREVOTE] = {election_recv_prevote, TERM_FREE},
    [RAFT_PREVOTE_ANSWER] = {election_recv_prevote_answer, TERM_FREE},
    [RAFT_VOTE] = {election_recv_vote, TERM_FREE},
    [RAFT_VOTE_ANSWER] = {election_recv_vote_answer, TERM_SAME},
    [RAFT_APPEND] = {recv_append, TERM_SAME},
    [RAFT_APPEND_ANSWER] = {replicate_recv_append_answer, TERM_SAME},
    [RAFT_HEARTBEAT] = {recv_heartbeat, TERM_SAME},
    [RAFT_HEARTBEAT_ANSWER] = {replicate_recv_heartbeat_answer, TERM_SAME},
    [RAFT_SNAPSHOT] = {recv_snapshot, TERM_SAME},
    [RAFT_TIMEOUT_NOW] = {transfer_recv_timeout_now, TERM_SAME},
};

/* Who asks or leads need not be a member here: our list may be older than his. Only members are
 * asked, so only their answers count. */
static bool makes_sense(const struct raft *raft, const struct raft_message *message)
{
    return message->to == raft->config.id && message->to != 0 && message->from != 0 &&
           message->from != raft->config.id && message->term > 0 &&
           message->term >> RAFT_TERM_BITS == 0 &&
           (raft_message_sort(message->type) != RAFT_ANSWERS ||
            members_position(&raft->members, message->from) >= 0);
}

/* A number is taken if it is higher than ours: we were removed and added again, or the list that
 * gave the old one was never committed. Even from an outdated leader, who learns of our term only
 * from a member that it knows. With an empty log any number is taken: ours may be a configuration's
 * guess. */
static bool is_given_number(const struct raft *raft, const struct raft_message *message)
{
    bool is_higher = message->to > raft->config.id;
    bool is_first = raft->trail.last_index == 0 && message->term >= raft->term &&
                    message->to != 0 && message->to != raft->config.id;

    return raft->config.store != 0 && message->to_store == raft->config.store &&
           (is_higher || is_first) && raft->role != RAFT_LEADER;
}

static void take_number(struct raft *raft, struct raft_update *update,
                        const struct raft_message *message)
{
    if (!is_given_number(raft, message)) {
        return;
    }
    /* It campaigned as somebody else, or follows whoever has that number by a later list. */
    if (raft->role != RAFT_FOLLOWER || raft->leader == message->to) {
        election_follow(raft, update, raft->term, 0);
    }
    if (raft->answer_owed == message->to) {
        raft->answer_owed = 0;
    }
    raft->config.id = message->to;
    raft->removed = false;
    raft->self = members_position(&raft->members, raft->config.id);
}

/* Committed lists never give an id to another store, and a leader of our term or a later one has
 * all of them: what such a one says of our id is true. */
static bool is_told_otherwise(const struct raft *raft, const struct raft_message *message)
{
    bool outdated = raft_message_sort(message->type) == RAFT_LEADS && message->term < raft->term;

    return message->to == raft->config.id && message->to_store != 0 && raft->config.store != 0 &&
           message->to_store != raft->config.store && !outdated;
}

/* Nobody is heard under another store's number, and one who learns that his own is another's falls
 * silent. An uncommitted list doesn't judge leaders or candidates: it may be the one that they must
 * replace. */
static bool stores_agree(struct raft *raft, const struct raft_message *message)
{
    const struct member *sender = members_find(&raft->members, message->from);
    bool judged = raft_message_sort(message->type) == RAFT_ANSWERS || raft_knows_members(raft);

    raft->disowned = raft->disowned || is_told_otherwise(raft, message);
    return !raft->disowned && (!judged || sender == NULL || sender->store == 0 ||
                               sender->store == message->from_store);
}

void recv_message(struct raft *raft, struct raft_update *update, const struct raft_message *message)
{
    enum term_rule rule;

    if (message->type < RAFT_PREVOTE || message->type > RAFT_TIMEOUT_NOW) {
        raft->dropped++;
        return;
    }
    take_number(raft, update, message);
    if (!stores_agree(raft, message) || !makes_sense(raft, message)) {
        raft->dropped++;
        return;
    }
    rule = table[message->type].rule;
    if (rule != TERM_FREE) {
        if (message->term < raft->term) {
            correct_sender(raft, update, message);
            return;
        }
        if (message->term > raft->term) {
            election_follow(raft, update, message->term, 0);
        }
        if (raft_message_sort(message->type) == RAFT_LEADS && raft->role == RAFT_LEADER) {
            raft->dropped++; /* two leaders of one term: not one of ours */
            return;
        }
    }
    table[message->type].handler(raft, update, message);
}
