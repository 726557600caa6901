/* log: one line per event, to standard error or to a file.
 *
 *     time=2026-11-21T01:37:29.123Z level=info event=peer_connected agent=a1 peer=a2
 *
 *     log_event(log, LOG_LEVEL_INFO, "peer_connected", LOG_TEXT("peer", name),
 *               LOG_U64("start_id", id), LOG_END);
 *
 * Event names and keys are literals of the program: [a-z0-9_]. A value is
 * quoted if it is empty or holds anything but letters, digits and . , : / @ + - _ ;
 * in quotes, \" \\ \n \r \t and \xNN (every other byte that isn't printable
 * ASCII) are written, so that no value can start a line or a key of its own. A
 * line of more than LOG_LINE_BYTES is cut and ends with cut=yes.
 *
 * Secrets are never given to this unit.
 *
 * Writing never waits: a line that the reader of a pipe, socket or terminal has
 * no room for is dropped and counted, and the next line that gets through says
 * lost=N. (A file is written through the page cache; keep it off the database's
 * disk.) */
#ifndef DAEMON_IO_LOG_H
#define DAEMON_IO_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"

enum { LOG_LINE_BYTES = 4096 }; /* with its newline: PIPE_BUF, so that lines never mix */

/*      name               text */
#define LOG_LEVEL_MAP(X)                                                                           \
    X(LOG_LEVEL_DEBUG, "debug")                                                                    \
    X(LOG_LEVEL_INFO, "info")                                                                      \
    X(LOG_LEVEL_WARNING, "warning")                                                                \
    X(LOG_LEVEL_ERROR, "error")

enum log_level {
#define X(name, text) name,
    LOG_LEVEL_MAP(X)
#undef X
};

struct log {
    int fd;
    bool owned; /* we opened it, we close it */
    enum log_level level;
    char agent[LIMIT_NAME_SIZE];
    uint64_t lost; /* lines dropped since the last one that got through */
};

enum log_kind { LOG_KIND_END, LOG_KIND_TEXT, LOG_KIND_U64, LOG_KIND_I64, LOG_KIND_BOOL };

struct log_field {
    const char *key;
    enum log_kind kind;
    union {
        const char *text; /* NULL is written as none */
        uint64_t u64;
        int64_t i64;
        bool boolean;
    };
};

#define LOG_TEXT(k, v) ((struct log_field){.key = (k), .kind = LOG_KIND_TEXT, .text = (v)})
#define LOG_U64(k, v) ((struct log_field){.key = (k), .kind = LOG_KIND_U64, .u64 = (v)})
#define LOG_I64(k, v) ((struct log_field){.key = (k), .kind = LOG_KIND_I64, .i64 = (v)})
#define LOG_BOOL(k, v) ((struct log_field){.key = (k), .kind = LOG_KIND_BOOL, .boolean = (v)})
#define LOG_END ((struct log_field){.kind = LOG_KIND_END})

/* Opens `path` for appending (mode 0640), or standard error if it is NULL.
 * Fails with ERR_IO; the log then writes to standard error and is usable. */
int log_open(struct log *log, const char *path, const char *agent, enum log_level level,
             struct err *err);
void log_close(struct log *log);

bool log_enabled(const struct log *log, enum log_level level);

/* Writes one line if `level` is enabled. The last field is LOG_END. */
#define log_event(log, level, event, ...)                                                          \
    log_write((log), (level), (event), (const struct log_field[]){__VA_ARGS__})
void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields);

const char *log_level_text(enum log_level level);
bool log_level_parse(const char *text, enum log_level *level);

#endif
