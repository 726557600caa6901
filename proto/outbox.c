#include "proto/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct outbox_message {
    struct list link;
    enum peer_kind kind;
    size_t length;
    size_t taken;
    uint8_t bytes[];
};

/* Even an empty message takes memory, so that a flood of them is bounded too. */
static size_t weight(const struct outbox_message *message)
{
    return sizeof *message + message->length - message->taken;
}

static struct outbox_message *first(const struct list *queue)
{
    return container_of(queue->next, struct outbox_message, link);
}

static void forget(struct outbox *outbox, struct outbox_message *message)
{
    outbox->bytes -= weight(message);
    list_remove(&message->link);
    free(message);
}

void outbox_init(struct outbox *outbox)
{
    *outbox = (struct outbox){.bytes = 0};
    list_init(&outbox->urgent);
    list_init(&outbox->bulk);
}

void outbox_finish(struct outbox *outbox)
{
    while (!list_empty(&outbox->urgent)) {
        forget(outbox, first(&outbox->urgent));
    }
    while (!list_empty(&outbox->bulk)) {
        forget(outbox, first(&outbox->bulk));
    }
    assert(outbox->bytes == 0);
}

bool outbox_empty(const struct outbox *outbox)
{
    return list_empty(&outbox->urgent) && list_empty(&outbox->bulk);
}

/* A message that was begun can't be taken back. */
static bool make_room(struct outbox *outbox, size_t need)
{
    list_each (link, &outbox->bulk) {
        struct outbox_message *message = container_of(link, struct outbox_message, link);

        if (outbox->bytes + need <= LIMIT_PEER_QUEUE_BYTES) {
            break;
        }
        if (message->taken == 0) {
            forget(outbox, message);
            outbox->dropped++;
        }
    }
    return outbox->bytes + need <= LIMIT_PEER_QUEUE_BYTES;
}

int outbox_put(struct outbox *outbox, enum peer_kind kind, const uint8_t *bytes, size_t length)
{
    struct outbox_message *message;

    assert(kind != PEER_CONFIRM && peer_kind_name(kind) != NULL);
    if (length > LIMIT_MESSAGE_BYTES || !make_room(outbox, sizeof *message + length)) {
        outbox->dropped++;
        return ERR_LIMIT;
    }
    message = malloc(sizeof *message + length);
    if (message == NULL) {
        outbox->dropped++;
        return ERR_NOMEM;
    }
    message->kind = kind;
    message->length = length;
    message->taken = 0;
    if (length > 0) {
        memcpy(message->bytes, bytes, length);
    }
    outbox->bytes += weight(message);
    list_append(peer_kind_is_urgent(kind, length) ? &outbox->urgent : &outbox->bulk,
                &message->link);
    return 0;
}

size_t outbox_take(struct outbox *outbox, struct frame_header *header, uint8_t *body, size_t size)
{
    bool urgent = !list_empty(&outbox->urgent);
    struct outbox_message *message = first(urgent ? &outbox->urgent : &outbox->bulk);
    size_t n = message->length - message->taken;

    assert(!outbox_empty(outbox) && size > 0);
    if (n > size) {
        n = size;
    }
    memcpy(body, message->bytes + message->taken, n);
    message->taken += n;
    outbox->bytes -= n;
    *header = (struct frame_header){
        .kind = message->kind, .urgent = urgent, .more = message->taken < message->length};
    if (!header->more) {
        forget(outbox, message);
    }
    return n;
}
