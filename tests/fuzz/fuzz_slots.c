/* A file of two slots. */
#include "consensus/wal.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(const uint8_t *bytes, size_t length)
{
    uint8_t record[LIMIT_SMALL_BYTES];
    uint64_t sequence;
    size_t record_length;
    int rv = wal_slots_decode(bytes, length, &sequence, record, &record_length, NULL);

    fuzz_check(rv == 0 || rv == ERR_NOTFOUND || rv == ERR_CORRUPT);
    fuzz_check(rv != 0 || (sequence > 0 && record_length <= LIMIT_SMALL_BYTES));
}
