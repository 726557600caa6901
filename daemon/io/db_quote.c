#include "daemon/io/db.h"

#include <string.h>

/* The length of the UTF-8 sequence at `bytes`, or 0 if it is none: too long a form,
 * a surrogate, above U+10FFFF, cut. RFC 3629, section 4. A NUL ends every check. */
static size_t sequence_length(const unsigned char *bytes)
{
    static const struct {
        unsigned char first, last;         /* of the first byte */
        unsigned char second, second_last; /* of the second */
        unsigned char length;
    } forms[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (bytes[0] < forms[i].first || bytes[0] > forms[i].last) {
            continue;
        }
        if (forms[i].length > 1 &&
            (bytes[1] < forms[i].second || bytes[1] > forms[i].second_last)) {
            return 0;
        }
        for (size_t k = 2; k < forms[i].length; k++) {
            if ((bytes[k] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return forms[i].length;
    }
    return 0;
}

static bool is_utf8(const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;

    while (*bytes != 0) {
        size_t length = sequence_length(bytes);

        if (length == 0) {
            return false;
        }
        bytes += length;
    }
    return true;
}

static const char *escape(char byte)
{
    switch (byte) {
    case '\'':
        return "''";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\032': /* ends a file on some systems */
        return "\\Z";
    default:
        return NULL;
    }
}

int db_quote(struct buf *buf, const char *text)
{
    if (!is_utf8(text)) {
        return ERR_INVALID;
    }
    buf_append(buf, "'", 1);
    for (const char *at = text; *at != '\0'; at++) {
        const char *escaped = escape(*at);

        if (escaped != NULL) {
            buf_append_text(buf, escaped);
        } else {
            buf_append(buf, at, 1);
        }
    }
    buf_append(buf, "'", 1);
    return 0;
}
