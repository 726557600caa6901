/* tls_connect: threads that end TLS connects, because a TLS handshake blocks.
 *
 * libmariadb does the whole handshake inside one call, the one that finds the server's
 * greeting. So a connect is only begun on the loop; when the socket is readable, not
 * before, its wire is given to one of LIMIT_TLS_THREADS threads. A host that is cut
 * off or stopped never gets that far and costs no thread. A server that stops right
 * within the handshake holds one for its connect time-out (whole seconds).
 *
 * Threads of its own, not libuv's: hung handshakes must not starve files.
 *
 * Ownership: tls_connect_start() takes the wire, `done` gives it back, once, on the
 * loop. A job that was cancelled calls nobody; the wire is ended here. */
#ifndef DAEMON_IO_TLS_CONNECT_H
#define DAEMON_IO_TLS_CONNECT_H

#include <stdbool.h>

#include <uv.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/list.h"
#include "daemon/io/db_wire.h"

struct tls_connect_job;

struct tls_connect {
    void (*on_close)(struct tls_connect *tls);
    uv_async_t async;
    uv_thread_t threads[LIMIT_TLS_THREADS];
    unsigned threads_started;
    uv_mutex_t mutex; /* guards what follows */
    uv_cond_t work;
    struct list queued;
    struct list ended;
    unsigned threads_ended;
    bool stopping;
};

/* Starts the threads. ERR_LIMIT if the system gives none. */
int tls_connect_init(struct tls_connect *tls, uv_loop_t *loop, struct err *err);

/* Hands over a wire that connects and can be read, to be ended within `timeout_ms`
 * (the handshake alone, once begun: within its connect time-out); NULL when there is no memory
 * (then the wire stays the caller's). */
struct tls_connect_job *tls_connect_start(struct tls_connect *tls, const struct db_wire *wire,
                                          uint64_t timeout_ms, void *context,
                                          void (*done)(void *context, const struct db_wire *wire));

/* Gives it up. Never blocks. */
void tls_connect_cancel(struct tls_connect *tls, struct tls_connect_job *job);

/* Ends the threads and calls `cb`; no job may be left that was not cancelled. Takes
 * up to a connect time-out if a thread is in a handshake, but doesn't block. */
void tls_connect_close(struct tls_connect *tls, void (*cb)(struct tls_connect *tls));

#endif
