/* Commands and snapshots of the ledger. The first byte says which: a snapshot, or up to eight
 * commands (each with its length in two bytes). Two ledgers that apply the same are the same
 * (CL-08). */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "topology/ledger.h"

static void encode_both(const struct ledger *one, const struct ledger *other)
{
    struct buf first;
    struct buf second;

    buf_init(&first, LIMIT_SNAPSHOT_BYTES);
    buf_init(&second, LIMIT_SNAPSHOT_BYTES);
    ledger_encode(one, &first);
    ledger_encode(other, &second);
    fuzz_check(buf_ok(&first) && first.length == second.length);
    fuzz_check(first.length == 0 || memcmp(first.data, second.data, first.length) == 0);
    buf_finish(&first);
    buf_finish(&second);
}

static void apply_all(struct ledger *one, struct ledger *other, const uint8_t *bytes, size_t length)
{
    for (uint64_t index = 1; index <= 8 && length >= 2; index++) {
        size_t size = (size_t)bytes[0] | (size_t)bytes[1] << 8;
        struct err err;
        int rv;

        bytes += 2;
        length -= 2;
        size = size < length ? size : length;
        rv = ledger_apply(one, index, 1, bytes, size, &err);
        fuzz_check(ledger_apply(other, index, 1, bytes, size, NULL) == rv);
        bytes += size;
        length -= size;
    }
    encode_both(one, other);
}

void fuzz_one(const uint8_t *bytes, size_t length)
{
    struct ledger *one = malloc(sizeof(*one));
    struct ledger *other = malloc(sizeof(*other));
    struct buf again;

    ledger_init(one);
    ledger_init(other);
    if (length > 0 && bytes[0] % 2 == 0) {
        apply_all(one, other, bytes + 1, length - 1);
    } else if (length > 0 && ledger_decode(one, bytes + 1, length - 1, NULL) == 0) {
        buf_init(&again, LIMIT_SNAPSHOT_BYTES);
        ledger_encode(one, &again);
        fuzz_check(ledger_decode(other, again.data, again.length, NULL) == 0);
        encode_both(one, other);
        buf_finish(&again);
    }
    free(one);
    free(other);
}
