/* quorum: the floor of a commit: what is left when nothing is decided, parsed or remembered.
 *
 *     quorum DIRECTORY COUNT    prints COUNT times in milliseconds, one after the other
 *
 * Three processes on loopback. The first one sends 192 bytes to the two others; all three write
 * them over what their file already holds and have them on disk; two of three are enough. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "tests/tools/now.h"

enum { FOLLOWERS = 2, ENTRY_BYTES = 192, FILE_BYTES = 1 << 20, PATH_BYTES = 512 };

struct entry {
    uint64_t number;
    uint8_t rest[ENTRY_BYTES - sizeof(uint64_t)];
};

static void fail(const char *what)
{
    fprintf(stderr, "quorum: ");
    perror(what);
    exit(1);
}

/* A file whose blocks are all written, so that only data has to reach the disk later. */
static int open_file(const char *directory, int who)
{
    static const uint8_t zeros[FILE_BYTES];
    char path[PATH_BYTES];
    int fd;

    if (!text_format(path, sizeof path, "%s/quorum.%d", directory, who)) {
        fail(directory);
    }
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || unlink(path) != 0 || write(fd, zeros, sizeof zeros) != sizeof zeros ||
        fsync(fd) != 0) {
        fail(path);
    }
    return fd;
}

static void write_down(int file, const struct entry *entry)
{
    off_t at = (off_t)(entry->number * ENTRY_BYTES % (FILE_BYTES - ENTRY_BYTES));

    if (pwrite(file, entry, sizeof *entry, at) != sizeof *entry || fdatasync(file) != 0) {
        fail("can't write");
    }
}

/* Two ends of a connection over loopback. */
static void connect_both(int ends[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;

    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
        connect(ends[0], (struct sockaddr *)&address, sizeof address) != 0) {
        fail("can't connect");
    }
    ends[1] = accept(listener, NULL, NULL);
    for (int i = 0; i < 2; i++) {
        if (setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0) {
            fail("TCP_NODELAY");
        }
    }
    close(listener);
}

static void follow(int leader, int file)
{
    struct entry entry;

    while (recv(leader, &entry, sizeof entry, MSG_WAITALL) == sizeof entry) {
        write_down(file, &entry);
        if (send(leader, &entry.number, sizeof entry.number, MSG_NOSIGNAL) < 0) {
            break;
        }
    }
    _exit(0);
}

/* Until either of them has that entry. The answers of the other one are taken when they come. */
static void wait_for_one(const int followers[FOLLOWERS], uint64_t number)
{
    struct pollfd ends[FOLLOWERS] = {{.fd = followers[0], .events = POLLIN},
                                     {.fd = followers[1], .events = POLLIN}};
    uint64_t got = 0;

    while (got < number) {
        if (poll(ends, FOLLOWERS, -1) < 0) {
            fail("poll");
        }
        for (int i = 0; i < FOLLOWERS; i++) {
            uint64_t answer = 0;

            if (ends[i].revents != 0 &&
                recv(ends[i].fd, &answer, sizeof answer, MSG_WAITALL) != sizeof answer) {
                fail("a follower is gone");
            }
            got = answer > got ? answer : got;
        }
    }
}

int main(int argc, char **argv)
{
    long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    int followers[FOLLOWERS];
    int file;

    if (count <= 0) {
        fprintf(stderr, "usage: quorum DIRECTORY COUNT\n");
        return 2;
    }
    for (int i = 0; i < FOLLOWERS; i++) {
        int ends[2];

        connect_both(ends);
        file = open_file(argv[1], i + 1);
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(ends[0]);
            follow(ends[1], file);
        }
        close(ends[1]);
        close(file);
        followers[i] = ends[0];
    }
    file = open_file(argv[1], 0);
    for (long i = 1; i <= count; i++) {
        struct entry entry = {.number = (uint64_t)i};
        double began_ms = now_ms();

        for (int j = 0; j < FOLLOWERS; j++) {
            if (send(followers[j], &entry, sizeof entry, MSG_NOSIGNAL) != sizeof entry) {
                fail("can't send");
            }
        }
        write_down(file, &entry);
        wait_for_one(followers, entry.number);
        printf("%.4f\n", now_ms() - began_ms);
    }
    return 0;
}
