/* roster: the agents that this process knows, each in a place of its own.
 *
 * Everything here that is kept per agent (connections, what it told, the lead's picture)
 * is kept by place: a number from 1 that lasts as long as the agent is known. Raft's
 * numbers are given by the cluster, change when an agent loses its disk, and are
 * missing before it has one; names are the bridge.
 *
 *     free ── roster_follow(): it is in the list ──> member ── it isn't any more ──> leaving
 *     free ── roster_invite() ──> guest                   leaving ── ROSTER_GRACE_MS ──> free
 *
 * Who leaves stays connected for a moment, so that it can hear that it was removed. A guest
 * holds an invitation: its key is known, who it will be isn't.
 *
 * This agent itself is place ROSTER_SELF, member or not. Hooks are told of each change: left()
 * before the place is free, added() and moved() after. They may not call back. Plain values,
 * no ownership. */
#ifndef DAEMON_ROSTER_H
#define DAEMON_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "consensus/members.h"

enum {
    ROSTER_SELF = 1,
    ROSTER_GRACE_MS = 5000,
};

enum roster_state { ROSTER_FREE, ROSTER_MEMBER, ROSTER_LEAVING, ROSTER_GUEST };

struct roster_agent {
    enum roster_state state;
    uint32_t id; /* Raft's; 0: none, or not known */
    enum member_kind kind;
    uint64_t store;
    uint64_t leaves_ms; /* LEAVING: when the place is free */
    char address[LIMIT_ADDRESS_SIZE];
    uint8_t key[MEMBERS_KEY_BYTES];
};

struct roster_hooks {
    void *context;
    void (*added)(void *context, uint32_t place);
    void (*moved)(void *context, uint32_t place); /* another address */
    void (*left)(void *context, uint32_t place);
};

struct roster {
    struct roster_hooks hooks;
    char names[LIMIT_AGENT_SLOTS][LIMIT_NAME_SIZE]; /* [place - 1]; "": free */
    struct roster_agent agents[LIMIT_AGENT_SLOTS];  /* [place - 1] */
};

/* Knows this agent only; nothing is told of it. */
void roster_init(struct roster *roster, const struct roster_hooks *hooks, const char *name,
                 const char *address, const uint8_t key[MEMBERS_KEY_BYTES]);

/* These are the members now. */
void roster_follow(struct roster *roster, const struct members *members, uint64_t now_ms);

/* Expects the holder of an invitation; nothing happens if it is expected already. False
 * without a place. */
bool roster_invite(struct roster *roster, const char *name, const uint8_t key[MEMBERS_KEY_BYTES]);
void roster_forget_guest(struct roster *roster, uint32_t place);

/* Frees the places of those who left long enough ago. */
void roster_expire(struct roster *roster, uint64_t now_ms);

/* 0: nobody. */
uint32_t roster_of_name(const struct roster *roster, const char *name);

/* "" if the place is free, or is none (0). */
const char *roster_name(const struct roster *roster, uint32_t place);

/* NULL for a free place. */
const struct roster_agent *roster_at(const struct roster *roster, uint32_t place);

/* Whether it counts as an agent: a member, and this agent always. */
bool roster_is_agent(const struct roster *roster, uint32_t place);

#endif
