/* health: the checks that load balancers ask, about this agent's own server.
 *
 * Rows of one table: path, and a function of the view that gives NULL (200) or
 * the reason why not (503). No token, no allocation, no analysis: they are asked
 * many times a second. reference.md section F. */
#ifndef DAEMON_API_HEALTH_H
#define DAEMON_API_HEALTH_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/api/view.h"

/* Whether a check lives at that path. */
bool health_has(const char *path);

/* Fills status and the tiny JSON body of the check at `path`, which there is. `lag` is the text of
 * ?lag= or NULL. */
void health_answer(const struct api_view *view, const char *path, const char *lag, int *status,
                   char *body, size_t size);

#endif
