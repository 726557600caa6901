/* sim_lease: holders ask for leases, leaders grant them, and now and then one is revoked and
 * another machine becomes the holder: safety.md section 2, with the production units
 * topology/lease.c on the holder's side and topology/grant.c on the leader's.
 *
 *     guard --request--> any node --forward--> leader: allowed? confirm a round, allowed still?
 *     guard <--answer------------------------- leader
 *
 * The promise: by true time, no two holders' leases run at once. The guard is a process of its
 * own: it doesn't end with the agent, and a lease runs to its end whatever happens. */
#ifndef TESTS_SIM_SIM_LEASE_H
#define TESTS_SIM_SIM_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "topology/grant.h"
#include "topology/lease.h"
#include "topology/ledger.h"

struct sim;
struct sim_machine;
struct sim_packet;
struct sim_event;

/* The holder's side, one on each machine. */
struct sim_guard {
    struct lease lease;
    uint64_t start_id;
    bool asking;             /* SIM_LEASE is to come */
    uint64_t epoch;          /* held last */
    uint64_t valid_until_us; /* true time; 0: never held */
};

/* The leader's side, one in each process. */
struct sim_lead {
    struct grants grants;
    uint64_t term; /* 0: doesn't lead */
    bool waiting;  /* SIM_REVOKE is to come */
    bool holding;  /* a command that names the next holder is under way */
};

/* What all share. */
struct sim_leases {
    struct ledger ledger;   /* filled in from the state that is asked about */
    uint64_t epoch_highest; /* ever held */
};

void sim_leases_init(struct sim *sim);

/* SIM_LEASE, SIM_REVOKE */
void sim_lease_ask(struct sim *sim, const struct sim_event *event);
void sim_lease_over(struct sim *sim, const struct sim_event *event);

/* Hooks of the node: a term as leader begins or (0) ends; entries were applied; it starts. */
void sim_lease_led(struct sim *sim, struct sim_machine *machine, uint64_t term);
void sim_lease_applied(struct sim *sim, struct sim_machine *machine);
void sim_lease_started(struct sim *sim, struct sim_machine *machine);

/* Hooks of the network. */
void sim_lease_request(struct sim *sim, struct sim_machine *machine, struct sim_packet *packet);
void sim_guard_answer(struct sim *sim, struct sim_machine *machine, struct sim_packet *packet);

/* The leader `number` begins to take the lease away. */
void sim_lease_revoke(struct sim *sim, uint32_t number);

#endif
