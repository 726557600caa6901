#include "base/reader.h"

#include <string.h>

#include "base/buf.h"

void reader_init(struct reader *reader, const uint8_t *bytes, size_t length)
{
    *reader = (struct reader){.bytes = bytes, .left = length};
}

const uint8_t *reader_view(struct reader *reader, size_t length)
{
    const uint8_t *view = reader->bytes;

    if (reader->failed || reader->left < length) {
        reader->failed = true;
        return NULL;
    }
    reader->bytes += length;
    reader->left -= length;
    return view;
}

void reader_take(struct reader *reader, void *out, size_t length)
{
    const uint8_t *view = reader_view(reader, length);

    if (view == NULL) {
        memset(out, 0, length);
    } else {
        memcpy(out, view, length);
    }
}

uint8_t reader_u8(struct reader *reader)
{
    uint8_t byte;

    reader_take(reader, &byte, sizeof(byte));
    return byte;
}

uint32_t reader_u32(struct reader *reader)
{
    uint8_t bytes[4];

    reader_take(reader, bytes, sizeof(bytes));
    return bytes_u32(bytes);
}

uint64_t reader_u64(struct reader *reader)
{
    uint8_t bytes[8];

    reader_take(reader, bytes, sizeof(bytes));
    return bytes_u64(bytes);
}

void reader_text(struct reader *reader, char *text, size_t size)
{
    uint8_t length = reader_u8(reader);
    const uint8_t *view = reader_view(reader, length);

    text[0] = '\0';
    if (view == NULL || length >= size || memchr(view, '\0', length) != NULL) {
        reader->failed = true;
        return;
    }
    memcpy(text, view, length);
    text[length] = '\0';
}
