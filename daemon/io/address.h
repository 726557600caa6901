/* address: "IP:PORT" and "[IPv6]:PORT" to what sockets take.
 *
 * IP literals only: looking a name up can block, and can change its mind. */
#ifndef DAEMON_IO_ADDRESS_H
#define DAEMON_IO_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/err.h"

/* False unless `text` is an IP literal with a port in 1..65535. */
bool address_parse(const char *text, struct sockaddr_storage *address);

bool address_is_loopback(const struct sockaddr_storage *address);
bool address_is_any(const struct sockaddr_storage *address); /* 0.0.0.0 or [::] */

/* The other way round; "unknown" for any other family. `size` is
 * LIMIT_ADDRESS_SIZE or more. */
void address_format(char *text, size_t size, const struct sockaddr_storage *address);

/* A non-blocking TCP socket that listens there: its descriptor, or ERR_IO. */
int address_listen(const struct sockaddr_storage *address, int backlog, struct err *err);

#endif
