/* route: from a path to what answers it.
 *
 * Reads are rows here; changes come from VERB_MAP. One name at most is taken out
 * of a path. */
#ifndef DAEMON_API_ROUTE_H
#define DAEMON_API_ROUTE_H

#include "daemon/api/api.h"

struct api_route {
    const char *method;
    const char *path; /* "{name}" stands for one name */
    enum ledger_role role;
    bool changes; /* then: */
    enum verb verb;
    /* Else: adds to a new answer; NULL and a story in `result` if there is no such thing. */
    json_t *(*read)(const struct api_view *view, const struct api_exchange *exchange,
                    struct api_result *result);
};

/* The row, and what stands for {name}. NULL: no row has this path and method;
 * `allow` is then the methods that the path takes, "" if it is not known at all. */
const struct api_route *route_find(const char *method, const char *path, char name[LIMIT_NAME_SIZE],
                                   const char **allow);

#endif
