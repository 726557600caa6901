#include "daemon/io/disk_work.h"

#include <string.h>

void disk_work_init(struct disk_work *work)
{
    *work = (struct disk_work){.store = {.directory = -1, .lock = -1, .log = {.fd = -1}}};
    buf_init(&work->batch, WAL_RECORD_BYTES + DISK_LOG_WRITE_BYTES);
}

void disk_work_finish(struct disk_work *work)
{
    buf_finish(&work->batch);
}

static struct disk_request *first_of(struct list *list)
{
    return list_empty(list) ? NULL : container_of(list->next, struct disk_request, link);
}

/* Is there a request for the same small record in front of it that found no space? */
static bool must_wait(struct list *queue, const struct disk_request *small)
{
    for (struct list *link = queue->next; link != &small->link; link = link->next) {
        const struct disk_request *other = container_of(link, struct disk_request, link);

        if (other->waits && strcmp(other->name, small->name) == 0) {
            return true;
        }
    }
    return false;
}

/* The first small record that can still be tried. */
static struct disk_request *first_small(struct list *queue)
{
    list_each (link, queue) {
        struct disk_request *request = container_of(link, struct disk_request, link);

        if (request->kind == DISK_SMALL && !request->waits && !must_wait(queue, request)) {
            return request;
        }
    }
    return NULL;
}

static void move(struct list *to, struct disk_request *request)
{
    list_remove(&request->link);
    list_append(to, &request->link);
}

/* Takes from `queue` the appends that go on where `first` ends; one write for all. */
static int write_appends(struct disk_work *work, struct disk_request *first, struct list *queue,
                         struct list *batch, struct err *err)
{
    static const uint8_t room[WAL_RECORD_BYTES]; /* disk_log_append() wants it */
    uint64_t last = first->last;
    struct disk_request *next;

    buf_reset(&work->batch);
    buf_append(&work->batch, room, sizeof(room));
    buf_append(&work->batch, first->bytes.data, first->bytes.length);
    while ((next = first_of(queue)) != NULL && next->kind == DISK_APPEND &&
           next->first == last + 1 && buf_ok(&next->bytes) &&
           work->batch.length - sizeof(room) + next->bytes.length <=
               work->store.log.sizes.write_bytes) {
        buf_append(&work->batch, next->bytes.data, next->bytes.length);
        last = next->last;
        move(batch, next);
    }
    if (!buf_ok(&work->batch)) {
        return err_set(err, ERR_NOMEM, "no memory to write %zu bytes", work->batch.length);
    }
    return disk_log_append(&work->store.log, first->first, last, work->batch.data,
                           work->batch.length, err);
}

static int carry_out(struct disk_work *work, struct disk_request *request, struct list *queue,
                     struct list *batch, struct err *err)
{
    if (!buf_ok(&request->bytes)) {
        return err_set(err, ERR_NOMEM, "no memory for a write");
    }
    switch (request->kind) {
    case DISK_SMALL:
        return disk_store_small(&work->store, request->name, request->bytes.data,
                                request->bytes.length, err);
    case DISK_SNAPSHOT:
        return disk_store_snapshot(&work->store, request->last, request->bytes.data,
                                   request->bytes.length, request->keep, err);
    case DISK_APPEND:
        return write_appends(work, request, queue, batch, err);
    }
    return ERR_INVALID;
}

/* In front of the queue, in the order that they had. */
static void put_back(struct list *queue, struct list *batch)
{
    while (!list_empty(queue)) {
        move(batch, first_of(queue));
    }
    while (!list_empty(batch)) {
        move(queue, first_of(batch));
    }
}

static void finish(struct list *done, struct list *batch, int result)
{
    struct disk_request *request;

    while ((request = first_of(batch)) != NULL) {
        request->result = result;
        move(done, request);
    }
}

/* There will be another snapshot; whoever waits for one from the leader has no other. */
static bool can_be_given_up(const struct disk_request *request)
{
    return request->kind == DISK_SNAPSHOT && request->keep > 0;
}

/* The head has no space. True: small records can go ahead of it; when all were tried, and the
 * head once more, this round of trying is over. */
static bool wait_for_space(struct disk_work *work, struct list *queue)
{
    bool go_on = !work->full && first_small(queue) != NULL;

    work->full = true;
    if (!go_on) {
        list_each (link, queue) {
            container_of(link, struct disk_request, link)->waits = false;
        }
    }
    return go_on;
}

bool disk_work_step(struct disk_work *work, struct list *queue, struct list *done, struct err *err)
{
    struct disk_request *small = work->full ? first_small(queue) : NULL;
    struct disk_request *request = small != NULL ? small : first_of(queue);
    struct list *next;
    struct list batch;
    int rv = work->broken;

    if (request == NULL) {
        return false;
    }
    list_init(&batch);
    next = request->link.next;
    move(&batch, request);
    if (rv == 0 && request->kind != DISK_APPEND) {
        rv = disk_log_rest(&work->store.log, err);
    }
    if (rv == 0) {
        rv = carry_out(work, request, queue, &batch, err);
    }
    if (rv == ERR_FULL && work->broken == 0 && small != NULL) {
        small->waits = true;
        move(next, small); /* back in its place */
        return true;
    }
    if (rv == ERR_FULL && work->broken == 0 && !can_be_given_up(request)) {
        put_back(queue, &batch);
        return wait_for_space(work, queue);
    }
    if (rv == 0 && small == NULL) {
        work->full = false;
    }
    if (rv != 0 && rv != ERR_FULL) {
        work->broken = rv;
    }
    finish(done, &batch, rv);
    return true;
}

bool disk_work_owes(const struct disk_work *work)
{
    return work->store.log.owes_mark && work->broken == 0;
}

void disk_work_rest(struct disk_work *work, struct err *err)
{
    if (work->broken == 0) {
        work->broken = disk_log_rest(&work->store.log, err);
    }
}
