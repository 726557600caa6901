/* Writes a first corpus: seeds DIRECTORY makes DIRECTORY/NAME/seed-N for each format that can
 * hardly be guessed. What fuzzing finds is added to that (make fuzz-corpus). */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "consensus/wal.h"
#include "daemon/node/wire.h"
#include "tests/fuzz/fuzz.h"

struct corpus {
    const char *directory;
    const char *name;
    int count;
};

static void put(struct corpus *corpus, const void *bytes, size_t length)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", corpus->directory, corpus->name);
    mkdir(path, 0755);
    snprintf(path, sizeof(path), "%s/%s/seed-%02d", corpus->directory, corpus->name,
             corpus->count++);
    file = fopen(path, "wb");
    fuzz_check(file != NULL);
    fuzz_check(fwrite(bytes, 1, length, file) == length);
    fclose(file);
}

static void fill_members(struct members *members)
{
    struct member member = {.kind = MEMBER_VOTER, .store = 77};

    members_init(members);
    for (member.id = 1; member.id <= 3; member.id++) {
        text_format(member.name, sizeof(member.name), "a%u", member.id);
        text_format(member.address, sizeof(member.address), "10.0.0.%u:7300", member.id);
        members_add(members, &member, NULL);
    }
}

static void seed_members(struct corpus corpus, const struct members *members)
{
    struct buf bytes;

    buf_init(&bytes, MEMBERS_BYTES_MAX);
    members_encode(members, &bytes);
    put(&corpus, bytes.data, bytes.length);
    buf_finish(&bytes);
}

static void seed_wire(struct corpus corpus, const struct raft_snapshot *snapshot)
{
    struct raft_entry entry = {.index = 3, .term = 3, .kind = RAFT_COMMAND, .blob = snapshot->blob};
    struct raft_message messages[] = {
        {.type = RAFT_PREVOTE, .vote = {.last_index = 2, .last_term = 2}},
        {.type = RAFT_PREVOTE_ANSWER, .vote_answer = {.granted = true}},
        {.type = RAFT_VOTE, .vote = {.last_index = 9, .last_term = 3, .by_transfer = true}},
        {.type = RAFT_VOTE_ANSWER, .vote_answer = {.removed = true}},
        {.type = RAFT_APPEND,
         .append = {.previous_index = 2, .previous_term = 2, .entries = &entry, .count = 1}},
        {.type = RAFT_APPEND_ANSWER, .append_answer = {.index = 2, .hint_index = 1}},
        {.type = RAFT_HEARTBEAT, .heartbeat = {.round = 4, .match = 2, .commit = 1}},
        {.type = RAFT_HEARTBEAT_ANSWER, .heartbeat_answer = {.round = 4}},
        {.type = RAFT_SNAPSHOT, .snapshot = snapshot},
        {.type = RAFT_TIMEOUT_NOW},
    };
    struct buf bytes;

    buf_init(&bytes, LIMIT_MESSAGE_BYTES);
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        messages[i].from = 2;
        messages[i].to = 1;
        messages[i].term = 3;
        buf_reset(&bytes);
        wire_encode(&bytes, &messages[i]);
        put(&corpus, bytes.data, bytes.length);
    }
    buf_finish(&bytes);
}

static void seed_segment(struct corpus corpus, struct raft_blob *blob)
{
    struct wal_writer writer;
    uint8_t header[WAL_HEADER_BYTES];
    struct buf bytes;
    uint64_t index = 5;

    buf_init(&bytes, 64 * 1024);
    wal_writer_init(&writer, header, 3, index, 99);
    buf_append(&bytes, header, sizeof(header));
    put(&corpus, bytes.data, bytes.length);
    for (int batch = 0; batch < 3; batch++) {
        size_t start = bytes.length;

        for (int i = 0; i <= batch; i++) {
            wal_put(&bytes, &(struct raft_entry){
                                .index = index++, .term = 2, .kind = RAFT_COMMAND, .blob = blob});
        }
        wal_seal(&writer, bytes.data + start, bytes.length - start);
        put(&corpus, bytes.data, bytes.length);
    }
    memset(buf_extend(&bytes, 256), 0, 256);
    put(&corpus, bytes.data, bytes.length);
    bytes.data[WAL_HEADER_BYTES + WAL_RECORD_BYTES] ^= 1;
    put(&corpus, bytes.data, bytes.length);
    buf_finish(&bytes);
}

static void seed_slots(struct corpus corpus)
{
    uint8_t file[WAL_SLOTS_BYTES] = {0};

    for (uint64_t sequence = 1; sequence <= 3; sequence++) {
        wal_slot_encode(file + wal_slot_offset(sequence), sequence, "vote", 4);
        put(&corpus, file, sizeof(file));
    }
}

static void seed_snapshot(struct corpus corpus, const struct raft_snapshot *snapshot)
{
    struct buf bytes;

    buf_init(&bytes, 64 * 1024);
    wal_snapshot_encode(&bytes, snapshot);
    put(&corpus, bytes.data, bytes.length);
    buf_finish(&bytes);
}

static void seed_channel(struct corpus corpus)
{
    /* Carry both ways until it is open, send, carry. */
    static const uint8_t orders[] = {
        0x80, 255,  0, 0x81, 255,  0,   0x80, 255,  0, 0x81, 255,  0,   0x00, 1,    20, 0x00, 0,
        200,  0x80, 3, 0,    0x80, 255, 0,    0x01, 1, 1,    0x81, 255, 0,    0x40, 1,  1,
    };

    put(&corpus, orders, sizeof(orders));
    put(&corpus, orders, 24);
}

static void seed_request(struct corpus corpus)
{
#define KEY "\"key\":\"SGVsbG8sIHRoaXMgaXMgbm90IGEgcmVhbCBrZXkhISE=\""
    /* method and path, the optional texts, the body */
    static const char *const requests[] = {
        "GET\n/v1/status\n\n\n\n\n\n\n\n1\n",
        "GET\n/v1/operations\n\n\n\n1\n2\nmain\n\n\n",
        "GET\n/v1/clusters/main/check\n\n\n\n\n\n\n\n\n",
        "HEAD\n/v1/servers/db1/why-not\n\n\n\n\n\n\n\n\n",
        "OPTIONS\n/replica\n\n\n\n\n\n\n10s\n\n",
        "PUT\n/v1/agents/invite\n\n\n\n\n\n\n\n\n",
        "POST\n/v1/clusters\napplication/json\nk\n\n\n\n\n\n\n"
        "{\"name\":\"m\",\"servers\":[{\"name\":\"s\",\"address\":\"10.0.0.1:3306\"}],\"primary\":"
        "\"s\","
        "\"automation\":\"on\",\"settings\":{\"max_lag_s\":5}}",
        "PATCH\n/v1/clusters/main\napplication/json; "
        "charset=utf-8\n\n\n\n\n\n\n\n{\"max_lag_s\":\"7\"}",
        "POST\n/v1/clusters/main/switchover\napplication/json\n\nredirect\n\n\n\n\n\n"
        "{\"to\":\"db2\",\"dry_run\":true,\"deadline_ms\":100,\"max_lag_ms\":1,\"max_write_gap_"
        "ms\":100}",
        "POST\n/v1/clusters/main/failover\napplication/json\n\n\n\n\n\n\n\n"
        "{\"old_primary_is_dead\":true,\"allow_data_loss\":true}",
        "POST\n/v1/tokens\napplication/json\n\n\n\n\n\n\n\n{\"name\":\"x\",\"role\":\"viewer\"}",
        "POST\n/v1/agents\napplication/json\n\n\n\n\n\n\n\n"
        "{\"name\":\"a4\",\"address\":\"[::1]:7300\"," KEY ",\"voter\":false}",
        "PATCH\n/v1/agents/a4\napplication/json\n\n\n\n\n\n\n\n{\"address\":\"10.0.0.4:7300\"}",
        "DELETE\n/v1/agents/a4\n\n\n\n\n\n\n\n\n",
        "POST\n/v1/agents/a4/lead\napplication/json\n\n\n\n\n\n\n\n{}",
        "POST\n/v1/agents/invite\napplication/json\n\n\n\n\n\n\n\n{\"voter\":true,\"for_ms\":1000}",
        "DELETE\n/v1/invitations/+1863c9a14e2885e6\n\n\n\n\n\n\n\n\n",
    };
#undef KEY

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        put(&corpus, requests[i], strlen(requests[i]));
    }
}

int main(int argc, char **argv)
{
    struct raft_snapshot snapshot = {.index = 7, .term = 3};

    if (argc != 2) {
        fprintf(stderr, "usage: seeds DIRECTORY\n");
        return 2;
    }
    mkdir(argv[1], 0755);
    fill_members(&snapshot.members);
    snapshot.blob = raft_blob_new("the state", 9);
    seed_members((struct corpus){argv[1], "members", 0}, &snapshot.members);
    seed_wire((struct corpus){argv[1], "wire", 0}, &snapshot);
    seed_segment((struct corpus){argv[1], "segment", 0}, snapshot.blob);
    seed_slots((struct corpus){argv[1], "slots", 0});
    seed_snapshot((struct corpus){argv[1], "snapshot", 0}, &snapshot);
    seed_channel((struct corpus){argv[1], "channel", 0});
    seed_request((struct corpus){argv[1], "request", 0});
    raft_blob_release(snapshot.blob);
    return 0;
}
