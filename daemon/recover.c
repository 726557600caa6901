/* Read: seat -> store -> the core, which is started to hear from it which list is in force, and
 * never stepped -> the ledger, with all entries applied. Written: the vote, so that nothing is of a
 * later term than it; the snapshot, by one rename, which drops the log; the seat. */
#include "daemon/recover.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>
#include <uv.h>

#include "consensus/raft.h"
#include "daemon/guard/guard_floor.h"
#include "daemon/io/clock.h"
#include "daemon/io/disk.h"
#include "daemon/seat.h"
#include "topology/ledger.h"

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
    struct disk_request snapshot;
    int results[2];
};

/* ---- reading -------------------------------------------------------------------------- */

/* What somebody else writes there can't be read by the agent afterwards, which would take it for
 * damage. */
static int check_owner(const char *directory, struct err *err)
{
    char seat[LIMIT_PATH_SIZE + sizeof "/" SEAT_FILE];
    struct stat status;

    text_format(seat, sizeof seat, "%s/" SEAT_FILE, directory);
    if (stat(seat, &status) == 0 && status.st_uid != geteuid()) {
        return err_set(err, ERR_REFUSED,
                       "%s belongs to user %lu, and this is user %lu; run this as the agent's own "
                       "user: runuser -u USER -- orchestratord ...",
                       directory, (unsigned long)status.st_uid, (unsigned long)geteuid());
    }
    return 0;
}

static int read_seat(struct recover *recover, struct err *err)
{
    const char *directory = recover->conf->agent.data_dir;
    int rc = check_owner(directory, err);

    if (rc != 0) {
        return rc;
    }
    rc = seat_read(&recover->seat, directory, err);
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

    if (rc == 0 && raft_last_index(&recover->raft) == 0) {
        rc = err_set(err, ERR_REFUSED,
                     "%s: the log is empty, so there is nothing to go on with; recover another "
                     "agent, or begin anew",
                     recover->conf->agent.data_dir);
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

static void on_written(struct disk_request *request, int result)
{
    *(int *)request->context = result;
}

/* The ledger as it goes on, in place of the whole log. */
static int make_snapshot(struct recover *recover, struct raft_snapshot *snapshot, struct err *err)
{
    struct buf bytes;

    *snapshot = (struct raft_snapshot){.index = raft_last_index(&recover->raft) + 1,
                                       .term = recover->raft.term + 1,
                                       .members = recover->after};
    ledger_recover(recover->ledger, snapshot->index, snapshot->term, clock_wall_ms());
    buf_init(&bytes, LIMIT_SNAPSHOT_BYTES);
    ledger_encode(recover->ledger, &bytes);
    if (buf_ok(&bytes)) {
        snapshot->blob = raft_blob_new(bytes.data, bytes.length);
    }
    buf_finish(&bytes);
    return snapshot->blob != NULL ? 0 : err_set(err, ERR_NOMEM, "no memory for the snapshot");
}

static int write_store(struct recover *recover, const struct raft_snapshot *snapshot,
                       struct err *err)
{
    bool closed = false;
    int rc;

    recover->results[0] = recover->results[1] = ERR_CLOSED;
    recover->vote.context = &recover->results[0];
    recover->snapshot.context = &recover->results[1];
    disk_stop_waiting(recover->disk);
    disk_write_vote(recover->disk, &recover->vote, snapshot->term, 0, on_written);
    disk_write_snapshot(recover->disk, &recover->snapshot, snapshot, 0, on_written);
    disk_close(recover->disk, on_disk_closed, &closed);
    recover->disk = NULL;
    uv_run(&recover->loop, UV_RUN_DEFAULT);
    assert(closed && recover->results[0] != ERR_CLOSED && recover->results[1] != ERR_CLOSED);
    rc = recover->results[0] != 0 ? recover->results[0] : recover->results[1];
    return rc == 0 ? 0
                   : err_set(err, rc,
                             "%s could not be written: %s. Start no other agent before this one "
                             "was recovered, or its data directory is empty",
                             recover->conf->agent.data_dir, err_sentence(rc));
}

int recover_carry_out(struct recover *recover, struct err *err)
{
    struct raft_snapshot snapshot;
    int rc;

    assert(recover->disk != NULL);
    rc = make_snapshot(recover, &snapshot, err);
    if (rc == 0) {
        rc = write_store(recover, &snapshot, err);
        raft_blob_release(snapshot.blob);
    }
    if (rc == 0) { /* the agent finds the same in the store; without it, it needs this */
        recover->seat.known = recover->after;
        seat_settle(&recover->seat, &recover->after);
        rc = seat_write(&recover->seat, recover->conf->agent.data_dir, err);
        if (rc != 0) {
            err_wrap(err, "the store was recovered, start this agent and no other; only the seat "
                          "record isn't written");
        }
    }
    return rc;
}
