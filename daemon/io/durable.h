/* durable: files that are whole or absent, whatever happens. Blocks for the disk. */
#ifndef DAEMON_IO_DURABLE_H
#define DAEMON_IO_DURABLE_H

#include <stddef.h>

#include "base/err.h"

/* Replaces `path` (mode 0644): temporary file beside it, fsync, rename, fsync of the
 * directory. ERR_IO; the old file is then still there. */
int durable_replace(const char *path, const void *bytes, size_t length, struct err *err);

/* Makes what was created in or renamed into the directory last. ERR_IO. */
int durable_sync_directory(const char *path, struct err *err);

/* Writes everything, or ERR_IO. */
int durable_write_all(int fd, const void *bytes, size_t length, const char *path, struct err *err);

#endif
