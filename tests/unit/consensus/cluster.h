/* cluster: a few cores, a network and disks in virtual time, for tests.
 *
 * One millisecond after the other: completed writes, messages that arrive, timers.
 * Messages travel in buckets by their time of arrival and may be lost, doubled and
 * late; writes complete in order, and a crash keeps any prefix of those that are
 * pending. After every step the invariants of raft-scenarios.md, section 0, are
 * checked against the disks and against all that ever happened (cluster_check.h).
 *
 * The state machine is a running hash of all commands. */
#ifndef TESTS_UNIT_CONSENSUS_CLUSTER_H
#define TESTS_UNIT_CONSENSUS_CLUSTER_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "consensus/raft.h"

enum {
    CLUSTER_SERVERS = 7,
    CLUSTER_LOG = 8192, /* the highest index of a run */
    CLUSTER_TERMS = 4096,
    CLUSTER_ROUNDS = 65536,
    CLUSTER_BUCKETS = 1024, /* ms: no message travels longer */
    CLUSTER_RING = 512,     /* of each core's log */
};

enum write_kind { WRITE_META, WRITE_ENTRIES, WRITE_INSTALL, WRITE_TAKEN };

struct write {
    struct list link;
    enum write_kind kind;
    uint64_t due_ms;
    uint64_t term;
    uint32_t vote;
    struct raft_snapshot snapshot;
    uint32_t count;
    struct raft_entry *entries;
};

struct parcel {
    struct list link;
    struct raft_message message;
    struct raft_entry *entries;
    struct raft_snapshot snapshot;
};

struct disk_model {
    uint64_t term;
    uint32_t vote;
    struct raft_snapshot snapshot;
    uint64_t last;
    struct raft_entry log[CLUSTER_LOG]; /* by index; valid from the snapshot on */
};

struct server {
    bool alive;
    struct raft raft;
    struct disk_model disk;
    struct list writes;
    uint64_t hash;     /* the state machine */
    uint64_t term_max; /* what monotony is checked against */
    uint64_t commit_max;
    uint64_t taken;
    uint64_t round_at[CLUSTER_ROUNDS]; /* sequence number of the step that sent it */
    uint64_t stall_until_ms;
};

struct cluster {
    uint32_t count;
    uint64_t now_ms;
    uint64_t sequence; /* of steps: true order */
    uint64_t random;
    struct members members;
    struct server servers[CLUSTER_SERVERS];
    struct list buckets[CLUSTER_BUCKETS];
    bool cut[CLUSTER_SERVERS][CLUSTER_SERVERS]; /* from, to */
    uint32_t delay_ms;                          /* 1 .. this */
    uint32_t disk_ms;                           /* 0 .. this */
    uint32_t drop_percent;
    uint32_t double_percent;
    uint32_t snapshot_every;
    uint64_t proposed;
    uint64_t messages[RAFT_TIMEOUT_NOW + 1];
    uint64_t confirmed_rounds;
    /* history, for the invariants */
    uint32_t leader_of[CLUSTER_TERMS];
    uint64_t elected_at[CLUSTER_TERMS];
    uint64_t term_highest;
    uint32_t vote_of[CLUSTER_SERVERS][CLUSTER_TERMS];
    uint64_t state_at[CLUSTER_LOG]; /* hash after index; 0: not applied anywhere yet */
    uint64_t term_at[CLUSTER_LOG];  /* of the committed entry */
    uint64_t committed;
    struct raft_update update;
};

#include "tests/unit/consensus/cluster_check.h"

static inline uint64_t cluster_random(struct cluster *cluster)
{
    uint64_t z = (cluster->random += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline bool cluster_chance(struct cluster *cluster, uint32_t percent)
{
    return cluster_random(cluster) % 100 < percent;
}

static inline struct server *cluster_server(struct cluster *cluster, uint32_t id)
{
    assert(id >= 1 && id <= cluster->count);
    return &cluster->servers[id - 1];
}

static inline struct raft *cluster_raft(struct cluster *cluster, uint32_t id)
{
    return &cluster_server(cluster, id)->raft;
}

/* ---- network ---------------------------------------------------------------- */

static inline void parcel_free(struct parcel *parcel)
{
    if (parcel->message.type == RAFT_APPEND) {
        for (uint32_t i = 0; i < parcel->message.append.count; i++) {
            raft_blob_release(parcel->entries[i].blob);
        }
    } else if (parcel->message.type == RAFT_SNAPSHOT) {
        raft_blob_release(parcel->snapshot.blob);
    }
    free(parcel->entries);
    free(parcel);
}

static inline void cluster_post(struct cluster *cluster, const struct raft_message *message)
{
    struct parcel *parcel = calloc(1, sizeof(*parcel));
    uint64_t due = cluster->now_ms + 1 + cluster_random(cluster) % cluster->delay_ms;

    assert(parcel != NULL);
    parcel->message = *message;
    if (message->type == RAFT_APPEND && message->append.count > 0) {
        parcel->entries = calloc(message->append.count, sizeof(*parcel->entries));
        assert(parcel->entries != NULL);
        for (uint32_t i = 0; i < message->append.count; i++) {
            parcel->entries[i] = message->append.entries[i];
            raft_blob_hold(parcel->entries[i].blob);
        }
        parcel->message.append.entries = parcel->entries;
    } else if (message->type == RAFT_SNAPSHOT) {
        parcel->snapshot = *message->snapshot;
        parcel->message.snapshot = &parcel->snapshot;
        raft_blob_hold(parcel->snapshot.blob);
    }
    list_append(&cluster->buckets[due % CLUSTER_BUCKETS], &parcel->link);
}

static inline void cluster_send(struct cluster *cluster, const struct raft_message *message)
{
    cluster->messages[message->type]++;
    if (cluster->cut[message->from - 1][message->to - 1] ||
        cluster_chance(cluster, cluster->drop_percent)) {
        return;
    }
    cluster_post(cluster, message);
    if (cluster_chance(cluster, cluster->double_percent)) {
        cluster_post(cluster, message);
    }
}

/* ---- disks -------------------------------------------------------------------- */

static inline void write_free(struct write *write)
{
    for (uint32_t i = 0; i < write->count; i++) {
        raft_blob_release(write->entries[i].blob);
    }
    raft_blob_release(write->snapshot.blob);
    free(write->entries);
    free(write);
}

static inline struct write *write_new(struct cluster *cluster, struct server *server,
                                      enum write_kind kind)
{
    struct write *write = calloc(1, sizeof(*write));
    uint64_t start = cluster->now_ms;

    assert(write != NULL);
    if (server->stall_until_ms > start) {
        start = server->stall_until_ms;
    }
    write->kind = kind;
    write->due_ms = start + cluster_random(cluster) % (cluster->disk_ms + 1);
    list_append(&server->writes, &write->link);
    return write;
}

static inline void disk_cut(struct disk_model *disk, uint64_t first)
{
    for (; disk->last >= first; disk->last--) {
        raft_blob_release(disk->log[disk->last].blob);
        disk->log[disk->last].blob = NULL;
    }
}

/* `count`: how many of its entries arrive; a crash may cut a write short. */
static inline void disk_apply(struct disk_model *disk, const struct write *write, uint32_t count)
{
    switch (write->kind) {
    case WRITE_META:
        disk->term = write->term;
        disk->vote = write->vote;
        break;
    case WRITE_ENTRIES:
        for (uint32_t i = 0; i < count; i++) {
            uint64_t index = write->entries[i].index;

            disk_cut(disk, index);
            assert(index == disk->last + 1 && index < CLUSTER_LOG);
            disk->log[index] = write->entries[i];
            raft_blob_hold(disk->log[index].blob);
            disk->last = index;
        }
        break;
    case WRITE_INSTALL:
    case WRITE_TAKEN:
        raft_blob_hold(write->snapshot.blob);
        raft_blob_release(disk->snapshot.blob);
        disk->snapshot = write->snapshot;
        if (write->kind == WRITE_INSTALL) {
            disk_cut(disk, 1);
            disk->last = write->snapshot.index;
        }
        break;
    }
}

/* ---- steps ---------------------------------------------------------------------- */

static inline uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3u + 0x9e3779b9u;
}

static inline void cluster_apply(struct cluster *cluster, struct server *server,
                                 const struct raft_update *update)
{
    if (update->restore != NULL) {
        memcpy(&server->hash, update->restore->blob->bytes, sizeof(server->hash));
        check_applied(cluster, server, update->restore->index, update->restore->term);
    }
    for (uint64_t i = 0; i < update->apply_count; i++) {
        const struct raft_entry *entry = raft_entry(&server->raft, update->apply_first + i);
        uint64_t value = 1;

        assert(entry != NULL);
        if (entry->kind == RAFT_COMMAND) {
            memcpy(&value, raft_entry_bytes(entry), sizeof(value));
        }
        server->hash = mix(server->hash, value);
        check_applied(cluster, server, entry->index, entry->term);
    }
}

static inline void cluster_snapshot(struct cluster *cluster, struct server *server)
{
    struct raft *raft = &server->raft;
    struct write *write;
    uint64_t applied = raft->applied;

    if (cluster->snapshot_every == 0 || applied < server->taken + cluster->snapshot_every ||
        applied == raft->snapshot.index || raft_installing(raft)) {
        return;
    }
    server->taken = applied;
    write = write_new(cluster, server, WRITE_TAKEN);
    write->snapshot = (struct raft_snapshot){
        .index = applied,
        .term = raft_entry(raft, applied)->term,
        .members = raft->members,
        .blob = raft_blob_new(&server->hash, sizeof(server->hash)),
    };
}

static inline void cluster_carry_out(struct cluster *cluster, struct server *server)
{
    struct raft_update *update = &cluster->update;
    struct write *write;

    if (update->write_meta) {
        write = write_new(cluster, server, WRITE_META);
        write->term = update->term;
        write->vote = update->vote;
    }
    if (update->write_count > 0) {
        write = write_new(cluster, server, WRITE_ENTRIES);
        write->count = (uint32_t)update->write_count;
        write->entries = calloc(write->count, sizeof(*write->entries));
        for (uint32_t i = 0; i < write->count; i++) {
            write->entries[i] = *raft_entry(&server->raft, update->write_first + i);
            raft_blob_hold(write->entries[i].blob);
        }
    }
    if (update->install != NULL) {
        write = write_new(cluster, server, WRITE_INSTALL);
        write->snapshot = *update->install;
        raft_blob_hold(write->snapshot.blob);
    }
    for (uint32_t i = 0; i < update->message_count; i++) {
        check_message(cluster, server, &update->messages[i]);
        cluster_send(cluster, &update->messages[i]);
    }
    cluster_apply(cluster, server, update);
    cluster_snapshot(cluster, server);
}

static inline int cluster_step(struct cluster *cluster, struct server *server,
                               struct raft_event event)
{
    assert(server->alive);
    event.now_ms = cluster->now_ms;
    cluster->sequence++;
    raft_step(&server->raft, &event, &cluster->update);
    assert(cluster->update.result != ERR_CORRUPT);
    check_step(cluster, server);
    cluster_carry_out(cluster, server);
    return cluster->update.result;
}

static inline void cluster_complete(struct cluster *cluster, struct server *server,
                                    struct write *write)
{
    struct raft_event event = {0};

    disk_apply(&server->disk, write, write->count);
    list_remove(&write->link);
    switch (write->kind) {
    case WRITE_META:
        event.type = RAFT_META_PERSISTED;
        event.meta.term = write->term;
        event.meta.vote = write->vote;
        check_vote(cluster, server);
        break;
    case WRITE_ENTRIES:
        event.type = RAFT_PERSISTED;
        event.persisted.index = write->entries[write->count - 1].index;
        event.persisted.term = write->entries[write->count - 1].term;
        break;
    case WRITE_INSTALL:
        event.type = RAFT_SNAPSHOT_INSTALLED;
        event.persisted.index = write->snapshot.index;
        event.persisted.term = write->snapshot.term;
        break;
    case WRITE_TAKEN:
        event.type = RAFT_SNAPSHOT_TAKEN;
        event.snapshot = &write->snapshot;
        break;
    }
    cluster_step(cluster, server, event);
    write_free(write);
}

static inline void cluster_deliver(struct cluster *cluster)
{
    struct list *bucket = &cluster->buckets[cluster->now_ms % CLUSTER_BUCKETS];

    while (!list_empty(bucket)) {
        struct parcel *parcel = container_of(bucket->next, struct parcel, link);
        struct server *server = cluster_server(cluster, parcel->message.to);

        list_remove(&parcel->link);
        if (server->alive && !cluster->cut[parcel->message.from - 1][parcel->message.to - 1]) {
            cluster_step(cluster, server,
                         (struct raft_event){.type = RAFT_RECEIVE, .message = &parcel->message});
        }
        parcel_free(parcel);
    }
}

/* One millisecond. */
static inline void cluster_turn(struct cluster *cluster)
{
    cluster->now_ms++;
    cluster_deliver(cluster);
    for (uint32_t i = 0; i < cluster->count; i++) {
        struct server *server = &cluster->servers[i];

        while (server->alive && !list_empty(&server->writes)) {
            struct write *write = container_of(server->writes.next, struct write, link);

            if (write->due_ms > cluster->now_ms) {
                break;
            }
            cluster_complete(cluster, server, write);
        }
        if (server->alive && cluster->now_ms >= raft_deadline(&server->raft)) {
            cluster_step(cluster, server, (struct raft_event){.type = RAFT_TICK});
        }
    }
}

static inline void cluster_run(struct cluster *cluster, uint64_t ms)
{
    for (uint64_t end = cluster->now_ms + ms; cluster->now_ms < end;) {
        cluster_turn(cluster);
    }
}

/* ---- life --------------------------------------------------------------------------- */

static inline void cluster_start(struct cluster *cluster, uint32_t id)
{
    struct server *server = cluster_server(cluster, id);
    struct disk_model *disk = &server->disk;
    struct raft_config config = {
        .id = id,
        .members = cluster->members,
        .heartbeat_ms = 50,
        .election_min_ms = 200,
        .election_max_ms = 400,
        .log_entries_max = CLUSTER_RING,
        .trailing_entries = 20,
        .seed = cluster_random(cluster),
    };
    struct raft_stored stored = {
        .term = disk->term,
        .vote = disk->vote,
        .snapshot = disk->snapshot,
        .entries = &disk->log[disk->snapshot.index + 1],
        .entry_count = disk->last - disk->snapshot.index,
    };
    int rv;

    assert(!server->alive);
    list_init(&server->writes);
    rv = raft_init(&server->raft, &config, &stored, cluster->now_ms, NULL);
    assert(rv == 0);
    server->alive = true;
    server->term_max = disk->term; /* one that was not durable is forgotten */
    server->commit_max = disk->snapshot.index;
    server->taken = disk->snapshot.index;
    server->hash = 0;
    if (disk->snapshot.index > 0) {
        memcpy(&server->hash, disk->snapshot.blob->bytes, sizeof(server->hash));
    }
}

/* Any prefix of the pending writes has reached the disk, the last one in part. */
static inline void cluster_crash(struct cluster *cluster, uint32_t id)
{
    struct server *server = cluster_server(cluster, id);
    bool reached = true;

    assert(server->alive);
    list_each (link, &server->writes) {
        struct write *write = container_of(link, struct write, link);

        if (reached && cluster_chance(cluster, 50)) {
            disk_apply(&server->disk, write, write->count);
        } else if (reached) {
            reached = false;
            if (write->kind == WRITE_ENTRIES) {
                disk_apply(&server->disk, write,
                           (uint32_t)(cluster_random(cluster) % (write->count + 1)));
            }
        }
        list_remove(&write->link);
        write_free(write);
    }
    check_vote(cluster, server);
    raft_finish(&server->raft);
    server->alive = false;
}

static inline struct cluster *cluster_new(uint32_t count, uint64_t seed)
{
    struct cluster *cluster = calloc(1, sizeof(*cluster));

    assert(cluster != NULL && count <= CLUSTER_SERVERS);
    cluster->count = count;
    cluster->random = seed;
    cluster->now_ms = 1000;
    cluster->delay_ms = 3;
    cluster->disk_ms = 1;
    for (int i = 0; i < CLUSTER_BUCKETS; i++) {
        list_init(&cluster->buckets[i]);
    }
    for (uint32_t id = 1; id <= count; id++) {
        int rv = members_add_voter(&cluster->members, id, NULL);

        assert(rv == 0);
    }
    for (uint32_t id = 1; id <= count; id++) {
        cluster_start(cluster, id);
    }
    return cluster;
}

static inline void cluster_free(struct cluster *cluster)
{
    check_logs(cluster);
    for (uint32_t id = 1; id <= cluster->count; id++) {
        struct server *server = cluster_server(cluster, id);

        if (server->alive) {
            cluster_crash(cluster, id);
        }
        disk_cut(&server->disk, 1);
        raft_blob_release(server->disk.snapshot.blob);
    }
    for (int i = 0; i < CLUSTER_BUCKETS; i++) {
        list_each (link, &cluster->buckets[i]) {
            list_remove(link);
            parcel_free(container_of(link, struct parcel, link));
        }
    }
    free(cluster);
}

/* ---- what scripts say ------------------------------------------------------------------ */

/* The live leader of the highest term; 0: none. */
static inline uint32_t cluster_leader(struct cluster *cluster)
{
    uint32_t leader = 0;

    for (uint32_t id = 1; id <= cluster->count; id++) {
        struct server *server = cluster_server(cluster, id);

        if (server->alive && server->raft.role == RAFT_LEADER &&
            (leader == 0 || server->raft.term > cluster_raft(cluster, leader)->term)) {
            leader = id;
        }
    }
    return leader;
}

/* Proposes one command; false if `id` refuses. */
static inline bool cluster_propose(struct cluster *cluster, uint32_t id)
{
    uint64_t value = ++cluster->proposed;
    struct raft_blob *blob = raft_blob_new(&value, sizeof(value));
    int rv = cluster_step(
        cluster, cluster_server(cluster, id),
        (struct raft_event){.type = RAFT_PROPOSE, .propose = {.blobs = &blob, .count = 1}});

    raft_blob_release(blob);
    return rv == 0;
}

static inline void cluster_isolate(struct cluster *cluster, uint32_t id, bool cut)
{
    for (uint32_t other = 1; other <= cluster->count; other++) {
        if (other != id) {
            cluster->cut[id - 1][other - 1] = cut;
            cluster->cut[other - 1][id - 1] = cut;
        }
    }
}

/* Runs until some server is a ready leader; its id, or 0 after `ms`. */
static inline uint32_t cluster_elect(struct cluster *cluster, uint64_t ms)
{
    for (uint64_t end = cluster->now_ms + ms; cluster->now_ms < end;) {
        uint32_t leader = cluster_leader(cluster);

        if (leader != 0 && raft_ready(cluster_raft(cluster, leader))) {
            return leader;
        }
        cluster_turn(cluster);
    }
    return 0;
}

/* Runs until all live servers have applied all that any of them holds. */
static inline bool cluster_converge(struct cluster *cluster, uint64_t ms)
{
    for (uint64_t end = cluster->now_ms + ms; cluster->now_ms < end; cluster_turn(cluster)) {
        uint32_t leader = cluster_leader(cluster);
        bool same = leader != 0 && raft_ready(cluster_raft(cluster, leader));

        for (uint32_t id = 1; same && id <= cluster->count; id++) {
            struct server *server = cluster_server(cluster, id);

            same = !server->alive ||
                   (server->raft.applied == raft_last_index(cluster_raft(cluster, leader)) &&
                    raft_last_index(&server->raft) == server->raft.applied);
        }
        if (same) {
            return true;
        }
    }
    return false;
}

#endif
