/* gate_client: what runs before every start of mariadbd, in a process of its own.
 *
 *     orchestratord --gate --config FILE
 *
 * Asks the local agent how the server may boot, saves what a cut would lose, and writes
 * the snippet. It blocks, and always ends: the agent has `word_ms` to know, and an agent
 * that isn't there `agent_ms` to appear. Whatever goes wrong, the server boots read-only
 * and cuts nothing (MASTER); only a snippet that can't be written is a failure. */
#ifndef DAEMON_IO_GATE_CLIENT_H
#define DAEMON_IO_GATE_CLIENT_H

#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"
#include "daemon/io/gate_save.h"
#include "daemon/io/snippet.h"

struct gate_config {
    const char *data_dir; /* the agent's: gate.sock and saved/ are in it */
    const char *datadir;  /* the server's */
    const char *snippet;
    uint32_t word_ms;  /* 30000 */
    uint32_t agent_ms; /* how long to look for an agent that isn't there */
};

struct gate_report {
    enum snippet_role role; /* written */
    struct gate_saved saved;
    char reason[LIMIT_TEXT_SIZE]; /* one sentence for people: why this role */
};

/* 0: the snippet is on disk and `report` says what it holds. ERR_IO: it isn't, and the
 * server must not be started. */
int gate_run(const struct gate_config *config, struct gate_report *report, struct err *err);

#endif
