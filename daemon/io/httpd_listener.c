/* The happy path: open makes the socket itself (an address that is taken is told as such,
 * a unix socket has its mode before anybody can connect) and starts a daemon on it ->
 * on_poll() and on_timer() run the daemon, which calls httpd -> close stops polling and,
 * from the last handle's callback, so never inside the daemon, stops it. */
#include "daemon/io/httpd_listener.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"
#include "daemon/io/address.h"
#include "daemon/io/httpd.h"
#include "daemon/io/httpd_hooks.h"
#include "daemon/io/secret.h"

enum {
    BACKLOG = 128,
    SEND_IDLE_S = 30, /* a client that takes nothing of its answer for so long is cut */
    PEM_BYTES_MAX = 256 * 1024,
    SOCKET_MODE = 0660,
};

/* ---- driving the daemon ------------------------------------------------------------ */

static void on_timer(uv_timer_t *timer);

static void run(struct httpd_listener *listener)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;

    listener->woken = false;
    MHD_run(listener->daemon);
    if (uv_is_closing((uv_handle_t *)&listener->timer)) {
        return;
    }
    if (listener->woken) {
        uv_timer_start(&listener->timer, on_timer, 0, 0);
    } else if (MHD_get_timeout(listener->daemon, &timeout_ms) == MHD_YES) {
        uv_timer_start(&listener->timer, on_timer, timeout_ms, 0);
    } else {
        uv_timer_stop(&listener->timer);
    }
}

static void on_timer(uv_timer_t *timer)
{
    run(container_of(timer, struct httpd_listener, timer));
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(container_of(poll, struct httpd_listener, poll));
}

void httpd_listener_wake(struct httpd_listener *listener)
{
    listener->woken = true;
    if (!uv_is_closing((uv_handle_t *)&listener->timer)) {
        uv_timer_start(&listener->timer, on_timer, 0, 0);
    }
}

/* ---- the socket ---------------------------------------------------------------------- */

/* What a killed predecessor left may go; what somebody answers on may not. */
static int remove_stale(const struct sockaddr_un *address, struct err *err)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int saved = 0;

    if (fd < 0) {
        return err_set(err, ERR_IO, "socket: %s", strerror(errno));
    }
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0) {
        saved = errno;
    }
    close(fd);
    if (saved == ENOENT) {
        return 0;
    }
    if (saved == ECONNREFUSED && unlink(address->sun_path) == 0) {
        return 0;
    }
    return err_set(err, ERR_EXISTS, "%s is in use", address->sun_path);
}

static int listen_local(const char *path, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int code;
    int fd;

    if (!text_copy(address.sun_path, sizeof address.sun_path, path)) {
        return err_set(err, ERR_INVALID, "the path of a socket may have %zu bytes: %s",
                       sizeof address.sun_path - 1, path);
    }
    code = remove_stale(&address, err);
    if (code != 0) {
        return code;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The mode of the descriptor becomes that of the file, without a moment between. */
    if (fd >= 0 && fchmod(fd, SOCKET_MODE) == 0 &&
        bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        chmod(path, SOCKET_MODE) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    code = err_set(err, ERR_IO, "listen on %s: %s", path, strerror(errno));
    if (fd >= 0) {
        close(fd);
    }
    return code;
}

static int listen_on(const struct httpd_listen *listen, struct err *err)
{
    struct sockaddr_storage address;

    assert((listen->address == NULL) != (listen->socket == NULL));
    assert((listen->certificate == NULL) == (listen->key == NULL));
    assert(listen->certificate == NULL || listen->address != NULL);
    if (listen->socket != NULL) {
        return listen_local(listen->socket, err);
    }
    if (!address_parse(listen->address, &address)) {
        return err_set(err, ERR_INVALID, "'%s' is no IP:PORT to listen on", listen->address);
    }
    return address_listen(&address, BACKLOG, err);
}

/* ---- TLS ---------------------------------------------------------------------------- */

static int read_pem(const char *path, char text[PEM_BYTES_MAX], struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, PEM_BYTES_MAX);
    int saved = errno;

    if (fd >= 0) {
        close(fd);
    }
    if (length < 0) {
        return err_set(err, ERR_IO, "read %s: %s", path, strerror(saved));
    }
    if (length == PEM_BYTES_MAX) {
        return err_set(err, ERR_LIMIT, "%s is too large for a certificate or key", path);
    }
    text[length] = '\0';
    return 0;
}

/* The two files, one after the other in one block that the caller wipes. */
struct pems {
    char certificate[PEM_BYTES_MAX];
    char key[PEM_BYTES_MAX];
};

static int read_pems(struct pems *pems, const struct httpd_listen *listen, struct err *err)
{
    int code = secret_check(listen->key, err);

    if (code == 0) {
        code = read_pem(listen->certificate, pems->certificate, err);
    }
    if (code == 0) {
        code = read_pem(listen->key, pems->key, err);
    }
    return code;
}

/* ---- life ----------------------------------------------------------------------------- */

static struct MHD_Daemon *start_daemon(struct httpd_listener *listener, int fd, struct pems *pems)
{
    static char versions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    bool tls = pems != NULL;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)httpd_on_completed, listener},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)httpd_on_connection, listener},
        {MHD_OPTION_CONNECTION_LIMIT, LIMIT_HTTP_CONNECTIONS, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, LIMIT_HTTP_CONNECTIONS_PER_ADDRESS, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, LIMIT_HTTP_HEAD_BYTES, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, SEND_IDLE_S, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, tls ? pems->certificate : NULL},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, tls ? pems->key : NULL},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, versions},
        {MHD_OPTION_END, 0, NULL},
    };

    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : 0), 0,
                            NULL, NULL, httpd_on_access, listener, MHD_OPTION_ARRAY, options,
                            MHD_OPTION_END);
}

static void poll_daemon(struct httpd_listener *listener)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int code = uv_poll_init(listener->httpd->loop, &listener->poll, info->epoll_fd);

    assert(code == 0); /* a descriptor that was just made */
    uv_timer_init(listener->httpd->loop, &listener->timer);
    listener->handles = 2;
    uv_poll_start(&listener->poll, UV_READABLE, on_poll);
}

int httpd_listener_open(struct httpd_listener *listener, struct httpd *httpd,
                        const struct httpd_listen *listen, struct err *err)
{
    struct pems *pems = NULL;
    int code = 0;
    int fd = -1;

    memset(listener, 0, sizeof *listener);
    listener->httpd = httpd;
    listener->local = listen->socket != NULL;
    listener->health_only = listen->health_only;
    if (listen->certificate != NULL) {
        pems = calloc(1, sizeof *pems);
        code = pems == NULL ? err_set(err, ERR_NOMEM, "no memory for a certificate")
                            : read_pems(pems, listen, err);
    }
    if (code == 0) {
        fd = listen_on(listen, err);
        code = fd < 0 ? fd : 0;
    }
    if (code != 0) {
        goto wipe;
    }
    if (listener->local) {
        text_copy(listener->path, sizeof listener->path, listen->socket);
    }
    listener->daemon = start_daemon(listener, fd, pems);
    if (listener->daemon == NULL) {
        close(fd);
        code = err_set(err, pems != NULL ? ERR_INVALID : ERR_IO, "HTTP on %s can't be started%s%s",
                       listener->local ? listen->socket : listen->address,
                       pems != NULL ? "; is this a certificate with its key? " : "",
                       pems != NULL ? listen->certificate : "");
        goto wipe;
    }
    poll_daemon(listener);
wipe:
    if (pems != NULL) {
        explicit_bzero(pems, sizeof *pems);
        free(pems);
    }
    return code;
}

static void on_handle_closed(struct httpd_listener *listener)
{
    if (--listener->handles > 0) {
        return;
    }
    httpd_on_closing(listener);
    MHD_stop_daemon(listener->daemon);
    if (listener->local) {
        unlink(listener->path);
    }
    httpd_on_closed(listener);
}

static void on_poll_closed(uv_handle_t *handle)
{
    on_handle_closed(container_of(handle, struct httpd_listener, poll));
}

static void on_timer_closed(uv_handle_t *handle)
{
    on_handle_closed(container_of(handle, struct httpd_listener, timer));
}

void httpd_listener_close(struct httpd_listener *listener)
{
    uv_close((uv_handle_t *)&listener->poll, on_poll_closed);
    uv_close((uv_handle_t *)&listener->timer, on_timer_closed);
}
