#include "daemon/guard/guard_view.h"

#include <string.h>

void guard_view_make(struct guard_view *view, const struct ledger *ledger, const char *server,
                     const struct ledger_cluster **cluster)
{
    const struct ledger_server *found = ledger_server_anywhere(ledger, server, cluster);
    const struct ledger_profile *profile;

    memset(view, 0, sizeof *view);
    if (found == NULL) {
        *cluster = NULL;
        return;
    }
    profile = ledger_profile(*cluster);
    view->known = true;
    view->automation_on = (*cluster)->settings.automation == LEDGER_AUTOMATION_ON;
    view->epoch = (*cluster)->epoch;
    view->opened_epoch = (*cluster)->opened_epoch;
    view->primary = strcmp((*cluster)->primary, server) == 0;
    view->revoking = view->primary && ledger_revoking(*cluster);
    view->ex_primary = found->ex_primary;
    view->lease_ms = profile->lease_ms;
    view->heartbeat_ms = profile->heartbeat_ms;
}
