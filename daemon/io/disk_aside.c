#include "daemon/io/disk_aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/limits.h"
#include "daemon/io/disk_file.h"
#include "daemon/io/disk_slots.h"

struct move {
    int from;
    int to;
    const char *const *stay;
    const char *const *keep;
};

static int failed(struct err *err, const char *what, const char *name)
{
    int code = errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO;

    return err_set(err, code, "%s %s: %s", what, name, strerror(errno));
}

/* The first name that is free. */
static int make_place(int directory, char name[LIMIT_NAME_SIZE], struct err *err)
{
    for (int i = 1; i <= DISK_ASIDE_MAX; i++) {
        text_format(name, LIMIT_NAME_SIZE, "damaged-%d", i);
        if (mkdirat(directory, name, 0700) == 0) {
            return disk_file_open(directory, name, O_RDONLY | O_DIRECTORY, err);
        }
        if (errno != EEXIST) {
            return failed(err, "create", name);
        }
    }
    return err_set(err, ERR_LIMIT,
                   "%d damaged stores are kept here already; look at them, and remove what nobody "
                   "needs",
                   DISK_ASIDE_MAX);
}

/* A store has only files; folders and sockets are somebody else's (gate_save, gate_server). */
static bool is_file(int directory, const char *name)
{
    struct stat status;

    return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
}

/* Is the small record whole, or was it never written? */
static bool is_readable(int directory, const char *name)
{
    uint8_t bytes[LIMIT_SMALL_BYTES];
    uint64_t sequence;
    size_t length;
    int rv = disk_slots_read(directory, name, &sequence, bytes, &length, NULL);

    return rv == 0 || rv == ERR_NOTFOUND;
}

static bool is_among(const char *name, const char *const *names)
{
    for (; names != NULL && *names != NULL; names++) {
        if (strcmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

static bool stays(const struct move *move, const char *name)
{
    return strcmp(name, "lock") == 0 || !is_file(move->from, name) || is_among(name, move->stay) ||
           (is_among(name, move->keep) && is_readable(move->from, name));
}

static int move_one(void *context, const char *name, struct err *err)
{
    const struct move *move = context;

    if (stays(move, name) || renameat(move->from, name, move->to, name) == 0) {
        return 0;
    }
    return failed(err, "move", name);
}

static int sync_both(const struct move *move, struct err *err)
{
    int rv = disk_file_sync_directory(move->to, err);

    return rv == 0 ? disk_file_sync_directory(move->from, err) : rv;
}

/* The identity first: what is left without it, if a crash comes now, is not opened as a store. */
static int move_all(const struct move *move, struct err *err)
{
    struct move whole = *move;
    int rv = is_file(move->from, "identity") ? move_one(&whole, "identity", err) : 0;

    if (rv == 0) {
        rv = sync_both(move, err);
    }
    if (rv == 0) {
        rv = disk_file_list(move->from, move_one, &whole, err);
    }
    return rv == 0 ? sync_both(move, err) : rv;
}

int disk_set_aside(const char *directory, const char *const *stay, const char *const *keep,
                   char *path, size_t size, struct err *err)
{
    struct move move = {
        .from = disk_file_open_directory(directory, err), .to = -1, .stay = stay, .keep = keep};
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
    rv = move_all(&move, err);
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
