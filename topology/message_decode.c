#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "proto/guard.pb-c.h"
#include "topology/message.h"

#define ONE(...) +1
enum {
    ACTION_COUNT = 0 OPERATION_STEP_MAP(ONE),
    PROOF_COUNT = 0 OPERATION_PROOF_MAP(ONE),
    TESTIMONY_COUNT = 0 ORDER_TESTIMONY_MAP(ONE),
    THREAD_COUNT = 0 OBSERVATION_THREAD_MAP(ONE),
    OUTCOME_COUNT = ORDER_REFUSED + 1,
};
#undef ONE

/* Copying goes on after the first fault, which is the one that is told. */
struct reading {
    int code;
    struct err *err;
};

static void take_text(struct reading *reading, char *target, size_t size, const char *text,
                      const char *field)
{
    if (!text_copy(target, size, text) && reading->code == 0) {
        reading->code =
            err_set(reading->err, ERR_PROTOCOL, "%s is longer than %zu bytes", field, size - 1);
    }
}

static uint32_t take_choice(struct reading *reading, uint32_t value, uint32_t count,
                            const char *field)
{
    if (value < count) {
        return value;
    }
    if (reading->code == 0) {
        reading->code =
            err_set(reading->err, ERR_PROTOCOL, "%s is %u; this version knows values below %u",
                    field, value, count);
    }
    return 0;
}

static uint32_t take_count(struct reading *reading, size_t count, uint32_t limit, const char *field)
{
    if (count <= limit) {
        return (uint32_t)count;
    }
    if (reading->code == 0) {
        reading->code = err_set(reading->err, ERR_PROTOCOL,
                                "%s has %zu entries; at most %u are accepted", field, count, limit);
    }
    return 0;
}

/* -1, 0, 1 as a stands before, at, after b in the order of a position (by
 * domain) or of a state (by domain and server). */
static int gtid_place(const struct gtid *a, const struct gtid *b, bool by_server)
{
    if (a->domain != b->domain) {
        return a->domain < b->domain ? -1 : 1;
    }
    if (!by_server || a->server == b->server) {
        return 0;
    }
    return a->server < b->server ? -1 : 1;
}

static uint32_t take_gtids(struct reading *reading, struct gtid *gtids, uint32_t limit,
                           Guard__Gtid *const *wire, size_t wire_count, bool by_server,
                           const char *field)
{
    uint32_t count = take_count(reading, wire_count, limit, field);

    for (uint32_t i = 0; i < count; i++) {
        gtids[i].domain = wire[i]->domain;
        gtids[i].server = wire[i]->server;
        gtids[i].sequence = wire[i]->sequence;
        if (i > 0 && gtid_place(&gtids[i - 1], &gtids[i], by_server) >= 0) {
            if (reading->code == 0) {
                reading->code = err_set(reading->err, ERR_PROTOCOL,
                                        "%s is not sorted, or names a GTID twice", field);
            }
            return 0;
        }
    }
    return count;
}

#define take_position(reading, position, wire, field)                                              \
    ((position)->count = take_gtids((reading), (position)->gtids, LIMIT_GTID_DOMAINS,              \
                                    (wire)->field, (wire)->n_##field, false, #field))
#define take_state(reading, state, wire, field)                                                    \
    ((state)->count = take_gtids((reading), (state)->gtids, LIMIT_GTID_PAIRS, (wire)->field,       \
                                 (wire)->n_##field, true, #field))
#define take(reading, target, wire, field)                                                         \
    take_text((reading), (target)->field, sizeof(target)->field, (wire)->field, #field)

static void take_channel(struct reading *reading, struct observation_channel *channel,
                         const Guard__Channel *wire)
{
    take(reading, channel, wire, name);
    take(reading, channel, wire, source);
    channel->io = take_choice(reading, wire->io, THREAD_COUNT, "io");
    channel->sql = take_choice(reading, wire->sql, THREAD_COUNT, "sql");
    channel->io_errno = wire->io_errno;
    channel->sql_errno = wire->sql_errno;
    take(reading, channel, wire, io_error);
    take(reading, channel, wire, sql_error);
    channel->delay_s = wire->delay_s;
    channel->using_gtid = wire->using_gtid;
}

static void take_observation(struct reading *reading, struct observation *observation,
                             const Guard__Observation *wire)
{
    take(reading, observation, wire, version);
    observation->server_id = wire->server_id;
    observation->uptime_s = wire->uptime_s;
    observation->read_only = wire->read_only;
    observation->event_scheduler = wire->event_scheduler;
    observation->semi_sync_master = wire->semi_sync_master;
    observation->semi_sync_slave = wire->semi_sync_slave;
    observation->semi_sync_clients = wire->semi_sync_clients;
    take_position(reading, &observation->binlog, wire, binlog);
    take_position(reading, &observation->received, wire, received);
    take_position(reading, &observation->applied, wire, applied);
    take_state(reading, &observation->history, wire, history);
    observation->channel_count = take_count(reading, wire->n_channels, LIMIT_CHANNELS, "channels");
    for (uint32_t i = 0; i < observation->channel_count; i++) {
        take_channel(reading, &observation->channels[i], wire->channels[i]);
    }
}

static void take_report(struct reading *reading, struct order_report *report,
                        const Guard__Report *wire)
{
    take(reading, report, wire, server);
    report->start_id = wire->start_id;
    report->testimony = take_choice(reading, wire->testimony, TESTIMONY_COUNT, "testimony");
    report->pid = wire->pid;
    report->writable = wire->writable;
    report->soft_fenced = wire->soft_fenced;
    report->floor = wire->floor;
    report->lease_epoch = wire->lease_epoch;
    report->lease_ms_left = wire->lease_ms_left;
    report->observed_ms_ago = wire->observed_ms_ago;
    take(reading, report, wire, extra);
    report->saved_transactions = wire->saved_transactions;
    report->has_observation = wire->observation != NULL;
    if (wire->observation != NULL) {
        take_observation(reading, &report->observation, wire->observation);
    }
}

static void take_lease_request(struct reading *reading, struct order_lease_request *request,
                               const Guard__LeaseRequest *wire)
{
    take(reading, request, wire, server);
    request->start_id = wire->start_id;
    request->number = wire->number;
    request->epoch = wire->epoch;
}

static void take_lease_answer(struct reading *reading, struct order_lease_answer *answer,
                              const Guard__LeaseAnswer *wire)
{
    take(reading, answer, wire, server);
    answer->start_id = wire->start_id;
    answer->number = wire->number;
    answer->epoch = wire->epoch;
    answer->term = wire->term;
    answer->length_ms = wire->length_ms;
}

static void take_order(struct reading *reading, struct order *order, const Guard__Order *wire)
{
    take(reading, order, wire, cluster);
    take(reading, order, wire, server);
    order->start_id = wire->start_id;
    order->term = wire->term;
    order->epoch = wire->epoch;
    order->operation = wire->operation;
    order->step = wire->step;
    order->action = take_choice(reading, wire->action, ACTION_COUNT, "action");
    order->deadline_ms = wire->deadline_ms;
    take(reading, order, wire, source_server);
    take(reading, order, wire, source_address);
    take_position(reading, &order->position, wire, position);
    order->has_history = wire->has_history;
    take_state(reading, &order->history, wire, history);
    order->lossless = wire->lossless;
    order->write_gap_ms = wire->write_gap_ms;
    order->leased = wire->leased;
    order->source_id = wire->source_id;
}

static void take_result(struct reading *reading, struct order_result *result,
                        const Guard__OrderResult *wire)
{
    take(reading, result, wire, server);
    result->term = wire->term;
    result->epoch = wire->epoch;
    result->operation = wire->operation;
    result->step = wire->step;
    result->outcome = take_choice(reading, wire->result, OUTCOME_COUNT, "result");
    result->proof = take_choice(reading, wire->proof, PROOF_COUNT, "proof");
    result->ms = wire->ms;
    take(reading, result, wire, detail);
    take_position(reading, &result->position, wire, position);
}

static void take_body(struct reading *reading, struct order_message *message,
                      const Guard__Message *wire)
{
    switch (wire->body_case) {
    case GUARD__MESSAGE__BODY_REPORT:
        message->kind = ORDER_KIND_REPORT;
        take_report(reading, &message->report, wire->report);
        return;
    case GUARD__MESSAGE__BODY_LEASE_REQUEST:
        message->kind = ORDER_KIND_LEASE_REQUEST;
        take_lease_request(reading, &message->lease_request, wire->lease_request);
        return;
    case GUARD__MESSAGE__BODY_LEASE_ANSWER:
        message->kind = ORDER_KIND_LEASE_ANSWER;
        take_lease_answer(reading, &message->lease_answer, wire->lease_answer);
        return;
    case GUARD__MESSAGE__BODY_ORDER:
        message->kind = ORDER_KIND_ORDER;
        take_order(reading, &message->order, wire->order);
        return;
    case GUARD__MESSAGE__BODY_ORDER_RESULT:
        message->kind = ORDER_KIND_RESULT;
        take_result(reading, &message->result, wire->order_result);
        return;
    default:
        reading->code = err_set(reading->err, ERR_PROTOCOL,
                                "a message between leader and guard without a known body");
        return;
    }
}

int message_decode(struct order_message *message, const uint8_t *bytes, size_t length,
                   struct err *err)
{
    struct reading reading = {.code = 0, .err = err};
    Guard__Message *wire;

    if (length > LIMIT_FRAME_BYTES) {
        return err_set(err, ERR_PROTOCOL, "a message of %zu bytes; at most %d are accepted", length,
                       LIMIT_FRAME_BYTES);
    }
    wire = guard__message__unpack(NULL, length, bytes);
    if (wire == NULL) {
        return err_set(err, ERR_PROTOCOL, "%zu bytes that are no message between leader and guard",
                       length);
    }
    memset(message, 0, sizeof *message);
    take_text(&reading, message->from_name, sizeof message->from_name, wire->from, "from");
    take_text(&reading, message->to_name, sizeof message->to_name, wire->to, "to");
    message->hops = wire->hops;
    take_body(&reading, message, wire);
    guard__message__free_unpacked(wire, NULL);
    return reading.code;
}
