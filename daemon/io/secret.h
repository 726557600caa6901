/* secret: reads passwords and keys from files that nobody else can read.
 *
 * A secret file is a regular file of root or of the user that the agent runs as,
 * without any right for group and others, and holds one line (its newline
 * doesn't count). Blocks for the disk: called at start and on reload only.
 *
 * Secrets never reach the log; wipe them with sodium_memzero(). The errors name
 * the path and what to do, never the contents. */
#ifndef DAEMON_IO_SECRET_H
#define DAEMON_IO_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/keys.h"

/* Checks that the file can be opened and belongs to us alone; for secrets that
 * another library reads. ERR_IO, ERR_PERMISSION. */
int secret_check(const char *path, struct err *err);

/* One line of 1 to size - 1 bytes, NUL-terminated. ERR_IO, ERR_PERMISSION, or
 * ERR_INVALID if the contents are no such line. On failure `text` is wiped. */
int secret_read(const char *path, char *text, size_t size, struct err *err);

/* A key file (proto/keys): the pair of the secret key in it. */
int secret_read_key(const char *path, struct key_pair *pair, struct err *err);

#endif
