/* decide_automatic: what the leader does by itself.
 *
 * Three questions, in this order; the first that has an answer ends it:
 *   1. is the primary lost, and can another one be promoted?      failover
 *   2. can the primary that the ledger names be opened (again)?   open
 *   3. is there a server that could follow it and doesn't?        rejoin
 * A failed repair is tried again after repair_retry_s, an attachment after twice as long
 * each time; a failover is never held back by a repair. */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "topology/decide_reason.h"
#include "topology/facts.h"
#include "topology/plan.h"

enum { PAUSE_MS_MAX = 10 * 60 * 1000, OPENS_IN_VAIN = 2 };

struct question {
    struct decision *decision;
    const struct scene *scene;
    const struct analysis *analysis;
};

static bool holds(const struct question *question, uint64_t facts)
{
    return (question->analysis->facts & facts) == facts;
}

/* The server that a try was about: a failover is of the primary that is left. */
static const char *subject_of(const struct operation *operation)
{
    return operation->kind == OPERATION_KIND_FAILOVER ? operation->from : operation->to;
}

/* A repair of an earlier epoch says nothing of this one: the server had another part in it. */
static bool of_another_time(const struct ledger_cluster *cluster, const struct operation *past)
{
    bool repair = past->kind == OPERATION_KIND_OPEN || past->kind == OPERATION_KIND_REJOIN;

    return repair && past->epoch != cluster->epoch;
}

static bool opened(const struct operation *past, const char *server)
{
    return past->kind != OPERATION_KIND_REJOIN && past->outcome == OPERATION_OUTCOME_SUCCEEDED &&
           strcmp(past->to, server) == 0;
}

/* Tries about `server` that came to nothing, one after the other until now; `last` is the
 * newest. One that gave way to another operation isn't a failure. */
static uint32_t failures_of(const struct ledger_cluster *cluster, enum operation_kind kind,
                            const char *server, const struct operation **last)
{
    uint32_t count = 0;

    *last = NULL;
    for (uint32_t i = 0; i < cluster->past_count; i++) {
        const struct operation *past = &cluster->past[i];

        if (kind == OPERATION_KIND_FAILOVER && opened(past, server)) {
            break; /* it has lived since: what came to nothing then is over */
        }
        if (past->kind != kind || strcmp(subject_of(past), server) != 0 ||
            of_another_time(cluster, past) ||
            (past->outcome == OPERATION_OUTCOME_CANCELLED && *last != NULL)) {
            continue;
        }
        if (past->outcome == OPERATION_OUTCOME_SUCCEEDED ||
            past->outcome == OPERATION_OUTCOME_CANCELLED) {
            break;
        }
        *last = *last == NULL ? past : *last;
        count++;
    }
    return count;
}

/* A server that can't be attached stays so: each try is a line in the history. */
static uint64_t pause_ms(const struct ledger_cluster *cluster, enum operation_kind kind,
                         uint32_t failures)
{
    uint64_t wait_ms = cluster->settings.repair_retry_s * 1000;

    for (uint32_t i = 1; kind == OPERATION_KIND_REJOIN && i < failures && wait_ms < PAUSE_MS_MAX;
         i++) {
        wait_ms = wait_ms * 2 < PAUSE_MS_MAX ? wait_ms * 2 : PAUSE_MS_MAX;
    }
    return wait_ms;
}

/* ms until an operation of the kind about `server` may be tried again, after the
 * last one of them came to nothing; 0: now. What another leader's clock puts into
 * the future holds nothing back. */
static uint64_t retry_in_ms(const struct scene *scene, enum operation_kind kind, const char *server)
{
    const struct operation *last;
    uint32_t failures = failures_of(scene->cluster, kind, server, &last);
    uint64_t again_ms;

    if (failures == 0 || last->finished_ms > scene->wall_ms) {
        return 0;
    }
    again_ms = last->finished_ms + pause_ms(scene->cluster, kind, failures);
    return again_ms > scene->wall_ms ? again_ms - scene->wall_ms : 0;
}

static bool held_back(const struct question *question, enum operation_kind kind, const char *server)
{
    uint64_t wait_ms = retry_in_ms(question->scene, kind, server);

    if (wait_ms != 0) {
        text_format(decision_reason(question->decision), LIMIT_TEXT_SIZE,
                    "the last %s of %s came to nothing; it is tried again in %llu s",
                    operation_kind_name(kind), server, (unsigned long long)(wait_ms + 999) / 1000);
    }
    return wait_ms != 0;
}

/* "PRIMARY_DEAD: db1 is dead: ..." */
static void cause_of(const struct analysis *analysis, enum problem code, const char *server,
                     char *text)
{
    const struct finding *finding = analysis_find(analysis, code, server);

    text_format(text, LIMIT_TEXT_SIZE, "%s%s%.200s", problem_name(code),
                finding == NULL ? "" : ": ", finding == NULL ? "" : finding->sentence);
}

/* ---- failover -------------------------------------------------------------------------- */

/* Its guard can't open it, twice in a row (a full disk: the snippet can't be written). Only where
 * it was never opened in this epoch: it has written nothing, so whoever holds the base lacks
 * nothing. */
static bool opened_in_vain(const struct question *question)
{
    const struct ledger_cluster *cluster = question->scene->cluster;
    const struct operation *last;

    return cluster->opened_epoch != cluster->epoch &&
           failures_of(cluster, OPERATION_KIND_OPEN, cluster->primary, &last) >= OPENS_IN_VAIN;
}

/* It lacks what others have received, or nobody has been there for hang_ms who could open it. */
static bool cant_be_opened(const struct question *question)
{
    const struct scene *scene = question->scene;
    const struct ledger_server *primary = scene_primary(scene);
    const struct model_server *seen = scene_look(scene, primary->name);
    uint64_t heard_ms = seen == NULL || seen->reported_ms == 0 ? scene->term_ms : seen->reported_ms;

    return holds(question, FACT_BIT(PRIMARY_BEHIND)) ||
           (!scene_guard_talks(scene, primary) &&
            scene_age_ms(scene, heard_ms) >= scene_hang_ms(scene));
}

/* Why the primary counts as lost; false when it doesn't. */
static bool primary_is_lost(const struct question *question, enum problem *code)
{
    switch (question->analysis->primary) {
    case ANALYSIS_PRIMARY_DEAD:
        *code = PROBLEM_PRIMARY_DEAD;
        return true;
    case ANALYSIS_PRIMARY_HUNG:
        *code = PROBLEM_PRIMARY_HUNG;
        return true;
    case ANALYSIS_PRIMARY_HOST_LOST:
        *code = PROBLEM_PRIMARY_HOST_LOST;
        return true;
    case ANALYSIS_PRIMARY_UP:
        *code = PROBLEM_PRIMARY_READ_ONLY;
        return holds(question, FACT_BIT(PRIMARY_READ_ONLY)) &&
               (cant_be_opened(question) || opened_in_vain(question)) &&
               !holds(question, FACT_BIT(OPERATION_RUNS));
    case ANALYSIS_PRIMARY_UNKNOWN:
    case ANALYSIS_PRIMARY_UNREACHABLE:
        break;
    }
    return false;
}

/* Opening it may be what is left when nobody may take over: a dead primary that its guard can start
 * again (all the servers lost power), or one that only couldn't be opened so far. */
static bool may_be_opened(const struct question *question)
{
    return question->analysis->primary == ANALYSIS_PRIMARY_DEAD ||
           (question->analysis->primary == ANALYSIS_PRIMARY_UP && !cant_be_opened(question));
}

/* Whether something stands against it: a reason, and a refusal unless `open` may help. */
static bool refuse_failover(const struct question *question)
{
    const struct ledger_cluster *cluster = question->scene->cluster;
    struct decision *decision = question->decision;

    if (decision_unprovable(decision, question->scene)) {
        decision_refuse(decision, ERR_REFUSED,
                        "make sure that it is dead, then: orchestratorctl failover "
                        "--old-primary-is-dead");
        return true;
    }
    if (holds(question, FACT_BIT(FLAPPING))) {
        text_format(decision_reason(decision), LIMIT_TEXT_SIZE,
                    "automatic failovers within the hour: %u, failovers_per_hour is %llu",
                    scene_recent_failovers(question->scene),
                    (unsigned long long)cluster->settings.failovers_per_hour);
        /* To start or open the same server again is no failover. */
        if (!may_be_opened(question)) {
            decision_refuse(decision, ERR_REFUSED,
                            "find out why primaries are lost, then: orchestratorctl failover");
        }
        return true;
    }
    return false;
}

/* It is gone, or has come back and nobody has looked at it yet, or wasn't attached yet. */
static bool has_crashed(const struct scene *scene, const struct ledger_server *server)
{
    const struct observation_channel *channel;

    if (scene_testifies(scene, server, ORDER_STOPPED) ||
        scene_testifies(scene, server, ORDER_UNKNOWN)) {
        return true;
    }
    channel = scene_up(scene, server) ? scene_channel(scene_look(scene, server->name)) : NULL;
    return channel != NULL && channel->io == OBSERVATION_THREAD_NO &&
           channel->sql == OBSERVATION_THREAD_NO && channel->sql_errno == 0;
}

/* A server that may acknowledge has crashed too: it has lost its relay log, so only the primary is
 * sure to hold all that was acknowledged (lossless). Its guard can start it again in a moment; if
 * that fails the others go on without it. */
static bool only_the_primary_is_sure(const struct question *question)
{
    const struct scene *scene = question->scene;
    const struct ledger_cluster *cluster = scene->cluster;

    if (question->analysis->primary != ANALYSIS_PRIMARY_DEAD ||
        cluster->settings.durability != LEDGER_DURABILITY_LOSSLESS ||
        retry_in_ms(scene, OPERATION_KIND_OPEN, cluster->primary) != 0) {
        return false;
    }
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        const struct ledger_server *server = &cluster->servers[i];

        if (server->acker && server != scene_primary(scene) && has_crashed(scene, server)) {
            return true;
        }
    }
    return false;
}

/* Once its guard starts it as the primary, the server keeps what nobody has acknowledged; whoever
 * took over now would make it one that has more. A start that hangs is waited for no longer than a
 * server that hangs. */
static bool is_being_started(const struct question *question)
{
    const struct scene *scene = question->scene;
    const struct operation *running = &scene->cluster->operation;
    const struct operation_step *start = operation_step_of(running, OPERATION_ACTION_START);
    const struct model_server *primary = scene_look(scene, scene->cluster->primary);

    return running->id != 0 && running->kind == OPERATION_KIND_OPEN && start != NULL &&
           !operation_step_ended(start) && primary != NULL && primary->stopped_since_ms != 0 &&
           scene_age_ms(scene, primary->stopped_since_ms) < scene_hang_ms(scene);
}

static void try_failover(const struct question *question)
{
    static const struct candidate_question who = {.purpose = CANDIDATE_IF_IT_DIED};
    struct decision *decision = question->decision;
    struct candidates candidates;
    char cause[LIMIT_TEXT_SIZE];
    enum problem code;

    if (!primary_is_lost(question, &code) ||
        held_back(question, OPERATION_KIND_FAILOVER, question->scene->cluster->primary)) {
        return;
    }
    if (is_being_started(question)) {
        text_copy(decision_reason(decision), LIMIT_TEXT_SIZE, "the primary is being started again");
        return;
    }
    candidate_rank(&candidates, question->scene, &who);
    if (candidates.best == NULL) {
        decision_reason_candidates(decision, &candidates);
        if (!may_be_opened(question) || candidates.incomparable) {
            decision_refuse(decision, ERR_REFUSED,
                            "bring the primary back, or remove what stands against a candidate");
        }
        return;
    }
    if (refuse_failover(question)) {
        return;
    }
    if (decision_lacks_base(decision, question->scene, candidates.best)) {
        if (!may_be_opened(question) || candidates.incomparable) {
            decision_refuse(decision, ERR_REFUSED,
                            "bring the primary back; or, if that must go: orchestratorctl failover "
                            "--allow-data-loss");
        }
        return;
    }
    if (only_the_primary_is_sure(question)) {
        text_copy(decision_reason(decision), LIMIT_TEXT_SIZE,
                  "another server that may acknowledge is down: the primary is started again");
        return;
    }
    assert(candidates.best->server != scene_primary(question->scene));
    cause_of(question->analysis, code, question->scene->cluster->primary, cause);
    plan_failover(&decision->operation, question->scene, cause, "", "");
    decision_act(decision, question->scene);
}

/* ---- open -------------------------------------------------------------------------------- */

static bool never_opened(const struct ledger_cluster *cluster)
{
    return cluster->opened_epoch != cluster->epoch || !cluster->armed;
}

/* NULL when there is nothing to open. */
static const char *why_open(const struct question *question)
{
    if (holds(question, FACT_BIT(PRIMARY_READ_ONLY))) {
        return "PRIMARY_READ_ONLY: the primary is up and read-only";
    }
    if (holds(question, FACT_BIT(LOSSLESS) | FACT_BIT(PRIMARY_SEMISYNC_OFF))) {
        return "DURABILITY_DEGRADED: the primary's semi-sync side is off";
    }
    return never_opened(question->scene->cluster)
               ? "the primary of this epoch was never opened under a lease"
               : NULL;
}

/* Somebody may have more than it, as far as pictures of different moments can tell. */
static bool may_be_behind(const struct scene *scene)
{
    for (uint32_t i = 0; i < scene->cluster->server_count; i++) {
        if (scene_ahead(scene, &scene->cluster->servers[i])) {
            return true;
        }
    }
    return false;
}

/* Whether somebody who could take over may only not have been heard yet by a new leader. A
 * primary that is started then keeps what it alone has, and comes back diverged. */
static bool others_may_come(const struct scene *scene)
{
    if (scene_age_ms(scene, scene->term_ms) >= scene_hang_ms(scene)) {
        return false;
    }
    for (uint32_t i = 0; i < scene->cluster->server_count; i++) {
        const struct ledger_server *server = &scene->cluster->servers[i];
        const struct model_server *seen = scene_look(scene, server->name);

        if (server->agent[0] != '\0' && (seen == NULL || seen->reported_ms == 0)) {
            return true;
        }
    }
    return false;
}

/* Whether the primary, up, can be opened. Its guard's own word counts: the order is for the guard,
 * and our probe may see a server a moment before it does. A fence in an epoch that was opened
 * is the guard's own to lift, once it has a lease again; one that an operation asked for only
 * ends with an order. */
static bool can_open(const struct question *question)
{
    const uint64_t needed =
        FACT_BIT(LOOKED) | FACT_BIT(PRIMARY_UP) | FACT_BIT(PRIMARY_ANSWERS_GUARD);

    return holds(question, needed) &&
           !holds(question, FACT_BIT(PRIMARY_FENCED) | FACT_BIT(OPENED)) &&
           (holds(question, FACT_BIT(PRIMARY_WRITABLE)) || !may_be_behind(question->scene));
}

/* Why a dead primary is started again; NULL while somebody else may take over. */
static const char *why_start(const struct question *question)
{
    if (others_may_come(question->scene)) {
        return NULL;
    }
    if (only_the_primary_is_sure(question)) {
        return "PRIMARY_DEAD: another acker is down, only it is sure to hold all";
    }
    return holds(question, FACT_BIT(CANDIDATE) | FACT_BIT(FLAPPING))
               ? "PRIMARY_DEAD: it is started again, the failovers of this hour are used up"
               : "PRIMARY_DEAD: nobody could be promoted in its place";
}

static void try_open(const struct question *question)
{
    const struct scene *scene = question->scene;
    struct decision *decision = question->decision;
    bool dead = question->analysis->primary == ANALYSIS_PRIMARY_DEAD;
    bool runs = holds(question, FACT_BIT(OPERATION_RUNS));
    const char *cause = dead                          ? why_start(question)
                        : runs || !can_open(question) ? NULL
                                                      : why_open(question);

    if (cause == NULL || holds(question, FACT_BIT(INCOMPARABLE)) ||
        held_back(question, OPERATION_KIND_OPEN, scene->cluster->primary)) {
        return;
    }
    plan_open(&decision->operation, scene, cause, dead);
    if (!runs || operation_gives_way(&scene->cluster->operation, &decision->operation)) {
        decision_act(decision, scene);
    }
}

/* ---- rejoin ------------------------------------------------------------------------------- */

/* What is wrong with a server that only needs to be attached; NULL when nothing. */
static const char *why_attach(const struct question *question, uint64_t facts)
{
    static const struct {
        uint64_t when;
        uint64_t unless;
        const char *cause;
    } rows[] = {
        {0, FACT_BIT(HAS_CHANNEL), "REPLICA_STOPPED: it replicates from nobody"},
        {0, FACT_BIT(FOLLOWS_PRIMARY), "REPLICA_WRONG_SOURCE: it replicates from another server"},
        {0, FACT_BIT(THREADS_RUN), "REPLICA_STOPPED: its replication doesn't run"},
        {FACT_BIT(SEMISYNC_MASTER_ON), 0,
         "REPLICA_MISCONFIGURED: its semi-sync primary side is on"},
        {FACT_BIT(NO_GTID), 0, "REPLICA_MISCONFIGURED: it doesn't replicate by GTID"},
        {FACT_BIT(LOSSLESS) | FACT_BIT(SEMISYNC_OFF), 0,
         "REPLICA_MISCONFIGURED: its semi-sync replica side is off"},
    };

    facts |= question->analysis->facts;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((facts & rows[i].when) == rows[i].when && (facts & rows[i].unless) == 0) {
            return rows[i].cause;
        }
    }
    return NULL;
}

static void try_rejoin(const struct question *question)
{
    const struct scene *scene = question->scene;
    const uint64_t hopeless = FACT_BIT(IS_PRIMARY) | FACT_BIT(DIVERGED) | FACT_BIT(SQL_ERROR);

    if (!holds(question, FACT_BIT(PRIMARY_WRITABLE)) || holds(question, FACT_BIT(OPERATION_RUNS)) ||
        never_opened(scene->cluster)) {
        return;
    }
    for (uint32_t i = 0; i < scene->cluster->server_count; i++) {
        const struct ledger_server *server = &scene->cluster->servers[i];
        uint64_t facts = facts_of_server(scene, server);
        const char *cause;

        if (!scene_testifies(scene, server, ORDER_ANSWERING) || !(facts & FACT_BIT(SETTLED)) ||
            (facts & hopeless) != 0) {
            continue;
        }
        cause = why_attach(question, facts);
        if (cause == NULL && server->ex_primary) {
            cause = "it was the primary, and isn't known to have been attached";
        }
        if (cause != NULL && !held_back(question, OPERATION_KIND_REJOIN, server->name)) {
            plan_rejoin(&question->decision->operation, scene, cause, server->name);
            decision_act(question->decision, scene);
            return;
        }
    }
}

void decide_automatic(struct decision *decision, const struct scene *scene,
                      const struct analysis *analysis)
{
    static void (*const tries[])(const struct question *) = {try_failover, try_open, try_rejoin};
    const struct ledger_cluster *cluster = scene->cluster;
    const struct question question = {decision, scene, analysis};

    assert(strcmp(analysis->cluster, cluster->name) == 0);
    decision_begin(decision);
    if (cluster->settings.automation != LEDGER_AUTOMATION_ON) {
        text_copy(decision_reason(decision), LIMIT_TEXT_SIZE, "automation is observe");
        return;
    }
    if (ledger_operation_running(cluster) && !decision_gives_way(&cluster->operation, false)) {
        text_format(decision_reason(decision), LIMIT_TEXT_SIZE, "operation %llu (%s) is running",
                    (unsigned long long)cluster->operation.id,
                    operation_kind_name(cluster->operation.kind));
        return;
    }
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        tries[i](&question);
        if (decision->verdict != DECISION_WAIT) {
            return;
        }
    }
}
