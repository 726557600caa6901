/* disk_log_internal: what writing (disk_log.c) and reading (disk_log_open.c) share. */
#ifndef DAEMON_IO_DISK_LOG_INTERNAL_H
#define DAEMON_IO_DISK_LOG_INTERNAL_H

#include "base/limits.h"
#include "daemon/io/disk_log.h"

/* The file's name of a segment, and of the newest one; there is one. */
void disk_log_name(char name[LIMIT_NAME_SIZE], uint64_t sequence);
void disk_log_newest(const struct disk_log *log, char name[LIMIT_NAME_SIZE]);

/* The segment at place `at`; not durable before the directory is synced. */
int disk_log_remove(struct disk_log *log, uint32_t at, struct err *err);

/* The next append starts a segment. */
void disk_log_leave(struct disk_log *log);

/* Everything in the newest segment is synced: says so there. */
int disk_log_mark(struct disk_log *log, const char *name, struct err *err);

#endif
