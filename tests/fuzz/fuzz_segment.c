/* A log segment: any bytes are read to the end, to an error, or to nothing; entries come one after
 * the other, inside of the bytes. */
#include "consensus/wal.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(const uint8_t *bytes, size_t length)
{
    struct wal_reader reader;
    struct wal_record record;
    uint64_t index;
    int rv = wal_reader_init(&reader, bytes, length, NULL);

    if (rv != 0) {
        fuzz_check(rv == ERR_NOTFOUND || rv == ERR_CORRUPT || rv == ERR_REFUSED);
        return;
    }
    index = reader.first_index;
    while ((rv = wal_read(&reader, &record, NULL)) == 1) {
        fuzz_check(record.index == index++);
        fuzz_check(record.length <= LIMIT_COMMAND_BYTES && record.kind <= RAFT_CONFIG);
        fuzz_check(record.bytes >= bytes && record.bytes + record.length <= bytes + length);
    }
    fuzz_check(rv == 0 || rv == ERR_CORRUPT);
}
