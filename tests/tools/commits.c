/* commits: how long a change takes, from the request to the answer, one after the other.
 *
 *     commits ADDRESS PORT COUNT    prints COUNT times in milliseconds; the API's token is the
 *                                   first line of standard input
 *
 * One connection, kept. A client in Python takes a twentieth of the time that it measures. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "tests/tools/now.h"

enum { TOKEN_BYTES_MAX = 256, REQUEST_BYTES_MAX = 1024, ANSWER_BYTES_MAX = 8192 };

static void fail(const char *what, const char *text)
{
    fprintf(stderr, "commits: %s: %s\n", what, text);
    exit(1);
}

static int connect_to(const char *address, const char *port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;

    if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0) {
        fail("can't connect", address);
    }
    return fd;
}

static bool is_whole(const char *answer)
{
    const char *head_end = strstr(answer, "\r\n\r\n");
    const char *length = strcasestr(answer, "\ncontent-length:");

    return head_end != NULL && length != NULL &&
           strlen(head_end + 4) >= strtoul(length + strlen("\ncontent-length:"), NULL, 10);
}

/* Until the answer is there; it must be 200. */
static double change(int fd, const char *request, size_t length)
{
    char answer[ANSWER_BYTES_MAX + 1] = "";
    size_t got = 0;
    double began_ms = now_ms();
    double ended_ms = 0;

    if (send(fd, request, length, MSG_NOSIGNAL) != (ssize_t)length) {
        fail("can't send", request);
    }
    while (!is_whole(answer)) {
        ssize_t n = recv(fd, answer + got, ANSWER_BYTES_MAX - got, 0);

        ended_ms = now_ms();
        if (n <= 0) {
            fail("no whole answer", answer);
        }
        got += (size_t)n;
        answer[got] = '\0';
    }
    if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0) {
        fail("not done", answer);
    }
    return ended_ms - began_ms;
}

int main(int argc, char **argv)
{
    long count = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
    char token[TOKEN_BYTES_MAX];
    char request[REQUEST_BYTES_MAX];
    int fd;

    if (count <= 0 || fgets(token, sizeof token, stdin) == NULL) {
        fprintf(stderr, "usage: commits ADDRESS PORT COUNT < TOKEN\n");
        return 2;
    }
    token[strcspn(token, "\n")] = '\0';
    fd = connect_to(argv[1], argv[2]);
    for (long i = 0; i < count; i++) {
        if (!text_format(request, sizeof request,
                         "PATCH /v1/clusters/main HTTP/1.1\r\nHost: %s:%s\r\n"
                         "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                         "Content-Length: 22\r\n\r\n{\"repair_retry_s\": %ld}",
                         argv[1], argv[2], token, 30 + i % 2)) {
            fail("too long", "the token");
        }
        printf("%.4f\n", change(fd, request, strlen(request)));
    }
    return 0;
}
