/* join: makes this host's data directory a member of a running cluster, before the agent starts.
 *
 * Blocks (it runs a loop of its own) and ends with a seat record that says `joined`; the agent
 * that is started then needs neither the invitation nor [peers]. */
#ifndef DAEMON_JOIN_H
#define DAEMON_JOIN_H

#include <stdbool.h>

#include "base/err.h"
#include "daemon/io/conf.h"

/* Makes the key file that the configuration names, mode 0600, if it is missing. The
 * configuration can't be loaded without; what else is wrong with it is told then. */
int join_make_key(const char *conf_path, struct err *err);

/* With the line of an invitation. 0 also if this directory joined before: `*before` says so, and
 * nothing was done. ERR_INVALID: no
 * invitation. ERR_EXISTS: the directory belongs to an agent already. ERR_REFUSED, ERR_NOTFOUND and
 * others: what the cluster said. ERR_UNREACHABLE: no agent answered. ERR_BUSY, ERR_IO, ERR_CORRUPT:
 * the directory. */
int join_by_invitation(const struct conf *conf, const char *line, bool *before, struct err *err);

/* Without one: somebody has added this agent (agent add); those in [peers] are asked. */
int join_by_peers(const struct conf *conf, bool *before, struct err *err);

#endif
