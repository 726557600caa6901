/* keys: the X25519 key pair that proves who an agent is, and its text form.
 *
 * As text a key is 44 characters of base64 (RFC 4648, with padding). A key file
 * is one such line, the secret key; the public key is computed from it and goes
 * into the other agents' configuration. Reading and writing files is the
 * caller's business: no input or output here.
 *
 * The program calls sodium_init() before anything of this or of proto/noise.
 *
 * Wipe what held a secret with keys_wipe() (text buffers: sodium_memzero). */
#ifndef PROTO_KEYS_H
#define PROTO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEYS_BYTES = 32, KEYS_TEXT_SIZE = 45 /* with the NUL */ };

struct key_pair {
    uint8_t secret[KEYS_BYTES];
    uint8_t public[KEYS_BYTES];
};

/* A new pair from the system's random numbers. */
void keys_generate(struct key_pair *pair);

/* The pair that belongs to `secret`. */
void keys_derive(struct key_pair *pair, const uint8_t secret[KEYS_BYTES]);

void keys_wipe(struct key_pair *pair);

void keys_encode(char text[KEYS_TEXT_SIZE], const uint8_t key[KEYS_BYTES]);

/* False unless `text` is exactly one key in its only spelling; `key` is then
 * untouched. */
bool keys_decode(const char *text, size_t length, uint8_t key[KEYS_BYTES]);

#endif
