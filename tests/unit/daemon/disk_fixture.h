/* disk_fixture: a store on real files, that is closed and opened again. Include once. */
#ifndef TESTS_UNIT_DAEMON_DISK_FIXTURE_H
#define TESTS_UNIT_DAEMON_DISK_FIXTURE_H

#include "tests/unit/main.h"

#include "consensus/wal.h"
#include "daemon/io/clock.h"
#include "daemon/io/disk.h"
#include "daemon/io/disk_aside.h"
#include "daemon/io/disk_log.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

struct bench {
    uv_loop_t loop;
    struct disk *disk;
    struct disk_recovered found;
    char directory[64];
    int done;
    int result;
    bool closed;
};

static inline void on_done(struct disk_request *request, int result)
{
    struct bench *bench = request->context;

    bench->done++;
    if (result != 0) {
        bench->result = result;
    }
}

static inline void on_closed(void *context)
{
    ((struct bench *)context)->closed = true;
}

static inline int try_open(struct bench *bench, const char *agent, struct err *err)
{
    struct disk_config config = {
        .loop = &bench->loop, .directory = bench->directory, .agent = agent};

    return disk_open(&bench->disk, &config, &bench->found, err);
}

static inline void bench_open(struct bench *bench)
{
    struct err err = {0};
    int rv = try_open(bench, "a1", &err);

    ck_assert_msg(rv == 0, "%s", err.text);
    bench->done = 0;
    bench->result = 0;
    bench->closed = false;
}

static inline void bench_close(struct bench *bench)
{
    disk_close(bench->disk, on_closed, bench);
    while (!bench->closed) {
        uv_run(&bench->loop, UV_RUN_ONCE);
    }
    disk_recovered_release(&bench->found);
}

static inline void bench_reopen(struct bench *bench)
{
    bench_close(bench);
    bench_open(bench);
}

static inline void bench_start(struct bench *bench)
{
    memset(bench, 0, sizeof(*bench));
    strcpy(bench->directory, "/tmp/raft-disk-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(bench->directory));
    ck_assert_int_eq(uv_loop_init(&bench->loop), 0);
    bench_open(bench);
}

static inline void bench_erase(struct bench *bench)
{
    DIR *stream = opendir(bench->directory);
    struct dirent *entry;

    while ((entry = readdir(stream)) != NULL) {
        unlinkat(dirfd(stream), entry->d_name, 0);
    }
    closedir(stream);
    ck_assert_int_eq(rmdir(bench->directory), 0);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&bench->loop), 0);
}

static inline void bench_finish(struct bench *bench)
{
    bench_close(bench);
    bench_erase(bench);
}

static inline void wait_done(struct bench *bench, int count)
{
    while (bench->done < count) {
        uv_run(&bench->loop, UV_RUN_ONCE);
    }
}

static inline void entry_make(struct raft_entry *entry, uint64_t index, uint64_t term)
{
    char text[64];

    text_format(text, sizeof(text), "entry %llu of %llu", (unsigned long long)index,
                (unsigned long long)term);
    *entry = (struct raft_entry){.index = index,
                                 .term = term,
                                 .kind = RAFT_COMMAND,
                                 .blob = raft_blob_new(text, strlen(text))};
}

static inline void queue_append(struct bench *bench, struct disk_request *request, uint64_t first,
                                uint64_t last, uint64_t term)
{
    request->context = bench;
    disk_append_begin(request);
    for (uint64_t index = first; index <= last; index++) {
        struct raft_entry entry;

        entry_make(&entry, index, term);
        disk_append_add(request, &entry);
        raft_blob_release(entry.blob);
    }
    disk_append_submit(bench->disk, request, on_done);
}

static inline void append(struct bench *bench, uint64_t first, uint64_t last, uint64_t term)
{
    struct disk_request request;

    queue_append(bench, &request, first, last, term);
    wait_done(bench, bench->done + 1);
    ck_assert_int_eq(bench->result, 0);
}

static inline void snapshot(struct bench *bench, uint64_t index, uint64_t term, uint64_t keep)
{
    struct disk_request request = {.context = bench};
    struct raft_snapshot taken = {.index = index, .term = term, .blob = raft_blob_new("state", 5)};

    members_add_voter(&taken.members, 1, NULL);
    members_add(&taken.members, &(struct member){.id = 2}, NULL);
    disk_write_snapshot(bench->disk, &request, &taken, keep, on_done);
    raft_blob_release(taken.blob);
    wait_done(bench, bench->done + 1);
    ck_assert_int_eq(bench->result, 0);
}

static inline void vote(struct bench *bench, uint64_t term, uint32_t for_whom)
{
    struct disk_request request = {.context = bench};

    disk_write_vote(bench->disk, &request, term, for_whom, on_done);
    wait_done(bench, bench->done + 1);
    ck_assert_int_eq(bench->result, 0);
}

/* Entries first .. last, those from `turn` on of term 2, are what was found. */
static inline void expect_log(const struct bench *bench, uint64_t first, uint64_t last,
                              uint64_t turn)
{
    ck_assert_uint_eq(bench->found.entry_count, last + 1 - first);
    for (uint64_t index = first; index <= last; index++) {
        const struct raft_entry *entry = &bench->found.entries[index - first];
        struct raft_entry wanted;

        entry_make(&wanted, index, index >= turn ? 2 : 1);
        ck_assert_uint_eq(entry->index, index);
        ck_assert_uint_eq(entry->term, wanted.term);
        ck_assert_mem_eq(entry->blob->bytes, wanted.blob->bytes, wanted.blob->length);
        raft_blob_release(wanted.blob);
    }
}

static inline int segments(const struct bench *bench)
{
    DIR *stream = opendir(bench->directory);
    struct dirent *entry;
    int count = 0;

    while ((entry = readdir(stream)) != NULL) {
        count += strncmp(entry->d_name, "log-", 4) == 0;
    }
    closedir(stream);
    return count;
}

static inline void flip(const struct bench *bench, const char *name, long offset)
{
    char path[128];
    uint8_t byte;
    int fd;

    text_format(path, sizeof(path), "%s/%s", bench->directory, name);
    fd = open(path, O_RDWR);
    ck_assert_int_eq(pread(fd, &byte, 1, offset), 1);
    byte ^= 0x10;
    ck_assert_int_eq(pwrite(fd, &byte, 1, offset), 1);
    close(fd);
}

#endif
