#include "tests/sim/sim_client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

struct client_proposal {
    struct node_proposal proposal;
    struct sim *sim;
    uint32_t machine;
    uint64_t number;
    uint64_t life;
    sim_command_cb *cb;
};

struct client_read {
    struct node_confirmation confirmation;
    struct sim *sim;
    uint32_t machine;
    uint64_t acknowledged; /* the highest index that anybody was told of before it began */
};

static void tell_answer(const struct client_proposal *asked, int result)
{
    const struct node_proposal *proposal = &asked->proposal;

    if (result == 0) {
        sim_say(asked->sim, "%u says of write %llu: done, at %llu/%llu", asked->machine,
                (unsigned long long)asked->number, (unsigned long long)proposal->index,
                (unsigned long long)proposal->term);
    } else if (result == ERR_TIMEOUT || result == ERR_CLOSED) {
        sim_say(asked->sim, "%u says of write %llu: unknown", asked->machine,
                (unsigned long long)asked->number);
    } else {
        sim_say(asked->sim, "%u says of write %llu: not done, %s", asked->machine,
                (unsigned long long)asked->number, err_sentence(result));
    }
}

static void on_answered(struct node_proposal *proposal, int result)
{
    struct client_proposal *asked = proposal->context;

    tell_answer(asked, result);
    sim_check_answered(asked->sim, asked->number, result, proposal->index, proposal->term);
    if (asked->cb != NULL && result != ERR_CLOSED) {
        asked->cb(asked->sim, asked->machine, proposal->term, result);
    }
    free(asked);
}

void sim_client_command(struct sim *sim, uint32_t machine, struct sim_command *command,
                        sim_command_cb *cb)
{
    struct client_proposal *asked = calloc(1, sizeof(*asked));
    size_t filler = (size_t)sim_random_below(&sim->client_random, sim->options.propose_bytes + 1);
    uint8_t bytes[sizeof(*command) + 4096];

    assert(asked != NULL && filler <= 4096);
    command->proposal = sim_check_proposed(sim);
    memcpy(bytes, command, sizeof(*command));
    for (size_t i = 0; i < filler; i++) {
        bytes[sizeof(*command) + i] = (uint8_t)(command->proposal * 31 + i);
    }
    asked->sim = sim;
    asked->machine = machine;
    asked->number = command->proposal;
    asked->cb = cb;
    asked->proposal.context = asked;
    sim_node_propose(sim, sim_machine(sim, machine), &asked->proposal, bytes,
                     sizeof(*command) + filler, on_answered);
}

static void on_read(struct node_confirmation *confirmation, int result)
{
    struct client_read *asked = confirmation->context;
    struct sim *sim = asked->sim;

    if (result == 0) {
        sim_say(sim, "%u lets a read see all up to %llu", asked->machine,
                (unsigned long long)sim_machine(sim, asked->machine)->node.raft.applied);
        sim->counters.reads++;
        sim_check_read(sim, sim_machine(sim, asked->machine), asked->acknowledged);
    } else {
        sim_say(sim, "%u doesn't let a read through: %s", asked->machine, err_sentence(result));
    }
    free(asked);
}

void sim_client_read(struct sim *sim, uint32_t machine)
{
    struct client_read *asked = calloc(1, sizeof(*asked));

    assert(asked != NULL);
    asked->sim = sim;
    asked->machine = machine;
    asked->acknowledged = sim->check.acknowledged;
    asked->confirmation.context = asked;
    sim_node_confirm(sim, sim_machine(sim, machine), &asked->confirmation, on_read);
}
