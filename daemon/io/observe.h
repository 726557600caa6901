/* observe: one look at one server: asks it, and decodes the answers.
 *
 * The leader's network probe and each guard's local probe use it, on a connection
 * of theirs that stays open. It needs SLAVE MONITOR and nothing more. A look costs
 * two statements (0.2 ms together); a third one, dearer, asks for the server's uptime
 * now and then. Where the primary's side is on, the first one asks for the semi-sync
 * clients, too; where it was just switched on, the third one does.
 *
 * Ownership: embedded; it and the connection live until the callback of a look that
 * is under way. A lost connection ends the look with its error.
 *
 * Source: MariaDB Knowledge Base, "SHOW REPLICA STATUS", "Server System Variables".
 * A system variable next to an aggregate reads 0 on 10.11.19 (mariadb-facts.md, trap 6):
 * the statement has none. */
#ifndef DAEMON_IO_OBSERVE_H
#define DAEMON_IO_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "daemon/io/db.h"
#include "topology/observation.h"

struct observe;

/* Exactly one of `why` and `observation` is given. ERR_PROTOCOL: an answer that isn't
 * understood; ERR_LIMIT: more channels, domains or pairs than there is room for; the
 * rest are db_query's. */
typedef void (*observe_cb)(struct observe *observe, const struct err *why,
                           const struct observation *observation);

struct observe {
    void *context; /* the caller's */
    /* private */
    struct db *db;
    uint64_t deadline_ms;
    uint64_t thread_id;  /* the connection that the status was asked on */
    uint64_t status_ms;  /* when */
    uint64_t started_ms; /* when the server started, by our clock */
    bool was_primary;    /* its semi-sync side was on, the last time */
    bool has_clients;    /* this look knows them already */
    bool busy;
    struct db_query query;
    struct observation observation;
    observe_cb cb;
};

void observe_init(struct observe *observe);

/* Looks once through a connected `db`; `cb` is called within `timeout_ms`, not inside this
 * call. ERR_CLOSED, ERR_LIMIT (as db_query), ERR_BUSY (a look is under way): then it isn't. */
int observe_run(struct observe *observe, struct db *db, uint64_t timeout_ms, observe_cb cb);

/* The two statements and their decoders, for whoever has a queue of its own. Each
 * fills its part of `observation`. */
extern const char observe_variables_text[];
extern const char observe_channels_text[];
int observe_read_variables(struct observation *observation, const struct db_result *result,
                           struct err *err);
int observe_read_channels(struct observation *observation, const struct db_result *result,
                          struct err *err);

#endif
