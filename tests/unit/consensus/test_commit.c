/* Scenarios CM, AS, RD and what is left of RP, FC and ST, one core at a time. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/main.h"

#include "tests/unit/consensus/solo.h"

START_TEST(CM_03_04_a_commit_neither_goes_back_nor_past_what_was_verified)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, LOG_9, 9);
    solo_append(&solo, 2, 5, 9, 3, 5, 0, 8);
    ck_assert_uint_eq(solo.raft.commit, 8);
    solo_append(&solo, 2, 5, 9, 3, 5, 0, 3);
    ck_assert_uint_eq(solo.raft.commit, 8);
    solo_append(&solo, 2, 5, 9, 3, 5, 0, 1000); /* beyond the log */
    ck_assert_uint_eq(solo.raft.commit, 9);
    solo_heartbeat(&solo, 2, 5, 1, 9, 1000); /* beyond what it says that we match */
    ck_assert_uint_eq(solo.raft.commit, 9);
    ck_assert_uint_eq(solo.raft.dropped, 1);
    solo_finish(&solo);
}
END_TEST

START_TEST(CM_07_a_leader_that_lost_its_majority_commits_on_a_new_leaders_word_only)
{
    struct solo solo;

    solo_start_leader(&solo);
    solo_step(&solo, (struct raft_event){.type = RAFT_STEP_DOWN});
    solo_receive(&solo, (struct raft_message){.type = RAFT_APPEND_ANSWER,
                                              .from = 2,
                                              .term = 4,
                                              .append_answer = {.accepted = true, .index = 10}});
    ck_assert_uint_eq(solo.raft.commit, 0);
    solo_append(&solo, 2, 5, 10, 4, 5, 1, 10);
    ck_assert_uint_eq(solo.raft.commit, 10);
    solo_finish(&solo);
}
END_TEST

START_TEST(CM_08_alone_it_applies_nothing_before_it_is_on_its_own_disk)
{
    struct solo solo;

    solo_start(&solo, 1, 1, 0, NULL, 0);
    solo_time_out(&solo);
    ck_assert(raft_ready(&solo.raft));
    solo.holds_disk = true;
    ck_assert_int_eq(solo_propose(&solo, 8), 0);
    ck_assert_uint_eq(solo.applied, 1);
    solo_persist(&solo);
    ck_assert_uint_eq(solo.applied, 2);
    solo_finish(&solo);
}
END_TEST

START_TEST(CM_09_after_a_restart_it_applies_from_the_snapshot_on)
{
    struct solo solo;
    struct raft_config config = solo_config(3);
    struct raft_entry entries[] = {{.index = 11, .term = 2}, {.index = 12, .term = 2}};
    struct raft_stored stored = {
        .term = 2, .snapshot = {.index = 10, .term = 2}, .entries = entries, .entry_count = 2};

    stored.snapshot.members = config.members;
    stored.snapshot.blob = raft_blob_new("s", 1);
    solo_start_from(&solo, &config, &stored);
    ck_assert_uint_eq(solo.raft.applied, 10);
    solo_append(&solo, 2, 2, 12, 2, 2, 1, 12); /* solo checks that each comes once, in order */
    ck_assert_uint_eq(solo.applied, 12);
    raft_blob_release(stored.snapshot.blob);
    solo_finish(&solo);
}
END_TEST

START_TEST(AS_01_acknowledgements_follow_the_writes_one_by_one)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, NULL, 0);
    solo.holds_disk = true;
    for (uint64_t i = 0; i < 3; i++) {
        solo_append(&solo, 2, 5, i, i == 0 ? 0 : 5, 5, 1, 0);
        ck_assert_ptr_null(solo_said(&solo, 2, RAFT_APPEND_ANSWER));
    }
    for (uint64_t i = 1; i <= 3; i++) {
        solo.sent_count = 0;
        solo_raw(&solo, (struct raft_event){.type = RAFT_PERSISTED, .persisted = {i, 5}});
        ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND_ANSWER)->append_answer.index, i);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(AS_06_RP_19_a_leaders_own_write_counts_no_more_once_it_stepped_down)
{
    struct solo solo;

    solo_start_leader(&solo);
    solo.holds_disk = true;
    solo_propose(&solo, 8);
    solo_step(&solo, (struct raft_event){.type = RAFT_STEP_DOWN});
    solo_persist(&solo);
    ck_assert_uint_eq(solo.sent_count, 0);
    ck_assert_uint_eq(solo.raft.commit, 0);
    solo_append(&solo, 2, 5, 9, 3, 4, 2, 9); /* the same entries, from the next leader */
    ck_assert_uint_eq(raft_last_index(&solo.raft), 11);
    ck_assert_uint_eq(solo.raft.commit, 9);
    solo_finish(&solo);
}
END_TEST

START_TEST(AS_07_a_new_leader_counts_itself_as_far_as_it_is_durable)
{
    struct solo solo;

    solo_start_leader(&solo);
    solo.holds_disk = true;
    solo_propose(&solo, 8); /* 11, in flight */
    solo_ack(&solo, 2, 10);
    ck_assert_uint_eq(solo.raft.commit, 10); /* its own 10 is durable */
    solo_ack(&solo, 2, 11);
    ck_assert_uint_eq(solo.raft.commit, 10); /* its own 11 isn't */
    solo_persist(&solo);
    ck_assert_uint_eq(solo.raft.commit, 11);
    solo_finish(&solo);
}
END_TEST

START_TEST(RD_01_nothing_is_ready_before_an_entry_of_the_own_term_is_applied)
{
    struct solo solo;

    solo_start_leader(&solo);
    solo_step(&solo, (struct raft_event){.type = RAFT_ROUND});
    solo_answer_round(&solo, 2, 4, solo.raft.round.sent);
    ck_assert_uint_gt(solo.update.round_confirmed, 0);
    ck_assert(!raft_ready(&solo.raft)); /* confirmed, but it may not know what is committed */
    solo_ack(&solo, 2, 9);
    ck_assert(!raft_ready(&solo.raft));
    solo_ack(&solo, 2, 10);
    ck_assert(raft_ready(&solo.raft) && raft_caught_up(&solo.raft));
    solo_finish(&solo);
}
END_TEST

START_TEST(RD_06_a_round_needs_the_majority_of_the_members_in_force)
{
    struct solo solo;
    uint64_t round;

    solo_start(&solo, 5, 3, 0, LOG_9, 9);
    solo_become_leader(&solo);
    solo_all_follow(&solo);
    solo_step(&solo, (struct raft_event){.type = RAFT_ROUND});
    round = solo.update.round_sent;
    solo_answer_round(&solo, 2, 4, round); /* two of five */
    ck_assert_uint_lt(solo.update.round_confirmed, round);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 5}), 0);
    ck_assert_uint_lt(solo.update.round_confirmed, round); /* two of four */
    solo_ack(&solo, 2, 11);
    solo_ack(&solo, 3, 11);
    ck_assert_int_eq(solo_change(&solo, MEMBERS_REMOVE, (struct member){.id = 4}), 0);
    solo_tick(&solo, 1);
    ck_assert_uint_ge(solo.update.round_confirmed, round); /* two of three */
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_14_what_comes_twice_changes_nothing)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, LOG_9, 9);
    for (int i = 0; i < 5; i++) {
        solo_append(&solo, 2, 5, 7, 3, 3, 2, 8);
        solo_heartbeat(&solo, 2, 5, 1, 8, 8);
        ck_assert_uint_eq(solo.update.write_count, 0);
        ck_assert_uint_eq(raft_last_index(&solo.raft), 9);
        ck_assert_uint_eq(solo.raft.commit, 8);
        ck_assert_uint_eq(solo.applied, 8);
    }
    solo_finish(&solo);
    solo_start_leader(&solo);
    for (int i = 0; i < 5; i++) {
        solo_ack(&solo, 2, 10);
        ck_assert_uint_eq(solo.raft.commit, 10);
        ck_assert_uint_eq(solo.raft.peers[1].match, 10);
        ck_assert_uint_eq(solo.raft.peers[1].next, 11);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_16_answers_to_an_earlier_term_of_the_same_leader_are_ignored)
{
    struct solo solo;
    struct raft_message old = {.type = RAFT_APPEND_ANSWER,
                               .from = 2,
                               .term = 3,
                               .append_answer = {.index = 9, .hint_index = 2, .hint_term = 1}};

    solo_start_leader(&solo);
    solo_ack(&solo, 2, 10);
    solo_receive(&solo, old);
    ck_assert_uint_eq(solo.sent_count, 0);
    ck_assert_int_eq(solo.raft.peers[1].mode, PROGRESS_PIPELINE);
    old.append_answer.accepted = true;
    old.append_answer.index = 10;
    old.from = 3;
    solo_receive(&solo, old);
    ck_assert_uint_eq(solo.raft.peers[2].match, 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_25_an_entry_that_fills_a_message_goes_alone)
{
    struct solo solo;

    solo_start_leader(&solo);
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(solo_propose(&solo, LIMIT_COMMAND_BYTES), 0);
    }
    solo_ack(&solo, 2, 10);
    for (uint32_t i = 0; i < solo.sent_count; i++) {
        const struct raft_message *said = &solo.sent[i];

        if (said->type == RAFT_APPEND && said->to == 2) {
            ck_assert_uint_eq(said->append.count, LIMIT_APPEND_BYTES / LIMIT_COMMAND_BYTES);
        }
    }
    ck_assert_uint_eq(solo_count(&solo, RAFT_APPEND), 2);
    solo_finish(&solo);
}
END_TEST

START_TEST(FC_03_when_all_answers_are_lost_heartbeats_find_it_out)
{
    struct solo solo;
    uint32_t appends = 0;

    solo_start_pipeline(&solo);
    for (int i = 0; i < 6; i++) {
        solo_tick(&solo, SOLO_HEARTBEAT);
        solo_answer_round(&solo, 2, 4, solo.raft.round.sent);
        appends += solo_count(&solo, RAFT_APPEND);
        ck_assert_uint_le(solo_count(&solo, RAFT_APPEND), 1);
    }
    ck_assert_uint_ge(appends, 3); /* a probe each beat, once it was quiet for two */
    ck_assert_uint_le(appends, 5);
    solo_finish(&solo);
}
END_TEST

START_TEST(ST_03_EL_17_the_newest_list_counts_committed_or_not)
{
    struct solo solo;
    struct raft_config config = solo_config(3);
    struct raft_entry entry = {.index = 1, .term = 1, .kind = RAFT_CONFIG};
    struct raft_stored stored = {.term = 1, .entries = &entry, .entry_count = 1};
    struct members members = config.members;
    struct buf bytes;

    members_add_voter(&members, 4, NULL);
    members_add_voter(&members, 5, NULL);
    buf_init(&bytes, MEMBERS_BYTES_MAX);
    members_encode(&members, &bytes);
    entry.blob = raft_blob_new(bytes.data, bytes.length);
    solo_start_from(&solo, &config, &stored);
    ck_assert_uint_eq(solo.raft.commit, 0);
    ck_assert_uint_eq(solo.raft.members.count, 5);
    solo_time_out(&solo); /* asks all of them, and needs three */
    ck_assert_uint_eq(solo_count(&solo, RAFT_PREVOTE), 4);
    solo_grant(&solo, 2, RAFT_PREVOTE_ANSWER, 2, true);
    ck_assert_int_eq(solo.raft.role, RAFT_PRECANDIDATE);
    solo_grant(&solo, 5, RAFT_PREVOTE_ANSWER, 2, true);
    ck_assert_int_eq(solo.raft.role, RAFT_CANDIDATE);
    raft_blob_release(entry.blob);
    buf_finish(&bytes);
    solo_finish(&solo);
}
END_TEST

START_TEST(ST_05_a_single_voter_that_is_another_one_is_followed_for_ever)
{
    struct solo solo;
    struct raft_config config = solo_config(0);
    struct raft_stored stored = {.term = 1};

    members_add_voter(&config.members, 2, NULL);
    solo_start_from(&solo, &config, &stored);
    for (int i = 0; i < 20; i++) {
        solo_time_out(&solo);
        ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
        ck_assert_uint_eq(solo.sent_count, 0);
    }
    solo_finish(&solo);
}
END_TEST

START_TEST(ST_08_a_follower_that_hears_its_leader_never_campaigns)
{
    struct solo solo;
    uint64_t deadline = 0;

    solo_start(&solo, 3, 5, 0, LOG_9, 9);
    for (uint64_t round = 1; round < 200; round++) {
        solo_tick(&solo, SOLO_HEARTBEAT);
        solo_heartbeat(&solo, 2, 5, round, 0, 0);
        ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
        ck_assert_uint_gt(raft_deadline(&solo.raft), solo.now_ms + T - 1);
        deadline = raft_deadline(&solo.raft);
    }
    ck_assert_uint_gt(deadline, 0);
    solo_finish(&solo);
}
END_TEST

START_TEST(ST_13_time_that_goes_backwards_is_a_fault_of_ours)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct solo solo;

        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        solo_start(&solo, 3, 5, 0, LOG_9, 9);
        solo_tick(&solo, 10);
        solo.now_ms -= 5;
        solo_tick(&solo, 0);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

START_TEST(DK_17_who_lost_what_he_acknowledged_does_not_vote_before_he_has_it_again)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, LOG_9, 7);
    solo_heartbeat(&solo, 2, 5, 1, 9, 7); /* the leader knows that we had 9 */
    ck_assert(solo_said(&solo, 2, RAFT_HEARTBEAT_ANSWER)->heartbeat_answer.lost);
    solo.now_ms += T;
    solo_ask(&solo, 3, RAFT_VOTE, 6, 20, 5);
    ck_assert(!solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_time_out(&solo);
    ck_assert_uint_eq(solo.sent_count, 0);
    solo_append(&solo, 2, 6, 7, 3, 5, 2, 7);
    solo.now_ms += T;
    solo_ask(&solo, 3, RAFT_VOTE, 7, 20, 6);
    ck_assert(solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_finish(&solo);
}
END_TEST

/* What it lost was not committed, or a later leader's log would have it. */
START_TEST(DK_17_an_entry_of_a_later_leader_pays_for_what_was_lost)
{
    struct solo solo;

    solo_start(&solo, 3, 5, 0, LOG_9, 7);
    solo_heartbeat(&solo, 2, 5, 1, 9, 7);
    solo_append(&solo, 2, 5, 7, 3, 5, 1, 7); /* the same leader's: one of two */
    solo.now_ms += T;
    solo_ask(&solo, 3, RAFT_VOTE, 6, 20, 5);
    ck_assert(!solo_said(&solo, 3, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_append(&solo, 3, 7, 7, 3, 7, 1, 7); /* 8 of term 7 instead */
    solo.now_ms += T;
    solo_ask(&solo, 2, RAFT_VOTE, 8, 20, 7);
    ck_assert(solo_said(&solo, 2, RAFT_VOTE_ANSWER)->vote_answer.granted);
    solo_finish(&solo);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("commit");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, CM_03_04_a_commit_neither_goes_back_nor_past_what_was_verified);
    tcase_add_test(tcase, CM_07_a_leader_that_lost_its_majority_commits_on_a_new_leaders_word_only);
    tcase_add_test(tcase, CM_08_alone_it_applies_nothing_before_it_is_on_its_own_disk);
    tcase_add_test(tcase, CM_09_after_a_restart_it_applies_from_the_snapshot_on);
    tcase_add_test(tcase, AS_01_acknowledgements_follow_the_writes_one_by_one);
    tcase_add_test(tcase, AS_06_RP_19_a_leaders_own_write_counts_no_more_once_it_stepped_down);
    tcase_add_test(tcase, AS_07_a_new_leader_counts_itself_as_far_as_it_is_durable);
    tcase_add_test(tcase, RD_01_nothing_is_ready_before_an_entry_of_the_own_term_is_applied);
    tcase_add_test(tcase, RD_06_a_round_needs_the_majority_of_the_members_in_force);
    tcase_add_test(tcase, RP_14_what_comes_twice_changes_nothing);
    tcase_add_test(tcase, RP_16_answers_to_an_earlier_term_of_the_same_leader_are_ignored);
    tcase_add_test(tcase, RP_25_an_entry_that_fills_a_message_goes_alone);
    tcase_add_test(tcase, FC_03_when_all_answers_are_lost_heartbeats_find_it_out);
    tcase_add_test(tcase, ST_03_EL_17_the_newest_list_counts_committed_or_not);
    tcase_add_test(tcase, ST_05_a_single_voter_that_is_another_one_is_followed_for_ever);
    tcase_add_test(tcase, ST_08_a_follower_that_hears_its_leader_never_campaigns);
    tcase_add_test(tcase, ST_13_time_that_goes_backwards_is_a_fault_of_ours);
    tcase_add_test(tcase, DK_17_an_entry_of_a_later_leader_pays_for_what_was_lost);
    tcase_add_test(tcase, DK_17_who_lost_what_he_acknowledged_does_not_vote_before_he_has_it_again);
    suite_add_tcase(suite, tcase);
    return suite;
}
