#include "daemon/guard/guard_server.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"
#include "daemon/io/clock.h"

enum {
    LOOK_MS = 100,
    LOOK_LATE_MS = 20,
    LOOK_TIMEOUT_MS = 2000,
    SILENT_MS = 500,
    RETRY_UP_MS = 20,
    RETRY_DOWN_MS = 100,
    REFUSALS_MIN = 3,    /* before a server that was never seen is presumed to be gone */
    PRESUMED_LOOKS = 10, /* refusals from one look for it to the next, then */
};

static void on_timer(uv_timer_t *timer);

static void again_in(struct guard_server *server, uint64_t ms)
{
    if (!server->closing) {
        uv_timer_start(&server->timer, on_timer, ms, 0);
    }
}

/* ---- the process --------------------------------------------------------------------- */

/* The first line of a small file, which may be gone. */
static bool read_line(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    bool ok;

    if (file == NULL) {
        return false;
    }
    ok = fgets(text, (int)size, file) != NULL;
    fclose(file);
    text[ok ? strcspn(text, "\r\n") : 0] = '\0';
    return ok;
}

static void tell_process(struct guard_server *server, enum guard_process state, pid_t pid)
{
    server->told = true;
    server->presumed = false;
    server->config.on_process(server->config.context, state, (uint32_t)pid, false);
}

static void tell_presumed(struct guard_server *server)
{
    server->told = true;
    server->presumed = true;
    server->config.on_process(server->config.context, GUARD_PROCESS_GONE, 0, true);
}

struct guard_server_watch {
    struct process_watch process;
    struct guard_server *server; /* NULL: it was given up */
};

static void on_watch_closed(struct process_watch *process)
{
    free(container_of(process, struct guard_server_watch, process));
}

static void forget(struct guard_server *server)
{
    if (server->watch != NULL) {
        server->watch->server = NULL;
        process_watch_close(&server->watch->process, on_watch_closed);
        server->watch = NULL;
    }
}

static void on_gone(struct process_watch *process)
{
    struct guard_server *server = container_of(process, struct guard_server_watch, process)->server;

    if (server == NULL) {
        return;
    }
    server->told_dying = false;
    server->told_silent = false;
    server->failing_ms = 0;
    forget(server);
    tell_process(server, GUARD_PROCESS_GONE, 0);
    again_in(server, RETRY_DOWN_MS);
}

/* True if it was told: nothing more is to be learned from this process. */
static bool tell_if_dying(struct guard_server *server)
{
    if (server->watch == NULL || server->told_dying || !process_dying(&server->watch->process)) {
        return server->told_dying;
    }
    server->told_dying = true;
    tell_process(server, GUARD_PROCESS_DYING, server->watch->process.pid);
    return true;
}

static void watch(struct guard_server *server, pid_t pid)
{
    struct guard_server_watch *watch;
    struct err err;

    if (server->watch != NULL && server->watch->process.pid == pid) {
        return;
    }
    watch = calloc(1, sizeof *watch);
    if (watch == NULL ||
        process_watch_start(&watch->process, server->config.loop, pid, 0, on_gone, &err)) {
        free(watch); /* gone between two looks: the connection will say so */
        return;
    }
    forget(server);
    server->watch = watch;
    watch->server = server;
    server->killed = false;
    server->told_dying = false;
    server->told_silent = false;
    tell_process(server, GUARD_PROCESS_UP, pid);
}

/* Whether a process is a MariaDB server; false if it is gone. */
static bool is_server(const char *pid)
{
    char path[64];
    char text[64];

    text_format(path, sizeof path, "/proc/%.20s/comm", pid);
    return read_line(path, text, sizeof text) &&
           (strstr(text, "mariadbd") != NULL || strstr(text, "mysqld") != NULL);
}

/* Costs a few ms; true if it can't be known. */
static bool any_server_runs(void)
{
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    bool found = processes == NULL;

    while (!found && (entry = readdir(processes)) != NULL) {
        found = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_server(entry->d_name);
    }
    if (processes != NULL) {
        closedir(processes);
    }
    return found;
}

/* What the pid file says: a pid to watch, or 0. `ended`: it shows that the server has ended. */
static pid_t pid_from_file(const char *path, bool *ended)
{
    char text[64];
    uint64_t pid;

    *ended = false;
    if (path[0] == '\0') {
        return 0;
    }
    if (!read_line(path, text, sizeof text)) {
        *ended = access(path, F_OK) != 0 && errno == ENOENT && !any_server_runs();
        return 0;
    }
    if (!text_u64(text, strlen(text), INT32_MAX, &pid) || pid == 0) {
        return 0;
    }
    *ended = !is_server(text);
    return *ended ? 0 : (pid_t)pid;
}

/* Who runs on that data directory: a pid, 0 for nobody, -1 if it can't be known. InnoDB holds a
 * lock on its first file as long as it lives, whatever became of socket and pid file. */
static pid_t pid_from_lock(const char *datadir)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[LIMIT_PATH_SIZE + 16];
    pid_t pid = -1;
    int fd;

    if (datadir[0] == '\0') {
        return -1;
    }
    text_format(path, sizeof path, "%s/ibdata1", datadir);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    if (fcntl(fd, F_GETLK, &lock) == 0) {
        pid = lock.l_type == F_UNLCK ? 0 : lock.l_pid > 0 ? lock.l_pid : -1;
    }
    close(fd);
    text_format(path, sizeof path, "%d", (int)pid);
    return pid > 0 && !is_server(path) ? -1 : pid; /* a tool that works on the files */
}

void guard_server_kill(struct guard_server *server)
{
    if (server->watch != NULL) {
        process_kill(&server->watch->process);
        server->killed = true;
    }
    again_in(server, 0); /* to see it dying */
}

/* ---- looking ------------------------------------------------------------------------------ */

static void tell_trouble(struct guard_server *server, const struct err *why)
{
    if (server->trouble != why->code) {
        server->trouble = why->code;
        server->config.on_trouble(server->config.context, why);
    }
}

static void tell_if_silent(struct guard_server *server, uint64_t since_ms)
{
    if (server->watch != NULL && !server->told_silent && clock_now_ms() >= since_ms + SILENT_MS) {
        server->told_silent = true;
        server->config.on_silent(server->config.context);
    }
}

static void on_look(struct observe *observe, const struct err *why,
                    const struct observation *observation)
{
    struct guard_server *server = observe->context;

    server->looking = false;
    if (why != NULL) {
        tell_trouble(server, why);
        again_in(server, RETRY_UP_MS);
        return;
    }
    server->told_silent = false;
    server->trouble = 0;
    again_in(server, LOOK_MS);
    server->config.on_observed(server->config.context, observation, server->asked_ms);
}

static void look(struct guard_server *server)
{
    server->asked_ms = clock_now_ms();
    server->looking = observe_run(&server->observe, &server->db, LOOK_TIMEOUT_MS, on_look) == 0;
    again_in(server, LOOK_LATE_MS);
}

/* ---- connecting --------------------------------------------------------------------------- */

static void presume(struct guard_server *server, bool gone)
{
    struct err err;

    if (gone) {
        tell_presumed(server);
        return;
    }
    err_set(&err, ERR_NOTFOUND,
            "a MariaDB server runs here, and nothing says whether it is this one: name its datadir "
            "and pid_file in [server]");
    tell_trouble(server, &err);
}

/* Nothing is known for sure, and the socket is not answered. */
static void look_for_process(struct guard_server *server, const struct err *why)
{
    bool ended;
    pid_t holder;
    pid_t pid;

    server->refusals += why->code == ERR_UNREACHABLE;
    if (why->code == ERR_UNREACHABLE && (server->presumed || server->refusals > REFUSALS_MIN) &&
        server->refusals % PRESUMED_LOOKS != 0) {
        return;
    }
    pid = pid_from_file(server->config.pid_file, &ended);
    holder = pid_from_lock(server->config.datadir);
    if (pid != 0 || holder > 0) {
        watch(server, pid != 0 ? pid : holder);
    } else if (why->code != ERR_UNREACHABLE) {
        return; /* the socket is answered, if not as wanted */
    } else if (ended) {
        tell_process(server, GUARD_PROCESS_GONE, 0);
    } else if (!server->told && server->refusals >= REFUSALS_MIN) {
        presume(server, holder == 0 || !any_server_runs());
    }
}

static void connect_failed(struct guard_server *server, const struct err *why)
{
    if (server->closing) {
        return;
    }
    if (server->failing_ms == 0) {
        server->failing_ms = clock_now_ms();
    }
    if (why->code != ERR_UNREACHABLE) {
        tell_trouble(server, why);
    }
    if (!server->told || server->presumed) {
        look_for_process(server, why);
    }
    if (!tell_if_dying(server) && why->code != ERR_BUSY && why->code != ERR_PERMISSION) {
        tell_if_silent(server, server->failing_ms);
    }
    again_in(server, server->watch != NULL ? RETRY_UP_MS : RETRY_DOWN_MS);
}

static void on_connect(struct db *db, const struct err *why)
{
    struct guard_server *server = container_of(db, struct guard_server, db);

    if (why != NULL) {
        connect_failed(server, why);
        return;
    }
    server->failing_ms = 0;
    if (db_peer_pid(db) > 0) {
        watch(server, db_peer_pid(db));
    }
    server->config.on_connected(server->config.context);
    look(server);
}

static void on_lost(struct db *db, const struct err *why)
{
    struct guard_server *server = container_of(db, struct guard_server, db);

    (void)why;
    server->failing_ms = clock_now_ms();
    tell_if_dying(server);
    again_in(server, RETRY_UP_MS);
}

static void on_timer(uv_timer_t *timer)
{
    struct guard_server *server = container_of(timer, struct guard_server, timer);
    enum db_state state = db_state(&server->db);
    bool due = (state == DB_IDLE || state == DB_QUERYING) && !server->looking;

    if ((!due || server->killed) && tell_if_dying(server)) {
        again_in(server, RETRY_UP_MS); /* until the pidfd says that it has ended */
        return;
    }
    switch (state) {
    case DB_CLOSED:
        db_connect(&server->db, on_connect);
        again_in(server, LOOK_LATE_MS);
        return;
    case DB_CONNECTING:
        if (server->failing_ms == 0) {
            server->failing_ms = clock_now_ms();
        }
        tell_if_silent(server, server->failing_ms);
        again_in(server, LOOK_LATE_MS);
        return;
    case DB_IDLE:
    case DB_QUERYING:
        if (due) {
            look(server);
            return;
        }
        tell_if_silent(server, server->asked_ms);
        again_in(server, LOOK_LATE_MS);
        return;
    case DB_CLOSING:
        again_in(server, RETRY_UP_MS);
        return;
    }
}

/* ---- life cycle ------------------------------------------------------------------------------ */

int guard_server_open(struct guard_server *server, const struct guard_server_config *config,
                      struct err *err)
{
    int rv;

    memset(server, 0, sizeof *server);
    server->config = *config;
    rv = db_init(&server->db, config->loop, NULL, &config->local, on_lost, err);
    if (rv != 0) {
        return rv;
    }
    observe_init(&server->observe);
    server->observe.context = server;
    uv_timer_init(config->loop, &server->timer);
    again_in(server, 0);
    return 0;
}

static void closed(struct guard_server *server)
{
    assert(server->open_handles > 0);
    server->open_handles--;
    if (server->open_handles == 0) {
        server->on_closed(server->config.context);
    }
}

static void on_db_closed(struct db *db)
{
    closed(container_of(db, struct guard_server, db));
}

static void on_timer_closed(uv_handle_t *handle)
{
    closed(container_of((uv_timer_t *)handle, struct guard_server, timer));
}

void guard_server_close(struct guard_server *server, void (*cb)(void *context))
{
    assert(!server->closing);
    server->closing = true;
    server->on_closed = cb;
    server->open_handles = 2;
    forget(server);
    uv_close((uv_handle_t *)&server->timer, on_timer_closed);
    db_close(&server->db, on_db_closed);
}
