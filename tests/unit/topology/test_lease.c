#include "tests/unit/main.h"

#include <string.h>

#include "topology/lease.h"

enum { LEASE_MS = 3000, HEARTBEAT_MS = 100, START_ID = 77, EPOCH = 5, BEGIN = 10000 };

static uint64_t ask(struct lease *lease, uint64_t now_ms)
{
    struct order_lease_request request;

    lease_ask(lease, now_ms, "db1", &request);
    ck_assert_str_eq(request.server, "db1");
    ck_assert_uint_eq(request.start_id, lease->start_id);
    ck_assert_uint_eq(request.epoch, lease->wanted_epoch);
    return request.number;
}

static bool grant(struct lease *lease, uint64_t number, uint32_t length_ms)
{
    struct order_lease_answer answer = {
        .start_id = START_ID, .number = number, .epoch = EPOCH, .term = 3, .length_ms = length_ms};

    return lease_take(lease, &answer);
}

static void wanting(struct lease *lease)
{
    lease_init(lease, START_ID);
    lease_want(lease, EPOCH);
}

START_TEST(asks_at_once_then_at_heartbeats_then_every_tenth)
{
    struct lease lease;
    uint64_t number;

    lease_init(&lease, START_ID);
    ck_assert_uint_eq(lease_ask_at(&lease, LEASE_MS, HEARTBEAT_MS), LEASE_NEVER);
    lease_want(&lease, EPOCH);
    ck_assert_uint_eq(lease_ask_at(&lease, LEASE_MS, HEARTBEAT_MS), 0);
    number = ask(&lease, BEGIN);
    ck_assert_uint_eq(lease_ask_at(&lease, LEASE_MS, HEARTBEAT_MS), BEGIN + HEARTBEAT_MS);
    ck_assert(grant(&lease, number, LEASE_MS));
    ck_assert_uint_eq(lease_ask_at(&lease, LEASE_MS, HEARTBEAT_MS), BEGIN + LEASE_MS / 10);
    lease_want(&lease, EPOCH + 1);
    ck_assert_uint_eq(lease_ask_at(&lease, LEASE_MS, HEARTBEAT_MS), 0);
    lease_want(&lease, 0);
    ck_assert_uint_eq(lease_ask_at(&lease, LEASE_MS, HEARTBEAT_MS), LEASE_NEVER);
}
END_TEST

START_TEST(the_ladder_counts_from_the_granted_request)
{
    struct lease lease;
    uint64_t number;

    wanting(&lease);
    number = ask(&lease, BEGIN);
    ck_assert(!lease_holds(&lease, BEGIN));
    ck_assert(grant(&lease, number, LEASE_MS));
    ck_assert_uint_eq(lease_soft_at(&lease), BEGIN + 2000);
    ck_assert_uint_eq(lease_hard_at(&lease), BEGIN + 2700);
    ck_assert_uint_eq(lease_deadline(&lease), BEGIN + 3000);
    ck_assert(lease_holds(&lease, BEGIN + 1999));
    ck_assert(!lease_holds(&lease, BEGIN + 2000));
    ck_assert_uint_eq(lease_ms_left(&lease, BEGIN + 2999), 1);
    ck_assert_uint_eq(lease_ms_left(&lease, BEGIN + 3000), 0);
    ck_assert_uint_eq(lease_ms_left(&lease, BEGIN + 9000), 0);
}
END_TEST

START_TEST(sf_02_the_deadline_counts_from_the_request_that_was_answered)
{
    struct lease lease;
    uint64_t first;
    uint64_t second;

    wanting(&lease);
    first = ask(&lease, BEGIN);
    second = ask(&lease, BEGIN + 500);
    ck_assert(grant(&lease, first, LEASE_MS));
    ck_assert_uint_eq(lease_deadline(&lease), BEGIN + LEASE_MS);
    ck_assert(grant(&lease, second, LEASE_MS));
    ck_assert_uint_eq(lease_deadline(&lease), BEGIN + 500 + LEASE_MS);
}
END_TEST

START_TEST(an_older_answer_never_shortens)
{
    struct lease lease;
    uint64_t first;
    uint64_t second;

    wanting(&lease);
    first = ask(&lease, BEGIN);
    second = ask(&lease, BEGIN + 500);
    ck_assert(grant(&lease, second, LEASE_MS));
    ck_assert(grant(&lease, first, LEASE_MS));
    ck_assert_uint_eq(lease_deadline(&lease), BEGIN + 500 + LEASE_MS);
}
END_TEST

START_TEST(the_newer_request_counts_where_the_profile_became_shorter)
{
    struct lease lease;
    uint64_t first;
    uint64_t second;

    wanting(&lease);
    first = ask(&lease, BEGIN);
    second = ask(&lease, BEGIN + 500);
    ck_assert(grant(&lease, first, 10000));
    ck_assert(grant(&lease, second, 1700));
    ck_assert_uint_eq(lease_deadline(&lease), BEGIN + 500 + 1700);

    first = ask(&lease, BEGIN + 1000);
    second = ask(&lease, BEGIN + 1500);
    ck_assert(grant(&lease, second, 1700));
    ck_assert(grant(&lease, first, 10000)); /* longer, but asked for before */
    ck_assert_uint_eq(lease_deadline(&lease), BEGIN + 1500 + 1700);
}
END_TEST

START_TEST(sf_03_an_answer_to_an_earlier_start_is_dropped)
{
    struct lease before;
    struct lease after;
    uint64_t number;

    wanting(&before);
    number = ask(&before, BEGIN);
    lease_init(&after, START_ID + 1);
    lease_want(&after, EPOCH);
    ck_assert_uint_eq(ask(&after, BEGIN + 900), number); /* numbers begin anew */
    ck_assert(!grant(&after, number, LEASE_MS));
    ck_assert(!lease_holds(&after, BEGIN + 900));
    ck_assert_uint_eq(lease_ms_left(&after, BEGIN + 900), 0);
}
END_TEST

START_TEST(answers_of_no_request_are_dropped)
{
    struct lease lease;
    uint64_t number;
    struct order_lease_answer answer = {.start_id = START_ID, .length_ms = LEASE_MS};

    wanting(&lease);
    number = ask(&lease, BEGIN);
    ck_assert(!grant(&lease, 0, LEASE_MS));
    ck_assert(!grant(&lease, number + 1, LEASE_MS));
    ck_assert(!grant(&lease, number + LEASE_REQUESTS, LEASE_MS)); /* the same slot */
    ck_assert(!grant(&lease, number, 0));
    answer.number = number;
    answer.epoch = EPOCH + 1;
    ck_assert(!lease_take(&lease, &answer));
    ck_assert_uint_eq(lease.epoch, 0);
    ck_assert(grant(&lease, number, LEASE_MS));
    ck_assert(!grant(&lease, number, LEASE_MS * 2)); /* answered once, closed */
    ck_assert_uint_eq(lease_deadline(&lease), BEGIN + LEASE_MS);
}
END_TEST

START_TEST(an_answer_for_an_epoch_no_longer_wanted_is_dropped)
{
    struct lease lease;
    uint64_t number;

    wanting(&lease);
    number = ask(&lease, BEGIN);
    lease_want(&lease, EPOCH + 1);
    ck_assert(!grant(&lease, number, LEASE_MS));
}
END_TEST

START_TEST(requests_that_the_ring_forgot_are_dropped)
{
    struct lease lease;
    uint64_t first;

    wanting(&lease);
    first = ask(&lease, BEGIN);
    for (uint64_t i = 1; i <= LEASE_REQUESTS; i++) {
        ask(&lease, BEGIN + i);
    }
    ck_assert(!grant(&lease, first, LEASE_MS));
    ck_assert(grant(&lease, first + 1, LEASE_MS));
    ck_assert_uint_eq(lease_deadline(&lease), BEGIN + 1 + LEASE_MS);
}
END_TEST

START_TEST(sf_08_the_floor_takes_the_grant_away)
{
    struct lease lease;

    wanting(&lease);
    ck_assert(grant(&lease, ask(&lease, BEGIN), LEASE_MS));
    lease_forget_below(&lease, EPOCH);
    ck_assert(lease_holds(&lease, BEGIN));
    lease_forget_below(&lease, EPOCH + 1);
    ck_assert(!lease_holds(&lease, BEGIN));
    ck_assert_uint_eq(lease_ms_left(&lease, BEGIN), 0);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("lease");
    TCase *tcase = tcase_create("lease");

    tcase_add_test(tcase, asks_at_once_then_at_heartbeats_then_every_tenth);
    tcase_add_test(tcase, the_ladder_counts_from_the_granted_request);
    tcase_add_test(tcase, sf_02_the_deadline_counts_from_the_request_that_was_answered);
    tcase_add_test(tcase, an_older_answer_never_shortens);
    tcase_add_test(tcase, the_newer_request_counts_where_the_profile_became_shorter);
    tcase_add_test(tcase, sf_03_an_answer_to_an_earlier_start_is_dropped);
    tcase_add_test(tcase, answers_of_no_request_are_dropped);
    tcase_add_test(tcase, an_answer_for_an_epoch_no_longer_wanted_is_dropped);
    tcase_add_test(tcase, requests_that_the_ring_forgot_are_dropped);
    tcase_add_test(tcase, sf_08_the_floor_takes_the_grant_away);
    suite_add_tcase(suite, tcase);
    return suite;
}
