/* The production code of the store, driven as daemon/io/disk.c and node_write.c drive it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "consensus/wal.h"
#include "tests/sim/sim.h"
#include "tests/sim/sim_store_inside.h"

enum { ZEROS_BYTES = 2048 };

int sim_store_floor_open(struct sim *sim, struct sim_disk *files, struct disk_work *work,
                         uint64_t id, struct disk_recovered *recovered, struct err *err)
{
    char path[LIMIT_NAME_SIZE];
    struct disk_config config = {
        .directory = path,
        .agent = "m",
        .sizes = {.segment_bytes = (uint32_t)sim->options.segment_bytes,
                  .zeros_bytes = ZEROS_BYTES},
    };

    disk_work_init(work);
    sim_disk_next_store(id);
    text_format(path, sizeof(path), "%u", files->number);
    return disk_store_open(&work->store, &config, recovered, err);
}

void sim_store_floor_close(struct disk_work *work)
{
    disk_store_close(&work->store);
    disk_work_finish(work);
}

void sim_store_floor_vote(struct sim *sim, struct sim_store *store)
{
    uint8_t bytes[LIMIT_SMALL_BYTES];
    uint64_t sequence;
    size_t length = 0;
    const uint8_t *file = sim_disk_kept(&store->files, "vote", &length);

    if (file == NULL || wal_slots_decode(file, length, &sequence, bytes, &length, NULL) != 0) {
        if (!store->rotten) {
            sim_fail(sim, SIM_UNSAFE, "machine %u: no vote is on the platter", store->machine);
        }
        return;
    }
    sim_check_vote(sim, store, bytes_u64(bytes), bytes_u32(bytes + 8));
}

void sim_store_drop(struct sim_write *write)
{
    buf_finish(&write->request.bytes);
    raft_blob_release(write->snapshot.blob);
    free(write);
}

/* ---- requests ------------------------------------------------------------------------------ */

static struct sim_write *write_new(enum raft_event_type type, uint64_t count)
{
    struct sim_write *write = calloc(1, sizeof(*write) + count * sizeof(uint64_t));

    assert(write != NULL);
    write->event.type = type;
    list_init(&write->request.link);
    return write;
}

void sim_store_write_vote(struct sim *sim, struct sim_machine *machine, uint64_t term,
                          uint32_t vote)
{
    struct sim_write *write = write_new(RAFT_META_PERSISTED, 0);

    write->event.meta.term = term;
    write->event.meta.vote = vote;
    write->request.kind = DISK_SMALL;
    text_copy(write->request.name, sizeof(write->request.name), "vote");
    buf_init(&write->request.bytes, DISK_STORE_VOTE_BYTES);
    buf_append_u64(&write->request.bytes, term);
    buf_append_u32(&write->request.bytes, vote);
    sim_store_submit(sim, machine, write);
}

void sim_store_write_entries(struct sim *sim, struct sim_machine *machine, uint64_t first,
                             uint64_t count)
{
    const struct raft *raft = &machine->node.raft;
    struct sim_write *write = write_new(RAFT_PERSISTED, count);

    write->first = first;
    write->count = (uint32_t)count;
    write->request.kind = DISK_APPEND;
    write->request.first = first;
    write->request.last = first + count - 1;
    buf_init(&write->request.bytes, DISK_LOG_WRITE_BYTES);
    for (uint64_t i = 0; i < count; i++) {
        const struct raft_entry *entry = raft_entry(raft, first + i);

        write->terms[i] = entry->term;
        wal_put(&write->request.bytes, entry);
    }
    write->request.last_term = write->terms[count - 1];
    write->event.persisted.index = first + count - 1;
    write->event.persisted.term = write->terms[count - 1];
    sim_store_submit(sim, machine, write);
}

static void write_snapshot(struct sim *sim, struct sim_machine *machine, struct sim_write *write,
                           uint64_t keep)
{
    write->request.kind = DISK_SNAPSHOT;
    write->request.first = write->snapshot.index;
    write->request.last = write->snapshot.index;
    write->request.last_term = write->snapshot.term;
    write->request.keep = keep;
    buf_init(&write->request.bytes, WAL_SNAPSHOT_BYTES + LIMIT_SNAPSHOT_BYTES);
    wal_snapshot_encode(&write->request.bytes, &write->snapshot);
    sim_store_submit(sim, machine, write);
}

void sim_store_write_installed(struct sim *sim, struct sim_machine *machine,
                               const struct raft_snapshot *snapshot)
{
    struct sim_write *write = write_new(RAFT_SNAPSHOT_INSTALLED, 0);

    write->snapshot = *snapshot;
    raft_blob_hold(write->snapshot.blob);
    write->event.persisted.index = snapshot->index;
    write->event.persisted.term = snapshot->term;
    write_snapshot(sim, machine, write, 0);
}

void sim_store_write_taken(struct sim *sim, struct sim_machine *machine,
                           const struct raft_snapshot *snapshot, uint64_t keep)
{
    struct sim_write *write = write_new(RAFT_SNAPSHOT_TAKEN, 0);

    write->snapshot = *snapshot;
    write->event.snapshot = &write->snapshot;
    write_snapshot(sim, machine, write, keep);
}
