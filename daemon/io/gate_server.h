/* gate_server: the agent's side of the gate: DATA_DIR/gate.sock.
 *
 * Every gate that connects is told what `ask` answers: at once, and again whenever
 * gate_server_poke() is called and the answer is another. It decides nothing.
 *
 * Ownership: the server is its own; strings of the configuration are copied. */
#ifndef DAEMON_IO_GATE_SERVER_H
#define DAEMON_IO_GATE_SERVER_H

#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "daemon/io/gate_word.h"

struct gate_server;

struct gate_server_config {
    uv_loop_t *loop;
    const char *data_dir;
    void *context;
    /* Fills the empty `word` (WAIT with a reason while nothing is known). */
    void (*ask)(void *context, struct gate_word *word);
    /* A gate has done its work; so many transactions were saved. NULL: not wanted. */
    void (*saved)(void *context, uint64_t transactions);
};

/* Listens; only the agent's own user and root may connect. ERR_IO, ERR_INVALID (the path is
 * too long for a socket), ERR_NOMEM. A socket that is left from before is replaced: the
 * directory is ours alone (daemon/io/disk.h locks it). */
int gate_server_open(struct gate_server **server, const struct gate_server_config *config,
                     struct err *err);

/* The word may have changed. */
void gate_server_poke(struct gate_server *server);

/* Hangs up on everybody, removes the socket, frees the server before `cb`. */
void gate_server_close(struct gate_server *server, void (*cb)(void *context), void *context);

#endif
