#include "tests/sim/sim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim_check.h"
#include "tests/sim/sim_client.h"

/* ---- time ---------------------------------------------------------------------- */

static uint64_t shown_us(const struct sim_clock *clock, uint64_t true_us)
{
    return clock->offset_us + true_us + (uint64_t)((int64_t)true_us * clock->ppm / SIM_MILLION);
}

uint64_t sim_local_us(const struct sim *sim, const struct sim_machine *machine)
{
    return shown_us(&machine->clock, sim->now_us);
}

uint64_t sim_local_ms(const struct sim *sim, const struct sim_machine *machine)
{
    return sim_local_us(sim, machine) / 1000;
}

uint64_t sim_true_us(const struct sim *sim, const struct sim_machine *machine, uint64_t local_us)
{
    const struct sim_clock *clock = &machine->clock;
    uint64_t guess;

    if (local_us <= sim_local_us(sim, machine)) {
        return sim->now_us;
    }
    guess = (local_us - clock->offset_us) * SIM_MILLION / (uint64_t)(SIM_MILLION + clock->ppm);
    while (shown_us(clock, guess) < local_us) {
        guess++;
    }
    while (guess > sim->now_us && shown_us(clock, guess - 1) >= local_us) {
        guess--;
    }
    return guess;
}

void sim_at(struct sim *sim, uint64_t at_us, enum sim_event_kind kind, uint32_t machine,
            uint64_t value, void *pointer)
{
    assert(at_us >= sim->now_us);
    sim_heap_push(
        &sim->heap,
        (struct sim_event){
            .at_us = at_us, .kind = kind, .machine = machine, .value = value, .pointer = pointer});
}

bool sim_next(struct sim *sim, uint64_t until_us)
{
    struct sim_event event;

    if (sim->heap.count == 0 || sim->heap.events[0].at_us > until_us) {
        sim->now_us = until_us > sim->now_us ? until_us : sim->now_us;
        return false;
    }
    event = sim_heap_pop(&sim->heap);
    sim->now_us = event.at_us;
    if (++sim->handled > SIM_EVENTS_MAX) {
        sim_fail(sim, SIM_STUCK, "more than %d events: messages call forth messages",
                 SIM_EVENTS_MAX);
    }
    if (sim->handlers[event.kind] != NULL) {
        sim->handlers[event.kind](sim, &event);
    }
    sim_trace_event(sim, &event);
    return true;
}

void sim_run_ms(struct sim *sim, uint64_t ms)
{
    uint64_t until_us = sim->now_us + ms * 1000;

    while (sim_next(sim, until_us)) {
    }
}

/* ---- processes ------------------------------------------------------------------- */

struct sim_machine *sim_machine(struct sim *sim, uint32_t number)
{
    assert(number >= 1 && number <= sim->machine_count);
    return &sim->machines[number - 1];
}

const struct member *sim_member_of(struct sim *sim, const struct members *members, uint32_t number)
{
    const struct sim_store *store = sim_machine(sim, number)->store;

    for (uint32_t i = 0; i < members->count; i++) {
        const struct member *member = &members->list[i];

        if (member->store == store->id || (member->store == 0 && member->id == store->number &&
                                           store->number <= sim->options.voters)) {
            return member;
        }
    }
    return NULL;
}

/* Who joined finds his number on the newest list that his disk holds; until there is one, the
 * leader's messages bring it. */
static uint32_t number_of(const struct sim_store *store, const struct disk_recovered *recovered)
{
    struct members members = recovered->snapshot.members;
    uint32_t id = 0;

    if (store->member != 0) {
        return store->member;
    }
    for (size_t i = 0; i <= recovered->entry_count; i++) {
        const struct raft_entry *entry = i > 0 ? &recovered->entries[i - 1] : NULL;

        if (entry != NULL &&
            (entry->kind != RAFT_CONFIG || members_decode(&members, raft_entry_bytes(entry),
                                                          raft_entry_length(entry), NULL) != 0)) {
            continue;
        }
        for (uint32_t j = 0; j < members.count; j++) {
            id = members.list[j].store == store->id ? members.list[j].id : id;
        }
    }
    return id;
}

static void set_aside(struct sim *sim, struct sim_machine *machine, const struct err *err)
{
    sim_say(sim, "%u sets its store aside: %s", machine->number, err->text);
    if (!machine->store->rotten) {
        sim_fail(sim, SIM_UNSAFE, "%u can't start on its undamaged store: %s", machine->number,
                 err->text);
    }
    sim->counters.refused++;
    sim_wipe(sim, machine->number, true);
}

void sim_start(struct sim *sim, uint32_t number)
{
    struct sim_machine *machine = sim_machine(sim, number);
    struct disk_recovered recovered;
    struct err err = {0};
    int rv;

    if (machine->up) {
        return;
    }
    machine->life++;
    rv = sim_store_open(sim, machine->store, &recovered, &err);
    if (rv == ERR_FULL) { /* whoever watches it tries again */
        sim_at(sim, sim->now_us + 100000, SIM_RESTART, number, machine->life, NULL);
        return;
    }
    if (rv != 0) {
        set_aside(sim, machine, &err);
        rv = sim_store_open(sim, machine->store, &recovered, &err);
        assert(rv == 0);
    }
    machine->up = true;
    machine->disowned = false;
    rv = sim_node_start(sim, machine, &recovered, number_of(machine->store, &recovered),
                        machine->store->member_here ? &sim->members : &(struct members){0}, &err);
    disk_recovered_release(&recovered);
    if (rv != 0) {
        sim_fail(sim, SIM_UNSAFE, "%u can't start: %s", number, err.text);
    }
    sim_say(sim, "%u starts with %llu entries after %llu in term %llu", number,
            (unsigned long long)(raft_last_index(&machine->node.raft) -
                                 machine->node.raft.trail.base_index),
            (unsigned long long)machine->node.raft.trail.base_index,
            (unsigned long long)machine->node.raft.term);
    sim_lease_started(sim, machine);
}

static void drop_parked(struct sim *sim, struct sim_machine *machine)
{
    while (machine->parked != NULL) {
        struct sim_packet *packet = machine->parked;

        machine->parked = packet->next;
        sim->net.links[packet->from][packet->to].under_way--;
        sim_net_release(sim, packet);
    }
}

void sim_crash(struct sim *sim, uint32_t number, bool power)
{
    struct sim_machine *machine = sim_machine(sim, number);

    if (!machine->up) {
        return;
    }
    sim_say(sim, "%u %s", number, power ? "loses power" : "is killed");
    sim->counters.crashes++;
    if (machine->disowned) {
        machine->store->member = 0;
        machine->store->member_here = false;
    }
    machine->up = false;
    sim_node_end(sim, machine);
    sim_store_crash(sim, machine->store, power);
    machine->paused = false;
    drop_parked(sim, machine);
}

void sim_pause(struct sim *sim, uint32_t number)
{
    struct sim_machine *machine = sim_machine(sim, number);

    if (machine->up && !machine->paused) {
        sim_say(sim, "%u is paused", number);
        sim->counters.pauses++;
        machine->paused = true;
    }
}

/* What came meanwhile comes now, at once, in its order. */
static void unpark(struct sim *sim, struct sim_machine *machine)
{
    struct sim_packet *first = NULL;

    while (machine->parked != NULL) {
        struct sim_packet *packet = machine->parked;

        machine->parked = packet->next;
        packet->next = first;
        first = packet;
    }
    while (first != NULL) {
        struct sim_packet *next = first->next;

        first->next = NULL;
        sim_at(sim, sim->now_us, SIM_DELIVER, machine->number, 0, first);
        first = next;
    }
}

void sim_resume(struct sim *sim, uint32_t number)
{
    struct sim_machine *machine = sim_machine(sim, number);
    struct sim_node *node = &machine->node;

    if (!machine->paused) {
        return;
    }
    sim_say(sim, "%u goes on", number);
    machine->paused = false;
    if (node->timer_held) {
        node->timer_held = false;
        sim_at(sim, sim->now_us, SIM_TIMER, number, machine->life << 40 | node->timer_ms, NULL);
    }
    if (node->turn_held) {
        node->turn_held = false;
        sim_at(sim, sim->now_us, SIM_TURN, number, machine->life, NULL);
    }
    sim_store_resume(sim, machine);
    unpark(sim, machine);
}

void sim_hang(struct sim *sim, uint32_t number, uint64_t for_us)
{
    sim_say(sim, "%u: the disk %s", number, for_us > 0 ? "hangs" : "goes on");
    sim_machine(sim, number)->hang_until_us = sim->now_us + for_us;
}

void sim_wipe(struct sim *sim, uint32_t number, bool forgets_id)
{
    struct sim_machine *machine = sim_machine(sim, number);
    uint32_t member = machine->store->member;

    assert(!machine->up);
    sim_store_gone(machine->store);
    machine->store = sim_store_new(sim, number);
    if (!forgets_id) {
        machine->store->member = member;
        machine->store->member_here = member != 0;
    }
    sim->counters.wiped++;
    sim_say(sim, "%u gets an empty disk%s", number, forgets_id ? "" : " and keeps its number");
}

static void on_resume(struct sim *sim, const struct sim_event *event)
{
    if (sim_machine(sim, event->machine)->life == event->value) {
        sim_resume(sim, event->machine);
    }
}

/* A process that stopped by itself ends now, and starts again in a while. */
static void on_restart(struct sim *sim, const struct sim_event *event)
{
    struct sim_machine *machine = sim_machine(sim, event->machine);

    if (machine->life != event->value) {
        return;
    }
    if (machine->up && machine->node.stopped) {
        sim_crash(sim, event->machine, false);
        sim_at(sim,
               sim->now_us + sim_random_around(&sim->node_random, sim->options.down_for_ms * 1000),
               SIM_RESTART, event->machine, event->value, NULL);
    } else {
        sim_start(sim, event->machine);
    }
}

/* ---- links ------------------------------------------------------------------------- */

void sim_cut(struct sim *sim, uint32_t from, uint32_t to, bool cut)
{
    sim_say(sim, "%u > %u is %s", from, to, cut ? "cut" : "joined");
    sim->net.links[from][to].cut = cut;
}

/* ---- requests ------------------------------------------------------------------------ */

void sim_propose(struct sim *sim, uint32_t number)
{
    if (sim_machine(sim, number)->up) {
        sim_client_command(sim, number, &(struct sim_command){.kind = SIM_COMMAND_WRITE}, NULL);
    }
}

void sim_read(struct sim *sim, uint32_t number)
{
    if (sim_machine(sim, number)->up) {
        sim_client_read(sim, number);
    }
}

static void on_changed(struct node_proposal *proposal, int result)
{
    (void)result;
    free(proposal);
}

int sim_change(struct sim *sim, uint32_t number, const struct members_change *change)
{
    struct node_proposal *proposal = calloc(1, sizeof(*proposal));
    int rv;

    assert(proposal != NULL);
    rv = sim_node_change(sim, sim_machine(sim, number), proposal, change, on_changed);
    sim_say(sim, "%u is asked to %s %u %s: %s", number, members_change_name(change->kind),
            change->member.id, change->member.name, rv == 0 ? "yes" : err_sentence(rv));
    if (rv != 0) {
        free(proposal);
    }
    return rv;
}

int sim_add(struct sim *sim, uint32_t leader, uint32_t number, enum member_kind kind)
{
    struct members_change change = {.kind = MEMBERS_ADD, .member = {.kind = kind}};

    text_format(change.member.name, sizeof(change.member.name), "m%u", number);
    change.member.store = sim_machine(sim, number)->store->id;
    sim_machine(sim, number)->store->was_added = true;
    return sim_change(sim, leader, &change);
}

int sim_transfer(struct sim *sim, uint32_t number, uint32_t to)
{
    sim->counters.transfers++;
    sim_say(sim, "%u is asked to hand over to %u", number, to);
    return sim_node_transfer(sim, sim_machine(sim, number), to);
}

void sim_step_down(struct sim *sim, uint32_t number)
{
    sim_say(sim, "%u is asked to step down", number);
    sim_node_step_down(sim, sim_machine(sim, number));
}

uint32_t sim_leader(struct sim *sim)
{
    uint32_t leader = 0;
    uint64_t term = 0;

    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        const struct sim_machine *machine = sim_machine(sim, i);

        if (machine->up && !machine->node.stopped && machine->node.raft.role == RAFT_LEADER &&
            machine->node.raft.term > term) {
            leader = i;
            term = machine->node.raft.term;
        }
    }
    return leader;
}

uint32_t sim_elect(struct sim *sim, uint64_t ms)
{
    uint64_t until_us = sim->now_us + ms * 1000;

    do {
        uint32_t leader = sim_leader(sim);

        if (leader != 0 && raft_ready(&sim_machine(sim, leader)->node.raft)) {
            return leader;
        }
    } while (sim_next(sim, until_us));
    return 0;
}

/* ---- birth and death -------------------------------------------------------------------- */

static void make_machines(struct sim *sim)
{
    struct sim_random random;

    sim_random_init(&random, sim->seed, 7);
    sim->machine_count = (uint32_t)(sim->options.voters + sim->options.spares);
    assert(sim->options.voters >= 1 && sim->machine_count <= SIM_MACHINES);
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        struct sim_machine *machine = &sim->machines[i - 1];
        int64_t drift = (int64_t)sim->options.drift_ppm;

        machine->number = i;
        machine->clock.offset_us = sim_random_between(&random, 1000000, 10000000);
        machine->clock.ppm =
            (int64_t)sim_random_between(&random, 0, 2 * sim->options.drift_ppm) - drift;
        machine->clock.ppm = sim->options.drift_ends == 0 ? machine->clock.ppm
                             : machine->clock.ppm < 0     ? -drift
                                                          : drift;
        machine->store = sim_store_new(sim, i);
        if (i <= sim->options.voters) {
            struct member member = {.id = i, .kind = MEMBER_VOTER};
            int rv;

            text_format(member.name, sizeof(member.name), "m%u", i);
            rv = members_add(&sim->members, &member, NULL);
            assert(rv == 0);
            machine->store->member = i;
            machine->store->member_here = true;
        }
    }
}

struct sim *sim_new(const struct sim_options *options, uint64_t seed)
{
    struct sim *sim = calloc(1, sizeof(*sim));
    struct sim_random *streams[] = {&sim->net_random,    &sim->disk_random,  &sim->node_random,
                                    &sim->client_random, &sim->fault_random, &sim->operator_random};

    assert(sim != NULL);
    sim->options = *options;
    sim->seed = seed;
    sim->phase = "faults";
    for (uint64_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        sim_random_init(streams[i], seed, i < 5 ? i + 2 : 8);
    }
    buf_init(&sim->out, LIMIT_MESSAGE_BYTES);
    sim->handlers[SIM_DELIVER] = sim_net_deliver;
    sim->handlers[SIM_TIMER] = sim_node_timer;
    sim->handlers[SIM_TURN] = sim_node_turn;
    sim->handlers[SIM_DISK_DONE] = sim_store_done;
    sim->handlers[SIM_DISK_BACK] = sim_store_back;
    sim->handlers[SIM_RESUME] = on_resume;
    sim->handlers[SIM_RESTART] = on_restart;
    sim->handlers[SIM_LEASE] = sim_lease_ask;
    sim->handlers[SIM_REVOKE] = sim_lease_over;
    make_machines(sim);
    sim->check.members = sim->members;
    sim_leases_init(sim);
    return sim;
}

void sim_free(struct sim *sim)
{
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        sim_crash(sim, i, false);
    }
    while (sim->heap.count > 0) {
        struct sim_event event = sim_heap_pop(&sim->heap);

        if (event.kind == SIM_DELIVER) {
            sim_net_release(sim, event.pointer);
        }
    }
    for (uint32_t i = 0; i < sim->store_count; i++) {
        sim_store_free(sim->stores[i]);
    }
    sim_net_finish(sim);
    sim_heap_finish(&sim->heap);
    sim_check_finish(&sim->check);
    buf_finish(&sim->out);
    free(sim->leases);
    free(sim);
}
