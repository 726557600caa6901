/* invite: an invitation as one line of text, and back.
 *
 * The line is all that a new host needs: a one-time secret key, and the names, addresses and
 * public keys of the agents to go to. Whoever has it may add one agent, so it is a secret. The
 * cluster keeps its public key only (struct ledger_invitation).
 *
 *     "oi1." base64url( secret(32) count(1) { length(1) name length(1) address key(32) } check(4) )
 *
 * Plain values; the caller wipes them (invite_wipe()). */
#ifndef DAEMON_INVITE_H
#define DAEMON_INVITE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "daemon/io/conf.h"
#include "proto/keys.h"

enum {
    INVITE_BYTES_MAX =
        KEYS_BYTES + 5 + LIMIT_AGENTS * (2 + LIMIT_NAME_SIZE + LIMIT_ADDRESS_SIZE + KEYS_BYTES),
    INVITE_LINE_SIZE = 8 + 4 * (INVITE_BYTES_MAX / 3 + 2), /* with the NUL */
};

struct invite {
    struct key_pair keys;
    uint32_t agent_count;
    struct conf_peer agents[LIMIT_AGENTS];
};

/* What the cluster knows the invitation by: '+' and some of its public key. */
void invite_name(char name[LIMIT_NAME_SIZE], const uint8_t key[KEYS_BYTES]);

/* False if the line doesn't fit `size`. */
bool invite_write(const struct invite *invite, char *line, size_t size);

/* White space around the line is ignored. ERR_INVALID: it isn't one, or is damaged. */
int invite_read(struct invite *invite, const char *line, struct err *err);

void invite_wipe(struct invite *invite);

#endif
