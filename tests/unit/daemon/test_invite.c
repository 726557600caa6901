/* Invitations as lines: what is read is what was written, and nothing else is read. */
#include "tests/unit/main.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "daemon/invite.h"

static struct invite sample(uint32_t agents)
{
    struct invite invite = {.agent_count = agents};

    keys_generate(&invite.keys);
    for (uint32_t i = 0; i < agents; i++) {
        text_format(invite.agents[i].name, LIMIT_NAME_SIZE, "a%u", i + 1);
        text_format(invite.agents[i].address, LIMIT_ADDRESS_SIZE, "10.0.0.%u:7300", i + 1);
        memset(invite.agents[i].key, (int)i + 1, KEYS_BYTES);
    }
    return invite;
}

START_TEST(what_was_written_is_read)
{
    for (uint32_t agents = 1; agents <= LIMIT_AGENTS; agents++) {
        struct invite invite = sample(agents);
        struct invite read;
        char line[INVITE_LINE_SIZE];
        char padded[INVITE_LINE_SIZE + 8];

        ck_assert(invite_write(&invite, line, sizeof line));
        ck_assert_uint_eq(strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-_."),
                          strlen(line));
        text_format(padded, sizeof padded, "  %s \r\n", line);
        ck_assert_int_eq(invite_read(&read, padded, NULL), 0);
        ck_assert_mem_eq(&read.keys, &invite.keys, sizeof read.keys);
        ck_assert_uint_eq(read.agent_count, agents);
        ck_assert_str_eq(read.agents[agents - 1].address, invite.agents[agents - 1].address);
        ck_assert_mem_eq(read.agents[agents - 1].key, invite.agents[agents - 1].key, KEYS_BYTES);
    }
}
END_TEST

START_TEST(the_longest_one_fits_and_a_small_place_does_not_do)
{
    struct invite invite = sample(LIMIT_AGENTS);
    char line[INVITE_LINE_SIZE];
    char small[64];

    for (uint32_t i = 0; i < LIMIT_AGENTS; i++) {
        memset(invite.agents[i].name, 'a', LIMIT_NAME_SIZE - 1);
        text_copy(invite.agents[i].address, LIMIT_ADDRESS_SIZE,
                  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
    }
    ck_assert(invite_write(&invite, line, sizeof line));
    ck_assert_int_eq(invite_read(&invite, line, NULL), 0);
    ck_assert(!invite_write(&invite, small, sizeof small));
}
END_TEST

START_TEST(damage_is_noticed)
{
    struct invite invite = sample(2);
    struct invite read;
    char line[INVITE_LINE_SIZE];
    size_t length;

    ck_assert(invite_write(&invite, line, sizeof line));
    length = strlen(line);
    for (size_t i = 0; i < length; i++) {
        char kept = line[i];

        line[i] = kept == 'A' ? 'B' : 'A';
        ck_assert_int_eq(invite_read(&read, line, NULL), ERR_INVALID);
        ck_assert_uint_eq(read.agent_count, 0);
        line[i] = '\0';
        ck_assert_int_eq(invite_read(&read, line, NULL), ERR_INVALID);
        line[i] = kept;
    }
    ck_assert_int_eq(invite_read(&read, "", NULL), ERR_INVALID);
    line[length - 2] = ' ';
    ck_assert_int_eq(invite_read(&read, line, NULL), ERR_INVALID);
}
END_TEST

START_TEST(its_name_is_no_agents_and_smaller_than_all)
{
    struct invite invite = sample(1);
    char name[LIMIT_NAME_SIZE];

    invite_name(name, invite.keys.public);
    ck_assert_int_eq(name[0], '+');
    ck_assert_uint_eq(strlen(name), 17);
    ck_assert_int_lt(strcmp(name, "0"), 0); /* so that its holder connects */
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("invite");
    TCase *tcase = tcase_create("invite");

    if (sodium_init() < 0) {
        abort();
    }
    tcase_add_test(tcase, what_was_written_is_read);
    tcase_add_test(tcase, the_longest_one_fits_and_a_small_place_does_not_do);
    tcase_add_test(tcase, damage_is_noticed);
    tcase_add_test(tcase, its_name_is_no_agents_and_smaller_than_all);
    suite_add_tcase(suite, tcase);
    return suite;
}
