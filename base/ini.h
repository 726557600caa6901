/* ini: reads INI text, line by line, from bytes in memory.
 *
 *     [section]
 *     key = value            ; a comment
 *     key = "a ; \"value\""  # quotes keep everything
 *
 * Rules
 * - A line ends with LF or CRLF and has at most LIMIT_CONFIG_LINE_BYTES bytes
 *   without its end; the text has at most LIMIT_CONFIG_BYTES.
 * - Blanks (space, tab) around section, key and value don't count. Other control
 *   characters are refused everywhere.
 * - ; and # start a comment at the start of a line or after a blank, never in the
 *   middle of a word (pass;word is a value), never inside quotes.
 * - Names of sections and keys are made of letters, digits, '_', '-' and '.'.
 * - A value that starts with " ends at the next ", and only a comment may
 *   follow; inside, \" is a quote and \\ a backslash, nothing else is escaped.
 * - Any other value is taken as it stands; it isn't empty ("" is the empty
 *   value) and has no " in it, so that a forgotten quote can't cut it short.
 * - A key stands in a section; keys below a bad section line are skipped. What sections and keys
 * exist, and whether they may come twice, is the caller's business.
 *
 * Every bad line is reported, not only the first. Reports never quote a line: it
 * may hold a secret. */
#ifndef BASE_INI_H
#define BASE_INI_H

#include <stddef.h>

/* Texts live until the callback returns. Lines count from 1. */
struct ini_reader {
    void *context;
    void (*section)(void *context, unsigned line, const char *section);
    void (*key)(void *context, unsigned line, const char *section, const char *key,
                const char *value);
    void (*bad)(void *context, unsigned line, const char *found, const char *accepted);
};

/* The number of bad lines; 0 is success. A text over LIMIT_CONFIG_BYTES is one
 * bad line (line 0) and isn't read further. */
unsigned ini_read(const struct ini_reader *reader, const char *text, size_t length);

#endif
