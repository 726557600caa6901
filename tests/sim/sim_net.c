#include "tests/sim/sim_net.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

static struct sim_packet *packet_new(struct sim *sim, size_t length)
{
    struct sim_packet *packet = sim->net.unused;

    if (packet != NULL && packet->capacity >= length) {
        sim->net.unused = packet->next;
    } else {
        uint32_t capacity = length < 256 ? 256 : (uint32_t)length;

        packet = malloc(sizeof(*packet) + capacity);
        assert(packet != NULL);
        packet->capacity = capacity;
    }
    packet->next = NULL;
    packet->length = (uint32_t)length;
    return packet;
}

void sim_net_release(struct sim *sim, struct sim_packet *packet)
{
    if (packet->capacity > 256) { /* only those of the usual size are kept */
        free(packet);
        return;
    }
    packet->next = sim->net.unused;
    sim->net.unused = packet;
}

void sim_net_finish(struct sim *sim)
{
    while (sim->net.unused != NULL) {
        struct sim_packet *next = sim->net.unused->next;

        free(sim->net.unused);
        sim->net.unused = next;
    }
}

static bool is_calm(const struct sim *sim, uint32_t from, uint32_t to)
{
    return sim->net.calm && sim->net.in_core[from] && sim->net.in_core[to];
}

static uint64_t arrival_us(struct sim *sim, struct sim_link *link, bool calm)
{
    uint64_t mean = sim->options.delay_mean_us;
    uint64_t at = sim->now_us + sim->options.delay_min_us + sim->net.extra_us;

    if (calm && mean > 1000) {
        mean = 1000;
    }
    at += sim_random_around(&sim->net_random, mean);
    if (at < link->clogged_until_us) {
        at = link->clogged_until_us + sim_random_below(&sim->net_random, 1000);
    }
    if (sim->options.ordered != 0 && at < link->last_us) {
        at = link->last_us;
    }
    link->last_us = at;
    sim->net.extra_us = 0;
    return at;
}

static void post(struct sim *sim, enum sim_packet_kind kind, uint32_t from, uint32_t to,
                 const void *bytes, size_t length, uint64_t at_us)
{
    struct sim_packet *packet = packet_new(sim, length);

    packet->kind = kind;
    packet->from = from;
    packet->to = to;
    memcpy(packet->bytes, bytes, length);
    sim->net.links[from][to].under_way++;
    sim_at(sim, at_us, SIM_DELIVER, to, 0, packet);
}

static uint64_t held_until_us(struct sim *sim, const struct sim_link *link, enum sim_sort sort,
                              uint64_t at_us)
{
    return (link->held_sorts & sort) != 0 && link->held_until_us > at_us
               ? link->held_until_us + sim_random_below(&sim->net_random, 1000)
               : at_us;
}

/* Copies that come much later, out of any order. */
static uint64_t late_us(struct sim *sim)
{
    return sim->now_us + sim->options.delay_min_us +
           sim_random_around(&sim->net_random, sim->options.late_for_ms * 1000);
}

enum sim_sort sim_net_sort(enum raft_message_type type)
{
    switch (type) {
    case RAFT_HEARTBEAT:
        return SIM_SORT_BEAT;
    case RAFT_APPEND:
    case RAFT_SNAPSHOT:
        return SIM_SORT_APPEND;
    case RAFT_APPEND_ANSWER:
    case RAFT_HEARTBEAT_ANSWER:
        return SIM_SORT_ANSWER;
    default:
        return SIM_SORT_VOTE;
    }
}

void sim_net_send(struct sim *sim, enum sim_packet_kind kind, enum sim_sort sort, uint32_t from,
                  uint32_t to, const void *bytes, size_t length)
{
    struct sim_link *link = &sim->net.links[from][to];
    bool calm = is_calm(sim, from, to);

    assert(from != 0 && to != 0 && from < SIM_NET_MACHINES && to < SIM_NET_MACHINES);
    sim->counters.messages++;
    if (link->cut || (!calm && sim_random_chance(&sim->net_random, sim->options.loss_ppm)) ||
        (!calm && sim->options.capacity != 0 && link->under_way >= sim->options.capacity)) {
        sim->counters.lost++;
        return;
    }
    post(sim, kind, from, to, bytes, length,
         held_until_us(sim, link, sort, arrival_us(sim, link, calm)));
    if (!calm && sim_random_chance(&sim->net_random, sim->options.double_ppm)) {
        post(sim, kind, from, to, bytes, length, arrival_us(sim, link, calm));
    }
    if (!calm && sim->options.late_ppm != 0 &&
        sim_random_chance(&sim->net_random, sim->options.late_ppm)) {
        post(sim, kind, from, to, bytes, length, late_us(sim));
    }
}

void sim_net_deliver(struct sim *sim, const struct sim_event *event)
{
    struct sim_packet *packet = event->pointer;
    struct sim_machine *machine = sim_machine(sim, packet->to);
    struct sim_link *link = &sim->net.links[packet->from][packet->to];

    assert(link->under_way > 0);
    link->under_way--;
    if (link->cut) {
        sim->counters.lost++;
    } else if (packet->kind == SIM_PACKET_LEASE_ANSWER) {
        sim_guard_answer(sim, machine, packet); /* the guard is a process of its own */
    } else if (machine->paused && machine->up) {
        link->under_way++;
        packet->next = machine->parked;
        machine->parked = packet;
        return;
    } else if (machine->up && packet->kind == SIM_PACKET_RAFT) {
        sim_node_receive(sim, machine, packet);
    } else if (machine->up) {
        sim_lease_request(sim, machine, packet);
    }
    sim_net_release(sim, packet);
}

void sim_heal(struct sim *sim)
{
    for (uint32_t from = 1; from <= sim->machine_count; from++) {
        for (uint32_t to = 1; to <= sim->machine_count; to++) {
            sim->net.links[from][to].cut = false;
            sim->net.links[from][to].clogged_until_us = 0;
            sim->net.links[from][to].held_until_us = 0;
        }
    }
    sim_say(sim, "all links are joined");
}
