#include "tests/unit/main.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/io/address.h"
#include "daemon/io/clock.h"
#include "daemon/io/peer.h"

/* Up to three agents on one loop, over loopback; and raw sockets that speak as
 * a1, well or badly. */
enum { AGENTS = 3, WAIT_MS_MAX = 20000 };

struct agent {
    struct peers peers;
    bool running;
    bool closed;
    bool count_only;  /* large messages: don't note each */
    unsigned tells;   /* whom of a connection that ended; 0: nobody */
    uint64_t bytes;   /* of all messages */
    struct buf story; /* "+2 " connected, "-2:ended " disconnected, "2:raft:5 " */
};

static uv_loop_t loop;
static uv_timer_t tick; /* so that uv_run() comes back */
static struct log log_;
static struct agent agents[AGENTS + 1];
static struct key_pair keys[AGENTS + 1];
static struct conf_peer table[AGENTS + 1];

/* ---- the loop ---- */

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static bool wait_for(bool (*done)(const void *argument), const void *argument)
{
    uint64_t until_ms = clock_now_ms() + WAIT_MS_MAX;

    while (!done(argument)) {
        if (clock_now_ms() > until_ms) {
            return false;
        }
        uv_run(&loop, UV_RUN_ONCE);
    }
    return true;
}

static bool is_true(const void *flag)
{
    return *(const bool *)flag;
}

struct story {
    unsigned agent;
    const char *text;
};

static bool story_holds(const void *argument)
{
    const struct story *story = argument;

    return strstr(buf_text(&agents[story->agent].story), story->text) != NULL;
}

static void wait_story(unsigned agent, const char *text)
{
    ck_assert_msg(wait_for(story_holds, &(struct story){agent, text}), "a%u: %s isn't in: %s",
                  agent, text, buf_text(&agents[agent].story));
}

struct count {
    unsigned agent;
    enum peer_reason reason;
    uint64_t n;
};

static bool reason_counted(const void *argument)
{
    const struct count *count = argument;

    return peers_closed(&agents[count->agent].peers, count->reason) >= count->n;
}

static void wait_reason(unsigned agent, enum peer_reason reason, uint64_t n)
{
    ck_assert_msg(wait_for(reason_counted, &(struct count){agent, reason, n}), "no %s",
                  peer_reason_text(reason));
    ck_assert_uint_eq(peers_closed(&agents[agent].peers, reason), n);
}

/* ---- agents ---- */

static void on_connected(void *context, unsigned id)
{
    struct agent *agent = context;

    ck_assert(peers_connected(&agent->peers, id));
    buf_printf(&agent->story, "+%u ", id);
}

static void on_disconnected(void *context, unsigned id, enum peer_reason reason)
{
    struct agent *agent = context;

    ck_assert(!peers_connected(&agent->peers, id));
    buf_printf(&agent->story, "-%u:%s ", id, peer_reason_text(reason));
    if (agent->tells != 0) {
        peers_send(&agent->peers, agent->tells, PEER_CALL, (const uint8_t *)"lost", 4);
    }
}

static void on_message(void *context, unsigned id, enum peer_kind kind, const uint8_t *bytes,
                       size_t length)
{
    struct agent *agent = context;

    agent->bytes += length;
    if (!agent->count_only) {
        buf_printf(&agent->story, "%u:%s:%zu:%c ", id, peer_kind_name(kind), length,
                   length > 0 ? bytes[length - 1] : '.');
    }
}

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static int open_agent(unsigned id, unsigned count, uint64_t start_id, struct err *err)
{
    struct agent *agent = &agents[id];
    int rc;

    agent->closed = false;
    rc = peers_open(&agent->peers,
                    &(struct peers_config){
                        .loop = &loop,
                        .log = &log_,
                        .self = id,
                        .name = table[id].name,
                        .listen = table[id].address,
                        .keys = &keys[id],
                        .start_id = start_id,
                        .seed = id,
                        .hooks = {on_connected, on_disconnected, on_message},
                        .context = agent,
                    },
                    err);
    for (unsigned i = count; i >= 1 && rc == 0; i--) { /* in any order */
        if (i != id) {
            rc = peers_add(&agent->peers, i, &table[i], err);
        }
    }
    return rc;
}

static void start_agent(unsigned id, unsigned count, uint64_t start_id)
{
    struct err err;

    ck_assert_msg(open_agent(id, count, start_id, &err) == 0, "%s", err.text);
    agents[id].running = true;
}

static void on_peers_closed(struct peers *peers)
{
    container_of(peers, struct agent, peers)->closed = true;
}

static void stop_agent(unsigned id)
{
    peers_close(&agents[id].peers, on_peers_closed);
    ck_assert(wait_for(is_true, &agents[id].closed));
    agents[id].running = false;
}

static void setup(void)
{
    log_open(&log_, "/dev/null", "test", LOG_LEVEL_DEBUG, NULL);
    uv_loop_init(&loop);
    uv_timer_init(&loop, &tick);
    uv_timer_start(&tick, on_tick, 5, 5);
    for (unsigned i = 1; i <= AGENTS; i++) {
        keys_generate(&keys[i]);
        agents[i] = (struct agent){.running = false};
        buf_init(&agents[i].story, 1 << 20);
        text_format(table[i].name, LIMIT_NAME_SIZE, "a%u", i);
        text_format(table[i].address, LIMIT_ADDRESS_SIZE, "127.0.0.1:%u", free_port());
        memcpy(table[i].key, keys[i].public, KEYS_BYTES);
    }
}

static void teardown(void)
{
    for (unsigned i = 1; i <= AGENTS; i++) {
        if (agents[i].running) {
            stop_agent(i);
        }
        buf_finish(&agents[i].story);
    }
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    log_close(&log_);
}

static int send_filled(unsigned from, unsigned to, enum peer_kind kind, size_t length, char fill)
{
    uint8_t *bytes = malloc(length + 1);
    int rv;

    memset(bytes, fill, length + 1);
    rv = peers_send(&agents[from].peers, to, kind, bytes, length);
    free(bytes);
    return rv;
}

/* ---- a raw socket that speaks as a1 to a2 ---- */

struct raw {
    int fd;
    struct channel_self self;
    struct channel channel;
    bool open;
    uint8_t first[1024]; /* its hello, to be replayed */
    size_t first_length;
};

static int raw_connect(unsigned to)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_port = htons((uint16_t)atoi(strchr(table[to].address, ':') + 1));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static void raw_write(const struct raw *raw, const void *bytes, size_t length)
{
    ck_assert_int_eq(send(raw->fd, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static bool raw_reads_open(const void *argument)
{
    struct raw *raw = *(struct raw *const *)argument;
    struct channel_message message;
    uint8_t bytes[1024];
    const uint8_t *at = bytes;
    ssize_t n = recv(raw->fd, bytes, sizeof bytes, 0);
    size_t left = n > 0 ? (size_t)n : 0;

    return channel_read(&raw->channel, &at, &left, &message) == CHANNEL_OPENED;
}

/* Speaks with `start_id` until the channel is open on both sides. */
static struct raw *raw_open(uint64_t start_id)
{
    struct raw *raw = calloc(1, sizeof *raw);
    uint8_t ephemeral[KEYS_BYTES];
    uint8_t out[FRAME_BYTES_MAX];

    raw->fd = raw_connect(2);
    raw->self = (struct channel_self){.id = 1, .keys = keys[1], .start_id = start_id};
    for (unsigned i = 0; i < 2; i++) {
        text_copy(raw->self.peers[i].name, LIMIT_NAME_SIZE, table[i + 1].name);
        memcpy(raw->self.peers[i].key, table[i + 1].key, KEYS_BYTES);
    }
    randombytes_buf(ephemeral, sizeof ephemeral);
    channel_init(&raw->channel, &raw->self, 2, ephemeral);
    raw->first_length = channel_write(&raw->channel, out, sizeof out);
    memcpy(raw->first, out, raw->first_length);
    raw_write(raw, out, raw->first_length);
    ck_assert(wait_for(raw_reads_open, &raw));
    raw_write(raw, out, channel_write(&raw->channel, out, sizeof out));
    return raw;
}

static void raw_free(struct raw *raw)
{
    close(raw->fd);
    channel_finish(&raw->channel);
    free(raw);
}

/* The sealed frame of one message of up to FRAME_BODY_MAX bytes. */
static size_t raw_frame(struct raw *raw, uint8_t out[FRAME_BYTES_MAX], size_t length, char fill)
{
    uint8_t bytes[FRAME_BODY_MAX];

    memset(bytes, fill, length);
    ck_assert_int_eq(channel_send(&raw->channel, PEER_GUARD, bytes, length), 0);
    return channel_write(&raw->channel, out, FRAME_BYTES_MAX);
}

/* ---- tests ---- */

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

static bool messages_dropped(const void *argument)
{
    (void)argument;
    send_filled(2, 1, PEER_VIEW, 1024 * 1024, 'v');
    return peers_dropped(&agents[2].peers, 1) > 0;
}

/* Nobody reads: the queue fills, and stays within its bound. */
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

START_TEST(an_agent_is_added_and_removed_while_others_talk)
{
    start_agent(1, 2, 1);
    start_agent(2, 2, 2);
    start_agent(3, 3, 3); /* knows both; nobody knows it */
    wait_story(1, "+2 ");
    ck_assert_int_eq(peers_add(&agents[1].peers, 7, &table[3], NULL), 0); /* by any number */
    wait_story(1, "+7 ");
    wait_story(3, "+1 ");
    ck_assert_int_eq(send_filled(3, 1, PEER_CALL, 5, 'x'), 0);
    wait_story(1, "7:PEER_CALL:5:x ");
    peers_remove(&agents[1].peers, 7);
    wait_story(1, "-7:removed ");
    ck_assert_str_eq(peers_name(&agents[1].peers, 7), "");
    ck_assert_uint_eq(peers_find(&agents[1].peers, "a3"), 0);
    wait_story(3, "-1:ended ");
    ck_assert(peers_connected(&agents[1].peers, 2));
    ck_assert_int_eq(peers_add(&agents[1].peers, 7, &table[3], NULL), 0);
    wait_story(1, "-7:removed +7 ");
}
END_TEST

/* Agent 2 knew nothing, and spoke with both; then it learns that it belongs to 3's cluster. */
START_TEST(MC_17_who_learns_its_cluster_leaves_the_others)
{
    uint64_t refused;

    start_agent(2, 3, 2);
    peers_set_cluster(&agents[2].peers, 0, true);
    start_agent(1, 3, 1); /* never recovered */
    start_agent(3, 3, 3);
    peers_set_cluster(&agents[3].peers, 9, false);
    wait_story(2, "+1 ");
    wait_story(2, "+3 ");
    peers_set_cluster(&agents[2].peers, 9, false);
    wait_story(2, "-1:other_cluster ");
    ck_assert(peers_connected(&agents[2].peers, 3));
    refused = peers_closed(&agents[2].peers, PEER_OTHER_CLUSTER);
    wait_reason(2, PEER_OTHER_CLUSTER, refused + 1); /* it tries again, in vain */
    ck_assert(!peers_connected(&agents[2].peers, 1));
    send_filled(3, 2, PEER_RAFT, 4, 'z');
    wait_story(2, "3:PEER_RAFT:4:z ");
}
END_TEST

/* Both knew nothing when they met. */
START_TEST(MC_17_two_newcomers_that_went_different_ways_part)
{
    start_agent(1, 2, 1);
    start_agent(2, 2, 2);
    peers_set_cluster(&agents[1].peers, 0, true);
    peers_set_cluster(&agents[2].peers, 0, true);
    wait_story(1, "+2 ");
    wait_story(2, "+1 ");
    peers_set_cluster(&agents[2].peers, 5, false);
    peers_told_cluster(&agents[1].peers, 2, 5, false); /* says 2 */
    ck_assert(peers_connected(&agents[1].peers, 2));
    peers_set_cluster(&agents[1].peers, 7, false);
    ck_assert(!peers_connected(&agents[1].peers, 2));
    ck_assert_ptr_nonnull(strstr(buf_text(&agents[1].story), "-2:other_cluster "));
    peers_told_cluster(&agents[1].peers, 2, 7, false); /* too late, and no harm */
}
END_TEST

START_TEST(the_smaller_name_connects_whatever_the_numbers)
{
    struct conf_peer other = table[1];

    start_agent(2, 2, 2);
    agents[1].closed = false;
    ck_assert_int_eq(peers_open(&agents[1].peers,
                                &(struct peers_config){
                                    .loop = &loop,
                                    .log = &log_,
                                    .self = 30,
                                    .name = "a1",
                                    .listen = "", /* nobody can connect to it */
                                    .keys = &keys[1],
                                    .start_id = 1,
                                    .hooks = {on_connected, on_disconnected, on_message},
                                    .context = &agents[1],
                                },
                                NULL),
                     0);
    agents[1].running = true;
    ck_assert_int_eq(peers_add(&agents[1].peers, 3, &table[2], NULL), 0);
    wait_story(1, "+3 ");
    wait_story(2, "+1 ");
    text_copy(other.address, sizeof other.address, "nowhere");
    ck_assert_int_eq(peers_add(&agents[1].peers, 4, &other, NULL), ERR_INVALID);
    other.address[0] = '\0'; /* is waited for */
    text_copy(other.name, sizeof other.name, "b1");
    ck_assert_int_eq(peers_add(&agents[1].peers, 4, &other, NULL), 0);
}
END_TEST

START_TEST(an_agent_that_moved_is_found_at_its_new_address)
{
    char address[LIMIT_ADDRESS_SIZE];

    start_agent(1, 2, 1);
    wait_reason(1, PEER_CONNECT_FAILED, 1);
    text_format(address, sizeof address, "127.0.0.1:%u", free_port());
    text_copy(table[2].address, sizeof table[2].address, address);
    start_agent(2, 2, 2);
    ck_assert_int_eq(peers_move(&agents[1].peers, 2, "nowhere", NULL), ERR_INVALID);
    ck_assert_int_eq(peers_move(&agents[1].peers, 2, address, NULL), 0);
    wait_story(1, "+2 ");
}
END_TEST

/* Its connection isn't confirmed yet: it must not be believed under a number that went. */
START_TEST(a_stranger_whose_entry_goes_is_closed)
{
    uint8_t out[FRAME_BYTES_MAX];
    struct raw *raw = calloc(1, sizeof *raw);
    uint8_t ephemeral[KEYS_BYTES];

    start_agent(2, 2, 2);
    raw->fd = raw_connect(2);
    raw->self = (struct channel_self){.id = 1, .keys = keys[1], .start_id = 5};
    for (unsigned i = 0; i < 2; i++) {
        text_copy(raw->self.peers[i].name, LIMIT_NAME_SIZE, table[i + 1].name);
        memcpy(raw->self.peers[i].key, table[i + 1].key, KEYS_BYTES);
    }
    randombytes_buf(ephemeral, sizeof ephemeral);
    channel_init(&raw->channel, &raw->self, 2, ephemeral);
    raw_write(raw, out, channel_write(&raw->channel, out, sizeof out));
    ck_assert(wait_for(raw_reads_open, &raw)); /* for a2 it is one that has not confirmed */
    peers_remove(&agents[2].peers, 1);
    wait_reason(2, PEER_REMOVED, 1);
    ck_assert_str_eq(buf_text(&agents[2].story), "");
    raw_free(raw);
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
    tcase_add_test(tcase, TR_04_a_replayed_handshake_replaces_nothing);
    tcase_add_test(tcase, what_a_broken_link_makes_one_say_goes_out_in_the_same_turn);
    tcase_add_test(tcase, FC_11_a_queue_that_is_not_drained_is_bounded);
    tcase_add_test(tcase, strangers_are_bounded);
    tcase_add_test(tcase, an_address_in_use_is_an_error);
    tcase_add_test(tcase, a_silent_agent_is_given_up);
    tcase_add_test(tcase, an_agent_is_added_and_removed_while_others_talk);
    tcase_add_test(tcase, MC_17_who_learns_its_cluster_leaves_the_others);
    tcase_add_test(tcase, MC_17_two_newcomers_that_went_different_ways_part);
    tcase_add_test(tcase, the_smaller_name_connects_whatever_the_numbers);
    tcase_add_test(tcase, an_agent_that_moved_is_found_at_its_new_address);
    tcase_add_test(tcase, a_stranger_whose_entry_goes_is_closed);
    tcase_add_loop_test(tcase, TR_03_AS_11_JR_16_17_closing_works_at_every_stage, 0, 12);
    suite_add_tcase(suite, tcase);
    return suite;
}
