/* ledger_apply: what the files that apply commands share (ledger.h is for everybody
 * else). ledger_apply.c holds clusters, tokens and the table of commands,
 * ledger_operation.c what concerns operations, ledger_agent.c what concerns agents. */
#ifndef TOPOLOGY_LEDGER_APPLY_H
#define TOPOLOGY_LEDGER_APPLY_H

#include "topology/ledger_codec.h"

struct ledger_apply {
    struct ledger *ledger;
    const Command__Command *command;
    struct arena *arena;
    struct err *err;
};

struct ledger_cluster *ledger_apply_cluster(struct ledger *ledger, const char *name);
struct ledger_server *ledger_apply_server(struct ledger_cluster *cluster, const char *name);
int ledger_apply_no_cluster(const struct ledger_apply *apply, const char *name);

int ledger_apply_declare(const struct ledger_apply *apply);
int ledger_apply_step_result(const struct ledger_apply *apply);
int ledger_apply_choose(const struct ledger_apply *apply);
int ledger_apply_abort(const struct ledger_apply *apply);

int ledger_apply_feature_level(const struct ledger_apply *apply);
int ledger_apply_invite(const struct ledger_apply *apply);
int ledger_apply_invitation_use(const struct ledger_apply *apply);
int ledger_apply_invitation_forget(const struct ledger_apply *apply);

#endif
