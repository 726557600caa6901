#include "tests/sim/sim_route.h"

#include <assert.h>
#include <stdlib.h>

#include "tests/sim/sim.h"

static uint32_t machine_of(const struct sim_node *node, const struct raft_message *message)
{
    const char *name = speakers_receiver(&node->speakers, &node->raft, message);

    return name[0] != '\0' ? (uint32_t)strtoul(name + 1, NULL, 10) : 0;
}

void sim_route_send(struct sim *sim, struct sim_machine *machine,
                    const struct raft_message *message)
{
    uint32_t to = machine_of(&machine->node, message);

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
