/* Disks and callers: INV-7, 12 and 14; and how a failure is told. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/sim/sim_check_tables.h"

typedef unsigned long long number;

_Noreturn void sim_fail(struct sim *sim, int status, const char *format, ...)
{
    va_list args;

    printf("\nseed %llu, event %llu, %llu ms, %s: ", (number)sim->seed, (number)sim->handled,
           (number)(sim->now_us / 1000), sim->phase);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    sim_options_print(&sim->options, stdout);
    printf("again: build/sim/sim --seed %llu --trace\n", (number)sim->seed);
    fflush(stdout);
    _Exit(status);
}

bool sim_check_history(const struct sim *sim, uint64_t index, uint64_t term, uint64_t *history)
{
    struct sim_check copy = sim->check; /* looking something up changes nothing here */
    const struct sim_entry *entry;

    *history = 0;
    if (index == 0) {
        return true;
    }
    if (copy.entry_capacity == 0) {
        return false;
    }
    copy.entry_count = 0;
    entry = tables_entry(&copy, index, term);
    *history = entry->history;
    return entry->index != 0;
}

/* ---- 12, 14: callers ------------------------------------------------------------------- */

uint64_t sim_check_proposed(struct sim *sim)
{
    uint64_t proposal = ++sim->check.proposal_count;

    tables_proposal(&sim->check, proposal)->state = SIM_OPEN;
    sim->counters.proposals++;
    return proposal;
}

void sim_check_command(struct sim *sim, const struct raft_entry *entry)
{
    struct sim_command command;
    struct sim_proposal *proposal;

    if (entry->index <= sim->check.commands) {
        return;
    }
    sim->check.commands = entry->index;
    memcpy(&command, raft_entry_bytes(entry), sizeof(command));
    proposal = tables_proposal(&sim->check, command.proposal);
    if (proposal->index != 0) {
        sim_fail(sim, SIM_UNSAFE, "proposal %llu was applied twice (INV-14)",
                 (number)command.proposal);
    }
    if (proposal->state == SIM_FAILED) {
        sim_fail(sim, SIM_UNSAFE, "proposal %llu failed, and is applied at %llu (INV-14)",
                 (number)command.proposal, (number)entry->index);
    }
    proposal->index = entry->index;
}

void sim_check_answered(struct sim *sim, uint64_t number_, int result, uint64_t index,
                        uint64_t term)
{
    struct sim_proposal *proposal = tables_proposal(&sim->check, number_);

    if (proposal->state != SIM_OPEN) {
        sim_fail(sim, SIM_UNSAFE, "proposal %llu is answered twice (INV-14)", (number)number_);
    }
    if (result == 0) {
        proposal->state = SIM_OK;
        sim->counters.acknowledged++;
        if (proposal->index != index || tables_committed(&sim->check, index)->term != term) {
            sim_fail(sim, SIM_UNSAFE, "proposal %llu is said to be at %llu/%llu (INV-14)",
                     (number)number_, (number)index, (number)term);
        }
        if (index > sim->check.acknowledged) {
            sim->check.acknowledged = index;
        }
    } else if (result == ERR_TIMEOUT || result == ERR_CLOSED) {
        proposal->state = SIM_UNKNOWN;
        sim->counters.unknown++;
    } else {
        proposal->state = SIM_FAILED;
        sim->counters.failed++;
        if (proposal->index != 0) {
            sim_fail(sim, SIM_UNSAFE, "proposal %llu failed, and was applied at %llu (INV-14)",
                     (number)number_, (number)proposal->index);
        }
    }
}

void sim_check_read(struct sim *sim, const struct sim_machine *machine, uint64_t acknowledged)
{
    if (machine->node.raft.applied < acknowledged) {
        sim_fail(sim, SIM_UNSAFE, "%u reads a state of %llu, and %llu was acknowledged (INV-12)",
                 machine->number, (number)machine->node.raft.applied, (number)acknowledged);
    }
}

/* ---- 7 and the disks -------------------------------------------------------------------- */

void sim_check_vote(struct sim *sim, struct sim_store *store, uint64_t term, uint32_t vote)
{
    store->votes = tables_grow(store->votes, &store->vote_capacity, term, sizeof(store->votes[0]));
    if (store->votes[term] != 0 && store->votes[term] != vote) {
        sim_fail(sim, SIM_UNSAFE, "machine %u votes for %u, and voted for %u, in term %llu (INV-7)",
                 store->machine, vote, store->votes[term], (number)term);
    }
    store->votes[term] = vote;
    if (term < store->durable.term) {
        sim_fail(sim, SIM_UNSAFE, "machine %u: the durable term went back (INV-6)", store->machine);
    }
    store->durable.term = term;
    store->durable.vote = vote;
}

static void lost(struct sim *sim, const struct sim_store *store, const char *what, uint64_t index,
                 uint64_t term)
{
    sim_fail(sim, SIM_UNSAFE, "machine %u lost %s %llu/%llu, which was durable%s", store->machine,
             what, (number)index, (number)term, store->rotten ? " (it was damaged)" : "");
}

/* What the requests under way may have changed. */
struct under_way {
    bool vote;
    uint64_t first; /* entries from here on; 0: none */
    uint64_t install;
};

static struct under_way under_way(struct sim_store *store)
{
    struct under_way found = {0};

    list_each (link, &store->batch) {
        const struct sim_write *write = container_of(link, struct sim_write, request.link);

        switch (write->event.type) {
        case RAFT_META_PERSISTED:
            found.vote = true;
            break;
        case RAFT_PERSISTED:
            found.first =
                found.first == 0 || write->first < found.first ? write->first : found.first;
            break;
        case RAFT_SNAPSHOT_INSTALLED:
            found.install = write->event.persisted.index;
            break;
        default:
            break;
        }
    }
    return found;
}

static void check_log(struct sim *sim, struct sim_store *store,
                      const struct disk_recovered *recovered, const struct under_way *maybe)
{
    const struct sim_durable *durable = &store->durable;
    uint64_t from = recovered->snapshot.index;

    for (uint64_t i = from + 1; i <= durable->last; i++) {
        const struct raft_entry *entry =
            i - from <= recovered->entry_count ? &recovered->entries[i - from - 1] : NULL;

        if (maybe->first != 0 && i >= maybe->first) {
            break;
        }
        if (maybe->install != 0 && maybe->install == recovered->snapshot.index) {
            break;
        }
        if (entry == NULL || entry->index != i || entry->term != durable->terms[i]) {
            lost(sim, store, "entry", i, durable->terms[i]);
        }
    }
}

void sim_check_recovered(struct sim *sim, struct sim_store *store,
                         const struct disk_recovered *recovered, bool exactly)
{
    struct sim_durable *durable = &store->durable;
    struct under_way maybe = exactly ? (struct under_way){0} : under_way(store);
    uint64_t last = recovered->snapshot.index + recovered->entry_count;

    if ((recovered->term != durable->term || recovered->vote != durable->vote) && !maybe.vote) {
        lost(sim, store, "the vote of term", durable->term, durable->vote);
    }
    if (recovered->snapshot.index < durable->snapshot_index) {
        lost(sim, store, "snapshot", durable->snapshot_index, durable->snapshot_term);
    }
    check_log(sim, store, recovered, &maybe);
    if (exactly && last != durable->last) {
        sim_fail(sim, SIM_UNSAFE, "machine %u: the disk has %llu, not %llu", store->machine,
                 (number)last, (number)durable->last);
    }
    if (exactly) {
        return;
    }
    sim_check_vote(sim, store, recovered->term, recovered->vote);
    durable->snapshot_index = recovered->snapshot.index;
    durable->snapshot_term = recovered->snapshot.term;
    durable->last = last;
    durable->terms =
        tables_grow(durable->terms, &durable->capacity, last, sizeof(durable->terms[0]));
    for (size_t i = 0; i < recovered->entry_count; i++) {
        durable->terms[recovered->entries[i].index] = recovered->entries[i].term;
    }
    if (recovered->snapshot.index > 0) {
        durable->terms[recovered->snapshot.index] = recovered->snapshot.term;
    }
}
