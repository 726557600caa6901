/* Who lost his disk: a new id for the same agent, and a store that finds its own id. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/main.h"

#include "consensus/raft.h"

static struct member member_of(uint32_t id, enum member_kind kind, uint64_t store)
{
    struct member member = {.id = id, .kind = kind, .store = store};

    text_format(member.name, sizeof member.name, "a%u", id);
    text_format(member.address, sizeof member.address, "10.0.0.%u:7300", id);
    memset(member.key, (int)id, sizeof member.key);
    return member;
}

static struct members three(void)
{
    struct members members;

    members_init(&members);
    for (uint32_t id = 1; id <= 3; id++) {
        struct member member = member_of(id, MEMBER_VOTER, 100 + id);

        ck_assert_int_eq(members_add(&members, &member, NULL), 0);
    }
    return members;
}

static int replace(struct members *members, uint32_t id, uint64_t store)
{
    struct members_change change = {.kind = MEMBERS_REPLACE, .member = {.id = id, .store = store}};

    return members_change(members, &change, NULL);
}

START_TEST(a_voter_comes_back_as_joining_under_a_new_id)
{
    struct members members = three();
    const struct member *member;

    ck_assert_int_eq(replace(&members, 2, 777), 0);
    ck_assert_uint_eq(members.count, 3);
    ck_assert_ptr_null(members_find(&members, 2));
    member = members_find_name(&members, "a2");
    ck_assert_uint_eq(member->id, 4);
    ck_assert_int_eq(member->kind, MEMBER_JOINING);
    ck_assert_uint_eq(member->store, 777);
    ck_assert_str_eq(member->address, "10.0.0.2:7300");
    ck_assert_uint_eq(member->key[0], 2);
    ck_assert_uint_eq(members_voters(&members), 2);
    ck_assert_int_eq(replace(&members, 4, 888), 0);
    ck_assert_uint_eq(members_find_name(&members, "a2")->id, 5);
}
END_TEST

START_TEST(a_learner_stays_one)
{
    struct members members = three();
    struct member learner = member_of(9, MEMBER_LEARNER, 109);

    ck_assert_int_eq(members_add(&members, &learner, NULL), 0);
    ck_assert_int_eq(replace(&members, 9, 777), 0);
    ck_assert_int_eq(members_find_name(&members, "a9")->kind, MEMBER_LEARNER);
    ck_assert_uint_eq(members_find_name(&members, "a9")->id, 10);
}
END_TEST

START_TEST(it_needs_another_store_and_another_voter)
{
    struct members members = three();
    struct members one;
    struct member only = member_of(1, MEMBER_VOTER, 101);

    ck_assert_int_eq(replace(&members, 2, 0), ERR_INVALID);
    ck_assert_int_eq(replace(&members, 2, 102), ERR_INVALID);
    ck_assert_int_eq(replace(&members, 7, 777), ERR_NOTFOUND);
    members_init(&one);
    ck_assert_int_eq(members_add(&one, &only, NULL), 0);
    ck_assert_int_eq(replace(&one, 1, 777), ERR_REFUSED);
    ck_assert_uint_eq(one.count, 1);
    ck_assert_uint_eq(one.id_last, 1);
}
END_TEST

static struct raft_config config_of(uint64_t store, const struct members *members)
{
    return (struct raft_config){.store = store,
                                .members = *members,
                                .heartbeat_ms = 50,
                                .election_min_ms = 200,
                                .election_max_ms = 400,
                                .log_entries_max = 64,
                                .seed = 1};
}

START_TEST(a_store_finds_its_id_in_the_list_and_waits_without_one)
{
    struct members members = three();
    struct members none;
    struct raft_config config = config_of(102, &members);
    struct raft_stored stored = {0};
    struct raft_update *update = calloc(1, sizeof *update);
    struct raft_event tick = {.type = RAFT_TICK, .now_ms = 5000};
    struct raft raft;

    ck_assert_int_eq(raft_init(&raft, &config, &stored, 1000, NULL), 0);
    ck_assert_uint_eq(raft.config.id, 2);
    raft_finish(&raft);
    config.id = 1; /* as it began; what the list says is newer */
    ck_assert_int_eq(raft_init(&raft, &config, &stored, 1000, NULL), 0);
    ck_assert_uint_eq(raft.config.id, 2);
    raft_finish(&raft);
    members_init(&none);
    config = config_of(777, &none);
    ck_assert_int_eq(raft_init(&raft, &config, &stored, 1000, NULL), 0);
    raft_step(&raft, &tick, update); /* nobody to wait for isn't the same as nobody to ask */
    ck_assert_int_eq(raft.role, RAFT_FOLLOWER);
    ck_assert_uint_eq(raft.config.id, 0);
    raft_finish(&raft);
    free(update);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("replace");
    TCase *tcase = tcase_create("replace");

    tcase_add_test(tcase, a_voter_comes_back_as_joining_under_a_new_id);
    tcase_add_test(tcase, a_learner_stays_one);
    tcase_add_test(tcase, it_needs_another_store_and_another_voter);
    tcase_add_test(tcase, a_store_finds_its_id_in_the_list_and_waits_without_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
