/* agent_tell: agents tell each other how they are, so that each can show all of them. Nothing
 * is decided from it; a message that is lost is followed by the next one. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/agent.h"
#include "daemon/io/clock.h"
#include "proto/call.pb-c.h"

void agent_tell_fill(const struct agent *agent, struct agent_told *told)
{
    const struct conf *conf = agent->conf;
    struct node_status status;

    agent_node_status(agent, &status);
    *told = (struct agent_told){
        .known = true,
        .term = status.term,
        .commit = status.commit,
        .applied = status.applied,
        .snapshot_index = status.snapshot,
        .pid = (uint32_t)getpid(),
        .leads = status.ready,
        .features = agent->ledger->knows,
    };
    text_copy(told->version, sizeof told->version, ORCHESTRATORD_VERSION);
    text_copy(told->storage, sizeof told->storage, agent_store_state(agent));
    text_copy(told->halted, sizeof told->halted, agent->halted_why);
    if (conf->api.listen[0] != '\0') {
        text_format(told->api, sizeof told->api, "%s://%s", conf->api.tls ? "https" : "http",
                    conf->api.listen);
    }
}

void agent_tell(struct agent *agent)
{
    Call__Message message = CALL__MESSAGE__INIT;
    Call__Told told = CALL__TOLD__INIT;
    struct agent_told own;
    uint8_t bytes[sizeof own + 64];
    size_t length;

    agent_tell_fill(agent, &own);
    told.term = own.term;
    told.commit = own.commit;
    told.applied = own.applied;
    told.snapshot_index = own.snapshot_index;
    told.pid = own.pid;
    told.version = own.version;
    told.storage = own.storage;
    told.api = own.api;
    told.leads = own.leads;
    told.features = own.features;
    told.halted = own.halted;
    told.wall_ms = clock_wall_ms();
    told.cluster = agent->seat.cluster;
    told.newcomer = !agent->seat.settled;
    message.body_case = CALL__MESSAGE__BODY_TOLD;
    message.told = &told;
    if (call__message__get_packed_size(&message) > sizeof bytes) {
        return;
    }
    length = call__message__pack(&message, bytes);
    for (uint32_t place = ROSTER_SELF + 1; place <= LIMIT_AGENT_SLOTS; place++) {
        if (roster_is_agent(&agent->roster, place) && peers_connected(&agent->peers, place)) {
            peers_send(&agent->peers, place, PEER_CALL, bytes, length);
        }
    }
}

void agent_tell_take(struct agent *agent, uint32_t from, const Call__Told *message)
{
    struct agent_told *told = &agent->told[from];

    *told = (struct agent_told){
        .known = true,
        .term = message->term,
        .commit = message->commit,
        .applied = message->applied,
        .snapshot_index = message->snapshot_index,
        .pid = message->pid,
        .leads = message->leads,
        .features = message->features,
        .clock_skew_ms = (int64_t)(message->wall_ms - clock_wall_ms()),
    };
    text_copy(told->version, sizeof told->version, message->version);
    text_copy(told->storage, sizeof told->storage, message->storage);
    text_copy(told->api, sizeof told->api, message->api);
    text_copy(told->halted, sizeof told->halted, message->halted);
    if (!agent_has_seat(agent)) {
        agent_ledger_tell_guard(agent); /* who leads is known from this */
    }
    peers_told_cluster(&agent->peers, from, message->cluster, message->newcomer);
}
