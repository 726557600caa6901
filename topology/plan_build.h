/* plan_build: what the plans of all kinds are built with. Only for plan*.c. */
#ifndef TOPOLOGY_PLAN_BUILD_H
#define TOPOLOGY_PLAN_BUILD_H

#include "topology/plan.h"

/* Empties `operation` and fills in cluster, kind, first state, epoch, cause. */
void plan_begin(struct operation *operation, const struct scene *scene, enum operation_kind kind,
                const char *cause);

/* Appends the step where the grammar of the operation's kind has it. */
struct operation_step *plan_add(struct operation *operation, enum operation_action action,
                                const char *target);

/* Moves the steps of `operation` out; returns how many there are. */
uint32_t plan_take_steps(struct operation_step steps[LIMIT_STEPS],
                         const struct operation *operation);

/* A replica that can be pointed at a new primary now, without a person. */
bool plan_may_repoint(const struct scene *scene, const struct ledger_server *server);

#endif
