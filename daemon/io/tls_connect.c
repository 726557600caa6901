/* The happy path: start (loop) queues a job -> a thread takes it, resumes the wire until
 * its connect has ended, puts the job on `ended`, wakes the loop -> the loop calls `done`
 * and frees the job.
 *
 * Cancelled while queued: taken back and freed at once. Cancelled later: `done` is
 * forgotten, which only the loop looks at, and the loop ends the wire when the thread
 * lets go of it. Closing: each thread says that it leaves; after the last one they are
 * joined, which then doesn't block. */
#include "daemon/io/tls_connect.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>

enum { POLL_MS = 100 }; /* how late a thread may notice its deadline */

struct tls_connect_job {
    struct list link;
    bool queued;
    struct db_wire wire;
    uint64_t deadline_ns;
    void *context;
    void (*done)(void *context, const struct db_wire *wire); /* NULL: cancelled */
};

/* ---- on a thread ------------------------------------------------------------------ */

/* The greeting is there. The handshake blocks in the library, bounded by the connect
 * time-out; what follows it blocks in a read, bounded by the socket's, after which
 * the library asks to wait: that is done here, bounded by the job's deadline. */
static void run(struct tls_connect_job *job)
{
    struct db_wire *wire = &job->wire;
    int wait = db_wire_resume(wire, wire->wait);

    while (wait != 0 && uv_hrtime() < job->deadline_ns) {
        struct pollfd pollfd = {.fd = db_wire_fd(wire)};

        pollfd.events =
            (short)((wait & DB_WIRE_READ ? POLLIN : 0) | (wait & DB_WIRE_WRITE ? POLLOUT : 0));
        if (poll(&pollfd, 1, POLL_MS) > 0) {
            wait = db_wire_resume(wire, wait);
        }
    }
    if (wait != 0) {
        wire->broken = true;
        err_set(&wire->err, ERR_TIMEOUT, "no end of the login in time");
    }
    db_wire_unblock(wire);
}

static struct tls_connect_job *take(struct tls_connect *tls)
{
    struct tls_connect_job *job = NULL;

    uv_mutex_lock(&tls->mutex);
    while (list_empty(&tls->queued) && !tls->stopping) {
        uv_cond_wait(&tls->work, &tls->mutex);
    }
    if (!list_empty(&tls->queued)) {
        job = container_of(tls->queued.next, struct tls_connect_job, link);
        list_remove(&job->link);
        job->queued = false;
    }
    uv_mutex_unlock(&tls->mutex);
    return job;
}

static void thread_main(void *argument)
{
    struct tls_connect *tls = argument;
    struct tls_connect_job *job;

    while ((job = take(tls)) != NULL) {
        run(job);
        uv_mutex_lock(&tls->mutex);
        list_append(&tls->ended, &job->link);
        uv_async_send(&tls->async);
        uv_mutex_unlock(&tls->mutex);
    }
    uv_mutex_lock(&tls->mutex);
    tls->threads_ended++;
    uv_async_send(&tls->async);
    uv_mutex_unlock(&tls->mutex);
}

/* ---- on the loop -------------------------------------------------------------------- */

static void deliver(struct tls_connect_job *job)
{
    if (job->done != NULL) {
        job->done(job->context, &job->wire);
    } else {
        db_wire_abort(&job->wire);
    }
    free(job);
}

static void on_async_closed(uv_handle_t *handle)
{
    struct tls_connect *tls = container_of(handle, struct tls_connect, async);

    uv_cond_destroy(&tls->work);
    uv_mutex_destroy(&tls->mutex);
    if (tls->on_close != NULL) {
        tls->on_close(tls);
    }
}

static void join(struct tls_connect *tls)
{
    for (unsigned i = 0; i < tls->threads_started; i++) {
        uv_thread_join(&tls->threads[i]);
    }
    tls->threads_started = 0;
    uv_close((uv_handle_t *)&tls->async, on_async_closed);
}

static void on_async(uv_async_t *async)
{
    struct tls_connect *tls = container_of(async, struct tls_connect, async);
    struct list ended;
    bool over;

    list_init(&ended);
    uv_mutex_lock(&tls->mutex);
    list_each (link, &tls->ended) {
        list_remove(link);
        list_append(&ended, link);
    }
    over = tls->stopping && tls->threads_ended == tls->threads_started;
    uv_mutex_unlock(&tls->mutex);
    while (!list_empty(&ended)) {
        struct tls_connect_job *job = container_of(ended.next, struct tls_connect_job, link);

        list_remove(&job->link);
        deliver(job);
    }
    if (over && !uv_is_closing((uv_handle_t *)async)) {
        join(tls);
    }
}

int tls_connect_init(struct tls_connect *tls, uv_loop_t *loop, struct err *err)
{
    int code;

    *tls = (struct tls_connect){0};
    list_init(&tls->queued);
    list_init(&tls->ended);
    code = uv_async_init(loop, &tls->async, on_async);
    if (code != 0) {
        return err_set(err, ERR_LIMIT, "TLS threads: %s", uv_strerror(code));
    }
    /* These two fail only for want of memory at the start of the program. */
    code = uv_mutex_init(&tls->mutex) | uv_cond_init(&tls->work);
    assert(code == 0);
    for (unsigned i = 0; i < LIMIT_TLS_THREADS; i++) {
        code = uv_thread_create(&tls->threads[i], thread_main, tls);
        if (code != 0) {
            tls_connect_close(tls, NULL);
            return err_set(err, ERR_LIMIT, "TLS threads: %s", uv_strerror(code));
        }
        tls->threads_started++;
    }
    return 0;
}

struct tls_connect_job *tls_connect_start(struct tls_connect *tls, const struct db_wire *wire,
                                          uint64_t timeout_ms, void *context,
                                          void (*done)(void *context, const struct db_wire *wire))
{
    struct tls_connect_job *job = calloc(1, sizeof *job);

    assert(done != NULL);
    assert(!tls->stopping);
    if (job == NULL) {
        return NULL;
    }
    job->queued = true;
    job->wire = *wire;
    job->deadline_ns = uv_hrtime() + timeout_ms * 1000000;
    job->context = context;
    db_wire_bound(&job->wire, timeout_ms);
    job->done = done;
    uv_mutex_lock(&tls->mutex);
    list_append(&tls->queued, &job->link);
    uv_cond_signal(&tls->work);
    uv_mutex_unlock(&tls->mutex);
    return job;
}

void tls_connect_cancel(struct tls_connect *tls, struct tls_connect_job *job)
{
    bool queued;

    assert(job->done != NULL);
    job->done = NULL;
    uv_mutex_lock(&tls->mutex);
    queued = job->queued;
    if (queued) {
        list_remove(&job->link);
    }
    uv_mutex_unlock(&tls->mutex);
    if (queued) {
        deliver(job);
    }
}

void tls_connect_close(struct tls_connect *tls, void (*cb)(struct tls_connect *tls))
{
    tls->on_close = cb;
    uv_mutex_lock(&tls->mutex);
    assert(!tls->stopping);
    assert(list_empty(&tls->queued));
    tls->stopping = true;
    uv_cond_broadcast(&tls->work);
    uv_mutex_unlock(&tls->mutex);
    uv_async_send(&tls->async);
}
