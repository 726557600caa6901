/* Three nodes on one loop, on real files, with a transport in memory. */
#include "tests/unit/main.h"

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

#include "daemon/io/clock.h"
#include "daemon/node/node.h"
#include "daemon/node/wire.h"

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

static void on_proposed(struct node_proposal *proposal, int result)
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

static void deliver(uv_idle_t *idle)
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

static void hook_send(void *context, const char *to, const uint8_t *bytes, size_t length)
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

static void hook_apply(void *context, uint64_t index, uint64_t term, const uint8_t *bytes,
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

static void hook_take(void *context, struct buf *out)
{
    struct seat *seat = context;

    buf_append_u64(out, seat->hash);
    buf_append_u64(out, seat->count);
    buf_append_u64(out, seat->last_index);
}

static int hook_restore(void *context, const uint8_t *bytes, size_t length, struct err *err)
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

static void hook_role(void *context)
{
    (void)context;
}

static void hook_fatal(void *context, const struct err *err)
{
    struct seat *seat = context;

    ck_assert_msg(seat->may_fail, "fatal: %s", err->text);
    ck_assert_int_eq(err->code, ERR_IO);
    seat->fatals++;
}

/* ---- life --------------------------------------------------------------------------- */

static void seat_start(struct world *world, uint32_t id)
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

static void on_disk_closed(void *context)
{
    ((struct seat *)context)->closing = 2;
}

static void on_node_closed(void *context)
{
    struct seat *seat = context;

    disk_close(seat->disk, on_disk_closed, seat);
    seat->closing = 1;
}

static void seat_stop(struct world *world, uint32_t id)
{
    struct seat *seat = &world->seats[id];

    seat->alive = false;
    node_close(seat->node, on_node_closed, seat);
    while (seat->closing < 2) {
        uv_run(&world->loop, UV_RUN_ONCE);
    }
}

static void world_start(struct world *world, uint32_t voters, uint32_t snapshot_every)
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

static void erase(const char *path)
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

static void world_finish(struct world *world)
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

static void on_patience(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static void on_timer_closed(uv_handle_t *handle)
{
    *(bool *)handle->data = false;
}

static void tell(struct world *world)
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
static void wait_for(struct world *world, bool (*done)(struct world *world, const void *what),
                     const void *what)
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

static uint32_t leader_of(struct world *world)
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

static bool has_leader(struct world *world, const void *what)
{
    (void)what;
    return leader_of(world) != 0;
}

static uint32_t elect(struct world *world)
{
    wait_for(world, has_leader, NULL);
    return leader_of(world);
}

/* All live seats have applied `*what` commands, and are in the same state. */
static bool all_have(struct world *world, const void *what)
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

static void on_confirmed(struct node_confirmation *confirmation, int result)
{
    struct ask *ask = container_of(confirmation, struct ask, confirmation);

    ask->answers++;
    ask->result = result;
}

static bool answered(struct world *world, const void *what)
{
    (void)world;
    return ((const struct ask *)what)->answers > 0;
}

static int propose(struct world *world, uint32_t id, size_t length)
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
static uint64_t propose_surely(struct world *world, size_t length)
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

static int confirm(struct world *world, uint32_t id)
{
    struct ask ask = {0};

    node_confirm(world->seats[id].node, &ask.confirmation, on_confirmed);
    ck_assert_int_eq(ask.answers, 0);
    wait_for(world, answered, &ask);
    ck_assert_int_eq(ask.answers, 1);
    return ask.result;
}

/* ---- tests -------------------------------------------------------------------------------- */

static bool is_true(struct world *world, const void *what)
{
    (void)world;
    return *(const bool *)what;
}

static void on_segment(struct disk_request *request, int result)
{
    ck_assert_int_eq(result, 0);
    *(bool *)request->context = true;
}

/* Two entries at a time, of which the second is cut by the next two. */
static void write_segments(struct world *world, uint64_t count)
{
    struct seat *seat = &world->seats[1];
    struct disk_recovered recovered;
    bool done = false;
    struct disk_request request = {.context = &done};
    char directory[96];
    struct disk_config config = {.loop = &world->loop, .directory = directory, .agent = directory};

    text_format(directory, sizeof(directory), "%s/1", world->directory);
    ck_assert_int_eq(disk_open(&seat->disk, &config, &recovered, NULL), 0);
    disk_recovered_release(&recovered);
    disk_write_vote(seat->disk, &request, count, 1, on_segment);
    wait_for(world, is_true, &done);
    for (uint64_t i = 1; i <= count; i++) {
        done = false;
        disk_append_begin(&request);
        disk_append_add(&request, &(struct raft_entry){.index = i, .term = i});
        disk_append_add(&request, &(struct raft_entry){.index = i + 1, .term = i});
        disk_append_submit(seat->disk, &request, on_segment);
        wait_for(world, is_true, &done);
    }
    seat->closing = 1;
    disk_close(seat->disk, on_disk_closed, seat);
    while (seat->closing < 2) {
        uv_run(&world->loop, UV_RUN_ONCE);
    }
}

static bool snapshot_reached(struct world *world, const void *what)
{
    struct node_status status;

    node_status(world->seats[1].node, &status);
    return status.snapshot >= *(const uint64_t *)what;
}

/* Every cut of the log begins a segment, and there may be so many of them only. */
START_TEST(many_segments_are_a_reason_for_a_snapshot)
{
    struct world world;

    world_start(&world, 1, 100000);
    seat_stop(&world, 1);
    write_segments(&world, DISK_LOG_SEGMENTS - 2);
    seat_start(&world, 1);
    elect(&world);
    propose_surely(&world, 100);
    wait_for(&world, snapshot_reached, &(uint64_t){DISK_LOG_SEGMENTS / 2});
    for (int i = 0; i < 20; i++) {
        propose_surely(&world, 100);
    }
    world_finish(&world);
}
END_TEST

START_TEST(CL_04_JR_01_what_apply_proposes_is_an_entry_of_its_own_later)
{
    struct world world;
    struct ask more = {0};

    world_start(&world, 1, 0);
    elect(&world);
    world.seats[1].says_more = &more;
    ck_assert_int_eq(propose(&world, 1, 100), 0);
    wait_for(&world, answered, &more);
    ck_assert_int_eq(more.result, 0);
    ck_assert_uint_eq(world.seats[1].count, 2);
    world_finish(&world);
}
END_TEST

START_TEST(three_nodes_agree)
{
    struct world world;
    struct node_status status;
    uint64_t count = 0;
    uint32_t leader;

    world_start(&world, 3, 0);
    leader = elect(&world);
    for (; count < 20; count++) {
        ck_assert_int_eq(propose(&world, leader, 100), 0);
    }
    wait_for(&world, all_have, &count);
    ck_assert_int_eq(propose(&world, leader % 3 + 1, 10), ERR_NOTLEADER);
    ck_assert_int_eq(propose(&world, leader, LIMIT_COMMAND_BYTES + 1), ERR_LIMIT);
    ck_assert_int_eq(propose(&world, leader, LIMIT_COMMAND_BYTES), 0);
    node_status(world.seats[leader].node, &status);
    ck_assert_uint_eq(status.leader, leader);
    ck_assert_uint_eq(status.peer_count, 2);
    ck_assert_uint_gt(status.peers[0].last_contact_ms, 0);
    world_finish(&world);
}
END_TEST

START_TEST(a_single_voter_agrees_with_itself)
{
    struct world world;
    uint64_t count = 3;

    world_start(&world, 1, 0);
    ck_assert_uint_eq(elect(&world), 1);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(propose(&world, 1, 100), 0);
    }
    ck_assert_int_eq(confirm(&world, 1), 0);
    seat_stop(&world, 1);
    seat_start(&world, 1);
    elect(&world);
    wait_for(&world, all_have, &count);
    world_finish(&world);
}
END_TEST

START_TEST(state_survives_restarts_in_any_order)
{
    static const uint32_t orders[][3] = {{1, 2, 3}, {3, 1, 2}, {2, 3, 1}};
    struct world world;
    uint64_t count = 0;

    world_start(&world, 3, 16);
    for (size_t i = 0; i < 3; i++) {
        for (int j = 0; j < 15; j++) {
            count = propose_surely(&world, 200);
        }
        seat_stop(&world, orders[i][0]); /* the other two go on, or elect */
        for (int j = 0; j < 30; j++) {
            count = propose_surely(&world, 200);
        }
        seat_stop(&world, orders[i][1]);
        seat_stop(&world, orders[i][2]);
        seat_start(&world, orders[i][2]);
        seat_start(&world, orders[i][0]); /* far behind: by snapshot */
        seat_start(&world, orders[i][1]);
        count = propose_surely(&world, 10);
        wait_for(&world, all_have, &count);
    }
    ck_assert_uint_ge(count, 3 * 46);
    ck_assert_uint_gt(world.seats[1].restored + world.seats[2].restored + world.seats[3].restored,
                      0);
    world_finish(&world);
}
END_TEST

START_TEST(RD_03_10_a_leader_that_is_cut_off_confirms_nothing)
{
    struct world world;
    struct ask ask = {0};
    struct ask change = {0};
    uint32_t old;
    uint32_t next;

    world_start(&world, 3, 0);
    old = elect(&world);
    ck_assert_int_eq(confirm(&world, old), 0);
    ck_assert_int_eq(confirm(&world, old % 3 + 1), ERR_NOTLEADER);
    world.seats[old].deaf = true;
    node_confirm(world.seats[old].node, &ask.confirmation, on_confirmed);
    node_propose(world.seats[old].node, &change.proposal, (const uint8_t *)"x", 1, on_proposed);
    next = elect(&world);
    ck_assert_uint_ne(next, old);
    ck_assert_int_eq(confirm(&world, next), 0);
    wait_for(&world, answered, &ask);
    wait_for(&world, answered, &change);
    ck_assert_int_eq(ask.result, ERR_NOTLEADER);
    ck_assert_int_eq(change.result, ERR_TIMEOUT); /* unknown */
    ck_assert_int_eq(propose(&world, next, 5), 0);
    world.seats[old].deaf = false;
    ck_assert_int_eq(propose(&world, next, 5), 0);
    wait_for(&world, all_have, &(uint64_t){2});
    world_finish(&world);
}
END_TEST

static bool has_halted(struct world *world, const void *what)
{
    const struct seat *seat = &world->seats[*(const uint32_t *)what];

    return seat->count == seat->halts_at;
}

/* An old agent in the midst of newer ones: it stays where it is, and no majority counts it. */
START_TEST(CM_10_a_node_that_halts_takes_no_part_and_needs_no_end)
{
    struct world world;
    struct ask change = {0};
    struct node_status status;
    uint32_t leader;
    uint32_t old;
    uint32_t other;
    uint64_t commit;

    world_start(&world, 3, 0);
    leader = elect(&world);
    old = leader % 3 + 1;
    other = old % 3 + 1;
    world.seats[old].halts_at = 2;
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(propose(&world, leader, 5), 0);
    }
    wait_for(&world, has_halted, &old);
    ck_assert_int_eq(propose(&world, leader, 5), 0); /* the two others are a majority */
    ck_assert_uint_eq(world.seats[old].count, 2);
    ck_assert_uint_eq(world.seats[old].fatals, 0);
    world.seats[other].deaf = true;
    node_status(world.seats[leader].node, &status);
    commit = status.commit;
    node_propose(world.seats[leader].node, &change.proposal, (const uint8_t *)"x", 1, on_proposed);
    wait_for(&world, answered, &change); /* the leader finds that it is alone */
    ck_assert_int_eq(change.result, ERR_TIMEOUT);
    node_status(world.seats[leader].node, &status);
    ck_assert_uint_eq(status.commit, commit);
    ck_assert_uint_eq(leader_of(&world), 0);
    node_status(world.seats[old].node, &status);
    ck_assert(!status.ready);
    world_finish(&world);
}
END_TEST

START_TEST(a_burst_of_proposals_and_confirmations_is_answered_once_each)
{
    struct world world;
    static struct ask asks[500];
    uint64_t count = 500;
    uint32_t leader;

    memset(asks, 0, sizeof(asks));
    world_start(&world, 3, 100);
    leader = elect(&world);
    for (int i = 0; i < 500; i++) {
        node_propose(world.seats[leader].node, &asks[i].proposal, (const uint8_t *)&i, sizeof(i),
                     on_proposed);
        node_confirm(world.seats[leader].node, &asks[i].confirmation, on_confirmed);
    }
    wait_for(&world, all_have, &count);
    for (int i = 0; i < 500; i++) {
        wait_for(&world, answered, &asks[i]);
        ck_assert_int_eq(asks[i].answers, 2);
        ck_assert_int_eq(asks[i].result, 0);
    }
    world_finish(&world);
}
END_TEST

START_TEST(stepping_down_hands_leadership_to_another)
{
    struct world world;
    uint32_t old;

    world_start(&world, 3, 0);
    old = elect(&world);
    node_step_down(world.seats[old].node);
    ck_assert_uint_ne(leader_of(&world), old);
    ck_assert_uint_ne(elect(&world), old);
    world_finish(&world);
}
END_TEST

START_TEST(a_lost_connection_holds_nothing_up_for_long)
{
    static const char *const names[] = {"n1", "n2", "n3", "nobody"};
    struct world world;

    world_start(&world, 3, 0);
    for (unsigned i = 0; i < 20; i++) {
        node_unreachable(world.seats[elect(&world)].node, names[i % 4]);
        propose_surely(&world, 10);
    }
    world_finish(&world);
}
END_TEST

START_TEST(closing_answers_all_that_waits)
{
    struct world world;
    struct ask ask = {0};
    struct ask change = {0};
    uint32_t leader;

    world_start(&world, 3, 0);
    leader = elect(&world);
    node_propose(world.seats[leader].node, &change.proposal, (const uint8_t *)"x", 1, on_proposed);
    node_confirm(world.seats[leader].node, &ask.confirmation, on_confirmed);
    seat_stop(&world, leader);
    ck_assert_int_eq(ask.answers, 1);
    ck_assert_int_eq(ask.result, ERR_CLOSED);
    ck_assert_int_eq(change.answers, 1);
    ck_assert_int_eq(change.result, ERR_CLOSED);
    world_finish(&world);
}
END_TEST

START_TEST(TR_06_garbage_is_dropped_and_counted)
{
    struct world world;
    struct node_status status;
    struct wire_message *wire = calloc(1, sizeof(*wire));
    struct raft_message heartbeat = {.type = RAFT_HEARTBEAT,
                                     .from = 2,
                                     .to = 1,
                                     .term = 7,
                                     .heartbeat = {.round = 9, .match = 3, .commit = 2}};
    struct buf bytes;

    buf_init(&bytes, 4096);
    world_start(&world, 3, 0);
    node_receive(world.seats[1].node, "n2", (const uint8_t *)"\xff\xff\xff", 3);
    node_receive(world.seats[1].node, "n2", (const uint8_t *)"", 0);
    wire_encode(&bytes, &heartbeat);
    ck_assert_int_eq(wire_decode(wire, bytes.data, bytes.length), 0);
    ck_assert_uint_eq(wire->message.heartbeat.round, 9);
    for (size_t i = 0; i < bytes.length; i++) { /* cut short anywhere */
        int rv = wire_decode(wire, bytes.data, i);

        ck_assert(rv == 0 || rv == ERR_PROTOCOL);
        if (rv == 0) {
            wire_release(wire);
        }
    }
    node_receive(world.seats[1].node, "n9", bytes.data, bytes.length); /* an impostor */
    node_status(world.seats[1].node, &status);
    ck_assert_uint_eq(status.dropped, 3);
    world_finish(&world);
    buf_finish(&bytes);
    free(wire);
}
END_TEST

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static bool has_failed(struct world *world, const void *what)
{
    (void)world;
    return ((const struct seat *)what)->fatals > 0;
}

START_TEST(AS_05_DK_12_a_disk_that_fails_ends_it_all_at_once)
{
    struct world world;
    struct ask ask = {0};
    char path[128];

    world_start(&world, 1, 4);
    elect(&world);
    world.seats[1].may_fail = true;
    text_format(path, sizeof(path), "%s/1/snapshot.tmp", world.directory);
    ck_assert_int_eq(mkdir(path, 0700), 0); /* a snapshot can't be written now */
    for (int i = 0; i < 4; i++) {
        int result = propose(&world, 1, 10);

        ck_assert(result == 0 || result == ERR_CLOSED); /* each has its answer */
    }
    wait_for(&world, has_failed, &world.seats[1]);
    node_propose(world.seats[1].node, &ask.proposal, (const uint8_t *)"x", 1, on_proposed);
    wait_for(&world, answered, &ask);
    ck_assert_int_eq(ask.result, ERR_CLOSED);
    ck_assert_uint_eq(world.seats[1].fatals, 1);
    ck_assert_int_eq(rmdir(path), 0);
    world_finish(&world);
}
END_TEST

static bool has_snapshot(struct world *world, const void *what)
{
    struct node_status status;

    (void)world;
    node_status(((const struct seat *)what)->node, &status);
    return status.snapshot > 0;
}

START_TEST(DK_11_a_snapshot_without_space_is_taken_later)
{
    struct world world;
    struct node_status status;

    world_start(&world, 1, 4);
    elect(&world);
    atomic_store(&no_space_for, "snapshot.tmp");
    for (int i = 0; i < 12; i++) {
        ck_assert_int_eq(propose(&world, 1, 10), 0);
    }
    node_status(world.seats[1].node, &status);
    ck_assert_uint_eq(status.snapshot, 0);
    ck_assert_uint_eq(world.seats[1].fatals, 0);
    atomic_store(&no_space_for, NULL);
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(propose(&world, 1, 10), 0);
    }
    wait_for(&world, has_snapshot, &world.seats[1]);
    world_finish(&world);
}
END_TEST

static bool is_full(struct world *world, const void *what)
{
    (void)world;
    return disk_state(((const struct seat *)what)->disk, clock_now_ms()) == DISK_FULL;
}

START_TEST(DK_11_AS_11_a_node_waits_for_space_and_closes_without_it)
{
    struct world world;
    struct ask ask = {0};

    world_start(&world, 1, 0);
    elect(&world);
    ck_assert_int_eq(propose(&world, 1, 10), 0);
    atomic_store(&no_space_for, "log-");
    node_propose(world.seats[1].node, &ask.proposal, (const uint8_t *)"x", 1, on_proposed);
    wait_for(&world, is_full, &world.seats[1]);
    ck_assert_int_eq(ask.answers, 0); /* nothing is acknowledged */
    atomic_store(&no_space_for, NULL);
    wait_for(&world, answered, &ask);
    ck_assert_int_eq(ask.result, 0);
    atomic_store(&no_space_for, "log-");
    ask = (struct ask){0};
    node_propose(world.seats[1].node, &ask.proposal, (const uint8_t *)"x", 1, on_proposed);
    wait_for(&world, is_full, &world.seats[1]);
    disk_stop_waiting(world.seats[1].disk);
    world_finish(&world);
    ck_assert_int_eq(ask.answers, 1);
    ck_assert_uint_eq(world.seats[1].fatals, 0);
    atomic_store(&no_space_for, NULL);
}
END_TEST

/* BENCH=1: how long a commit takes, one at a time. */
START_TEST(measures_a_commit)
{
    struct world world;
    uint64_t took_us[2000];
    uint32_t leader;
    size_t count = getenv("BENCH") != NULL ? 2000 : 20;

    world_start(&world, 3, 0);
    leader = elect(&world);
    for (size_t i = 0; i < count; i++) {
        struct ask ask = {0};
        uint64_t start_us = clock_now_us();

        node_propose(world.seats[leader].node, &ask.proposal, (const uint8_t *)&i, sizeof(i),
                     on_proposed);
        while (ask.answers == 0) {
            uv_run(&world.loop, UV_RUN_ONCE);
        }
        ck_assert_int_eq(ask.result, 0);
        took_us[i] = clock_now_us() - start_us;
    }
    qsort(took_us, count, sizeof(took_us[0]), by_value);
    if (getenv("BENCH") != NULL) {
        printf("commit: median %llu us, p99 %llu us\n", (unsigned long long)took_us[count / 2],
               (unsigned long long)took_us[count * 99 / 100]);
    }
    world_finish(&world);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("node");
    TCase *tcase = tcase_create("nodes");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, many_segments_are_a_reason_for_a_snapshot);
    tcase_add_test(tcase, CL_04_JR_01_what_apply_proposes_is_an_entry_of_its_own_later);
    tcase_add_test(tcase, three_nodes_agree);
    tcase_add_test(tcase, a_single_voter_agrees_with_itself);
    tcase_add_test(tcase, state_survives_restarts_in_any_order);
    tcase_add_test(tcase, RD_03_10_a_leader_that_is_cut_off_confirms_nothing);
    tcase_add_test(tcase, CM_10_a_node_that_halts_takes_no_part_and_needs_no_end);
    tcase_add_test(tcase, a_burst_of_proposals_and_confirmations_is_answered_once_each);
    tcase_add_test(tcase, stepping_down_hands_leadership_to_another);
    tcase_add_test(tcase, a_lost_connection_holds_nothing_up_for_long);
    tcase_add_test(tcase, closing_answers_all_that_waits);
    tcase_add_test(tcase, TR_06_garbage_is_dropped_and_counted);
    tcase_add_test(tcase, AS_05_DK_12_a_disk_that_fails_ends_it_all_at_once);
    tcase_add_test(tcase, DK_11_a_snapshot_without_space_is_taken_later);
    tcase_add_test(tcase, DK_11_AS_11_a_node_waits_for_space_and_closes_without_it);
    tcase_add_test(tcase, measures_a_commit);
    suite_add_tcase(suite, tcase);
    return suite;
}
