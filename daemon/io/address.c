#include "daemon/io/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"

static bool parse_v4(const char *host, uint16_t port, struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;

    *v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    return inet_pton(AF_INET, host, &v4->sin_addr) == 1;
}

/* `host` still has its brackets. */
static bool parse_v6(char *host, size_t length, uint16_t port, struct sockaddr_storage *address)
{
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

    *v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (length < 2 || host[length - 1] != ']') {
        return false;
    }
    host[length - 1] = '\0';
    return inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1;
}

bool address_parse(const char *text, struct sockaddr_storage *address)
{
    const char *colon = strrchr(text, ':');
    char host[LIMIT_ADDRESS_SIZE];
    uint64_t port;

    if (colon == NULL || (size_t)(colon - text) >= sizeof host ||
        !text_u64(colon + 1, strlen(colon + 1), UINT16_MAX, &port) || port == 0) {
        return false;
    }
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    *address = (struct sockaddr_storage){0};
    return host[0] == '[' ? parse_v6(host, (size_t)(colon - text), (uint16_t)port, address)
                          : parse_v4(host, (uint16_t)port, address);
}

bool address_is_loopback(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

    return address->ss_family == AF_INET ? ntohl(v4->sin_addr.s_addr) >> 24 == 127
                                         : IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

bool address_is_any(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

    return address->ss_family == AF_INET ? v4->sin_addr.s_addr == htonl(INADDR_ANY)
                                         : IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
}

void address_format(char *text, size_t size, const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    char host[INET6_ADDRSTRLEN];

    assert(size >= LIMIT_ADDRESS_SIZE);
    if (address->ss_family == AF_INET) {
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        text_format(text, size, "%s:%u", host, ntohs(v4->sin_port));
    } else if (address->ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        text_format(text, size, "[%s]:%u", host, ntohs(v6->sin6_port));
    } else {
        text_copy(text, size, "unknown");
    }
}

int address_listen(const struct sockaddr_storage *address, int backlog, struct err *err)
{
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    char text[LIMIT_ADDRESS_SIZE];
    int yes = 1;
    int rv;

    if (fd >= 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    }
    if (fd >= 0 && bind(fd, (const struct sockaddr *)address, sizeof *address) == 0 &&
        listen(fd, backlog) == 0) {
        return fd;
    }
    address_format(text, sizeof text, address);
    rv = err_set(err, ERR_IO, "listen on %s: %s", text, strerror(errno));
    if (fd >= 0) {
        close(fd);
    }
    return rv;
}
