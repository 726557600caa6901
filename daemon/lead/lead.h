/* lead: the leader's work: look, decide, and walk operations through the log.
 *
 * Every agent has one. On the leader it probes every server, folds probes and
 * guards' reports into the model, decides (topology/decide.h), proposes, sends
 * orders to guards, and answers requests for leases. On the others it only keeps
 * the model that the leader shares, so that they can answer reads.
 *
 *     lead_role() ready ──> grants, drives and model begin anew, probes start
 *     report, probe, applied entry, result, time ──> walk every cluster:
 *         analyze -> decide -> propose            (no operation, or one that gives way)
 *         drive   -> orders, proposals            (an operation runs)
 *
 * What is proposed takes effect only when it comes back applied; what is sent is
 * sent only because of an applied entry. Failure: a proposal that is refused or
 * lost is forgotten and made again by a later walk if it is still wanted; when
 * leadership goes, everything but the model is dropped and no port is called until
 * it returns.
 *
 * The outside is reached through struct lead_ports, so that this folder needs
 * neither the node nor the peers. Single thread: the loop's. Callbacks given to a
 * port must not run inside that call.
 *
 * Life cycle: lead_create() ... lead_close(cb); the memory goes after cb. */
#ifndef DAEMON_LEAD_LEAD_H
#define DAEMON_LEAD_LEAD_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/err.h"
#include "base/limits.h"
#include "daemon/io/db_config.h"
#include "daemon/io/log.h"
#include "daemon/io/tls_connect.h"
#include "topology/command.h"
#include "topology/decide.h"
#include "topology/ledger.h"
#include "topology/model.h"
#include "topology/order.h"

struct lead;

/* How a proposal ended: 0 and what the ledger said to it, or a negative code. */
struct lead_outcome {
    int code;
    const char *story;
    uint64_t operation; /* the newest operation's id when it was applied */
};

typedef void (*lead_outcome_cb)(void *context, const struct lead_outcome *outcome);
typedef void (*lead_confirm_cb)(void *context, bool confirmed);

struct lead_ports {
    void *context;
    void (*propose)(void *context, const uint8_t *bytes, size_t length, lead_outcome_cb cb,
                    void *cb_context);
    /* cb(true): after this call a majority still had this leader. */
    void (*confirm)(void *context, lead_confirm_cb cb, void *cb_context);
    void (*send)(void *context, const struct order_message *message);
    /* One server's picture to agent `to` (model_encode_server). */
    void (*share)(void *context, uint32_t to, const uint8_t *bytes, size_t length);
};

struct lead_config {
    uv_loop_t *loop;
    struct log *log;
    const struct ledger *ledger;
    uint32_t self; /* this agent's place; places are 1..agent_count */
    uint32_t agent_count;
    const char (
        *agent_names)[LIMIT_NAME_SIZE]; /* [place - 1]; "": free. The caller's, may change */
    struct db_config account;           /* the watching account; host and port are filled in */
    struct tls_connect *tls;
    struct lead_ports ports;
};

int lead_create(struct lead **lead, const struct lead_config *config, struct err *err);
void lead_close(struct lead *lead, void (*cb)(void *context), void *context);

/* ---- what happened ----------------------------------------------------------- */

/* `ready`: leader, with an entry of `term` committed and applied. */
void lead_role(struct lead *lead, bool ready, uint64_t term);
void lead_applied(struct lead *lead);
void lead_agent_connected(struct lead *lead, uint32_t agent, bool connected);
void lead_receive(struct lead *lead, const struct order_message *message);
/* A shared picture came from the leader; ERR_PROTOCOL if it is none. */
int lead_shared(struct lead *lead, const uint8_t *bytes, size_t length, struct err *err);

/* ---- what is asked -------------------------------------------------------------- */

const struct model *lead_model(const struct lead *lead);

/* How old the picture is: 0 on the leader. */
uint64_t lead_model_age_ms(const struct lead *lead);

/* Since when (CLOCK_BOOTTIME ms) this agent sees the finding; 0: it doesn't. */
uint64_t lead_finding_since_ms(const struct lead *lead, const char *cluster, enum problem code,
                               const char *server);

/* When the last operation of the ledger's cluster `number` ended (CLOCK_BOOTTIME ms); 0: not
 * since this agent leads, or it doesn't. */
uint64_t lead_settled_ms(const struct lead *lead, uint32_t number);

/* An operator's wish. Answers once, inside the call or later: `decision` when it was
 * refused or is a dry run (code 0, verdict ACT), else code and operation id. */
struct lead_answer {
    int code;
    const char *story;
    uint64_t operation;
    const struct decision *decision; /* may be NULL */
};

typedef void (*lead_answer_cb)(void *context, const struct lead_answer *answer);

struct lead_wish {
    enum operation_kind kind; /* SWITCHOVER or FAILOVER */
    const char *cluster;
    struct decide_request request;
    uint64_t deadline_ms;      /* SWITCHOVER: to fence the old primary; 0: the step's own */
    uint64_t max_write_gap_ms; /* SWITCHOVER; 0: the cluster's setting */
    bool dry_run;
};

void lead_wish(struct lead *lead, const struct lead_wish *wish, lead_answer_cb cb, void *context);

/* Any other command, already encoded (topology/command.h). */
void lead_propose(struct lead *lead, const uint8_t *bytes, size_t length, lead_answer_cb cb,
                  void *context);

#endif
