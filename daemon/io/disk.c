/* The happy path: the loop queues a request and wakes the writer; the writer takes the whole
 * queue, does it (disk_work.h), puts the requests on the list of those done and wakes the loop,
 * which calls back in order. It wakes it by an eventfd: uv_async_send() has the loop spin until the
 * sender is back from its own write(), which was a tenth of a busy leader's CPU. The log's mark
 * goes with the next append, or after a moment without anything to do.
 *
 * When anything fails, that request and all that follow end with the code of the first failure and
 * nothing more is written. When there is no space, the writer keeps what it couldn't do and tries
 * again, now and then and whenever a request comes.
 *
 * Closing: the writer finishes its queue and says so with a last wake-up; only then
 * is it joined, which by then doesn't block, and the handle closed. What still waits for space
 * then has failed. */
#include "daemon/io/disk.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "consensus/wal.h"
#include "daemon/io/clock.h"
#include "daemon/io/disk_work.h"

enum { DISK_FULL_RETRY_MS = 200, DISK_REST_MS = 20, NANOSECONDS = 1000000 };

struct disk {
    /* the writer's, once it runs */
    struct disk_work work;

    /* shared, under the mutex */
    uv_mutex_t mutex;
    uv_cond_t wake;
    struct list queue;
    struct list done;
    bool stopping;
    bool stopped;
    bool impatient; /* no more waiting for space */
    bool full;
    bool crowded;
    struct err failure;

    /* the loop's */
    uv_thread_t thread;
    uv_poll_t bell;
    int bell_fd;
    uint32_t waiting;
    struct list asked; /* what waits, oldest first */
    bool told_full;    /* as far as the loop knows */
    bool told_crowded; /* as far as the loop knows */
    struct err told;   /* the failure, as far as the loop knows */
    void (*closed_cb)(void *context);
    void *closed_context;
};

const char *disk_state_name(enum disk_state state)
{
    static const char *const names[] = {
#define X(name, text) [name] = text,
        DISK_STATE_MAP(X)
#undef X
    };

    assert(state <= DISK_FAILED);
    return names[state];
}

/* ---- the writer's side ---------------------------------------------------------- */

static void move_all(struct list *to, struct list *from)
{
    while (!list_empty(from)) {
        struct list *link = from->next;

        list_remove(link);
        list_append(to, link);
    }
}

static bool is_crowded(const struct disk *disk)
{
    return disk->work.store.log.segment_count >= DISK_LOG_SEGMENTS / 2;
}

/* Can't fail but by a signal: the number in it is far from full. */
static void ring(struct disk *disk)
{
    uint64_t one = 1;
    ssize_t written;

    do {
        written = write(disk->bell_fd, &one, sizeof one);
    } while (written < 0 && errno == EINTR);
    assert(written == sizeof one);
}

static void hand_back(struct disk *disk, struct list *done, const struct err *err)
{
    uv_mutex_lock(&disk->mutex);
    if (disk->work.broken != 0 && disk->failure.code == 0) {
        disk->failure = *err;
    }
    disk->full = disk->work.full;
    disk->crowded = is_crowded(disk);
    move_all(&disk->done, done);
    uv_mutex_unlock(&disk->mutex);
    ring(disk);
}

static void work_off(struct disk *disk, struct list *queue, struct err *err)
{
    struct list done;
    bool full = disk->work.full;

    list_init(&done);
    while (disk_work_step(&disk->work, queue, &done, err)) {
        hand_back(disk, &done, err);
    }
    if (disk->work.full != full) {
        hand_back(disk, &done, err);
    }
}

/* Under the mutex, which it gives up. */
static void rest(struct disk *disk)
{
    struct list none;
    struct err err = {0};

    uv_mutex_unlock(&disk->mutex);
    list_init(&none);
    disk_work_rest(&disk->work, &err);
    if (disk->work.broken != 0) {
        hand_back(disk, &none, &err);
    }
    uv_mutex_lock(&disk->mutex);
}

/* Sleeps until there is something to do, or to try again; true when there never will be. */
static bool wait_for_work(struct disk *disk, struct list *queue, bool *impatient)
{
    bool last;

    uv_mutex_lock(&disk->mutex);
    if (!list_empty(queue) && list_empty(&disk->queue) && !disk->impatient) {
        uv_cond_timedwait(&disk->wake, &disk->mutex, (uint64_t)DISK_FULL_RETRY_MS * NANOSECONDS);
    }
    while (list_empty(queue) && list_empty(&disk->queue) && !disk->stopping) {
        if (!disk_work_owes(&disk->work)) {
            uv_cond_wait(&disk->wake, &disk->mutex);
        } else if (uv_cond_timedwait(&disk->wake, &disk->mutex,
                                     (uint64_t)DISK_REST_MS * NANOSECONDS) == UV_ETIMEDOUT) {
            rest(disk);
        }
    }
    last = disk->stopping && list_empty(&disk->queue);
    *impatient = disk->impatient;
    move_all(queue, &disk->queue);
    uv_mutex_unlock(&disk->mutex);
    return last;
}

static void give_up(struct disk *disk, struct list *queue)
{
    struct err err = {0};

    disk->work.broken = err_set(&err, ERR_FULL, "the disk was still full at the end");
    work_off(disk, queue, &err);
}

static void writer(void *argument)
{
    struct disk *disk = argument;
    struct list queue;
    bool impatient = false;
    bool last = false;

    list_init(&queue);
    while (!last) {
        struct err err = {0};

        last = wait_for_work(disk, &queue, &impatient);
        work_off(disk, &queue, &err);
        if (impatient && !list_empty(&queue)) {
            give_up(disk, &queue);
        }
    }
    disk_store_close(&disk->work.store); /* it syncs */
    uv_mutex_lock(&disk->mutex);
    disk->stopped = true;
    uv_mutex_unlock(&disk->mutex);
    ring(disk);
}

/* ---- the loop's side -------------------------------------------------------------- */

static void disk_free(struct disk *disk)
{
    disk_store_close(&disk->work.store);
    disk_work_finish(&disk->work);
    free(disk);
}

static void on_closed(uv_handle_t *handle)
{
    struct disk *disk = container_of((uv_poll_t *)handle, struct disk, bell);
    void (*cb)(void *context) = disk->closed_cb;
    void *context = disk->closed_context;

    close(disk->bell_fd);
    uv_cond_destroy(&disk->wake);
    uv_mutex_destroy(&disk->mutex);
    disk_free(disk);
    cb(context);
}

static void on_bell(uv_poll_t *bell, int status, int events)
{
    struct disk *disk = container_of(bell, struct disk, bell);
    struct list done;
    uint64_t count;
    bool stopped;

    (void)status; /* whatever it is, the list is looked at */
    (void)events;
    list_init(&done);
    if (read(disk->bell_fd, &count, sizeof count) < 0) {
        assert(errno == EAGAIN || errno == EINTR); /* it goes on ringing */
    }
    uv_mutex_lock(&disk->mutex);
    move_all(&done, &disk->done);
    stopped = disk->stopped;
    disk->told = disk->failure;
    disk->told_full = disk->full;
    disk->told_crowded = disk->crowded;
    uv_mutex_unlock(&disk->mutex);
    while (!list_empty(&done)) {
        struct disk_request *request = container_of(done.next, struct disk_request, link);

        list_remove(&request->link);
        list_remove(&request->asked);
        buf_finish(&request->bytes);
        assert(disk->waiting > 0);
        disk->waiting--;
        request->cb(request, request->result);
    }
    if (stopped && !uv_is_closing((uv_handle_t *)bell)) {
        assert(disk->waiting == 0);
        uv_thread_join(&disk->thread);
        uv_close((uv_handle_t *)bell, on_closed);
    }
}

static void submit(struct disk *disk, struct disk_request *request, enum disk_kind kind, disk_cb cb)
{
    assert(!disk->stopping && cb != NULL);
    request->kind = kind;
    request->cb = cb;
    request->waits = false;
    request->asked_ms = clock_now_ms();
    list_init(&request->link);
    list_append(&disk->asked, &request->asked);
    disk->waiting++;
    uv_mutex_lock(&disk->mutex);
    list_append(&disk->queue, &request->link);
    uv_mutex_unlock(&disk->mutex);
    uv_cond_signal(&disk->wake); /* it finds the mutex free */
}

bool disk_busy(const struct disk *disk)
{
    return disk->waiting >= LIMIT_DISK_REQUESTS;
}

bool disk_crowded(const struct disk *disk)
{
    return disk->told_crowded;
}

enum disk_state disk_state(const struct disk *disk, uint64_t now_ms)
{
    const struct disk_request *oldest = container_of(disk->asked.next, struct disk_request, asked);

    if (disk->told.code != 0) {
        return DISK_FAILED;
    }
    if (disk->told_full) {
        return DISK_FULL;
    }
    return disk->waiting > 0 && now_ms >= oldest->asked_ms + LIMIT_DISK_SLOW_MS ? DISK_SLOW
                                                                                : DISK_OK;
}

const char *disk_failure(const struct disk *disk)
{
    return disk->told.text;
}

void disk_write_vote(struct disk *disk, struct disk_request *request, uint64_t term, uint32_t vote,
                     disk_cb cb)
{
    text_copy(request->name, sizeof(request->name), "vote");
    buf_init(&request->bytes, DISK_STORE_VOTE_BYTES);
    buf_append_u64(&request->bytes, term);
    buf_append_u32(&request->bytes, vote);
    submit(disk, request, DISK_SMALL, cb);
}

void disk_append_begin(struct disk_request *request)
{
    buf_init(&request->bytes, DISK_LOG_WRITE_BYTES);
    request->first = 0;
}

void disk_append_add(struct disk_request *request, const struct raft_entry *entry)
{
    assert(request->first == 0 || entry->index == request->last + 1);
    if (request->first == 0) {
        request->first = entry->index;
    }
    request->last = entry->index;
    request->last_term = entry->term;
    wal_put(&request->bytes, entry);
}

void disk_append_submit(struct disk *disk, struct disk_request *request, disk_cb cb)
{
    assert(request->first > 0);
    submit(disk, request, DISK_APPEND, cb);
}

void disk_write_snapshot(struct disk *disk, struct disk_request *request,
                         const struct raft_snapshot *snapshot, uint64_t keep, disk_cb cb)
{
    assert(keep <= snapshot->index + 1);
    buf_init(&request->bytes, WAL_SNAPSHOT_BYTES + LIMIT_SNAPSHOT_BYTES);
    wal_snapshot_encode(&request->bytes, snapshot);
    request->first = snapshot->index;
    request->last = snapshot->index;
    request->last_term = snapshot->term;
    request->keep = keep;
    submit(disk, request, DISK_SNAPSHOT, cb);
}

static bool is_small_name(const char *name)
{
    static const char *const taken[] = {"vote", "identity", "lock", "snapshot"};
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (strcmp(name, taken[i]) == 0) {
            return false;
        }
    }
    return length > 0 && length < LIMIT_NAME_SIZE && name[length] == '\0' &&
           strncmp(name, "log-", 4) != 0;
}

int disk_write_small(struct disk *disk, struct disk_request *request, const char *name,
                     const void *bytes, size_t length, disk_cb cb)
{
    if (!is_small_name(name)) {
        return ERR_INVALID;
    }
    if (length > LIMIT_SMALL_BYTES) {
        return ERR_LIMIT;
    }
    if (disk_busy(disk)) {
        return ERR_BUSY;
    }
    text_copy(request->name, sizeof(request->name), name);
    buf_init(&request->bytes, LIMIT_SMALL_BYTES);
    buf_append(&request->bytes, bytes, length);
    submit(disk, request, DISK_SMALL, cb);
    return 0;
}

int disk_read_small(struct disk *disk, const char *name, uint8_t *bytes, size_t *length,
                    struct err *err)
{
    uint64_t sequence;

    if (!is_small_name(name)) {
        return err_set(err, ERR_INVALID, "%s is no name for a small record", name);
    }
    return disk_slots_read(disk->work.store.directory, name, &sequence, bytes, length, err);
}

void disk_stop_waiting(struct disk *disk)
{
    uv_mutex_lock(&disk->mutex);
    disk->impatient = true;
    uv_cond_signal(&disk->wake);
    uv_mutex_unlock(&disk->mutex);
}

void disk_close(struct disk *disk, void (*cb)(void *context), void *context)
{
    assert(!disk->stopping);
    disk->closed_cb = cb;
    disk->closed_context = context;
    uv_mutex_lock(&disk->mutex);
    disk->stopping = true;
    disk->impatient = true;
    uv_cond_signal(&disk->wake);
    uv_mutex_unlock(&disk->mutex);
}

/* ---- opening ------------------------------------------------------------------------ */

static int start_writer(struct disk *disk, uv_loop_t *loop)
{
    if (uv_mutex_init(&disk->mutex) != 0) {
        return ERR_NOMEM;
    }
    if (uv_cond_init(&disk->wake) != 0) {
        goto no_cond;
    }
    disk->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (disk->bell_fd < 0) {
        goto no_eventfd;
    }
    if (uv_poll_init(loop, &disk->bell, disk->bell_fd) != 0) {
        goto no_poll;
    }
    if (uv_poll_start(&disk->bell, UV_READABLE, on_bell) != 0 ||
        uv_thread_create(&disk->thread, writer, disk) != 0) {
        uv_close((uv_handle_t *)&disk->bell, NULL);
        uv_run(loop, UV_RUN_NOWAIT);
        goto no_poll;
    }
    return 0;

no_poll:
    close(disk->bell_fd);
no_eventfd:
    uv_cond_destroy(&disk->wake);
no_cond:
    uv_mutex_destroy(&disk->mutex);
    return ERR_NOMEM;
}

int disk_open(struct disk **out, const struct disk_config *config, struct disk_recovered *recovered,
              struct err *err)
{
    struct disk *disk = calloc(1, sizeof(*disk));
    int rv;

    *out = NULL;
    *recovered = (struct disk_recovered){0};
    if (disk == NULL) {
        return err_set(err, ERR_NOMEM, "no memory for the store");
    }
    list_init(&disk->queue);
    list_init(&disk->done);
    list_init(&disk->asked);
    disk_work_init(&disk->work);
    rv = disk_store_open(&disk->work.store, config, recovered, err);
    if (rv == 0) {
        disk->told_crowded = is_crowded(disk);
        rv = start_writer(disk, config->loop);
        if (rv != 0) {
            err_set(err, rv, "the writer thread can't be started");
        }
    }
    if (rv != 0) {
        err_wrap(err, "%s", config->directory);
        disk_recovered_release(recovered);
        disk_free(disk);
        return rv;
    }
    *out = disk;
    return 0;
}
