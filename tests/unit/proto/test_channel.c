/* The handshake: who is let in, and who isn't. */
#include "tests/unit/main.h"

#include "tests/unit/proto/channel_fixture.h"

START_TEST(two_agents_find_each_other)
{
    open_both();
    ck_assert_uint_eq(channels[A1].remote, 2);
    ck_assert_uint_eq(channels[A2].remote, 1);
    ck_assert_uint_eq(channels[A1].remote_start_id, 1001);
    ck_assert_uint_eq(channels[A2].remote_start_id, 1000);
    ck_assert_mem_eq(channels[A1].handshake.hash, channels[A2].handshake.hash, NOISE_HASH_BYTES);
}
END_TEST

/* ---- clusters (safety.md section 8) ---- */

struct belongs {
    uint64_t cluster;
    bool newcomer;
};

static void belong(unsigned side, struct belongs belongs)
{
    selves[side].cluster = belongs.cluster;
    selves[side].newcomer = belongs.newcomer;
}

/* A first meeting of these two. */
static void meet(struct belongs a1, struct belongs a2)
{
    teardown();
    setup();
    channel_finish(&channels[A1]); /* its hello is made already */
    belong(A1, a1);
    belong(A2, a2);
    start(A1, 2);
}

START_TEST(MC_17_agents_of_two_clusters_do_not_speak)
{
    meet((struct belongs){5, false}, (struct belongs){7, false});
    write_all(A1);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:other_cluster ");
    write_all(A2);
    ck_assert_uint_eq(wires[A2].length, 0);
}
END_TEST

/* Version 1 says nothing of clusters, and its own was never recovered. */
START_TEST(MC_17_an_agent_that_was_never_recovered_is_of_cluster_0)
{
    meet((struct belongs){0, false}, (struct belongs){7, false});
    write_all(A1);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:other_cluster ");
}
END_TEST

START_TEST(MC_17_agents_of_one_cluster_and_newcomers_do)
{
    static const struct belongs pairs[][2] = {{{7, false}, {7, false}},
                                              {{7, false}, {0, true}},
                                              {{0, true}, {7, false}},
                                              {{5, true}, {7, true}}};

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        meet(pairs[i][A1], pairs[i][A2]);
        open_both();
        ck_assert(channel_same_cluster(&channels[A1]) && channel_same_cluster(&channels[A2]));
    }
}
END_TEST

/* The one who learns it ends it. */
START_TEST(MC_17_a_newcomer_that_learns_where_it_belongs_is_one_no_more)
{
    meet((struct belongs){0, true}, (struct belongs){7, false});
    open_both();
    belong(A1, (struct belongs){5, false});
    ck_assert(!channel_same_cluster(&channels[A1]));
    ck_assert(channel_same_cluster(&channels[A2]));
    belong(A1, (struct belongs){7, false});
    ck_assert(channel_same_cluster(&channels[A1]));
}
END_TEST

/* ---- refusals of the handshake ---- */

static void check_refused(const char *by_a1, const char *by_a2)
{
    write_all(A1);
    read_all(A2);
    write_all(A2);
    read_all(A1);
    write_all(A1);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A1]), by_a1);
    ck_assert_str_eq(buf_text(&got[A2]), by_a2);
}

START_TEST(an_unknown_key_is_refused)
{
    keys_generate(&selves[A1].keys);
    channel_finish(&channels[A1]);
    start(A1, 2);
    check_refused("", "closed:unknown_key ");
    ck_assert_uint_eq(channels[A2].remote, 0);
}
END_TEST

START_TEST(another_agent_than_expected_is_refused)
{
    struct key_pair other;

    keys_generate(&other);
    memcpy(selves[A1].peers[1].key, other.public, KEYS_BYTES);
    channel_finish(&channels[A1]);
    start(A1, 2);
    check_refused("", "closed:bad_handshake ");
}
END_TEST

START_TEST(a_key_of_low_order_closes_at_once)
{
    memset(selves[A1].peers[1].key, 0, KEYS_BYTES);
    channel_finish(&channels[A1]);
    start(A1, 2);
    ck_assert_int_eq(channels[A1].state, CHANNEL_CLOSED);
    ck_assert_int_eq(channels[A1].reason, PEER_BAD_HANDSHAKE);
    ck_assert_uint_eq(write_some(A1, 65536), 0);
}
END_TEST

START_TEST(a_wrong_name_is_refused)
{
    text_copy(selves[A1].peers[0].name, LIMIT_NAME_SIZE, "a3");
    channel_finish(&channels[A1]);
    start(A1, 2);
    check_refused("", "closed:wrong_name ");
}
END_TEST

START_TEST(a_responder_of_a_wrong_name_is_refused)
{
    text_copy(selves[A2].peers[1].name, LIMIT_NAME_SIZE, "a3");
    check_refused("closed:wrong_name ", "");
}
END_TEST

START_TEST(the_larger_name_may_not_connect)
{
    channel_finish(&channels[A1]);
    channel_finish(&channels[A2]);
    start(A1, 0);
    start(A2, 1);
    write_all(A2);
    read_all(A1);
    ck_assert_str_eq(buf_text(&got[A1]), "closed:wrong_direction ");
}
END_TEST

/* The table changes while there are channels; who isn't in it any more is unknown. */
START_TEST(a_key_that_left_the_table_is_unknown)
{
    selves[A2].peers[0].name[0] = '\0';
    check_refused("", "closed:unknown_key ");
}
END_TEST

START_TEST(the_table_may_have_gaps_and_other_numbers)
{
    selves[A2].peers[LIMIT_AGENT_SLOTS - 1] = selves[A2].peers[0];
    selves[A2].peers[0].name[0] = '\0';
    open_both();
    ck_assert_uint_eq(channels[A2].remote, LIMIT_AGENT_SLOTS);
}
END_TEST

/* A hello of our own making, from a1's key. */
static void write_false_hello(const uint8_t *payload, size_t length, const char *prologue)
{
    struct noise_handshake handshake;
    uint8_t message[FRAME_LENGTH_BYTES + 1024];
    uint8_t ephemeral[KEYS_BYTES];

    randombytes_buf(ephemeral, sizeof ephemeral);
    noise_init(&handshake, &(struct noise_options){.initiator = true,
                                                   .local_static = &selves[A1].keys,
                                                   .local_ephemeral = ephemeral,
                                                   .remote_static = selves[A2].keys.public,
                                                   .prologue = (const uint8_t *)prologue,
                                                   .prologue_length = strlen(prologue)});
    ck_assert_int_eq(noise_write(&handshake, payload, length, message + 2, &length), 0);
    frame_put_length(message, length);
    buf_append(&wires[A1], message, length + 2);
}

static void check_false_hello(uint32_t version, const char *prologue, const char *expected)
{
    uint8_t payload[128];
    char name[] = "a1";
    Peer__Hello hello;
    size_t length;

    peer__hello__init(&hello);
    hello.name = name;
    hello.version = version;
    length = peer__hello__pack(&hello, payload);
    write_false_hello(payload, length, prologue);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), expected);
}

START_TEST(versions_are_compared)
{
    check_false_hello(PEER_VERSION_OLDEST - 1, "orchestratord peer channel 1",
                      "closed:wrong_version ");
    channel_finish(&channels[A2]);
    start(A2, 0);
    buf_reset(&got[A2]);
    check_false_hello(PEER_VERSION + 1, "orchestratord peer channel 1", "");
    ck_assert_int_eq(channels[A2].state, CHANNEL_WAIT_CONFIRM);
}
END_TEST

START_TEST(another_protocol_is_refused)
{
    check_false_hello(PEER_VERSION, "orchestratord peer channel 2", "closed:bad_handshake ");
}
END_TEST

START_TEST(a_payload_that_is_no_hello_is_refused)
{
    write_false_hello((const uint8_t *)"\xff\xff\xff", 3, "orchestratord peer channel 1");
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:bad_handshake ");
}
END_TEST

START_TEST(a_hello_has_a_limit)
{
    uint8_t head[FRAME_LENGTH_BYTES];

    frame_put_length(head, CHANNEL_HELLO_BYTES_MAX + 1);
    buf_append(&wires[A1], head, sizeof head);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:oversized ");
    channel_finish(&channels[A2]);
    start(A2, 0);
    buf_reset(&got[A2]);
    frame_put_length(head, CHANNEL_HELLO_BYTES_MAX);
    buf_append(&wires[A1], head, sizeof head);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "");
}
END_TEST

START_TEST(TR_01_garbage_is_refused)
{
    static const char garbage[] = "GET / HTTP/1.1\r\nHost: a2\r\n\r\n";

    /* "GE" read as a length */
    buf_append_text(&wires[A1], garbage);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:oversized ");
    buf_append_text(&wires[A1], garbage);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:oversized ");
}
END_TEST

/* The replayed hello is answered, but nobody can confirm. */
START_TEST(a_replayed_handshake_never_opens)
{
    struct buf replayed;

    buf_init(&replayed, 1 << 16);
    write_all(A1);
    buf_append(&replayed, wires[A1].data, wires[A1].length);
    open_both();
    send_bytes(A1, PEER_RAFT, 10, 'r');
    write_all(A1);
    buf_append(&replayed, wires[A1].data, wires[A1].length);

    channel_finish(&channels[A2]);
    start(A2, 0);
    buf_reset(&wires[A1]);
    buf_append(&wires[A1], replayed.data, replayed.length);
    read_all(A2);
    ck_assert_str_eq(buf_text(&got[A2]), "closed:bad_frame ");
    buf_finish(&replayed);
}
END_TEST

START_TEST(reasons_have_names)
{
    for (unsigned i = 0; i < PEER_REASON_COUNT; i++) {
        ck_assert_uint_gt(strlen(peer_reason_text(i)), 0);
        ck_assert_uint_gt(strlen(peer_reason_sentence(i)), 0);
    }
    ck_assert_ptr_null(peer_kind_name(5));
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("channel");
    TCase *tcase = tcase_create("channel");

    if (sodium_init() < 0) {
        abort();
    }
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, two_agents_find_each_other);
    tcase_add_test(tcase, MC_17_agents_of_two_clusters_do_not_speak);
    tcase_add_test(tcase, MC_17_an_agent_that_was_never_recovered_is_of_cluster_0);
    tcase_add_test(tcase, MC_17_agents_of_one_cluster_and_newcomers_do);
    tcase_add_test(tcase, MC_17_a_newcomer_that_learns_where_it_belongs_is_one_no_more);
    tcase_add_test(tcase, an_unknown_key_is_refused);
    tcase_add_test(tcase, another_agent_than_expected_is_refused);
    tcase_add_test(tcase, a_key_of_low_order_closes_at_once);
    tcase_add_test(tcase, a_wrong_name_is_refused);
    tcase_add_test(tcase, a_responder_of_a_wrong_name_is_refused);
    tcase_add_test(tcase, the_larger_name_may_not_connect);
    tcase_add_test(tcase, a_key_that_left_the_table_is_unknown);
    tcase_add_test(tcase, the_table_may_have_gaps_and_other_numbers);
    tcase_add_test(tcase, versions_are_compared);
    tcase_add_test(tcase, another_protocol_is_refused);
    tcase_add_test(tcase, a_payload_that_is_no_hello_is_refused);
    tcase_add_test(tcase, a_hello_has_a_limit);
    tcase_add_test(tcase, TR_01_garbage_is_refused);
    tcase_add_test(tcase, a_replayed_handshake_never_opens);
    tcase_add_test(tcase, reasons_have_names);
    suite_add_tcase(suite, tcase);
    return suite;
}
