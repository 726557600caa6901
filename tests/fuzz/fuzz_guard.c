/* What leader and guards say: a message that decodes is encoded and decoded again. */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "topology/message.h"

void fuzz_one(const uint8_t *bytes, size_t length)
{
    struct order_message *message = calloc(1, sizeof(*message));
    struct order_message *again = calloc(1, sizeof(*again));
    struct buf out;
    struct buf twice;

    buf_init(&out, LIMIT_MESSAGE_BYTES);
    buf_init(&twice, LIMIT_MESSAGE_BYTES);
    if (message_decode(message, bytes, length, NULL) == 0) {
        message_encode(message, &out);
        fuzz_check(buf_ok(&out));
        fuzz_check(message_decode(again, out.data, out.length, NULL) == 0);
        message_encode(again, &twice);
        fuzz_check(twice.length == out.length);
        fuzz_check(memcmp(twice.data, out.data, out.length) == 0);
    }
    buf_finish(&out);
    buf_finish(&twice);
    free(again);
    free(message);
}
