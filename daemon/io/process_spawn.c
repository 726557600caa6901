/* The happy path: spawn writes the input into a memory file, makes the output's pipe,
 * starts the child -> on_output() reads while it runs -> on_exit() reads what is left,
 * without waiting for those who inherited the pipe, and closes the handles -> the last
 * one's callback calls the owner.
 *
 * Failure paths: a child that can't be started has no exit, so its handles are closed
 * at once, with the reason. At the time-out the group is killed and on_exit() follows. */
#include "daemon/io/process_spawn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/list.h"

static void on_handle_closed(struct process_job *job)
{
    if (--job->handles == 0) {
        job->cb(job);
    }
}

static void on_process_closed(uv_handle_t *handle)
{
    on_handle_closed(container_of(handle, struct process_job, process));
}

static void on_poll_closed(uv_handle_t *handle)
{
    on_handle_closed(container_of(handle, struct process_job, poll));
}

static void on_timer_closed(uv_handle_t *handle)
{
    on_handle_closed(container_of(handle, struct process_job, timer));
}

/* Reads what there is; false when there will be no more. */
static bool read_output(struct process_job *job)
{
    char rest[1024];

    for (;;) {
        size_t room = LIMIT_PROCESS_OUTPUT_BYTES - job->output_length;
        ssize_t length = room > 0 ? read(job->output_fd, job->output + job->output_length, room)
                                  : read(job->output_fd, rest, sizeof rest);

        if (length < 0 && errno == EINTR) {
            continue;
        }
        if (length < 0) {
            return errno == EAGAIN;
        }
        if (length == 0) {
            return false;
        }
        if (room > 0) {
            job->output_length += (size_t)length;
        } else {
            job->output_cut = true;
            return true; /* a child that writes without end must not hold the loop */
        }
    }
}

static void on_output(uv_poll_t *poll, int status, int events)
{
    struct process_job *job = container_of(poll, struct process_job, poll);

    (void)events;
    if (status < 0 || !read_output(job)) {
        uv_poll_stop(poll);
    }
}

static void close_handles(struct process_job *job)
{
    job->running = false;
    job->output[job->output_length] = '\0';
    uv_close((uv_handle_t *)&job->timer, on_timer_closed);
    if (job->process.type == UV_PROCESS) {
        uv_close((uv_handle_t *)&job->process, on_process_closed);
    }
    if (job->output_fd >= 0) {
        uv_close((uv_handle_t *)&job->poll, on_poll_closed);
        close(job->output_fd);
    }
}

static void on_exit_status(uv_process_t *process, int64_t exit_status, int signal)
{
    struct process_job *job = container_of(process, struct process_job, process);

    read_output(job);
    job->signal = signal;
    job->exit_status = signal == 0 ? (int)exit_status : -1;
    if (job->why.code == 0 && signal != 0) {
        err_set(&job->why, ERR_REFUSED, "it was ended by signal %d", signal);
    } else if (job->why.code == 0 && exit_status != 0) {
        err_set(&job->why, ERR_REFUSED, "it exited with status %d", job->exit_status);
    }
    close_handles(job);
}

/* The group has the child's number, which can't be recycled before its exit is told. */
static void kill_group(struct process_job *job)
{
    kill(-job->process.pid, SIGKILL);
}

static void on_timeout(uv_timer_t *timer)
{
    struct process_job *job = container_of(timer, struct process_job, timer);

    err_set(&job->why, ERR_TIMEOUT, "it had not ended after %llu ms and was killed",
            (unsigned long long)job->timeout_ms);
    kill_group(job);
}

/* A memory file needs nobody to write it while the child reads; -1 with the errno. */
static int input_open(const struct process_job *job)
{
    const char *at = job->input;
    size_t left = job->input_length;
    int fd = memfd_create("input", MFD_CLOEXEC);

    while (fd >= 0 && left > 0) {
        ssize_t length = write(fd, at, left);

        if (length < 0) {
            close(fd);
            return -1;
        }
        at += length;
        left -= (size_t)length;
    }
    if (fd >= 0) {
        lseek(fd, 0, SEEK_SET);
    }
    return fd;
}

static int start(struct process_job *job, uv_loop_t *loop, int input_fd, int output_fd)
{
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_INHERIT_FD, .data.fd = input_fd},
        {.flags = UV_INHERIT_FD, .data.fd = output_fd},
        {.flags = UV_INHERIT_FD, .data.fd = output_fd},
    };
    static char *no_env[] = {NULL};
    uv_process_options_t options = {
        .exit_cb = on_exit_status,
        .file = job->argv[0],
        .cwd = "/",
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = stdio,
    };

    /* libuv's types say that it may write here; it doesn't. */
    memcpy(&options.args, &job->argv, sizeof options.args);
    options.env = no_env;
    if (job->env != NULL) {
        memcpy(&options.env, &job->env, sizeof options.env);
    }
    return uv_spawn(loop, &job->process, &options);
}

static int code_of(int uv_code)
{
    switch (uv_code) {
    case UV_ENOENT:
    case UV_ENOTDIR:
        return ERR_NOTFOUND;
    case UV_EACCES:
        return ERR_PERMISSION;
    case UV_EINVAL:
        return ERR_INVALID;
    default:
        return ERR_IO;
    }
}

/* Everything up to a running child; returns 0 or libuv's code. */
static int launch(struct process_job *job, uv_loop_t *loop)
{
    int pipe_fds[2] = {-1, -1};
    int input_fd = input_open(job);
    int code = UV_EMFILE;

    if (input_fd < 0 || pipe2(pipe_fds, O_CLOEXEC) != 0) {
        goto close_input;
    }
    fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK); /* our end alone */
    code = uv_poll_init(loop, &job->poll, pipe_fds[0]);
    if (code != 0) {
        close(pipe_fds[0]);
        goto close_output;
    }
    job->output_fd = pipe_fds[0]; /* close_handles() has it from here on */
    job->handles += 2;            /* uv_spawn makes a handle even when it fails */
    code = start(job, loop, input_fd, pipe_fds[1]);
    if (code == 0) {
        uv_poll_start(&job->poll, UV_READABLE, on_output);
    }
close_output:
    close(pipe_fds[1]);
close_input:
    if (input_fd >= 0) {
        close(input_fd);
    }
    return code;
}

void process_spawn(struct process_job *job, uv_loop_t *loop)
{
    int code;

    assert(job->argv[0] != NULL);
    assert(job->timeout_ms > 0);
    assert(job->input_length <= LIMIT_PROCESS_INPUT_BYTES);
    err_reset(&job->why);
    job->exit_status = -1;
    job->signal = 0;
    job->output_length = 0;
    job->output_cut = false;
    job->output_fd = -1;
    uv_timer_init(loop, &job->timer);
    job->handles = 1;
    memset(&job->process, 0, sizeof job->process);
    code = job->argv[0][0] == '/' ? launch(job, loop) : UV_EINVAL;
    if (code == 0) {
        job->running = true;
        uv_timer_start(&job->timer, on_timeout, job->timeout_ms, 0);
    } else {
        err_set(&job->why, code_of(code), "%s can't be started%s: %s", job->argv[0],
                code == UV_EINVAL ? " (an absolute path is needed)" : "", uv_strerror(code));
        close_handles(job);
    }
}

void process_cancel(struct process_job *job)
{
    if (job->running) {
        err_set(&job->why, ERR_CLOSED, "it was killed, because nobody waits for it any more");
        kill_group(job);
    }
}
