/* buf: a byte buffer that grows up to a maximum that it is told at birth.
 *
 * Life cycle: buf_init() ... buf_finish(). A write that would pass the maximum,
 * or finds no memory, leaves the contents as they are and sets `failed`, so that
 * a chain of writes needs one check at its end (buf_ok()).
 *
 * The bytes are always followed by a NUL that `length` does not count: a buffer
 * of text may be read as a C string.
 *
 * text_* write into fixed arrays and never overrun; the cores, which may not
 * use stdio, do all their text through this unit. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *data;
    size_t length;
    size_t capacity;
    size_t length_max;
    bool failed;
};

/* No allocation happens before the first write. */
void buf_init(struct buf *buf, size_t length_max);
void buf_finish(struct buf *buf);

/* Forgets the contents, keeps the memory, clears `failed`. */
void buf_reset(struct buf *buf);

bool buf_ok(const struct buf *buf);

/* "" when nothing was written. Valid until the next write. */
const char *buf_text(const struct buf *buf);

void buf_append(struct buf *buf, const void *data, size_t length);
void buf_append_text(struct buf *buf, const char *text);

/* A byte with its length, then the text, of 255 bytes at most (reader_text()). */
void buf_append_counted(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for `length` bytes at the end and counts them; NULL if it can't.
 * The caller fills them. */
uint8_t *buf_extend(struct buf *buf, size_t length);

/* Drops the first `length` bytes. */
void buf_consume(struct buf *buf, size_t length);

/* Little-endian numbers, for formats on disk and wire. */
void buf_append_u32(struct buf *buf, uint32_t value);
void buf_append_u64(struct buf *buf, uint64_t value);
uint32_t bytes_u32(const uint8_t *data);
uint64_t bytes_u64(const uint8_t *data);
void bytes_put_u32(uint8_t *data, uint32_t value);
void bytes_put_u64(uint8_t *data, uint64_t value);

/* Copies `source` into the array; false (and a cut copy) if it didn't fit. */
bool text_copy(char *target, size_t size, const char *source);

/* snprintf for everyone; false if the text was cut. */
bool text_format(char *target, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A whole decimal number of at most `max`; false for anything else ("", signs,
 * blanks, overflow). */
bool text_u64(const char *text, size_t length, uint64_t max, uint64_t *value);

#endif
