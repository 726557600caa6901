#include "base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 256 };

void buf_init(struct buf *buf, size_t length_max)
{
    assert(length_max > 0);
    *buf = (struct buf){.length_max = length_max};
}

void buf_finish(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){.length_max = buf->length_max};
}

void buf_reset(struct buf *buf)
{
    buf->length = 0;
    buf->failed = false;
    if (buf->data != NULL) {
        buf->data[0] = '\0';
    }
}

bool buf_ok(const struct buf *buf)
{
    return !buf->failed;
}

const char *buf_text(const struct buf *buf)
{
    return buf->data == NULL ? "" : (const char *)buf->data;
}

static bool buf_reserve(struct buf *buf, size_t more)
{
    size_t need = buf->length + more + 1;
    size_t capacity = buf->capacity == 0 ? CAPACITY_FIRST : buf->capacity;
    uint8_t *data;

    assert(buf->length_max > 0);
    if (more > buf->length_max - buf->length) {
        buf->failed = true;
        return false;
    }
    if (need <= buf->capacity) {
        return true;
    }
    while (capacity < need) {
        capacity *= 2;
    }
    data = realloc(buf->data, capacity);
    if (data == NULL) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

uint8_t *buf_extend(struct buf *buf, size_t length)
{
    uint8_t *start;

    if (!buf_reserve(buf, length)) {
        return NULL;
    }
    start = buf->data + buf->length;
    buf->length += length;
    buf->data[buf->length] = '\0';
    return start;
}

void buf_append(struct buf *buf, const void *data, size_t length)
{
    uint8_t *start = buf_extend(buf, length);

    if (start != NULL && length > 0) {
        memcpy(start, data, length);
    }
}

void buf_append_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_append_counted(struct buf *buf, const char *text)
{
    size_t length = strlen(text);
    uint8_t count = (uint8_t)length;

    assert(length <= UINT8_MAX);
    buf_append(buf, &count, 1);
    buf_append(buf, text, length);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_list again;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(n >= 0);
    if (buf_reserve(buf, (size_t)n)) {
        vsnprintf((char *)buf->data + buf->length, (size_t)n + 1, format, again);
        buf->length += (size_t)n;
    }
    va_end(again);
}

void buf_consume(struct buf *buf, size_t length)
{
    assert(length <= buf->length);
    if (length == 0) {
        return;
    }
    memmove(buf->data, buf->data + length, buf->length - length);
    buf->length -= length;
    buf->data[buf->length] = '\0';
}

void buf_append_u32(struct buf *buf, uint32_t value)
{
    uint8_t bytes[4];

    bytes_put_u32(bytes, value);
    buf_append(buf, bytes, sizeof bytes);
}

void buf_append_u64(struct buf *buf, uint64_t value)
{
    uint8_t bytes[8];

    bytes_put_u64(bytes, value);
    buf_append(buf, bytes, sizeof bytes);
}

uint32_t bytes_u32(const uint8_t *data)
{
    return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
           (uint32_t)data[3] << 24;
}

uint64_t bytes_u64(const uint8_t *data)
{
    return (uint64_t)bytes_u32(data) | (uint64_t)bytes_u32(data + 4) << 32;
}

void bytes_put_u32(uint8_t *data, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        data[i] = (uint8_t)(value >> (8 * i));
    }
}

void bytes_put_u64(uint8_t *data, uint64_t value)
{
    bytes_put_u32(data, (uint32_t)value);
    bytes_put_u32(data + 4, (uint32_t)(value >> 32));
}

bool text_copy(char *target, size_t size, const char *source)
{
    size_t length = strlen(source);
    bool fits = length < size;

    assert(size > 0);
    if (!fits) {
        length = size - 1;
    }
    memmove(target, source, length);
    target[length] = '\0';
    return fits;
}

bool text_format(char *target, size_t size, const char *format, ...)
{
    va_list args;
    int n;

    assert(size > 0);
    va_start(args, format);
    n = vsnprintf(target, size, format, args);
    va_end(args);
    return n >= 0 && (size_t)n < size;
}

bool text_u64(const char *text, size_t length, uint64_t max, uint64_t *value)
{
    uint64_t sum = 0;

    if (length == 0 || length > 20) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');

        if (text[i] < '0' || text[i] > '9' || sum > (UINT64_MAX - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    if (sum > max) {
        return false;
    }
    *value = sum;
    return true;
}
