"""The mutants: one rule of the consensus core, the log or the leases broken on purpose, each.

An edit is (file, text, replacement); the text must stand in the file exactly once, so that a mutant can't rot unseen. Where
an assertion of ours guards the same rule, it is taken out too: what is tested is whether the tests notice the harm.
"""

from typing import NamedTuple


class Mutant(NamedTuple):
    name: str
    rule: str  # that is broken
    edits: tuple


MUTANTS = [
    # ---- votes and terms ---------------------------------------------------------------------------------------------
    Mutant(
        "vote-not-synced",
        "a vote is on disk before it is given",
        (("daemon/io/disk_slots.c", "rv = disk_file_sync(", "rv = 0 && disk_file_sync("),),
    ),
    Mutant(
        "votes-twice",
        "one vote a term",
        (
            (
                "consensus/election.c",
                "(raft->vote == 0 || raft->vote == message->from) &&",
                "(raft->role != RAFT_LEADER && raft->role != RAFT_CANDIDATE) &&",
            ),
            ("consensus/election.c", "if (grants && raft->vote == 0) {", "if (grants && raft->vote != message->from) {"),
        ),
    ),
    Mutant(
        "votes-for-shorter-logs",
        "a vote goes to a log that is up to date only",
        (
            (
                "consensus/election.c",
                "return message->vote.last_index >= raft->trail.last_index;",
                "return true;",
            ),
            ("consensus/election.c", "return message->vote.last_term > last_term;", "return true;"),
        ),
    ),
    Mutant(
        "minority-elects",
        "a majority elects",
        (("consensus/election.c", "return count >= members_majority(&raft->members);", "return count >= members_majority(&raft->members) - (members_voters(&raft->members) > 2);"),),
    ),
    Mutant(
        "transfer-overrides-votes",
        "a transfer gets no second vote of a term",
        (
            (
                "consensus/election.c",
                "(raft->vote == 0 || raft->vote == message->from) &&",
                "(raft->vote == 0 || raft->vote == message->from || message->vote.by_transfer) && raft->role != RAFT_LEADER && raft->role != RAFT_CANDIDATE &&",
            ),
            ("consensus/election.c", "if (grants && raft->vote == 0) {", "if (grants && raft->vote != message->from) {"),
        ),
    ),
    Mutant(
        "no-prevote",
        "who was cut off asks before it raises the term",
        (("consensus/election.c", "if (has_majority(raft, raft->votes_for)) {\n        campaign(raft, update, false);\n    } else {\n        ask_voters(raft, update, RAFT_PREVOTE);", "if (raft->votes_for != 0) {\n        campaign(raft, update, false);\n    } else {\n        ask_voters(raft, update, RAFT_PREVOTE);"),),
    ),
    Mutant(
        "no-stickiness",
        "a voter that hears its leader ignores candidates",
        (
            (
                "consensus/election.c",
                "raft->now_ms - raft->leader_heard_ms < raft->config.election_min_ms;",
                "raft->now_ms - raft->leader_heard_ms < 1;",
            ),
        ),
    ),
    Mutant(
        "never-steps-down",
        "a leader without its majority steps down",
        (
            (
                "consensus/replicate.c",
                "if (is_cut_off(raft) || is_stalled(raft)) {",
                "if (is_stalled(raft) && !is_cut_off(raft)) {",
            ),
        ),
    ),
    Mutant(
        "leads-with-a-hung-disk",
        "a leader whose disk doesn't keep up steps down",
        (
            (
                "consensus/replicate.c",
                "if (is_cut_off(raft) || is_stalled(raft)) {",
                "if (is_cut_off(raft) || (is_stalled(raft) && raft->term == 0)) {",
            ),
        ),
    ),
    Mutant(
        "uptodate-durable-only",
        "a candidate is judged by all that was accepted, durable or not",
        (("consensus/election.c", "    return message->vote.last_index >= raft->trail.last_index;", "    return message->vote.last_index >= raft->durable;"),),
    ),
    Mutant(
        "campaigns-with-full-log",
        "nobody campaigns without room for its own entry",
        (("consensus/election.c", "           trail_room(&raft->trail) > 0;", "           trail_room(&raft->trail) >= 0;"),),
    ),
    Mutant(
        "prevote-to-removed",
        "who was removed isn't encouraged to campaign",
        (("consensus/election.c", "                   !is_content(raft, message->from) && may_vote(raft) &&\n                   !was_removed(raft, message->from);", "                   !is_content(raft, message->from) && may_vote(raft);"),),
    ),
    Mutant(
        "stale-prevote-grant-counts",
        "a pre-vote counts for the term that it was asked for",
        (("consensus/election.c", "        (message->vote_answer.granted && message->term != raft->term + 1)) {", "        false) {"),),
    ),
    # ---- the log -----------------------------------------------------------------------------------------------------
    Mutant(
        "entries-not-synced",
        "an entry is on disk before it is acknowledged",
        (
            (
                "daemon/io/disk_log.c",
                "    if (rv == 0) {\n        rv = disk_file_sync(log->fd, name, err);\n    }\n    if (rv == 0) {\n        log->next_index = last + 1;",
                "    if (rv == 0) {\n        log->next_index = last + 1;",
            ),
        ),
    ),
    Mutant(
        "acknowledges-what-is-not-durable",
        "an acknowledgement says what is durable",
        (
            ("consensus/recv.c", ".index = smaller(raft->durable, raft->verified)}", ".index = raft->verified}"),
            (
                "consensus/recv.c",
                "    if (raft->durable >= matched) {\n",
                "    if (raft->durable >= matched || matched > 0) {\n",
            ),
            (
                "consensus/raft.c",
                "           message->append_answer.index <= raft->durable);",
                "           message->append_answer.index <= raft->trail.last_index);",
            ),
        ),
    ),
    Mutant(
        "acknowledges-what-is-not-verified",
        "an acknowledgement says what this leader verified",
        (("consensus/recv.c", ".index = smaller(raft->durable, raft->verified)}", ".index = raft->durable}"),),
    ),
    Mutant(
        "commit-not-capped",
        "a follower commits no more than the message verified",
        (
            (
                "consensus/recv.c",
                "core_commit(raft, smaller(message->append.commit, matched));",
                "core_commit(raft, smaller(message->append.commit, raft->trail.last_index));",
            ),
        ),
    ),
    Mutant(
        "heartbeat-commit-not-capped",
        "a heartbeat commits no more than the peer is known to match",
        (
            (
                "consensus/replicate.c",
                ".commit = raft->commit < match ? raft->commit : match,",
                ".commit = raft->commit,",
            ),
            (
                "consensus/recv.c",
                "if (message->heartbeat.commit > message->heartbeat.match) {",
                "if (message->heartbeat.commit > message->heartbeat.leader_commit) {",
            ),
            (
                "consensus/recv.c",
                "core_commit(raft, message->heartbeat.commit);",
                "core_commit(raft, smaller(message->heartbeat.commit, raft->trail.last_index));",
            ),
        ),
    ),
    Mutant(
        "counts-a-prior-terms-entry",
        "only entries of the own term are committed by counting",
        (
            (
                "consensus/replicate.c",
                "if (reached > raft->commit && trail_matches(&raft->trail, reached, raft->term)) {",
                "if (reached > raft->commit && reached <= raft->trail.last_index) {",
            ),
        ),
    ),
    Mutant(
        "cut-stays-durable",
        "what replaces a cut entry isn't durable yet",
        (("consensus/raft.c", "        raft->durable = first - 1;\n", "        raft->durable = first;\n"),),
    ),
    Mutant(
        "conflict-not-seen",
        "an entry of another term is replaced",
        (
            (
                "consensus/recv.c",
                "            !trail_matches(trail, entry->index, entry->term)) {",
                "            !trail_matches(trail, entry->index, entry->term) && entry->index % 2 == 0) {",
            ),
        ),
    ),
    Mutant(
        "leader-commit-kept-over-leaders",
        "caught up is who has what its present leader told",
        (("consensus/election.c", "    if (raft->leader != leader) {\n        raft->leader_commit = 0;\n    }", ""),),
    ),
    Mutant(
        "caught-up-follower-always",
        "a follower is caught up once it has what its leader told",
        (("consensus/raft.c", "    return raft->leader != 0 && raft->leader_commit != 0 && raft->applied >= raft->leader_commit;", "    return raft->leader != 0;"),),
    ),
    Mutant(
        "no-uncommitted-bytes-limit",
        "what isn't committed has a limit",
        (("consensus/replicate.c", "    if (weight > LIMIT_UNCOMMITTED_BYTES || !has_room(raft, count) ||", "    if (!has_room(raft, count) ||"),),
    ),
    Mutant(
        "entries-not-well-formed",
        "an append whose terms run back is dropped",
        (("consensus/recv.c", "    if (!is_well_formed(message)) {\n        raft->dropped++;\n        return;\n    }", "    (void)is_well_formed;"),),
    ),
    Mutant(
        "stale-reject-in-pipeline",
        "old news doesn't end a pipeline",
        (("consensus/progress.c", "        if (rejected <= progress->match) {\n            return false;\n        }", ""),),
    ),
    Mutant(
        "stalled-patience-restarts",
        "proposals that go on don't hide a disk that hangs",
        (("consensus/raft.c", "    if (raft->durable == raft->trail.last_index) {\n        raft->written_ms = raft->now_ms;\n    }", "    raft->written_ms = raft->now_ms;"),),
    ),
    Mutant(
        "snapshot-term-unchecked",
        "a store that contradicts itself isn't opened",
        (("consensus/raft.c", "    if (stored->snapshot.term > stored->term) {", "    if (false) {"),),
    ),
    # ---- reads, leases, orders -----------------------------------------------------------------------------------------
    Mutant(
        "confirmed-by-an-earlier-round",
        "an answer to an earlier round confirms nothing",
        (
            (
                "consensus/round.c",
                "    if (number > round->answered[position]) {\n        round->answered[position] = number;",
                "    if (round->sent > round->answered[position]) {\n        round->answered[position] = round->sent;",
            ),
        ),
    ),
    Mutant(
        "confirmed-by-an-earlier-term",
        "an answer of an earlier term confirms nothing",
        (
            ("consensus/round.c", "    round->floor = round->sent;\n    memset", "    round->floor = 0;\n    if (round->sent == 0) memset"),
            ("consensus/round.c", "    assert(confirmed == 0 || confirmed > round->floor);\n", ""),
        ),
    ),
    Mutant(
        "acts-before-an-entry-of-its-term",
        "a leader answers nothing before an entry of its own term is applied",
        (
            (
                "consensus/raft.c",
                "return raft->role == RAFT_LEADER && raft->applied >= raft->term_start;",
                "return raft->role == RAFT_LEADER;",
            ),
        ),
    ),
    Mutant(
        "lease-from-its-answer",
        "a lease counts from the request that was answered",
        (("topology/lease.c", "        lease->sent_ms = request->sent_ms;\n", "        lease->sent_ms = lease->asked_ms;\n"),),
    ),
    Mutant(
        "successor-does-not-wait",
        "a new leader waits until its predecessors' leases are over",
        (("topology/grant.c", "    return from_ms + lease_ms + lease_ms * MARGIN_PERCENT / 100 + MARGIN_MS;", "    return (from_ms == grants->elected_ms ? 0 : from_ms) + lease_ms + lease_ms * MARGIN_PERCENT / 100 + MARGIN_MS;"),),
    ),
    Mutant(
        "no-margin-between-clocks",
        "a lease is over a margin later than its length",
        (("topology/grant.c", "    return from_ms + lease_ms + lease_ms * MARGIN_PERCENT / 100 + MARGIN_MS;", "    return from_ms + lease_ms - lease_ms * MARGIN_PERCENT / 50;"),),
    ),
    Mutant(
        "applies-what-is-not-durable",
        "nothing is applied that a crash could take back",
        (
            (
                "consensus/raft.c",
                "uint64_t last = raft->commit < raft->durable ? raft->commit : raft->durable;",
                "uint64_t last = raft->commit;",
            ),
            ("consensus/raft.c", "raft->applied <= raft->durable && ", ""),
        ),
    ),
    Mutant(
        "rounds-dont-move-with-members",
        "an answer stays with who gave it when the list changes",
        (("consensus/membership.c", "            answered[i] = raft->round.answered[old];", "            answered[i] = raft->round.answered[i];"),),
    ),
    # ---- members -------------------------------------------------------------------------------------------------------
    Mutant(
        "forgets-the-previous-list",
        "a cut list gives way to the one before",
        (
            (
                "consensus/membership.c",
                "        uint64_t index = list_at(raft, raft->trail.last_index, &members);\n\n        adopt(raft, &members, index);",
                "        members = raft->members;\n        adopt(raft, &members, raft->trail.last_index);",
            ),
        ),
    ),
    Mutant(
        "two-changes-at-once",
        "one change at a time",
        (("consensus/membership.c", "    if (!raft_knows_members(raft)) {\n        return err_set", "    if (raft->members_index > raft->trail.last_index) {\n        return err_set"),),
    ),
    Mutant(
        "change-before-an-entry-of-the-own-term",
        "no change before an entry of the own term is committed",
        (
            ("consensus/membership.c", "    if (raft->commit < raft->term_start) {\n", "    if (raft->commit == UINT64_MAX) {\n"),
            ("consensus/membership.c", "raft_knows_members(raft) && raft->commit >= raft->term_start;", "raft->members_index <= raft->commit;"),
        ),
    ),
    Mutant(
        "learners-count",
        "learners are never counted",
        (
            (
                "consensus/members.c",
                "            reached += members->list[j].kind == MEMBER_VOTER && values[j] >= values[i];",
                "            reached += values[j] >= values[i];",
            ),
        ),
    ),
    Mutant(
        "compaction-forgets-the-list",
        "compaction keeps the list that was in force",
        (("consensus/membership.c", "    list_at(raft, last, &members);\n    raft->base_members = members;", "    (void)members;\n    (void)last;\n    (void)raft;"),),
    ),
    Mutant(
        "snapshot-without-its-list",
        "an installed snapshot brings its list",
        (("consensus/recv.c", "    membership_restored(raft, &raft->installing);\n", ""),),
    ),
    Mutant(
        "any-store-speaks",
        "a number belongs to one store",
        (
            (
                "consensus/recv.c",
                "                               sender->store == message->from_store);",
                "                               sender->store + 1 != 0);",
            ),
            ("consensus/recv.c", "    raft->disowned = raft->disowned || is_told_otherwise(raft, message);\n", "    (void)is_told_otherwise;\n"),
        ),
    ),
    Mutant(
        "uncommitted-list-judges",
        "a list that isn't committed silences no leader",
        (
            (
                "consensus/recv.c",
                "    bool judged = raft_message_sort(message->type) == RAFT_ANSWERS || raft_knows_members(raft);",
                "    bool judged = message->type != 0;",
            ),
            (
                "daemon/node/speakers.c",
                "    bool judged = raft_message_sort(message->type) == RAFT_ANSWERS || raft_knows_members(raft);",
                "    bool judged = message->type != 0;",
            ),
        ),
    ),
    Mutant(
        "asks-again-at-each-answer",
        "who takes nothing is asked again a round later",
        (
            (
                "consensus/progress.c",
                "    if (!moved && progress->mode == PROGRESS_PROBE && progress->probe_last > index) {",
                "    if (!moved && progress->mode == PROGRESS_PROBE && progress->probe_last > index && index == 0) {",
            ),
        ),
    ),
    Mutant(
        "a-list-waits-like-any-entry",
        "a change of the members is told at once",
        (
            (
                "consensus/replicate.c",
                "    if (raft->members_index > raft->commit && raft->members_index <= index) {",
                "    if (raft->members_index > raft->commit && raft->members_index <= index && index == 0) {",
            ),
        ),
    ),
    Mutant(
        "no-time-for-a-notice",
        "who hears of no further entries hears of the commit soon",
        (
            (
                "consensus/replicate.c",
                "    return raft->notice_due_ms < raft->heartbeat_due_ms && owes_notice(raft)",
                "    return raft->notice_due_ms < raft->heartbeat_due_ms && owes_notice(raft) && raft->term == 0",
            ),
        ),
    ),
    Mutant(
        "change-while-log-full",
        "a full log takes no list",
        (("consensus/membership.c", "    if (raft->transfer_to != 0 || trail_room(&raft->trail) == 0) {", "    if (raft->transfer_to != 0) {"),),
    ),
    Mutant(
        "number-keeps-candidate",
        "who gets another number is no candidate any more",
        (("consensus/recv.c", "    if (raft->role != RAFT_FOLLOWER || raft->leader == message->to) {", "    if (raft->leader == message->to) {"),),
    ),
    Mutant(
        "demotes-last-voter",
        "the last voter stays one",
        (("consensus/members.c", "{\n    int rv = refuse_last_voter(members, member, err);", "{\n    int rv = 0;"),),
    ),
    Mutant(
        "farthest-deaf-too",
        "nobody hands over to who isn't heard",
        (("consensus/transfer.c", "        if ((int)i != raft->self && raft->members.list[i].kind == MEMBER_VOTER && heard &&", "        if ((int)i != raft->self && raft->members.list[i].kind == MEMBER_VOTER && (heard || 1) &&"),),
    ),
    # ---- the disk --------------------------------------------------------------------------------------------------------
    Mutant(
        "silent-cut",
        "damage before a synced record is no torn end",
        (
            (
                "consensus/wal.c",
                "        if (bytes_u32(reader->bytes + offset + RECORD_BATCH) > reader->offset) {",
                "        if (bytes_u32(reader->bytes + offset + RECORD_BATCH) == UINT32_MAX) {",
            ),
        ),
    ),
    Mutant(
        "marks-a-failed-write",
        "a mark stands behind what was synced",
        (("daemon/io/disk_log.c", "        log->owes_mark = false; /* even", "        /* even"),),
    ),
    Mutant(
        "segment-without-a-name",
        "a segment's name is on disk before what is in it counts",
        (("daemon/io/disk_log.c", "    return rv == 0 ? disk_file_sync_directory(log->directory, err) : rv;\n}\n\nstatic int start_segment", "    return rv;\n}\n\nstatic int start_segment"),),
    ),
    Mutant(
        "replaced-segments-go-in-any-order",
        "what was cut off goes from its end",
        (("daemon/io/disk_log.c", "        if (removed++ > 0) { /*", "        if (removed++ > DISK_LOG_SEGMENTS) { /*"),),
    ),
    Mutant(
        "compacted-segments-go-in-any-order",
        "what a snapshot replaces goes from its beginning",
        (("daemon/io/disk_log.c", "        if (rv == 0) { /* one by one", "        if (rv == 0 && keep == 0) { /* one by one"),),
    ),
    Mutant(
        "reset-segments-go-in-any-order",
        "what contradicts a snapshot goes from its end",
        (
            (
                "daemon/io/disk_log.c",
                "        rv = disk_log_remove(log, log->segment_count - 1, err);\n        if (rv == 0) {",
                "        rv = disk_log_remove(log, log->segment_count - 1, err);\n        if (rv == 0 && log->segment_count == 0) {",
            ),
        ),
    ),
    Mutant(
        "trusts-the-cache",
        "after a failed sync, what is read comes from the disk",
        (("tests/sim/sim_file_floor.c", "        inode_drop_cache(inode);", "        (void)inode;"),),
    ),
    Mutant(
        "older-vote-wins",
        "the newer of two slots is in force",
        (
            ("consensus/wal.c", "    *length = bytes_u32(slots[newer] + SLOT_LENGTH);", "    newer = sequences[!newer] != 0 ? !newer : newer;\n    *length = bytes_u32(slots[newer] + SLOT_LENGTH);"),
        ),
    ),
    Mutant(
        "cuts-under-a-write",
        "nothing is cut while a write is under way",
        (
            ("consensus/recv.c", "    if (conflict != 0 && raft->durable < raft->trail.last_index) {", "    if (conflict != 0 && raft->durable > raft->trail.last_index) {"),
            (
                "consensus/raft.c",
                "    assert(trail_matches(&raft->trail, event->persisted.index, event->persisted.term));\n",
                "    if (!trail_matches(&raft->trail, event->persisted.index, event->persisted.term)) {\n        return;\n    }\n",
            ),
        ),
    ),
    Mutant(
        "counts-who-never-answered",
        "a change needs a majority that has answered this leader",
        (("consensus/membership.c", "    return has_answered(raft, position) &&", "    return (has_answered(raft, position) || raft->term > 0) &&"),),
    ),
    Mutant(
        "an-earlier-term-gives-no-number",
        "a number is taken from whoever gives it, and answered under",
        (("consensus/recv.c", "    bool is_higher = message->to > raft->config.id;", "    bool is_higher = message->to > raft->config.id && message->term >= raft->term;"),),
    ),
    Mutant(
        "who-joins-never-campaigns",
        "a joining one with the newest log is needed",
        (("consensus/election.c", "    if (core_is(raft, MEMBER_JOINING)) {\n        return true;\n    }\n", ""),),
    ),
    # ---- going on alone -------------------------------------------------------------------------------------------------
    Mutant(
        "goes-on-under-its-old-number",
        "who goes on alone is nobody whom the lost ones knew",
        (("consensus/members.c", "    left.id = ++members->id_last;", "    left.id = id;"),),
    ),
    Mutant(
        "goes-on-armed",
        "no lease of the lost agents is counted on",
        (("topology/ledger_operation.c", "    cluster->armed = false;", "    ;"),),
    ),
    Mutant(
        "goes-on-automatically",
        "nothing happens by itself after that",
        (("topology/ledger_operation.c", "    cluster->settings.automation = LEDGER_AUTOMATION_OBSERVE;", "    ;"),),
    ),
    Mutant(
        "two-clusters-speak",
        "agents of two clusters don't speak",
        (("proto/channel.c", "           channel->remote_cluster == channel->self->cluster;", "           channel->remote_cluster == channel->self->cluster || true;"),),
    ),
]
