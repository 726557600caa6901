/* Scenarios RP, CM, FC, RD, SN and AS of raft-scenarios.md, one core at a time. */
#include "tests/unit/main.h"

#include "tests/unit/consensus/solo.h"

START_TEST(RP_01_a_leader_appends_an_entry_of_its_term_first)
{
    struct solo solo;

    solo_start_leader(&solo);
    ck_assert_int_eq(raft_entry(&solo.raft, 10)->kind, RAFT_NOOP);
    ck_assert_uint_eq(raft_entry(&solo.raft, 10)->term, 4);
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_APPEND)->append.previous_index, 9);
    ck_assert(!raft_ready(&solo.raft));
    solo_ack(&solo, 2, 10);
    ck_assert(raft_ready(&solo.raft));
    ck_assert_uint_eq(solo.applied, 10);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_02_what_a_follower_takes)
{
    static const struct {
        uint64_t previous;
        uint64_t previous_term;
        bool accepted;
        uint64_t index;
        uint64_t hint_index;
        uint64_t hint_term;
    } cases[] = {
        {9, 3, true, 9, 0, 0},    {3, 1, true, 3, 0, 0},  {0, 0, true, 0, 0, 0},
        {12, 3, false, 12, 9, 3}, {9, 4, false, 9, 9, 3}, {8, 2, false, 8, 6, 2},
        {6, 1, false, 6, 3, 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct solo solo;
        const struct raft_message *said;

        solo_start(&solo, 3, 5, 0, LOG_9, 9);
        solo_append(&solo, 2, 5, cases[i].previous, cases[i].previous_term, 5, 0, 0);
        said = solo_answer(&solo, 2);
        ck_assert_int_eq(said->append_answer.accepted, cases[i].accepted);
        ck_assert_uint_eq(said->append_answer.index, cases[i].index);
        ck_assert_uint_eq(said->append_answer.hint_index, cases[i].hint_index);
        ck_assert_uint_eq(said->append_answer.hint_term, cases[i].hint_term);
        ck_assert_uint_eq(raft_last_index(&solo.raft), 9); /* RP-05: no tail is cut */
        solo_finish(&solo);
    }
}
END_TEST

START_TEST(RP_03_04_overlaps_are_skipped_and_conflicts_replaced)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, LOG_9, 9);
    solo_append(&solo, 2, 5, 6, 2, 3, 3, 0); /* 7..9 of term 3: there already */
    ck_assert_uint_eq(solo.update.write_count, 0);
    ck_assert_uint_eq(solo_answer(&solo, 2)->append_answer.index, 9);
    solo_append(&solo, 2, 5, 7, 3, 5, 1, 0); /* a leader that contradicts itself */
    ck_assert_uint_eq(solo.raft.dropped, 1);
    solo.holds_disk = true;
    solo_heartbeat(&solo, 3, 6, 1, 0, 0);
    solo_persist(&solo);
    solo_append(&solo, 3, 6, 7, 3, 6, 1, 0); /* 8 becomes one of term 6, 9 goes */
    ck_assert_uint_eq(solo.update.write_first, 8);
    ck_assert_uint_eq(solo.update.write_count, 1);
    ck_assert_uint_eq(solo.sent_count, 0);
    ck_assert_uint_eq(solo.raft.durable, 7);
    ck_assert_uint_eq(raft_last_index(&solo.raft), 8);
    solo_persist(&solo);
    ck_assert_uint_eq(solo_answer(&solo, 3)->append_answer.index, 8);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_05_06_neither_tail_nor_heartbeat_is_acknowledged_beyond_what_was_verified)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, LOG_9, 9);
    solo_append(&solo, 2, 5, 3, 1, 2, 1, 9);
    ck_assert_uint_eq(solo_answer(&solo, 2)->append_answer.index, 4);
    ck_assert_uint_eq(raft_last_index(&solo.raft), 9);
    ck_assert_uint_eq(solo.raft.commit, 4); /* RP-09: not 9 */
    solo_heartbeat(&solo, 2, 5, 1, 4, 4);
    ck_assert_ptr_null(solo_said(&solo, 2, RAFT_APPEND_ANSWER));
    ck_assert_uint_eq(raft_last_index(&solo.raft), 9);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_07_what_is_sent_again_is_not_acknowledged_before_it_is_durable)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, NULL, 0);
    solo.holds_disk = true;
    solo_append(&solo, 2, 5, 0, 0, 5, 3, 0);
    solo_append(&solo, 2, 5, 0, 0, 5, 3, 0);
    solo_heartbeat(&solo, 2, 5, 1, 0, 0);
    ck_assert_ptr_null(solo_said(&solo, 2, RAFT_APPEND_ANSWER));
    solo_persist(&solo);
    ck_assert_uint_eq(solo_answer(&solo, 2)->append_answer.index, 3);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_08_AS_03_a_write_for_an_old_leader_is_not_acknowledged_to_the_new_one)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, NULL, 0);
    solo.holds_disk = true;
    solo_append(&solo, 2, 5, 0, 0, 5, 3, 0);
    solo_heartbeat(&solo, 3, 6, 1, 0, 0);
    solo_persist(&solo);
    ck_assert_uint_eq(solo.raft.durable, 3);
    for (uint32_t i = 0; i < solo.sent_count; i++) {
        ck_assert(solo.sent[i].type != RAFT_APPEND_ANSWER || solo.sent[i].append_answer.index == 0);
    }
    solo_append(&solo, 3, 6, 1, 5, 6, 0, 0);
    ck_assert_uint_eq(solo_answer(&solo, 3)->append_answer.index, 1);
    solo_finish(&solo);
}
END_TEST

/* Else a completion could be taken for that of the same entry, replaced and brought back by now. */
START_TEST(AS_02_nothing_is_cut_while_a_write_is_under_way)
{
    struct solo solo;

    solo_start(&solo, 3, 2, 0, NULL, 0);
    solo.holds_disk = true;
    solo_append(&solo, 2, 2, 0, 0, 2, 5, 0);
    solo_append(&solo, 3, 4, 0, 0, 4, 5, 0);
    ck_assert_uint_eq(solo.update.write_count, 0);
    ck_assert_uint_eq(raft_entry(&solo.raft, 5)->term, 2);
    solo_raw(&solo, (struct raft_event){.type = RAFT_PERSISTED, .persisted = {5, 2}});
    ck_assert_uint_eq(solo.raft.durable, 5);
    solo_append(&solo, 3, 4, 0, 0, 4, 5, 0);
    ck_assert_uint_eq(solo.raft.durable, 0);
    ck_assert_uint_eq(solo.update.write_first, 1);
    ck_assert_uint_eq(solo.update.write_count, 5);
    solo_raw(&solo, (struct raft_event){.type = RAFT_PERSISTED, .persisted = {5, 4}});
    ck_assert_uint_eq(solo.raft.durable, 5);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_10_a_conflict_with_a_committed_entry_is_fatal)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, LOG_9, 9);
    solo_append(&solo, 2, 5, 9, 3, 5, 0, 9);
    ck_assert_uint_eq(solo.raft.commit, 9);
    solo_append(&solo, 2, 5, 7, 3, 5, 1, 9);
    ck_assert_int_eq(solo.update.result, ERR_CORRUPT);
    solo_heartbeat(&solo, 2, 5, 1, 0, 0);
    ck_assert_int_eq(solo.update.result, ERR_CORRUPT);
    ck_assert_uint_eq(solo.sent_count, 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_12_13_hints_move_next_but_never_below_match)
{
    static const struct {
        uint64_t hint_index;
        uint64_t hint_term;
        uint64_t previous; /* of the next append */
    } cases[] = {{0, 0, 0}, {2, 1, 2}, {3, 1, 3},  {8, 1, 3},
                 {8, 2, 6}, {6, 2, 6}, {20, 3, 8}, {7, 9, 7}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct solo solo;
        struct raft_message reject = {
            .type = RAFT_APPEND_ANSWER,
            .from = 2,
            .term = 4,
            .append_answer = {.index = 9,
                              .hint_index = cases[i].hint_index,
                              .hint_term = cases[i].hint_term},
        };

        solo_start_leader(&solo);
        solo_receive(&solo, reject);
        ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->append.previous_index,
                          cases[i].previous);
        solo_receive(&solo, reject); /* again: old news, nothing is sent */
        ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 0);
        solo_ack(&solo, 2, 10);
        solo_receive(&solo, reject); /* and below match */
        ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 0);
        ck_assert_uint_eq(solo.raft.peers[1].match, 10);
        ck_assert_uint_eq(solo.raft.peers[1].next, 11);
        solo_finish(&solo);
    }
}
END_TEST

START_TEST(RP_17_an_acknowledgement_beyond_the_log_is_dropped)
{
    struct solo solo;

    solo_start_leader(&solo);
    solo_ack(&solo, 2, 11);
    ck_assert_uint_eq(solo.raft.dropped, 1);
    ck_assert_uint_eq(solo.raft.commit, 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_18_CM_11_two_followers_commit_but_the_leader_applies_what_it_has)
{
    struct solo solo;

    solo_start_leader(&solo);
    solo_ack(&solo, 2, 10);
    solo.holds_disk = true;
    ck_assert_int_eq(solo_propose(&solo, 8), 0);
    solo_ack(&solo, 2, 11);
    ck_assert_uint_eq(solo.raft.commit, 10); /* one copy of three */
    solo_ack(&solo, 3, 11);
    ck_assert_uint_eq(solo.raft.commit, 11);
    ck_assert_uint_eq(solo.applied, 10);
    solo_persist(&solo);
    ck_assert_uint_eq(solo.applied, 11);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_20_one_lost_append_is_sent_again_once)
{
    struct solo solo;
    uint32_t appends = 0;

    solo_start_pipeline(&solo);
    for (uint64_t rejected = 11; rejected <= 14; rejected++) { /* 11 was lost */
        solo_receive(&solo,
                     (struct raft_message){
                         .type = RAFT_APPEND_ANSWER,
                         .from = 2,
                         .term = 4,
                         .append_answer = {.index = rejected, .hint_index = 10, .hint_term = 4}});
        appends += solo_said(&solo, 2, RAFT_APPEND) != NULL;
    }
    ck_assert_uint_eq(appends, 1);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_21_a_follower_that_lost_its_log_says_so_and_gets_it_again)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, NULL, 0);
    solo_heartbeat(&solo, 2, 5, 1, 7, 7);
    ck_assert(solo_said(&solo, 2, RAFT_HEARTBEAT_ANSWER)->heartbeat_answer.lost);
    ck_assert_uint_eq(solo.raft.commit, 0);
    solo_finish(&solo);

    solo_start_leader(&solo);
    solo_ack(&solo, 2, 10);
    solo_receive(&solo, (struct raft_message){
                            .type = RAFT_HEARTBEAT_ANSWER,
                            .from = 2,
                            .term = 4,
                            .heartbeat_answer = {.round = solo.raft.round.sent, .lost = true}});
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->append.previous_index, 0);
    solo_finish(&solo);
}
END_TEST

/* All that there is was acknowledged by both. */
static void start_with_notices(struct solo *solo, uint32_t notice_ms)
{
    solo_start_leader(solo);
    solo->raft.config.notice_ms = notice_ms;
    solo_ack(solo, 2, 10);
    solo_ack(solo, 3, 10);
}

START_TEST(RP_22_a_commit_is_told_with_the_next_entries_or_after_a_moment)
{
    struct solo solo;

    start_with_notices(&solo, 5);
    solo_tick(&solo, SOLO_HEARTBEAT); /* so that the next one is far */
    solo_propose(&solo, 8);
    solo_ack(&solo, 2, 11);
    ck_assert_uint_eq(solo.raft.commit, 11);
    ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 0);
    ck_assert_uint_eq(raft_deadline(&solo.raft), solo.now_ms + 5);
    solo.now_ms += 4;
    solo_propose(&solo, 8);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->append.commit, 11);
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_APPEND)->append.commit, 11);
    ck_assert_uint_eq(raft_deadline(&solo.raft), solo.now_ms + SOLO_HEARTBEAT - 4);
    solo_ack(&solo, 2, 12); /* the five start anew */
    solo_tick(&solo, 4);
    ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 0);
    solo_tick(&solo, 1);
    ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 2);
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_APPEND)->append.count, 0);
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_APPEND)->append.commit, 12);
    ck_assert_uint_gt(raft_deadline(&solo.raft), solo.now_ms + 5);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_22_MC_11_a_change_of_the_members_is_told_at_once)
{
    struct solo solo;

    start_with_notices(&solo, 5);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 3}), 0);
    solo_ack(&solo, 2, 11);
    ck_assert_uint_eq(solo.raft.commit, 11);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->append.commit, 11);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_23_heartbeats_carry_no_more_than_the_peer_has_verified)
{
    struct solo solo;

    solo_start_leader(&solo);
    solo_ack(&solo, 2, 10);
    solo_tick(&solo, SOLO_HEARTBEAT);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_HEARTBEAT)->heartbeat.commit, 10);
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_HEARTBEAT)->heartbeat.commit, 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_24_FC_06_a_batch_is_one_write_and_too_much_is_refused)
{
    struct solo solo;
    struct raft_blob *blobs[40];
    struct raft_event event = {.type = RAFT_PROPOSE, .propose = {.blobs = blobs, .count = 40}};

    solo_start_leader(&solo);
    solo_ack(&solo, 2, 10);
    solo_ack(&solo, 3, 10);
    for (int i = 0; i < 40; i++) {
        blobs[i] = raft_blob_new("x", 1);
    }
    solo.holds_disk = true;
    ck_assert_int_eq(solo_step(&solo, event), 0);
    ck_assert_uint_eq(solo.update.write_count, 40);
    ck_assert_uint_eq(solo.update.proposed_first, 11);
    ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 2);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->append.count, 40);
    ck_assert_int_eq(solo_step(&solo, event), ERR_BUSY); /* the ring of 64 is nearly full */
    ck_assert_uint_eq(raft_last_index(&solo.raft), 50);
    for (int i = 0; i < 40; i++) {
        raft_blob_release(blobs[i]);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(CM_01_02_only_entries_of_the_own_term_are_committed_by_counting)
{
    struct solo solo;

    solo_start_leader(&solo);
    solo_ack(&solo, 2, 9);
    solo_ack(&solo, 3, 9);
    ck_assert_uint_eq(solo.raft.commit, 0); /* Figure 8: on all three, but of term 3 */
    solo_ack(&solo, 2, 10);
    ck_assert_uint_eq(solo.raft.commit, 10);
    solo_finish(&solo);
}
END_TEST

START_TEST(CM_01_a_majority_of_any_number_of_voters)
{
    static const struct {
        uint32_t voters;
        uint64_t values[7];
        uint64_t reached;
    } cases[] = {{1, {5}, 5},
                 {2, {5, 3}, 3},
                 {3, {5, 3, 9}, 5},
                 {4, {1, 2, 3, 4}, 2},
                 {5, {9, 9, 9, 1, 1}, 9},
                 {5, {9, 9, 2, 1, 1}, 2},
                 {7, {7, 6, 5, 4, 3, 2, 1}, 4}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct members members;
        uint64_t values[LIMIT_AGENTS] = {0};

        members_init(&members);
        for (uint32_t id = 1; id <= cases[i].voters; id++) {
            ck_assert_int_eq(members_add_voter(&members, id, NULL), 0);
            values[id - 1] = cases[i].values[id - 1];
        }
        ck_assert_uint_eq(members_reached(&members, values), cases[i].reached);
        ck_assert_int_eq(members_add(&members, &(struct member){.id = 12}, NULL), 0); /* LN-02 */
        values[cases[i].voters] = 1000;
        ck_assert_uint_eq(members_reached(&members, values), cases[i].reached);
        ck_assert_int_eq(members_add_voter(&members, 12, NULL), ERR_EXISTS);
        ck_assert_int_eq(members_add_voter(&members, 0, NULL), ERR_INVALID);
    }
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("replicate");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, RP_01_a_leader_appends_an_entry_of_its_term_first);
    tcase_add_test(tcase, RP_02_what_a_follower_takes);
    tcase_add_test(tcase, RP_03_04_overlaps_are_skipped_and_conflicts_replaced);
    tcase_add_test(tcase,
                   RP_05_06_neither_tail_nor_heartbeat_is_acknowledged_beyond_what_was_verified);
    tcase_add_test(tcase, RP_07_what_is_sent_again_is_not_acknowledged_before_it_is_durable);
    tcase_add_test(tcase, RP_08_AS_03_a_write_for_an_old_leader_is_not_acknowledged_to_the_new_one);
    tcase_add_test(tcase, AS_02_nothing_is_cut_while_a_write_is_under_way);
    tcase_add_test(tcase, RP_10_a_conflict_with_a_committed_entry_is_fatal);
    tcase_add_test(tcase, RP_12_13_hints_move_next_but_never_below_match);
    tcase_add_test(tcase, RP_17_an_acknowledgement_beyond_the_log_is_dropped);
    tcase_add_test(tcase, RP_18_CM_11_two_followers_commit_but_the_leader_applies_what_it_has);
    tcase_add_test(tcase, RP_20_one_lost_append_is_sent_again_once);
    tcase_add_test(tcase, RP_21_a_follower_that_lost_its_log_says_so_and_gets_it_again);
    tcase_add_test(tcase, RP_22_a_commit_is_told_with_the_next_entries_or_after_a_moment);
    tcase_add_test(tcase, RP_22_MC_11_a_change_of_the_members_is_told_at_once);
    tcase_add_test(tcase, RP_23_heartbeats_carry_no_more_than_the_peer_has_verified);
    tcase_add_test(tcase, RP_24_FC_06_a_batch_is_one_write_and_too_much_is_refused);
    tcase_add_test(tcase, CM_01_02_only_entries_of_the_own_term_are_committed_by_counting);
    tcase_add_test(tcase, CM_01_a_majority_of_any_number_of_voters);
    suite_add_tcase(suite, tcase);
    return suite;
}
