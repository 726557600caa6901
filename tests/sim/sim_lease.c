#include "tests/sim/sim_lease.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/sim/sim_client.h"

/* As it travels. */
struct lease_letter {
    struct order_lease_request request;
    uint32_t guard; /* machine */
    uint32_t hops;
};

/* Waits for a round (lead/lease_desk.c). */
struct desk_request {
    struct node_confirmation confirmation;
    struct sim *sim;
    uint32_t machine;
    uint64_t term;
    struct lease_letter letter;
};

static void server_name(char name[LIMIT_NAME_SIZE], uint64_t machine)
{
    text_format(name, LIMIT_NAME_SIZE, "m%u", (unsigned)machine);
}

void sim_leases_init(struct sim *sim)
{
    struct ledger_cluster *cluster;

    sim->leases = calloc(1, sizeof(*sim->leases));
    assert(sim->leases != NULL);
    sim->leases->ledger.cluster_count = 1;
    cluster = &sim->leases->ledger.clusters[0];
    text_copy(cluster->name, sizeof(cluster->name), "c");
    cluster->settings.automation = LEDGER_AUTOMATION_ON;
    while (ledger_profile(cluster)->lease_ms < sim->options.lease_ms) {
        cluster->settings.profile++;
    }
    cluster->server_count = sim->machine_count;
    for (uint32_t i = 0; i < sim->machine_count; i++) {
        server_name(cluster->servers[i].name, i + 1);
    }
}

/* The ledger as this node's state says. */
static const struct ledger *ledger_of(struct sim *sim, const struct sim_node *node)
{
    struct ledger_cluster *cluster = &sim->leases->ledger.clusters[0];

    cluster->epoch = node->state.epoch;
    server_name(cluster->primary, node->state.holder);
    cluster->operation.id = node->state.revoking != 0;
    cluster->operation.kind = OPERATION_KIND_SWITCHOVER;
    cluster->operation.state = (enum operation_state)0;
    return &sim->leases->ledger;
}

/* ---- the holder ------------------------------------------------------------------ */

static void ask_later(struct sim *sim, struct sim_machine *machine)
{
    struct sim_guard *guard = &machine->guard;
    uint64_t at_ms = lease_ask_at(&guard->lease, (uint32_t)sim->options.lease_ms,
                                  (uint32_t)sim->options.heartbeat_ms);
    uint64_t at_us;

    if (guard->asking || at_ms == LEASE_NEVER || sim->options.leases == 0) {
        return;
    }
    at_us = sim_true_us(sim, machine, at_ms * 1000);
    guard->asking = true;
    sim_at(sim, at_us > sim->now_us ? at_us : sim->now_us, SIM_LEASE, machine->number, 0, NULL);
}

void sim_lease_ask(struct sim *sim, const struct sim_event *event)
{
    struct sim_machine *machine = sim_machine(sim, event->machine);
    struct sim_guard *guard = &machine->guard;
    struct lease_letter letter = {.guard = machine->number};
    uint32_t to = (uint32_t)sim_random_below(&sim->client_random, sim->machine_count) + 1;
    char name[LIMIT_NAME_SIZE];

    guard->asking = false;
    if (guard->lease.wanted_epoch == 0) {
        return;
    }
    server_name(name, machine->number);
    lease_ask(&guard->lease, sim_local_ms(sim, machine), name, &letter.request);
    sim_net_send(sim, SIM_PACKET_LEASE_REQUEST, SIM_SORT_LEASE, machine->number, to, &letter,
                 sizeof(letter));
    ask_later(sim, machine);
}

static void check_alone(struct sim *sim, const struct sim_machine *machine)
{
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        const struct sim_guard *other = &sim_machine(sim, i)->guard;

        if (i != machine->number && other->valid_until_us > sim->now_us) {
            sim_fail(sim, SIM_UNSAFE,
                     "two leases run at once: %u holds epoch %llu until %llu us, and %u epoch %llu",
                     i, (unsigned long long)other->epoch, (unsigned long long)other->valid_until_us,
                     machine->number, (unsigned long long)machine->guard.epoch);
        }
    }
    if (machine->guard.epoch < sim->leases->epoch_highest) {
        sim_fail(sim, SIM_UNSAFE, "%u holds epoch %llu, and epoch %llu was held before",
                 machine->number, (unsigned long long)machine->guard.epoch,
                 (unsigned long long)sim->leases->epoch_highest);
    }
}

void sim_guard_answer(struct sim *sim, struct sim_machine *machine, struct sim_packet *packet)
{
    struct sim_guard *guard = &machine->guard;
    struct order_lease_answer answer;

    memcpy(&answer, packet->bytes, sizeof(answer));
    if (!lease_take(&guard->lease, &answer)) {
        return;
    }
    guard->epoch = guard->lease.epoch;
    guard->valid_until_us = sim_true_us(sim, machine, lease_deadline(&guard->lease) * 1000);
    sim->counters.leases++;
    if (guard->valid_until_us > sim->now_us) {
        sim_say(sim, "%u holds the lease of epoch %llu for %llu ms", machine->number,
                (unsigned long long)guard->epoch,
                (unsigned long long)(guard->valid_until_us - sim->now_us) / 1000);
        check_alone(sim, machine);
        sim->counters.holders += guard->epoch > sim->leases->epoch_highest;
        sim->leases->epoch_highest = guard->epoch;
    }
    ask_later(sim, machine);
}

void sim_lease_started(struct sim *sim, struct sim_machine *machine)
{
    machine->guard.start_id++;
    lease_init(&machine->guard.lease, machine->guard.start_id << 8 | machine->number);
    sim_lease_applied(sim, machine);
}

/* ---- the leader ------------------------------------------------------------------- */

static void on_confirmed(struct node_confirmation *confirmation, int result)
{
    struct desk_request *asked = confirmation->context;
    struct sim *sim = asked->sim;
    struct sim_machine *machine = sim_machine(sim, asked->machine);
    struct sim_node *node = &machine->node;
    struct order_lease_answer answer;

    if (result == 0 && node->lead.term == asked->term &&
        grant_allowed(&node->lead.grants, ledger_of(sim, node), &asked->letter.request, NULL)) {
        memset(&answer, 0, sizeof(answer));
        grant_answer(&node->lead.grants, ledger_of(sim, node), &asked->letter.request, asked->term,
                     sim_local_ms(sim, machine), &answer);
        sim_net_send(sim, SIM_PACKET_LEASE_ANSWER, SIM_SORT_LEASE, machine->number,
                     asked->letter.guard, &answer, sizeof(answer));
    }
    free(asked);
}

static void forward(struct sim *sim, struct sim_machine *machine, struct lease_letter *letter)
{
    const struct raft *raft = &machine->node.raft;
    const struct member *leader = members_find(&raft->members, raft->leader);

    if (leader != NULL && letter->hops++ < 2) {
        sim_net_send(sim, SIM_PACKET_LEASE_REQUEST, SIM_SORT_LEASE, machine->number,
                     (uint32_t)strtoul(leader->name + 1, NULL, 10), letter, sizeof(*letter));
    }
}

void sim_lease_request(struct sim *sim, struct sim_machine *machine, struct sim_packet *packet)
{
    struct sim_node *node = &machine->node;
    struct desk_request *asked;
    struct lease_letter letter;

    memcpy(&letter, packet->bytes, sizeof(letter));
    if (node->stopped) {
        return;
    }
    if (node->lead.term == 0) {
        forward(sim, machine, &letter);
        return;
    }
    if (!raft_ready(&node->raft) ||
        !grant_allowed(&node->lead.grants, ledger_of(sim, node), &letter.request, NULL)) {
        return;
    }
    asked = calloc(1, sizeof(*asked));
    assert(asked != NULL);
    asked->sim = sim;
    asked->machine = machine->number;
    asked->term = node->lead.term;
    asked->letter = letter;
    asked->confirmation.context = asked;
    sim_node_confirm(sim, machine, &asked->confirmation, on_confirmed);
}

static void on_revoke_answered(struct sim *sim, uint32_t number, uint64_t term, int result)
{
    struct sim_lead *lead = &sim_machine(sim, number)->node.lead;

    (void)result;
    if (term != 0 && lead->term == term) {
        grant_revoke_settled(&lead->grants, "c");
    }
}

void sim_lease_revoke(struct sim *sim, uint32_t number)
{
    struct sim_machine *machine = sim_machine(sim, number);
    struct sim_node *node = &machine->node;

    if (!machine->up || node->lead.term == 0 || !raft_ready(&node->raft) || node->state.revoking) {
        return;
    }
    grant_revoke_proposed(&node->lead.grants, "c");
    sim_say(sim, "%u is asked to revoke epoch %llu", number, (unsigned long long)node->state.epoch);
    sim_client_command(
        sim, number, &(struct sim_command){.kind = SIM_COMMAND_REVOKE, .epoch = node->state.epoch},
        on_revoke_answered);
}

static void on_hold_answered(struct sim *sim, uint32_t number, uint64_t term, int result)
{
    struct sim_lead *lead = &sim_machine(sim, number)->node.lead;

    (void)result;
    if (lead->term == term) {
        lead->holding = false;
    }
}

/* Whoever leads ends what was begun: waits, then names the next holder. */
static void settle(struct sim *sim, struct sim_machine *machine)
{
    struct sim_node *node = &machine->node;
    struct sim_lead *lead = &node->lead;
    char name[LIMIT_NAME_SIZE];
    uint64_t over_ms;

    if (lead->term == 0 || !raft_ready(&node->raft) || !node->state.revoking || lead->holding) {
        return;
    }
    server_name(name, node->state.holder);
    over_ms = grant_expired_at_ms(&lead->grants, &ledger_of(sim, node)->clusters[0], name);
    if (sim_local_ms(sim, machine) < over_ms) {
        if (!lead->waiting) {
            lead->waiting = true;
            sim_at(sim, sim_true_us(sim, machine, over_ms * 1000), SIM_REVOKE, machine->number,
                   machine->life, NULL);
        }
        return;
    }
    lead->holding = true;
    sim->counters.revokes++;
    sim_client_command(
        sim, machine->number,
        &(struct sim_command){.kind = SIM_COMMAND_HOLD,
                              .epoch = node->state.epoch,
                              .holder =
                                  sim_random_below(&sim->operator_random, sim->machine_count) + 1},
        on_hold_answered);
}

void sim_lease_over(struct sim *sim, const struct sim_event *event)
{
    struct sim_machine *machine = sim_machine(sim, event->machine);

    if (!machine->up || machine->life != event->value) {
        return;
    }
    if (machine->paused) {
        sim_at(sim, sim->now_us + 10000, SIM_REVOKE, event->machine, event->value, NULL);
        return;
    }
    machine->node.lead.waiting = false;
    settle(sim, machine);
}

void sim_lease_led(struct sim *sim, struct sim_machine *machine, uint64_t term)
{
    struct sim_lead *lead = &machine->node.lead;
    bool waiting = lead->waiting;

    lead->term = term;
    lead->holding = false;
    lead->waiting = waiting;
    if (term != 0) {
        grant_begin(&lead->grants, sim_local_ms(sim, machine));
    }
    settle(sim, machine);
}

void sim_lease_applied(struct sim *sim, struct sim_machine *machine)
{
    const struct sim_state *state = &machine->node.state;

    if (sim->options.leases == 0) {
        return;
    }
    lease_want(&machine->guard.lease, state->holder == machine->number ? state->epoch : 0);
    ask_later(sim, machine);
    settle(sim, machine);
}
