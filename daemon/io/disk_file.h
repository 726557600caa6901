/* disk_file: the few things that the store does with files, all of them blocking.
 *
 * The only door to the file system for disk_log, disk_slots, disk_store and disk_work: the
 * simulator links another one (tests/sim/sim_file.c), over files in memory that lose what was
 * not synced. What is durable when is the contract that both keep:
 *
 *     write                        after a sync of that file that began later, and not before
 *     open with O_CREAT, remove    after a sync of the directory that began later
 *     replace                      when it returns, as a whole; until then the old file is there
 *     open_directory               when it returns
 *
 * A loss of power may keep any part of what isn't durable: of each write, any of its sectors (512
 * bytes, each as a whole); of several creations and removals, any of them, in no order. The end of
 * the process alone loses nothing; so who opens a directory syncs it before relying on its names.
 * After a failed sync nobody knows what is durable, and the kernel may go on to show what isn't
 * (ext4 takes such pages for clean): read() looks at the disk, past what is kept in memory.
 *
 * Handles are small numbers, as file descriptors. Files are named relative to the open
 * directory. Errors are ERR_IO; ERR_FULL if there was no space; ERR_PERMISSION if it isn't
 * allowed, and ERR_NOMEM if the system has no room, neither of which says anything of the disk;
 * with the file's name and errno's text in the story. Short writes and EINTR are dealt with here.
 */
#ifndef DAEMON_IO_DISK_FILE_H
#define DAEMON_IO_DISK_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Made if it is missing, for its owner only. A handle, or a negative code. */
int disk_file_open_directory(const char *path, struct err *err);

/* Holds the directory for this process until it is closed. A handle; ERR_BUSY. */
int disk_file_lock(int directory, struct err *err);

/* Calls `each` with the name of every file; stops when that returns another number than 0,
 * and returns it. */
typedef int disk_file_each(void *context, const char *name, struct err *err);
int disk_file_list(int directory, disk_file_each *each, void *context, struct err *err);

/* A handle, or a negative code; ERR_NOTFOUND. `flags` as for open(2). */
int disk_file_open(int directory, const char *name, int flags, struct err *err);

/* Does nothing with a negative handle. */
void disk_file_close(int handle);

/* ERR_FULL may leave a part of it written. */
int disk_file_write(int handle, const char *name, const void *bytes, size_t length, uint64_t offset,
                    struct err *err);

/* Data, and what is needed to find it again. */
int disk_file_sync(int handle, const char *name, struct err *err);

/* Creations and removals. */
int disk_file_sync_directory(int directory, struct err *err);

/* The whole file, appended to `out`. It is made durable first, and then read from the disk: a
 * process that died may have left it in memory only, and the next one is about to rely on it.
 * ERR_NOTFOUND; ERR_CORRUPT: longer than `out` may be. */
int disk_file_read(int directory, const char *name, struct buf *out, struct err *err);

/* Replaces the file as a whole, or leaves it as it is. */
int disk_file_replace(int directory, const char *name, const void *bytes, size_t length,
                      struct err *err);

/* Fine if there is none. Not durable before the directory is synced. */
int disk_file_remove(int directory, const char *name, struct err *err);

/* For a new store: drawn once in its life, never 0. */
uint64_t disk_file_random(void);

#endif
