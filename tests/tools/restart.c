/* restart: how long an agent's store takes from opening to a follower that is ready.
 *
 *     restart DIRECTORY fill COUNT BYTES    a log of COUNT entries of BYTES, no snapshot
 *     restart DIRECTORY vote TERM           a vote in that term, once standard input says a word
 *     restart DIRECTORY open                prints the milliseconds of a start, and what it found
 *
 * All use the daemon's own disk and core. The time is from the first statement of main() on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consensus/raft.h"
#include "daemon/io/disk.h"
#include "tests/tools/now.h"

enum { ENTRIES_IN_ONE_WRITE = 500 };

static void fail(const char *what, const struct err *err)
{
    fprintf(stderr, "restart: %s: %s\n", what, err->text);
    exit(1);
}

static struct disk *open_store(uv_loop_t *loop, const char *directory,
                               struct disk_recovered *recovered)
{
    struct disk_config config = {.loop = loop, .directory = directory, .agent = "a1"};
    struct disk *disk;
    struct err err = {0};

    if (disk_open(&disk, &config, recovered, &err) != 0) {
        fail("open", &err);
    }
    return disk;
}

static void on_closed(void *context)
{
    (void)context;
}

static void close_store(uv_loop_t *loop, struct disk *disk)
{
    disk_close(disk, on_closed, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
}

static void on_written(struct disk_request *request, int result)
{
    *(int *)request->context = result == 0 ? 1 : -1;
}

static void wait_written(uv_loop_t *loop, struct disk *disk, const int *done)
{
    while (*done == 0) {
        uv_run(loop, UV_RUN_ONCE);
    }
    if (*done < 0) {
        fprintf(stderr, "restart: write: %s\n", disk_failure(disk));
        exit(1);
    }
}

static void write_vote(uv_loop_t *loop, struct disk *disk, uint64_t term)
{
    int done = 0;
    struct disk_request request = {.context = &done};

    disk_write_vote(disk, &request, term, 1, on_written);
    wait_written(loop, disk, &done);
}

static void write_some(uv_loop_t *loop, struct disk *disk, uint64_t first, uint64_t count,
                       struct raft_blob *blob)
{
    int done = 0;
    struct disk_request request = {.context = &done};

    disk_append_begin(&request);
    for (uint64_t i = 0; i < count; i++) {
        disk_append_add(&request,
                        &(struct raft_entry){
                            .index = first + i, .term = 1, .kind = RAFT_COMMAND, .blob = blob});
    }
    disk_append_submit(disk, &request, on_written);
    wait_written(loop, disk, &done);
}

static void fill(uv_loop_t *loop, const char *directory, uint64_t count, size_t bytes)
{
    struct disk_recovered recovered;
    struct disk *disk = open_store(loop, directory, &recovered);
    struct raft_blob *blob = raft_blob_new(NULL, bytes);

    memset(blob->bytes, 'x', bytes);
    write_vote(loop, disk, 1);
    for (uint64_t first = 1; first <= count; first += ENTRIES_IN_ONE_WRITE) {
        uint64_t left = count - first + 1;

        write_some(loop, disk, first, left < ENTRIES_IN_ONE_WRITE ? left : ENTRIES_IN_ONE_WRITE,
                   blob);
    }
    raft_blob_release(blob);
    disk_recovered_release(&recovered);
    close_store(loop, disk);
}

static void vote(uv_loop_t *loop, const char *directory, uint64_t term)
{
    struct disk_recovered recovered;
    struct disk *disk = open_store(loop, directory, &recovered);

    printf("open\n");
    fflush(stdout);
    getchar();
    write_vote(loop, disk, term);
    disk_recovered_release(&recovered);
    close_store(loop, disk);
}

static void start(uv_loop_t *loop, const char *directory, double began_ms)
{
    struct disk_recovered recovered;
    struct disk *disk = open_store(loop, directory, &recovered);
    struct raft *raft = calloc(1, sizeof(*raft));
    struct raft_config config = {
        .id = 1, .heartbeat_ms = 100, .election_min_ms = 350, .election_max_ms = 700};
    struct raft_stored stored = {.term = recovered.term,
                                 .vote = recovered.vote,
                                 .entries = recovered.entries,
                                 .entry_count = recovered.entry_count};
    struct err err = {0};

    for (uint32_t id = 1; id <= 3; id++) {
        members_add_voter(&config.members, id, NULL);
    }
    if (raft == NULL || raft_init(raft, &config, &stored, 1000, &err) != 0) {
        fail("start", &err);
    }
    printf("%.3f ms %zu entries term %llu\n", now_ms() - began_ms, recovered.entry_count,
           (unsigned long long)recovered.term);
    raft_finish(raft);
    free(raft);
    disk_recovered_release(&recovered);
    close_store(loop, disk);
}

int main(int argc, char **argv)
{
    double began_ms = now_ms();
    uv_loop_t loop;

    uv_loop_init(&loop);
    if (argc == 5 && strcmp(argv[2], "fill") == 0) {
        fill(&loop, argv[1], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
    } else if (argc == 4 && strcmp(argv[2], "vote") == 0) {
        vote(&loop, argv[1], strtoull(argv[3], NULL, 10));
    } else if (argc == 3 && strcmp(argv[2], "open") == 0) {
        start(&loop, argv[1], began_ms);
    } else {
        fprintf(stderr, "usage: restart DIRECTORY fill COUNT BYTES | vote TERM | open\n");
        return 2;
    }
    uv_loop_close(&loop);
    return 0;
}
