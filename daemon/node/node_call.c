/* What others ask of a node. Proposals, changes, confirmations and transfers queue, and node.c
 * carries them out at the end of the turn; node_receive() and node_unreachable() step at once. */
#include <assert.h>

#include "daemon/node/node_internal.h"

void node_propose(struct node *node, struct node_proposal *proposal, const uint8_t *bytes,
                  size_t length, node_proposal_cb cb)
{
    assert(!node->closing && cb != NULL);
    proposal->cb = cb;
    proposal->index = 0;
    proposal->term = 0;
    proposal->result = length > LIMIT_COMMAND_BYTES ? ERR_LIMIT : 0;
    proposal->blob = proposal->result == 0 ? raft_blob_new(bytes, length) : NULL;
    if (proposal->result == 0 && proposal->blob == NULL) {
        proposal->result = ERR_NOMEM;
    }
    list_append(proposal->result == 0 ? &node->requests.queued : &node->requests.refused,
                &proposal->link);
    node_want_turn(node);
}

int node_change(struct node *node, struct node_proposal *proposal,
                const struct members_change *change, node_proposal_cb cb, struct err *err)
{
    struct members next;
    int rv;

    assert(!node->closing && cb != NULL && change->kind != MEMBERS_PROMOTE);
    if (node->raft.role != RAFT_LEADER || node->stopped) {
        return err_set(err, ERR_NOTLEADER, "this agent doesn't lead");
    }
    rv = raft_change_check(&node->raft, change, &next, err);
    if (rv != 0) {
        return rv;
    }
    *proposal = (struct node_proposal){.context = proposal->context, .cb = cb, .change = *change};
    list_append(&node->requests.changes, &proposal->link);
    node_want_turn(node);
    return 0;
}

int node_transfer(struct node *node, uint32_t to, struct err *err)
{
    const struct member *target = members_find(&node->raft.members, to);

    if (node->raft.role != RAFT_LEADER || node->stopped) {
        return err_set(err, ERR_NOTLEADER, "this agent doesn't lead");
    }
    if (to != 0 && target == NULL) {
        return err_set(err, ERR_NOTFOUND, "agent number %u is not a member", to);
    }
    if (to != 0 && (to == node->raft.config.id || target->kind != MEMBER_VOTER)) {
        return err_set(err, ERR_REFUSED, "agent %s %s", target->name,
                       target->kind == MEMBER_VOTER ? "leads already" : "doesn't vote");
    }
    node->wants_transfer = true;
    node->transfer_to = to;
    node_want_turn(node);
    return 0;
}

void node_unreachable(struct node *node, const char *name)
{
    const struct member *member = members_find_name(&node->raft.members, name);

    /* Inside a step, it is because somebody left the list. */
    if (member != NULL && node_is_live(node) && !node->stepping) {
        node_step(node, (struct raft_event){.type = RAFT_UNREACHABLE, .target = member->id});
    }
}

const struct members *node_members(const struct node *node)
{
    return &node->raft.members;
}

bool node_knows_members(const struct node *node)
{
    return raft_knows_members(&node->raft);
}

const char *node_name_of(const struct node *node, uint32_t id)
{
    return speakers_name(&node->speakers, &node->raft, id);
}

void node_confirm(struct node *node, struct node_confirmation *confirmation,
                  node_confirmation_cb cb)
{
    assert(!node->closing && cb != NULL);
    confirmation->cb = cb;
    confirmation->term = 0;
    confirmation->round = 0;
    list_append(&node->requests.asked, &confirmation->link);
    node_want_turn(node);
}

void node_halt(struct node *node)
{
    node->stopped = true;
    node_want_turn(node); /* where everybody is told */
}

void node_step_down(struct node *node)
{
    if (node->stepping) {
        node->wants_step_down = true;
        node_want_turn(node);
    } else if (node_is_live(node)) {
        node_step(node, (struct raft_event){.type = RAFT_STEP_DOWN});
    }
}

void node_receive(struct node *node, const char *from, const uint8_t *bytes, size_t length)
{
    struct wire_message *received = &node->received;

    assert(!node->stepping);
    if (node->stopped || node->closing) {
        return;
    }
    if (wire_decode(received, bytes, length) != 0) {
        node->raft.dropped++;
        return;
    }
    /* While the disk is behind, entries are lost on the way; they come again. */
    if (!speakers_hear(&node->speakers, &node->raft, &received->message, from)) {
        node->raft.dropped++;
    } else if (received->message.type != RAFT_APPEND || !disk_busy(node->config.disk)) {
        node_step(node, (struct raft_event){.type = RAFT_RECEIVE, .message = &received->message});
    }
    wire_release(received);
}

void node_set_timings(struct node *node, uint32_t heartbeat_ms, uint32_t election_min_ms,
                      uint32_t election_max_ms)
{
    raft_set_timings(&node->raft, heartbeat_ms, election_min_ms, election_max_ms);
}

bool node_caught_up(const struct node *node)
{
    return raft_caught_up(&node->raft);
}

void node_status(const struct node *node, struct node_status *status)
{
    const struct raft *raft = &node->raft;

    *status = (struct node_status){
        .id = raft->config.id,
        .role = raft->role,
        .ended = raft->ended,
        .disowned = raft->disowned,
        .removed = raft->removed,
        .ready = raft_ready(raft) && !node->stopped,
        .caught_up = raft_caught_up(raft),
        .term = raft->term,
        .leader = raft->leader,
        .commit = raft->commit,
        .applied = raft->applied,
        .last = raft_last_index(raft),
        .durable = raft->durable,
        .snapshot = raft->snapshot.index,
        .dropped = raft->dropped,
    };
    for (uint32_t i = 0; i < raft->members.count; i++) {
        struct node_peer_status *peer = &status->peers[status->peer_count];
        const struct member *member = &raft->members.list[i];

        if ((int)i == raft->self) {
            continue;
        }
        *peer = (struct node_peer_status){.id = member->id, .kind = member->kind};
        if (raft->role == RAFT_LEADER) {
            peer->match = raft->peers[i].match;
            peer->last_contact_ms = raft->peers[i].heard_ms;
        } else if (member->id == raft->leader) {
            peer->last_contact_ms = raft->leader_heard_ms;
        }
        status->peer_count++;
    }
}
