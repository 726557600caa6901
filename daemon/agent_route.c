/* agent_route: the way of messages between agents, and from this one to itself.
 *
 * What the lead and the guard say to each other names an agent. It goes straight
 * there if there is a connection, through the agent that carried its last message
 * otherwise, through any other at last; a carrier passes it on once, to its goal
 * or not at all. What stays in this process goes through the mailbox, so that nobody is
 * called from inside his own call. Lost messages are asked for again by whoever
 * needs them. */
#include <assert.h>
#include <stdlib.h>

#include "daemon/agent.h"
#include "topology/message.h"

struct letter {
    struct list link;
    struct order_message message;
};

/* ---- to whom it is ------------------------------------------------------------------ */

static void deliver(struct agent *agent, const struct order_message *message)
{
    switch (message->kind) {
    case ORDER_KIND_REPORT:
    case ORDER_KIND_LEASE_REQUEST:
    case ORDER_KIND_RESULT:
        lead_receive(agent->lead, message);
        break;
    case ORDER_KIND_ORDER:
    case ORDER_KIND_LEASE_ANSWER:
        if (agent->guard != NULL) {
            guard_service_receive(agent->guard, message);
        }
        break;
    }
}

static void on_mail(uv_idle_t *idle)
{
    struct agent *agent = container_of(idle, struct agent, mail_idle);
    struct list batch;

    list_init(&batch);
    list_each (link, &agent->mailbox) {
        list_remove(link);
        list_append(&batch, link);
    }
    uv_idle_stop(idle);
    list_each (link, &batch) {
        struct letter *letter = container_of(link, struct letter, link);

        list_remove(link);
        if (!agent->closing) {
            deliver(agent, &letter->message);
        }
        free(letter);
    }
}

static void post(struct agent *agent, const struct order_message *message)
{
    struct letter *letter = malloc(sizeof *letter);

    if (letter == NULL) {
        return; /* like any lost message */
    }
    letter->message = *message;
    list_append(&agent->mailbox, &letter->link);
    uv_idle_start(&agent->mail_idle, on_mail);
}

/* ---- over the network --------------------------------------------------------------- */

static uint32_t carrier_to(const struct agent *agent, uint32_t to)
{
    uint32_t via;

    assert(to > ROSTER_SELF && to <= LIMIT_AGENT_SLOTS);
    via = agent->via[to];
    if (peers_connected(&agent->peers, to)) {
        return to;
    }
    if (via != 0 && peers_connected(&agent->peers, via)) {
        return via;
    }
    for (uint32_t place = ROSTER_SELF + 1; place <= LIMIT_AGENT_SLOTS; place++) {
        if (place != to && roster_is_agent(&agent->roster, place) &&
            peers_connected(&agent->peers, place)) {
            return place;
        }
    }
    return 0;
}

static void send_by(struct agent *agent, uint32_t carrier, const struct order_message *message)
{
    struct buf buf;

    buf_init(&buf, LIMIT_MESSAGE_BYTES);
    message_encode(message, &buf);
    if (buf_ok(&buf)) {
        peers_send(&agent->peers, carrier, PEER_GUARD, buf.data, buf.length);
    }
    buf_finish(&buf);
}

void agent_route_send(struct agent *agent, const struct order_message *message)
{
    struct order_message sent = *message;
    uint32_t carrier;

    sent.from = ROSTER_SELF;
    sent.hops = 0;
    if (sent.to == 0) {
        sent.to = agent_leader(agent);
    }
    if (sent.to == 0 || agent->closing) {
        return;
    }
    text_copy(sent.from_name, LIMIT_NAME_SIZE, roster_name(&agent->roster, ROSTER_SELF));
    text_copy(sent.to_name, LIMIT_NAME_SIZE, roster_name(&agent->roster, sent.to));
    if (sent.to == ROSTER_SELF) {
        post(agent, &sent);
        return;
    }
    carrier = carrier_to(agent, sent.to);
    if (carrier != 0) {
        send_by(agent, carrier, &sent);
    }
}

static void receive_guard(struct agent *agent, uint32_t by, const uint8_t *bytes, size_t length)
{
    struct order_message message;
    struct err err;

    if (message_decode(&message, bytes, length, &err) != 0) {
        log_event(&agent->log, LOG_LEVEL_WARNING, "message_refused",
                  LOG_TEXT("peer", roster_name(&agent->roster, by)), LOG_TEXT("why", err.text),
                  LOG_END);
        return;
    }
    message.from = roster_of_name(&agent->roster, message.from_name);
    message.to = roster_of_name(&agent->roster, message.to_name);
    if (message.from <= ROSTER_SELF || message.to == 0 ||
        (message.hops == 0 && message.from != by)) {
        return; /* nobody speaks for another but as its carrier */
    }
    agent->via[message.from] = message.from == by ? 0 : by;
    if (message.to == ROSTER_SELF) {
        deliver(agent, &message);
    } else if (message.hops == 0 && peers_connected(&agent->peers, message.to)) {
        message.hops = 1;
        send_by(agent, message.to, &message);
    }
}

/* ---- hooks of the peers ------------------------------------------------------------- */

static bool is_guest(const struct agent *agent, uint32_t place)
{
    const struct roster_agent *entry = roster_at(&agent->roster, place);

    return entry == NULL || entry->state == ROSTER_GUEST;
}

static void on_connected(void *context, unsigned id)
{
    struct agent *agent = context;

    if (is_guest(agent, id)) {
        return; /* it says what it wants */
    }
    lead_agent_connected(agent->lead, id, true);
    agent->tell_ms = 0; /* the newcomer knows nothing of us */
    agent_call_soon(agent);
    agent_server_poke(agent);
}

static void on_disconnected(void *context, unsigned id, enum peer_reason reason)
{
    struct agent *agent = context;

    (void)reason; /* the peers have told the log */
    agent->told[id].known = false;
    if (agent->closing || is_guest(agent, id)) {
        return;
    }
    lead_agent_connected(agent->lead, id, false);
    if (agent->node != NULL) {
        node_unreachable(agent->node, roster_name(&agent->roster, id));
    }
}

static void on_message(void *context, unsigned id, enum peer_kind kind, const uint8_t *bytes,
                       size_t length)
{
    struct agent *agent = context;
    struct err err;

    if (agent->closing) {
        return;
    }
    if (is_guest(agent, id)) {
        if (kind == PEER_CALL) {
            agent_invite_receive(agent, id, bytes, length);
        }
        return;
    }
    switch (kind) {
    case PEER_RAFT:
        if (agent->node != NULL) {
            node_receive(agent->node, roster_name(&agent->roster, id), bytes, length);
            agent_ledger_heard(agent);
        }
        break;
    case PEER_GUARD:
        receive_guard(agent, id, bytes, length);
        break;
    case PEER_VIEW:
        if (id == agent_leader(agent) && lead_shared(agent->lead, bytes, length, &err) != 0) {
            log_event(&agent->log, LOG_LEVEL_WARNING, "view_refused",
                      LOG_TEXT("peer", roster_name(&agent->roster, id)), LOG_TEXT("why", err.text),
                      LOG_END);
        }
        break;
    case PEER_CALL:
        agent_call_receive(agent, id, bytes, length);
        break;
    case PEER_CONFIRM:
        break; /* the channel's own */
    }
}

struct peers_hooks agent_route_hooks(void)
{
    return (struct peers_hooks){
        .connected = on_connected, .disconnected = on_disconnected, .message = on_message};
}

void agent_route_open(struct agent *agent)
{
    int rc;

    list_init(&agent->mailbox);
    rc = uv_idle_init(agent->loop, &agent->mail_idle);
    assert(rc == 0);
}

void agent_route_close(struct agent *agent, uv_close_cb cb)
{
    list_each (link, &agent->mailbox) {
        list_remove(link);
        free(container_of(link, struct letter, link));
    }
    uv_close((uv_handle_t *)&agent->mail_idle, cb);
}
