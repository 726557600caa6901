/* sim_duel: faults that choose their moment. A duel begins when somebody is elected: what he says
 * reaches few, he is asked for everything at once, and soon another one leads; so logs and lists
 * of members diverge, and what was half done in one term is met in a later one. A hold keeps one
 * kind of messages back on some links while the others pass. A piece is what another version of a
 * leader could send: fewer entries, from further back, or more often. */
#ifndef TESTS_SIM_SIM_DUEL_H
#define TESTS_SIM_SIM_DUEL_H

#include <stdbool.h>

#include "consensus/message.h"

struct sim;
struct sim_machine;

void sim_duel_start(struct sim *sim);
void sim_duel_stop(struct sim *sim);

/* Hook of the node: a term as leader begins or (0) ends. */
void sim_duel_led(struct sim *sim, const struct sim_machine *machine, uint64_t term);

/* Faults of sim_chaos: a hold; one of a leader's lease answers; one of all that comes to a leader
 * who falls mute. */
void sim_duel_hold(struct sim *sim);
void sim_duel_hold_leases(struct sim *sim);
void sim_duel_mute(struct sim *sim);

/* Hook of the node: a piece that may go out, too; `instead`: in the place of this message. */
bool sim_duel_piece(struct sim *sim, const struct sim_machine *machine,
                    const struct raft_message *message, struct raft_message *piece, bool *instead);

#endif
