#include "tests/unit/main.h"

#include "daemon/io/db_chain.h"
#include "tests/unit/daemon/db_fixture.h"

static void check_table(struct db_query *query, const struct db_result *result,
                        const struct err *why)
{
    struct ask *ask = container_of(query, struct ask, query);

    ck_assert_ptr_null(why);
    ck_assert_uint_eq(result->columns, 3);
    ck_assert_uint_eq(result->rows, 2);
    ck_assert_str_eq(db_result_get(result, 0, "a"), "1");
    ck_assert_ptr_null(db_result_get(result, 0, "b"));
    ck_assert_str_eq(db_result_get(result, 0, "long name"), "x'y");
    ck_assert_str_eq(db_result_cell(result, 1, 0), "2");
    ck_assert_str_eq(db_result_cell(result, 1, 1), "");
    ck_assert_int_eq(db_result_column(result, "c"), -1);
    ck_assert_ptr_null(db_result_get(result, 0, "c"));
    ck_assert_ptr_null(db_result_get(result, 2, "a"));
    ask->done = true;
}

START_TEST(answers_rows_with_names_and_nulls)
{
    struct link link;
    struct ask one = {.query = {.text = "SELECT 1 AS a, NULL AS b, 'x''y' AS `long name` "
                                        "UNION ALL SELECT 2, '', 'z'",
                                .timeout_ms = TIMEOUT_MS,
                                .cb = check_table}};

    link_open(&link, tcp(SERVER_PLAIN));
    ck_assert_int_eq(db_query(&link.db, &one.query), 0);
    run_until(&one.done);
    ask(&one, &link, "SELECT 1 WHERE FALSE");
    ck_assert_uint_eq(one.rows, 0);
    ask(&one, &link, "SET @a = 1");
    ck_assert_int_eq(one.code, 0);
    link_close(&link);
}
END_TEST

START_TEST(an_error_of_the_server_leaves_the_connection_usable)
{
    struct link link;
    struct ask one;

    link_open(&link, tcp(SERVER_PLAIN));
    ask(&one, &link, "SELEKT 'hidden'");
    ck_assert_int_eq(one.code, ERR_SQL);
    ck_assert_uint_eq(one.query.sql_errno, 1064);
    ck_assert(one.query.sent);
    ck_assert_ptr_nonnull(strstr(one.why.text, "127.0.0.1:"));
    ck_assert_ptr_nonnull(strstr(one.why.text, "hidden"));

    one = (struct ask){.query = one.query};
    one.query.secret = true;
    ck_assert_int_eq(db_query(&link.db, &one.query), 0);
    run_until(&one.done);
    ck_assert_uint_eq(one.query.sql_errno, 1064);
    ck_assert_ptr_null(strstr(one.why.text, "hidden"));

    ask(&one, &link, "SELECT 7");
    ck_assert_str_eq(one.cell, "7");
    link_close(&link);
}
END_TEST

START_TEST(queues_in_order_up_to_its_limit)
{
    static struct ask asks[LIMIT_SQL_QUEUE + 1];
    struct ask extra;
    struct link link;

    link_open(&link, tcp(SERVER_PLAIN));
    answers = 0;
    for (int i = 0; i < LIMIT_SQL_QUEUE + 1; i++) {
        ck_assert_int_eq(ask_start(&asks[i], &link, "SELECT 1", TIMEOUT_MS), 0);
    }
    ck_assert_int_eq(ask_start(&extra, &link, "SELECT 1", TIMEOUT_MS), ERR_LIMIT);
    run_until(&asks[LIMIT_SQL_QUEUE].done);
    for (unsigned i = 0; i < LIMIT_SQL_QUEUE + 1; i++) {
        ck_assert_uint_eq(asks[i].order, i + 1);
        ck_assert_str_eq(asks[i].cell, "1");
    }
    ck_assert(!extra.done);
    link_close(&link);
    ck_assert_int_eq(db_state(&link.db), DB_CLOSED);
}
END_TEST

static int limit_code(const char *text)
{
    struct link link;
    struct ask one;

    link_open(&link, tcp(SERVER_PLAIN));
    ask(&one, &link, text);
    if (one.code == ERR_LIMIT) {
        run_until(&link.lost);
    }
    link_close(&link);
    return one.code;
}

START_TEST(a_result_above_a_limit_ends_the_connection)
{
    char columns[LIMIT_SQL_COLUMNS * 3 + 16];
    char text[128];

    snprintf(text, sizeof text, "SELECT seq FROM mysql.seq_1_to_%d", LIMIT_SQL_ROWS);
    ck_assert_int_eq(limit_code(text), 0);
    snprintf(text, sizeof text, "SELECT seq FROM mysql.seq_1_to_%d", LIMIT_SQL_ROWS + 1);
    ck_assert_int_eq(limit_code(text), ERR_LIMIT);

    /* "x", its NUL, the cell, its NUL */
    snprintf(text, sizeof text, "SELECT REPEAT('.', %d) AS x", LIMIT_SQL_RESULT_BYTES - 3);
    ck_assert_int_eq(limit_code(text), 0);
    snprintf(text, sizeof text, "SELECT REPEAT('.', %d) AS x", LIMIT_SQL_RESULT_BYTES - 2);
    ck_assert_int_eq(limit_code(text), ERR_LIMIT);
    ck_assert_int_eq(limit_code("SELECT REPEAT('.', 8000000) AS x"), ERR_LIMIT);

    strcpy(columns, "SELECT 1");
    for (int i = 1; i < LIMIT_SQL_COLUMNS; i++) {
        strcat(columns, ",1");
    }
    ck_assert_int_eq(limit_code(columns), 0);
    ck_assert_int_eq(limit_code(strcat(columns, ",1")), ERR_LIMIT);
}
END_TEST

START_TEST(quotes_whatever_is_utf8)
{
    static const char *const texts[] = {"",
                                        "plain",
                                        "o'clock",
                                        "a\\b",
                                        "\\",
                                        "\\'; --",
                                        "'",
                                        "''",
                                        "\"`",
                                        "a\nb\r\032\t",
                                        "\u00e9\u20ac\U0001F600"};
    static const char *const wrong[] = {"\x80",         "\xc3",         "\xc0\xaf", "\xed\xa0\x80",
                                        "\xf4\x90\x80", "\xe0\x80\x80", "a\xff'"};
    struct link link;
    struct ask one;
    struct buf buf;

    buf_init(&buf, 1000);
    link_open(&link, tcp(SERVER_PLAIN));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        buf_reset(&buf);
        buf_append_text(&buf, "SELECT ");
        ck_assert_int_eq(db_quote(&buf, texts[i]), 0);
        ask(&one, &link, buf_text(&buf));
        ck_assert_msg(one.code == 0, "%s", one.why.text);
        ck_assert_str_eq(one.cell, texts[i]);
    }
    buf_reset(&buf);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_int_eq(db_quote(&buf, wrong[i]), ERR_INVALID);
        ck_assert_uint_eq(buf.length, 0);
    }
    link_close(&link);
    buf_finish(&buf);
}
END_TEST

START_TEST(knows_both_ends)
{
    struct db_config config = {.socket = servers[SERVER_PLAIN].socket,
                               .user = TESTER,
                               .password = TESTER_PASSWORD,
                               .connect_timeout_ms = TIMEOUT_MS};
    struct link local, remote;
    struct ask one;
    char id[32];

    link_open(&local, config);
    link_open(&remote, tcp(SERVER_PLAIN));
    ask(&one, &local, "SELECT CONNECTION_ID()");
    snprintf(id, sizeof id, "%llu", (unsigned long long)db_thread_id(&local.db));
    ck_assert_str_eq(one.cell, id);
    ck_assert_int_eq(db_peer_pid(&local.db), servers[SERVER_PLAIN].pid);
    ck_assert_int_eq(db_peer_pid(&remote.db), -1);
    link_close(&local);
    link_close(&remote);
    ck_assert_uint_eq(db_thread_id(&local.db), 0);
}
END_TEST

struct story {
    struct db_chain chain;
    bool done;
    int code;
    char heard[64];
};

static int hear(struct db_chain *chain, const struct db_result *result, struct err *err)
{
    struct story *story = container_of(chain, struct story, chain);

    strcat(story->heard, db_result_cell(result, 0, 0));
    if (strlen(story->heard) == 3) {
        return err_set(err, ERR_CORRUPT, "heard enough");
    }
    return 0;
}

static void on_story(struct db_chain *chain, const struct err *why)
{
    struct story *story = container_of(chain, struct story, chain);

    story->done = true;
    story->code = why == NULL ? 0 : why->code;
}

START_TEST(a_chain_runs_in_order_until_a_step_fails)
{
    static const struct db_chain_step steps[] = {
        {"SELECT 'a'", hear}, {"SET @b = 1", NULL}, {"SELECT 'b'", hear}, {"SELEKT", hear}};
    static const struct db_chain_step refused[] = {{"SELECT 'abc'", hear}, {"SELECT 'd'", hear}};
    struct story story = {
        .chain = {.steps = steps, .steps_count = 3, .timeout_ms = TIMEOUT_MS, .cb = on_story}};
    struct link link;

    link_open(&link, tcp(SERVER_PLAIN));
    ck_assert_int_eq(db_chain_run(&story.chain, &link.db), 0);
    run_until(&story.done);
    ck_assert_int_eq(story.code, 0);
    ck_assert_str_eq(story.heard, "ab");

    story.done = false;
    story.heard[0] = '\0';
    story.chain.steps_count = 4;
    ck_assert_int_eq(db_chain_run(&story.chain, &link.db), 0);
    run_until(&story.done);
    ck_assert_int_eq(story.code, ERR_SQL);
    ck_assert_uint_eq(story.chain.step, 3);

    story = (struct story){
        .chain = {.steps = refused, .steps_count = 2, .timeout_ms = TIMEOUT_MS, .cb = on_story}};
    ck_assert_int_eq(db_chain_run(&story.chain, &link.db), 0);
    run_until(&story.done);
    ck_assert_int_eq(story.code, ERR_CORRUPT);
    ck_assert_str_eq(story.heard, "abc");
    link_close(&link);
    ck_assert_int_eq(db_chain_run(&story.chain, &link.db), ERR_CLOSED);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("db");
    TCase *tcase = tcase_create("answers");

    tcase_add_unchecked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, answers_rows_with_names_and_nulls);
    tcase_add_test(tcase, an_error_of_the_server_leaves_the_connection_usable);
    tcase_add_test(tcase, queues_in_order_up_to_its_limit);
    tcase_add_test(tcase, a_result_above_a_limit_ends_the_connection);
    tcase_add_test(tcase, quotes_whatever_is_utf8);
    tcase_add_test(tcase, knows_both_ends);
    tcase_add_test(tcase, a_chain_runs_in_order_until_a_step_fails);
    suite_add_tcase(suite, tcase);
    return suite;
}
