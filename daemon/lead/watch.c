/* watch: tells the log, once each, of findings that come and go and of the way of
 * operations. Nothing is decided here. */
#include <assert.h>
#include <string.h>

#include "daemon/io/clock.h"
#include "daemon/lead/lead_internal.h"

static struct lead_finding *finding_of(struct lead_cluster *cluster, enum problem code,
                                       const char *server)
{
    for (uint32_t i = 0; i < cluster->finding_count; i++) {
        struct lead_finding *known = &cluster->findings[i];

        if (known->code == code && strcmp(known->server, server) == 0) {
            return known;
        }
    }
    return NULL;
}

static void finding_begins(struct lead *lead, struct lead_cluster *cluster,
                           const struct finding *finding, const char *cluster_name)
{
    struct lead_finding *known;

    if (cluster->finding_count == LIMIT_FINDINGS) {
        return;
    }
    known = &cluster->findings[cluster->finding_count++];
    known->code = finding->code;
    known->since_ms = clock_now_ms();
    known->seen = true;
    text_copy(known->server, sizeof known->server, finding->server);
    if (lead->leading) {
        log_event(lead->config.log, LOG_LEVEL_WARNING, "problem",
                  LOG_TEXT("code", problem_name(finding->code)), LOG_TEXT("cluster", cluster_name),
                  LOG_TEXT("server", finding->server), LOG_TEXT("sentence", finding->sentence),
                  LOG_END);
    }
}

static void finding_ends(struct lead *lead, struct lead_cluster *cluster, uint32_t number,
                         const char *cluster_name)
{
    const struct lead_finding *gone = &cluster->findings[number];

    if (lead->leading) {
        log_event(lead->config.log, LOG_LEVEL_INFO, "problem_gone",
                  LOG_TEXT("code", problem_name(gone->code)), LOG_TEXT("cluster", cluster_name),
                  LOG_TEXT("server", gone->server),
                  LOG_U64("after_ms", clock_now_ms() - gone->since_ms), LOG_END);
    }
    cluster->findings[number] = cluster->findings[--cluster->finding_count];
}

void watch_findings(struct lead *lead, uint32_t number, const struct analysis *analysis)
{
    struct lead_cluster *cluster = &lead->clusters[number];

    for (uint32_t i = 0; i < cluster->finding_count; i++) {
        cluster->findings[i].seen = false;
    }
    for (uint32_t i = 0; i < analysis->finding_count; i++) {
        const struct finding *finding = &analysis->findings[i];
        struct lead_finding *known = finding_of(cluster, finding->code, finding->server);

        if (known == NULL) {
            finding_begins(lead, cluster, finding, analysis->cluster);
        } else {
            known->seen = true;
        }
    }
    for (uint32_t i = cluster->finding_count; i > 0; i--) {
        if (!cluster->findings[i - 1].seen) {
            finding_ends(lead, cluster, i - 1, analysis->cluster);
        }
    }
}

uint64_t lead_finding_since_ms(const struct lead *lead, const char *cluster, enum problem code,
                               const char *server)
{
    for (uint32_t i = 0; i < lead->config.ledger->cluster_count; i++) {
        const struct lead_cluster *entry = &lead->clusters[i];

        if (strcmp(lead->config.ledger->clusters[i].name, cluster) != 0) {
            continue;
        }
        for (uint32_t j = 0; j < entry->finding_count; j++) {
            if (entry->findings[j].code == code && strcmp(entry->findings[j].server, server) == 0) {
                return entry->findings[j].since_ms;
            }
        }
    }
    return 0;
}

uint64_t lead_settled_ms(const struct lead *lead, uint32_t number)
{
    return lead->leading ? lead->clusters[number].ended_ms : 0;
}

/* ---- operations ------------------------------------------------------------------- */

static void tell_state(struct lead *lead, const struct operation *operation)
{
    log_event(lead->config.log, LOG_LEVEL_INFO, "operation", LOG_U64("id", operation->id),
              LOG_TEXT("cluster", operation->cluster),
              LOG_TEXT("kind", operation_kind_name(operation->kind)),
              LOG_TEXT("state", operation_state_name(operation->state)),
              LOG_TEXT("from", operation->from), LOG_TEXT("to", operation->to),
              LOG_U64("epoch", operation->epoch),
              LOG_TEXT("proof", operation_proof_name(operation->one_writer.proof)),
              LOG_TEXT("outcome", operation_outcome_name(operation->outcome)),
              LOG_TEXT("cause", operation->cause), LOG_TEXT("failure", operation->failure),
              LOG_END);
}

static void tell_steps(struct lead *lead, const struct operation *operation, uint64_t *told)
{
    static_assert(LIMIT_STEPS <= 64, "one bit a step");
    for (uint32_t i = 0; i < operation->step_count; i++) {
        const struct operation_step *step = &operation->steps[i];

        if (!operation_step_ended(step)) {
            continue;
        }
        if ((*told & (UINT64_C(1) << i)) == 0) {
            *told |= UINT64_C(1) << i;
            log_event(lead->config.log, LOG_LEVEL_INFO, "step", LOG_U64("operation", operation->id),
                      LOG_TEXT("step", operation_action_name(step->action)),
                      LOG_TEXT("server", step->target),
                      LOG_TEXT("state", operation_step_state_name(step->state)),
                      LOG_U64("ms", step->ms), LOG_TEXT("detail", step->detail), LOG_END);
        }
    }
}

static const struct operation *told_last(const struct ledger_cluster *cluster, uint64_t id)
{
    for (uint32_t i = 0; i < cluster->past_count; i++) {
        if (cluster->past[i].id == id) {
            return &cluster->past[i];
        }
    }
    return NULL;
}

void watch_operation(struct lead *lead, uint32_t number)
{
    const struct ledger_cluster *cluster = &lead->config.ledger->clusters[number];
    struct lead_cluster *entry = &lead->clusters[number];
    const struct operation *running = &cluster->operation;
    const struct operation *ended;

    if (entry->told_operation != 0 && entry->told_operation != running->id) {
        ended = told_last(cluster, entry->told_operation);
        if (ended != NULL) {
            tell_steps(lead, ended, &entry->told_steps);
            tell_state(lead, ended);
        }
        entry->told_operation = 0;
    }
    if (running->id == 0) {
        return;
    }
    if (entry->told_operation != running->id) {
        entry->told_operation = running->id;
        entry->told_state = OPERATION_NONE;
        entry->told_steps = 0;
    }
    tell_steps(lead, running, &entry->told_steps);
    if (entry->told_state != running->state) {
        entry->told_state = running->state;
        tell_state(lead, running);
    }
}
