/* The list as bytes:
 *
 *     format(4) count(4) id_last(4), and for each member
 *     id(4) kind(1) store(8) length(1) name length(1) address key(32)
 *
 * and behind them, if it isn't 0, cluster(8). */
#include <assert.h>
#include <string.h>

#include "base/reader.h"
#include "consensus/members.h"

enum { MEMBERS_FORMAT = 1 };

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
        buf_append_counted(out, member->name);
        buf_append_counted(out, member->address);
        buf_append(out, member->key, sizeof(member->key));
    }
    if (members->cluster != 0) {
        buf_append_u64(out, members->cluster);
    }
}

static void take_member(struct reader *reader, struct member *member)
{
    *member = (struct member){.id = reader_u32(reader)};
    member->kind = (enum member_kind)reader_u8(reader);
    member->store = reader_u64(reader);
    reader_text(reader, member->name, sizeof(member->name));
    reader_text(reader, member->address, sizeof(member->address));
    reader_take(reader, member->key, sizeof(member->key));
}

int members_decode(struct members *members, const uint8_t *bytes, size_t length, struct err *err)
{
    struct reader reader;
    uint32_t format;
    uint32_t count;
    uint32_t id_last;

    reader_init(&reader, bytes, length);
    format = reader_u32(&reader);
    count = reader_u32(&reader);
    id_last = reader_u32(&reader);
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
    if (reader.left > 0) {
        members->cluster = reader_u64(&reader);
        if (reader.failed || reader.left > 0 || members->cluster == 0) {
            members_init(members);
            return err_set(err, ERR_CORRUPT, "bytes behind a list of members");
        }
    }
    return 0;
}
