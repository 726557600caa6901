/* Scenarios that need several cores, a network and disks: scripts for cluster.h. */
#include "tests/unit/main.h"

#include "tests/unit/consensus/cluster.h"

enum { T = 400 }; /* the longest election time-out of cluster.h */

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
        struct cluster *cluster = cluster_new(cases[i].voters, i + 1);

        for (uint32_t id = 1; id <= cases[i].down; id++) {
            cluster_crash(cluster, id);
        }
        ck_assert_int_eq(cluster_elect(cluster, 10 * T) != 0, cases[i].elects);
        cluster_free(cluster);
    }
}
END_TEST

START_TEST(EL_21_22_elections_are_quick)
{
    uint32_t slow_start = 0;
    uint32_t slow_change = 0;

    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct cluster *cluster = cluster_new(3, seed);
        uint64_t start = cluster->now_ms;
        uint32_t leader = cluster_elect(cluster, 5 * T);

        ck_assert_uint_ne(leader, 0);
        slow_start += cluster->now_ms - start > 3 * T / 2;
        start = cluster->now_ms;
        cluster_crash(cluster, leader);
        ck_assert_uint_ne(cluster_elect(cluster, 5 * T / 2), 0);
        slow_change += cluster->now_ms - start > T + 20;
        cluster_free(cluster);
    }
    ck_assert_uint_le(slow_start, 2);
    ck_assert_uint_le(slow_change, 20); /* split votes */
}
END_TEST

START_TEST(PV_03_CQ_06_a_node_that_was_cut_off_disturbs_nobody)
{
    struct cluster *cluster = cluster_new(3, 5);
    uint32_t leader = cluster_elect(cluster, 5 * T);
    uint32_t outside = leader % 3 + 1;
    uint64_t term = cluster_raft(cluster, leader)->term;

    cluster_isolate(cluster, outside, true);
    for (int i = 0; i < 20; i++) {
        cluster_run(cluster, T);
        ck_assert(cluster_propose(cluster, leader));
    }
    ck_assert_uint_eq(cluster_raft(cluster, outside)->term, term);
    cluster_isolate(cluster, outside, false);
    ck_assert(cluster_converge(cluster, 5 * T));
    ck_assert_uint_eq(cluster_leader(cluster), leader);
    ck_assert_uint_eq(cluster_raft(cluster, leader)->term, term);
    cluster_free(cluster);
}
END_TEST

START_TEST(CQ_01_EL_13_a_leader_cut_off_steps_down_and_its_tail_is_replaced)
{
    struct cluster *cluster = cluster_new(3, 6);
    uint32_t old = cluster_elect(cluster, 5 * T);
    uint64_t term = cluster_raft(cluster, old)->term;
    uint32_t next;

    cluster_isolate(cluster, old, true);
    for (int i = 0; i < 30; i++) {
        ck_assert(cluster_propose(cluster, old));
    }
    cluster_run(cluster, T + 100);
    ck_assert_int_ne(cluster_raft(cluster, old)->role, RAFT_LEADER);
    ck_assert_uint_eq(cluster_raft(cluster, old)->term, term);
    next = cluster_elect(cluster, 5 * T);
    ck_assert_uint_ne(next, old);
    ck_assert(cluster_propose(cluster, next));
    cluster_isolate(cluster, old, false);
    ck_assert(cluster_converge(cluster, 5 * T));
    ck_assert_uint_lt(raft_last_index(cluster_raft(cluster, old)), 20);
    cluster_free(cluster);
}
END_TEST

START_TEST(LV_02_03_a_leader_that_hears_or_is_heard_in_one_way_only_is_replaced)
{
    for (int deaf = 0; deaf <= 1; deaf++) {
        struct cluster *cluster = cluster_new(5, 7 + (uint64_t)deaf);
        uint32_t old = cluster_elect(cluster, 5 * T);

        for (uint32_t id = 1; id <= 5; id++) {
            if (id != old && deaf) {
                cluster->cut[id - 1][old - 1] = true;
            } else if (id != old) {
                cluster->cut[old - 1][id - 1] = true;
            }
        }
        cluster_run(cluster, 5 * T);
        ck_assert_uint_ne(cluster_leader(cluster), old);
        ck_assert_uint_ne(cluster_elect(cluster, 5 * T), 0);
        cluster_free(cluster);
    }
}
END_TEST

START_TEST(LV_07_a_chain_does_not_flap)
{
    struct cluster *cluster = cluster_new(3, 9);
    uint64_t term;

    ck_assert_uint_ne(cluster_elect(cluster, 5 * T), 0);
    cluster->cut[0][2] = true; /* 1 and 3 only see 2 */
    cluster->cut[2][0] = true;
    cluster_run(cluster, 10 * T);
    term = cluster_raft(cluster, 2)->term;
    cluster_run(cluster, 50 * T);
    ck_assert_uint_eq(cluster_raft(cluster, 2)->term, term);
    cluster_free(cluster);
}
END_TEST

START_TEST(RP_22_an_idle_follower_learns_of_a_commit_within_a_beat)
{
    struct cluster *cluster = cluster_new(3, 10);
    uint32_t leader = cluster_elect(cluster, 5 * T);
    uint32_t other = leader % 3 + 1;

    cluster_run(cluster, 2 * T);
    cluster->cut[leader - 1][other - 1] = true;
    ck_assert(cluster_propose(cluster, leader));
    cluster_run(cluster, 40);
    cluster->cut[leader - 1][other - 1] = false;
    cluster_run(cluster, 3 * 50 + 20); /* lost: found out after two beats */
    ck_assert_uint_eq(cluster_raft(cluster, other)->commit, cluster_raft(cluster, leader)->commit);
    cluster_free(cluster);
}
END_TEST

START_TEST(SN_01_FC_10_a_follower_far_behind_gets_a_snapshot)
{
    struct cluster *cluster = cluster_new(3, 11);
    uint32_t leader = cluster_elect(cluster, 5 * T);
    uint32_t other = leader % 3 + 1;

    cluster->snapshot_every = 50;
    cluster_crash(cluster, other);
    for (int i = 0; i < 300; i++) {
        ck_assert(cluster_propose(cluster, leader));
        cluster_run(cluster, 2);
    }
    cluster_start(cluster, other);
    ck_assert(cluster_converge(cluster, 5 * T));
    ck_assert_uint_gt(cluster->messages[RAFT_SNAPSHOT], 0);
    ck_assert_uint_gt(cluster_raft(cluster, other)->snapshot.index, 200);
    cluster_free(cluster);
}
END_TEST

START_TEST(RP_11_figure_7_converges_with_few_probes)
{
    static const struct {
        uint32_t count;
        uint64_t terms[12];
    } logs[] = {{10, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6}},
                {9, {1, 1, 1, 4, 4, 5, 5, 6, 6}},
                {4, {1, 1, 1, 4}},
                {11, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}},
                {12, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}},
                {7, {1, 1, 1, 4, 4, 4, 4}},
                {11, {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}}};
    struct cluster *cluster = cluster_new(7, 12);
    uint64_t before;

    for (uint32_t id = 1; id <= 7; id++) {
        struct disk_model *disk = &cluster_server(cluster, id)->disk;

        cluster_crash(cluster, id);
        disk->term = 7;
        disk->last = logs[id - 1].count;
        for (uint64_t i = 1; i <= disk->last; i++) {
            disk->log[i] = (struct raft_entry){
                .index = i, .term = logs[id - 1].terms[i - 1], .kind = RAFT_NOOP};
        }
    }
    cluster_start(cluster, 1);
    cluster_run(cluster, 2 * T); /* the first to campaign, and it goes on asking */
    for (uint32_t id = 2; id <= 7; id++) {
        cluster_start(cluster, id);
    }
    before = cluster->messages[RAFT_APPEND_ANSWER];
    ck_assert(cluster_converge(cluster, 10 * T));
    ck_assert_uint_lt(cluster->messages[RAFT_APPEND_ANSWER] - before, 6 * 8);
    cluster_free(cluster);
}
END_TEST

START_TEST(HS_02_the_same_seed_gives_the_same_life)
{
    uint64_t traces[2];

    for (int run = 0; run < 2; run++) {
        struct cluster *cluster = cluster_new(5, 77);

        cluster->drop_percent = 20;
        cluster_elect(cluster, 20 * T);
        cluster_run(cluster, 20 * T);
        traces[run] = cluster->sequence * 1000003 + cluster->random;
        cluster_free(cluster);
    }
    ck_assert_uint_eq(traces[0], traces[1]);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("cluster");
    TCase *tcase = tcase_create("scripts");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, EL_02_a_majority_elects_and_less_does_not);
    tcase_add_test(tcase, EL_21_22_elections_are_quick);
    tcase_add_test(tcase, PV_03_CQ_06_a_node_that_was_cut_off_disturbs_nobody);
    tcase_add_test(tcase, CQ_01_EL_13_a_leader_cut_off_steps_down_and_its_tail_is_replaced);
    tcase_add_test(tcase, LV_02_03_a_leader_that_hears_or_is_heard_in_one_way_only_is_replaced);
    tcase_add_test(tcase, LV_07_a_chain_does_not_flap);
    tcase_add_test(tcase, RP_22_an_idle_follower_learns_of_a_commit_within_a_beat);
    tcase_add_test(tcase, SN_01_FC_10_a_follower_far_behind_gets_a_snapshot);
    tcase_add_test(tcase, RP_11_figure_7_converges_with_few_probes);
    tcase_add_test(tcase, HS_02_the_same_seed_gives_the_same_life);
    suite_add_tcase(suite, tcase);
    return suite;
}
