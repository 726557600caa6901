/* process_words: a command line, split into words without a shell.
 *
 * Blanks separate words. '...' is taken as it stands; in "..." a backslash takes the
 * next character as it stands, and so it does outside quotes. Nothing is expanded:
 * $, *, ~, |, > and ; are characters like any other. */
#ifndef DAEMON_IO_PROCESS_WORDS_H
#define DAEMON_IO_PROCESS_WORDS_H

#include <stddef.h>

#include "base/err.h"
#include "base/limits.h"

struct process_words {
    size_t count;
    const char *argv[LIMIT_PROCESS_WORDS + 1]; /* into `text`, a NULL at the end */
    char text[LIMIT_PROCESS_LINE_BYTES];
};

/* ERR_INVALID: no word, a quote or a backslash without its end; ERR_LIMIT: too long, too
 * many words; with the story. The result points into itself: don't copy it. */
int process_words_split(struct process_words *words, const char *line, struct err *err);

#endif
