/* Scenarios LT of raft-scenarios.md, and what a transfer does to others, one core at a time. */
#include "tests/unit/main.h"

#include "tests/unit/consensus/solo.h"

static const uint64_t LOG_3[] = {1, 1, 1};

/* A ready leader of three in term 2, whose log is LOG_3 and its first own entry, 4. */
static void start_leader(struct solo *solo)
{
    solo_start(solo, 3, 1, 0, LOG_3, 3);
    solo_become_leader(solo);
    solo_all_follow(solo);
    ck_assert(raft_ready(&solo->raft));
}

START_TEST(LT_01_a_target_that_has_everything_is_told_at_once)
{
    struct solo solo;

    start_leader(&solo);
    ck_assert_int_eq(solo_transfer(&solo, 2), 0);
    ck_assert_ptr_nonnull(solo_said(&solo, 2, RAFT_TIMEOUT_NOW));
    ck_assert_uint_eq(solo_count(&solo, RAFT_TIMEOUT_NOW), 1);
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER); /* until a higher term shows up */
    solo_finish(&solo);
}
END_TEST

START_TEST(LT_02_09_a_target_that_is_behind_catches_up_first)
{
    struct solo solo;

    start_leader(&solo);
    ck_assert_int_eq(solo_propose(&solo, 8), 0);
    ck_assert_int_eq(solo_transfer(&solo, 3), 0);
    ck_assert_ptr_null(solo_said(&solo, 3, RAFT_TIMEOUT_NOW));
    ck_assert_int_eq(solo_propose(&solo, 8), ERR_BUSY); /* else it would never be through */
    solo_ack(&solo, 3, 4);
    ck_assert_ptr_null(solo_said(&solo, 3, RAFT_TIMEOUT_NOW));
    solo_ack(&solo, 3, 5);
    ck_assert_ptr_nonnull(solo_said(&solo, 3, RAFT_TIMEOUT_NOW));
    solo_ack(&solo, 3, 5);
    ck_assert_ptr_null(solo_said(&solo, 3, RAFT_TIMEOUT_NOW)); /* once */
    solo_finish(&solo);
}
END_TEST

START_TEST(LT_03_04_nothing_is_proposed_meanwhile_and_a_dead_target_is_given_up)
{
    struct solo solo;
    struct member member = {.kind = MEMBER_LEARNER};

    start_leader(&solo);
    ck_assert_int_eq(solo_transfer(&solo, 2), 0);
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(solo_propose(&solo, 8), ERR_BUSY);
        ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, member), ERR_BUSY);
        solo_tick(&solo, SOLO_HEARTBEAT);
        solo_answer_round(&solo, 3, 2, solo.raft.round.sent);
    }
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    ck_assert_uint_eq(solo.raft.transfer_to, 0);
    ck_assert_int_eq(solo_propose(&solo, 8), 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(LT_05_who_cannot_lead_is_refused_and_who_may_no_more_is_given_up)
{
    struct solo solo;

    start_leader(&solo);
    ck_assert_int_eq(solo_transfer(&solo, 1), ERR_REFUSED);
    ck_assert_int_eq(solo_transfer(&solo, 9), ERR_NOTFOUND);
    solo_change(&solo, MEMBERS_ADD, (struct member){.kind = MEMBER_LEARNER});
    solo_all_follow(&solo);
    ck_assert_int_eq(solo_transfer(&solo, 4), ERR_REFUSED);
    ck_assert_uint_eq(solo.raft.transfer_to, 0);
    solo_propose(&solo, 8);
    ck_assert_int_eq(solo_transfer(&solo, 2), 0);
    /* No change can be made meanwhile; one that was under way can end like this. */
    solo.raft.members.list[1].kind = MEMBER_LEARNER;
    solo_tick(&solo, SOLO_HEARTBEAT);
    ck_assert_uint_eq(solo.raft.transfer_to, 0);
    solo_finish(&solo);
    solo_start(&solo, 3, 1, 0, LOG_3, 3);
    ck_assert_int_eq(solo_transfer(&solo, 2), ERR_NOTLEADER);
    solo_finish(&solo);
}
END_TEST

START_TEST(LT_06_the_same_target_again_gets_no_more_time_another_one_does)
{
    struct solo solo;
    uint64_t until;

    start_leader(&solo);
    solo_propose(&solo, 8);
    ck_assert_int_eq(solo_transfer(&solo, 2), 0);
    until = solo.raft.transfer_until_ms;
    solo.now_ms += 30;
    ck_assert_int_eq(solo_transfer(&solo, 2), 0);
    ck_assert_uint_eq(solo.raft.transfer_until_ms, until);
    ck_assert_int_eq(solo_transfer(&solo, 3), 0);
    ck_assert_uint_eq(solo.raft.transfer_until_ms, until + 30);
    ck_assert_uint_eq(solo.raft.transfer_to, 3);
    solo_finish(&solo);
}
END_TEST

START_TEST(LT_07_a_higher_term_ends_the_transfer)
{
    struct solo solo;

    start_leader(&solo);
    solo_transfer(&solo, 2);
    solo_receive(&solo, (struct raft_message){
                            .type = RAFT_VOTE,
                            .from = 2,
                            .term = 3,
                            .vote = {.last_index = 4, .last_term = 2, .by_transfer = true}});
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_uint_eq(solo.raft.transfer_to, 0);
    ck_assert_int_eq(solo.raft.ended, RAFT_END_TERM);
    ck_assert(solo_said(&solo, 2, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_finish(&solo);
}
END_TEST

static const struct raft_message TIMEOUT_NOW = {.type = RAFT_TIMEOUT_NOW, .from = 2, .term = 2};

/* A follower of 2 in term 2 that has LOG_3. */
static void start_follower(struct solo *solo)
{
    solo_start(solo, 3, 2, 0, LOG_3, 3);
    solo_heartbeat(solo, 2, 2, 1, 0, 0);
    ck_assert_uint_eq(solo->raft.leader, 2);
}

START_TEST(LT_12_the_target_campaigns_without_asking_first)
{
    struct solo solo;
    const struct raft_message *said;

    start_follower(&solo);
    solo_receive(&solo, TIMEOUT_NOW);
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    ck_assert_uint_eq(solo.raft.term, 3);
    ck_assert_uint_eq(solo_count(&solo, RAFT_PREVOTE), 0);
    said = solo_said(&solo, 3, RAFT_VOTE);
    ck_assert(said->vote.by_transfer);
    solo_finish(&solo);
}
END_TEST

START_TEST(LT_08_10_CQ_15_who_must_not_campaign_ignores_it)
{
    static const struct {
        const char *what;
        struct raft_message message;
    } cases[] = {
        {"of an old term", {.type = RAFT_TIMEOUT_NOW, .from = 2, .term = 1}},
        {"not from the leader", {.type = RAFT_TIMEOUT_NOW, .from = 3, .term = 2}},
    };
    struct solo solo;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start_follower(&solo);
        solo_receive(&solo, cases[i].message);
        ck_assert_msg(solo.raft.role == RAFT_FOLLOWER, "%s", cases[i].what);
        solo_finish(&solo);
    }
    start_follower(&solo);
    solo.holds_disk = true;
    solo_append(&solo, 2, 2, 3, 1, 2, 1, 3);
    solo_receive(&solo, TIMEOUT_NOW); /* an entry isn't durable yet */
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    solo_finish(&solo);

    start_follower(&solo); /* late: a new leader is there */
    solo_heartbeat(&solo, 3, 3, 1, 0, 0);
    solo_receive(&solo, TIMEOUT_NOW);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_uint_eq(solo.raft.term, 3);
    solo_finish(&solo);

    start_leader(&solo);
    solo_receive(&solo, TIMEOUT_NOW);
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    solo_finish(&solo);
}
END_TEST

START_TEST(LT_11_a_later_election_of_its_own_is_no_transfer)
{
    struct solo solo;

    start_follower(&solo);
    solo_receive(&solo, TIMEOUT_NOW);
    ck_assert(solo.raft.by_transfer);
    solo_time_out(&solo); /* nobody answered */
    ck_assert_int_eq(solo.raft.role, RAFT_PRECANDIDATE);
    solo_grant(&solo, 2, RAFT_PREVOTE_ANSWER, 4, true);
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    ck_assert(!solo_said(&solo, 3, RAFT_VOTE)->vote.by_transfer);
    solo_finish(&solo);
}
END_TEST

static struct raft_message vote_of(uint32_t from, uint64_t term, bool by_transfer)
{
    return (struct raft_message){
        .type = RAFT_VOTE,
        .from = from,
        .term = term,
        .vote = {.last_index = 9, .last_term = term - 1, .by_transfer = by_transfer}};
}

START_TEST(CQ_04_a_transfer_is_no_disturbance)
{
    struct solo solo;

    start_follower(&solo);
    solo_receive(&solo, vote_of(3, 3, false)); /* CQ-03 */
    ck_assert_uint_eq(solo.raft.term, 2);
    ck_assert_uint_eq(solo.sent_count, 0);
    solo_receive(&solo, vote_of(3, 3, true));
    ck_assert_uint_eq(solo.raft.term, 3);
    ck_assert(solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_finish(&solo);
}
END_TEST

START_TEST(EL_18_a_transfer_gets_no_second_vote_of_a_term)
{
    struct solo solo;

    start_follower(&solo);
    solo.now_ms += T;
    solo_receive(&solo, vote_of(3, 3, false));
    ck_assert(solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_receive(&solo, vote_of(2, 3, true));
    ck_assert(!solo_said(&solo, 2, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_finish(&solo);
}
END_TEST

START_TEST(the_farthest_is_chosen_if_nobody_is_named)
{
    struct solo solo;

    start_leader(&solo);
    solo_propose(&solo, 8);
    solo_ack(&solo, 3, 5);
    ck_assert_int_eq(solo_transfer(&solo, 0), 0);
    ck_assert_uint_eq(solo.raft.transfer_to, 3);
    ck_assert_ptr_nonnull(solo_said(&solo, 3, RAFT_TIMEOUT_NOW));
    solo_finish(&solo);
}
END_TEST

START_TEST(a_leader_whose_majority_stores_nothing_hands_over_to_who_has_everything)
{
    struct solo solo;

    solo_start(&solo, 5, 1, 0, LOG_3, 3);
    solo_become_leader(&solo);
    solo_all_follow(&solo);
    ck_assert_int_eq(solo_propose(&solo, 8), 0);
    solo_ack(&solo, 2, 5); /* the others are heard, and never store it */
    for (uint64_t ms = 0; ms < 10 * 2 * T - SOLO_HEARTBEAT; ms += SOLO_HEARTBEAT) {
        solo_tick(&solo, SOLO_HEARTBEAT);
        ck_assert_uint_eq(solo.raft.transfer_to, 0);
        for (uint32_t id = 2; id <= 5; id++) {
            solo_answer_round(&solo, id, 2, solo.raft.round.sent);
        }
    }
    solo_tick(&solo, SOLO_HEARTBEAT);
    ck_assert_uint_eq(solo.raft.transfer_to, 2);
    ck_assert_ptr_nonnull(solo_said(&solo, 2, RAFT_TIMEOUT_NOW));
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    solo_finish(&solo);
}
END_TEST

START_TEST(a_leader_that_has_no_room_and_makes_none_hands_over_to_whom_it_hears)
{
    struct solo solo;
    uint64_t until_ms;

    start_leader(&solo);
    while (solo_propose(&solo, 8) == 0) {
        solo_ack(&solo, 2,
                 raft_last_index(&solo.raft)); /* all is committed; no snapshot is taken */
        solo_ack(&solo, 3, raft_last_index(&solo.raft));
    }
    ck_assert_uint_eq(solo.raft.commit, raft_last_index(&solo.raft));
    until_ms = solo.now_ms + 10 * 2 * T; /* 2 isn't heard from any more */
    while (solo.now_ms + SOLO_HEARTBEAT < until_ms) {
        solo_tick(&solo, SOLO_HEARTBEAT);
        ck_assert_uint_eq(solo.raft.transfer_to, 0);
        solo_answer_round(&solo, 3, 2, solo.raft.round.sent);
    }
    solo_tick(&solo, SOLO_HEARTBEAT);
    ck_assert_ptr_nonnull(solo_said(&solo, 3, RAFT_TIMEOUT_NOW));
    solo_finish(&solo);
}
END_TEST

START_TEST(a_leader_that_nobody_could_replace_stays)
{
    struct solo solo;

    start_leader(&solo);
    ck_assert_int_eq(solo_propose(&solo, 8), 0);
    for (uint64_t ms = 0; ms < 30 * 2 * T; ms += SOLO_HEARTBEAT) {
        solo_tick(&solo, SOLO_HEARTBEAT);
        solo_answer_round(&solo, 2, 2, solo.raft.round.sent);
        ck_assert_uint_eq(solo.raft.transfer_to, 0);
    }
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    solo_finish(&solo);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("transfer");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, LT_01_a_target_that_has_everything_is_told_at_once);
    tcase_add_test(tcase, LT_02_09_a_target_that_is_behind_catches_up_first);
    tcase_add_test(tcase, LT_03_04_nothing_is_proposed_meanwhile_and_a_dead_target_is_given_up);
    tcase_add_test(tcase, LT_05_who_cannot_lead_is_refused_and_who_may_no_more_is_given_up);
    tcase_add_test(tcase, LT_06_the_same_target_again_gets_no_more_time_another_one_does);
    tcase_add_test(tcase, LT_07_a_higher_term_ends_the_transfer);
    tcase_add_test(tcase, LT_08_10_CQ_15_who_must_not_campaign_ignores_it);
    tcase_add_test(tcase, LT_11_a_later_election_of_its_own_is_no_transfer);
    tcase_add_test(tcase, LT_12_the_target_campaigns_without_asking_first);
    tcase_add_test(tcase, CQ_04_a_transfer_is_no_disturbance);
    tcase_add_test(tcase, EL_18_a_transfer_gets_no_second_vote_of_a_term);
    tcase_add_test(tcase, the_farthest_is_chosen_if_nobody_is_named);
    tcase_add_test(tcase, a_leader_whose_majority_stores_nothing_hands_over_to_who_has_everything);
    tcase_add_test(tcase, a_leader_that_has_no_room_and_makes_none_hands_over_to_whom_it_hears);
    tcase_add_test(tcase, a_leader_that_nobody_could_replace_stays);
    suite_add_tcase(suite, tcase);
    return suite;
}
