/* decide_request: what a person asks for. A refusal says what would make it
 * possible; switchover and failover point at each other. */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "topology/decide_reason.h"
#include "topology/facts.h"
#include "topology/plan.h"

static bool refuse_unknown(struct decision *decision, const struct scene *scene, const char *to)
{
    const struct ledger_cluster *cluster = scene->cluster;

    if (to[0] == '\0') {
        return false;
    }
    if (ledger_server_find(cluster, to) == NULL) {
        text_format(decision_reason(decision), LIMIT_TEXT_SIZE, "cluster %s has no server %s",
                    cluster->name, to);
        decision_refuse(decision, ERR_NOTFOUND, "orchestratorctl topology shows its servers");
        return true;
    }
    if (strcmp(to, cluster->primary) == 0) {
        text_format(decision_reason(decision), LIMIT_TEXT_SIZE, "%s is the primary already", to);
        decision_refuse(decision, ERR_REFUSED, "name another server, or none");
        return true;
    }
    return false;
}

static void refuse_busy(struct decision *decision, const struct operation *running)
{
    text_format(decision_reason(decision), LIMIT_TEXT_SIZE, "operation %llu (%s) is running",
                (unsigned long long)running->id, operation_kind_name(running->kind));
    decision_refuse(decision, ERR_BUSY,
                    decision_gives_way(running, true) && !decision_gives_way(running, false)
                        ? "wait for its proof; or make sure that the old primary is dead, then: "
                          "orchestratorctl failover --old-primary-is-dead"
                        : "wait until it has ended: orchestratorctl operations");
}

static void refuse_nobody(struct decision *decision, const struct candidates *candidates)
{
    decision_reason_candidates(decision, candidates);
    decision_refuse(decision, ERR_REFUSED,
                    candidates->incomparable
                        ? "decide which history to keep, and restore the other server "
                          "from a backup of it"
                        : "remove what stands against one of them");
}

/* ---- switchover -------------------------------------------------------------------------- */

/* Whether the primary can hand over at all. */
static bool refuse_primary(struct decision *decision, const struct scene *scene,
                           const struct analysis *analysis)
{
    const char *primary = scene->cluster->primary;

    if (analysis->primary != ANALYSIS_PRIMARY_UP) {
        text_format(decision_reason(decision), LIMIT_TEXT_SIZE,
                    "the primary %s is %s: it can't hand over", primary,
                    analysis_primary_name(analysis->primary));
        decision_refuse(decision, ERR_REFUSED,
                        analysis->primary == ANALYSIS_PRIMARY_UNKNOWN
                            ? "ask again in some seconds, when the leader has looked at it"
                            : "orchestratorctl failover, if it is lost");
        return true;
    }
    if (!(analysis->facts & FACT_BIT(PRIMARY_GUARD_TALKS))) {
        text_format(decision_reason(decision), LIMIT_TEXT_SIZE,
                    "the primary %s has no guard that reports: nobody could make it stop writing",
                    primary);
        decision_refuse(decision, ERR_REFUSED, "start the agent on its host");
        return true;
    }
    return false;
}

void decide_switchover(struct decision *decision, const struct scene *scene,
                       const struct analysis *analysis, const struct decide_request *request)
{
    const struct ledger_cluster *cluster = scene->cluster;
    const struct candidate_question question = {
        .purpose = CANDIDATE_SWITCHOVER,
        .max_lag_ms =
            request->max_lag_ms != 0 ? request->max_lag_ms : cluster->settings.max_lag_s * 1000,
        .wanted = request->to,
    };
    struct candidates candidates;
    char cause[LIMIT_TEXT_SIZE];

    assert(strcmp(analysis->cluster, cluster->name) == 0);
    assert(request->by[0] != '\0');
    decision_begin(decision);
    if (refuse_unknown(decision, scene, request->to)) {
        return;
    }
    if (ledger_operation_running(cluster)) {
        refuse_busy(decision, &cluster->operation);
        return;
    }
    if (refuse_primary(decision, scene, analysis)) {
        return;
    }
    candidate_rank(&candidates, scene, &question);
    if (candidates.best == NULL) {
        refuse_nobody(decision, &candidates);
        return;
    }
    text_format(cause, sizeof cause, "asked for by %s", request->by);
    plan_switchover(&decision->operation, scene, cause, candidates.best->server->name);
    decision_act(decision, scene);
}

/* ---- failover -------------------------------------------------------------------------------- */

/* A primary that does its work isn't failed over. */
static bool refuse_healthy(struct decision *decision, const struct scene *scene,
                           const struct analysis *analysis)
{
    const char *primary = scene->cluster->primary;

    if (analysis->primary == ANALYSIS_PRIMARY_UNREACHABLE) {
        text_format(decision_reason(decision), LIMIT_TEXT_SIZE,
                    "%s can't be reached from here, but its guard or its replicas can reach it",
                    primary);
        decision_refuse(decision, ERR_REFUSED,
                        "repair the network; or stop the server on its host first");
        return true;
    }
    if (analysis->primary == ANALYSIS_PRIMARY_UP &&
        (analysis->facts & FACT_BIT(PRIMARY_WRITABLE))) {
        text_format(decision_reason(decision), LIMIT_TEXT_SIZE, "%s is up and takes writes",
                    primary);
        decision_refuse(decision, ERR_REFUSED, "orchestratorctl switchover");
        return true;
    }
    return false;
}

void decide_failover(struct decision *decision, const struct scene *scene,
                     const struct analysis *analysis, const struct decide_request *request)
{
    const struct ledger_cluster *cluster = scene->cluster;
    const struct candidate_question question = {.purpose = CANDIDATE_IF_IT_DIED,
                                                .wanted = request->to};
    struct candidates candidates;
    char cause[LIMIT_TEXT_SIZE];

    assert(strcmp(analysis->cluster, cluster->name) == 0);
    assert(request->by[0] != '\0');
    decision_begin(decision);
    if (refuse_unknown(decision, scene, request->to)) {
        return;
    }
    if (ledger_operation_running(cluster) &&
        !decision_gives_way(&cluster->operation, request->old_primary_is_dead)) {
        refuse_busy(decision, &cluster->operation);
        return;
    }
    if (refuse_healthy(decision, scene, analysis)) {
        return;
    }
    if (!request->old_primary_is_dead && decision_unprovable(decision, scene)) {
        decision_refuse(decision, ERR_REFUSED,
                        "make sure that it is dead, then repeat with --old-primary-is-dead");
        return;
    }
    candidate_rank(&candidates, scene, &question);
    if (candidates.best == NULL) {
        refuse_nobody(decision, &candidates);
        return;
    }
    if (!request->allow_data_loss && decision_lacks_base(decision, scene, candidates.best)) {
        decision_refuse(decision, ERR_REFUSED,
                        "bring the primary back; or, if that must go, repeat with "
                        "--allow-data-loss");
        return;
    }
    text_format(cause, sizeof cause, "asked for by %s%s", request->by,
                request->allow_data_loss ? ", loss of data allowed" : "");
    plan_failover(&decision->operation, scene, cause, request->to,
                  request->old_primary_is_dead ? request->by : "");
    decision_act(decision, scene);
}
