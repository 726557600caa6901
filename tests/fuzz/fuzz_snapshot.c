/* A snapshot that decodes is one that encodes to the same bytes. The checksum is made right first:
 * what lies behind it must stand by itself. */
#include <string.h>

#include "base/crc32c.h"
#include "consensus/wal.h"
#include "tests/fuzz/fuzz.h"

enum { CHECKSUM_AT = 40, HEADER_BYTES = 64 };

static void decode(const uint8_t *bytes, size_t length)
{
    struct raft_snapshot snapshot;
    struct buf again;

    if (wal_snapshot_decode(bytes, length, &snapshot, NULL) != 0) {
        return;
    }
    buf_init(&again, WAL_SNAPSHOT_BYTES + LIMIT_SNAPSHOT_BYTES);
    if (snapshot.index > 0) {
        wal_snapshot_encode(&again, &snapshot);
        fuzz_check(buf_ok(&again) && again.length == length);
    }
    buf_finish(&again);
    raft_blob_release(snapshot.blob);
}

void fuzz_one(const uint8_t *bytes, size_t length)
{
    uint8_t *copy;

    decode(bytes, length);
    if (length < HEADER_BYTES) {
        return;
    }
    copy = malloc(length);
    memcpy(copy, bytes, length);
    memcpy(copy, "orchsnp", 8);
    bytes_put_u32(copy + CHECKSUM_AT, 0);
    bytes_put_u32(copy + CHECKSUM_AT, crc32c(0, copy, length));
    decode(copy, length);
    free(copy);
}
