/* Cores: INV-1 to INV-6, 8 to 11, 13 and 15. */
#include "tests/sim/sim_check.h"

#include <assert.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/sim/sim_check_tables.h"

typedef unsigned long long number;

/* ---- 2: histories ---------------------------------------------------------------------- */

static void check_entries(struct sim *sim, const struct sim_machine *machine, uint64_t first,
                          bool must_exist)
{
    const struct raft *raft = &machine->node.raft;
    uint64_t history;
    uint64_t term;

    if (!trail_term(&raft->trail, first - 1, &term) ||
        !sim_check_history(sim, first - 1, term, &history)) {
        sim_fail(sim, SIM_UNSAFE, "%u: entry %llu follows what nobody ever had (INV-2)",
                 machine->number, (number)first);
    }
    for (uint64_t index = first; index <= raft_last_index(raft); index++) {
        const struct raft_entry *entry = raft_entry(raft, index);
        struct sim_entry *known;

        history = sim_mix(sim_mix(history, index), entry->term << 2 | entry->kind);
        history = sim_mix_bytes(history, raft_entry_bytes(entry), raft_entry_length(entry));
        known = tables_entry(&sim->check, index, entry->term);
        if (known->index == 0) {
            if (must_exist) {
                sim_fail(sim, SIM_UNSAFE, "%u found entry %llu/%llu that nobody ever had",
                         machine->number, (number)index, (number)entry->term);
            }
            *known = (struct sim_entry){.index = index, .term = entry->term, .history = history};
            sim->check.entry_count++;
        } else if (known->history != history) {
            sim_fail(sim, SIM_UNSAFE, "%u: entry %llu/%llu has another history (INV-2)",
                     machine->number, (number)index, (number)entry->term);
        }
    }
}

/* ---- 1, 4, 15: leaders and rounds --------------------------------------------------------- */

static void check_elected(struct sim *sim, const struct sim_machine *machine)
{
    const struct raft *raft = &machine->node.raft;
    struct sim_check *check = &sim->check;
    struct sim_term *term = tables_term(check, raft->term);
    uint64_t index = check->committed;

    if (term->elected_step != 0) {
        sim_fail(sim, SIM_UNSAFE, "%u and member %u both lead term %llu (INV-1)", machine->number,
                 term->leader, (number)raft->term);
    }
    term->leader = raft->config.id;
    term->elected_step = sim->steps;
    sim->counters.elections++;
    while (index > 0 && tables_committed(check, index)->by_term >= raft->term) {
        index--;
    }
    if (index > 0 && index > raft->trail.base_index &&
        !trail_matches(&raft->trail, index, tables_committed(check, index)->term)) {
        sim_fail(sim, SIM_UNSAFE, "%u leads term %llu without committed entry %llu/%llu (INV-4)",
                 machine->number, (number)raft->term, (number)index,
                 (number)tables_committed(check, index)->term);
    }
    for (uint64_t t = check->term_highest; t < raft->term; t++) {
        tables_term(check, t)->superseded_step = sim->steps;
    }
    if (raft->term > check->term_highest) {
        check->term_highest = raft->term;
    } else {
        tables_term(check, raft->term)->superseded_step = sim->steps;
    }
}

static void check_rounds(struct sim *sim, struct sim_machine *machine)
{
    struct sim_node *node = &machine->node;
    uint64_t confirmed = sim->update.round_confirmed;
    const struct sim_term *term;
    uint64_t sent;

    if (sim->update.round_sent != 0) {
        node->round_at[sim->update.round_sent % SIM_ROUNDS] = sim->steps;
    }
    if (confirmed == 0 || confirmed + SIM_ROUNDS <= node->raft.round.sent) {
        return;
    }
    term = tables_term(&sim->check, node->raft.term);
    sent = node->round_at[confirmed % SIM_ROUNDS];
    if (sent < term->elected_step ||
        (term->superseded_step != 0 && sent >= term->superseded_step)) {
        sim_fail(sim, SIM_UNSAFE, "%u: round %llu is confirmed, and a successor is older (INV-15)",
                 machine->number, (number)confirmed);
    }
}

/* ---- 9, 13: members -------------------------------------------------------------------------- */

static uint64_t members_hash(const struct members *members)
{
    struct buf bytes;
    uint64_t hash;

    buf_init(&bytes, MEMBERS_BYTES_MAX);
    members_encode(members, &bytes);
    hash = sim_mix_bytes(0, bytes.data, bytes.length);
    buf_finish(&bytes);
    return hash;
}

static void check_members(struct sim *sim, const struct sim_machine *machine)
{
    const struct raft *raft = &machine->node.raft;
    const struct raft_entry *newest = NULL;
    uint32_t uncommitted = 0;

    for (uint64_t i = raft->trail.base_index + 1; i <= raft_last_index(raft); i++) {
        const struct raft_entry *entry = raft_entry(raft, i);

        if (entry->kind == RAFT_CONFIG) {
            newest = entry;
            uncommitted += i > sim->check.committed;
        }
    }
    if (uncommitted > 1) {
        sim_fail(sim, SIM_UNSAFE, "%u: %u lists of members are uncommitted (INV-9)",
                 machine->number, uncommitted);
    }
    if (newest != NULL &&
        (raft->members_index != newest->index ||
         members_hash(&raft->members) !=
             sim_mix_bytes(0, raft_entry_bytes(newest), raft_entry_length(newest)))) {
        sim_fail(sim, SIM_UNSAFE, "%u: the members in force aren't those of entry %llu (INV-13)",
                 machine->number, (number)newest->index);
    }
    if (newest == NULL && members_hash(&raft->members) != members_hash(&raft->base_members)) {
        sim_fail(sim, SIM_UNSAFE, "%u: the members in force aren't the base's (INV-13)",
                 machine->number);
    }
}

/* ---- 10, 11: disks of others --------------------------------------------------------------------
 */

static const struct sim_store *store_of_member(struct sim *sim, const struct member *member)
{
    /* The first members' stores have the first numbers. */
    return member->store != 0                  ? sim_store_of(sim, member->store)
           : member->id <= sim->options.voters ? sim->stores[member->id - 1]
                                               : NULL;
}

static bool is_on_majority(struct sim *sim, const struct members *members, uint64_t index,
                           uint64_t term)
{
    uint32_t copies = 0;

    for (uint32_t i = 0; i < members->count; i++) {
        const struct sim_store *store = store_of_member(sim, &members->list[i]);

        copies += members->list[i].kind == MEMBER_VOTER && store != NULL &&
                  sim_durable_has(&store->durable, index, term);
    }
    return copies >= members_majority(members);
}

static void check_committed(struct sim *sim, const struct sim_machine *machine)
{
    const struct raft *raft = &machine->node.raft;
    uint64_t term = 0;

    for (uint64_t index = sim->check.committed + 1; index <= raft->commit; index++) {
        bool known = trail_term(&raft->trail, index, &term);

        assert(known);
        *tables_committed(&sim->check, index) =
            (struct sim_committed){.term = term, .by_term = raft->term};
        sim->check.committed = index;
        sim->counters.committed++;
        if (raft_entry(raft, index)->kind == RAFT_CONFIG) {
            sim->counters.configs++;
            raft_members_at(raft, index, &sim->check.members);
        }
    }
    if (term != 0 && !is_on_majority(sim, &raft->members, raft->commit, term)) {
        struct members before;

        raft_members_at(raft, raft->members_index > 0 ? raft->members_index - 1 : 0, &before);
        if (!is_on_majority(sim, &before, raft->commit, term)) {
            sim_fail(sim, SIM_UNSAFE, "%u commits %llu/%llu, which no majority has (INV-11)",
                     machine->number, (number)raft->commit, (number)term);
        }
    }
    if (term != 0) {
        sim_check_future(sim, machine, raft->commit, term);
    }
}

/* That it has so many, and that they are the leader's own. */
static void check_matches(struct sim *sim, const struct sim_machine *machine)
{
    const struct raft *raft = &machine->node.raft;

    for (uint32_t i = 0; i < raft->members.count; i++) {
        uint64_t match = raft->peers[i].match;
        const struct sim_store *store;
        uint64_t term = 0;

        if ((int)i == raft->self || match == 0) {
            continue;
        }
        store = store_of_member(sim, &raft->members.list[i]);
        if (store == NULL || store->durable.term != raft->term || store->gone) {
            continue;
        }
        if (store->durable.last < match || (trail_term(&raft->trail, match, &term) &&
                                            !sim_durable_has(&store->durable, match, term))) {
            sim_fail(sim, SIM_UNSAFE,
                     "%u believes that member %u has %llu/%llu, and it hasn't (INV-10)",
                     machine->number, raft->members.list[i].id, (number)match, (number)term);
        }
    }
}

/* ---- after each step
 * ------------------------------------------------------------------------------- */

static void check_growth(struct sim *sim, const struct sim_machine *machine)
{
    const struct sim_node *node = &machine->node;
    const struct raft *raft = &node->raft;

    if (raft->term < node->term || raft->commit < node->commit) {
        sim_fail(sim, SIM_UNSAFE, "%u: term or commit went back (INV-6)", machine->number);
    }
    if (node->led && raft->role == RAFT_LEADER && raft->term == node->term &&
        (raft_last_index(raft) < node->last ||
         (sim->update.write_count > 0 && sim->update.write_first <= node->last))) {
        sim_fail(sim, SIM_UNSAFE, "%u: a leader changed what it had (INV-3)", machine->number);
    }
}

static void check_commit(struct sim *sim, struct sim_machine *machine)
{
    struct sim_node *node = &machine->node;
    const struct raft *raft = &node->raft;
    uint64_t term;

    if (raft->commit > sim->check.committed) {
        sim_fail(sim, SIM_UNSAFE, "%u takes %llu for committed, and no leader does (INV-11)",
                 machine->number, (number)raft->commit);
    }
    if (raft->commit > node->checked_commit && trail_term(&raft->trail, raft->commit, &term) &&
        term != tables_committed(&sim->check, raft->commit)->term) {
        sim_fail(sim, SIM_UNSAFE, "%u commits %llu/%llu, others %llu/%llu (INV-5)", machine->number,
                 (number)raft->commit, (number)term, (number)raft->commit,
                 (number)tables_committed(&sim->check, raft->commit)->term);
    }
    node->checked_commit = raft->commit;
}

void sim_check_step(struct sim *sim, struct sim_machine *machine)
{
    struct sim_node *node = &machine->node;
    const struct raft *raft = &node->raft;
    const struct raft_update *update = &sim->update;

    check_growth(sim, machine);
    if (update->write_count > 0) {
        check_entries(sim, machine, update->write_first, false);
    }
    if (raft->role == RAFT_LEADER) {
        if (!node->led || raft->term != node->term) {
            check_elected(sim, machine);
        }
        check_matches(sim, machine);
    }
    /* One that committed its own removal leads no more at the end of that step. */
    if (raft->role == RAFT_LEADER || (node->led && raft->term == node->term)) {
        check_committed(sim, machine);
    }
    check_commit(sim, machine);
    check_rounds(sim, machine);
    if (update->members_changed) {
        check_members(sim, machine);
    }
    if (sim->options.canary != 0 && sim->counters.elections >= sim->options.canary) {
        sim_fail(sim, SIM_UNSAFE, "the canary: nothing is wrong but the checker (HS-05)");
    }
    node->last = raft_last_index(raft);
    node->term = raft->term;
    node->commit = raft->commit;
    node->led = raft->role == RAFT_LEADER;
}

void sim_check_started(struct sim *sim, struct sim_machine *machine)
{
    struct sim_node *node = &machine->node;

    check_entries(sim, machine, node->raft.trail.base_index + 1, true);
    check_members(sim, machine);
    node->last = raft_last_index(&node->raft);
    node->term = node->raft.term;
    node->commit = node->raft.commit;
    if (node->raft.snapshot.index > 0) {
        sim_check_applied(sim, machine, node->raft.snapshot.index, node->raft.snapshot.term);
    }
}

/* ---- 8: what is said, 5: what is applied
 * ---------------------------------------------------------- */

void sim_check_message(struct sim *sim, const struct sim_machine *machine,
                       const struct raft_message *message)
{
    const struct sim_durable *durable = &machine->store->durable;
    const struct raft *raft = &machine->node.raft;
    bool true_ = durable->term == raft->term;
    uint64_t index;
    uint64_t term;

    switch (message->type) {
    case RAFT_VOTE:
        true_ = true_ && durable->vote == raft->config.id &&
                sim_durable_has(durable, message->vote.last_index, message->vote.last_term);
        break;
    case RAFT_VOTE_ANSWER:
        true_ = true_ && (!message->vote_answer.granted || durable->vote == message->to);
        break;
    case RAFT_APPEND_ANSWER:
        index = message->append_answer.index;
        if (message->append_answer.accepted && index > durable->snapshot_index) {
            true_ = true_ && trail_term(&raft->trail, index, &term) &&
                    sim_durable_has(durable, index, term);
        }
        break;
    default:
        break;
    }
    if (!true_) {
        sim_fail(sim, SIM_UNSAFE, "%u says what isn't on its disk: message type %d to %u (INV-8)",
                 machine->number, (int)message->type, message->to);
    }
}

void sim_check_applied(struct sim *sim, const struct sim_machine *machine, uint64_t index,
                       uint64_t term)
{
    struct sim_committed *committed = tables_committed(&sim->check, index);
    uint64_t state = machine->node.state.hash | 1;

    if (index > sim->check.committed || committed->term != term) {
        sim_fail(sim, SIM_UNSAFE, "%u applies %llu/%llu, which isn't committed (INV-5)",
                 machine->number, (number)index, (number)term);
    }
    if (!sim_durable_has(&machine->store->durable, index, term)) {
        sim_fail(sim, SIM_UNSAFE, "%u applies %llu/%llu, which isn't on its disk", machine->number,
                 (number)index, (number)term);
    }
    if (committed->state == 0) {
        committed->state = state;
    } else if (committed->state != state) {
        sim_fail(sim, SIM_UNSAFE, "%u: another state after entry %llu (INV-5)", machine->number,
                 (number)index);
    }
}
