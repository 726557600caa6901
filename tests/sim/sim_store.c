#include "tests/sim/sim_store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "consensus/wal.h"
#include "tests/sim/sim.h"
#include "tests/sim/sim_check_tables.h"
#include "tests/sim/sim_store_inside.h"

enum {
    SCRATCH_DISK = SIM_DISKS - 1,
    FULL_RETRY_US = 200000, /* disk.c */
    TURNS = 1 << 24,
};

bool sim_durable_has(const struct sim_durable *durable, uint64_t index, uint64_t term)
{
    return index <= durable->snapshot_index ||
           (index <= durable->last && durable->terms[index] == term);
}

static void move_all(struct list *to, struct list *from)
{
    while (!list_empty(from)) {
        struct list *link = from->next;

        list_remove(link);
        list_append(to, link);
    }
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

void sim_store_gone(struct sim_store *store)
{
    store->gone = true;
    drop_all(&store->batch);
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
    rv = sim_store_floor_open(sim, &store->files, &store->work, store->id, recovered, err);
    if (rv != 0) {
        store->files.stop_after = store->files.operations;
        sim_store_floor_close(&store->work);
        sim_disk_close_all(&store->files);
        disk_recovered_release(recovered);
        return rv;
    }
    store->open = true;
    if (recovered->store != store->id) {
        sim_fail(sim, SIM_UNSAFE, "machine %u finds another store's number", store->machine);
    }
    sim_check_recovered(sim, store, recovered, false);
    drop_all(&store->batch);
    sim_store_read_deep(sim, store); /* what it relies on from now on is on the platter */
    return 0;
}

/* The disk may be in the middle of its work: it stops after some of the operations. Who isn't, and
 * has power, may also have ended in peace. What was under way stays in `batch`, for the checker. */
void sim_store_crash(struct sim *sim, struct sim_store *store, bool power)
{
    bool working = store->busy && !store->waits;
    struct err err;

    drop_all(&store->done);
    if (working) {
        sim->counters.torn++;
        store->files.stop_after =
            store->files.operations + sim_random_below(&sim->disk_random, 24) + 1;
        while (disk_work_step(&store->work, &store->batch, &store->done, &err)) {
        }
        disk_work_rest(&store->work, &err);
        move_all(&store->batch, &store->done);
    }
    if (working || power || sim_random_percent(&sim->disk_random, 70)) {
        store->files.stop_after = store->files.operations;
    }
    drop_all(&store->waiting);
    store->request_count = 0;
    store->busy = store->held = store->telling = store->tell_held = store->waits = false;
    sim_store_floor_close(&store->work);
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

static void turn_at(struct sim *sim, struct sim_machine *machine, uint64_t at_us)
{
    struct sim_store *store = machine->store;

    store->busy = true;
    store->turn = (store->turn + 1) % TURNS;
    sim_at(sim, at_us, SIM_DISK_DONE, machine->number, machine->life * TURNS + store->turn, NULL);
}

static uint64_t next_us(struct sim *sim)
{
    return sim->now_us + sim->options.disk_min_us +
           sim_random_around(&sim->disk_random, sim->options.disk_us);
}

static void begin(struct sim *sim, struct sim_machine *machine)
{
    struct sim_store *store = machine->store;

    if ((store->busy && !store->waits) || store->work.broken != 0 || list_empty(&store->waiting)) {
        return;
    }
    move_all(&store->batch, &store->waiting);
    store->waits = false;
    turn_at(sim, machine, next_us(sim));
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

/* One write, and what goes with it. False when nothing more can be done now. */
static bool carry_out(struct sim *sim, struct sim_store *store)
{
    struct list done;
    struct err err = {0};
    bool more;

    list_init(&done);
    more = disk_work_step(&store->work, &store->batch, &done, &err) && !list_empty(&store->batch);
    if (!more && sim_random_percent(&sim->disk_random, 50)) { /* else a crash may come first */
        disk_work_rest(&store->work, &err);
    }
    list_each (link, &done) {
        struct sim_write *write = container_of(link, struct sim_write, request.link);

        if (write->request.result == 0) {
            note(sim, store, write);
        } else if (write->request.result != ERR_FULL) {
            sim_say(sim, "%u: the disk failed: %s", store->machine, err.text);
            /* Nobody knows how much of it there is: it stays for the checker. */
            list_remove(link);
            list_append(&store->batch, link);
        }
    }
    move_all(&store->done, &done);
    return more && store->work.broken == 0;
}

/* When the disk is at it again: with the next write, or when it tries once more to find space. */
static void go_on(struct sim *sim, struct sim_machine *machine, bool more)
{
    if (more) {
        turn_at(sim, machine, next_us(sim));
    } else if (machine->store->work.broken == 0 && !list_empty(&machine->store->batch)) {
        machine->store->waits = true;
        turn_at(sim, machine, sim->now_us + FULL_RETRY_US);
    }
}

void sim_store_done(struct sim *sim, const struct sim_event *event)
{
    struct sim_machine *machine = sim_machine(sim, event->machine);
    struct sim_store *store = machine->store;

    if (!machine->up || event->value != machine->life * TURNS + store->turn) {
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
    store->busy = false;
    store->waits = false;
    go_on(sim, machine, carry_out(sim, store));
    if (store->work.broken == 0 &&
        sim_random_below(&sim->disk_random, sim->options.deep_every) == 0) {
        sim_store_read_deep(sim, store);
    }
    if (!store->telling) {
        store->telling = true;
        sim_at(sim, sim->now_us + sim_random_below(&sim->disk_random, sim->options.disk_back_us),
               SIM_DISK_BACK, event->machine, machine->life, NULL);
    }
}

/* After SIGCONT. */
void sim_store_resume(struct sim *sim, struct sim_machine *machine)
{
    struct sim_store *store = machine->store;

    if (store->held) {
        store->held = false;
        sim_at(sim, sim->now_us, SIM_DISK_DONE, machine->number,
               machine->life * TURNS + store->turn, NULL);
    }
    if (store->tell_held) {
        store->tell_held = false;
        sim_at(sim, sim->now_us, SIM_DISK_BACK, machine->number, machine->life, NULL);
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
        if (store->request_count == 0 && write->request.kind != DISK_SMALL &&
            write->request.result == 0) {
            machine->node.cut_a_list = false;
        }
        sim_node_written(sim, machine, write, write->request.result);
        sim_store_drop(write);
    }
    if (store->work.broken != 0) {
        sim_node_written(sim, machine, NULL, store->work.broken);
    } else {
        begin(sim, machine);
    }
}

/* ---- the platter ------------------------------------------------------------------------ */

void sim_store_read_deep(struct sim *sim, struct sim_store *store)
{
    struct sim_disk *scratch = calloc(1, sizeof(*scratch));
    struct disk_work *work = calloc(1, sizeof(*work));
    struct disk_recovered recovered = {0};
    struct err err = {0};
    int rv;

    assert(scratch != NULL && work != NULL);
    sim->counters.deep++;
    sim_disk_init(scratch, SCRATCH_DISK, &sim->disk_random);
    sim_disk_copy_kept(scratch, &store->files);
    rv = sim_store_floor_open(sim, scratch, work, store->id, &recovered, &err);
    if (rv == 0) {
        sim_check_recovered(sim, store, &recovered, true);
    } else if (!store->rotten) {
        sim_fail(sim, SIM_UNSAFE, "machine %u: the disk can't be read: %s", store->machine,
                 err.text);
    }
    disk_recovered_release(&recovered);
    sim_store_floor_close(work);
    sim_disk_finish(scratch);
    free(scratch);
    free(work);
}

/* Opens the platter in peace, and has it shorter than it was? */
static bool is_silently_short(struct sim *sim, struct sim_store *store)
{
    struct sim_disk *scratch = calloc(1, sizeof(*scratch));
    struct disk_work *work = calloc(1, sizeof(*work));
    struct disk_recovered found = {0};
    bool is_short;

    assert(scratch != NULL && work != NULL);
    sim_disk_init(scratch, SCRATCH_DISK, &sim->disk_random);
    sim_disk_copy_kept(scratch, &store->files);
    is_short = sim_store_floor_open(sim, scratch, work, store->id, &found, NULL) == 0 &&
               found.snapshot.index + found.entry_count < store->durable.last;
    disk_recovered_release(&found);
    sim_store_floor_close(work);
    sim_disk_finish(scratch);
    free(scratch);
    free(work);
    return is_short;
}

bool sim_store_rot(struct sim *sim, struct sim_store *store, uint64_t choice,
                   char name[LIMIT_NAME_SIZE])
{
    uint64_t place = sim_mix(choice, 1);
    uint64_t pattern = sim_mix(choice, 2);

    if (!sim_disk_rot(&store->files, choice, place, pattern, name)) {
        return false;
    }
    if (is_silently_short(sim, store)) {
        sim_disk_rot(&store->files, choice, place, pattern, name);
        sim->counters.undetectable++;
        return false;
    }
    store->rotten = true;
    return true;
}
