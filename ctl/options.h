/* options: the command line after the verb.
 *
 * Options may stand anywhere, "--name value" or "--name=value"; "--" ends them.
 * Which verb takes which is said in the verbs' table. */
#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*      name                 option                 value       help */
#define OPTION_MAP(X)                                                                              \
    X(API, "api", "URL[,URL...]", "agents to ask; else ORCHESTRATORCTL_API, else the socket")      \
    X(SOCKET, "socket", "PATH", "ask the local agent here (/run/orchestratord/api.sock)")          \
    X(TOKEN_FILE, "token-file", "FILE", "the token; else ORCHESTRATORCTL_TOKEN")                   \
    X(CA, "ca", "FILE", "certificates to trust with https")                                        \
    X(OUTPUT, "output", "text|json", "for people, or for programs")                                \
    X(HELP, "help", "", "this text")                                                               \
    X(TO, "to", "SERVER", "the server to promote; else the best one")                              \
    X(DRY_RUN, "dry-run", "", "show the plan, do nothing")                                         \
    X(DEADLINE, "deadline", "TIME", "give up and undo after this time (10s)")                      \
    X(MAX_LAG, "max-lag", "TIME", "refuse a candidate that lags more (10s)")                       \
    X(OLD_PRIMARY_IS_DEAD, "old-primary-is-dead", "",                                              \
      "you made sure yourself that it can't write; recorded with your name")                       \
    X(ALLOW_DATA_LOSS, "allow-data-loss", "", "go on without a proof that nothing is lost")        \
    X(YES, "yes", "", "don't ask")                                                                 \
    X(NO_WAIT, "no-wait", "", "print the operation's id and leave")                                \
    X(TIMEOUT, "timeout", "TIME", "how long to wait for the operation (60s)")                      \
    X(FOLLOW, "follow", "", "print steps as they end, until the operation has ended")              \
    X(CLUSTER, "cluster", "CLUSTER", "of this cluster only")                                       \
    X(PRIMARY, "primary", "SERVER", "the server that is primary now; else the first one")          \
    X(AUTOMATION, "automation", "on|observe", "act, or only say what it would do (observe)")       \
    X(DURABILITY, "durability", "lossless|async", "what an acknowledged write is worth")           \
    X(SET, "set", "KEY=VALUE", "another setting; may be repeated")                                 \
    X(OUT, "out", "FILE", "where the secret key goes; must not exist")                             \
    X(ROLE, "role", "viewer|operator|admin", "what the token may do")                              \
    X(LEARNER, "learner", "", "it gets the log and never votes")                                   \
    X(VOTER, "voter", "", "it votes once it has caught up (so it is without this, too)")           \
    X(GUARD, "guard", "", "it guards its server and never votes")                                  \
    X(FOR, "for", "TIME", "how long it holds (1h)")

enum option {
#define X(name, option, value, help) OPTION_##name,
    OPTION_MAP(X)
#undef X
        OPTION_COUNT
};

#define OPTION_BIT(name) (1U << OPTION_##name)
#define OPTIONS_EVERYWHERE                                                                         \
    (OPTION_BIT(API) | OPTION_BIT(SOCKET) | OPTION_BIT(TOKEN_FILE) | OPTION_BIT(CA) |              \
     OPTION_BIT(OUTPUT) | OPTION_BIT(HELP))

enum { OPTIONS_WORDS = 64 };

struct options {
    unsigned given_count;
    struct {
        enum option option;
        const char *value; /* "" of a flag */
    } given[OPTIONS_WORDS];
    int argument_count;
    const char *arguments[OPTIONS_WORDS];
};

/* Sorts the words into options and arguments; borrows them. ERR_INVALID for an
 * option that nobody knows, one without its value, or too many words. */
int options_read(struct options *options, int word_count, char **words, struct err *err);

/* The first that is given and not among `allowed`; OPTION_COUNT if there is none. */
enum option options_stray(const struct options *options, uint32_t allowed);

/* The value given last, or NULL. */
const char *option_text(const struct options *options, enum option option);
bool option_given(const struct options *options, enum option option);

/* "250ms", "5s", "30m", "2h"; `fallback` if it isn't given. ERR_INVALID. */
int option_duration(const struct options *options, enum option option, uint64_t fallback_ms,
                    uint64_t *ms, struct err *err);

const char *option_name(enum option option);
const char *option_value(enum option option);
const char *option_help(enum option option);

#endif
