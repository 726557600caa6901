#include "daemon/io/peer.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "daemon/io/address.h"
#include "daemon/io/peer_link.h"
#include "daemon/io/peer_log.h"

enum { DELAY_MIN_MS = 50, DELAY_MAX_MS = 1000, BACKLOG = 64 };

static const struct peer_link_hooks LINK_HOOKS;

static struct peer_link_options link_options(struct peers *peers)
{
    return (struct peer_link_options){.loop = peers->loop,
                                      .self = &peers->self,
                                      .hooks = &LINK_HOOKS,
                                      .owner = peers,
                                      .number = ++peers->links_ever};
}

static struct peer *peer_of(struct peers *peers, unsigned id)
{
    assert(id >= 1 && id <= LIMIT_AGENT_SLOTS);
    return &peers->all[id - 1];
}

static bool we_dial(const struct peers *peers, const struct peer *peer)
{
    return peer->known && peer->address.ss_family != AF_UNSPEC &&
           channel_dials(&peers->self, peers->self.id, peer->id);
}

/* ---- connecting ---- */

static void dial_later(struct peer *peer, unsigned delay_ms);

static void dial(struct peer *peer)
{
    struct peers *peers = peer->peers;
    struct peer_link_options options = link_options(peers);

    assert(peer->link == NULL && peer->dialing == NULL && !peers->closing);
    peer->dialing = peer_link_connect(&options, peer->id, &peer->address);
    if (peer->dialing == NULL) {
        dial_later(peer, DELAY_MAX_MS);
        return;
    }
    peers->handles++;
}

static void on_retry(uv_timer_t *timer)
{
    dial(timer->data);
}

static void dial_later(struct peer *peer, unsigned delay_ms)
{
    uv_timer_start(&peer->retry, on_retry, delay_ms, 0);
}

/* Between the least delay and a bound that doubles with each attempt. */
static void dial_again(struct peer *peer)
{
    unsigned span = peer->delay_max_ms - DELAY_MIN_MS;

    dial_later(peer, DELAY_MIN_MS + randombytes_uniform(span + 1));
    peer->delay_max_ms *= 2;
    if (peer->delay_max_ms > DELAY_MAX_MS) {
        peer->delay_max_ms = DELAY_MAX_MS;
    }
}

static void crowd_out_oldest(struct peers *peers)
{
    struct peer_link *oldest = container_of(peers->strangers.next, struct peer_link, siblings);

    peer_link_close(oldest, PEER_CROWDED_OUT);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct peers *peers = listener->data;
    struct peer_link_options options = link_options(peers);
    struct peer_link *link;

    if (status < 0 || peers->closing) {
        return;
    }
    if (peers->stranger_count >= LIMIT_PEER_STRANGERS) {
        crowd_out_oldest(peers);
    }
    link = peer_link_accept(&options, listener);
    if (link == NULL) {
        return;
    }
    peers->handles++;
    list_append(&peers->strangers, &link->siblings);
    peers->stranger_count++;
}

/* ---- what a link tells ---- */

static void no_longer_stranger(struct peers *peers, struct peer_link *link)
{
    if (!list_empty(&link->siblings)) {
        list_remove(&link->siblings);
        peers->stranger_count--;
    }
}

static void on_opened(struct peer_link *link)
{
    struct peers *peers = link->owner;
    struct peer *peer = peer_of(peers, link->channel.remote);
    struct peer_link *old = peer->link;
    bool late = old != NULL && old->number > link->number; /* of a process before, maybe */

    if (late || !channel_same_cluster(&link->channel)) { /* it was, when the other one said so */
        peer_link_close(link, late ? PEER_REPLACED : PEER_OTHER_CLUSTER);
        return;
    }
    if (old != NULL) {
        bool again = old->channel.remote_start_id != link->channel.remote_start_id;

        peer_link_close(old, again ? PEER_RESTARTED : PEER_REPLACED);
        assert(peer->link == NULL);
    }
    if (link->closing) { /* the hook that was told of the old one's end closed us all */
        return;
    }
    no_longer_stranger(peers, link);
    peer->dialing = NULL;
    peer->link = link;
    peer->told = false;
    peer->delay_max_ms = DELAY_MIN_MS;
    log_event(peers->log, LOG_LEVEL_INFO, "peer_connected",
              LOG_TEXT("peer", peers_name(peers, peer->id)),
              LOG_U64("start_id", link->channel.remote_start_id),
              LOG_BOOL("dialed", we_dial(peers, peer)), LOG_END);
    peers->hooks.connected(peers->context, peer->id);
}

static void on_message(struct peer_link *link, const struct channel_message *message)
{
    struct peers *peers = link->owner;

    assert(peer_of(peers, link->channel.remote)->link == link);
    peers->hooks.message(peers->context, link->channel.remote, message->kind, message->bytes,
                         message->length);
}

/* Which of the three it was: the connection, our attempt, or a stranger. */
static void on_ended(struct peer_link *link)
{
    struct peers *peers = link->owner;
    struct peer *peer = link->channel.remote > 0 ? peer_of(peers, link->channel.remote) : NULL;

    peers->reasons[link->reason]++;
    if (peer != NULL && peer->link == link) {
        peer->link = NULL;
        peer->dropped += link->channel.outbox.dropped;
        peer_log_end(peers, peer, link->reason);
        if (we_dial(peers, peer) && !peers->closing) {
            dial_again(peer);
        }
        peers->hooks.disconnected(peers->context, peer->id, link->reason);
    } else if (peer != NULL && peer->dialing == link) {
        peer->dialing = NULL;
        peer_log_unreachable(peers, peer, link);
        if (!peers->closing) {
            dial_again(peer);
        }
    } else {
        no_longer_stranger(peers, link);
        peer_log_refused(peers, link);
    }
}

static void maybe_closed(struct peers *peers)
{
    assert(peers->handles > 0);
    peers->handles--;
    if (peers->handles == 0) {
        keys_wipe(&peers->self.keys);
        peers->close_cb(peers);
    }
}

static void on_gone(struct peer_link *link)
{
    maybe_closed(link->owner);
}

static const struct peer_link_hooks LINK_HOOKS = {
    .opened = on_opened, .message = on_message, .ended = on_ended, .gone = on_gone};

/* ---- sending ---- */

/* Once more if a link breaks on the way, and who is told of that has something to say. */
static void on_flush(uv_prepare_t *flush)
{
    struct peers *peers = flush->data;

    do {
        uv_prepare_stop(flush);
        for (unsigned i = 0; i < LIMIT_AGENT_SLOTS; i++) {
            if (peers->all[i].link != NULL) {
                peer_link_flush(peers->all[i].link);
            }
        }
    } while (uv_is_active((uv_handle_t *)flush));
}

/* What is queued now goes out together, before the loop sleeps: it prepares after timers and idle
 * handles, where the node steps. */
int peers_send(struct peers *peers, unsigned id, enum peer_kind kind, const uint8_t *bytes,
               size_t length)
{
    struct peer *peer = peer_of(peers, id);
    uint64_t dropped;
    int rv;

    assert(id != peers->self.id && peer->known);
    if (peer->link == NULL || peers->closing) {
        peer->dropped++;
        return ERR_UNREACHABLE;
    }
    dropped = peer->link->channel.outbox.dropped;
    rv = channel_send(&peer->link->channel, kind, bytes, length);
    if (peer->link->channel.outbox.dropped != dropped) {
        peer_log_dropped(peers, id, peer->link->channel.outbox.dropped);
    }
    uv_prepare_start(&peers->flush, on_flush);
    return rv;
}

/* ---- the beginning ---- */

static void listen_on(struct peers *peers, int fd)
{
    int rv = uv_tcp_init(peers->loop, &peers->listener);

    assert(rv == 0);
    rv = uv_tcp_open(&peers->listener, fd);
    assert(rv == 0);
    rv = uv_listen((uv_stream_t *)&peers->listener, BACKLOG, on_connection);
    assert(rv == 0);
    peers->listener.data = peers;
    peers->listens = true;
    peers->handles++;
}

static void init_handles(struct peers *peers)
{
    uv_prepare_init(peers->loop, &peers->flush);
    peers->flush.data = peers;
    peers->handles = 1 + LIMIT_AGENT_SLOTS;
    for (unsigned i = 0; i < LIMIT_AGENT_SLOTS; i++) {
        peers->all[i] = (struct peer){.peers = peers, .id = i + 1};
        uv_timer_init(peers->loop, &peers->all[i].retry);
        peers->all[i].retry.data = &peers->all[i];
    }
}

static int open_listener(const char *listen, struct err *err)
{
    struct sockaddr_storage address;

    return address_parse(listen, &address) ? address_listen(&address, BACKLOG, err)
                                           : err_set(err, ERR_INVALID, "%s isn't IP:PORT", listen);
}

int peers_open(struct peers *peers, const struct peers_config *config, struct err *err)
{
    int fd = -1;

    assert(config->self >= 1 && config->self <= LIMIT_AGENT_SLOTS);
    if (config->listen[0] != '\0') {
        fd = open_listener(config->listen, err);
        if (fd < 0) {
            return fd;
        }
    }
    memset(peers, 0, sizeof *peers);
    peers->loop = config->loop;
    peers->log = config->log;
    peers->hooks = config->hooks;
    peers->context = config->context;
    peers->self.id = config->self;
    peers->self.keys = *config->keys;
    peers->self.start_id = config->start_id;
    peers->self.cluster = config->cluster;
    peers->self.newcomer = config->newcomer;
    text_copy(peers->self.peers[config->self - 1].name, LIMIT_NAME_SIZE, config->name);
    memcpy(peers->self.peers[config->self - 1].key, config->keys->public, KEYS_BYTES);
    list_init(&peers->strangers);
    init_handles(peers);
    if (fd >= 0) {
        listen_on(peers, fd);
    }
    return 0;
}

/* ---- who is known ---- */

int peers_add(struct peers *peers, unsigned id, const struct conf_peer *wanted, struct err *err)
{
    struct peer *peer = peer_of(peers, id);
    struct channel_peer *entry = &peers->self.peers[id - 1];

    assert(id != peers->self.id && !peer->known && wanted->name[0] != '\0' && !peers->closing);
    peer->address = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
    if (wanted->address[0] != '\0' && !address_parse(wanted->address, &peer->address)) {
        return err_set(err, ERR_INVALID, "agent %s: %s isn't IP:PORT", wanted->name,
                       wanted->address);
    }
    text_copy(entry->name, sizeof entry->name, wanted->name);
    memcpy(entry->key, wanted->key, KEYS_BYTES);
    peer->known = true;
    peer->told = false;
    peer->dropped = 0;
    peer->delay_max_ms = DELAY_MIN_MS;
    if (we_dial(peers, peer)) {
        dial(peer);
    }
    return 0;
}

/* Its channels hold the entry's number; none may be left when that goes. */
static void close_strangers_of(struct peers *peers, unsigned id)
{
    list_each (at, &peers->strangers) {
        struct peer_link *link = container_of(at, struct peer_link, siblings);

        if (link->channel.remote == id) {
            peer_link_close(link, PEER_REMOVED);
        }
    }
}

void peers_remove(struct peers *peers, unsigned id)
{
    struct peer *peer = peer_of(peers, id);

    assert(peer->known && !peers->closing);
    peer->known = false; /* nobody dials it from here on */
    close_strangers_of(peers, id);
    if (peer->dialing != NULL) {
        peer_link_close(peer->dialing, PEER_REMOVED);
    }
    if (peer->link != NULL) {
        peer_link_close(peer->link, PEER_REMOVED);
    }
    uv_timer_stop(&peer->retry);
    sodium_memzero(&peers->self.peers[id - 1], sizeof peers->self.peers[id - 1]);
}

int peers_move(struct peers *peers, unsigned id, const char *address, struct err *err)
{
    struct peer *peer = peer_of(peers, id);
    struct sockaddr_storage parsed;

    assert(peer->known && !peers->closing);
    if (!address_parse(address, &parsed)) {
        return err_set(err, ERR_INVALID, "agent %s: %s isn't IP:PORT", peers_name(peers, id),
                       address);
    }
    peer->address = parsed;
    peer->told = false;
    if (peer->dialing != NULL) {
        peer_link_close(peer->dialing, PEER_MOVED);
    } else if (we_dial(peers, peer) && peer->link == NULL) {
        dial_later(peer, DELAY_MIN_MS);
    }
    return 0;
}

static void close_if_of_another(struct peer *peer)
{
    if (peer->link != NULL && !channel_same_cluster(&peer->link->channel)) {
        peer_link_close(peer->link, PEER_OTHER_CLUSTER);
    }
}

void peers_set_cluster(struct peers *peers, uint64_t cluster, bool newcomer)
{
    peers->self.cluster = cluster;
    peers->self.newcomer = newcomer;
    for (unsigned i = 0; i < LIMIT_AGENT_SLOTS; i++) {
        close_if_of_another(&peers->all[i]);
    }
}

void peers_told_cluster(struct peers *peers, unsigned id, uint64_t cluster, bool newcomer)
{
    struct peer *peer = peer_of(peers, id);

    if (peer->link != NULL) {
        peer->link->channel.remote_cluster = cluster;
        peer->link->channel.remote_newcomer = newcomer;
        close_if_of_another(peer);
    }
}

/* ---- the end ---- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct peers *peers = handle->data;

    maybe_closed(peers);
}

static void on_retry_closed(uv_handle_t *handle)
{
    struct peer *peer = handle->data;

    maybe_closed(peer->peers);
}

void peers_close(struct peers *peers, peers_close_cb cb)
{
    assert(!peers->closing);
    peers->closing = true;
    peers->close_cb = cb;
    if (peers->listens) {
        uv_close((uv_handle_t *)&peers->listener, on_handle_closed);
    }
    uv_close((uv_handle_t *)&peers->flush, on_handle_closed);
    for (unsigned i = 0; i < LIMIT_AGENT_SLOTS; i++) {
        struct peer *peer = &peers->all[i];

        uv_close((uv_handle_t *)&peer->retry, on_retry_closed);
        if (peer->dialing != NULL) {
            peer_link_close(peer->dialing, PEER_STOPPED);
        }
        if (peer->link != NULL) {
            peer_link_close(peer->link, PEER_STOPPED);
        }
    }
    list_each (at, &peers->strangers) {
        peer_link_close(container_of(at, struct peer_link, siblings), PEER_STOPPED);
    }
}

/* ---- what can be asked ---- */

unsigned peers_find(const struct peers *peers, const char *name)
{
    for (unsigned i = 0; i < LIMIT_AGENT_SLOTS; i++) {
        if (name[0] != '\0' && strcmp(peers->self.peers[i].name, name) == 0) {
            return i + 1;
        }
    }
    return 0;
}

const char *peers_name(const struct peers *peers, unsigned id)
{
    assert(id >= 1 && id <= LIMIT_AGENT_SLOTS);
    return peers->self.peers[id - 1].name;
}

bool peers_connected(const struct peers *peers, unsigned id)
{
    assert(id >= 1 && id <= LIMIT_AGENT_SLOTS);
    return peers->all[id - 1].link != NULL;
}

uint64_t peers_start_id(const struct peers *peers, unsigned id)
{
    return peers_connected(peers, id) ? peers->all[id - 1].link->channel.remote_start_id : 0;
}

uint64_t peers_dropped(const struct peers *peers, unsigned id)
{
    const struct peer *peer = &peers->all[id - 1];
    uint64_t now = peers_connected(peers, id) ? peer->link->channel.outbox.dropped : 0;

    return peer->dropped + now;
}

uint64_t peers_closed(const struct peers *peers, enum peer_reason reason)
{
    assert((unsigned)reason < PEER_REASON_COUNT);
    return peers->reasons[reason];
}
