#include "daemon/api/serve.h"

#include <assert.h>
#include <stdlib.h>

#include "base/list.h"
#include "daemon/io/httpd.h"

enum { SERVE_HEADERS = 6, SERVE_NUMBER_SIZE = 16 };

struct serve {
    struct httpd httpd;
    struct api *api;
    void (*closed)(void *context);
    void *context;
};

/* One request: the exchange, and who waits for it. */
struct serve_request {
    struct api_exchange exchange;
    struct httpd_request *request; /* NULL: the client left */
};

static void on_done(struct api_exchange *exchange)
{
    struct serve_request *serving = container_of(exchange, struct serve_request, exchange);
    const struct api_answer *from = &exchange->answer;
    struct httpd_header headers[SERVE_HEADERS + 1] = {{"Cache-Control", "no-store"}};
    char retry[SERVE_NUMBER_SIZE];
    size_t count = 1;

    if (from->allow != NULL) {
        headers[count++] = (struct httpd_header){"Allow", from->allow};
    }
    if (from->authenticate) {
        headers[count++] = (struct httpd_header){"WWW-Authenticate", "Bearer"};
    }
    if (from->retry_after_s > 0) {
        text_format(retry, sizeof retry, "%u", (unsigned)from->retry_after_s);
        headers[count++] = (struct httpd_header){"Retry-After", retry};
    }
    if (from->location[0] != '\0') {
        headers[count++] = (struct httpd_header){"Location", from->location};
    }
    assert(count <= SERVE_HEADERS);
    if (serving->request != NULL) {
        httpd_answer(serving->request, &(struct httpd_answer){.status = (unsigned)from->status,
                                                              .content_type = from->content_type,
                                                              .headers = headers,
                                                              .body = buf_text(&from->body),
                                                              .length = from->body.length});
    }
    api_end(exchange);
    free(serving);
}

static void on_request(struct httpd *httpd, struct httpd_request *request)
{
    struct serve *serve = container_of(httpd, struct serve, httpd);
    struct serve_request *serving = calloc(1, sizeof *serving);
    struct api_request ask = {
        .method = request->method,
        .path = request->path,
        .authorization = httpd_header(request, "Authorization"),
        .content_type = httpd_header(request, "Content-Type"),
        .key = httpd_header(request, "Idempotency-Key"),
        .prefer = httpd_header(request, "Prefer"),
        .limit = httpd_argument(request, "limit"),
        .after = httpd_argument(request, "after"),
        .cluster = httpd_argument(request, "cluster"),
        .lag = httpd_argument(request, "lag"),
        .consistent = httpd_argument(request, "consistent"),
        .body = request->body.data,
        .body_length = request->body.length,
        .from = request->from,
        .local = request->local,
        .uid = request->uid,
        .health_only = request->health_only,
    };

    if (serving == NULL) {
        httpd_answer(request, &(struct httpd_answer){.status = 503});
        return;
    }
    serving->request = request;
    serving->exchange.done = on_done;
    request->data = serving;
    api_begin(serve->api, &serving->exchange, &ask);
}

static void on_cancel(struct httpd *httpd, struct httpd_request *request)
{
    struct serve_request *serving = request->data;

    (void)httpd;
    serving->request = NULL;
}

static int listen_all(struct serve *serve, const struct serve_config *config, struct err *err)
{
    const struct httpd_listen listens[] = {
        {.address = config->listen, .certificate = config->certificate, .key = config->key},
        {.address = config->health_listen, .health_only = true},
        {.socket = config->socket},
    };

    for (size_t i = 0; i < sizeof listens / sizeof listens[0]; i++) {
        struct httpd_listen listen = listens[i];
        const char *where = listen.address != NULL ? listen.address : listen.socket;
        int rc;

        if (where == NULL || where[0] == '\0') {
            continue;
        }
        if (listen.certificate != NULL && listen.certificate[0] == '\0') {
            listen.certificate = NULL;
            listen.key = NULL;
        }
        rc = httpd_listen(&serve->httpd, &listen, err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

int serve_open(struct serve **out, const struct serve_config *config, struct err *err)
{
    struct serve *serve = calloc(1, sizeof *serve);
    int rc;

    if (serve == NULL) {
        return err_set(err, ERR_NOMEM, "no memory for the API");
    }
    serve->api = config->api;
    httpd_init(&serve->httpd, config->loop, on_request, on_cancel);
    rc = listen_all(serve, config, err);
    if (rc != 0) {
        serve_close(serve, NULL, NULL);
        return rc;
    }
    *out = serve;
    return 0;
}

static void on_closed(struct httpd *httpd)
{
    struct serve *serve = container_of(httpd, struct serve, httpd);
    void (*closed)(void *context) = serve->closed;
    void *context = serve->context;

    free(serve);
    if (closed != NULL) {
        closed(context);
    }
}

void serve_close(struct serve *serve, void (*cb)(void *context), void *context)
{
    serve->closed = cb;
    serve->context = context;
    httpd_close(&serve->httpd, on_closed);
}
