#include "tests/sim/sim_state.h"

#include <assert.h>
#include <string.h>

uint64_t sim_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9fb21c651e98df25u;
    return hash ^ (hash >> 29);
}

uint64_t sim_mix_bytes(uint64_t hash, const uint8_t *bytes, size_t length)
{
    uint64_t word = 0;

    hash = sim_mix(hash, length);
    for (; length >= 8; bytes += 8, length -= 8) {
        hash = sim_mix(hash, bytes_u64(bytes));
    }
    for (size_t i = 0; i < length; i++) {
        word = word << 8 | bytes[i];
    }
    return sim_mix(hash, word);
}

void sim_state_init(struct sim_state *state)
{
    *state = (struct sim_state){.epoch = 1, .holder = 1};
}

void sim_state_apply(struct sim_state *state, uint64_t index, const uint8_t *bytes, size_t length)
{
    struct sim_command command;

    assert(length >= sizeof(command));
    assert(index > state->applied);
    memcpy(&command, bytes, sizeof(command));
    state->hash = sim_mix_bytes(sim_mix(state->hash, index), bytes, length);
    state->applied = index;
    if (command.kind == SIM_COMMAND_REVOKE && command.epoch == state->epoch) {
        state->revoking = 1;
    }
    if (command.kind == SIM_COMMAND_HOLD && command.epoch == state->epoch && state->revoking) {
        state->epoch++;
        state->holder = command.holder;
        state->revoking = 0;
    }
}

void sim_state_encode(const struct sim_state *state, size_t filler, struct buf *out)
{
    uint8_t *bytes;

    buf_append(out, state, sizeof(*state));
    bytes = buf_extend(out, filler);
    for (size_t i = 0; bytes != NULL && i < filler; i++) {
        bytes[i] = (uint8_t)(state->hash >> (i % 8 * 8)) ^ (uint8_t)i;
    }
}

bool sim_state_decode(struct sim_state *state, const uint8_t *bytes, size_t length)
{
    if (length < sizeof(*state)) {
        return false;
    }
    memcpy(state, bytes, sizeof(*state));
    for (size_t i = sizeof(*state); i < length; i++) {
        size_t at = i - sizeof(*state);

        if (bytes[i] != ((uint8_t)(state->hash >> (at % 8 * 8)) ^ (uint8_t)at)) {
            return false;
        }
    }
    return true;
}
