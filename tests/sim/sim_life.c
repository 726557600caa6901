#include "tests/sim/sim_life.h"

#include <assert.h>

#include "tests/sim/sim_chaos.h"
#include "tests/sim/sim_check_tables.h"
#include "tests/sim/sim_client.h"

enum { FAULTS_MS_MAX = 600000, PATIENCE = 120 };

/* ---- who is healed ---------------------------------------------------------------- */

static bool is_good(struct sim *sim, uint32_t number)
{
    const struct sim_store *store = sim_machine(sim, number)->store;

    return !store->gone && !store->rotten;
}

/* Whether those in `core` are a majority of this list's voters, and will be if the leader lets
 * vote who is joining. */
static bool is_majority(struct sim *sim, const struct members *members, const bool *core)
{
    uint32_t inside = 0;
    uint32_t joined = 0; /* of those inside */
    uint32_t joining = 0;

    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        const struct member *member = core[i] ? sim_member_of(sim, members, i) : NULL;

        inside += member != NULL && member->kind == MEMBER_VOTER;
        joined += member != NULL && member->kind == MEMBER_JOINING;
    }
    for (uint32_t i = 0; i < members->count; i++) {
        joining += members->list[i].kind == MEMBER_JOINING;
    }
    return members_voters(members) == 0 ||
           (inside >= members_majority(members) &&
            inside + joined > (members_voters(members) + joining) / 2);
}

/* A list that one of them has may be, or come, in force: each must find its majority. */
static bool is_enough(struct sim *sim, const bool *core)
{
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        if (core[i] && !is_majority(sim, &sim_machine(sim, i)->node.raft.members, core)) {
            return false;
        }
    }
    return true;
}

/* The machines in the order in which they are healed. */
static void shuffle(struct sim *sim, uint32_t *order)
{
    for (uint32_t i = 0; i < sim->machine_count; i++) {
        uint32_t at = (uint32_t)sim_random_below(&sim->fault_random, i + 1);

        order[i] = order[at];
        order[at] = i + 1;
    }
}

static void choose_core(struct sim *sim, const uint32_t *order, bool *core)
{
    for (uint32_t i = 0; i < sim->machine_count; i++) {
        if (is_majority(sim, &sim->check.members, core) && is_enough(sim, core)) {
            return;
        }
        core[order[i]] = is_good(sim, order[i]);
    }
}

/* ---- healing ------------------------------------------------------------------------- */

enum outside { OUT_DOWN, OUT_AWAY, OUT_DEAF, OUT_MUTE, OUT_HANGS };

/* One that only can't write may go on leading for a while: it must not lead to other members. */
static bool may_change_members(struct sim *sim, uint32_t number)
{
    const struct members *members = &sim_machine(sim, number)->node.raft.members;
    bool joining = false;

    for (uint32_t i = 0; i < members->count; i++) {
        joining = joining || members->list[i].kind == MEMBER_JOINING;
    }
    return joining || sim_machine(sim, number)->node.raft.members_index >
                          sim_machine(sim, number)->node.raft.commit;
}

static void leave_outside(struct sim *sim, uint32_t number, const bool *core)
{
    enum outside how = (enum outside)sim_random_below(&sim->fault_random, 5);

    if (how == OUT_HANGS && may_change_members(sim, number)) {
        how = OUT_AWAY;
    }
    if (how == OUT_DOWN) {
        sim_crash(sim, number, false);
    }
    if (how == OUT_HANGS) {
        sim_hang(sim, number, (uint64_t)1 << 40);
    }
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        if (core[i] && how != OUT_HANGS) {
            sim_cut(sim, number, i, how != OUT_DEAF);
            sim_cut(sim, i, number, how != OUT_MUTE);
        }
    }
}

/* The operator changes nothing any more, not even by a wish that waits in a paused process. */
static void drop_changes(struct sim *sim)
{
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        struct sim_machine *machine = sim_machine(sim, i);

        while (machine->up && requests_next_change(&machine->node.requests) != NULL) {
            requests_change_placed(&machine->node.requests, ERR_BUSY, 0, 0);
        }
    }
}

static void heal_link(struct sim_link *link)
{
    link->cut = false;
    link->clogged_until_us = 0;
    link->held_until_us = 0;
}

static void heal(struct sim *sim, uint32_t number, const bool *core)
{
    struct sim_machine *machine = sim_machine(sim, number);

    sim->net.in_core[number] = true;
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        if (core[i]) {
            heal_link(&sim->net.links[number][i]);
            heal_link(&sim->net.links[i][number]);
        }
    }
    machine->hang_until_us = sim->now_us;
    machine->store->files.fails = false;
    machine->store->files.full = false;
    sim_resume(sim, number);
    sim_start(sim, number);
    sim_say(sim, "%u is healed", number);
}

static void heal_core(struct sim *sim, const bool *core)
{
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        if (core[i]) {
            heal(sim, i, core);
        } else {
            sim->net.in_core[i] = false;
            leave_outside(sim, i, core);
        }
    }
    sim->net.calm = true;
}

/* False: there is nobody left. */
static bool grow_by_one(struct sim *sim, const uint32_t *order, bool *core)
{
    for (uint32_t i = 0; i < sim->machine_count; i++) {
        if (!core[order[i]] && is_good(sim, order[i])) {
            core[order[i]] = true;
            if (sim_machine(sim, order[i])->hang_until_us > sim->now_us) {
                sim_crash(sim, order[i], false); /* what it asked of its disk may take hours yet */
            }
            heal(sim, order[i], core);
            return true;
        }
    }
    return false;
}

/* A list that was under way has arrived, or was committed by one who is outside now: what is a
 * majority of it is another question. */
static bool grow_core(struct sim *sim, const uint32_t *order, bool *core)
{
    bool grown = false;

    while (!is_enough(sim, core) && grow_by_one(sim, order, core)) {
        grown = true;
    }
    return grown;
}

/* ---- agreeing ------------------------------------------------------------------------- */

/* It may be one outside whose disk hangs: it has to notice that, and to make room. */
static uint32_t ready_leader(struct sim *sim)
{
    uint32_t leader = sim_leader(sim);

    return leader != 0 && raft_ready(&sim_machine(sim, leader)->node.raft) ? leader : 0;
}

/* Everybody in the core who is a member has what the leader has, and nothing is open. */
static bool agrees(struct sim *sim, const bool *core, uint32_t leader)
{
    const struct sim_node *first = &sim_machine(sim, leader)->node;
    uint64_t last = raft_last_index(&first->raft);
    uint64_t history;
    uint64_t term;

    if (first->raft.commit != last || first->raft.applied != last) {
        return false;
    }
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        const struct sim_machine *machine = sim_machine(sim, i);

        if (!core[i] || sim_member_of(sim, &first->raft.members, i) == NULL) {
            continue;
        }
        if (!machine->up || machine->node.stopped || machine->node.raft.applied != last ||
            machine->node.raft.durable != last || machine->node.state.hash != first->state.hash ||
            machine->node.raft.leader != first->raft.config.id ||
            !trail_term(&machine->node.raft.trail, last, &term) ||
            !sim_check_history(sim, last, term, &history)) {
            return false;
        }
    }
    return true;
}

static void tell_members(const struct raft *raft)
{
    for (uint32_t i = 0; i < raft->members.count; i++) {
        const struct member *member = &raft->members.list[i];

        printf(" %u=%s%s%s", member->id, member->name, member->kind == MEMBER_VOTER ? "" : " ",
               member->kind == MEMBER_VOTER ? "" : member_kind_name(member->kind));
    }
    printf("\n");
}

static void tell_stuck(struct sim *sim, const bool *core)
{
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        const struct sim_machine *machine = sim_machine(sim, i);
        const struct raft *raft = &machine->node.raft;

        printf("%u%s%s%s: member %u %s term %llu leader %u last %llu durable %llu commit %llu "
               "applied %llu log after %llu snapshot %llu members since %llu%s%s:",
               i, core[i] ? " in the core" : "", machine->up ? "" : ", down",
               machine->store->rotten ? ", damaged" : "", raft->config.id,
               raft_role_name(raft->role), (unsigned long long)raft->term, raft->leader,
               (unsigned long long)raft->trail.last_index, (unsigned long long)raft->durable,
               (unsigned long long)raft->commit, (unsigned long long)raft->applied,
               (unsigned long long)raft->trail.base_index, (unsigned long long)raft->snapshot.index,
               (unsigned long long)raft->members_index, raft->removed ? " removed" : "",
               raft->disowned ? " disowned" : "");
        tell_members(raft);
    }
}

static uint64_t give_up_us(const struct sim *sim)
{
    return sim->now_us + PATIENCE * sim->options.election_max_ms * 1000;
}

static void come_to_terms(struct sim *sim)
{
    bool core[SIM_NET_MACHINES] = {false};
    uint32_t order[SIM_MACHINES];
    uint64_t until_us;
    uint64_t fresh = 0; /* proposal */

    sim->phase = "healing";
    drop_changes(sim);
    shuffle(sim, order);
    choose_core(sim, order, core);
    sim_say(sim, "healing begins");
    heal_core(sim, core);
    until_us = give_up_us(sim);
    while (sim->now_us < until_us) {
        uint32_t leader;
        uint64_t pause_us = sim->now_us + sim->options.heartbeat_ms * 1000;

        while (sim_next(sim, pause_us < until_us ? pause_us : until_us)) {
        }
        if (grow_core(sim, order, core)) {
            until_us = give_up_us(sim);
        }
        leader = ready_leader(sim);
        if (leader == 0) {
            continue;
        }
        if (fresh == 0 || tables_proposal(&sim->check, fresh)->state > SIM_OK) {
            sim_propose(sim, leader);
            fresh = sim->check.proposal_count;
        } else if (tables_proposal(&sim->check, fresh)->state == SIM_OK &&
                   agrees(sim, core, leader)) {
            return;
        }
    }
    tell_stuck(sim, core);
    sim_fail(sim, SIM_STUCK, "the healed majority doesn't come to terms");
}

/* ---- a life ------------------------------------------------------------------------------ */

static void add_counters(struct sim_counters *to, const struct sim_counters *from)
{
#define X(name) to->name += from->name;
    SIM_COUNTER_MAP(X)
#undef X
}

uint64_t sim_life(const struct sim_options *options, uint64_t seed, FILE *trace,
                  struct sim_counters *counters, uint64_t *events)
{
    struct sim *sim = sim_new(options, seed);
    uint64_t hash;

    sim->trace.out = trace;
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        sim_start(sim, i);
    }
    sim_operator_start(sim);
    sim_chaos_start(sim);
    while (sim->handled < options->events && sim->now_us < (uint64_t)FAULTS_MS_MAX * 1000) {
        sim_next(sim, (uint64_t)FAULTS_MS_MAX * 1000);
    }
    sim_chaos_stop(sim);
    sim_operator_stop(sim);
    come_to_terms(sim);
    for (uint32_t i = 0; i < sim->store_count; i++) {
        if (!sim->stores[i]->gone && !sim->stores[i]->rotten &&
            list_empty(&sim->stores[i]->batch)) {
            sim_store_read_deep(sim, sim->stores[i]);
        }
    }
    hash = sim->trace.hash;
    *events += sim->handled;
    add_counters(counters, &sim->counters);
    sim_free(sim);
    return hash;
}
