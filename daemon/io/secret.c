#include "daemon/io/secret.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The descriptor, or an error. O_NONBLOCK: opening a FIFO must not wait. */
static int open_private(const char *path, struct err *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int rv;

    if (fd < 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (fstat(fd, &info) != 0) {
        rv = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(info.st_mode)) {
        rv = err_set(err, ERR_PERMISSION, "%s: not a regular file", path);
    } else if ((info.st_mode & 077) != 0) {
        rv = err_set(err, ERR_PERMISSION, "%s: mode %04o lets others at it (chmod 600 %s)", path,
                     (unsigned)info.st_mode & 07777, path);
    } else if (info.st_uid != 0 && info.st_uid != geteuid()) {
        rv = err_set(err, ERR_PERMISSION, "%s: belongs to user %u, not to root or user %u", path,
                     (unsigned)info.st_uid, (unsigned)geteuid());
    } else {
        return fd;
    }
    close(fd);
    return rv;
}

/* Reads at most `size` bytes; the number read, or -1 with errno. */
static ssize_t read_all(int fd, char *bytes, size_t size)
{
    size_t length = 0;

    while (length < size) {
        ssize_t n = read(fd, bytes + length, size - length);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        length += (size_t)n;
    }
    return (ssize_t)length;
}

int secret_check(const char *path, struct err *err)
{
    int fd = open_private(path, err);

    if (fd < 0) {
        return fd;
    }
    close(fd);
    return 0;
}

int secret_read(const char *path, char *text, size_t size, struct err *err)
{
    char extra;
    ssize_t n;
    int rv = 0;
    int fd = open_private(path, err);

    assert(size >= 2);
    if (fd < 0) {
        sodium_memzero(text, size);
        return fd;
    }
    n = read_all(fd, text, size);
    if (n < 0) {
        rv = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        goto wipe;
    }
    /* A line of size - 1 bytes fills `text` with its newline. */
    if (n == (ssize_t)size && (text[n - 1] != '\n' || read_all(fd, &extra, 1) != 0)) {
        rv = err_set(err, ERR_INVALID, "%s: more than one line of %zu bytes", path, size - 1);
        goto wipe;
    }
    if (n > 0 && text[n - 1] == '\n') {
        n--;
    }
    if (n == 0 || memchr(text, '\n', (size_t)n) != NULL || memchr(text, '\0', (size_t)n) != NULL) {
        rv = err_set(err, ERR_INVALID, "%s: must hold exactly one line that isn't empty", path);
        goto wipe;
    }
    text[n] = '\0';
    close(fd);
    return 0;

wipe:
    sodium_memzero(text, size);
    close(fd);
    return rv;
}

int secret_read_key(const char *path, struct key_pair *pair, struct err *err)
{
    char text[KEYS_TEXT_SIZE];
    uint8_t key[KEYS_BYTES];
    int rv = secret_read(path, text, sizeof text, err);

    if (rv == 0 && !keys_decode(text, strlen(text), key)) {
        rv = err_set(err, ERR_INVALID, "%s: not a key (orchestratorctl keygen makes one)", path);
    }
    if (rv == 0) {
        keys_derive(pair, key);
    }
    sodium_memzero(text, sizeof text);
    sodium_memzero(key, sizeof key);
    return rv;
}
