#include "tests/unit/main.h"

#include "tests/unit/daemon/httpd_fixture.h"

/* ---- requests -------------------------------------------------------------------------- */

START_TEST(tells_the_handler_what_was_asked)
{
    int fd = dial();

    ask(fd, "GET /echo%20me?a=1%26&b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n",
        "health=0 127.0.0.1:");
    ck_assert_ptr_nonnull(strstr(reply, "HTTP/1.1 200 "));
    ck_assert_ptr_nonnull(strstr(reply, "X-Test: yes\r\n"));
    ck_assert_ptr_nonnull(strstr(reply, "Content-Type: text/plain\r\n"));
    ck_assert_ptr_nonnull(
        strstr(reply, "GET /echo me a=1& b=none auth=Bearer t body=0 local=0 uid=-1"));
    ask(fd, "OPTIONS /echo HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS /echo"); /* kept alive */
    ask(fd, "HEAD /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", NULL);
    ck_assert_ptr_nonnull(strstr(reply, "Content-Length: "));
    ck_assert_ptr_eq(strstr(reply, "\r\n\r\n") + 4, reply + reply_length);
    ck_assert_uint_eq(seen, 3);
    close(fd);
}
END_TEST

static void post(int fd, size_t length)
{
    static char body[LIMIT_HTTP_BODY_BYTES + 1];
    char head[128];

    snprintf(head, sizeof head, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n",
             length);
    memset(body, 'b', sizeof body);
    say(fd, head);
    put(fd, body, length);
}

START_TEST(takes_a_body_up_to_its_limit)
{
    int fd = dial();

    post(fd, LIMIT_HTTP_BODY_BYTES);
    ck_assert(hear(fd, "body=65536"));
    close(fd);
    fd = dial();
    say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n");
    ck_assert(hear(fd, "TOO_LARGE"));
    ck_assert_ptr_nonnull(strstr(reply, "HTTP/1.1 413 "));
    ck_assert_uint_eq(seen, 1);
    close(fd);
}
END_TEST

START_TEST(takes_a_chunked_body_up_to_its_limit)
{
    static char chunk[4096 + 1];
    int fd = dial();

    memset(chunk, 'c', 4096);
    for (int over = 0; over < 2; over++) {
        say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < LIMIT_HTTP_BODY_BYTES / 4096; i++) {
            say(fd, "1000\r\n");
            say(fd, chunk);
            say(fd, "\r\n");
        }
        say(fd, over ? "1\r\nx\r\n0\r\n\r\n" : "0\r\n\r\n");
        ck_assert(hear(fd, over ? "TOO_LARGE" : "body=65536"));
    }
    ck_assert_uint_eq(seen, 1);
    close(fd);
}
END_TEST

START_TEST(refuses_a_head_above_its_limit)
{
    static char head[2 * LIMIT_HTTP_HEAD_BYTES];
    int fd = dial();

    memset(head, 'h', sizeof head - 1);
    say(fd, "GET /");
    say(fd, head);
    hear(fd, NULL);
    ck_assert_ptr_nonnull(strstr(reply, "HTTP/1.1 4"));
    close(fd);
    fd = dial();
    say(fd, "GET /echo HTTP/1.1\r\nHost: x\r\nX: ");
    say(fd, head);
    hear(fd, NULL);
    ck_assert_uint_eq(seen, 0);
    close(fd);
}
END_TEST

START_TEST(cuts_a_request_that_is_not_complete_in_time)
{
    uint64_t start = uv_hrtime();
    int silent = dial();
    int dripping = dial();
    int fine = dial();
    uint64_t took_ms;
    char byte;
    unsigned drips = 0;

    ask(fine, "GET /hold HTTP/1.1\r\nHost: x\r\n", "");
    say(fine, "\r\n");
    await(&held_count, 1);
    say(dripping, "GET /echo HTTP/1.1\r\nHost: x\r\nX: ");
    while (recv(dripping, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN) {
        if ((uv_hrtime() - start) / 100000000 > drips) { /* each 100 ms */
            say(dripping, "y");
            drips++;
        }
        spin();
    }
    took_ms = (uv_hrtime() - start) / 1000000;
    ck_assert_uint_ge(took_ms, LIMIT_HTTP_REQUEST_MS - 100);
    ck_assert_uint_le(took_ms, LIMIT_HTTP_REQUEST_MS + 2000);
    hear(silent, NULL);
    ck_assert_ptr_nonnull(held[0]); /* complete in time, it may wait */
    answer_text(held[0], "late");
    ck_assert(hear(fine, "late"));
    close(silent);
    close(dripping);
    close(fine);
}
END_TEST

START_TEST(bounds_the_connections_of_an_address)
{
    int fds[LIMIT_HTTP_CONNECTIONS_PER_ADDRESS];
    int extra;

    for (int i = 0; i < LIMIT_HTTP_CONNECTIONS_PER_ADDRESS; i++) {
        fds[i] = dial();
        ask(fds[i], "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", "GET /echo");
    }
    extra = dial();
    say(extra, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    hear(extra, NULL);
    ck_assert_uint_eq(reply_length, 0);
    close(extra);
    for (int i = 0; i < LIMIT_HTTP_CONNECTIONS_PER_ADDRESS; i++) {
        close(fds[i]);
    }
    do { /* until the server has noticed */
        extra = dial();
        say(extra, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
        hear(extra, "GET /echo");
        close(extra);
    } while (reply_length == 0);
    ck_assert_uint_eq(seen, LIMIT_HTTP_CONNECTIONS_PER_ADDRESS + 1);
}
END_TEST

/* ---- listeners --------------------------------------------------------------------------------
 */

START_TEST(listens_on_a_unix_socket)
{
    char expected[64];
    struct stat status;
    struct err err;
    int fd;

    ck_assert_int_eq(listen_local(&err), 0);
    ck_assert_int_eq(stat(local_path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0660);
    ck_assert_int_eq(listen_local(&err), ERR_EXISTS);
    fd = dial_local();
    snprintf(expected, sizeof expected, "local=1 uid=%d health=0 unix", (int)getuid());
    ask(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", expected);
    close(fd);
}
END_TEST

START_TEST(takes_over_a_stale_unix_socket)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    int fd;

    strcpy(address.sun_path, local_path);
    ck_assert_int_eq(bind(stale, (struct sockaddr *)&address, sizeof address), 0);
    close(stale);
    ck_assert_int_eq(listen_local(NULL), 0);
    fd = dial_local();
    ask(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", "local=1");
    close(fd);
}
END_TEST

START_TEST(tells_which_listener_and_bounds_their_number)
{
    struct httpd_listen taken = {.address = "127.0.0.1:1"};
    char address[32];
    struct err err;
    int fd;

    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    taken.address = address;
    ck_assert_int_eq(httpd_listen(&httpd, &taken, &err), ERR_IO);
    taken.address = "localhost:80";
    ck_assert_int_eq(httpd_listen(&httpd, &taken, &err), ERR_INVALID);
    for (int i = 1; i < LIMIT_HTTP_LISTENERS; i++) {
        listen_tcp(NULL, NULL, true);
    }
    taken.address = address;
    ck_assert_int_eq(httpd_listen(&httpd, &taken, &err), ERR_LIMIT);
    fd = dial();
    ask(fd, "GET /echo HTTP/1.0\r\n\r\n", "health=1");
    close(fd);
}
END_TEST

START_TEST(speaks_tls)
{
    char key[96], certificate[96], text[512];
    struct httpd_listen wrong;
    struct err err;
    int pipe_fds[2];
    pid_t pid;

    snprintf(key, sizeof key, "%s/key.pem", directory);
    snprintf(certificate, sizeof certificate, "%s/certificate.pem", directory);
    snprintf(text, sizeof text,
             "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout %s -out %s -subj /CN=x "
             "2>/dev/null && chmod 600 %s",
             key, certificate, key);
    ck_assert_int_eq(system(text), 0);
    listen_tcp(certificate, key, false);
    wrong = (struct httpd_listen){.address = "127.0.0.1:9", .certificate = key, .key = "/nope"};
    ck_assert_int_lt(httpd_listen(&httpd, &wrong, &err), 0);

    ck_assert_int_eq(pipe(pipe_fds), 0);
    pid = fork();
    if (pid == 0) {
        snprintf(text, sizeof text,
                 "printf 'GET /echo HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | "
                 "openssl s_client -quiet -connect 127.0.0.1:%u -CAfile %s 2>/dev/null",
                 port, certificate);
        dup2(pipe_fds[1], STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", text, (char *)NULL);
        _exit(127);
    }
    close(pipe_fds[1]);
    while (waitpid(pid, NULL, WNOHANG) == 0) {
        spin();
    }
    memset(text, 0, sizeof text);
    ck_assert_int_gt(read(pipe_fds[0], text, sizeof text - 1), 0);
    ck_assert_msg(strstr(text, "HTTP/1.1 200 ") != NULL, "%s", text);
    close(pipe_fds[0]);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("httpd");
    TCase *tcase = tcase_create("httpd");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, tells_the_handler_what_was_asked);
    tcase_add_test(tcase, takes_a_body_up_to_its_limit);
    tcase_add_test(tcase, takes_a_chunked_body_up_to_its_limit);
    tcase_add_test(tcase, refuses_a_head_above_its_limit);
    tcase_add_test(tcase, cuts_a_request_that_is_not_complete_in_time);
    tcase_add_test(tcase, bounds_the_connections_of_an_address);
    tcase_add_test(tcase, listens_on_a_unix_socket);
    tcase_add_test(tcase, takes_over_a_stale_unix_socket);
    tcase_add_test(tcase, tells_which_listener_and_bounds_their_number);
    tcase_add_test(tcase, speaks_tls);
    suite_add_tcase(suite, tcase);
    return suite;
}
