/* main: what every unit-test binary shares.
 *
 * A test file defines suite_make(); tests/unit/main.c runs it and prints
 * "N passed, N failed". Tests run in this process (CK_NOFORK), so that the
 * sanitizers see leaks; a failed assertion of our own ends the binary, which
 * the runner counts as a failure. */
#ifndef TESTS_UNIT_MAIN_H
#define TESTS_UNIT_MAIN_H

#include <check.h>

Suite *suite_make(void);

#endif
