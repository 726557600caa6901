#include "proto/keys.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(KEYS_BYTES == crypto_scalarmult_BYTES, "X25519 keys have 32 bytes");
static_assert(KEYS_TEXT_SIZE ==
                  sodium_base64_ENCODED_LEN(KEYS_BYTES, sodium_base64_VARIANT_ORIGINAL),
              "base64 of 32 bytes");

void keys_generate(struct key_pair *pair)
{
    uint8_t secret[KEYS_BYTES];

    randombytes_buf(secret, sizeof secret);
    keys_derive(pair, secret);
    sodium_memzero(secret, sizeof secret);
}

void keys_derive(struct key_pair *pair, const uint8_t secret[KEYS_BYTES])
{
    int rv = crypto_scalarmult_base(pair->public, secret);

    assert(rv == 0);
    memcpy(pair->secret, secret, KEYS_BYTES);
}

void keys_wipe(struct key_pair *pair)
{
    sodium_memzero(pair, sizeof *pair);
}

void keys_encode(char text[KEYS_TEXT_SIZE], const uint8_t key[KEYS_BYTES])
{
    sodium_bin2base64(text, KEYS_TEXT_SIZE, key, KEYS_BYTES, sodium_base64_VARIANT_ORIGINAL);
}

bool keys_decode(const char *text, size_t length, uint8_t key[KEYS_BYTES])
{
    uint8_t bytes[KEYS_BYTES];
    size_t n = 0;
    bool ok = length == KEYS_TEXT_SIZE - 1 &&
              sodium_base642bin(bytes, sizeof bytes, text, length, NULL, &n, NULL,
                                sodium_base64_VARIANT_ORIGINAL) == 0 &&
              n == KEYS_BYTES;

    if (ok) {
        memcpy(key, bytes, KEYS_BYTES);
    }
    sodium_memzero(bytes, sizeof bytes);
    return ok;
}
