/* Who is heard under a number, and whom an answer goes to. */
#include "tests/unit/main.h"

#include "daemon/node/speakers.h"

static struct speakers speakers;
static struct raft raft;

static void add(uint32_t id, const char *name)
{
    struct member member = {.id = id, .kind = MEMBER_VOTER};

    text_copy(member.name, sizeof member.name, name);
    ck_assert_int_eq(members_add(&raft.members, &member, NULL), 0);
}

static void setup(void)
{
    speakers = (struct speakers){.next = 0};
    raft = (struct raft){.members_index = 5, .commit = 5};
    members_init(&raft.members);
    add(1, "a1");
    add(2, "a2");
    add(7, "a6");
}

static bool hears(uint32_t id, enum raft_message_type type, const char *name)
{
    return speakers_hear(&speakers, &raft, &(struct raft_message){.type = type, .from = id}, name);
}

static const char *receiver(uint32_t id, enum raft_message_type type)
{
    return speakers_receiver(&speakers, &raft, &(struct raft_message){.type = type, .to = id});
}

START_TEST(a_committed_list_says_who_it_is)
{
    ck_assert(hears(7, RAFT_HEARTBEAT, "a6"));
    ck_assert(!hears(7, RAFT_HEARTBEAT, "a3"));
    ck_assert(!hears(7, RAFT_VOTE, "a3"));
    ck_assert(!hears(7, RAFT_APPEND_ANSWER, "a3"));
    ck_assert(!hears(0, RAFT_VOTE, "a3"));
    ck_assert_str_eq(speakers_name(&speakers, &raft, 7), "a6");
    ck_assert_str_eq(receiver(7, RAFT_APPEND), "a6");
}
END_TEST

START_TEST(MC_05_a_list_that_is_not_committed_silences_no_leader)
{
    raft.commit = 4;
    ck_assert(hears(7, RAFT_HEARTBEAT, "a3")); /* it leads by a later list */
    ck_assert_str_eq(receiver(7, RAFT_HEARTBEAT_ANSWER), "a3");
    ck_assert_str_eq(speakers_name(&speakers, &raft, 7), "a3");
    ck_assert(hears(7, RAFT_PREVOTE, "a3"));
    ck_assert(!hears(7, RAFT_APPEND_ANSWER, "a3")); /* who was asked is on the list */
    ck_assert_str_eq(receiver(7, RAFT_APPEND), "a6");
    ck_assert(hears(7, RAFT_HEARTBEAT, "a6")); /* who spoke last */
    ck_assert_str_eq(receiver(7, RAFT_HEARTBEAT_ANSWER), "a6");
}
END_TEST

START_TEST(who_is_not_listed_is_answered_where_he_spoke)
{
    ck_assert_str_eq(receiver(9, RAFT_APPEND_ANSWER), "");
    ck_assert_str_eq(receiver(9, RAFT_APPEND), "");
    ck_assert(hears(9, RAFT_APPEND, "a9"));
    ck_assert_str_eq(receiver(9, RAFT_APPEND_ANSWER), "a9");
    ck_assert_str_eq(receiver(9, RAFT_APPEND), "a9"); /* that he was removed, say */
}
END_TEST

START_TEST(so_many_are_kept_and_then_the_first_ones_are_forgotten)
{
    for (uint32_t id = 101; id < 101 + LIMIT_AGENT_SLOTS; id++) {
        ck_assert(hears(id, RAFT_VOTE, "first"));
    }
    ck_assert(hears(101, RAFT_VOTE, "again"));
    ck_assert_str_eq(speakers_name(&speakers, &raft, 101), "again");
    ck_assert_str_eq(speakers_name(&speakers, &raft, 100 + LIMIT_AGENT_SLOTS), "first");
    ck_assert(hears(99, RAFT_VOTE, "one more"));
    ck_assert_str_eq(speakers_name(&speakers, &raft, 99), "one more");
    ck_assert_str_eq(speakers_name(&speakers, &raft, 101), "");
    ck_assert_str_eq(speakers_name(&speakers, &raft, 102), "first");
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("speakers");
    TCase *tcase = tcase_create("speakers");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_committed_list_says_who_it_is);
    tcase_add_test(tcase, MC_05_a_list_that_is_not_committed_silences_no_leader);
    tcase_add_test(tcase, who_is_not_listed_is_answered_where_he_spoke);
    tcase_add_test(tcase, so_many_are_kept_and_then_the_first_ones_are_forgotten);
    suite_add_tcase(suite, tcase);
    return suite;
}
