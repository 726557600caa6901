/* plan_failover: the primary is gone. Take its permission away, stop what the
 * others receive, compare, promote the farthest. */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "topology/plan_build.h"

/* Who may be the only one that has the last commits: besides those whose guards talk, a server that
 * is up without its guard (there is time to look at it once more while it is waited for), and
 * one whose guard hasn't been heard in this term. The rest would only hold everybody up. */
static bool may_answer(const struct scene *scene, const struct ledger_server *server)
{
    const struct model_server *seen = scene_look(scene, server->name);

    return scene_guard_talks(scene, server) ||
           (server->agent[0] != '\0' &&
            (seen == NULL || seen->reported_ms == 0 || scene_up(scene, server)));
}

void plan_failover(struct operation *operation, const struct scene *scene, const char *cause,
                   const char *wanted, const char *by)
{
    const struct ledger_cluster *cluster = scene->cluster;
    const struct ledger_server *primary = scene_primary(scene);

    assert(wanted != NULL && by != NULL);
    assert(strcmp(wanted, primary->name) != 0);
    plan_begin(operation, scene, OPERATION_KIND_FAILOVER, cause);
    text_copy(operation->wanted, sizeof operation->wanted, wanted);
    plan_add(operation, OPERATION_ACTION_REVOKE, primary->name);
    if (by[0] != '\0') {
        operation->one_writer.proof = OPERATION_PROOF_OPERATOR;
        operation->one_writer.epoch = cluster->epoch;
        operation->one_writer.at_ms = scene->wall_ms;
        text_copy(operation->one_writer.by, sizeof operation->one_writer.by, by);
    }
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        const struct ledger_server *server = &cluster->servers[i];

        if (server != primary && may_answer(scene, server)) {
            plan_add(operation, OPERATION_ACTION_STOP_IO, server->name);
        }
    }
}

static bool stopped_receiving(const struct operation *operation, const char *server)
{
    for (uint32_t i = 0; i < operation->step_count; i++) {
        const struct operation_step *step = &operation->steps[i];

        if (step->action == OPERATION_ACTION_STOP_IO && step->state == OPERATION_STEP_DONE &&
            strcmp(step->target, server) == 0) {
            return true;
        }
    }
    return false;
}

uint32_t plan_failover_rest(struct operation_step steps[LIMIT_STEPS], const struct scene *scene,
                            const char *to, const char *donor)
{
    const struct ledger_cluster *cluster = scene->cluster;
    struct operation rest = {.kind = OPERATION_KIND_FAILOVER};

    assert(cluster->operation.kind == OPERATION_KIND_FAILOVER);
    assert(strcmp(to, cluster->operation.from) != 0);
    if (donor[0] != '\0') {
        struct operation_step *catch_up = plan_add(&rest, OPERATION_ACTION_CATCH_UP, to);

        text_copy(catch_up->source, sizeof catch_up->source, donor);
    }
    plan_add(&rest, OPERATION_ACTION_DRAIN, to)->deadline_ms =
        (uint32_t)cluster->settings.drain_timeout_s * 1000;
    plan_add(&rest, OPERATION_ACTION_PROMOTE, to);
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        const struct ledger_server *server = &cluster->servers[i];

        if (strcmp(server->name, to) != 0 && stopped_receiving(&cluster->operation, server->name) &&
            plan_may_repoint(scene, server)) {
            plan_add(&rest, OPERATION_ACTION_REPOINT, server->name);
        }
    }
    plan_add(&rest, OPERATION_ACTION_FINISH, to);
    assert(cluster->operation.step_count + rest.step_count <= LIMIT_STEPS);
    return plan_take_steps(steps, &rest);
}
