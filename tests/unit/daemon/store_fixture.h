/* store_fixture: a store over memory_disk, without thread and loop, and what it must hold.
 *
 * The reference is naive: an array of terms, one for each entry, and the vote and the snapshot.
 * While a request is under way there are two, before and after; a crash may leave either, and of
 * an append any beginning. */
#ifndef TESTS_UNIT_DAEMON_STORE_FIXTURE_H
#define TESTS_UNIT_DAEMON_STORE_FIXTURE_H

#include "tests/unit/daemon/memory_disk.h"

#include "consensus/wal.h"
#include "daemon/io/disk_work.h"

enum { HELD_ENTRIES = 4096, SEGMENT_BYTES = 4096, ZEROS_BYTES = 1024 };

struct held {
    uint64_t term;
    uint32_t vote;
    uint64_t snapshot_index;
    uint64_t snapshot_term;
    uint64_t last;
    uint16_t terms[HELD_ENTRIES]; /* of entries 1 .. last */
};

struct store {
    struct disk_work work;
    struct disk_recovered found;
    struct list queue;
    struct list done;
    struct held held;  /* what was acknowledged */
    struct held after; /* once what is under way is done */
    uint64_t first;    /* what is appended under way begins there */
    uint64_t store;    /* its number */
    bool hurries;      /* there is always something to do: marks go with what comes next */
    struct err err;
};

/* The same entry has always the same bytes; some have none, some are longer than a sector. */
static inline struct raft_entry held_entry(uint64_t index, uint64_t term)
{
    uint8_t bytes[900];
    size_t length =
        index % 6 == 0 ? 0 : (index * 37 + term * 11) % (index % 5 == 0 ? sizeof(bytes) : 90);

    memset(bytes, (int)(index * 7 + term), sizeof(bytes));
    return (struct raft_entry){
        .index = index, .term = term, .kind = RAFT_COMMAND, .blob = raft_blob_new(bytes, length)};
}

static inline void store_init(struct store *store)
{
    memset(store, 0, sizeof(*store));
    list_init(&store->queue);
    list_init(&store->done);
}

static inline int store_open(struct store *store)
{
    static const char *const reserve[] = {"floor", NULL};
    struct disk_config config = {
        .directory = "memory",
        .agent = "a1",
        .reserve = reserve,
        .sizes = {.segment_bytes = SEGMENT_BYTES, .zeros_bytes = ZEROS_BYTES}};
    int rv;

    disk_work_init(&store->work);
    store->found = (struct disk_recovered){0};
    err_reset(&store->err);
    rv = disk_store_open(&store->work.store, &config, &store->found, &store->err);
    if (rv == 0) {
        ck_assert(store->store == 0 || store->store == store->found.store);
        store->store = store->found.store;
    }
    return rv;
}

static inline void store_close(struct store *store)
{
    disk_store_close(&store->work.store);
    disk_work_finish(&store->work);
    disk_recovered_release(&store->found);
}

/* ---- requests ---- */

static inline void store_queue(struct store *store, struct disk_request *request,
                               enum disk_kind kind)
{
    request->kind = kind;
    list_init(&request->link);
    list_append(&store->queue, &request->link);
}

static inline void queue_vote(struct store *store, struct disk_request *request, uint64_t term,
                              uint32_t vote)
{
    *request = (struct disk_request){.name = "vote"};
    buf_init(&request->bytes, DISK_STORE_VOTE_BYTES);
    buf_append_u64(&request->bytes, term);
    buf_append_u32(&request->bytes, vote);
    store->after.term = term;
    store->after.vote = vote;
    store_queue(store, request, DISK_SMALL);
}

static inline void queue_small(struct store *store, struct disk_request *request, const char *name,
                               const char *text)
{
    *request = (struct disk_request){0};
    text_copy(request->name, sizeof(request->name), name);
    buf_init(&request->bytes, LIMIT_SMALL_BYTES);
    buf_append_text(&request->bytes, text);
    store_queue(store, request, DISK_SMALL);
}

static inline void queue_append(struct store *store, struct disk_request *request, uint64_t first,
                                uint64_t last, uint64_t term)
{
    ck_assert(last < HELD_ENTRIES && first <= store->after.last + 1);
    *request = (struct disk_request){0};
    disk_append_begin(request);
    for (uint64_t index = first; index <= last; index++) {
        struct raft_entry entry = held_entry(index, term);

        disk_append_add(request, &entry);
        raft_blob_release(entry.blob);
        store->after.terms[index] = (uint16_t)term;
    }
    store->after.last = last;
    store->first = first;
    store_queue(store, request, DISK_APPEND);
}

/* `keep` 0: one that a leader sent, in place of the whole log. */
static inline void queue_snapshot(struct store *store, struct disk_request *request, uint64_t index,
                                  uint64_t term, uint64_t keep)
{
    struct raft_snapshot snapshot = {
        .index = index, .term = term, .blob = raft_blob_new(&index, sizeof(index))};

    members_add_voter(&snapshot.members, 1, NULL);
    *request = (struct disk_request){.last = index, .keep = keep};
    buf_init(&request->bytes, WAL_SNAPSHOT_BYTES + sizeof(index));
    wal_snapshot_encode(&request->bytes, &snapshot);
    raft_blob_release(snapshot.blob);
    store->after.snapshot_index = index;
    store->after.snapshot_term = term;
    if (keep == 0) {
        store->after.last = index;
    }
    store->after.terms[index] = (uint16_t)term;
    store_queue(store, request, DISK_SNAPSHOT);
}

/* Does all that can be done now; how many requests ended. */
static inline int store_work(struct store *store)
{
    int count = 0;

    while (disk_work_step(&store->work, &store->queue, &store->done, &store->err)) {
    }
    if (!store->hurries) {
        disk_work_rest(&store->work, &store->err);
    }
    list_each (link, &store->done) {
        list_remove(link);
        count++;
    }
    return count;
}

/* Carries the one request out; its result. */
static inline int store_do(struct store *store, struct disk_request *request)
{
    int ended = store_work(store);

    buf_finish(&request->bytes);
    ck_assert_int_eq(ended, 1);
    if (request->result == 0) {
        store->held = store->after;
    }
    return request->result;
}

/* ---- what was found ---- */

static inline bool found_entries(const struct disk_recovered *found, const struct held *held,
                                 uint64_t last)
{
    uint64_t next = found->snapshot.index + 1;

    if (found->entry_count != (last >= next ? last + 1 - next : 0)) {
        return false;
    }
    for (size_t i = 0; i < found->entry_count; i++) {
        struct raft_entry wanted = held_entry(next + i, held->terms[next + i]);
        const struct raft_entry *entry = &found->entries[i];
        bool same = entry->index == wanted.index && entry->term == wanted.term &&
                    raft_entry_length(entry) == raft_entry_length(&wanted) &&
                    (raft_entry_length(entry) == 0 ||
                     memcmp(raft_entry_bytes(entry), raft_entry_bytes(&wanted),
                            raft_entry_length(entry)) == 0);

        raft_blob_release(wanted.blob);
        if (!same) {
            return false;
        }
    }
    return true;
}

/* The snapshot and the vote of `held`, and its log up to `last`? */
static inline bool found_is(const struct disk_recovered *found, const struct held *held,
                            uint64_t last)
{
    return found->term == held->term && found->vote == held->vote &&
           found->snapshot.index == held->snapshot_index &&
           found->snapshot.term == held->snapshot_term && found_entries(found, held, last);
}

/* One state, never a mixture: all before, all after, or a beginning of what is appended. */
static inline bool store_is_whole(const struct store *store)
{
    const struct held *before = &store->held;
    const struct held *after = &store->after;
    uint64_t same = 0;

    if (found_is(&store->found, before, before->last)) {
        return true;
    }
    while (same < before->last && same < after->last && same + 1 < store->first &&
           before->terms[same + 1] == after->terms[same + 1]) {
        same++;
    }
    for (uint64_t last = same; last <= after->last; last++) {
        if (found_is(&store->found, after, last)) {
            return true;
        }
    }
    return false;
}

static inline const char *held_story(const struct held *held, char text[128])
{
    text_format(text, 128, "term %llu, vote %u, snapshot %llu of %llu, last %llu",
                (unsigned long long)held->term, held->vote,
                (unsigned long long)held->snapshot_index, (unsigned long long)held->snapshot_term,
                (unsigned long long)held->last);
    return text;
}

/* `when`: two numbers that lead to it. */
static inline void store_check(const struct store *store, uint64_t when, uint64_t seed)
{
    const struct disk_recovered *found = &store->found;
    struct held seen = {.term = found->term,
                        .vote = found->vote,
                        .snapshot_index = found->snapshot.index,
                        .snapshot_term = found->snapshot.term,
                        .last = found->snapshot.index + found->entry_count};
    char texts[3][128];

    ck_assert_msg(store_is_whole(store), "stopped at %llu, seed %llu: %s; neither %s nor %s",
                  (unsigned long long)when, (unsigned long long)seed, held_story(&seen, texts[0]),
                  held_story(&store->held, texts[1]), held_story(&store->after, texts[2]));
}

/* What was found is what counts from here on. */
static inline void store_accept(struct store *store)
{
    if (store->found.snapshot.index == store->after.snapshot_index &&
        store->found.snapshot.term == store->after.snapshot_term &&
        store->found.term == store->after.term &&
        !found_is(&store->found, &store->held, store->held.last)) {
        store->held = store->after;
        store->held.last = store->found.snapshot.index + store->found.entry_count;
    }
    store->after = store->held;
}

#endif
