/* MC-17, the way out: a list of one, in a cluster of its own, and a core that goes on with it. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/main.h"

#include "consensus/raft.h"

enum { CLUSTER = 0xc1, STORE = 101 };

static struct members three(void)
{
    struct members members;

    members_init(&members);
    for (uint32_t id = 1; id <= 3; id++) {
        struct member member = {.id = id, .kind = MEMBER_VOTER, .store = 100 + id};

        text_format(member.name, sizeof member.name, "a%u", id);
        text_format(member.address, sizeof member.address, "10.0.0.%u:7300", id);
        memset(member.key, (int)id, sizeof member.key);
        ck_assert_int_eq(members_add(&members, &member, NULL), 0);
    }
    return members;
}

static void encode(struct buf *bytes, const struct members *members)
{
    buf_init(bytes, MEMBERS_BYTES_MAX);
    members_encode(members, bytes);
    ck_assert(buf_ok(bytes));
}

START_TEST(MC_17_one_is_left_under_a_new_number)
{
    struct members members = three();
    const struct member *left = &members.list[0];

    members.list[0].kind = MEMBER_LEARNER; /* even who never voted may be the last one */
    ck_assert_int_eq(members_recover(&members, 1, STORE, CLUSTER, NULL), 0);
    ck_assert_uint_eq(members.cluster, CLUSTER);
    ck_assert_uint_eq(members.count, 1);
    ck_assert_uint_eq(members.id_last, 4);
    ck_assert_uint_eq(left->id, 4);
    ck_assert_int_eq(left->kind, MEMBER_VOTER);
    ck_assert_uint_eq(left->store, STORE);
    ck_assert_str_eq(left->name, "a1");
    ck_assert_str_eq(left->address, "10.0.0.1:7300");
    ck_assert_uint_eq(left->key[0], 1);
    ck_assert_uint_eq(members_majority(&members), 1);
}
END_TEST

START_TEST(MC_17_who_is_no_member_or_needs_nobody_is_refused)
{
    struct members members = three();
    struct members before = members;
    struct err err;

    ck_assert_int_eq(members_recover(&members, 9, STORE, CLUSTER, &err), ERR_NOTFOUND);
    members.id_last = UINT32_MAX;
    ck_assert_int_eq(members_recover(&members, 1, STORE, CLUSTER, &err), ERR_LIMIT);
    members.id_last = before.id_last;
    ck_assert_mem_eq(&members, &before, sizeof members);
    members.list[1].kind = members.list[2].kind = MEMBER_LEARNER;
    ck_assert_int_eq(members_recover(&members, 1, STORE, CLUSTER, &err), ERR_REFUSED);
    ck_assert_ptr_nonnull(strstr(err.text, "agent a1 is the only voter"));
    ck_assert_int_eq(members_recover(&members, 2, STORE, CLUSTER, &err), 0);
}
END_TEST

START_TEST(the_cluster_is_kept_as_bytes_and_through_changes)
{
    struct members_change change = {.kind = MEMBERS_ADD, .member = {.kind = MEMBER_JOINING}};
    struct members members = three();
    struct members back;
    struct buf plain;
    struct buf bytes;

    encode(&plain, &members);
    members.cluster = CLUSTER;
    text_copy(change.member.name, sizeof change.member.name, "a9");
    ck_assert_int_eq(members_change(&members, &change, NULL), 0);
    ck_assert_uint_eq(members.cluster, CLUSTER);
    encode(&bytes, &members);
    ck_assert_int_eq(members_decode(&back, bytes.data, bytes.length, NULL), 0);
    ck_assert_uint_eq(back.cluster, CLUSTER);
    ck_assert_uint_eq(back.count, 4);
    for (size_t less = 1; less < sizeof members.cluster; less++) {
        ck_assert_int_eq(members_decode(&back, bytes.data, bytes.length - less, NULL), ERR_CORRUPT);
    }
    buf_append(&bytes, "x", 1);
    ck_assert_int_eq(members_decode(&back, bytes.data, bytes.length, NULL), ERR_CORRUPT);
    ck_assert_int_eq(members_decode(&back, plain.data, plain.length, NULL), 0);
    ck_assert_uint_eq(back.cluster, 0);
    buf_append_u64(&plain, 0); /* nobody writes that */
    ck_assert_int_eq(members_decode(&back, plain.data, plain.length, NULL), ERR_CORRUPT);
    buf_finish(&plain);
    buf_finish(&bytes);
}
END_TEST

/* ---- the core that goes on with it ---- */

struct survivor {
    struct raft raft;
    struct raft_update *update;
    struct raft_blob *state;
    uint64_t now_ms;
};

static void step(struct survivor *survivor, struct raft_event event)
{
    event.now_ms = ++survivor->now_ms;
    raft_step(&survivor->raft, &event, survivor->update);
}

/* As it is found: a snapshot in place of all entries, with the new list. */
static void survivor_init(struct survivor *survivor)
{
    struct members before = three();
    struct raft_config config = {.id = 1,
                                 .store = STORE,
                                 .members = before,
                                 .heartbeat_ms = 50,
                                 .election_min_ms = 200,
                                 .election_max_ms = 400,
                                 .seed = 1};
    struct raft_stored stored = {.term = 6, .snapshot = {.index = 2, .term = 6, .members = before}};

    ck_assert_int_eq(members_recover(&stored.snapshot.members, 1, STORE, CLUSTER, NULL), 0);
    survivor->now_ms = 1000;
    survivor->update = malloc(sizeof *survivor->update);
    survivor->state = raft_blob_new("x", 1);
    ck_assert(survivor->update != NULL && survivor->state != NULL);
    stored.snapshot.blob = survivor->state;
    ck_assert_int_eq(raft_init(&survivor->raft, &config, &stored, survivor->now_ms, NULL), 0);
}

static void survivor_finish(struct survivor *survivor)
{
    raft_finish(&survivor->raft);
    raft_blob_release(survivor->state);
    free(survivor->update);
}

static void lead(struct survivor *survivor)
{
    const struct raft *raft = &survivor->raft;

    for (int i = 0; i < 10 && !raft_ready(raft); i++) {
        step(survivor, (struct raft_event){.type = RAFT_TICK});
        if (survivor->update->write_meta) {
            step(survivor,
                 (struct raft_event){.type = RAFT_META_PERSISTED,
                                     .meta = {survivor->update->term, survivor->update->vote}});
        }
        if (raft->durable < raft_last_index(raft)) {
            step(survivor, (struct raft_event){.type = RAFT_PERSISTED,
                                               .persisted = {raft_last_index(raft), raft->term}});
        }
    }
    ck_assert(raft_ready(raft));
}

START_TEST(MC_17_the_survivor_waits_for_nobody)
{
    struct survivor survivor;

    survivor_init(&survivor);
    ck_assert_uint_eq(survivor.raft.config.id, 4);
    ck_assert_uint_eq(raft_deadline(&survivor.raft), survivor.now_ms);
    lead(&survivor);
    ck_assert_uint_eq(survivor.raft.term, 7);
    ck_assert_uint_eq(survivor.raft.commit, 3);
    ck_assert_uint_eq(survivor.raft.members.cluster, CLUSTER);
    survivor_finish(&survivor);
}
END_TEST

/* What others of before say, should they come back and should it get here, is meant for the number
 * of then. (Should they have given the number of now to somebody, the channel keeps that away.) */
START_TEST(MC_17_TV_10_the_survivor_hears_nobody_of_before)
{
    static const enum raft_message_type types[] = {RAFT_VOTE, RAFT_APPEND, RAFT_HEARTBEAT};
    struct survivor survivor;

    survivor_init(&survivor);
    lead(&survivor);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct raft_message message = {
            .type = types[i], .term = 99, .from = 2, .to = 1, .from_store = 102, .to_store = STORE};

        step(&survivor, (struct raft_event){.type = RAFT_RECEIVE, .message = &message});
        ck_assert_uint_eq(survivor.raft.term, 7);
        ck_assert_int_eq(survivor.raft.role, RAFT_LEADER);
        ck_assert(!survivor.raft.disowned && !survivor.raft.removed);
        ck_assert_uint_eq(survivor.update->message_count, 0);
    }
    survivor_finish(&survivor);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("recover");
    TCase *tcase = tcase_create("recover");

    tcase_add_test(tcase, MC_17_one_is_left_under_a_new_number);
    tcase_add_test(tcase, MC_17_who_is_no_member_or_needs_nobody_is_refused);
    tcase_add_test(tcase, the_cluster_is_kept_as_bytes_and_through_changes);
    tcase_add_test(tcase, MC_17_the_survivor_waits_for_nobody);
    tcase_add_test(tcase, MC_17_TV_10_the_survivor_hears_nobody_of_before);
    suite_add_tcase(suite, tcase);
    return suite;
}
