#include "daemon/node/requests.h"

#include <assert.h>

static struct node_proposal *first_proposal(const struct list *list)
{
    return list_empty(list) ? NULL : container_of(list->next, struct node_proposal, link);
}

static struct node_confirmation *first_confirmation(const struct list *list)
{
    return list_empty(list) ? NULL : container_of(list->next, struct node_confirmation, link);
}

/* The last touch: the caller may free it or use it again. */
static void answer_proposal(struct node_proposal *proposal, int result)
{
    list_remove(&proposal->link);
    raft_blob_release(proposal->blob);
    proposal->blob = NULL;
    proposal->cb(proposal, result);
}

static void answer_confirmation(struct node_confirmation *confirmation, int result)
{
    list_remove(&confirmation->link);
    confirmation->cb(confirmation, result);
}

/* Only those that are there now: a callback may ask again. */
static void take_all(struct list *to, struct list *from)
{
    list_init(to);
    while (!list_empty(from)) {
        struct list *link = from->next;

        list_remove(link);
        list_append(to, link);
    }
}

static void answer_proposals(struct list *list, int result)
{
    struct node_proposal *proposal;
    struct list all;

    take_all(&all, list);
    while ((proposal = first_proposal(&all)) != NULL) {
        answer_proposal(proposal, result);
    }
}

static void answer_confirmations(struct list *list, int result)
{
    struct node_confirmation *confirmation;
    struct list all;

    take_all(&all, list);
    while ((confirmation = first_confirmation(&all)) != NULL) {
        answer_confirmation(confirmation, result);
    }
}

void requests_init(struct requests *requests)
{
    list_init(&requests->queued);
    list_init(&requests->changes);
    list_init(&requests->pending);
    list_init(&requests->refused);
    list_init(&requests->asked);
    list_init(&requests->sent);
}

static uint32_t length_of(const struct list *list)
{
    uint32_t length = 0;

    for (const struct list *link = list->next; link != list; link = link->next) {
        length++;
    }
    return length;
}

uint32_t requests_queued(const struct requests *requests)
{
    return length_of(&requests->queued);
}

uint32_t requests_changes(const struct requests *requests)
{
    return length_of(&requests->changes);
}

uint32_t requests_next(const struct requests *requests, struct raft_blob **blobs,
                       uint32_t count_max, size_t bytes_max)
{
    uint32_t most = count_max < LIMIT_APPEND_ENTRIES ? count_max : LIMIT_APPEND_ENTRIES;
    uint32_t count = 0;
    size_t bytes = 0;

    for (struct list *link = requests->queued.next; link != &requests->queued; link = link->next) {
        struct raft_blob *blob = container_of(link, struct node_proposal, link)->blob;

        bytes += blob->length;
        if (count == most || (count > 0 && bytes > bytes_max)) {
            break;
        }
        blobs[count++] = blob;
    }
    return count;
}

void requests_placed(struct requests *requests, uint32_t count, int result, uint64_t first,
                     uint64_t term)
{
    struct list refused;

    list_init(&refused);
    for (uint32_t i = 0; i < count; i++) {
        struct node_proposal *proposal = first_proposal(&requests->queued);

        assert(proposal != NULL);
        proposal->index = result == 0 ? first + i : 0;
        proposal->term = term;
        list_remove(&proposal->link);
        list_append(result == 0 ? &requests->pending : &refused, &proposal->link);
    }
    answer_proposals(&refused, result);
}

struct node_proposal *requests_next_change(const struct requests *requests)
{
    return first_proposal(&requests->changes);
}

void requests_change_placed(struct requests *requests, int result, uint64_t index, uint64_t term)
{
    struct node_proposal *proposal = first_proposal(&requests->changes);

    assert(proposal != NULL);
    if (result != 0) {
        answer_proposal(proposal, result);
        return;
    }
    proposal->index = index;
    proposal->term = term;
    list_remove(&proposal->link);
    list_append(&requests->pending, &proposal->link);
}

void requests_applied(struct requests *requests, uint64_t index, uint64_t term)
{
    struct node_proposal *proposal = first_proposal(&requests->pending);

    if (proposal != NULL && proposal->index == index) {
        assert(proposal->term == term);
        answer_proposal(proposal, 0);
    }
    (void)term;
}

void requests_round_sent(struct requests *requests, uint64_t round)
{
    struct node_confirmation *confirmation;

    while ((confirmation = first_confirmation(&requests->asked)) != NULL) {
        confirmation->round = round;
        list_remove(&confirmation->link);
        list_append(&requests->sent, &confirmation->link);
    }
}

void requests_round_confirmed(struct requests *requests, uint64_t round, uint64_t term)
{
    struct node_confirmation *confirmation;

    while ((confirmation = first_confirmation(&requests->sent)) != NULL &&
           confirmation->round <= round) {
        confirmation->term = term;
        answer_confirmation(confirmation, 0);
    }
}

void requests_refuse(struct requests *requests, bool leads)
{
    struct node_proposal *proposal;
    struct list all;

    take_all(&all, &requests->refused);
    while ((proposal = first_proposal(&all)) != NULL) {
        answer_proposal(proposal, proposal->result);
    }
    if (!leads) {
        answer_proposals(&requests->queued, ERR_NOTLEADER);
        answer_proposals(&requests->changes, ERR_NOTLEADER);
        answer_confirmations(&requests->asked, ERR_NOTLEADER);
    }
}

void requests_lost(struct requests *requests)
{
    answer_proposals(&requests->pending, ERR_TIMEOUT);
    answer_confirmations(&requests->sent, ERR_NOTLEADER);
}

void requests_end(struct requests *requests, int result)
{
    answer_proposals(&requests->refused, result);
    answer_proposals(&requests->queued, result);
    answer_proposals(&requests->changes, result);
    answer_proposals(&requests->pending, result);
    answer_confirmations(&requests->asked, result);
    answer_confirmations(&requests->sent, result);
}
