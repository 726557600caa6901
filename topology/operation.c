#include "topology/operation.h"

#include <assert.h>

#include "base/buf.h"
#include "base/err.h"

#define X_NAME(name, json) json,

#define NAMES(FUNCTION, TYPE, MAP)                                                                 \
    const char *FUNCTION(TYPE value)                                                               \
    {                                                                                              \
        static const char *const names[] = {MAP(X_NAME)};                                          \
                                                                                                   \
        assert((size_t)value < sizeof names / sizeof names[0]);                                    \
        return names[value];                                                                       \
    }

NAMES(operation_kind_name, enum operation_kind, OPERATION_KIND_MAP)
NAMES(operation_state_name, enum operation_state, OPERATION_STATE_MAP)
NAMES(operation_outcome_name, enum operation_outcome, OPERATION_OUTCOME_MAP)
NAMES(operation_proof_name, enum operation_proof, OPERATION_PROOF_MAP)
NAMES(operation_verdict_name, enum operation_verdict, OPERATION_VERDICT_MAP)
NAMES(operation_step_state_name, enum operation_step_state, OPERATION_STEP_STATE_MAP)

struct action_row {
    const char *name;
    const char *does;
    uint32_t deadline_ms;
};

static const struct action_row *action_row(enum operation_action action)
{
    static const struct action_row rows[] = {
#define X(name, json, does, deadline_ms) {json, does, deadline_ms},
        OPERATION_STEP_MAP(X)
#undef X
    };

    assert((size_t)action < sizeof rows / sizeof rows[0]);
    return &rows[action];
}

const char *operation_action_name(enum operation_action action)
{
    return action_row(action)->name;
}

const char *operation_action_does(enum operation_action action)
{
    return action_row(action)->does;
}

uint32_t operation_action_deadline_ms(enum operation_action action)
{
    return action_row(action)->deadline_ms;
}

int operation_step_add(struct operation *operation, enum operation_action action,
                       const char *target, enum operation_state phase, bool required)
{
    struct operation_step *step;

    assert(action != OPERATION_ACTION_NONE);
    assert(target[0] != '\0');
    if (operation->step_count == LIMIT_STEPS) {
        return ERR_LIMIT;
    }
    step = &operation->steps[operation->step_count++];
    *step = (struct operation_step){
        .action = action,
        .phase = phase,
        .required = required,
        .deadline_ms = operation_action_deadline_ms(action),
        .state = OPERATION_STEP_PENDING,
    };
    text_copy(step->target, sizeof step->target, target);
    return 0;
}

const struct operation_step *operation_step_of(const struct operation *operation,
                                               enum operation_action action)
{
    for (uint32_t i = 0; i < operation->step_count; i++) {
        if (operation->steps[i].action == action) {
            return &operation->steps[i];
        }
    }
    return NULL;
}

bool operation_step_ended(const struct operation_step *step)
{
    return step->state != OPERATION_STEP_PENDING && step->state != OPERATION_STEP_RUNNING;
}

bool operation_ended(const struct operation *operation)
{
    return operation->state == OPERATION_DONE || operation->state == OPERATION_ABORTED;
}

/* The order of the states is the order of their numbers: each path through the
 * diagram only climbs. */
bool operation_step_due(const struct operation *operation, const struct operation_step *step)
{
    return operation->id != 0 && !operation_ended(operation) && !operation_step_ended(step) &&
           step->phase <= operation->state;
}

static bool phase_complete(const struct operation *operation, bool optional_too)
{
    for (uint32_t i = 0; i < operation->step_count; i++) {
        const struct operation_step *step = &operation->steps[i];

        if (step->phase > operation->state) {
            continue;
        }
        if (step->required && step->state != OPERATION_STEP_DONE) {
            return false;
        }
        if (optional_too && !operation_step_ended(step)) {
            return false;
        }
    }
    return true;
}

enum operation_state operation_next(const struct operation *operation)
{
    static const enum operation_state follows[] = {
        [OPERATION_REVOKING] = OPERATION_REVOKED, [OPERATION_DEMOTING] = OPERATION_DEMOTED,
        [OPERATION_CHOSEN] = OPERATION_DRAINED,   [OPERATION_DRAINED] = OPERATION_PROMOTED,
        [OPERATION_PROMOTED] = OPERATION_DONE,    [OPERATION_REPOINTING] = OPERATION_DONE,
        [OPERATION_REVOKED] = OPERATION_REVOKED,  [OPERATION_DEMOTED] = OPERATION_DEMOTED,
        [OPERATION_DONE] = OPERATION_DONE,        [OPERATION_ABORTED] = OPERATION_ABORTED,
        [OPERATION_NONE] = OPERATION_NONE,
    };
    bool last = operation->state == OPERATION_PROMOTED || operation->state == OPERATION_REPOINTING;

    if (!phase_complete(operation, last)) {
        return operation->state;
    }
    return follows[operation->state];
}

bool operation_can_abort(const struct operation *operation)
{
    return operation->id != 0 && operation->state < OPERATION_CHOSEN &&
           operation->state != OPERATION_NONE;
}

static bool moves_primary(const struct operation *operation)
{
    return operation->kind == OPERATION_KIND_FAILOVER ||
           operation->kind == OPERATION_KIND_SWITCHOVER;
}

static bool starts_primary(const struct operation *operation)
{
    return operation->kind == OPERATION_KIND_OPEN &&
           operation_step_of(operation, OPERATION_ACTION_START) != NULL;
}

bool operation_gives_way(const struct operation *running, const struct operation *next)
{
    bool opened = running->state == OPERATION_PROMOTED;

    if (starts_primary(next)) {
        return running->kind == OPERATION_KIND_REJOIN || opened;
    }
    if (!moves_primary(next)) {
        return false;
    }
    if (!moves_primary(running) || opened) {
        return true;
    }
    return next->one_writer.proof == OPERATION_PROOF_OPERATOR &&
           running->one_writer.proof != OPERATION_PROOF_OPERATOR &&
           running->kind == OPERATION_KIND_FAILOVER && running->state == OPERATION_REVOKING;
}

bool operation_revokes(const struct operation *operation)
{
    bool moves =
        operation->kind == OPERATION_KIND_FAILOVER || operation->kind == OPERATION_KIND_SWITCHOVER;

    return operation->id != 0 && moves && operation->state < OPERATION_CHOSEN;
}
