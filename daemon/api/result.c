#include "daemon/api/result.h"

#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "daemon/api/compose.h"
#include "daemon/api/view.h"

static const struct {
    const char *name;
    int status;
    const char *title;
} codes[] = {
#define X(name, status, title) [API_##name] = {#name, status, title},
    API_CODE_MAP(X)
#undef X
};

int api_code_status(enum api_code code)
{
    assert(code < API_CODE_COUNT);
    return codes[code].status;
}

const char *api_code_name(enum api_code code)
{
    assert(code < API_CODE_COUNT);
    return codes[code].name;
}

const char *api_code_title(enum api_code code)
{
    assert(code < API_CODE_COUNT);
    return codes[code].title;
}

static bool code_find(const char *name, enum api_code *code)
{
    for (unsigned i = 0; i < API_CODE_COUNT; i++) {
        if (strcmp(codes[i].name, name) == 0) {
            *code = (enum api_code)i;
            return true;
        }
    }
    return false;
}

void api_result_init(struct api_result *result)
{
    memset(result, 0, sizeof *result);
    buf_init(&result->body, LIMIT_HTTP_ANSWER_BYTES);
}

void api_result_say(struct api_result *result, enum api_code code, const char *detail)
{
    api_result_init(result);
    result->code = code;
    text_copy(result->detail, sizeof result->detail, detail);
}

void api_result_finish(struct api_result *result)
{
    buf_finish(&result->body);
}

static enum api_code code_of_error(int code)
{
    static const struct {
        int error;
        enum api_code code;
    } map[] = {
        {ERR_INVALID, API_BAD_REQUEST},   {ERR_NOTFOUND, API_NOT_FOUND},
        {ERR_EXISTS, API_EXISTS},         {ERR_BUSY, API_BUSY},
        {ERR_STALE, API_STALE},           {ERR_REFUSED, API_REFUSED},
        {ERR_LIMIT, API_LIMIT},           {ERR_PERMISSION, API_FORBIDDEN},
        {ERR_TIMEOUT, API_TIMED_OUT},     {ERR_NOTLEADER, API_NO_LEADER},
        {ERR_UNREACHABLE, API_NO_LEADER}, {ERR_CLOSED, API_NO_LEADER},
    };

    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++) {
        if (map[i].error == code) {
            return map[i].code;
        }
    }
    return API_INTERNAL;
}

void api_result_error(struct api_result *result, const struct err *err)
{
    assert(err->code != 0);
    result->code = code_of_error(err->code);
    text_copy(result->detail, sizeof result->detail,
              err->text[0] != '\0' ? err->text : err_sentence(err->code));
}

void api_result_plan(struct api_result *result, const struct operation *plan)
{
    json_t *body = json_pack("{s:b, s:o}", "dry_run", 1, "plan", view_operation(plan));

    result->code = API_OK;
    compose_append(body, &result->body);
    json_decref(body);
}

void api_result_refusal(struct api_result *result, const struct decision *decision)
{
    json_t *reasons = json_array();
    json_t *body = json_pack("{s:o}", "reasons", reasons);

    result->code = code_of_error(decision->code != 0 ? decision->code : ERR_REFUSED);
    for (uint32_t i = 0; i < decision->reason_count; i++) {
        json_array_append_new(reasons, compose_string(decision->reasons[i]));
    }
    text_copy(result->detail, sizeof result->detail,
              decision->reason_count > 0 ? decision->reasons[0] : "");
    text_copy(result->suggestion, sizeof result->suggestion, decision->remedy);
    compose_append(body, &result->body);
    json_decref(body);
}

void api_result_encode(const struct api_result *result, struct buf *buf)
{
    json_t *object =
        json_pack("{s:s, s:o, s:o, s:I, s:s}", "code", api_code_name(result->code), "detail",
                  compose_string(result->detail), "suggestion", compose_string(result->suggestion),
                  "operation", (json_int_t)result->operation, "body", buf_text(&result->body));

    compose_append(object, buf);
    json_decref(object);
}

int api_result_decode(struct api_result *result, const uint8_t *bytes, size_t length,
                      struct err *err)
{
    json_t *object = json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, NULL);
    const char *code;
    const char *detail;
    const char *suggestion;
    const char *body;
    json_int_t operation;
    int rc = 0;

    if (object == NULL ||
        json_unpack(object, "{s:s, s:s, s:s, s:I, s:s}", "code", &code, "detail", &detail,
                    "suggestion", &suggestion, "operation", &operation, "body", &body) != 0 ||
        !code_find(code, &result->code)) {
        rc = err_set(err, ERR_PROTOCOL, "the leader's answer could not be read");
    } else {
        text_copy(result->detail, sizeof result->detail, detail);
        text_copy(result->suggestion, sizeof result->suggestion, suggestion);
        result->operation = (uint64_t)operation;
        buf_reset(&result->body);
        buf_append_text(&result->body, body);
    }
    json_decref(object);
    return rc;
}
