#include "tests/sim/sim_duel.h"

#include <assert.h>

#include "tests/sim/sim.h"
#include "tests/sim/sim_chaos.h"

/* What SIM_DUEL may do. */
enum duel { DUEL_BEGIN, DUEL_END, DUEL_MUTE, DUEL_REVOKE, DUEL_CHANGE, DUEL_PAUSE, DUEL_WIPE };

enum { LEAD_US = 20000 };

static bool chance(struct sim *sim, uint64_t percent)
{
    return sim_random_percent(&sim->fault_random, percent);
}

static uint64_t some(struct sim *sim, uint64_t low, uint64_t high)
{
    return sim_random_between(&sim->fault_random, low, high);
}

static void later(struct sim *sim, uint64_t ms, enum duel what, uint32_t number)
{
    sim_at(sim, sim->now_us + ms * 1000, SIM_DUEL, number, what, NULL);
}

/* ---- links ------------------------------------------------------------------------------ */

static void join_all(struct sim *sim)
{
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        for (uint32_t j = 1; j <= sim->machine_count; j++) {
            sim->net.links[i][j].cut = false;
        }
    }
}

/* The leader alone, or with others: no more than make a majority of all, and mostly without the one
 * who led before: what he had, and nobody else, may still come to light. */
static uint32_t choose_side(struct sim *sim, uint32_t leader)
{
    uint32_t half = sim->machine_count / 2;
    uint32_t left = half > 0 && chance(sim, 55) ? (uint32_t)some(sim, 1, half) : 0;
    uint32_t without = sim->duelled != leader && chance(sim, 80) ? sim->duelled : 0;
    uint32_t side = 1U << leader;

    for (uint32_t tries = 0; left > 0 && tries < 100; tries++) {
        uint32_t number = (uint32_t)some(sim, 1, sim->machine_count);

        if (number != without) {
            left -= (side >> number & 1) == 0;
            side |= 1U << number;
        }
    }
    return side;
}

static void mute(struct sim *sim, uint32_t leader)
{
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        sim->net.links[leader][i].cut = i != leader;
    }
}

static void part(struct sim *sim, uint32_t side)
{
    bool deaf = chance(sim, 70); /* hears nobody of the others, either */

    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        for (uint32_t j = 1; j <= sim->machine_count; j++) {
            bool inside = (side >> i & 1) != 0;

            if (inside != ((side >> j & 1) != 0)) {
                sim->net.links[i][j].cut = inside || deaf;
            }
        }
    }
    sim->counters.duels++;
    sim_say(sim, "a duel: only %#x (machines as bits) hear each other, %s", side,
            deaf ? "and nobody else" : "and the others");
}

/* ---- a duel -------------------------------------------------------------------------------- */

/* Mostly about a voter who won't hear of it. */
static void change(struct sim *sim, uint32_t leader, uint32_t side)
{
    const struct members *members = &sim_machine(sim, leader)->node.raft.members;
    uint32_t victim = (uint32_t)some(sim, 1, sim->machine_count);

    for (uint32_t tries = chance(sim, 80) ? 8 : 0; tries > 0; tries--) {
        const struct member *member = sim_member_of(sim, members, victim);

        if (member != NULL && member->kind == MEMBER_VOTER && (side >> victim & 1) == 0) {
            break;
        }
        victim = (uint32_t)some(sim, 1, sim->machine_count);
    }
    sim_operator_change(sim, leader, victim);
}

static uint32_t one_of(struct sim *sim, uint32_t side)
{
    uint32_t number;

    do {
        number = (uint32_t)some(sim, 1, sim->machine_count);
    } while ((side >> number & 1) == 0);
    return number;
}

static void begin(struct sim *sim, uint32_t leader)
{
    uint32_t side = choose_side(sim, leader);
    uint64_t election_ms = sim->options.election_max_ms;
    uint32_t slow = one_of(sim, side);

    sim->duelled = leader;
    join_all(sim);
    if (chance(sim, 80)) {
        part(sim, side);
    }
    if (sim->options.change_every_ms != 0 && chance(sim, 75)) {
        change(sim, leader, side);
        later(sim, some(sim, 0, election_ms / 2), DUEL_CHANGE, leader);
    }
    for (uint64_t i = chance(sim, 50) ? some(sim, 1, 3) : 0; i > 0; i--) {
        sim_propose(sim, leader);
    }
    if (chance(sim, 20)) { /* what is under way is done when another one has led for a while */
        sim_hang(sim, slow, some(sim, election_ms, 10 * election_ms) * 1000);
    }
    if (chance(sim, 60)) {
        later(sim, some(sim, 1, election_ms), DUEL_REVOKE, leader);
    }
    if (sim->options.pause_every_ms != 0 && chance(sim, 30)) {
        later(sim, some(sim, 0, election_ms), DUEL_PAUSE, leader);
    }
    if (sim->options.wipe_every_ms != 0 && chance(sim, 20)) {
        later(sim, some(sim, 0, election_ms), DUEL_WIPE, slow);
    }
    later(sim, some(sim, election_ms / 4, 3 * election_ms), DUEL_END, leader);
}

static void stop_a_while(struct sim *sim, uint32_t number)
{
    const struct sim_machine *machine = sim_machine(sim, number);
    uint64_t ms = some(sim, 10, 2 * sim->options.election_max_ms);

    sim_pause(sim, number);
    sim_at(sim, sim->now_us + ms * 1000, SIM_RESUME, number, machine->life, NULL);
}

static void on_duel(struct sim *sim, const struct sim_event *event)
{
    uint32_t number = event->machine;

    switch ((enum duel)event->value) {
    case DUEL_BEGIN:
        begin(sim, number);
        break;
    case DUEL_END:
        join_all(sim);
        if (sim->options.duel_percent != 0 && chance(sim, 50) && sim_leader(sim) != 0) {
            later(sim, some(sim, 1, sim->options.election_max_ms), DUEL_BEGIN, sim_leader(sim));
        }
        break;
    case DUEL_MUTE:
        mute(sim, number);
        break;
    case DUEL_REVOKE:
        if (sim->options.leases != 0) {
            sim_lease_revoke(sim, number);
        }
        break;
    case DUEL_CHANGE:
        sim_operator_change(sim, number, (uint32_t)some(sim, 1, sim->machine_count));
        break;
    case DUEL_PAUSE:
        stop_a_while(sim, number);
        break;
    case DUEL_WIPE:
        sim_chaos_wipe(sim, number, 90);
        break;
    }
}

void sim_duel_led(struct sim *sim, const struct sim_machine *machine, uint64_t term)
{
    if (term != 0 && sim->options.duel_percent != 0 && sim->handlers[SIM_DUEL] != NULL &&
        chance(sim, sim->options.duel_percent)) {
        /* At once, or after the first messages arrived. */
        sim_at(sim, sim->now_us + (chance(sim, 70) ? 0 : some(sim, 0, LEAD_US)), SIM_DUEL,
               machine->number, DUEL_BEGIN, NULL);
    }
}

void sim_duel_start(struct sim *sim)
{
    sim->handlers[SIM_DUEL] = on_duel;
}

void sim_duel_stop(struct sim *sim)
{
    sim->handlers[SIM_DUEL] = NULL;
}

/* ---- holds --------------------------------------------------------------------------------- */

static void hold(struct sim *sim, uint32_t from, uint32_t to, uint32_t sorts, uint64_t until_us)
{
    sim->net.links[from][to].held_sorts = sorts;
    sim->net.links[from][to].held_until_us = until_us;
}

/* The last answers to the holder are late when the lease is taken from him. */
void sim_duel_hold_leases(struct sim *sim)
{
    uint32_t leader = sim_leader(sim);
    uint64_t for_ms = some(sim, 100, sim->options.lease_ms * 9 / 10);
    uint64_t holder = leader != 0 ? sim_machine(sim, leader)->node.state.holder : 0;

    if (holder != 0 && holder <= sim->machine_count &&
        sim_machine(sim, leader)->node.state.revoking == 0) {
        sim->counters.holds++;
        hold(sim, leader, (uint32_t)holder, SIM_SORT_LEASE, sim->now_us + for_ms * 1000);
        later(sim, some(sim, 0, for_ms), DUEL_REVOKE, leader);
    }
}

/* Old answers come to a leader whom nobody hears any more, while another one is elected. */
void sim_duel_mute(struct sim *sim)
{
    uint32_t leader = sim_leader(sim);
    uint64_t mute_ms = some(sim, 1, 2 * sim->options.heartbeat_ms);
    uint64_t election_ms = sim->options.election_max_ms;

    for (uint32_t i = 1; leader != 0 && i <= sim->machine_count; i++) {
        if (i != leader) {
            hold(sim, i, leader, SIM_SORT_ALL,
                 sim->now_us + (mute_ms + some(sim, election_ms / 2, election_ms * 5 / 4)) * 1000);
        }
    }
    if (leader != 0) {
        sim->counters.mutes++;
        later(sim, mute_ms, DUEL_MUTE, leader);
        later(sim, mute_ms + 2 * election_ms, DUEL_END, leader);
    }
}

void sim_duel_hold(struct sim *sim)
{
    static const uint32_t sorts[] = {SIM_SORT_BEAT, SIM_SORT_APPEND, SIM_SORT_ANSWER,
                                     SIM_SORT_BEAT | SIM_SORT_ANSWER, SIM_SORT_LEASE};
    uint64_t until_us = sim->now_us + some(sim, 1, sim->options.hold_for_ms) * 1000;
    uint32_t leader = sim_leader(sim);
    uint32_t any = (uint32_t)some(sim, 1, sim->machine_count);
    uint32_t one = chance(sim, 60) && leader != 0 ? leader : any;
    uint32_t sort = sorts[some(sim, 0, 4)];
    bool outward = chance(sim, 50);

    sim->counters.holds++;
    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        if (i != one && chance(sim, 60)) {
            hold(sim, outward ? one : i, outward ? i : one, sort, until_us);
        }
    }
}

/* ---- pieces -------------------------------------------------------------------------------- */

/* Few entries, or none, after this place or one that is further back. */
static void cut_piece(struct sim *sim, const struct trail *trail, uint64_t previous,
                      uint32_t back_percent, struct raft_message *piece)
{
    uint64_t back_max = previous - trail->base_index < 8 ? previous - trail->base_index : 8;
    bool known;

    previous -= chance(sim, back_percent) ? some(sim, 0, back_max) : 0;
    piece->append.previous_index = previous;
    piece->append.entries = NULL;
    piece->append.count = 0;
    known = trail_term(trail, previous, &piece->append.previous_term);
    assert(known);
    if (previous < trail->last_index && chance(sim, 80)) {
        piece->append.entries =
            trail_run(trail, previous + 1, chance(sim, 75) ? 1 : (uint32_t)some(sim, 1, 4),
                      UINT16_MAX, &piece->append.count);
    }
}

bool sim_duel_piece(struct sim *sim, const struct sim_machine *machine,
                    const struct raft_message *message, struct raft_message *piece, bool *instead)
{
    const struct raft *raft = &machine->node.raft;
    bool beat = message->type == RAFT_HEARTBEAT;
    uint64_t previous = beat ? raft_last_index(raft) : message->append.previous_index;

    if (sim->options.pieces_ppm == 0 || sim->net.calm || !(beat || message->type == RAFT_APPEND) ||
        !sim_random_chance(&sim->fault_random, sim->options.pieces_ppm) ||
        previous < raft->trail.base_index) {
        return false;
    }
    *piece = *message;
    piece->type = RAFT_APPEND;
    piece->append.commit = beat ? raft->commit : message->append.commit;
    cut_piece(sim, &raft->trail, previous, beat ? 100 : 40, piece);
    *instead = !beat && chance(sim, 60);
    return true;
}
