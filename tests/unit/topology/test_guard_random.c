/* Thousands of random lives of one guard against a simulated server, leader, disk
 * and hand. Time runs from wake-up to wake-up; everything else happens in any
 * order, late, twice or never. What is looked at after every step is in
 * guard_judge.h. */
#include "tests/unit/topology/guard_judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { LIVES = 1000, STEPS = 400 };

/* ---- carrying out ------------------------------------------------------------------ */

static void carry_out(struct world *world);

static void send(struct world *world, struct guard_event event)
{
    event.now_ms = world->now_ms;
    guard_step(&world->guard, &event, &world->update);
    world->wake_ms = world->update.wake_ms;
    judge_update(world);
    carry_out(world);
    judge_server(world);
}

static void tell_process(struct world *world, enum guard_process state)
{
    send(world, (struct guard_event){.kind = GUARD_PROCESS, .process = {state, world->pid}});
}

static void die(struct world *world)
{
    if (!world->up) {
        return;
    }
    world->up = false;
    world->writable = false;
    world->locked = false;
    if (chance(world, 30)) {
        tell_process(world, GUARD_PROCESS_DYING);
    }
    tell_process(world, GUARD_PROCESS_GONE);
}

static void carry_out(struct world *world)
{
    struct guard_update update = world->update;

    if (update.persist_floor) {
        ck_assert_uint_gt(world->guard.floor, world->floor_writing);
        world->floor_writing = world->guard.floor;
    }
    if (update.task != GUARD_TASK_NONE) {
        world->task = update.task;
        world->task_order = world->guard.work.order;
        world->task_number = update.task_number;
        world->task_pid = world->pid;
        world->cancelled = false;
    }
    if (update.cancel_task) {
        ck_assert_int_ne(world->task, GUARD_TASK_NONE);
        world->cancelled = true;
    }
    if (update.ask) {
        uint32_t at =
            world->asked_count < IN_FLIGHT ? world->asked_count++ : draw(world, IN_FLIGHT);

        world->asked[at] = update.request;
        world->asked_ms[at] = world->now_ms;
    }
    if (update.start_server) {
        send(world, (struct guard_event){.kind = GUARD_START_DONE,
                                         .start = {chance(world, 70), "it would not"}});
    }
    if (update.kill_server) {
        world->kills++;
        die(world);
    }
}

static void hand_open(struct world *world, bool done)
{
    if (done) {
        world->writable = true;
        world->locked = false;
    }
}

/* The hand's work, done or not; what fails may have gone half of the way. */
static void hand_works(struct world *world, bool done)
{
    bool fences = world->task == GUARD_TASK_SOFT_FENCE;
    bool opens = world->task == GUARD_TASK_LIFT_FENCE;

    if (world->task == GUARD_TASK_ORDER) {
        enum operation_action action = world->task_order.action;

        fences = action == OPERATION_ACTION_REVOKE || action == OPERATION_ACTION_DEMOTE;
        opens = action == OPERATION_ACTION_PROMOTE;
        if (done && (action == OPERATION_ACTION_ATTACH || action == OPERATION_ACTION_REPOINT)) {
            world->writable = false;
            world->locked = false;
        }
    }
    if (opens) {
        hand_open(world, done || chance(world, 30));
    } else if (fences && done) {
        world->locked = true;
        world->writable = false;
    } else if (world->task == GUARD_TASK_MAKE_READ_ONLY && done) {
        world->writable = false;
        world->locked = false;
    }
}

static void hand_ends(struct world *world)
{
    struct guard_event event = {.kind = GUARD_TASK_DONE};
    bool same = world->up && world->pid == world->task_pid;
    bool done = same && !world->cancelled && chance(world, 75);

    if (world->task == GUARD_TASK_NONE) {
        return;
    }
    if (same) {
        hand_works(world, done);
    }
    world->task = GUARD_TASK_NONE;
    event.task.number = world->task_number;
    event.task.done = done;
    event.task.locked = world->up && world->locked;
    event.task.detail = "so it is";
    send(world, event);
}

/* ---- what may happen ------------------------------------------------------------------ */

static void raise_to(uint64_t *value, uint64_t to)
{
    *value = to > *value ? to : *value;
}

static void leader_answers(struct world *world)
{
    struct order_lease_answer answer;
    uint32_t at;

    if (world->asked_count == 0) {
        return;
    }
    at = draw(world, world->asked_count);
    answer = (struct order_lease_answer){.start_id = START_ID - (chance(world, 3) ? 1 : 0),
                                         .number = world->asked[at].number,
                                         .epoch = world->asked[at].epoch,
                                         .term = world->term,
                                         .length_ms = LEASE_MS};
    if (answer.start_id == START_ID) {
        raise_to(&world->deadline_ms, world->asked_ms[at] + LEASE_MS);
        raise_to(&world->deadlines_ms[answer.epoch], world->asked_ms[at] + LEASE_MS);
    }
    if (chance(world, 80)) { /* else it is answered twice */
        world->asked_count--;
        world->asked[at] = world->asked[world->asked_count];
        world->asked_ms[at] = world->asked_ms[world->asked_count];
    }
    send(world, (struct guard_event){.kind = GUARD_LEASE_ANSWER, .answer = &answer});
}

static void leader_orders(struct world *world)
{
    static const enum operation_action actions[] = {
        OPERATION_ACTION_REVOKE, OPERATION_ACTION_DEMOTE,  OPERATION_ACTION_STOP_IO,
        OPERATION_ACTION_DRAIN,  OPERATION_ACTION_PROMOTE, OPERATION_ACTION_PROMOTE,
        OPERATION_ACTION_FINISH, OPERATION_ACTION_REPOINT, OPERATION_ACTION_ATTACH,
        OPERATION_ACTION_START,  OPERATION_ACTION_PROMOTE,
    };
    struct order order = {.start_id = START_ID, .deadline_ms = 200 + draw(world, 3000)};

    order.action = actions[draw(world, sizeof actions / sizeof actions[0])];
    order.term = world->term;
    order.epoch = world->view.epoch;
    if (order.action == OPERATION_ACTION_REVOKE || order.action == OPERATION_ACTION_DEMOTE ||
        !world->view.primary) {
        order.epoch += chance(world, 80) ? 1 : 0;
    }
    order.operation = order.epoch * 2 + draw(world, 2);
    order.step = chance(world, 80) ? world->step++ : draw(world, world->step + 1);
    order.write_gap_ms = draw(world, 400);
    text_copy(order.server, sizeof order.server, "db1");
    send(world, (struct guard_event){.kind = GUARD_ORDER, .order = &order});
}

static void ledger_changes(struct world *world)
{
    struct guard_view *view = &world->view;

    view->known = true;
    switch (draw(world, 8)) {
    case 0:
        view->automation_on = !view->automation_on;
        break;
    case 1:
    case 2:
        view->epoch++;
        view->ex_primary = view->ex_primary || view->primary;
        view->primary = chance(world, 60);
        view->ex_primary = view->ex_primary && !view->primary;
        break;
    case 3:
        view->opened_epoch = view->epoch;
        break;
    case 4:
        world->term++;
        break;
    default:
        break;
    }
    send(world, (struct guard_event){.kind = GUARD_VIEW, .view = *view});
}

static void look(struct world *world)
{
    struct observation observation = {.server_id = 1, .read_only = !world->writable};

    world->looked_ms = world->now_ms;
    if (world->up) {
        send(world, (struct guard_event){.kind = GUARD_OBSERVED,
                                         .observed = {&observation, world->now_ms}});
    }
}

static void server_changes(struct world *world)
{
    switch (draw(world, 10)) {
    case 0:
        die(world);
        return;
    case 1:
    case 2:
        if (!world->up) {
            world->up = true;
            world->pid++;
            world->writable = false;
            tell_process(world, GUARD_PROCESS_UP);
        }
        return;
    case 3:
        if (world->up && world->locked) {
            world->locked = false;
            world->writable = chance(world, 50); /* root is at it */
            send(world, (struct guard_event){.kind = GUARD_FENCE_LOST});
        }
        return;
    case 4:
        send(world, (struct guard_event){.kind = GUARD_SILENT});
        return;
    default:
        look(world);
        return;
    }
}

static void floor_lands(struct world *world)
{
    if (world->floor_durable < world->floor_writing) {
        world->floor_durable = world->floor_writing;
        send(world,
             (struct guard_event){.kind = GUARD_FLOOR_DURABLE, .floor = world->floor_durable});
    }
}

/* Time goes on from wake-up to wake-up, with a look every LOOK_MS; a loop is never late here. */
static void time_passes(struct world *world)
{
    uint64_t to_ms = world->now_ms + 1 + draw(world, 400);

    for (;;) {
        uint64_t look_ms = world->looked_ms + LOOK_MS;
        uint64_t next_ms = look_ms < world->wake_ms ? look_ms : world->wake_ms;

        if (next_ms > to_ms) {
            break;
        }
        world->now_ms = next_ms > world->now_ms ? next_ms : world->now_ms + 1;
        if (look_ms <= world->now_ms) {
            look(world);
        } else {
            send(world, (struct guard_event){.kind = GUARD_TICK});
        }
    }
    world->now_ms = to_ms > world->now_ms ? to_ms : world->now_ms;
}

static void something_happens(struct world *world)
{
    switch (draw(world, 10)) {
    case 0:
        leader_orders(world);
        return;
    case 1:
        ledger_changes(world);
        return;
    case 2:
    case 3:
        server_changes(world);
        return;
    case 4:
        floor_lands(world);
        return;
    case 5:
        hand_ends(world);
        return;
    case 6:
    case 7:
        leader_answers(world);
        return;
    default:
        time_passes(world);
        return;
    }
}

static void live(struct world *world, uint64_t seed)
{
    memset(world, 0, sizeof *world);
    world->random = seed * 2654435761u + 1;
    world->now_ms = 100000;
    world->looked_ms = world->now_ms;
    world->wake_ms = UINT64_MAX;
    world->term = 1;
    world->up = chance(world, 50);
    world->writable = world->up && chance(world, 50);
    world->floor_durable = draw(world, 3);
    world->floor_writing = world->floor_durable;
    world->view = (struct guard_view){.epoch = 1 + world->floor_durable,
                                      .automation_on = chance(world, 80),
                                      .primary = chance(world, 60),
                                      .lease_ms = LEASE_MS,
                                      .heartbeat_ms = 100};
    guard_init(&world->guard, "db1", START_ID, world->floor_durable, true);
    tell_process(world, world->up ? GUARD_PROCESS_UP : GUARD_PROCESS_GONE);
    for (int i = 0; i < STEPS; i++) {
        something_happens(world);
    }
}

START_TEST(no_random_life_breaks_a_promise)
{
    struct world *world = malloc(sizeof *world);
    uint64_t proofs = 0;
    uint64_t promotions = 0;
    uint64_t kills = 0;
    uint64_t lifts = 0;

    ck_assert_ptr_nonnull(world);
    for (uint64_t seed = 1; seed <= LIVES; seed++) {
        live(world, seed);
        proofs += world->proofs;
        promotions += world->promotions;
        kills += world->kills;
        lifts += world->lifts;
    }
    /* A test in which nothing happens proves nothing. */
    ck_assert_uint_gt(proofs, LIVES);
    ck_assert_uint_gt(promotions, LIVES);
    ck_assert_uint_gt(kills, LIVES / 4);
    ck_assert_uint_gt(lifts, LIVES / 10);
    free(world);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("guard_random");
    TCase *tcase = tcase_create("guard_random");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, no_random_life_breaks_a_promise);
    suite_add_tcase(suite, tcase);
    return suite;
}
