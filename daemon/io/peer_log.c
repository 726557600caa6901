#include "daemon/io/peer_log.h"

#include "daemon/io/address.h"

static bool is_power_of_two(uint64_t n)
{
    return n > 0 && (n & (n - 1)) == 0;
}

void peer_log_end(struct peers *peers, const struct peer *peer, enum peer_reason reason)
{
    log_event(peers->log, reason >= PEER_REMOVED ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
              "peer_disconnected", LOG_TEXT("peer", peers_name(peers, peer->id)),
              LOG_TEXT("reason", peer_reason_text(reason)),
              LOG_TEXT("text", peer_reason_sentence(reason)), LOG_END);
}

void peer_log_unreachable(struct peers *peers, struct peer *peer, const struct peer_link *link)
{
    char address[LIMIT_ADDRESS_SIZE];

    if (link->reason >= PEER_REMOVED || (peer->told && peer->told_reason == link->reason)) {
        return;
    }
    peer->told = true;
    peer->told_reason = link->reason;
    address_format(address, sizeof address, &link->address);
    log_event(peers->log, LOG_LEVEL_WARNING, "peer_unreachable",
              LOG_TEXT("peer", peers_name(peers, peer->id)), LOG_TEXT("address", address),
              LOG_TEXT("reason", peer_reason_text(link->reason)),
              LOG_TEXT("text", peer_reason_sentence(link->reason)), LOG_END);
}

void peer_log_refused(struct peers *peers, const struct peer_link *link)
{
    uint64_t count = peers->reasons[link->reason];
    char address[LIMIT_ADDRESS_SIZE];

    if (link->reason >= PEER_REMOVED || !is_power_of_two(count)) {
        return;
    }
    address_format(address, sizeof address, &link->address);
    log_event(
        peers->log, LOG_LEVEL_WARNING, "peer_refused", LOG_TEXT("address", address),
        LOG_TEXT("peer", link->channel.remote > 0 ? peers_name(peers, link->channel.remote) : NULL),
        LOG_TEXT("reason", peer_reason_text(link->reason)),
        LOG_TEXT("text", peer_reason_sentence(link->reason)), LOG_U64("count", count), LOG_END);
}

void peer_log_dropped(struct peers *peers, unsigned id, uint64_t count)
{
    if (is_power_of_two(count)) {
        log_event(peers->log, LOG_LEVEL_WARNING, "peer_queue_full",
                  LOG_TEXT("peer", peers_name(peers, id)), LOG_U64("dropped", count), LOG_END);
    }
}
