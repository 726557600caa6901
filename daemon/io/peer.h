/* peer: the connections to the other agents, exactly one to each.
 *
 * Happy path: peers_open() listens; peers_add() names another agent, and connects to it
 * if its name is larger than ours (the smaller one connects); connected() -> message() ... ->
 * disconnected(), any number of times; peers_remove(); peers_close() -> its callback.
 *
 * Failure: an attempt that fails is repeated after 50 ms, then after a random
 * part of up to a second. A connection that ends was closed for one reason of
 * PEER_REASON_MAP (proto/channel.h), which is counted and logged once; a newer
 * connection of the same agent replaces the older one at once, and nothing of the
 * older is delivered after that. Messages may be lost and, across the streams of
 * proto/frame.h, overtake each other; they are never altered, repeated or mixed.
 *
 * Numbers: an agent is the number from 1 that it was added under. Another agent may
 * number the same ones differently. 0 is nobody.
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
    unsigned self; /* this agent's number */
    const char *name;
    const char *listen; /* IP:PORT; "": nobody connects to us */
    const struct key_pair *keys;
    uint64_t start_id; /* random, anew at each start */
    uint64_t cluster;  /* as in proto/channel.h */
    bool newcomer;
    struct peers_hooks hooks;
    void *context;
};

struct peers;
typedef void (*peers_close_cb)(struct peers *peers);

/* Private but for its size: embed it. */
struct peer {
    struct peers *peers;
    unsigned id;
    bool known;
    struct sockaddr_storage address; /* AF_UNSPEC: it isn't known */
    struct peer_link *link;          /* the connection, once open */
    struct peer_link *dialing;       /* our attempt */
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
    struct peer all[LIMIT_AGENT_SLOTS]; /* all[id - 1]; our own is unused */
    struct list strangers;              /* accepted, not yet known */
    unsigned stranger_count;
    bool listens;
    uv_tcp_t listener;
    uv_prepare_t flush;
    uint64_t links_ever;
    uint64_t reasons[PEER_REASON_COUNT];
    unsigned handles;
    bool closing;
    peers_close_cb close_cb;
};

/* ERR_IO if it can't listen, ERR_INVALID for an address that isn't one; then
 * nothing needs closing. Nothing of `config` but loop and log needs to outlive
 * the call. */
int peers_open(struct peers *peers, const struct peers_config *config, struct err *err);

/* From now on `id` (free until now, and not our own) is this agent. An agent that can't be
 * dialled, since its name is smaller or its address is "", is waited for. ERR_INVALID for an
 * address that isn't one. */
int peers_add(struct peers *peers, unsigned id, const struct conf_peer *peer, struct err *err);

/* Forgets an agent. If it is connected, disconnected() is called from inside. */
void peers_remove(struct peers *peers, unsigned id);

/* An agent has another address: counts from the next attempt. ERR_INVALID. */
int peers_move(struct peers *peers, unsigned id, const char *address, struct err *err);

/* This agent has learned which cluster it belongs to. Connections to agents of others end, and
 * disconnected() is called from inside. */
void peers_set_cluster(struct peers *peers, uint64_t cluster, bool newcomer);

/* The other one has said where it belongs now; the connection may end, as above. */
void peers_told_cluster(struct peers *peers, unsigned id, uint64_t cluster, bool newcomer);

/* disconnected() is called for each open connection, then, when all handles are
 * gone, `cb`. */
void peers_close(struct peers *peers, peers_close_cb cb);

/* Queues a copy; `id` is one that was added, and not our own. ERR_UNREACHABLE without a connection,
 * ERR_LIMIT or ERR_NOMEM when the queue is full (proto/outbox.h says what is dropped). */
int peers_send(struct peers *peers, unsigned id, enum peer_kind kind, const uint8_t *bytes,
               size_t length);

unsigned peers_find(const struct peers *peers, const char *name); /* 0: nobody */
const char *peers_name(const struct peers *peers, unsigned id);   /* "": nobody */

bool peers_connected(const struct peers *peers, unsigned id);
uint64_t peers_start_id(const struct peers *peers, unsigned id);           /* 0: not connected */
uint64_t peers_dropped(const struct peers *peers, unsigned id);            /* messages, ever */
uint64_t peers_closed(const struct peers *peers, enum peer_reason reason); /* connections, ever */

#endif
