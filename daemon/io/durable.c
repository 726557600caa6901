#include "daemon/io/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"

int durable_write_all(int fd, const void *bytes, size_t length, const char *path, struct err *err)
{
    const char *at = bytes;

    while (length > 0) {
        ssize_t n = write(fd, at, length);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return err_set(err, ERR_IO, "%s: %s", path, n == 0 ? "disk full" : strerror(errno));
        }
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

int durable_sync_directory(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rv = 0;

    if (fd < 0 || fsync(fd) != 0) {
        rv = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return rv;
}

static int write_new(const char *path, const void *bytes, size_t length, struct err *err)
{
    int fd;
    int rv;

    unlink(path); /* a new one each time: after a crash it may be the file that it is to replace */
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    rv = durable_write_all(fd, bytes, length, path, err);
    if (rv == 0 && fsync(fd) != 0) {
        rv = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    close(fd);
    return rv;
}

/* The path's directory: "." for a bare name. */
static void directory_of(const char *path, char *directory, size_t size)
{
    char *slash;

    text_copy(directory, size, path);
    slash = strrchr(directory, '/');
    if (slash == NULL) {
        text_copy(directory, size, ".");
    } else {
        slash[slash == directory ? 1 : 0] = '\0';
    }
}

int durable_replace(const char *path, const void *bytes, size_t length, struct err *err)
{
    char temporary[LIMIT_PATH_SIZE + 8];
    char directory[LIMIT_PATH_SIZE];
    int rv;

    if (strlen(path) >= LIMIT_PATH_SIZE) {
        return err_set(err, ERR_IO, "%s: longer than %d bytes", path, LIMIT_PATH_SIZE - 1);
    }
    directory_of(path, directory, sizeof directory);
    text_format(temporary, sizeof temporary, "%s.new~", path);
    rv = write_new(temporary, bytes, length, err);
    if (rv == 0 && rename(temporary, path) != 0) {
        rv = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (rv != 0) {
        unlink(temporary);
        return rv;
    }
    return durable_sync_directory(directory, err);
}
