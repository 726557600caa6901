/* lead_internal: what the files of this folder share. lead.c holds the life cycle and
 * events; walk.c what follows from them; propose.c the way into the log; lease_desk.c the requests
 * for leases; probe.c the network probes; share.c the picture for the others; watch.c what is told
 * of findings and operations; wish.c what operators ask for. */
#ifndef DAEMON_LEAD_LEAD_INTERNAL_H
#define DAEMON_LEAD_LEAD_INTERNAL_H

#include "base/buf.h"
#include "daemon/lead/lead.h"
#include "daemon/lead/probe.h"
#include "topology/drive.h"
#include "topology/grant.h"

enum {
    LEAD_TICK_MS = 100,          /* time itself moves some facts */
    LEAD_DECLARE_RETRY_MS = 200, /* after a declaration was refused or lost */
    LEAD_REFUSED_MS = 60000,     /* from one line about a refused report to the next */
};

struct lead_finding {
    enum problem code;
    char server[LIMIT_NAME_SIZE];
    uint64_t since_ms;
    bool seen; /* in the present analysis */
};

/* The leader's part of a cluster, by its number in the ledger. */
struct lead_cluster {
    struct drive drive;
    bool declare_proposed;
    uint64_t declare_again_ms;
    uint64_t refused_operation; /* forgiven with the next tick; 0: none */
    uint64_t ended_operation;   /* the newest that has */
    uint64_t ended_ms;          /* when the last operation ended, in this term */
    uint64_t told_operation;    /* what the log has heard of */
    enum operation_state told_state;
    uint64_t told_steps; /* a bit each */
    uint32_t finding_count;
    struct lead_finding findings[LIMIT_FINDINGS];
};

struct lead {
    struct lead_config config;
    bool leading;
    bool closing;
    uint64_t term;
    uint64_t shared_ms; /* last picture from the leader */
    bool connected[LIMIT_AGENT_SLOTS + 1];
    uint64_t
        shared_change[LIMIT_AGENT_SLOTS + 1]; /* the model's `changed` up to which it was sent */
    struct model model;
    struct grants grants;
    struct lead_cluster clusters[LIMIT_CLUSTERS];
    struct probe_set *probes;
    uv_timer_t tick;
    uv_timer_t wake;     /* a drive's next deadline */
    uint64_t refused_ms; /* when a refused report was told of last */
    unsigned handles_open;
    unsigned requests_open; /* proposals and confirmations under way */
    struct buf buf;         /* one command at a time */

    /* Large results of the pure functions, kept here instead of on the stack. */
    struct analysis analysis;
    struct decision decision;
    struct decide_choice choice;
    struct drive_update update;

    void (*on_closed)(void *context);
    void *closed_context;
};

/* walk.c */
void lead_walk(struct lead *lead);
/* The id of the cluster's last operation that ended; 0: none. */
uint64_t walk_newest_ended(const struct lead *lead, uint32_t number);
void walk_result(struct lead *lead, const struct order_result *result);
struct scene lead_scene(const struct lead *lead, uint32_t number); /* of the cluster */

/* lead.c */
void lead_closed_one(struct lead *lead);

/* propose.c: buf holds the command. `revokes`: an operation that takes the primary away. */
void propose_declare(struct lead *lead, uint32_t number, const struct operation *operation,
                     const char *by, lead_answer_cb cb, void *context);
void propose_for_operation(struct lead *lead, uint32_t number);
void propose_plain(struct lead *lead, const uint8_t *bytes, size_t length, lead_answer_cb cb,
                   void *context);
struct command_stamp propose_stamp(const struct lead *lead, const char *by);

/* lease_desk.c */
void lease_desk_receive(struct lead *lead, const struct order_message *message);

/* share.c */
void share_changes(struct lead *lead);

/* watch.c */
void watch_findings(struct lead *lead, uint32_t number, const struct analysis *analysis);
void watch_operation(struct lead *lead, uint32_t number);

#endif
