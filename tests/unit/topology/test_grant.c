/* Grants: who gets a lease, and when the last one has surely expired. */
#include "tests/unit/topology/drive_fixture.h"

#include "topology/grant.h"

static struct order_lease_request lease_request(const char *server, uint64_t epoch)
{
    struct order_lease_request request = {.start_id = 7, .number = 3, .epoch = epoch};

    text_copy(request.server, sizeof request.server, server);
    return request;
}

static bool allowed(const struct grants *grants, const struct ledger *ledger, const char *server,
                    uint64_t epoch)
{
    struct order_lease_request request = lease_request(server, epoch);

    return grant_allowed(grants, ledger, &request, NULL);
}

START_TEST(SF_07_nobody_renews_while_revoking_is_in_the_log)
{
    struct stage stage;
    struct grants grants;
    const struct ledger *ledger;

    stage_init(&stage);
    ledger = stage.fixture.ledger;
    grant_begin(&grants, stage.now_ms);
    ck_assert(allowed(&grants, ledger, "db1", 1));
    ck_assert(!allowed(&grants, ledger, "db1", 2));
    ck_assert(!allowed(&grants, ledger, "db2", 1));
    ck_assert(!allowed(&grants, ledger, "nobody", 1));
    grant_revoke_proposed(&grants, "main");
    ck_assert(!allowed(&grants, ledger, "db1", 1));
    grant_revoke_settled(&grants, "main");
    ck_assert(allowed(&grants, ledger, "db1", 1));
    failover_begins(&stage);
    ck_assert(!allowed(&grants, ledger, "db1", 1));
    command_abort(&stage.fixture.buf, stamp, "main", 1, "");
    ck_assert_int_eq(fixture_apply(&stage.fixture), 0);
    ck_assert(!allowed(&grants, ledger, "db1", 1));
    ck_assert(allowed(&grants, ledger, "db1", 2));
    stage_finish(&stage);
}
END_TEST

START_TEST(SF_09_a_lease_expires_after_the_later_of_election_and_answer)
{
    struct stage stage;
    struct grants grants;
    struct order_lease_request request = lease_request("db1", 1);
    struct order_lease_answer answer;
    const struct ledger_cluster *cluster;

    stage_init(&stage);
    cluster = fixture_cluster(&stage.fixture);
    grant_begin(&grants, 100000);
    /* 3000 + 1 % + 50 */
    ck_assert_uint_eq(grant_expired_at_ms(&grants, cluster, "db1"), 103080);
    grant_answer(&grants, stage.fixture.ledger, &request, 5, 200000, &answer);
    ck_assert_uint_eq(answer.length_ms, 3000);
    ck_assert_uint_eq(answer.number, 3);
    ck_assert_uint_eq(answer.start_id, 7);
    ck_assert_uint_eq(grant_expired_at_ms(&grants, cluster, "db1"), 203080);
    ck_assert_uint_eq(grant_expired_at_ms(&grants, cluster, "db2"), 103080);
    stage_finish(&stage);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("grant");
    TCase *tcase = tcase_create("grant");

    tcase_add_test(tcase, SF_07_nobody_renews_while_revoking_is_in_the_log);
    tcase_add_test(tcase, SF_09_a_lease_expires_after_the_later_of_election_and_answer);
    suite_add_tcase(suite, tcase);
    return suite;
}
