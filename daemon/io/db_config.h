/* db_config: where a MariaDB server is and how to log in.
 *
 * The strings are borrowed: they outlive the connection. Nothing here is ever
 * written to a log; the password is in no error's story. */
#ifndef DAEMON_IO_DB_CONFIG_H
#define DAEMON_IO_DB_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct db_config {
    const char *host;   /* an IPv4 or IPv6 literal (a name would block), or NULL: */
    const char *socket; /* the path of a unix socket */
    unsigned port;
    const char *user;
    const char *password;
    bool tls;       /* refuse a server that does not encrypt; TCP only */
    const char *ca; /* with tls: the file that the server's certificate is checked against */
    uint64_t connect_timeout_ms;
};

/* ERR_INVALID with the story: a host that is no IP literal, no address or two of them, a
 * port out of range, no user, no time-out, TLS without a CA or over a unix socket. */
int db_config_check(const struct db_config *config, struct err *err);

/* Puts the server's address in front of a story. */
void db_config_tell(const struct db_config *config, struct err *err);

#endif
