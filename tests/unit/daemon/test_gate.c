#include "tests/unit/main.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "daemon/io/clock.h"
#include "daemon/io/gate_client.h"
#include "daemon/io/gate_server.h"
#include "tests/unit/daemon/cluster_fixture.h"
#include "tests/unit/daemon/file_line.h"
#include "topology/binlog.h"

/* ---- words ------------------------------------------------------------------------ */

START_TEST(words_come_back)
{
    struct gate_word word = {.kind = GATE_SLAVE, .epoch = UINT64_MAX};
    struct gate_word back;
    char line[GATE_LINE_BYTES];

    gtid_state_parse(&word.base, "0-1-7,0-2-9", NULL);
    gate_word_format(&word, line, sizeof line);
    ck_assert_str_eq(line, "SLAVE 0-1-7,0-2-9 18446744073709551615\n");
    line[strlen(line) - 1] = '\0';
    ck_assert_int_eq(gate_word_parse(&back, line, NULL), 0);
    ck_assert_int_eq(back.kind, GATE_SLAVE);
    ck_assert_uint_eq(back.epoch, UINT64_MAX);
    ck_assert_uint_eq(back.base.count, 2);
    word.base.count = 0;
    word.epoch = 3;
    gate_word_format(&word, line, sizeof line);
    ck_assert_str_eq(line, "SLAVE - 3\n");
    ck_assert_int_eq(gate_word_parse(&back, "SLAVE - 3", NULL), 0);
    ck_assert_uint_eq(back.base.count, 0);
    ck_assert_int_eq(gate_word_parse(&back, "MASTER", NULL), 0);
    ck_assert_int_eq(back.kind, GATE_MASTER);
    word = (struct gate_word){.kind = GATE_WAIT, .reason = "no\nleader"};
    gate_word_format(&word, line, sizeof line);
    ck_assert_str_eq(line, "WAIT no leader\n");
}
END_TEST

START_TEST(other_words_are_refused)
{
    static const char *const lines[] = {
        "",           "MASTER ",    "SLAVE",     "SLAVE 0-1-7", "SLAVE 0-1 3",
        "SLAVE - -3", "SLAVE - 3 ", "slave - 3", "WAITING ROOM"};
    struct gate_word word;
    struct err err;

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_assert_msg(gate_word_parse(&word, lines[i], &err) == ERR_PROTOCOL, "%s", lines[i]);
    }
}
END_TEST

/* ---- the agent's side, on a loop; the gate's, on a thread ---------------------------- */

struct desk {
    struct gate_server *server;
    struct gate_word word;
    unsigned asked;
    uint64_t saved;
    bool heard;
};

static void on_ask(void *context, struct gate_word *word)
{
    struct desk *desk = context;

    desk->asked++;
    *word = desk->word;
}

static void on_saved(void *context, uint64_t transactions)
{
    struct desk *desk = context;

    desk->saved = transactions;
    desk->heard = true;
}

static void desk_open(struct desk *desk, enum gate_kind kind)
{
    struct gate_server_config config = {
        .loop = &loop, .data_dir = cluster_dir, .context = desk, .ask = on_ask, .saved = on_saved};
    struct err err;

    memset(desk, 0, sizeof *desk);
    desk->word.kind = kind;
    strcpy(desk->word.reason, "no leader yet");
    ck_assert_msg(gate_server_open(&desk->server, &config, &err) == 0, "%s", err.text);
}

static void desk_close(struct desk *desk)
{
    bool closed = false;

    gate_server_close(desk->server, on_hand_closed, &closed);
    run_until(&closed);
}

struct visit {
    pthread_t thread;
    struct gate_config config;
    struct gate_report report;
    struct err err;
    int rv;
    bool done; /* set on the loop's thread only */
    uv_async_t async;
    uint64_t ms;
};

static void *visit_main(void *argument)
{
    struct visit *visit = argument;
    uint64_t begin_ms = clock_now_ms();

    visit->rv = gate_run(&visit->config, &visit->report, &visit->err);
    visit->ms = clock_now_ms() - begin_ms;
    uv_async_send(&visit->async);
    return NULL;
}

static void on_visited(uv_async_t *async)
{
    struct visit *visit = container_of(async, struct visit, async);

    pthread_join(visit->thread, NULL);
    uv_close((uv_handle_t *)async, NULL);
    visit->done = true;
}

static void visit_start(struct visit *visit, uint32_t word_ms)
{
    memset(visit, 0, sizeof *visit);
    visit->config = (struct gate_config){.data_dir = cluster_dir,
                                         .datadir = cluster[0].data,
                                         .snippet = cluster[0].snippet,
                                         .word_ms = word_ms,
                                         .agent_ms = 200};
    uv_async_init(&loop, &visit->async, on_visited);
    ck_assert_int_eq(pthread_create(&visit->thread, NULL, visit_main, visit), 0);
}

static void visit_await(struct visit *visit)
{
    run_until(&visit->done);
    ck_assert_msg(visit->rv == 0, "%s", visit->err.text);
}

static bool says(const char *line)
{
    return file_has_line(cluster[0].snippet, line);
}

static void nothing_begin(void)
{
    uv_loop_init(&loop);
    snprintf(cluster[0].data, sizeof cluster[0].data, "%s/none", cluster_dir);
    snprintf(cluster[0].snippet, sizeof cluster[0].snippet, "%s/none.cnf", cluster_dir);
}

static void nothing_end(void)
{
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    memset(cluster, 0, sizeof cluster);
}

START_TEST(the_word_is_awaited)
{
    struct desk desk;
    struct visit visit;

    nothing_begin();
    desk_open(&desk, GATE_WAIT);
    visit_start(&visit, 20000);
    while (desk.asked == 0) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    ck_assert(!visit.done);
    strcpy(desk.word.reason, "the leader is asked");
    gate_server_poke(desk.server);
    ck_assert(!visit.done);
    desk.word.kind = GATE_MASTER;
    gate_server_poke(desk.server);
    visit_await(&visit);
    ck_assert(says("init_rpl_role=MASTER"));
    run_until(&desk.heard);
    ck_assert_uint_eq(desk.saved, 0);
    desk_close(&desk);
    nothing_end();
}
END_TEST

START_TEST(without_a_word_nothing_is_cut)
{
    struct desk desk;
    struct visit visit;

    nothing_begin();
    ck_assert_int_eq(snippet_write(cluster[0].snippet, SNIPPET_SLAVE, false, NULL), 0);
    desk_open(&desk, GATE_WAIT);
    visit_start(&visit, 300);
    visit_await(&visit);
    ck_assert(says("init_rpl_role=MASTER"));
    ck_assert_msg(strstr(visit.report.reason, "no leader yet") != NULL, "%s", visit.report.reason);
    ck_assert_uint_ge(visit.ms, 300);
    desk_close(&desk);
    nothing_end();
}
END_TEST

START_TEST(without_an_agent_nothing_is_cut)
{
    struct visit visit;

    nothing_begin();
    visit_start(&visit, 20000);
    visit_await(&visit);
    ck_assert(says("init_rpl_role=MASTER"));
    ck_assert_uint_ge(visit.ms, 200);
    ck_assert_uint_lt(visit.ms, 5000);
    nothing_end();
}
END_TEST

START_TEST(an_agent_that_goes_away_may_come_back)
{
    struct desk desk;
    struct visit visit;

    nothing_begin();
    desk_open(&desk, GATE_WAIT);
    visit_start(&visit, 20000);
    while (desk.asked == 0) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    desk_close(&desk);
    desk_open(&desk, GATE_MASTER);
    visit_await(&visit);
    ck_assert_str_eq(visit.report.reason, "the agent said so");
    desk_close(&desk);
    nothing_end();
}
END_TEST

START_TEST(what_can_not_be_saved_is_not_cut)
{
    struct desk desk;
    struct visit visit;

    nothing_begin(); /* there is no data directory */
    desk_open(&desk, GATE_SLAVE);
    visit_start(&visit, 20000);
    visit_await(&visit);
    ck_assert(says("init_rpl_role=MASTER"));
    ck_assert_msg(strstr(visit.report.reason, "can't be saved") != NULL, "%s", visit.report.reason);
    desk_close(&desk);
    nothing_end();
}
END_TEST

START_TEST(a_snippet_that_can_not_be_written_is_a_failure)
{
    struct gate_report report;
    struct gate_config config = {.data_dir = cluster_dir,
                                 .datadir = cluster_dir,
                                 .snippet = "/nowhere/at/all.cnf",
                                 .word_ms = 100,
                                 .agent_ms = 1};
    struct err err;

    ck_assert_int_eq(gate_run(&config, &report, &err), ERR_IO);
    ck_assert_msg(strstr(err.text, "/nowhere") != NULL, "%s", err.text);
}
END_TEST

/* ---- a real server's binary log -------------------------------------------------------- */

static void walk_file(const char *path, const struct gtid_state *base, size_t cut,
                      struct binlog *binlog)
{
    static uint8_t bytes[4 * 1024 * 1024];
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, bytes, sizeof bytes);
    struct err err;
    int rv;

    close(fd);
    ck_assert_int_gt(size, 0);
    size -= (ssize_t)cut;
    binlog_init(binlog, base);
    do {
        rv = binlog_feed(binlog, bytes + binlog->offset, (size_t)size - (size_t)binlog->offset,
                         (uint64_t)size, &err);
    } while (rv == BINLOG_MORE);
    ck_assert_msg(rv == BINLOG_END, "%s", err.text);
}

START_TEST(a_crashed_servers_log_is_read)
{
    struct gtid_state nothing = {0};
    struct binlog binlog;
    struct gtid_position position;
    char path[160];
    char text[LIMIT_GTID_TEXT_SIZE];
    unsigned whole;

    cluster_begin(1);
    sql(0, "CREATE TABLE app.t (id BIGINT PRIMARY KEY AUTO_INCREMENT, writer INT)");
    sql(0, "FLUSH BINARY LOGS");
    for (int i = 0; i < 50; i++) {
        sql(0, "INSERT INTO app.t (writer) VALUES (1)");
    }
    sql(0, "SET STATEMENT gtid_domain_id=5 FOR INSERT INTO app.t (writer) VALUES (2)");
    gtid_parse(&position, sql(0, "SELECT @@global.gtid_binlog_pos"), NULL);
    server_kill(0);
    snprintf(path, sizeof path, "%s/b.000002", cluster[0].data);
    walk_file(path, &nothing, 0, &binlog);
    ck_assert_uint_eq(binlog.beyond_count, 51);
    ck_assert(gtid_equal(&binlog.last, &position));
    ck_assert(binlog.has_list && !binlog.torn && !binlog.relay);
    gtid_state_format(&binlog.list, text, sizeof text);
    ck_assert_str_eq(text, "0-1-1");
    for (size_t cut = 1; cut < 300; cut += 7) { /* a torn end */
        walk_file(path, &nothing, cut, &binlog);
        whole = (unsigned)binlog.beyond_count;
        ck_assert(whole == 51 || whole == 50);
        ck_assert(!binlog.damaged);
    }
    cluster_end();
}
END_TEST

START_TEST(a_relay_log_is_known)
{
    struct gtid_state nothing = {0};
    struct binlog binlog;
    char path[200];
    glob_t found;

    cluster_begin(2);
    cluster_wire();
    sql_await(1, "SELECT COUNT(*) FROM app.t", "0");
    snprintf(path, sizeof path, "%s/*relay-bin.0*", cluster[1].data);
    ck_assert_int_eq(glob(path, 0, NULL, &found), 0);
    snprintf(path, sizeof path, "%s", found.gl_pathv[0]);
    globfree(&found);
    walk_file(path, &nothing, 0, &binlog);
    ck_assert(binlog.relay);
    snprintf(path, sizeof path, "%s/b.000001", cluster[1].data);
    walk_file(path, &nothing, 0, &binlog);
    ck_assert(!binlog.relay);
    cluster_end();
}
END_TEST

static int saved_shell(const char *directory, const char *command)
{
    char text[1024];

    snprintf(text, sizeof text, "cd %s && { %s; } >/dev/null 2>&1", directory, command);
    return system(text);
}

/* How many transactions a server finds in one of its files; the first must be `first`. */
static unsigned shown_gtids(const char *file, const char *first)
{
    MYSQL *mysql = sql_open(0, "root", NULL);
    char text[64];
    unsigned count = 0;
    MYSQL_RES *rows;

    snprintf(text, sizeof text, "SHOW BINLOG EVENTS IN '%s'", file);
    ck_assert_msg(mysql_query(mysql, text) == 0, "%s: %s", file, mysql_error(mysql));
    rows = mysql_store_result(mysql);
    for (MYSQL_ROW row = mysql_fetch_row(rows); row != NULL; row = mysql_fetch_row(rows)) {
        if (strcmp(row[2], "Gtid") == 0 && count++ == 0) {
            ck_assert_msg(strstr(row[5], first) != NULL, "%s", row[5]);
        }
    }
    mysql_free_result(rows);
    mysql_close(mysql);
    return count;
}

/* The whole way of a crashed primary: five transactions beyond the base, in two files. */
START_TEST(a_tail_is_saved_then_cut)
{
    struct desk desk;
    struct visit visit;
    const char *directory;
    char command[LIMIT_PATH_SIZE + 32];

    cluster_begin(1);
    sql(0, "CREATE TABLE app.t (id BIGINT PRIMARY KEY AUTO_INCREMENT, writer INT)");
    sql(0, "FLUSH BINARY LOGS");
    for (int i = 0; i < 20; i++) {
        sql(0, "INSERT INTO app.t (writer) VALUES (1)"); /* 0-1-2 to 0-1-21 */
    }
    sql(0, "FLUSH BINARY LOGS");
    sql(0, "INSERT INTO app.t (writer) VALUES (1)");
    sql(0, "INSERT INTO app.t (writer) VALUES (1)");
    server_kill(0);
    desk_open(&desk, GATE_SLAVE);
    gtid_state_parse(&desk.word.base, "0-1-18", NULL);
    desk.word.epoch = 7;
    visit_start(&visit, 20000);
    visit_await(&visit);
    ck_assert(says("init_rpl_role=SLAVE"));
    ck_assert_uint_eq(visit.report.saved.files, 2);
    ck_assert_uint_eq(visit.report.saved.transactions, 5);
    run_until(&desk.heard);
    ck_assert_uint_eq(desk.saved, 5);
    directory = visit.report.saved.directory;
    ck_assert_msg(strstr(directory, "/saved/7-") != NULL, "%s", directory);
    ck_assert_int_eq(saved_shell(directory, "grep -q 'transactions: 5' summary && "
                                            "grep -q 'base: 0-1-18' summary"),
                     0);
    desk_close(&desk);
    server_start(0); /* recovery accepts the snippet */
    server_kill(0);
    snprintf(command, sizeof command, "cp %s/b.00000[23] db1/", directory);
    cluster_shell(command);
    server_start(0);
    ck_assert_uint_eq(shown_gtids("b.000002", "0-1-19"), 3);
    ck_assert_uint_eq(shown_gtids("b.000003", "0-1-22"), 2);
    cluster_end();
}
END_TEST

START_TEST(nothing_beyond_saves_nothing)
{
    struct desk desk;
    struct visit visit;
    struct stat info;
    char path[128];

    cluster_begin(1);
    sql(0, "CREATE TABLE app.t (id BIGINT PRIMARY KEY AUTO_INCREMENT, writer INT)");
    server_kill(0);
    desk_open(&desk, GATE_SLAVE);
    gtid_state_parse(&desk.word.base, "0-1-1", NULL);
    desk.word.epoch = 9;
    visit_start(&visit, 20000);
    visit_await(&visit);
    ck_assert(says("init_rpl_role=SLAVE"));
    ck_assert_uint_eq(visit.report.saved.files, 0);
    ck_assert_str_eq(visit.report.saved.directory, "");
    snprintf(path, sizeof path, "%s/saved/9-*", cluster_dir);
    ck_assert_int_ne(stat(path, &info), 0);
    desk_close(&desk);
    cluster_end();
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("gate");
    TCase *tests = tcase_create("gate");

    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, cluster_prepare, cluster_clean);
    tcase_add_test(tests, words_come_back);
    tcase_add_test(tests, other_words_are_refused);
    tcase_add_test(tests, the_word_is_awaited);
    tcase_add_test(tests, without_a_word_nothing_is_cut);
    tcase_add_test(tests, without_an_agent_nothing_is_cut);
    tcase_add_test(tests, an_agent_that_goes_away_may_come_back);
    tcase_add_test(tests, what_can_not_be_saved_is_not_cut);
    tcase_add_test(tests, a_snippet_that_can_not_be_written_is_a_failure);
    tcase_add_test(tests, a_crashed_servers_log_is_read);
    tcase_add_test(tests, a_relay_log_is_known);
    tcase_add_test(tests, a_tail_is_saved_then_cut);
    tcase_add_test(tests, nothing_beyond_saves_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
