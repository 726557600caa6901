#include "topology/lease.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

enum {
    ASKS_PER_LEASE = 10,
    LENGTH_MS_MAX = 24 * 60 * 60 * 1000, /* far above any profile; keeps sums small */
};

static struct lease_request *slot(struct lease *lease, uint64_t number)
{
    return &lease->requests[number % LEASE_REQUESTS];
}

void lease_init(struct lease *lease, uint64_t start_id)
{
    memset(lease, 0, sizeof *lease);
    lease->start_id = start_id;
}

void lease_want(struct lease *lease, uint64_t epoch)
{
    if (epoch == lease->wanted_epoch) {
        return;
    }
    lease->wanted_epoch = epoch;
    lease->asked_ms = 0;
    lease->answered = false;
}

void lease_hurry(struct lease *lease)
{
    lease->asked_ms = 0;
}

uint64_t lease_ask_at(const struct lease *lease, uint32_t lease_ms, uint32_t heartbeat_ms)
{
    if (lease->wanted_epoch == 0) {
        return LEASE_NEVER;
    }
    if (lease->asked_ms == 0) {
        return 0;
    }
    return lease->asked_ms + (lease->answered ? lease_ms / ASKS_PER_LEASE : heartbeat_ms);
}

void lease_ask(struct lease *lease, uint64_t now_ms, const char *server,
               struct order_lease_request *request)
{
    assert(lease->wanted_epoch != 0);
    assert(now_ms >= lease->asked_ms);
    lease->number++;
    lease->asked_ms = now_ms;
    lease->answered = false;
    *slot(lease, lease->number) = (struct lease_request){
        .number = lease->number, .epoch = lease->wanted_epoch, .sent_ms = now_ms};
    *request = (struct order_lease_request){
        .start_id = lease->start_id, .number = lease->number, .epoch = lease->wanted_epoch};
    text_copy(request->server, sizeof request->server, server);
}

bool lease_take(struct lease *lease, const struct order_lease_answer *answer)
{
    struct lease_request *request = slot(lease, answer->number);

    if (answer->start_id != lease->start_id || answer->number == 0 ||
        request->number != answer->number || request->epoch != answer->epoch ||
        answer->epoch != lease->wanted_epoch || answer->length_ms == 0 ||
        answer->length_ms > LENGTH_MS_MAX) {
        return false;
    }
    request->number = 0;
    lease->answered = lease->answered || answer->number == lease->number;
    if (answer->epoch > lease->epoch || request->sent_ms >= lease->sent_ms) {
        lease->epoch = answer->epoch;
        lease->sent_ms = request->sent_ms;
        lease->length_ms = answer->length_ms;
    }
    return true;
}

void lease_forget_below(struct lease *lease, uint64_t floor)
{
    if (lease->epoch < floor) {
        lease->epoch = 0;
        lease->sent_ms = 0;
        lease->length_ms = 0;
    }
}

uint64_t lease_soft_at(const struct lease *lease)
{
    return lease->sent_ms + (uint64_t)lease->length_ms * 2 / 3;
}

uint64_t lease_hard_at(const struct lease *lease)
{
    return lease->sent_ms + (uint64_t)lease->length_ms * 9 / 10;
}

uint64_t lease_deadline(const struct lease *lease)
{
    return lease->sent_ms + lease->length_ms;
}

bool lease_holds(const struct lease *lease, uint64_t now_ms)
{
    return lease->epoch != 0 && now_ms < lease_soft_at(lease);
}

uint32_t lease_ms_left(const struct lease *lease, uint64_t now_ms)
{
    uint64_t deadline = lease_deadline(lease);

    return lease->epoch == 0 || now_ms >= deadline ? 0 : (uint32_t)(deadline - now_ms);
}
