/* wish: what operators ask for, decided by the same functions as everything else. */
#include <string.h>

#include "daemon/lead/lead_internal.h"

static void refuse(lead_answer_cb cb, void *context, int code, const char *story)
{
    struct lead_answer answer = {.code = code, .story = story};

    cb(context, &answer);
}

static int cluster_number(const struct lead *lead, const char *name, uint32_t *number)
{
    for (uint32_t i = 0; i < lead->config.ledger->cluster_count; i++) {
        if (strcmp(lead->config.ledger->clusters[i].name, name) == 0) {
            *number = i;
            return 0;
        }
    }
    return ERR_NOTFOUND;
}

static void decide(struct lead *lead, const struct lead_wish *wish, const struct scene *scene)
{
    analyze(&lead->analysis, scene);
    if (wish->kind == OPERATION_KIND_SWITCHOVER) {
        decide_switchover(&lead->decision, scene, &lead->analysis, &wish->request);
    } else {
        decide_failover(&lead->decision, scene, &lead->analysis, &wish->request);
    }
}

/* What the operator asked for in place of the settings. */
static void bend_plan(struct operation *operation, const struct lead_wish *wish)
{
    for (uint32_t i = 0; i < operation->step_count; i++) {
        struct operation_step *step = &operation->steps[i];

        if (step->action == OPERATION_ACTION_DEMOTE && wish->deadline_ms != 0) {
            step->deadline_ms = (uint32_t)wish->deadline_ms;
        }
        if (step->action == OPERATION_ACTION_DRAIN && wish->max_write_gap_ms != 0) {
            step->deadline_ms = (uint32_t)wish->max_write_gap_ms;
        }
    }
}

void lead_wish(struct lead *lead, const struct lead_wish *wish, lead_answer_cb cb, void *context)
{
    const struct decision *decision = &lead->decision;
    struct lead_answer answer = {.story = "", .decision = decision};
    struct scene scene;
    uint32_t number;

    if (!lead->leading || lead->closing) {
        refuse(cb, context, ERR_NOTLEADER, "this agent doesn't lead");
        return;
    }
    if (cluster_number(lead, wish->cluster, &number) != 0) {
        refuse(cb, context, ERR_NOTFOUND, "there is no such cluster");
        return;
    }
    scene = lead_scene(lead, number);
    decide(lead, wish, &scene);
    bend_plan(&lead->decision.operation, wish);
    if (decision->verdict != DECISION_ACT) {
        answer.code = decision->verdict == DECISION_REFUSE ? decision->code : ERR_REFUSED;
        answer.story = decision->reason_count > 0 ? decision->reasons[0] : "refused";
        cb(context, &answer);
    } else if (wish->dry_run) {
        cb(context, &answer);
    } else if (lead->clusters[number].declare_proposed) {
        refuse(cb, context, ERR_BUSY, "another operation is just beginning");
    } else {
        propose_declare(lead, number, &decision->operation, wish->request.by, cb, context);
    }
}

void lead_propose(struct lead *lead, const uint8_t *bytes, size_t length, lead_answer_cb cb,
                  void *context)
{
    if (!lead->leading || lead->closing) {
        refuse(cb, context, ERR_NOTLEADER, "this agent doesn't lead");
        return;
    }
    propose_plain(lead, bytes, length, cb, context);
}
