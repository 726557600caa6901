/* lease_desk: requests for leases, each answered only after a majority confirmed
 * a round that was sent after it arrived (safety.md section 2).
 *
 * Happy path: request -> allowed? -> confirm -> still allowed? -> answer. Not allowed, not
 * confirmed, or no leader any more: no answer; the guard asks again, and its
 * deadline goes on running from the last request that was answered. */
#include <assert.h>
#include <stdlib.h>

#include "daemon/io/clock.h"
#include "daemon/lead/lead_internal.h"

struct desk_request {
    struct lead *lead;
    uint64_t term;
    uint32_t from;
    struct order_lease_request request;
};

static void answer(struct lead *lead, const struct desk_request *asked)
{
    struct order_message message = {
        .from = lead->config.self, .to = asked->from, .kind = ORDER_KIND_LEASE_ANSWER};

    if (!lead->leading || lead->term != asked->term) {
        return;
    }
    if (!grant_allowed(&lead->grants, lead->config.ledger, &asked->request, NULL)) {
        return;
    }
    grant_answer(&lead->grants, lead->config.ledger, &asked->request, lead->term, clock_now_ms(),
                 &message.lease_answer);
    lead->config.ports.send(lead->config.ports.context, &message);
}

static void on_confirmed(void *context, bool confirmed)
{
    struct desk_request *asked = context;
    struct lead *lead = asked->lead;

    if (confirmed) {
        answer(lead, asked);
    }
    free(asked);
    lead->requests_open--;
    if (lead->closing) {
        lead_closed_one(lead);
    }
}

void lease_desk_receive(struct lead *lead, const struct order_message *message)
{
    const struct lead_ports *ports = &lead->config.ports;
    struct desk_request *asked;

    assert(message->kind == ORDER_KIND_LEASE_REQUEST);
    assert(lead->leading);
    if (!grant_allowed(&lead->grants, lead->config.ledger, &message->lease_request, NULL)) {
        return;
    }
    asked = calloc(1, sizeof *asked);
    if (asked == NULL) {
        return; /* the guard asks again */
    }
    asked->lead = lead;
    asked->term = lead->term;
    asked->from = message->from;
    asked->request = message->lease_request;
    lead->requests_open++;
    ports->confirm(ports->context, on_confirmed, asked);
}
