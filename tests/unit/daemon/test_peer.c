/* Connections between agents: found, refused, replaced, closed. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/peer_fixture.h"

START_TEST(everybody_finds_everybody)
{
    for (unsigned i = 1; i <= 3; i++) {
        start_agent(i, 3, 100 + i);
    }
    for (unsigned i = 1; i <= 3; i++) {
        for (unsigned k = 1; k <= 3; k++) {
            char text[8];

            text_format(text, sizeof text, "+%u ", k);
            if (k != i) {
                wait_story(i, text);
                ck_assert_uint_eq(peers_start_id(&agents[i].peers, k), 100 + k);
            }
        }
        ck_assert_uint_eq(peers_find(&agents[i].peers, "a2"), 2);
        ck_assert_uint_eq(peers_find(&agents[i].peers, "a4"), 0);
        ck_assert_str_eq(peers_name(&agents[i].peers, 3), "a3");
    }
    send_filled(3, 1, PEER_CALL, 5, 'x');
    send_filled(1, 3, PEER_GUARD, 6, 'y');
    wait_story(1, "3:PEER_CALL:5:x ");
    wait_story(3, "1:PEER_GUARD:6:y ");
}
END_TEST

START_TEST(a_long_message_and_short_ones_both_ways)
{
    start_agent(1, 2, 1);
    start_agent(2, 2, 2);
    wait_story(1, "+2 ");
    wait_story(2, "+1 ");
    ck_assert_int_eq(send_filled(1, 2, PEER_RAFT, LIMIT_MESSAGE_BYTES, 'b'), 0);
    ck_assert_int_eq(send_filled(2, 1, PEER_RAFT, LIMIT_MESSAGE_BYTES, 'c'), 0);
    ck_assert_int_eq(send_filled(1, 2, PEER_RAFT, LIMIT_MESSAGE_BYTES + 1, 'b'), ERR_LIMIT);
    uv_run(&loop, UV_RUN_NOWAIT); /* the long ones are on their way */
    for (char c = '0'; c <= '9'; c++) {
        ck_assert_int_eq(send_filled(1, 2, PEER_RAFT, 100, c), 0);
    }
    wait_story(2, "PEER_RAFT:5242880:b ");
    wait_story(1, "PEER_RAFT:5242880:c ");
    ck_assert_str_eq(buf_text(&agents[2].story),
                     "+1 1:PEER_RAFT:100:0 1:PEER_RAFT:100:1 1:PEER_RAFT:100:2 "
                     "1:PEER_RAFT:100:3 1:PEER_RAFT:100:4 1:PEER_RAFT:100:5 1:PEER_RAFT:100:6 "
                     "1:PEER_RAFT:100:7 1:PEER_RAFT:100:8 1:PEER_RAFT:100:9 "
                     "1:PEER_RAFT:5242880:b ");
}
END_TEST

START_TEST(TR_03_an_agent_that_starts_later_is_found)
{
    start_agent(1, 2, 1);
    wait_reason(1, PEER_CONNECT_FAILED, 1);
    ck_assert(!peers_connected(&agents[1].peers, 2));
    ck_assert_int_eq(send_filled(1, 2, PEER_RAFT, 1, 'x'), ERR_UNREACHABLE);
    start_agent(2, 2, 2);
    wait_story(1, "+2 ");
    ck_assert_uint_eq(peers_dropped(&agents[1].peers, 2), 1);
}
END_TEST

START_TEST(an_agent_that_stops_and_starts_is_found_again)
{
    start_agent(1, 2, 1);
    start_agent(2, 2, 2);
    wait_story(1, "+2 ");
    wait_story(2, "+1 ");
    stop_agent(2);
    wait_story(1, "-2:ended ");
    ck_assert_uint_eq(peers_start_id(&agents[1].peers, 2), 0);
    start_agent(2, 2, 22);
    wait_story(1, "-2:ended +2 ");
    ck_assert_uint_eq(peers_start_id(&agents[1].peers, 2), 22);
    stop_agent(1);
    wait_story(2, "-1:ended ");
    start_agent(1, 2, 11);
    wait_story(2, "-1:ended +1 ");
    wait_story(1, "+2 -2:ended +2 -2:stopped +2 ");
}
END_TEST

START_TEST(an_unknown_key_is_refused)
{
    keys_generate(&keys[1]);
    start_agent(1, 2, 1);
    start_agent(2, 2, 2);
    ck_assert(wait_for(reason_counted, &(struct count){2, PEER_UNKNOWN_KEY, 2}));
    ck_assert_str_eq(buf_text(&agents[1].story), "");
    ck_assert_str_eq(buf_text(&agents[2].story), "");
}
END_TEST

START_TEST(bad_frames_close_with_their_reason)
{
    static const struct {
        const char *what;
        enum peer_reason reason;
    } cases[] = {{"altered", PEER_BAD_FRAME},
                 {"replayed", PEER_BAD_FRAME},
                 {"truncated", PEER_TRUNCATED},
                 {"ended", PEER_ENDED}};
    uint8_t frame[FRAME_BYTES_MAX];
    char text[32];
    struct raw *raw;
    size_t n;

    start_agent(2, 2, 2);
    raw = raw_open(1);
    wait_story(2, "+1 ");
    n = raw_frame(raw, frame, 10, 'g');
    raw_write(raw, frame, n);
    wait_story(2, "1:PEER_GUARD:10:g ");
    switch (_i) {
    case 0:
        n = raw_frame(raw, frame, 11, 'g');
        frame[7] ^= 1;
        raw_write(raw, frame, n);
        break;
    case 1:
        raw_write(raw, frame, n);
        break;
    case 2:
        n = raw_frame(raw, frame, 11, 'g');
        raw_write(raw, frame, n - 1);
        shutdown(raw->fd, SHUT_WR);
        break;
    default:
        shutdown(raw->fd, SHUT_WR);
    }
    text_format(text, sizeof text, "-1:%s ", peer_reason_text(cases[_i].reason));
    wait_story(2, text);
    wait_reason(2, cases[_i].reason, 1);
    ck_assert_ptr_null(strstr(buf_text(&agents[2].story), "GUARD:11"));
    raw_free(raw);
}
END_TEST

START_TEST(TR_01_an_oversized_hello_and_garbage_are_refused)
{
    static const uint8_t oversized[] = {0xff, 0xff, 1, 2, 3};
    static const uint8_t garbage[102] = {100, 0, 0x42};
    static const uint8_t half[] = {100, 0, 1};
    int fds[3];

    start_agent(2, 2, 2);
    for (int i = 0; i < 3; i++) {
        fds[i] = raw_connect(2);
    }
    ck_assert_int_eq(write(fds[0], oversized, sizeof oversized), sizeof oversized);
    ck_assert_int_eq(write(fds[1], garbage, sizeof garbage), sizeof garbage);
    ck_assert_int_eq(write(fds[2], half, sizeof half), sizeof half);
    close(fds[2]);
    wait_reason(2, PEER_OVERSIZED, 1);
    wait_reason(2, PEER_BAD_HANDSHAKE, 1);
    wait_reason(2, PEER_TRUNCATED, 1);
    close(fds[0]);
    close(fds[1]);
    ck_assert_str_eq(buf_text(&agents[2].story), "");
}
END_TEST

START_TEST(TR_02_a_newer_connection_replaces_the_older)
{
    uint8_t frame[FRAME_BYTES_MAX];
    struct raw *old;
    struct raw *new;
    size_t n;

    start_agent(2, 2, 2);
    old = raw_open(1);
    wait_story(2, "+1 ");
    n = raw_frame(old, frame, 10, 'o');
    raw_write(old, frame, n - 5); /* half a message, never to be finished */
    new = raw_open(_i == 0 ? 1 : 9);
    wait_story(2, _i == 0 ? "+1 -1:replaced +1 " : "+1 -1:restarted +1 ");
    (void)send(old->fd, frame + n - 5, 5, MSG_NOSIGNAL);
    n = raw_frame(new, frame, 10, 'n');
    raw_write(new, frame, n);
    wait_story(2, "+1 1:PEER_GUARD:10:n ");
    ck_assert_uint_eq(peers_start_id(&agents[2].peers, 1), _i == 0 ? 1 : 9);
    ck_assert_ptr_null(strstr(buf_text(&agents[2].story), ":o "));
    raw_free(old);
    raw_free(new);
}
END_TEST

/* Of a process that was killed; its kernel sends on what was lost on the way. */
START_TEST(TR_02_an_older_connection_that_opens_late_replaces_nothing)
{
    uint8_t frame[FRAME_BYTES_MAX];
    struct raw *old;
    struct raw *new;

    start_agent(2, 2, 2);
    old = raw_begin(1);
    new = raw_open(9);
    wait_story(2, "+1 ");
    raw_confirm(old);
    wait_reason(2, PEER_REPLACED, 1);
    raw_write(new, frame, raw_frame(new, frame, 10, 'n'));
    wait_story(2, "+1 1:PEER_GUARD:10:n ");
    ck_assert_uint_eq(peers_start_id(&agents[2].peers, 1), 9);
    raw_free(old);
    raw_free(new);
}
END_TEST

START_TEST(TR_04_a_replayed_handshake_replaces_nothing)
{
    uint8_t frame[FRAME_BYTES_MAX];
    struct raw *raw;
    size_t n;
    int fd;

    start_agent(2, 2, 2);
    raw = raw_open(1);
    wait_story(2, "+1 ");
    fd = raw_connect(2);
    ck_assert_int_eq(write(fd, raw->first, raw->first_length), (ssize_t)raw->first_length);
    wait_reason(2, PEER_HANDSHAKE_TIMEOUT, 1);
    n = raw_frame(raw, frame, 10, 'g');
    raw_write(raw, frame, n);
    wait_story(2, "1:PEER_GUARD:10:g ");
    ck_assert_str_eq(buf_text(&agents[2].story), "+1 1:PEER_GUARD:10:g ");
    close(fd);
    raw_free(raw);
}
END_TEST

/* All are flushed in the order of their numbers: 7 breaks when 3 was already. */
START_TEST(what_a_broken_link_makes_one_say_goes_out_in_the_same_turn)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    struct raw *raw;

    start_agent(2, 0, 2);
    ck_assert_int_eq(peers_add(&agents[2].peers, 3, &table[3], NULL), 0);
    ck_assert_int_eq(peers_add(&agents[2].peers, 7, &table[1], NULL), 0);
    start_agent(3, 3, 3);
    wait_story(2, "+3 ");
    raw = raw_open(1);
    wait_story(2, "+7 ");
    agents[2].tells = 3;
    ck_assert_int_eq(setsockopt(raw->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    raw_free(raw);
    ck_assert_int_eq(send_filled(2, 7, PEER_RAFT, 9, 'x'), 0);
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_ptr_nonnull(strstr(buf_text(&agents[2].story), "-7:io_failed "));
    ck_assert_ptr_nonnull(strstr(buf_text(&agents[3].story), "2:PEER_CALL:4:t "));
    agents[2].tells = 0;
}
END_TEST

static bool messages_dropped(const void *argument)
{
    (void)argument;
    send_filled(2, 1, PEER_VIEW, 1024 * 1024, 'v');
    return peers_dropped(&agents[2].peers, 1) > 0;
}

/* Nobody reads: the queue fills, and stays within its bound. */
START_TEST(FC_11_a_queue_that_is_not_drained_is_bounded)
{
    struct raw *raw;

    start_agent(2, 2, 2);
    raw = raw_open(1);
    wait_story(2, "+1 ");
    ck_assert(wait_for(messages_dropped, NULL));
    ck_assert_int_eq(send_filled(2, 1, PEER_RAFT, 100, 'h'), 0);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(send_filled(2, 1, PEER_VIEW, 1024 * 1024, 'v'), 0);
    }
    ck_assert_uint_ge(peers_dropped(&agents[2].peers, 1), 100);
    raw_free(raw);
}
END_TEST

START_TEST(strangers_are_bounded)
{
    int fds[LIMIT_PEER_STRANGERS + 1];

    start_agent(2, 2, 2);
    for (int i = 0; i < LIMIT_PEER_STRANGERS; i++) {
        fds[i] = raw_connect(2);
    }
    for (int i = 0; i < 100 && agents[2].peers.stranger_count < LIMIT_PEER_STRANGERS; i++) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    ck_assert_uint_eq(agents[2].peers.stranger_count, LIMIT_PEER_STRANGERS);
    ck_assert_uint_eq(peers_closed(&agents[2].peers, PEER_CROWDED_OUT), 0);
    fds[LIMIT_PEER_STRANGERS] = raw_connect(2);
    wait_reason(2, PEER_CROWDED_OUT, 1);
    ck_assert_uint_eq(agents[2].peers.stranger_count, LIMIT_PEER_STRANGERS);
    for (int i = 0; i <= LIMIT_PEER_STRANGERS; i++) {
        close(fds[i]);
    }
}
END_TEST

START_TEST(an_address_in_use_is_an_error)
{
    struct err err;

    start_agent(1, 1, 1);
    text_copy(table[2].address, LIMIT_ADDRESS_SIZE, table[1].address);
    ck_assert_int_eq(open_agent(2, 2, 2, &err), ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "Address already in use"));
    text_copy(table[2].address, LIMIT_ADDRESS_SIZE, "nonsense");
    ck_assert_int_eq(open_agent(2, 2, 2, &err), ERR_INVALID);
}
END_TEST

/* Nobody accepts: the attempt hangs in the handshake, then is given up. */
START_TEST(a_silent_agent_is_given_up)
{
    struct sockaddr_storage address;
    int fd;

    ck_assert(address_parse(table[2].address, &address));
    fd = address_listen(&address, 8, NULL);
    ck_assert_int_ge(fd, 0);
    start_agent(1, 2, 1);
    wait_reason(1, PEER_HANDSHAKE_TIMEOUT, 1);
    close(fd);
}
END_TEST

START_TEST(TR_03_AS_11_JR_16_17_closing_works_at_every_stage)
{
    start_agent(1, 3, 1);
    start_agent(2, 3, 2);
    start_agent(3, 3, 3);
    for (int i = 0; i < _i; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    if (peers_connected(&agents[1].peers, 2)) {
        send_filled(1, 2, PEER_RAFT, LIMIT_MESSAGE_BYTES, 'b');
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    stop_agent(1);
    stop_agent(2);
    stop_agent(3);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("peer");
    TCase *tcase = tcase_create("peer");

    if (sodium_init() < 0) {
        abort();
    }
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, everybody_finds_everybody);
    tcase_add_test(tcase, a_long_message_and_short_ones_both_ways);
    tcase_add_test(tcase, TR_03_an_agent_that_starts_later_is_found);
    tcase_add_test(tcase, an_agent_that_stops_and_starts_is_found_again);
    tcase_add_test(tcase, an_unknown_key_is_refused);
    tcase_add_loop_test(tcase, bad_frames_close_with_their_reason, 0, 4);
    tcase_add_test(tcase, TR_01_an_oversized_hello_and_garbage_are_refused);
    tcase_add_loop_test(tcase, TR_02_a_newer_connection_replaces_the_older, 0, 2);
    tcase_add_test(tcase, TR_02_an_older_connection_that_opens_late_replaces_nothing);
    tcase_add_test(tcase, TR_04_a_replayed_handshake_replaces_nothing);
    tcase_add_test(tcase, what_a_broken_link_makes_one_say_goes_out_in_the_same_turn);
    tcase_add_test(tcase, FC_11_a_queue_that_is_not_drained_is_bounded);
    tcase_add_test(tcase, strangers_are_bounded);
    tcase_add_test(tcase, an_address_in_use_is_an_error);
    tcase_add_test(tcase, a_silent_agent_is_given_up);
    tcase_add_loop_test(tcase, TR_03_AS_11_JR_16_17_closing_works_at_every_stage, 0, 12);
    suite_add_tcase(suite, tcase);
    return suite;
}
