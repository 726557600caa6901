/* now: the monotonic clock in milliseconds, with its fractions. */
#ifndef TESTS_TOOLS_NOW_H
#define TESTS_TOOLS_NOW_H

#include <time.h>

static inline double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

#endif
