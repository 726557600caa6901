/* progress: how far one peer's log is known to follow the leader's.
 *
 * A peer is probed (one append at a time, until one fits), then fed by pipeline
 * (appends are sent ahead of their acknowledgements, up to LIMIT_INFLIGHT_BYTES),
 * or handed a snapshot when the entries that it needs are gone.
 *
 * Invariant: match < next; everything up to `match` is durable on the peer. */
#ifndef CONSENSUS_PROGRESS_H
#define CONSENSUS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

enum progress_mode { PROGRESS_PROBE, PROGRESS_PIPELINE, PROGRESS_SNAPSHOT };

struct progress {
    enum progress_mode mode;
    uint64_t match;
    uint64_t next;           /* the first entry of the next append */
    bool paused;             /* probe: one is out */
    uint64_t probe_last;     /* probe: the last entry that it carried, or match */
    uint64_t probe_round;    /* probe: the newest round when it was sent */
    uint64_t snapshot_index; /* snapshot: the one that was sent */
    uint64_t moved_ms;       /* last acknowledgement or change of mode */
    uint64_t heard_ms;       /* last answer of this term */
    uint64_t commit_told;    /* the highest commit that an append carried */
    bool wanted;             /* send an append even if there is nothing new */
    uint64_t store;          /* the one that answers; 0: none has yet */
    uint64_t catch_up;       /* joining: how far it must get in this lap */
    uint64_t catch_up_ms;    /* when the lap began */
};

/* At the start of a term: probe from the end of the leader's log. */
void progress_init(struct progress *progress, uint64_t last_index, uint64_t now_ms);

/* Sends must go on from `match`. */
void progress_probe(struct progress *progress, uint64_t now_ms);

/* The peer lost what it had acknowledged. */
void progress_lost(struct progress *progress, uint64_t now_ms);

/* The snapshot at `index` was sent. */
void progress_snapshot(struct progress *progress, uint64_t index, uint64_t now_ms);

/* `last` was sent, or nothing (last = next - 1). */
void progress_sent(struct progress *progress, uint64_t last);

/* The peer has everything up to `index`, and the leader's log goes on after
 * `log_base`. False if the news is old and changes nothing; or if it took nothing of a probe that
 * carried something: it has no room, and is not asked again before the next round shows that it
 * is there. */
bool progress_accepted(struct progress *progress, uint64_t index, uint64_t log_base,
                       uint64_t now_ms);

/* The peer can't follow `rejected`; it may follow `hint`. False if the answer is
 * an old one: what it speaks of was overtaken. */
bool progress_rejected(struct progress *progress, uint64_t rejected, uint64_t hint,
                       uint64_t now_ms);

#endif
