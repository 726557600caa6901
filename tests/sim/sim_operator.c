#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "tests/sim/sim.h"
#include "tests/sim/sim_chaos.h"

static uint64_t soon_us(struct sim *sim, uint64_t mean_us)
{
    return sim->now_us + sim_random_around(&sim->operator_random, mean_us) + 1;
}

static uint32_t any_machine(struct sim *sim)
{
    return (uint32_t)sim_random_below(&sim->operator_random, sim->machine_count) + 1;
}

/* Mostly whoever leads; sometimes one who doesn't, or doesn't any more. */
static uint32_t whom(struct sim *sim)
{
    uint32_t leader = sim_leader(sim);

    return leader != 0 && sim_random_percent(&sim->operator_random, 85) ? leader : any_machine(sim);
}

static void on_propose(struct sim *sim, const struct sim_event *event)
{
    uint32_t number = whom(sim);
    uint64_t count = sim_random_between(&sim->operator_random, 1, sim->options.propose_batch);

    (void)event;
    for (uint64_t i = 0; i < count; i++) {
        sim_propose(sim, number);
    }
    sim_at(sim, soon_us(sim, sim->options.propose_every_us), SIM_PROPOSE, 0, 0, NULL);
}

static void on_read(struct sim *sim, const struct sim_event *event)
{
    (void)event;
    sim_read(sim, whom(sim));
    sim_at(sim, soon_us(sim, sim->options.read_every_us), SIM_READ, 0, 0, NULL);
}

/* ---- members ------------------------------------------------------------------------ */

static const struct members *list_of(struct sim *sim, uint32_t leader)
{
    return &sim_machine(sim, leader)->node.raft.members;
}

/* Takes one away, unless too few would be left of those whose disks are good. */
static void take_away(struct sim *sim, uint32_t leader, const struct member *member)
{
    static const enum members_change_kind kinds[] = {MEMBERS_REMOVE, MEMBERS_REMOVE,
                                                     MEMBERS_DEMOTE};
    uint32_t machine = (uint32_t)strtoul(member->name + 1, NULL, 10);
    bool present = sim_member_of(sim, list_of(sim, leader), machine) == member;
    struct members_change change = {
        .kind = kinds[sim_random_below(&sim->operator_random, 3)],
        .member = {.id = member->id},
    };

    if (!present) {
        change.kind = MEMBERS_REMOVE; /* a store that nobody has any more */
    } else if (!sim_may_lose(sim, machine)) {
        return;
    }
    sim_change(sim, leader, &change);
}

/* A machine that isn't a member; mostly with an empty disk if it was one before. */
static void bring_in(struct sim *sim, uint32_t leader, uint32_t number)
{
    struct sim_machine *machine = sim_machine(sim, number);
    bool votes = sim_random_percent(&sim->operator_random, 75);
    bool was_one = machine->store->member != 0 || machine->store->was_added;

    if (machine->store->rotten || (was_one && sim_random_percent(&sim->operator_random, 60))) {
        if (sim_may_lose(sim, number)) {
            sim_crash(sim, number, false);
            sim_wipe(sim, number, true);
            sim_at(sim, soon_us(sim, 100000), SIM_RESTART, number, machine->life, NULL);
        }
        return;
    }
    sim_add(sim, leader, number, votes ? MEMBER_JOINING : MEMBER_LEARNER);
}

void sim_operator_change(struct sim *sim, uint32_t leader, uint32_t number)
{
    const struct members *members = list_of(sim, leader);
    const struct member *member;

    if (!sim_machine(sim, leader)->up || members->count == 0) {
        return;
    }
    for (uint32_t i = 0; i < members->count; i++) {
        const struct member *old = &members->list[i];
        uint32_t machine = (uint32_t)strtoul(old->name + 1, NULL, 10);

        if (sim_member_of(sim, members, machine) != old) {
            take_away(sim, leader, old);
            return;
        }
    }
    member = sim_member_of(sim, members, number);
    if (member == NULL) {
        bring_in(sim, leader, number);
    } else if (member->kind == MEMBER_LEARNER && sim_random_percent(&sim->operator_random, 70)) {
        if (!sim_machine(sim, number)->store->rotten) { /* the faults counted on its loss */
            sim_change(
                sim, leader,
                &(struct members_change){.kind = MEMBERS_JOIN, .member = {.id = member->id}});
        }
    } else if (members_voters(members) > 2 || member->kind != MEMBER_VOTER) {
        take_away(sim, leader, member);
    }
}

static void change_one(struct sim *sim)
{
    uint32_t leader = whom(sim);

    sim_operator_change(sim, leader, any_machine(sim));
}

static void transfer_one(struct sim *sim)
{
    uint32_t leader = sim_leader(sim);
    const struct members *members;
    uint64_t at;

    if (leader == 0) {
        return;
    }
    members = list_of(sim, leader);
    at = sim_random_below(&sim->operator_random, members->count + 1);
    sim_transfer(sim, leader, at < members->count ? members->list[at].id : 0);
}

static void step_one_down(struct sim *sim)
{
    if (sim_leader(sim) != 0) {
        sim_step_down(sim, sim_leader(sim));
    }
}

static void revoke_one(struct sim *sim)
{
    if (sim_leader(sim) != 0 && sim->options.leases != 0) {
        sim_lease_revoke(sim, sim_leader(sim));
    }
}

static const struct {
    void (*wish)(struct sim *sim);
    size_t every; /* option */
} wishes[] = {
    {change_one, offsetof(struct sim_options, change_every_ms)},
    {transfer_one, offsetof(struct sim_options, transfer_every_ms)},
    {step_one_down, offsetof(struct sim_options, step_down_every_ms)},
    {revoke_one, offsetof(struct sim_options, revoke_every_ms)},
};

enum { WISHES = sizeof(wishes) / sizeof(wishes[0]) };

static void next_wish(struct sim *sim, uint64_t number)
{
    const uint64_t *every =
        (const uint64_t *)(const void *)((const char *)&sim->options + wishes[number].every);

    if (*every != 0) {
        sim_at(sim, soon_us(sim, *every * 1000), SIM_OPERATE, 0, number, NULL);
    }
}

static void on_operate(struct sim *sim, const struct sim_event *event)
{
    assert(event->value < WISHES);
    wishes[event->value].wish(sim);
    next_wish(sim, event->value);
}

void sim_operator_start(struct sim *sim)
{
    sim->handlers[SIM_PROPOSE] = on_propose;
    sim->handlers[SIM_READ] = on_read;
    sim->handlers[SIM_OPERATE] = on_operate;
    sim_at(sim, soon_us(sim, sim->options.propose_every_us), SIM_PROPOSE, 0, 0, NULL);
    sim_at(sim, soon_us(sim, sim->options.read_every_us), SIM_READ, 0, 0, NULL);
    for (uint64_t i = 0; i < WISHES; i++) {
        next_wish(sim, i);
    }
}

void sim_operator_stop(struct sim *sim)
{
    sim->handlers[SIM_PROPOSE] = NULL;
    sim->handlers[SIM_READ] = NULL;
    sim->handlers[SIM_OPERATE] = NULL;
}
