/* What the ledger holds: clusters with their settings, tokens; as commands, and as a snapshot. */
#include "tests/unit/topology/ledger_fixture.h"

START_TEST(a_new_cluster_names_its_first_server_primary)
{
    struct fixture fixture;
    const struct ledger_cluster *cluster;

    fixture_init(&fixture);
    cluster = ledger_cluster_find(fixture.ledger, "main");
    ck_assert_ptr_nonnull(cluster);
    ck_assert_str_eq(cluster->primary, "db1");
    ck_assert_uint_eq(cluster->epoch, 1);
    ck_assert_uint_eq(cluster->opened_epoch, 0);
    ck_assert(!cluster->armed);
    ck_assert(!ledger_server_find(cluster, "db1")->acker);
    ck_assert(ledger_server_find(cluster, "db2")->acker);
    ck_assert_str_eq(ledger_profile(cluster)->name, "default");
    fixture_finish(&fixture);
}
END_TEST

START_TEST(an_address_has_one_server)
{
    struct ledger_server twins[2] = {fixture_server("tw1"), fixture_server("tw2")};
    struct fixture fixture;

    fixture_init(&fixture);
    text_copy(twins[0].address, sizeof twins[0].address, "10.0.0.9:3306");
    text_copy(twins[1].address, sizeof twins[1].address, "10.0.0.9:3306");
    command_cluster_create(&fixture.buf, stamp, "twins", twins, 2, "", NULL, 0);
    ck_assert_int_eq(fixture_apply(&fixture), ERR_EXISTS);
    ck_assert_ptr_nonnull(strstr(fixture.err.text, "tw1"));
    text_copy(twins[1].address, sizeof twins[1].address,
              fixture_cluster(&fixture)->servers[1].address);
    command_cluster_create(&fixture.buf, stamp, "twins", twins, 2, "", NULL, 0);
    ck_assert_int_eq(fixture_apply(&fixture), ERR_EXISTS);
    ck_assert_uint_eq(fixture.ledger->cluster_count, 1);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(names_are_unique_and_clusters_are_limited)
{
    struct fixture fixture;
    char name[LIMIT_NAME_SIZE];
    char first[LIMIT_NAME_SIZE];

    fixture_init(&fixture);
    ck_assert_int_eq(fixture_create(&fixture, "main", "other"), ERR_EXISTS);
    ck_assert_int_eq(fixture_create(&fixture, "second", "db"), ERR_EXISTS);
    for (int i = 1; i < LIMIT_CLUSTERS; i++) {
        text_format(name, sizeof name, "c%d", i);
        text_format(first, sizeof first, "s%d-", i);
        ck_assert_int_eq(fixture_create(&fixture, name, first), 0);
    }
    ck_assert_int_eq(fixture_create(&fixture, "more", "m"), ERR_LIMIT);
    ck_assert_uint_eq(fixture.ledger->cluster_count, LIMIT_CLUSTERS);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(settings_say_what_they_accept)
{
    static const struct {
        const char *key;
        const char *value;
        int rc;
    } cases[] = {
        {"automation", "on", 0},
        {"automation", "maybe", ERR_INVALID},
        {"automation", "", ERR_INVALID},
        {"drain_timeout_s", "1", 0},
        {"drain_timeout_s", "0", ERR_INVALID},
        {"drain_timeout_s", "86400", 0},
        {"drain_timeout_s", "86401", ERR_INVALID},
        {"profile", "fast", 0},
        {"no_such", "1", ERR_INVALID},
    };
    struct fixture fixture;

    fixture_init(&fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct command_setting setting = {cases[i].key, cases[i].value};

        command_cluster_set(&fixture.buf, stamp, "main", &setting, 1);
        ck_assert_msg(fixture_apply(&fixture) == cases[i].rc, "%s=%s", cases[i].key,
                      cases[i].value);
    }
    ck_assert_str_eq(ledger_profile(fixture_cluster(&fixture))->name, "fast");
    ck_assert_uint_eq(fixture_cluster(&fixture)->settings.drain_timeout_s, 86400);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(SF_12_a_shorter_profile_is_waited_for_as_the_longer_one)
{
    struct fixture fixture;
    struct command_setting relaxed = {"profile", "relaxed"};
    struct command_setting fast = {"profile", "fast"};
    struct ledger_cluster *cluster;

    fixture_init(&fixture);
    cluster = fixture_cluster(&fixture);
    command_cluster_set(&fixture.buf, stamp, "main", &relaxed, 1);
    fixture_apply(&fixture);
    ck_assert_uint_eq(ledger_lease_wait_ms(cluster), 10000);
    command_cluster_set(&fixture.buf, stamp, "main", &fast, 1);
    fixture_apply(&fixture);
    ck_assert_uint_eq(ledger_lease_wait_ms(cluster), 10000);
    walk_to_done(&fixture); /* db2 is chosen: its leases are granted from here on, none of before */
    ck_assert_uint_eq(ledger_lease_wait_ms(cluster), 1700);
    fixture_finish(&fixture);
}
END_TEST

/* Whether PROMOTE needs a lease, and how long a lease is, may not change under it: what its silence
 * proves later rests on that. */
START_TEST(SF_12_automation_and_profile_wait_for_what_moves_the_primary)
{
    struct command_setting waiting[] = {{"automation", "observe"}, {"profile", "fast"}};
    struct command_setting same = {"automation", "on"};
    struct command_setting other = {"max_lag_s", "7"};
    struct fixture fixture;

    fixture_init(&fixture);
    walk_to_done(&fixture);
    for (size_t i = 0; i < 2; i++) {
        command_cluster_set(&fixture.buf, stamp, "main", &waiting[i], 1);
        ck_assert_int_eq(fixture_apply(&fixture), ERR_BUSY);
    }
    ck_assert_ptr_nonnull(strstr(fixture.err.text, "when it has ended"));
    command_cluster_set(&fixture.buf, stamp, "main", &same, 1);
    ck_assert_int_eq(fixture_apply(&fixture), 0);
    command_cluster_set(&fixture.buf, stamp, "main", &other, 1);
    ck_assert_int_eq(fixture_apply(&fixture), 0);
    fixture_step(&fixture, 3, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "");
    fixture_step(&fixture, 4, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "0-1-10");
    ck_assert(fixture_cluster(&fixture)->armed);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(a_repair_holds_up_no_setting)
{
    struct command_setting observe = {"automation", "observe"};
    struct fixture fixture;
    struct operation rejoin;

    fixture_init(&fixture);
    rejoin = fixture_operation(OPERATION_KIND_REJOIN, 1);
    operation_step_add(&rejoin, OPERATION_ACTION_ATTACH, "db2", OPERATION_REPOINTING, true);
    ck_assert_int_eq(fixture_declare(&fixture, &rejoin), 0);
    command_cluster_set(&fixture.buf, stamp, "main", &observe, 1);
    ck_assert_int_eq(fixture_apply(&fixture), 0);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(SF_13_observing_disarms)
{
    struct fixture fixture;
    struct command_setting observe = {"automation", "observe"};
    struct operation open;

    fixture_init(&fixture);
    open = fixture_operation(OPERATION_KIND_OPEN, 1);
    operation_step_add(&open, OPERATION_ACTION_PROMOTE, "db1", OPERATION_DRAINED, true);
    fixture_declare(&fixture, &open);
    fixture_step(&fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "0-1-1");
    ck_assert(fixture_cluster(&fixture)->armed);
    command_cluster_set(&fixture.buf, stamp, "main", &observe, 1);
    ck_assert_int_eq(fixture_apply(&fixture), 0);
    ck_assert(!fixture_cluster(&fixture)->armed);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(tokens_are_found_by_their_hash)
{
    struct fixture fixture;
    struct ledger_token token = {.role = LEDGER_ROLE_OPERATOR, .hash = {1, 2, 3}};
    uint8_t other[LEDGER_HASH_BYTES] = {1, 2, 4};

    fixture_init(&fixture);
    text_copy(token.name, sizeof token.name, "t");
    command_token_create(&fixture.buf, stamp, &token);
    ck_assert_int_eq(fixture_apply(&fixture), 0);
    command_token_create(&fixture.buf, stamp, &token);
    ck_assert_int_eq(fixture_apply(&fixture), ERR_EXISTS);
    ck_assert_str_eq(ledger_token_match(fixture.ledger, token.hash)->name, "t");
    ck_assert_ptr_null(ledger_token_match(fixture.ledger, other));
    for (int i = 1; i < LEDGER_TOKENS; i++) {
        text_format(token.name, sizeof token.name, "t%d", i);
        command_token_create(&fixture.buf, stamp, &token);
        ck_assert_int_eq(fixture_apply(&fixture), 0);
    }
    text_copy(token.name, sizeof token.name, "one too many");
    command_token_create(&fixture.buf, stamp, &token);
    ck_assert_int_eq(fixture_apply(&fixture), ERR_LIMIT);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(a_snapshot_holds_everything)
{
    struct fixture fixture;
    struct ledger *copy = malloc(sizeof *copy);
    struct ledger_token token = {.role = LEDGER_ROLE_ADMIN, .hash = {9}};
    struct buf first;
    struct buf second;

    fixture_init(&fixture);
    text_copy(token.name, sizeof token.name, "t");
    command_token_create(&fixture.buf, stamp, &token);
    fixture_apply(&fixture);
    walk_to_done(&fixture);
    fixture_step(&fixture, 3, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "");
    fixture_step(&fixture, 4, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "0-1-10,5-1-3");
    buf_init(&first, LIMIT_SNAPSHOT_BYTES);
    buf_init(&second, LIMIT_SNAPSHOT_BYTES);
    ledger_encode(fixture.ledger, &first);
    ck_assert(buf_ok(&first));
    ledger_init(copy);
    ck_assert_int_eq(ledger_decode(copy, first.data, first.length, &fixture.err), 0);
    ck_assert_mem_eq(copy, fixture.ledger, sizeof *copy);
    ledger_encode(copy, &second);
    ck_assert_uint_eq(first.length, second.length);
    ck_assert_mem_eq(first.data, second.data, first.length);
    /* Damage leaves the target as it was. */
    for (size_t length = 0; length < first.length; length += 7) {
        if (ledger_decode(copy, first.data, length, &fixture.err) != 0) {
            ck_assert_mem_eq(copy, fixture.ledger, sizeof *copy);
        } else {
            ck_assert_int_eq(ledger_decode(copy, first.data, first.length, &fixture.err), 0);
        }
    }
    buf_finish(&first);
    buf_finish(&second);
    free(copy);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(bytes_that_are_no_command_stop_the_agent)
{
    struct fixture fixture;

    fixture_init(&fixture);
    buf_append_text(&fixture.buf, "\xff\xff nonsense");
    ck_assert_int_eq(fixture_apply(&fixture), ERR_PROTOCOL);
    /* A command of a later version has no body that this one knows. */
    buf_append(&fixture.buf, "\xa2\x06\x00", 3);
    ck_assert_int_eq(fixture_apply(&fixture), ERR_PROTOCOL);
    /* No bytes: the no-op at the start of a term. */
    ck_assert_int_eq(
        ledger_apply(fixture.ledger, fixture.ledger->index + 1, 2, NULL, 0, &fixture.err), 0);
    ck_assert_uint_eq(fixture.ledger->term, 2);
    fixture_finish(&fixture);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("ledger");
    TCase *tcase = tcase_create("apply");

    tcase_add_test(tcase, a_new_cluster_names_its_first_server_primary);
    tcase_add_test(tcase, an_address_has_one_server);
    tcase_add_test(tcase, names_are_unique_and_clusters_are_limited);
    tcase_add_test(tcase, settings_say_what_they_accept);
    tcase_add_test(tcase, SF_12_a_shorter_profile_is_waited_for_as_the_longer_one);
    tcase_add_test(tcase, SF_12_automation_and_profile_wait_for_what_moves_the_primary);
    tcase_add_test(tcase, a_repair_holds_up_no_setting);
    tcase_add_test(tcase, SF_13_observing_disarms);
    tcase_add_test(tcase, tokens_are_found_by_their_hash);
    tcase_add_test(tcase, a_snapshot_holds_everything);
    tcase_add_test(tcase, bytes_that_are_no_command_stop_the_agent);
    suite_add_tcase(suite, tcase);
    return suite;
}
