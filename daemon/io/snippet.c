#include "daemon/io/snippet.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"
#include "daemon/io/durable.h"

enum { SNIPPET_BYTES_MAX = 2048 };

static const char role_key[] = "init_rpl_role=";

static const char head[] =
    "# Written by orchestratord, which replaces the whole file: edits are lost.\n"
    "#\n"
    "# Every boot is a harmless one. The agent of this host asks for more with SQL, when the\n"
    "# cluster's ledger says so. init_rpl_role is MASTER except for the one start at which a\n"
    "# former primary gives up transactions that were never acknowledged.\n"
    "[mariadbd]\n"
    "read_only=1\n"
    "skip_slave_start=1\n"
    "rpl_semi_sync_master_enabled=0\n"
    "rpl_semi_sync_slave_enabled=0\n"
    "event_scheduler=OFF\n";

static const char leased_line[] =
    "# A guard has made this server writable under a lease. An agent that finds no memory of that\n"
    "# in its data_dir fences the server until the ledger is known; see docs/operations.md.\n";

static const char *const role_names[] = {
#define X(role, name) [role] = name,
    SNIPPET_ROLE_MAP(X)
#undef X
};

const char *snippet_role_name(enum snippet_role role)
{
    return role_names[role];
}

static int read_file(const char *path, char text[SNIPPET_BYTES_MAX], struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0) {
        return err_set(err, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, "%s: %s", path,
                       strerror(errno));
    }
    n = read(fd, text, SNIPPET_BYTES_MAX);
    close(fd);
    if (n < 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (n == SNIPPET_BYTES_MAX) {
        return err_set(err, ERR_LIMIT, "%s: longer than %d bytes, so not ours", path,
                       SNIPPET_BYTES_MAX - 1);
    }
    text[n] = '\0';
    return 0;
}

/* After read_file(): in doubt, yes. */
static bool says_leased(const char *text, int rv)
{
    return rv == 0 ? strstr(text, leased_line) != NULL : rv != ERR_NOTFOUND;
}

bool snippet_was_leased(const char *path)
{
    char text[SNIPPET_BYTES_MAX] = "";
    int rv = read_file(path, text, NULL);

    return says_leased(text, rv);
}

int snippet_write(const char *path, enum snippet_role role, bool leased, struct err *err)
{
    char text[SNIPPET_BYTES_MAX];
    char present[SNIPPET_BYTES_MAX] = "";
    int rv = read_file(path, present, NULL);
    const char *past = leased || says_leased(present, rv) ? leased_line : "";

    text_format(text, sizeof text, "%s%s%s\n%s", head, role_key, role_names[role], past);
    if (rv == 0 && strcmp(text, present) == 0) {
        return 0;
    }
    rv = durable_replace(path, text, strlen(text), err);
    if (rv != 0) {
        err_wrap(err, "the snippet for mariadbd can't be written");
    }
    return rv;
}

static void on_work(uv_work_t *work)
{
    struct snippet_job *job = container_of(work, struct snippet_job, work);

    err_reset(&job->err);
    snippet_write(job->path, job->role, job->leased, &job->err);
}

static void on_done(uv_work_t *work, int status)
{
    struct snippet_job *job = container_of(work, struct snippet_job, work);

    (void)status; /* we never cancel */
    job->cb(job, job->err.code == 0 ? NULL : &job->err);
}

void snippet_write_start(struct snippet_job *job, uv_loop_t *loop, const char *path,
                         enum snippet_role role, bool leased,
                         void (*cb)(struct snippet_job *job, const struct err *why))
{
    text_copy(job->path, sizeof job->path, path);
    job->role = role;
    job->leased = leased;
    job->cb = cb;
    uv_queue_work(loop, &job->work, on_work, on_done);
}
