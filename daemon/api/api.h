/* api: a request in, an answer out.
 *
 * The unit knows no socket: httpd (through serve.h) or a test hands it a struct
 * api_request, the backend (filled by the wiring) gives it the picture and takes
 * its calls. It finds the route, asks who is there and what they may do, and
 * either composes a read from the view or sends a checked call to the leader.
 *
 * Happy path of a change: route, role, body; backend->call(); later the wait's
 * done(), from which the answer is made. A read with ?consistent=1 waits for
 * backend->confirm() the same way. Failure paths: everything refused before the
 * call is answered at once; no leader is a result like any other (503). A client
 * that left is served to the end all the same: the exchange lives until `done`.
 *
 * No decision is taken here. Every change that was asked for is audited: one log
 * line with who, from where, what and how it ended. */
#ifndef DAEMON_API_API_H
#define DAEMON_API_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "daemon/api/result.h"
#include "daemon/api/verb.h"
#include "daemon/api/view.h"
#include "daemon/io/log.h"

/* Borrowed until api_begin() returns. Texts that were not sent are NULL. */
struct api_request {
    const char *method;
    const char *path; /* decoded, without the query */
    const char *authorization;
    const char *content_type;
    const char *key; /* Idempotency-Key */
    const char *prefer;
    const char *limit; /* ?limit= and so on */
    const char *after;
    const char *cluster;
    const char *lag;
    const char *consistent;
    const uint8_t *body;
    size_t body_length;
    const char *from; /* the caller's address; "unix" on the socket */
    bool local;       /* came over the unix socket, from: */
    uid_t uid;
    bool health_only; /* came in where nothing but health checks answers */
};

struct api_answer {
    int status;
    const char *content_type;
    const char *allow;              /* of a 405, else NULL */
    bool authenticate;              /* WWW-Authenticate: Bearer */
    uint32_t retry_after_s;         /* 0: no such header */
    char location[LIMIT_PATH_SIZE]; /* "": no such header */
    struct buf body;
};

/* What a backend calls back, exactly once, perhaps before it returns. */
struct api_wait {
    void (*done)(struct api_wait *wait, const struct api_result *result);
};

/* Calls it back with that. */
void api_wait_say(struct api_wait *wait, enum api_code code, const char *detail);

struct api_backend {
    void *ctx;
    /* Fills what every request needs, which takes next to no time; then what is said of the agents
     * and of the own server, for those that need it. Nobody but view_analyze() fills the rest. */
    void (*look)(void *ctx, struct api_view *view);
    void (*look_around)(void *ctx, struct api_view *view);
    /* Has the leader confirmed by a majority that it leads, and waits until all
     * that was committed by then is applied here: OK, or NO_LEADER, TIMED_OUT. */
    void (*confirm)(void *ctx, struct api_wait *wait);
    /* Has the leader execute the call (copied before it returns). */
    void (*call)(void *ctx, const struct api_call *call, struct api_wait *wait);
};

struct api {
    struct api_backend backend;
    struct log *log; /* borrowed */
    bool anonymous_reads;
    struct api_view view; /* of the request in hand */
};

enum { API_TOKEN_SIZE = 64 };

/* One request on its way; the caller's, from api_begin() until `done`. */
struct api_exchange {
    void (*done)(struct api_exchange *exchange); /* `answer` is ready */
    struct api_answer answer;

    struct api *api; /* private from here on */
    struct api_wait wait;
    const struct api_route *route;
    char name[LIMIT_NAME_SIZE]; /* the {name} of the path */
    struct view_page page;
    char after[LIMIT_TEXT_SIZE];
    char cluster[LIMIT_NAME_SIZE];
    char token[API_TOKEN_SIZE]; /* of TOKEN_CREATE; wiped */
    struct api_call call;
};

/* About 1 MiB: embed it in something on the heap. */
void api_init(struct api *api, const struct api_backend *backend, struct log *log,
              bool anonymous_reads);

/* Set exchange->done first; the rest is filled here. */
void api_begin(struct api *api, struct api_exchange *exchange, const struct api_request *request);

/* Frees the answer; call once, after done. */
void api_end(struct api_exchange *exchange);

#endif
