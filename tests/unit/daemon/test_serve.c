/* The API behind real sockets: what becomes of headers, of late answers, of
 * clients that leave. */
#include "tests/unit/daemon/api_world.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/api/serve.h"

enum { PATIENCE_MS = 3000 };

static struct {
    uv_loop_t loop;
    struct serve *serve;
    char path[64];
    bool closed;
    struct api_wait *held; /* a call that waits for its end */
} server;

static void hold(void *ctx, const struct api_call *call, struct api_wait *wait)
{
    (void)ctx;
    world.call = *call;
    server.held = wait;
}

static void on_closed(void *context)
{
    (void)context;
    server.closed = true;
}

static void open_server(void)
{
    struct serve_config config = {.loop = &server.loop, .socket = server.path};
    struct err err = {0};

    setup();
    memset(&server, 0, sizeof server);
    world.api->backend.call = hold;
    config.api = world.api;
    text_format(server.path, sizeof server.path, "/tmp/test-serve-%d.sock", (int)getpid());
    ck_assert_int_eq(uv_loop_init(&server.loop), 0);
    ck_assert_msg(serve_open(&server.serve, &config, &err) == 0, "%s", err.text);
}

static void close_server(void)
{
    serve_close(server.serve, on_closed, NULL);
    uv_run(&server.loop, UV_RUN_DEFAULT);
    ck_assert(server.closed);
    ck_assert_int_eq(uv_loop_close(&server.loop), 0);
    unlink(server.path);
    teardown();
}

/* A client's end of a connection, with the request on its way. */
static int client(const char *request)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    text_copy(address.sun_path, sizeof address.sun_path, server.path);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(write(fd, request, strlen(request)), (int)strlen(request));
    return fd;
}

/* Runs the loop until the whole answer has come (its connection is closed by
 * the server). */
static const char *answer(int fd)
{
    static char text[65536];
    uint64_t start_ms = uv_now(&server.loop);
    size_t length = 0;

    for (;;) {
        ssize_t count;

        ck_assert_msg(uv_now(&server.loop) - start_ms < PATIENCE_MS, "no answer: %.*s", (int)length,
                      text);
        uv_run(&server.loop, UV_RUN_NOWAIT);
        count = recv(fd, text + length, sizeof text - 1 - length, MSG_DONTWAIT);
        if (count == 0) {
            break;
        }
        length += count > 0 ? (size_t)count : 0;
    }
    text[length] = '\0';
    close(fd);
    return text;
}

#define CLOSE "Host: x\r\nConnection: close\r\n\r\n"
#define SWITCHOVER                                                                                 \
    "POST /v1/clusters/main/switchover HTTP/1.1\r\nContent-Type: "                                 \
    "application/json\r\n"                                                                         \
    "Content-Length: 12\r\nIdempotency-Key: k1\r\n" CLOSE "{\"to\":\"db2\"}"

static void until_held(void)
{
    while (server.held == NULL) {
        uv_run(&server.loop, UV_RUN_ONCE);
    }
}

static void end_call(enum api_code code)
{
    struct api_result result;

    api_result_init(&result);
    result.code = code;
    result.operation = 9;
    server.held->done(server.held, &result);
    api_result_finish(&result);
}

START_TEST(reads_and_health_checks)
{
    const char *text = answer(client("GET /v1/status HTTP/1.1\r\n" CLOSE));

    ck_assert_ptr_eq(strstr(text, "HTTP/1.1 200 "), text);
    ck_assert(strstr(text, "Content-Type: application/json\r\n") != NULL);
    ck_assert(strstr(text, "Cache-Control: no-store\r\n") != NULL);
    ck_assert(strstr(text, "\"leader\":\"a1\"") != NULL);
    text = answer(client("HEAD /primary HTTP/1.1\r\n" CLOSE));
    ck_assert_ptr_eq(strstr(text, "HTTP/1.1 200 "), text);
    ck_assert_str_eq(strstr(text, "\r\n\r\n"), "\r\n\r\n");
    text = answer(client("OPTIONS /replica HTTP/1.1\r\n" CLOSE));
    ck_assert_ptr_eq(strstr(text, "HTTP/1.1 503 "), text);
    text = answer(client("GET /replica?lag=x HTTP/1.1\r\n" CLOSE));
    ck_assert_ptr_eq(strstr(text, "HTTP/1.1 400 "), text);
}
END_TEST

START_TEST(refusals_carry_their_headers)
{
    const char *text =
        answer(client("GET /v1/status HTTP/1.1\r\nAuthorization: Bearer nobody\r\n" CLOSE));

    ck_assert_ptr_eq(strstr(text, "HTTP/1.1 401 "), text);
    ck_assert(strstr(text, "WWW-Authenticate: Bearer\r\n") != NULL);
    ck_assert(strstr(text, "Content-Type: application/problem+json\r\n") != NULL);
    text = answer(client("GET /v1/clusters/main/failover HTTP/1.1\r\n" CLOSE));
    ck_assert_ptr_eq(strstr(text, "HTTP/1.1 405 "), text);
    ck_assert(strstr(text, "Allow: POST\r\n") != NULL);
}
END_TEST

START_TEST(JR_09_a_late_answer_finds_its_client)
{
    int fd = client(SWITCHOVER);
    const char *text;

    until_held();
    ck_assert_str_eq(world.call.to, "db2");
    ck_assert_str_eq(world.call.key, "k1");
    ck_assert_str_eq(world.call.from, "unix");
    end_call(API_ACCEPTED);
    text = answer(fd);
    ck_assert_ptr_eq(strstr(text, "HTTP/1.1 202 "), text);
    ck_assert(strstr(text, "Location: /v1/operations/9\r\n") != NULL);
}
END_TEST

START_TEST(no_leader_says_when_to_come_back)
{
    int fd = client(SWITCHOVER);

    until_held();
    end_call(API_NO_LEADER);
    ck_assert(strstr(answer(fd), "Retry-After: 1\r\n") != NULL);
}
END_TEST

START_TEST(a_client_that_left_is_forgotten)
{
    int fd = client(SWITCHOVER);
    const char *text;

    until_held();
    close(fd);
    text = answer(client("GET /primary HTTP/1.1\r\n" CLOSE));
    ck_assert_ptr_eq(strstr(text, "HTTP/1.1 200 "), text);
    end_call(API_ACCEPTED);
}
END_TEST

START_TEST(closing_does_not_wait_for_the_backend)
{
    int fd = client(SWITCHOVER);

    until_held();
    serve_close(server.serve, on_closed, NULL);
    uv_run(&server.loop, UV_RUN_DEFAULT);
    ck_assert(server.closed);
    end_call(API_ACCEPTED);
    close(fd);
    ck_assert_int_eq(uv_loop_close(&server.loop), 0);
    unlink(server.path);
    teardown();
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("serve");
    TCase *tcase = tcase_create("serve");
    TCase *closing = tcase_create("closing");

    tcase_add_checked_fixture(tcase, open_server, close_server);
    tcase_add_checked_fixture(closing, open_server, NULL);
    tcase_add_test(tcase, reads_and_health_checks);
    tcase_add_test(tcase, refusals_carry_their_headers);
    tcase_add_test(tcase, JR_09_a_late_answer_finds_its_client);
    tcase_add_test(tcase, no_leader_says_when_to_come_back);
    tcase_add_test(tcase, a_client_that_left_is_forgotten);
    tcase_add_test(closing, closing_does_not_wait_for_the_backend);
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, closing);
    return suite;
}
