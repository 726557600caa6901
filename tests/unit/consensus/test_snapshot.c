/* Scenarios SN of raft-scenarios.md, one core at a time. */
#include "tests/unit/main.h"

#include "tests/unit/consensus/solo.h"

/* A leader of three in term 4 whose log begins after 8; peer 3 has nothing. */
static void start_compacted_leader(struct solo *solo)
{
    struct raft_snapshot snapshot = {.index = 10, .term = 4};

    solo_start(solo, 3, 3, 0, LOG_9, 9);
    solo_become_leader(solo);
    solo_ack(solo, 2, 10);
    raft_members_at(&solo->raft, 10, &snapshot.members);
    snapshot.blob = raft_blob_new("state", 5);
    solo_step(solo, (struct raft_event){.type = RAFT_SNAPSHOT_TAKEN, .snapshot = &snapshot});
    raft_blob_release(snapshot.blob);
    ck_assert_uint_eq(solo->raft.trail.base_index, 8);
}

static void reject(struct solo *solo, uint32_t from, uint64_t index, uint64_t hint)
{
    solo_receive(solo, (struct raft_message){
                           .type = RAFT_APPEND_ANSWER,
                           .from = from,
                           .term = 4,
                           .append_answer = {.index = index, .hint_index = hint, .hint_term = 1}});
}

START_TEST(SN_05_an_answer_from_an_older_snapshot_is_good_enough)
{
    struct solo solo;

    start_compacted_leader(&solo);
    reject(&solo, 3, 9, 4);
    ck_assert_int_eq(solo.raft.peers[2].mode, PROGRESS_SNAPSHOT);
    solo_ack(&solo, 3, 7); /* not even in the log that is left */
    ck_assert_int_eq(solo.raft.peers[2].mode, PROGRESS_SNAPSHOT);
    solo_ack(&solo, 3, 8); /* less than the snapshot that is on its way, and enough */
    ck_assert_int_eq(solo.raft.peers[2].mode, PROGRESS_PIPELINE);
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_APPEND)->append.previous_index, 8);
    solo_finish(&solo);
}
END_TEST

START_TEST(SN_06_a_snapshot_that_does_not_arrive_is_sent_again_later)
{
    struct solo solo;
    uint32_t sent = 0;

    start_compacted_leader(&solo);
    reject(&solo, 3, 9, 4);
    for (uint64_t ms = 0; ms < 25 * 2 * T; ms += SOLO_HEARTBEAT) {
        solo_tick(&solo, SOLO_HEARTBEAT);
        solo_answer_round(&solo, 2, 4, solo.raft.round.sent);
        solo_answer_round(&solo, 3, 4, solo.raft.round.sent); /* alive, but without it */
        if (solo_said(&solo, 3, RAFT_APPEND) != NULL) {
            reject(&solo, 3, solo.raft.peers[2].next - 1, 0);
        }
        sent += solo_said(&solo, 3, RAFT_SNAPSHOT) != NULL;
    }
    ck_assert_uint_eq(sent, 2); /* every ten election time-outs */
    solo_finish(&solo);
}
END_TEST

START_TEST(SN_06_FC_04_a_lost_connection_takes_a_peer_back_to_probing)
{
    struct solo solo;

    start_compacted_leader(&solo);
    reject(&solo, 3, 9, 4);
    solo_propose(&solo, 8);
    ck_assert_int_eq(solo.raft.peers[1].mode, PROGRESS_PIPELINE);
    ck_assert_uint_eq(solo.raft.peers[1].next, 12);
    solo_step(&solo, (struct raft_event){.type = RAFT_UNREACHABLE, .target = 2});
    solo_step(&solo, (struct raft_event){.type = RAFT_UNREACHABLE, .target = 3});
    solo_step(&solo, (struct raft_event){.type = RAFT_UNREACHABLE, .target = 9});
    ck_assert_int_eq(solo.raft.peers[1].mode, PROGRESS_PROBE);
    ck_assert_uint_eq(solo.raft.peers[1].next, 11);
    ck_assert_int_eq(solo.raft.peers[2].mode, PROGRESS_PROBE);
    ck_assert_uint_eq(solo.sent_count, 0);
    solo_answer_round(&solo, 2, 4, solo.raft.round.sent); /* it is back */
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND)->append.previous_index, 10);
    solo_finish(&solo);
}
END_TEST

/* From leader 2 of `term`. */
static struct raft_message snapshot_of(struct raft_snapshot *snapshot, uint64_t index,
                                       uint64_t index_term, uint64_t term)
{
    *snapshot =
        (struct raft_snapshot){.index = index, .term = index_term, .blob = raft_blob_new("s", 1)};
    for (uint32_t id = 1; id <= 3; id++) {
        members_add_voter(&snapshot->members, id, NULL);
    }
    return (struct raft_message){
        .type = RAFT_SNAPSHOT, .from = 2, .term = term, .snapshot = snapshot};
}

static void installed(struct solo *solo, const struct raft_snapshot *snapshot)
{
    solo->applied = snapshot->index;
    solo_step(solo,
              (struct raft_event){.type = RAFT_SNAPSHOT_INSTALLED,
                                  .persisted = {.index = snapshot->index, .term = snapshot->term}});
}

START_TEST(SN_07_a_new_term_during_the_install_gets_no_acknowledgement_for_it)
{
    struct solo solo;
    struct raft_snapshot snapshot;
    struct raft_message message = snapshot_of(&snapshot, 20, 4, 5);

    solo_start(&solo, 3, 5, 0, LOG_9, 9);
    solo_receive(&solo, message);
    solo_heartbeat(&solo, 3, 6, 1, 0, 0); /* another leader */
    installed(&solo, &snapshot);
    ck_assert_ptr_null(solo_said(&solo, 2, RAFT_APPEND_ANSWER));
    ck_assert_ptr_null(solo_said(&solo, 3, RAFT_APPEND_ANSWER));
    ck_assert_uint_eq(raft_last_index(&solo.raft), 20);
    solo_append(&solo, 3, 6, 20, 4, 6, 1, 20); /* this one says so itself */
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_APPEND_ANSWER)->append_answer.index, 21);
    raft_blob_release(snapshot.blob);
    solo_finish(&solo);
}
END_TEST

START_TEST(SN_10_writes_from_before_the_install_say_nothing_after_it)
{
    struct solo solo;
    struct raft_snapshot snapshot;
    struct raft_message message = snapshot_of(&snapshot, 20, 4, 5);

    solo_start(&solo, 3, 5, 0, NULL, 0);
    solo.holds_disk = true;
    solo_append(&solo, 2, 5, 0, 0, 3, 6, 0);
    solo_receive(&solo, message);
    installed(&solo, &snapshot);
    ck_assert_uint_eq(solo.raft.durable, 20);
    solo_raw(&solo, (struct raft_event){.type = RAFT_PERSISTED, .persisted = {6, 3}});
    ck_assert_uint_eq(solo.raft.durable, 20);
    ck_assert_uint_eq(raft_last_index(&solo.raft), 20);
    raft_blob_release(snapshot.blob);
    solo_finish(&solo);
}
END_TEST

START_TEST(SN_09_20_a_second_snapshot_waits_until_the_first_is_installed)
{
    struct solo solo;
    struct raft_snapshot first;
    struct raft_snapshot second;
    struct raft_message message = snapshot_of(&first, 20, 4, 5);
    struct raft_message later = snapshot_of(&second, 30, 5, 5);

    solo_start(&solo, 3, 5, 0, NULL, 0);
    solo_receive(&solo, message);
    solo_receive(&solo, later);
    ck_assert_ptr_null(solo.update.install);
    installed(&solo, &first);
    ck_assert_uint_eq(solo.raft.durable, 20);
    ck_assert_uint_eq(solo_said(&solo, 2, RAFT_APPEND_ANSWER)->append_answer.index, 20);
    solo_receive(&solo, later);
    ck_assert_uint_eq(solo.update.install->index, 30);
    installed(&solo, &second);
    ck_assert_uint_eq(solo.raft.durable, 30);
    raft_blob_release(first.blob);
    raft_blob_release(second.blob);
    solo_finish(&solo);
}
END_TEST

START_TEST(SN_17_two_snapshots_are_never_mixed)
{
    struct solo solo;
    struct raft_snapshot old;
    struct raft_snapshot new;
    struct raft_message message = snapshot_of(&old, 20, 4, 5);
    struct raft_message other = snapshot_of(&new, 25, 6, 6);

    solo_start(&solo, 3, 5, 0, NULL, 0);
    solo_receive(&solo, message);
    other.from = 3; /* the next leader's, while the first is being written */
    solo_receive(&solo, other);
    ck_assert_uint_eq(solo.raft.installing.index, 20);
    installed(&solo, &old);
    ck_assert_uint_eq(solo.raft.snapshot.term, 4);
    solo_receive(&solo, message); /* of the leader that isn't one any more */
    ck_assert_ptr_null(solo.update.install);
    solo_receive(&solo, other);
    installed(&solo, &new);
    ck_assert_uint_eq(solo.raft.snapshot.index, 25);
    raft_blob_release(old.blob);
    raft_blob_release(new.blob);
    solo_finish(&solo);
}
END_TEST

START_TEST(SN_19_a_snapshot_that_is_sent_stays_while_a_newer_one_takes_its_place)
{
    struct solo solo;
    struct raft_snapshot newer = {.index = 12, .term = 4};
    struct raft_blob *sent;

    start_compacted_leader(&solo);
    reject(&solo, 3, 9, 4);
    sent = raft_blob_hold(solo_said(&solo, 3, RAFT_SNAPSHOT)->snapshot->blob);
    solo_propose(&solo, 8);
    solo_propose(&solo, 8);
    solo_ack(&solo, 2, 12);
    newer.members = solo.raft.members;
    newer.blob = raft_blob_new("newer", 5);
    solo_step(&solo, (struct raft_event){.type = RAFT_SNAPSHOT_TAKEN, .snapshot = &newer});
    raft_blob_release(newer.blob);
    ck_assert_uint_eq(solo.raft.snapshot.index, 12);
    ck_assert_mem_eq(sent->bytes, "state", 5);
    solo_ack(&solo, 3, 10); /* installed the older one, and the log still follows it */
    ck_assert_uint_eq(solo_said(&solo, 3, RAFT_APPEND)->append.previous_index, 10);
    raft_blob_release(sent);
    solo_finish(&solo);
}
END_TEST

START_TEST(a_nearly_full_log_asks_for_a_snapshot_that_keeps_nothing_behind_it)
{
    struct solo solo;
    struct raft_snapshot snapshot = {.index = 20, .term = 5};

    solo_start(&solo, 3, 5, 0, NULL, 0); /* 64 entries fit, two are kept behind a snapshot */
    solo_append(&solo, 2, 5, 0, 0, 5, 56, 20);
    ck_assert(!raft_crowded(&solo.raft));
    solo_append(&solo, 2, 5, 56, 5, 5, 8, 20);
    ck_assert(raft_crowded(&solo.raft));
    ck_assert_uint_eq(raft_last_index(&solo.raft), 62); /* the rest is for terms of its own */
    raft_members_at(&solo.raft, 20, &snapshot.members);
    snapshot.blob = raft_blob_new("s", 1);
    solo_step(&solo, (struct raft_event){.type = RAFT_SNAPSHOT_TAKEN, .snapshot = &snapshot});
    raft_blob_release(snapshot.blob);
    ck_assert_uint_eq(solo.raft.trail.base_index, 20);
    ck_assert(!raft_crowded(&solo.raft));
    solo_append(&solo, 2, 5, 62, 5, 5, 2, 20);
    ck_assert_uint_eq(raft_last_index(&solo.raft), 64);
    solo_finish(&solo);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("snapshot");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, SN_05_an_answer_from_an_older_snapshot_is_good_enough);
    tcase_add_test(tcase, SN_06_a_snapshot_that_does_not_arrive_is_sent_again_later);
    tcase_add_test(tcase, SN_06_FC_04_a_lost_connection_takes_a_peer_back_to_probing);
    tcase_add_test(tcase, SN_07_a_new_term_during_the_install_gets_no_acknowledgement_for_it);
    tcase_add_test(tcase, SN_09_20_a_second_snapshot_waits_until_the_first_is_installed);
    tcase_add_test(tcase, SN_10_writes_from_before_the_install_say_nothing_after_it);
    tcase_add_test(tcase, SN_17_two_snapshots_are_never_mixed);
    tcase_add_test(tcase, SN_19_a_snapshot_that_is_sent_stays_while_a_newer_one_takes_its_place);
    tcase_add_test(tcase, a_nearly_full_log_asks_for_a_snapshot_that_keeps_nothing_behind_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
