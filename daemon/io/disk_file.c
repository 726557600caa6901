#include "daemon/io/disk_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

static int failed(struct err *err, const char *what, const char *name)
{
    return err_set(err, ERR_IO, "%s %s: %s", what, name, strerror(errno));
}

int disk_file_open(int directory, const char *name, int flags, struct err *err)
{
    int fd;

    do {
        fd = openat(directory, name, flags | O_CLOEXEC, 0600);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0 && errno == ENOENT) {
        return err_set(err, ERR_NOTFOUND, "there is no %s", name);
    }
    return fd >= 0 ? fd : failed(err, "open", name);
}

int disk_file_write(int fd, const char *name, const void *bytes, size_t length, uint64_t offset,
                    struct err *err)
{
    const uint8_t *next = bytes;

    while (length > 0) {
        ssize_t written = pwrite(fd, next, length, (off_t)offset);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return failed(err, "write", name);
        }
        next += written;
        length -= (size_t)written;
        offset += (uint64_t)written;
    }
    return 0;
}

/* Never tried again: after a failure the kernel may have dropped the pages. */
int disk_file_sync(int fd, const char *name, struct err *err)
{
    return fdatasync(fd) == 0 ? 0 : failed(err, "sync", name);
}

int disk_file_sync_directory(int directory, struct err *err)
{
    return fsync(directory) == 0 ? 0 : failed(err, "sync", "the directory");
}

int disk_file_read(int directory, const char *name, struct buf *out, struct err *err)
{
    struct stat status;
    uint8_t *bytes;
    size_t done = 0;
    int fd = disk_file_open(directory, name, O_RDONLY, err);
    int rv;

    if (fd < 0) {
        return fd;
    }
    rv = disk_file_sync(fd, name, err);
    if (rv != 0) {
        goto out;
    }
    if (fstat(fd, &status) != 0) {
        rv = failed(err, "stat", name);
        goto out;
    }
    if (status.st_size == 0) {
        goto out;
    }
    bytes = buf_extend(out, (size_t)status.st_size);
    if (bytes == NULL) {
        rv = err_set(err, ERR_LIMIT, "%s has %lld bytes, more than this program ever writes", name,
                     (long long)status.st_size);
        goto out;
    }
    while (done < (size_t)status.st_size) {
        ssize_t got = pread(fd, bytes + done, (size_t)status.st_size - done, (off_t)done);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            rv = failed(err, "read", name);
            goto out;
        }
        done += (size_t)got;
    }
out:
    close(fd);
    return rv;
}

int disk_file_replace(int directory, const char *name, const void *bytes, size_t length,
                      struct err *err)
{
    char temporary[LIMIT_NAME_SIZE];
    int fd;
    int rv;

    if (!text_format(temporary, sizeof(temporary), "%s.tmp", name)) {
        return err_set(err, ERR_INVALID, "%s: too long a name", name);
    }
    fd = disk_file_open(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC, err);
    if (fd < 0) {
        return fd;
    }
    rv = disk_file_write(fd, temporary, bytes, length, 0, err);
    if (rv == 0 && fsync(fd) != 0) {
        rv = failed(err, "sync", temporary);
    }
    close(fd);
    if (rv == 0 && renameat(directory, temporary, directory, name) != 0) {
        rv = failed(err, "rename", temporary);
    }
    return rv == 0 ? disk_file_sync_directory(directory, err) : rv;
}

int disk_file_remove(int directory, const char *name, struct err *err)
{
    return unlinkat(directory, name, 0) == 0 || errno == ENOENT ? 0 : failed(err, "remove", name);
}
