/* A leader's snapshot, sent and installed. */
#include "tests/unit/main.h"

#include "tests/unit/consensus/solo.h"

static struct raft_message snapshot_message(struct raft_snapshot *snapshot, uint64_t index,
                                            uint64_t term)
{
    *snapshot = (struct raft_snapshot){.index = index, .term = term, .blob = raft_blob_new("s", 1)};
    for (uint32_t id = 1; id <= 3; id++) {
        members_add_voter(&snapshot->members, id, NULL);
    }
    return (struct raft_message){.type = RAFT_SNAPSHOT, .from = 2, .term = 5, .snapshot = snapshot};
}

START_TEST(SN_01_15_a_peer_behind_the_log_gets_the_snapshot)
{
    struct solo solo;
    struct raft_snapshot snapshot = {.index = 10, .term = 4};

    solo_start_leader(&solo);
    solo_ack(&solo, 2, 10);
    snapshot.blob = raft_blob_new("state", 5);
    solo_step(&solo, (struct raft_event){.type = RAFT_SNAPSHOT_TAKEN, .snapshot = &snapshot});
    raft_blob_release(snapshot.blob);
    ck_assert_uint_eq(solo.raft.trail.base_index, 8); /* two trailing entries */
    solo_receive(&solo, (struct raft_message){.type = RAFT_APPEND_ANSWER,
                                              .from = 3,
                                              .term = 4,
                                              .append_answer = {.index = 9, .hint_index = 4}});
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_SNAPSHOT)->snapshot->index, 10);
    solo_propose(&solo, 8);
    ck_assert_ptr_null(solo_said(&solo, 3, RAFT_APPEND));
    solo_ack(&solo, 3, 10); /* SN-04: straight to the pipeline */
    ck_assert_int_eq(solo.raft.peers[2].mode, PROGRESS_PIPELINE);
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_APPEND)->append.previous_index, 10);
    solo_finish(&solo);
}
END_TEST

START_TEST(SN_02_a_snapshot_of_what_is_here_moves_the_commit_only)
{
    struct solo solo;
    struct raft_snapshot snapshot;
    struct raft_message message = snapshot_message(&snapshot, 6, 2);

    solo_start(&solo, 3, 5, 0, LOG_9, 9);
    solo_receive(&solo, message);
    ck_assert_ptr_null(solo.update.install);
    ck_assert_uint_eq(solo.raft.commit, 6);
    ck_assert_uint_eq(solo_answer(&solo, 2)->append_answer.index, 6);
    ck_assert_uint_eq(raft_last_index(&solo.raft), 9);
    solo_receive(&solo, message);
    ck_assert_uint_eq(solo_answer(&solo, 2)->append_answer.index, 6);
    raft_blob_release(snapshot.blob);
    solo_finish(&solo);
}
END_TEST

START_TEST(SN_03_08_21_EL_16_installing)
{
    struct solo solo;
    struct raft_snapshot snapshot;
    struct raft_message message = snapshot_message(&snapshot, 8, 4); /* here it is of term 3 */

    solo_start(&solo, 3, 5, 0, LOG_9, 9);
    solo_receive(&solo, message);
    ck_assert_uint_eq(solo.update.install->index, 8);
    ck_assert(raft_installing(&solo.raft));
    solo_receive(&solo, message); /* SN-09 */
    ck_assert_ptr_null(solo.update.install);
    raft_blob_release(snapshot.blob);
    solo_append(&solo, 2, 5, 9, 3, 5, 2, 9); /* not now */
    ck_assert_uint_eq(raft_last_index(&solo.raft), 9);
    ck_assert_uint_eq(solo.sent_count, 0);
    solo_time_out(&solo);
    ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
    solo_ask(&solo, 3, RAFT_VOTE, 6, 99, 5); /* adopts the term, refuses the vote */
    ck_assert_uint_eq(solo.raft.term, 6);
    ck_assert(!solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo.applied = 8;
    solo_step(&solo, (struct raft_event){.type = RAFT_SNAPSHOT_INSTALLED, .persisted = {8, 4}});
    ck_assert_uint_eq(solo.update.restore->index, 8);
    ck_assert_uint_eq(solo.sent_count, 0); /* SN-07: its leader's term is over */
    ck_assert_uint_eq(raft_last_index(&solo.raft), 8);
    solo_ask(&solo, 3, RAFT_VOTE, 7, 8, 3); /* behind the snapshot's term */
    ck_assert(!solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_ask(&solo, 3, RAFT_VOTE, 7, 8, 4);
    ck_assert(solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_15_SN_16_what_is_compacted_matches)
{
    struct solo solo;
    struct raft_snapshot snapshot = {.index = 8, .term = 3};
    uint64_t term;

    solo_start(&solo, 3, 5, 0, LOG_9, 9);
    solo_append(&solo, 2, 5, 9, 3, 5, 0, 9);
    snapshot.blob = raft_blob_new("s", 1);
    solo_step(&solo, (struct raft_event){.type = RAFT_SNAPSHOT_TAKEN, .snapshot = &snapshot});
    raft_blob_release(snapshot.blob);
    ck_assert_uint_eq(solo.raft.trail.base_index, 6);
    ck_assert(trail_term(&solo.raft.trail, 6, &term) && term == 2);
    ck_assert(!trail_term(&solo.raft.trail, 5, &term));
    ck_assert(!trail_term(&solo.raft.trail, 10, &term));
    solo_append(&solo, 2, 5, 0, 0, 1, 3, 9);
    ck_assert(solo_answer(&solo, 2)->append_answer.accepted);
    ck_assert_uint_eq(raft_last_index(&solo.raft), 9);
    solo_finish(&solo);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("install");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, SN_01_15_a_peer_behind_the_log_gets_the_snapshot);
    tcase_add_test(tcase, SN_02_a_snapshot_of_what_is_here_moves_the_commit_only);
    tcase_add_test(tcase, SN_03_08_21_EL_16_installing);
    tcase_add_test(tcase, RP_15_SN_16_what_is_compacted_matches);
    suite_add_tcase(suite, tcase);
    return suite;
}
