/* ledger: the replicated state, and the only way that it changes.
 *
 * Raft carries commands (proto/command.proto); ledger_apply() takes them in log
 * order on every agent and is deterministic: no clock, no randomness, nothing
 * from outside. Times in it are for people: the leader's wall clock, written
 * into the command. A command that doesn't fit the state is refused, the same
 * way everywhere, and changes nothing; its proposer reads the refusal.
 *
 * The ledger holds clusters, their servers and settings, the epoch (which names
 * exactly one primary), the operation in progress with its steps and proofs, the
 * operations before it, tokens and open invitations of agents. Everything else (what servers look
 * like now) is the model's and is never stored.
 *
 * Life cycle: ledger_init() ... ledger_finish(). It is one flat struct of a few
 * MiB, made to be embedded in something on the heap. Snapshots:
 * ledger_encode() / ledger_decode() (proto/command.proto, message Ledger). */
#ifndef TOPOLOGY_LEDGER_H
#define TOPOLOGY_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "proto/keys.h"
#include "topology/gtid.h"
#include "topology/operation.h"

/* Commands that this version knows. The ledger's own level says which of them may be in the log:
 * it is raised, by a command, once every agent has said that it knows them.
 *     1  clusters, operations, tokens      2  invitations */
enum { LEDGER_FEATURE_LEVEL = 2, LEDGER_FEATURE_INVITATIONS = 2 };

/* Settings of a cluster: name, type, default. reference.md section E.
 *      field               key                    kind   default  minimum maximum  choices */
#define LEDGER_SETTING_MAP(X)                                                                      \
    X(automation, "automation", CHOICE, 0, 0, 1, "observe|on")                                     \
    X(durability, "durability", CHOICE, 0, 0, 1, "lossless|async")                                 \
    X(fencing, "fencing", CHOICE, 0, 0, 1, "required|best-effort")                                 \
    X(profile, "profile", CHOICE, 1, 0, 2, "fast|default|relaxed")                                 \
    X(drain_timeout_s, "drain_timeout_s", NUMBER, 60, 1, 86400, "")                                \
    X(on_drain_timeout, "on_drain_timeout", CHOICE, 0, 0, 1, "wait|refuse")                        \
    X(max_write_gap_ms, "max_write_gap_ms", NUMBER, 2000, 100, 600000, "")                         \
    X(max_lag_s, "max_lag_s", NUMBER, 10, 0, 86400, "")                                            \
    X(failovers_per_hour, "failovers_per_hour", NUMBER, 3, 1, 1000, "")                            \
    X(repair_retry_s, "repair_retry_s", NUMBER, 30, 1, 86400, "")

/* By so much a recovery raises each epoch: past all that the lost agents may have given. */
enum { LEDGER_RECOVERY_EPOCHS = 1000000 };

enum { LEDGER_AUTOMATION_OBSERVE, LEDGER_AUTOMATION_ON };
enum { LEDGER_DURABILITY_LOSSLESS, LEDGER_DURABILITY_ASYNC };
enum { LEDGER_DRAIN_WAIT, LEDGER_DRAIN_REFUSE };
enum { LEDGER_FENCING_REQUIRED, LEDGER_FENCING_BEST_EFFORT };

struct ledger_settings {
#define X(field, key, kind, fallback, minimum, maximum, choices) uint64_t field;
    LEDGER_SETTING_MAP(X)
#undef X
};

/* Timings of a profile, ms: safety.md section 2. */
struct ledger_profile {
    const char *name;
    uint32_t heartbeat_ms;
    uint32_t election_min_ms;
    uint32_t election_max_ms;
    uint32_t lease_ms;
    uint32_t hang_ms;
};

struct ledger_server {
    char name[LIMIT_NAME_SIZE];
    char address[LIMIT_ADDRESS_SIZE];
    char agent[LIMIT_NAME_SIZE]; /* whose guard it has; "" is unguarded */
    uint32_t priority;           /* 0..1000, 100 by default */
    bool never_promote;
    bool acker;      /* may acknowledge semi-synchronously */
    bool ex_primary; /* was primary, and hasn't been attached since */
};

struct ledger_cluster {
    char name[LIMIT_NAME_SIZE];
    uint64_t epoch;                /* names exactly one primary */
    char primary[LIMIT_NAME_SIZE]; /* the server that `epoch` names */
    uint64_t opened_epoch;     /* the epoch whose primary was made writable (promoted); 0: none */
    struct gtid_position base; /* what it must hold to be opened; then, what it held when it was */
    bool armed;                /* opened under a lease, and not released since */
    uint64_t lease_wait_ms;    /* a longer lease of before may still run; 0: the profile's */
    uint64_t created_ms;       /* wall clock, for people */
    struct ledger_settings settings;
    uint32_t server_count;
    struct ledger_server servers[LIMIT_SERVERS];
    struct operation operation; /* in progress if operation.id != 0 */
    uint32_t past_count;        /* ended ones, newest first */
    struct operation past[LIMIT_OPERATIONS];
};

/*      name      json      may */
#define LEDGER_ROLE_MAP(X)                                                                         \
    X(VIEWER, "viewer")                                                                            \
    X(OPERATOR, "operator")                                                                        \
    X(ADMIN, "admin")

enum ledger_role {
#define X(name, json) LEDGER_ROLE_##name,
    LEDGER_ROLE_MAP(X)
#undef X
};

enum { LEDGER_TOKENS = 64, LEDGER_HASH_BYTES = 32 };

struct ledger_token {
    char name[LIMIT_NAME_SIZE];
    enum ledger_role role;
    uint8_t hash[LEDGER_HASH_BYTES]; /* BLAKE2b-256 of the token's text */
    uint64_t created_ms;
};

struct ledger_invitation {
    char name[LIMIT_NAME_SIZE]; /* begins with '+', as no agent's does */
    uint8_t key[KEYS_BYTES];    /* public; the secret one is the invitation */
    bool voter;
    uint64_t expires_ms; /* wall clock: what the leader and commands compare with their own */
    bool used;
    uint8_t used_by[KEYS_BYTES]; /* then: the public key of the agent that came */
};

struct ledger {
    uint32_t knows; /* LEDGER_FEATURE_LEVEL, less in tests; not replicated */
    uint32_t feature_level;
    uint64_t index;           /* of the last entry that was applied */
    uint64_t term;            /* of that entry */
    uint64_t operations_ever; /* ids are given from here, never twice */
    uint32_t cluster_count;
    struct ledger_cluster clusters[LIMIT_CLUSTERS];
    uint32_t token_count;
    struct ledger_token tokens[LEDGER_TOKENS];
    uint32_t invitation_count;
    struct ledger_invitation invitations[LIMIT_INVITATIONS];
};

void ledger_init(struct ledger *ledger);

/* Applies the entry `bytes` (an encoded Command; empty is a no-op) of (index,
 * term). 0, or the refusal (ERR_INVALID, ERR_NOTFOUND, ERR_EXISTS, ERR_BUSY,
 * ERR_STALE, ERR_LIMIT, ERR_REFUSED) with its story; index and term advance
 * either way. `index` must be past ledger->index. ERR_PROTOCOL: a command that
 * this version doesn't know; the agent must stop taking part, and the ledger stays at the
 * entry before. */
int ledger_apply(struct ledger *ledger, uint64_t index, uint64_t term, const uint8_t *bytes,
                 size_t length, struct err *err);

/* What the last agent makes of it that goes on alone (daemon/recover.h), in the place of the entry
 * (index, term): nothing is armed or automatic any more, what was under way is ended, and epochs
 * are past all that the lost agents may have given. `at_ms`: the wall clock, for people. */
void ledger_recover(struct ledger *ledger, uint64_t index, uint64_t term, uint64_t at_ms);

/* The whole ledger as bytes, and back. decode leaves `ledger` untouched on ERR_CORRUPT, and
 * on ERR_PROTOCOL: one of a newer version. */
void ledger_encode(const struct ledger *ledger, struct buf *buf);
int ledger_decode(struct ledger *ledger, const uint8_t *bytes, size_t length, struct err *err);

/* NULL when there is none of that name. */
const struct ledger_cluster *ledger_cluster_find(const struct ledger *ledger, const char *name);
const struct ledger_server *ledger_server_find(const struct ledger_cluster *cluster,
                                               const char *name);
/* Over all clusters; server names are unique in the ledger. */
const struct ledger_server *ledger_server_anywhere(const struct ledger *ledger, const char *name,
                                                   const struct ledger_cluster **cluster);
const struct ledger_token *ledger_token_match(const struct ledger *ledger,
                                              const uint8_t hash[LEDGER_HASH_BYTES]);

/* NULL when there is none. */
const struct ledger_invitation *ledger_invitation_find(const struct ledger *ledger,
                                                       const char *name);

/* The running or an ended operation; NULL if it is unknown or forgotten. */
const struct operation *ledger_operation_find(const struct ledger *ledger, uint64_t id);

bool ledger_operation_running(const struct ledger_cluster *cluster);

/* Whether the ledger itself says that nobody may renew the lease of the
 * cluster's named primary: an operation has begun to revoke it. */
bool ledger_revoking(const struct ledger_cluster *cluster);

/* How long a lease granted in this epoch may run: the longest of its profiles (safety.md
 * section 2, "Profiles": who waits takes the larger value). */
uint64_t ledger_lease_wait_ms(const struct ledger_cluster *cluster);

const struct ledger_profile *ledger_profile(const struct ledger_cluster *cluster);
const struct ledger_profile *ledger_profile_named(const char *name);

/* Settings as text. check and set: ERR_INVALID says what is accepted. `number` counts
 * choices from 0. */
int ledger_setting_check(const char *key, const char *value, uint64_t *number, struct err *err);
int ledger_setting_set(struct ledger_settings *settings, const char *key, const char *value,
                       struct err *err);
void ledger_settings_default(struct ledger_settings *settings);
size_t ledger_setting_count(void);
const char *ledger_setting_key(size_t number);
bool ledger_setting_text(const struct ledger_settings *settings, const char *key, char *text,
                         size_t size);

#endif
