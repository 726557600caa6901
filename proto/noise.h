/* noise: Noise_IK_25519_ChaChaPoly_SHA256 (The Noise Protocol Framework, revision
 * 34, noiseprotocol.org), from libsodium's primitives. No input or output.
 *
 *     <- s                     the initiator knows the responder's public key
 *     -> e, es, s, ss          and proves its own in the first message;
 *     <- e, ee, se             the second proves the responder's, and is fresh
 *
 * Life cycle of an initiator:
 *     noise_init(), noise_write(), noise_read(), noise_split()
 * and of a responder:
 *     noise_init(), noise_read(), is remote_static one of ours?, noise_write(),
 *     noise_split()
 * noise_wipe() may be called at any time; noise_split() does it too.
 *
 * The first message can be replayed by anybody who saw it: a responder knows that
 * the initiator is really there only when the first transport message opens
 * (section 7.7 of the specification). proto/channel waits for that.
 *
 * A failed call leaves the handshake unusable: wipe it. */
#ifndef PROTO_NOISE_H
#define PROTO_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/keys.h"

enum {
    NOISE_HASH_BYTES = 32,
    NOISE_TAG_BYTES = 16,
    NOISE_MESSAGE_BYTES_MAX = 65535,
    /* what a message is longer than its payload */
    NOISE_FIRST_OVERHEAD = KEYS_BYTES + KEYS_BYTES + NOISE_TAG_BYTES + NOISE_TAG_BYTES,
    NOISE_SECOND_OVERHEAD = KEYS_BYTES + NOISE_TAG_BYTES,
};

/* One direction of a transport. Messages must be opened in the order in which
 * they were sealed: the nonce is a count that is never sent. */
struct noise_cipher {
    uint8_t key[KEYS_BYTES];
    uint64_t nonce;
};

struct noise_handshake {
    bool initiator;
    unsigned messages; /* done so far, 0 to 2 */
    bool failed;
    bool keyed; /* the cipher has a key */
    struct noise_cipher cipher;
    uint8_t chaining_key[NOISE_HASH_BYTES];
    uint8_t hash[NOISE_HASH_BYTES];
    struct key_pair local_static;
    struct key_pair local_ephemeral;
    uint8_t remote_static[KEYS_BYTES]; /* responder: after the first message */
    uint8_t remote_ephemeral[KEYS_BYTES];
};

struct noise_options {
    bool initiator;
    const struct key_pair *local_static;
    const uint8_t *local_ephemeral; /* KEYS_BYTES fresh random bytes, used once */
    const uint8_t *remote_static;   /* initiator only */
    const uint8_t *prologue;        /* both sides must agree on it */
    size_t prologue_length;
};

void noise_init(struct noise_handshake *handshake, const struct noise_options *options);
void noise_wipe(struct noise_handshake *handshake);

/* Writes the next message with its payload to `message` (room for payload_length
 * plus the overhead above). Fails with ERR_PROTOCOL if the other side's key is
 * one whose secret everybody knows (the shared secret would be zero). */
int noise_write(struct noise_handshake *handshake, const uint8_t *payload, size_t payload_length,
                uint8_t *message, size_t *message_length);

/* Reads the next message; its payload goes to `payload` (room for
 * message_length bytes). ERR_PROTOCOL if it isn't genuine. */
int noise_read(struct noise_handshake *handshake, const uint8_t *message, size_t message_length,
               uint8_t *payload, size_t *payload_length);

/* After both messages: the ciphers of the transport. Wipes the handshake, except
 * for `hash`, which names this connection for good (channel binding). */
void noise_split(struct noise_handshake *handshake, struct noise_cipher *send,
                 struct noise_cipher *receive);

/* Seals `length` bytes in place; `bytes` has room for NOISE_TAG_BYTES more.
 * ERR_LIMIT if the nonces are used up. */
int noise_seal(struct noise_cipher *cipher, uint8_t *bytes, size_t length);

/* Opens `length` bytes (tag included) in place. ERR_PROTOCOL if they were altered
 * or aren't next in order; nothing may be opened after that. */
int noise_open(struct noise_cipher *cipher, uint8_t *bytes, size_t length);

#endif
