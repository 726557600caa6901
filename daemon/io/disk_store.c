#include "daemon/io/disk_store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consensus/wal.h"
#include "daemon/io/disk_file.h"

static int find_slots(struct disk_store *store, const char *name, struct disk_slots **found,
                      struct err *err)
{
    int rv;

    for (uint32_t i = 0; i < store->slots_count; i++) {
        if (strcmp(store->slots[i].name, name) == 0) {
            *found = &store->slots[i];
            return 0;
        }
    }
    if (store->slots_count == DISK_STORE_SMALL_FILES) {
        return err_set(err, ERR_LIMIT, "%s: more than %d small files", name,
                       DISK_STORE_SMALL_FILES);
    }
    *found = &store->slots[store->slots_count];
    rv = disk_slots_open(*found, store->directory, name, err);
    if (rv == 0) {
        store->slots_count++;
    }
    return rv;
}

int disk_store_small(struct disk_store *store, const char *name, const void *bytes, size_t length,
                     struct err *err)
{
    struct disk_slots *slots;
    int rv = find_slots(store, name, &slots, err);

    return rv == 0 ? disk_slots_write(slots, bytes, length, err) : rv;
}

int disk_store_snapshot(struct disk_store *store, uint64_t index, const void *bytes, size_t length,
                        uint64_t keep, struct err *err)
{
    int rv = disk_file_replace(store->directory, "snapshot", bytes, length, err);

    if (rv != 0) {
        return rv;
    }
    return keep > 0 ? disk_log_compact(&store->log, keep, err)
                    : disk_log_reset(&store->log, index + 1, err);
}

/* ---- opening ---- */

static int open_directory(struct disk_store *store, const char *path, struct err *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return err_set(err, ERR_IO, "create: %s", strerror(errno));
    }
    store->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->directory < 0) {
        return err_set(err, ERR_IO, "open: %s", strerror(errno));
    }
    store->lock = disk_file_open(store->directory, "lock", O_RDWR | O_CREAT, err);
    if (store->lock < 0) {
        return store->lock;
    }
    if (flock(store->lock, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK ? err_set(err, ERR_BUSY, "another process uses this directory")
                                    : err_set(err, ERR_IO, "lock: %s", strerror(errno));
    }
    return 0;
}

/* "CLUSTER AGENT" and a newline; written once. */
static int check_identity(struct disk_store *store, const struct disk_config *config,
                          uint64_t *owner, struct err *err)
{
    struct buf wanted;
    struct buf found;
    int rv;

    buf_init(&wanted, 3 * LIMIT_NAME_SIZE);
    buf_init(&found, 3 * LIMIT_NAME_SIZE);
    buf_printf(&wanted, "%s %s\n", config->cluster, config->agent);
    if (!buf_ok(&wanted)) {
        rv = err_set(err, ERR_LIMIT, "the names of cluster and agent are too long");
        goto out;
    }
    *owner = (uint64_t)wal_checksum(0, wanted.data, wanted.length) << 32 |
             wal_checksum(1, wanted.data, wanted.length);
    rv = disk_file_read(store->directory, "identity", &found, err);
    if (rv == ERR_NOTFOUND) {
        rv = disk_file_replace(store->directory, "identity", wanted.data, wanted.length, err);
    } else if (rv == 0 && strcmp(buf_text(&found), buf_text(&wanted)) != 0) {
        rv = err_set(err, ERR_REFUSED,
                     "this directory belongs to \"%.*s\", not to agent %s of cluster %s; use "
                     "another directory, or the configuration that it was made with",
                     (int)strcspn(buf_text(&found), "\n"), buf_text(&found), config->agent,
                     config->cluster);
    }
out:
    buf_finish(&wanted);
    buf_finish(&found);
    return rv;
}

static int read_vote(struct disk_store *store, struct disk_recovered *recovered, struct err *err)
{
    uint8_t bytes[LIMIT_SMALL_BYTES];
    uint64_t sequence;
    size_t length;
    int rv = disk_slots_read(store->directory, "vote", &sequence, bytes, &length, err);

    if (rv == ERR_NOTFOUND) {
        return 0;
    }
    if (rv == 0 && length != DISK_STORE_VOTE_BYTES) {
        rv = err_set(err, ERR_CORRUPT, "vote: a record of %zu bytes", length);
    }
    if (rv == 0) {
        recovered->term = bytes_u64(bytes);
        recovered->vote = bytes_u32(bytes + 8);
    }
    return rv;
}

static int read_snapshot(struct disk_store *store, struct disk_recovered *recovered,
                         struct err *err)
{
    struct buf file;
    int rv;

    buf_init(&file, WAL_SNAPSHOT_BYTES + LIMIT_SNAPSHOT_BYTES);
    rv = disk_file_read(store->directory, "snapshot", &file, err);
    if (rv == 0) {
        rv = wal_snapshot_decode(file.data, file.length, &recovered->snapshot, err);
    } else if (rv == ERR_NOTFOUND) {
        rv = 0;
    }
    buf_finish(&file);
    return rv;
}

int disk_store_open(struct disk_store *store, const struct disk_config *config,
                    struct disk_recovered *recovered, struct err *err)
{
    struct disk_slots *vote;
    uint64_t owner = 0;
    int rv;

    *store = (struct disk_store){.directory = -1, .lock = -1};
    store->log.fd = -1;
    rv = open_directory(store, config->directory, err);
    if (rv == 0) {
        rv = check_identity(store, config, &owner, err);
    }
    if (rv == 0) {
        rv = read_vote(store, recovered, err);
    }
    if (rv == 0) {
        rv = read_snapshot(store, recovered, err);
    }
    if (rv == 0) {
        rv = disk_log_open(&store->log, store->directory, owner, recovered, err);
    }
    if (rv == 0) {
        rv = find_slots(store, "vote", &vote, err); /* so that the first vote is quick */
    }
    return rv;
}

void disk_store_close(struct disk_store *store)
{
    for (uint32_t i = 0; i < store->slots_count; i++) {
        disk_slots_close(&store->slots[i]);
    }
    disk_log_close(&store->log);
    if (store->lock >= 0) {
        close(store->lock); /* and so gives the lock back */
    }
    if (store->directory >= 0) {
        close(store->directory);
    }
}
