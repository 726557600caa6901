/* speakers: which agent stands behind a number of the cluster.
 *
 * The list of the members says so, and once it is committed it is right: no number is ever
 * given to a second agent. A list that isn't committed may be wrong about a leader or a
 * candidate, who come from a later one. So that they are heard, and that what is said to them
 * arrives, it is kept who spoke under a number last.
 *
 * Names are those of authenticated agents. Plain values, no ownership. */
#ifndef DAEMON_NODE_SPEAKERS_H
#define DAEMON_NODE_SPEAKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "consensus/raft.h"

struct speakers {
    struct {
        uint32_t id;
        char name[LIMIT_NAME_SIZE];
    } last[LIMIT_AGENT_SLOTS];
    uint32_t next; /* whose place is taken by one who wasn't heard yet */
};

/* Whether `name` may say this. It is kept then that it spoke under that number. */
bool speakers_hear(struct speakers *speakers, const struct raft *raft,
                   const struct raft_message *message, const char *name);

/* To whom a message goes: an answer to who asked, all else by the list. "": nobody is known by
 * that number. */
const char *speakers_receiver(const struct speakers *speakers, const struct raft *raft,
                              const struct raft_message *message);

/* Who spoke under that number last, else whom the list names. "": nobody. */
const char *speakers_name(const struct speakers *speakers, const struct raft *raft, uint32_t id);

#endif
