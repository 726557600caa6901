#include "daemon/guard/start_command.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/list.h"

struct start_command_run {
    uv_process_t process;
    struct start_command *command; /* NULL: nobody waits for it any more */
    char text[LIMIT_TEXT_SIZE];
};

static void on_process_closed(uv_handle_t *handle)
{
    free(container_of((uv_process_t *)handle, struct start_command_run, process));
}

static void tell(struct start_command *command, const struct err *why)
{
    command->run = NULL;
    uv_timer_stop(&command->timer);
    command->cb(command, why);
}

static void on_command_exit(uv_process_t *process, int64_t status, int signal)
{
    struct start_command_run *run = container_of(process, struct start_command_run, process);
    struct start_command *command = run->command;
    struct err err;

    uv_close((uv_handle_t *)process, on_process_closed);
    if (command == NULL) {
        return;
    }
    if (status == 0 && signal == 0) {
        tell(command, NULL);
        return;
    }
    err_set(&err, ERR_IO, "\"%s\" ended with %s %d", run->text, signal != 0 ? "signal" : "status",
            signal != 0 ? signal : (int)status);
    tell(command, &err);
}

static void on_timer(uv_timer_t *timer)
{
    struct start_command *command = container_of(timer, struct start_command, timer);
    struct err err;

    err_set(&err, ERR_TIMEOUT, "\"%s\" has not ended after %d s", command->run->text,
            START_COMMAND_MS / 1000);
    command->run->command = NULL;
    tell(command, &err);
}

void start_command_init(struct start_command *command, uv_loop_t *loop,
                        void (*cb)(struct start_command *command, const struct err *why))
{
    *command = (struct start_command){.loop = loop, .cb = cb};
    uv_timer_init(loop, &command->timer);
}

int start_command_run(struct start_command *command, const char *text, struct err *err)
{
    char shell[] = "/bin/sh";
    char flag[] = "-c";
    struct start_command_run *run;
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD}, {.flags = UV_INHERIT_FD}};
    uv_process_options_t options = {.exit_cb = on_command_exit,
                                    .file = shell,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio = stdio,
                                    .stdio_count = 3};
    char *arguments[4];
    int rv;

    if (command->run != NULL) {
        return err_set(err, ERR_BUSY, "the start command runs");
    }
    run = calloc(1, sizeof *run);
    if (run == NULL) {
        return err_set(err, ERR_NOMEM, "no memory to run \"%s\"", text);
    }
    text_copy(run->text, sizeof run->text, text);
    arguments[0] = shell;
    arguments[1] = flag;
    arguments[2] = run->text;
    arguments[3] = NULL;
    options.args = arguments;
    stdio[1].data.fd = STDERR_FILENO; /* its words go where the agent's log goes */
    stdio[2].data.fd = STDERR_FILENO;
    run->command = command;
    rv = uv_spawn(command->loop, &run->process, &options);
    if (rv != 0) {
        uv_close((uv_handle_t *)&run->process, on_process_closed);
        return err_set(err, ERR_IO, "\"%s\": %s", text, uv_strerror(rv));
    }
    uv_unref((uv_handle_t *)&run->process);
    command->run = run;
    uv_timer_start(&command->timer, on_timer, START_COMMAND_MS, 0);
    return 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct start_command *command = container_of((uv_timer_t *)handle, struct start_command, timer);

    command->on_close(command);
}

void start_command_close(struct start_command *command, void (*cb)(struct start_command *command))
{
    command->on_close = cb;
    if (command->run != NULL) {
        command->run->command = NULL;
        uv_close((uv_handle_t *)&command->run->process, on_process_closed);
        command->run = NULL;
    }
    uv_close((uv_handle_t *)&command->timer, on_timer_closed);
}
