/* RP-26: a step allocates nothing but the bytes of a new list of members; when there is no memory
 * for those, nothing has happened. membership.c is compiled in here, over a blob that may fail. */
#include "tests/unit/main.h"

#include "consensus/entry.h"

static bool no_memory;

static struct raft_blob *blob_new_or_fail(const void *bytes, size_t length)
{
    return no_memory ? NULL : raft_blob_new(bytes, length);
}

#define raft_blob_new blob_new_or_fail
#include "consensus/membership.c"
#undef raft_blob_new

#include "tests/unit/consensus/solo.h"

START_TEST(RP_26_without_memory_a_change_is_refused_and_nothing_changed)
{
    struct solo solo;
    struct member member = {.kind = MEMBER_LEARNER};

    solo_start(&solo, 3, 1, 0, NULL, 0);
    solo_become_leader(&solo);
    solo_all_follow(&solo);
    no_memory = true;
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, member), ERR_NOMEM);
    ck_assert_uint_eq(raft_last_index(&solo.raft), 1);
    ck_assert_uint_eq(solo.raft.members.count, 3);
    ck_assert_uint_eq(solo.sent_count, 0);
    no_memory = false;
    ck_assert_int_eq(solo_change(&solo, MEMBERS_ADD, member), 0);
    ck_assert_uint_eq(solo.raft.members.count, 4);
    solo_finish(&solo);
}
END_TEST

START_TEST(RP_26_what_the_leader_wants_by_itself_waits_for_memory)
{
    struct solo solo;
    struct raft_config config = solo_config(1);
    struct raft_stored stored = {.term = 1};

    config.store = 71;
    no_memory = true;
    solo_start_from(&solo, &config, &stored);
    solo_time_out(&solo);
    ck_assert(raft_ready(&solo.raft));
    ck_assert_uint_eq(members_find(&solo.raft.members, 1)->store, 0);
    no_memory = false;
    solo_tick(&solo, SOLO_HEARTBEAT);
    ck_assert_uint_eq(members_find(&solo.raft.members, 1)->store, 71);
    solo_finish(&solo);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("nomem");
    TCase *tcase = tcase_create("scenarios");

    tcase_add_test(tcase, RP_26_without_memory_a_change_is_refused_and_nothing_changed);
    tcase_add_test(tcase, RP_26_what_the_leader_wants_by_itself_waits_for_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
