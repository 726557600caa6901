/* agent_members: who the agents are, as the node knows it, and what follows from it here:
 * connections, what was told, whom to ask. */
#include <assert.h>
#include <string.h>

#include "daemon/agent.h"
#include "daemon/io/clock.h"

void agent_node_status(const struct agent *agent, struct node_status *status)
{
    *status = (struct node_status){.role = RAFT_FOLLOWER};
    if (agent->node != NULL) {
        node_status(agent->node, status);
    }
    if (agent->halted) { /* whatever it was then */
        status->role = RAFT_FOLLOWER;
        status->leader = 0;
        status->ready = false;
    }
}

bool agent_has_seat(const struct agent *agent)
{
    return agent->status.id != 0 && !agent->status.removed && !agent->halted;
}

/* ---- the leader ------------------------------------------------------------------------ */

/* Who has no number hears no leader; the others tell who it is, the newest term counts. */
static uint32_t leader_by_hearsay(const struct agent *agent)
{
    uint32_t best = 0;

    for (uint32_t place = 1; place <= LIMIT_AGENT_SLOTS; place++) {
        const struct agent_told *told = &agent->told[place];

        if (told->known && told->leads && (best == 0 || told->term > agent->told[best].term)) {
            best = place;
        }
    }
    return best;
}

uint32_t agent_leader(const struct agent *agent)
{
    const struct node_status *status = &agent->status;

    if (status->role == RAFT_LEADER) {
        return ROSTER_SELF;
    }
    return agent_has_seat(agent)
               ? roster_of_name(&agent->roster, node_name_of(agent->node, status->leader))
               : leader_by_hearsay(agent);
}

/* ---- the connections ---------------------------------------------------------------------- */

static void on_added(void *context, uint32_t place)
{
    struct agent *agent = context;
    const struct roster_agent *entry = roster_at(&agent->roster, place);
    struct conf_peer peer = {.name = ""};
    struct err err;

    if (agent->closing) {
        return;
    }
    text_copy(peer.name, sizeof peer.name, roster_name(&agent->roster, place));
    text_copy(peer.address, sizeof peer.address, entry->address);
    memcpy(peer.key, entry->key, sizeof peer.key);
    if (peers_add(&agent->peers, place, &peer, &err) != 0) {
        log_event(&agent->log, LOG_LEVEL_ERROR, "agent_unreachable", LOG_TEXT("agent", peer.name),
                  LOG_TEXT("why", err.text), LOG_END);
        peer.address[0] = '\0'; /* it may still connect to us */
        peers_add(&agent->peers, place, &peer, NULL);
    }
}

static void on_moved(void *context, uint32_t place)
{
    struct agent *agent = context;
    struct err err;

    if (!agent->closing &&
        peers_move(&agent->peers, place, roster_at(&agent->roster, place)->address, &err) != 0) {
        log_event(&agent->log, LOG_LEVEL_ERROR, "agent_unreachable",
                  LOG_TEXT("agent", roster_name(&agent->roster, place)), LOG_TEXT("why", err.text),
                  LOG_END);
    }
}

/* Whatever is kept by its place is somebody else's from here on. */
static void on_left(void *context, uint32_t place)
{
    struct agent *agent = context;

    if (!agent->closing) {
        peers_remove(&agent->peers, place);
    }
    agent->told[place] = (struct agent_told){.known = false};
    agent->via[place] = 0;
    for (uint32_t other = 1; other <= LIMIT_AGENT_SLOTS; other++) {
        if (agent->via[other] == place) {
            agent->via[other] = 0;
        }
    }
}

void agent_members_open(struct agent *agent)
{
    const struct roster_hooks hooks = {
        .context = agent, .added = on_added, .moved = on_moved, .left = on_left};

    roster_init(&agent->roster, &hooks, agent->conf->agent.name, agent->conf->agent.listen,
                agent->conf->agent.keys.public);
}

/* ---- what the node says ---------------------------------------------------------------------- */

static void log_members(struct agent *agent, const struct members *members)
{
    struct buf text;

    buf_init(&text, LIMIT_CONFIG_LINE_BYTES);
    for (uint32_t i = 0; i < members->count; i++) {
        const struct member *member = &members->list[i];

        buf_printf(&text, "%s%s %s %u", i > 0 ? ", " : "", member->name,
                   member_kind_name(member->kind), member->id);
    }
    log_event(&agent->log, LOG_LEVEL_INFO, "members", LOG_TEXT("agents", buf_text(&text)), LOG_END);
    buf_finish(&text);
}

/* The first list in its log says where a store belongs. A first voter that has nothing yet may be
 * one whose disk was wiped, after a recovery, too: it speaks with everybody. */
static void settle(struct agent *agent, const struct members *members)
{
    struct node_status status;

    node_status(agent->node, &status);
    if (status.last > 0) {
        seat_settle(&agent->seat, members);
        peers_set_cluster(&agent->peers, agent->seat.cluster, false);
        agent->tell_ms = 0; /* the others hear it with the next turn */
    }
}

/* Before the node has a list, whoever was known last, or is in the file, is asked. */
void agent_members_changed(struct agent *agent)
{
    const struct members *members = node_members(agent->node);

    if (members->count == 0) {
        return;
    }
    log_members(agent, members);
    settle(agent, members);
    roster_follow(&agent->roster, members, clock_now_ms());
    agent->seat.known = *members;
    agent_seat_keep(agent);
}
