/* INV-4, ahead of time: at the moment a leader takes an entry for committed, nobody who lacks it
 * may be able to win an election, by the list that he has and by what is on the others' disks.
 * A cluster that is lucky in what happens next doesn't hide such a mistake. */
#include "tests/sim/sim.h"
#include "tests/sim/sim_check_tables.h"

static const struct sim_store *good_store_of(struct sim *sim, const struct member *member)
{
    const struct sim_store *store = member->store != 0 ? sim_store_of(sim, member->store)
                                    : member->id <= sim->options.voters
                                        ? sim->stores[member->id - 1]
                                        : NULL;

    return store != NULL && !store->gone && !store->rotten ? store : NULL;
}

static bool is_as_new(uint64_t term, uint64_t index, const struct sim_durable *durable)
{
    uint64_t last_term = durable->last > 0 ? durable->terms[durable->last] : 0;

    return term != last_term ? term > last_term : index >= durable->last;
}

static bool could_lead(struct sim *sim, const struct sim_machine *machine)
{
    const struct raft *raft = &machine->node.raft;
    uint64_t term = trail_last_term(&raft->trail);
    uint32_t votes = 0;

    if (raft->self < 0 || raft->members.list[raft->self].kind != MEMBER_VOTER || raft->disowned ||
        raft_installing(raft) || raft->durable != raft_last_index(raft) ||
        good_store_of(sim, &raft->members.list[raft->self]) != machine->store) {
        return false;
    }
    for (uint32_t i = 0; i < raft->members.count; i++) {
        const struct sim_store *voter = good_store_of(sim, &raft->members.list[i]);

        votes += raft->members.list[i].kind == MEMBER_VOTER && voter != NULL &&
                 is_as_new(term, raft_last_index(raft), &voter->durable);
    }
    return votes >= members_majority(&raft->members);
}

void sim_check_future(struct sim *sim, const struct sim_machine *leader, uint64_t index,
                      uint64_t term)
{
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        const struct sim_machine *machine = sim_machine(sim, i);
        const struct raft *raft = &machine->node.raft;

        if (machine->up && !machine->node.stopped && machine != leader &&
            index > raft->trail.base_index && !trail_matches(&raft->trail, index, term) &&
            could_lead(sim, machine)) {
            sim_fail(sim, SIM_UNSAFE,
                     "%u commits %llu/%llu, and %u, who lacks it, could be elected (INV-4)",
                     leader->number, (unsigned long long)index, (unsigned long long)term, i);
        }
    }
}
