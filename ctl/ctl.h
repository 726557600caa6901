/* ctl: what every verb of orchestratorctl is given, and how it ends.
 *
 * main.c reads the command line into a struct ctl and runs the verb of the table
 * in verbs.c. A verb prints to standard output what was asked for; sorrows go to
 * standard error through ctl_fail(). It returns the exit status. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/client.h"
#include "ctl/options.h"

/*      name            status  meaning */
#define CTL_EXIT_MAP(X)                                                                            \
    X(CTL_DONE, 0, "done")                                                                         \
    X(CTL_FAILED, 1, "failed")                                                                     \
    X(CTL_USAGE, 2, "wrong usage")                                                                 \
    X(CTL_REFUSED, 3, "refused: the reason and what would make it possible are printed")           \
    X(CTL_UNREACHABLE, 4, "no leader, or no agent could be reached")                               \
    X(CTL_TIMED_OUT, 5, "timed out while the operation goes on (its id is printed)")               \
    X(CTL_NOT_PERMITTED, 6, "not permitted")

enum ctl_exit {
#define X(name, status, meaning) name = (status),
    CTL_EXIT_MAP(X)
#undef X
};

struct ctl {
    struct client client;
    struct options options;
    bool json;        /* --output json */
    bool interactive; /* a person at a terminal can be asked */
    const struct ctl_verb *verb;
};

struct ctl_verb {
    const char *name;      /* one or two words */
    const char *arguments; /* as the usage line shows them */
    int arguments_min;
    int arguments_max; /* -1: any number */
    uint32_t options;  /* bits of enum option */
    const char *does;
    const char *example;
    enum ctl_exit (*run)(struct ctl *ctl);
};

/* Sorted by name. */
extern const struct ctl_verb ctl_verbs[];
extern const size_t ctl_verb_count;

enum ctl_exit verb_agent_add(struct ctl *ctl);
enum ctl_exit verb_agent_invitations(struct ctl *ctl);
enum ctl_exit verb_agent_invite(struct ctl *ctl);
enum ctl_exit verb_agent_remove(struct ctl *ctl);
enum ctl_exit verb_agent_move(struct ctl *ctl);
enum ctl_exit verb_agent_transfer(struct ctl *ctl);
enum ctl_exit verb_agent_uninvite(struct ctl *ctl);
enum ctl_exit verb_agents(struct ctl *ctl);
enum ctl_exit verb_check(struct ctl *ctl);
enum ctl_exit verb_cluster_create(struct ctl *ctl);
enum ctl_exit verb_cluster_list(struct ctl *ctl);
enum ctl_exit verb_cluster_set(struct ctl *ctl);
enum ctl_exit verb_cluster_show(struct ctl *ctl);
enum ctl_exit verb_config_check(struct ctl *ctl);
enum ctl_exit verb_failover(struct ctl *ctl);
enum ctl_exit verb_history(struct ctl *ctl);
enum ctl_exit verb_keygen(struct ctl *ctl);
enum ctl_exit verb_operation(struct ctl *ctl);
enum ctl_exit verb_operations(struct ctl *ctl);
enum ctl_exit verb_status(struct ctl *ctl);
enum ctl_exit verb_switchover(struct ctl *ctl);
enum ctl_exit verb_token_create(struct ctl *ctl);
enum ctl_exit verb_topology(struct ctl *ctl);
enum ctl_exit verb_why_not(struct ctl *ctl);

/* "orchestratorctl: ..." on standard error; returns `status`. */
enum ctl_exit ctl_fail(enum ctl_exit status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Tells why an answer is none that was hoped for, and the status that goes with it. */
enum ctl_exit ctl_fail_answer(const struct answer *answer);

/* GETs a path. CTL_DONE and the answer (to be finished), or what ctl_fail_answer()
 * said. With --output json the answer has been printed and `*done` is set. */
enum ctl_exit ctl_get(struct ctl *ctl, const char *path, struct answer *answer, bool *done);

/* Sends a change; prints its token if it made one, else `done`. */
enum ctl_exit ctl_change(struct ctl *ctl, const char *method, const char *path, const json_t *body,
                         const char *done);

/* The cluster that the first argument names; without one, the only cluster there
 * is. Written into name[LIMIT_NAME_SIZE]. */
enum ctl_exit ctl_cluster(struct ctl *ctl, char *name);

/* Whether a text may stand in a path as the name of a cluster or a server. */
bool ctl_name_valid(const char *name);

void ctl_print_json(const json_t *value);

#endif
