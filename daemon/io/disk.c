/* The happy path: the loop queues a request and wakes the writer; the writer takes
 * the whole queue, joins neighbouring appends, writes, syncs, puts the requests on
 * the list of those done and wakes the loop, which calls back in order.
 *
 * When anything fails, `broken` is set for good: that request and all that follow
 * end with ERR_IO (or the code of the first failure) and nothing more is written.
 *
 * Closing: the writer finishes its queue and says so with a last wake-up; only then
 * is it joined, which by then doesn't block, and the handle closed. */
#include "daemon/io/disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "consensus/wal.h"
#include "daemon/io/disk_store.h"

struct disk {
    /* the writer's, once it runs */
    struct disk_store store;
    struct buf batch;
    int broken;

    /* shared, under the mutex */
    uv_mutex_t mutex;
    uv_cond_t wake;
    struct list queue;
    struct list done;
    bool stopping;
    bool stopped;
    struct err failure;

    /* the loop's */
    uv_thread_t thread;
    uv_async_t async;
    uint32_t waiting;
    struct err told; /* the failure, as far as the loop knows */
    void (*closed_cb)(void *context);
    void *closed_context;
};

/* ---- the writer's side ---------------------------------------------------------- */

/* Takes from `queue` the appends that go on where `first` ends; one write for all. */
static int write_appends(struct disk *disk, struct disk_request *first, struct list *queue,
                         struct list *batch, struct err *err)
{
    uint64_t last = first->last;

    buf_reset(&disk->batch);
    buf_append(&disk->batch, first->bytes.data, first->bytes.length);
    while (!list_empty(queue)) {
        struct disk_request *next = container_of(queue->next, struct disk_request, link);

        if (next->kind != DISK_APPEND || next->first != last + 1 ||
            disk->batch.length + next->bytes.length > DISK_LOG_WRITE_BYTES) {
            break;
        }
        buf_append(&disk->batch, next->bytes.data, next->bytes.length);
        last = next->last;
        list_remove(&next->link);
        list_append(batch, &next->link);
    }
    if (!buf_ok(&disk->batch)) {
        return err_set(err, ERR_NOMEM, "no memory to write %zu bytes", disk->batch.length);
    }
    return disk_log_append(&disk->store.log, first->first, last, disk->batch.data,
                           disk->batch.length, err);
}

static int carry_out(struct disk *disk, struct disk_request *request, struct list *queue,
                     struct list *batch, struct err *err)
{
    if (!buf_ok(&request->bytes)) {
        return err_set(err, ERR_NOMEM, "no memory for a write");
    }
    switch (request->kind) {
    case DISK_SMALL:
        return disk_store_small(&disk->store, request->name, request->bytes.data,
                                request->bytes.length, err);
    case DISK_SNAPSHOT:
        return disk_store_snapshot(&disk->store, request->last, request->bytes.data,
                                   request->bytes.length, request->keep, err);
    case DISK_APPEND:
        return write_appends(disk, request, queue, batch, err);
    }
    return ERR_INVALID;
}

static void hand_back(struct disk *disk, struct list *batch, int result, const struct err *err)
{
    uv_mutex_lock(&disk->mutex);
    if (result != 0 && disk->failure.code == 0) {
        disk->failure = *err;
    }
    while (!list_empty(batch)) {
        struct disk_request *request = container_of(batch->next, struct disk_request, link);

        request->result = result;
        list_remove(&request->link);
        list_append(&disk->done, &request->link);
    }
    uv_mutex_unlock(&disk->mutex);
    uv_async_send(&disk->async);
}

static void work_off(struct disk *disk, struct list *queue)
{
    while (!list_empty(queue)) {
        struct disk_request *request = container_of(queue->next, struct disk_request, link);
        struct err err = {0};
        struct list batch;

        list_init(&batch);
        list_remove(&request->link);
        list_append(&batch, &request->link);
        if (disk->broken == 0) {
            disk->broken = carry_out(disk, request, queue, &batch, &err);
        }
        hand_back(disk, &batch, disk->broken, &err);
    }
}

static void move_all(struct list *to, struct list *from)
{
    while (!list_empty(from)) {
        struct list *link = from->next;

        list_remove(link);
        list_append(to, link);
    }
}

static void writer(void *argument)
{
    struct disk *disk = argument;
    struct list queue;
    bool stopping = false;

    list_init(&queue);
    while (!stopping) {
        uv_mutex_lock(&disk->mutex);
        while (list_empty(&disk->queue) && !disk->stopping) {
            uv_cond_wait(&disk->wake, &disk->mutex);
        }
        stopping = disk->stopping && list_empty(&disk->queue);
        move_all(&queue, &disk->queue);
        disk->stopped = stopping;
        uv_mutex_unlock(&disk->mutex);
        work_off(disk, &queue);
    }
    uv_async_send(&disk->async);
}

/* ---- the loop's side -------------------------------------------------------------- */

static void disk_free(struct disk *disk)
{
    disk_store_close(&disk->store);
    buf_finish(&disk->batch);
    free(disk);
}

static void on_closed(uv_handle_t *handle)
{
    struct disk *disk = container_of((uv_async_t *)handle, struct disk, async);
    void (*cb)(void *context) = disk->closed_cb;
    void *context = disk->closed_context;

    uv_cond_destroy(&disk->wake);
    uv_mutex_destroy(&disk->mutex);
    disk_free(disk);
    cb(context);
}

static void on_wake(uv_async_t *async)
{
    struct disk *disk = container_of(async, struct disk, async);
    struct list done;
    bool stopped;

    list_init(&done);
    uv_mutex_lock(&disk->mutex);
    move_all(&done, &disk->done);
    stopped = disk->stopped;
    disk->told = disk->failure;
    uv_mutex_unlock(&disk->mutex);
    while (!list_empty(&done)) {
        struct disk_request *request = container_of(done.next, struct disk_request, link);

        list_remove(&request->link);
        buf_finish(&request->bytes);
        assert(disk->waiting > 0);
        disk->waiting--;
        request->cb(request, request->result);
    }
    if (stopped && !uv_is_closing((uv_handle_t *)async)) {
        assert(disk->waiting == 0);
        uv_thread_join(&disk->thread);
        uv_close((uv_handle_t *)async, on_closed);
    }
}

static void submit(struct disk *disk, struct disk_request *request, enum disk_kind kind, disk_cb cb)
{
    assert(!disk->stopping && cb != NULL);
    request->kind = kind;
    request->cb = cb;
    list_init(&request->link);
    disk->waiting++;
    uv_mutex_lock(&disk->mutex);
    list_append(&disk->queue, &request->link);
    uv_cond_signal(&disk->wake);
    uv_mutex_unlock(&disk->mutex);
}

bool disk_busy(const struct disk *disk)
{
    return disk->waiting >= LIMIT_DISK_REQUESTS;
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
    return disk_slots_read(disk->store.directory, name, &sequence, bytes, length, err);
}

void disk_close(struct disk *disk, void (*cb)(void *context), void *context)
{
    assert(!disk->stopping);
    disk->closed_cb = cb;
    disk->closed_context = context;
    uv_mutex_lock(&disk->mutex);
    disk->stopping = true;
    uv_cond_signal(&disk->wake);
    uv_mutex_unlock(&disk->mutex);
}

/* ---- opening ------------------------------------------------------------------------ */

void disk_recovered_release(struct disk_recovered *recovered)
{
    for (size_t i = 0; i < recovered->entry_count; i++) {
        raft_blob_release(recovered->entries[i].blob);
    }
    free(recovered->entries);
    raft_blob_release(recovered->snapshot.blob);
    *recovered = (struct disk_recovered){0};
}

static int start_writer(struct disk *disk, uv_loop_t *loop)
{
    if (uv_mutex_init(&disk->mutex) != 0) {
        return ERR_NOMEM;
    }
    if (uv_cond_init(&disk->wake) != 0) {
        goto no_cond;
    }
    if (uv_async_init(loop, &disk->async, on_wake) != 0) {
        goto no_async;
    }
    if (uv_thread_create(&disk->thread, writer, disk) != 0) {
        uv_close((uv_handle_t *)&disk->async, NULL);
        uv_run(loop, UV_RUN_NOWAIT);
        goto no_async;
    }
    return 0;

no_async:
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
    buf_init(&disk->batch, DISK_LOG_WRITE_BYTES);
    rv = disk_store_open(&disk->store, config, recovered, err);
    if (rv == 0) {
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
