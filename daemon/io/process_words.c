#include "daemon/io/process_words.h"

#include <stdbool.h>
#include <string.h>

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Copies one word, unquoted, with its NUL; returns where the line goes on, or NULL if
 * it ends inside quotes. Never writes more than it reads. */
static const char *take_word(const char *at, char **to)
{
    char quote = '\0';

    while (*at != '\0' && (quote != '\0' || !is_blank(*at))) {
        if (*at == quote) {
            quote = '\0';
            at++;
        } else if (quote == '\0' && (*at == '\'' || *at == '"')) {
            quote = *at++;
        } else {
            if (*at == '\\' && quote != '\'') {
                at++;
            }
            if (*at == '\0') {
                return NULL;
            }
            *(*to)++ = *at++;
        }
    }
    *(*to)++ = '\0';
    return quote == '\0' ? at : NULL;
}

int process_words_split(struct process_words *words, const char *line, struct err *err)
{
    const char *at = line;
    char *to = words->text;

    words->count = 0;
    if (strlen(line) >= sizeof words->text) {
        return err_set(err, ERR_LIMIT, "a command line may have %d bytes, this one has %zu",
                       LIMIT_PROCESS_LINE_BYTES - 1, strlen(line));
    }
    for (;;) {
        while (is_blank(*at)) {
            at++;
        }
        if (*at == '\0') {
            break;
        }
        if (words->count == LIMIT_PROCESS_WORDS) {
            return err_set(err, ERR_LIMIT, "a command line may have %d words, this one has more",
                           LIMIT_PROCESS_WORDS);
        }
        words->argv[words->count++] = to;
        at = take_word(at, &to);
        if (at == NULL) {
            return err_set(err, ERR_INVALID, "a command line ends inside quotes: %s", line);
        }
    }
    words->argv[words->count] = NULL;
    if (words->count == 0) {
        return err_set(err, ERR_INVALID, "a command line is empty");
    }
    return 0;
}
