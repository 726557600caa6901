/* agent_ledger: the ledger under the node: entries are applied to it, snapshots are
 * made of it, and what it said to an entry finds its way back to the proposer. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/agent.h"

/* ---- hooks of the node -------------------------------------------------------- */

static void on_send(void *context, const char *to, const uint8_t *bytes, size_t length)
{
    struct agent *agent = context;
    uint32_t place = roster_of_name(&agent->roster, to);

    if (place > ROSTER_SELF) { /* who left is told so, as long as it is connected */
        peers_send(&agent->peers, place, PEER_RAFT, bytes, length);
    }
}

/* The guard hears of the ledger once this process has caught up with a leader; what it says
 * before that may be long past. Later it may lag, and the guard's floor covers that. */
void agent_ledger_tell_guard(struct agent *agent)
{
    struct node_status status;

    if (agent->closing) {
        return;
    }
    agent_node_status(agent, &status);
    agent->told_caught_up = status.caught_up;
    status.caught_up = status.caught_up || agent_guard_only_knows(agent);
    agent->caught_up = agent->caught_up || status.caught_up;
    if (agent->guard == NULL) {
        return;
    }
    if (agent->caught_up) {
        guard_service_ledger(agent->guard, agent->ledger);
    }
    guard_service_leader(agent->guard, status.caught_up, agent_leader(agent));
    if (agent->gate != NULL) {
        gate_server_poke(agent->gate);
    }
}

/* How far there is to go is in messages that change nothing else. */
void agent_ledger_heard(struct agent *agent)
{
    if (agent->started && node_caught_up(agent->node) != agent->told_caught_up) {
        agent_ledger_tell_guard(agent);
    }
}

/* The agents must agree faster than the shortest lease runs out. */
static void follow_profiles(struct agent *agent)
{
    const struct ledger_profile *shortest = ledger_profile_named("default");

    for (uint32_t i = 0; i < agent->ledger->cluster_count; i++) {
        const struct ledger_profile *profile = ledger_profile(&agent->ledger->clusters[i]);

        if (i == 0 || profile->lease_ms < shortest->lease_ms) {
            shortest = profile;
        }
    }
    if (agent->node == NULL) {
        return;
    }
    node_set_timings(agent->node, shortest->heartbeat_ms, shortest->election_min_ms,
                     shortest->election_max_ms);
}

void agent_ledger_moved(struct agent *agent)
{
    if (!agent->started || agent->closing) {
        return;
    }
    follow_profiles(agent);
    agent_invite_follow(agent);
    agent_ledger_tell_guard(agent);
    lead_applied(agent->lead);
    agent_call_applied(agent);
}

static void on_apply(void *context, uint64_t index, uint64_t term, const uint8_t *bytes,
                     size_t length)
{
    struct agent *agent = context;
    struct agent_outcome *outcome = &agent->outcomes[index % AGENT_OUTCOMES];
    struct err err;

    outcome->index = index;
    outcome->code = ledger_apply(agent->ledger, index, term, bytes, length, &err);
    outcome->operation = agent->ledger->operations_ever;
    text_copy(outcome->story, sizeof outcome->story, err.text);
    if (outcome->code == ERR_PROTOCOL) {
        agent_feature_halt(agent, &err);
    }
}

/* Nobody sees the states in between: an entry that is being replayed may name as primary
 * who isn't one any more. */
static void on_applied(void *context)
{
    agent_ledger_moved(context);
}

static void on_snapshot_take(void *context, struct buf *out)
{
    struct agent *agent = context;

    ledger_encode(agent->ledger, out);
}

static int on_snapshot_restore(void *context, const uint8_t *bytes, size_t length, struct err *err)
{
    struct agent *agent = context;
    int rc = ledger_decode(agent->ledger, bytes, length, err);

    if (rc == 0) {
        agent_ledger_moved(agent);
    }
    return rc;
}

static void log_role(struct agent *agent, enum raft_role before)
{
    const struct node_status *status = &agent->status;
    const char *leader = roster_name(&agent->roster, agent_leader(agent));
    bool ended = before == RAFT_LEADER && status->role != RAFT_LEADER;

    log_event(&agent->log, LOG_LEVEL_INFO, "role", LOG_TEXT("role", raft_role_name(status->role)),
              LOG_U64("term", status->term), LOG_TEXT("leader", leader[0] != '\0' ? leader : NULL),
              LOG_BOOL("ready", status->ready),
              LOG_TEXT("ended", ended ? raft_end_text(status->ended) : NULL), LOG_END);
}

static void log_removed(struct agent *agent, bool before)
{
    if (agent->status.removed && !before) {
        log_event(&agent->log, LOG_LEVEL_WARNING, "removed",
                  LOG_TEXT("text", "this agent was removed from the cluster; it takes no part"),
                  LOG_END);
    }
}

static void on_role_changed(void *context)
{
    struct agent *agent = context;
    struct node_status before = agent->status;

    node_status(agent->node, &agent->status);
    log_role(agent, before.role);
    if (agent_seat_is_lost(agent)) {
        agent_seat_lose(agent);
        return;
    }
    log_removed(agent, before.removed);
    if (!agent->started) {
        return;
    }
    lead_role(agent->lead, agent->status.ready, agent->status.term);
    agent_ledger_tell_guard(agent);
    agent_server_poke(agent);
}

static void on_members_changed(void *context)
{
    struct agent *agent = context;

    agent_members_changed(agent);
    if (agent->started) {
        agent_ledger_tell_guard(agent);
        agent_server_poke(agent);
    }
}

static void on_fatal(void *context, const struct err *err)
{
    struct agent *agent = context;

    if (err->code == ERR_PROTOCOL) { /* the leader's snapshot is of a newer version */
        agent_feature_halt(agent, err);
        return;
    }
    log_event(&agent->log, LOG_LEVEL_ERROR, "storage_failed", LOG_TEXT("why", err->text), LOG_END);
    agent->store_damaged = err->code == ERR_CORRUPT; /* the disk works, what is on it doesn't */
    agent_close(agent, agent->store_damaged ? AGENT_EXIT_AGAIN : AGENT_EXIT_STORAGE);
}

struct node_hooks agent_ledger_hooks(void)
{
    return (struct node_hooks){
        .send = on_send,
        .apply = on_apply,
        .applied = on_applied,
        .snapshot_take = on_snapshot_take,
        .snapshot_restore = on_snapshot_restore,
        .role_changed = on_role_changed,
        .members_changed = on_members_changed,
        .fatal = on_fatal,
    };
}

/* ---- the leader's way into the log ------------------------------------------------ */

struct proposal {
    struct node_proposal node;
    struct agent *agent;
    lead_outcome_cb cb;
    void *context;
};

static void on_proposed(struct node_proposal *node, int result)
{
    struct proposal *proposal = container_of(node, struct proposal, node);
    const struct agent_outcome *said =
        &proposal->agent->outcomes[proposal->node.index % AGENT_OUTCOMES];
    struct lead_outcome outcome = {.code = result, .story = err_sentence(result)};

    if (result == 0) {
        assert(said->index == proposal->node.index);
        outcome.code = said->code;
        outcome.story = said->story;
        outcome.operation = said->operation;
    }
    proposal->cb(proposal->context, &outcome);
    free(proposal);
}

static void port_propose(void *context, const uint8_t *bytes, size_t length, lead_outcome_cb cb,
                         void *cb_context)
{
    struct agent *agent = context;
    struct proposal *proposal = calloc(1, sizeof *proposal);

    if (proposal == NULL) {
        abort();
    }
    proposal->agent = agent;
    proposal->cb = cb;
    proposal->context = cb_context;
    node_propose(agent->node, &proposal->node, bytes, length, on_proposed);
}

struct confirmation {
    struct node_confirmation node;
    lead_confirm_cb cb;
    void *context;
};

static void on_confirmed(struct node_confirmation *node, int result)
{
    struct confirmation *confirmation = container_of(node, struct confirmation, node);

    confirmation->cb(confirmation->context, result == 0);
    free(confirmation);
}

static void port_confirm(void *context, lead_confirm_cb cb, void *cb_context)
{
    struct agent *agent = context;
    struct confirmation *confirmation = calloc(1, sizeof *confirmation);

    if (confirmation == NULL) {
        abort();
    }
    confirmation->cb = cb;
    confirmation->context = cb_context;
    node_confirm(agent->node, &confirmation->node, on_confirmed);
}

static void port_send(void *context, const struct order_message *message)
{
    agent_route_send(context, message);
}

static void port_share(void *context, uint32_t to, const uint8_t *bytes, size_t length)
{
    struct agent *agent = context;

    peers_send(&agent->peers, to, PEER_VIEW, bytes, length);
}

struct lead_ports agent_ledger_ports(struct agent *agent)
{
    return (struct lead_ports){
        .context = agent,
        .propose = port_propose,
        .confirm = port_confirm,
        .send = port_send,
        .share = port_share,
    };
}
