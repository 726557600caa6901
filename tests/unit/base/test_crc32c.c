/* The checksum: known sums, and both ways of computing it against each other. */
#include "tests/unit/main.h"

#include <string.h>

#include "base/crc32c.h"

/* RFC 3720, B.4, and the check value of the catalogue of CRCs. */
START_TEST(known_sums)
{
    uint8_t bytes[32];

    ck_assert_uint_eq(crc32c(0, "", 0), 0);
    ck_assert_uint_eq(crc32c(0, "123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof bytes);
    ck_assert_uint_eq(crc32c(0, bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    ck_assert_uint_eq(crc32c(0, bytes, sizeof bytes), 0x62a8ab43);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    ck_assert_uint_eq(crc32c(0, bytes, sizeof bytes), 0x46dd794e);
}
END_TEST

START_TEST(with_and_without_the_instruction_are_the_same)
{
    uint8_t bytes[300];
    uint32_t random = 1;

    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(random >> 24);
    }
    for (size_t start = 0; start < 9; start++) {
        for (size_t length = 0; length + start <= sizeof bytes; length++) {
            ck_assert_uint_eq(crc32c(random, bytes + start, length),
                              crc32c_by_table(random, bytes + start, length));
        }
    }
}
END_TEST

START_TEST(a_sum_can_be_continued)
{
    static const char text[] = "in two pieces, whatever their length";
    size_t length = strlen(text);

    for (size_t cut = 0; cut <= length; cut++) {
        ck_assert_uint_eq(crc32c(crc32c(0, text, cut), text + cut, length - cut),
                          crc32c(0, text, length));
    }
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("crc32c");
    TCase *tcase = tcase_create("sums");

    tcase_add_test(tcase, known_sums);
    tcase_add_test(tcase, with_and_without_the_instruction_are_the_same);
    tcase_add_test(tcase, a_sum_can_be_continued);
    suite_add_tcase(suite, tcase);
    return suite;
}
