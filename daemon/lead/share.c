/* share: the leader's picture for the other agents, changed servers only.
 *
 * Called at every tick (at most every LEAD_TICK_MS). An agent that has just connected gets
 * everything. The picture never goes through the log: it may be lost, the next change
 * or the next connection repairs it. */
#include "daemon/io/clock.h"
#include "daemon/lead/lead_internal.h"

static void share_with(struct lead *lead, uint32_t agent, uint64_t now_ms)
{
    const struct lead_ports *ports = &lead->config.ports;
    uint64_t since = lead->shared_change[agent];

    for (uint32_t i = 0; i < lead->model.server_count; i++) {
        const struct model_server *server = &lead->model.servers[i];

        if (since != 0 && server->changed <= since) {
            continue;
        }
        buf_reset(&lead->buf);
        model_encode_server(server, now_ms, &lead->buf);
        if (buf_ok(&lead->buf)) {
            ports->share(ports->context, agent, lead->buf.data, lead->buf.length);
        }
    }
    lead->shared_change[agent] = lead->model.changes;
}

void share_changes(struct lead *lead)
{
    uint64_t now_ms = clock_now_ms();

    for (uint32_t agent = 1; agent <= lead->config.agent_count; agent++) {
        if (agent != lead->config.self && lead->connected[agent]) {
            share_with(lead, agent, now_ms);
        }
    }
}
