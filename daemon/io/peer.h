/* peer: the connections to the other agents, exactly one to each.
 *
 * Happy path: peers_open() listens, and connects to every agent whose name is
 * larger than ours (the smaller one connects); connected() -> message() ... ->
 * disconnected(), any number of times; peers_close() -> its callback.
 *
 * Failure: an attempt that fails is repeated after 50 ms, then after a random
 * part of up to a second. A connection that ends was closed for one reason of
 * PEER_REASON_MAP (proto/channel.h), which is counted and logged once; a newer
 * connection of the same agent replaces the older one at once, and nothing of the
 * older is delivered after that. Messages may be lost and, across the streams of
 * proto/frame.h, overtake each other; they are never altered, repeated or mixed.
 *
 * Numbers: every agent is a number from 1, its place in the names of all agents
 * sorted by strcmp(); so all agents agree on them. 0 is nobody.
 *
 * A message sent within one turn of the loop goes out in that turn, together
 * with the others. Nothing blocks. The callbacks may call everything here; they
 * never run from inside peers_send(). */
#ifndef DAEMON_IO_PEER_H
#define DAEMON_IO_PEER_H

#include <uv.h>

#include "base/err.h"
#include "base/list.h"
#include "daemon/io/conf.h"
#include "daemon/io/log.h"
#include "proto/channel.h"

struct peer_link;

struct peers_hooks {
    void (*connected)(void *context, unsigned id);
    void (*disconnected)(void *context, unsigned id, enum peer_reason reason);
    /* The bytes end with the call. */
    void (*message)(void *context, unsigned id, enum peer_kind kind, const uint8_t *bytes,
                    size_t length);
};

struct peers_config {
    uv_loop_t *loop;
    struct log *log;
    const char *name;   /* this agent's */
    const char *listen; /* IP:PORT */
    const struct key_pair *keys;
    uint64_t start_id;             /* random, anew at each start */
    uint64_t seed;                 /* of the delays */
    const struct conf_peer *peers; /* the others, in any order; at most LIMIT_AGENTS - 1 */
    unsigned peer_count;
    struct peers_hooks hooks;
    void *context;
};

struct peers;
typedef void (*peers_close_cb)(struct peers *peers);

/* Private but for its size: embed it. */
struct peer {
    struct peers *peers;
    unsigned id;
    struct sockaddr_storage address;
    struct peer_link *link;    /* the connection, once open */
    struct peer_link *dialing; /* our attempt */
    uv_timer_t retry;
    unsigned delay_max_ms;
    uint64_t dropped; /* by connections that are gone, or while there was none */
    bool told;        /* that it can't be reached, for `told_reason` */
    enum peer_reason told_reason;
};

struct peers {
    uv_loop_t *loop;
    struct log *log;
    struct peers_hooks hooks;
    void *context;
    struct channel_self self;
    struct peer all[LIMIT_AGENTS]; /* all[id - 1]; our own is unused */
    struct list strangers;         /* accepted, not yet known */
    unsigned stranger_count;
    uv_tcp_t listener;
    uv_idle_t flush;
    uint64_t random;
    uint64_t reasons[PEER_REASON_COUNT];
    unsigned handles;
    bool closing;
    peers_close_cb close_cb;
};

/* ERR_IO if it can't listen, ERR_INVALID for an address that isn't one; then
 * nothing needs closing. Nothing of `config` but loop and log needs to outlive
 * the call. */
int peers_open(struct peers *peers, const struct peers_config *config, struct err *err);

/* disconnected() is called for each open connection, then, when all handles are
 * gone, `cb`. */
void peers_close(struct peers *peers, peers_close_cb cb);

/* Queues a copy. ERR_UNREACHABLE without a connection, ERR_LIMIT or ERR_NOMEM when
 * the queue is full (proto/outbox.h says what is dropped). `id` isn't our own. */
int peers_send(struct peers *peers, unsigned id, enum peer_kind kind, const uint8_t *bytes,
               size_t length);

unsigned peers_count(const struct peers *peers); /* with this agent */
unsigned peers_self(const struct peers *peers);
unsigned peers_find(const struct peers *peers, const char *name); /* 0: nobody */
const char *peers_name(const struct peers *peers, unsigned id);

bool peers_connected(const struct peers *peers, unsigned id);
uint64_t peers_start_id(const struct peers *peers, unsigned id);           /* 0: not connected */
uint64_t peers_dropped(const struct peers *peers, unsigned id);            /* messages, ever */
uint64_t peers_closed(const struct peers *peers, enum peer_reason reason); /* connections, ever */

#endif
