/* Operations in the ledger: how they go on, end, give way to others, and are remembered. */
#include "tests/unit/topology/ledger_fixture.h"

START_TEST(a_failover_walks_to_its_end)
{
    struct fixture fixture;
    struct ledger_cluster *cluster;

    fixture_init(&fixture);
    walk_to_done(&fixture);
    cluster = fixture_cluster(&fixture);
    ck_assert_int_eq(cluster->operation.state, OPERATION_CHOSEN);
    ck_assert_uint_eq(cluster->epoch, 2);
    ck_assert_str_eq(cluster->primary, "db2");
    ck_assert(ledger_server_find(cluster, "db1")->ex_primary);
    ck_assert(!ledger_revoking(cluster));
    ck_assert_uint_eq(cluster->opened_epoch, 0);
    fixture_step(&fixture, 3, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "");
    ck_assert_int_eq(cluster->operation.state, OPERATION_DRAINED);
    fixture_step(&fixture, 4, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "0-1-10");
    ck_assert_int_eq(cluster->operation.state, OPERATION_PROMOTED);
    ck_assert_uint_eq(cluster->opened_epoch, 2);
    ck_assert(cluster->armed);
    ck_assert_uint_eq(cluster->base.gtids[0].sequence, 10);
    fixture_step(&fixture, 6, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "");
    ck_assert_int_eq(cluster->operation.state, OPERATION_PROMOTED);
    fixture_step(&fixture, 5, OPERATION_STEP_FAILED, OPERATION_PROOF_NONE, "");
    ck_assert(!ledger_operation_running(cluster));
    ck_assert_uint_eq(cluster->past_count, 1);
    ck_assert_int_eq(cluster->past[0].outcome, OPERATION_OUTCOME_SUCCEEDED);
    ck_assert_int_eq(cluster->past[0].one_writer.proof, OPERATION_PROOF_STOPPED);
    ck_assert_ptr_eq(ledger_operation_find(fixture.ledger, 1), &cluster->past[0]);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(nobody_is_promoted_without_a_proof)
{
    struct fixture fixture;
    struct operation operation;

    fixture_init(&fixture);
    operation = fixture_failover(&fixture);
    ck_assert_int_eq(fixture_declare(&fixture, &operation), 0);
    ck_assert_int_eq(fixture_step(&fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, ""),
                     ERR_REFUSED);
    ck_assert_int_eq(fixture_choose(&fixture, "db2", NULL, 0), ERR_STALE);
    ck_assert_int_eq(fixture_cluster(&fixture)->operation.state, OPERATION_REVOKING);
    /* Steps of a later state are not due. */
    ck_assert_int_eq(fixture_step(&fixture, 1, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, ""),
                     ERR_STALE);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(SF_30_a_proof_dies_with_its_operation)
{
    struct fixture fixture;
    struct operation operation;
    struct ledger_cluster *cluster;

    fixture_init(&fixture);
    cluster = fixture_cluster(&fixture);
    operation = fixture_failover(&fixture);
    fixture_declare(&fixture, &operation);
    fixture_step(&fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_FENCED, "0-1-1");
    ck_assert_int_eq(cluster->operation.one_writer.proof, OPERATION_PROOF_FENCED);
    command_abort(&fixture.buf, stamp, "main", cluster->operation.id, "no candidate");
    ck_assert_int_eq(fixture_apply(&fixture), 0);
    /* An abort is a new epoch that names the old primary. */
    ck_assert_uint_eq(cluster->epoch, 2);
    ck_assert_str_eq(cluster->primary, "db1");
    ck_assert(!ledger_server_find(cluster, "db1")->ex_primary);
    ck_assert_int_eq(cluster->past[0].outcome, OPERATION_OUTCOME_UNDONE);
    operation = fixture_failover(&fixture);
    ck_assert_int_eq(fixture_declare(&fixture, &operation), 0);
    ck_assert_int_eq(cluster->operation.one_writer.proof, OPERATION_PROOF_NONE);
    ck_assert_int_eq(fixture_choose(&fixture, "db2", NULL, 0), ERR_STALE);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(after_chosen_an_abort_leaves_the_epoch_with_the_candidate)
{
    struct fixture fixture;
    struct ledger_cluster *cluster;

    fixture_init(&fixture);
    walk_to_done(&fixture);
    cluster = fixture_cluster(&fixture);
    command_abort(&fixture.buf, stamp, "main", cluster->operation.id, "the candidate died");
    ck_assert_int_eq(fixture_apply(&fixture), 0);
    ck_assert_str_eq(cluster->primary, "db2");
    ck_assert_uint_eq(cluster->epoch, 2);
    ck_assert_int_eq(cluster->past[0].outcome, OPERATION_OUTCOME_FAILED);
    ck_assert(ledger_server_find(cluster, "db1")->ex_primary);
    fixture_finish(&fixture);
}
END_TEST

/* With START, or without one: then it only opens a primary that is up. */
static struct operation an_open(bool start)
{
    struct operation open = fixture_operation(OPERATION_KIND_OPEN, 1);

    text_copy(open.to, sizeof open.to, "db1");
    if (start) {
        operation_step_add(&open, OPERATION_ACTION_START, "db1", OPERATION_DRAINED, true);
    }
    operation_step_add(&open, OPERATION_ACTION_PROMOTE, "db1", OPERATION_DRAINED, true);
    return open;
}

START_TEST(an_attachment_gives_way_to_the_start_of_the_primary_and_the_start_to_none)
{
    struct fixture fixture;
    struct operation rejoin = fixture_operation(OPERATION_KIND_REJOIN, 1);
    struct operation start = an_open(true);
    struct operation open = an_open(false);

    fixture_init(&fixture);
    operation_step_add(&rejoin, OPERATION_ACTION_ATTACH, "db3", OPERATION_REPOINTING, true);
    ck_assert_int_eq(fixture_declare(&fixture, &rejoin), 0);
    ck_assert_int_eq(fixture_declare(&fixture, &open), ERR_BUSY);
    ck_assert_int_eq(fixture_declare(&fixture, &start), 0);
    ck_assert_int_eq(fixture_cluster(&fixture)->past[0].outcome, OPERATION_OUTCOME_CANCELLED);
    ck_assert_int_eq(fixture_declare(&fixture, &start), ERR_BUSY);
    ck_assert_int_eq(fixture_declare(&fixture, &rejoin), ERR_BUSY);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(a_repair_gives_way_to_a_failover_and_nothing_else_does)
{
    struct fixture fixture;
    struct operation rejoin;
    struct operation failover;
    struct ledger_cluster *cluster;

    fixture_init(&fixture);
    cluster = fixture_cluster(&fixture);
    rejoin = fixture_operation(OPERATION_KIND_REJOIN, 1);
    operation_step_add(&rejoin, OPERATION_ACTION_ATTACH, "db3", OPERATION_REPOINTING, true);
    ck_assert_int_eq(fixture_declare(&fixture, &rejoin), 0);
    ck_assert_int_eq(fixture_declare(&fixture, &rejoin), ERR_BUSY);
    failover = fixture_failover(&fixture);
    ck_assert_int_eq(fixture_declare(&fixture, &failover), 0);
    ck_assert_int_eq(cluster->operation.kind, OPERATION_KIND_FAILOVER);
    ck_assert_int_eq(cluster->past[0].outcome, OPERATION_OUTCOME_CANCELLED);
    ck_assert_int_eq(fixture_declare(&fixture, &failover), ERR_BUSY);
    ck_assert_int_eq(fixture_declare(&fixture, &rejoin), ERR_BUSY);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(the_tail_of_a_failover_gives_way_to_the_next)
{
    struct fixture fixture;
    struct operation failover;
    struct ledger_cluster *cluster;

    fixture_init(&fixture);
    walk_to_done(&fixture);
    cluster = fixture_cluster(&fixture);
    ck_assert_uint_eq(cluster->base.count, 0);
    fixture_step(&fixture, 3, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "");
    failover = fixture_failover(&fixture);
    ck_assert_int_eq(fixture_declare(&fixture, &failover), ERR_BUSY);
    fixture_step(&fixture, 4, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "0-1-10");
    ck_assert_int_eq(cluster->operation.state, OPERATION_PROMOTED);
    failover = fixture_failover(&fixture);
    ck_assert_int_eq(fixture_declare(&fixture, &failover), 0);
    ck_assert_int_eq(cluster->past[0].outcome, OPERATION_OUTCOME_SUCCEEDED);
    ck_assert_str_eq(cluster->operation.from, "db2");
    /* One that waits for a proof gives way to a person's word, once. */
    ck_assert_int_eq(fixture_declare(&fixture, &failover), ERR_BUSY);
    failover.one_writer.proof = OPERATION_PROOF_OPERATOR;
    ck_assert_int_eq(fixture_declare(&fixture, &failover), 0);
    ck_assert_int_eq(cluster->past[0].outcome, OPERATION_OUTCOME_CANCELLED);
    ck_assert_int_eq(fixture_declare(&fixture, &failover), ERR_BUSY);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(a_plan_from_an_older_epoch_is_stale)
{
    struct fixture fixture;
    struct operation operation;

    fixture_init(&fixture);
    operation = fixture_failover(&fixture);
    command_declare(&fixture.buf, stamp, &operation, 7);
    ck_assert_int_eq(fixture_apply(&fixture), ERR_STALE);
    text_copy(operation.from, sizeof operation.from, "db2");
    ck_assert_int_eq(fixture_declare(&fixture, &operation), ERR_STALE);
    operation = fixture_failover(&fixture);
    operation.epoch = 1;
    ck_assert_int_eq(fixture_declare(&fixture, &operation), ERR_INVALID);
    operation = fixture_failover(&fixture);
    operation.step_count = 0;
    ck_assert_int_eq(fixture_declare(&fixture, &operation), ERR_INVALID);
    ck_assert(!ledger_operation_running(fixture_cluster(&fixture)));
    fixture_finish(&fixture);
}
END_TEST

START_TEST(SF_54_a_base_only_grows_within_an_epoch)
{
    struct fixture fixture;
    struct operation open;
    struct ledger_cluster *cluster;
    static const char *const bases[] = {"0-1-20", "0-1-5", "0-1-30"};
    static const uint64_t expected[] = {20, 20, 30};

    fixture_init(&fixture);
    cluster = fixture_cluster(&fixture);
    for (int i = 0; i < 3; i++) {
        open = fixture_operation(OPERATION_KIND_OPEN, 1);
        text_copy(open.to, sizeof open.to, "db1");
        operation_step_add(&open, OPERATION_ACTION_PROMOTE, "db1", OPERATION_DRAINED, true);
        ck_assert_int_eq(fixture_declare(&fixture, &open), 0);
        fixture_step(&fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, bases[i]);
        ck_assert(!ledger_operation_running(cluster));
        ck_assert_uint_eq(cluster->base.gtids[0].sequence, expected[i]);
    }
    fixture_finish(&fixture);
}
END_TEST

START_TEST(history_keeps_the_newest_operations)
{
    struct fixture fixture;
    struct ledger_cluster *cluster;

    fixture_init(&fixture);
    cluster = fixture_cluster(&fixture);
    for (uint64_t i = 1; i <= LIMIT_OPERATIONS + 1; i++) {
        struct operation rejoin = fixture_operation(OPERATION_KIND_REJOIN, 1);

        operation_step_add(&rejoin, OPERATION_ACTION_ATTACH, "db3", OPERATION_REPOINTING, true);
        ck_assert_int_eq(fixture_declare(&fixture, &rejoin), 0);
        ck_assert_uint_eq(cluster->operation.id, i);
        fixture_step(&fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "");
    }
    ck_assert_uint_eq(cluster->past_count, LIMIT_OPERATIONS);
    ck_assert_uint_eq(cluster->past[0].id, LIMIT_OPERATIONS + 1);
    ck_assert_uint_eq(cluster->past[LIMIT_OPERATIONS - 1].id, 2);
    ck_assert_ptr_null(ledger_operation_find(fixture.ledger, 1));
    fixture_finish(&fixture);
}
END_TEST

START_TEST(repairs_dont_push_failovers_out_of_the_history)
{
    struct fixture fixture;
    struct ledger_cluster *cluster;

    fixture_init(&fixture);
    cluster = fixture_cluster(&fixture);
    walk_to_done(&fixture);
    command_abort(&fixture.buf, stamp, "main", cluster->operation.id, "");
    fixture_apply(&fixture);
    for (uint32_t i = 0; i < 2 * LIMIT_OPERATIONS; i++) {
        struct operation rejoin = fixture_operation(OPERATION_KIND_REJOIN, 2);

        operation_step_add(&rejoin, OPERATION_ACTION_ATTACH, "db3", OPERATION_REPOINTING, true);
        ck_assert_int_eq(fixture_declare(&fixture, &rejoin), 0);
        fixture_step(&fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "");
    }
    ck_assert_uint_eq(cluster->past_count, LIMIT_OPERATIONS);
    ck_assert_int_eq(cluster->past[LIMIT_OPERATIONS - 1].kind, OPERATION_KIND_FAILOVER);
    ck_assert_uint_eq(cluster->past[0].id, 2 * LIMIT_OPERATIONS + 1);
    ck_assert_uint_eq(cluster->past[LIMIT_OPERATIONS - 2].id, LIMIT_OPERATIONS + 3);
    fixture_finish(&fixture);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("ledger_operation");
    TCase *tcase = tcase_create("apply");

    tcase_add_test(tcase, a_failover_walks_to_its_end);
    tcase_add_test(tcase, nobody_is_promoted_without_a_proof);
    tcase_add_test(tcase, SF_30_a_proof_dies_with_its_operation);
    tcase_add_test(tcase, after_chosen_an_abort_leaves_the_epoch_with_the_candidate);
    tcase_add_test(tcase,
                   an_attachment_gives_way_to_the_start_of_the_primary_and_the_start_to_none);
    tcase_add_test(tcase, a_repair_gives_way_to_a_failover_and_nothing_else_does);
    tcase_add_test(tcase, the_tail_of_a_failover_gives_way_to_the_next);
    tcase_add_test(tcase, a_plan_from_an_older_epoch_is_stale);
    tcase_add_test(tcase, SF_54_a_base_only_grows_within_an_epoch);
    tcase_add_test(tcase, history_keeps_the_newest_operations);
    tcase_add_test(tcase, repairs_dont_push_failovers_out_of_the_history);
    suite_add_tcase(suite, tcase);
    return suite;
}
