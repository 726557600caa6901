/* plan: operations as typed steps, and the one validator for all of them.
 *
 * plan_KIND() fills a whole operation in its first state; plan_KIND_rest() gives
 * the steps that follow once the candidate is named. Which step may stand where
 * is one table (PLAN_GRAMMAR in plan.c): the builders follow it, plan_validate()
 * checks against it, for a dry run and for the real one alike.
 *
 *     failover    revoking: REVOKE old                 revoked: STOP_IO each other
 *                 chosen: DRAIN new                    drained: PROMOTE new, REPOINT each other
 *                 promoted: FINISH new
 *     switchover  demoting: DEMOTE old                 demoted: DRAIN new
 *                 drained: PROMOTE new, REPOINT each other, ATTACH old
 *                 promoted: FINISH new
 *     open        drained: [START primary] PROMOTE primary
 *                 promoted: [FINISH primary]
 *     rejoin      repointing: ATTACH server */
#ifndef TOPOLOGY_PLAN_H
#define TOPOLOGY_PLAN_H

#include <stdbool.h>

#include "base/err.h"
#include "topology/operation.h"
#include "topology/scene.h"

/* `cause` becomes the operation's. `wanted` may be "". With `by` not "" that person
 * says that the old primary is dead: REVOKE then ends with the proof `operator`
 * unless its guard has a better one. */
void plan_failover(struct operation *operation, const struct scene *scene, const char *cause,
                   const char *wanted, const char *by);
void plan_switchover(struct operation *operation, const struct scene *scene, const char *cause,
                     const char *to);
void plan_open(struct operation *operation, const struct scene *scene, const char *cause,
               bool start);
void plan_rejoin(struct operation *operation, const struct scene *scene, const char *cause,
                 const char *server);

/* Appends to `steps` what follows once `to` is chosen in the running operation
 * of the scene; returns how many there are. `donor` has received more than `to`, which
 * catches up from it first; "": nobody has. */
uint32_t plan_failover_rest(struct operation_step steps[LIMIT_STEPS], const struct scene *scene,
                            const char *to, const char *donor);
uint32_t plan_switchover_rest(struct operation_step steps[LIMIT_STEPS], const struct scene *scene,
                              const char *to);

/* 0, or ERR_REFUSED / ERR_STALE / ERR_INVALID with what is wrong. An operation with
 * id 0 is one to be declared; any other is looked at in the state that it is in. */
int plan_validate(const struct ledger_cluster *cluster, const struct operation *operation,
                  struct err *err);

#endif
