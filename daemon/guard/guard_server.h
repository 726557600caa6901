/* guard_server: the guard's eyes on its own server: process and local probe.
 *
 * Happy path: connect over the unix socket, take the process id that the kernel tells
 * for the socket's owner, watch that process by pidfd, look every LOOK_MS.
 *
 * Failure paths: a look that is 20 ms late, and a lost connection, are reasons to see
 * whether the process is dying; the pidfd says when it has ended; a look or a connection
 * that fails for 500 ms means silent. While the process is up, a new connection is tried
 * every 20 ms; while it is down, every 100 ms.
 *
 * "Gone" is said of a process that was watched. When the agent has just started, a socket
 * that refuses or is absent isn't enough: it may be the wrong one. With it, "gone" takes a
 * pid file that names a dead process; or one that isn't there (a server that ends in order
 * removes it, a reboot too) while no MariaDB server at all runs here. Short of that, it is
 * presumed, which allows to start it and proves nothing, and is looked at again: if nobody holds
 * the lock on its data directory, or, where that isn't named, no MariaDB server runs here. Who
 * holds that lock is watched: a living primary whose socket was swept away must not go unfenced.
 *
 * Embedded. Callbacks come from the loop, never inside a call of this unit. */
#ifndef DAEMON_GUARD_GUARD_SERVER_H
#define DAEMON_GUARD_GUARD_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/io/db.h"
#include "daemon/io/observe.h"
#include "daemon/io/process.h"
#include "topology/guard.h"

struct guard_server_config {
    uv_loop_t *loop;
    struct db_config local; /* borrowed strings */
    const char *pid_file;   /* or "" */
    const char *datadir;    /* or "" */
    void (*on_process)(void *context, enum guard_process state, uint32_t pid, bool presumed);
    void (*on_connected)(void *context);
    void (*on_observed)(void *context, const struct observation *observation, uint64_t asked_ms);
    void (*on_silent)(void *context);
    void (*on_trouble)(void *context, const struct err *why); /* for the log */
    void *context;
};

struct guard_server_watch;

struct guard_server {
    struct guard_server_config config;
    struct db db;
    struct observe observe;
    struct guard_server_watch *watch; /* NULL: none; frees itself, so that the next need not wait */
    uv_timer_t timer;
    bool looking;
    uint64_t asked_ms;
    uint64_t failing_ms; /* since when connections fail; 0: they don't */
    bool told;           /* the state of the process, since it last changed */
    bool presumed;       /* what was told is only that it is presumed to be gone */
    bool killed;         /* by us: it is looked for its death at once */
    bool told_dying;
    bool told_silent;
    uint32_t refusals; /* before anything is known */
    int trouble;       /* code of the last one, so that each is told once */
    unsigned open_handles;
    bool closing;
    void (*on_closed)(void *context);
};

/* Begins at once. ERR_INVALID: the configuration. */
int guard_server_open(struct guard_server *server, const struct guard_server_config *config,
                      struct err *err);
void guard_server_close(struct guard_server *server, void (*cb)(void *context));

/* SIGKILL; a "dying" follows as soon as the kernel has it. */
void guard_server_kill(struct guard_server *server);

#endif
