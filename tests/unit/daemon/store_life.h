/* store_life: a life that a store goes through, and crashes in the middle of it. Include once. */
#ifndef TESTS_UNIT_DAEMON_STORE_LIFE_H
#define TESTS_UNIT_DAEMON_STORE_LIFE_H

#include "tests/unit/main.h"

#include "daemon/io/disk_log_internal.h"
#include "tests/unit/daemon/store_fixture.h"
#include <stdio.h>

enum { MANY = 200 };

/* ---- one life, stopped at every operation ------------------------------------------------ */

enum act_kind { ACT_VOTE, ACT_APPEND, ACT_TAKE, ACT_INSTALL };

struct act {
    enum act_kind kind;
    uint64_t first; /* vote: the term; snapshots: the index */
    uint64_t last;  /* vote: for whom; taken: entries from here on are kept */
    uint64_t term;
};

/* Appends, cuts (within a segment, over several, at a segment's beginning), rolls, compactions and
 * an installed snapshot; of several segments each. */
static const struct act life[] = {
    {ACT_VOTE, 1, 1, 0},       {ACT_APPEND, 1, 3, 1},     {ACT_APPEND, 4, 30, 1},
    {ACT_APPEND, 31, 31, 1},   {ACT_VOTE, 2, 3, 0},       {ACT_APPEND, 28, 33, 2},
    {ACT_TAKE, 25, 12, 1},     {ACT_APPEND, 34, 70, 2},   {ACT_APPEND, 71, 100, 2},
    {ACT_TAKE, 90, 80, 2},     {ACT_APPEND, 101, 102, 2}, {ACT_VOTE, 3, 0, 0},
    {ACT_APPEND, 91, 95, 3},   {ACT_INSTALL, 140, 0, 3},  {ACT_APPEND, 141, 150, 3},
    {ACT_VOTE, 4, 2, 0},       {ACT_APPEND, 141, 141, 4}, {ACT_INSTALL, 160, 0, 4},
    {ACT_APPEND, 161, 162, 4},
};
enum { ACTS = sizeof(life) / sizeof(life[0]) };

static inline int act_out(struct store *store, const struct act *act)
{
    struct disk_request request;

    switch (act->kind) {
    case ACT_VOTE:
        queue_vote(store, &request, act->first, (uint32_t)act->last);
        break;
    case ACT_APPEND:
        queue_append(store, &request, act->first, act->last, act->term);
        break;
    case ACT_TAKE:
        queue_snapshot(store, &request, act->first, act->term, act->last);
        break;
    case ACT_INSTALL:
        queue_snapshot(store, &request, act->first, act->term, 0);
        break;
    }
    return store_do(store, &request);
}

/* Lives until everything stops; true if it came to its end. */
static inline bool live(struct store *store)
{
    int rv = store_open(store);

    for (int i = 0; rv == 0 && i < ACTS; i++) {
        rv = act_out(store, &life[i]);
    }
    store_close(store);
    return rv == 0 && !memory.stopped;
}

static inline void crash(bool power)
{
    if (power) {
        memory_lose_power();
    } else {
        memory_kill();
    }
}

/* Opens, and stops at the n-th operation of that, for every n. */
static inline void open_in_the_end(struct store *store, uint64_t seed)
{
    for (uint64_t n = 1;; n++) {
        int rv;

        memory.stop_at = memory.operations + n;
        rv = store_open(store);
        if (rv == 0 && !memory.stopped) {
            memory.stop_at = 0;
            return;
        }
        ck_assert_msg(memory.stopped, "seed %llu: %s", (unsigned long long)seed, store->err.text);
        store_close(store);
        crash((n + seed) % 3 != 0);
    }
}

/* A store that was opened after a crash is as good as any. */
static inline void go_on(struct store *store)
{
    uint64_t term = store->held.term + 1;
    struct disk_request request;

    queue_vote(store, &request, term, 1);
    ck_assert_int_eq(store_do(store, &request), 0);
    for (int i = 0; i < 3; i++) {
        uint64_t next = store->held.last + 1;

        queue_append(store, &request, next, next + 2, term);
        ck_assert_int_eq(store_do(store, &request), 0);
    }
    store_close(store);
    memory_lose_power();
    ck_assert_msg(store_open(store) == 0, "%s", store->err.text);
    ck_assert(found_is(&store->found, &store->held, store->held.last));
}

/* Stops at the n-th operation, and opens again; true if there were less. */
static inline bool live_and_crash(struct store *store, uint64_t n, uint64_t seed, bool power)
{
    bool came_to_its_end;

    store_init(store);
    store->hurries = seed % 2 == 0;
    memory_start(seed * 1000 + n);
    memory.stop_at = n;
    came_to_its_end = live(store);
    crash(power);
    open_in_the_end(store, seed);
    store_check(store, n, seed);
    store_accept(store);
    return came_to_its_end;
}

#endif
