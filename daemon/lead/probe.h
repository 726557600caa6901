/* probe: the leader's look at every server over the network.
 *
 * One kept connection a server, asked every PROBE_INTERVAL_MS with the watching
 * account; a lost one is dialled again at that pace. Facts only: each look ends in
 * exactly one of the two callbacks. Nothing here blocks: addresses are IP
 * literals, TLS handshakes have threads of their own (daemon/io/tls_connect.h).
 *
 * Happy path: timer -> connect (once) -> observe -> answered(). A connection that breaks,
 * a login that is refused, a time-out: failed(), and the next tick dials again. A server
 * that leaves the set is closed in its own time; probe_close() waits for all. */
#ifndef DAEMON_LEAD_PROBE_H
#define DAEMON_LEAD_PROBE_H

#include <stdbool.h>

#include <uv.h>

#include "daemon/io/db_config.h"
#include "daemon/io/tls_connect.h"
#include "topology/ledger.h"
#include "topology/observation.h"

enum {
    PROBE_INTERVAL_MS = 250,
    PROBE_TIMEOUT_MS = 1000,
};

struct probe_set;

struct probe_config {
    uv_loop_t *loop;
    struct db_config account; /* user, password, TLS; host and port are filled in */
    struct tls_connect *tls;
    void *context;
    /* `asked_ms`: what was seen is at least as young as that. */
    void (*answered)(void *context, const char *server, uint64_t asked_ms,
                     const struct observation *observation);
    void (*failed)(void *context, const char *server, bool access_denied, const char *why);
};

struct probe_set *probe_create(const struct probe_config *config);

/* Probes exactly the servers of the ledger; NULL: none. */
void probe_follow(struct probe_set *probes, const struct ledger *ledger);

void probe_close(struct probe_set *probes, void (*cb)(void *context), void *context);

#endif
