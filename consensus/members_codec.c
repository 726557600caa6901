/* The list as bytes:
 *
 *     format(4) count(4) id_last(4), and for each member
 *     id(4) kind(1) store(8) length(1) name length(1) address key(32) */
#include <assert.h>
#include <string.h>

#include "consensus/members.h"

enum { MEMBERS_FORMAT = 1 };

static void put_text(struct buf *out, const char *text)
{
    uint8_t length = (uint8_t)strlen(text);

    buf_append(out, &length, 1);
    buf_append(out, text, length);
}

void members_encode(const struct members *members, struct buf *out)
{
    assert(members->count <= LIMIT_AGENTS);
    buf_append_u32(out, MEMBERS_FORMAT);
    buf_append_u32(out, members->count);
    buf_append_u32(out, members->id_last);
    for (uint32_t i = 0; i < members->count; i++) {
        const struct member *member = &members->list[i];
        uint8_t kind = (uint8_t)member->kind;

        buf_append_u32(out, member->id);
        buf_append(out, &kind, 1);
        buf_append_u64(out, member->store);
        put_text(out, member->name);
        put_text(out, member->address);
        buf_append(out, member->key, sizeof(member->key));
    }
}

/* What is left to read; after the first thing that isn't there, all reads give zeros. */
struct reader {
    const uint8_t *bytes;
    size_t left;
    bool failed;
};

static void take(struct reader *reader, void *out, size_t length)
{
    if (reader->failed || reader->left < length) {
        reader->failed = true;
        memset(out, 0, length);
        return;
    }
    memcpy(out, reader->bytes, length);
    reader->bytes += length;
    reader->left -= length;
}

static uint32_t take_u32(struct reader *reader)
{
    uint8_t bytes[4];

    take(reader, bytes, sizeof(bytes));
    return bytes_u32(bytes);
}

static void take_text(struct reader *reader, char *text, size_t size)
{
    uint8_t length;

    take(reader, &length, 1);
    if (length >= size) {
        reader->failed = true;
        return;
    }
    take(reader, text, length);
    text[length] = '\0';
    reader->failed = reader->failed || strlen(text) != length;
}

static void take_member(struct reader *reader, struct member *member)
{
    uint8_t kind;
    uint8_t store[8];

    *member = (struct member){.id = take_u32(reader)};
    take(reader, &kind, 1);
    member->kind = (enum member_kind)kind;
    take(reader, store, sizeof(store));
    member->store = bytes_u64(store);
    take_text(reader, member->name, sizeof(member->name));
    take_text(reader, member->address, sizeof(member->address));
    take(reader, member->key, sizeof(member->key));
}

int members_decode(struct members *members, const uint8_t *bytes, size_t length, struct err *err)
{
    struct reader reader = {.bytes = bytes, .left = length};
    uint32_t format = take_u32(&reader);
    uint32_t count = take_u32(&reader);
    uint32_t id_last = take_u32(&reader);

    members_init(members);
    if (reader.failed || format != MEMBERS_FORMAT || count > LIMIT_AGENTS) {
        return err_set(err, ERR_CORRUPT, "a list of members of format %u, with %u members", format,
                       count);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct member member;

        take_member(&reader, &member);
        if (reader.failed || member.id > id_last || members_add(members, &member, err) != 0) {
            members_init(members);
            return err_set(err, ERR_CORRUPT, "member %u of a list of %u makes no sense", i + 1,
                           count);
        }
    }
    members->id_last = id_last;
    return reader.left == 0 ? 0 : err_set(err, ERR_CORRUPT, "bytes behind a list of members");
}
