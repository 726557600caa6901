#include "daemon/io/gate_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "daemon/io/clock.h"
#include "daemon/io/gate_word.h"

enum { RETRY_MS = 50 };

struct line {
    char text[GATE_LINE_BYTES];
    size_t length;
};

static int connect_once(const char *data_dir, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (!text_format(address.sun_path, sizeof address.sun_path, "%s/gate.sock", data_dir)) {
        return err_set(err, ERR_INVALID, "%s/gate.sock: too long for a socket", data_dir);
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        err_set(err, ERR_UNREACHABLE, "no agent at %s: %s", address.sun_path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return ERR_UNREACHABLE;
    }
    return fd;
}

/* The next line, its newline cut off. ERR_TIMEOUT, ERR_CLOSED, ERR_LIMIT. */
static int read_line(int fd, struct line *line, uint64_t deadline_ms, struct err *err)
{
    for (line->length = 0;;) {
        uint64_t now_ms = clock_now_ms();
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        char byte;
        ssize_t n;

        if (now_ms >= deadline_ms || poll(&wait, 1, (int)(deadline_ms - now_ms)) == 0) {
            return err_set(err, ERR_TIMEOUT, "the agent did not know in time");
        }
        n = read(fd, &byte, 1);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return err_set(err, ERR_CLOSED, "the agent went away");
        }
        if (byte == '\n') {
            line->text[line->length] = '\0';
            return 0;
        }
        if (line->length == sizeof line->text - 1) {
            return err_set(err, ERR_LIMIT, "the agent's line is too long");
        }
        line->text[line->length++] = byte;
    }
}

/* Reads until it isn't WAIT. On a time-out the last reason is told. */
static int await_word(int fd, struct gate_word *word, uint64_t deadline_ms, struct err *err)
{
    char reason[LIMIT_TEXT_SIZE] = "";
    struct line line;

    for (;;) {
        int rv = read_line(fd, &line, deadline_ms, err);

        if (rv == ERR_TIMEOUT && reason[0] != '\0') {
            return err_set(err, rv, "the agent did not know in time: %s", reason);
        }
        if (rv == 0) {
            rv = gate_word_parse(word, line.text, err);
        }
        if (rv != 0 || word->kind != GATE_WAIT) {
            return rv;
        }
        text_copy(reason, sizeof reason, word->reason);
    }
}

/* An agent that isn't there, or goes away, may be starting: tried again for a while. The
 * connection stays open for the report, or -1. */
static int ask(const struct gate_config *config, struct gate_word *word, int *fd, struct err *err)
{
    uint64_t begin_ms = clock_now_ms();
    uint64_t deadline_ms = begin_ms + config->word_ms;
    uint64_t seen_ms = begin_ms;
    int rv;

    for (;;) {
        *fd = connect_once(config->data_dir, err);
        rv = *fd;
        if (*fd >= 0) {
            rv = await_word(*fd, word, deadline_ms, err);
            seen_ms = clock_now_ms();
        }
        if (rv == 0) {
            return 0;
        }
        if (*fd >= 0) {
            close(*fd);
            *fd = -1;
        }
        if ((rv != ERR_UNREACHABLE && rv != ERR_CLOSED) || clock_now_ms() >= deadline_ms ||
            clock_now_ms() - seen_ms >= config->agent_ms) {
            return rv;
        }
        nanosleep(&(struct timespec){.tv_nsec = RETRY_MS * 1000 * 1000}, NULL);
    }
}

static void take_word(const struct gate_config *config, const struct gate_word *word,
                      struct gate_report *report)
{
    struct err err;

    if (word->kind == GATE_MASTER) {
        text_copy(report->reason, sizeof report->reason, "the agent said so");
        return;
    }
    if (gate_save(config->datadir, config->data_dir, &word->base, word->epoch,
                  clock_wall_ms() / 1000, &report->saved, &err) != 0) {
        text_format(report->reason, sizeof report->reason, "the end can't be saved: %s", err.text);
        return;
    }
    report->role = SNIPPET_SLAVE;
    if (report->saved.files == 0) {
        text_format(report->reason, sizeof report->reason,
                    "another server is primary since epoch %llu; nothing beyond its base",
                    (unsigned long long)word->epoch);
    } else {
        text_format(report->reason, sizeof report->reason,
                    "another server is primary since epoch %llu; %llu transactions saved to %s",
                    (unsigned long long)word->epoch, (unsigned long long)report->saved.transactions,
                    report->saved.directory);
    }
}

static void tell_saved(int fd, const struct gate_saved *saved)
{
    char line[64];

    text_format(line, sizeof line, "SAVED %llu\n", (unsigned long long)saved->transactions);
    if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0) {
        return; /* an agent that is gone by now needn't know */
    }
}

int gate_run(const struct gate_config *config, struct gate_report *report, struct err *err)
{
    struct gate_word word;
    struct err why;
    int fd;
    int rv;

    memset(report, 0, sizeof *report);
    report->role = SNIPPET_MASTER;
    rv = ask(config, &word, &fd, &why);
    if (rv == 0) {
        take_word(config, &word, report);
    } else {
        text_copy(report->reason, sizeof report->reason, why.text);
    }
    rv = snippet_write(config->snippet, report->role, false, err);
    if (fd >= 0) {
        if (rv == 0) {
            tell_saved(fd, &report->saved);
        }
        close(fd);
    }
    return rv;
}
