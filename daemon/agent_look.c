/* agent_look: the picture that the API answers from. */
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
}

static void look_at_self(const struct agent *agent, const struct node_status *status,
                         struct api_agent *out)
{
    struct agent_told told;

    agent_tell_fill(agent, &told);
    look_at_told(&told, out);
    text_copy(out->role, sizeof out->role,
              status->role == RAFT_PRECANDIDATE ? "candidate" : raft_role_name(status->role));
    out->connected = true;
    out->contacted = true;
}

static void look_at_peer(const struct agent *agent, const struct node_status *status, uint32_t id,
                         uint64_t now_ms, struct api_agent *out)
{
    const struct node_peer_status *peer = peer_status(status, id);

    out->connected = peers_connected(&agent->peers, id);
    if (out->connected && agent->told[id].known) {
        look_at_told(&agent->told[id], out);
    }
    text_copy(out->role, sizeof out->role,
              id == status->leader ? "leader"
              : out->connected     ? "follower"
                                   : "unknown");
    if (peer != NULL && peer->last_contact_ms != 0) {
        out->contacted = true;
        out->last_contact_ms = now_ms - peer->last_contact_ms;
    }
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

    node_status(agent->node, &status);
    memset(view, 0, offsetof(struct api_view, analyses));
    view->ledger = agent->ledger;
    view->model = lead_model(agent->lead);
    view->now_ms = clock_now_ms();
    view->age_ms = lead_model_age_ms(agent->lead);
    view->as_of_ms = clock_wall_ms() - view->age_ms;
    view->is_leader = status.ready;
    view->caught_up = agent->caught_up;
    text_copy(view->self, sizeof view->self, agent->names[agent->self - 1]);
    view->since_ms = finding_since;
    view->since_ctx = agent;
    for (uint32_t i = 0; i < agent->ledger->cluster_count; i++) {
        view->settled_ms[i] = lead_settled_ms(agent->lead, i);
    }
    if (status.leader != 0) {
        text_copy(view->leader, sizeof view->leader, agent->names[status.leader - 1]);
    }
    view->agent_count = agent->agent_count;
    for (uint32_t id = 1; id <= agent->agent_count; id++) {
        struct api_agent *out = &view->agents[id - 1];

        text_copy(out->name, sizeof out->name, agent->names[id - 1]);
        text_copy(out->address, sizeof out->address, agent->addresses[id - 1]);
        out->voter = true;
        if (id == agent->self) {
            look_at_self(agent, &status, out);
        } else {
            look_at_peer(agent, &status, id, view->now_ms, out);
        }
    }
    look_at_guard(agent, &view->guard);
}
