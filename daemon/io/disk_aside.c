#include "daemon/io/disk_aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/limits.h"
#include "daemon/io/disk_file.h"

struct move {
    int from;
    int to;
    const char *const *keep;
};

/* The first name that is free. */
static int make_place(int directory, char name[LIMIT_NAME_SIZE], struct err *err)
{
    for (int i = 1; i <= DISK_ASIDE_MAX; i++) {
        text_format(name, LIMIT_NAME_SIZE, "damaged-%d", i);
        if (mkdirat(directory, name, 0700) == 0) {
            return disk_file_open(directory, name, O_RDONLY | O_DIRECTORY, err);
        }
        if (errno != EEXIST) {
            return err_set(err, ERR_IO, "create %s: %s", name, strerror(errno));
        }
    }
    return err_set(err, ERR_LIMIT,
                   "%d damaged stores are kept here already; look at them, and remove what nobody "
                   "needs",
                   DISK_ASIDE_MAX);
}

static bool stays(const struct move *move, const char *name)
{
    if (strcmp(name, "lock") == 0 || strncmp(name, "damaged-", 8) == 0) {
        return true;
    }
    for (const char *const *kept = move->keep; kept != NULL && *kept != NULL; kept++) {
        if (strcmp(name, *kept) == 0) {
            return true;
        }
    }
    return false;
}

static int move_one(void *context, const char *name, struct err *err)
{
    const struct move *move = context;

    if (stays(move, name) || renameat(move->from, name, move->to, name) == 0) {
        return 0;
    }
    return err_set(err, ERR_IO, "move %s: %s", name, strerror(errno));
}

int disk_set_aside(const char *directory, const char *const *keep, char *path, size_t size,
                   struct err *err)
{
    struct move move = {.from = disk_file_open_directory(directory, err), .to = -1, .keep = keep};
    char name[LIMIT_NAME_SIZE] = "";
    int lock = -1;
    int rv = move.from;

    if (rv < 0) {
        goto out;
    }
    rv = lock = disk_file_lock(move.from, err);
    if (rv < 0) {
        goto out;
    }
    rv = move.to = make_place(move.from, name, err);
    if (rv < 0) {
        goto out;
    }
    rv = disk_file_list(move.from, move_one, &move, err);
    if (rv == 0) {
        rv = disk_file_sync_directory(move.to, err);
    }
    if (rv == 0) {
        rv = disk_file_sync_directory(move.from, err);
    }
    text_format(path, size, "%s/%s", directory, name);
out:
    disk_file_close(move.to);
    disk_file_close(lock);
    disk_file_close(move.from);
    if (rv != 0) {
        err_wrap(err, "%s", directory);
    }
    return rv;
}
