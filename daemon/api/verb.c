#include "daemon/api/verb.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

static const struct verb_rule rules[] = {
#define X(name, json, method, path, role) [VERB_##name] = {json, method, path, LEDGER_ROLE_##role},
    VERB_MAP(X)
#undef X
};

const struct verb_rule *verb_rule(enum verb verb)
{
    assert(verb < VERB_COUNT);
    return &rules[verb];
}

bool verb_find(const char *name, enum verb *verb)
{
    for (unsigned i = 0; i < VERB_COUNT; i++) {
        if (strcmp(rules[i].name, name) == 0) {
            *verb = (enum verb)i;
            return true;
        }
    }
    return false;
}

bool verb_name_valid(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length >= LIMIT_NAME_SIZE || text[0] == '-' || text[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)text[i]) && strchr("-_.", text[i]) == NULL) {
            return false;
        }
    }
    return true;
}
