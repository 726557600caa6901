/* A stream of frames, in pieces: the first byte says how long a piece is at most. */
#include "proto/frame.h"
#include "tests/fuzz/fuzz.h"

static void take_all(struct frame_reader *reader, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        size_t before = length;
        size_t content_length;

        switch (frame_reader_take(reader, &bytes, &length)) {
        case FRAME_PART:
            fuzz_check(length == 0);
            return;
        case FRAME_WHOLE:
            frame_reader_content(reader, &content_length);
            fuzz_check(content_length <= reader->length_max);
            frame_reader_reset(reader);
            break;
        case FRAME_TOO_LONG:
            frame_reader_reset(reader);
            break;
        }
        fuzz_check(length < before);
    }
}

void fuzz_one(const uint8_t *bytes, size_t length)
{
    struct frame_reader *reader = calloc(1, sizeof(*reader));
    struct frame_header header;
    size_t piece = length > 0 ? (size_t)bytes[0] + 1 : 1;

    reader->length_max = 1024;
    frame_reader_reset(reader);
    if (length > 0 && frame_header_decode(bytes[0], &header)) {
        fuzz_check(frame_header_encode(&header) == bytes[0]);
        fuzz_check(peer_kind_name(header.kind) != NULL);
    }
    for (size_t at = 1; at < length; at += piece) {
        take_all(reader, bytes + at, length - at < piece ? length - at : piece);
    }
    free(reader);
}
