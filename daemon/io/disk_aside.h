/* disk_aside: what becomes of a store that can't be opened.
 *
 * Damage is never repaired by cutting it off: somebody may need what is left, and an agent that
 * goes on with less than it once acknowledged could take part in a lie. So everything is moved
 * into a directory of its own, `damaged-N`, and the agent begins anew with an empty store, which is
 * another one (consensus/members.h) and joins the cluster like any newcomer. */
#ifndef DAEMON_IO_DISK_ASIDE_H
#define DAEMON_IO_DISK_ASIDE_H

#include <stddef.h>

#include "base/err.h"

enum { DISK_ASIDE_MAX = 8 };

/* Moves all files but the lock, those named in `stay`, and the small records named in `keep` that
 * can be read (a NULL ends a list; it may be NULL); `path` gets where they went. Folders and
 * sockets stay. After a crash in the middle what is left can't be opened; it is then set aside in
 * turn. Blocks. ERR_BUSY: a process has the store; ERR_LIMIT: DISK_ASIDE_MAX were set aside
 * already; ERR_IO, ERR_FULL. */
int disk_set_aside(const char *directory, const char *const *stay, const char *const *keep,
                   char *path, size_t size, struct err *err);

#endif
