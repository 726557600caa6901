/* sim_store: a data directory: files, the store's code over them, and its queue of requests in
 * virtual time (mirrors daemon/io/disk.c, whose thread this replaces).
 *
 * The disk takes all that waits, is busy for a while, carries it out at once (SIM_DISK_DONE),
 * and a little later the loop learns of it (SIM_DISK_BACK). Who crashes in between leaves a
 * disk that was stopped after any number of operations.
 *
 * Beside the bytes there is a ledger of what they must say: what was reported as durable. It
 * is compared with what is found at every start, and with the platter now and then. */
#ifndef TESTS_SIM_SIM_STORE_H
#define TESTS_SIM_SIM_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "consensus/raft.h"
#include "daemon/io/disk.h"
#include "daemon/io/disk_work.h"
#include "tests/sim/sim_file.h"

struct sim;
struct sim_machine;
struct sim_event;

/* A write on its way, and the event that it becomes (struct node_write in node_write.c). */
struct sim_write {
    struct disk_request request;
    struct raft_event event;
    struct raft_snapshot snapshot;
    uint64_t first; /* entries */
    uint32_t count;
    uint64_t terms[]; /* of the entries */
};

/* What must be found. */
struct sim_durable {
    uint64_t term;
    uint32_t vote;
    uint64_t snapshot_index;
    uint64_t snapshot_term;
    uint64_t last;
    uint64_t *terms; /* by index, after the snapshot or before it */
    uint64_t capacity;
};

struct sim_store {
    uint32_t number;  /* from 1 */
    uint32_t machine; /* where it is or was */
    uint64_t id;
    uint32_t member;  /* under which number it takes part; 0: not known */
    bool gone;        /* set aside, or thrown away: nobody runs on it again */
    bool rotten;      /* it was damaged */
    bool was_added;   /* it was given a number */
    bool member_here; /* its first process had the first list of members */
    bool open;
    struct sim_disk files;
    struct disk_work work;
    struct sim_durable durable;
    uint32_t *votes; /* by term: who got it, as seen on the platter */
    uint64_t vote_capacity;

    struct list waiting; /* requests */
    struct list batch;   /* being carried out, or waiting for space */
    struct list done;    /* carried out, not told yet */
    uint32_t request_count;
    bool busy;    /* SIM_DISK_DONE is to come */
    bool held;    /* ... and came while the process was paused */
    bool telling; /* SIM_DISK_BACK is to come */
    bool tell_held;
    uint64_t turn; /* numbers SIM_DISK_DONE: a new request is tried at once, full or not */
    bool waits;    /* for space: the turn that is to come tries again */
};

/* An empty one for the machine. */
struct sim_store *sim_store_new(struct sim *sim, uint32_t machine);
void sim_store_free(struct sim_store *store);

/* Nobody will run on it again; what it had stays known. */
void sim_store_gone(struct sim_store *store);

/* The store with this id; NULL. */
struct sim_store *sim_store_of(struct sim *sim, uint64_t id);

/* As disk_open(). The recovered parts are the caller's. */
int sim_store_open(struct sim *sim, struct sim_store *store, struct disk_recovered *recovered,
                   struct err *err);

/* The process ended, at this moment; with `power`, everything did. */
void sim_store_crash(struct sim *sim, struct sim_store *store, bool power);

bool sim_store_busy(const struct sim *sim, const struct sim_store *store);

void sim_store_write_vote(struct sim *sim, struct sim_machine *machine, uint64_t term,
                          uint32_t vote);
void sim_store_write_entries(struct sim *sim, struct sim_machine *machine, uint64_t first,
                             uint64_t count);
void sim_store_write_installed(struct sim *sim, struct sim_machine *machine,
                               const struct raft_snapshot *snapshot);
/* `blob` passes to the store. */
void sim_store_write_taken(struct sim *sim, struct sim_machine *machine,
                           const struct raft_snapshot *snapshot, uint64_t keep);

/* SIM_DISK_DONE, SIM_DISK_BACK */
void sim_store_done(struct sim *sim, const struct sim_event *event);
void sim_store_back(struct sim *sim, const struct sim_event *event);

/* After SIGCONT: what was held comes. */
void sim_store_resume(struct sim *sim, struct sim_machine *machine);

/* Reads the platter as if the power had failed now, and compares. */
void sim_store_read_deep(struct sim *sim, struct sim_store *store);

/* Damages the platter, so that the damage can be seen; false if there was nothing to damage. What
 * can't be told from a torn end (consensus/wal.h: the last write, without its mark) is left out. */
bool sim_store_rot(struct sim *sim, struct sim_store *store, uint64_t choice,
                   char name[LIMIT_NAME_SIZE]);

/* Is entry (index, term) durable here, in the log or under the snapshot? */
bool sim_durable_has(const struct sim_durable *durable, uint64_t index, uint64_t term);

#endif
