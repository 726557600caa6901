/* sim_trace: what happened, a line each, and a hash of it all.
 *
 *     [    1234] 2 > 3 append 7..9 after 6/2 commit 5
 *     [    1234] 2 leads in term 4
 *
 * The number in front is true time in ms. Lines are only made when somebody reads them; the
 * hash is always made, from numbers, and is the same for the same seed wherever it runs. */
#ifndef TESTS_SIM_SIM_TRACE_H
#define TESTS_SIM_SIM_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct raft_message;
struct sim;
struct sim_machine;
struct sim_event;

struct sim_trace {
    FILE *out; /* NULL: nobody reads it */
    uint64_t hash;
};

/* One line. Ask sim_traced() first where making the arguments costs. */
void sim_say(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* After each event. */
void sim_trace_event(struct sim *sim, const struct sim_event *event);

/* `arrow`: " >" it is sent, ">>" it arrives, " x" a script loses it. */
void sim_trace_message(struct sim *sim, uint32_t from, uint32_t to, const char *arrow,
                       const struct raft_message *message);

/* Role, term and members, when they changed. */
void sim_trace_step(struct sim *sim, const struct sim_machine *machine);

#endif
