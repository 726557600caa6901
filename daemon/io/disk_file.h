/* disk_file: the few things that the store does with files, all of them blocking.
 *
 * Files are named relative to the open directory. Errors are ERR_IO with the file's
 * name and errno's text in the story; short writes and EINTR are dealt with here. */
#ifndef DAEMON_IO_DISK_FILE_H
#define DAEMON_IO_DISK_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* A file descriptor, or a negative code; ERR_NOTFOUND. `flags` as for open(2). */
int disk_file_open(int directory, const char *name, int flags, struct err *err);

int disk_file_write(int fd, const char *name, const void *bytes, size_t length, uint64_t offset,
                    struct err *err);

/* Data, and what is needed to find it again. */
int disk_file_sync(int fd, const char *name, struct err *err);

/* Creations, renames and removals. */
int disk_file_sync_directory(int directory, struct err *err);

/* The whole file, appended to `out`. What was read is made durable first: a process
 * that died may have left it in memory only, and the next one is about to rely on it.
 * ERR_NOTFOUND, ERR_LIMIT. */
int disk_file_read(int directory, const char *name, struct buf *out, struct err *err);

/* Replaces the file as a whole, or leaves it as it is. */
int disk_file_replace(int directory, const char *name, const void *bytes, size_t length,
                      struct err *err);

/* Fine if there is none. Not durable before the directory is synced. */
int disk_file_remove(int directory, const char *name, struct err *err);

#endif
