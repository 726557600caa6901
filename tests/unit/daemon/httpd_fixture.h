/* httpd_fixture: what the tests of httpd share: a server with a handler that echoes or
 * keeps requests, and a client of plain sockets that lets the loop turn. */
#ifndef TESTS_UNIT_DAEMON_HTTPD_FIXTURE_H
#define TESTS_UNIT_DAEMON_HTTPD_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/io/httpd.h"
#include "tests/unit/daemon/free_port.h"

enum { HELD_MAX = 8, REPLY_MAX = 512 * 1024, PATIENCE_MS = 15000 };

static uv_loop_t loop;
static struct httpd httpd;
static bool closed;
static char directory[64];
static unsigned port;
static char local_path[96];

static struct httpd_request *held[HELD_MAX];
static unsigned held_count;
static unsigned seen;
static unsigned cancelled;

/* ---- the handler ----------------------------------------------------------------- */

static inline void answer_text(struct httpd_request *request, const char *text)
{
    static const struct httpd_header headers[] = {{"X-Test", "yes"}, {NULL, NULL}};
    struct httpd_answer answer = {.status = 200,
                                  .content_type = "text/plain",
                                  .headers = headers,
                                  .body = text,
                                  .length = strlen(text)};

    httpd_answer(request, &answer);
}

static inline const char *or_none(const char *text)
{
    return text == NULL ? "none" : text;
}

/* /echo tells what it was asked, /hold and /stream are kept for the test,
 * /release answers the first of those. */
static inline void on_request(struct httpd *from, struct httpd_request *request)
{
    char text[1024];

    ck_assert_ptr_eq(from, &httpd);
    seen++;
    if (strcmp(request->path, "/release") == 0) {
        answer_text(held[0], "released");
    }
    if (strcmp(request->path, "/hold") == 0 || strcmp(request->path, "/stream") == 0) {
        ck_assert_uint_lt(held_count, HELD_MAX);
        held[held_count++] = request;
        return;
    }
    snprintf(text, sizeof text, "%s %s a=%s b=%s auth=%s body=%zu local=%d uid=%d health=%d %s",
             request->method, request->path, or_none(httpd_argument(request, "a")),
             or_none(httpd_argument(request, "b")), or_none(httpd_header(request, "authorization")),
             request->body.length, request->local, (int)request->uid, request->health_only,
             request->from);
    answer_text(request, text);
}

static inline void on_cancel(struct httpd *from, struct httpd_request *request)
{
    ck_assert_ptr_eq(from, &httpd);
    cancelled++;
    for (unsigned i = 0; i < held_count; i++) {
        if (held[i] == request) {
            held[i] = NULL;
        }
    }
}

static inline void on_closed(struct httpd *from)
{
    ck_assert_ptr_eq(from, &httpd);
    closed = true;
}

/* ---- the client -------------------------------------------------------------------- */

static inline void spin(void)
{
    uv_run(&loop, UV_RUN_NOWAIT);
    usleep(200);
}

static inline int dial(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline int dial_local(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, local_path);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline void put(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = send(fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n > 0) {
            text += n;
            length -= (size_t)n;
        } else if (errno != EAGAIN) {
            return; /* it was cut; what it answered will tell */
        }
        spin();
    }
}

static inline void say(int fd, const char *text)
{
    put(fd, text, strlen(text));
}

static char reply[REPLY_MAX + 1];
static size_t reply_length;

/* Reads until `until` is in the reply, or, if it is NULL, until the server closes. Empties
 * the reply first. False if the server closed before. */
static inline bool hear(int fd, const char *until)
{
    uint64_t start = uv_hrtime();

    reply_length = 0;
    reply[0] = '\0';
    for (;;) {
        ssize_t n = recv(fd, reply + reply_length, REPLY_MAX - reply_length, MSG_DONTWAIT);

        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            return until == NULL;
        }
        if (n > 0) {
            reply_length += (size_t)n;
            reply[reply_length] = '\0';
        }
        if (until != NULL && strstr(reply, until) != NULL) {
            return true;
        }
        ck_assert_msg((uv_hrtime() - start) / 1000000 < PATIENCE_MS, "no reply, only: %s", reply);
        spin();
    }
}

static inline void ask(int fd, const char *text, const char *until)
{
    say(fd, text);
    ck_assert_msg(hear(fd, until), "closed after: %s", reply);
}

static inline void await(const unsigned *count, unsigned value)
{
    uint64_t start = uv_hrtime();

    while (*count < value) {
        ck_assert((uv_hrtime() - start) / 1000000 < PATIENCE_MS);
        spin();
    }
}

/* ---- the server ---------------------------------------------------------------------- */

static inline void listen_tcp(const char *certificate, const char *key, bool health_only)
{
    char address[32];
    struct httpd_listen listen = {
        .address = address, .certificate = certificate, .key = key, .health_only = health_only};
    struct err err;

    port = free_port();
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    ck_assert_msg(httpd_listen(&httpd, &listen, &err) == 0, "%s", err.text);
}

static inline int listen_local(struct err *err)
{
    struct httpd_listen listen = {.socket = local_path};

    return httpd_listen(&httpd, &listen, err);
}

static inline void set_up(void)
{
    alarm(120);
    strcpy(directory, "/tmp/test_httpd-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(local_path, sizeof local_path, "%s/api.sock", directory);
    uv_loop_init(&loop);
    httpd_init(&httpd, &loop, on_request, on_cancel);
    held_count = seen = cancelled = 0;
    closed = false;
    listen_tcp(NULL, NULL, false);
}

static inline void tear_down(void)
{
    char text[128];

    if (!httpd.closing) {
        httpd_close(&httpd, on_closed);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(closed);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    snprintf(text, sizeof text, "rm -rf %s", directory);
    ck_assert_int_eq(system(text), 0);
}

#endif
