/* A list of members that decodes is one that encodes to the same bytes. */
#include <string.h>

#include "consensus/members.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(const uint8_t *bytes, size_t length)
{
    struct members members;
    struct buf again;

    if (members_decode(&members, bytes, length, NULL) != 0) {
        return;
    }
    fuzz_check(members.count <= LIMIT_AGENTS && members_voters(&members) <= LIMIT_VOTERS);
    buf_init(&again, MEMBERS_BYTES_MAX);
    members_encode(&members, &again);
    fuzz_check(buf_ok(&again) && again.length == length);
    fuzz_check(memcmp(again.data, bytes, length) == 0);
    buf_finish(&again);
}
