/* solo: one core, stepped by hand. The test plays disk, network and peers.
 *
 * `sent` gathers the messages of the last solo_*() call; entries in them are
 * borrowed from the core and end with the next step. */
#ifndef TESTS_UNIT_CONSENSUS_SOLO_H
#define TESTS_UNIT_CONSENSUS_SOLO_H

#include <string.h>

#include <check.h>

#include "consensus/raft.h"

enum { SOLO_SENT = 2 * RAFT_MESSAGES_MAX, T = 200, SOLO_HEARTBEAT = 50 };

struct solo {
    struct raft raft;
    struct raft_update update;
    uint64_t now_ms;
    struct raft_message sent[SOLO_SENT];
    uint32_t sent_count;
    uint64_t applied; /* handed out */
    bool holds_disk;  /* writes stay pending until solo_persist() */
    bool meta_pending;
    uint64_t meta_term;
    uint32_t meta_vote;
    uint64_t write_index; /* of the newest write's last entry; 0: none */
    uint64_t write_term;
};

static inline void solo_note(struct solo *solo)
{
    const struct raft_update *update = &solo->update;

    for (uint32_t i = 0; i < update->message_count; i++) {
        ck_assert_uint_lt(solo->sent_count, SOLO_SENT);
        solo->sent[solo->sent_count++] = update->messages[i];
    }
    if (update->write_meta) {
        solo->meta_pending = true;
        solo->meta_term = update->term;
        solo->meta_vote = update->vote;
    }
    if (update->write_count > 0) {
        solo->write_index = update->write_first + update->write_count - 1;
        solo->write_term = raft_entry(&solo->raft, solo->write_index)->term;
    }
    if (update->apply_count > 0) {
        ck_assert_uint_eq(update->apply_first, solo->applied + 1);
        solo->applied += update->apply_count;
    }
}

static inline void solo_raw(struct solo *solo, struct raft_event event)
{
    event.now_ms = solo->now_ms;
    raft_step(&solo->raft, &event, &solo->update);
    solo_note(solo);
}

/* Completes what is pending. */
static inline void solo_persist(struct solo *solo)
{
    solo->sent_count = 0;
    while (solo->meta_pending || solo->write_index != 0) {
        if (solo->meta_pending) {
            solo->meta_pending = false;
            solo_raw(solo, (struct raft_event){
                               .type = RAFT_META_PERSISTED,
                               .meta = {.term = solo->meta_term, .vote = solo->meta_vote}});
        }
        if (solo->write_index != 0) {
            uint64_t index = solo->write_index;

            solo->write_index = 0;
            solo_raw(solo,
                     (struct raft_event){.type = RAFT_PERSISTED,
                                         .persisted = {.index = index, .term = solo->write_term}});
        }
    }
}

static inline int solo_step(struct solo *solo, struct raft_event event)
{
    int result;

    solo->sent_count = 0;
    solo_raw(solo, event);
    result = solo->update.result;
    if (!solo->holds_disk) {
        uint32_t count = solo->sent_count;
        struct raft_message first[SOLO_SENT];
        bool pending = solo->meta_pending || solo->write_index != 0;

        memcpy(first, solo->sent, sizeof(first));
        if (pending) {
            solo_persist(solo);
            ck_assert_uint_le(count + solo->sent_count, SOLO_SENT);
            memmove(&solo->sent[count], solo->sent, solo->sent_count * sizeof(*solo->sent));
            memcpy(solo->sent, first, count * sizeof(*first));
            solo->sent_count += count;
        }
    }
    return result;
}

static inline void solo_tick(struct solo *solo, uint64_t ms)
{
    solo->now_ms += ms;
    solo_step(solo, (struct raft_event){.type = RAFT_TICK});
}

static inline void solo_receive(struct solo *solo, struct raft_message message)
{
    message.to = solo->raft.config.id;
    solo_step(solo, (struct raft_event){.type = RAFT_RECEIVE, .message = &message});
}

/* Number 1 of `voters`. */
static inline struct raft_config solo_config(uint32_t voters)
{
    struct raft_config config = {
        .id = 1,
        .heartbeat_ms = SOLO_HEARTBEAT,
        .election_min_ms = T,
        .election_max_ms = 2 * T,
        .log_entries_max = 64,
        .trailing_entries = 2,
        .seed = 7,
    };

    for (uint32_t id = 1; id <= voters; id++) {
        ck_assert_int_eq(members_add_voter(&config.members, id, NULL), 0);
    }
    return config;
}

static inline void solo_start_from(struct solo *solo, const struct raft_config *config,
                                   const struct raft_stored *stored)
{
    *solo = (struct solo){.now_ms = 10000, .applied = stored->snapshot.index};
    ck_assert_int_eq(raft_init(&solo->raft, config, stored, solo->now_ms, NULL), 0);
}

/* Number 1 of `voters`, with a log of these terms, at (term, vote). */
static inline void solo_start(struct solo *solo, uint32_t voters, uint64_t term, uint32_t vote,
                              const uint64_t *terms, uint32_t count)
{
    struct raft_entry entries[64];
    struct raft_config config = solo_config(voters);
    struct raft_stored stored = {
        .term = term, .vote = vote, .entries = entries, .entry_count = count};

    for (uint32_t i = 0; i < count; i++) {
        entries[i] = (struct raft_entry){.index = i + 1, .term = terms[i], .kind = RAFT_NOOP};
    }
    solo_start_from(solo, &config, &stored);
}

static inline const struct raft_message *solo_said(const struct solo *solo, uint32_t to,
                                                   enum raft_message_type type)
{
    for (uint32_t i = 0; i < solo->sent_count; i++) {
        if (solo->sent[i].to == to && solo->sent[i].type == type) {
            return &solo->sent[i];
        }
    }
    return NULL;
}

static inline uint32_t solo_count(const struct solo *solo, enum raft_message_type type)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < solo->sent_count; i++) {
        count += solo->sent[i].type == type;
    }
    return count;
}

static inline void solo_grant(struct solo *solo, uint32_t from, enum raft_message_type type,
                              uint64_t term, bool granted)
{
    solo_receive(
        solo, (struct raft_message){
                  .type = type, .from = from, .term = term, .vote_answer = {.granted = granted}});
}

/* Until the election timer fires. */
static inline void solo_time_out(struct solo *solo)
{
    solo_tick(solo, raft_deadline(&solo->raft) - solo->now_ms);
}

static inline void solo_become_candidate(struct solo *solo)
{
    uint32_t majority = members_majority(&solo->raft.members);

    solo_time_out(solo);
    for (uint32_t id = 2; id <= majority; id++) {
        solo_grant(solo, id, RAFT_PREVOTE_ANSWER, solo->raft.term + 1, true);
    }
    ck_assert_int_eq(solo->raft.role, RAFT_CANDIDATE);
}

static inline void solo_become_leader(struct solo *solo)
{
    uint32_t majority = members_majority(&solo->raft.members);

    solo_become_candidate(solo);
    for (uint32_t id = 2; id <= majority; id++) {
        solo_grant(solo, id, RAFT_VOTE_ANSWER, solo->raft.term, true);
    }
    ck_assert_int_eq(solo->raft.role, RAFT_LEADER);
}

/* The log that most stories about one core begin with. */
static const uint64_t LOG_9[] = {1, 1, 1, 2, 2, 2, 3, 3, 3};

/* A leader of three, in term 4, whose log is LOG_9 and its first own entry, 10. */
static inline void solo_start_leader(struct solo *solo)
{
    solo_start(solo, 3, 3, 0, LOG_9, 9);
    solo_become_leader(solo);
    ck_assert_uint_eq(solo->raft.term, 4);
    ck_assert_uint_eq(raft_last_index(&solo->raft), 10);
}

static inline void solo_ack(struct solo *solo, uint32_t from, uint64_t index)
{
    solo_receive(solo, (struct raft_message){.type = RAFT_APPEND_ANSWER,
                                             .from = from,
                                             .term = solo->raft.term,
                                             .append_answer = {.accepted = true, .index = index}});
}

/* `count` entries of `entry_term` after (previous, previous_term). */
static inline void solo_append(struct solo *solo, uint32_t from, uint64_t term, uint64_t previous,
                               uint64_t previous_term, uint64_t entry_term, uint32_t count,
                               uint64_t commit)
{
    struct raft_entry entries[64];

    for (uint32_t i = 0; i < count; i++) {
        entries[i] =
            (struct raft_entry){.index = previous + 1 + i, .term = entry_term, .kind = RAFT_NOOP};
    }
    solo_receive(solo, (struct raft_message){.type = RAFT_APPEND,
                                             .from = from,
                                             .term = term,
                                             .append = {.previous_index = previous,
                                                        .previous_term = previous_term,
                                                        .commit = commit,
                                                        .entries = entries,
                                                        .count = count}});
}

static inline void solo_answer_round(struct solo *solo, uint32_t from, uint64_t term,
                                     uint64_t round)
{
    solo_receive(solo, (struct raft_message){.type = RAFT_HEARTBEAT_ANSWER,
                                             .from = from,
                                             .term = term,
                                             .heartbeat_answer = {.round = round}});
}

/* One entry, the list of members, after (previous, previous_term). */
static inline void solo_append_list(struct solo *solo, uint32_t from, uint64_t term,
                                    uint64_t previous, uint64_t previous_term,
                                    const struct members *members, uint64_t commit)
{
    struct raft_entry entry = {.index = previous + 1, .term = term, .kind = RAFT_CONFIG};
    struct buf bytes;

    buf_init(&bytes, MEMBERS_BYTES_MAX);
    members_encode(members, &bytes);
    entry.blob = raft_blob_new(bytes.data, bytes.length);
    solo_receive(solo, (struct raft_message){.type = RAFT_APPEND,
                                             .from = from,
                                             .term = term,
                                             .append = {.previous_index = previous,
                                                        .previous_term = previous_term,
                                                        .commit = commit,
                                                        .entries = &entry,
                                                        .count = 1}});
    raft_blob_release(entry.blob);
    buf_finish(&bytes);
}

static inline int solo_change(struct solo *solo, enum members_change_kind kind,
                              struct member member)
{
    struct members_change change = {.kind = kind, .member = member};

    return solo_step(solo, (struct raft_event){.type = RAFT_CHANGE, .change = &change});
}

static inline int solo_transfer(struct solo *solo, uint32_t to)
{
    return solo_step(solo, (struct raft_event){.type = RAFT_TRANSFER, .target = to});
}

/* Everybody among the members answers the newest round and has the whole log. */
static inline void solo_all_follow(struct solo *solo)
{
    for (uint32_t i = 0; i < solo->raft.members.count; i++) {
        uint32_t id = solo->raft.members.list[i].id;

        if (id != solo->raft.config.id && solo->raft.role == RAFT_LEADER) {
            solo_answer_round(solo, id, solo->raft.term, solo->raft.round.sent);
        }
        if (id != solo->raft.config.id && solo->raft.role == RAFT_LEADER) {
            solo_ack(solo, id, raft_last_index(&solo->raft));
        }
    }
}

static inline void solo_heartbeat(struct solo *solo, uint32_t from, uint64_t term, uint64_t round,
                                  uint64_t match, uint64_t commit)
{
    solo_receive(solo, (struct raft_message){
                           .type = RAFT_HEARTBEAT,
                           .from = from,
                           .term = term,
                           .heartbeat = {.round = round, .match = match, .commit = commit}});
}

static inline void solo_ask(struct solo *solo, uint32_t from, enum raft_message_type type,
                            uint64_t term, uint64_t last_index, uint64_t last_term)
{
    solo_receive(solo,
                 (struct raft_message){.type = type,
                                       .from = from,
                                       .term = term,
                                       .vote = {.last_index = last_index, .last_term = last_term}});
}

static inline int solo_propose(struct solo *solo, uint32_t length)
{
    struct raft_blob *blob = raft_blob_new(NULL, length);
    int result;

    memset(blob->bytes, 'x', length);
    result = solo_step(
        solo, (struct raft_event){.type = RAFT_PROPOSE, .propose = {.blobs = &blob, .count = 1}});
    raft_blob_release(blob);
    return result;
}

/* solo_start_leader(), with five entries on the way to 2, who answered so far. */
static inline void solo_start_pipeline(struct solo *solo)
{
    solo_start_leader(solo);
    solo_ack(solo, 2, 10);
    for (int i = 0; i < 5; i++) {
        solo_propose(solo, 8);
    }
}

/* To an append: there must be one. */
static inline const struct raft_message *solo_answer(const struct solo *solo, uint32_t to)
{
    const struct raft_message *message = solo_said(solo, to, RAFT_APPEND_ANSWER);

    ck_assert_ptr_nonnull(message);
    return message;
}

static inline void solo_finish(struct solo *solo)
{
    raft_finish(&solo->raft);
}

#endif
