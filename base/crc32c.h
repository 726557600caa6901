/* crc32c: the checksum of everything on disk: CRC-32C (Castagnoli; RFC 3720, appendix B.4).
 *
 * With the processor's instruction where it has one (SSE 4.2), else by table; both give the same.
 * A checksum goes on where another one ended: crc32c(crc32c(0, "ab", 2), "c", 1) is that of "abc".
 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(uint32_t start, const void *bytes, size_t length);

/* By table, whatever the processor has; for tests. */
uint32_t crc32c_by_table(uint32_t start, const void *bytes, size_t length);

#endif
