/* The happy path: start opens the pidfd, reads the start time, sees that the pidfd still
 * lives (so the time was this process's) -> the loop polls the pidfd, which becomes
 * readable when the process has ended -> on_poll() tells, once. */
#include "daemon/io/process.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"

enum {
    FLAG_EXITING = 0x4, /* PF_EXITING in the kernel's sched.h */
    FIELD_FLAGS = 9,    /* of /proc/PID/stat, counted from 1 as in proc(5) */
    FIELD_START = 22,
    PROC_BYTES_MAX = 4096,
};

/* ---- /proc ------------------------------------------------------------------------ */

/* Reads a small file of /proc as text: 0, or an errno. */
static int read_text(int directory, const char *path, char text[PROC_BYTES_MAX])
{
    int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
    ssize_t length;
    int saved;

    if (fd < 0) {
        return errno;
    }
    length = read(fd, text, PROC_BYTES_MAX - 1);
    saved = errno;
    close(fd);
    if (length < 0) {
        return saved;
    }
    text[length] = '\0';
    return 0;
}

/* A number in a stat line. The second field, the name, may hold blanks and brackets;
 * it ends at the last bracket. */
static bool stat_field(const char *text, int field, uint64_t *value)
{
    const char *at = strrchr(text, ')');
    char *end;

    for (int i = 2; at != NULL && i < field; i++) {
        at = strchr(at + 1, ' ');
    }
    if (at == NULL) {
        return false;
    }
    errno = 0;
    *value = strtoull(at + 1, &end, 10);
    return errno == 0 && end != at + 1;
}

static bool has_sigkill(const char *status, const char *key)
{
    const char *at = strstr(status, key);

    return at != NULL && (strtoull(at + strlen(key), NULL, 16) & (1ULL << (SIGKILL - 1))) != 0;
}

int process_start_ticks(pid_t pid, uint64_t *start_ticks)
{
    char path[64];
    char text[PROC_BYTES_MAX];

    text_format(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (read_text(AT_FDCWD, path, text) != 0 || !stat_field(text, FIELD_START, start_ticks)) {
        return ERR_NOTFOUND;
    }
    return 0;
}

/* ---- dying ------------------------------------------------------------------------ */

/* A thread that can't be found has ended. */
static bool is_over(int code)
{
    return code == ENOENT || code == ESRCH;
}

static bool thread_dying(int tasks, const char *thread)
{
    char path[64];
    char text[PROC_BYTES_MAX];
    uint64_t flags;
    int code;

    text_format(path, sizeof path, "%s/stat", thread);
    code = read_text(tasks, path, text);
    if (code != 0) {
        return is_over(code);
    }
    if (!stat_field(text, FIELD_FLAGS, &flags)) {
        return false;
    }
    if (flags & FLAG_EXITING) {
        return true;
    }
    text_format(path, sizeof path, "%s/status", thread);
    code = read_text(tasks, path, text);
    if (code != 0) {
        return is_over(code);
    }
    return has_sigkill(text, "\nSigPnd:\t") || has_sigkill(text, "\nShdPnd:\t");
}

static bool threads_dying(pid_t pid)
{
    char path[64];
    struct dirent *entry;
    bool dying;
    DIR *tasks;

    text_format(path, sizeof path, "/proc/%d/task", (int)pid);
    tasks = opendir(path);
    if (tasks == NULL) {
        return is_over(errno);
    }
    text_format(path, sizeof path, "%d", (int)pid);
    dying = thread_dying(dirfd(tasks), path); /* most live, and then the first tells */
    errno = 0;
    while (dying && (entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] != '.') {
            dying = thread_dying(dirfd(tasks), entry->d_name);
        }
        errno = 0;
    }
    dying = dying && (errno == 0 || is_over(errno));
    closedir(tasks);
    return dying;
}

static bool is_gone(int pidfd)
{
    struct pollfd pollfd = {.fd = pidfd, .events = POLLIN};

    return poll(&pollfd, 1, 0) > 0;
}

bool process_dying(const struct process_watch *watch)
{
    /* Twice: the first walk may miss a thread that was just made by one that has ended
     * since. While the pidfd lives, the number is this process's. */
    return is_gone(watch->pidfd) || (threads_dying(watch->pid) && threads_dying(watch->pid));
}

int process_kill(const struct process_watch *watch)
{
    if (pidfd_send_signal(watch->pidfd, SIGKILL, NULL, 0) == 0) {
        return 0;
    }
    return errno == ESRCH ? ERR_NOTFOUND : ERR_PERMISSION;
}

/* ---- watching ----------------------------------------------------------------------- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct process_watch *watch = container_of(poll, struct process_watch, poll);

    (void)status;
    (void)events;
    if (is_gone(watch->pidfd)) {
        uv_poll_stop(poll);
        watch->on_gone(watch);
    }
}

static int code_of(int saved)
{
    switch (saved) {
    case ESRCH:
    case EINVAL: /* a thread's number, not a process's */
        return ERR_NOTFOUND;
    case EPERM:
        return ERR_PERMISSION;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return ERR_LIMIT;
    default:
        return ERR_IO;
    }
}

/* Whether the process behind `pidfd` is the one that is meant. */
static int identify(struct process_watch *watch, uint64_t start_ticks, struct err *err)
{
    uint64_t found = 0;

    if (process_start_ticks(watch->pid, &found) != 0 || is_gone(watch->pidfd)) {
        return err_set(err, ERR_NOTFOUND, "process %d has ended", (int)watch->pid);
    }
    if (start_ticks != 0 && start_ticks != found) {
        return err_set(err, ERR_NOTFOUND,
                       "process %d is another one: it started at tick %" PRIu64
                       ", the one that is meant at %" PRIu64,
                       (int)watch->pid, found, start_ticks);
    }
    watch->start_ticks = found;
    return 0;
}

int process_watch_start(struct process_watch *watch, uv_loop_t *loop, pid_t pid,
                        uint64_t start_ticks, void (*on_gone)(struct process_watch *watch),
                        struct err *err)
{
    int code;

    assert(pid > 0);
    assert(on_gone != NULL);
    memset(watch, 0, sizeof *watch);
    watch->pid = pid;
    watch->on_gone = on_gone;
    watch->pidfd = pidfd_open(pid, 0);
    if (watch->pidfd < 0) {
        code = code_of(errno);
        return err_set(err, code, "process %d can't be watched: %s", (int)pid, strerror(errno));
    }
    code = identify(watch, start_ticks, err);
    if (code != 0) {
        goto close_pidfd;
    }
    code = uv_poll_init(loop, &watch->poll, watch->pidfd);
    if (code != 0) {
        code =
            err_set(err, ERR_LIMIT, "process %d can't be polled: %s", (int)pid, uv_strerror(code));
        goto close_pidfd;
    }
    uv_poll_start(&watch->poll, UV_READABLE, on_poll);
    return 0;

close_pidfd:
    close(watch->pidfd);
    watch->pidfd = -1;
    return code;
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct process_watch *watch = container_of(handle, struct process_watch, poll);

    if (watch->on_close != NULL) {
        watch->on_close(watch);
    }
}

void process_watch_close(struct process_watch *watch, void (*cb)(struct process_watch *watch))
{
    watch->on_close = cb;
    uv_close((uv_handle_t *)&watch->poll, on_poll_closed);
    close(watch->pidfd);
    watch->pidfd = -1;
}
