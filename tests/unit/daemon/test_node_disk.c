/* Nodes and their disks: many segments, no space, failures. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/node_fixture.h"

static void on_segment(struct disk_request *request, int result)
{
    ck_assert_int_eq(result, 0);
    *(bool *)request->context = true;
}

/* Two entries at a time, of which the second is cut by the next two. */
static void write_segments(struct world *world, uint64_t count)
{
    struct seat *seat = &world->seats[1];
    struct disk_recovered recovered;
    bool done = false;
    struct disk_request request = {.context = &done};
    char directory[96];
    struct disk_config config = {.loop = &world->loop, .directory = directory, .agent = directory};

    text_format(directory, sizeof(directory), "%s/1", world->directory);
    ck_assert_int_eq(disk_open(&seat->disk, &config, &recovered, NULL), 0);
    disk_recovered_release(&recovered);
    disk_write_vote(seat->disk, &request, count, 1, on_segment);
    wait_for(world, is_true, &done);
    for (uint64_t i = 1; i <= count; i++) {
        done = false;
        disk_append_begin(&request);
        disk_append_add(&request, &(struct raft_entry){.index = i, .term = i});
        disk_append_add(&request, &(struct raft_entry){.index = i + 1, .term = i});
        disk_append_submit(seat->disk, &request, on_segment);
        wait_for(world, is_true, &done);
    }
    seat->closing = 1;
    disk_close(seat->disk, on_disk_closed, seat);
    while (seat->closing < 2) {
        uv_run(&world->loop, UV_RUN_ONCE);
    }
}

static bool snapshot_reached(struct world *world, const void *what)
{
    struct node_status status;

    node_status(world->seats[1].node, &status);
    return status.snapshot >= *(const uint64_t *)what;
}

/* Every cut of the log begins a segment, and there may be so many of them only. */
START_TEST(many_segments_are_a_reason_for_a_snapshot)
{
    struct world world;

    world_start(&world, 1, 100000);
    seat_stop(&world, 1);
    write_segments(&world, DISK_LOG_SEGMENTS - 2);
    seat_start(&world, 1);
    elect(&world);
    propose_surely(&world, 100);
    wait_for(&world, snapshot_reached, &(uint64_t){DISK_LOG_SEGMENTS / 2});
    for (int i = 0; i < 20; i++) {
        propose_surely(&world, 100);
    }
    world_finish(&world);
}
END_TEST

static bool has_failed(struct world *world, const void *what)
{
    (void)world;
    return ((const struct seat *)what)->fatals > 0;
}

START_TEST(AS_05_DK_12_a_disk_that_fails_ends_it_all_at_once)
{
    struct world world;
    struct ask ask = {0};
    char path[128];

    world_start(&world, 1, 4);
    elect(&world);
    world.seats[1].may_fail = true;
    text_format(path, sizeof(path), "%s/1/snapshot.tmp", world.directory);
    ck_assert_int_eq(mkdir(path, 0700), 0); /* a snapshot can't be written now */
    for (int i = 0; i < 4; i++) {
        int result = propose(&world, 1, 10);

        ck_assert(result == 0 || result == ERR_CLOSED); /* each has its answer */
    }
    wait_for(&world, has_failed, &world.seats[1]);
    node_propose(world.seats[1].node, &ask.proposal, (const uint8_t *)"x", 1, on_proposed);
    wait_for(&world, answered, &ask);
    ck_assert_int_eq(ask.result, ERR_CLOSED);
    ck_assert_uint_eq(world.seats[1].fatals, 1);
    ck_assert_int_eq(rmdir(path), 0);
    world_finish(&world);
}
END_TEST

static bool has_snapshot(struct world *world, const void *what)
{
    struct node_status status;

    (void)world;
    node_status(((const struct seat *)what)->node, &status);
    return status.snapshot > 0;
}

START_TEST(DK_11_a_snapshot_without_space_is_taken_later)
{
    struct world world;
    struct node_status status;

    world_start(&world, 1, 4);
    elect(&world);
    atomic_store(&no_space_for, "snapshot.tmp");
    for (int i = 0; i < 12; i++) {
        ck_assert_int_eq(propose(&world, 1, 10), 0);
    }
    node_status(world.seats[1].node, &status);
    ck_assert_uint_eq(status.snapshot, 0);
    ck_assert_uint_eq(world.seats[1].fatals, 0);
    atomic_store(&no_space_for, NULL);
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(propose(&world, 1, 10), 0);
    }
    wait_for(&world, has_snapshot, &world.seats[1]);
    world_finish(&world);
}
END_TEST

static bool is_full(struct world *world, const void *what)
{
    (void)world;
    return disk_state(((const struct seat *)what)->disk, clock_now_ms()) == DISK_FULL;
}

START_TEST(DK_11_AS_11_a_node_waits_for_space_and_closes_without_it)
{
    struct world world;
    struct ask ask = {0};

    world_start(&world, 1, 0);
    elect(&world);
    ck_assert_int_eq(propose(&world, 1, 10), 0);
    atomic_store(&no_space_for, "log-");
    node_propose(world.seats[1].node, &ask.proposal, (const uint8_t *)"x", 1, on_proposed);
    wait_for(&world, is_full, &world.seats[1]);
    ck_assert_int_eq(ask.answers, 0); /* nothing is acknowledged */
    atomic_store(&no_space_for, NULL);
    wait_for(&world, answered, &ask);
    ck_assert_int_eq(ask.result, 0);
    atomic_store(&no_space_for, "log-");
    ask = (struct ask){0};
    node_propose(world.seats[1].node, &ask.proposal, (const uint8_t *)"x", 1, on_proposed);
    wait_for(&world, is_full, &world.seats[1]);
    disk_stop_waiting(world.seats[1].disk);
    world_finish(&world);
    ck_assert_int_eq(ask.answers, 1);
    ck_assert_uint_eq(world.seats[1].fatals, 0);
    atomic_store(&no_space_for, NULL);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("node_disk");
    TCase *tcase = tcase_create("nodes");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, many_segments_are_a_reason_for_a_snapshot);
    tcase_add_test(tcase, AS_05_DK_12_a_disk_that_fails_ends_it_all_at_once);
    tcase_add_test(tcase, DK_11_a_snapshot_without_space_is_taken_later);
    tcase_add_test(tcase, DK_11_AS_11_a_node_waits_for_space_and_closes_without_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
