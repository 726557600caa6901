#include "base/ini.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/limits.h"

struct ini {
    const struct ini_reader *reader;
    unsigned line;
    unsigned bad;
    char section[LIMIT_CONFIG_LINE_BYTES + 1]; /* "" before the first one */
    bool section_bad;                          /* its keys are nobody's: one report is enough */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_comment(char c)
{
    return c == ';' || c == '#';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

static char *skip_blanks(char *at)
{
    while (is_blank(*at)) {
        at++;
    }
    return at;
}

static char *skip_name(char *at)
{
    while (is_name(*at)) {
        at++;
    }
    return at;
}

/* Nothing but blanks and a comment. `at` follows a blank or a delimiter. */
static bool is_rest(char *at)
{
    at = skip_blanks(at);
    return *at == '\0' || is_comment(*at);
}

static void report(struct ini *ini, const char *found, const char *accepted)
{
    ini->bad++;
    ini->reader->bad(ini->reader->context, ini->line, found, accepted);
}

static void read_section(struct ini *ini, char *line)
{
    char *name = skip_blanks(line + 1);
    char *end = skip_name(name);
    char *close = skip_blanks(end);

    ini->section_bad = end == name || *close != ']' || !is_rest(close + 1);
    if (ini->section_bad) {
        report(ini, "a line that starts with [", "[NAME], then a comment or nothing");
        return;
    }
    *end = '\0';
    memcpy(ini->section, name, (size_t)(end - name) + 1);
    ini->reader->section(ini->reader->context, ini->line, ini->section);
}

/* Takes the quotes and escapes away in place; false if reported. */
static bool read_quoted(struct ini *ini, char *value)
{
    char *to = value;
    char *from = value + 1;

    while (*from != '"' && *from != '\0') {
        if (*from == '\\') {
            from++;
            if (*from != '"' && *from != '\\') {
                report(ini, "a backslash inside quotes", "\\\" for a quote, \\\\ for a backslash");
                return false;
            }
        }
        *to++ = *from++;
    }
    if (*from == '\0') {
        report(ini, "a quote that isn't closed", "\"VALUE\"");
        return false;
    }
    if (!is_rest(from + 1)) {
        report(ini, "text after the closing quote", "a comment or nothing");
        return false;
    }
    *to = '\0';
    return true;
}

/* Cuts the comment and the blanks at the end; false if reported. */
static bool read_plain(struct ini *ini, char *value)
{
    char *end = value;

    for (char *at = value; *at != '\0'; at++) {
        if (is_comment(*at) && (at == value || is_blank(at[-1]))) {
            break;
        }
        if (*at == '"') {
            report(ini, "a quote inside a value",
                   "the whole value in quotes, with \\\" for each quote inside");
            return false;
        }
        if (!is_blank(*at)) {
            end = at + 1;
        }
    }
    if (end == value) {
        report(ini, "a key without a value", "KEY = VALUE (\"\" is the empty value)");
        return false;
    }
    *end = '\0';
    return true;
}

static void read_key(struct ini *ini, char *key)
{
    char *end = skip_name(key);
    char *equals = skip_blanks(end);
    char *value;

    if (end == key || *equals != '=') {
        report(ini, "neither a section nor a key with a value",
               "[SECTION], KEY = VALUE, a comment");
        return;
    }
    if (ini->section_bad) {
        return;
    }
    if (ini->section[0] == '\0') {
        report(ini, "a key before the first section", "[SECTION] above it");
        return;
    }
    value = skip_blanks(equals + 1);
    if (*value == '"' ? read_quoted(ini, value) : read_plain(ini, value)) {
        *end = '\0';
        ini->reader->key(ini->reader->context, ini->line, ini->section, key, value);
    }
}

static bool has_control(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)line[i];

        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return true;
        }
    }
    return false;
}

static void read_line(struct ini *ini, const char *bytes, size_t length)
{
    char line[LIMIT_CONFIG_LINE_BYTES + 1];
    char *start;

    ini->line++;
    if (length > LIMIT_CONFIG_LINE_BYTES) {
        report(ini, "a line that is too long", "1024 bytes");
        return;
    }
    if (has_control(bytes, length)) {
        report(ini, "a control character", "printable characters, spaces and tabs");
        return;
    }
    memcpy(line, bytes, length);
    line[length] = '\0';
    start = skip_blanks(line);
    if (*start == '[') {
        read_section(ini, start);
    } else if (!is_rest(start)) {
        read_key(ini, start);
    }
}

unsigned ini_read(const struct ini_reader *reader, const char *text, size_t length)
{
    struct ini ini = {.reader = reader};
    const char *at = text;
    const char *end = text + length;

    static_assert(LIMIT_CONFIG_LINE_BYTES == 1024, "the message names the limit");
    static_assert(LIMIT_CONFIG_BYTES == 64 * 1024, "the message names the limit");
    if (length > LIMIT_CONFIG_BYTES) {
        report(&ini, "a text that is too long", "65536 bytes");
        return ini.bad;
    }
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline == NULL ? end : newline;
        size_t n = (size_t)(stop - at);

        if (newline != NULL && n > 0 && at[n - 1] == '\r') {
            n--;
        }
        read_line(&ini, at, n);
        at = newline == NULL ? end : newline + 1;
    }
    return ini.bad;
}
