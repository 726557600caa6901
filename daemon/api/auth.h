/* auth: who asks, and whether their role suffices.
 *
 * Over the unix socket, root and the agent's own user are admin: "socket:UID".
 * Everybody else shows a token (Authorization: Bearer ...); the ledger knows its
 * BLAKE2b-256. Without one, reads may be open to "anonymous" if the configuration
 * says so; a wrong token is refused even then. */
#ifndef DAEMON_API_AUTH_H
#define DAEMON_API_AUTH_H

#include "daemon/api/api.h"

struct auth_who {
    char name[LIMIT_NAME_SIZE];
    enum ledger_role role;
};

/* API_OK, API_UNAUTHORIZED or API_FORBIDDEN with the detail in `result`. Before the ledger has
 * caught up a token that isn't known may be a good one: NO_LEADER. */
enum api_code auth_check(const struct api_request *request, const struct api_view *view,
                         bool anonymous, enum ledger_role needed, struct auth_who *who,
                         struct api_result *result);

/* A new token's text and its hash. */
void auth_make_token(char text[API_TOKEN_SIZE], uint8_t hash[LEDGER_HASH_BYTES]);
void auth_hash(const char *token, uint8_t hash[LEDGER_HASH_BYTES]);

#endif
