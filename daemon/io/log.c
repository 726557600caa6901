#include "daemon/io/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "daemon/io/clock.h"

static const char PLAIN_MARKS[] = ".,:/@+-_";
static const char CUT_MARK[] = "\" cut=yes\n";

/* A line under construction. The room for CUT_MARK is never given away, so that
 * a line that is cut can still be closed. */
struct line {
    char bytes[LOG_LINE_BYTES];
    size_t length;
    bool quoted; /* inside a quoted value */
    bool cut;
};

static void line_put(struct line *line, const char *bytes, size_t length)
{
    size_t room = sizeof line->bytes - (sizeof CUT_MARK - 1) - line->length;

    if (line->cut || length > room) {
        line->cut = true;
        return;
    }
    memcpy(line->bytes + line->length, bytes, length);
    line->length += length;
}

static void line_put_text(struct line *line, const char *text)
{
    line_put(line, text, strlen(text));
}

static bool byte_is_plain(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte != '\0' && strchr(PLAIN_MARKS, byte) != NULL);
}

static bool text_is_plain(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (!byte_is_plain((unsigned char)*at)) {
            return false;
        }
    }
    return *text != '\0';
}

static void line_put_escaped(struct line *line, unsigned char byte)
{
    static const char escaped[] = "\"\\\n\r\t";
    static const char letters[] = "\"\\nrt";
    const char *at = byte == '\0' ? NULL : strchr(escaped, byte);
    char text[8];

    if (at != NULL) {
        text_format(text, sizeof text, "\\%c", letters[at - escaped]);
    } else if (byte < 0x20 || byte >= 0x7f) {
        text_format(text, sizeof text, "\\x%02x", byte);
    } else {
        text_format(text, sizeof text, "%c", byte);
    }
    line_put_text(line, text);
}

static void line_put_value(struct line *line, const char *text)
{
    if (text_is_plain(text)) {
        line_put_text(line, text);
        return;
    }
    line_put(line, "\"", 1);
    line->quoted = !line->cut;
    for (const char *at = text; *at != '\0' && !line->cut; at++) {
        line_put_escaped(line, (unsigned char)*at);
    }
    if (!line->cut) {
        line_put(line, "\"", 1);
        line->quoted = line->cut;
    }
}

static void line_put_field(struct line *line, const struct log_field *field)
{
    char number[24];

    if (line->cut) {
        return;
    }
    if (line->length > 0) {
        line_put(line, " ", 1);
    }
    line_put_text(line, field->key);
    line_put(line, "=", 1);
    switch (field->kind) {
    case LOG_KIND_TEXT:
        line_put_value(line, field->text == NULL ? "none" : field->text);
        break;
    case LOG_KIND_U64:
        text_format(number, sizeof number, "%llu", (unsigned long long)field->u64);
        line_put_text(line, number);
        break;
    case LOG_KIND_I64:
        text_format(number, sizeof number, "%lld", (long long)field->i64);
        line_put_text(line, number);
        break;
    case LOG_KIND_BOOL:
        line_put_text(line, field->boolean ? "yes" : "no");
        break;
    case LOG_KIND_END:
        assert(!"the end is not a field");
    }
}

static void line_end(struct line *line)
{
    const char *end = !line->cut ? "\n" : line->quoted ? CUT_MARK : CUT_MARK + 1;
    size_t length = strlen(end);

    assert(line->length + length <= sizeof line->bytes);
    memcpy(line->bytes + line->length, end, length);
    line->length += length;
}

/* A full pipe, socket or terminal must not stop the loop; one that poll() calls
 * writable has room for a line of PIPE_BUF. */
static bool line_write(const struct line *line, int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    ssize_t n;

    if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) {
        return false;
    }
    do {
        n = write(fd, line->bytes, line->length);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)line->length;
}

int log_open(struct log *log, const char *path, const char *agent, enum log_level level,
             struct err *err)
{
    *log = (struct log){.fd = STDERR_FILENO, .level = level};
    text_copy(log->agent, sizeof log->agent, agent);
    if (path == NULL) {
        return 0;
    }
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) {
        return err_set(err, ERR_IO, "log file %s: %s", path, strerror(errno));
    }
    log->fd = fd;
    log->owned = true;
    return 0;
}

void log_close(struct log *log)
{
    if (log->owned) {
        close(log->fd);
    }
    log->fd = STDERR_FILENO;
    log->owned = false;
}

bool log_enabled(const struct log *log, enum log_level level)
{
    return level >= log->level;
}

void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields)
{
    struct line line;
    char now[CLOCK_TEXT_SIZE];

    if (!log_enabled(log, level)) {
        return;
    }
    line.length = 0;
    line.quoted = false;
    line.cut = false;
    clock_format(now, sizeof now, clock_wall_ms());
    line_put_field(&line, &LOG_TEXT("time", now));
    line_put_field(&line, &LOG_TEXT("level", log_level_text(level)));
    line_put_field(&line, &LOG_TEXT("event", event));
    line_put_field(&line, &LOG_TEXT("agent", log->agent));
    if (log->lost > 0) {
        line_put_field(&line, &LOG_U64("lost", log->lost));
    }
    for (const struct log_field *field = fields; field->kind != LOG_KIND_END; field++) {
        line_put_field(&line, field);
    }
    line_end(&line);
    log->lost = line_write(&line, log->fd) ? 0 : log->lost + 1;
}

static const char *const LEVELS[] = {
#define X(name, text) [name] = (text),
    LOG_LEVEL_MAP(X)
#undef X
};

enum { LEVELS_COUNT = sizeof LEVELS / sizeof LEVELS[0] };

const char *log_level_text(enum log_level level)
{
    assert((unsigned)level < LEVELS_COUNT);
    return LEVELS[level];
}

bool log_level_parse(const char *text, enum log_level *level)
{
    for (unsigned i = 0; i < LEVELS_COUNT; i++) {
        if (strcmp(text, LEVELS[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}
