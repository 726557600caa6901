#include "tests/unit/main.h"

#include "tests/unit/daemon/httpd_fixture.h"

/* ---- answers that come later ------------------------------------------------------------- */

START_TEST(answers_later_in_any_order)
{
    int first = dial();
    int second = dial();

    say(first, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    await(&held_count, 1);
    say(second, "GET /hold?a=7 HTTP/1.1\r\nHost: x\r\n\r\n");
    await(&held_count, 2);
    ck_assert_str_eq(buf_text(&held[0]->body), "hi");
    ck_assert_str_eq(held[0]->method, "POST");
    ck_assert_str_eq(httpd_argument(held[1], "a"), "7");
    answer_text(held[1], "answer two");
    ck_assert(hear(second, "answer two"));
    answer_text(held[0], "answer one");
    ck_assert(hear(first, "answer one"));
    ask(first, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", "GET /echo");
    ck_assert_uint_eq(cancelled, 0);
    close(first);
    close(second);
}
END_TEST

START_TEST(answers_one_request_inside_another)
{
    int first = dial();
    int second = dial();

    say(first, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    await(&held_count, 1);
    say(second, "GET /release HTTP/1.1\r\nHost: x\r\n\r\n");
    ck_assert(hear(first, "released"));
    ck_assert(hear(second, "GET /release"));
    close(first);
    close(second);
}
END_TEST

START_TEST(tells_when_a_client_left)
{
    int fd = dial();

    say(fd, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    await(&held_count, 1);
    close(fd);
    await(&cancelled, 1);
    ck_assert_ptr_null(held[0]);
}
END_TEST

START_TEST(cancels_what_is_held_when_it_closes)
{
    int fds[3];

    ck_assert_int_eq(listen_local(NULL), 0);
    fds[0] = dial();
    fds[1] = dial_local();
    fds[2] = dial();
    say(fds[0], "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    say(fds[1], "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    say(fds[2], "GET /hal");
    await(&held_count, 2);
    httpd_close(&httpd, on_closed);
    ck_assert(!closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(closed);
    ck_assert_uint_eq(cancelled, 2);
    for (int i = 0; i < 3; i++) {
        hear(fds[i], NULL);
        ck_assert_uint_eq(reply_length, 0);
        close(fds[i]);
    }
    ck_assert_int_ne(access(local_path, F_OK), 0);
}
END_TEST

static void close_at_once(struct httpd *from, struct httpd_request *request)
{
    answer_text(request, "bye");
    httpd_close(from, on_closed);
}

START_TEST(closes_inside_the_handler)
{
    int fd = dial();

    httpd.on_request = close_at_once;
    say(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(closed);
    close(fd);
}
END_TEST

/* ---- streams ------------------------------------------------------------------------------- */

static void stream_begin(struct httpd_request *request)
{
    struct httpd_answer answer = {
        .status = 200, .content_type = "text/event-stream", .body = "hello\n", .length = 6};

    httpd_stream(request, &answer);
}

START_TEST(streams_as_pieces_come)
{
    int fd = dial();

    say(fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await(&held_count, 1);
    stream_begin(held[0]);
    ck_assert(hear(fd, "hello\n"));
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(httpd_stream_send(held[0], "piece\n", 6), 0);
        ck_assert(hear(fd, "piece\n"));
    }
    httpd_stream_end(held[0]);
    ck_assert(hear(fd, "0\r\n\r\n"));
    ask(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", "GET /echo");

    say(fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await(&held_count, 2);
    stream_begin(held[1]);
    ck_assert(hear(fd, "hello\n"));
    ck_assert_uint_eq(cancelled, 0);
    close(fd);
    await(&cancelled, 1); /* without a piece being sent */
}
END_TEST

START_TEST(cuts_a_stream_that_nobody_reads)
{
    static char piece[32 * 1024];
    int fd = dial();
    int code = 0;

    say(fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await(&held_count, 1);
    stream_begin(held[0]);
    for (int i = 0; code == 0; i++) {
        ck_assert_int_lt(i, 4096);
        code = httpd_stream_send(held[0], piece, sizeof piece);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    ck_assert_int_eq(code, ERR_LIMIT);
    close(fd);
    await(&cancelled, 1);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("httpd later");
    TCase *tcase = tcase_create("httpd");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, answers_later_in_any_order);
    tcase_add_test(tcase, answers_one_request_inside_another);
    tcase_add_test(tcase, tells_when_a_client_left);
    tcase_add_test(tcase, cancels_what_is_held_when_it_closes);
    tcase_add_test(tcase, closes_inside_the_handler);
    tcase_add_test(tcase, streams_as_pieces_come);
    tcase_add_test(tcase, cuts_a_stream_that_nobody_reads);
    suite_add_tcase(suite, tcase);
    return suite;
}
