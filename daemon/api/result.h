/* result: how a changing request ended, and how that is told.
 *
 * Whoever executes a call fills one: a code of API_CODE_MAP, a detail for people
 * and, for a refusal, what would make it possible. As JSON text it travels from
 * the leader to the agent that was asked. Codes of 400 and above are told as
 * application/problem+json (RFC 9457); the spelling of a code never changes.
 *
 * Life cycle: api_result_init() ... api_result_finish(). */
#ifndef DAEMON_API_RESULT_H
#define DAEMON_API_RESULT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "topology/decide.h"

/*      name               status  title */
#define API_CODE_MAP(X)                                                                            \
    X(OK, 200, "Done")                                                                             \
    X(CREATED, 201, "Made")                                                                        \
    X(ACCEPTED, 202, "An operation has begun")                                                     \
    X(BAD_REQUEST, 400, "The request could not be understood")                                     \
    X(UNAUTHORIZED, 401, "A valid token is needed")                                                \
    X(FORBIDDEN, 403, "The token's role does not allow this")                                      \
    X(NOT_FOUND, 404, "There is no such thing")                                                    \
    X(METHOD_NOT_ALLOWED, 405, "This path does not take this method")                              \
    X(BUSY, 409, "Another operation runs")                                                         \
    X(EXISTS, 409, "It exists already")                                                            \
    X(STALE, 409, "The state changed in the meantime")                                             \
    X(REFUSED, 412, "Refused")                                                                     \
    X(LIMIT, 412, "A limit is reached")                                                            \
    X(TOO_LARGE, 413, "The body is too large")                                                     \
    X(NOT_JSON, 415, "The body must be application/json")                                          \
    X(KEY_REUSED, 422, "The Idempotency-Key belongs to another request")                           \
    X(INTERNAL, 500, "The agent failed")                                                           \
    X(NO_LEADER, 503, "There is no leader")                                                        \
    X(TIMED_OUT, 504, "No answer in time")

enum api_code {
#define X(name, status, title) API_##name,
    API_CODE_MAP(X)
#undef X
        API_CODE_COUNT
};

struct api_result {
    enum api_code code;
    char detail[ERR_TEXT_MAX];        /* "" is none */
    char suggestion[LIMIT_TEXT_SIZE]; /* what would make a refused thing possible */
    uint64_t operation;               /* that was begun, or that is in the way; 0: none */
    struct buf body;                  /* a JSON object whose members join the answer, or empty */
};

void api_result_init(struct api_result *result);
void api_result_finish(struct api_result *result);

/* api_result_init(), and what is said. */
void api_result_say(struct api_result *result, enum api_code code, const char *detail);

/* Turns an error into a code and its story into the detail. */
void api_result_error(struct api_result *result, const struct err *err);

/* The answer to a dry run: OK, with the operation that would be declared as "plan". */
void api_result_plan(struct api_result *result, const struct operation *plan);

/* A decision that refused: its reasons and the remedy; "reasons" joins the answer. */
void api_result_refusal(struct api_result *result, const struct decision *decision);

int api_code_status(enum api_code code);
const char *api_code_name(enum api_code code);
const char *api_code_title(enum api_code code);

/* JSON text and back; decode: ERR_PROTOCOL. */
void api_result_encode(const struct api_result *result, struct buf *buf);
int api_result_decode(struct api_result *result, const uint8_t *bytes, size_t length,
                      struct err *err);

#endif
