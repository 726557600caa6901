#include "daemon/api/repeat.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* Where it came from may differ: another agent may have been asked the second time. */
static void fingerprint(const struct api_call *call, uint8_t print[REPEAT_PRINT_BYTES])
{
    struct api_call same = *call;
    struct buf text;

    same.from[0] = '\0';
    buf_init(&text, LIMIT_COMMAND_BYTES);
    api_call_encode(&same, &text);
    crypto_generichash(print, REPEAT_PRINT_BYTES, text.data, text.length, NULL, 0);
    buf_finish(&text);
}

static bool remembered(const struct api_call *call)
{
    return call->key[0] != '\0' && !call->dry_run;
}

static struct repeat_entry *find(struct repeat *repeat, const struct api_call *call)
{
    for (size_t i = 0; i < REPEAT_ENTRIES; i++) {
        if (strcmp(repeat->entries[i].key, call->key) == 0 &&
            strcmp(repeat->entries[i].by, call->by) == 0) {
            return &repeat->entries[i];
        }
    }
    return NULL;
}

/* A free place, or the oldest. */
static struct repeat_entry *make_room(struct repeat *repeat)
{
    struct repeat_entry *oldest = &repeat->entries[0];

    for (size_t i = 0; i < REPEAT_ENTRIES; i++) {
        if (repeat->entries[i].key[0] == '\0') {
            return &repeat->entries[i];
        }
        if (repeat->entries[i].began_ms < oldest->began_ms) {
            oldest = &repeat->entries[i];
        }
    }
    return oldest;
}

static void tell(const struct repeat_entry *entry, const uint8_t print[REPEAT_PRINT_BYTES],
                 struct api_result *answer)
{
    if (memcmp(entry->print, print, REPEAT_PRINT_BYTES) != 0) {
        answer->code = API_KEY_REUSED;
        text_copy(answer->detail, sizeof answer->detail, "use a new key for a new request");
    } else if (entry->running) {
        answer->code = API_BUSY;
        text_copy(answer->detail, sizeof answer->detail, "the same request is under way");
    } else {
        answer->code = entry->code;
        answer->operation = entry->operation;
        text_copy(answer->detail, sizeof answer->detail, entry->detail);
        text_copy(answer->suggestion, sizeof answer->suggestion, entry->suggestion);
    }
}

bool repeat_begin(struct repeat *repeat, const struct api_call *call, uint64_t now_ms,
                  struct api_result *answer)
{
    uint8_t print[REPEAT_PRINT_BYTES];
    struct repeat_entry *entry;

    if (!remembered(call)) {
        return true;
    }
    fingerprint(call, print);
    entry = find(repeat, call);
    if (entry != NULL && now_ms - entry->began_ms < REPEAT_MS) {
        tell(entry, print, answer);
        return false;
    }
    if (entry == NULL) {
        entry = make_room(repeat);
    }
    memset(entry, 0, sizeof *entry);
    text_copy(entry->key, sizeof entry->key, call->key);
    text_copy(entry->by, sizeof entry->by, call->by);
    memcpy(entry->print, print, sizeof print);
    entry->began_ms = now_ms;
    entry->running = true;
    return true;
}

void repeat_end(struct repeat *repeat, const struct api_call *call, const struct api_result *result)
{
    struct repeat_entry *entry = remembered(call) ? find(repeat, call) : NULL;

    if (entry == NULL) {
        return;
    }
    if (api_code_status(result->code) >= 500) {
        memset(entry, 0, sizeof *entry);
        return;
    }
    entry->running = false;
    entry->code = result->code;
    entry->operation = result->operation;
    text_copy(entry->detail, sizeof entry->detail, result->detail);
    text_copy(entry->suggestion, sizeof entry->suggestion, result->suggestion);
}
