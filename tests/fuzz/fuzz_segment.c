/* A log segment: any bytes are read to the end, to an error, or to nothing; entries come one after
 * the other, inside of the bytes.
 *
 * The same bytes are also taken as orders to write a segment and to damage it in two places: what
 * is then read is what was written, from the beginning on, or an error. */
#include <string.h>

#include "consensus/wal.h"
#include "tests/fuzz/fuzz.h"

enum { FIRST_INDEX = 5, ENTRIES_MAX = 64, SEGMENT_MAX = 64 * 1024, DAMAGE_BYTES = 6 };

/* Calls nothing but the reader; `wanted` (may be NULL) holds the bytes of each entry's length. */
static int read_all(const uint8_t *bytes, size_t length, const uint8_t *wanted)
{
    struct wal_reader reader;
    struct wal_record record;
    uint64_t index;
    int rv = wal_reader_init(&reader, bytes, length, NULL);
    int count = 0;

    if (rv != 0) {
        fuzz_check(rv == ERR_NOTFOUND || rv == ERR_CORRUPT || rv == ERR_REFUSED);
        return rv;
    }
    index = reader.first_index;
    while ((rv = wal_read(&reader, &record, NULL)) == 1) {
        fuzz_check(record.index == index++);
        fuzz_check(record.length <= LIMIT_COMMAND_BYTES && record.kind <= RAFT_CONFIG);
        fuzz_check(record.bytes >= bytes && record.bytes + record.length <= bytes + length);
        fuzz_check(wanted == NULL || record.length == wanted[count]);
        for (uint32_t i = 0; wanted != NULL && i < record.length; i++) {
            fuzz_check(record.bytes[i] == (uint8_t)(record.index + i));
        }
        count++;
    }
    fuzz_check(rv == 0 || rv == ERR_CORRUPT);
    return rv == 0 ? count : rv;
}

static void put_entry(struct buf *out, uint64_t index, uint8_t length)
{
    struct raft_entry entry = {.index = index, .term = 3, .kind = RAFT_COMMAND};

    entry.blob = raft_blob_new(NULL, length);
    for (uint8_t i = 0; i < length; i++) {
        entry.blob->bytes[i] = (uint8_t)(index + i);
    }
    wal_put(out, &entry);
    raft_blob_release(entry.blob);
}

/* Each order is one entry of that many bytes; an even one ends a synced write. */
static int write_all(struct buf *out, const uint8_t *orders, size_t length)
{
    struct wal_writer writer;
    uint8_t header[WAL_HEADER_BYTES];
    uint8_t mark[WAL_RECORD_BYTES];
    size_t start;
    int count = 0;

    wal_writer_init(&writer, header, 3, FIRST_INDEX, 99);
    buf_append(out, header, sizeof(header));
    start = out->length;
    for (size_t i = 0; i < length && count < ENTRIES_MAX; i++) {
        put_entry(out, FIRST_INDEX + (uint64_t)count, orders[i]);
        count++;
        if (orders[i] % 2 == 0) {
            wal_seal(&writer, out->data + start, out->length - start);
            wal_mark(&writer, FIRST_INDEX + (uint64_t)count - 1, mark);
            buf_append(out, mark, sizeof(mark));
            start = out->length;
        }
    }
    if (out->length > start) {
        wal_seal(&writer, out->data + start, out->length - start);
    }
    memset(buf_extend(out, 256), 0, 256);
    return count;
}

static void write_and_damage(const uint8_t *bytes, size_t length)
{
    struct buf segment;
    int count;
    int found;

    if (length < DAMAGE_BYTES) {
        return;
    }
    buf_init(&segment, SEGMENT_MAX);
    count = write_all(&segment, bytes + DAMAGE_BYTES, length - DAMAGE_BYTES);
    fuzz_check(buf_ok(&segment));
    fuzz_check(read_all(segment.data, segment.length, bytes + DAMAGE_BYTES) == count);
    for (int i = 0; i < DAMAGE_BYTES; i += 3) {
        segment.data[(bytes[i] | (size_t)bytes[i + 1] << 8) % segment.length] ^= bytes[i + 2];
    }
    found = read_all(segment.data, segment.length, bytes + DAMAGE_BYTES);
    fuzz_check(found <= count);
    buf_finish(&segment);
}

void fuzz_one(const uint8_t *bytes, size_t length)
{
    read_all(bytes, length, NULL);
    write_and_damage(bytes, length);
}
