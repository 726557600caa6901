/* Three nodes agree: over restarts, lost connections and at the end. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/node_fixture.h"

START_TEST(CL_04_JR_01_what_apply_proposes_is_an_entry_of_its_own_later)
{
    struct world world;
    struct ask more = {0};

    world_start(&world, 1, 0);
    elect(&world);
    world.seats[1].says_more = &more;
    ck_assert_int_eq(propose(&world, 1, 100), 0);
    wait_for(&world, answered, &more);
    ck_assert_int_eq(more.result, 0);
    ck_assert_uint_eq(world.seats[1].count, 2);
    world_finish(&world);
}
END_TEST

START_TEST(three_nodes_agree)
{
    struct world world;
    struct node_status status;
    uint64_t count = 0;
    uint32_t leader;

    world_start(&world, 3, 0);
    leader = elect(&world);
    for (; count < 20; count++) {
        ck_assert_int_eq(propose(&world, leader, 100), 0);
    }
    wait_for(&world, all_have, &count);
    ck_assert_int_eq(propose(&world, leader % 3 + 1, 10), ERR_NOTLEADER);
    ck_assert_int_eq(propose(&world, leader, LIMIT_COMMAND_BYTES + 1), ERR_LIMIT);
    ck_assert_int_eq(propose(&world, leader, LIMIT_COMMAND_BYTES), 0);
    node_status(world.seats[leader].node, &status);
    ck_assert_uint_eq(status.leader, leader);
    ck_assert_uint_eq(status.peer_count, 2);
    ck_assert_uint_gt(status.peers[0].last_contact_ms, 0);
    world_finish(&world);
}
END_TEST

START_TEST(a_single_voter_agrees_with_itself)
{
    struct world world;
    uint64_t count = 3;

    world_start(&world, 1, 0);
    ck_assert_uint_eq(elect(&world), 1);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(propose(&world, 1, 100), 0);
    }
    ck_assert_int_eq(confirm(&world, 1), 0);
    seat_stop(&world, 1);
    seat_start(&world, 1);
    elect(&world);
    wait_for(&world, all_have, &count);
    world_finish(&world);
}
END_TEST

START_TEST(state_survives_restarts_in_any_order)
{
    static const uint32_t orders[][3] = {{1, 2, 3}, {3, 1, 2}, {2, 3, 1}};
    struct world world;
    uint64_t count = 0;

    world_start(&world, 3, 16);
    for (size_t i = 0; i < 3; i++) {
        for (int j = 0; j < 15; j++) {
            count = propose_surely(&world, 200);
        }
        seat_stop(&world, orders[i][0]); /* the other two go on, or elect */
        for (int j = 0; j < 30; j++) {
            count = propose_surely(&world, 200);
        }
        seat_stop(&world, orders[i][1]);
        seat_stop(&world, orders[i][2]);
        seat_start(&world, orders[i][2]);
        seat_start(&world, orders[i][0]); /* far behind: by snapshot */
        seat_start(&world, orders[i][1]);
        count = propose_surely(&world, 10);
        wait_for(&world, all_have, &count);
    }
    ck_assert_uint_ge(count, 3 * 46);
    ck_assert_uint_gt(world.seats[1].restored + world.seats[2].restored + world.seats[3].restored,
                      0);
    world_finish(&world);
}
END_TEST

START_TEST(RD_03_10_a_leader_that_is_cut_off_confirms_nothing)
{
    struct world world;
    struct ask ask = {0};
    struct ask change = {0};
    uint32_t old;
    uint32_t next;

    world_start(&world, 3, 0);
    old = elect(&world);
    ck_assert_int_eq(confirm(&world, old), 0);
    ck_assert_int_eq(confirm(&world, old % 3 + 1), ERR_NOTLEADER);
    world.seats[old].deaf = true;
    node_confirm(world.seats[old].node, &ask.confirmation, on_confirmed);
    node_propose(world.seats[old].node, &change.proposal, (const uint8_t *)"x", 1, on_proposed);
    next = elect(&world);
    ck_assert_uint_ne(next, old);
    ck_assert_int_eq(confirm(&world, next), 0);
    wait_for(&world, answered, &ask);
    wait_for(&world, answered, &change);
    ck_assert_int_eq(ask.result, ERR_NOTLEADER);
    ck_assert_int_eq(change.result, ERR_TIMEOUT); /* unknown */
    ck_assert_int_eq(propose(&world, next, 5), 0);
    world.seats[old].deaf = false;
    ck_assert_int_eq(propose(&world, next, 5), 0);
    wait_for(&world, all_have, &(uint64_t){2});
    world_finish(&world);
}
END_TEST

static bool has_halted(struct world *world, const void *what)
{
    const struct seat *seat = &world->seats[*(const uint32_t *)what];

    return seat->count == seat->halts_at;
}

/* An old agent in the midst of newer ones: it stays where it is, and no majority counts it. */
START_TEST(CM_10_a_node_that_halts_takes_no_part_and_needs_no_end)
{
    struct world world;
    struct ask change = {0};
    struct node_status status;
    uint32_t leader;
    uint32_t old;
    uint32_t other;
    uint64_t commit;

    world_start(&world, 3, 0);
    leader = elect(&world);
    old = leader % 3 + 1;
    other = old % 3 + 1;
    world.seats[old].halts_at = 2;
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(propose(&world, leader, 5), 0);
    }
    wait_for(&world, has_halted, &old);
    ck_assert_int_eq(propose(&world, leader, 5), 0); /* the two others are a majority */
    ck_assert_uint_eq(world.seats[old].count, 2);
    ck_assert_uint_eq(world.seats[old].fatals, 0);
    world.seats[other].deaf = true;
    node_status(world.seats[leader].node, &status);
    commit = status.commit;
    node_propose(world.seats[leader].node, &change.proposal, (const uint8_t *)"x", 1, on_proposed);
    wait_for(&world, answered, &change); /* the leader finds that it is alone */
    ck_assert_int_eq(change.result, ERR_TIMEOUT);
    node_status(world.seats[leader].node, &status);
    ck_assert_uint_eq(status.commit, commit);
    ck_assert_uint_eq(leader_of(&world), 0);
    node_status(world.seats[old].node, &status);
    ck_assert(!status.ready);
    world_finish(&world);
}
END_TEST

START_TEST(a_burst_of_proposals_and_confirmations_is_answered_once_each)
{
    struct world world;
    static struct ask asks[500];
    uint64_t count = 500;
    uint32_t leader;

    memset(asks, 0, sizeof(asks));
    world_start(&world, 3, 100);
    leader = elect(&world);
    for (int i = 0; i < 500; i++) {
        node_propose(world.seats[leader].node, &asks[i].proposal, (const uint8_t *)&i, sizeof(i),
                     on_proposed);
        node_confirm(world.seats[leader].node, &asks[i].confirmation, on_confirmed);
    }
    wait_for(&world, all_have, &count);
    for (int i = 0; i < 500; i++) {
        wait_for(&world, answered, &asks[i]);
        ck_assert_int_eq(asks[i].answers, 2);
        ck_assert_int_eq(asks[i].result, 0);
    }
    world_finish(&world);
}
END_TEST

START_TEST(stepping_down_hands_leadership_to_another)
{
    struct world world;
    uint32_t old;

    world_start(&world, 3, 0);
    old = elect(&world);
    node_step_down(world.seats[old].node);
    ck_assert_uint_ne(leader_of(&world), old);
    ck_assert_uint_ne(elect(&world), old);
    world_finish(&world);
}
END_TEST

START_TEST(a_lost_connection_holds_nothing_up_for_long)
{
    static const char *const names[] = {"n1", "n2", "n3", "nobody"};
    struct world world;

    world_start(&world, 3, 0);
    for (unsigned i = 0; i < 20; i++) {
        node_unreachable(world.seats[elect(&world)].node, names[i % 4]);
        propose_surely(&world, 10);
    }
    world_finish(&world);
}
END_TEST

START_TEST(closing_answers_all_that_waits)
{
    struct world world;
    struct ask ask = {0};
    struct ask change = {0};
    uint32_t leader;

    world_start(&world, 3, 0);
    leader = elect(&world);
    node_propose(world.seats[leader].node, &change.proposal, (const uint8_t *)"x", 1, on_proposed);
    node_confirm(world.seats[leader].node, &ask.confirmation, on_confirmed);
    seat_stop(&world, leader);
    ck_assert_int_eq(ask.answers, 1);
    ck_assert_int_eq(ask.result, ERR_CLOSED);
    ck_assert_int_eq(change.answers, 1);
    ck_assert_int_eq(change.result, ERR_CLOSED);
    world_finish(&world);
}
END_TEST

START_TEST(TR_06_garbage_is_dropped_and_counted)
{
    struct world world;
    struct node_status status;
    struct wire_message *wire = calloc(1, sizeof(*wire));
    struct raft_message heartbeat = {.type = RAFT_HEARTBEAT,
                                     .from = 2,
                                     .to = 1,
                                     .term = 7,
                                     .heartbeat = {.round = 9, .match = 3, .commit = 2}};
    struct buf bytes;

    buf_init(&bytes, 4096);
    world_start(&world, 3, 0);
    node_receive(world.seats[1].node, "n2", (const uint8_t *)"\xff\xff\xff", 3);
    node_receive(world.seats[1].node, "n2", (const uint8_t *)"", 0);
    wire_encode(&bytes, &heartbeat);
    ck_assert_int_eq(wire_decode(wire, bytes.data, bytes.length), 0);
    ck_assert_uint_eq(wire->message.heartbeat.round, 9);
    for (size_t i = 0; i < bytes.length; i++) { /* cut short anywhere */
        int rv = wire_decode(wire, bytes.data, i);

        ck_assert(rv == 0 || rv == ERR_PROTOCOL);
        if (rv == 0) {
            wire_release(wire);
        }
    }
    node_receive(world.seats[1].node, "n9", bytes.data, bytes.length); /* an impostor */
    node_status(world.seats[1].node, &status);
    ck_assert_uint_eq(status.dropped, 3);
    world_finish(&world);
    buf_finish(&bytes);
    free(wire);
}
END_TEST

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* BENCH=1: how long a commit takes, one at a time. */
START_TEST(measures_a_commit)
{
    struct world world;
    uint64_t took_us[2000];
    uint32_t leader;
    size_t count = getenv("BENCH") != NULL ? 2000 : 20;

    world_start(&world, 3, 0);
    leader = elect(&world);
    for (size_t i = 0; i < count; i++) {
        struct ask ask = {0};
        uint64_t start_us = clock_now_us();

        node_propose(world.seats[leader].node, &ask.proposal, (const uint8_t *)&i, sizeof(i),
                     on_proposed);
        while (ask.answers == 0) {
            uv_run(&world.loop, UV_RUN_ONCE);
        }
        ck_assert_int_eq(ask.result, 0);
        took_us[i] = clock_now_us() - start_us;
    }
    qsort(took_us, count, sizeof(took_us[0]), by_value);
    if (getenv("BENCH") != NULL) {
        printf("commit: median %llu us, p99 %llu us\n", (unsigned long long)took_us[count / 2],
               (unsigned long long)took_us[count * 99 / 100]);
    }
    world_finish(&world);
}
END_TEST

struct again {
    struct node_proposal proposal;
    struct node *node;
    uint64_t calls;
    bool stop;
};

static void on_refused(struct node_proposal *proposal, int result)
{
    struct again *again = proposal->context;

    again->calls++;
    if (result == ERR_BUSY && !again->stop) { /* safe to repeat, says node.h */
        node_propose(again->node, &again->proposal, (const uint8_t *)"x", 1, on_refused);
    }
}

START_TEST(a_refused_proposal_that_is_repeated_at_once_waits_for_the_next_turn)
{
    struct world world;
    struct again again = {0};
    uint32_t leader;
    uint32_t target;

    world_start(&world, 3, 0);
    leader = elect(&world);
    ck_assert_int_eq(propose(&world, leader, 5), 0);
    target = leader % 3 + 1;
    world.seats[target].deaf = true;
    again.node = world.seats[leader].node;
    again.proposal.context = &again;
    ck_assert_int_eq(node_transfer(again.node, target, NULL), 0);
    uv_run(&world.loop, UV_RUN_NOWAIT);
    node_propose(again.node, &again.proposal, (const uint8_t *)"x", 1, on_refused);
    uv_run(&world.loop, UV_RUN_NOWAIT);
    ck_assert_uint_le(again.calls, 2);
    again.stop = true;
    world_finish(&world);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("node");
    TCase *tcase = tcase_create("nodes");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, CL_04_JR_01_what_apply_proposes_is_an_entry_of_its_own_later);
    tcase_add_test(tcase, three_nodes_agree);
    tcase_add_test(tcase, a_single_voter_agrees_with_itself);
    tcase_add_test(tcase, state_survives_restarts_in_any_order);
    tcase_add_test(tcase, RD_03_10_a_leader_that_is_cut_off_confirms_nothing);
    tcase_add_test(tcase, CM_10_a_node_that_halts_takes_no_part_and_needs_no_end);
    tcase_add_test(tcase, a_burst_of_proposals_and_confirmations_is_answered_once_each);
    tcase_add_test(tcase, stepping_down_hands_leadership_to_another);
    tcase_add_test(tcase, a_lost_connection_holds_nothing_up_for_long);
    tcase_add_test(tcase, closing_answers_all_that_waits);
    tcase_add_test(tcase, TR_06_garbage_is_dropped_and_counted);
    tcase_add_test(tcase, measures_a_commit);
    tcase_add_test(tcase, a_refused_proposal_that_is_repeated_at_once_waits_for_the_next_turn);
    suite_add_tcase(suite, tcase);
    return suite;
}
