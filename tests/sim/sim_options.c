#include "tests/sim/sim_options.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim_random.h"

static const struct row {
    const char *name;
    size_t offset;
    uint64_t without;
} rows[] = {
#define X(name, without) {#name, offsetof(struct sim_options, name), without},
    SIM_OPTION_MAP(X)
#undef X
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static uint64_t *value_of(struct sim_options *options, const struct row *row)
{
    return (uint64_t *)(void *)((char *)options + row->offset);
}

void sim_options_init(struct sim_options *options)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        *value_of(options, &rows[i]) = rows[i].without;
    }
}

/* ---- drawing ------------------------------------------------------------------- */

static uint64_t pick(struct sim_random *random, const uint64_t *values, uint32_t count)
{
    return values[sim_random_below(random, count)];
}

#define PICK(random, ...)                                                                          \
    pick((random), (const uint64_t[]){__VA_ARGS__},                                                \
         sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* `percent`: how likely there is this fault at all. */
static uint64_t every(struct sim_random *random, uint32_t percent, uint64_t low, uint64_t high)
{
    uint64_t value = sim_random_between(random, low, high);

    return sim_random_percent(random, percent) ? value : 0;
}

static void draw_cluster(struct sim_options *options, struct sim_random *random)
{
    options->voters = PICK(random, 1, 2, 3, 3, 3, 3, 5, 5, 5, 7);
    options->spares = sim_random_below(random, 3);
    options->events = sim_random_between(random, 2500, 7500);
    switch (sim_random_below(random, 3)) {
    case 0:
        break;
    case 1:
        options->heartbeat_ms = 100;
        options->election_min_ms = 350;
        options->election_max_ms = 700;
        options->lease_ms = 3000;
        break;
    case 2:
        options->heartbeat_ms = 250;
        options->election_min_ms = 1250;
        options->election_max_ms = 2500;
        options->lease_ms = 10000;
        break;
    }
    options->drift_ppm = every(random, 70, 100, 5000);
    /* Together less than a third of the log, as in production. */
    options->snapshot_every = PICK(random, 5, 20, 50, 100, 200);
    options->trailing = PICK(random, 0, 1, 5, 20, 50);
    options->log_entries = 1024;
    if (options->snapshot_every + options->trailing <= 160) {
        options->log_entries = PICK(random, 512, 1024);
    }
    if (options->snapshot_every + options->trailing <= 20) {
        options->log_entries = PICK(random, 64, 128, 512); /* its ring ends often */
    }
    options->state_bytes = PICK(random, 0, 64, 700, 5000, 20000);
}

static void draw_network(struct sim_options *options, struct sim_random *random)
{
    options->delay_min_us = PICK(random, 50, 200, 1000, 5000);
    options->delay_mean_us = PICK(random, 100, 300, 2000, 10000, 40000, 100000);
    options->ordered = sim_random_percent(random, 40);
    options->loss_ppm = every(random, 50, 1000, 300000);
    options->double_ppm = every(random, 50, 1000, 300000);
    options->capacity = every(random, 25, 2, 20);
    options->cut_every_ms = every(random, 50, 300, 6000);
    options->cut_for_ms = sim_random_between(random, 100, 5000);
    options->clog_every_ms = every(random, 40, 200, 4000);
    options->clog_for_ms = sim_random_between(random, 50, 3000);
    options->swizzle_every_ms = every(random, 25, 2000, 15000);
}

static void draw_processes(struct sim_options *options, struct sim_random *random)
{
    options->crash_every_ms = every(random, 60, 200, 8000);
    options->down_for_ms = sim_random_between(random, 10, 4000);
    options->power_percent = PICK(random, 0, 50, 100);
    options->all_crash_every_ms = every(random, 15, 1000, 20000);
    options->pause_every_ms = every(random, 40, 300, 6000);
    options->pause_for_ms = sim_random_between(random, 20, 3000);
}

static void draw_disks(struct sim_options *options, struct sim_random *random)
{
    options->disk_us = PICK(random, 50, 200, 1000, 8000, 30000);
    options->hang_every_ms = every(random, 35, 500, 10000);
    options->hang_for_ms = sim_random_between(random, 50, 4000);
    options->full_every_ms = every(random, 25, 1000, 10000);
    options->full_for_ms = sim_random_between(random, 100, 4000);
    options->fail_every_ms = every(random, 30, 1000, 15000);
    options->rot_every_ms = every(random, 25, 1000, 15000);
    options->wipe_every_ms = every(random, 25, 1000, 15000);
    options->disk_requests = PICK(random, 1024, 1024, 64, 16);
    /* Large enough for all that may be uncommitted: a log has 256 segments at most. */
    options->segment_bytes = PICK(random, 4096, 4096, 8192, 65536);
}

static void draw_work(struct sim_options *options, struct sim_random *random)
{
    options->propose_every_us = PICK(random, 2000, 10000, 20000, 50000, 200000);
    options->propose_bytes = PICK(random, 16, 64, 64, 300, 1000);
    options->propose_batch = PICK(random, 1, 3, 10, 40);
    options->read_every_us = PICK(random, 10000, 50000, 200000);
    options->leases = sim_random_percent(random, 70);
    options->revoke_every_ms = every(random, 80, 200, 5000);
    options->change_every_ms = every(random, 55, 200, 4000);
    options->transfer_every_ms = every(random, 35, 300, 5000);
    options->step_down_every_ms = every(random, 20, 1000, 10000);
}

static void draw_lateness(struct sim_options *options, struct sim_random *random)
{
    options->hold_every_ms = every(random, 30, 200, 4000);
    options->hold_for_ms = PICK(random, 100, 500, 1500, 4000);
    options->mute_every_ms = every(random, 15, 1000, 8000);
    options->late_ppm = every(random, 40, 1000, 100000);
    options->late_for_ms = PICK(random, 200, 1000, 5000);
    options->pieces_ppm = every(random, 25, 10000, 500000);
}

/* Small clusters, in which hardly anything happens but elections. */
static void draw_duels(struct sim_options *options, struct sim_random *random)
{
    draw_lateness(options, random);
    options->voters = PICK(random, 3, 3, 4, 4, 4, 5);
    options->duel_percent = PICK(random, 80, 100);
    options->pieces_ppm = every(random, 65, 200000, 900000);
    options->mute_every_ms = every(random, 50, 600, 3000);
    options->wipe_every_ms = every(random, 35, 2000, 15000);
    options->down_for_ms = PICK(random, 10, 300, 1000);
    options->heartbeat_ms = 50;
    options->election_min_ms = 200;
    options->election_max_ms = 400;
    options->lease_ms = 1700;
    options->delay_min_us = PICK(random, 50, 1000, 5000);
    options->delay_mean_us = PICK(random, 100, 2000, 10000);
    options->propose_every_us = PICK(random, 50000, 200000);
    options->propose_batch = PICK(random, 1, 3);
    options->read_every_us = PICK(random, 50000, 200000);
    options->change_every_ms = every(random, 70, 2000, 20000); /* the duels do it */
    if (sim_random_percent(random, 60)) {                      /* and else nothing */
        options->loss_ppm = 0;
        options->capacity = 0;
        options->cut_every_ms = 0;
        options->clog_every_ms = 0;
        options->swizzle_every_ms = 0;
        options->crash_every_ms = 0;
        options->all_crash_every_ms = 0;
        options->full_every_ms = 0;
        options->fail_every_ms = 0;
        options->disk_us = PICK(random, 50, 1000);
    }
}

/* A quick and quiet cluster, in which the lease goes from hand to hand. */
static void draw_leases(struct sim_options *options, struct sim_random *random)
{
    options->leases = 1;
    options->drift_ppm = 5000; /* both ways: the margin's one percent */
    options->drift_ends = 1;
    options->heartbeat_ms = 50;
    options->election_min_ms = 200;
    options->election_max_ms = 400;
    options->lease_ms = 1700;
    options->delay_min_us = PICK(random, 50, 200);
    options->delay_mean_us = PICK(random, 100, 300, 2000);
    options->disk_us = PICK(random, 50, 200);
    options->propose_every_us = 200000;
    options->read_every_us = 200000;
    options->hold_leases_every_ms = every(random, 60, 1000, 3000);
    options->mute_every_ms = every(random, 30, 1000, 5000);
    options->revoke_every_ms = options->hold_leases_every_ms != 0 ? 20000 : PICK(random, 300, 2000);
    options->duel_percent = every(random, 40, 10, 100);
    options->step_down_every_ms = every(random, 40, 1000, 6000);
    options->loss_ppm = 0;
    options->capacity = 0;
    options->clog_every_ms = 0;
    options->swizzle_every_ms = 0;
    options->hang_every_ms = 0;
    options->full_every_ms = 0;
    options->fail_every_ms = 0;
    options->rot_every_ms = 0;
}

void sim_options_draw(struct sim_options *options, uint64_t seed)
{
    struct sim_random random;

    sim_random_init(&random, seed, 1);
    sim_options_init(options);
    draw_cluster(options, &random);
    draw_network(options, &random);
    draw_processes(options, &random);
    draw_disks(options, &random);
    draw_work(options, &random);
    /* Later additions have numbers of their own, so that what a seed drew before stays. */
    sim_random_init(&random, seed, 9);
    switch (sim_random_below(&random, 10)) {
    case 0:
    case 1:
    case 2:
        draw_duels(options, &random);
        break;
    case 3:
    case 4:
        draw_leases(options, &random);
        break;
    default:
        draw_lateness(options, &random);
        break;
    }
    sim_random_init(&random, seed, 10);
    options->notice_ms = PICK(&random, 0, 1, 1, 5, 50);
}

/* ---- as text --------------------------------------------------------------------- */

bool sim_options_set(struct sim_options *options, const char *text)
{
    const char *equals = strchr(text, '=');

    for (uint32_t i = 0; equals != NULL && i < ROWS; i++) {
        if (strlen(rows[i].name) == (size_t)(equals - text) &&
            strncmp(rows[i].name, text, (size_t)(equals - text)) == 0) {
            *value_of(options, &rows[i]) = strtoull(equals + 1, NULL, 10);
            return true;
        }
    }
    return false;
}

void sim_options_print(const struct sim_options *options, FILE *out)
{
    struct sim_options copy = *options;
    uint32_t column = 0;

    for (uint32_t i = 0; i < ROWS; i++) {
        uint64_t value = *value_of(&copy, &rows[i]);

        if (value == rows[i].without) {
            continue;
        }
        if (column > 84) {
            fprintf(out, "\n");
            column = 0;
        }
        column += (uint32_t)fprintf(out, "%s%s=%llu", column == 0 ? "  " : " ", rows[i].name,
                                    (unsigned long long)value);
    }
    fprintf(out, "\n");
}

bool sim_options_drop(struct sim_options *options, uint32_t number, const char **name)
{
    static const char *const classes[] = {
        "loss_ppm=0",
        "double_ppm=0",
        "capacity=0",
        "cut_every_ms=0",
        "clog_every_ms=0",
        "swizzle_every_ms=0",
        "crash_every_ms=0",
        "all_crash_every_ms=0",
        "pause_every_ms=0",
        "hang_every_ms=0",
        "full_every_ms=0",
        "fail_every_ms=0",
        "rot_every_ms=0",
        "wipe_every_ms=0",
        "duel_percent=0",
        "hold_every_ms=0",
        "hold_leases_every_ms=0",
        "mute_every_ms=0",
        "late_ppm=0",
        "pieces_ppm=0",
        "drift_ppm=0",
        "notice_ms=0",
        "leases=0",
        "revoke_every_ms=0",
        "change_every_ms=0",
        "transfer_every_ms=0",
        "step_down_every_ms=0",
        "ordered=1",
        "spares=0",
        "disk_requests=1024",
        "propose_batch=1",
        "snapshot_every=1000000",
        "power_percent=0",
    };

    if (number >= sizeof(classes) / sizeof(classes[0])) {
        return false;
    }
    *name = classes[number];
    return sim_options_set(options, classes[number]);
}
