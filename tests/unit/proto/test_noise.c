#include "tests/unit/main.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "proto/noise.h"

/* tests/data/noise-vectors.json; run from the root of the repository. */
static const char VECTORS[] = "tests/data/noise-vectors.json";
static const char NAME[] = "Noise_IK_25519_ChaChaPoly_SHA256";

struct bytes {
    uint8_t data[512];
    size_t length;
};

static struct bytes from_hex(const char *text)
{
    struct bytes bytes;

    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(sodium_hex2bin(bytes.data, sizeof bytes.data, text, strlen(text), NULL,
                                    &bytes.length, NULL),
                     0);
    return bytes;
}

static struct bytes member(const json_t *object, const char *name)
{
    return from_hex(json_string_value(json_object_get(object, name)));
}

static void start(struct noise_handshake *handshake, const json_t *vector, bool initiator)
{
    struct bytes secret = member(vector, initiator ? "init_static" : "resp_static");
    struct bytes ephemeral = member(vector, initiator ? "init_ephemeral" : "resp_ephemeral");
    struct bytes prologue = member(vector, initiator ? "init_prologue" : "resp_prologue");
    struct bytes remote = member(vector, "init_remote_static");
    struct key_pair pair;

    keys_derive(&pair, secret.data);
    noise_init(handshake, &(struct noise_options){.initiator = initiator,
                                                  .local_static = &pair,
                                                  .local_ephemeral = ephemeral.data,
                                                  .remote_static = initiator ? remote.data : NULL,
                                                  .prologue = prologue.data,
                                                  .prologue_length = prologue.length});
}

static void check_handshake_message(struct noise_handshake *from, struct noise_handshake *to,
                                    const json_t *message)
{
    struct bytes payload = member(message, "payload");
    struct bytes expected = member(message, "ciphertext");
    uint8_t written[512];
    uint8_t read[512];
    size_t length;

    ck_assert_int_eq(noise_write(from, payload.data, payload.length, written, &length), 0);
    ck_assert_uint_eq(length, expected.length);
    ck_assert_mem_eq(written, expected.data, length);
    ck_assert_int_eq(noise_read(to, written, length, read, &length), 0);
    ck_assert_uint_eq(length, payload.length);
    ck_assert_mem_eq(read, payload.data, length);
}

static void check_transport_message(struct noise_cipher *from, struct noise_cipher *to,
                                    const json_t *message)
{
    struct bytes payload = member(message, "payload");
    struct bytes expected = member(message, "ciphertext");
    uint8_t bytes[512];

    memcpy(bytes, payload.data, payload.length);
    ck_assert_int_eq(noise_seal(from, bytes, payload.length), 0);
    ck_assert_uint_eq(expected.length, payload.length + NOISE_TAG_BYTES);
    ck_assert_mem_eq(bytes, expected.data, expected.length);
    ck_assert_int_eq(noise_open(to, bytes, expected.length), 0);
    ck_assert_mem_eq(bytes, payload.data, payload.length);
}

static void check_vector(const json_t *vector)
{
    const json_t *messages = json_object_get(vector, "messages");
    const json_t *hash = json_object_get(vector, "handshake_hash");
    struct noise_handshake initiator;
    struct noise_handshake responder;
    struct noise_cipher sends[2];
    struct noise_cipher receives[2];

    start(&initiator, vector, true);
    start(&responder, vector, false);
    check_handshake_message(&initiator, &responder, json_array_get(messages, 0));
    check_handshake_message(&responder, &initiator, json_array_get(messages, 1));
    noise_split(&initiator, &sends[0], &receives[0]);
    noise_split(&responder, &sends[1], &receives[1]);
    ck_assert_mem_eq(initiator.hash, responder.hash, NOISE_HASH_BYTES);
    if (hash != NULL) {
        ck_assert_mem_eq(initiator.hash, from_hex(json_string_value(hash)).data, NOISE_HASH_BYTES);
    }
    for (size_t i = 2; i < json_array_size(messages); i++) {
        check_transport_message(&sends[i % 2], &receives[1 - i % 2], json_array_get(messages, i));
    }
}

START_TEST(agrees_with_the_published_vectors)
{
    json_t *file = json_load_file(VECTORS, 0, NULL);
    const json_t *vector;
    size_t i;
    unsigned checked = 0;

    ck_assert_msg(file != NULL, "%s can't be read", VECTORS);
    json_array_foreach(json_object_get(file, "vectors"), i, vector)
    {
        if (strcmp(json_string_value(json_object_get(vector, "protocol_name")), NAME) == 0) {
            check_vector(vector);
            checked++;
        }
    }
    ck_assert_uint_eq(checked, 2);
    json_decref(file);
}
END_TEST

/* ---- two ends of our own ---- */

static struct key_pair keys[2];
static struct noise_handshake ends[2];

static void start_end(bool initiator, const uint8_t *remote, const char *prologue)
{
    uint8_t ephemeral[KEYS_BYTES];

    randombytes_buf(ephemeral, sizeof ephemeral);
    noise_init(&ends[initiator ? 0 : 1],
               &(struct noise_options){.initiator = initiator,
                                       .local_static = &keys[initiator ? 0 : 1],
                                       .local_ephemeral = ephemeral,
                                       .remote_static = remote,
                                       .prologue = (const uint8_t *)prologue,
                                       .prologue_length = strlen(prologue)});
}

/* The initiator may expect another key than the responder's. */
static void start_pair(const char *prologue, const uint8_t *expected)
{
    keys_generate(&keys[0]);
    keys_generate(&keys[1]);
    start_end(true, expected != NULL ? expected : keys[1].public, prologue);
    start_end(false, NULL, "prologue");
}

/* What the responder says to the first message after byte `at` was changed. */
static int first_message_altered(size_t at)
{
    uint8_t message[200];
    uint8_t payload[200];
    size_t length;
    int rv;

    start_pair("prologue", NULL);
    ck_assert_int_eq(noise_write(&ends[0], (const uint8_t *)"hello", 5, message, &length), 0);
    ck_assert_uint_eq(length, 5 + NOISE_FIRST_OVERHEAD);
    if (at < length) {
        message[at] ^= 1;
    }
    rv = noise_read(&ends[1], message, at > length ? length - 1 : length, payload, &length);
    ck_assert(ends[1].failed == (rv != 0));
    return rv;
}

START_TEST(an_altered_first_message_is_refused)
{
    size_t length = 5 + NOISE_FIRST_OVERHEAD;

    ck_assert_int_eq(first_message_altered(length), 0);
    ck_assert_int_eq(first_message_altered(length + 1), ERR_PROTOCOL);
    for (size_t i = 0; i < length; i++) {
        ck_assert_int_eq(first_message_altered(i), ERR_PROTOCOL);
    }
}
END_TEST

START_TEST(a_short_message_is_refused)
{
    uint8_t message[NOISE_FIRST_OVERHEAD] = {9};
    uint8_t payload[NOISE_FIRST_OVERHEAD];
    size_t length;

    for (size_t i = 0; i < sizeof message; i++) {
        start_pair("prologue", NULL);
        ck_assert_int_eq(noise_read(&ends[1], message, i, payload, &length), ERR_PROTOCOL);
    }
}
END_TEST

START_TEST(another_prologue_is_refused)
{
    uint8_t message[200];
    uint8_t payload[200];
    size_t length;

    start_pair("another", NULL);
    ck_assert_int_eq(noise_write(&ends[0], NULL, 0, message, &length), 0);
    ck_assert_int_eq(noise_read(&ends[1], message, length, payload, &length), ERR_PROTOCOL);
}
END_TEST

START_TEST(another_responder_is_refused)
{
    struct key_pair stranger;
    uint8_t message[200];
    uint8_t payload[200];
    size_t length;

    keys_generate(&stranger);
    start_pair("prologue", stranger.public);
    ck_assert_int_eq(noise_write(&ends[0], NULL, 0, message, &length), 0);
    ck_assert_int_eq(noise_read(&ends[1], message, length, payload, &length), ERR_PROTOCOL);
}
END_TEST

/* Points of low order: their shared secrets are zero whatever the secret is. */
START_TEST(keys_of_low_order_are_refused)
{
    static const uint8_t points[][KEYS_BYTES] = {{0}, {1}};
    uint8_t message[200];
    uint8_t payload[200];
    size_t length;

    for (size_t i = 0; i < 2; i++) {
        start_pair("prologue", points[i]);
        ck_assert_int_eq(noise_write(&ends[0], NULL, 0, message, &length), ERR_PROTOCOL);
        start_pair("prologue", NULL);
        memset(message, 7, sizeof message);
        memcpy(message, points[i], KEYS_BYTES);
        ck_assert_int_eq(noise_read(&ends[1], message, NOISE_FIRST_OVERHEAD, payload, &length),
                         ERR_PROTOCOL);
    }
}
END_TEST

START_TEST(the_responder_learns_who_the_initiator_is)
{
    uint8_t message[200];
    uint8_t payload[200];
    size_t length;

    start_pair("prologue", NULL);
    ck_assert_int_eq(noise_write(&ends[0], (const uint8_t *)"a", 1, message, &length), 0);
    ck_assert_int_eq(noise_read(&ends[1], message, length, payload, &length), 0);
    ck_assert_mem_eq(ends[1].remote_static, keys[0].public, KEYS_BYTES);
    ck_assert_uint_eq(length, 1);
}
END_TEST

/* ---- the transport ---- */

static const struct noise_cipher FRESH = {.key = {1, 2, 3}};

static void seal_text(struct noise_cipher *cipher, uint8_t bytes[32], const char *text)
{
    memcpy(bytes, text, 4);
    ck_assert_int_eq(noise_seal(cipher, bytes, 4), 0);
}

START_TEST(replayed_reordered_and_altered_messages_are_refused)
{
    struct noise_cipher send = FRESH;
    struct noise_cipher receive = FRESH;
    uint8_t one[32];
    uint8_t two[32];
    uint8_t copy[32];

    seal_text(&send, one, "one.");
    seal_text(&send, two, "two.");
    memcpy(copy, two, sizeof copy);
    ck_assert_int_eq(noise_open(&receive, copy, 20), ERR_PROTOCOL); /* too early */
    memcpy(copy, one, sizeof copy);
    copy[3] ^= 0x80;
    ck_assert_int_eq(noise_open(&receive, copy, 20), ERR_PROTOCOL);
    memcpy(copy, one, sizeof copy);
    ck_assert_int_eq(noise_open(&receive, copy, 19), ERR_PROTOCOL);
    ck_assert_int_eq(noise_open(&receive, copy, 15), ERR_PROTOCOL);
    memcpy(copy, one, sizeof copy);
    ck_assert_int_eq(noise_open(&receive, copy, 20), 0);
    ck_assert_mem_eq(copy, "one.", 4);
    memcpy(copy, one, sizeof copy);
    ck_assert_int_eq(noise_open(&receive, copy, 20), ERR_PROTOCOL); /* again */
    ck_assert_int_eq(noise_open(&receive, two, 20), 0);
}
END_TEST

START_TEST(the_last_nonce_is_never_used)
{
    struct noise_cipher send = FRESH;
    struct noise_cipher receive = FRESH;
    uint8_t bytes[32];

    send.nonce = receive.nonce = UINT64_MAX - 1;
    seal_text(&send, bytes, "last");
    ck_assert_int_eq(noise_open(&receive, bytes, 20), 0);
    ck_assert_int_eq(noise_seal(&send, bytes, 4), ERR_LIMIT);
    ck_assert_int_eq(noise_open(&receive, bytes, 20), ERR_PROTOCOL);
}
END_TEST

START_TEST(nothing_secret_is_left_after_the_split)
{
    uint8_t message[200];
    uint8_t payload[200];
    size_t length;
    struct noise_cipher send;
    struct noise_cipher receive;

    start_pair("prologue", NULL);
    ck_assert_int_eq(noise_write(&ends[0], NULL, 0, message, &length), 0);
    ck_assert_int_eq(noise_read(&ends[1], message, length, payload, &length), 0);
    ck_assert_int_eq(noise_write(&ends[1], NULL, 0, message, &length), 0);
    ck_assert_int_eq(noise_read(&ends[0], message, length, payload, &length), 0);
    noise_split(&ends[0], &send, &receive);
    ck_assert_int_eq(sodium_is_zero(ends[0].chaining_key, NOISE_HASH_BYTES), 1);
    ck_assert_int_eq(sodium_is_zero(ends[0].local_ephemeral.secret, KEYS_BYTES), 1);
    ck_assert_int_eq(sodium_is_zero(ends[0].local_static.secret, KEYS_BYTES), 1);
    ck_assert_int_eq(sodium_is_zero(ends[0].cipher.key, KEYS_BYTES), 1);
    ck_assert_int_ne(sodium_memcmp(send.key, receive.key, KEYS_BYTES), 0);
}
END_TEST

START_TEST(keys_have_one_spelling)
{
    struct key_pair pair;
    struct key_pair again;
    char text[KEYS_TEXT_SIZE + 2];
    uint8_t key[KEYS_BYTES];

    keys_generate(&pair);
    keys_encode(text, pair.secret);
    ck_assert_uint_eq(strlen(text), KEYS_TEXT_SIZE - 1);
    ck_assert(keys_decode(text, KEYS_TEXT_SIZE - 1, key));
    keys_derive(&again, key);
    ck_assert_mem_eq(&again, &pair, sizeof pair);
    ck_assert(!keys_decode(text, KEYS_TEXT_SIZE - 2, key)); /* no padding */
    strcat(text, "\n");
    ck_assert(!keys_decode(text, KEYS_TEXT_SIZE, key));
    ck_assert(!keys_decode("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", 44, key));
    ck_assert(!keys_decode("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-A=", 44, key));
    ck_assert(!keys_decode("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA AA=", 44, key));
    ck_assert_mem_eq(key, pair.secret, KEYS_BYTES);
    keys_wipe(&pair);
    ck_assert_int_eq(sodium_is_zero(pair.secret, KEYS_BYTES), 1);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("noise");
    TCase *tcase = tcase_create("noise");

    if (sodium_init() < 0) {
        abort();
    }
    tcase_add_test(tcase, agrees_with_the_published_vectors);
    tcase_add_test(tcase, an_altered_first_message_is_refused);
    tcase_add_test(tcase, a_short_message_is_refused);
    tcase_add_test(tcase, another_prologue_is_refused);
    tcase_add_test(tcase, another_responder_is_refused);
    tcase_add_test(tcase, keys_of_low_order_are_refused);
    tcase_add_test(tcase, the_responder_learns_who_the_initiator_is);
    tcase_add_test(tcase, replayed_reordered_and_altered_messages_are_refused);
    tcase_add_test(tcase, the_last_nonce_is_never_used);
    tcase_add_test(tcase, nothing_secret_is_left_after_the_split);
    tcase_add_test(tcase, keys_have_one_spelling);
    suite_add_tcase(suite, tcase);
    return suite;
}
