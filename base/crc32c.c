#include "base/crc32c.h"

#include <stdbool.h>
#include <string.h>

uint32_t crc32c_by_table(uint32_t start, const void *bytes, size_t length)
{
    /* Four bits at a time: the table fits in one cache line. */
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
                                       0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
                                       0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    const uint8_t *byte = bytes;
    uint32_t sum = ~start;

    for (size_t i = 0; i < length; i++) {
        sum ^= byte[i];
        sum = (sum >> 4) ^ table[sum & 15];
        sum = (sum >> 4) ^ table[sum & 15];
    }
    return ~sum;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t start, const void *bytes,
                                                                 size_t length)
{
    const uint8_t *byte = bytes;
    uint64_t sum = ~start;

    for (; length >= 8; length -= 8, byte += 8) {
        uint64_t word;

        memcpy(&word, byte, sizeof(word));
        sum = __builtin_ia32_crc32di(sum, word);
    }
    for (; length > 0; length--, byte++) {
        sum = __builtin_ia32_crc32qi((uint32_t)sum, *byte);
    }
    return ~(uint32_t)sum;
}

uint32_t crc32c(uint32_t start, const void *bytes, size_t length)
{
    return __builtin_cpu_supports("sse4.2") ? by_instruction(start, bytes, length)
                                            : crc32c_by_table(start, bytes, length);
}

#else

uint32_t crc32c(uint32_t start, const void *bytes, size_t length)
{
    return crc32c_by_table(start, bytes, length);
}

#endif
