/* view: one consistent picture, and the answers made of it.
 *
 * The backend fills a struct api_view for each request, as far as that needs it; nothing
 * in it outlives the request. view_analyze() adds what the findings are. Every other view_* call
 * is a pure function of the view and gives a new JSON reference. Names and
 * meanings: interfaces.md "Minimum fields", reference.md sections C, D and G.
 *
 * An old picture is told as it was: whatever has an age is counted to `as_of`, and
 * `age_ms` says how long ago that is. */
#ifndef DAEMON_API_VIEW_H
#define DAEMON_API_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "topology/analyze.h"
#include "topology/ledger.h"
#include "topology/model.h"

enum { VIEW_AGENTS = LIMIT_AGENTS + 1 }; /* the members, and this agent even if it is none */

struct api_agent {
    char name[LIMIT_NAME_SIZE];
    char address[LIMIT_ADDRESS_SIZE];
    char api[LIMIT_ADDRESS_SIZE + 16]; /* "http://IP:PORT"; "" is unknown */
    char role[16];                     /* leader, candidate, follower, learner or unknown */
    char storage[16];                  /* ok, slow, full or failed; "" is unknown */
    char version[LIMIT_NAME_SIZE];
    uint64_t term; /* 0: unknown; so for the next four */
    uint64_t commit;
    uint64_t applied;
    uint64_t snapshot_index;
    uint32_t pid;
    uint32_t id;           /* its number in the log; 0: it has none yet */
    char kind[16];         /* voter, joining or learner */
    int64_t clock_skew_ms; /* its clock minus that of the agent that answers */
    bool clock_known;
    char halted[LIMIT_TEXT_SIZE]; /* why it takes no part any more; "": it does */
    bool voter;
    bool connected;           /* can be reached from the agent that answers; true for itself */
    bool contacted;           /* ever; then: */
    uint64_t last_contact_ms; /* how long ago; 0 for itself */
};

/* The asked agent's own server, as its guard sees it: for the health checks. */
struct api_guard {
    char server[LIMIT_NAME_SIZE]; /* "": this agent is a witness */
    bool writable;                /* it is open, and under a lease */
    uint32_t lease_ms_left;
    bool answers;                   /* the local probe gets answers now */
    struct observation observation; /* valid if `answers` */
};

struct api_view {
    /* by look() */
    const struct ledger *ledger;
    const struct model *model;
    uint64_t now_ms;   /* CLOCK_BOOTTIME, the model's clock */
    uint64_t as_of_ms; /* wall clock of the picture, age_ms ago */
    uint64_t age_ms;   /* of the model; 0 on the leader */
    char self[LIMIT_NAME_SIZE];
    char leader[LIMIT_NAME_SIZE]; /* "": none is known */
    bool is_leader;
    bool removed;   /* this agent is a member no more */
    bool caught_up; /* the ledger is not an old one, as far as this agent was ever told */

    /* Since when this agent sees a finding (CLOCK_BOOTTIME ms; 0: it doesn't), for
     * those that can't tell themselves. May be NULL. */
    uint64_t (*since_ms)(void *since_ctx, const char *cluster, enum problem code,
                         const char *server);
    void *since_ctx;
    uint64_t settled_ms[LIMIT_CLUSTERS]; /* as in struct scene, in the ledger's order */

    /* by look_around(); without it there are no agents, and no server */
    uint32_t agent_count;
    struct api_agent agents[VIEW_AGENTS]; /* by name */
    struct api_guard guard;

    struct analysis analyses[LIMIT_CLUSTERS]; /* by view_analyze(), as in the ledger */
};

/* When the picture was true, on its own clock; 0 if there never was one. */
uint64_t view_then_ms(const struct api_view *view);

/* What one cluster's decisions would look at, at the time of the picture. */
struct scene view_scene(const struct api_view *view, const struct ledger_cluster *cluster);

void view_analyze(struct api_view *view);
const struct analysis *view_analysis(const struct api_view *view,
                                     const struct ledger_cluster *cluster);

/* {"index", "term", "as_of", "age_ms"}: every answer begins with it. */
json_t *view_envelope(const struct api_view *view);

json_t *view_status(const struct api_view *view);
json_t *view_agents(const struct api_view *view);
json_t *view_clusters(const struct api_view *view);
json_t *view_cluster(const struct api_view *view, const struct ledger_cluster *cluster);
json_t *view_topology(const struct api_view *view, const struct ledger_cluster *cluster);
json_t *view_servers(const struct api_view *view);
json_t *view_server(const struct api_view *view, const struct ledger_cluster *cluster,
                    const struct ledger_server *server);
json_t *view_problems(const struct api_view *view);
json_t *view_operations(const struct api_view *view); /* the newest first */
json_t *view_operation(const struct operation *operation);
json_t *view_history(const struct api_view *view); /* the newest first */
json_t *view_tokens(const struct api_view *view);
json_t *view_invitations(const struct api_view *view); /* of agents; never the lines */

/* If the primary died now: who would be promoted, and why not the others. */
json_t *view_check(const struct api_view *view, const struct ledger_cluster *cluster);
json_t *view_why_not(const struct api_view *view, const struct ledger_cluster *cluster,
                     const struct ledger_server *server);

/* The server that takes the writes; "" while nobody is known to. */
const char *view_primary(const struct ledger_cluster *cluster);

/* What is the matter with one cluster, or with one server of it (NULL: all). */
json_t *view_problems_of(const struct api_view *view, const struct ledger_cluster *cluster,
                         const char *server);

/* ---- parts of long lists: ?limit= &after= &cluster= --------------------------- */

enum { VIEW_LIMIT_DEFAULT = 100, VIEW_LIMIT_MAX = 500 };

struct view_page {
    uint32_t limit;
    const char *after;   /* the `key` of the last item seen; "": from the start */
    const char *cluster; /* "" is all */
};

/* Puts the asked part of `list` (its reference is taken) into `answer` under
 * `name`, and what to send as ?after= for the rest under "next", null at the end.
 * Items carry `key`, and their cluster under `cluster_key` (NULL: they have none). */
void view_add_page(json_t *answer, const char *name, json_t *list, const char *key,
                   const char *cluster_key, const struct view_page *page);

#endif
