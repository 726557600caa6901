/* agent: the whole process, wired together. Floor 4: knows everybody, is known by
 * main.c alone.
 *
 *     conf, log            what this agent is
 *     seat, disk -> node   its place in the cluster; applies to the ledger
 *     roster -> peers      the other agents: raft, guard, view and call messages
 *     guard, gate          its own server, if it has one
 *     lead                 the leader's work (idle elsewhere, but for the shared picture)
 *     api, httpd           what people and load balancers see
 *
 * agent_open() blocks for the disk and for nothing else. agent_close() undoes in
 * reverse order, each part's callback closing the next one. */
#ifndef DAEMON_AGENT_H
#define DAEMON_AGENT_H

#include <uv.h>

#include "base/list.h"
#include "daemon/api/api.h"
#include "daemon/api/repeat.h"
#include "daemon/api/serve.h"
#include "daemon/guard/guard_service.h"
#include "daemon/io/conf.h"
#include "daemon/io/disk.h"
#include "daemon/io/gate_server.h"
#include "daemon/io/log.h"
#include "daemon/io/peer.h"
#include "daemon/io/tls_connect.h"
#include "daemon/lead/lead.h"
#include "daemon/node/node.h"
#include "daemon/roster.h"
#include "daemon/seat.h"

enum {
    AGENT_OUTCOMES = 1024, /* what the ledger said to the newest entries */
    AGENT_TELL_MS = 500,   /* between two times that an agent tells of itself */
    AGENT_CALL_MS = 10000, /* how long the leader may take for a carried call */
    AGENT_SIGNALS = 3,
    AGENT_EXIT_AGAIN = -1,   /* no exit: begin again, with the seat that was written */
    AGENT_EXIT_CONFIG = 2,   /* the configuration */
    AGENT_EXIT_REFUSED = 3,  /* the others didn't let it in; there is nothing to recover */
    AGENT_EXIT_STORAGE = 74, /* the disk (EX_IOERR) */
    AGENT_EXIT_RUNNING = 75, /* another one runs (EX_TEMPFAIL) */
};

/* What another agent said of itself last; `known` since it connected. */
struct agent_told {
    bool known;
    uint64_t term;
    uint64_t commit;
    uint64_t applied;
    uint64_t snapshot_index;
    uint32_t pid;
    bool leads; /* and is ready to */
    uint32_t features;
    char halted[LIMIT_TEXT_SIZE]; /* why it takes no part any more */
    int64_t clock_skew_ms;        /* its clock minus ours, when it told */
    char version[LIMIT_NAME_SIZE];
    char storage[16];
    char api[LIMIT_ADDRESS_SIZE + 16];
};

/* What ledger_apply() said to one entry. */
struct agent_outcome {
    uint64_t index;
    int code;
    uint64_t operation;
    char story[LIMIT_TEXT_SIZE];
};

struct agent {
    uv_loop_t *loop;
    const struct conf *conf; /* main's */
    const char *conf_path;
    struct log log;
    uint64_t start_id;
    struct roster roster; /* everything that is kept per agent is kept by its places */

    uint64_t store; /* which data directory this is */
    struct seat seat;
    struct seat seat_writing; /* the thread's, while `seat_work` runs */
    uv_work_t seat_work;
    int seat_result; /* the thread's, too */
    struct err seat_err;
    bool seat_failed; /* the last time */
    bool seat_busy;
    bool seat_dirty; /* it changed since that began, or wasn't written */
    uint64_t led_ms; /* when it was known who leads, last */

    bool halted; /* the log holds what this version doesn't understand: only guards from here on */
    char halted_why[LIMIT_TEXT_SIZE];
    bool forgetting; /* one of an invitation that is over */
    bool raising;    /* a proposal of the feature level is under way */

    bool store_damaged; /* to be set aside, at the end of this run */
    bool store_failed;  /* the one that was there couldn't be opened */
    struct disk *disk;  /* NULL: there is none; nor is there then a node */
    struct node *node;
    struct node_status status; /* as of the last change of role */
    struct ledger *ledger;
    struct agent_outcome *outcomes; /* [index % AGENT_OUTCOMES] */
    struct peers peers;
    struct tls_connect tls;
    uint64_t ledger_told_ms; /* without a disk: when the leader told what its ledger says */
    uint64_t ledger_applied; /* and how much of the log is in that */
    struct lead *lead;
    struct guard_service *guard; /* NULL on a witness */
    struct gate_server *gate;    /* NULL on a witness */
    uv_timer_t poke_timer;
    uint64_t poke_until_ms;
    struct api api;
    struct serve *serve;
    struct repeat repeat; /* this agent's while it leads */

    struct list mailbox;                 /* guard messages from this agent to itself */
    uv_idle_t mail_idle;                 /* runs while the mailbox holds some */
    uint32_t via[LIMIT_AGENT_SLOTS + 1]; /* who carried an agent's last message; 0: itself */

    struct agent_told told[LIMIT_AGENT_SLOTS + 1]; /* by place */
    uint64_t tell_ms;                              /* when it is told again */

    struct list handovers; /* of the lead, that somebody waits for */
    uint64_t stop_ms;      /* asked to stop: when it does, handed over or not; 0: it wasn't */

    struct list calls; /* carried to the leader, or waiting for an index */
    uint64_t calls_ever;
    uv_timer_t call_timer;

    uv_signal_t signals[AGENT_SIGNALS];
    bool started;        /* the node runs: hooks may use everything */
    bool caught_up;      /* with a leader, once in the life of this process */
    bool told_caught_up; /* what the guard heard last */
    bool closing;
    unsigned closing_stage;
    unsigned closing_left; /* parts of this stage */
    int exit_status;
};

/* `conf` and `path` (read again on SIGHUP) live as long as the agent. If it fails the
 * process must end: what was opened until then is not undone. ERR_BUSY: another one has
 * the data directory. ERR_INVALID: the configuration. */
int agent_open(struct agent *agent, uv_loop_t *loop, const struct conf *conf, const char *path,
               struct err *err);

/* Begins to stop; the loop ends when all is closed. */
void agent_close(struct agent *agent, int exit_status);

/* ---- between the files of this folder ------------------------------------------- */

/* agent.c: one part of the present stage is closed. */
void agent_closed_part(struct agent *agent);

/* agent_server.c: its own server, if it has one */
int agent_server_open(struct agent *agent, struct err *err);
/* The guard and the gates are told again and again, for a while. */
void agent_server_poke(struct agent *agent);
unsigned agent_server_close(struct agent *agent); /* how many parts will say that they are */

/* agent_store.c */
/* 0 with agent->disk NULL: there is none, and the agent runs as guard only. ERR_BUSY,
 * ERR_REFUSED: another's. */
int agent_store_open(struct agent *agent, struct disk_recovered *recovered, struct err *err);
int agent_store_set_aside(struct agent *agent);
const char *agent_store_state(const struct agent *agent); /* ok, slow, full or failed */

/* agent_guard_only.c: without a disk */
struct Call__LedgerWanted;
struct Call__LedgerTold;
void agent_guard_only_tick(struct agent *agent);
void agent_guard_only_ask(struct agent *agent);         /* the leader, for its ledger, now */
bool agent_guard_only_knows(const struct agent *agent); /* what the leader's ledger says */
void agent_guard_only_asked(struct agent *agent, uint32_t from,
                            const struct Call__LedgerWanted *wanted);
void agent_guard_only_told(struct agent *agent, uint32_t from, const struct Call__LedgerTold *told);

/* agent_invite.c */
void agent_invite(struct agent *agent, const struct api_call *call, struct api_wait *wait);
void agent_uninvite(struct agent *agent, const struct api_call *call, struct api_wait *wait);
void agent_invite_join(struct agent *agent, const struct api_call *call, struct api_wait *wait);
void agent_invite_tick(struct agent *agent);
void agent_invite_follow(struct agent *agent); /* the ledger's invitations */
void agent_invite_receive(struct agent *agent, uint32_t from, const uint8_t *bytes, size_t length);

/* agent_feature.c: what all agents understand */
void agent_feature_tick(struct agent *agent);
void agent_feature_halt(struct agent *agent, const struct err *why);

/* agent_seat.c */
int agent_seat_open(struct agent *agent, struct err *err);
/* The members as they were last known are written down, sometime. */
void agent_seat_keep(struct agent *agent);
unsigned agent_seat_close(struct agent *agent);
/* Now and then: asks for a number, if there is none. */
void agent_seat_tick(struct agent *agent);
/* The store turned out not to be the one that its number belongs to: begins again without. */
bool agent_seat_is_lost(const struct agent *agent);
void agent_seat_lose(struct agent *agent);
struct Call__MembersTold;
void agent_seat_members(struct agent *agent, uint32_t from, const struct Call__MembersTold *told);
/* The agent at `from` has a store without a number. */
void agent_seat_wanted(struct agent *agent, uint32_t from, uint64_t store);

/* agent_members.c */
void agent_members_open(struct agent *agent);
void agent_members_changed(struct agent *agent);
uint32_t agent_leader(const struct agent *agent); /* its place; 0: nobody is known to lead */
/* Has a number, and is a member under it as far as it knows. */
bool agent_has_seat(const struct agent *agent);
void agent_node_status(const struct agent *agent, struct node_status *status);

/* agent_change.c: on the leader; `wait` is done with once. */
struct api_result;
void agent_change(struct agent *agent, const struct api_call *call, struct api_wait *wait);
void agent_change_tick(struct agent *agent);
void agent_change_close(struct agent *agent);
/* Hands over if it leads, then stops. */
void agent_change_stop(struct agent *agent);

/* agent_ledger.c */
void agent_ledger_moved(struct agent *agent);
void agent_ledger_tell_guard(struct agent *agent);
/* A message of Raft's has come. */
void agent_ledger_heard(struct agent *agent);
struct node_hooks agent_ledger_hooks(void);
struct lead_ports agent_ledger_ports(struct agent *agent);

/* agent_route.c */
struct peers_hooks agent_route_hooks(void);
void agent_route_open(struct agent *agent);
void agent_route_close(struct agent *agent, uv_close_cb cb);
/* To agent `message->to`; 0 is the leader. Dropped if there is no way. */
void agent_route_send(struct agent *agent, const struct order_message *message);

/* agent_call.c */
void agent_call_open(struct agent *agent);
void agent_call_close(struct agent *agent, uv_close_cb cb);
/* Something waits for the clock, or is to be told to the others. */
void agent_call_soon(struct agent *agent);
struct Call__Message;
int agent_call_send(struct agent *agent, uint32_t to, const struct Call__Message *message);
void agent_call_receive(struct agent *agent, uint32_t from, const uint8_t *bytes, size_t length);
void agent_call_applied(struct agent *agent);
struct api_backend agent_call_backend(struct agent *agent);

/* agent_tell.c: agents tell each other of themselves */
struct Call__Told;
void agent_tell(struct agent *agent);
void agent_tell_take(struct agent *agent, uint32_t from, const struct Call__Told *told);
void agent_tell_fill(const struct agent *agent, struct agent_told *told);

/* agent_execute.c: on the leader; `wait` is done with once. */
void agent_execute(struct agent *agent, const struct api_call *call, struct api_wait *wait);

/* agent_look.c: what struct api_backend wants of them. */
void agent_look(void *agent, struct api_view *view);
void agent_look_around(void *agent, struct api_view *view);

#endif
