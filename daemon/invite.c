#include "daemon/invite.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include <sodium.h>

#include "base/crc32c.h"
#include "base/reader.h"
#include "daemon/io/address.h"
#include "daemon/io/conf_key.h"

static const char prefix[] = "oi1.";

enum { NAME_BYTES = 8, CHECK_BYTES = 4, VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

void invite_name(char name[LIMIT_NAME_SIZE], const uint8_t key[KEYS_BYTES])
{
    name[0] = '+';
    sodium_bin2hex(name + 1, LIMIT_NAME_SIZE - 1, key, NAME_BYTES);
}

void invite_wipe(struct invite *invite)
{
    sodium_memzero(invite, sizeof *invite);
}

/* ---- writing --------------------------------------------------------------------------- */

bool invite_write(const struct invite *invite, char *line, size_t size)
{
    uint8_t count = (uint8_t)invite->agent_count;
    size_t used = sizeof prefix - 1;
    struct buf bytes;
    bool fits;

    assert(invite->agent_count <= LIMIT_AGENTS);
    buf_init(&bytes, INVITE_BYTES_MAX);
    buf_append(&bytes, invite->keys.secret, KEYS_BYTES);
    buf_append(&bytes, &count, 1);
    for (uint32_t i = 0; i < invite->agent_count; i++) {
        buf_append_counted(&bytes, invite->agents[i].name);
        buf_append_counted(&bytes, invite->agents[i].address);
        buf_append(&bytes, invite->agents[i].key, KEYS_BYTES);
    }
    if (buf_ok(&bytes)) {
        buf_append_u32(&bytes, crc32c(0, bytes.data, bytes.length));
    }
    fits = buf_ok(&bytes) && used + sodium_base64_encoded_len(bytes.length, VARIANT) <= size;
    if (fits) {
        memcpy(line, prefix, used);
        sodium_bin2base64(line + used, size - used, bytes.data, bytes.length, VARIANT);
    }
    if (bytes.data != NULL) {
        sodium_memzero(bytes.data, bytes.length);
    }
    buf_finish(&bytes);
    return fits;
}

/* ---- reading ----------------------------------------------------------------------------- */

static void take_agent(struct reader *reader, struct conf_peer *agent)
{
    struct sockaddr_storage address;
    char name[LIMIT_NAME_SIZE];

    reader_text(reader, agent->name, sizeof agent->name);
    reader_text(reader, agent->address, sizeof agent->address);
    reader_take(reader, agent->key, KEYS_BYTES);
    if (!reader->failed) {
        reader->failed = !conf_type_parse(CONF_NAME, agent->name, name, sizeof name) ||
                         !address_parse(agent->address, &address);
    }
}

static bool read_bytes(struct invite *invite, const uint8_t *bytes, size_t length)
{
    struct reader reader;
    uint8_t secret[KEYS_BYTES];
    uint8_t count;

    if (length < CHECK_BYTES ||
        crc32c(0, bytes, length - CHECK_BYTES) != bytes_u32(bytes + length - CHECK_BYTES)) {
        return false;
    }
    reader_init(&reader, bytes, length - CHECK_BYTES);
    reader_take(&reader, secret, sizeof secret);
    count = reader_u8(&reader);
    reader.failed = reader.failed || count == 0 || count > LIMIT_AGENTS;
    if (!reader.failed) {
        invite->agent_count = count;
        keys_derive(&invite->keys, secret);
    }
    for (uint32_t i = 0; i < invite->agent_count; i++) {
        take_agent(&reader, &invite->agents[i]);
    }
    sodium_memzero(secret, sizeof secret);
    return !reader.failed && reader.left == 0;
}

int invite_read(struct invite *invite, const char *line, struct err *err)
{
    uint8_t bytes[INVITE_BYTES_MAX];
    const char *end;
    size_t length = 0;
    bool ok;

    memset(invite, 0, sizeof *invite);
    line += strspn(line, " \t\r\n");
    ok = strncmp(line, prefix, sizeof prefix - 1) == 0 &&
         sodium_base642bin(bytes, sizeof bytes, line + sizeof prefix - 1,
                           strlen(line) - (sizeof prefix - 1), NULL, &length, &end, VARIANT) == 0 &&
         end[strspn(end, " \t\r\n")] == '\0' && read_bytes(invite, bytes, length);
    sodium_memzero(bytes, sizeof bytes);
    if (!ok) {
        invite_wipe(invite);
        return err_set(err, ERR_INVALID,
                       "this is no invitation, or not a whole one; accepted is the line that "
                       "orchestratorctl agent invite printed");
    }
    return 0;
}
