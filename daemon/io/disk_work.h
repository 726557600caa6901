/* disk_work: what the writer thread does with its queue, without the thread.
 *
 * Blocks. The simulator runs it in virtual time; disk.c on a thread of its own.
 *
 * The first failure is the last thing that was done: that request and all that follow end with
 * its code. No space is no failure: the head of the queue stays there, and until it can be done
 * only small records are, which need none. (One that must be created needs some: it stays in its
 * place, too, and only those of the same name wait for it.) A snapshot of our own ends with
 * ERR_FULL, and nothing else does. */
#ifndef DAEMON_IO_DISK_WORK_H
#define DAEMON_IO_DISK_WORK_H

#include <stdbool.h>

#include "base/list.h"
#include "daemon/io/disk_store.h"

struct disk_work {
    struct disk_store store; /* open */
    struct buf batch;
    int broken; /* the code of the first failure */
    bool full;  /* the head of the queue waits for space */
};

/* Before the store is opened, and after it is closed. */
void disk_work_init(struct disk_work *work);
void disk_work_finish(struct disk_work *work);

/* Does the next thing in `queue`, with the appends that go on where it ends; moves what is done,
 * with its result, to `done`. `err` gets the story of a failure. False: there is nothing to do, or
 * it waits for space; what waits is tried again by the next call. */
bool disk_work_step(struct disk_work *work, struct list *queue, struct list *done, struct err *err);

/* The log's mark (consensus/wal.h), which nobody waits for: an append takes it along, any other
 * step writes it first; if there is none for a while, call disk_work_rest(). */
bool disk_work_owes(const struct disk_work *work);
void disk_work_rest(struct disk_work *work, struct err *err);

#endif
