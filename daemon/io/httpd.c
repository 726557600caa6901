/* The happy path: libmicrohttpd calls on_access() with the head (a request is made), with
 * pieces of the body (kept), and once more when all is there -> `on_request` -> answered
 * inside: queued; else the connection is suspended -> httpd_answer() resumes it, from the
 * loop -> on_access() again: queued -> on_completed() -> the request's memory goes.
 *
 * While a connection is suspended the library doesn't look at it; httpd_watch notices the
 * client's end of it. Whatever ends a request early marks it `gone` and
 * resumes it; the library then closes the connection and calls on_completed(), which
 * cancels what the handler still holds.
 *
 * Deadlines: every connection that a request is due from stands in one list, in the
 * order in which the deadlines come, as all have the same length. A late one has its
 * socket shut down, which the library takes for the client's end. */
#include "daemon/io/httpd.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/io/address.h"
#include "daemon/io/httpd_hooks.h"

struct connection {
    struct list link;
    uint64_t deadline_ms;
    int fd;
    char from[LIMIT_ADDRESS_SIZE]; /* as in struct httpd_request */
    uid_t uid;
};

static const char too_large_text[] =
    "{\"type\":\"urn:orchestratord:TOO_LARGE\",\"title\":\"The body is too large\",\"status\":413,"
    "\"code\":\"TOO_LARGE\",\"detail\":\"a body has at most 65536 bytes\",\"suggestion\":null}\n";
static_assert(LIMIT_HTTP_BODY_BYTES == 65536, "as the text above says");

/* ---- deadlines of requests ------------------------------------------------------------ */

static void on_deadline(uv_timer_t *timer);

static void arm(struct httpd *httpd)
{
    uint64_t now = uv_now(httpd->loop);
    uint64_t due;

    if (httpd->closing || list_empty(&httpd->connections)) {
        uv_timer_stop(&httpd->deadline);
        return;
    }
    due = container_of(httpd->connections.next, struct connection, link)->deadline_ms;
    uv_timer_start(&httpd->deadline, on_deadline, due > now ? due - now : 0, 0);
}

static void on_deadline(uv_timer_t *timer)
{
    struct httpd *httpd = container_of(timer, struct httpd, deadline);
    uint64_t now = uv_now(httpd->loop);

    list_each (link, &httpd->connections) {
        struct connection *connection = container_of(link, struct connection, link);

        if (connection->deadline_ms > now) {
            break;
        }
        list_remove(&connection->link);
        shutdown(connection->fd, SHUT_RDWR);
    }
    arm(httpd);
}

static struct connection *connection_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* A request is due from now on. */
static void expect(struct httpd *httpd, struct connection *connection)
{
    list_remove(&connection->link);
    connection->deadline_ms = uv_now(httpd->loop) + LIMIT_HTTP_REQUEST_MS;
    list_append(&httpd->connections, &connection->link);
    if (httpd->connections.next == &connection->link) {
        arm(httpd);
    }
}

/* Once for all its requests. */
static void identify(struct connection *connection, bool local)
{
    struct ucred peer = {.uid = (uid_t)-1};
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof peer;

    connection->uid = (uid_t)-1;
    if (local) {
        text_copy(connection->from, sizeof connection->from, "unix");
        if (getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
            connection->uid = peer.uid;
        }
    } else {
        size = sizeof address;
        (void)getpeername(connection->fd, (struct sockaddr *)&address, &size);
        address_format(connection->from, sizeof connection->from, &address);
    }
}

void httpd_on_connection(void *listener, struct MHD_Connection *mhd, void **context,
                         enum MHD_ConnectionNotificationCode code)
{
    struct httpd *httpd = ((struct httpd_listener *)listener)->httpd;
    struct connection *connection = *context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connection = calloc(1, sizeof *connection);
        if (connection != NULL) {
            connection->fd =
                MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
            list_init(&connection->link);
            identify(connection, ((struct httpd_listener *)listener)->local);
            expect(httpd, connection);
        }
        *context = connection;
    } else if (connection != NULL) {
        list_remove(&connection->link);
        free(connection);
        *context = NULL;
    }
}

/* ---- requests ------------------------------------------------------------------------- */

static void release(struct httpd *httpd)
{
    assert(httpd->handles > 0);
    if (--httpd->handles == 0) {
        httpd->on_close(httpd);
    }
}

static void request_free(struct httpd_request *request)
{
    struct httpd *httpd = request->httpd;

    if (request->response != NULL) {
        MHD_destroy_response(request->response);
    }
    list_remove(&request->link);
    buf_finish(&request->body);
    buf_finish(&request->stream);
    free(request);
    release(httpd);
}

static void resume(struct httpd_request *request)
{
    if (request->suspended) {
        request->suspended = false;
        httpd_watch_resume(&request->watch);
        MHD_resume_connection(request->connection);
        httpd_listener_wake(request->listener);
    }
}

static void give_up(struct httpd_request *request)
{
    request->gone = true;
    resume(request);
}

static void on_client_left(struct httpd_watch *watch)
{
    give_up(container_of(watch, struct httpd_request, watch));
}

static void on_watch_closed(struct httpd_watch *watch)
{
    request_free(container_of(watch, struct httpd_request, watch));
}

static void suspend(struct httpd_request *request)
{
    MHD_suspend_connection(request->connection);
    request->suspended = true;
    httpd_watch_wait(&request->watch, connection_of(request->connection)->fd);
}

static enum MHD_Result queue(struct httpd_request *request)
{
    enum MHD_Result result =
        MHD_queue_response(request->connection, request->status, request->response);

    MHD_destroy_response(request->response); /* our hold on it */
    request->response = NULL;
    return result;
}

static struct MHD_Response *text_response(const char *type, const void *body, size_t length)
{
    void *copied;
    struct MHD_Response *response;

    memcpy(&copied, &body,
           sizeof copied); /* the library's type says that it may write; it copies */
    response = MHD_create_response_from_buffer(length, copied, MHD_RESPMEM_MUST_COPY);
    if (response != NULL && type != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    }
    return response;
}

static enum MHD_Result refuse_body(struct httpd_request *request)
{
    request->status = MHD_HTTP_CONTENT_TOO_LARGE;
    request->response =
        text_response("application/problem+json", too_large_text, sizeof too_large_text - 1);
    request->asked = true;
    return request->response == NULL ? MHD_NO : queue(request);
}

/* The head is there. */
static enum MHD_Result begin(struct httpd_listener *listener, struct MHD_Connection *mhd,
                             void **context)
{
    struct connection *connection = connection_of(mhd);
    struct httpd_request *request = calloc(1, sizeof *request);
    const char *announced;

    if (request == NULL || connection == NULL) {
        free(request);
        return MHD_NO;
    }
    *context = request;
    request->httpd = listener->httpd;
    request->listener = listener;
    request->connection = mhd;
    buf_init(&request->body, LIMIT_HTTP_BODY_BYTES);
    buf_init(&request->stream, LIMIT_HTTP_STREAM_BYTES);
    httpd_watch_init(&request->watch, &listener->httpd->watches);
    list_append(&listener->httpd->requests, &request->link);
    listener->httpd->handles++;
    request->local = listener->local;
    request->health_only = listener->health_only;
    request->uid = connection->uid;
    text_copy(request->from, sizeof request->from, connection->from);
    announced = httpd_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (announced != NULL && strtoull(announced, NULL, 10) > LIMIT_HTTP_BODY_BYTES) {
        return refuse_body(request);
    }
    return MHD_YES;
}

/* Past the limit the rest is read and dropped, up to the deadline: an answer can't be
 * queued in the middle of a body. */
static void take_body(struct httpd_request *request, const char *data, size_t length)
{
    if (!request->too_large) {
        buf_append(&request->body, data, length);
        request->too_large = !buf_ok(&request->body);
    }
}

static enum MHD_Result proceed(struct httpd_request *request)
{
    if (request->gone) {
        return MHD_NO;
    }
    if (request->response != NULL) {
        return queue(request);
    }
    suspend(request);
    return MHD_YES;
}

enum MHD_Result httpd_on_access(void *listener, struct MHD_Connection *mhd, const char *url,
                                const char *method, const char *version, const char *data,
                                size_t *length, void **context)
{
    struct httpd_request *request = *context;

    (void)version;
    if (request == NULL) {
        return begin(listener, mhd, context);
    }
    if (*length > 0) {
        take_body(request, data, *length);
        *length = 0;
        return MHD_YES;
    }
    if (!request->asked) {
        list_remove(&connection_of(mhd)->link); /* it came in time */
        if (request->too_large) {
            return refuse_body(request);
        }
        request->path = url;
        request->method = method;
        request->asked = true;
        request->held = true;
        request->httpd->on_request(request->httpd, request);
    }
    return proceed(request);
}

void httpd_on_completed(void *listener, struct MHD_Connection *mhd, void **context,
                        enum MHD_RequestTerminationCode code)
{
    struct httpd_request *request = *context;
    struct httpd *httpd = ((struct httpd_listener *)listener)->httpd;

    *context = NULL;
    if (request == NULL) {
        return;
    }
    if (request->held) {
        request->held = false;
        httpd->on_cancel(httpd, request);
    }
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK) {
        expect(httpd, connection_of(mhd));
    }
    httpd_watch_close(&request->watch, on_watch_closed);
}

/* ---- answers ------------------------------------------------------------------------- */

static void set_response(struct httpd_request *request, const struct httpd_answer *answer,
                         struct MHD_Response *response)
{
    const struct httpd_header *header = answer->headers;

    for (unsigned i = 0; response != NULL && header != NULL && header->name != NULL; i++) {
        assert(i < LIMIT_HTTP_ANSWER_HEADERS);
        MHD_add_response_header(response, header->name, header->value);
        header++;
    }
    request->status = answer->status;
    request->response = response;
    request->gone = request->gone || response == NULL;
    resume(request);
}

const char *httpd_argument(const struct httpd_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *httpd_header(const struct httpd_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

void httpd_answer(struct httpd_request *request, const struct httpd_answer *answer)
{
    assert(request->held);
    assert(!request->streaming);
    assert(answer->length <= LIMIT_HTTP_ANSWER_BYTES);
    request->held = false;
    httpd_watch_stop(&request->watch);
    set_response(request, answer,
                 text_response(answer->content_type, answer->body, answer->length));
}

static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t size)
{
    struct httpd_request *request = context;
    size_t length = request->stream.length < size ? request->stream.length : size;

    (void)position;
    if (request->gone) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (length > 0) {
        memcpy(buffer, request->stream.data, length);
        buf_consume(&request->stream, length);
    } else if (request->stream_ended) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        suspend(request);
    }
    return (ssize_t)length;
}

void httpd_stream(struct httpd_request *request, const struct httpd_answer *answer)
{
    enum { BLOCK_BYTES = 4096 };
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES,
                                                                      read_stream, request, NULL);

    assert(request->held);
    assert(!request->streaming);
    assert(answer->length <= LIMIT_HTTP_STREAM_BYTES);
    request->streaming = true;
    if (answer->length > 0) {
        buf_append(&request->stream, answer->body, answer->length);
    }
    if (response != NULL && answer->content_type != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    }
    set_response(request, answer, response);
}

int httpd_stream_send(struct httpd_request *request, const void *data, size_t length)
{
    assert(request->held);
    assert(request->streaming);
    buf_append(&request->stream, data, length);
    if (!buf_ok(&request->stream)) {
        give_up(request);
        return ERR_LIMIT;
    }
    resume(request);
    return 0;
}

void httpd_stream_end(struct httpd_request *request)
{
    assert(request->held);
    assert(request->streaming);
    request->held = false;
    request->stream_ended = true;
    resume(request);
}

/* ---- life ------------------------------------------------------------------------------- */

void httpd_init(struct httpd *httpd, uv_loop_t *loop,
                void (*on_request)(struct httpd *httpd, struct httpd_request *request),
                void (*on_cancel)(struct httpd *httpd, struct httpd_request *request))
{
    memset(httpd, 0, sizeof *httpd);
    httpd->loop = loop;
    httpd->on_request = on_request;
    httpd->on_cancel = on_cancel;
    list_init(&httpd->connections);
    list_init(&httpd->requests);
    uv_timer_init(loop, &httpd->deadline);
    httpd_watches_init(&httpd->watches, loop, on_client_left);
    httpd->handles = 2;
}

int httpd_listen(struct httpd *httpd, const struct httpd_listen *listen, struct err *err)
{
    int code;

    assert(!httpd->closing);
    if (httpd->listeners_count == LIMIT_HTTP_LISTENERS) {
        return err_set(err, ERR_LIMIT, "there may be %d HTTP listeners", LIMIT_HTTP_LISTENERS);
    }
    code = httpd_listener_open(&httpd->listeners[httpd->listeners_count], httpd, listen, err);
    if (code == 0) {
        httpd->listeners_count++;
        httpd->handles++;
    }
    return code;
}

void httpd_on_closing(struct httpd_listener *listener)
{
    list_each (link, &listener->httpd->requests) {
        give_up(container_of(link, struct httpd_request, link));
    }
}

void httpd_on_closed(struct httpd_listener *listener)
{
    release(listener->httpd);
}

static void on_deadline_closed(uv_handle_t *handle)
{
    release(container_of((uv_timer_t *)handle, struct httpd, deadline));
}

static void on_watches_closed(uv_handle_t *handle)
{
    release(container_of((uv_timer_t *)handle, struct httpd, watches.timer));
}

void httpd_close(struct httpd *httpd, void (*cb)(struct httpd *httpd))
{
    assert(!httpd->closing);
    httpd->closing = true;
    httpd->on_close = cb;
    uv_close((uv_handle_t *)&httpd->deadline, on_deadline_closed);
    httpd_watches_close(&httpd->watches, on_watches_closed);
    for (unsigned i = 0; i < httpd->listeners_count; i++) {
        httpd_listener_close(&httpd->listeners[i]);
    }
}
