/* httpd_listener: one listening socket of httpd, its libmicrohttpd daemon, and how the
 * loop drives it: the daemon's epoll descriptor under uv_poll, its time-outs by a timer.
 * Part of httpd. */
#ifndef DAEMON_IO_HTTPD_LISTENER_H
#define DAEMON_IO_HTTPD_LISTENER_H

#include <stdbool.h>

#include <uv.h>

#include "base/err.h"
#include "base/limits.h"

struct MHD_Daemon;
struct MHD_Connection;
struct httpd;

struct httpd_listen {
    const char *address;     /* "IP:PORT", or NULL: */
    const char *socket;      /* the path of a unix socket, made with mode 0660 */
    const char *certificate; /* PEM files, both or neither; with an address only */
    const char *key;
    bool health_only; /* told to the handler with each request */
};

struct httpd_listener {
    struct httpd *httpd;
    bool local;
    bool health_only;
    char path[LIMIT_PATH_SIZE];
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer;
    bool woken; /* while the daemon ran */
    unsigned handles;
};

/* Begins to listen; the daemon calls httpd_on_*. As httpd_listen(). */
int httpd_listener_open(struct httpd_listener *listener, struct httpd *httpd,
                        const struct httpd_listen *listen, struct err *err);

/* Stops the daemon from the loop, not inside this call, then calls httpd_on_closed(). */
void httpd_listener_close(struct httpd_listener *listener);

/* Has the daemon look soon at connections that were resumed: it doesn't by itself. */
void httpd_listener_wake(struct httpd_listener *listener);

/* What httpd gives: before the daemon stops, nothing may be suspended in it; after. */
void httpd_on_closing(struct httpd_listener *listener);
void httpd_on_closed(struct httpd_listener *listener);

#endif
