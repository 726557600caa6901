/* What must hold in nearly every life, over many seeds: how long elections take, and that there is
 * progress on bad links. Single lives are told as stories. */
#include "tests/unit/main.h"

#include "tests/sim/sim.h"
#include "tests/sim/sim_life.h"

enum {
    MIN = 200,
    MAX = 400,
    ROUND = 10
}; /* ms: election time-outs (T, 2T), and one round of votes */

static struct sim *start(uint64_t voters, uint64_t seed, const char *const *settings)
{
    struct sim_options options;
    struct sim *sim;

    sim_options_init(&options);
    options.voters = voters;
    options.leases = 0;
    for (; settings != NULL && *settings != NULL; settings++) {
        ck_assert(sim_options_set(&options, *settings));
    }
    sim = sim_new(&options, seed);
    for (uint32_t i = 1; i <= voters; i++) {
        sim_start(sim, i);
    }
    return sim;
}

static uint64_t now_ms(const struct sim *sim)
{
    return sim->now_us / 1000;
}

/* How long until somebody leads and is ready. */
static uint64_t election_ms(struct sim *sim, uint64_t within_ms)
{
    uint64_t began_ms = now_ms(sim);

    ck_assert_uint_ne(sim_elect(sim, within_ms), 0);
    return now_ms(sim) - began_ms;
}

/* A new write is done, and everybody comes to have it. */
static void converge(struct sim *sim, uint64_t within_ms)
{
    uint64_t until_us = sim->now_us + within_ms * 1000;
    uint64_t done = sim->counters.acknowledged;
    bool alike = false;

    while (!alike) {
        uint32_t leader = sim_elect(sim, within_ms);

        ck_assert_uint_ne(leader, 0);
        ck_assert_uint_lt(sim->now_us, until_us);
        sim_propose(sim, leader);
        sim_run_ms(sim, 100);
        alike = sim->counters.acknowledged > done;
        for (uint32_t i = 1; i <= sim->machine_count; i++) {
            const struct raft *raft = &sim_machine(sim, i)->node.raft;

            alike = alike && raft->applied == sim->check.committed && raft->leader == leader;
        }
    }
}

START_TEST(EL_02_a_majority_elects_and_less_does_not)
{
    static const struct {
        uint32_t voters;
        uint32_t down;
        bool elects;
    } cases[] = {{1, 0, true},  {2, 0, true}, {2, 1, false}, {3, 1, true},
                 {3, 2, false}, {4, 1, true}, {4, 2, false}, {5, 2, true},
                 {5, 3, false}, {7, 3, true}, {7, 4, false}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sim *sim = start(cases[i].voters, i + 1, NULL);

        for (uint32_t number = 1; number <= cases[i].down; number++) {
            sim_crash(sim, number, false);
        }
        ck_assert_int_eq(sim_elect(sim, 20 * MAX) != 0, cases[i].elects);
        sim_free(sim);
    }
}
END_TEST

START_TEST(EL_21_22_elections_are_quick)
{
    uint32_t slow_start = 0;
    uint32_t slow_change = 0;

    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct sim *sim = start(3, seed, NULL);

        slow_start += election_ms(sim, 5 * MIN) > 3 * MIN;
        sim_run_ms(sim, seed % 50);
        sim_crash(sim, sim_leader(sim), false);
        slow_change += election_ms(sim, 5 * MIN) > 2 * MIN + ROUND;
        sim_free(sim);
    }
    ck_assert_uint_le(slow_start, 3);
    ck_assert_uint_le(slow_change, 3);
}
END_TEST

START_TEST(PV_11_split_prevotes_settle_whatever_the_seed)
{
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct sim *sim = start(3, seed, NULL);

        election_ms(sim, 5 * MAX);
        sim_run_ms(sim, 100);
        sim_crash(sim, sim_leader(sim), false);
        for (uint32_t i = 1; i <= 3; i++) { /* both at the same moment */
            struct sim_machine *machine = sim_machine(sim, i);

            if (machine->up) {
                machine->node.raft.election_ms = sim_local_ms(sim, machine);
                sim_at(sim, sim->now_us, SIM_TIMER, i, machine->life << 40 | machine->node.timer_ms,
                       NULL);
            }
        }
        election_ms(sim, 5 * MAX);
        sim_free(sim);
    }
}
END_TEST

/* Sets of machines as bits: is there a majority of `a` and one of `b` without a common voter? */
static bool may_be_disjoint(uint32_t a, uint32_t b)
{
    for (uint32_t set = 1; set < 1 << 7; set++) {
        uint32_t others = b & ~set;

        if (2 * __builtin_popcount(set & a) > __builtin_popcount(a) &&
            2 * __builtin_popcount(others) > __builtin_popcount(b)) {
            return true;
        }
    }
    return false;
}

/* All lists of up to seven voters. Of a list and one changed by one voter, majorities always meet;
 * of two that were changed from the same list, often not: so a leader makes no change before its
 * own first entry is committed, which puts every other list of before out of the race. */
START_TEST(MC_03_04_one_change_leaves_no_disjoint_majorities_and_two_may)
{
    uint32_t dangerous = 0;

    for (uint32_t list = 1; list < 1 << 7; list++) {
        for (uint32_t first = 0; first < 7; first++) {
            uint32_t once = list ^ 1u << first;

            ck_assert(once == 0 || !may_be_disjoint(list, once));
            for (uint32_t second = 0; second < 7; second++) {
                uint32_t other = list ^ 1u << second;

                dangerous += once != 0 && other != 0 && may_be_disjoint(once, other);
            }
        }
    }
    ck_assert_uint_gt(dangerous, 0);
}
END_TEST

static void stop_link(struct sim *sim, uint32_t link, bool clogged)
{
    uint32_t from = link / 5 + 1;
    uint32_t to = link % 5 + 1;

    if (from != to) {
        sim->net.links[from][to].clogged_until_us = clogged ? sim->now_us + 60000000 : 0;
        sim->net.links[from][to].cut = clogged;
    }
}

static void shuffle(struct sim_random *random, uint32_t *links)
{
    for (uint32_t i = 24; i > 0; i--) {
        uint32_t j = (uint32_t)sim_random_below(random, i + 1);
        uint32_t other = links[i];

        links[i] = links[j];
        links[j] = other;
    }
}

/* Of all kinds of faults together; build/sim/sim runs as many as one likes. Who comes to no
 * agreement, or is unsafe, ends the process. */
START_TEST(LV_08_09_JR_06_10_19_20_a_healed_majority_agrees_whatever_happened)
{
    for (uint64_t seed = 700001; seed <= 700040; seed++) {
        struct sim_options options;
        struct sim_counters counters = {0};
        uint64_t events = 0;

        sim_options_draw(&options, seed);
        sim_life(&options, seed, NULL, &counters, &events);
        ck_assert_uint_gt(counters.committed, 0);
    }
}
END_TEST

START_TEST(LV_10_links_stopped_one_by_one_and_freed_in_another_order)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct sim *sim = start(5, seed, NULL);
        uint32_t links[25];
        struct sim_random random;

        sim_random_init(&random, seed, 99);
        election_ms(sim, 5 * MAX);
        for (uint32_t i = 0; i < 25; i++) {
            links[i] = i;
        }
        for (int turn = 0; turn < 2; turn++) {
            shuffle(&random, links);
            for (uint32_t i = 0; i < 25; i++) {
                stop_link(sim, links[i], turn == 0);
                sim_run_ms(sim, sim_random_below(&random, 150));
                if (sim_leader(sim) != 0) {
                    sim_propose(sim, sim_leader(sim));
                }
            }
        }
        converge(sim, 10 * MAX);
        sim_free(sim);
    }
}
END_TEST

START_TEST(LV_11_progress_on_bad_links)
{
    static const char *const bad[] = {
        "loss_ppm=300000",  "double_ppm=500000",    "delay_mean_us=100000", "capacity=2",
        "heartbeat_ms=250", "election_min_ms=1250", "election_max_ms=2500", NULL};

    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct sim *sim = start(3, seed, bad);

        for (int i = 0; i < 600; i++) {
            sim_run_ms(sim, 100);
            if (sim_leader(sim) != 0) {
                sim_propose(sim, sim_leader(sim));
            }
        }
        ck_assert_uint_gt(sim->counters.lost, sim->counters.messages / 4);
        ck_assert_uint_gt(sim->counters.acknowledged, 100);
        sim_free(sim);
    }
}
END_TEST

START_TEST(LV_12_all_start_again_and_again)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct sim *sim = start(seed % 2 == 0 ? 3 : 5, seed, NULL);

        for (int again = 0; again < 10; again++) {
            uint64_t done = sim->counters.acknowledged;

            ck_assert_uint_le(election_ms(sim, 5 * MAX), 5 * MAX);
            sim_propose(sim, sim_leader(sim));
            sim_run_ms(sim, 20);
            ck_assert_uint_gt(sim->counters.acknowledged, done);
            for (uint32_t i = 1; i <= sim->machine_count; i++) {
                sim_crash(sim, i, (seed + (uint64_t)again) % 2 == 0);
            }
            for (uint32_t i = 1; i <= sim->machine_count; i++) {
                sim_start(sim, i);
            }
        }
        converge(sim, 5 * MAX);
        sim_free(sim);
    }
}
END_TEST

START_TEST(HS_02_the_same_seed_gives_the_same_life)
{
    uint64_t hashes[3];

    for (uint32_t run = 0; run < 3; run++) {
        struct sim *sim = start(5, run == 2 ? 78 : 77, (const char *[]){"loss_ppm=200000", NULL});

        sim_run_ms(sim, 20000);
        hashes[run] = sim->trace.hash;
        sim_free(sim);
    }
    ck_assert_uint_eq(hashes[0], hashes[1]);
    ck_assert_uint_ne(hashes[0], hashes[2]);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("seeds");
    TCase *tcase = tcase_create("worlds");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, EL_02_a_majority_elects_and_less_does_not);
    tcase_add_test(tcase, EL_21_22_elections_are_quick);
    tcase_add_test(tcase, PV_11_split_prevotes_settle_whatever_the_seed);
    tcase_add_test(tcase, MC_03_04_one_change_leaves_no_disjoint_majorities_and_two_may);
    tcase_add_test(tcase, LV_08_09_JR_06_10_19_20_a_healed_majority_agrees_whatever_happened);
    tcase_add_test(tcase, LV_10_links_stopped_one_by_one_and_freed_in_another_order);
    tcase_add_test(tcase, LV_11_progress_on_bad_links);
    tcase_add_test(tcase, LV_12_all_start_again_and_again);
    tcase_add_test(tcase, HS_02_the_same_seed_gives_the_same_life);
    suite_add_tcase(suite, tcase);
    return suite;
}
