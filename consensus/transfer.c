#include "consensus/transfer.h"

#include <assert.h>

#include "consensus/core.h"
#include "consensus/election.h"

/* The voter with the longest log that was heard from lately; 0: none. */
static uint32_t farthest(const struct raft *raft)
{
    uint64_t best = 0;
    uint32_t id = 0;

    for (uint32_t i = 0; i < raft->members.count; i++) {
        const struct progress *peer = &raft->peers[i];
        bool heard = raft->now_ms - peer->heard_ms < raft->config.election_min_ms;

        if ((int)i != raft->self && raft->members.list[i].kind == MEMBER_VOTER && heard &&
            peer->match >= best) {
            best = peer->match;
            id = raft->members.list[i].id;
        }
    }
    return id;
}

static void tell(struct raft *raft, struct raft_update *update, uint32_t to)
{
    struct raft_message message = {.type = RAFT_TIMEOUT_NOW, .term = raft->term};

    core_send(raft, update, to, &message);
}

int transfer_begin(struct raft *raft, struct raft_update *update, uint32_t to)
{
    (void)update;
    assert(raft->role == RAFT_LEADER);
    if (to == 0) {
        to = farthest(raft);
    }
    if (members_position(&raft->members, to) < 0) {
        return ERR_NOTFOUND;
    }
    if (to == raft->config.id || !members_is_voter(&raft->members, to)) {
        return ERR_REFUSED;
    }
    if (to != raft->transfer_to) { /* asked again, it doesn't get more time */
        raft->transfer_to = to;
        raft->transfer_until_ms = raft->now_ms + raft->config.election_max_ms;
        raft->transfer_told = false;
    }
    return 0;
}

void transfer_settle(struct raft *raft, struct raft_update *update)
{
    int position = members_position(&raft->members, raft->transfer_to);

    assert(raft->role == RAFT_LEADER);
    if (raft->transfer_to == 0) {
        return;
    }
    if (raft->now_ms >= raft->transfer_until_ms || position < 0 ||
        raft->members.list[position].kind != MEMBER_VOTER) {
        raft->transfer_to = 0;
    } else if (!raft->transfer_told && raft->peers[position].match == raft->trail.last_index) {
        raft->transfer_told = true;
        tell(raft, update, raft->transfer_to);
    }
}

void transfer_leave(struct raft *raft, struct raft_update *update)
{
    uint32_t to = farthest(raft);

    if (to != 0) {
        tell(raft, update, to);
    }
}

void transfer_recv_timeout_now(struct raft *raft, struct raft_update *update,
                               const struct raft_message *message)
{
    if (raft->role == RAFT_FOLLOWER && raft->leader == message->from &&
        message->term == raft->term) {
        election_transferred(raft, update);
    }
}
