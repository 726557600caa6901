#include "tests/sim/sim_chaos.h"

#include <assert.h>
#include <stddef.h>

#include "tests/sim/sim.h"

typedef void fault(struct sim *sim);

/* What SIM_MEND may do; its value also says to which machines. */
enum mend { MEND_LINKS, MEND_FULL };

static uint64_t soon(struct sim *sim, uint64_t mean_ms)
{
    return sim->now_us + sim_random_around(&sim->fault_random, mean_ms * 1000) + 1;
}

static uint32_t any_machine(struct sim *sim)
{
    return (uint32_t)sim_random_below(&sim->fault_random, sim->machine_count) + 1;
}

/* ---- links ------------------------------------------------------------------------- */

static void set_links(struct sim *sim, uint64_t from, uint64_t to, bool cut)
{
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        for (uint32_t j = 1; j <= sim->machine_count; j++) {
            if (i != j && (from >> i & 1) != 0 && (to >> j & 1) != 0) {
                sim->net.links[i][j].cut = cut;
            }
        }
    }
    sim_say(sim, "links from %#llx to %#llx (machines as bits) are %s", (unsigned long long)from,
            (unsigned long long)to, cut ? "cut" : "joined");
}

/* The connections end, too, and that is seen. */
static void end_connections(struct sim *sim, uint64_t from, uint64_t to)
{
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        for (uint32_t j = 1; j <= sim->machine_count; j++) {
            if (i != j && (from >> i & 1) != 0 && (to >> j & 1) != 0 &&
                !sim_machine(sim, i)->paused) {
                sim_node_unreachable(sim, sim_machine(sim, i), j);
            }
        }
    }
}

static void cut_links(struct sim *sim, uint64_t from, uint64_t to, uint64_t until_us)
{
    set_links(sim, from, to, true);
    sim->counters.cuts++;
    sim_at(sim, until_us, SIM_MEND, 0, MEND_LINKS | from << 8 | to << 20, NULL);
}

/* The leader with whom it grants leases to: the others have to wait for both. */
static uint64_t leader_and_holder(struct sim *sim)
{
    uint32_t leader = sim_leader(sim);

    return leader == 0
               ? 0
               : (uint64_t)1 << leader | (uint64_t)1 << sim_machine(sim, leader)->node.state.holder;
}

/* One link, or one machine, or some machines, from others or from all; one way or both. */
static void fault_cut(struct sim *sim)
{
    uint64_t all = (((uint64_t)1 << sim->machine_count) - 1) << 1;
    uint64_t some = sim_random_next(&sim->fault_random) & all;
    uint64_t one = (uint64_t)1 << any_machine(sim);
    uint64_t other = (uint64_t)1 << any_machine(sim);
    uint64_t until_us = soon(sim, sim->options.cut_for_ms);
    uint64_t from = sim_random_percent(&sim->fault_random, 40) ? some : one;
    uint64_t to = sim_random_percent(&sim->fault_random, 30) ? other : all & ~from;
    bool both_ways = sim_random_percent(&sim->fault_random, 60);

    if (sim_random_percent(&sim->fault_random, 20) && leader_and_holder(sim) != 0) {
        from = leader_and_holder(sim);
        to = all & ~from;
        both_ways = true;
    }
    cut_links(sim, from, to, until_us);
    if (both_ways) {
        cut_links(sim, to, from, until_us);
    }
    if (both_ways && sim->counters.cuts % 4 < 2) {
        end_connections(sim, from, to);
        end_connections(sim, to, from);
    }
}

static void fault_clog(struct sim *sim)
{
    uint32_t from = any_machine(sim); /* in an order that is the same for every compiler */
    uint32_t to = any_machine(sim);

    sim->counters.clogs++;
    sim->net.links[from][to].clogged_until_us = soon(sim, sim->options.clog_for_ms);
}

/* Clogs come one after the other, and each ends when it likes. */
static void fault_swizzle(struct sim *sim)
{
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        for (uint32_t j = 1; j <= sim->machine_count; j++) {
            if (i != j && sim_random_percent(&sim->fault_random, 40)) {
                sim->net.links[i][j].clogged_until_us = soon(sim, 2 * sim->options.clog_for_ms);
                sim->counters.clogs++;
            }
        }
    }
}

/* ---- processes ---------------------------------------------------------------------- */

static void crash(struct sim *sim, uint32_t number)
{
    struct sim_machine *machine = sim_machine(sim, number);
    bool power = sim_random_percent(&sim->fault_random, sim->options.power_percent);

    if (machine->up) {
        sim_crash(sim, number, power);
        sim_at(sim, soon(sim, sim->options.down_for_ms), SIM_RESTART, number, machine->life, NULL);
    }
}

static void fault_crash(struct sim *sim)
{
    crash(sim, any_machine(sim));
}

static void fault_all_crash(struct sim *sim)
{
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        crash(sim, i);
    }
}

static void fault_pause(struct sim *sim)
{
    struct sim_machine *machine = sim_machine(sim, any_machine(sim));

    if (machine->up && !machine->paused) {
        sim_pause(sim, machine->number);
        sim_at(sim, soon(sim, sim->options.pause_for_ms), SIM_RESUME, machine->number,
               machine->life, NULL);
    }
}

/* ---- disks ---------------------------------------------------------------------------- */

static void fault_hang(struct sim *sim)
{
    uint32_t number = any_machine(sim);

    sim_hang(sim, number, sim_random_around(&sim->fault_random, sim->options.hang_for_ms * 1000));
}

static void fault_full(struct sim *sim)
{
    uint32_t number = any_machine(sim);

    sim_machine(sim, number)->store->files.full = true;
    sim->counters.disk_full++;
    sim_say(sim, "%u: the disk is full", number);
    sim_at(sim, soon(sim, sim->options.full_for_ms), SIM_MEND, 0, MEND_FULL | (uint64_t)number << 8,
           NULL);
}

static void fault_fail(struct sim *sim)
{
    struct sim_machine *machine = sim_machine(sim, any_machine(sim));

    if (machine->up) {
        machine->store->files.fails = true;
        sim->counters.disk_failures++;
    }
}

static bool is_intact(struct sim *sim, const struct member *member, const struct sim_store *victim)
{
    const struct sim_store *store = member->store != 0 ? sim_store_of(sim, member->store)
                                    : member->id <= sim->options.voters
                                        ? sim->stores[member->id - 1]
                                        : NULL;

    return store != NULL && store != victim && !store->gone && !store->rotten;
}

/* At worst, of those that are joining, the lost ones vote first. */
static bool survives(struct sim *sim, const struct members *members, const struct sim_store *victim)
{
    uint32_t voters = 0;
    uint32_t intact = 0;
    bool known = true;

    for (uint32_t i = 0; i < members->count; i++) {
        const struct member *member = &members->list[i];
        bool intact_here = is_intact(sim, member, victim);

        if (member->kind == MEMBER_VOTER || (member->kind == MEMBER_JOINING && !intact_here)) {
            voters++;
            intact += intact_here;
            /* Until its store is on the list, an emptied machine could vote twice. */
            known = known && (member->store != 0 || member->id != victim->member);
        }
    }
    return voters == 0 || (known && intact > voters / 2);
}

bool sim_may_lose(struct sim *sim, uint32_t number)
{
    const struct sim_store *victim = sim_machine(sim, number)->store;

    if (sim->store_count + sim->machine_count >= SIM_STORES) {
        return false; /* no room for many more */
    }
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        const struct sim_machine *machine = sim_machine(sim, i);
        const struct raft *raft = &machine->node.raft;

        /* A wish that waits in a queue is a list, too, in a moment. */
        if (machine->up && requests_next_change(&machine->node.requests) != NULL) {
            return false;
        }
        /* It may be cut, or its disk has another one. */
        if (machine->node.cut_a_list || raft->members_index > raft->durable ||
            raft->members_index > raft->commit) {
            return false;
        }
        if (!survives(sim, &raft->members, victim)) {
            return false;
        }
    }
    return true;
}

static void fault_rot(struct sim *sim)
{
    uint32_t number = any_machine(sim);
    struct sim_store *store = sim_machine(sim, number)->store;
    char name[LIMIT_NAME_SIZE];

    if (sim_may_lose(sim, number) &&
        sim_store_rot(sim, store, sim_random_next(&sim->fault_random), name)) {
        sim->counters.rotten++;
        sim_say(sim, "%u: %s is damaged", number, name);
        crash(sim, number);
    }
}

/* Whether this first voter would tell the emptied store of `id` from the one that it knew, whatever
 * is lost now: a list that isn't committed may be cut (920003763). */
static bool would_know(struct sim *sim, uint32_t number, uint32_t id)
{
    const struct raft *raft = &sim_machine(sim, number)->node.raft;
    const struct member *member = members_find(&raft->members, id);

    return raft->members_index <= raft->durable && raft->members_index <= raft->commit &&
           (member == NULL || member->store != 0) && raft->members_index > 0;
}

/* Who comes back under its number comes with the first list, too. Alone, or with others like it, or
 * with some that never heard of its store, it must be no majority of that: they would be a cluster
 * of their own, which no core can prevent. */
static bool may_keep_number(struct sim *sim, uint32_t number)
{
    uint32_t victim = sim_machine(sim, number)->store->member;
    uint32_t ignorant = 0;

    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        const struct sim_store *store = sim_machine(sim, i)->store;

        if (store->member_here && store->number > sim->options.voters) {
            return false;
        }
        ignorant += i <= sim->options.voters && (i == number || !would_know(sim, i, victim));
    }
    return ignorant <= sim->options.voters / 2;
}

void sim_chaos_wipe(struct sim *sim, uint32_t number, uint32_t keeps_percent)
{
    bool power = sim_random_percent(&sim->fault_random, 50);
    struct sim_machine *machine = sim_machine(sim, number);

    if (!sim_may_lose(sim, number)) {
        return;
    }
    sim_crash(sim, number, power);
    sim_wipe(sim, number,
             !sim_random_percent(&sim->fault_random, keeps_percent) ||
                 !may_keep_number(sim, number));
    sim_at(sim, soon(sim, sim->options.down_for_ms), SIM_RESTART, number, machine->life, NULL);
}

static void fault_wipe(struct sim *sim)
{
    sim_chaos_wipe(sim, any_machine(sim), 40);
}

/* ---- when ------------------------------------------------------------------------------ */

static const struct {
    fault *fault;
    size_t every; /* option */
} faults[] = {
    {fault_cut, offsetof(struct sim_options, cut_every_ms)},
    {fault_clog, offsetof(struct sim_options, clog_every_ms)},
    {fault_swizzle, offsetof(struct sim_options, swizzle_every_ms)},
    {fault_crash, offsetof(struct sim_options, crash_every_ms)},
    {fault_all_crash, offsetof(struct sim_options, all_crash_every_ms)},
    {fault_pause, offsetof(struct sim_options, pause_every_ms)},
    {fault_hang, offsetof(struct sim_options, hang_every_ms)},
    {fault_full, offsetof(struct sim_options, full_every_ms)},
    {fault_fail, offsetof(struct sim_options, fail_every_ms)},
    {fault_rot, offsetof(struct sim_options, rot_every_ms)},
    {fault_wipe, offsetof(struct sim_options, wipe_every_ms)},
    {sim_duel_hold, offsetof(struct sim_options, hold_every_ms)},
    {sim_duel_hold_leases, offsetof(struct sim_options, hold_leases_every_ms)},
    {sim_duel_mute, offsetof(struct sim_options, mute_every_ms)},
};

enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

static void next_fault(struct sim *sim, uint64_t number)
{
    const uint64_t *every =
        (const uint64_t *)(const void *)((const char *)&sim->options + faults[number].every);

    if (*every != 0) {
        sim_at(sim, soon(sim, *every), SIM_FAULT, 0, number, NULL);
    }
}

static void on_fault(struct sim *sim, const struct sim_event *event)
{
    assert(event->value < FAULTS);
    faults[event->value].fault(sim);
    next_fault(sim, event->value);
}

static void on_mend(struct sim *sim, const struct sim_event *event)
{
    if ((event->value & 0xff) == MEND_LINKS) {
        set_links(sim, event->value >> 8 & 0xfff, event->value >> 20 & 0xfff, false);
    } else {
        sim_machine(sim, (uint32_t)(event->value >> 8))->store->files.full = false;
    }
}

void sim_chaos_start(struct sim *sim)
{
    sim->handlers[SIM_FAULT] = on_fault;
    sim->handlers[SIM_MEND] = on_mend;
    sim_duel_start(sim);
    for (uint64_t i = 0; i < FAULTS; i++) {
        next_fault(sim, i);
    }
}

void sim_chaos_stop(struct sim *sim)
{
    sim->handlers[SIM_FAULT] = NULL;
    sim->handlers[SIM_MEND] = NULL;
    sim_duel_stop(sim);
}
