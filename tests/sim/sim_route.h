/* sim_route: the machine behind a number of the cluster. The transport knows agents by name: from
 * the list of members, or because they spoke before. */
#ifndef TESTS_SIM_SIM_ROUTE_H
#define TESTS_SIM_SIM_ROUTE_H

#include <stdint.h>

struct raft_message;
struct sim;
struct sim_machine;
struct sim_node;

/* `id` spoke, from this machine. */
void sim_route_learn(struct sim_node *node, uint32_t id, uint32_t machine);

/* To message->to, or nowhere if nobody is known by that number. */
void sim_route_send(struct sim *sim, struct sim_machine *machine,
                    const struct raft_message *message);

#endif
