/* peer_fixture: some agents that speak with each other, and one that speaks as it shouldn't.
 * Include once. */
#ifndef TESTS_UNIT_DAEMON_PEER_FIXTURE_H
#define TESTS_UNIT_DAEMON_PEER_FIXTURE_H

#include "tests/unit/main.h"

#include "daemon/io/address.h"
#include "daemon/io/clock.h"
#include "daemon/io/peer.h"
#include "tests/unit/daemon/free_port.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

static inline void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static inline bool wait_for(bool (*done)(const void *argument), const void *argument)
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

static inline bool is_true(const void *flag)
{
    return *(const bool *)flag;
}

struct story {
    unsigned agent;
    const char *text;
};

static inline bool story_holds(const void *argument)
{
    const struct story *story = argument;

    return strstr(buf_text(&agents[story->agent].story), story->text) != NULL;
}

static inline void wait_story(unsigned agent, const char *text)
{
    ck_assert_msg(wait_for(story_holds, &(struct story){agent, text}), "a%u: %s isn't in: %s",
                  agent, text, buf_text(&agents[agent].story));
}

struct count {
    unsigned agent;
    enum peer_reason reason;
    uint64_t n;
};

static inline bool reason_counted(const void *argument)
{
    const struct count *count = argument;

    return peers_closed(&agents[count->agent].peers, count->reason) >= count->n;
}

static inline void wait_reason(unsigned agent, enum peer_reason reason, uint64_t n)
{
    ck_assert_msg(wait_for(reason_counted, &(struct count){agent, reason, n}), "no %s",
                  peer_reason_text(reason));
    ck_assert_uint_eq(peers_closed(&agents[agent].peers, reason), n);
}

/* ---- agents ---- */

static inline void on_connected(void *context, unsigned id)
{
    struct agent *agent = context;

    ck_assert(peers_connected(&agent->peers, id));
    buf_printf(&agent->story, "+%u ", id);
}

static inline void on_disconnected(void *context, unsigned id, enum peer_reason reason)
{
    struct agent *agent = context;

    ck_assert(!peers_connected(&agent->peers, id));
    buf_printf(&agent->story, "-%u:%s ", id, peer_reason_text(reason));
    if (agent->tells != 0) {
        peers_send(&agent->peers, agent->tells, PEER_CALL, (const uint8_t *)"lost", 4);
    }
}

static inline void on_message(void *context, unsigned id, enum peer_kind kind, const uint8_t *bytes,
                              size_t length)
{
    struct agent *agent = context;

    agent->bytes += length;
    if (!agent->count_only) {
        buf_printf(&agent->story, "%u:%s:%zu:%c ", id, peer_kind_name(kind), length,
                   length > 0 ? bytes[length - 1] : '.');
    }
}

static inline int open_agent(unsigned id, unsigned count, uint64_t start_id, struct err *err)
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

static inline void start_agent(unsigned id, unsigned count, uint64_t start_id)
{
    struct err err;

    ck_assert_msg(open_agent(id, count, start_id, &err) == 0, "%s", err.text);
    agents[id].running = true;
}

static inline void on_peers_closed(struct peers *peers)
{
    container_of(peers, struct agent, peers)->closed = true;
}

static inline void stop_agent(unsigned id)
{
    peers_close(&agents[id].peers, on_peers_closed);
    ck_assert(wait_for(is_true, &agents[id].closed));
    agents[id].running = false;
}

static inline void setup(void)
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

static inline void teardown(void)
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

static inline int send_filled(unsigned from, unsigned to, enum peer_kind kind, size_t length,
                              char fill)
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

static inline int raw_connect(unsigned to)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_port = htons((uint16_t)atoi(strchr(table[to].address, ':') + 1));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static inline void raw_write(const struct raw *raw, const void *bytes, size_t length)
{
    ck_assert_int_eq(send(raw->fd, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static inline bool raw_reads_open(const void *argument)
{
    struct raw *raw = *(struct raw *const *)argument;
    struct channel_message message;
    uint8_t bytes[1024];
    const uint8_t *at = bytes;
    ssize_t n = recv(raw->fd, bytes, sizeof bytes, 0);
    size_t left = n > 0 ? (size_t)n : 0;

    return channel_read(&raw->channel, &at, &left, &message) == CHANNEL_OPENED;
}

/* Speaks with `start_id` until the channel is open here; the other side waits for a confirmation.
 */
static inline struct raw *raw_begin(uint64_t start_id)
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
    return raw;
}

static inline void raw_confirm(struct raw *raw)
{
    uint8_t out[FRAME_BYTES_MAX];

    raw_write(raw, out, channel_write(&raw->channel, out, sizeof out));
}

static inline struct raw *raw_open(uint64_t start_id)
{
    struct raw *raw = raw_begin(start_id);

    raw_confirm(raw);
    return raw;
}

static inline void raw_free(struct raw *raw)
{
    close(raw->fd);
    channel_finish(&raw->channel);
    free(raw);
}

/* The sealed frame of one message of up to FRAME_BODY_MAX bytes. */
static inline size_t raw_frame(struct raw *raw, uint8_t out[FRAME_BYTES_MAX], size_t length,
                               char fill)
{
    uint8_t bytes[FRAME_BODY_MAX];

    memset(bytes, fill, length);
    ck_assert_int_eq(channel_send(&raw->channel, PEER_GUARD, bytes, length), 0);
    return channel_write(&raw->channel, out, FRAME_BYTES_MAX);
}

#endif
