/* fuzz: what a fuzzer is made of.
 *
 * Each fuzz_NAME.c defines fuzz_one(): takes any bytes, must neither crash nor read past
 * them, and checks by itself what must hold of what it got. `make fuzz` links them with
 * libFuzzer (clang); `make test` links them with replay.c and runs the corpus again. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

void fuzz_one(const uint8_t *bytes, size_t length);

/* An assertion that no build leaves out. */
#define fuzz_check(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
