#include "tests/unit/main.h"

#include <stdlib.h>
#include <string.h>

#include "proto/guard.pb-c.h"
#include "topology/message.h"

static void fill_text(char *text, size_t size, char letter)
{
    memset(text, letter, size - 1);
    text[size - 1] = '\0';
}

static void fill_position(struct gtid_position *position, uint32_t count, uint32_t server)
{
    position->count = count;
    for (uint32_t i = 0; i < count; i++) {
        position->gtids[i] = (struct gtid){i, server + i, UINT64_MAX - i};
    }
}

static void fill_state(struct gtid_state *state, uint32_t count)
{
    state->count = count;
    for (uint32_t i = 0; i < count; i++) {
        state->gtids[i] = (struct gtid){i / 2, i % 2, 1000 + i};
    }
}

static void fill_observation(struct observation *observation)
{
    fill_text(observation->version, sizeof observation->version, 'v');
    observation->server_id = UINT32_MAX;
    observation->uptime_s = UINT64_MAX;
    observation->read_only = true;
    observation->event_scheduler = true;
    observation->semi_sync_master = true;
    observation->semi_sync_slave = true;
    observation->semi_sync_clients = 7;
    fill_position(&observation->binlog, LIMIT_GTID_DOMAINS, 1);
    fill_position(&observation->received, LIMIT_GTID_DOMAINS, 2);
    fill_position(&observation->applied, LIMIT_GTID_DOMAINS, 3);
    fill_state(&observation->history, LIMIT_GTID_PAIRS);
    observation->channel_count = LIMIT_CHANNELS;
    for (uint32_t i = 0; i < LIMIT_CHANNELS; i++) {
        struct observation_channel *channel = &observation->channels[i];

        fill_text(channel->name, sizeof channel->name, 'a' + (char)i);
        fill_text(channel->source, sizeof channel->source, 's');
        channel->io = OBSERVATION_THREAD_CONNECTING;
        channel->sql = OBSERVATION_THREAD_YES;
        channel->io_errno = 1236;
        channel->sql_errno = 1950;
        fill_text(channel->io_error, sizeof channel->io_error, 'i');
        fill_text(channel->sql_error, sizeof channel->sql_error, 'q');
        channel->delay_s = 3600;
        channel->using_gtid = true;
    }
}

static void fill_report(struct order_report *report)
{
    fill_text(report->server, sizeof report->server, 'd');
    report->start_id = 11;
    report->testimony = ORDER_SILENT;
    report->pid = 12;
    report->writable = true;
    report->soft_fenced = true;
    report->floor = 13;
    report->lease_epoch = 14;
    report->lease_ms_left = 15;
    report->observed_ms_ago = 16;
    report->has_observation = true;
    fill_observation(&report->observation);
    fill_text(report->extra, sizeof report->extra, 'e');
    report->saved_transactions = 17;
}

static void fill_order(struct order *order)
{
    fill_text(order->cluster, sizeof order->cluster, 'c');
    fill_text(order->server, sizeof order->server, 'd');
    order->start_id = 21;
    order->term = 22;
    order->epoch = 23;
    order->operation = 24;
    order->step = 25;
    order->action = OPERATION_ACTION_START;
    order->deadline_ms = 26;
    fill_text(order->source_server, sizeof order->source_server, 's');
    fill_text(order->source_address, sizeof order->source_address, 'a');
    fill_position(&order->position, LIMIT_GTID_DOMAINS, 4);
    order->has_history = true;
    fill_state(&order->history, LIMIT_GTID_PAIRS);
    order->lossless = true;
    order->write_gap_ms = 27;
    order->leased = true;
    order->source_id = UINT32_MAX;
}

static void fill_result(struct order_result *result)
{
    fill_text(result->server, sizeof result->server, 'd');
    result->term = 31;
    result->epoch = 32;
    result->operation = 33;
    result->step = 34;
    result->outcome = ORDER_REFUSED;
    result->proof = OPERATION_PROOF_OPERATOR;
    result->ms = 35;
    fill_text(result->detail, sizeof result->detail, 't');
    fill_position(&result->position, LIMIT_GTID_DOMAINS, 5);
}

/* Zeroed first, so that two filled alike are equal byte by byte. */
static struct order_message *filled(enum order_kind kind)
{
    struct order_message *message = calloc(1, sizeof *message);

    ck_assert_ptr_nonnull(message);
    text_copy(message->from_name, LIMIT_NAME_SIZE, "a1");
    text_copy(message->to_name, LIMIT_NAME_SIZE, "a2");
    message->hops = 3;
    message->kind = kind;
    switch (kind) {
    case ORDER_KIND_REPORT:
        fill_report(&message->report);
        break;
    case ORDER_KIND_LEASE_REQUEST:
        fill_text(message->lease_request.server, LIMIT_NAME_SIZE, 'd');
        message->lease_request.start_id = 41;
        message->lease_request.number = 42;
        message->lease_request.epoch = 43;
        break;
    case ORDER_KIND_LEASE_ANSWER:
        fill_text(message->lease_answer.server, LIMIT_NAME_SIZE, 'd');
        message->lease_answer.start_id = 51;
        message->lease_answer.number = 52;
        message->lease_answer.epoch = 53;
        message->lease_answer.term = 54;
        message->lease_answer.length_ms = 55;
        break;
    case ORDER_KIND_ORDER:
        fill_order(&message->order);
        break;
    case ORDER_KIND_RESULT:
        fill_result(&message->result);
        break;
    }
    return message;
}

static void encode(struct buf *buf, const struct order_message *message)
{
    buf_init(buf, LIMIT_FRAME_BYTES);
    message_encode(message, buf);
    ck_assert(buf_ok(buf));
}

START_TEST(every_kind_comes_back_as_it_went)
{
    struct order_message *went = filled((enum order_kind)_i);
    struct order_message *came = calloc(1, sizeof *came);
    struct buf buf;
    struct buf again;
    struct err err = {0};

    encode(&buf, went);
    ck_assert_msg(message_decode(came, buf.data, buf.length, &err) == 0, "%s", err.text);
    ck_assert_mem_eq(came, went, sizeof *came);
    encode(&again, came);
    ck_assert_uint_eq(again.length, buf.length);
    ck_assert_mem_eq(again.data, buf.data, buf.length);
    buf_finish(&again);
    buf_finish(&buf);
    free(came);
    free(went);
}
END_TEST

START_TEST(an_absent_observation_stays_absent)
{
    struct order_message *went = filled(ORDER_KIND_REPORT);
    struct order_message *came = calloc(1, sizeof *came);
    struct buf buf;

    went->report.has_observation = false;
    encode(&buf, went);
    ck_assert_int_eq(message_decode(came, buf.data, buf.length, NULL), 0);
    ck_assert(!came->report.has_observation);
    ck_assert_uint_eq(came->report.observation.server_id, 0);
    buf_finish(&buf);
    free(came);
    free(went);
}
END_TEST

START_TEST(bytes_cut_at_any_place_are_harmless)
{
    struct order_message *went = filled((enum order_kind)_i);
    struct order_message *came = calloc(1, sizeof *came);
    struct buf buf;

    encode(&buf, went);
    for (size_t length = 0; length < buf.length; length++) {
        uint8_t *exact = malloc(length + 1); /* so that the sanitizer sees one byte too far */

        memcpy(exact, buf.data, length);
        /* A cut between two fields may leave a shorter message, but never this one. */
        if (message_decode(came, exact, length, NULL) == 0) {
            ck_assert_mem_ne(came, went, sizeof *came);
        }
        free(exact);
    }
    buf_finish(&buf);
    free(came);
    free(went);
}
END_TEST

START_TEST(flipped_bytes_are_harmless)
{
    struct order_message *went = filled((enum order_kind)_i);
    struct order_message *came = calloc(1, sizeof *came);
    struct buf buf;

    encode(&buf, went);
    for (size_t at = 0; at < buf.length; at++) {
        buf.data[at] ^= (uint8_t)(1u << (at % 8));
        message_decode(came, buf.data, buf.length, NULL);
        buf.data[at] ^= (uint8_t)(1u << (at % 8));
    }
    ck_assert_int_eq(message_decode(came, buf.data, buf.length, NULL), 0);
    buf_finish(&buf);
    free(came);
    free(went);
}
END_TEST

/* Packs `order` as the body of a message; expects a refusal that names `field`. */
static void expect_refused(Guard__Order *order, const char *field)
{
    Guard__Message wire;
    struct order_message *came = calloc(1, sizeof *came);
    struct err err = {0};
    uint8_t *bytes;
    size_t length;

    guard__message__init(&wire);
    wire.body_case = GUARD__MESSAGE__BODY_ORDER;
    wire.order = order;
    length = guard__message__get_packed_size(&wire);
    bytes = malloc(length + 1);
    guard__message__pack(&wire, bytes);
    ck_assert_int_eq(message_decode(came, bytes, length, &err), ERR_PROTOCOL);
    ck_assert_msg(strstr(err.text, field) != NULL, "\"%s\" does not name %s", err.text, field);
    free(bytes);
    free(came);
}

START_TEST(a_text_one_byte_too_long_is_refused)
{
    char long_name[LIMIT_NAME_SIZE + 1];
    Guard__Order order;

    fill_text(long_name, sizeof long_name, 'x');
    guard__order__init(&order);
    order.server = long_name;
    expect_refused(&order, "server");
}
END_TEST

START_TEST(a_list_one_entry_too_long_is_refused)
{
    Guard__Gtid gtids[LIMIT_GTID_PAIRS + 1];
    Guard__Gtid *pointers[LIMIT_GTID_PAIRS + 1];
    Guard__Order order;

    for (uint32_t i = 0; i < LIMIT_GTID_PAIRS + 1; i++) {
        guard__gtid__init(&gtids[i]);
        gtids[i].domain = i;
        pointers[i] = &gtids[i];
    }
    guard__order__init(&order);
    order.n_position = LIMIT_GTID_DOMAINS + 1;
    order.position = pointers;
    expect_refused(&order, "position");
    guard__order__init(&order);
    order.n_history = LIMIT_GTID_PAIRS + 1;
    order.history = pointers;
    expect_refused(&order, "history");
}
END_TEST

START_TEST(an_unsorted_position_is_refused)
{
    Guard__Gtid gtids[2];
    Guard__Gtid *pointers[2] = {&gtids[0], &gtids[1]};
    Guard__Order order;

    guard__gtid__init(&gtids[0]);
    guard__gtid__init(&gtids[1]);
    gtids[1].server = 1; /* the same domain again: a state may, a position may not */
    guard__order__init(&order);
    order.n_position = 2;
    order.position = pointers;
    expect_refused(&order, "position");
}
END_TEST

START_TEST(an_unknown_action_is_refused)
{
    Guard__Order order;

    guard__order__init(&order);
    order.action = OPERATION_ACTION_CATCH_UP + 1;
    expect_refused(&order, "action");
}
END_TEST

START_TEST(no_body_and_too_many_bytes_are_refused)
{
    struct order_message *came = calloc(1, sizeof *came);
    uint8_t *bytes = calloc(1, LIMIT_FRAME_BYTES + 1);
    struct err err = {0};

    ck_assert_int_eq(message_decode(came, bytes, 0, &err), ERR_PROTOCOL);
    ck_assert_int_eq(message_decode(came, bytes, LIMIT_FRAME_BYTES + 1, &err), ERR_PROTOCOL);
    free(bytes);
    free(came);
}
END_TEST

START_TEST(every_testimony_has_a_name)
{
    ck_assert_str_eq(order_testimony_name(ORDER_UNKNOWN), "unknown");
    ck_assert_str_eq(order_testimony_name(ORDER_STOPPED), "stopped");
    ck_assert_str_eq(order_testimony_name(ORDER_ANSWERING), "answering");
    ck_assert_str_eq(order_testimony_name(ORDER_SILENT), "silent");
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("message");
    TCase *tcase = tcase_create("message");
    enum { KINDS = ORDER_KIND_RESULT + 1 };

    tcase_add_loop_test(tcase, every_kind_comes_back_as_it_went, 0, KINDS);
    tcase_add_test(tcase, an_absent_observation_stays_absent);
    tcase_add_loop_test(tcase, bytes_cut_at_any_place_are_harmless, 0, KINDS);
    tcase_add_loop_test(tcase, flipped_bytes_are_harmless, 0, KINDS);
    tcase_add_test(tcase, a_text_one_byte_too_long_is_refused);
    tcase_add_test(tcase, a_list_one_entry_too_long_is_refused);
    tcase_add_test(tcase, an_unsorted_position_is_refused);
    tcase_add_test(tcase, an_unknown_action_is_refused);
    tcase_add_test(tcase, no_body_and_too_many_bytes_are_refused);
    tcase_add_test(tcase, every_testimony_has_a_name);
    suite_add_tcase(suite, tcase);
    return suite;
}
