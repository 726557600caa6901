/* lanes: how long a heartbeat takes there and back, beside messages of many megabytes.
 *
 *     lanes COUNT BYTES    prints COUNT times in milliseconds; two messages of BYTES are always
 *                          under way in the same direction, none if BYTES is 0
 *
 * Two processes, connected by the daemon's own peers over loopback. */
#include <arpa/inet.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/io/peer.h"
#include "tests/tools/now.h"

enum { ASKS = 1, ANSWERS = 2, HEARTBEAT_BYTES = 57, EVERY_MS = 10, UNDER_WAY = 2 };

static uv_loop_t loop;
static struct log log_;
static struct peers peers;
static struct key_pair keys[2];
static uint8_t *bulk;
static size_t bulk_bytes;
static long wanted;
static bool waits; /* for a heartbeat's answer */

static void fail(const char *what, const struct err *err)
{
    fprintf(stderr, "lanes: %s: %s\n", what, err->text);
    exit(1);
}

/* ---- who answers ---- */

/* A heartbeat with what it says, a large message with nothing. */
static void answer(void *context, unsigned id, enum peer_kind kind, const uint8_t *bytes,
                   size_t length)
{
    (void)context;
    peers_send(&peers, id, kind, bytes, length == HEARTBEAT_BYTES ? length : 0);
}

/* ---- who asks ---- */

static void send_bulk(void)
{
    if (bulk_bytes > 0) {
        peers_send(&peers, ANSWERS, PEER_RAFT, bulk, bulk_bytes);
    }
}

static void on_tick(uv_timer_t *timer)
{
    uint8_t heartbeat[HEARTBEAT_BYTES] = {0};
    double at_ms = now_ms();

    (void)timer;
    memcpy(heartbeat, &at_ms, sizeof at_ms);
    if (!waits && peers_connected(&peers, ANSWERS)) {
        waits = peers_send(&peers, ANSWERS, PEER_RAFT, heartbeat, sizeof heartbeat) == 0;
    }
}

static void on_answer(void *context, unsigned id, enum peer_kind kind, const uint8_t *bytes,
                      size_t length)
{
    double at_ms;

    (void)context;
    (void)id;
    (void)kind;
    if (length != HEARTBEAT_BYTES) {
        send_bulk();
        return;
    }
    memcpy(&at_ms, bytes, sizeof at_ms);
    printf("%.3f\n", now_ms() - at_ms);
    waits = false;
    if (--wanted == 0) {
        uv_stop(&loop);
    }
}

static void on_connected(void *context, unsigned id)
{
    (void)context;
    for (int i = 0; i < UNDER_WAY && id == ANSWERS; i++) {
        send_bulk();
    }
}

static void on_disconnected(void *context, unsigned id, enum peer_reason reason)
{
    (void)context;
    (void)id;
    (void)reason;
}

/* ---- both ---- */

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        perror("lanes: bind");
        exit(1);
    }
    close(fd);
    return ntohs(address.sin_port);
}

static void be(unsigned self, const char *listen)
{
    static const char *const names[] = {"", "a1", "a2"};
    unsigned other = self == ASKS ? ANSWERS : ASKS;
    struct peers_config config = {
        .loop = &loop,
        .log = &log_,
        .self = self,
        .name = names[self],
        .listen = self == ANSWERS ? listen : "",
        .keys = &keys[self - 1],
        .start_id = self,
        .hooks = {on_connected, on_disconnected, self == ASKS ? on_answer : answer},
    };
    struct conf_peer peer = {.name = ""};
    struct err err;

    text_copy(peer.name, sizeof peer.name, names[other]);
    text_copy(peer.address, sizeof peer.address, self == ASKS ? listen : "");
    memcpy(peer.key, keys[other - 1].public, sizeof peer.key);
    uv_loop_init(&loop);
    if (log_open(&log_, "/dev/null", names[self], LOG_LEVEL_ERROR, &err) != 0 ||
        peers_open(&peers, &config, &err) != 0 || peers_add(&peers, other, &peer, &err) != 0) {
        fail(names[self], &err);
    }
}

int main(int argc, char **argv)
{
    char listen[LIMIT_ADDRESS_SIZE];
    uv_timer_t timer;
    pid_t child;

    wanted = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    bulk_bytes = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    bulk = calloc(1, LIMIT_MESSAGE_BYTES);
    if (wanted <= 0 || bulk_bytes > LIMIT_MESSAGE_BYTES || bulk == NULL || sodium_init() < 0) {
        fprintf(stderr, "usage: lanes COUNT BYTES (at most %d)\n", LIMIT_MESSAGE_BYTES);
        return 2;
    }
    keys_generate(&keys[0]);
    keys_generate(&keys[1]);
    text_format(listen, sizeof listen, "127.0.0.1:%u", free_port());
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        be(ANSWERS, listen);
        return uv_run(&loop, UV_RUN_DEFAULT);
    }
    be(ASKS, listen);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, on_tick, EVERY_MS, EVERY_MS);
    uv_run(&loop, UV_RUN_DEFAULT);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    free(bulk);
    return 0;
}
