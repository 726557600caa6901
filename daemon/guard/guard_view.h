/* guard_view: what one server's guard needs of the ledger (topology/guard.h). */
#ifndef DAEMON_GUARD_GUARD_VIEW_H
#define DAEMON_GUARD_GUARD_VIEW_H

#include "topology/guard.h"
#include "topology/ledger.h"

/* All zero (not known) if the ledger has no such server. Padding is zero too: two views
 * may be compared byte by byte. `cluster` (NULL if there is none) is the server's. */
void guard_view_make(struct guard_view *view, const struct ledger *ledger, const char *server,
                     const struct ledger_cluster **cluster);

#endif
