/* sim: the simulated world, a cluster of machines in one thread and in virtual time.
 *
 * Everything that happens is an event at a moment of true time; the world takes the earliest
 * one and hands it to who answers for it. Nothing here is random except how long messages and
 * disks take, as the options say; who wants faults calls the functions below.
 *
 *     machine     a clock that goes wrong, a disk, and a process that may run on it
 *     store       a data directory; a machine whose disk is replaced gets another one
 *     node        the process: production core, glue as in daemon/node (sim_node)
 *     link        from one machine to another (sim_net)
 *
 * A world is used by sim_life.c (a seed's random life) and by scripted stories:
 *
 *     sim = sim_new(&options, seed);  sim_start(sim, 1) ...  sim_run_ms(sim, 500);
 *     sim_crash(sim, 2, true);  sim_cut(sim, 1, 3, true);  sim_propose(sim, 1);  ...
 *     sim_free(sim);
 *
 * The checker (sim_check) looks at every step; what it finds ends the process (sim_fail). */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "consensus/raft.h"
#include "daemon/node/requests.h"
#include "daemon/node/wire.h"
#include "tests/sim/sim_check.h"
#include "tests/sim/sim_duel.h"
#include "tests/sim/sim_file.h"
#include "tests/sim/sim_heap.h"
#include "tests/sim/sim_lease.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/sim_options.h"
#include "tests/sim/sim_random.h"
#include "tests/sim/sim_state.h"
#include "tests/sim/sim_store.h"
#include "tests/sim/sim_trace.h"

enum { SIM_MACHINES = 10, SIM_STORES = 64, SIM_EVENTS_MAX = 5000000 };

/*      name              what it is about; the world's own first, then those of the random life */
#define SIM_EVENT_MAP(X)                                                                           \
    X(SIM_DELIVER)   /* pointer: struct sim_packet */                                              \
    X(SIM_TIMER)     /* the core's; value: life of the process */                                  \
    X(SIM_TURN)      /* the end of a turn of the loop */                                           \
    X(SIM_DISK_DONE) /* the disk carried out its queue */                                          \
    X(SIM_DISK_BACK) /* the loop learns of it */                                                   \
    X(SIM_RESUME)    /* a paused process goes on */                                                \
    X(SIM_RESTART)   /* a process that ended is started again */                                   \
    X(SIM_LEASE)     /* a holder may ask */                                                        \
    X(SIM_REVOKE)    /* the wait of a leader who revokes is over */                                \
    X(SIM_PROPOSE)                                                                                 \
    X(SIM_READ)                                                                                    \
    X(SIM_FAULT)   /* value: which */                                                              \
    X(SIM_MEND)    /* value: what */                                                               \
    X(SIM_OPERATE) /* value: what */                                                               \
    X(SIM_DUEL)    /* value: what */

enum sim_event_kind {
#define X(name) name,
    SIM_EVENT_MAP(X)
#undef X
        SIM_EVENT_KINDS
};

struct sim;

typedef void sim_handler(struct sim *sim, const struct sim_event *event);

/* local = offset + true time, gone wrong by `ppm`. */
struct sim_clock {
    uint64_t offset_us;
    int64_t ppm;
};

struct sim_machine {
    uint32_t number; /* from 1 */
    struct sim_clock clock;
    struct sim_store *store;
    bool up;
    bool paused;
    bool disowned;          /* its process learnt that its id is another store's */
    bool returning;         /* a restart is under way */
    uint64_t life;          /* counts processes */
    uint64_t hang_until_us; /* the disk answers nothing before */
    struct sim_node node;
    struct sim_guard guard;
    struct sim_packet *parked; /* came while it was paused; newest first */
};

/* What happened, for the summary. */
#define SIM_COUNTER_MAP(X)                                                                         \
    X(elections)                                                                                   \
    X(messages)                                                                                    \
    X(lost)                                                                                        \
    X(crashes)                                                                                     \
    X(pauses)                                                                                      \
    X(cuts)                                                                                        \
    X(duels)                                                                                       \
    X(mutes)                                                                                       \
    X(holds)                                                                                       \
    X(clogs)                                                                                       \
    X(disk_failures)                                                                               \
    X(disk_full)                                                                                   \
    X(rotten)                                                                                      \
    X(undetectable) /* damage that was left out: sim_store_rot() */                                \
    X(refused)      /* stores that were set aside */                                               \
    X(wiped)                                                                                       \
    X(disowned)                                                                                    \
    X(torn) /* crashes in the middle of a disk's turn */                                           \
    X(deep) /* readings of a whole disk */                                                         \
    X(proposals)                                                                                   \
    X(acknowledged)                                                                                \
    X(failed)                                                                                      \
    X(unknown)                                                                                     \
    X(reads)                                                                                       \
    X(leases)                                                                                      \
    X(revokes)                                                                                     \
    X(holders)                                                                                     \
    X(configs)                                                                                     \
    X(transfers)                                                                                   \
    X(taken)     /* snapshots */                                                                   \
    X(installed) /* snapshots of others */                                                         \
    X(committed)

struct sim_counters {
#define X(name) uint64_t name;
    SIM_COUNTER_MAP(X)
#undef X
};

struct sim {
    struct sim_options options;
    uint64_t seed;
    uint64_t now_us;
    uint64_t handled; /* events */
    uint64_t steps;   /* of cores: the true order of things */
    const char *phase;
    struct sim_heap heap;
    struct sim_random net_random;
    struct sim_random disk_random;
    struct sim_random node_random;
    struct sim_random client_random;
    struct sim_random fault_random;
    struct sim_random operator_random;
    sim_handler *handlers[SIM_EVENT_KINDS];
    uint32_t machine_count;
    struct sim_machine machines[SIM_MACHINES];
    uint32_t store_count;
    struct sim_store *stores[SIM_STORES];
    struct members members; /* the first ones */
    struct sim_net net;
    struct sim_check check;
    struct sim_trace trace;
    struct sim_counters counters;
    struct sim_leases *leases;
    void *life;       /* of sim_life.c */
    uint32_t duelled; /* machine; of sim_duel.c */
    void *script;
    /* A script's; true: this message, whose bytes are in `out`, is lost. */
    bool (*meddle)(struct sim *sim, uint32_t from, uint32_t to, const struct raft_message *message);

    struct raft_update update; /* of the step under way */
    struct wire_message received;
    struct buf out;
};

/* Machines 1 .. voters + spares, each with an empty store; voters are the first members.
 * Nothing runs. */
struct sim *sim_new(const struct sim_options *options, uint64_t seed);
void sim_free(struct sim *sim);

struct sim_machine *sim_machine(struct sim *sim, uint32_t number);

/* ---- time ---- */

/* `kind` happens at `at_us`. */
void sim_at(struct sim *sim, uint64_t at_us, enum sim_event_kind kind, uint32_t machine,
            uint64_t value, void *pointer);

/* One event; false if there is none before `until_us` (then it is that late). */
bool sim_next(struct sim *sim, uint64_t until_us);
void sim_run_ms(struct sim *sim, uint64_t ms);

/* A machine's clock, and the first moment of true time at which it shows `local_ms`. */
uint64_t sim_local_us(const struct sim *sim, const struct sim_machine *machine);
uint64_t sim_local_ms(const struct sim *sim, const struct sim_machine *machine);
uint64_t sim_true_us(const struct sim *sim, const struct sim_machine *machine, uint64_t local_us);

/* ---- what may be done to machines ---- */

/* Starts the process on what the disk holds. A store that can't be opened is set aside, and
 * the machine goes on with an empty one. */
void sim_start(struct sim *sim, uint32_t number);

/* kill -9, or the power fails. */
void sim_crash(struct sim *sim, uint32_t number, bool power);

/* SIGSTOP and SIGCONT. */
void sim_pause(struct sim *sim, uint32_t number);
void sim_resume(struct sim *sim, uint32_t number);

/* The disk answers nothing for so long; 0: it goes on. */
void sim_hang(struct sim *sim, uint32_t number, uint64_t for_us);

/* Another, empty disk, under an ended process. `forgets_id`: as who joins; else it comes back
 * under its old number, as from a copied configuration. */
void sim_wipe(struct sim *sim, uint32_t number, bool forgets_id);

/* One way. */
void sim_cut(struct sim *sim, uint32_t from, uint32_t to, bool cut);
void sim_heal(struct sim *sim);

/* ---- what may be asked of them ---- */

/* One command at this machine. */
void sim_propose(struct sim *sim, uint32_t number);
void sim_read(struct sim *sim, uint32_t number);
/* 0: it was queued; else the code of raft_change_check() or ERR_NOTLEADER. */
int sim_change(struct sim *sim, uint32_t number, const struct members_change *change);
int sim_transfer(struct sim *sim, uint32_t number, uint32_t to);
void sim_step_down(struct sim *sim, uint32_t number);
/* Adds the machine as one that joins, with its store. */
int sim_add(struct sim *sim, uint32_t leader, uint32_t number, enum member_kind kind);

/* ---- questions ---- */

/* The machine that leads in the highest term; 0: none. */
uint32_t sim_leader(struct sim *sim);

/* Runs until some machine leads and is ready; 0 after `ms`. */
uint32_t sim_elect(struct sim *sim, uint64_t ms);

/* The member that is this machine's present store; NULL if it isn't one. */
const struct member *sim_member_of(struct sim *sim, const struct members *members, uint32_t number);

#endif
