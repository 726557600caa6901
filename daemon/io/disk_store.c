#include "daemon/io/disk_store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
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
    store->directory = disk_file_open_directory(path, err);
    if (store->directory < 0) {
        return store->directory;
    }
    store->lock = disk_file_lock(store->directory, err);
    return store->lock < 0 ? store->lock : 0;
}

enum { IDENTITY_FORMAT = 2, IDENTITY_BYTES_MAX = 40 + LIMIT_NAME_SIZE };

/* "FORMAT NUMBER AGENT", and its checksum: what is damaged must not look like somebody else's. */
static void write_identity(struct buf *text, const char *agent, uint64_t number)
{
    buf_printf(text, "%d %016llx %s", IDENTITY_FORMAT, (unsigned long long)number, agent);
    buf_printf(text, " %08x\n", crc32c(0, text->data, text->length));
}

/* That of 0.1.0 had no checksum. Every later one has its own at the end of the line. */
static bool is_first_format(const char *text)
{
    enum { AT_NAME = sizeof("1 0123456789abcdef ") - 1 };

    return strncmp(text, "1 ", 2) == 0 && strlen(text) > AT_NAME && text[AT_NAME - 1] == ' ' &&
           strchr(text + AT_NAME, ' ') == NULL;
}

static int read_identity(const char *text, const char *agent, uint64_t *number, struct err *err)
{
    bool is_first = is_first_format(text);
    const char *sum = is_first ? text + strcspn(text, "\n") : strrchr(text, ' ');
    const char *name;
    char *end;

    if (!is_first && (sum == NULL || strcmp(sum + strcspn(sum, "\n"), "\n") != 0 ||
                      strtoul(sum, NULL, 16) != crc32c(0, text, (size_t)(sum - text)))) {
        return err_set(err, ERR_CORRUPT, "identity: \"%.64s\" is damaged", text);
    }
    if (strtol(text, &end, 10) != IDENTITY_FORMAT && !is_first) {
        return err_set(err, ERR_REFUSED,
                       "identity: \"%.16s\" is not of a format that this program knows", text);
    }
    *number = strtoull(end, &end, 16);
    name = end + 1;
    if (*number == 0 || *end != ' ' || name > sum) {
        return err_set(err, ERR_CORRUPT, "identity: \"%.64s\" names no store", text);
    }
    if (strlen(agent) != (size_t)(sum - name) || memcmp(name, agent, strlen(agent)) != 0) {
        return err_set(err, ERR_REFUSED,
                       "this directory belongs to agent \"%.*s\", not to %s; use another "
                       "directory, or the configuration that it was made with (if %.*s never got "
                       "in with it, empty it)",
                       (int)(sum - name), name, agent, (int)(sum - name), name);
    }
    return 0;
}

/* What a directory holds that only a store leaves there. */
struct stock {
    bool vote;
    bool snapshot;
    bool log;
};

static int take_stock(void *context, const char *name, struct err *err)
{
    struct stock *stock = context;

    (void)err;
    stock->vote = stock->vote || strcmp(name, "vote") == 0;
    stock->snapshot = stock->snapshot || strcmp(name, "snapshot") == 0;
    stock->log = stock->log || strncmp(name, "log-", 4) == 0;
    return 0;
}

/* A store is born when its identity is there; until then nothing is in its vote. So a store
 * without the one or the other has lost it, and may have voted. */
static int check_birth(struct disk_store *store, const struct stock *stock, struct err *err)
{
    uint8_t bytes[LIMIT_SMALL_BYTES];
    struct disk_slots *vote;
    uint64_t sequence;
    size_t length;
    int rv = disk_slots_read(store->directory, "vote", &sequence, bytes, &length, err);

    if (rv == 0 || stock->log || stock->snapshot) {
        return err_set(err, ERR_CORRUPT, "there is no identity, but what belonged to it is there");
    }
    return rv == ERR_NOTFOUND ? find_slots(store, "vote", &vote, err) : rv;
}

static int give_birth(struct disk_store *store, const struct stock *stock, const char *agent,
                      uint64_t *number, struct err *err)
{
    struct buf text;
    int rv = check_birth(store, stock, err);

    if (rv != 0) {
        return rv;
    }
    *number = disk_file_random();
    buf_init(&text, IDENTITY_BYTES_MAX);
    write_identity(&text, agent, *number);
    rv = buf_ok(&text)
             ? disk_file_replace(store->directory, "identity", text.data, text.length, err)
             : err_set(err, ERR_LIMIT, "the name of the agent is too long");
    buf_finish(&text);
    return rv;
}

static int check_identity(struct disk_store *store, const char *agent, uint64_t *number,
                          struct err *err)
{
    struct stock stock = {0};
    struct buf text;
    int rv = disk_file_list(store->directory, take_stock, &stock, err);

    if (rv != 0) {
        return rv;
    }
    buf_init(&text, IDENTITY_BYTES_MAX);
    rv = disk_file_read(store->directory, "identity", &text, err);
    if (rv == ERR_NOTFOUND) {
        rv = give_birth(store, &stock, agent, number, err);
    } else if (rv == 0) {
        rv = read_identity(buf_text(&text), agent, number, err);
        if (rv == 0 && !stock.vote) {
            rv = err_set(err, ERR_CORRUPT, "vote: it is missing, and with it who was voted for");
        }
    }
    buf_finish(&text);
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

void disk_recovered_release(struct disk_recovered *recovered)
{
    for (size_t i = 0; i < recovered->entry_count; i++) {
        raft_blob_release(recovered->entries[i].blob);
    }
    free(recovered->entries);
    raft_blob_release(recovered->snapshot.blob);
    *recovered = (struct disk_recovered){0};
}

int disk_store_open(struct disk_store *store, const struct disk_config *config,
                    struct disk_recovered *recovered, struct err *err)
{
    struct disk_slots *slots;
    int rv;

    *store = (struct disk_store){.directory = -1, .lock = -1};
    store->log.fd = -1;
    rv = open_directory(store, config->directory, err);
    /* A process that was killed may have left names that only it saw: a segment made, a snapshot
     * put in place. As with bytes (disk_file_read), what is found is about to be relied upon. */
    if (rv == 0) {
        rv = disk_file_sync_directory(store->directory, err);
    }
    if (rv == 0) {
        rv = check_identity(store, config->agent, &recovered->store, err);
    }
    if (rv == 0) {
        rv = read_vote(store, recovered, err);
    }
    if (rv == 0) {
        rv = read_snapshot(store, recovered, err);
    }
    if (rv == 0) {
        rv = disk_log_open(&store->log, store->directory, recovered->store, &config->sizes,
                           recovered, err);
    }
    /* Made now, so that a full disk never keeps them from being written. */
    if (rv == 0) {
        rv = find_slots(store, "vote", &slots, err);
    }
    for (const char *const *name = config->reserve; rv == 0 && name != NULL && *name != NULL;
         name++) {
        rv = find_slots(store, *name, &slots, err);
    }
    return rv;
}

void disk_store_close(struct disk_store *store)
{
    for (uint32_t i = 0; i < store->slots_count; i++) {
        disk_slots_close(&store->slots[i]);
    }
    disk_log_close(&store->log);
    disk_file_close(store->lock); /* and so gives the directory back */
    disk_file_close(store->directory);
    store->slots_count = 0;
    store->lock = -1;
    store->directory = -1;
}
