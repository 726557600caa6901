/* Scenarios MC and LN of raft-scenarios.md (and what others say of members), one core at a time. */
#include "tests/unit/main.h"

#include "tests/unit/consensus/membership_fixture.h"

START_TEST(MC_01_a_list_is_in_force_when_it_is_appended)
{
    struct solo solo;

    start_leader(&solo, 3);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_LEARNER, "d")), 0);
    ck_assert_uint_eq(solo.raft.members.count, 4);
    ck_assert_uint_eq(solo.raft.members_index, 5);
    ck_assert_uint_eq(solo.raft.commit, 4);
    ck_assert_ptr_nonnull(solo_said(&solo, 4, RAFT_APPEND));
    ck_assert_ptr_nonnull(solo_said(&solo, 2, RAFT_APPEND));
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_02_a_second_change_waits_for_the_first)
{
    struct solo solo;
    struct members_change change = {.kind = MEMBERS_REMOVE, .member = {.id = 2}};
    struct members next;
    struct err err;

    start_leader(&solo, 3);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_LEARNER, "d")), 0);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 3}), ERR_BUSY);
    ck_assert_int_eq(raft_change_check(&solo.raft, &change, &next, &err), ERR_BUSY);
    ck_assert_str_eq(err.text, "another change of the agents is under way; try again");
    ck_assert_uint_eq(raft_last_index(&solo.raft), 5);
    solo_ack(&solo, 2, 5);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 3}), 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_03_26_no_change_before_an_entry_of_the_own_term_is_committed)
{
    struct solo solo;

    solo_start(&solo, 3, 1, 0, LOG_3, 3);
    solo_become_leader(&solo);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_LEARNER, "d")), ERR_BUSY);
    ck_assert_uint_eq(raft_last_index(&solo.raft), 4);
    solo_ack(&solo, 2, 3); /* everything but the own entry */
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_LEARNER, "d")), ERR_BUSY);
    solo_ack(&solo, 2, 4);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_LEARNER, "d")), 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_05_06_a_cut_list_gives_way_to_the_one_before)
{
    struct solo solo;
    struct members four = list_of(4, 0);
    struct members learner = list_of(4, 5);

    solo_start(&solo, 3, 2, 0, LOG_3, 3);
    solo_append_list(&solo, 2, 2, 3, 1, &four, 3); /* entry 4 */
    solo_append_list(&solo, 2, 2, 4, 2, &learner, 3);
    ck_assert_uint_eq(solo.raft.members.count, 5);
    solo_append(&solo, 3, 3, 4, 2, 3, 1, 3); /* cuts entry 5: the list before is in the log */
    ck_assert_uint_eq(solo.raft.members.count, 4);
    ck_assert_uint_eq(solo.raft.members_index, 4);
    solo_append(&solo, 2, 4, 3, 1, 4, 1, 3); /* cuts entry 4: the first list */
    ck_assert_uint_eq(solo.raft.members.count, 3);
    ck_assert_uint_eq(solo.raft.members_index, 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_06_a_cut_list_gives_way_to_that_of_the_snapshot_and_of_the_base)
{
    struct solo solo;
    struct raft_config config = solo_config(3);
    struct raft_entry entry = {.index = 11, .term = 2, .kind = RAFT_NOOP};
    struct raft_stored stored = {
        .term = 2, .snapshot = {.index = 10, .term = 2}, .entries = &entry, .entry_count = 1};
    struct members six = list_of(5, 6);

    stored.snapshot.members = list_of(5, 0);
    stored.snapshot.blob = raft_blob_new("s", 1);
    solo_start_from(&solo, &config, &stored); /* ST-03: the snapshot's, not the first ones */
    ck_assert_uint_eq(solo.raft.members.count, 5);
    solo_append_list(&solo, 2, 2, 11, 2, &six, 11);
    ck_assert_uint_eq(solo.raft.members.count, 6);
    solo_append(&solo, 3, 3, 11, 2, 3, 1, 11);
    ck_assert_uint_eq(solo.raft.members.count, 5);
    raft_blob_release(stored.snapshot.blob);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_06_what_is_compacted_leaves_its_list_at_the_base)
{
    struct solo solo;
    struct raft_snapshot snapshot = {.index = 9, .term = 2};
    struct members members;

    start_leader(&solo, 3);
    solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_LEARNER, "d")); /* entry 5 */
    solo_all_follow(&solo);
    for (int i = 0; i < 4; i++) {
        solo_propose(&solo, 8);
    }
    solo_all_follow(&solo);
    raft_members_at(&solo.raft, 4, &members);
    ck_assert_uint_eq(members.count, 3);
    raft_members_at(&solo.raft, 9, &snapshot.members);
    ck_assert_uint_eq(snapshot.members.count, 4);
    snapshot.blob = raft_blob_new("s", 1);
    solo_step(&solo, (struct raft_event){.type = RAFT_SNAPSHOT_TAKEN, .snapshot = &snapshot});
    raft_blob_release(snapshot.blob);
    ck_assert_uint_eq(solo.raft.trail.base_index, 7); /* entry 5 is gone */
    raft_members_at(&solo.raft, 8, &members);
    ck_assert_uint_eq(members.count, 4);
    ck_assert_uint_eq(solo.raft.base_members.count, 4);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_07_a_list_within_a_batch_keeps_its_own_index)
{
    struct solo solo;
    struct members four = list_of(4, 0);
    struct raft_entry entries[3] = {{.index = 4, .term = 2},
                                    {.index = 5, .term = 2, .kind = RAFT_CONFIG},
                                    {.index = 6, .term = 2}};
    struct buf bytes;

    buf_init(&bytes, MEMBERS_BYTES_MAX);
    members_encode(&four, &bytes);
    entries[1].blob = raft_blob_new(bytes.data, bytes.length);
    solo_start(&solo, 3, 2, 0, LOG_3, 3);
    solo_receive(
        &solo,
        (struct raft_message){
            .type = RAFT_APPEND,
            .from = 2,
            .term = 2,
            .append = {.previous_index = 3, .previous_term = 1, .entries = entries, .count = 3}});
    ck_assert_uint_eq(solo.raft.members_index, 5);
    solo_append(&solo, 3, 3, 5, 2, 3, 1, 3); /* cuts 6 only */
    ck_assert_uint_eq(solo.raft.members.count, 4);
    raft_blob_release(entries[1].blob);
    buf_finish(&bytes);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_08_who_keeps_up_for_a_lap_becomes_a_voter)
{
    struct solo solo;

    join_with_lap(&solo, T - 1);
    ck_assert_int_eq(kind_of(&solo, 4), MEMBER_VOTER);
    ck_assert_uint_eq(solo.raft.members_index, 6);
    ck_assert_uint_eq(members_majority(&solo.raft.members), 3);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_08_a_lap_that_took_too_long_is_followed_by_another)
{
    struct solo solo;

    join_with_lap(&solo, T);
    ck_assert_int_eq(kind_of(&solo, 4), MEMBER_JOINING);
    solo.now_ms += 10;
    solo_ack(&solo, 4, 5);
    ck_assert_int_eq(kind_of(&solo, 4), MEMBER_VOTER);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_09_one_that_never_answers_stays_uncounted)
{
    struct solo solo;

    start_leader(&solo, 3);
    solo_change(&solo, MEMBERS_ADD, newcomer(MEMBER_JOINING, "d"));
    for (int i = 0; i < 50; i++) {
        solo_tick(&solo, SOLO_HEARTBEAT);
        solo_answer_round(&solo, 2, 2, solo.raft.round.sent);
        ck_assert_int_eq(solo_propose(&solo, 8), 0);
        solo_ack(&solo, 2, raft_last_index(&solo.raft));
        ck_assert_uint_eq(solo.raft.commit, raft_last_index(&solo.raft));
    }
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    ck_assert_int_eq(kind_of(&solo, 4), MEMBER_JOINING);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_10_who_believes_to_be_a_learner_votes_when_asked)
{
    struct solo solo;
    struct members members = list_of(0, 1);

    members_add_voter(&members, 2, NULL);
    solo_start(&solo, 3, 2, 0, LOG_3, 3);
    solo_append_list(&solo, 2, 2, 3, 1, &members, 3);
    ck_assert_int_eq(kind_of(&solo, 1), MEMBER_LEARNER);
    solo.now_ms += T;
    solo_ask(&solo, 3, RAFT_VOTE, 3, 5, 2);
    ck_assert(solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_11_12_CM_06_a_leader_that_removes_itself_leads_until_that_is_committed)
{
    struct solo solo;

    start_leader(&solo, 3);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 1}), 0);
    ck_assert_int_eq(solo.raft.self, -1);
    ck_assert_int_eq(solo_propose(&solo, 8), 0); /* still takes proposals */
    solo_tick(&solo, SOLO_HEARTBEAT);
    ck_assert_uint_eq(solo_count(&solo, RAFT_HEARTBEAT), 2);
    solo_ack(&solo, 2, 6);
    ck_assert_uint_eq(solo.raft.commit, 4); /* its own copy isn't counted */
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    solo_ack(&solo, 3, 6);
    ck_assert_uint_eq(solo.raft.commit, 6);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_int_eq(solo.raft.ended, RAFT_END_REMOVED);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->append.commit, 6); /* the last notice */
    ck_assert_uint_eq(solo_count(&solo, RAFT_TIMEOUT_NOW), 1);
    for (int i = 0; i < 20; i++) {
        solo_time_out(&solo);
        ck_assert_uint_eq(solo.sent_count, 0);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_13_a_removed_voter_is_told_so_and_goes_quiet)
{
    struct solo solo;
    const struct raft_message *said;

    start_leader(&solo, 3);
    solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 3});
    solo_ask(&solo, 3, RAFT_PREVOTE, 3, 4, 2);
    ck_assert(!solo_said(&solo, 3, RAFT_PREVOTE_ANSWER)->vote_answer.removed); /* not yet sure */
    solo_ack(&solo, 2, 5);
    solo_ask(&solo, 3, RAFT_PREVOTE, 3, 4, 2);
    said = solo_said(&solo, 3, RAFT_PREVOTE_ANSWER);
    ck_assert(said->vote_answer.removed && !said->vote_answer.granted);
    solo_ask(&solo, 9, RAFT_PREVOTE, 3, 4, 2); /* a number that isn't given yet: we may be behind */
    ck_assert(!solo_said(&solo, 9, RAFT_PREVOTE_ANSWER)->vote_answer.removed);
    solo_finish(&solo);

    solo_start(&solo, 3, 2, 0, LOG_3, 3);
    solo_time_out(&solo);
    ck_assert_int_eq(solo.raft.role, RAFT_PRECANDIDATE);
    solo_receive(&solo, (struct raft_message){.type = RAFT_PREVOTE_ANSWER,
                                              .from = 2,
                                              .term = 2,
                                              .vote_answer = {.removed = true}});
    ck_assert(solo.raft.removed);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER); /* though others were to answer, too */
    for (int i = 0; i < 20; i++) {
        solo_time_out(&solo);
        ck_assert_uint_eq(solo.sent_count, 0);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_15_18_changes_that_change_nothing_are_refused)
{
    static const struct {
        enum members_change_kind kind;
        struct member member;
        int code;
    } cases[] = {
        {MEMBERS_ADD, {.kind = MEMBER_LEARNER, .name = "c", .address = "x:1"}, ERR_EXISTS},
        {MEMBERS_ADD, {.kind = MEMBER_LEARNER, .name = "e", .address = "c:7300"}, ERR_EXISTS},
        {MEMBERS_ADD, {.id = 9, .kind = MEMBER_LEARNER}, ERR_INVALID},
        {MEMBERS_ADD, {.kind = MEMBER_VOTER}, ERR_INVALID},
        {MEMBERS_PROMOTE, {.id = 2}, ERR_INVALID},
        {MEMBERS_REMOVE, {.id = 9}, ERR_NOTFOUND},
        {MEMBERS_JOIN, {.id = 2}, ERR_REFUSED},
        {MEMBERS_DEMOTE, {.id = 4}, ERR_REFUSED},
        {MEMBERS_MOVE, {.id = 2, .address = "c:7300"}, ERR_EXISTS},
        {MEMBERS_MOVE, {.id = 4, .address = "c:7300"}, ERR_REFUSED},
        {MEMBERS_MOVE, {.id = 4}, ERR_INVALID},
        /* somebody else's key or disk */
        {MEMBERS_ADD, {.kind = MEMBER_LEARNER, .name = "e", .key = {5}}, ERR_EXISTS},
        {MEMBERS_ADD, {.kind = MEMBER_JOINING, .name = "e", .store = 77}, ERR_EXISTS},
        {MEMBERS_REGISTER, {.id = 2, .store = 77}, ERR_EXISTS},
        {MEMBERS_REPLACE, {.id = 2, .store = 77}, ERR_INVALID},
    };
    struct member member = newcomer(MEMBER_LEARNER, "c");
    struct solo solo;

    start_leader(&solo, 3);
    member.key[0] = 5;
    member.store = 77;
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, member), 0);
    solo_all_follow(&solo);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(solo_change(&solo, cases[i].kind, cases[i].member), cases[i].code);
        ck_assert_uint_eq(raft_last_index(&solo.raft), 5);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_16_25_the_last_voter_can_be_neither_removed_nor_demoted)
{
    struct solo solo;

    solo_start(&solo, 1, 1, 0, LOG_3, 3);
    solo_time_out(&solo);
    ck_assert(raft_ready(&solo.raft));
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 1}), ERR_REFUSED);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_DEMOTE, (struct member){.id = 1}), ERR_REFUSED);
    solo_finish(&solo);
}
END_TEST

/* Whoever asked for its removal would hear otherwise that it leads no more, not that it was done.
 */
START_TEST(MC_11_a_leader_that_removes_itself_hands_the_list_out_before_it_goes)
{
    struct solo solo;

    start_leader(&solo, 3);
    solo.holds_disk = true;
    solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 1});
    solo_ack(&solo, 2, 5);
    solo_ack(&solo, 3, 5);
    ck_assert_uint_eq(solo.raft.commit, 5);
    ck_assert_uint_eq(solo.applied, 4);
    ck_assert_int_eq(solo.raft.role, RAFT_LEADER);
    solo_persist(&solo);
    ck_assert_uint_eq(solo.applied, 5);
    ck_assert_int_eq(solo.raft.ended, RAFT_END_REMOVED);
    solo_finish(&solo);
}
END_TEST

START_TEST(MC_25_a_demoted_leader_counts_no_more_and_steps_down)
{
    struct solo solo;

    start_leader(&solo, 3);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_DEMOTE, (struct member){.id = 1}), 0);
    solo_ack(&solo, 2, 5);
    ck_assert_uint_eq(solo.raft.commit, 4);
    solo_ack(&solo, 3, 5);
    ck_assert_uint_eq(solo.raft.commit, 5);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    ck_assert_int_eq(solo.raft.ended, RAFT_END_REMOVED);
    solo_time_out(&solo);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    solo_finish(&solo);
}
END_TEST

START_TEST(a_change_that_would_leave_no_majority_in_contact_is_refused)
{
    struct solo solo;
    struct members_change change = {.kind = MEMBERS_REMOVE, .member = {.id = 2}};
    struct members next;
    struct err err;

    start_leader(&solo, 3);
    for (int i = 0; i < 10; i++) { /* 3 is gone */
        solo_tick(&solo, SOLO_HEARTBEAT);
        solo_answer_round(&solo, 2, 2, solo.raft.round.sent);
    }
    ck_assert_int_eq(raft_change_check(&solo.raft, &change, &next, &err), ERR_REFUSED);
    ck_assert_str_eq(err.text,
                     "only 1 of the 2 voters that would be left are in contact, and 2 are needed; "
                     "bring one back, or remove one that is gone first");
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 3}), 0);
    solo_finish(&solo);
}
END_TEST

/* Everybody is taken for heard when a leader begins; that is no reason to let a voter go. */
START_TEST(MC_17_who_has_not_answered_since_the_election_is_not_in_contact)
{
    struct solo solo;
    struct members_change change = {.kind = MEMBERS_REMOVE, .member = {.id = 2}};
    struct members next;

    solo_start(&solo, 3, 3, 0, LOG_9, 9);
    solo_become_leader(&solo);
    solo_ack(&solo, 2, 10);
    ck_assert_uint_eq(solo.raft.commit, 10);
    ck_assert_int_eq(raft_change_check(&solo.raft, &change, &next, NULL), ERR_REFUSED);
    solo_tick(&solo, SOLO_HEARTBEAT);
    solo_answer_round(&solo, 3, solo.raft.term, solo.raft.round.sent);
    ck_assert_int_eq(raft_change_check(&solo.raft, &change, &next, NULL), 0);
    solo_finish(&solo);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("membership");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, MC_01_a_list_is_in_force_when_it_is_appended);
    tcase_add_test(tcase, MC_02_a_second_change_waits_for_the_first);
    tcase_add_test(tcase, MC_03_26_no_change_before_an_entry_of_the_own_term_is_committed);
    tcase_add_test(tcase, MC_05_06_a_cut_list_gives_way_to_the_one_before);
    tcase_add_test(tcase, MC_06_a_cut_list_gives_way_to_that_of_the_snapshot_and_of_the_base);
    tcase_add_test(tcase, MC_06_what_is_compacted_leaves_its_list_at_the_base);
    tcase_add_test(tcase, MC_07_a_list_within_a_batch_keeps_its_own_index);
    tcase_add_test(tcase, MC_08_who_keeps_up_for_a_lap_becomes_a_voter);
    tcase_add_test(tcase, MC_08_a_lap_that_took_too_long_is_followed_by_another);
    tcase_add_test(tcase, MC_09_one_that_never_answers_stays_uncounted);
    tcase_add_test(tcase, MC_10_who_believes_to_be_a_learner_votes_when_asked);
    tcase_add_test(tcase,
                   MC_11_12_CM_06_a_leader_that_removes_itself_leads_until_that_is_committed);
    tcase_add_test(tcase, MC_13_a_removed_voter_is_told_so_and_goes_quiet);
    tcase_add_test(tcase, MC_15_18_changes_that_change_nothing_are_refused);
    tcase_add_test(tcase, MC_16_25_the_last_voter_can_be_neither_removed_nor_demoted);
    tcase_add_test(tcase, MC_11_a_leader_that_removes_itself_hands_the_list_out_before_it_goes);
    tcase_add_test(tcase, MC_25_a_demoted_leader_counts_no_more_and_steps_down);
    tcase_add_test(tcase, a_change_that_would_leave_no_majority_in_contact_is_refused);
    tcase_add_test(tcase, MC_17_who_has_not_answered_since_the_election_is_not_in_contact);
    suite_add_tcase(suite, tcase);
    return suite;
}
