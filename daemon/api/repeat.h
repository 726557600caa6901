/* repeat: the leader's memory of Idempotency-Keys.
 *
 * Who isn't sure that a request arrived sends it again under the same key, and
 * gets the first one's answer instead of a second operation. The memory is the
 * leader's own and bounded (REPEAT_ENTRIES, REPEAT_MS): after a change of leader
 * the ledger's own rules (one operation at a time, names are unique) stand
 * alone. Calls without a key and dry runs are never remembered.
 *
 *     if (!repeat_begin(&repeat, call, now_ms, &answer)) { ... answer it ... }
 *     else { ... execute ... repeat_end(&repeat, call, &result); ... } */
#ifndef DAEMON_API_REPEAT_H
#define DAEMON_API_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/api/result.h"
#include "daemon/api/verb.h"

enum { REPEAT_ENTRIES = 128, REPEAT_MS = 3600 * 1000, REPEAT_PRINT_BYTES = 32 };

struct repeat_entry {
    char key[API_KEY_SIZE];            /* "" is a free place */
    char by[LIMIT_NAME_SIZE];          /* keys of different people are different */
    uint8_t print[REPEAT_PRINT_BYTES]; /* of the whole request */
    uint64_t began_ms;
    bool running;
    enum api_code code;
    uint64_t operation;
    char detail[ERR_TEXT_MAX];
    char suggestion[LIMIT_TEXT_SIZE];
};

/* All zero is empty. */
struct repeat {
    struct repeat_entry entries[REPEAT_ENTRIES];
};

/* True: execute it. False: it is a repetition, `answer` (initialised) says what
 * became of the first, KEY_REUSED if that was another request, or BUSY. */
bool repeat_begin(struct repeat *repeat, const struct api_call *call, uint64_t now_ms,
                  struct api_result *answer);

/* Keeps the answer; one of status 500 and above is forgotten, to be tried again. */
void repeat_end(struct repeat *repeat, const struct api_call *call,
                const struct api_result *result);

#endif
