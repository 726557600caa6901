/* decide_reason: how decisions begin, refuse and act. Only for decide*.c. */
#ifndef TOPOLOGY_DECIDE_REASON_H
#define TOPOLOGY_DECIDE_REASON_H

#include "topology/decide.h"

/* WAIT without a reason. */
void decision_begin(struct decision *decision);

/* Room for one more reason, of LIMIT_TEXT_SIZE; to be filled by text_format(). */
char *decision_reason(struct decision *decision);

/* Each server that can't be promoted becomes a reason. */
void decision_reason_candidates(struct decision *decision, const struct candidates *candidates);

void decision_refuse(struct decision *decision, int code, const char *remedy);

/* scene_lacks_base() of its position, if one is known. Adds the reason. */
bool decision_lacks_base(struct decision *decision, const struct scene *scene,
                         const struct candidate *candidate);

/* ACT with decision->operation, which plan_validate() must accept. */
void decision_act(struct decision *decision, const struct scene *scene);

/* Whether the running operation gives way to a failover (operation_gives_way); `vouched`:
 * to one for which a person says that the old primary is dead. */
bool decision_gives_way(const struct operation *running, bool vouched);

/* Whether nothing could ever prove that the primary can't write: no guard that talks, and no
 * lease that could run out. Adds the reason. */
bool decision_unprovable(struct decision *decision, const struct scene *scene);

#endif
