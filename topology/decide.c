/* decide: what decisions of all kinds share, and the choice of the candidate in
 * a running operation. */
#include "topology/decide.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "topology/decide_reason.h"
#include "topology/plan.h"

void decision_begin(struct decision *decision)
{
    decision->verdict = DECISION_WAIT;
    decision->code = 0;
    decision->reason_count = 0;
    decision->remedy[0] = '\0';
    decision->supersedes = 0;
}

char *decision_reason(struct decision *decision)
{
    assert(decision->reason_count < DECISION_REASONS);
    return decision->reasons[decision->reason_count++];
}

static void tell_candidate(char text[LIMIT_TEXT_SIZE], const struct candidate *candidate)
{
    assert(candidate->refusal != CANDIDATE_NONE);
    text_format(text, LIMIT_TEXT_SIZE, "%s can't be promoted: %s", candidate->server->name,
                candidate->why_not);
}

/* Not what goes without saying. */
static bool is_told(const struct candidate *candidate)
{
    return candidate->refusal != CANDIDATE_NONE && candidate->refusal != CANDIDATE_PRIMARY &&
           candidate->refusal != CANDIDATE_NOT_WANTED;
}

void decision_reason_candidates(struct decision *decision, const struct candidates *candidates)
{
    uint32_t before = decision->reason_count;

    for (uint32_t i = 0; i < candidates->count; i++) {
        if (is_told(&candidates->entries[i])) {
            tell_candidate(decision_reason(decision), &candidates->entries[i]);
        }
    }
    if (decision->reason_count == before) {
        text_copy(decision_reason(decision), LIMIT_TEXT_SIZE, "there is no other server");
    }
}

void decision_refuse(struct decision *decision, int code, const char *remedy)
{
    assert(code < 0);
    assert(decision->verdict == DECISION_WAIT);
    decision->verdict = DECISION_REFUSE;
    decision->code = code;
    text_copy(decision->remedy, sizeof decision->remedy, remedy);
}

bool decision_lacks_base(struct decision *decision, const struct scene *scene,
                         const struct candidate *candidate)
{
    char base[LIMIT_GTID_TEXT_SIZE];

    if (!candidate->has_position || !scene_lacks_base(scene, &candidate->position)) {
        return false;
    }
    gtid_format(&scene->cluster->base, base, sizeof base);
    text_format(decision_reason(decision), LIMIT_TEXT_SIZE,
                "%s lacks what %s was chosen for (%.80s) and what may have been acknowledged",
                candidate->server->name, scene->cluster->primary, base);
    return true;
}

void decision_act(struct decision *decision, const struct scene *scene)
{
    const struct operation *running = &scene->cluster->operation;

    assert(decision->verdict == DECISION_WAIT);
    assert(plan_validate(scene->cluster, &decision->operation, NULL) == 0);
    assert(running->id == 0 || operation_gives_way(running, &decision->operation));
    assert(decision->operation.id == 0 && decision->operation.step_count > 0);
    decision->verdict = DECISION_ACT;
    decision->supersedes = running->id;
}

bool decision_gives_way(const struct operation *running, bool vouched)
{
    const struct operation next = {.kind = OPERATION_KIND_FAILOVER,
                                   .one_writer.proof =
                                       vouched ? OPERATION_PROOF_OPERATOR : OPERATION_PROOF_NONE};

    return operation_gives_way(running, &next);
}

bool decision_unprovable(struct decision *decision, const struct scene *scene)
{
    const struct ledger_server *primary = scene_primary(scene);

    if (scene_provable(scene)) {
        return false;
    }
    text_format(decision_reason(decision), LIMIT_TEXT_SIZE,
                "%s has no guard%s and had no lease: nothing proves that it can't write",
                primary->name, primary->agent[0] != '\0' ? " that reports" : "");
    return true;
}

/* ---- the candidate of the running operation -------------------------------------------- */

static char *choice_reason(struct decide_choice *choice)
{
    assert(choice->reason_count < DECISION_REASONS);
    return choice->reasons[choice->reason_count++];
}

/* The first step of the action that hasn't ended; NULL when all have. */
static const struct operation_step *unended(const struct operation *operation,
                                            enum operation_action action)
{
    for (uint32_t i = 0; i < operation->step_count; i++) {
        if (operation->steps[i].action == action && !operation_step_ended(&operation->steps[i])) {
            return &operation->steps[i];
        }
    }
    return NULL;
}

static bool must_wait(struct decide_choice *choice, const struct operation *operation,
                      enum operation_action action)
{
    const struct operation_step *step = unended(operation, action);

    if (step != NULL) {
        text_format(choice_reason(choice), LIMIT_TEXT_SIZE, "%s of %s hasn't ended",
                    operation_action_name(action), step->target);
    }
    return step != NULL;
}

static void choose_nobody(struct decide_choice *choice, const struct candidates *candidates)
{
    choice->verdict = DECISION_REFUSE;
    for (uint32_t i = 0; i < candidates->count; i++) {
        if (is_told(&candidates->entries[i])) {
            tell_candidate(choice_reason(choice), &candidates->entries[i]);
        }
    }
    if (choice->reason_count == 0) {
        text_copy(choice_reason(choice), LIMIT_TEXT_SIZE, "there is no other server");
    }
}

/* A server that has received more than the candidate, but could not be asked to stop: its guard is
 * away, the server itself is up. The most advanced one is never skipped: the candidate replicates
 * from it before it is promoted. NULL: there is none. */
static const struct ledger_server *donor_of(const struct scene *scene, const struct candidate *best,
                                            struct gtid_position *position)
{
    const struct ledger_server *donor = NULL;

    *position = best->position;
    for (uint32_t i = 0; i < scene->cluster->server_count; i++) {
        const struct ledger_server *server = &scene->cluster->servers[i];
        struct gtid_position received;

        if (server == best->server || server == scene_primary(scene) || !scene_up(scene, server)) {
            continue;
        }
        received = scene_received(scene_look(scene, server->name));
        if (gtid_compare(&received, position) == GTID_AHEAD) {
            *position = received;
            donor = server;
        }
    }
    return donor;
}

static void choose_for_failover(struct decide_choice *choice, const struct scene *scene)
{
    const struct operation *operation = &scene->cluster->operation;
    const struct candidate_question question = {.purpose = CANDIDATE_FAILOVER,
                                                .wanted = operation->wanted};
    const struct ledger_server *donor;
    struct candidates candidates;

    assert(operation->kind == OPERATION_KIND_FAILOVER);
    if (must_wait(choice, operation, OPERATION_ACTION_STOP_IO)) {
        return;
    }
    candidate_rank(&candidates, scene, &question);
    if (candidates.best == NULL) {
        choose_nobody(choice, &candidates);
        return;
    }
    choice->verdict = DECISION_ACT;
    assert(candidates.best->has_position);
    text_copy(choice->to, sizeof choice->to, candidates.best->server->name);
    /* What was acknowledged isn't proved yet (safety.md section 4). */
    choice->data_loss.verdict = OPERATION_VERDICT_UNKNOWN;
    donor = donor_of(scene, candidates.best, &choice->data_loss.after);
    if (scene_lacks_base(scene, &choice->data_loss.after) && scene_automatic(operation)) {
        choice->verdict = DECISION_REFUSE;
        text_format(choice_reason(choice), LIMIT_TEXT_SIZE,
                    "%s hasn't received all that %s began with: acknowledged writes would be lost",
                    choice->to, operation->from);
        return;
    }
    if (scene_lacks_base(scene, &choice->data_loss.after)) {
        text_copy(choice->data_loss.how, sizeof choice->data_loss.how, "base-lacking");
    }
    choice->step_count =
        plan_failover_rest(choice->steps, scene, choice->to, donor == NULL ? "" : donor->name);
}

/* Its guard swore to keep it locked, and the lock goes with the guard's process: one that was
 * started again takes it anew, and can't tell what was written in between. The server can. */
static bool kept_its_fence(struct decide_choice *choice, const struct scene *scene,
                           const struct operation_step *demote)
{
    const struct ledger_server *from = ledger_server_find(scene->cluster, demote->target);
    const struct model_server *seen = scene_look(scene, demote->target);

    if (from == NULL || seen == NULL || scene_testifies(scene, from, ORDER_STOPPED)) {
        return true;
    }
    if (!scene_guard_talks(scene, from)) {
        /* A new leader hears it in a moment; who is cut off may be so for long. */
        return scene->term_ms == 0 || scene_age_ms(scene, scene->term_ms) >= scene_hang_ms(scene);
    }
    if (seen->report.soft_fenced && gtid_contains(&demote->position, &seen->observation.binlog)) {
        return true;
    }
    choice->verdict = DECISION_REFUSE;
    text_format(choice_reason(choice), LIMIT_TEXT_SIZE,
                "the lock on %s was lost since its final position was read: it may have written",
                demote->target);
    return false;
}

static void choose_for_switchover(struct decide_choice *choice, const struct scene *scene)
{
    const struct operation *operation = &scene->cluster->operation;
    const struct operation_step *drain = operation_step_of(operation, OPERATION_ACTION_DRAIN);
    const struct operation_step *demote = operation_step_of(operation, OPERATION_ACTION_DEMOTE);

    assert(operation->kind == OPERATION_KIND_SWITCHOVER);
    assert(drain != NULL && demote != NULL);
    assert(demote->state == OPERATION_STEP_DONE);
    if (must_wait(choice, operation, OPERATION_ACTION_DRAIN)) {
        return;
    }
    if (drain->state != OPERATION_STEP_DONE) {
        choice->verdict = DECISION_REFUSE;
        text_format(choice_reason(choice), LIMIT_TEXT_SIZE,
                    "%s hasn't applied all that %s wrote: %.150s", drain->target, operation->from,
                    drain->detail);
        return;
    }
    if (!kept_its_fence(choice, scene, demote)) {
        return;
    }
    choice->verdict = DECISION_ACT;
    text_copy(choice->to, sizeof choice->to, operation->wanted);
    choice->data_loss.verdict = OPERATION_VERDICT_NONE;
    choice->data_loss.after = demote->position;
    text_copy(choice->data_loss.how, sizeof choice->data_loss.how, "demoted");
    choice->step_count = plan_switchover_rest(choice->steps, scene, choice->to);
}

void decide_choose(struct decide_choice *choice, const struct scene *scene)
{
    const struct operation *operation = &scene->cluster->operation;

    memset(choice, 0, sizeof *choice);
    choice->verdict = DECISION_WAIT;
    if (operation->state == OPERATION_REVOKED) {
        choose_for_failover(choice, scene);
    } else if (operation->state == OPERATION_DEMOTED) {
        choose_for_switchover(choice, scene);
    } else {
        text_copy(choice_reason(choice), LIMIT_TEXT_SIZE, "nothing is to be chosen now");
    }
    assert(choice->verdict != DECISION_ACT || choice->to[0] != '\0');
    assert(choice->verdict != DECISION_REFUSE || choice->reason_count > 0);
}
