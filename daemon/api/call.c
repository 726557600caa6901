#include <assert.h>
#include <jansson.h>
#include <sodium.h>
#include <string.h>

#include "daemon/api/compose.h"
#include "daemon/api/field.h"
#include "daemon/api/verb.h"

int verb_read(struct api_call *call, const uint8_t *body, size_t length, struct err *err)
{
    json_error_t error;
    json_t *object;
    int rc;

    if (length == 0) {
        object = json_object();
    } else {
        object = json_loadb((const char *)body, length, JSON_REJECT_DUPLICATES, &error);
    }
    if (object == NULL) {
        return err_set(err, ERR_INVALID, "the body is no JSON: line %d, column %d: %s", error.line,
                       error.column, error.text);
    }
    rc = field_read_all(call, object, err);
    json_decref(object);
    return rc;
}

void api_call_encode(const struct api_call *call, struct buf *buf)
{
    char hash[LEDGER_HASH_BYTES * 2 + 1];
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "verb", verb_rule(call->verb)->name, "by",
                  call->by, "from", call->from, "key", call->key, "cluster", call->cluster, "body",
                  field_write_all(call));

    assert(object != NULL);
    if (call->verb == VERB_TOKEN_CREATE) {
        sodium_bin2hex(hash, sizeof hash, call->token_hash, sizeof call->token_hash);
        json_object_set_new(object, "hash", json_string(hash));
    }
    compose_append(object, buf);
    json_decref(object);
}

/* Envelope of a call, in the order of json_unpack below. */
struct envelope {
    const char *verb;
    const char *by;
    const char *from;
    const char *key;
    const char *cluster;
    const char *hash;
    json_t *body;
};

static bool envelope_copy(struct api_call *call, const struct envelope *envelope)
{
    size_t length = 0;

    if (!verb_find(envelope->verb, &call->verb)) {
        return false;
    }
    if (call->verb == VERB_TOKEN_CREATE &&
        (sodium_hex2bin(call->token_hash, sizeof call->token_hash, envelope->hash,
                        strlen(envelope->hash), NULL, &length, NULL) != 0 ||
         length != sizeof call->token_hash)) {
        return false;
    }
    return text_copy(call->by, sizeof call->by, envelope->by) &&
           text_copy(call->from, sizeof call->from, envelope->from) &&
           text_copy(call->key, sizeof call->key, envelope->key) &&
           text_copy(call->cluster, sizeof call->cluster, envelope->cluster);
}

int api_call_decode(struct api_call *call, const uint8_t *bytes, size_t length, struct err *err)
{
    struct envelope envelope = {.hash = ""};
    json_t *object = json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, NULL);
    int rc = 0;

    memset(call, 0, sizeof *call);
    if (object == NULL ||
        json_unpack(object, "{s:s, s:s, s:s, s:s, s:s, s:o, s?s}", "verb", &envelope.verb, "by",
                    &envelope.by, "from", &envelope.from, "key", &envelope.key, "cluster",
                    &envelope.cluster, "body", &envelope.body, "hash", &envelope.hash) != 0 ||
        !envelope_copy(call, &envelope)) {
        rc = err_set(err, ERR_PROTOCOL, "a call from another agent could not be read");
    } else if (field_read_all(call, envelope.body, err) != 0) {
        rc = err_set(err, ERR_PROTOCOL, "a call from another agent has a field of another version");
    }
    json_decref(object);
    return rc;
}
