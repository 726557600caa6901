/* Hundreds of short lives of a cluster, each with its own seed and its own luck:
 * first faults, then a healthy majority that must come to terms (LV-08). */
#include "tests/unit/main.h"

#include "tests/unit/consensus/cluster.h"

enum { SEEDS = 800, FAULTY_MS = 4000, HEALING_MS = 6000 };

static void one_fault(struct cluster *cluster)
{
    uint32_t id = (uint32_t)(cluster_random(cluster) % cluster->count) + 1;
    uint32_t other = (uint32_t)(cluster_random(cluster) % cluster->count) + 1;
    struct server *server = cluster_server(cluster, id);

    switch (cluster_random(cluster) % 8) {
    case 0:
        if (server->alive) {
            cluster_crash(cluster, id);
        }
        break;
    case 1:
    case 2:
        if (!server->alive) {
            cluster_start(cluster, id);
        }
        break;
    case 3:
        cluster->cut[id - 1][other - 1] = id != other;
        break;
    case 4:
        memset(cluster->cut, 0, sizeof(cluster->cut));
        break;
    case 5:
        cluster_isolate(cluster, id, true);
        break;
    case 6:
        server->stall_until_ms = cluster->now_ms + cluster_random(cluster) % 1000;
        break;
    case 7:
        if (server->alive) {
            cluster_step(cluster, server, (struct raft_event){.type = RAFT_STEP_DOWN});
        }
        break;
    }
}

static void one_request(struct cluster *cluster)
{
    uint32_t id = (uint32_t)(cluster_random(cluster) % cluster->count) + 1;

    if (!cluster_server(cluster, id)->alive || cluster_raft(cluster, id)->role != RAFT_LEADER) {
        return;
    }
    if (cluster_chance(cluster, 70)) {
        cluster_propose(cluster, id);
    } else {
        cluster_step(cluster, cluster_server(cluster, id), (struct raft_event){.type = RAFT_ROUND});
    }
}

static void one_life(uint64_t seed)
{
    struct cluster *cluster = cluster_new(seed % 3 == 0 ? 5 : 3, seed);
    bool converged;

    cluster->delay_ms = seed % 2 == 0 ? 4 : 60;
    cluster->disk_ms = seed % 5 == 0 ? 30 : 2;
    cluster->drop_percent = (uint32_t)(seed % 4) * 8;
    cluster->double_percent = (uint32_t)(seed % 7) * 5;
    cluster->snapshot_every = seed % 2 == 0 ? 25 : 100;
    for (int ms = 0; ms < FAULTY_MS; ms++) {
        cluster_turn(cluster);
        if (cluster_chance(cluster, 12)) {
            one_request(cluster);
        }
        if (cluster_random(cluster) % 150 == 0) {
            one_fault(cluster);
        }
    }
    memset(cluster->cut, 0, sizeof(cluster->cut));
    cluster->drop_percent = 0;
    cluster->delay_ms = 4;
    for (uint32_t id = 1; id <= cluster->count; id++) {
        if (!cluster_server(cluster, id)->alive) {
            cluster_start(cluster, id);
        }
    }
    converged = cluster_converge(cluster, HEALING_MS);
    if (!converged || cluster->committed == 0) {
        printf("seed %llu: no agreement\n", (unsigned long long)seed);
    }
    ck_assert(converged);
    ck_assert_uint_gt(cluster->committed, 0);
    ck_assert_uint_gt(cluster->confirmed_rounds, 0);
    cluster_free(cluster);
}

START_TEST(LV_08_agree_after_faults_whatever_the_seed)
{
    uint64_t first = getenv("SEED") != NULL ? strtoull(getenv("SEED"), NULL, 10) : 1;
    uint64_t last = getenv("SEED") != NULL ? first : SEEDS;

    for (uint64_t seed = first; seed <= last; seed++) {
        if (getenv("VERBOSE") != NULL) {
            fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        }
        one_life(seed);
    }
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("faults");
    TCase *tcase = tcase_create("seeds");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, LV_08_agree_after_faults_whatever_the_seed);
    suite_add_tcase(suite, tcase);
    return suite;
}
