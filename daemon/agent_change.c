/* agent_change: what operators ask of the agents themselves, on the leader.
 *
 * Happy path: add, move, remove -> one change of Raft's list -> committed -> done. Lead ->
 * the handover begins -> the other one leads -> done.
 *
 * Failure paths: refused at once, with the story (the list's rules, and: the agent of a primary
 * can't be removed); leadership lost in between: TIMED_OUT, since it may have been committed. A
 * handover that doesn't come about within HANDOVER_MS is given up by Raft itself, and this agent
 * leads on. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/agent.h"
#include "daemon/io/clock.h"

enum { HANDOVER_MS = 3000 };

static void done_with_error(struct api_wait *wait, const struct err *err)
{
    struct api_result result;

    api_result_init(&result);
    api_result_error(&result, err);
    wait->done(wait, &result);
    api_result_finish(&result);
}

/* ---- changes of the list ---------------------------------------------------------------- */

struct change {
    struct node_proposal node;
    struct api_wait *wait;
    enum api_code success;
};

static void on_changed(struct node_proposal *node, int result)
{
    struct change *change = container_of(node, struct change, node);
    struct err err;

    if (result == 0) {
        api_wait_say(change->wait, change->success, "");
    } else {
        err_set(&err, result, "%s",
                result == ERR_TIMEOUT ? "this agent leads no more; it may have been done"
                                      : err_sentence(result));
        done_with_error(change->wait, &err);
    }
    free(change);
}

static void propose(struct agent *agent, const struct members_change *wanted, enum api_code success,
                    struct api_wait *wait)
{
    struct change *change = calloc(1, sizeof *change);
    struct err err;

    if (change == NULL) {
        abort();
    }
    change->wait = wait;
    change->success = success;
    if (node_change(agent->node, &change->node, wanted, on_changed, &err) != 0) {
        free(change);
        done_with_error(wait, &err);
    }
}

static const struct member *the_member(struct agent *agent, const struct api_call *call,
                                       struct api_wait *wait)
{
    const struct member *member = members_find_name(node_members(agent->node), call->cluster);
    char detail[LIMIT_TEXT_SIZE];

    if (member == NULL) {
        text_format(detail, sizeof detail, "there is no agent %s", call->cluster);
        api_wait_say(wait, API_NOT_FOUND, detail);
    }
    return member;
}

static void add(struct agent *agent, const struct api_call *call, struct api_wait *wait)
{
    struct members_change change = {.kind = MEMBERS_ADD};

    change.member.kind = call->learner ? MEMBER_LEARNER : MEMBER_JOINING;
    text_copy(change.member.name, LIMIT_NAME_SIZE, call->agent_name);
    text_copy(change.member.address, LIMIT_ADDRESS_SIZE, call->agent_address);
    memcpy(change.member.key, call->agent_key, MEMBERS_KEY_BYTES);
    propose(agent, &change, API_CREATED, wait);
}

/* The agent itself listens where its configuration says; the others learn from this where that is.
 */
static void move(struct agent *agent, const struct api_call *call, struct api_wait *wait)
{
    const struct member *member = the_member(agent, call, wait);
    struct members_change change = {.kind = MEMBERS_MOVE};

    if (member != NULL) {
        change.member.id = member->id;
        text_copy(change.member.address, LIMIT_ADDRESS_SIZE, call->agent_address);
        propose(agent, &change, API_OK, wait);
    }
}

/* It hasn't been heard for so long that a lease of it can't be running: its host is gone, and
 * another agent may have to take its server over. */
static bool is_lost(const struct agent *agent, const struct ledger_cluster *cluster)
{
    const struct model_server *seen = model_look(lead_model(agent->lead), cluster->primary);
    uint64_t heard_ms = seen == NULL ? 0 : seen->reported_ms;

    if (seen != NULL && heard_ms < seen->watched_ms) {
        heard_ms = seen->watched_ms; /* this leader could have heard it since then */
    }
    return heard_ms != 0 && !seen->guard_connected &&
           clock_now_ms() - heard_ms > 2 * ledger_lease_wait_ms(cluster);
}

/* The cluster whose primary this agent guards, or NULL. Its lease comes through the agent: without
 * it the primary would stop. */
static const struct ledger_cluster *guards_a_primary(const struct agent *agent, const char *name)
{
    for (uint32_t i = 0; i < agent->ledger->cluster_count; i++) {
        const struct ledger_cluster *cluster = &agent->ledger->clusters[i];
        const struct ledger_server *server = ledger_server_find(cluster, cluster->primary);

        if (server != NULL && strcmp(server->agent, name) == 0 && !is_lost(agent, cluster)) {
            return cluster;
        }
    }
    return NULL;
}

static void remove_agent(struct agent *agent, const struct api_call *call, struct api_wait *wait)
{
    const struct member *member = the_member(agent, call, wait);
    const struct ledger_cluster *cluster;
    struct members_change change = {.kind = MEMBERS_REMOVE};
    struct api_result result;

    if (member == NULL) {
        return;
    }
    cluster = guards_a_primary(agent, member->name);
    if (cluster != NULL) {
        api_result_init(&result);
        result.code = API_REFUSED;
        text_format(
            result.detail, sizeof result.detail,
            "agent %s guards %s, the primary of %s: without its agent it would stop writing",
            member->name, cluster->primary, cluster->name);
        text_format(result.suggestion, sizeof result.suggestion, "orchestratorctl switchover %s",
                    cluster->name);
        wait->done(wait, &result);
        api_result_finish(&result);
        return;
    }
    change.member.id = member->id;
    propose(agent, &change, API_OK, wait);
}

/* ---- handing over -----------------------------------------------------------------------------
 */

struct handover {
    struct list link;
    struct api_wait *wait;
    uint32_t to; /* Raft's number */
    uint64_t deadline_ms;
    char name[LIMIT_NAME_SIZE];
};

static void end_handover(struct handover *handover, enum api_code code, const char *detail)
{
    struct api_wait *wait = handover->wait;

    list_remove(&handover->link);
    free(handover);
    api_wait_say(wait, code, detail);
}

static void lead(struct agent *agent, const struct api_call *call, struct api_wait *wait)
{
    const struct member *member = the_member(agent, call, wait);
    struct handover *handover;
    struct err err;

    if (member == NULL) {
        return;
    }
    if (node_transfer(agent->node, member->id, &err) != 0) {
        done_with_error(wait, &err);
        return;
    }
    handover = calloc(1, sizeof *handover);
    if (handover == NULL) {
        abort();
    }
    handover->wait = wait;
    handover->to = member->id;
    handover->deadline_ms = clock_now_ms() + HANDOVER_MS;
    text_copy(handover->name, sizeof handover->name, member->name);
    list_append(&agent->handovers, &handover->link);
    agent_call_soon(agent);
}

static void look_at_handover(const struct agent *agent, struct handover *handover, uint64_t now_ms)
{
    uint32_t leader = agent->status.role == RAFT_LEADER ? 0 : agent->status.leader;
    char detail[LIMIT_TEXT_SIZE];

    if (leader == handover->to) {
        end_handover(handover, API_OK, "");
    } else if (leader != 0) {
        text_format(detail, sizeof detail, "agent %s leads now, not %s",
                    node_name_of(agent->node, leader), handover->name);
        end_handover(handover, API_STALE, detail);
    } else if (now_ms >= handover->deadline_ms) {
        text_format(detail, sizeof detail, "agent %s didn't take over in time; %s", handover->name,
                    agent->status.role == RAFT_LEADER ? "this agent leads on" : "nobody leads now");
        end_handover(handover, API_TIMED_OUT, detail);
    }
}

void agent_change_tick(struct agent *agent)
{
    uint64_t now_ms = clock_now_ms();

    list_each (link, &agent->handovers) {
        look_at_handover(agent, container_of(link, struct handover, link), now_ms);
    }
    if (agent->stop_ms != 0 && (agent->status.role != RAFT_LEADER || now_ms >= agent->stop_ms)) {
        agent_close(agent, 0);
    }
}

void agent_change_close(struct agent *agent)
{
    list_each (link, &agent->handovers) {
        end_handover(container_of(link, struct handover, link), API_TIMED_OUT, "this agent stops");
    }
}

/* A second request stops it at once. */
void agent_change_stop(struct agent *agent)
{
    const struct ledger_profile *profile = ledger_profile_named("default");
    struct err err;

    if (agent->stop_ms != 0 || agent->node == NULL || agent->status.role != RAFT_LEADER ||
        members_voters(node_members(agent->node)) < 2 || node_transfer(agent->node, 0, &err) != 0) {
        agent_close(agent, 0);
        return;
    }
    agent->stop_ms = clock_now_ms() + profile->election_max_ms;
    agent_call_soon(agent);
}

void agent_change(struct agent *agent, const struct api_call *call, struct api_wait *wait)
{
    switch (call->verb) {
    case VERB_AGENT_ADD:
        add(agent, call, wait);
        break;
    case VERB_AGENT_MOVE:
        move(agent, call, wait);
        break;
    case VERB_AGENT_REMOVE:
        remove_agent(agent, call, wait);
        break;
    case VERB_AGENT_LEAD:
        lead(agent, call, wait);
        break;
    case VERB_AGENT_INVITE:
        agent_invite(agent, call, wait);
        break;
    case VERB_AGENT_UNINVITE:
        agent_uninvite(agent, call, wait);
        break;
    case VERB_AGENT_JOIN:
        agent_invite_join(agent, call, wait);
        break;
    default:
        assert(false);
    }
}
