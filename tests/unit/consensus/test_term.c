/* Terms, and to whom a message is said. */
#include "tests/unit/main.h"

#include "tests/unit/consensus/solo.h"

START_TEST(TV_05_any_higher_term_is_adopted_and_the_vote_cleared)
{
    static const enum raft_message_type types[] = {RAFT_APPEND_ANSWER, RAFT_HEARTBEAT_ANSWER,
                                                   RAFT_VOTE_ANSWER, RAFT_PREVOTE_ANSWER};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct solo solo;

        solo_start(&solo, 3, 0, 0, NULL, 0);
        solo_become_leader(&solo);
        solo.holds_disk = true;
        solo_receive(&solo, (struct raft_message){.type = types[i], .from = 2, .term = 8});
        ck_assert_int_eq(solo.raft.role, RAFT_FOLLOWER);
        ck_assert(solo.update.write_meta);
        ck_assert_uint_eq(solo.update.term, 8);
        ck_assert_uint_eq(solo.update.vote, 0);
        ck_assert_uint_eq(solo.sent_count, 0);
        solo_finish(&solo);
    }
}
END_TEST

START_TEST(TV_09_a_log_beyond_the_stored_term_is_refused)
{
    struct raft raft;
    struct raft_entry entry = {.index = 1, .term = 5};
    struct raft_config config = {
        .id = 1, .heartbeat_ms = 50, .election_min_ms = 200, .election_max_ms = 400};
    struct raft_stored stored = {.term = 4, .entries = &entry, .entry_count = 1};

    ck_assert_int_eq(raft_init(&raft, &config, &stored, 0, NULL), ERR_CORRUPT);
    entry = (struct raft_entry){.index = 2, .term = 4};
    ck_assert_int_eq(raft_init(&raft, &config, &stored, 0, NULL), ERR_CORRUPT);
}
END_TEST

START_TEST(TV_10_strangers_and_wrong_addresses_are_dropped)
{
    struct solo solo;
    struct raft_message message = {.type = RAFT_HEARTBEAT, .from = 2, .to = 3, .term = 9};

    solo_start(&solo, 3, 4, 0, NULL, 0);
    solo_step(&solo, (struct raft_event){.type = RAFT_RECEIVE, .message = &message});
    solo_heartbeat(&solo, 1, 9, 1, 0, 0);
    solo_ask(&solo, 0, RAFT_VOTE, 9, 5, 5);
    solo_receive(&solo,
                 (struct raft_message){.type = (enum raft_message_type)11, .from = 2, .term = 9});
    ck_assert_uint_eq(solo.raft.dropped, 4);
    ck_assert_uint_eq(solo.raft.term, 4);
    solo_finish(&solo);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("term");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, TV_05_any_higher_term_is_adopted_and_the_vote_cleared);
    tcase_add_test(tcase, TV_09_a_log_beyond_the_stored_term_is_refused);
    tcase_add_test(tcase, TV_10_strangers_and_wrong_addresses_are_dropped);
    suite_add_tcase(suite, tcase);
    return suite;
}
