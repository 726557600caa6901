/* The drive: orders to guards, their results, and what it does when none comes. */
#include "tests/unit/topology/drive_fixture.h"

static struct drive_input input_of(struct stage *stage)
{
    return (struct drive_input){.cluster = fixture_cluster(&stage->fixture),
                                .model = stage->model,
                                .term = 5,
                                .now_ms = stage->now_ms,
                                .lease_expired_at_ms = stage->lease_expired_at_ms};
}

static uint32_t walk(struct stage *stage)
{
    struct drive_input input = input_of(stage);

    drive_walk(&stage->drive, &input, stage->update);
    return stage->update->action_count;
}

static struct order_result result_to(const struct order *order, enum order_outcome outcome,
                                     enum operation_proof proof)
{
    struct order_result result = {.term = order->term,
                                  .epoch = order->epoch,
                                  .operation = order->operation,
                                  .step = order->step,
                                  .outcome = outcome,
                                  .proof = proof};

    text_copy(result.server, sizeof result.server, order->server);
    return result;
}

START_TEST(CL_05_orders_carry_term_epoch_operation_and_start)
{
    struct stage stage;
    const struct order *order;

    stage_init(&stage);
    ck_assert_uint_eq(walk(&stage), 0);
    failover_begins(&stage);
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_int_eq(stage.update->actions[0].kind, DRIVE_ORDER);
    order = &stage.update->actions[0].order;
    ck_assert_str_eq(order->server, "db1");
    ck_assert_int_eq(order->action, OPERATION_ACTION_REVOKE);
    ck_assert_uint_eq(order->term, 5);
    ck_assert_uint_eq(order->epoch, 2);
    ck_assert_uint_eq(order->operation, 1);
    ck_assert_uint_eq(order->start_id, 77);
    ck_assert(order->lossless);
    ck_assert(order->leased);
    /* Not again before the resend time, nor before a new connection. */
    ck_assert_uint_eq(walk(&stage), 0);
    ck_assert_uint_eq(stage.update->wake_ms, stage.now_ms + DRIVE_RESEND_MS);
    stage.now_ms += DRIVE_RESEND_MS;
    ck_assert_uint_eq(walk(&stage), 1);
    stage_finish(&stage);
}
END_TEST

START_TEST(a_result_is_committed_once_and_moves_the_operation)
{
    struct stage stage;
    struct drive_input input;
    struct order_result result;
    const struct command_step_result *proposed;

    stage_init(&stage);
    failover_begins(&stage);
    walk(&stage);
    result = result_to(&stage.update->actions[0].order, ORDER_DONE, OPERATION_PROOF_STOPPED);
    input = input_of(&stage);
    ck_assert(drive_result(&stage.drive, &input, &result, stage.update));
    ck_assert_uint_eq(stage.update->action_count, 1);
    proposed = &stage.update->actions[0].result;
    ck_assert_int_eq(proposed->state, OPERATION_STEP_DONE);
    ck_assert_int_eq(proposed->proof, OPERATION_PROOF_STOPPED);
    ck_assert(!drive_result(&stage.drive, &input, &result, stage.update));
    ck_assert_uint_eq(walk(&stage), 0);
    /* The proposal was lost: it may be made again. */
    drive_proposal_failed(&stage.drive, 1);
    ck_assert(drive_result(&stage.drive, &input, &result, stage.update));
    command_step_result(&stage.fixture.buf, stamp, &stage.update->actions[0].result);
    ck_assert_int_eq(fixture_apply(&stage.fixture), 0);
    ck_assert_uint_eq(walk(&stage), 2);
    ck_assert_int_eq(stage.update->actions[0].order.action, OPERATION_ACTION_STOP_IO);
    ck_assert_int_eq(stage.update->actions[1].order.action, OPERATION_ACTION_STOP_IO);
    stage_finish(&stage);
}
END_TEST

START_TEST(SF_23_answers_of_another_operation_or_term_are_not_taken)
{
    struct stage stage;
    struct drive_input input;
    struct order_result good;
    struct order_result result;

    stage_init(&stage);
    failover_begins(&stage);
    walk(&stage);
    good = result_to(&stage.update->actions[0].order, ORDER_DONE, OPERATION_PROOF_FENCED);
    input = input_of(&stage);
    result = good;
    result.operation = 9;
    ck_assert(!drive_result(&stage.drive, &input, &result, stage.update));
    result = good;
    result.term = 4;
    ck_assert(!drive_result(&stage.drive, &input, &result, stage.update));
    result = good;
    result.epoch = 1;
    ck_assert(!drive_result(&stage.drive, &input, &result, stage.update));
    result = good;
    result.step = 1;
    ck_assert(!drive_result(&stage.drive, &input, &result, stage.update));
    result = good;
    text_copy(result.server, sizeof result.server, "db3");
    ck_assert(!drive_result(&stage.drive, &input, &result, stage.update));
    result = good;
    result.proof = OPERATION_PROOF_NONE;
    ck_assert(!drive_result(&stage.drive, &input, &result, stage.update));
    ck_assert(drive_result(&stage.drive, &input, &good, stage.update));
    stage_finish(&stage);
}
END_TEST

START_TEST(revoke_waits_for_the_lease_however_long_nobody_answers)
{
    struct stage stage;

    stage_init(&stage);
    fixture_cluster(&stage.fixture)->armed = true;
    model_guard_connected(stage.model, "db1", false);
    failover_begins(&stage);
    ck_assert_uint_eq(walk(&stage), 0);
    stage.now_ms = stage.lease_expired_at_ms - 1;
    ck_assert_uint_eq(walk(&stage), 0);
    ck_assert_uint_eq(stage.update->wake_ms, stage.lease_expired_at_ms);
    stage.now_ms = stage.lease_expired_at_ms;
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_int_eq(stage.update->actions[0].result.proof, OPERATION_PROOF_LEASE_EXPIRED);
    ck_assert(stage.update->actions[0].result.except_deadman);
    stage_finish(&stage);
}
END_TEST

START_TEST(SF_13_an_unarmed_server_gives_no_lease_proof)
{
    struct stage stage;

    stage_init(&stage);
    model_guard_connected(stage.model, "db1", false);
    failover_begins(&stage);
    stage.now_ms = stage.lease_expired_at_ms + 1000000;
    ck_assert_uint_eq(walk(&stage), 0);
    stage_finish(&stage);
}
END_TEST

START_TEST(a_person_may_vouch)
{
    struct stage stage;
    struct operation operation;

    stage_init(&stage);
    operation = fixture_failover(&stage.fixture);
    operation.one_writer.proof = OPERATION_PROOF_OPERATOR;
    text_copy(operation.one_writer.by, sizeof operation.one_writer.by, "eve");
    fixture_declare(&stage.fixture, &operation);
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_int_eq(stage.update->actions[0].kind, DRIVE_ORDER);
    model_guard_connected(stage.model, "db1", false);
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_int_eq(stage.update->actions[0].result.proof, OPERATION_PROOF_OPERATOR);
    ck_assert_str_eq(stage.update->actions[0].proof_by, "eve");
    stage_finish(&stage);
}
END_TEST

START_TEST(steps_fail_at_their_deadline_or_without_a_guard)
{
    struct stage stage;

    stage_init(&stage);
    failover_begins(&stage);
    model_guard_connected(stage.model, "db3", false);
    fixture_step(&stage.fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_STOPPED, "");
    ck_assert_uint_eq(walk(&stage), 1); /* the order to db2; db3 may come back */
    stage.now_ms += DRIVE_CONNECT_MS;
    ck_assert_uint_eq(walk(&stage), 2); /* db2's order again, db3's failure */
    ck_assert_int_eq(stage.update->actions[1].kind, DRIVE_STEP_RESULT);
    ck_assert_uint_eq(stage.update->actions[1].result.step, 2);
    ck_assert_int_eq(stage.update->actions[1].result.state, OPERATION_STEP_FAILED);
    stage.now_ms += operation_action_deadline_ms(OPERATION_ACTION_STOP_IO);
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_uint_eq(stage.update->actions[0].result.step, 1);
    ck_assert_int_eq(stage.update->actions[0].result.state, OPERATION_STEP_FAILED);
    stage_finish(&stage);
}
END_TEST

START_TEST(the_choice_is_asked_for_once_when_every_step_ended)
{
    struct stage stage;

    stage_init(&stage);
    failover_begins(&stage);
    fixture_step(&stage.fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_STOPPED, "");
    fixture_step(&stage.fixture, 1, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "0-1-5");
    ck_assert_uint_eq(walk(&stage), 1); /* db3's order */
    fixture_step(&stage.fixture, 2, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "0-1-6");
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_int_eq(stage.update->actions[0].kind, DRIVE_CHOOSE);
    ck_assert_uint_eq(walk(&stage), 0);
    drive_proposal_failed(&stage.drive, 1);
    ck_assert_uint_eq(walk(&stage), 1);
    stage_finish(&stage);
}
END_TEST

START_TEST(a_required_failure_aborts_with_its_reason)
{
    struct stage stage;
    struct operation_step drain = {.action = OPERATION_ACTION_DRAIN,
                                   .phase = OPERATION_CHOSEN,
                                   .required = true,
                                   .deadline_ms = 60000};

    stage_init(&stage);
    failover_begins(&stage);
    fixture_step(&stage.fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_STOPPED, "");
    text_copy(drain.target, sizeof drain.target, "db2");
    ck_assert_int_eq(fixture_choose(&stage.fixture, "db2", &drain, 1), 0);
    walk(&stage);
    guard_reports(&stage, "db2", ORDER_STOPPED);
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_int_eq(stage.update->actions[0].result.state, OPERATION_STEP_FAILED);
    command_step_result(&stage.fixture.buf, stamp, &stage.update->actions[0].result);
    ck_assert_int_eq(fixture_apply(&stage.fixture), 0);
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_int_eq(stage.update->actions[0].kind, DRIVE_ABORT);
    ck_assert_str_eq(stage.update->actions[0].detail, "drain on db2: the server is stopped");
    ck_assert_uint_eq(walk(&stage), 0);
    stage_finish(&stage);
}
END_TEST

static void drain_begins(struct stage *stage)
{
    struct operation rest = {0};

    failover_begins(stage);
    fixture_step(&stage->fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_STOPPED, "");
    fixture_step(&stage->fixture, 1, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "0-1-5");
    fixture_step(&stage->fixture, 2, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "0-1-5");
    operation_step_add(&rest, OPERATION_ACTION_DRAIN, "db2", OPERATION_CHOSEN, true);
    ck_assert_int_eq(fixture_choose(&stage->fixture, "db2", rest.steps, 1), 0);
    fixture_cluster(&stage->fixture)->base = position_of("0-1-5");
    ck_assert_uint_eq(walk(stage), 1);
    ck_assert_int_eq(stage->update->actions[0].order.action, OPERATION_ACTION_DRAIN);
    ck_assert_uint_eq(stage->update->actions[0].order.position.gtids[0].sequence, 5);
}

START_TEST(a_drain_is_tried_again_until_its_server_is_gone)
{
    struct stage stage;
    struct drive_input input;
    struct order_result result;

    stage_init(&stage);
    drain_begins(&stage);
    result = result_to(&stage.update->actions[0].order, ORDER_FAILED, OPERATION_PROOF_NONE);
    input = input_of(&stage);
    ck_assert(!drive_result(&stage.drive, &input, &result, stage.update));
    stage.now_ms += 100000;
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_int_eq(stage.update->actions[0].kind, DRIVE_ORDER);
    /* Slow is waited for; what fails at once for so long is not. */
    input = input_of(&stage);
    result.ms = 60000;
    ck_assert(!drive_result(&stage.drive, &input, &result, stage.update));
    result.ms = 5;
    ck_assert(drive_result(&stage.drive, &input, &result, stage.update));
    stage_finish(&stage);
}
END_TEST

START_TEST(a_drain_ends_when_nobody_can_be_asked_or_the_setting_says_so)
{
    struct stage stage;

    stage_init(&stage);
    drain_begins(&stage);
    model_guard_connected(stage.model, "db2", false);
    ck_assert_uint_eq(walk(&stage), 0);
    stage.now_ms += 2999;
    ck_assert_uint_eq(walk(&stage), 0);
    stage.now_ms += 1;
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_int_eq(stage.update->actions[0].result.state, OPERATION_STEP_FAILED);
    stage_finish(&stage);

    stage_init(&stage);
    drain_begins(&stage);
    fixture_cluster(&stage.fixture)->settings.on_drain_timeout = LEDGER_DRAIN_REFUSE;
    stage.now_ms += 60000;
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_int_eq(stage.update->actions[0].result.state, OPERATION_STEP_FAILED);
    stage_finish(&stage);
}
END_TEST

START_TEST(who_attaches_waits_until_the_source_was_looked_at)
{
    struct stage stage;
    struct operation rejoin;
    struct observation seen = {.server_id = 1};

    stage_init(&stage);
    rejoin = fixture_operation(OPERATION_KIND_REJOIN, 1);
    operation_step_add(&rejoin, OPERATION_ACTION_ATTACH, "db3", OPERATION_REPOINTING, true);
    ck_assert_int_eq(fixture_declare(&stage.fixture, &rejoin), 0);
    ck_assert_uint_eq(walk(&stage), 0);
    ck_assert_uint_eq(stage.update->wake_ms, stage.now_ms + DRIVE_LOOK_MS);
    ck_assert_int_eq(gtid_state_parse(&seen.history, "0-1-9", NULL), 0);
    model_probed(stage.model, "db1", stage.now_ms, &seen);
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_uint_eq(stage.update->actions[0].order.source_id, 1);
    ck_assert_uint_eq(stage.update->actions[0].order.history.gtids[0].sequence, 9);
    stage_finish(&stage);
}
END_TEST

START_TEST(promote_follows_start)
{
    struct stage stage;
    struct operation open;

    stage_init(&stage);
    open = fixture_operation(OPERATION_KIND_OPEN, 1);
    operation_step_add(&open, OPERATION_ACTION_START, "db1", OPERATION_DRAINED, true);
    operation_step_add(&open, OPERATION_ACTION_PROMOTE, "db1", OPERATION_DRAINED, true);
    ck_assert_int_eq(fixture_declare(&stage.fixture, &open), 0);
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_int_eq(stage.update->actions[0].order.action, OPERATION_ACTION_START);
    fixture_step(&stage.fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "");
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_int_eq(stage.update->actions[0].order.action, OPERATION_ACTION_PROMOTE);
    stage_finish(&stage);
}
END_TEST

START_TEST(CL_07_a_new_leader_resumes_from_the_ledger)
{
    struct stage stage;

    stage_init(&stage);
    failover_begins(&stage);
    walk(&stage);
    fixture_step(&stage.fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_STOPPED, "");
    fixture_step(&stage.fixture, 1, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "0-1-5");
    drive_begin(&stage.drive, stage.now_ms);
    ck_assert_uint_eq(walk(&stage), 1);
    ck_assert_uint_eq(stage.update->actions[0].order.step, 2);
    stage_finish(&stage);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("drive");
    TCase *tcase = tcase_create("drive");

    tcase_add_test(tcase, CL_05_orders_carry_term_epoch_operation_and_start);
    tcase_add_test(tcase, a_result_is_committed_once_and_moves_the_operation);
    tcase_add_test(tcase, SF_23_answers_of_another_operation_or_term_are_not_taken);
    tcase_add_test(tcase, revoke_waits_for_the_lease_however_long_nobody_answers);
    tcase_add_test(tcase, SF_13_an_unarmed_server_gives_no_lease_proof);
    tcase_add_test(tcase, a_person_may_vouch);
    tcase_add_test(tcase, steps_fail_at_their_deadline_or_without_a_guard);
    tcase_add_test(tcase, the_choice_is_asked_for_once_when_every_step_ended);
    tcase_add_test(tcase, a_required_failure_aborts_with_its_reason);
    tcase_add_test(tcase, a_drain_is_tried_again_until_its_server_is_gone);
    tcase_add_test(tcase, a_drain_ends_when_nobody_can_be_asked_or_the_setting_says_so);
    tcase_add_test(tcase, who_attaches_waits_until_the_source_was_looked_at);
    tcase_add_test(tcase, promote_follows_start);
    tcase_add_test(tcase, CL_07_a_new_leader_resumes_from_the_ledger);
    suite_add_tcase(suite, tcase);
    return suite;
}
