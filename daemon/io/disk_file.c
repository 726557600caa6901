#include "daemon/io/disk_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

/* What says nothing of the disk must not look like damage: a store that is damaged is set aside. */
static int code_of(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return ERR_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_PERMISSION;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return ERR_NOMEM;
    default:
        return ERR_IO;
    }
}

static int failed(struct err *err, const char *what, const char *name)
{
    return err_set(err, code_of(errno), "%s %s: %s", what, name, strerror(errno));
}

/* The name of what is mounted there isn't in the parent. */
static bool is_mounted(int directory, int parent)
{
    struct stat here;
    struct stat above;

    return fstat(directory, &here) == 0 && fstat(parent, &above) == 0 &&
           here.st_dev != above.st_dev;
}

/* Its name must not be lost either. It may be older than a crash, and was never synced then. Who
 * may not read the parent didn't make the directory. */
static int sync_parent(int directory, struct err *err)
{
    int parent = disk_file_open(directory, "..", O_RDONLY | O_DIRECTORY, err);
    int rv = parent < 0 ? parent : 0;

    if (rv == 0 && !is_mounted(directory, parent)) {
        rv = disk_file_sync_directory(parent, err);
    }
    disk_file_close(parent);
    return rv == ERR_PERMISSION ? 0 : rv;
}

int disk_file_open_directory(const char *path, struct err *err)
{
    int handle;
    int rv;

    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return failed(err, "create", "the directory");
    }
    handle = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) {
        return failed(err, "open", "the directory");
    }
    rv = sync_parent(handle, err);
    if (rv != 0) {
        close(handle);
    }
    return rv == 0 ? handle : rv;
}

int disk_file_lock(int directory, struct err *err)
{
    int handle = disk_file_open(directory, "lock", O_RDWR | O_CREAT, err);
    int rv;

    if (handle < 0 || flock(handle, LOCK_EX | LOCK_NB) == 0) {
        return handle;
    }
    rv = errno == EWOULDBLOCK ? err_set(err, ERR_BUSY, "another process uses this directory")
                              : failed(err, "lock", "the directory");
    close(handle);
    return rv;
}

int disk_file_list(int directory, disk_file_each *each, void *context, struct err *err)
{
    int handle = disk_file_open(directory, ".", O_RDONLY | O_DIRECTORY, err);
    DIR *stream = handle >= 0 ? fdopendir(handle) : NULL;
    struct dirent *entry;
    int rv = 0;

    if (stream == NULL) {
        rv = failed(err, "list", "the directory");
        disk_file_close(handle);
        return rv;
    }
    while (rv == 0 && (entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            rv = each(context, entry->d_name, err);
        }
    }
    closedir(stream);
    return rv;
}

void disk_file_close(int handle)
{
    if (handle >= 0) {
        close(handle);
    }
}

uint64_t disk_file_random(void)
{
    uint64_t number = 0;

    while (number == 0) {
        ssize_t got = getrandom(&number, sizeof(number), 0);

        if (got != sizeof(number)) {
            number = 0;
        }
    }
    return number;
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

int disk_file_write(int handle, const char *name, const void *bytes, size_t length, uint64_t offset,
                    struct err *err)
{
    const uint8_t *next = bytes;

    while (length > 0) {
        ssize_t written = pwrite(handle, next, length, (off_t)offset);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            errno = written == 0 ? EIO : errno;
            return failed(err, "write", name);
        }
        next += written;
        length -= (size_t)written;
        offset += (uint64_t)written;
    }
    return 0;
}

/* Never tried again, whatever the reason: the kernel may have dropped the pages. */
static int sync_failed(struct err *err, const char *name)
{
    return err_set(err, ERR_IO, "sync %s: %s", name, strerror(errno));
}

int disk_file_sync(int handle, const char *name, struct err *err)
{
    return fdatasync(handle) == 0 ? 0 : sync_failed(err, name);
}

int disk_file_sync_directory(int directory, struct err *err)
{
    return fsync(directory) == 0 ? 0 : sync_failed(err, "the directory");
}

/* A process whose sync failed leaves pages that the kernel takes for written, and a later sync of
 * another process finds nothing to do. What is read must come from the disk. */
static int drop_cache(int fd, const char *name, struct err *err)
{
    errno = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    return errno == 0 ? 0 : failed(err, "read", name);
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
    if (rv == 0) {
        rv = drop_cache(fd, name, err);
    }
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
    if (bytes == NULL && (uint64_t)status.st_size > out->length_max - out->length) {
        rv = err_set(err, ERR_CORRUPT, "%s has %lld bytes, more than this program ever writes",
                     name, (long long)status.st_size);
        goto out;
    }
    if (bytes == NULL) {
        rv = err_set(err, ERR_NOMEM, "no memory to read %s", name);
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
    /* A new one each time: after a crash without a journal both names may be those of one file. */
    rv = disk_file_remove(directory, temporary, err);
    fd = rv == 0 ? disk_file_open(directory, temporary, O_WRONLY | O_CREAT | O_EXCL, err) : rv;
    if (fd < 0) {
        return fd;
    }
    rv = disk_file_write(fd, temporary, bytes, length, 0, err);
    if (rv == 0 && fsync(fd) != 0) {
        rv = sync_failed(err, temporary);
    }
    close(fd);
    if (rv == 0 && renameat(directory, temporary, directory, name) != 0) {
        rv = failed(err, "rename", temporary);
    }
    if (rv == ERR_FULL) {
        disk_file_remove(directory, temporary, NULL); /* it takes space, too */
    }
    return rv == 0 ? disk_file_sync_directory(directory, err) : rv;
}

int disk_file_remove(int directory, const char *name, struct err *err)
{
    return unlinkat(directory, name, 0) == 0 || errno == ENOENT ? 0 : failed(err, "remove", name);
}
