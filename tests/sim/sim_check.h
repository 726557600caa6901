/* sim_check: the invariants, INV-1 to INV-15 of the list of scenarios, looked at by every step
 * of every core against all that ever happened, and against the disks.
 *
 *  1 one leader a term                       9 one uncommitted list of members in a log
 *  2 same index and term, same history      10 nobody is believed to have what he hasn't
 *  3 a leader only appends                  11 committed is durable on a majority of its members
 *  4 a leader has all that was committed    12 a read sees what was acknowledged before
 *  5 the same state after the same index    13 the list in force is the newest in the log
 *  6 what only grows never shrinks          14 a proposal ends once, and what failed never was
 *  7 a vote is given once a term            15 a confirmed round is older than any successor
 *  8 what is said is durable
 *
 * What is wrong is told at once, with the command that shows it again, and ends the process. */
#ifndef TESTS_SIM_SIM_CHECK_H
#define TESTS_SIM_SIM_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "consensus/raft.h"

struct sim;
struct sim_machine;
struct sim_store;
struct disk_recovered;

/* Exit status. */
enum { SIM_UNSAFE = 2, SIM_STUCK = 3 };

/* Every entry that anybody ever had. */
struct sim_entry {
    uint64_t index; /* 0: no entry */
    uint64_t term;
    uint64_t history; /* hash of it and of all before it */
};

/* By index: what was committed. */
struct sim_committed {
    uint64_t term;
    uint64_t by_term; /* in which a leader first said so */
    uint64_t state;   /* after it; 0: nobody has applied it yet */
};

/* By term. */
struct sim_term {
    uint32_t leader;
    uint64_t elected_step;    /* 0: nobody was elected */
    uint64_t superseded_step; /* a leader of a later term was elected; 0: not yet */
};

enum sim_proposal_state { SIM_OPEN, SIM_OK, SIM_FAILED, SIM_UNKNOWN };

struct sim_proposal {
    enum sim_proposal_state state;
    uint64_t index; /* where it was seen committed; 0: not yet */
};

struct sim_check {
    struct sim_entry *entries; /* a hash table */
    uint64_t entry_count;
    uint64_t entry_capacity;
    struct sim_committed *chain;
    uint64_t chain_capacity;
    uint64_t committed;     /* the highest index that any leader called so */
    struct members members; /* the newest committed ones */
    uint64_t commands;      /* looked at up to here */
    struct sim_term *terms;
    uint64_t term_capacity;
    uint64_t term_highest;
    struct sim_proposal *proposals;
    uint64_t proposal_count;
    uint64_t proposal_capacity;
    uint64_t acknowledged; /* the highest index of which a client was told */
};

/* Tells what is wrong and ends the process with `status`. */
_Noreturn void sim_fail(struct sim *sim, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void sim_check_finish(struct sim_check *check);

/* ---- cores ---- */

/* A process began: its log came from the disk. */
void sim_check_started(struct sim *sim, struct sim_machine *machine);
/* After each raft_step(), before it is carried out. */
void sim_check_step(struct sim *sim, struct sim_machine *machine);
void sim_check_message(struct sim *sim, const struct sim_machine *machine,
                       const struct raft_message *message);
void sim_check_applied(struct sim *sim, const struct sim_machine *machine, uint64_t index,
                       uint64_t term);
void sim_check_command(struct sim *sim, const struct raft_entry *entry);

/* The leader takes the entry for committed. */
void sim_check_future(struct sim *sim, const struct sim_machine *leader, uint64_t index,
                      uint64_t term);

/* ---- callers ---- */

uint64_t sim_check_proposed(struct sim *sim);
void sim_check_answered(struct sim *sim, uint64_t proposal, int result, uint64_t index,
                        uint64_t term);
void sim_check_read(struct sim *sim, const struct sim_machine *machine, uint64_t acknowledged);

/* ---- disks ---- */

/* The platter says that (term, vote) is in force. */
void sim_check_vote(struct sim *sim, struct sim_store *store, uint64_t term, uint32_t vote);
/* What a process found, with `exactly`, what is on the platter, is what was reported; the
 * requests in store->batch may have been carried out in part. */
void sim_check_recovered(struct sim *sim, struct sim_store *store,
                         const struct disk_recovered *recovered, bool exactly);

/* ---- what is shared ---- */

/* The history of entry (index, term); false if nobody ever had it. */
bool sim_check_history(const struct sim *sim, uint64_t index, uint64_t term, uint64_t *history);

#endif
