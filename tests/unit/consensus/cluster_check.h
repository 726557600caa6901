/* cluster_check: the invariants, INV-1 to INV-15 of raft-scenarios.md.
 *
 * Part of cluster.h. They compare cores and disks with all that ever happened,
 * so that a lie is seen by the step that tells it. */
#ifndef TESTS_UNIT_CONSENSUS_CLUSTER_CHECK_H
#define TESTS_UNIT_CONSENSUS_CLUSTER_CHECK_H

static inline uint32_t check_id(const struct cluster *cluster, const struct server *server)
{
    return (uint32_t)(server - cluster->servers) + 1;
}

/* Is (index, term) on this disk, in its log or under its snapshot? */
static inline bool check_on_disk(const struct disk_model *disk, uint64_t index, uint64_t term)
{
    if (index <= disk->snapshot.index) {
        return true;
    }
    return index <= disk->last && disk->log[index].term == term;
}

/* INV-7: a persisted vote never changes within its term. */
static inline void check_vote(struct cluster *cluster, const struct server *server)
{
    const struct disk_model *disk = &server->disk;
    uint32_t *vote;

    assert(disk->term < CLUSTER_TERMS);
    vote = &cluster->vote_of[server - cluster->servers][disk->term];
    assert(*vote == 0 || *vote == disk->vote);
    *vote = disk->vote;
}

/* INV-8: what a message claims is on the disk. */
static inline void check_message(const struct cluster *cluster, const struct server *server,
                                 const struct raft_message *message)
{
    const struct disk_model *disk = &server->disk;

    (void)cluster;
    assert(disk->term == server->raft.term);
    if (message->type == RAFT_VOTE_ANSWER && message->vote_answer.granted) {
        assert(disk->vote == message->to && disk->term == message->term);
    }
    if (message->type == RAFT_VOTE) {
        assert(disk->vote == message->from && disk->term == message->term);
    }
    if (message->type == RAFT_APPEND_ANSWER && message->append_answer.accepted) {
        uint64_t index = message->append_answer.index;
        uint64_t term;
        bool known = trail_term(&server->raft.trail, index, &term);

        assert(!known || check_on_disk(disk, index, term));
        assert(known || index <= disk->snapshot.index);
    }
}

/* INV-5: after index, every state machine there ever was is in the same state. */
static inline void check_applied(struct cluster *cluster, const struct server *server,
                                 uint64_t index, uint64_t term)
{
    assert(index < CLUSTER_LOG);
    if (cluster->state_at[index] == 0) {
        cluster->state_at[index] = server->hash;
    }
    assert(cluster->state_at[index] == server->hash);
    assert(cluster->term_at[index] == term);
}

/* INV-11: a committed entry is on a majority's disks. */
static inline void check_committed(struct cluster *cluster, const struct raft *raft)
{
    for (uint64_t index = cluster->committed + 1; index <= raft->commit; index++) {
        uint32_t copies = 0;
        uint64_t term = raft_entry(raft, index)->term;

        for (uint32_t i = 0; i < cluster->count; i++) {
            copies += check_on_disk(&cluster->servers[i].disk, index, term);
        }
        assert(copies > cluster->count / 2);
        cluster->term_at[index] = term;
        cluster->committed = index;
    }
}

/* INV-1, INV-4: one leader a term, and it holds all that was ever committed. */
static inline void check_leader(struct cluster *cluster, const struct server *server)
{
    const struct raft *raft = &server->raft;
    uint32_t id = check_id(cluster, server);

    assert(raft->term < CLUSTER_TERMS);
    assert(cluster->leader_of[raft->term] == 0 || cluster->leader_of[raft->term] == id);
    if (cluster->leader_of[raft->term] == id) {
        return;
    }
    cluster->leader_of[raft->term] = id;
    cluster->elected_at[raft->term] = cluster->sequence;
    if (raft->term > cluster->term_highest) {
        cluster->term_highest = raft->term;
        for (uint64_t i = raft->trail.base_index + 1; i <= cluster->committed; i++) {
            assert(trail_matches(&raft->trail, i, cluster->term_at[i]));
        }
    }
}

/* INV-15: a confirmed round was sent before any later leader was elected. */
static inline void check_round(struct cluster *cluster, struct server *server)
{
    const struct raft_update *update = &cluster->update;
    uint64_t term = server->raft.term;

    if (update->round_sent != 0) {
        assert(update->round_sent < CLUSTER_ROUNDS);
        server->round_at[update->round_sent] = cluster->sequence;
    }
    if (update->round_confirmed == 0) {
        return;
    }
    assert(server->raft.role == RAFT_LEADER);
    assert(server->round_at[update->round_confirmed] >= cluster->elected_at[term]);
    cluster->confirmed_rounds++;
    for (uint64_t later = term + 1; later <= cluster->term_highest; later++) {
        assert(cluster->leader_of[later] == 0 ||
               cluster->elected_at[later] > server->round_at[update->round_confirmed]);
    }
}

/* INV-10: nobody is believed to have what isn't on its disk. */
static inline void check_matches(const struct cluster *cluster, const struct raft *raft)
{
    for (uint32_t i = 0; i < cluster->count; i++) {
        const struct disk_model *disk = &cluster->servers[i].disk;

        if ((int)i != raft->self && cluster->servers[i].disk.term == raft->term) {
            assert(raft->peers[i].match <= disk->last);
        }
    }
}

static inline void check_step(struct cluster *cluster, struct server *server)
{
    const struct raft *raft = &server->raft;

    assert(raft->term >= server->term_max && raft->term >= server->disk.term);
    assert(raft->commit >= server->commit_max);
    server->term_max = raft->term;
    server->commit_max = raft->commit;
    if (raft->role == RAFT_LEADER) {
        check_leader(cluster, server);
        check_committed(cluster, raft);
        check_matches(cluster, raft);
    }
    check_round(cluster, server);
    assert(raft->commit <= cluster->committed);
}

/* INV-2: if two logs agree in one entry, they agree in all before it. */
static inline void check_logs(const struct cluster *cluster)
{
    for (uint32_t a = 0; a < cluster->count; a++) {
        for (uint32_t b = a + 1; b < cluster->count; b++) {
            const struct disk_model *x = &cluster->servers[a].disk;
            const struct disk_model *y = &cluster->servers[b].disk;
            uint64_t first =
                x->snapshot.index > y->snapshot.index ? x->snapshot.index : y->snapshot.index;
            bool agree = false;

            for (uint64_t i = x->last < y->last ? x->last : y->last; i > first; i--) {
                bool same = x->log[i].term == y->log[i].term;

                assert(!agree || same);
                agree = agree || same;
                assert(!same || raft_entry_length(&x->log[i]) == raft_entry_length(&y->log[i]));
                assert(!same || raft_entry_length(&x->log[i]) == 0 ||
                       memcmp(raft_entry_bytes(&x->log[i]), raft_entry_bytes(&y->log[i]),
                              raft_entry_length(&x->log[i])) == 0);
            }
        }
    }
}

#endif
