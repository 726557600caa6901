#include "tests/sim/sim_route.h"

#include <assert.h>
#include <stdlib.h>

#include "tests/sim/sim.h"

void sim_route_learn(struct sim_node *node, uint32_t id, uint32_t machine)
{
    for (uint32_t i = 0; i < 16; i++) {
        if (node->heard[i].id == id) {
            node->heard[i].machine = machine;
            return;
        }
    }
    node->heard[node->heard_next % 16].id = id;
    node->heard[node->heard_next % 16].machine = machine;
    node->heard_next++;
}

static uint32_t machine_of(const struct sim_node *node, uint32_t id)
{
    const struct member *member = members_find(&node->raft.members, id);

    if (member != NULL) {
        return (uint32_t)strtoul(member->name + 1, NULL, 10);
    }
    for (uint32_t i = 0; i < 16; i++) {
        if (node->heard[i].id == id) {
            return node->heard[i].machine;
        }
    }
    return 0;
}

void sim_route_send(struct sim *sim, struct sim_machine *machine,
                    const struct raft_message *message)
{
    uint32_t to = machine_of(&machine->node, message->to);

    buf_reset(&sim->out);
    wire_encode(&sim->out, message);
    assert(buf_ok(&sim->out));
    if (to == 0 || to == machine->number) {
        return;
    }
    if (sim->meddle != NULL && sim->meddle(sim, machine->number, to, message)) {
        sim_trace_message(sim, machine->number, to, " x", message);
    } else {
        sim_trace_message(sim, machine->number, to, " >", message);
        sim_net_send(sim, SIM_PACKET_RAFT, sim_net_sort(message->type), machine->number, to,
                     sim->out.data, sim->out.length);
    }
}
