#include "consensus/membership.h"

#include <assert.h>
#include <string.h>

#include "consensus/core.h"
#include "consensus/election.h"
#include "consensus/transfer.h"

/* ---- which list is in force --------------------------------------------------------- */

/* What is kept by position moves along with its member. */
static void adopt(struct raft *raft, const struct members *members, uint64_t index)
{
    struct progress peers[LIMIT_AGENTS] = {0};
    uint64_t answered[LIMIT_AGENTS] = {0};
    bool joined = core_is(raft, MEMBER_JOINING);

    assert(raft->role == RAFT_FOLLOWER || raft->role == RAFT_LEADER);
    for (uint32_t i = 0; i < members->count; i++) {
        int old = members_position(&raft->members, members->list[i].id);

        if (old >= 0) {
            peers[i] = raft->peers[old];
            answered[i] = raft->round.answered[old];
        } else {
            progress_init(&peers[i], raft->trail.last_index, raft->now_ms);
            peers[i].wanted = true;
        }
    }
    memcpy(raft->peers, peers, members->count * sizeof(peers[0]));
    memcpy(raft->round.answered, answered, sizeof(answered));
    raft->members = *members;
    raft->members_index = index;
    raft->self = members_position(members, raft->config.id);
    if (joined && core_is(raft, MEMBER_VOTER) && raft->role == RAFT_FOLLOWER) {
        election_arm(raft); /* it was more patient than a voter is */
    }
}

static const struct raft_entry *newest_list(const struct raft *raft, uint64_t last)
{
    for (uint64_t index = last; index > raft->trail.base_index; index--) {
        const struct raft_entry *entry = raft_entry(raft, index);

        if (entry->kind == RAFT_CONFIG) {
            return entry;
        }
    }
    return NULL;
}

/* The index of the list that is in force at `index`; 0 or the base if it is the base's. */
static uint64_t list_at(const struct raft *raft, uint64_t index, struct members *members)
{
    const struct raft_entry *entry = newest_list(raft, index);
    int rv;

    if (entry == NULL) {
        *members = raft->base_members;
        return raft->trail.base_index;
    }
    rv = members_decode(members, raft_entry_bytes(entry), raft_entry_length(entry), NULL);
    assert(rv == 0); /* it was decoded when it was appended */
    return entry->index;
}

void raft_members_at(const struct raft *raft, uint64_t index, struct members *members)
{
    assert(index >= raft->trail.base_index && index <= raft->trail.last_index);
    list_at(raft, index, members);
}

int membership_appended(struct raft *raft, const struct raft_entry *entry)
{
    struct members members;
    int rv = members_decode(&members, raft_entry_bytes(entry), raft_entry_length(entry), NULL);

    if (rv == 0) {
        adopt(raft, &members, entry->index);
    }
    return rv;
}

void membership_cut(struct raft *raft, uint64_t first)
{
    struct members members;

    assert(raft->trail.last_index < first);
    if (raft->members_index >= first) {
        uint64_t index = list_at(raft, raft->trail.last_index, &members);

        adopt(raft, &members, index);
    }
}

void membership_compact(struct raft *raft, uint64_t last)
{
    struct members members;

    list_at(raft, last, &members);
    raft->base_members = members;
}

void membership_restored(struct raft *raft, const struct raft_snapshot *snapshot)
{
    raft->base_members = snapshot->members;
    adopt(raft, &snapshot->members, snapshot->index);
}

/* ---- changing it -------------------------------------------------------------------- */

/* Since we lead: everybody is taken for heard when that begins. */
static bool has_answered(const struct raft *raft, int position)
{
    return raft->round.answered[position] != 0 || raft->peers[position].match != 0;
}

static bool is_in_contact(const struct raft *raft, const struct member *member)
{
    int position = members_position(&raft->members, member->id);

    if (position < 0 || position == raft->self) {
        return position >= 0;
    }
    return has_answered(raft, position) &&
           raft->now_ms - raft->peers[position].heard_ms < raft->config.election_max_ms;
}

/* A list whose majority is gone could neither be committed nor be taken back. */
static int check_contact(const struct raft *raft, const struct members *next, struct err *err)
{
    uint32_t reached = 0;

    for (uint32_t i = 0; i < next->count; i++) {
        reached += next->list[i].kind == MEMBER_VOTER && is_in_contact(raft, &next->list[i]);
    }
    return reached >= members_majority(next)
               ? 0
               : err_set(err, ERR_REFUSED,
                         "only %u of the %u voters that would be left are in contact, and %u are "
                         "needed; bring one back, or remove one that is gone first",
                         reached, members_voters(next), members_majority(next));
}

int raft_change_check(const struct raft *raft, const struct members_change *change,
                      struct members *next, struct err *err)
{
    int rv;

    assert(raft->role == RAFT_LEADER);
    if (raft->commit < raft->term_start) {
        return err_set(err, ERR_BUSY, "this leader has committed nothing yet; try again");
    }
    if (!raft_knows_members(raft)) {
        return err_set(err, ERR_BUSY, "another change of the agents is under way; try again");
    }
    if (raft->transfer_to != 0 || trail_room(&raft->trail) == 0) {
        return err_set(err, ERR_BUSY, "%s; try again",
                       raft->transfer_to != 0 ? "this leader hands over" : "the log is full");
    }
    *next = raft->members;
    rv = members_change(next, change, err);
    return rv != 0 ? rv : check_contact(raft, next, err);
}

static int append_list(struct raft *raft, const struct members *members)
{
    struct raft_entry entry = {
        .index = raft->trail.last_index + 1, .term = raft->term, .kind = RAFT_CONFIG};
    struct buf bytes;
    int rv = ERR_NOMEM;

    buf_init(&bytes, MEMBERS_BYTES_MAX);
    members_encode(members, &bytes);
    if (buf_ok(&bytes)) {
        entry.blob = raft_blob_new(bytes.data, bytes.length);
    }
    if (entry.blob != NULL) {
        core_append(raft, &entry);
        assert(raft->members_index == entry.index);
        rv = 0;
    }
    raft_blob_release(entry.blob);
    buf_finish(&bytes);
    return rv;
}

int membership_propose(struct raft *raft, struct raft_update *update,
                       const struct members_change *change)
{
    struct members next;
    int rv = change->kind == MEMBERS_PROMOTE ? ERR_INVALID
                                             : raft_change_check(raft, change, &next, NULL);

    if (rv == 0) {
        rv = append_list(raft, &next);
    }
    if (rv == 0) {
        update->proposed_first = raft->trail.last_index;
    }
    return rv;
}

/* ---- what the leader does by itself --------------------------------------------------- */

static bool wants_registration(const struct raft *raft, uint32_t position, uint64_t *store)
{
    *store = (int)position == raft->self ? raft->config.store : raft->peers[position].store;
    return raft->members.list[position].store == 0 && *store != 0;
}

/* True at the end of a lap that was quick enough. */
static bool has_caught_up(struct raft *raft, uint32_t position)
{
    struct progress *peer = &raft->peers[position];
    bool quick;

    if (peer->catch_up != 0 && peer->match < peer->catch_up) {
        return false;
    }
    quick = peer->catch_up != 0 && raft->now_ms - peer->catch_up_ms < raft->config.election_min_ms;
    peer->catch_up = raft->trail.last_index;
    peer->catch_up_ms = raft->now_ms;
    return quick;
}

/* The first change that there is reason for; false: none. */
static bool next_change(struct raft *raft, struct members_change *change)
{
    for (uint32_t i = 0; i < raft->members.count; i++) {
        const struct member *member = &raft->members.list[i];
        uint64_t store;

        change->member.id = member->id;
        if (wants_registration(raft, i, &store)) {
            change->kind = MEMBERS_REGISTER;
            change->member.store = store;
            return true;
        }
        if (member->kind == MEMBER_JOINING && has_caught_up(raft, i)) {
            change->kind = MEMBERS_PROMOTE;
            return true;
        }
    }
    return false;
}

static bool is_settled(const struct raft *raft)
{
    return raft_knows_members(raft) && raft->commit >= raft->term_start;
}

/* The others can commit the list before it is on the own disk, and only what is there is handed
 * out: who asked for the removal hears of it first. */
static void leave(struct raft *raft, struct raft_update *update)
{
    if (raft->durable >= raft->members_index) {
        transfer_leave(raft, update);
        election_end(raft, update, RAFT_END_REMOVED);
    }
}

void membership_settle(struct raft *raft, struct raft_update *update)
{
    struct members_change change = {0};
    struct members next;

    assert(raft->role == RAFT_LEADER);
    if (!is_settled(raft)) {
        return;
    }
    if (!members_is_voter(&raft->members, raft->config.id)) {
        leave(raft, update);
    } else if (next_change(raft, &change) && raft_change_check(raft, &change, &next, NULL) == 0) {
        append_list(raft, &next); /* without memory: at the next step */
    }
}
