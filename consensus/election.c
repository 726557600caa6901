#include "consensus/election.h"

#include <assert.h>

#include "consensus/core.h"
#include "consensus/replicate.h"

enum { JOINING_PATIENCE = 8 }; /* longest election time-outs */

/* splitmix64 (Steele, Lea, Flood 2014): small, seedable, good enough to spread
 * time-outs. */
static uint64_t random_next(struct raft *raft)
{
    uint64_t z = (raft->random += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void election_arm(struct raft *raft)
{
    uint32_t min = raft->config.election_min_ms;
    uint32_t max = raft->config.election_max_ms;

    assert(min > 0 && max > min);
    raft->election_ms = raft->now_ms + min + random_next(raft) % (max - min);
    if (core_is(raft, MEMBER_JOINING)) { /* the voters first */
        raft->election_ms += JOINING_PATIENCE * (uint64_t)max;
    }
}

static uint32_t own_vote(const struct raft *raft)
{
    return raft->self >= 0 ? core_bit(raft->self) : 0;
}

static bool has_majority(const struct raft *raft, uint32_t bits)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < raft->members.count; i++) {
        count += raft->members.list[i].kind == MEMBER_VOTER && (bits & core_bit((int)i)) != 0;
    }
    return count >= members_majority(&raft->members);
}

static void ask_voters(struct raft *raft, struct raft_update *update, enum raft_message_type type)
{
    struct raft_message message = {
        .type = type,
        .term = type == RAFT_PREVOTE ? raft->term + 1 : raft->term,
        .vote = {.last_index = raft->trail.last_index,
                 .last_term = trail_last_term(&raft->trail),
                 .by_transfer = raft->by_transfer && type == RAFT_VOTE},
    };

    assert(raft->durable == raft->trail.last_index);
    for (uint32_t i = 0; i < raft->members.count; i++) {
        if (raft->members.list[i].kind == MEMBER_VOTER && (int)i != raft->self) {
            core_send(raft, update, raft->members.list[i].id, &message);
        }
    }
}

static void lead(struct raft *raft, struct raft_update *update)
{
    assert(raft->role == RAFT_CANDIDATE);
    assert(raft->meta_durable && raft->vote == raft->config.id);
    raft->role = RAFT_LEADER;
    raft->leader = raft->config.id;
    raft->leader_commit = 0;
    raft->leader_heard_ms = raft->now_ms;
    replicate_start(raft, update);
}

/* The vote for ourselves is written first; the others are asked once it is
 * durable, see election_meta_durable(). */
static void campaign(struct raft *raft, struct raft_update *update, bool by_transfer)
{
    assert(raft->meta_durable && !raft_installing(raft));
    election_follow(raft, update, raft->term + 1, 0);
    raft->role = RAFT_CANDIDATE;
    raft->by_transfer = by_transfer;
    raft->vote = raft->config.id;
    raft->votes_for = 0;
    raft->votes_against = 0;
    election_arm(raft);
}

static void precampaign(struct raft *raft, struct raft_update *update)
{
    raft->role = RAFT_PRECANDIDATE;
    raft->leader_commit = 0;
    raft->leader = 0; /* else two precandidates would refuse each other for ever */
    raft->votes_for = own_vote(raft);
    raft->votes_against = 0;
    if (has_majority(raft, raft->votes_for)) {
        campaign(raft, update, false);
    } else {
        ask_voters(raft, update, RAFT_PREVOTE);
    }
}

/* Our log must be durable to the end, so that what we advertise is true after a
 * crash, too; and a disk that doesn't keep up has no business in leading. */
static bool storage_is_quiet(const struct raft *raft)
{
    return raft->meta_durable && raft->durable == raft->trail.last_index &&
           trail_room(&raft->trail) > 0;
}

/* Whose log is being replaced, or is shorter than what was acknowledged for it, doesn't know what
 * he would vote about. */
static bool may_vote(const struct raft *raft)
{
    bool has_all =
        raft->trail.last_index >= raft->owed || trail_last_term(&raft->trail) > raft->owed_term;

    return has_all && !raft_installing(raft);
}

/* Must this one campaign? A voter, of course. While the newest list isn't known to be committed,
 * also a voter of the list before: it may have the longest log, and then nobody else can win
 * (thesis, 4.2.2). Also one that joins: a list of others, lost here, may count it. It counts its
 * own vote only if its own list makes it a voter, and hands over once its log is committed. */
static bool is_needed(const struct raft *raft)
{
    struct members before;

    if (core_is(raft, MEMBER_JOINING)) {
        return true;
    }
    if (members_is_voter(&raft->members, raft->config.id) || raft_knows_members(raft)) {
        return members_is_voter(&raft->members, raft->config.id);
    }
    raft_members_at(raft, raft->members_index - 1, &before);
    return members_is_voter(&before, raft->config.id);
}

static bool may_campaign(const struct raft *raft)
{
    return is_needed(raft) && !raft->removed && !raft->disowned && may_vote(raft) &&
           raft->term >> RAFT_TERM_BITS == 0;
}

void election_transferred(struct raft *raft, struct raft_update *update)
{
    assert(raft->role == RAFT_FOLLOWER);
    if (may_campaign(raft) && storage_is_quiet(raft)) {
        campaign(raft, update, true);
    }
}

void election_tick(struct raft *raft, struct raft_update *update)
{
    if (raft->role == RAFT_LEADER || raft->now_ms < raft->election_ms) {
        return;
    }
    election_arm(raft);
    if (!may_campaign(raft) || raft->now_ms < raft->stays_quiet_ms) {
        return;
    }
    if (!storage_is_quiet(raft)) {
        raft->election_ms = raft->now_ms + raft->config.heartbeat_ms;
        return;
    }
    precampaign(raft, update);
}

void election_follow(struct raft *raft, struct raft_update *update, uint64_t term, uint32_t leader)
{
    assert(term >= raft->term);
    assert(leader == 0 || leader != raft->config.id);
    if (raft->role == RAFT_LEADER) {
        raft->ended = RAFT_END_TERM;
        raft->transfer_to = 0;
        election_arm(raft);
    }
    if (term > raft->term) {
        raft->term = term;
        raft->vote = 0;
        raft->meta_durable = false;
        raft->answer_owed = 0;
        raft->verified = 0;
        raft->ack_owed = false;
        update->write_meta = true;
    }
    raft->role = RAFT_FOLLOWER;
    if (raft->leader != leader) {
        raft->leader_commit = 0;
    }
    raft->leader = leader;
}

void election_end(struct raft *raft, struct raft_update *update, enum raft_end why)
{
    assert(raft->role == RAFT_LEADER);
    election_follow(raft, update, raft->term, 0);
    raft->ended = why;
}

/* An id that was given, and that the committed list doesn't have. */
static bool was_removed(const struct raft *raft, uint32_t id)
{
    return raft_knows_members(raft) && id <= raft->members.id_last &&
           members_position(&raft->members, id) < 0;
}

static void answer(struct raft *raft, struct raft_update *update, uint32_t to,
                   enum raft_message_type type, uint64_t term, bool granted)
{
    struct raft_message message = {
        .type = type,
        .term = term,
        .vote_answer = {.granted = granted, .removed = !granted && was_removed(raft, to)}};

    if (raft->meta_durable) {
        core_send(raft, update, to, &message);
    }
}

void election_meta_durable(struct raft *raft, struct raft_update *update)
{
    uint32_t owed = raft->answer_owed;

    assert(raft->meta_durable);
    raft->answer_owed = 0;
    if (raft->role == RAFT_CANDIDATE) {
        raft->votes_for |= own_vote(raft);
        if (has_majority(raft, raft->votes_for)) {
            lead(raft, update);
        } else {
            ask_voters(raft, update, RAFT_VOTE);
        }
    } else if (owed != 0) {
        answer(raft, update, owed, RAFT_VOTE_ANSWER, raft->term, raft->vote == owed);
    }
}

/* Compared with all that we accepted, durable or not: the careful side. */
static bool is_up_to_date(const struct raft *raft, const struct raft_message *message)
{
    uint64_t last_term = trail_last_term(&raft->trail);

    if (message->vote.last_term != last_term) {
        return message->vote.last_term > last_term;
    }
    return message->vote.last_index >= raft->trail.last_index;
}

/* A leader was heard from lately, and it isn't the one who asks. */
static bool is_content(const struct raft *raft, uint32_t from)
{
    if (raft->role == RAFT_LEADER) {
        return true;
    }
    return raft->leader != 0 && raft->leader != from &&
           raft->now_ms - raft->leader_heard_ms < raft->config.election_min_ms;
}

void election_recv_prevote(struct raft *raft, struct raft_update *update,
                           const struct raft_message *message)
{
    bool granted = message->term > raft->term && is_up_to_date(raft, message) &&
                   !is_content(raft, message->from) && may_vote(raft) &&
                   !was_removed(raft, message->from);

    answer(raft, update, message->from, RAFT_PREVOTE_ANSWER, granted ? message->term : raft->term,
           granted);
}

static void count_vote(struct raft *raft, const struct raft_message *message)
{
    int position = members_position(&raft->members, message->from);

    if (position < 0) {
        return;
    }
    if (message->vote_answer.granted) {
        raft->votes_for |= core_bit(position);
    } else {
        raft->votes_against |= core_bit(position);
    }
}

void election_recv_prevote_answer(struct raft *raft, struct raft_update *update,
                                  const struct raft_message *message)
{
    raft->removed = raft->removed || message->vote_answer.removed;
    if (!message->vote_answer.granted && message->term > raft->term) {
        election_follow(raft, update, message->term, 0);
        return;
    }
    if (raft->removed && raft->role == RAFT_PRECANDIDATE) { /* may be a member again, later */
        election_follow(raft, update, raft->term, 0);
    }
    if (raft->role != RAFT_PRECANDIDATE ||
        (message->vote_answer.granted && message->term != raft->term + 1)) {
        return;
    }
    count_vote(raft, message);
    if (has_majority(raft, raft->votes_for) && storage_is_quiet(raft)) {
        campaign(raft, update, false);
    } else if (has_majority(raft, raft->votes_against)) {
        election_follow(raft, update, raft->term, 0);
    }
}

void election_recv_vote(struct raft *raft, struct raft_update *update,
                        const struct raft_message *message)
{
    bool grants;

    if (message->term > raft->term) {
        if (is_content(raft, message->from) && !message->vote.by_transfer) {
            return;
        }
        election_follow(raft, update, message->term, 0);
    }
    grants = message->term == raft->term && (raft->vote == 0 || raft->vote == message->from) &&
             is_up_to_date(raft, message) && may_vote(raft);
    if (grants && raft->vote == 0) {
        assert(raft->role == RAFT_FOLLOWER || raft->role == RAFT_PRECANDIDATE);
        election_follow(raft, update, raft->term, 0);
        raft->vote = message->from;
        raft->meta_durable = false;
        update->write_meta = true;
    }
    if (grants) {
        election_arm(raft);
    }
    if (raft->meta_durable) {
        answer(raft, update, message->from, RAFT_VOTE_ANSWER, raft->term, grants);
    } else if (grants || raft->answer_owed == 0) {
        raft->answer_owed = message->from;
    }
}

void election_recv_vote_answer(struct raft *raft, struct raft_update *update,
                               const struct raft_message *message)
{
    if (raft->role != RAFT_CANDIDATE || message->term != raft->term) {
        return;
    }
    count_vote(raft, message);
    if (has_majority(raft, raft->votes_for)) {
        lead(raft, update);
    } else if (has_majority(raft, raft->votes_against)) {
        election_follow(raft, update, raft->term, 0);
    }
}
