/* sim_route: the way of a Raft message to the machine behind a number of the cluster. Machine 3 is
 * the agent named m3. */
#ifndef TESTS_SIM_SIM_ROUTE_H
#define TESTS_SIM_SIM_ROUTE_H

struct raft_message;
struct sim;
struct sim_machine;

/* To message->to, or nowhere if nobody is known by that number. */
void sim_route_send(struct sim *sim, struct sim_machine *machine,
                    const struct raft_message *message);

#endif
