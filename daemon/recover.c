/* Read: seat -> store -> the core, which is started to hear from it which list is in force, and
 * never stepped -> the ledger, with all entries applied. Written: the vote, so that no entry is of
 * a later term than it, then both entries in one append. */
#include "daemon/recover.h"

#include <assert.h>
#include <stdlib.h>

#include <sodium.h>
#include <uv.h>

#include "consensus/raft.h"
#include "daemon/guard/guard_floor.h"
#include "daemon/io/clock.h"
#include "daemon/io/disk.h"
#include "daemon/seat.h"
#include "topology/command.h"

enum { RECOVER_ENTRIES = 2, ROOM = RECOVER_ENTRIES + 1 /* the first entry of its own term */ };

struct recover {
    const struct conf *conf;
    uv_loop_t loop;
    struct seat seat;
    struct disk *disk;
    struct disk_recovered found;
    struct raft raft; /* as it would start; nothing happens to it */
    struct ledger *ledger;
    struct members after;
    struct disk_request vote;
    struct disk_request append;
    int results[2];
};

/* ---- reading -------------------------------------------------------------------------- */

static int read_seat(struct recover *recover, struct err *err)
{
    const char *directory = recover->conf->agent.data_dir;
    int rc = seat_read(&recover->seat, directory, err);

    return rc == ERR_NOTFOUND
               ? err_set(err, rc, "%s: no agent ever ran here, so there is nothing to go on with",
                         directory)
               : rc;
}

static int read_store(struct recover *recover, struct err *err)
{
    static const char *const reserve[] = {GUARD_FLOOR_RECORD, NULL};
    struct disk_config config = {.loop = &recover->loop,
                                 .directory = recover->conf->agent.data_dir,
                                 .agent = recover->conf->agent.name,
                                 .reserve = reserve};
    int rc = disk_open(&recover->disk, &config, &recover->found, err);

    if (rc == 0 && recover->found.store != recover->seat.store) {
        rc = err_set(err, ERR_REFUSED,
                     "%s: this store is empty, the one before it was lost; recover another agent",
                     recover->conf->agent.data_dir);
    }
    return rc;
}

static int read_log(struct recover *recover, struct err *err)
{
    const struct ledger_profile *profile = ledger_profile_named("default");
    const struct raft_config config = {
        .id = recover->seat.id,
        .store = recover->found.store,
        .members = recover->seat.first,
        .heartbeat_ms = profile->heartbeat_ms,
        .election_min_ms = profile->election_min_ms,
        .election_max_ms = profile->election_max_ms,
    };
    const struct raft_stored stored = {
        .term = recover->found.term,
        .vote = recover->found.vote,
        .snapshot = recover->found.snapshot,
        .entries = recover->found.entries,
        .entry_count = recover->found.entry_count,
    };
    int rc = raft_init(&recover->raft, &config, &stored, clock_now_ms(), err);

    if (rc == 0 && trail_room(&recover->raft.trail) < ROOM) {
        rc = err_set(err, ERR_LIMIT, "the log holds %zu entries, and there is no room for %d more",
                     recover->found.entry_count, ROOM);
    }
    return rc;
}

/* Refusals are part of the log; what this version doesn't understand ends it. */
static int read_ledger(struct recover *recover, struct err *err)
{
    const struct raft_snapshot *snapshot = &recover->found.snapshot;
    int rc = 0;

    ledger_init(recover->ledger);
    if (snapshot->index > 0) {
        rc = ledger_decode(recover->ledger, snapshot->blob->bytes, snapshot->blob->length, err);
    }
    for (size_t i = 0; i < recover->found.entry_count && rc == 0; i++) {
        const struct raft_entry *entry = &recover->found.entries[i];

        if (entry->kind == RAFT_COMMAND &&
            ledger_apply(recover->ledger, entry->index, entry->term, raft_entry_bytes(entry),
                         raft_entry_length(entry), err) == ERR_PROTOCOL) {
            rc = ERR_PROTOCOL;
        }
    }
    return rc;
}

static int make_list(struct recover *recover, struct err *err)
{
    uint32_t id = recover->raft.config.id;
    uint64_t store = recover->found.store;
    const struct member *self = members_find(&recover->raft.members, id);
    uint64_t cluster;

    if (self == NULL || (self->store != 0 && self->store != store)) {
        return err_set(err, ERR_REFUSED,
                       "as far as this agent knows it is no member of the cluster any more; "
                       "recover one that is");
    }
    do {
        randombytes_buf(&cluster, sizeof cluster);
    } while (cluster == 0 || cluster == recover->raft.members.cluster);
    recover->after = recover->raft.members;
    return members_recover(&recover->after, id, store, cluster, err);
}

int recover_open(struct recover **out, const struct conf *conf, struct err *err)
{
    struct recover *recover = calloc(1, sizeof *recover);
    int rc;

    *out = NULL;
    if (recover == NULL || (recover->ledger = malloc(sizeof *recover->ledger)) == NULL ||
        uv_loop_init(&recover->loop) != 0) {
        free(recover != NULL ? recover->ledger : NULL);
        free(recover);
        return err_set(err, ERR_NOMEM, "out of memory");
    }
    recover->conf = conf;
    rc = read_seat(recover, err);
    if (rc == 0) {
        rc = read_store(recover, err);
    }
    if (rc == 0) {
        rc = read_log(recover, err);
    }
    if (rc == 0) {
        rc = read_ledger(recover, err);
    }
    if (rc == 0) {
        rc = make_list(recover, err);
    }
    if (rc != 0) {
        recover_close(recover);
        return rc;
    }
    *out = recover;
    return 0;
}

static void on_disk_closed(void *context)
{
    *(bool *)context = true;
}

void recover_close(struct recover *recover)
{
    bool closed = false;

    if (recover->disk != NULL) {
        disk_close(recover->disk, on_disk_closed, &closed);
        uv_run(&recover->loop, UV_RUN_DEFAULT);
        assert(closed);
    }
    raft_finish(&recover->raft);
    disk_recovered_release(&recover->found);
    uv_loop_close(&recover->loop);
    free(recover->ledger);
    free(recover);
}

/* ---- telling --------------------------------------------------------------------------- */

void recover_describe(const struct recover *recover, struct buf *out)
{
    const struct members *before = &recover->raft.members;
    const struct ledger *ledger = recover->ledger;

    buf_printf(out, "agent %s: its log ends with entry %llu of term %llu\n",
               recover->conf->agent.name, (unsigned long long)raft_last_index(&recover->raft),
               (unsigned long long)trail_last_term(&recover->raft.trail));
    for (uint32_t i = 0; i < before->count; i++) {
        const struct member *member = &before->list[i];

        buf_printf(out, "  member %u: %s %s, %s%s\n", member->id, member->name, member->address,
                   member_kind_name(member->kind),
                   member->id == recover->raft.config.id ? ": goes on alone"
                                                         : ": is given up, even if it comes back");
    }
    for (uint32_t i = 0; i < ledger->cluster_count; i++) {
        const struct ledger_cluster *cluster = &ledger->clusters[i];

        buf_printf(out, "  cluster %s: primary %s, epoch %llu; automation will be off\n",
                   cluster->name, cluster->primary, (unsigned long long)cluster->epoch);
    }
}

/* ---- doing it ---------------------------------------------------------------------------- */

static void on_vote(struct disk_request *request, int result)
{
    ((struct recover *)request->context)->results[0] = result;
}

static void on_appended(struct disk_request *request, int result)
{
    ((struct recover *)request->context)->results[1] = result;
}

static int add(struct recover *recover, uint64_t index, uint64_t term, enum raft_entry_kind kind,
               const struct buf *bytes)
{
    struct raft_entry entry = {.index = index, .term = term, .kind = kind};

    entry.blob = buf_ok(bytes) ? raft_blob_new(bytes->data, bytes->length) : NULL;
    if (entry.blob == NULL) {
        return ERR_NOMEM;
    }
    disk_append_add(&recover->append, &entry);
    raft_blob_release(entry.blob);
    return 0;
}

static int add_both(struct recover *recover, uint64_t term)
{
    struct command_stamp stamp = {.by = "orchestratord --recover-as-single",
                                  .at_ms = clock_wall_ms()};
    uint64_t last = raft_last_index(&recover->raft);
    struct buf command;
    struct buf list;
    int rc;

    buf_init(&command, LIMIT_COMMAND_BYTES);
    buf_init(&list, MEMBERS_BYTES_MAX);
    command_recover(&command, stamp);
    members_encode(&recover->after, &list);
    disk_append_begin(&recover->append);
    rc = add(recover, last + 1, term, RAFT_COMMAND, &command);
    if (rc == 0) {
        rc = add(recover, last + 2, term, RAFT_CONFIG, &list);
    }
    buf_finish(&command);
    buf_finish(&list);
    return rc;
}

int recover_carry_out(struct recover *recover, struct err *err)
{
    uint64_t term = recover->raft.term + 1;
    bool closed = false;
    int rc;

    assert(recover->disk != NULL);
    recover->vote.context = recover->append.context = recover;
    recover->results[0] = recover->results[1] = ERR_CLOSED;
    rc = add_both(recover, term);
    if (rc != 0) {
        return err_set(err, rc, "out of memory");
    }
    disk_stop_waiting(recover->disk);
    disk_write_vote(recover->disk, &recover->vote, term, 0, on_vote);
    disk_append_submit(recover->disk, &recover->append, on_appended);
    disk_close(recover->disk, on_disk_closed, &closed);
    recover->disk = NULL;
    uv_run(&recover->loop, UV_RUN_DEFAULT);
    assert(closed && recover->results[0] != ERR_CLOSED && recover->results[1] != ERR_CLOSED);
    rc = recover->results[0] != 0 ? recover->results[0] : recover->results[1];
    return rc == 0 ? 0
                   : err_set(err, rc, "%s could not be written: %s", recover->conf->agent.data_dir,
                             err_sentence(rc));
}
