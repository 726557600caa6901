/* plan_rejoin: repairs within an epoch: open the primary that the ledger names,
 * or attach one server to it. */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "topology/plan_build.h"

/* It was a replica of this cluster, chosen and not opened then. A channel from elsewhere is
 * somebody's purpose and stays. */
static bool follows_a_member(const struct scene *scene, const char *name)
{
    const struct model_server *seen = scene_look(scene, name);

    for (uint32_t i = 0; seen != NULL && i < scene->cluster->server_count; i++) {
        if (scene_follows(seen, &scene->cluster->servers[i])) {
            return true;
        }
    }
    return false;
}

void plan_open(struct operation *operation, const struct scene *scene, const char *cause,
               bool start)
{
    const char *primary = scene->cluster->primary;

    assert(start || !ledger_operation_running(scene->cluster));
    plan_begin(operation, scene, OPERATION_KIND_OPEN, cause);
    text_copy(operation->to, sizeof operation->to, primary);
    if (start) {
        plan_add(operation, OPERATION_ACTION_START, primary);
    }
    plan_add(operation, OPERATION_ACTION_PROMOTE, primary);
    if (follows_a_member(scene, primary)) {
        plan_add(operation, OPERATION_ACTION_FINISH, primary);
    }
}

void plan_rejoin(struct operation *operation, const struct scene *scene, const char *cause,
                 const char *server)
{
    assert(!ledger_operation_running(scene->cluster));
    assert(strcmp(server, scene->cluster->primary) != 0);
    plan_begin(operation, scene, OPERATION_KIND_REJOIN, cause);
    text_copy(operation->to, sizeof operation->to, server);
    plan_add(operation, OPERATION_ACTION_ATTACH, server);
}
