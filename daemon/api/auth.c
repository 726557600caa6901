#include "daemon/api/auth.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { AUTH_TOKEN_BYTES = 32 };

static_assert(sizeof "orc_" - 1 +
                      sodium_base64_ENCODED_LEN(AUTH_TOKEN_BYTES,
                                                sodium_base64_VARIANT_URLSAFE_NO_PADDING) <=
                  API_TOKEN_SIZE,
              "a token fits");

static const char *const role_names[] = {
#define X(name, json) [LEDGER_ROLE_##name] = json,
    LEDGER_ROLE_MAP(X)
#undef X
};

void auth_hash(const char *token, uint8_t hash[LEDGER_HASH_BYTES])
{
    crypto_generichash(hash, LEDGER_HASH_BYTES, (const unsigned char *)token, strlen(token), NULL,
                       0);
}

void auth_make_token(char text[API_TOKEN_SIZE], uint8_t hash[LEDGER_HASH_BYTES])
{
    uint8_t bytes[AUTH_TOKEN_BYTES];

    randombytes_buf(bytes, sizeof bytes);
    text_copy(text, API_TOKEN_SIZE, "orc_");
    sodium_bin2base64(text + 4, API_TOKEN_SIZE - 4, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    auth_hash(text, hash);
    sodium_memzero(bytes, sizeof bytes);
}

static bool local_admin(const struct api_request *request, struct auth_who *who)
{
    if (!request->local || (request->uid != 0 && request->uid != geteuid())) {
        return false;
    }
    who->role = LEDGER_ROLE_ADMIN;
    text_format(who->name, sizeof who->name, "socket:%u", (unsigned)request->uid);
    return true;
}

static bool token_holder(const char *authorization, const struct ledger *ledger,
                         struct auth_who *who)
{
    uint8_t hash[LEDGER_HASH_BYTES];
    const struct ledger_token *token;

    if (strncasecmp(authorization, "Bearer ", 7) != 0) {
        return false;
    }
    auth_hash(authorization + 7 + strspn(authorization + 7, " "), hash);
    token = ledger_token_match(ledger, hash);
    if (token == NULL) {
        return false;
    }
    who->role = token->role;
    return text_copy(who->name, sizeof who->name, token->name);
}

static enum api_code refuse(struct api_result *result, enum api_code code, const char *detail,
                            const char *suggestion)
{
    result->code = code;
    text_copy(result->detail, sizeof result->detail, detail);
    text_copy(result->suggestion, sizeof result->suggestion, suggestion);
    return code;
}

enum api_code auth_check(const struct api_request *request, const struct api_view *view,
                         bool anonymous, enum ledger_role needed, struct auth_who *who,
                         struct api_result *result)
{
    char detail[LIMIT_TEXT_SIZE];

    memset(who, 0, sizeof *who);
    if (request->authorization != NULL) {
        if (!token_holder(request->authorization, view->ledger, who)) {
            if (!view->caught_up) {
                return refuse(result, API_NO_LEADER,
                              "this agent hasn't caught up with the others, so it can't judge the "
                              "token yet",
                              "");
            }
            return refuse(
                result, API_UNAUTHORIZED, "the token is not known",
                request->local
                    ? "root and the agent's user need none here: unset ORCHESTRATORCTL_TOKEN"
                    : "orchestratorctl token create NAME --role viewer, on an agent's host");
        }
    } else if (!local_admin(request, who)) {
        if (!anonymous) {
            return refuse(result, API_UNAUTHORIZED, "no token was sent",
                          "send Authorization: Bearer TOKEN, or use the local socket");
        }
        text_copy(who->name, sizeof who->name, "anonymous");
        who->role = LEDGER_ROLE_VIEWER;
    }
    if (who->role < needed) {
        text_format(detail, sizeof detail, "%s is %s; this takes %s", who->name,
                    role_names[who->role], role_names[needed]);
        return refuse(result, API_FORBIDDEN, detail, "");
    }
    return API_OK;
}
