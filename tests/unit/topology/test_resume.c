/* A leader lost between any two entries of an operation: whoever comes next reads the ledger and
 * ends the operation the same way (safety.md section 6). The real ledger, drive and
 * decisions; the guards answer by a script. */
#include "tests/unit/topology/ledger_fixture.h"

#include "topology/decide.h"
#include "topology/drive.h"

enum { NEVER = 1000, ENTRIES_MAX = 60 };

struct world {
    struct fixture fixture;
    struct model *model;
    struct drive drive;
    struct drive_update *update;
    struct decide_choice *choice;
    uint64_t now_ms;
    uint64_t term;
    uint32_t entries;      /* applied by this test's leaders */
    uint32_t lost_at;      /* the leader is lost after so many */
    uint32_t answers_lost; /* of guards, to a leader that was gone */
};

static const char *address_of(struct world *world, const char *server)
{
    return ledger_server_find(fixture_cluster(&world->fixture), server)->address;
}

static void server_seen(struct world *world, const char *name, bool alive, const char *source)
{
    struct order_report report = {.start_id = 7, .has_observation = alive};
    struct observation *seen = &report.observation;

    text_copy(report.server, sizeof report.server, name);
    report.testimony = alive ? ORDER_ANSWERING : ORDER_STOPPED;
    report.writable = alive && source == NULL;
    seen->read_only = source != NULL;
    seen->semi_sync_master = source == NULL;
    seen->semi_sync_slave = source != NULL;
    seen->server_id = (uint32_t)(name[2] - '0');
    seen->binlog = position_of("0-1-10");
    seen->applied = position_of("0-1-10");
    seen->received = position_of("0-1-10");
    gtid_state_parse(&seen->history, "0-1-10", NULL);
    if (source != NULL) {
        struct observation_channel *channel = &seen->channels[0];

        seen->channel_count = 1;
        channel->io = OBSERVATION_THREAD_YES;
        channel->sql = OBSERVATION_THREAD_YES;
        channel->using_gtid = true;
        text_copy(channel->source, sizeof channel->source, address_of(world, source));
    }
    model_guard_connected(world->model, name, true);
    model_reported(world->model, world->now_ms, &report);
}

static void world_init(struct world *world, bool primary_alive, uint32_t lost_at)
{
    struct operation open;

    memset(world, 0, sizeof *world);
    fixture_init(&world->fixture);
    world->model = malloc(sizeof *world->model);
    world->update = malloc(sizeof *world->update);
    world->choice = malloc(sizeof *world->choice);
    ck_assert(world->model != NULL && world->update != NULL && world->choice != NULL);
    world->now_ms = 1000000;
    world->term = 5;
    world->lost_at = lost_at;
    for (int i = 0; i < 3; i++) {
        command_server_guard(&world->fixture.buf, stamp, "main",
                             fixture_cluster(&world->fixture)->servers[i].name,
                             i == 0   ? "a1"
                             : i == 1 ? "a2"
                                      : "a3");
        ck_assert_int_eq(fixture_apply(&world->fixture), 0);
    }
    open = fixture_operation(OPERATION_KIND_OPEN, 1);
    text_copy(open.to, sizeof open.to, "db1");
    operation_step_add(&open, OPERATION_ACTION_PROMOTE, "db1", OPERATION_DRAINED, true);
    ck_assert_int_eq(fixture_declare(&world->fixture, &open), 0);
    fixture_step(&world->fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "0-1-1");
    model_init(world->model);
    model_follow(world->model, world->fixture.ledger);
    server_seen(world, "db1", primary_alive, NULL);
    server_seen(world, "db2", true, "db1");
    server_seen(world, "db3", true, "db1");
    drive_begin(&world->drive, world->now_ms);
}

static void world_finish(struct world *world)
{
    fixture_finish(&world->fixture);
    free(world->model);
    free(world->update);
    free(world->choice);
}

/* Entries of a leader that is gone are gone too; the next one begins with nothing but the ledger.
 */
static bool leader_lost(struct world *world)
{
    if (world->entries != world->lost_at) {
        return false;
    }
    world->lost_at = NEVER;
    world->term++;
    buf_reset(&world->fixture.buf);
    drive_begin(&world->drive, world->now_ms);
    return true;
}

static bool apply(struct world *world)
{
    if (leader_lost(world)) {
        return false;
    }
    ck_assert_msg(fixture_apply(&world->fixture) == 0, "%s", world->fixture.err.text);
    world->entries++;
    return true;
}

static struct drive_input input_of(struct world *world)
{
    return (struct drive_input){.cluster = fixture_cluster(&world->fixture),
                                .model = world->model,
                                .term = world->term,
                                .now_ms = world->now_ms,
                                .lease_expired_at_ms = UINT64_MAX};
}

/* What the guard would say to the order, taken by the leader. */
static bool guard_answers(struct world *world, const struct order *order)
{
    struct order_result result = {.term = order->term,
                                  .epoch = order->epoch,
                                  .operation = order->operation,
                                  .step = order->step,
                                  .outcome = ORDER_DONE,
                                  .position = position_of("0-1-10")};
    struct drive_input input = input_of(world);

    text_copy(result.server, sizeof result.server, order->server);
    result.proof = order->action == OPERATION_ACTION_REVOKE   ? OPERATION_PROOF_STOPPED
                   : order->action == OPERATION_ACTION_DEMOTE ? OPERATION_PROOF_FENCED
                                                              : OPERATION_PROOF_NONE;
    if (order->action == OPERATION_ACTION_DEMOTE) {
        model_find(world->model, order->server)->report.soft_fenced = true;
    }
    if (leader_lost(world)) {
        world->answers_lost++;
        return false;
    }
    if (!drive_result(&world->drive, &input, &result, world->update)) {
        return true;
    }
    ck_assert_uint_eq(world->update->action_count, 1);
    command_step_result(&world->fixture.buf, stamp, &world->update->actions[0].result);
    return apply(world);
}

static bool choose(struct world *world)
{
    const struct ledger_cluster *cluster = fixture_cluster(&world->fixture);
    struct scene scene = {.cluster = cluster, .model = world->model, .now_ms = world->now_ms};
    struct command_choose command = {.cluster = "main", .operation = cluster->operation.id};

    decide_choose(world->choice, &scene);
    ck_assert_msg(world->choice->verdict == DECISION_ACT, "%s", world->choice->reasons[0]);
    command.to = world->choice->to;
    command.data_loss = world->choice->data_loss;
    command.steps = world->choice->steps;
    command.step_count = world->choice->step_count;
    command_choose(&world->fixture.buf, stamp, &command);
    return apply(world);
}

/* One walk of the leader; the orders of a walk are copied, since answers walk again. */
static void turn(struct world *world)
{
    struct drive_input input = input_of(world);
    struct order orders[8];
    uint32_t order_count = 0;
    bool chooses = false;

    drive_walk(&world->drive, &input, world->update);
    for (uint32_t i = 0; i < world->update->action_count; i++) {
        const struct drive_action *action = &world->update->actions[i];

        ck_assert(action->kind == DRIVE_ORDER || action->kind == DRIVE_CHOOSE);
        if (action->kind == DRIVE_ORDER) {
            ck_assert_uint_lt(order_count, 8);
            orders[order_count++] = action->order;
        }
        chooses = chooses || action->kind == DRIVE_CHOOSE;
    }
    for (uint32_t i = 0; i < order_count; i++) {
        if (!guard_answers(world, &orders[i])) {
            return;
        }
    }
    if (chooses) {
        choose(world);
    }
}

static void run(struct world *world)
{
    for (int i = 0; i < ENTRIES_MAX && ledger_operation_running(fixture_cluster(&world->fixture));
         i++) {
        world->now_ms += DRIVE_RESEND_MS;
        server_seen(world, "db2", true, "db1");
        server_seen(world, "db3", true, "db1");
        turn(world);
    }
    ck_assert(!ledger_operation_running(fixture_cluster(&world->fixture)));
}

static void declare_failover(struct world *world)
{
    struct operation operation = fixture_failover(&world->fixture);

    ck_assert_int_eq(fixture_declare(&world->fixture, &operation), 0);
}

static void declare_switchover(struct world *world)
{
    struct operation operation = fixture_operation(OPERATION_KIND_SWITCHOVER, 2);

    text_copy(operation.from, sizeof operation.from, "db1");
    text_copy(operation.wanted, sizeof operation.wanted, "db2");
    operation_step_add(&operation, OPERATION_ACTION_DEMOTE, "db1", OPERATION_DEMOTING, true);
    operation_step_add(&operation, OPERATION_ACTION_DRAIN, "db2", OPERATION_DEMOTED, true);
    ck_assert_int_eq(fixture_declare(&world->fixture, &operation), 0);
}

/* Runs it once undisturbed, then with the leader lost before each entry in turn. */
static void check_resumes(bool primary_alive, void (*declare)(struct world *world))
{
    struct world world;
    uint32_t entries;
    uint32_t losses = 0;

    world_init(&world, primary_alive, NEVER);
    declare(&world);
    run(&world);
    entries = world.entries;
    ck_assert_uint_gt(entries, 5);
    world_finish(&world);
    for (uint32_t lost_at = 0; lost_at < entries; lost_at++) {
        const struct ledger_cluster *cluster;

        world_init(&world, primary_alive, lost_at);
        declare(&world);
        run(&world);
        cluster = fixture_cluster(&world.fixture);
        ck_assert_uint_eq(world.term, 6);
        ck_assert_str_eq(cluster->primary, "db2");
        ck_assert_uint_eq(cluster->epoch, 2);
        ck_assert_uint_eq(cluster->opened_epoch, 2);
        ck_assert_int_eq(cluster->past[0].outcome, OPERATION_OUTCOME_SUCCEEDED);
        ck_assert_uint_eq(world.entries, entries);
        losses += world.answers_lost;
        world_finish(&world);
    }
    ck_assert_uint_gt(losses, 0);
}

START_TEST(a_failover_survives_the_loss_of_its_leader_between_any_two_entries)
{
    check_resumes(false, declare_failover);
}
END_TEST

START_TEST(a_switchover_survives_the_loss_of_its_leader_between_any_two_entries)
{
    check_resumes(true, declare_switchover);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("resume");
    TCase *tcase = tcase_create("resume");

    tcase_add_test(tcase, a_failover_survives_the_loss_of_its_leader_between_any_two_entries);
    tcase_add_test(tcase, a_switchover_survives_the_loss_of_its_leader_between_any_two_entries);
    suite_add_tcase(suite, tcase);
    return suite;
}
