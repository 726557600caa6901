#include "topology/message.h"

#include <assert.h>
#include <string.h>

#include "proto/guard.pb-c.h"

/* protobuf-c holds texts as `char *` and, while packing, only reads them. */
static char *lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* The repeated fields of one message, while it is packed. */
struct lists {
    size_t gtid_count;
    Guard__Gtid gtids[3 * LIMIT_GTID_DOMAINS + LIMIT_GTID_PAIRS];
    Guard__Gtid *gtid_pointers[3 * LIMIT_GTID_DOMAINS + LIMIT_GTID_PAIRS];
    Guard__Channel channels[LIMIT_CHANNELS];
    Guard__Channel *channel_pointers[LIMIT_CHANNELS];
};

static Guard__Gtid **lend_gtids(struct lists *lists, const struct gtid *gtids, uint32_t count)
{
    Guard__Gtid **first = lists->gtid_pointers + lists->gtid_count;

    assert(lists->gtid_count + count <= 3 * LIMIT_GTID_DOMAINS + LIMIT_GTID_PAIRS);
    for (uint32_t i = 0; i < count; i++) {
        Guard__Gtid *gtid = &lists->gtids[lists->gtid_count];

        guard__gtid__init(gtid);
        gtid->domain = gtids[i].domain;
        gtid->server = gtids[i].server;
        gtid->sequence = gtids[i].sequence;
        lists->gtid_pointers[lists->gtid_count++] = gtid;
    }
    return first;
}

static void lend_channel(Guard__Channel *wire, const struct observation_channel *channel)
{
    guard__channel__init(wire);
    wire->name = lend(channel->name);
    wire->source = lend(channel->source);
    wire->io = channel->io;
    wire->sql = channel->sql;
    wire->io_errno = channel->io_errno;
    wire->sql_errno = channel->sql_errno;
    wire->io_error = lend(channel->io_error);
    wire->sql_error = lend(channel->sql_error);
    wire->delay_s = channel->delay_s;
    wire->using_gtid = channel->using_gtid;
}

static void lend_observation(Guard__Observation *wire, struct lists *lists,
                             const struct observation *observation)
{
    assert(observation->channel_count <= LIMIT_CHANNELS);
    guard__observation__init(wire);
    wire->version = lend(observation->version);
    wire->server_id = observation->server_id;
    wire->uptime_s = observation->uptime_s;
    wire->read_only = observation->read_only;
    wire->event_scheduler = observation->event_scheduler;
    wire->semi_sync_master = observation->semi_sync_master;
    wire->semi_sync_slave = observation->semi_sync_slave;
    wire->semi_sync_clients = observation->semi_sync_clients;
    wire->n_binlog = observation->binlog.count;
    wire->binlog = lend_gtids(lists, observation->binlog.gtids, observation->binlog.count);
    wire->n_received = observation->received.count;
    wire->received = lend_gtids(lists, observation->received.gtids, observation->received.count);
    wire->n_applied = observation->applied.count;
    wire->applied = lend_gtids(lists, observation->applied.gtids, observation->applied.count);
    wire->n_history = observation->history.count;
    wire->history = lend_gtids(lists, observation->history.gtids, observation->history.count);
    wire->n_channels = observation->channel_count;
    wire->channels = lists->channel_pointers;
    for (uint32_t i = 0; i < observation->channel_count; i++) {
        lend_channel(&lists->channels[i], &observation->channels[i]);
        lists->channel_pointers[i] = &lists->channels[i];
    }
}

static void begin(Guard__Message *wire, const struct order_message *message)
{
    guard__message__init(wire);
    wire->from = lend(message->from_name);
    wire->to = lend(message->to_name);
    wire->hops = message->hops;
}

static void pack(const Guard__Message *wire, struct buf *buf)
{
    uint8_t *bytes = buf_extend(buf, guard__message__get_packed_size(wire));

    if (bytes != NULL) {
        guard__message__pack(wire, bytes);
    }
}

static void encode_report(const struct order_message *message, struct buf *buf)
{
    const struct order_report *report = &message->report;
    Guard__Message wire;
    Guard__Report body;
    Guard__Observation observation;
    struct lists lists = {.gtid_count = 0};

    guard__report__init(&body);
    body.server = lend(report->server);
    body.start_id = report->start_id;
    body.testimony = report->testimony;
    body.pid = report->pid;
    body.writable = report->writable;
    body.soft_fenced = report->soft_fenced;
    body.floor = report->floor;
    body.lease_epoch = report->lease_epoch;
    body.lease_ms_left = report->lease_ms_left;
    body.observed_ms_ago = report->observed_ms_ago;
    body.extra = lend(report->extra);
    body.saved_transactions = report->saved_transactions;
    if (report->has_observation) {
        lend_observation(&observation, &lists, &report->observation);
        body.observation = &observation;
    }
    begin(&wire, message);
    wire.body_case = GUARD__MESSAGE__BODY_REPORT;
    wire.report = &body;
    pack(&wire, buf);
}

static void encode_lease_request(const struct order_message *message, struct buf *buf)
{
    const struct order_lease_request *request = &message->lease_request;
    Guard__Message wire;
    Guard__LeaseRequest body;

    guard__lease_request__init(&body);
    body.server = lend(request->server);
    body.start_id = request->start_id;
    body.number = request->number;
    body.epoch = request->epoch;
    begin(&wire, message);
    wire.body_case = GUARD__MESSAGE__BODY_LEASE_REQUEST;
    wire.lease_request = &body;
    pack(&wire, buf);
}

static void encode_lease_answer(const struct order_message *message, struct buf *buf)
{
    const struct order_lease_answer *answer = &message->lease_answer;
    Guard__Message wire;
    Guard__LeaseAnswer body;

    guard__lease_answer__init(&body);
    body.server = lend(answer->server);
    body.start_id = answer->start_id;
    body.number = answer->number;
    body.epoch = answer->epoch;
    body.term = answer->term;
    body.length_ms = answer->length_ms;
    begin(&wire, message);
    wire.body_case = GUARD__MESSAGE__BODY_LEASE_ANSWER;
    wire.lease_answer = &body;
    pack(&wire, buf);
}

static void encode_order(const struct order_message *message, struct buf *buf)
{
    const struct order *order = &message->order;
    Guard__Message wire;
    Guard__Order body;
    struct lists lists = {.gtid_count = 0};

    guard__order__init(&body);
    body.cluster = lend(order->cluster);
    body.server = lend(order->server);
    body.start_id = order->start_id;
    body.term = order->term;
    body.epoch = order->epoch;
    body.operation = order->operation;
    body.step = order->step;
    body.action = order->action;
    body.deadline_ms = order->deadline_ms;
    body.source_server = lend(order->source_server);
    body.source_address = lend(order->source_address);
    body.n_position = order->position.count;
    body.position = lend_gtids(&lists, order->position.gtids, order->position.count);
    body.has_history = order->has_history;
    body.n_history = order->history.count;
    body.history = lend_gtids(&lists, order->history.gtids, order->history.count);
    body.lossless = order->lossless;
    body.write_gap_ms = order->write_gap_ms;
    body.leased = order->leased;
    body.source_id = order->source_id;
    begin(&wire, message);
    wire.body_case = GUARD__MESSAGE__BODY_ORDER;
    wire.order = &body;
    pack(&wire, buf);
}

static void encode_result(const struct order_message *message, struct buf *buf)
{
    const struct order_result *result = &message->result;
    Guard__Message wire;
    Guard__OrderResult body;
    struct lists lists = {.gtid_count = 0};

    guard__order_result__init(&body);
    body.server = lend(result->server);
    body.term = result->term;
    body.epoch = result->epoch;
    body.operation = result->operation;
    body.step = result->step;
    body.result = result->outcome;
    body.proof = result->proof;
    body.ms = result->ms;
    body.detail = lend(result->detail);
    body.n_position = result->position.count;
    body.position = lend_gtids(&lists, result->position.gtids, result->position.count);
    begin(&wire, message);
    wire.body_case = GUARD__MESSAGE__BODY_ORDER_RESULT;
    wire.order_result = &body;
    pack(&wire, buf);
}

void message_encode(const struct order_message *message, struct buf *buf)
{
    switch (message->kind) {
    case ORDER_KIND_REPORT:
        encode_report(message, buf);
        return;
    case ORDER_KIND_LEASE_REQUEST:
        encode_lease_request(message, buf);
        return;
    case ORDER_KIND_LEASE_ANSWER:
        encode_lease_answer(message, buf);
        return;
    case ORDER_KIND_ORDER:
        encode_order(message, buf);
        return;
    case ORDER_KIND_RESULT:
        encode_result(message, buf);
        return;
    }
    assert(!"a message of no known kind");
}
