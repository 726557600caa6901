#include "consensus/progress.h"

#include <assert.h>

static void check(const struct progress *progress)
{
    assert(progress->match < progress->next);
    assert(progress->mode <= PROGRESS_SNAPSHOT);
}

void progress_init(struct progress *progress, uint64_t last_index, uint64_t now_ms)
{
    *progress = (struct progress){
        .mode = PROGRESS_PROBE,
        .next = last_index + 1,
        .moved_ms = now_ms,
        .heard_ms = now_ms,
    };
    check(progress);
}

void progress_probe(struct progress *progress, uint64_t now_ms)
{
    check(progress);
    progress->mode = PROGRESS_PROBE;
    progress->next = progress->match + 1;
    progress->probe_last = progress->match;
    progress->paused = false;
    progress->moved_ms = now_ms;
}

void progress_lost(struct progress *progress, uint64_t now_ms)
{
    check(progress);
    progress->match = 0;
    progress_probe(progress, now_ms);
    progress->wanted = true;
}

void progress_snapshot(struct progress *progress, uint64_t index, uint64_t now_ms)
{
    check(progress);
    assert(index > progress->match);
    progress->mode = PROGRESS_SNAPSHOT;
    progress->snapshot_index = index;
    progress->next = index + 1;
    progress->wanted = false;
    progress->moved_ms = now_ms;
}

void progress_sent(struct progress *progress, uint64_t last)
{
    check(progress);
    assert(last + 1 >= progress->next);
    assert(progress->mode != PROGRESS_SNAPSHOT);
    progress->wanted = false;
    if (progress->mode == PROGRESS_PROBE) {
        assert(!progress->paused);
        progress->paused = true;
        progress->probe_last = last;
        return;
    }
    progress->next = last + 1;
}

bool progress_accepted(struct progress *progress, uint64_t index, uint64_t log_base,
                       uint64_t now_ms)
{
    bool moved = index > progress->match;

    check(progress);
    if (index < progress->match || (!moved && progress->mode == PROGRESS_PIPELINE)) {
        return false;
    }
    if (!moved && progress->mode == PROGRESS_PROBE && progress->probe_last > index) {
        return false;
    }
    progress->match = index;
    progress->moved_ms = now_ms;
    if (progress->mode == PROGRESS_SNAPSHOT && index < log_base &&
        index < progress->snapshot_index) {
        return moved; /* not installed yet, and behind every entry that is left */
    }
    if (progress->mode != PROGRESS_PIPELINE) {
        progress->mode = PROGRESS_PIPELINE;
        progress->next = index + 1;
        progress->paused = false;
    }
    if (progress->next <= index) {
        progress->next = index + 1;
    }
    check(progress);
    return true;
}

bool progress_rejected(struct progress *progress, uint64_t rejected, uint64_t hint, uint64_t now_ms)
{
    uint64_t next;

    check(progress);
    switch (progress->mode) {
    case PROGRESS_SNAPSHOT:
        return false;
    case PROGRESS_PIPELINE:
        if (rejected <= progress->match) {
            return false;
        }
        progress_probe(progress, now_ms);
        return true;
    case PROGRESS_PROBE:
        if (rejected != progress->next - 1) {
            return false;
        }
        break;
    }
    next = hint + 1 < rejected ? hint + 1 : rejected;
    progress->next = next > progress->match ? next : progress->match + 1;
    progress->paused = false;
    check(progress);
    return true;
}
