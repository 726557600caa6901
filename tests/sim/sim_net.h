/* sim_net: messages on their way, as bytes. */
#ifndef TESTS_SIM_SIM_NET_H
#define TESTS_SIM_SIM_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consensus/message.h"

enum { SIM_NET_MACHINES = 11 }; /* by number */

enum sim_packet_kind { SIM_PACKET_RAFT, SIM_PACKET_LEASE_REQUEST, SIM_PACKET_LEASE_ANSWER };

/* What a message is about, as bits: a link may hold back some. */
enum sim_sort {
    SIM_SORT_BEAT = 1,
    SIM_SORT_APPEND = 2, /* and snapshots */
    SIM_SORT_ANSWER = 4, /* to those */
    SIM_SORT_LEASE = 8,
    SIM_SORT_VOTE = 16, /* and all else */
    SIM_SORT_ALL = 31,
};

struct sim_packet {
    struct sim_packet *next;
    enum sim_packet_kind kind;
    uint32_t from;
    uint32_t to;
    uint32_t length;
    uint32_t capacity;
    uint8_t bytes[];
};

struct sim_link {
    bool cut;
    uint32_t under_way;
    uint64_t clogged_until_us;
    uint32_t held_sorts;
    uint64_t held_until_us;
    uint64_t last_us; /* when the last message arrives */
};

struct sim_net {
    bool calm;                      /* no loss, no delay beyond the minimum, on links between ... */
    bool in_core[SIM_NET_MACHINES]; /* ... these; see sim_life.c */
    struct sim_link links[SIM_NET_MACHINES][SIM_NET_MACHINES];
    struct sim_packet *unused;
    uint64_t extra_us; /* that the next one takes; set by a script */
};

struct sim;
struct sim_event;

void sim_net_finish(struct sim *sim);

enum sim_sort sim_net_sort(enum raft_message_type type);

void sim_net_send(struct sim *sim, enum sim_packet_kind kind, enum sim_sort sort, uint32_t from,
                  uint32_t to, const void *bytes, size_t length);

/* SIM_DELIVER */
void sim_net_deliver(struct sim *sim, const struct sim_event *event);

void sim_net_release(struct sim *sim, struct sim_packet *packet);

#endif
