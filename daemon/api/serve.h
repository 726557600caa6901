/* serve: joins httpd and api.
 *
 * Opens the listeners (TCP or TLS, the health checks' own, the unix socket), turns
 * each request into an exchange and its answer into HTTP. A client that left while
 * its exchange was with the backend is forgotten; the exchange is freed when the
 * backend is done with it, also after serve_close(): `api` and its backend outlive
 * both.
 *
 * Life cycle: serve_open() ... serve_close(cb); the memory goes before cb. */
#ifndef DAEMON_API_SERVE_H
#define DAEMON_API_SERVE_H

#include <uv.h>

#include "base/err.h"
#include "daemon/api/api.h"

struct serve;

/* NULL or "": not wanted. */
struct serve_config {
    uv_loop_t *loop;
    struct api *api;
    const char *listen;        /* "IP:PORT" */
    const char *health_listen; /* "IP:PORT": health checks only, no TLS */
    const char *socket;        /* path */
    const char *certificate;   /* PEM files, both or neither, for `listen` */
    const char *key;
};

/* Blocks for the files of TLS. On failure nothing is left open but what the loop
 * still has to close: run it once more. The errors of httpd_listen(). */
int serve_open(struct serve **serve, const struct serve_config *config, struct err *err);
void serve_close(struct serve *serve, void (*cb)(void *context), void *context);

#endif
