/* The last resort (MC-17): what is written, what is refused, and a crash at every operation. The
 * store lies on memory_disk, the seat record in a real directory. */
#include "tests/unit/main.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "consensus/raft.h"
#include "daemon/io/disk.h"
#include "daemon/recover.h"
#include "daemon/seat.h"
#include "tests/unit/daemon/memory_disk.h"
#include "topology/command.h"

enum { TERM = 5, NAMED = 3, NOBODY = 65534 };

static char directory[] = "/tmp/orchestratord-recover-XXXXXX";
static struct conf conf;
static struct ledger ledger; /* large */
static uv_loop_t loop;
static struct disk *disk;
static struct disk_recovered found;

/* ---- the store ---- */

static void open_store(void)
{
    struct disk_config config = {.loop = &loop, .directory = directory, .agent = "a1"};
    struct err err;

    ck_assert_msg(disk_open(&disk, &config, &found, &err) == 0, "%s", err.text);
}

static void on_closed(void *context)
{
    (void)context;
}

static void close_store(void)
{
    disk_close(disk, on_closed, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    disk_recovered_release(&found);
}

static void on_written(struct disk_request *request, int result)
{
    *(int *)request->context = result;
}

static void put(struct disk_request *request, uint64_t index, enum raft_entry_kind kind,
                const uint8_t *bytes, size_t length)
{
    struct raft_entry entry = {
        .index = index, .term = TERM, .kind = kind, .blob = raft_blob_new(bytes, length)};

    disk_append_add(request, &entry);
    raft_blob_release(entry.blob);
}

/* Begins with the whole list of a cluster's life: what is asked for next is added by `more`. */
static void write_log(void (*more)(struct disk_request *request, uint64_t next))
{
    static const struct command_setting on = {"automation", "on"};
    const struct command_stamp stamp = {.by = "test", .at_ms = 1000};
    struct ledger_server servers[2] = {{.name = "db1", .address = "10.0.0.1:3306"},
                                       {.name = "db2", .address = "10.0.0.2:3306"}};
    struct disk_request vote;
    struct disk_request append;
    struct buf command;
    int results[2] = {1, 1};

    open_store();
    buf_init(&command, LIMIT_COMMAND_BYTES);
    vote.context = &results[0];
    append.context = &results[1];
    disk_write_vote(disk, &vote, TERM, 2, on_written);
    disk_append_begin(&append);
    command_cluster_create(&command, stamp, "main", servers, 2, "db2", &on, 1);
    put(&append, 1, RAFT_COMMAND, command.data, command.length);
    if (more != NULL) {
        more(&append, 2);
    }
    disk_append_submit(disk, &append, on_written);
    buf_finish(&command);
    close_store();
    ck_assert_int_eq(results[0], 0);
    ck_assert_int_eq(results[1], 0);
}

static struct members named(void)
{
    struct members members;

    members_init(&members);
    for (uint32_t id = 1; id <= NAMED; id++) {
        struct member member = {.id = id, .kind = MEMBER_VOTER, .key = {(uint8_t)id}};

        text_format(member.name, sizeof member.name, "a%u", id);
        text_format(member.address, sizeof member.address, "10.0.0.%u:7300", id);
        ck_assert_int_eq(members_add(&members, &member, NULL), 0);
    }
    return members;
}

static void write_seat(const struct members *first)
{
    struct seat seat = {.born = SEAT_BOOTSTRAP, .id = 1, .first = *first, .known = *first};

    open_store();
    seat.store = found.store;
    close_store();
    ck_assert_int_eq(seat_write(&seat, directory, NULL), 0);
}

static void setup(void)
{
    struct members members = named();

    memcpy(directory + sizeof directory - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    memory_start(1);
    uv_loop_init(&loop);
    memset(&conf, 0, sizeof conf);
    text_copy(conf.agent.name, sizeof conf.agent.name, "a1");
    text_copy(conf.agent.data_dir, sizeof conf.agent.data_dir, directory);
    write_seat(&members);
}

static void teardown(void)
{
    char path[128];

    text_format(path, sizeof path, "%s/" SEAT_FILE, directory);
    unlink(path);
    rmdir(directory);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    memory_finish();
}

/* ---- what it came to ---- */

static int recover(struct err *err)
{
    struct recover *recover;
    int rc = recover_open(&recover, &conf, err);

    if (rc == 0) {
        rc = recover_carry_out(recover, err);
        recover_close(recover);
    }
    return rc;
}

static void refused(int code, const char *story)
{
    struct recover *recover;
    struct err err;

    ck_assert_int_eq(recover_open(&recover, &conf, &err), code);
    ck_assert_msg(strstr(err.text, story) != NULL, "%s", err.text);
}

/* As the agent would start with what is found. */
static void start_core(struct raft *raft)
{
    struct members members = named();
    struct raft_config config = {.id = 1,
                                 .store = found.store,
                                 .members = members,
                                 .heartbeat_ms = 50,
                                 .election_min_ms = 200,
                                 .election_max_ms = 400};
    struct raft_stored stored = {.term = found.term,
                                 .vote = found.vote,
                                 .snapshot = found.snapshot,
                                 .entries = found.entries,
                                 .entry_count = found.entry_count};

    ck_assert_int_eq(raft_init(raft, &config, &stored, 1000, NULL), 0);
}

static void read_ledger(void)
{
    const struct raft_snapshot *snapshot = &found.snapshot;

    ledger_init(&ledger);
    if (snapshot->index > 0) {
        ck_assert_int_eq(
            ledger_decode(&ledger, snapshot->blob->bytes, snapshot->blob->length, NULL), 0);
    }
    for (size_t i = 0; i < found.entry_count; i++) {
        const struct raft_entry *entry = &found.entries[i];

        if (entry->kind == RAFT_COMMAND) {
            ck_assert_int_eq(ledger_apply(&ledger, entry->index, entry->term,
                                          raft_entry_bytes(entry), raft_entry_length(entry), NULL),
                             0);
        }
    }
}

static bool is_alone(const struct raft *raft)
{
    return raft->members.count == 1 && raft->members.cluster != 0 && raft->config.id == 4;
}

/* ---- tests ---- */

START_TEST(MC_17_a_snapshot_with_a_list_of_one_takes_the_place_of_the_log)
{
    const struct ledger_cluster *cluster;
    struct seat seat;
    struct raft raft;
    struct err err;

    write_log(NULL);
    ck_assert_msg(recover(&err) == 0, "%s", err.text);
    memory_lose_power(); /* it was durable */
    open_store();
    ck_assert_uint_eq(found.term, TERM + 1);
    ck_assert_uint_eq(found.entry_count, 0);
    ck_assert_uint_eq(found.snapshot.index, 2);
    ck_assert_uint_eq(found.snapshot.term, TERM + 1);
    start_core(&raft);
    ck_assert(is_alone(&raft));
    ck_assert_uint_eq(raft.members.list[0].store, found.store);
    ck_assert_uint_eq(raft.election_ms, 1000); /* it waits for nobody */
    read_ledger();
    cluster = ledger_cluster_find(&ledger, "main");
    ck_assert_str_eq(cluster->primary, "db2");
    ck_assert_uint_eq(cluster->epoch, 1 + LEDGER_RECOVERY_EPOCHS);
    ck_assert_uint_eq(cluster->settings.automation, LEDGER_AUTOMATION_OBSERVE);
    ck_assert_uint_eq(ledger.index, 2);
    ck_assert_int_eq(seat_read(&seat, directory, NULL), 0);
    ck_assert(seat.settled && seat.cluster == raft.members.cluster);
    ck_assert_uint_eq(seat.known.count, 1);
    raft_finish(&raft);
    close_store();
    refused(ERR_REFUSED, "only voter");
}
END_TEST

START_TEST(it_tells_what_is_there_and_what_would_be)
{
    struct recover *recover;
    struct buf text;
    struct err err;

    write_log(NULL);
    buf_init(&text, RECOVER_TEXT_BYTES);
    ck_assert_int_eq(recover_open(&recover, &conf, &err), 0);
    recover_describe(recover, &text);
    recover_close(recover);
    ck_assert_str_eq(buf_text(&text),
                     "agent a1: its log ends with entry 1 of term 5\n"
                     "  member 1: a1 10.0.0.1:7300, voter: goes on alone\n"
                     "  member 2: a2 10.0.0.2:7300, voter: is given up, even if it comes back\n"
                     "  member 3: a3 10.0.0.3:7300, voter: is given up, even if it comes back\n"
                     "  cluster main: primary db2, epoch 1; automation will be off\n");
    buf_finish(&text);
    open_store(); /* looking changed nothing */
    ck_assert_uint_eq(found.term, TERM);
    ck_assert_uint_eq(found.vote, 2);
    ck_assert_uint_eq(found.entry_count, 1);
    close_store();
}
END_TEST

static void add_only_voter(struct disk_request *request, uint64_t next)
{
    struct members members = named();
    struct buf bytes;

    members.list[1].kind = members.list[2].kind = MEMBER_LEARNER;
    buf_init(&bytes, MEMBERS_BYTES_MAX);
    members_encode(&members, &bytes);
    put(request, next, RAFT_CONFIG, bytes.data, bytes.length);
    buf_finish(&bytes);
}

static void add_removal(struct disk_request *request, uint64_t next)
{
    struct members_change change = {.kind = MEMBERS_REMOVE, .member = {.id = 1}};
    struct members members = named();
    struct buf bytes;

    ck_assert_int_eq(members_change(&members, &change, NULL), 0);
    buf_init(&bytes, MEMBERS_BYTES_MAX);
    members_encode(&members, &bytes);
    put(request, next, RAFT_CONFIG, bytes.data, bytes.length);
    buf_finish(&bytes);
}

static void add_another_store(struct disk_request *request, uint64_t next)
{
    struct members members = named();
    struct buf bytes;

    members.list[0].store = 77;
    buf_init(&bytes, MEMBERS_BYTES_MAX);
    members_encode(&members, &bytes);
    put(request, next, RAFT_CONFIG, bytes.data, bytes.length);
    buf_finish(&bytes);
}

START_TEST(who_needs_nobody_or_is_nobody_is_refused)
{
    write_log(add_only_voter);
    refused(ERR_REFUSED, "needs nobody else to lead");
    write_log(add_removal);
    refused(ERR_REFUSED, "no member of the cluster any more");
    write_log(add_another_store);
    refused(ERR_REFUSED, "no member of the cluster any more");
}
END_TEST

START_TEST(an_agent_that_runs_is_left_alone)
{
    write_log(NULL);
    open_store();
    refused(ERR_BUSY, "");
    close_store();
}
END_TEST

START_TEST(nothing_is_made_where_no_agent_was)
{
    int names = memory.name_count;

    text_copy(conf.agent.data_dir, sizeof conf.agent.data_dir, "/nonexistent/orchestratord");
    refused(ERR_NOTFOUND, "no agent ever ran here");
    ck_assert_int_eq(memory.name_count, names);
    ck_assert_int_ne(access("/nonexistent", F_OK), 0);
}
END_TEST

START_TEST(an_empty_store_in_place_of_a_lost_one_is_no_survivor)
{
    struct seat seat;

    ck_assert_int_eq(seat_read(&seat, directory, NULL), 0);
    seat.store++;
    ck_assert_int_eq(seat_write(&seat, directory, NULL), 0);
    refused(ERR_REFUSED, "the one before it was lost");
}
END_TEST

static void add_unknown(struct disk_request *request, uint64_t next)
{
    put(request, next, RAFT_COMMAND, (const uint8_t *)"\xfa\xff\x01\x01x", 5);
}

START_TEST(a_log_of_a_newer_version_needs_a_newer_version)
{
    write_log(add_unknown);
    refused(ERR_PROTOCOL, "");
}
END_TEST

START_TEST(an_empty_log_is_nothing_to_go_on_with)
{
    refused(ERR_REFUSED, "the log is empty");
}
END_TEST

/* Files that the agent couldn't read would be damage to it. */
START_TEST(another_user_is_refused)
{
    char path[128];

    write_log(NULL);
    if (geteuid() != 0) {
        return; /* nobody else can be made its owner */
    }
    text_format(path, sizeof path, "%s/" SEAT_FILE, directory);
    ck_assert_int_eq(chown(path, NOBODY, (gid_t)-1), 0);
    refused(ERR_REFUSED, "belongs to user 65534");
}
END_TEST

START_TEST(a_full_disk_is_told_and_changes_no_list)
{
    struct raft raft;
    struct err err;

    write_log(NULL);
    memory.is_full = true;
    ck_assert_int_eq(recover(&err), ERR_FULL);
    memory.is_full = false;
    open_store();
    start_core(&raft);
    ck_assert_uint_eq(raft.members.count, NAMED);
    raft_finish(&raft);
    close_store();
    ck_assert_int_eq(recover(&err), 0);
}
END_TEST

/* Either it is all there, or the list of before is in force, and it may be asked for again. */
START_TEST(MC_17_a_crash_at_every_operation_leaves_one_or_the_other)
{
    bool came_to_its_end = false;
    unsigned as_before = 0;
    unsigned alone = 0;

    for (uint64_t n = 1; !came_to_its_end; n++) {
        struct raft raft;
        struct err err;
        int rc;

        teardown();
        setup();
        write_log(NULL);
        memory.random = n;
        memory.stop_at = memory.operations + n;
        rc = recover(&err);
        came_to_its_end = !memory.stopped;
        memory_lose_power();
        open_store();
        read_ledger();
        start_core(&raft);
        ck_assert_uint_eq(ledger.clusters[0].settings.automation,
                          is_alone(&raft) ? LEDGER_AUTOMATION_OBSERVE : LEDGER_AUTOMATION_ON);
        if (is_alone(&raft)) {
            alone++;
        } else {
            ck_assert_int_ne(rc, 0);
            ck_assert_uint_eq(raft.members.count, NAMED);
            ck_assert_uint_eq(found.entry_count, 1);
            as_before++;
        }
        rc = is_alone(&raft) ? ERR_REFUSED : 0;
        raft_finish(&raft);
        close_store();
        ck_assert_int_eq(recover(&err), rc);
    }
    ck_assert_uint_gt(as_before, 1);
    ck_assert_uint_gt(alone, 1);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("recover");
    TCase *tcase = tcase_create("recover");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, MC_17_a_snapshot_with_a_list_of_one_takes_the_place_of_the_log);
    tcase_add_test(tcase, it_tells_what_is_there_and_what_would_be);
    tcase_add_test(tcase, who_needs_nobody_or_is_nobody_is_refused);
    tcase_add_test(tcase, an_agent_that_runs_is_left_alone);
    tcase_add_test(tcase, nothing_is_made_where_no_agent_was);
    tcase_add_test(tcase, an_empty_store_in_place_of_a_lost_one_is_no_survivor);
    tcase_add_test(tcase, a_log_of_a_newer_version_needs_a_newer_version);
    tcase_add_test(tcase, an_empty_log_is_nothing_to_go_on_with);
    tcase_add_test(tcase, another_user_is_refused);
    tcase_add_test(tcase, a_full_disk_is_told_and_changes_no_list);
    tcase_add_test(tcase, MC_17_a_crash_at_every_operation_leaves_one_or_the_other);
    suite_add_tcase(suite, tcase);
    return suite;
}
