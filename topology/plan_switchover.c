/* plan_switchover: the primary is well and hands over. It is fenced and asked for
 * its final position; the candidate receives all of that, and is promoted.
 * Writes wait from DEMOTE to PROMOTE: a drain that takes longer than
 * max_write_gap_ms fails, and the operation is undone. */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "topology/plan_build.h"

void plan_switchover(struct operation *operation, const struct scene *scene, const char *cause,
                     const char *to)
{
    assert(strcmp(to, scene->cluster->primary) != 0);
    plan_begin(operation, scene, OPERATION_KIND_SWITCHOVER, cause);
    text_copy(operation->wanted, sizeof operation->wanted, to);
    plan_add(operation, OPERATION_ACTION_DEMOTE, scene->cluster->primary);
    plan_add(operation, OPERATION_ACTION_DRAIN, to)->deadline_ms =
        (uint32_t)scene->cluster->settings.max_write_gap_ms;
}

uint32_t plan_switchover_rest(struct operation_step steps[LIMIT_STEPS], const struct scene *scene,
                              const char *to)
{
    const struct ledger_cluster *cluster = scene->cluster;
    const char *from = cluster->operation.from;
    struct operation rest = {.kind = OPERATION_KIND_SWITCHOVER};

    assert(cluster->operation.kind == OPERATION_KIND_SWITCHOVER);
    assert(strcmp(to, cluster->operation.wanted) == 0);
    plan_add(&rest, OPERATION_ACTION_PROMOTE, to);
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        const struct ledger_server *server = &cluster->servers[i];

        if (strcmp(server->name, to) != 0 && strcmp(server->name, from) != 0 &&
            plan_may_repoint(scene, server)) {
            plan_add(&rest, OPERATION_ACTION_REPOINT, server->name);
        }
    }
    plan_add(&rest, OPERATION_ACTION_ATTACH, from);
    plan_add(&rest, OPERATION_ACTION_FINISH, to);
    assert(cluster->operation.step_count + rest.step_count <= LIMIT_STEPS);
    return plan_take_steps(steps, &rest);
}
