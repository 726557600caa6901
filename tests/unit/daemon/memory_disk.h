/* memory_disk: another disk_file.h, over files in memory, that can lose power, be killed, be full
 * and fail; linked into a test in place of daemon/io/disk_file.c.
 *
 * Each file and the directory exist twice: as a process sees them, and as they are kept. A loss of
 * power (memory_lose_power) leaves of each unsynced sector, size and name the one or the other, by
 * lot. Operations are counted; `stop_at` is the number of the one in which everything stops: some
 * sectors of a write may be there then, and whatever is asked for later fails.
 *
 * Safe for the writer's thread; `memory` is the test's to set up. */
#ifndef TESTS_UNIT_DAEMON_MEMORY_DISK_H
#define TESTS_UNIT_DAEMON_MEMORY_DISK_H

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "daemon/io/disk_file.h"

enum {
    MEMORY_NAMES = 64,
    MEMORY_HANDLES = 64,
    MEMORY_FILES = 1024, /* over the life of a disk */
    MEMORY_SECTOR = 512,
    MEMORY_DIRECTORY = 1000, /* its handle */
};

struct memory_bytes {
    uint8_t *data;
    size_t length;
};

struct memory_file {
    struct memory_bytes seen;
    struct memory_bytes kept;
};

/* Which file has the name; -1: none. */
struct memory_name {
    char text[LIMIT_NAME_SIZE];
    int seen;
    int kept;
};

struct memory_disk {
    pthread_mutex_t mutex;
    struct memory_file files[MEMORY_FILES];
    int file_count;
    struct memory_name names[MEMORY_NAMES];
    int name_count;
    int handles[MEMORY_HANDLES]; /* file + 1; 0: closed */
    int lock;                    /* its handle; -1: free */
    uint64_t random;

    uint64_t operations;
    uint64_t stop_at; /* 0: never */
    bool stopped;
    uint64_t fail_at;     /* 0: never */
    int fail_code;        /* of that operation, and of it alone */
    bool is_full;         /* nothing grows and nothing new is made */
    uint64_t space;       /* bytes by which files may still grow; UINT64_MAX: any */
    uint64_t syncs;       /* of files and of the directory */
    char failed_name[64]; /* what the last failed operation was about */
};

static struct memory_disk memory;

/* ---- for the test ------------------------------------------------------------------ */

static inline uint32_t memory_random(uint32_t below)
{
    memory.random = memory.random * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(memory.random >> 33) % below;
}

static inline void memory_start(uint64_t seed)
{
    memset(&memory, 0, sizeof(memory));
    pthread_mutex_init(&memory.mutex, NULL);
    memory.random = seed * 2654435761u + 1;
    memory.lock = -1;
    memory.space = UINT64_MAX;
}

static inline void memory_finish(void)
{
    for (int i = 0; i < memory.file_count; i++) {
        free(memory.files[i].seen.data);
        free(memory.files[i].kept.data);
    }
    pthread_mutex_destroy(&memory.mutex);
}

/* The process ends; what it wrote is still seen. */
static inline void memory_kill(void)
{
    memset(memory.handles, 0, sizeof(memory.handles));
    memory.lock = -1;
    memory.stopped = false;
    memory.stop_at = 0;
}

static inline void memory_resize(struct memory_bytes *bytes, size_t length)
{
    uint8_t *data = realloc(bytes->data, length > 0 ? length : 1);

    ck_assert_ptr_nonnull(data);
    if (length > bytes->length) {
        memset(data + bytes->length, 0, length - bytes->length);
    }
    bytes->data = data;
    bytes->length = length;
}

static inline void memory_copy(struct memory_bytes *to, const struct memory_bytes *from)
{
    memory_resize(to, from->length);
    if (from->length > 0) {
        memcpy(to->data, from->data, from->length);
    }
}

static inline void memory_settle(struct memory_file *file)
{
    if (file->seen.length != file->kept.length && memory_random(2) == 0) {
        memory_resize(&file->kept, file->seen.length);
    }
    for (size_t at = 0; at < file->kept.length && at < file->seen.length; at += MEMORY_SECTOR) {
        size_t end = at + MEMORY_SECTOR;

        end = end < file->kept.length ? end : file->kept.length;
        end = end < file->seen.length ? end : file->seen.length;
        if (memory_random(2) == 0) {
            memcpy(file->kept.data + at, file->seen.data + at, end - at);
        }
    }
    memory_copy(&file->seen, &file->kept);
}

static inline void memory_lose_power(void)
{
    memory_kill();
    for (int i = 0; i < memory.name_count; i++) {
        struct memory_name *name = &memory.names[i];

        if (memory_random(2) == 0) {
            name->kept = name->seen;
        }
        name->seen = name->kept;
    }
    for (int i = 0; i < memory.file_count; i++) {
        memory_settle(&memory.files[i]);
    }
}

/* The file as the process sees it; NULL: there is none. */
static inline struct memory_bytes *memory_find(const char *name)
{
    for (int i = 0; i < memory.name_count; i++) {
        if (strcmp(memory.names[i].text, name) == 0 && memory.names[i].seen >= 0) {
            return &memory.files[memory.names[i].seen].seen;
        }
    }
    return NULL;
}

static inline void memory_fill(bool is_full)
{
    pthread_mutex_lock(&memory.mutex);
    memory.is_full = is_full;
    pthread_mutex_unlock(&memory.mutex);
}

/* ---- operations ------------------------------------------------------------------------ */

/* Each operation begins with this; 0: go on. */
static int memory_operate(const char *name, struct err *err)
{
    int rv = 0;

    memory.operations++;
    if (memory.operations == memory.stop_at) {
        memory.stopped = true;
    }
    if (memory.stopped) {
        rv = err_set(err, ERR_IO, "%s: everything has stopped", name);
    } else if (memory.operations == memory.fail_at) {
        rv = err_set(err, memory.fail_code, "%s: made to fail", name);
    }
    if (rv != 0) {
        text_copy(memory.failed_name, sizeof(memory.failed_name), name);
    }
    return rv;
}

static struct memory_name *memory_name(const char *text)
{
    struct memory_name *name;

    for (int i = 0; i < memory.name_count; i++) {
        if (strcmp(memory.names[i].text, text) == 0) {
            return &memory.names[i];
        }
    }
    for (int i = 0; i < memory.name_count; i++) {
        if (memory.names[i].seen < 0 && memory.names[i].kept < 0) {
            name = &memory.names[i];
            text_copy(name->text, sizeof(name->text), text);
            return name;
        }
    }
    ck_assert_int_lt(memory.name_count, MEMORY_NAMES);
    name = &memory.names[memory.name_count++];
    text_copy(name->text, sizeof(name->text), text);
    name->seen = name->kept = -1;
    return name;
}

static struct memory_file *memory_of(int handle)
{
    ck_assert(handle >= 0 && handle < MEMORY_HANDLES && memory.handles[handle] > 0);
    return &memory.files[memory.handles[handle] - 1];
}

static int memory_open(const char *text, int flags, struct err *err)
{
    struct memory_name *name = memory_name(text);
    int handle = 0;

    if (name->seen < 0 && (flags & O_CREAT) == 0) {
        return err_set(err, ERR_NOTFOUND, "there is no %s", text);
    }
    if (name->seen >= 0 && (flags & O_EXCL) != 0) {
        return err_set(err, ERR_IO, "%s exists", text);
    }
    if (name->seen < 0) {
        if (memory.is_full) {
            return err_set(err, ERR_FULL, "%s: no space", text);
        }
        ck_assert_int_lt(memory.file_count, MEMORY_FILES);
        name->seen = memory.file_count++;
    }
    while (memory.handles[handle] != 0) {
        handle++;
        ck_assert_int_lt(handle, MEMORY_HANDLES);
    }
    memory.handles[handle] = name->seen + 1;
    return handle;
}

/* A write that stops or finds no space leaves a part of itself. */
static int memory_write(struct memory_file *file, const char *name, const uint8_t *bytes,
                        size_t length, size_t offset, struct err *err)
{
    int rv = memory_operate(name, err);
    size_t end = offset + length;
    size_t grows = end > file->seen.length ? end - file->seen.length : 0;

    if (rv != 0) {
        end = offset + memory_random((uint32_t)length + 1);
        end -= end % MEMORY_SECTOR;
    }
    if (grows > 0 && (memory.is_full || grows > memory.space)) {
        rv = rv != 0 ? rv : err_set(err, ERR_FULL, "%s: no space", name);
        end = end < file->seen.length ? end : file->seen.length;
        grows = 0;
    }
    if (memory.space != UINT64_MAX) {
        memory.space -= grows;
    }
    if (end > file->seen.length) {
        memory_resize(&file->seen, end);
    }
    if (end > offset) {
        memcpy(file->seen.data + offset, bytes, end - offset);
    }
    return rv;
}

static int memory_sync(struct memory_file *file, const char *name, struct err *err)
{
    int rv = memory_operate(name, err);

    if (rv == 0) {
        memory.syncs++;
        memory_copy(&file->kept, &file->seen);
    }
    return rv;
}

static int memory_sync_names(struct err *err)
{
    int rv = memory_operate("the directory", err);

    if (rv != 0) {
        return rv;
    }
    memory.syncs++;
    for (int i = 0; i < memory.name_count; i++) {
        memory.names[i].kept = memory.names[i].seen;
    }
    return 0;
}

/* ---- disk_file.h -------------------------------------------------------------------------- */

int disk_file_open_directory(const char *path, struct err *err)
{
    (void)path;
    (void)err;
    return MEMORY_DIRECTORY;
}

int disk_file_lock(int directory, struct err *err)
{
    int handle;

    ck_assert_int_eq(directory, MEMORY_DIRECTORY);
    if (memory.lock >= 0) {
        return err_set(err, ERR_BUSY, "another process uses this directory");
    }
    handle = disk_file_open(directory, "lock", O_RDWR | O_CREAT, err);
    memory.lock = handle >= 0 ? handle : -1;
    return handle;
}

int disk_file_list(int directory, disk_file_each *each, void *context, struct err *err)
{
    int rv = 0;

    ck_assert_int_eq(directory, MEMORY_DIRECTORY);
    for (int i = 0; rv == 0 && i < memory.name_count; i++) {
        if (memory.names[i].seen >= 0) {
            rv = each(context, memory.names[i].text, err);
        }
    }
    return rv;
}

int disk_file_open(int directory, const char *name, int flags, struct err *err)
{
    int rv = 0;

    ck_assert_int_eq(directory, MEMORY_DIRECTORY);
    pthread_mutex_lock(&memory.mutex);
    if ((flags & O_CREAT) != 0) {
        rv = memory_operate(name, err);
    }
    rv = rv == 0 ? memory_open(name, flags, err) : rv;
    pthread_mutex_unlock(&memory.mutex);
    return rv;
}

void disk_file_close(int handle)
{
    if (handle >= 0 && handle < MEMORY_HANDLES) {
        memory.handles[handle] = 0;
        memory.lock = memory.lock == handle ? -1 : memory.lock;
    }
}

int disk_file_write(int handle, const char *name, const void *bytes, size_t length, uint64_t offset,
                    struct err *err)
{
    int rv;

    pthread_mutex_lock(&memory.mutex);
    rv = memory_write(memory_of(handle), name, bytes, length, offset, err);
    pthread_mutex_unlock(&memory.mutex);
    return rv;
}

int disk_file_sync(int handle, const char *name, struct err *err)
{
    int rv;

    pthread_mutex_lock(&memory.mutex);
    rv = memory_sync(memory_of(handle), name, err);
    pthread_mutex_unlock(&memory.mutex);
    return rv;
}

int disk_file_sync_directory(int directory, struct err *err)
{
    int rv;

    ck_assert_int_eq(directory, MEMORY_DIRECTORY);
    pthread_mutex_lock(&memory.mutex);
    rv = memory_sync_names(err);
    pthread_mutex_unlock(&memory.mutex);
    return rv;
}

int disk_file_read(int directory, const char *name, struct buf *out, struct err *err)
{
    int handle = disk_file_open(directory, name, O_RDONLY, err);
    int rv = handle < 0 ? handle : disk_file_sync(handle, name, err);

    if (rv == 0) {
        struct memory_file *file = memory_of(handle);

        buf_append(out, file->seen.data, file->seen.length);
        rv = buf_ok(out) ? 0 : err_set(err, ERR_CORRUPT, "%s is too long", name);
    }
    disk_file_close(handle);
    return rv;
}

static int memory_rename(const char *from, const char *to, struct err *err)
{
    int rv = memory_operate(to, err);

    if (rv == 0) {
        memory_name(to)->seen = memory_name(from)->seen;
        memory_name(from)->seen = -1;
    }
    return rv;
}

int disk_file_replace(int directory, const char *name, const void *bytes, size_t length,
                      struct err *err)
{
    char temporary[LIMIT_NAME_SIZE];
    int handle;
    int rv;

    text_format(temporary, sizeof(temporary), "%s.tmp", name);
    disk_file_remove(directory, temporary, NULL); /* O_TRUNC */
    handle = disk_file_open(directory, temporary, O_WRONLY | O_CREAT, err);
    rv = handle < 0 ? handle : disk_file_write(handle, temporary, bytes, length, 0, err);
    if (rv == 0) {
        rv = disk_file_sync(handle, temporary, err);
    }
    disk_file_close(handle);
    if (rv == 0) {
        rv = memory_rename(temporary, name, err);
    }
    if (rv == ERR_FULL) {
        disk_file_remove(directory, temporary, NULL);
    }
    return rv == 0 ? disk_file_sync_directory(directory, err) : rv;
}

int disk_file_remove(int directory, const char *name, struct err *err)
{
    int rv;

    ck_assert_int_eq(directory, MEMORY_DIRECTORY);
    pthread_mutex_lock(&memory.mutex);
    rv = memory_operate(name, err);
    if (rv == 0) {
        memory_name(name)->seen = -1;
    }
    pthread_mutex_unlock(&memory.mutex);
    return rv;
}

uint64_t disk_file_random(void)
{
    return (uint64_t)memory_random(UINT32_MAX) + 1;
}

#endif
