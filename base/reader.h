/* reader: takes a record of bytes apart, from front to back, whoever wrote it.
 *
 *     struct reader reader;
 *
 *     reader_init(&reader, bytes, length);
 *     format = reader_u32(&reader);
 *     reader_text(&reader, name, sizeof(name));
 *     if (reader.failed || reader.left != 0) ... it isn't what it should be
 *
 * After the first thing that isn't there whole, `failed` is set and all reads give zeros, so that a
 * chain of reads needs one check at its end; what a length or a count decides is looked at before.
 * The counterpart of the buf_append_*() calls: little-endian numbers, a length byte before a text.
 * Plain values; `bytes` must live as long as the reader. */
#ifndef BASE_READER_H
#define BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
    const uint8_t *bytes; /* the next one */
    size_t left;
    bool failed;
};

void reader_init(struct reader *reader, const uint8_t *bytes, size_t length);

uint8_t reader_u8(struct reader *reader);
uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader);

/* Copies `length` bytes, or as many zeros. */
void reader_take(struct reader *reader, void *out, size_t length);

/* The bytes where they lie; NULL if so many aren't there. */
const uint8_t *reader_view(struct reader *reader, size_t length);

/* What buf_append_counted() wrote; "", and failed, if it has no room in `size` with its NUL, or has
 * a NUL inside. */
void reader_text(struct reader *reader, char *text, size_t size);

#endif
