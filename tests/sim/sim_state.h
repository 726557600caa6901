/* sim_state: the state machine that the log drives: a running hash of all that was applied,
 * and who holds the lease of which epoch (one service, one holder). */
#ifndef TESTS_SIM_SIM_STATE_H
#define TESTS_SIM_SIM_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum sim_command_kind {
    SIM_COMMAND_WRITE,  /* nothing but bytes */
    SIM_COMMAND_REVOKE, /* nobody renews the lease of this epoch any more */
    SIM_COMMAND_HOLD,   /* the next epoch begins, with this holder */
};

/* At the head of each command; filler follows. */
struct sim_command {
    uint64_t proposal; /* its number */
    uint64_t kind;
    uint64_t epoch;  /* that it is about */
    uint64_t holder; /* machine */
};

struct sim_state {
    uint64_t hash;
    uint64_t applied;
    uint64_t epoch;
    uint64_t holder; /* machine */
    uint64_t revoking;
};

void sim_state_init(struct sim_state *state);

void sim_state_apply(struct sim_state *state, uint64_t index, const uint8_t *bytes, size_t length);

/* `filler`: more bytes, that depend on the state. */
void sim_state_encode(const struct sim_state *state, size_t filler, struct buf *out);

/* False if these are not the bytes of a state. */
bool sim_state_decode(struct sim_state *state, const uint8_t *bytes, size_t length);

/* A fast hash, of no other merit. */
uint64_t sim_mix(uint64_t hash, uint64_t value);
uint64_t sim_mix_bytes(uint64_t hash, const uint8_t *bytes, size_t length);

#endif
