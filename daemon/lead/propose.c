/* propose: the way of the leader's commands into the log.
 *
 * Each proposal ends once, with what the ledger said to it. Happy path: applied, and
 * lead_applied() walks on as soon as the callback is back. Refused: something
 * newer came first; what depended on it is forgotten, and a later walk decides anew.
 * Lost (leadership went, or the node closes): the same; the entry may still be applied,
 * and then the ledger says so to everybody. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/io/clock.h"
#include "daemon/lead/lead_internal.h"

enum proposal_kind { PROPOSAL_DECLARE, PROPOSAL_OPERATION, PROPOSAL_PLAIN };

struct proposal {
    struct lead *lead;
    enum proposal_kind kind;
    uint64_t term;      /* in which it was made */
    uint32_t number;    /* of the cluster */
    uint64_t operation; /* that it is about */
    bool revokes;
    char cluster[LIMIT_NAME_SIZE];
    lead_answer_cb cb; /* may be NULL */
    void *context;
};

struct command_stamp propose_stamp(const struct lead *lead, const char *by)
{
    const char *self = lead->config.agent_names[lead->config.self - 1];

    return (struct command_stamp){.by = by == NULL || by[0] == '\0' ? self : by,
                                  .at_ms = clock_wall_ms()};
}

/* Whether the term that the proposal was made in still leads: only then do the
 * marks that it left still exist. */
static bool marks_stand(const struct proposal *proposal)
{
    return proposal->lead->leading && proposal->lead->term == proposal->term;
}

/* It is forgiven with the next tick: at once would go round. */
static void note_refused(struct lead *lead, const struct proposal *proposal)
{
    const struct ledger_cluster *cluster = &lead->config.ledger->clusters[proposal->number];

    if (cluster->operation.id == proposal->operation) {
        lead->clusters[proposal->number].refused_operation = proposal->operation;
    }
}

static void settle(struct proposal *proposal, const struct lead_outcome *outcome)
{
    struct lead *lead = proposal->lead;
    struct lead_cluster *cluster = &lead->clusters[proposal->number];

    if (!marks_stand(proposal)) {
        return;
    }
    if (proposal->revokes) {
        grant_revoke_settled(&lead->grants, proposal->cluster);
    }
    if (proposal->kind == PROPOSAL_DECLARE) {
        cluster->declare_proposed = false;
        if (outcome->code != 0) {
            cluster->declare_again_ms = clock_now_ms() + LEAD_DECLARE_RETRY_MS;
        }
    }
    if (proposal->kind == PROPOSAL_OPERATION && outcome->code != 0) {
        note_refused(lead, proposal);
    }
}

static void on_outcome(void *context, const struct lead_outcome *outcome)
{
    struct proposal *proposal = context;
    struct lead *lead = proposal->lead;

    if (outcome->code != 0 && outcome->code != ERR_CLOSED) {
        log_event(lead->config.log, LOG_LEVEL_INFO, "proposal_refused",
                  LOG_TEXT("cluster", proposal->cluster), LOG_TEXT("code", err_name(outcome->code)),
                  LOG_TEXT("why", outcome->story), LOG_END);
    }
    settle(proposal, outcome);
    if (proposal->cb != NULL) {
        struct lead_answer answer = {.code = outcome->code,
                                     .story = outcome->story,
                                     .operation = outcome->code == 0 ? outcome->operation : 0};

        proposal->cb(proposal->context, &answer);
    }
    free(proposal);
    lead->requests_open--;
    if (lead->closing) {
        lead_closed_one(lead);
    } else if (lead->leading && outcome->code != 0) { /* else lead_applied() is next */
        lead_walk(lead);
    }
}

/* Out of memory is answered like a lost leader: try again. */
static void no_memory(lead_answer_cb cb, void *context)
{
    struct lead_answer answer = {.code = ERR_NOMEM, .story = "out of memory"};

    if (cb != NULL) {
        cb(context, &answer);
    }
}

static struct proposal *proposal_new(struct lead *lead, enum proposal_kind kind)
{
    struct proposal *proposal = calloc(1, sizeof *proposal);

    if (proposal != NULL) {
        proposal->lead = lead;
        proposal->kind = kind;
        proposal->term = lead->term;
    }
    return proposal;
}

static void send_off(struct lead *lead, struct proposal *proposal, const uint8_t *bytes,
                     size_t length)
{
    const struct lead_ports *ports = &lead->config.ports;

    lead->requests_open++;
    ports->propose(ports->context, bytes, length, on_outcome, proposal);
}

void propose_declare(struct lead *lead, uint32_t number, const struct operation *operation,
                     const char *by, lead_answer_cb cb, void *context)
{
    const struct ledger_cluster *cluster = &lead->config.ledger->clusters[number];
    struct proposal *proposal = proposal_new(lead, PROPOSAL_DECLARE);

    assert(lead->leading);
    if (proposal == NULL) {
        no_memory(cb, context);
        return;
    }
    proposal->number = number;
    proposal->revokes =
        operation->kind == OPERATION_KIND_FAILOVER || operation->kind == OPERATION_KIND_SWITCHOVER;
    proposal->cb = cb;
    proposal->context = context;
    text_copy(proposal->cluster, sizeof proposal->cluster, cluster->name);
    if (proposal->revokes) {
        grant_revoke_proposed(&lead->grants, cluster->name);
    }
    lead->clusters[number].declare_proposed = true;
    buf_reset(&lead->buf);
    command_declare(&lead->buf, propose_stamp(lead, by), operation, cluster->epoch);
    assert(buf_ok(&lead->buf));
    send_off(lead, proposal, lead->buf.data, lead->buf.length);
}

/* The command about the running operation that lead->buf holds. */
void propose_for_operation(struct lead *lead, uint32_t number)
{
    const struct ledger_cluster *cluster = &lead->config.ledger->clusters[number];
    struct proposal *proposal = proposal_new(lead, PROPOSAL_OPERATION);

    assert(lead->leading);
    assert(buf_ok(&lead->buf));
    if (proposal == NULL) {
        drive_proposal_failed(&lead->clusters[number].drive, cluster->operation.id);
        return;
    }
    proposal->number = number;
    proposal->operation = cluster->operation.id;
    text_copy(proposal->cluster, sizeof proposal->cluster, cluster->name);
    send_off(lead, proposal, lead->buf.data, lead->buf.length);
}

void propose_plain(struct lead *lead, const uint8_t *bytes, size_t length, lead_answer_cb cb,
                   void *context)
{
    struct proposal *proposal = proposal_new(lead, PROPOSAL_PLAIN);

    if (proposal == NULL) {
        no_memory(cb, context);
        return;
    }
    proposal->cb = cb;
    proposal->context = context;
    send_off(lead, proposal, bytes, length);
}
