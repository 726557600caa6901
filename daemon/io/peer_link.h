/* peer_link: one TCP connection to another agent: moves bytes between the socket
 * and a proto/channel. Only daemon/io/peer uses it.
 *
 * Happy path: peer_link_connect() -> connected -> hellos -> opened() -> messages
 * both ways -> peer_link_close() -> ended() -> gone().
 * An accepted one starts at the hellos.
 *
 * Failure: no connection or no handshake within LINK_DEADLINE_MS, a fault of the
 * channel, an error or the end of the stream: the link closes itself with the
 * reason. ended() is called at once, from inside whatever found the fault or from
 * inside peer_link_close(); nothing is called after it but gone(), in a later
 * turn of the loop, after which the link's memory is freed. What was queued is
 * discarded, what had arrived in part too.
 *
 * Bytes wait in the channel, not in the kernels (TCP_NOTSENT_LOWAT here, a small
 * SO_RCVBUF there), so that an urgent message overtakes bulk ones; sealed ones that
 * the socket didn't take are at most `out`. */
#ifndef DAEMON_IO_PEER_LINK_H
#define DAEMON_IO_PEER_LINK_H

#include <uv.h>

#include "base/list.h"
#include "proto/channel.h"

enum {
    LINK_DEADLINE_MS = 2000, /* for the connection, and again for the handshake */
    LINK_OUT_BYTES = 4 * FRAME_BYTES_MAX,
    LINK_IN_BYTES = 64 * 1024,
};

struct peer_link;

struct peer_link_hooks {
    void (*opened)(struct peer_link *link);
    void (*message)(struct peer_link *link, const struct channel_message *message);
    void (*ended)(struct peer_link *link); /* see link->reason */
    void (*gone)(struct peer_link *link);
};

struct peer_link {
    struct list siblings; /* the owner's */
    void *owner;
    uint64_t number;        /* the owner's: a newer link has a higher one */
    struct channel channel; /* who it is: channel.remote */
    struct sockaddr_storage address;
    bool closing;
    enum peer_reason reason;
    /* private */
    const struct peer_link_hooks *hooks;
    uv_tcp_t tcp;
    uv_timer_t deadline;
    uv_connect_t connect;
    uv_write_t write;
    unsigned handles;
    bool connected;
    bool writing;
    uint8_t out[LINK_OUT_BYTES];
    uint8_t in[LINK_IN_BYTES];
};

struct peer_link_options {
    uv_loop_t *loop;
    const struct channel_self *self;
    const struct peer_link_hooks *hooks;
    void *owner;
    uint64_t number;
};

/* NULL without memory. A connection that fails at once still comes back as a
 * link, and ends in a later turn of the loop. */
struct peer_link *peer_link_connect(const struct peer_link_options *options, unsigned remote,
                                    const struct sockaddr_storage *address);

/* Takes the next connection of `listener`; NULL without memory. Ends like the
 * other if that fails. */
struct peer_link *peer_link_accept(const struct peer_link_options *options, uv_stream_t *listener);

/* Sends what is queued, as far as the socket takes it; the rest follows by itself. */
void peer_link_flush(struct peer_link *link);

/* Does nothing if it closes already. */
void peer_link_close(struct peer_link *link, enum peer_reason reason);

#endif
