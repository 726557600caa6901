/* disk_log_inside: what disk_log.c (writing) and disk_log_open.c (reading) share. */
#ifndef DAEMON_IO_DISK_LOG_INSIDE_H
#define DAEMON_IO_DISK_LOG_INSIDE_H

#include "daemon/io/disk_log.h"

/* The name of the file of segment number `sequence`. */
void disk_log_segment_name(char name[LIMIT_NAME_SIZE], uint64_t sequence);

/* Of the one that grows. */
void disk_log_newest_name(const struct disk_log *log, char name[LIMIT_NAME_SIZE]);

/* The one at this place in log->segments. */
int disk_log_remove_segment(struct disk_log *log, uint32_t at, struct err *err);

/* Behind what was synced; not synced itself. */
int disk_log_write_mark(struct disk_log *log, const char *name, struct err *err);

/* The next append starts another one. */
void disk_log_leave_segment(struct disk_log *log);

#endif
