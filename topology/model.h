/* model: one picture of every server, folded from probes and guards' reports.
 *
 * Only the leader fills one from the source; it sends the changed servers to the
 * other agents (proto/view.proto, model_encode_server), so that every agent can
 * answer reads from the same picture. Deciding code sees it as const.
 *
 * Times are CLOCK_BOOTTIME ms of the agent that holds the model; 0 is never.
 * Servers are found by name; the set follows the ledger (model_follow). */
#ifndef TOPOLOGY_MODEL_H
#define TOPOLOGY_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "topology/ledger.h"
#include "topology/observation.h"
#include "topology/order.h"

struct model_server {
    char name[LIMIT_NAME_SIZE];

    /* The leader's own probe over the network. */
    uint64_t probed_ms;        /* when we asked last of what was answered */
    uint64_t failing_since_ms; /* first failure since then; 0: none */
    uint64_t watched_ms;       /* the first answer or failure since this leader began; 0: none */
    bool access_denied;
    char probe_error[LIMIT_TEXT_SIZE];
    struct observation observation; /* of probed_ms; the guard's when that is newer */
    uint64_t observed_ms;           /* when `observation` was true; 0: never */

    /* Its guard. */
    bool guard_connected;       /* its agent can be reached now */
    uint64_t reported_ms;       /* last report; 0: none */
    uint64_t stopped_since_ms;  /* since when it says that the process is gone; 0: it doesn't */
    struct order_report report; /* its embedded observation is not kept up here */

    /* Lag: when the leader saw the primary at the position that this one has applied. */
    bool lag_known;
    uint64_t lag_ms;

    uint64_t changed; /* rises with each change; for sending the changed parts only */
};

/* Where a primary was, and when it was last seen there. */
struct model_sample {
    uint64_t seen_ms;
    struct gtid_position position;
};

/* The way of one cluster's primary, oldest first. When it is full the sample that
 * is missed least goes: it reaches back to its beginning, more coarsely with age. */
struct model_trail {
    char cluster[LIMIT_NAME_SIZE];
    char primary[LIMIT_NAME_SIZE];
    uint32_t sample_count;
    struct model_sample samples[LIMIT_LAG_SAMPLES];
};

struct model {
    uint32_t server_count;
    struct model_server servers[LIMIT_CLUSTERS * LIMIT_SERVERS];
    uint64_t changes; /* the source of `changed` */
    uint32_t trail_count;
    struct model_trail trails[LIMIT_CLUSTERS];
};

void model_init(struct model *model);

/* Adds servers that the ledger has and drops those that it has no longer. */
void model_follow(struct model *model, const struct ledger *ledger);

/* Forgets what was seen, keeps the names: a new leader looks for itself. */
void model_forget(struct model *model);

struct model_server *model_find(struct model *model, const char *name);
const struct model_server *model_look(const struct model *model, const char *name);

/* A probe that was asked at `now_ms` answered, or failed. A refusal of the account (access_denied)
 * is a sign of life: it ends failing_since_ms. Unknown names are ignored. */
void model_probed(struct model *model, const char *name, uint64_t now_ms,
                  const struct observation *observation);
void model_probe_failed(struct model *model, const char *name, uint64_t now_ms, bool access_denied,
                        const char *error);

/* A guard reported; its agent came or went. */
void model_reported(struct model *model, uint64_t now_ms, const struct order_report *report);
void model_guard_connected(struct model *model, const char *name, bool connected);

/* Notes where the primary is, and measures every replica's lag: now minus the
 * time at which the primary was last seen at a position that the replica has
 * applied (at most one probe too long); 0 when it has applied the newest one; not
 * known when it is older than the trail, or isn't observed now. Call after each
 * new observation of a server of the cluster. */
void model_measure_lag(struct model *model, const struct ledger_cluster *cluster, uint64_t now_ms);

/* One server as bytes (proto/view.proto), ages instead of times; and back into
 * the model of another agent, whose clock says `now_ms`. ERR_PROTOCOL for bytes that are no
 * view, ERR_NOTFOUND for a server that this model doesn't have (yet); the model
 * is then untouched. The trail stays with the leader. */
void model_encode_server(const struct model_server *server, uint64_t now_ms, struct buf *buf);
int model_decode_server(struct model *model, uint64_t now_ms, const uint8_t *bytes, size_t length,
                        struct err *err);

#endif
