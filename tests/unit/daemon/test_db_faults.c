#include "tests/unit/main.h"

#include "tests/unit/daemon/db_fixture.h"

/* ---- deadlines ------------------------------------------------------------------- */

START_TEST(a_deadline_ends_the_connection_and_tells_everybody)
{
    struct link link;
    struct ask slow, waiting, again;

    link_open(&link, tcp(SERVER_PLAIN));
    link.reconnect = true;
    ck_assert_int_eq(ask_start(&slow, &link, "SELECT SLEEP(10)", 200), 0);
    ck_assert_int_eq(ask_start(&waiting, &link, "SELECT 1", TIMEOUT_MS), 0);
    run_until(&link.lost);
    ck_assert(slow.done && waiting.done);
    ck_assert_int_eq(slow.code, ERR_TIMEOUT);
    ck_assert(slow.query.sent);
    ck_assert_int_eq(waiting.code, ERR_CLOSED);
    ck_assert(!waiting.query.sent);
    ck_assert_int_eq(link.why.code, ERR_TIMEOUT);

    run_until(&link.told);
    ck_assert(link.connected);
    ask(&again, &link, "SELECT 1");
    ck_assert_str_eq(again.cell, "1");
    link_close(&link);
}
END_TEST

START_TEST(a_deadline_in_the_queue_costs_nobody_else)
{
    struct link link;
    struct ask slow, waiting;

    link_open(&link, tcp(SERVER_PLAIN));
    ck_assert_int_eq(ask_start(&slow, &link, "SELECT SLEEP(0.4)", TIMEOUT_MS), 0);
    ck_assert_int_eq(ask_start(&waiting, &link, "SELECT 1", 50), 0);
    run_until(&waiting.done);
    ck_assert_int_eq(waiting.code, ERR_TIMEOUT);
    ck_assert(!waiting.query.sent);
    ck_assert(!slow.done);
    run_until(&slow.done);
    ck_assert_int_eq(slow.code, 0);
    ck_assert(!link.lost);
    link_close(&link);
}
END_TEST

START_TEST(an_answer_that_lies_in_the_socket_counts_however_late_we_look)
{
    struct link link;
    struct ask one;

    link_open(&link, tcp(SERVER_PLAIN));
    ck_assert_int_eq(ask_start(&one, &link, "SELECT 1", 50), 0);
    usleep(120000); /* this process was stopped; the server was not */
    run_until(&one.done);
    ck_assert_msg(one.code == 0, "%s", one.why.text);
    link_close(&link);
}
END_TEST

/* ---- servers that die or hang ------------------------------------------------------ */

START_TEST(death_is_noticed_on_idle_and_busy_connections)
{
    struct link idle, busy, late;
    struct ask one;

    link_open(&idle, tcp(SERVER_PLAIN));
    link_open(&busy, tcp(SERVER_PLAIN));
    ck_assert_int_eq(ask_start(&one, &busy, "SELECT SLEEP(10)", TIMEOUT_MS), 0);
    uv_run(&loop, UV_RUN_NOWAIT);
    server_kill(SERVER_PLAIN);
    run_until(&idle.lost);
    run_until(&busy.lost);
    ck_assert_int_eq(idle.why.code, ERR_UNREACHABLE);
    ck_assert_int_eq(one.code, ERR_UNREACHABLE);
    ck_assert(one.query.sent);
    ck_assert_int_eq(ask_start(&one, &idle, "SELECT 1", TIMEOUT_MS), ERR_CLOSED);

    link_try(&late, tcp(SERVER_PLAIN));
    ck_assert_int_eq(late.why.code, ERR_UNREACHABLE);
    ck_assert(!late.lost);
    link_close(&late);
    link_close(&idle);
    link_close(&busy);
    server_start(SERVER_PLAIN);
    server_await(SERVER_PLAIN);
}
END_TEST

START_TEST(a_refused_connect_is_told_from_the_loop)
{
    struct db_config config = {.socket = "/tmp/test_db-there-is-none",
                               .user = TESTER,
                               .password = TESTER_PASSWORD,
                               .connect_timeout_ms = TIMEOUT_MS};
    struct link link;

    link_try(&link, config);
    ck_assert_int_eq(link.why.code, ERR_UNREACHABLE);
    ck_assert_ptr_nonnull(strstr(link.why.text, config.socket));
    link_close(&link);

    link_init(&link, config); /* closed before the loop had a look */
    db_connect(&link.db, on_connect);
    link_close(&link);
    ck_assert_int_eq(link.why.code, ERR_CLOSED);

    config = tcp(SERVER_PLAIN);
    config.password = "wrong";
    link_try(&link, config);
    ck_assert_int_eq(link.why.code, ERR_PERMISSION);
    ck_assert_ptr_null(strstr(link.why.text, "wrong"));
    link_close(&link);
}
END_TEST

START_TEST(a_stopped_server_disturbs_no_other)
{
    struct db_config config = tcp(SERVER_PLAIN);
    struct link stopped, early, other;
    struct ask lost, one;
    unsigned answered = 0;

    config.connect_timeout_ms = 400;
    link_open(&other, tcp(SERVER_TLS));
    link_open(&early, tcp(SERVER_PLAIN));
    server_freeze(SERVER_PLAIN);
    link_init(&stopped, config);
    db_connect(&stopped.db, on_connect);
    ck_assert_int_eq(ask_start(&lost, &early, "SELECT 1", 400), 0);
    while (!stopped.told || !lost.done) {
        ask(&one, &other, "SELECT 1");
        ck_assert_int_eq(one.code, 0);
        answered++;
    }
    kill(servers[SERVER_PLAIN].pid, SIGCONT);
    ck_assert_int_eq(stopped.why.code, ERR_TIMEOUT);
    ck_assert_int_eq(lost.code, ERR_TIMEOUT);
    ck_assert_uint_gt(answered, 2); /* thousands, on a machine that is idle */
    link_close(&stopped);
    link_close(&early);
    link_close(&other);
}
END_TEST

/* ---- TLS ------------------------------------------------------------------------------ */

START_TEST(tls_encrypts_and_notices_death)
{
    struct link link;
    struct ask one;

    link_open(&link, encrypted(SERVER_TLS));
    ask(&one, &link,
        "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS "
        "WHERE VARIABLE_NAME = 'Ssl_version'");
    ck_assert_str_eq(one.cell, "TLSv1.3");
    ask(&one, &link, "SELECT REPEAT('x', 100000)");
    ck_assert_int_eq(one.code, 0);
    ck_assert_int_eq(ask_start(&one, &link, "SELECT SLEEP(10)", 100), 0);
    run_until(&link.lost); /* it waits without blocking, too */
    ck_assert_int_eq(link.why.code, ERR_TIMEOUT);
    link_close(&link);

    link_open(&link, encrypted(SERVER_TLS));
    server_kill(SERVER_TLS);
    run_until(&link.lost);
    ck_assert_int_eq(link.why.code, ERR_UNREACHABLE);
    link_close(&link);
    link_try(&link, encrypted(SERVER_TLS));
    ck_assert_int_eq(link.why.code, ERR_UNREACHABLE);
    link_close(&link);
    server_start(SERVER_TLS);
    server_await(SERVER_TLS);
}
END_TEST

START_TEST(tls_refuses_what_it_cannot_trust)
{
    struct db_config config = encrypted(SERVER_TLS);
    char other[96];
    struct link link;

    snprintf(other, sizeof other, "%s/other.pem", servers_dir);
    config.ca = other;
    link_try(&link, config);
    ck_assert_msg(link.why.code == ERR_PROTOCOL, "%s", link.why.text);
    link_close(&link);

    link_try(&link, encrypted(SERVER_PLAIN));
    ck_assert_msg(link.why.code == ERR_PROTOCOL, "%s", link.why.text);
    link_close(&link);

    config = encrypted(SERVER_TLS);
    config.password = "wrong";
    link_try(&link, config);
    ck_assert_msg(link.why.code == ERR_PERMISSION, "%s", link.why.text);
    link_close(&link);
}
END_TEST

/* A server that greets as SERVER_TLS does, and then says nothing any more. */
struct mute {
    int listener;
    unsigned port;
    uv_poll_t poll;
    int clients[16];
    unsigned clients_count;
    char greeting[512];
    ssize_t greeting_length;
    bool closed;
};

static int tcp_socket(unsigned port, bool listening)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listening) {
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        ck_assert_int_eq(listen(fd, 16), 0);
    } else {
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    }
    return fd;
}

static void on_mute_client(uv_poll_t *poll, int status, int events)
{
    struct mute *mute = container_of(poll, struct mute, poll);
    int fd = accept4(mute->listener, NULL, NULL, SOCK_CLOEXEC);

    (void)status;
    (void)events;
    ck_assert_int_ge(fd, 0);
    mute->clients[mute->clients_count++] = fd;
    ck_assert_int_eq(send(fd, mute->greeting, (size_t)mute->greeting_length, 0),
                     mute->greeting_length);
}

static void mute_open(struct mute *mute)
{
    int fd = tcp_socket(servers[SERVER_TLS].port, false);

    memset(mute, 0, sizeof *mute);
    mute->greeting_length = recv(fd, mute->greeting, sizeof mute->greeting, 0);
    ck_assert_int_gt(mute->greeting_length, 0);
    close(fd);
    mute->port = free_port();
    mute->listener = tcp_socket(mute->port, true);
    uv_poll_init(&loop, &mute->poll, mute->listener);
    uv_poll_start(&mute->poll, UV_READABLE, on_mute_client);
}

static void on_mute_closed(uv_handle_t *handle)
{
    container_of(handle, struct mute, poll)->closed = true;
}

static void mute_close(struct mute *mute)
{
    uv_close((uv_handle_t *)&mute->poll, on_mute_closed);
    run_until(&mute->closed);
    close(mute->listener);
    for (unsigned i = 0; i < mute->clients_count; i++) {
        close(mute->clients[i]);
    }
}

/* More of them than there are threads. */
START_TEST(hung_handshakes_starve_nobody_for_long)
{
    enum { HUNG = LIMIT_TLS_THREADS + 2 };
    static struct link hung[HUNG];
    struct db_config config = encrypted(SERVER_TLS);
    struct link plain, patient;
    struct mute mute;
    struct ask one;

    mute_open(&mute);
    config.port = mute.port;
    config.connect_timeout_ms = 900;
    link_open(&plain, tcp(SERVER_PLAIN));
    for (int i = 0; i < HUNG; i++) {
        link_init(&hung[i], config);
        db_connect(&hung[i].db, on_connect);
    }
    while (mute.clients_count < HUNG) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    link_init(&patient, encrypted(SERVER_TLS));
    db_connect(&patient.db, on_connect);
    for (int i = 0; i < HUNG; i++) {
        while (!hung[i].told) {
            ask(&one, &plain, "SELECT 1");
            ck_assert_int_eq(one.code, 0);
        }
        ck_assert(hung[i].why.code == ERR_TIMEOUT || hung[i].why.code == ERR_PROTOCOL);
    }
    run_until(&patient.told);
    ck_assert_msg(patient.connected, "%s", patient.why.text);
    for (int i = 0; i < HUNG; i++) {
        link_close(&hung[i]);
    }
    link_close(&patient);
    link_close(&plain);
    mute_close(&mute);
}
END_TEST

/* ---- closing ----------------------------------------------------------------------------- */

START_TEST(closes_in_every_state)
{
    struct link link;
    struct ask one, two;
    struct mute mute;
    struct db_config config;

    link_init(&link, tcp(SERVER_PLAIN)); /* closed */
    link_close(&link);

    link_init(&link, tcp(SERVER_PLAIN)); /* connecting */
    db_connect(&link.db, on_connect);
    link_close(&link);
    ck_assert(link.connect_failed);
    ck_assert_int_eq(link.why.code, ERR_CLOSED);

    link_open(&link, tcp(SERVER_PLAIN)); /* querying */
    ck_assert_int_eq(ask_start(&one, &link, "SELECT SLEEP(10)", TIMEOUT_MS), 0);
    ck_assert_int_eq(ask_start(&two, &link, "SELECT 1", TIMEOUT_MS), 0);
    link_close(&link);
    ck_assert(one.done && two.done && one.query.sent && !two.query.sent);
    ck_assert_int_eq(one.code, ERR_CLOSED);
    ck_assert_int_eq(two.code, ERR_CLOSED);
    ck_assert(!link.lost);

    link_open(&link, tcp(SERVER_PLAIN)); /* closing: the deadline was first */
    ck_assert_int_eq(ask_start(&one, &link, "SELECT SLEEP(10)", 1), 0);
    while (db_state(&link.db) == DB_QUERYING) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    link_close(&link);

    mute_open(&mute); /* on a thread */
    config = encrypted(SERVER_TLS);
    config.port = mute.port;
    config.connect_timeout_ms = 500;
    link_init(&link, config);
    db_connect(&link.db, on_connect);
    while (link.db.job == NULL) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    link_close(&link);
    ck_assert_int_eq(link.why.code, ERR_CLOSED);
    mute_close(&mute);
}
END_TEST

static void close_inside(struct db_query *query, const struct db_result *result,
                         const struct err *why)
{
    struct ask *ask = container_of(query, struct ask, query);

    (void)why;
    db_close(query->db, on_close);
    ck_assert_str_eq(db_result_cell(result, 0, 0), "1");
    ask->done = true;
}

START_TEST(closes_inside_a_callback)
{
    struct link link;
    struct ask one = {.query = {.text = "SELECT 1", .timeout_ms = TIMEOUT_MS, .cb = close_inside}};
    struct ask two;

    link_open(&link, tcp(SERVER_PLAIN));
    ck_assert_int_eq(db_query(&link.db, &one.query), 0);
    ck_assert_int_eq(ask_start(&two, &link, "SELECT 2", TIMEOUT_MS), 0);
    run_until(&link.closed);
    ck_assert(one.done && two.done);
    ck_assert_int_eq(two.code, ERR_CLOSED);
}
END_TEST

START_TEST(refuses_a_configuration_that_would_block_or_trust_blindly)
{
    struct db_config wrong[7];
    struct db db;
    struct err err;

    for (int i = 0; i < 7; i++) {
        wrong[i] = encrypted(SERVER_TLS);
    }
    wrong[0].host = "localhost";
    wrong[1].host = NULL;
    wrong[2].socket = "/tmp/x";
    wrong[3].ca = NULL;
    wrong[4].port = 0;
    wrong[5].port = 65536;
    wrong[6].connect_timeout_ms = 0;
    for (int i = 0; i < 7; i++) {
        ck_assert_int_eq(db_init(&db, &loop, &tls, &wrong[i], on_lost, &err), ERR_INVALID);
        ck_assert_uint_gt(strlen(err.text), 10);
    }
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("db faults");
    TCase *tcase = tcase_create("faults");

    tcase_add_unchecked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_deadline_ends_the_connection_and_tells_everybody);
    tcase_add_test(tcase, a_deadline_in_the_queue_costs_nobody_else);
    tcase_add_test(tcase, an_answer_that_lies_in_the_socket_counts_however_late_we_look);
    tcase_add_test(tcase, death_is_noticed_on_idle_and_busy_connections);
    tcase_add_test(tcase, a_refused_connect_is_told_from_the_loop);
    tcase_add_test(tcase, a_stopped_server_disturbs_no_other);
    tcase_add_test(tcase, tls_encrypts_and_notices_death);
    tcase_add_test(tcase, tls_refuses_what_it_cannot_trust);
    tcase_add_test(tcase, hung_handshakes_starve_nobody_for_long);
    tcase_add_test(tcase, closes_in_every_state);
    tcase_add_test(tcase, closes_inside_a_callback);
    tcase_add_test(tcase, refuses_a_configuration_that_would_block_or_trust_blindly);
    suite_add_tcase(suite, tcase);
    return suite;
}
