/* peer_log: what the log hears of connections between agents. Only daemon/io/peer uses it. */
#ifndef DAEMON_IO_PEER_LOG_H
#define DAEMON_IO_PEER_LOG_H

#include "daemon/io/peer.h"
#include "daemon/io/peer_link.h"

/* An open connection has ended. */
void peer_log_end(struct peers *peers, const struct peer *peer, enum peer_reason reason);

/* An attempt failed; once for each reason until there was a connection. */
void peer_log_unreachable(struct peers *peers, struct peer *peer, const struct peer_link *link);

/* A stranger was refused. Whoever connects again and again must not fill the log. */
void peer_log_refused(struct peers *peers, const struct peer_link *link);

/* `count` messages to it were dropped since it is connected. */
void peer_log_dropped(struct peers *peers, unsigned id, uint64_t count);

#endif
