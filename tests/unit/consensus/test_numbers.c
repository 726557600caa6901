/* A number belongs to one store: who lost his disk, and who is given another number. */
#include "tests/unit/main.h"

#include "tests/unit/consensus/membership_fixture.h"

/* Two voters with a number of their own and unknown stores; ours is 71. */
static void start_with_stores(struct solo *solo)
{
    struct raft_config config = solo_config(2);
    struct raft_stored stored = {.term = 1};

    config.store = 71;
    solo_start_from(solo, &config, &stored);
}

/* Store 71, with nothing in its log: a first voter of `voters` under `id`, or nobody yet (0, 0). */
static void start_empty(struct solo *solo, uint32_t voters, uint32_t id)
{
    struct raft_config config = solo_config(voters);
    struct raft_stored stored = {0};

    config.id = id;
    config.store = 71;
    solo_start_from(solo, &config, &stored);
}

/* From 2, which leads that term; for whom isn't always solo, as solo_receive() would have it. */
static void lead_to(struct solo *solo, uint32_t to, uint64_t store, uint64_t term)
{
    struct raft_message message = {.type = RAFT_HEARTBEAT,
                                   .from = 2,
                                   .to = to,
                                   .to_store = store,
                                   .term = term,
                                   .heartbeat = {.round = 1}};

    solo_step(solo, (struct raft_event){.type = RAFT_RECEIVE, .message = &message});
}

static struct raft_message answer_of(uint64_t store, const struct solo *solo)
{
    return (struct raft_message){.type = RAFT_HEARTBEAT_ANSWER,
                                 .from = 2,
                                 .from_store = store,
                                 .term = solo->raft.term,
                                 .heartbeat_answer = {.round = solo->raft.round.sent}};
}

START_TEST(MC_14_20_a_number_belongs_to_the_store_that_first_spoke_for_it)
{
    struct solo solo;
    uint64_t dropped;

    start_with_stores(&solo);
    solo_become_leader(&solo);
    solo_ack(&solo, 2, 1);
    ck_assert_uint_eq(members_find(&solo.raft.members, 1)->store, 71); /* entry 2 */
    solo_ack(&solo, 2, 2);
    solo_receive(&solo, answer_of(72, &solo));
    ck_assert_uint_eq(members_find(&solo.raft.members, 2)->store, 72); /* entry 3 */
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->to_store, 72);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->from_store, 71);
    solo.raft.peers[1].heard_ms = 0;
    dropped = solo.raft.dropped;
    solo_receive(&solo, answer_of(73, &solo)); /* the same number, another disk */
    ck_assert_uint_eq(solo.raft.dropped, dropped + 1);
    ck_assert_uint_eq(solo.raft.peers[1].heard_ms, 0);
    solo_receive(&solo, answer_of(72, &solo));
    ck_assert_uint_eq(solo.raft.peers[1].heard_ms, solo.now_ms);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REGISTER, (struct member){.id = 2, .store = 73}),
                     ERR_BUSY);
    solo_receive(&solo, (struct raft_message){.type = RAFT_APPEND_ANSWER,
                                              .from = 2,
                                              .from_store = 72,
                                              .term = 2,
                                              .append_answer = {.accepted = true, .index = 3}});
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REGISTER, (struct member){.id = 2, .store = 73}),
                     ERR_REFUSED);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_20_who_lost_his_disk_learns_it_and_falls_silent)
{
    struct solo solo;
    struct raft_message message = {
        .type = RAFT_VOTE, .from = 2, .to = 1, .to_store = 70, .term = 5};

    start_with_stores(&solo);
    solo_receive(&solo, message); /* solo's store is 71, the members know 70 */
    ck_assert(solo.raft.disowned);
    ck_assert(solo.update.role_changed);
    ck_assert_uint_eq(solo.sent_count, 0);
    ck_assert_uint_eq(solo.raft.term, 1);
    message.to_store = 0;
    solo_receive(&solo, message);
    ck_assert_uint_eq(solo.sent_count, 0);
    for (int i = 0; i < 20; i++) {
        solo_time_out(&solo);
        ck_assert_uint_eq(solo.sent_count, 0);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_20_a_store_without_a_number_takes_the_one_that_it_is_given)
{
    struct solo solo;

    start_empty(&solo, 0, 0);
    lead_to(&solo, 4, 70, 5);
    ck_assert_uint_eq(solo.raft.config.id, 0); /* meant for another store */
    ck_assert_uint_eq(solo.sent_count, 0);
    lead_to(&solo, 4, 71, 5);
    ck_assert_uint_eq(solo.raft.config.id, 4);
    ck_assert_uint_eq(solo.raft.leader, 2);
    lead_to(&solo, 4, 71, 5);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_HEARTBEAT_ANSWER)->from, 4);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_HEARTBEAT_ANSWER)->from_store, 71);
    solo_finish(&solo);
}
END_TEST

/* An uncommitted list gave number 3 to another store; the leader that has it could never cut it. */
START_TEST(MC_20_a_list_that_is_not_committed_silences_no_leader_and_no_candidate)
{
    struct solo solo;
    struct members wrong;
    struct raft_message leads = {.type = RAFT_HEARTBEAT,
                                 .from = 3,
                                 .from_store = 73,
                                 .to = 1,
                                 .term = 3,
                                 .heartbeat = {.round = 1}};

    start_with_stores(&solo);
    wrong = solo.raft.members;
    members_add(&wrong, &(struct member){.id = 3, .kind = MEMBER_JOINING, .store = 99}, NULL);
    solo_append_list(&solo, 2, 2, 0, 0, &wrong, 0);
    ck_assert_uint_eq(members_find(&solo.raft.members, 3)->store, 99);
    leads.type = RAFT_VOTE_ANSWER;
    solo_receive(&solo, leads);
    ck_assert_uint_eq(solo.raft.dropped, 1);
    leads.type = RAFT_HEARTBEAT;
    solo_receive(&solo, leads);
    ck_assert_uint_eq(solo.raft.leader, 3);
    solo_receive(&solo, leads);
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_HEARTBEAT_ANSWER)->to_store, 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_20_who_campaigns_under_another_number_takes_the_one_that_it_is_given)
{
    struct solo solo;

    start_with_stores(&solo);
    solo_time_out(&solo);
    ck_assert_int_eq(solo.raft.role, RAFT_PRECANDIDATE);
    lead_to(&solo, 4, 71, 1);
    ck_assert_uint_eq(solo.raft.config.id, 4);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_uint_eq(solo.raft.leader, 2);
    solo_finish(&solo);
}
END_TEST

/* It gave our number to another store in a list that nobody else has, and then lost its majority.
 */
START_TEST(MC_20_a_leader_of_an_earlier_term_takes_no_number_away)
{
    struct solo solo;

    start_with_stores(&solo);
    solo_heartbeat(&solo, 2, 4, 1, 0, 0);
    ck_assert_uint_eq(solo.raft.term, 4);
    lead_to(&solo, 1, 70, 3);
    ck_assert(!solo.raft.disowned);
    lead_to(&solo, 1, 70, 4);
    ck_assert(solo.raft.disowned);
    solo_finish(&solo);
}
END_TEST

/* It campaigned once, unheard, and was removed: only by answering can it tell of its term. */
START_TEST(MC_14_a_leader_of_an_earlier_term_gives_a_number_and_learns_of_ours)
{
    struct solo solo;

    start_with_stores(&solo);
    solo_heartbeat(&solo, 2, 8, 1, 0, 0);
    lead_to(&solo, 4, 71, 7);
    ck_assert_uint_eq(solo.raft.config.id, 4);
    ck_assert_uint_eq(solo.raft.term, 8);
    ck_assert_uint_eq(solo.sent_count, 1);
    ck_assert_uint_eq(solo.sent[0].to, 2);
    ck_assert_uint_eq(solo.sent[0].from, 4);
    ck_assert_uint_eq(solo.sent[0].term, 8);
    solo_finish(&solo);
}
END_TEST

/* It began as the fifth of its [peers], and is added as the fourth. */
START_TEST(MC_20_a_first_voter_with_an_empty_log_takes_a_lower_number)
{
    struct solo solo;
    static const uint64_t one[] = {1};

    start_empty(&solo, 5, 5);
    lead_to(&solo, 4, 71, 2);
    ck_assert_uint_eq(solo.raft.config.id, 4);
    solo_finish(&solo);
    solo_start(&solo, 5, 5, 0, one, 1);
    solo.raft.config.store = 71;
    solo.raft.config.id = 5;
    solo.raft.self = 4;
    lead_to(&solo, 4, 71, 2);
    ck_assert_uint_eq(solo.raft.config.id, 5);
    solo_finish(&solo);
}
END_TEST

/* A list that was never committed gave this store the number of the leader that it follows now: one
 * of an earlier term isn't believed, and nobody follows himself. */
START_TEST(MC_20_a_late_number_is_not_the_leaders)
{
    static const struct {
        uint64_t term; /* of the late message */
        uint32_t id;
        uint32_t leader;
    } cases[] = {{5, 4, 2}, {9, 2, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct solo solo;
        struct raft_message late = {
            .type = RAFT_PREVOTE, .from = 3, .to = 2, .to_store = 71, .term = cases[i].term};

        start_empty(&solo, 0, 0);
        lead_to(&solo, 4, 71, 8);
        ck_assert_uint_eq(solo.raft.config.id, 4);
        ck_assert_uint_eq(solo.raft.leader, 2);
        solo_raw(&solo, (struct raft_event){.type = RAFT_RECEIVE, .message = &late});
        ck_assert_uint_eq(solo.raft.config.id, cases[i].id);
        ck_assert_uint_eq(solo.raft.leader, cases[i].leader);
        solo_finish(&solo);
    }
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("numbers");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, MC_14_20_a_number_belongs_to_the_store_that_first_spoke_for_it);
    tcase_add_test(tcase, MC_20_who_lost_his_disk_learns_it_and_falls_silent);
    tcase_add_test(tcase, MC_20_a_store_without_a_number_takes_the_one_that_it_is_given);
    tcase_add_test(tcase, MC_20_a_list_that_is_not_committed_silences_no_leader_and_no_candidate);
    tcase_add_test(tcase, MC_20_who_campaigns_under_another_number_takes_the_one_that_it_is_given);
    tcase_add_test(tcase, MC_20_a_leader_of_an_earlier_term_takes_no_number_away);
    tcase_add_test(tcase, MC_20_a_late_number_is_not_the_leaders);
    tcase_add_test(tcase, MC_20_a_first_voter_with_an_empty_log_takes_a_lower_number);
    tcase_add_test(tcase, MC_14_a_leader_of_an_earlier_term_gives_a_number_and_learns_of_ours);
    suite_add_tcase(suite, tcase);
    return suite;
}
