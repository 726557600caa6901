/* sim_node: the process: the production core, and around it what daemon/node/node.c,
 * node_write.c and node_call.c do, in virtual time. The order in which an update is carried
 * out, when snapshots are taken, and how turns gather requests are copied from there: whoever
 * changes it there changes it here. Callers' requests are daemon/node/requests.c itself. */
#ifndef TESTS_SIM_SIM_NODE_H
#define TESTS_SIM_SIM_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "consensus/raft.h"
#include "daemon/node/requests.h"
#include "daemon/node/speakers.h"
#include "tests/sim/sim_lease.h"
#include "tests/sim/sim_state.h"

struct sim;
struct sim_machine;
struct sim_packet;
struct sim_event;
struct sim_write;

enum { SIM_ROUNDS = 1024 };

struct sim_node {
    struct raft raft;
    struct requests requests;
    struct sim_state state;
    struct sim_lead lead;

    uint64_t timer_ms; /* when it fires; 0: it isn't armed */
    bool timer_held;   /* it came while the process was paused */
    bool turn_wanted;
    bool turn_held;
    uint64_t led_term;
    uint64_t snapshot_again_ms;
    bool taking;
    bool stepping;
    bool wants_step_down;
    bool wants_transfer;
    uint32_t transfer_to;
    bool stopped;
    bool cut_a_list; /* and it isn't sure that the disk did: it may come back with it */

    struct speakers speakers;

    /* for the checker */
    uint64_t last; /* of the log, after the step before */
    uint64_t term;
    uint64_t commit;
    bool led;
    uint64_t checked_commit;       /* committed entries up to here were compared */
    uint64_t round_at[SIM_ROUNDS]; /* steps, by number */
};

/* On what was recovered; the machine's id and first members come from its store. */
int sim_node_start(struct sim *sim, struct sim_machine *machine,
                   const struct disk_recovered *recovered, uint32_t id,
                   const struct members *members, struct err *err);

/* The process is gone; requests end without having been answered. */
void sim_node_end(struct sim *sim, struct sim_machine *machine);

void sim_node_receive(struct sim *sim, struct sim_machine *machine, struct sim_packet *packet);

/* A finished write; NULL: those that were under way failed. */
void sim_node_written(struct sim *sim, struct sim_machine *machine, struct sim_write *write,
                      int result);

void sim_node_propose(struct sim *sim, struct sim_machine *machine, struct node_proposal *proposal,
                      const void *bytes, size_t length, node_proposal_cb cb);
void sim_node_confirm(struct sim *sim, struct sim_machine *machine,
                      struct node_confirmation *confirmation, node_confirmation_cb cb);
int sim_node_change(struct sim *sim, struct sim_machine *machine, struct node_proposal *proposal,
                    const struct members_change *change, node_proposal_cb cb);
int sim_node_transfer(struct sim *sim, struct sim_machine *machine, uint32_t to);
void sim_node_unreachable(struct sim *sim, struct sim_machine *machine, uint32_t number);
void sim_node_step_down(struct sim *sim, struct sim_machine *machine);

/* SIM_TIMER, SIM_TURN */
void sim_node_timer(struct sim *sim, const struct sim_event *event);
void sim_node_turn(struct sim *sim, const struct sim_event *event);

#endif
