/* agent_look: the picture that the API answers from. */
#include <stdlib.h>
#include <string.h>

#include "daemon/agent.h"
#include "daemon/io/clock.h"

static const struct node_peer_status *peer_status(const struct node_status *status, uint32_t id)
{
    for (uint32_t i = 0; i < status->peer_count; i++) {
        if (status->peers[i].id == id) {
            return &status->peers[i];
        }
    }
    return NULL;
}

static void look_at_told(const struct agent_told *told, struct api_agent *out)
{
    out->term = told->term;
    out->commit = told->commit;
    out->applied = told->applied;
    out->snapshot_index = told->snapshot_index;
    out->pid = told->pid;
    text_copy(out->version, sizeof out->version, told->version);
    text_copy(out->storage, sizeof out->storage, told->storage);
    text_copy(out->api, sizeof out->api, told->api);
    out->clock_skew_ms = told->clock_skew_ms;
    text_copy(out->halted, sizeof out->halted, told->halted);
}

static void look_at_self(const struct agent *agent, const struct node_status *status,
                         struct api_agent *out)
{
    struct agent_told told;

    agent_tell_fill(agent, &told);
    look_at_told(&told, out);
    text_copy(out->role, sizeof out->role,
              status->role == RAFT_PRECANDIDATE ? "candidate"
              : status->role != RAFT_FOLLOWER   ? raft_role_name(status->role)
              : out->halted[0] != '\0'          ? "unknown"
              : out->voter                      ? "follower"
                                                : "learner");
    out->connected = true;
    out->contacted = true;
}

static void look_at_peer(const struct agent *agent, const struct node_status *status,
                         uint32_t place, uint64_t now_ms, struct api_agent *out)
{
    const struct node_peer_status *peer = peer_status(status, roster_at(&agent->roster, place)->id);

    out->connected = peers_connected(&agent->peers, place);
    if (out->connected && agent->told[place].known) {
        look_at_told(&agent->told[place], out);
        out->clock_known = true;
    }
    text_copy(out->role, sizeof out->role,
              place == agent_leader(agent) ? "leader"
              : !out->connected            ? "unknown"
              : out->halted[0] != '\0'     ? "unknown"
              : out->voter                 ? "follower"
                                           : "learner");
    if (peer != NULL && peer->last_contact_ms != 0) {
        out->contacted = true;
        out->last_contact_ms = now_ms - peer->last_contact_ms;
    }
}

static int named_compare(const void *a, const void *b)
{
    const struct api_agent *left = a;
    const struct api_agent *right = b;

    return strcmp(left->name, right->name);
}

static void look_at_agents(const struct agent *agent, const struct node_status *status,
                           struct api_view *view)
{
    for (uint32_t place = 1; place <= LIMIT_AGENT_SLOTS; place++) {
        struct api_agent *out = &view->agents[view->agent_count];
        const struct roster_agent *entry = roster_at(&agent->roster, place);

        if (!roster_is_agent(&agent->roster, place) || view->agent_count == VIEW_AGENTS) {
            continue;
        }
        view->agent_count++;
        text_copy(out->name, sizeof out->name, roster_name(&agent->roster, place));
        text_copy(out->address, sizeof out->address, entry->address);
        text_copy(out->kind, sizeof out->kind, member_kind_name(entry->kind));
        out->id = entry->id;
        out->voter = entry->kind == MEMBER_VOTER;
        if (place == ROSTER_SELF) {
            look_at_self(agent, status, out);
        } else {
            look_at_peer(agent, status, place, view->now_ms, out);
        }
    }
    qsort(view->agents, view->agent_count, sizeof view->agents[0], named_compare);
}

static void look_at_guard(const struct agent *agent, struct api_guard *out)
{
    struct guard_service_status status;

    if (agent->guard == NULL) {
        return;
    }
    guard_service_status(agent->guard, &status);
    text_copy(out->server, sizeof out->server, agent->conf->server.name);
    out->writable = status.serves_writes;
    out->lease_ms_left = status.report.lease_ms_left;
    out->answers = status.report.testimony == ORDER_ANSWERING;
    if (out->answers) {
        out->observation = status.report.observation;
    }
}

static uint64_t finding_since(void *context, const char *cluster, enum problem code,
                              const char *server)
{
    struct agent *agent = context;

    return lead_finding_since_ms(agent->lead, cluster, code, server);
}

void agent_look(void *context, struct api_view *view)
{
    struct agent *agent = context;
    struct node_status status;

    agent_node_status(agent, &status);
    memset(view, 0, offsetof(struct api_view, agents));
    view->guard.server[0] = '\0';
    view->ledger = agent->ledger;
    view->model = lead_model(agent->lead);
    view->now_ms = clock_now_ms();
    view->age_ms = lead_model_age_ms(agent->lead);
    view->as_of_ms = clock_wall_ms() - view->age_ms;
    view->is_leader = status.ready;
    view->caught_up = agent->caught_up;
    view->removed = status.removed;
    text_copy(view->self, sizeof view->self, roster_name(&agent->roster, ROSTER_SELF));
    view->since_ms = finding_since;
    view->since_ctx = agent;
    for (uint32_t i = 0; i < agent->ledger->cluster_count; i++) {
        view->settled_ms[i] = lead_settled_ms(agent->lead, i);
    }
    text_copy(view->leader, sizeof view->leader, roster_name(&agent->roster, agent_leader(agent)));
}

void agent_look_around(void *context, struct api_view *view)
{
    struct agent *agent = context;
    struct node_status status;

    agent_node_status(agent, &status);
    view->agent_count = 0;
    memset(view->agents, 0, sizeof view->agents); /* 10 KB: not for everybody */
    memset(&view->guard, 0, sizeof view->guard);
    look_at_agents(agent, &status, view);
    look_at_guard(agent, &view->guard);
}
