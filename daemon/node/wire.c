#include "daemon/node/wire.h"

#include <assert.h>

#include "proto/raft.pb-c.h"

/* The body that each type has. */
static Raft__Message__BodyCase body_of(uint32_t type)
{
    static const Raft__Message__BodyCase bodies[] = {
        [RAFT_PREVOTE] = RAFT__MESSAGE__BODY_VOTE,
        [RAFT_PREVOTE_ANSWER] = RAFT__MESSAGE__BODY_VOTE_ANSWER,
        [RAFT_VOTE] = RAFT__MESSAGE__BODY_VOTE,
        [RAFT_VOTE_ANSWER] = RAFT__MESSAGE__BODY_VOTE_ANSWER,
        [RAFT_APPEND] = RAFT__MESSAGE__BODY_APPEND,
        [RAFT_APPEND_ANSWER] = RAFT__MESSAGE__BODY_APPEND_ANSWER,
        [RAFT_HEARTBEAT] = RAFT__MESSAGE__BODY_HEARTBEAT,
        [RAFT_HEARTBEAT_ANSWER] = RAFT__MESSAGE__BODY_HEARTBEAT_ANSWER,
        [RAFT_SNAPSHOT] = RAFT__MESSAGE__BODY_SNAPSHOT,
        [RAFT_TIMEOUT_NOW] = RAFT__MESSAGE__BODY_TIMEOUT_NOW,
    };

    if (type >= sizeof(bodies) / sizeof(bodies[0])) {
        return RAFT__MESSAGE__BODY__NOT_SET;
    }
    return bodies[type];
}

/* protobuf-c's `data` isn't const, though packing only reads it. */
static ProtobufCBinaryData bytes_of(struct raft_blob *blob)
{
    ProtobufCBinaryData data = {0};

    if (blob != NULL) {
        data.len = blob->length;
        data.data = blob->bytes;
    }
    return data;
}

/* ---- encoding ------------------------------------------------------------------ */

static void pack(struct buf *out, const Raft__Message *packed)
{
    uint8_t *bytes = buf_extend(out, raft__message__get_packed_size(packed));

    if (bytes != NULL) {
        raft__message__pack(packed, bytes);
    }
}

static Raft__Message head_of(const struct raft_message *message)
{
    Raft__Message packed = RAFT__MESSAGE__INIT;

    packed.type = message->type;
    packed.term = message->term;
    packed.from = message->from;
    packed.to = message->to;
    packed.from_store = message->from_store;
    packed.to_store = message->to_store;
    packed.body_case = body_of(message->type);
    return packed;
}

static void pack_append(struct buf *out, const struct raft_message *message)
{
    Raft__Message packed = head_of(message);
    Raft__Append append = RAFT__APPEND__INIT;
    Raft__Entry entries[LIMIT_APPEND_ENTRIES];
    Raft__Entry *pointers[LIMIT_APPEND_ENTRIES];

    assert(message->append.count <= LIMIT_APPEND_ENTRIES);
    append.previous_index = message->append.previous_index;
    append.previous_term = message->append.previous_term;
    append.commit = message->append.commit;
    append.n_entries = message->append.count;
    append.entries = pointers;
    for (uint32_t i = 0; i < message->append.count; i++) {
        const struct raft_entry *entry = &message->append.entries[i];

        raft__entry__init(&entries[i]);
        entries[i].term = entry->term;
        entries[i].kind = entry->kind;
        entries[i].data = bytes_of(entry->blob);
        pointers[i] = &entries[i];
    }
    packed.append = &append;
    pack(out, &packed);
}

static void pack_snapshot(struct buf *out, const struct raft_message *message)
{
    Raft__Message packed = head_of(message);
    Raft__Snapshot snapshot = RAFT__SNAPSHOT__INIT;
    struct buf members;

    buf_init(&members, MEMBERS_BYTES_MAX);
    members_encode(&message->snapshot->members, &members);
    snapshot.index = message->snapshot->index;
    snapshot.term = message->snapshot->term;
    snapshot.data = bytes_of(message->snapshot->blob);
    snapshot.members = (ProtobufCBinaryData){.data = members.data, .len = members.length};
    packed.snapshot = &snapshot;
    if (buf_ok(&members)) {
        pack(out, &packed);
    }
    buf_finish(&members);
}

void wire_encode(struct buf *out, const struct raft_message *message)
{
    Raft__Message packed = head_of(message);
    Raft__Vote vote = RAFT__VOTE__INIT;
    Raft__VoteAnswer vote_answer = RAFT__VOTE_ANSWER__INIT;
    Raft__AppendAnswer append_answer = RAFT__APPEND_ANSWER__INIT;
    Raft__Heartbeat heartbeat = RAFT__HEARTBEAT__INIT;
    Raft__HeartbeatAnswer heartbeat_answer = RAFT__HEARTBEAT_ANSWER__INIT;

    switch (packed.body_case) {
    case RAFT__MESSAGE__BODY_VOTE:
        vote.last_index = message->vote.last_index;
        vote.last_term = message->vote.last_term;
        vote.by_transfer = message->vote.by_transfer;
        packed.vote = &vote;
        break;
    case RAFT__MESSAGE__BODY_VOTE_ANSWER:
        vote_answer.granted = message->vote_answer.granted;
        vote_answer.removed = message->vote_answer.removed;
        packed.vote_answer = &vote_answer;
        break;
    case RAFT__MESSAGE__BODY_APPEND:
        pack_append(out, message);
        return;
    case RAFT__MESSAGE__BODY_APPEND_ANSWER:
        append_answer.accepted = message->append_answer.accepted;
        append_answer.index = message->append_answer.index;
        append_answer.hint_index = message->append_answer.hint_index;
        append_answer.hint_term = message->append_answer.hint_term;
        packed.append_answer = &append_answer;
        break;
    case RAFT__MESSAGE__BODY_HEARTBEAT:
        heartbeat.round = message->heartbeat.round;
        heartbeat.match = message->heartbeat.match;
        heartbeat.commit = message->heartbeat.commit;
        heartbeat.leader_commit = message->heartbeat.leader_commit;
        packed.heartbeat = &heartbeat;
        break;
    case RAFT__MESSAGE__BODY_HEARTBEAT_ANSWER:
        heartbeat_answer.round = message->heartbeat_answer.round;
        heartbeat_answer.lost = message->heartbeat_answer.lost;
        packed.heartbeat_answer = &heartbeat_answer;
        break;
    case RAFT__MESSAGE__BODY_SNAPSHOT:
        pack_snapshot(out, message);
        return;
    case RAFT__MESSAGE__BODY_TIMEOUT_NOW:
        packed.timeout_now = true;
        break;
    default:
        assert(!"a message without a body");
    }
    pack(out, &packed);
}

/* ---- decoding ------------------------------------------------------------------- */

static int unpack_append(struct wire_message *wire, const Raft__Append *append)
{
    struct raft_message *message = &wire->message;

    if (append->n_entries > LIMIT_APPEND_ENTRIES ||
        append->previous_index > UINT64_MAX - LIMIT_APPEND_ENTRIES) {
        return ERR_PROTOCOL;
    }
    message->append.previous_index = append->previous_index;
    message->append.previous_term = append->previous_term;
    message->append.commit = append->commit;
    message->append.entries = wire->entries;
    message->append.count = 0;
    for (size_t i = 0; i < append->n_entries; i++) {
        const Raft__Entry *packed = append->entries[i];
        struct raft_entry *entry = &wire->entries[i];

        if (packed->data.len > LIMIT_COMMAND_BYTES || packed->kind > RAFT_CONFIG) {
            return ERR_PROTOCOL;
        }
        *entry = (struct raft_entry){.index = append->previous_index + 1 + i,
                                     .term = packed->term,
                                     .kind = (enum raft_entry_kind)packed->kind};
        message->append.count++;
        if (packed->data.len > 0) {
            entry->blob = raft_blob_new(packed->data.data, packed->data.len);
            if (entry->blob == NULL) {
                return ERR_NOMEM;
            }
        }
    }
    return 0;
}

static int unpack_snapshot(struct wire_message *wire, const Raft__Snapshot *packed)
{
    struct raft_snapshot *snapshot = &wire->snapshot;

    *snapshot = (struct raft_snapshot){.index = packed->index, .term = packed->term};
    wire->message.snapshot = snapshot;
    if (packed->data.len > LIMIT_SNAPSHOT_BYTES ||
        members_decode(&snapshot->members, packed->members.data, packed->members.len, NULL) != 0) {
        return ERR_PROTOCOL;
    }
    snapshot->blob = raft_blob_new(packed->data.data, packed->data.len);
    return snapshot->blob != NULL ? 0 : ERR_NOMEM;
}

static int unpack_body(struct wire_message *wire, const Raft__Message *packed)
{
    struct raft_message *message = &wire->message;

    switch (packed->body_case) {
    case RAFT__MESSAGE__BODY_VOTE:
        message->vote.last_index = packed->vote->last_index;
        message->vote.last_term = packed->vote->last_term;
        message->vote.by_transfer = packed->vote->by_transfer;
        return 0;
    case RAFT__MESSAGE__BODY_VOTE_ANSWER:
        message->vote_answer.granted = packed->vote_answer->granted;
        message->vote_answer.removed = packed->vote_answer->removed;
        return 0;
    case RAFT__MESSAGE__BODY_APPEND:
        return unpack_append(wire, packed->append);
    case RAFT__MESSAGE__BODY_APPEND_ANSWER:
        message->append_answer.accepted = packed->append_answer->accepted;
        message->append_answer.index = packed->append_answer->index;
        message->append_answer.hint_index = packed->append_answer->hint_index;
        message->append_answer.hint_term = packed->append_answer->hint_term;
        return 0;
    case RAFT__MESSAGE__BODY_HEARTBEAT:
        message->heartbeat.round = packed->heartbeat->round;
        message->heartbeat.match = packed->heartbeat->match;
        message->heartbeat.commit = packed->heartbeat->commit;
        message->heartbeat.leader_commit = packed->heartbeat->leader_commit;
        return 0;
    case RAFT__MESSAGE__BODY_HEARTBEAT_ANSWER:
        message->heartbeat_answer.round = packed->heartbeat_answer->round;
        message->heartbeat_answer.lost = packed->heartbeat_answer->lost;
        return 0;
    case RAFT__MESSAGE__BODY_SNAPSHOT:
        return unpack_snapshot(wire, packed->snapshot);
    case RAFT__MESSAGE__BODY_TIMEOUT_NOW:
        return 0;
    default:
        return ERR_PROTOCOL;
    }
}

int wire_decode(struct wire_message *wire, const uint8_t *bytes, size_t length)
{
    Raft__Message *packed = raft__message__unpack(NULL, length, bytes);
    int rv = ERR_PROTOCOL;

    if (packed == NULL) {
        return ERR_PROTOCOL;
    }
    wire->message = (struct raft_message){.type = (enum raft_message_type)packed->type,
                                          .from = packed->from,
                                          .to = packed->to,
                                          .from_store = packed->from_store,
                                          .to_store = packed->to_store,
                                          .term = packed->term};
    if (packed->body_case != RAFT__MESSAGE__BODY__NOT_SET &&
        packed->body_case == body_of(packed->type)) {
        rv = unpack_body(wire, packed);
        if (rv != 0) {
            wire_release(wire);
        }
    }
    raft__message__free_unpacked(packed, NULL);
    return rv;
}

void wire_release(struct wire_message *wire)
{
    if (wire->message.type == RAFT_APPEND) {
        for (uint32_t i = 0; i < wire->message.append.count; i++) {
            raft_blob_release(wire->entries[i].blob);
        }
        wire->message.append.count = 0;
    } else if (wire->message.type == RAFT_SNAPSHOT && wire->message.snapshot != NULL) {
        raft_blob_release(wire->snapshot.blob);
        wire->snapshot.blob = NULL;
    }
}
