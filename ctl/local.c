/* local: the verbs that ask no agent. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "proto/keys.h"

/* Writes the whole line and its newline to a new file that only its owner reads. */
static enum ctl_exit write_secret(const char *path, const char *line)
{
    char text[KEYS_TEXT_SIZE + 1];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    size_t length;
    bool written;

    if (fd < 0) {
        return ctl_fail(CTL_FAILED, "%s: %s", path,
                        errno == EEXIST ? "exists already; a key is never overwritten"
                                        : strerror(errno));
    }
    text_format(text, sizeof text, "%s\n", line);
    length = strlen(text);
    written = write(fd, text, length) == (ssize_t)length && fsync(fd) == 0;
    sodium_memzero(text, sizeof text);
    if (close(fd) != 0 || !written) {
        unlink(path);
        return ctl_fail(CTL_FAILED, "%s: could not be written: %s", path, strerror(errno));
    }
    return CTL_DONE;
}

enum ctl_exit verb_keygen(struct ctl *ctl)
{
    const char *path = option_text(&ctl->options, OPTION_OUT);
    char secret[KEYS_TEXT_SIZE];
    char public[KEYS_TEXT_SIZE];
    struct key_pair pair;
    enum ctl_exit status;

    if (path == NULL) {
        return ctl_fail(CTL_USAGE, "--out FILE is missing: the secret key is never printed");
    }
    keys_generate(&pair);
    keys_encode(secret, pair.secret);
    keys_encode(public, pair.public);
    keys_wipe(&pair);
    status = write_secret(path, secret);
    sodium_memzero(secret, sizeof secret);
    if (status != CTL_DONE) {
        return status;
    }
    if (ctl->json) {
        json_t *object = json_pack("{s:s, s:s}", "public", public, "file", path);

        ctl_print_json(object);
        json_decref(object);
    } else {
        printf("%s\n", public);
    }
    return CTL_DONE;
}

/* The daemon that stands beside this program, so that both are of one version. */
static bool daemon_path(char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size - 1);
    char *slash;

    if (length <= 0) {
        return false;
    }
    path[length] = '\0';
    slash = strrchr(path, '/');
    return slash != NULL &&
           text_copy(slash + 1, size - (size_t)(slash + 1 - path), "orchestratord") &&
           access(path, X_OK) == 0;
}

/* Only the daemon knows its configuration, so it is asked. */
enum ctl_exit verb_config_check(struct ctl *ctl)
{
    char path[4096];
    const char *file = ctl->options.arguments[0];
    const char *program = daemon_path(path, sizeof path) ? path : "orchestratord";
    int status = 0;
    pid_t child = fork();

    if (child < 0) {
        return ctl_fail(CTL_FAILED, "fork: %s", strerror(errno));
    }
    if (child == 0) {
        execlp(program, program, "--check-config", "--config", file, (char *)NULL);
        fprintf(stderr, "orchestratorctl: %s: %s\n", program, strerror(errno));
        _exit(127);
    }
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return ctl_fail(CTL_FAILED, "waitpid: %s", strerror(errno));
        }
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CTL_DONE : CTL_FAILED;
}
