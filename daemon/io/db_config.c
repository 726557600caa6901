#include "daemon/io/db_config.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

static bool is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

int db_config_check(const struct db_config *config, struct err *err)
{
    if ((config->host == NULL) == (config->socket == NULL)) {
        return err_set(err, ERR_INVALID,
                       "a server is reached at an IP address or over a unix socket: give one");
    }
    if (config->host != NULL && !is_address(config->host)) {
        return err_set(err, ERR_INVALID,
                       "'%s' is no IP address; a name is not accepted, looking it up would block",
                       config->host);
    }
    if (config->host != NULL && (config->port == 0 || config->port > UINT16_MAX)) {
        return err_set(err, ERR_INVALID, "port %u is not within 1 to 65535", config->port);
    }
    if (config->user == NULL || config->password == NULL) {
        return err_set(err, ERR_INVALID, "a user and a password are needed");
    }
    if (config->connect_timeout_ms == 0) {
        return err_set(err, ERR_INVALID, "a connect time-out above 0 ms is needed");
    }
    if (config->tls && (config->host == NULL || config->ca == NULL)) {
        return err_set(err, ERR_INVALID, "TLS needs an IP address and a CA file");
    }
    return 0;
}

void db_config_tell(const struct db_config *config, struct err *err)
{
    if (config->socket != NULL) {
        err_wrap(err, "%s", config->socket);
    } else if (strchr(config->host, ':') != NULL) {
        err_wrap(err, "[%s]:%u", config->host, config->port);
    } else {
        err_wrap(err, "%s:%u", config->host, config->port);
    }
}
