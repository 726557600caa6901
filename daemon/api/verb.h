/* verb: what the API can be asked to change, and the call that carries it.
 *
 * One table names every changing verb: method, path, the role that it needs. One
 * table in verb.c names the fields of their bodies: type, bounds, place in struct
 * api_call. Reading a request's body, carrying the call to the leader and reading
 * it there are the same code over the same tables, so that they can't differ.
 *
 * A body is a JSON object. Unknown fields are refused, so that a misspelt
 * "dry_run" can't become a real failover.
 *
 * Plain values, no ownership. reference.md sections D and E. */
#ifndef DAEMON_API_VERB_H
#define DAEMON_API_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "proto/keys.h"
#include "topology/ledger.h"

/*      name            json              method   path                               role */
#define VERB_MAP(X)                                                                                \
    X(CLUSTER_CREATE, "cluster-create", "POST", "/v1/clusters", ADMIN)                             \
    X(CLUSTER_SET, "cluster-set", "PATCH", "/v1/clusters/{name}", ADMIN)                           \
    X(SWITCHOVER, "switchover", "POST", "/v1/clusters/{name}/switchover", OPERATOR)                \
    X(FAILOVER, "failover", "POST", "/v1/clusters/{name}/failover", OPERATOR)                      \
    X(TOKEN_CREATE, "token-create", "POST", "/v1/tokens", ADMIN)                                   \
    X(AGENT_ADD, "agent-add", "POST", "/v1/agents", ADMIN)                                         \
    X(AGENT_MOVE, "agent-move", "PATCH", "/v1/agents/{name}", ADMIN)                               \
    X(AGENT_REMOVE, "agent-remove", "DELETE", "/v1/agents/{name}", ADMIN)                          \
    X(AGENT_LEAD, "agent-lead", "POST", "/v1/agents/{name}/lead", OPERATOR)                        \
    X(AGENT_INVITE, "agent-invite", "POST", "/v1/agents/invite", ADMIN)                            \
    X(AGENT_UNINVITE, "agent-uninvite", "DELETE", "/v1/invitations/{name}", ADMIN)                 \
    X(AGENT_JOIN, "agent-join", "", "", ADMIN) /* from an invited agent, never over HTTP */

enum verb {
#define X(name, json, method, path, role) VERB_##name,
    VERB_MAP(X)
#undef X
        VERB_COUNT
};

struct verb_rule {
    const char *name;
    const char *method;
    const char *path;
    enum ledger_role role;
};

enum {
    API_SETTINGS = 16,  /* in one call */
    API_KEY_SIZE = 129, /* of an Idempotency-Key, with the NUL */
};

struct api_call_server {
    char name[LIMIT_NAME_SIZE];
    char address[LIMIT_ADDRESS_SIZE];
};

struct api_call_setting {
    char key[LIMIT_NAME_SIZE];
    char value[LIMIT_NAME_SIZE];
};

/* One changing request, checked. Fields that the verb doesn't have are zero. */
struct api_call {
    enum verb verb;
    char by[LIMIT_NAME_SIZE];      /* the token's name, or "socket:UID" */
    char from[LIMIT_ADDRESS_SIZE]; /* the caller's address, or "unix" */
    char key[API_KEY_SIZE];        /* Idempotency-Key; "" is none */
    char cluster[LIMIT_NAME_SIZE]; /* or AGENT_...: the agent, the invitation */

    /* SWITCHOVER, FAILOVER. 0 and "" leave it to the settings and the ranking. */
    bool dry_run;
    char to[LIMIT_NAME_SIZE];
    uint64_t deadline_ms;
    uint64_t max_lag_ms;
    uint64_t max_write_gap_ms;
    bool old_primary_is_dead;
    bool allow_data_loss;

    /* CLUSTER_CREATE; the settings also of CLUSTER_SET. */
    char primary[LIMIT_NAME_SIZE]; /* "" is the first server */
    uint32_t server_count;
    struct api_call_server servers[LIMIT_SERVERS];
    uint32_t setting_count;
    struct api_call_setting settings[API_SETTINGS];

    /* TOKEN_CREATE. The token's text never leaves the agent that was asked. */
    char token_name[LIMIT_NAME_SIZE];
    enum ledger_role token_role;
    uint8_t token_hash[LEDGER_HASH_BYTES];

    /* AGENT_ADD, AGENT_JOIN; AGENT_INVITE has `learner` and for_ms. */
    char agent_name[LIMIT_NAME_SIZE];
    char agent_address[LIMIT_ADDRESS_SIZE];
    uint8_t agent_key[KEYS_BYTES]; /* public */
    bool learner;                  /* never votes; else it does once it has caught up */
    uint64_t agent_store;
    uint64_t for_ms; /* how long the invitation holds; 0: AGENT_INVITE_MS */
};

const struct verb_rule *verb_rule(enum verb verb);

/* The verb of that name; false if there is none. */
bool verb_find(const char *name, enum verb *verb);

/* Reads a body into the fields of call->verb; an empty body has no fields.
 * call->cluster is the caller's to set first, from the path, where the path has
 * it. ERR_INVALID says which field, what was found and what is accepted. */
int verb_read(struct api_call *call, const uint8_t *body, size_t length, struct err *err);

/* The call as JSON text, and back, for the way to the leader. decode: ERR_PROTOCOL
 * for text that is no call. */
void api_call_encode(const struct api_call *call, struct buf *buf);
int api_call_decode(struct api_call *call, const uint8_t *bytes, size_t length, struct err *err);

/* Whether `text` may name a cluster, server or token: letters, digits, '-', '_'
 * and '.', not first a '-' or '.', shorter than LIMIT_NAME_SIZE. */
bool verb_name_valid(const char *text);

#endif
