#include "proto/frame.h"

#include <assert.h>
#include <string.h>

enum { FLAG_MORE = 0x40, FLAG_URGENT = 0x80, KIND_MASK = 0x3f };

static const struct {
    const char *name;
    long urgent_max;
} KINDS[] = {
#define X(name, value, urgent) [value] = {#name, (urgent)},
    PEER_KIND_MAP(X)
#undef X
};

enum { KINDS_COUNT = sizeof KINDS / sizeof KINDS[0] };

static_assert((unsigned)KINDS_COUNT <= KIND_MASK + 1, "a kind shares its byte with the flags");
static_assert(LIMIT_FRAME_BYTES <= UINT16_MAX, "the length has 16 bits");
static_assert(FRAME_BYTES_MAX - FRAME_LENGTH_BYTES <= LIMIT_FRAME_BYTES,
              "what we send is accepted");

const char *peer_kind_name(unsigned kind)
{
    return kind < KINDS_COUNT ? KINDS[kind].name : NULL;
}

bool peer_kind_is_urgent(enum peer_kind kind, size_t length)
{
    assert((unsigned)kind < KINDS_COUNT && length <= LIMIT_MESSAGE_BYTES);
    return (long)length <= KINDS[kind].urgent_max;
}

uint8_t frame_header_encode(const struct frame_header *header)
{
    assert((unsigned)header->kind < KINDS_COUNT);
    return (uint8_t)((unsigned)header->kind | (header->urgent ? FLAG_URGENT : 0) |
                     (header->more ? FLAG_MORE : 0));
}

bool frame_header_decode(uint8_t byte, struct frame_header *header)
{
    unsigned kind = byte & KIND_MASK;

    *header = (struct frame_header){.kind = (enum peer_kind)kind,
                                    .urgent = (byte & FLAG_URGENT) != 0,
                                    .more = (byte & FLAG_MORE) != 0};
    return kind < KINDS_COUNT;
}

void frame_put_length(uint8_t bytes[FRAME_LENGTH_BYTES], size_t length)
{
    assert(length <= LIMIT_FRAME_BYTES);
    bytes[0] = (uint8_t)length;
    bytes[1] = (uint8_t)(length >> 8);
}

static size_t length_of(const struct frame_reader *reader)
{
    assert(reader->filled >= FRAME_LENGTH_BYTES);
    return (size_t)reader->bytes[0] | (size_t)reader->bytes[1] << 8;
}

void frame_reader_reset(struct frame_reader *reader)
{
    reader->filled = 0;
}

/* Takes bytes until `target` are there; false if the input ended before. */
static bool fill(struct frame_reader *reader, size_t target, const uint8_t **bytes, size_t *length)
{
    size_t n = reader->filled < target ? target - reader->filled : 0;

    assert(target <= sizeof reader->bytes);
    if (n > *length) {
        n = *length;
    }
    if (n > 0) {
        memcpy(reader->bytes + reader->filled, *bytes, n);
    }
    reader->filled += n;
    *bytes += n;
    *length -= n;
    return reader->filled >= target;
}

enum frame_result frame_reader_take(struct frame_reader *reader, const uint8_t **bytes,
                                    size_t *length)
{
    if (!fill(reader, FRAME_LENGTH_BYTES, bytes, length)) {
        return FRAME_PART;
    }
    if (length_of(reader) > reader->length_max) {
        return FRAME_TOO_LONG;
    }
    if (!fill(reader, FRAME_LENGTH_BYTES + length_of(reader), bytes, length)) {
        return FRAME_PART;
    }
    return FRAME_WHOLE;
}

uint8_t *frame_reader_content(struct frame_reader *reader, size_t *length)
{
    *length = length_of(reader);
    assert(reader->filled == FRAME_LENGTH_BYTES + *length);
    return reader->bytes + FRAME_LENGTH_BYTES;
}
