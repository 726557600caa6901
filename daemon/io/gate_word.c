#include "daemon/io/gate_word.h"

#include <string.h>

#include "base/buf.h"

void gate_word_format(const struct gate_word *word, char *line, size_t size)
{
    char base[LIMIT_GTID_TEXT_SIZE];

    switch (word->kind) {
    case GATE_MASTER:
        text_copy(line, size, "MASTER\n");
        return;
    case GATE_SLAVE:
        gtid_state_format(&word->base, base, sizeof base);
        text_format(line, size, "SLAVE %s %llu\n", base[0] == '\0' ? "-" : base,
                    (unsigned long long)word->epoch);
        return;
    case GATE_WAIT:
        text_format(line, size, "WAIT %s\n", word->reason);
        for (char *at = strchr(line, '\n'); at != NULL && at[1] != '\0'; at = strchr(at, '\n')) {
            *at = ' '; /* a reason of several lines */
        }
        return;
    }
}

static int parse_slave(struct gate_word *word, const char *text, struct err *err)
{
    const char *space = strrchr(text, ' ');
    char base[LIMIT_GTID_TEXT_SIZE];
    int rv;

    if (space == NULL || (size_t)(space - text) >= sizeof base ||
        !text_u64(space + 1, strlen(space + 1), UINT64_MAX, &word->epoch)) {
        return err_set(err, ERR_PROTOCOL, "the agent's word has no base and epoch");
    }
    text_format(base, sizeof base, "%.*s", (int)(space - text), text);
    rv = gtid_state_parse(&word->base, strcmp(base, "-") == 0 ? "" : base, err);
    return rv == 0 ? 0 : err_set(err, ERR_PROTOCOL, "the agent's word has no valid base");
}

int gate_word_parse(struct gate_word *word, const char *line, struct err *err)
{
    memset(word, 0, sizeof *word);
    if (strcmp(line, "MASTER") == 0) {
        word->kind = GATE_MASTER;
        return 0;
    }
    if (strncmp(line, "WAIT", 4) == 0 && (line[4] == ' ' || line[4] == '\0')) {
        word->kind = GATE_WAIT;
        text_copy(word->reason, sizeof word->reason, line[4] == ' ' ? line + 5 : "");
        return 0;
    }
    if (strncmp(line, "SLAVE ", 6) == 0) {
        word->kind = GATE_SLAVE;
        return parse_slave(word, line + 6, err);
    }
    return err_set(err, ERR_PROTOCOL, "\"%.40s\" is none of WAIT, MASTER, SLAVE", line);
}
