/* start_command: runs the operator's command that starts the server.
 *
 * It runs through /bin/sh in a session of its own, so that nothing that happens to the
 * agent happens to the server. One at a time; it counts as failed if it ends with
 * another status than 0, or not within START_COMMAND_MS (it is then left alone: it may be
 * a server in the foreground that takes its time).
 *
 * Embedded; its memory may go in the callback of start_command_close(). */
#ifndef DAEMON_GUARD_START_COMMAND_H
#define DAEMON_GUARD_START_COMMAND_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"

enum { START_COMMAND_MS = 90000 };

struct start_command_run;

struct start_command {
    uv_loop_t *loop;
    uv_timer_t timer;
    /* `why` is NULL when it ended well. */
    void (*cb)(struct start_command *command, const struct err *why);
    void (*on_close)(struct start_command *command);
    struct start_command_run *run; /* NULL: none is waited for; frees itself */
};

void start_command_init(struct start_command *command, uv_loop_t *loop,
                        void (*cb)(struct start_command *command, const struct err *why));

/* ERR_BUSY: one runs; ERR_IO, ERR_NOMEM: it can't be run. Then `cb` is not called. */
int start_command_run(struct start_command *command, const char *text, struct err *err);

/* A command that still runs is not waited for, and not ended. */
void start_command_close(struct start_command *command, void (*cb)(struct start_command *command));

#endif
