/* What the ledger says of agents: the level that all of them understand, and invitations. */
#include "tests/unit/topology/ledger_fixture.h"

static int raise_to(struct fixture *fixture, uint32_t level)
{
    command_feature_level(&fixture->buf, stamp, level);
    return fixture_apply(fixture);
}

static int invite_until(struct fixture *fixture, const char *name, uint64_t expires_ms)
{
    struct ledger_invitation invitation = {.key = {7}, .voter = true, .expires_ms = expires_ms};

    text_copy(invitation.name, sizeof invitation.name, name);
    command_invite(&fixture->buf, stamp, &invitation);
    return fixture_apply(fixture);
}

static int use(struct fixture *fixture, const char *name, uint8_t key, uint64_t at_ms)
{
    uint8_t bytes[KEYS_BYTES] = {key};

    command_invitation_use(&fixture->buf, (struct command_stamp){.by = "a1", .at_ms = at_ms}, name,
                           bytes);
    return fixture_apply(fixture);
}

START_TEST(the_level_only_rises)
{
    struct fixture fixture;

    fixture_init(&fixture);
    ck_assert_uint_eq(fixture.ledger->feature_level, 1);
    ck_assert_int_eq(raise_to(&fixture, 1), ERR_STALE);
    ck_assert_int_eq(raise_to(&fixture, 2), 0);
    ck_assert_int_eq(raise_to(&fixture, 2), ERR_STALE);
    ck_assert_uint_eq(fixture.ledger->feature_level, 2);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(nothing_above_the_level_is_taken)
{
    struct fixture fixture;

    fixture_init(&fixture);
    ck_assert_int_eq(invite_until(&fixture, "+1", 5000), ERR_REFUSED);
    ck_assert_uint_eq(fixture.ledger->invitation_count, 0);
    fixture_finish(&fixture);
}
END_TEST

/* An older version stops at the entry before, whichever it meets first. */
START_TEST(an_old_agent_stops_before_what_it_does_not_know)
{
    struct fixture fixture;
    uint64_t index;

    fixture_init(&fixture);
    fixture.ledger->knows = 1;
    index = fixture.ledger->index;
    ck_assert_int_eq(raise_to(&fixture, 2), ERR_PROTOCOL);
    ck_assert_ptr_nonnull(strstr(fixture.err.text, "level 2 is needed"));
    ck_assert_uint_eq(fixture.ledger->index, index);
    ck_assert_uint_eq(fixture.ledger->feature_level, 1);
    ck_assert_int_eq(invite_until(&fixture, "+1", 5000), ERR_PROTOCOL);
    ck_assert_uint_eq(fixture.ledger->index, index);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(a_snapshot_of_a_newer_level_is_refused_by_an_old_agent)
{
    struct fixture fixture;
    struct ledger *old = malloc(sizeof *old);
    struct buf bytes;

    fixture_init(&fixture);
    ck_assert_int_eq(raise_to(&fixture, 2), 0);
    ck_assert_int_eq(invite_until(&fixture, "+1", 5000), 0);
    ck_assert_int_eq(use(&fixture, "+1", 4, 2000), 0);
    buf_init(&bytes, LIMIT_SNAPSHOT_BYTES);
    ledger_encode(fixture.ledger, &bytes);
    ledger_init(old);
    ck_assert_int_eq(ledger_decode(old, bytes.data, bytes.length, &fixture.err), 0);
    ck_assert_mem_eq(old, fixture.ledger, sizeof *old);
    ledger_init(old);
    old->knows = 1;
    ck_assert_int_eq(ledger_decode(old, bytes.data, bytes.length, &fixture.err), ERR_PROTOCOL);
    ck_assert_uint_eq(old->cluster_count, 0);
    ck_assert_uint_eq(old->knows, 1);
    buf_finish(&bytes);
    free(old);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(an_invitation_is_for_one_agent)
{
    struct fixture fixture;

    fixture_init(&fixture);
    ck_assert_int_eq(raise_to(&fixture, 2), 0);
    ck_assert_int_eq(invite_until(&fixture, "a9", 5000), ERR_INVALID); /* an agent's name */
    ck_assert_int_eq(invite_until(&fixture, "+1", 5000), 0);
    ck_assert_int_eq(invite_until(&fixture, "+1", 5000), ERR_EXISTS);
    ck_assert_int_eq(use(&fixture, "+2", 4, 2000), ERR_NOTFOUND);
    ck_assert_int_eq(use(&fixture, "+1", 4, 2000), 0);
    ck_assert_int_eq(use(&fixture, "+1", 4, 2001), 0); /* the answer was lost */
    ck_assert_int_eq(use(&fixture, "+1", 5, 2001), ERR_REFUSED);
    command_invitation_forget(&fixture.buf, stamp, "+1");
    ck_assert_int_eq(fixture_apply(&fixture), 0);
    ck_assert_ptr_null(ledger_invitation_find(fixture.ledger, "+1"));
    ck_assert_int_eq(use(&fixture, "+1", 4, 2002), ERR_NOTFOUND);
    command_invitation_forget(&fixture.buf, stamp, "+1");
    ck_assert_int_eq(fixture_apply(&fixture), ERR_NOTFOUND);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(an_invitation_ends_and_makes_room)
{
    struct fixture fixture;
    char name[LIMIT_NAME_SIZE];

    fixture_init(&fixture);
    ck_assert_int_eq(raise_to(&fixture, 2), 0);
    for (unsigned n = 0; n < LIMIT_INVITATIONS; n++) {
        text_format(name, sizeof name, "+%u", n);
        ck_assert_int_eq(invite_until(&fixture, name, n == 0 ? 900 : 5000), 0);
        if (n == 0) { /* the stamp of these commands is 1000: it was over when it was made */
            ck_assert_int_eq(use(&fixture, "+0", 4, 1000), ERR_REFUSED);
        }
    }
    ck_assert_int_eq(use(&fixture, "+1", 4, 4999), 0);
    ck_assert_int_eq(use(&fixture, "+2", 4, 5000), ERR_REFUSED);
    ck_assert_uint_eq(fixture.ledger->invitation_count, LIMIT_INVITATIONS - 1);
    ck_assert_int_eq(invite_until(&fixture, "+more", 5000), 0);
    ck_assert_int_eq(invite_until(&fixture, "+toomany", 5000), ERR_LIMIT);
    fixture_finish(&fixture);
}
END_TEST

/* ---- the last resort ---- */

static void recover(struct fixture *fixture)
{
    uint64_t index = fixture->ledger->index + 1;

    ledger_recover(fixture->ledger, index, fixture->ledger->term + 1, 1000);
    ck_assert_uint_eq(fixture->ledger->index, index);
}

/* SF-14: what was armed under the agents of before proves nothing any more. */
START_TEST(MC_17_SF_14_after_a_recovery_nothing_is_done_by_itself)
{
    struct fixture fixture;
    struct ledger_cluster *cluster;

    fixture_init(&fixture);
    cluster = fixture_cluster(&fixture);
    cluster->opened_epoch = cluster->epoch = 7;
    cluster->armed = true;
    text_copy(cluster->primary, sizeof cluster->primary, "db2");
    ck_assert_int_eq(fixture_create(&fixture, "other", "ot"), 0);
    ck_assert_int_eq(raise_to(&fixture, 2), 0);
    ck_assert_int_eq(invite_until(&fixture, "+1", 5000), 0);

    recover(&fixture);
    ck_assert_uint_eq(cluster->settings.automation, LEDGER_AUTOMATION_OBSERVE);
    ck_assert(!cluster->armed);
    ck_assert_uint_eq(cluster->epoch, 7 + LEDGER_RECOVERY_EPOCHS);
    ck_assert_uint_eq(cluster->opened_epoch, 7);
    ck_assert_str_eq(cluster->primary, "db2");
    ck_assert(!ledger_server_find(cluster, "db2")->ex_primary);
    ck_assert_uint_eq(fixture.ledger->clusters[1].epoch, 1 + LEDGER_RECOVERY_EPOCHS);
    ck_assert_uint_eq(fixture.ledger->invitation_count, 0);
    ck_assert_uint_eq(fixture.ledger->feature_level, 2);
    fixture_finish(&fixture);
}
END_TEST

START_TEST(MC_17_a_recovery_ends_what_was_under_way)
{
    struct fixture fixture;
    struct ledger_cluster *cluster;
    struct operation failover;

    fixture_init(&fixture);
    cluster = fixture_cluster(&fixture);
    failover = fixture_failover(&fixture);
    ck_assert_int_eq(fixture_declare(&fixture, &failover), 0);
    recover(&fixture);
    ck_assert(!ledger_operation_running(cluster));
    ck_assert_int_eq(cluster->past[0].outcome, OPERATION_OUTCOME_UNDONE);
    ck_assert_ptr_nonnull(strstr(cluster->past[0].failure, "goes on alone"));
    ck_assert_str_eq(cluster->primary, "db1");
    ck_assert_uint_eq(cluster->epoch, 2 + LEDGER_RECOVERY_EPOCHS);
    recover(&fixture); /* it may happen twice in a life */
    ck_assert_uint_eq(cluster->epoch, 2 + 2 * LEDGER_RECOVERY_EPOCHS);
    fixture_finish(&fixture);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("ledger_agent");
    TCase *tcase = tcase_create("ledger_agent");

    tcase_add_test(tcase, the_level_only_rises);
    tcase_add_test(tcase, nothing_above_the_level_is_taken);
    tcase_add_test(tcase, an_old_agent_stops_before_what_it_does_not_know);
    tcase_add_test(tcase, a_snapshot_of_a_newer_level_is_refused_by_an_old_agent);
    tcase_add_test(tcase, an_invitation_is_for_one_agent);
    tcase_add_test(tcase, an_invitation_ends_and_makes_room);
    tcase_add_test(tcase, MC_17_SF_14_after_a_recovery_nothing_is_done_by_itself);
    tcase_add_test(tcase, MC_17_a_recovery_ends_what_was_under_way);
    suite_add_tcase(suite, tcase);
    return suite;
}
