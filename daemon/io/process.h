/* process: watches a process that somebody else started, and kills it.
 *
 * The process is held by a pidfd, which can never come to mean another one: a number
 * that was recycled is told apart by the process's start time when the watch begins,
 * and not at all afterwards.
 *
 * Ownership: the struct is embedded; its memory may go in the callback of
 * process_watch_close(). Source: pidfd_open(2), proc(5). */
#ifndef DAEMON_IO_PROCESS_H
#define DAEMON_IO_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <uv.h>

#include "base/err.h"

struct process_watch {
    pid_t pid;
    uint64_t start_ticks; /* with `pid` the identity of a process, until a reboot */
    int pidfd;
    uv_poll_t poll;
    void (*on_gone)(struct process_watch *watch);
    void (*on_close)(struct process_watch *watch);
};

/* Watches `pid`; `on_gone` is called once, when the process has ended (its memory
 * freed, its sockets closed, whether or not its parent has looked). With `start_ticks`
 * other than 0 the process must have that start time. ERR_NOTFOUND: it is gone or is
 * another one; ERR_PERMISSION, ERR_LIMIT, ERR_IO. */
int process_watch_start(struct process_watch *watch, uv_loop_t *loop, pid_t pid,
                        uint64_t start_ticks, void (*on_gone)(struct process_watch *watch),
                        struct err *err);

void process_watch_close(struct process_watch *watch, void (*cb)(struct process_watch *watch));

/* True if the process is gone, or each of its threads is exiting or has SIGKILL pending:
 * then none of them returns to user mode, although freeing a large memory may keep
 * the process in sight for seconds. Any doubt is false. */
bool process_dying(const struct process_watch *watch);

/* Sends SIGKILL. ERR_NOTFOUND: it is gone; ERR_PERMISSION. */
int process_kill(const struct process_watch *watch);

/* The start time, in clock ticks since the machine was started; ERR_NOTFOUND. */
int process_start_ticks(pid_t pid, uint64_t *start_ticks);

#endif
