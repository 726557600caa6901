/* The names h, ck, k, n of the specification are hash, chaining_key, cipher.key
 * and cipher.nonce here; MixHash, MixKey, EncryptAndHash, DecryptAndHash keep
 * theirs. Section numbers are the specification's. */
#include "proto/noise.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

static const char PROTOCOL_NAME[] = "Noise_IK_25519_ChaChaPoly_SHA256";

static_assert(sizeof PROTOCOL_NAME - 1 == NOISE_HASH_BYTES, "so that it needs no hashing (5.2)");
static_assert(NOISE_TAG_BYTES == crypto_aead_chacha20poly1305_ietf_ABYTES, "the tag");
static_assert(NOISE_HASH_BYTES == crypto_hash_sha256_BYTES, "the hash");
static_assert(KEYS_BYTES == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "the key");

/* ---- section 5.1: the cipher ---- */

static const uint64_t NONCE_RESERVED = UINT64_MAX;

/* 32 bits of zeros, then the count, little-endian (12.3). */
static void nonce_bytes(uint8_t bytes[crypto_aead_chacha20poly1305_ietf_NPUBBYTES], uint64_t nonce)
{
    static_assert(crypto_aead_chacha20poly1305_ietf_NPUBBYTES == 12, "4 zeros and 8 bytes");
    memset(bytes, 0, 4);
    bytes_put_u64(bytes + 4, nonce);
}

static int seal_with(struct noise_cipher *cipher, const uint8_t *data, size_t data_length,
                     uint8_t *bytes, size_t length)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

    if (cipher->nonce == NONCE_RESERVED) {
        return ERR_LIMIT;
    }
    nonce_bytes(nonce, cipher->nonce++);
    crypto_aead_chacha20poly1305_ietf_encrypt(bytes, NULL, bytes, length, data, data_length, NULL,
                                              nonce, cipher->key);
    return 0;
}

static int open_with(struct noise_cipher *cipher, const uint8_t *data, size_t data_length,
                     uint8_t *bytes, size_t length)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

    if (length < NOISE_TAG_BYTES || cipher->nonce == NONCE_RESERVED) {
        return ERR_PROTOCOL;
    }
    nonce_bytes(nonce, cipher->nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(bytes, NULL, NULL, bytes, length, data,
                                                  data_length, nonce, cipher->key) != 0) {
        return ERR_PROTOCOL;
    }
    cipher->nonce++;
    return 0;
}

int noise_seal(struct noise_cipher *cipher, uint8_t *bytes, size_t length)
{
    assert(length + NOISE_TAG_BYTES <= NOISE_MESSAGE_BYTES_MAX);
    return seal_with(cipher, NULL, 0, bytes, length);
}

int noise_open(struct noise_cipher *cipher, uint8_t *bytes, size_t length)
{
    assert(length <= NOISE_MESSAGE_BYTES_MAX);
    return open_with(cipher, NULL, 0, bytes, length);
}

/* ---- section 4.3: HKDF with two outputs ---- */

static void hmac(uint8_t out[NOISE_HASH_BYTES], const uint8_t key[NOISE_HASH_BYTES],
                 const uint8_t *data, size_t length)
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, key, NOISE_HASH_BYTES);
    crypto_auth_hmacsha256_update(&state, data, length);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

/* `first` may be `chaining_key`. */
static void hkdf(const uint8_t chaining_key[NOISE_HASH_BYTES], const uint8_t *material,
                 size_t length, uint8_t first[NOISE_HASH_BYTES], uint8_t second[NOISE_HASH_BYTES])
{
    uint8_t key[NOISE_HASH_BYTES];
    uint8_t chain[NOISE_HASH_BYTES + 1];

    hmac(key, chaining_key, material, length);
    hmac(chain, key, (const uint8_t[]){1}, 1);
    memcpy(first, chain, NOISE_HASH_BYTES);
    chain[NOISE_HASH_BYTES] = 2;
    hmac(second, key, chain, sizeof chain);
    sodium_memzero(key, sizeof key);
    sodium_memzero(chain, sizeof chain);
}

/* ---- section 5.2: the symmetric state ---- */

static void mix_hash(struct noise_handshake *handshake, const uint8_t *data, size_t length)
{
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, handshake->hash, NOISE_HASH_BYTES);
    crypto_hash_sha256_update(&state, data, length);
    crypto_hash_sha256_final(&state, handshake->hash);
}

static void mix_key(struct noise_handshake *handshake, const uint8_t shared[KEYS_BYTES])
{
    hkdf(handshake->chaining_key, shared, KEYS_BYTES, handshake->chaining_key,
         handshake->cipher.key);
    handshake->cipher.nonce = 0;
    handshake->keyed = true;
}

static void encrypt_and_hash(struct noise_handshake *handshake, uint8_t *bytes, size_t length)
{
    int rv;

    assert(handshake->keyed);
    rv = seal_with(&handshake->cipher, handshake->hash, NOISE_HASH_BYTES, bytes, length);
    assert(rv == 0);
    mix_hash(handshake, bytes, length + NOISE_TAG_BYTES);
}

static int decrypt_and_hash(struct noise_handshake *handshake, const uint8_t *sealed, size_t length,
                            uint8_t *out)
{
    uint8_t hash[NOISE_HASH_BYTES];

    assert(handshake->keyed);
    memcpy(hash, handshake->hash, sizeof hash);
    mix_hash(handshake, sealed, length);
    memmove(out, sealed, length);
    return open_with(&handshake->cipher, hash, sizeof hash, out, length);
}

/* ---- section 5.3 and 7.5: the handshake ---- */

/* DH, then MixKey. crypto_scalarmult() refuses a shared secret of zeros; so do
 * we, should it ever stop. */
static int mix_dh(struct noise_handshake *handshake, const uint8_t secret[KEYS_BYTES],
                  const uint8_t public[KEYS_BYTES])
{
    uint8_t shared[KEYS_BYTES];
    int rv = 0;

    if (crypto_scalarmult(shared, secret, public) != 0 || sodium_is_zero(shared, sizeof shared)) {
        rv = ERR_PROTOCOL;
    } else {
        mix_key(handshake, shared);
    }
    sodium_memzero(shared, sizeof shared);
    return rv;
}

void noise_init(struct noise_handshake *handshake, const struct noise_options *options)
{
    const uint8_t *responder =
        options->initiator ? options->remote_static : options->local_static->public;

    assert(options->initiator == (options->remote_static != NULL));
    *handshake = (struct noise_handshake){.initiator = options->initiator,
                                          .local_static = *options->local_static};
    keys_derive(&handshake->local_ephemeral, options->local_ephemeral);
    if (options->initiator) {
        memcpy(handshake->remote_static, options->remote_static, KEYS_BYTES);
    }
    memcpy(handshake->hash, PROTOCOL_NAME, NOISE_HASH_BYTES);
    memcpy(handshake->chaining_key, handshake->hash, NOISE_HASH_BYTES);
    mix_hash(handshake, options->prologue, options->prologue_length);
    mix_hash(handshake, responder, KEYS_BYTES);
}

void noise_wipe(struct noise_handshake *handshake)
{
    sodium_memzero(handshake, sizeof *handshake);
    handshake->failed = true;
}

/* -> e, es, s, ss */
static int write_first(struct noise_handshake *hs, uint8_t *message)
{
    uint8_t *sealed = message + KEYS_BYTES;
    int rv;

    memcpy(message, hs->local_ephemeral.public, KEYS_BYTES);
    mix_hash(hs, message, KEYS_BYTES);
    rv = mix_dh(hs, hs->local_ephemeral.secret, hs->remote_static);
    if (rv != 0) {
        return rv;
    }
    memcpy(sealed, hs->local_static.public, KEYS_BYTES);
    encrypt_and_hash(hs, sealed, KEYS_BYTES);
    return mix_dh(hs, hs->local_static.secret, hs->remote_static);
}

static int read_first(struct noise_handshake *hs, const uint8_t *message)
{
    uint8_t opened[KEYS_BYTES + NOISE_TAG_BYTES];
    int rv;

    memcpy(hs->remote_ephemeral, message, KEYS_BYTES);
    mix_hash(hs, message, KEYS_BYTES);
    rv = mix_dh(hs, hs->local_static.secret, hs->remote_ephemeral);
    if (rv == 0) {
        rv = decrypt_and_hash(hs, message + KEYS_BYTES, sizeof opened, opened);
    }
    if (rv != 0) {
        return rv;
    }
    memcpy(hs->remote_static, opened, KEYS_BYTES);
    return mix_dh(hs, hs->local_static.secret, hs->remote_static);
}

/* <- e, ee, se */
static int write_second(struct noise_handshake *hs, uint8_t *message)
{
    int rv;

    memcpy(message, hs->local_ephemeral.public, KEYS_BYTES);
    mix_hash(hs, message, KEYS_BYTES);
    rv = mix_dh(hs, hs->local_ephemeral.secret, hs->remote_ephemeral);
    return rv != 0 ? rv : mix_dh(hs, hs->local_ephemeral.secret, hs->remote_static);
}

static int read_second(struct noise_handshake *hs, const uint8_t *message)
{
    int rv;

    memcpy(hs->remote_ephemeral, message, KEYS_BYTES);
    mix_hash(hs, message, KEYS_BYTES);
    rv = mix_dh(hs, hs->local_ephemeral.secret, hs->remote_ephemeral);
    return rv != 0 ? rv : mix_dh(hs, hs->local_static.secret, hs->remote_ephemeral);
}

/* Where the sealed payload starts in the first and the second message. */
static size_t payload_offset(unsigned message)
{
    size_t overhead = message == 0 ? NOISE_FIRST_OVERHEAD : NOISE_SECOND_OVERHEAD;

    return overhead - NOISE_TAG_BYTES;
}

int noise_write(struct noise_handshake *handshake, const uint8_t *payload, size_t payload_length,
                uint8_t *message, size_t *message_length)
{
    size_t offset = payload_offset(handshake->messages);
    int rv;

    assert(!handshake->failed && handshake->messages == (handshake->initiator ? 0 : 1));
    assert(offset + payload_length + NOISE_TAG_BYTES <= NOISE_MESSAGE_BYTES_MAX);
    rv = handshake->initiator ? write_first(handshake, message) : write_second(handshake, message);
    if (rv != 0) {
        handshake->failed = true;
        return rv;
    }
    if (payload_length > 0) {
        memcpy(message + offset, payload, payload_length);
    }
    encrypt_and_hash(handshake, message + offset, payload_length);
    handshake->messages++;
    *message_length = offset + payload_length + NOISE_TAG_BYTES;
    return 0;
}

int noise_read(struct noise_handshake *handshake, const uint8_t *message, size_t message_length,
               uint8_t *payload, size_t *payload_length)
{
    size_t offset = payload_offset(handshake->messages);
    int rv = ERR_PROTOCOL;

    assert(!handshake->failed && handshake->messages == (handshake->initiator ? 1 : 0));
    if (message_length >= offset + NOISE_TAG_BYTES && message_length <= NOISE_MESSAGE_BYTES_MAX) {
        rv =
            handshake->initiator ? read_second(handshake, message) : read_first(handshake, message);
    }
    if (rv == 0) {
        rv = decrypt_and_hash(handshake, message + offset, message_length - offset, payload);
    }
    if (rv != 0) {
        handshake->failed = true;
        return rv;
    }
    handshake->messages++;
    *payload_length = message_length - offset - NOISE_TAG_BYTES;
    return 0;
}

void noise_split(struct noise_handshake *handshake, struct noise_cipher *send,
                 struct noise_cipher *receive)
{
    uint8_t hash[NOISE_HASH_BYTES];
    struct noise_cipher *first = handshake->initiator ? send : receive;
    struct noise_cipher *second = handshake->initiator ? receive : send;

    assert(!handshake->failed && handshake->messages == 2);
    memcpy(hash, handshake->hash, sizeof hash);
    hkdf(handshake->chaining_key, NULL, 0, first->key, second->key);
    first->nonce = 0;
    second->nonce = 0;
    noise_wipe(handshake);
    memcpy(handshake->hash, hash, sizeof hash);
}
