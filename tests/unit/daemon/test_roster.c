/* Who is known here: places that last, whatever the cluster's numbers do. */
#include "tests/unit/main.h"

#include <string.h>

#include "daemon/roster.h"

static struct roster roster;
static char story[4096]; /* "+a2@2 ", "-a2@2 ", "~a2@2 " */

static void note(char what, uint32_t place)
{
    size_t used = strlen(story);

    text_format(story + used, sizeof story - used, "%c%s@%u ", what, roster_name(&roster, place),
                place);
}

static void on_added(void *context, uint32_t place)
{
    (void)context;
    note('+', place);
}

static void on_moved(void *context, uint32_t place)
{
    (void)context;
    note('~', place);
}

static void on_left(void *context, uint32_t place)
{
    (void)context;
    note('-', place);
}

static void setup(void)
{
    const struct roster_hooks hooks = {.added = on_added, .moved = on_moved, .left = on_left};
    uint8_t key[MEMBERS_KEY_BYTES] = {2};

    story[0] = '\0';
    roster_init(&roster, &hooks, "a2", "10.0.0.2:7300", key);
}

static void put(struct members *members, uint32_t id, unsigned number)
{
    struct member member = {.id = id, .kind = MEMBER_VOTER, .store = id, .key = {(uint8_t)number}};

    text_format(member.name, sizeof member.name, "a%u", number);
    text_format(member.address, sizeof member.address, "10.0.0.%u:7300", number);
    ck_assert_int_eq(members_add(members, &member, NULL), 0);
}

static struct members three(void)
{
    struct members members;

    members_init(&members);
    for (unsigned n = 1; n <= 3; n++) {
        put(&members, n, n);
    }
    return members;
}

static void expect(const char *text)
{
    ck_assert_str_eq(story, text);
    story[0] = '\0';
}

START_TEST(members_get_places_and_keep_them)
{
    struct members members = three();
    struct members_change replace = {.kind = MEMBERS_REPLACE, .member = {.id = 1, .store = 77}};

    roster_follow(&roster, &members, 0);
    expect("+a1@2 +a3@3 ");
    ck_assert_uint_eq(roster_of_name(&roster, "a2"), ROSTER_SELF);
    ck_assert_uint_eq(roster_of_name(&roster, "a1"), 2);
    ck_assert_uint_eq(roster_of_name(&roster, "a3"), 3);
    ck_assert_uint_eq(roster_of_name(&roster, ""), 0);
    roster_follow(&roster, &members, 1);
    expect("");
    ck_assert_int_eq(members_change(&members, &replace, NULL), 0);
    roster_follow(&roster, &members, 2); /* the same agent under another number */
    expect("");
    ck_assert_uint_eq(roster_at(&roster, 2)->id, 4);
    ck_assert_int_eq(roster_at(&roster, 2)->kind, MEMBER_JOINING);
}
END_TEST

START_TEST(who_leaves_stays_for_a_moment)
{
    struct members members = three();
    struct members_change remove = {.kind = MEMBERS_REMOVE, .member = {.id = 3}};

    roster_follow(&roster, &members, 0);
    ck_assert_int_eq(members_change(&members, &remove, NULL), 0);
    roster_follow(&roster, &members, 100);
    expect("+a1@2 +a3@3 ");
    ck_assert(!roster_is_agent(&roster, 3));
    ck_assert_uint_eq(roster_of_name(&roster, "a3"),
                      3); /* what says that it was removed goes there */
    roster_expire(&roster, 100 + ROSTER_GRACE_MS - 1);
    expect("");
    roster_expire(&roster, 100 + ROSTER_GRACE_MS);
    expect("-a3@3 ");
    ck_assert_ptr_null(roster_at(&roster, 3));
    put(&members, 9, 9);
    roster_follow(&roster, &members, 200);
    expect("+a9@3 "); /* the place is another one's now */
}
END_TEST

START_TEST(who_comes_back_in_time_keeps_the_place)
{
    struct members members = three();
    struct members fewer;

    members_init(&fewer);
    put(&fewer, 1, 1);
    put(&fewer, 2, 2);
    roster_follow(&roster, &members, 0);
    roster_follow(&roster, &fewer, 10);
    put(&fewer, 7, 3);
    roster_follow(&roster, &fewer, 20);
    expect("+a1@2 +a3@3 ");
    roster_expire(&roster, 1000000);
    expect("");
    ck_assert_uint_eq(roster_at(&roster, 3)->id, 7);
}
END_TEST

START_TEST(another_key_is_somebody_else_and_another_address_is_not)
{
    struct members members = three();

    roster_follow(&roster, &members, 0);
    expect("+a1@2 +a3@3 ");
    members.list[2].key[0] = 99;
    text_copy(members.list[0].address, LIMIT_ADDRESS_SIZE, "10.1.1.1:7300");
    roster_follow(&roster, &members, 1);
    expect("~a1@2 -a3@3 +a3@3 ");
    ck_assert_str_eq(roster_at(&roster, 2)->address, "10.1.1.1:7300");
}
END_TEST

START_TEST(this_agent_has_its_place_as_a_member_or_not)
{
    struct members others;

    members_init(&others);
    put(&others, 1, 1);
    roster_follow(&roster, &others, 0);
    roster_expire(&roster, 1000000);
    expect("+a1@2 ");
    ck_assert_str_eq(roster_name(&roster, ROSTER_SELF), "a2");
    ck_assert(roster_is_agent(&roster, ROSTER_SELF));
    ck_assert_uint_eq(roster_at(&roster, ROSTER_SELF)->id, 0);
    ck_assert_str_eq(roster_name(&roster, 0), "");
}
END_TEST

START_TEST(guests_are_known_by_key_and_are_no_agents)
{
    uint8_t key[MEMBERS_KEY_BYTES] = {7};

    ck_assert(roster_invite(&roster, "+1", key));
    ck_assert(roster_invite(&roster, "+1", key));
    expect("++1@2 ");
    ck_assert(!roster_is_agent(&roster, 2));
    roster_forget_guest(&roster, 2);
    expect("-+1@2 ");
}
END_TEST

START_TEST(there_is_room_for_a_full_list_that_is_exchanged_at_once)
{
    uint8_t key[MEMBERS_KEY_BYTES] = {7};
    struct members old;
    struct members fresh;
    char name[LIMIT_NAME_SIZE];

    members_init(&old);
    members_init(&fresh);
    for (unsigned n = 0; n < LIMIT_AGENTS; n++) {
        put(&old, n + 1, 10 + n);
        put(&fresh, 50 + n, 50 + n);
        old.list[n].kind = fresh.list[n].kind = MEMBER_LEARNER;
    }
    for (unsigned n = 0; n < LIMIT_INVITATIONS; n++) {
        text_format(name, sizeof name, "+%u", n);
        ck_assert(roster_invite(&roster, name, key));
    }
    for (unsigned round = 0; round < 4; round++) { /* who left first makes room */
        roster_follow(&roster, round % 2 == 0 ? &old : &fresh, round);
        for (unsigned n = 0; n < LIMIT_AGENTS; n++) {
            text_format(name, sizeof name, "a%u", (round % 2 == 0 ? 10 : 50) + n);
            ck_assert_uint_ne(roster_of_name(&roster, name), 0);
        }
    }
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("roster");
    TCase *tcase = tcase_create("roster");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, members_get_places_and_keep_them);
    tcase_add_test(tcase, who_leaves_stays_for_a_moment);
    tcase_add_test(tcase, who_comes_back_in_time_keeps_the_place);
    tcase_add_test(tcase, another_key_is_somebody_else_and_another_address_is_not);
    tcase_add_test(tcase, this_agent_has_its_place_as_a_member_or_not);
    tcase_add_test(tcase, guests_are_known_by_key_and_are_no_agents);
    tcase_add_test(tcase, there_is_room_for_a_full_list_that_is_exchanged_at_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
