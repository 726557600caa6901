/* client: REST to any agent, over libcurl.
 *
 * Every agent answers and carries changes to the leader, so the first that can be
 * talked to will do: one that can't be reached, or answers 503, passes the turn
 * to the next. A changing request carries an Idempotency-Key, so that asking
 * twice is doing once.
 *
 * Life cycle: client_init() ... client_finish(); each answer is the caller's to
 * answer_finish(). Blocks. */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <jansson.h>

#include "base/err.h"
#include "base/limits.h"

enum { CLIENT_URLS = LIMIT_AGENTS, CLIENT_URL_SIZE = 256, CLIENT_TOKEN_SIZE = 512 };

struct client {
    unsigned url_count;
    char urls[CLIENT_URLS][CLIENT_URL_SIZE]; /* "http://...", "https://..." or "unix:PATH" */
    unsigned first;                          /* the one that answered last */
    char token[CLIENT_TOKEN_SIZE];           /* "" is none */
    const char *ca;                          /* a file, or NULL: the system's */
};

struct answer {
    int status;     /* of HTTP; 0: nobody was reached */
    json_t *body;   /* NULL if it is no JSON */
    struct err err; /* with status 0 */
};

/* `urls` is a comma-separated list. ERR_INVALID. Call once in a process. */
int client_init(struct client *client, const char *urls, struct err *err);
void client_finish(struct client *client);

/* Reads the token from a file that nobody else can read. */
int client_token_file(struct client *client, const char *path, struct err *err);

/* `body` is NULL for GET; it stays the caller's. */
void client_ask(struct client *client, const char *method, const char *path, const json_t *body,
                struct answer *answer);
void answer_finish(struct answer *answer);

/* A member of an object as text; "" if there is none of that kind. */
const char *json_text(const json_t *object, const char *name);

#endif
