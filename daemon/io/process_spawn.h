/* process_spawn: runs a program of the operator's (a hook), bounded in time and output.
 *
 * The command line is never given to a shell (but a script without "#!" is run by
 * /bin/sh, as execvp(3) does). The child has a session and process group of its own, the
 * working directory /, default signals, the environment that it is given and no
 * other, its input on standard input, and standard output and error on one pipe, of
 * which the first LIMIT_PROCESS_OUTPUT_BYTES are kept. At its time-out the whole group
 * is killed. When the child has ended, what it left running may go on, unheard.
 *
 *     struct process_job job = {.argv = ..., .timeout_ms = 5000, .cb = on_end};
 *     process_spawn(&job, loop);
 *
 * Ownership: the job is embedded; `cb` is called once, never inside a call of this
 * unit, and then all of it is the owner's again. What argv, env and input point at is
 * needed until process_spawn() returns. */
#ifndef DAEMON_IO_PROCESS_SPAWN_H
#define DAEMON_IO_PROCESS_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/err.h"
#include "base/limits.h"

struct process_job {
    const char *const *argv; /* the program's absolute path first; NULL at the end */
    const char *const *env;  /* "NAME=value"; NULL at the end */
    const void *input;       /* at most LIMIT_PROCESS_INPUT_BYTES */
    size_t input_length;
    uint64_t timeout_ms;
    void (*cb)(struct process_job *job);

    /* How it ended. `why.code` is 0 if and only if it exited with status 0; the story tells
     * everything else: ERR_NOTFOUND, ERR_PERMISSION, ERR_INVALID and ERR_IO (not started),
     * ERR_TIMEOUT, ERR_CLOSED (cancelled), ERR_REFUSED (another status, or a signal). */
    struct err why;
    int exit_status; /* -1: none, it ended by a signal or never started */
    int signal;      /* 0: none */
    char output[LIMIT_PROCESS_OUTPUT_BYTES + 1];
    size_t output_length;
    bool output_cut; /* it wrote more */

    uv_process_t process; /* private, from here on */
    uv_poll_t poll;
    uv_timer_t timer;
    int output_fd;
    int handles;
    bool running;
};

void process_spawn(struct process_job *job, uv_loop_t *loop);

/* Kills the group of a child that runs; `cb` comes as always. */
void process_cancel(struct process_job *job);

#endif
