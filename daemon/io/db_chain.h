/* db_chain: several statements on one connection, as data.
 *
 * The steps run in order, each answer goes to its decoder; the first failure, the
 * server's or a decoder's, ends the chain. Embedded in its owner, whom a decoder
 * recovers by container_of. One chain may run again after its end. */
#ifndef DAEMON_IO_DB_CHAIN_H
#define DAEMON_IO_DB_CHAIN_H

#include "daemon/io/db.h"

struct db_chain;

struct db_chain_step {
    const char *text;
    /* NULL: nothing to learn from it. Returns 0, or an error with its story. */
    int (*decode)(struct db_chain *chain, const struct db_result *result, struct err *err);
};

struct db_chain {
    const struct db_chain_step *steps; /* the caller's, until `cb` */
    size_t steps_count;
    uint64_t timeout_ms;                                       /* for all steps together */
    void (*cb)(struct db_chain *chain, const struct err *why); /* NULL: all done */

    size_t step; /* the one under way; at the end: the one that failed, or steps_count */
    struct db *db;
    uint64_t deadline_ms;
    struct db_query query; /* private; sql_errno and sent tell about the last step */
};

/* Starts at the first step; fails as db_query() does, and then `cb` is not called. */
int db_chain_run(struct db_chain *chain, struct db *db);

#endif
