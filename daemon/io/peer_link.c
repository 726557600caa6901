#include "daemon/io/peer_link.h"

#include <assert.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* A silent network is noticed within this, by either side, sending or not. */
enum { SILENCE_MS = 2000, KEEPALIVE_S = 1 };

/* What may lie in the kernels in front of an urgent message. */
enum { UNSENT_BYTES_MAX = 64 * 1024, UNREAD_BYTES_MAX = 128 * 1024 };

/* ---- closing ---- */

static void on_closed(uv_handle_t *handle)
{
    struct peer_link *link = handle->data;

    assert(link->handles > 0);
    link->handles--;
    if (link->handles == 0) {
        channel_finish(&link->channel);
        link->hooks->gone(link);
        sodium_memzero(link, sizeof *link);
        free(link);
    }
}

void peer_link_close(struct peer_link *link, enum peer_reason reason)
{
    if (link->closing) {
        return;
    }
    link->closing = true;
    link->reason = reason;
    uv_close((uv_handle_t *)&link->tcp, on_closed);
    uv_close((uv_handle_t *)&link->deadline, on_closed);
    link->hooks->ended(link);
}

static void on_deadline(uv_timer_t *timer)
{
    struct peer_link *link = timer->data;

    peer_link_close(link, link->connected ? PEER_HANDSHAKE_TIMEOUT : PEER_CONNECT_TIMEOUT);
}

/* The owner learns of a failure in the next turn, once it knows the link. */
static void on_failed_at_once(uv_timer_t *timer)
{
    peer_link_close(timer->data, PEER_CONNECT_FAILED);
}

static void set_deadline(struct peer_link *link, uv_timer_cb cb, uint64_t ms)
{
    uv_update_time(link->tcp.loop);
    uv_timer_start(&link->deadline, cb, ms, 0);
}

/* ---- writing ---- */

static void on_written(uv_write_t *request, int status)
{
    struct peer_link *link = container_of(request, struct peer_link, write);

    link->writing = false;
    if (link->closing) {
        return;
    }
    if (status < 0) {
        peer_link_close(link, PEER_IO_FAILED);
        return;
    }
    peer_link_flush(link);
}

/* Sends link->out: at once as far as possible if `eager`, the rest when the
 * socket takes it. */
static void write_out(struct peer_link *link, size_t length, bool eager)
{
    uv_stream_t *stream = (uv_stream_t *)&link->tcp;
    uv_buf_t part = uv_buf_init((char *)link->out, (unsigned)length);
    int sent = eager ? uv_try_write(stream, &part, 1) : UV_EAGAIN;

    if (sent == (int)length) {
        return;
    }
    if (sent > 0) {
        part = uv_buf_init((char *)link->out + sent, (unsigned)(length - (size_t)sent));
    } else if (sent != UV_EAGAIN) {
        peer_link_close(link, PEER_IO_FAILED);
        return;
    }
    link->writing = true;
    if (uv_write(&link->write, stream, &part, 1, on_written) != 0) {
        link->writing = false;
        peer_link_close(link, PEER_IO_FAILED);
    }
}

/* One part goes out at once; the next one's callback comes in another turn of
 * the loop, so that a long message doesn't hold it up. */
void peer_link_flush(struct peer_link *link)
{
    for (bool eager = true; link->connected && !link->writing && !link->closing; eager = false) {
        size_t length = channel_write(&link->channel, link->out, sizeof link->out);

        if (length == 0) {
            if (link->channel.state == CHANNEL_CLOSED) {
                peer_link_close(link, link->channel.reason);
            }
            return;
        }
        write_out(link, length, eager);
    }
}

/* ---- reading ---- */

static void on_event(struct peer_link *link, enum channel_event event,
                     const struct channel_message *message)
{
    switch (event) {
    case CHANNEL_OPENED:
        uv_timer_stop(&link->deadline);
        link->hooks->opened(link);
        break;
    case CHANNEL_MESSAGE:
        link->hooks->message(link, message);
        break;
    case CHANNEL_WAS_CLOSED:
        peer_link_close(link, link->channel.reason);
        break;
    case CHANNEL_NOTHING:
        break;
    }
}

static void on_bytes(struct peer_link *link, const uint8_t *bytes, size_t length)
{
    bool was_open = link->channel.state == CHANNEL_OPEN;
    struct channel_message message;
    enum channel_event event;

    do {
        event = channel_read(&link->channel, &bytes, &length, &message);
        on_event(link, event, &message);
    } while (!link->closing && event != CHANNEL_NOTHING);
    if (!link->closing && !was_open) {
        peer_link_flush(link); /* our part of the handshake; what is sent later, peers flush */
    }
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct peer_link *link = stream->data;

    (void)buffer;
    if (n == UV_EOF) {
        peer_link_close(link, channel_end(&link->channel));
    } else if (n < 0) {
        peer_link_close(link, PEER_IO_FAILED);
    } else if (n > 0) {
        on_bytes(link, link->in, (size_t)n);
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct peer_link *link = handle->data;

    (void)suggested;
    *buffer = uv_buf_init((char *)link->in, sizeof link->in);
}

/* ---- the beginning ---- */

/* A connection works without it, only later news of its end. */
static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

static void set_options(struct peer_link *link)
{
    uv_os_fd_t fd;

    uv_tcp_nodelay(&link->tcp, 1);
    if (uv_fileno((uv_handle_t *)&link->tcp, &fd) == 0) {
        set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        set_option(fd, SOL_SOCKET, SO_RCVBUF, UNREAD_BYTES_MAX);
        set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_S);
        set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_S);
        set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, SILENCE_MS);
        set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES_MAX);
    }
}

static struct peer_link *link_new(const struct peer_link_options *options, unsigned remote)
{
    struct peer_link *link = malloc(sizeof *link);
    uint8_t ephemeral[KEYS_BYTES];
    int rv;

    if (link == NULL) {
        return NULL;
    }
    memset(link, 0, offsetof(struct peer_link, out));
    list_init(&link->siblings);
    link->owner = options->owner;
    link->number = options->number;
    link->hooks = options->hooks;
    link->handles = 2;
    rv = uv_tcp_init(options->loop, &link->tcp);
    assert(rv == 0);
    rv = uv_timer_init(options->loop, &link->deadline);
    assert(rv == 0);
    link->tcp.data = link;
    link->deadline.data = link;
    randombytes_buf(ephemeral, sizeof ephemeral);
    channel_init(&link->channel, options->self, remote, ephemeral);
    sodium_memzero(ephemeral, sizeof ephemeral);
    return link;
}

/* Connected: the handshake has its own time. */
static int start(struct peer_link *link)
{
    int rv = uv_read_start((uv_stream_t *)&link->tcp, on_alloc, on_read);

    if (rv != 0) {
        return rv;
    }
    link->connected = true;
    set_deadline(link, on_deadline, LINK_DEADLINE_MS);
    return 0;
}

static void on_connected(uv_connect_t *request, int status)
{
    struct peer_link *link = container_of(request, struct peer_link, connect);

    if (link->closing) {
        return;
    }
    if (status < 0) {
        peer_link_close(link, status == UV_ETIMEDOUT ? PEER_CONNECT_TIMEOUT : PEER_CONNECT_FAILED);
        return;
    }
    set_options(link);
    if (start(link) != 0) {
        peer_link_close(link, PEER_IO_FAILED);
        return;
    }
    peer_link_flush(link);
}

struct peer_link *peer_link_connect(const struct peer_link_options *options, unsigned remote,
                                    const struct sockaddr_storage *address)
{
    struct peer_link *link = link_new(options, remote);

    if (link == NULL) {
        return NULL;
    }
    link->address = *address;
    set_deadline(link, on_deadline, LINK_DEADLINE_MS);
    if (uv_tcp_connect(&link->connect, &link->tcp, (const struct sockaddr *)address,
                       on_connected) != 0) {
        set_deadline(link, on_failed_at_once, 0);
    }
    return link;
}

struct peer_link *peer_link_accept(const struct peer_link_options *options, uv_stream_t *listener)
{
    struct peer_link *link = link_new(options, 0);
    int length = sizeof link->address;

    if (link == NULL) {
        return NULL;
    }
    if (uv_accept(listener, (uv_stream_t *)&link->tcp) != 0 || start(link) != 0) {
        set_deadline(link, on_failed_at_once, 0);
        return link;
    }
    set_options(link);
    uv_tcp_getpeername(&link->tcp, (struct sockaddr *)&link->address, &length);
    return link;
}
