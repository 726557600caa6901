#include "tests/sim/sim_store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "consensus/wal.h"
#include "tests/sim/sim.h"
#include "tests/sim/sim_check_tables.h"
#include "tests/sim/sim_store_inside.h"

enum { DISK_TURN_MIN_US = 20, SCRATCH_DISK = SIM_DISKS - 1 };

bool sim_durable_has(const struct sim_durable *durable, uint64_t index, uint64_t term)
{
    return index <= durable->snapshot_index ||
           (index <= durable->last && durable->terms[index] == term);
}

/* ---- life --------------------------------------------------------------------------- */

struct sim_store *sim_store_new(struct sim *sim, uint32_t machine)
{
    struct sim_store *store = calloc(1, sizeof(*store));

    assert(store != NULL && sim->store_count < SIM_STORES);
    sim->stores[sim->store_count++] = store;
    store->number = sim->store_count;
    store->machine = machine;
    store->id = (uint64_t)store->number << 32 | (uint32_t)sim_mix(sim->seed, store->number);
    list_init(&store->waiting);
    list_init(&store->batch);
    list_init(&store->done);
    sim_disk_init(&store->files, store->number, &sim->disk_random);
    store->durable.terms = tables_grow(NULL, &store->durable.capacity, 1, sizeof(uint64_t));
    return store;
}

static void drop_all(struct list *list)
{
    while (!list_empty(list)) {
        struct sim_write *write = container_of(list->next, struct sim_write, request.link);

        list_remove(&write->request.link);
        sim_store_drop(write);
    }
}

void sim_store_free(struct sim_store *store)
{
    drop_all(&store->waiting);
    drop_all(&store->batch);
    drop_all(&store->done);
    sim_disk_finish(&store->files);
    free(store->durable.terms);
    free(store->votes);
    free(store);
}

struct sim_store *sim_store_of(struct sim *sim, uint64_t id)
{
    uint64_t number = id >> 32;

    return number >= 1 && number <= sim->store_count && sim->stores[number - 1]->id == id
               ? sim->stores[number - 1]
               : NULL;
}

int sim_store_open(struct sim *sim, struct sim_store *store, struct disk_recovered *recovered,
                   struct err *err)
{
    int rv;

    assert(!store->open && !store->gone);
    *recovered = (struct disk_recovered){0};
    rv = sim_store_floor_open(sim, &store->files, &store->disk, store->id, recovered, err);
    if (rv != 0) {
        sim_store_floor_close(&store->disk);
        sim_disk_close_all(&store->files);
        disk_recovered_release(recovered);
        return rv;
    }
    store->open = true;
    store->broken = 0;
    sim_check_recovered(sim, store, recovered, false);
    drop_all(&store->batch);
    return 0;
}

/* The disk may be in the middle of its work: it stops after some of the operations. */
void sim_store_crash(struct sim *sim, struct sim_store *store, bool power)
{
    drop_all(&store->done);
    if (store->busy && !list_empty(&store->batch) && store->broken == 0) {
        store->files.stop_after =
            store->files.operations + sim_random_below(&sim->disk_random, 24) + 1;
        sim_store_floor_carry_out(sim, store);
    } else if (store->broken == 0) {
        drop_all(&store->batch);
    }
    drop_all(&store->waiting);
    store->request_count = 0;
    store->busy = store->held = store->telling = store->tell_held = false;
    sim_store_floor_close(&store->disk);
    store->open = false;
    if (power) {
        sim_disk_power_loss(&store->files);
    } else {
        sim_disk_close_all(&store->files);
    }
    store->files.fails = false;
    store->files.failed_once = false;
}

/* ---- the queue ------------------------------------------------------------------------ */

bool sim_store_busy(const struct sim *sim, const struct sim_store *store)
{
    return store->request_count >= sim->options.disk_requests;
}

static void move_all(struct list *to, struct list *from)
{
    while (!list_empty(from)) {
        struct list *link = from->next;

        list_remove(link);
        list_append(to, link);
    }
}

static void begin(struct sim *sim, struct sim_machine *machine)
{
    struct sim_store *store = machine->store;
    uint64_t at_us = sim->now_us + DISK_TURN_MIN_US;

    if (store->busy || store->broken != 0 || list_empty(&store->waiting)) {
        return;
    }
    assert(list_empty(&store->batch));
    move_all(&store->batch, &store->waiting);
    store->busy = true;
    at_us += sim_random_around(&sim->disk_random, sim->options.disk_us);
    sim_at(sim, at_us, SIM_DISK_DONE, machine->number, machine->life, NULL);
}

void sim_store_submit(struct sim *sim, struct sim_machine *machine, struct sim_write *write)
{
    list_append(&machine->store->waiting, &write->request.link);
    machine->store->request_count++;
    begin(sim, machine);
}

/* What is durable from now on. */
static void note(struct sim *sim, struct sim_store *store, const struct sim_write *write)
{
    struct sim_durable *durable = &store->durable;
    uint64_t last = write->first + write->count - 1;

    switch (write->event.type) {
    case RAFT_META_PERSISTED:
        sim_store_floor_vote(sim, store);
        break;
    case RAFT_PERSISTED:
        if (write->first > durable->last + 1) {
            sim_fail(sim, SIM_UNSAFE, "machine %u writes entry %llu after %llu", store->machine,
                     (unsigned long long)write->first, (unsigned long long)durable->last);
        }
        durable->terms =
            tables_grow(durable->terms, &durable->capacity, last, sizeof(durable->terms[0]));
        memcpy(&durable->terms[write->first], write->terms, write->count * sizeof(uint64_t));
        durable->last = last;
        break;
    case RAFT_SNAPSHOT_INSTALLED:
    case RAFT_SNAPSHOT_TAKEN:
        durable->snapshot_index = write->snapshot.index;
        durable->snapshot_term = write->snapshot.term;
        durable->terms = tables_grow(durable->terms, &durable->capacity, write->snapshot.index,
                                     sizeof(durable->terms[0]));
        durable->terms[write->snapshot.index] = write->snapshot.term;
        if (write->event.type == RAFT_SNAPSHOT_INSTALLED) {
            durable->last = write->snapshot.index;
        }
        break;
    default:
        assert(!"no write");
    }
}

void sim_store_done(struct sim *sim, const struct sim_event *event)
{
    struct sim_machine *machine = sim_machine(sim, event->machine);
    struct sim_store *store = machine->store;

    if (!machine->up || machine->life != event->value) {
        return;
    }
    if (machine->paused) {
        store->held = true;
        return;
    }
    if (machine->hang_until_us > sim->now_us) {
        sim_at(sim, machine->hang_until_us, SIM_DISK_DONE, event->machine, event->value, NULL);
        return;
    }
    if (store->broken == 0) {
        store->broken = sim_store_floor_carry_out(sim, store);
    }
    if (store->broken == 0) {
        list_each (link, &store->batch) {
            note(sim, store, container_of(link, struct sim_write, request.link));
        }
        if (sim_random_below(&sim->disk_random, sim->options.deep_every) == 0) {
            sim_store_read_deep(sim, store);
        }
        move_all(&store->done, &store->batch);
    }
    store->busy = false;
    if (!store->telling) {
        store->telling = true;
        sim_at(sim, sim->now_us + sim_random_below(&sim->disk_random, 30), SIM_DISK_BACK,
               event->machine, event->value, NULL);
    }
}

void sim_store_back(struct sim *sim, const struct sim_event *event)
{
    struct sim_machine *machine = sim_machine(sim, event->machine);
    struct sim_store *store = machine->store;
    struct list done;

    if (!machine->up || machine->life != event->value) {
        return;
    }
    if (machine->paused) {
        store->tell_held = true;
        return;
    }
    store->telling = false;
    list_init(&done);
    move_all(&done, &store->done);
    while (!list_empty(&done)) {
        struct sim_write *write = container_of(done.next, struct sim_write, request.link);

        list_remove(&write->request.link);
        store->request_count--;
        sim_node_written(sim, machine, write, 0);
        sim_store_drop(write);
    }
    if (store->broken != 0) {
        sim_node_written(sim, machine, NULL, store->broken);
    } else {
        begin(sim, machine);
    }
}

/* ---- the platter ------------------------------------------------------------------------ */

void sim_store_read_deep(struct sim *sim, struct sim_store *store)
{
    struct sim_disk *scratch = calloc(1, sizeof(*scratch));
    struct disk_store *disk = calloc(1, sizeof(*disk));
    struct disk_recovered recovered = {0};
    struct err err = {0};
    int rv;

    assert(scratch != NULL && disk != NULL);
    sim->counters.deep++;
    sim_disk_init(scratch, SCRATCH_DISK, &sim->disk_random);
    sim_disk_copy_kept(scratch, &store->files);
    rv = sim_store_floor_open(sim, scratch, disk, store->id, &recovered, &err);
    if (rv == 0) {
        sim_check_recovered(sim, store, &recovered, true);
    } else if (!store->rotten) {
        sim_fail(sim, SIM_UNSAFE, "machine %u: the disk can't be read: %s", store->machine,
                 err.text);
    }
    disk_recovered_release(&recovered);
    sim_store_floor_close(disk);
    sim_disk_finish(scratch);
    free(scratch);
    free(disk);
}
