/* httpd: an HTTP/1.1 server on the loop, around libmicrohttpd.
 *
 * The library parses, encrypts and frames; this unit runs it under uv_poll, bounds it and
 * turns it round: `on_request` gets a whole request and holds it until it answers, at
 * once or later. Several listeners (TCP, TLS, a unix socket) serve one handler.
 *
 * Life of a request: on_request() -> the handler holds it -> exactly one of
 *   httpd_answer()                      and it is gone;
 *   httpd_stream(), _send()..., _end()  and it is gone at the end;
 *   on_cancel()                         the client left, or the server closes: it is gone.
 * A client that closes its side of the connection while it waits (for HTTPD_WATCH_MS) has left.
 *
 * Bounds (base/limits.h): connections of a listener and of an address; line and headers;
 * the body (413); the time until a request is complete, measured here because the
 * library knows idle time only. A kept connection that asks nothing for as long is
 * closed as well. HEAD is answered like GET, the library leaves the body out. */
#ifndef DAEMON_IO_HTTPD_H
#define DAEMON_IO_HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/list.h"
#include "daemon/io/httpd_listener.h"
#include "daemon/io/httpd_watch.h"

struct MHD_Connection;
struct MHD_Response;

struct httpd_request {
    struct httpd *httpd;
    const char *method;
    const char *path; /* decoded, without the query */
    struct buf body;
    char from[LIMIT_ADDRESS_SIZE]; /* "IP:PORT", or "unix" */
    bool local;                    /* over the unix socket, by: */
    uid_t uid;
    bool health_only; /* the listener's */
    void *data;       /* the handler's own */

    struct httpd_listener *listener; /* private, from here on */
    struct MHD_Connection *connection;
    struct MHD_Response *response;
    unsigned status;
    bool held, asked, suspended, gone, too_large;
    bool streaming, stream_ended;
    struct buf stream;
    struct httpd_watch watch;
    struct list link;
};

struct httpd_header {
    const char *name;
    const char *value;
};

struct httpd_answer {
    unsigned status;
    const char *content_type;           /* NULL: none */
    const struct httpd_header *headers; /* further ones; a {NULL} at the end; or NULL */
    const void *body;                   /* at most LIMIT_HTTP_ANSWER_BYTES; copied */
    size_t length;
};

struct httpd {
    uv_loop_t *loop;
    void (*on_request)(struct httpd *httpd, struct httpd_request *request);
    void (*on_cancel)(struct httpd *httpd, struct httpd_request *request);
    void (*on_close)(struct httpd *httpd);
    struct httpd_listener listeners[LIMIT_HTTP_LISTENERS];
    unsigned listeners_count;
    struct list connections; /* those that a request is due from, the oldest first */
    struct list requests;
    struct httpd_watches watches;
    uv_timer_t deadline;
    unsigned handles;
    bool closing;
};

void httpd_init(struct httpd *httpd, uv_loop_t *loop,
                void (*on_request)(struct httpd *httpd, struct httpd_request *request),
                void (*on_cancel)(struct httpd *httpd, struct httpd_request *request));

/* Opens one more listener. Reads the files of TLS, which blocks: before the loop runs.
 * ERR_INVALID, ERR_IO, ERR_EXISTS (somebody listens there), ERR_LIMIT. */
int httpd_listen(struct httpd *httpd, const struct httpd_listen *listen, struct err *err);

/* The value of a query argument or a header (case does not count), or NULL. */
const char *httpd_argument(const struct httpd_request *request, const char *name);
const char *httpd_header(const struct httpd_request *request, const char *name);

/* Answers, once; the request is gone for the caller. */
void httpd_answer(struct httpd_request *request, const struct httpd_answer *answer);

/* Answers piece by piece: begin (`body` is the first piece), send, end. A send returns
 * ERR_LIMIT when the client takes less than it is sent; it is cut off, on_cancel
 * follows. */
void httpd_stream(struct httpd_request *request, const struct httpd_answer *answer);
int httpd_stream_send(struct httpd_request *request, const void *data, size_t length);
void httpd_stream_end(struct httpd_request *request);

/* Cancels what is held, closes every connection and calls `cb`. */
void httpd_close(struct httpd *httpd, void (*cb)(struct httpd *httpd));

#endif
