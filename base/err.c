#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void err_reset(struct err *err)
{
    if (err != NULL) {
        err->code = 0;
        err->text[0] = '\0';
    }
}

int err_set(struct err *err, int code, const char *format, ...)
{
    va_list args;

    if (err != NULL) {
        err->code = code;
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return code;
}

int err_wrap(struct err *err, const char *format, ...)
{
    char told[ERR_TEXT_MAX];
    va_list args;
    size_t used;
    int n;

    if (err == NULL) {
        return 0;
    }
    memcpy(told, err->text, sizeof told);
    va_start(args, format);
    n = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    used = n < 0 ? 0 : (size_t)n;
    if (used < sizeof err->text) {
        snprintf(err->text + used, sizeof err->text - used, ": %s", told);
    }
    return err->code;
}

const char *err_name(int code)
{
    switch (code) {
#define X(name, value, sentence)                                                                   \
    case value:                                                                                    \
        return #name;
        ERR_MAP(X)
#undef X
    default:
        return "ERR_UNKNOWN";
    }
}

const char *err_sentence(int code)
{
    switch (code) {
#define X(name, value, sentence)                                                                   \
    case value:                                                                                    \
        return sentence;
        ERR_MAP(X)
#undef X
    default:
        return "unknown error";
    }
}
