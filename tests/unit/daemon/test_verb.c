/* Calls: from a body, over the agents' channel and back; results; repetitions. */
#include "tests/unit/main.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/api/repeat.h"
#include "daemon/api/result.h"
#include "daemon/api/verb.h"

static int read_body(struct api_call *call, enum verb verb, const char *body, struct err *err)
{
    memset(call, 0, sizeof *call);
    call->verb = verb;
    return verb_read(call, (const uint8_t *)body, strlen(body), err);
}

static void travel(const struct api_call *call, struct api_call *arrived)
{
    struct err err = {0};
    struct buf text;

    buf_init(&text, LIMIT_COMMAND_BYTES);
    api_call_encode(call, &text);
    ck_assert(buf_ok(&text));
    ck_assert_msg(api_call_decode(arrived, text.data, text.length, &err) == 0, "%s", err.text);
    buf_finish(&text);
}

START_TEST(every_verb_travels_unchanged)
{
    static const struct {
        enum verb verb;
        const char *cluster;
        const char *body;
    } calls[] = {
        {VERB_SWITCHOVER, "main",
         "{\"to\":\"db2\",\"dry_run\":true,\"deadline_ms\":100,\"max_lag_ms\":1,"
         "\"max_write_gap_ms\":600000}"},
        {VERB_SWITCHOVER, "main", ""},
        {VERB_FAILOVER, "main", "{\"old_primary_is_dead\":true,\"allow_data_loss\":true}"},
        {VERB_CLUSTER_CREATE, "",
         "{\"name\":\"main\",\"servers\":[{\"name\":\"db1\",\"address\":\"10.0.0.1:3306\"},"
         "{\"name\":\"db2\",\"address\":\"[::1]:3306\"}],\"primary\":\"db2\",\"settings\":"
         "{\"durability\":\"async\",\"drain_timeout_s\":5}}"},
        {VERB_CLUSTER_SET, "main", "{\"automation\":\"on\",\"max_lag_s\":\"7\"}"},
        {VERB_TOKEN_CREATE, "", "{\"name\":\"x\",\"role\":\"operator\"}"},
        {VERB_AGENT_ADD, "",
         "{\"name\":\"a4\",\"address\":\"10.0.0.4:7300\","
         "\"key\":\"SGVsbG8sIHRoaXMgaXMgbm90IGEgcmVhbCBrZXkhISE=\",\"voter\":false}"},
        {VERB_AGENT_ADD, "",
         "{\"name\":\"a4\",\"address\":\"[::1]:7300\","
         "\"key\":\"SGVsbG8sIHRoaXMgaXMgbm90IGEgcmVhbCBrZXkhISE=\"}"},
        {VERB_AGENT_JOIN, "+1863c9a14e2885e6",
         "{\"name\":\"a4\",\"address\":\"10.0.0.4:7300\",\"store\":\"18446744073709551615\","
         "\"key\":\"SGVsbG8sIHRoaXMgaXMgbm90IGEgcmVhbCBrZXkhISE=\"}"},
        {VERB_AGENT_INVITE, "", "{\"voter\":false,\"for_ms\":2592000000}"},
        {VERB_AGENT_INVITE, "", ""},
        {VERB_AGENT_UNINVITE, "+1863c9a14e2885e6", ""},
        {VERB_AGENT_MOVE, "a4", "{\"address\":\"[::1]:7300\"}"},
        {VERB_AGENT_REMOVE, "a4", ""},
        {VERB_AGENT_LEAD, "a4", "{}"},
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct api_call call;
        struct api_call arrived;
        struct err err = {0};

        ck_assert_msg(read_body(&call, calls[i].verb, calls[i].body, &err) == 0, "%s", err.text);
        text_copy(call.by, sizeof call.by, "socket:0");
        text_copy(call.from, sizeof call.from, "unix");
        text_copy(call.key, sizeof call.key, "key \"1\"");
        if (calls[i].cluster[0] != '\0') {
            text_copy(call.cluster, sizeof call.cluster, calls[i].cluster);
        }
        if (calls[i].verb == VERB_TOKEN_CREATE) {
            memset(call.token_hash, 0xa5, sizeof call.token_hash);
        }
        travel(&call, &arrived);
        ck_assert_mem_eq(&call, &arrived, sizeof call);
    }
}
END_TEST

START_TEST(settings_are_checked_and_kept_as_text)
{
    struct api_call call;
    struct err err = {0};

    ck_assert_int_eq(
        read_body(&call, VERB_CLUSTER_SET, "{\"max_lag_s\":7,\"automation\":\"on\"}", &err), 0);
    ck_assert_uint_eq(call.setting_count, 2);
    ck_assert_str_eq(call.settings[0].key, "max_lag_s");
    ck_assert_str_eq(call.settings[0].value, "7");
    ck_assert_int_eq(read_body(&call, VERB_CLUSTER_SET, "{\"colour\":\"blue\"}", &err),
                     ERR_INVALID);
    ck_assert_int_eq(read_body(&call, VERB_CLUSTER_SET, "{\"automation\":\"off\"}", &err),
                     ERR_INVALID);
    ck_assert_int_eq(read_body(&call, VERB_CLUSTER_SET, "{\"automation\":true}", &err),
                     ERR_INVALID);
    ck_assert(strstr(err.text, "automation") != NULL);
}
END_TEST

START_TEST(an_agent_is_added_with_all_that_the_others_need)
{
    static const char *const refused[] = {
        "{\"name\":\"a4\",\"address\":\"10.0.0.4:7300\"}",
        "{\"name\":\"A4\",\"address\":\"10.0.0.4:7300\",\"key\":"
        "\"SGVsbG8sIHRoaXMgaXMgbm90IGEgcmVhbCBrZXkhISE=\"}",
        "{\"name\":\"a4\",\"address\":\"0.0.0.0:7300\",\"key\":"
        "\"SGVsbG8sIHRoaXMgaXMgbm90IGEgcmVhbCBrZXkhISE=\"}",
        "{\"name\":\"a4\",\"address\":\"10.0.0.4\",\"key\":"
        "\"SGVsbG8sIHRoaXMgaXMgbm90IGEgcmVhbCBrZXkhISE=\"}",
        "{\"name\":\"a4\",\"address\":\"10.0.0.4:7300\",\"key\":\"short\"}",
    };
    struct api_call call;
    struct err err = {0};

    ck_assert_int_eq(read_body(&call, VERB_AGENT_ADD,
                               "{\"name\":\"a4\",\"address\":\"10.0.0.4:7300\",\"key\":"
                               "\"SGVsbG8sIHRoaXMgaXMgbm90IGEgcmVhbCBrZXkhISE=\",\"voter\":true}",
                               &err),
                     0);
    ck_assert(!call.learner);
    ck_assert_uint_eq(call.agent_key[0], 'H');
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        ck_assert_int_eq(read_body(&call, VERB_AGENT_ADD, refused[i], &err), ERR_INVALID);
    }
}
END_TEST

static void create_with(struct buf *body, unsigned servers)
{
    buf_reset(body);
    buf_append_text(body, "{\"name\":\"main\",\"servers\":[");
    for (unsigned i = 0; i < servers; i++) {
        buf_printf(body, "%s{\"name\":\"db%u\",\"address\":\"10.0.0.1:%u\"}", i > 0 ? "," : "", i,
                   3306 + i);
    }
    buf_append_text(body, "]}");
}

START_TEST(a_cluster_has_its_servers_limit)
{
    struct api_call call;
    struct err err = {0};
    struct buf body;

    buf_init(&body, LIMIT_HTTP_BODY_BYTES);
    create_with(&body, LIMIT_SERVERS);
    ck_assert_int_eq(read_body(&call, VERB_CLUSTER_CREATE, buf_text(&body), &err), 0);
    ck_assert_uint_eq(call.server_count, LIMIT_SERVERS);
    create_with(&body, LIMIT_SERVERS + 1);
    ck_assert_int_eq(read_body(&call, VERB_CLUSTER_CREATE, buf_text(&body), &err), ERR_INVALID);
    create_with(&body, 0);
    ck_assert_int_eq(read_body(&call, VERB_CLUSTER_CREATE, buf_text(&body), &err), ERR_INVALID);
    buf_finish(&body);
}
END_TEST

START_TEST(stories_name_the_field_and_what_is_accepted)
{
    static const struct {
        enum verb verb;
        const char *body;
        const char *words[2];
    } wrong[] = {
        {VERB_SWITCHOVER, "{\"dry_rum\":true}", {"dry_rum", "dry_run"}},
        {VERB_SWITCHOVER, "{\"deadline_ms\":1}", {"deadline_ms", "100"}},
        {VERB_SWITCHOVER, "{\"to\":\"a b\"}", {"to", "letters"}},
        {VERB_FAILOVER, "{\"max_lag_ms\":1}", {"max_lag_ms", "allow_data_loss"}},
        {VERB_CLUSTER_CREATE, "{\"name\":\"x\"}", {"servers", "missing"}},
        {VERB_CLUSTER_CREATE,
         "{\"name\":\"x\",\"servers\":[{\"name\":\"a\"}]}",
         {"servers", "address"}},
        {VERB_CLUSTER_CREATE,
         "{\"name\":\"x\",\"servers\":[{\"name\":\"a\",\"address\":\"host:1\"}]}",
         {"host:1", "IP:PORT"}},
        {VERB_TOKEN_CREATE, "{\"name\":\"x\",\"role\":\"god\"}", {"role", "viewer"}},
        {VERB_CLUSTER_CREATE,
         "{\"name\":\"x\",\"servers\":[{\"name\":\"Db_1\",\"address\":\"10.0.0.1:3306\"}]}",
         {"Db_1", "[a-z0-9]"}},
        {VERB_CLUSTER_CREATE,
         "{\"name\":\"x\",\"servers\":[{\"name\":\"a\",\"address\":\"0.0.0.0:3306\"}]}",
         {"0.0.0.0", "IP:PORT"}},
        {VERB_SWITCHOVER, "{\"dry_run\":null}", {"dry_run", "true or false"}},
        {VERB_TOKEN_CREATE, "{\"name\":null,\"role\":\"viewer\"}", {"name", "letters"}},
        {VERB_SWITCHOVER, "{\"to\"", {"line", "column"}},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct api_call call;
        struct err err = {0};

        ck_assert_int_eq(read_body(&call, wrong[i].verb, wrong[i].body, &err), ERR_INVALID);
        ck_assert_msg(strstr(err.text, wrong[i].words[0]) != NULL &&
                          strstr(err.text, wrong[i].words[1]) != NULL,
                      "%s", err.text);
    }
}
END_TEST

START_TEST(names_have_a_shape)
{
    char name[LIMIT_NAME_SIZE + 1];

    memset(name, 'n', sizeof name);
    name[LIMIT_NAME_SIZE] = '\0';
    ck_assert(!verb_name_valid(name));
    name[LIMIT_NAME_SIZE - 1] = '\0';
    ck_assert(verb_name_valid(name));
    ck_assert(verb_name_valid("a-b_c.9"));
    ck_assert(!verb_name_valid(""));
    ck_assert(!verb_name_valid(".."));
    ck_assert(!verb_name_valid("-o"));
    ck_assert(!verb_name_valid("a/b"));
    ck_assert(!verb_name_valid("a\xe9"));
}
END_TEST

START_TEST(strange_bytes_are_no_call)
{
    static const char *const texts[] = {
        "",
        "{",
        "{}",
        "[]",
        "{\"verb\":\"nothing\"}",
        "{\"verb\":\"failover\",\"by\":\"x\",\"from\":\"y\",\"key\":\"\",\"cluster\":\"c\","
        "\"body\":{\"new_field\":1}}",
        "{\"verb\":\"token-create\",\"by\":\"x\",\"from\":\"y\",\"key\":\"\",\"cluster\":\"\","
        "\"body\":{\"name\":\"n\",\"role\":\"admin\"},\"hash\":\"aa\"}",
    };
    struct api_call call;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ck_assert_int_eq(api_call_decode(&call, (const uint8_t *)texts[i], strlen(texts[i]), NULL),
                         ERR_PROTOCOL);
    }
}
END_TEST

START_TEST(a_result_travels)
{
    struct api_result result;
    struct api_result arrived;
    struct buf text;

    api_result_init(&result);
    api_result_init(&arrived);
    buf_init(&text, LIMIT_MESSAGE_BYTES);
    result.code = API_REFUSED;
    result.operation = 77;
    text_copy(result.detail, sizeof result.detail, "the \"primary\" is caf\xe9");
    text_copy(result.suggestion, sizeof result.suggestion, "wait");
    buf_append_text(&result.body, "{\"reasons\":[\"x\"]}");
    api_result_encode(&result, &text);
    ck_assert_int_eq(api_result_decode(&arrived, text.data, text.length, NULL), 0);
    ck_assert_int_eq(arrived.code, API_REFUSED);
    ck_assert_uint_eq(arrived.operation, 77);
    ck_assert_str_eq(arrived.detail, "the \"primary\" is caf?");
    ck_assert_str_eq(buf_text(&arrived.body), buf_text(&result.body));
    ck_assert_int_eq(api_result_decode(&arrived, text.data, text.length - 1, NULL), ERR_PROTOCOL);
    buf_finish(&text);
    api_result_finish(&arrived);
    api_result_finish(&result);
}
END_TEST

START_TEST(errors_become_codes)
{
    static const struct {
        int error;
        int status;
    } map[] = {{ERR_INVALID, 400},   {ERR_NOTFOUND, 404}, {ERR_BUSY, 409},
               {ERR_STALE, 409},     {ERR_REFUSED, 412},  {ERR_LIMIT, 412},
               {ERR_NOTLEADER, 503}, {ERR_TIMEOUT, 504},  {ERR_CORRUPT, 500}};

    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++) {
        struct api_result result;
        struct err err;

        api_result_init(&result);
        err_reset(&err);
        err_set(&err, map[i].error, "story");
        api_result_error(&result, &err);
        ck_assert_int_eq(api_code_status(result.code), map[i].status);
        ck_assert_str_eq(result.detail, "story");
        api_result_finish(&result);
    }
}
END_TEST

static struct api_call keyed(const char *key)
{
    struct api_call call;

    ck_assert_int_eq(read_body(&call, VERB_SWITCHOVER, "", NULL), 0);
    text_copy(call.key, sizeof call.key, key);
    text_copy(call.by, sizeof call.by, "doer");
    return call;
}

START_TEST(a_repetition_gets_the_first_answer)
{
    struct repeat *repeat = calloc(1, sizeof *repeat);
    struct api_call call = keyed("one");
    struct api_result result;
    struct api_result answer;

    api_result_init(&result);
    api_result_init(&answer);
    ck_assert(repeat_begin(repeat, &call, 1, &answer));
    ck_assert(!repeat_begin(repeat, &call, 2, &answer));
    ck_assert_int_eq(answer.code, API_BUSY);
    result.code = API_ACCEPTED;
    result.operation = 5;
    repeat_end(repeat, &call, &result);
    text_copy(call.from, sizeof call.from, "another agent");
    ck_assert(!repeat_begin(repeat, &call, REPEAT_MS, &answer));
    ck_assert_int_eq(answer.code, API_ACCEPTED);
    ck_assert_uint_eq(answer.operation, 5);
    text_copy(call.to, sizeof call.to, "db3");
    ck_assert(!repeat_begin(repeat, &call, 3, &answer));
    ck_assert_int_eq(answer.code, API_KEY_REUSED);
    text_copy(call.by, sizeof call.by, "other");
    ck_assert(repeat_begin(repeat, &call, 3, &answer));
    call = keyed("one");
    ck_assert(repeat_begin(repeat, &call, REPEAT_MS + 1, &answer));
    result.code = API_NO_LEADER;
    repeat_end(repeat, &call, &result);
    ck_assert(repeat_begin(repeat, &call, REPEAT_MS + 2, &answer));
    api_result_finish(&answer);
    api_result_finish(&result);
    free(repeat);
}
END_TEST

START_TEST(the_memory_is_bounded)
{
    struct repeat *repeat = calloc(1, sizeof *repeat);
    struct api_result answer;
    char key[16];

    api_result_init(&answer);
    for (unsigned i = 0; i <= REPEAT_ENTRIES; i++) {
        struct api_call call;

        text_format(key, sizeof key, "%u", i);
        call = keyed(key);
        ck_assert(repeat_begin(repeat, &call, i + 1, &answer));
    }
    for (unsigned i = 0; i < 2; i++) {
        struct api_call call;

        text_format(key, sizeof key, "%u", 1 - i);
        call = keyed(key);
        ck_assert_int_eq(repeat_begin(repeat, &call, 1000, &answer), i == 1);
    }
    api_result_finish(&answer);
    free(repeat);
}
END_TEST

START_TEST(no_key_no_memory)
{
    struct repeat *repeat = calloc(1, sizeof *repeat);
    struct api_call call = keyed("");
    struct api_result answer;

    api_result_init(&answer);
    ck_assert(repeat_begin(repeat, &call, 1, &answer));
    ck_assert(repeat_begin(repeat, &call, 1, &answer));
    call = keyed("k");
    call.dry_run = true;
    ck_assert(repeat_begin(repeat, &call, 1, &answer));
    ck_assert(repeat_begin(repeat, &call, 1, &answer));
    api_result_finish(&answer);
    free(repeat);
}
END_TEST

static void start_sodium(void)
{
    ck_assert_int_ge(sodium_init(), 0);
}

Suite *suite_make(void)
{
    Suite *suite = suite_create("verb");
    TCase *tcase = tcase_create("verb");

    tcase_add_unchecked_fixture(tcase, start_sodium, NULL);
    tcase_add_test(tcase, every_verb_travels_unchanged);
    tcase_add_test(tcase, settings_are_checked_and_kept_as_text);
    tcase_add_test(tcase, an_agent_is_added_with_all_that_the_others_need);
    tcase_add_test(tcase, a_cluster_has_its_servers_limit);
    tcase_add_test(tcase, stories_name_the_field_and_what_is_accepted);
    tcase_add_test(tcase, names_have_a_shape);
    tcase_add_test(tcase, strange_bytes_are_no_call);
    tcase_add_test(tcase, a_result_travels);
    tcase_add_test(tcase, errors_become_codes);
    tcase_add_test(tcase, a_repetition_gets_the_first_answer);
    tcase_add_test(tcase, the_memory_is_bounded);
    tcase_add_test(tcase, no_key_no_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
