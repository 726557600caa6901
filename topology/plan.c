#include "topology/plan.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "topology/plan_build.h"

enum plan_who {
    PLAN_FROM,   /* the primary before */
    PLAN_TO,     /* the candidate; the server that is opened or attached */
    PLAN_WANTED, /* the candidate-to-be of a switchover */
    PLAN_OTHER,  /* not FROM; not TO either once there is one */
};

enum plan_part {
    PLAN_AT_DECLARE, /* belongs to the operation as it is declared */
    PLAN_AT_CHOOSE,  /* comes with the choice of the candidate */
};

enum plan_count {
    PLAN_ONE,
    PLAN_AT_MOST_ONE,
    PLAN_ANY,
};

struct plan_row {
    enum operation_kind kind;
    enum operation_state phase;
    enum operation_action action;
    enum plan_who who;
    enum plan_count count;
    enum plan_part part;
    bool required; /* the state isn't left before it is done */
};

/* PLAN_GRAMMAR: every step that may exist.
 *      kind        phase       action   who     count        part        required */
#define PLAN_GRAMMAR(X)                                                                            \
    X(FAILOVER, REVOKING, REVOKE, FROM, ONE, AT_DECLARE, true)                                     \
    X(FAILOVER, REVOKED, STOP_IO, OTHER, ANY, AT_DECLARE, false)                                   \
    X(FAILOVER, CHOSEN, CATCH_UP, TO, AT_MOST_ONE, AT_CHOOSE, true)                                \
    X(FAILOVER, CHOSEN, DRAIN, TO, ONE, AT_CHOOSE, true)                                           \
    X(FAILOVER, DRAINED, PROMOTE, TO, ONE, AT_CHOOSE, true)                                        \
    X(FAILOVER, DRAINED, REPOINT, OTHER, ANY, AT_CHOOSE, false)                                    \
    X(FAILOVER, PROMOTED, FINISH, TO, ONE, AT_CHOOSE, false)                                       \
    X(SWITCHOVER, DEMOTING, DEMOTE, FROM, ONE, AT_DECLARE, true)                                   \
    X(SWITCHOVER, DEMOTED, DRAIN, WANTED, ONE, AT_DECLARE, true)                                   \
    X(SWITCHOVER, DRAINED, PROMOTE, TO, ONE, AT_CHOOSE, true)                                      \
    X(SWITCHOVER, DRAINED, REPOINT, OTHER, ANY, AT_CHOOSE, false)                                  \
    X(SWITCHOVER, DRAINED, ATTACH, FROM, ONE, AT_CHOOSE, false)                                    \
    X(SWITCHOVER, PROMOTED, FINISH, TO, ONE, AT_CHOOSE, false)                                     \
    X(OPEN, DRAINED, START, TO, AT_MOST_ONE, AT_DECLARE, true)                                     \
    X(OPEN, DRAINED, PROMOTE, TO, ONE, AT_DECLARE, true)                                           \
    X(OPEN, PROMOTED, FINISH, TO, AT_MOST_ONE, AT_DECLARE, false)                                  \
    X(REJOIN, REPOINTING, ATTACH, TO, ONE, AT_DECLARE, true)

static const struct plan_row grammar[] = {
#define X(kind, phase, action, who, count, part, required)                                         \
    {                                                                                              \
        OPERATION_KIND_##kind,                                                                     \
        OPERATION_##phase,                                                                         \
        OPERATION_ACTION_##action,                                                                 \
        PLAN_##who,                                                                                \
        PLAN_##count,                                                                              \
        PLAN_##part,                                                                               \
        required},
    PLAN_GRAMMAR(X)
#undef X
};

enum { GRAMMAR_ROWS = sizeof grammar / sizeof grammar[0] };

static const struct plan_row *grammar_row(enum operation_kind kind, enum operation_action action)
{
    for (size_t i = 0; i < GRAMMAR_ROWS; i++) {
        if (grammar[i].kind == kind && grammar[i].action == action) {
            return &grammar[i];
        }
    }
    return NULL;
}

/* The state that an operation of the kind begins in: its lowest phase. */
static enum operation_state first_state(enum operation_kind kind)
{
    for (size_t i = 0; i < GRAMMAR_ROWS; i++) {
        if (grammar[i].kind == kind) {
            return grammar[i].phase;
        }
    }
    return OPERATION_NONE;
}

static bool moves_primary(enum operation_kind kind)
{
    return kind == OPERATION_KIND_FAILOVER || kind == OPERATION_KIND_SWITCHOVER;
}

/* ---- building ------------------------------------------------------------------------ */

void plan_begin(struct operation *operation, const struct scene *scene, enum operation_kind kind,
                const char *cause)
{
    const struct ledger_cluster *cluster = scene->cluster;

    memset(operation, 0, sizeof *operation);
    operation->kind = kind;
    operation->state = first_state(kind);
    operation->epoch = cluster->epoch + (moves_primary(kind) ? 1 : 0);
    text_copy(operation->cluster, sizeof operation->cluster, cluster->name);
    text_copy(operation->cause, sizeof operation->cause, cause);
    if (moves_primary(kind)) {
        text_copy(operation->from, sizeof operation->from, cluster->primary);
    }
    assert(operation->state != OPERATION_NONE);
    assert(operation->epoch >= cluster->epoch);
}

struct operation_step *plan_add(struct operation *operation, enum operation_action action,
                                const char *target)
{
    const struct plan_row *row = grammar_row(operation->kind, action);
    int rc;

    assert(row != NULL);
    assert(row->kind == operation->kind);
    rc = operation_step_add(operation, action, target, row->phase, row->required);
    assert(rc == 0);
    (void)rc;
    return &operation->steps[operation->step_count - 1];
}

uint32_t plan_take_steps(struct operation_step steps[LIMIT_STEPS],
                         const struct operation *operation)
{
    assert(operation->step_count > 0 && operation->step_count <= LIMIT_STEPS);
    memcpy(steps, operation->steps, operation->step_count * sizeof steps[0]);
    return operation->step_count;
}

bool plan_may_repoint(const struct scene *scene, const struct ledger_server *server)
{
    const struct model_server *seen = scene_look(scene, server->name);
    const struct observation_channel *channel;
    char extra[LIMIT_TEXT_SIZE];

    if (!scene_guard_talks(scene, server) || !scene_up(scene, server)) {
        return false;
    }
    channel = scene_channel(seen);
    return channel != NULL && channel->sql == OBSERVATION_THREAD_YES &&
           !scene_diverged(scene, server, extra, sizeof extra);
}

/* ---- validating ----------------------------------------------------------------------- */

static int validate_head(const struct ledger_cluster *cluster, const struct operation *operation,
                         struct err *err)
{
    bool moves = moves_primary(operation->kind);

    if (first_state(operation->kind) == OPERATION_NONE) {
        return err_set(err, ERR_INVALID, "an operation of kind %s can't be planned",
                       operation_kind_name(operation->kind));
    }
    if (strcmp(operation->cluster, cluster->name) != 0) {
        return err_set(err, ERR_INVALID, "the operation is for cluster %s, not for %s",
                       operation->cluster, cluster->name);
    }
    if (operation->id != 0) {
        return 0;
    }
    if (operation->state != first_state(operation->kind)) {
        return err_set(err, ERR_INVALID, "a %s doesn't begin as %s",
                       operation_kind_name(operation->kind),
                       operation_state_name(operation->state));
    }
    if (operation->epoch != cluster->epoch + (moves ? 1 : 0)) {
        return err_set(err, ERR_STALE, "the operation leads to epoch %llu, the cluster is in %llu",
                       (unsigned long long)operation->epoch, (unsigned long long)cluster->epoch);
    }
    if (moves && strcmp(operation->from, cluster->primary) != 0) {
        return err_set(err, ERR_STALE, "%s is not the primary", operation->from);
    }
    if (operation->kind == OPERATION_KIND_OPEN && strcmp(operation->to, cluster->primary) != 0) {
        return err_set(err, ERR_REFUSED, "only the primary is opened, %s isn't", operation->to);
    }
    if (operation->kind == OPERATION_KIND_REJOIN && strcmp(operation->to, cluster->primary) == 0) {
        return err_set(err, ERR_REFUSED, "%s is the primary, it can't follow itself",
                       operation->to);
    }
    return 0;
}

static bool target_fits(const struct operation *operation, const struct operation_step *step,
                        enum plan_who who)
{
    switch (who) {
    case PLAN_FROM:
        return strcmp(step->target, operation->from) == 0;
    case PLAN_TO:
        return strcmp(step->target, operation->to) == 0;
    case PLAN_WANTED:
        return strcmp(step->target, operation->wanted) == 0 &&
               strcmp(step->target, operation->from) != 0;
    case PLAN_OTHER:
        return strcmp(step->target, operation->from) != 0 &&
               (step->phase < OPERATION_CHOSEN || strcmp(step->target, operation->to) != 0);
    }
    return false;
}

static int validate_step(const struct ledger_cluster *cluster, const struct operation *operation,
                         uint32_t number, struct err *err)
{
    const struct operation_step *step = &operation->steps[number];
    const struct plan_row *row = grammar_row(operation->kind, step->action);
    const char *action = operation_action_name(step->action);

    if (row == NULL || row->phase != step->phase) {
        return err_set(err, ERR_INVALID, "step %u: a %s has no step %s while it is %s", number,
                       operation_kind_name(operation->kind), action,
                       operation_state_name(step->phase));
    }
    if (ledger_server_find(cluster, step->target) == NULL) {
        return err_set(err, ERR_INVALID, "step %u: cluster %s has no server %s", number,
                       cluster->name, step->target);
    }
    if (!target_fits(operation, step, row->who)) {
        return err_set(err, ERR_INVALID, "step %u: %s isn't a step for %s", number, action,
                       step->target);
    }
    if (operation->id == 0 && row->part != PLAN_AT_DECLARE) {
        return err_set(err, ERR_INVALID, "step %u: %s comes with the choice of the candidate",
                       number, action);
    }
    if (step->required != row->required) {
        return err_set(err, ERR_INVALID, "step %u: %s must%s be required", number, action,
                       step->required ? " not" : "");
    }
    if (step->deadline_ms == 0) {
        return err_set(err, ERR_INVALID, "step %u: %s has no deadline", number, action);
    }
    for (uint32_t i = 0; i < number; i++) {
        if (operation->steps[i].action == step->action &&
            strcmp(operation->steps[i].target, step->target) == 0) {
            return err_set(err, ERR_INVALID, "step %u: %s of %s is there twice", number, action,
                           step->target);
        }
    }
    return 0;
}

static uint32_t count_of(const struct operation *operation, enum operation_action action)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < operation->step_count; i++) {
        count += operation->steps[i].action == action ? 1 : 0;
    }
    return count;
}

static int validate_completeness(const struct operation *operation, struct err *err)
{
    bool chosen = operation->id != 0 && operation->to[0] != '\0';

    for (size_t i = 0; i < GRAMMAR_ROWS; i++) {
        const struct plan_row *row = &grammar[i];
        uint32_t count = count_of(operation, row->action);

        if (row->kind != operation->kind || row->count == PLAN_ANY) {
            continue;
        }
        if (count > 1 ||
            (count == 0 && row->count == PLAN_ONE && (row->part == PLAN_AT_DECLARE || chosen))) {
            return err_set(err, ERR_INVALID, "a %s needs one step %s, this one has %u",
                           operation_kind_name(operation->kind), operation_action_name(row->action),
                           count);
        }
    }
    return 0;
}

int plan_validate(const struct ledger_cluster *cluster, const struct operation *operation,
                  struct err *err)
{
    int rc = validate_head(cluster, operation, err);

    assert(operation->step_count <= LIMIT_STEPS);
    for (uint32_t i = 0; rc == 0 && i < operation->step_count; i++) {
        rc = validate_step(cluster, operation, i, err);
    }
    return rc != 0 ? rc : validate_completeness(operation, err);
}
