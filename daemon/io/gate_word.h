/* gate_word: what agent and gate say to each other, one line each way.
 *
 *     agent to gate    WAIT REASON            not known yet; another line follows
 *                      MASTER                 boot without cutting anything
 *                      SLAVE BASE EPOCH       cut the tail, after saving what is beyond the base
 *     gate to agent    SAVED TRANSACTIONS     what was saved, 0 included
 *
 * BASE is a binlog state or a position ("0-1-7,0-2-9"), "-" if it is empty. */
#ifndef DAEMON_IO_GATE_WORD_H
#define DAEMON_IO_GATE_WORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "topology/gtid.h"

enum gate_kind { GATE_WAIT, GATE_MASTER, GATE_SLAVE };

struct gate_word {
    enum gate_kind kind;
    char reason[LIMIT_TEXT_SIZE]; /* WAIT */
    struct gtid_state base;       /* SLAVE */
    uint64_t epoch;
};

enum { GATE_LINE_BYTES = LIMIT_GTID_TEXT_SIZE + LIMIT_TEXT_SIZE };

/* With its newline; always fits into GATE_LINE_BYTES. */
void gate_word_format(const struct gate_word *word, char *line, size_t size);

/* Without its newline. ERR_PROTOCOL. */
int gate_word_parse(struct gate_word *word, const char *line, struct err *err);

#endif
