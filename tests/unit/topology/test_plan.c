#include "tests/unit/main.h"

#include "tests/unit/topology/corpus_case.h"
#include "topology/plan.h"

static struct corpus_case *c;
static struct operation operation;
static struct err err;

static void setup(void)
{
    c = case_read("db1: primary\ndb2: replica\ndb3: replica\n");
}

static void teardown(void)
{
    free(c);
}

static int validate(void)
{
    err_reset(&err);
    return plan_validate(c->cluster, &operation, &err);
}

START_TEST(what_the_builders_make_is_valid)
{
    plan_failover(&operation, &c->scene, "cause", "", "");
    ck_assert_int_eq(validate(), 0);
    ck_assert_uint_eq(operation.epoch, c->cluster->epoch + 1);
    ck_assert_str_eq(operation.from, "db1");
    plan_failover(&operation, &c->scene, "cause", "db3", "ann");
    ck_assert_int_eq(validate(), 0);
    ck_assert_int_eq(operation.one_writer.proof, OPERATION_PROOF_OPERATOR);
    ck_assert_str_eq(operation.one_writer.by, "ann");
    plan_switchover(&operation, &c->scene, "cause", "db2");
    ck_assert_int_eq(validate(), 0);
    ck_assert_uint_eq(operation.steps[1].deadline_ms, c->cluster->settings.max_write_gap_ms);
    plan_open(&operation, &c->scene, "cause", false);
    ck_assert_int_eq(validate(), 0);
    ck_assert_uint_eq(operation.epoch, c->cluster->epoch);
    plan_open(&operation, &c->scene, "cause", true);
    ck_assert_int_eq(validate(), 0);
    ck_assert_int_eq(operation.steps[0].action, OPERATION_ACTION_START);
    plan_rejoin(&operation, &c->scene, "cause", "db3");
    ck_assert_int_eq(validate(), 0);
    ck_assert_str_eq(operation.to, "db3");
}
END_TEST

/* ---- one thing wrong each --------------------------------------------------------------- */

static void other_cluster(void)
{
    text_copy(operation.cluster, sizeof operation.cluster, "other");
}

static void no_kind(void)
{
    operation.kind = OPERATION_KIND_NONE;
}

static void later_state(void)
{
    operation.state = OPERATION_REVOKED;
}

static void same_epoch(void)
{
    operation.epoch--;
}

static void not_the_primary(void)
{
    text_copy(operation.from, sizeof operation.from, "db2");
}

static void unknown_server(void)
{
    text_copy(operation.steps[1].target, LIMIT_NAME_SIZE, "db9");
}

static void primary_stops_io(void)
{
    text_copy(operation.steps[1].target, LIMIT_NAME_SIZE, "db1");
}

static void revokes_another(void)
{
    text_copy(operation.steps[0].target, LIMIT_NAME_SIZE, "db2");
}

static void promotes_at_once(void)
{
    operation_step_add(&operation, OPERATION_ACTION_PROMOTE, "db2", OPERATION_DRAINED, true);
}

static void wrong_phase(void)
{
    operation.steps[1].phase = OPERATION_REVOKING;
}

static void foreign_action(void)
{
    operation.steps[1].action = OPERATION_ACTION_ATTACH;
}

static void revoke_optional(void)
{
    operation.steps[0].required = false;
}

static void stop_io_required(void)
{
    operation.steps[1].required = true;
}

static void no_deadline(void)
{
    operation.steps[1].deadline_ms = 0;
}

static void twice(void)
{
    operation.steps[2] = operation.steps[1];
}

static void without_revoke(void)
{
    operation.steps[0] = operation.steps[2];
    operation.step_count = 2;
}

START_TEST(each_fault_is_found)
{
    static const struct {
        void (*spoil)(void);
        int code;
        const char *story;
    } faults[] = {
        {other_cluster, ERR_INVALID, "the operation is for cluster other, not for main"},
        {no_kind, ERR_INVALID, "an operation of kind none can't be planned"},
        {later_state, ERR_INVALID, "a failover doesn't begin as revoked"},
        {same_epoch, ERR_STALE, "the operation leads to epoch 3, the cluster is in 3"},
        {not_the_primary, ERR_STALE, "db2 is not the primary"},
        {unknown_server, ERR_INVALID, "step 1: cluster main has no server db9"},
        {primary_stops_io, ERR_INVALID, "step 1: stop-io isn't a step for db1"},
        {revokes_another, ERR_INVALID, "step 0: revoke isn't a step for db2"},
        {promotes_at_once, ERR_INVALID, "step 3: promote isn't a step for db2"},
        {wrong_phase, ERR_INVALID, "step 1: a failover has no step stop-io while it is revoking"},
        {foreign_action, ERR_INVALID, "step 1: a failover has no step attach while it is revoked"},
        {revoke_optional, ERR_INVALID, "step 0: revoke must be required"},
        {stop_io_required, ERR_INVALID, "step 1: stop-io must not be required"},
        {no_deadline, ERR_INVALID, "step 1: stop-io has no deadline"},
        {twice, ERR_INVALID, "step 2: stop-io of db2 is there twice"},
        {without_revoke, ERR_INVALID, "a failover needs one step revoke, this one has 0"},
    };

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        plan_failover(&operation, &c->scene, "cause", "", "");
        ck_assert_uint_eq(operation.step_count, 3);
        faults[i].spoil();
        ck_assert_msg(validate() == faults[i].code, "%s: %d", faults[i].story, err.code);
        ck_assert_str_eq(err.text, faults[i].story);
    }
}
END_TEST

START_TEST(only_the_primary_is_opened_and_only_others_rejoin)
{
    plan_open(&operation, &c->scene, "cause", false);
    text_copy(operation.to, sizeof operation.to, "db2");
    ck_assert_int_eq(validate(), ERR_REFUSED);
    plan_rejoin(&operation, &c->scene, "cause", "db2");
    text_copy(operation.to, sizeof operation.to, "db1");
    ck_assert_int_eq(validate(), ERR_REFUSED);
}
END_TEST

START_TEST(an_operation_made_from_an_older_ledger_is_stale)
{
    plan_switchover(&operation, &c->scene, "cause", "db2");
    c->cluster->epoch++;
    ck_assert_int_eq(validate(), ERR_STALE);
}
END_TEST

/* Declares the operation, and adds what comes with the choice. */
static uint32_t failover_rest(struct operation_step steps[LIMIT_STEPS], const struct scene *scene,
                              const char *to)
{
    return plan_failover_rest(steps, scene, to, "");
}

static uint32_t failover_rest_from_db3(struct operation_step steps[LIMIT_STEPS],
                                       const struct scene *scene, const char *to)
{
    return plan_failover_rest(steps, scene, to, "db3");
}

static void choose(uint32_t (*rest)(struct operation_step *, const struct scene *, const char *),
                   const char *to)
{
    static struct operation_step steps[LIMIT_STEPS];
    struct operation *running = &c->cluster->operation;
    uint32_t count;

    *running = operation;
    running->id = 7;
    for (uint32_t i = 0; i < running->step_count; i++) {
        running->steps[i].state = OPERATION_STEP_DONE;
    }
    count = rest(steps, &c->scene, to);
    memcpy(&running->steps[running->step_count], steps, count * sizeof steps[0]);
    running->step_count += count;
    running->state = OPERATION_CHOSEN;
    text_copy(running->to, sizeof running->to, to);
    operation = *running;
}

START_TEST(the_rest_of_a_plan_is_valid_and_complete)
{
    plan_failover(&operation, &c->scene, "cause", "", "");
    choose(failover_rest, "db2");
    ck_assert_int_eq(validate(), 0);
    ck_assert_uint_eq(operation.step_count, 3 + 4);
    operation.step_count--;
    ck_assert_int_eq(validate(), ERR_INVALID);
    ck_assert_str_eq(err.text, "a failover needs one step finish, this one has 0");

    plan_switchover(&operation, &c->scene, "cause", "db3");
    choose(plan_switchover_rest, "db3");
    ck_assert_int_eq(validate(), 0);
    ck_assert_uint_eq(operation.step_count, 2 + 4);
}
END_TEST

START_TEST(only_what_can_follow_is_repointed)
{
    teardown();
    c = case_read("db1: primary\ndb2: replica\ndb3: replica, sql no\ndb4: replica, guard silent\n"
                  "db5: replica, history 0-1-100,0-5-1\ndb6: replica, follows nobody\n"
                  "db7: replica\n");
    plan_failover(&operation, &c->scene, "cause", "", "");
    ck_assert_uint_eq(operation.step_count, 1 + 6); /* db4 is up: its guard may be back in time */
    choose(failover_rest, "db2");
    ck_assert_int_eq(validate(), 0);
    ck_assert_uint_eq(operation.step_count, 7 + 4);
    ck_assert_int_eq(operation.steps[9].action, OPERATION_ACTION_REPOINT);
    ck_assert_str_eq(operation.steps[9].target, "db7");
}
END_TEST

START_TEST(the_largest_cluster_fits)
{
    char text[1024] = "db1: primary\n";

    for (int i = 2; i <= LIMIT_SERVERS; i++) {
        size_t used = strlen(text);

        text_format(text + used, sizeof text - used, "db%d: replica\n", i);
    }
    teardown();
    c = case_read(text);
    plan_failover(&operation, &c->scene, "cause", "", "");
    ck_assert_uint_eq(operation.step_count, LIMIT_SERVERS);
    choose(failover_rest, "db2");
    ck_assert_int_eq(validate(), 0);
    ck_assert_uint_le(operation.step_count, LIMIT_STEPS);
}
END_TEST

START_TEST(the_drain_takes_as_long_as_the_cluster_says)
{
    c->cluster->settings.drain_timeout_s = 7;
    plan_failover(&operation, &c->scene, "cause", "", "");
    choose(failover_rest, "db2");
    ck_assert_int_eq(operation.steps[3].action, OPERATION_ACTION_DRAIN);
    ck_assert_uint_eq(operation.steps[3].deadline_ms, 7000);
}
END_TEST

START_TEST(who_has_received_less_catches_up_before_it_drains)
{
    const struct operation_step *catch_up;

    plan_failover(&operation, &c->scene, "cause", "", "");
    choose(failover_rest_from_db3, "db2");
    ck_assert_int_eq(plan_validate(c->cluster, &operation, NULL), 0);
    catch_up = operation_step_of(&operation, OPERATION_ACTION_CATCH_UP);
    ck_assert_ptr_nonnull(catch_up);
    ck_assert_str_eq(catch_up->target, "db2");
    ck_assert_str_eq(catch_up->source, "db3");
    ck_assert(catch_up->required);
    ck_assert_ptr_eq(catch_up + 1, operation_step_of(&operation, OPERATION_ACTION_DRAIN));
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("plan");
    TCase *tcase = tcase_create("plan");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_the_builders_make_is_valid);
    tcase_add_test(tcase, each_fault_is_found);
    tcase_add_test(tcase, only_the_primary_is_opened_and_only_others_rejoin);
    tcase_add_test(tcase, an_operation_made_from_an_older_ledger_is_stale);
    tcase_add_test(tcase, the_rest_of_a_plan_is_valid_and_complete);
    tcase_add_test(tcase, only_what_can_follow_is_repointed);
    tcase_add_test(tcase, the_largest_cluster_fits);
    tcase_add_test(tcase, who_has_received_less_catches_up_before_it_drains);
    tcase_add_test(tcase, the_drain_takes_as_long_as_the_cluster_says);
    suite_add_tcase(suite, tcase);
    return suite;
}
