/* node_fixture: nodes on one loop, on real files, with a transport in memory. Include once. */
#ifndef TESTS_UNIT_DAEMON_NODE_FIXTURE_H
#define TESTS_UNIT_DAEMON_NODE_FIXTURE_H

#include "tests/unit/main.h"

#include "daemon/io/clock.h"
#include "daemon/node/node.h"
#include "daemon/node/wire.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

/* Writes to the file of this name find the disk full; NULL: none do. */
static _Atomic(const char *) no_space_for;

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    const char *full = atomic_load(&no_space_for);
    char link[64];
    char path[PATH_MAX];
    ssize_t got;

    text_format(link, sizeof(link), "/proc/self/fd/%d", fd);
    got = full != NULL ? readlink(link, path, sizeof(path) - 1) : -1;
    path[got > 0 ? got : 0] = '\0';
    if (full != NULL && strstr(path, full) != NULL) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, bytes, length, offset);
}

enum { NODES = 3, PATIENCE_MS = 20000 };

struct world;

struct seat {
    struct world *world;
    uint32_t id;
    bool alive;
    bool deaf; /* cut off */
    struct disk *disk;
    struct node *node;
    uint64_t hash;  /* the state machine */
    uint64_t count; /* of applied commands */
    uint64_t last_index;
    uint32_t closing;
    uint32_t restored;
    uint32_t fatals;
    bool may_fail;
    struct ask *says_more; /* proposed from inside of the next apply() */
    uint64_t halts_at;     /* the count at which it meets what it doesn't understand; 0: never */
};

struct ask {
    struct node_proposal proposal;
    struct node_confirmation confirmation;
    int answers;
    int result;
};

static inline void on_proposed(struct node_proposal *proposal, int result)
{
    struct ask *ask = container_of(proposal, struct ask, proposal);

    ask->answers++;
    ask->result = result;
}

struct parcel {
    struct list link;
    uint32_t from;
    uint32_t to;
    size_t length;
    uint8_t bytes[];
};

struct world {
    uv_loop_t loop;
    uv_idle_t postman;
    struct list parcels;
    struct seat seats[NODES + 1]; /* by id */
    char directory[64];
    uint32_t snapshot_every;
    uint32_t voters;
};

/* ---- transport ------------------------------------------------------------------ */

static inline void deliver(uv_idle_t *idle)
{
    struct world *world = container_of(idle, struct world, postman);
    struct list now;

    list_init(&now);
    while (!list_empty(&world->parcels)) {
        struct list *link = world->parcels.next;

        list_remove(link);
        list_append(&now, link);
    }
    uv_idle_stop(idle);
    while (!list_empty(&now)) {
        struct parcel *parcel = container_of(now.next, struct parcel, link);
        struct seat *to = &world->seats[parcel->to];

        list_remove(&parcel->link);
        if (to->alive && !to->deaf && !world->seats[parcel->from].deaf) {
            char name[LIMIT_NAME_SIZE];

            text_format(name, sizeof(name), "n%u", parcel->from);
            node_receive(to->node, name, parcel->bytes, parcel->length);
        }
        free(parcel);
    }
}

static inline void hook_send(void *context, const char *to, const uint8_t *bytes, size_t length)
{
    struct seat *seat = context;
    struct parcel *parcel = malloc(sizeof(*parcel) + length);

    ck_assert_uint_le(length, LIMIT_MESSAGE_BYTES);
    parcel->from = seat->id;
    parcel->to = (uint32_t)strtoul(to + 1, NULL, 10);
    parcel->length = length;
    memcpy(parcel->bytes, bytes, length);
    list_append(&seat->world->parcels, &parcel->link);
    uv_idle_start(&seat->world->postman, deliver);
}

/* ---- state machine ----------------------------------------------------------------- */

static inline void hook_apply(void *context, uint64_t index, uint64_t term, const uint8_t *bytes,
                              size_t length)
{
    struct seat *seat = context;

    (void)term;
    ck_assert_uint_gt(index, seat->last_index);
    if (seat->halts_at != 0 && seat->count == seat->halts_at) {
        node_halt(seat->node);
        return;
    }
    if (seat->says_more != NULL && seat->says_more->proposal.cb == NULL) {
        node_propose(seat->node, &seat->says_more->proposal, (const uint8_t *)"more", 4,
                     on_proposed);
        ck_assert_uint_eq(seat->says_more->proposal.index, 0); /* only queued */
        ck_assert_int_eq(seat->says_more->answers, 0);
    }
    seat->last_index = index;
    seat->count++;
    for (size_t i = 0; i < length; i++) {
        seat->hash = (seat->hash ^ bytes[i]) * 0x100000001b3u;
    }
}

static inline void hook_take(void *context, struct buf *out)
{
    struct seat *seat = context;

    buf_append_u64(out, seat->hash);
    buf_append_u64(out, seat->count);
    buf_append_u64(out, seat->last_index);
}

static inline int hook_restore(void *context, const uint8_t *bytes, size_t length, struct err *err)
{
    struct seat *seat = context;

    (void)err;
    ck_assert_uint_eq(length, 24);
    seat->hash = bytes_u64(bytes);
    seat->count = bytes_u64(bytes + 8);
    seat->last_index = bytes_u64(bytes + 16);
    seat->restored++;
    return 0;
}

static inline void hook_role(void *context)
{
    (void)context;
}

static inline void hook_fatal(void *context, const struct err *err)
{
    struct seat *seat = context;

    ck_assert_msg(seat->may_fail, "fatal: %s", err->text);
    ck_assert_int_eq(err->code, ERR_IO);
    seat->fatals++;
}

/* ---- life --------------------------------------------------------------------------- */

static inline void seat_start(struct world *world, uint32_t id)
{
    struct seat *seat = &world->seats[id];
    struct disk_recovered recovered;
    struct err err = {0};
    char directory[96];
    struct disk_config disk = {.loop = &world->loop, .agent = directory};
    struct node_config config = {
        .loop = &world->loop,
        .id = id,
        .heartbeat_ms = 50,
        .election_min_ms = 500, /* a busy machine's disk may stand still for so long */
        .election_max_ms = 1000,
        .snapshot_every = world->snapshot_every,
        .trailing = 10,
        .seed = 42 + id * id, /* of one seed, two would go on splitting the votes */
        .hooks = {.send = hook_send,
                  .apply = hook_apply,
                  .snapshot_take = hook_take,
                  .snapshot_restore = hook_restore,
                  .role_changed = hook_role,
                  .fatal = hook_fatal},
        .context = seat,
    };

    text_format(directory, sizeof(directory), "%s/%u", world->directory, id);
    disk.directory = directory;
    *seat = (struct seat){.world = world, .id = id, .alive = true};
    for (uint32_t other = 1; other <= world->voters; other++) {
        struct member member = {.id = other, .kind = MEMBER_VOTER};

        text_format(member.name, sizeof(member.name), "n%u", other);
        members_add(&config.members, &member, NULL);
    }
    ck_assert_msg(disk_open(&seat->disk, &disk, &recovered, &err) == 0, "%s", err.text);
    config.disk = seat->disk;
    ck_assert_msg(node_start(&seat->node, &config, &recovered, &err) == 0, "%s", err.text);
    disk_recovered_release(&recovered);
}

static inline void on_disk_closed(void *context)
{
    ((struct seat *)context)->closing = 2;
}

static inline void on_node_closed(void *context)
{
    struct seat *seat = context;

    disk_close(seat->disk, on_disk_closed, seat);
    seat->closing = 1;
}

static inline void seat_stop(struct world *world, uint32_t id)
{
    struct seat *seat = &world->seats[id];

    seat->alive = false;
    node_close(seat->node, on_node_closed, seat);
    while (seat->closing < 2) {
        uv_run(&world->loop, UV_RUN_ONCE);
    }
}

static inline void world_start(struct world *world, uint32_t voters, uint32_t snapshot_every)
{
    memset(world, 0, sizeof(*world));
    strcpy(world->directory, "/tmp/raft-node-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(world->directory));
    world->snapshot_every = snapshot_every;
    world->voters = voters;
    uv_loop_init(&world->loop);
    uv_idle_init(&world->loop, &world->postman);
    list_init(&world->parcels);
    for (uint32_t id = 1; id <= voters; id++) {
        seat_start(world, id);
    }
}

static inline void erase(const char *path)
{
    DIR *stream = opendir(path);
    struct dirent *entry;

    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        unlinkat(dirfd(stream), entry->d_name, 0);
    }
    if (stream != NULL) {
        closedir(stream);
    }
    rmdir(path);
}

static inline void world_finish(struct world *world)
{
    for (uint32_t id = 1; id <= world->voters; id++) {
        char directory[96];

        if (world->seats[id].alive) {
            seat_stop(world, id);
        }
        text_format(directory, sizeof(directory), "%s/%u", world->directory, id);
        erase(directory);
    }
    erase(world->directory);
    deliver(&world->postman);
    uv_close((uv_handle_t *)&world->postman, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&world->loop), 0);
}

/* ---- waiting --------------------------------------------------------------------------- */

static inline void on_patience(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static inline void on_timer_closed(uv_handle_t *handle)
{
    *(bool *)handle->data = false;
}

static inline void tell(struct world *world)
{
    for (uint32_t id = 1; id <= world->voters; id++) {
        struct node_status status;

        if (world->seats[id].alive) {
            node_status(world->seats[id].node, &status);
            printf("%u: %s term %llu leader %u last %llu durable %llu commit %llu applied %llu, "
                   "%llu commands\n",
                   id, raft_role_name(status.role), (unsigned long long)status.term, status.leader,
                   (unsigned long long)status.last, (unsigned long long)status.durable,
                   (unsigned long long)status.commit, (unsigned long long)status.applied,
                   (unsigned long long)world->seats[id].count);
        }
    }
}

/* Runs the loop until `done` holds, or fails the test. */
static inline void wait_for(struct world *world,
                            bool (*done)(struct world *world, const void *what), const void *what)
{
    uv_timer_t timer;
    bool late = false;

    uv_timer_init(&world->loop, &timer);
    timer.data = &late;
    uv_timer_start(&timer, on_patience, PATIENCE_MS, 0);
    while (!done(world, what) && !late) {
        uv_run(&world->loop, UV_RUN_ONCE);
    }
    if (late) {
        tell(world);
        ck_abort_msg("waited too long");
    }
    late = true;
    uv_close((uv_handle_t *)&timer, on_timer_closed);
    while (late) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
    }
}

static inline uint32_t leader_of(struct world *world)
{
    for (uint32_t id = 1; id <= world->voters; id++) {
        struct node_status status;

        if (!world->seats[id].alive || world->seats[id].deaf) {
            continue;
        }
        node_status(world->seats[id].node, &status);
        if (status.ready) {
            return id;
        }
    }
    return 0;
}

static inline bool has_leader(struct world *world, const void *what)
{
    (void)what;
    return leader_of(world) != 0;
}

static inline uint32_t elect(struct world *world)
{
    wait_for(world, has_leader, NULL);
    return leader_of(world);
}

/* All live seats have applied `*what` commands, and are in the same state. */
static inline bool all_have(struct world *world, const void *what)
{
    uint64_t hash = 0;

    for (uint32_t id = 1; id <= world->voters; id++) {
        const struct seat *seat = &world->seats[id];

        if (!seat->alive) {
            continue;
        }
        if (seat->count != *(const uint64_t *)what || (hash != 0 && seat->hash != hash)) {
            return false;
        }
        hash = seat->hash;
    }
    return true;
}

static inline void on_confirmed(struct node_confirmation *confirmation, int result)
{
    struct ask *ask = container_of(confirmation, struct ask, confirmation);

    ask->answers++;
    ask->result = result;
}

static inline bool answered(struct world *world, const void *what)
{
    (void)world;
    return ((const struct ask *)what)->answers > 0;
}

static inline int propose(struct world *world, uint32_t id, size_t length)
{
    static uint8_t bytes[LIMIT_COMMAND_BYTES + 1];
    struct ask ask = {0};

    bytes[0]++;
    node_propose(world->seats[id].node, &ask.proposal, bytes, length, on_proposed);
    ck_assert_int_eq(ask.answers, 0);
    wait_for(world, answered, &ask);
    ck_assert_int_eq(ask.answers, 1);
    ck_assert(ask.result != 0 || ask.proposal.index > 0);
    return ask.result;
}

/* By whoever leads, again if he lost that in between: it may have been done, and is done twice
 * then. How many commands there are now. */
static inline uint64_t propose_surely(struct world *world, size_t length)
{
    uint32_t leader;
    int result;

    do {
        leader = elect(world);
        result = propose(world, leader, length);
        ck_assert(result == 0 || result == ERR_TIMEOUT || result == ERR_NOTLEADER);
    } while (result != 0);
    return world->seats[leader].count;
}

static inline int confirm(struct world *world, uint32_t id)
{
    struct ask ask = {0};

    node_confirm(world->seats[id].node, &ask.confirmation, on_confirmed);
    ck_assert_int_eq(ask.answers, 0);
    wait_for(world, answered, &ask);
    ck_assert_int_eq(ask.answers, 1);
    return ask.result;
}

static inline bool is_true(struct world *world, const void *what)
{
    (void)world;
    return *(const bool *)what;
}

#endif
