/* run_until: the test's loop, run until what the test waits for has happened.
 *
 * If it doesn't happen in time the process ends: what waits still points into the test's stack. */
#ifndef TESTS_UNIT_DAEMON_RUN_UNTIL_H
#define TESTS_UNIT_DAEMON_RUN_UNTIL_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum { PATIENCE_MS = 30000, TICK_MS = 5 };

static uv_loop_t loop;

/* Ticks: a loop that runs once may go to sleep after its timers ran. */
static inline void on_tick(uv_timer_t *timer)
{
    unsigned *ticks_left = timer->data;

    if (--*ticks_left == 0) {
        fprintf(stderr, "what the test waits for did not happen\n");
        abort();
    }
}

static inline void run_until(const bool *done)
{
    unsigned ticks_left = PATIENCE_MS / TICK_MS;
    uv_timer_t patience = {.data = &ticks_left};

    uv_timer_init(&loop, &patience);
    uv_timer_start(&patience, on_tick, TICK_MS, TICK_MS);
    while (!*done) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&patience, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}

#endif
