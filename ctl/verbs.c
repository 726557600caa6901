#include "ctl/ctl.h"

#define ACT                                                                                        \
    (OPTION_BIT(TO) | OPTION_BIT(DRY_RUN) | OPTION_BIT(YES) | OPTION_BIT(NO_WAIT) |                \
     OPTION_BIT(TIMEOUT))

const struct ctl_verb ctl_verbs[] = {
    {"agent add", "NAME IP:PORT KEY", 3, 3, OPTION_BIT(LEARNER),
     "Adds an agent to the running ones. It votes as soon as it has caught up. KEY is the public\n"
     "key that `keygen` printed on its host; start it there with --join peers.",
     "orchestratorctl agent add a4 10.0.0.4:7300 $(ssh db4 orchestratorctl keygen --out a4.key)",
     verb_agent_add},
    {"agent invitations", "", 0, 0, 0,
     "Lists the open invitations: until when, and whether an agent came with it. Never the lines.",
     "orchestratorctl agent invitations", verb_agent_invitations},
    {"agent invite", "", 0, 0, OPTION_BIT(VOTER) | OPTION_BIT(GUARD) | OPTION_BIT(FOR),
     "Prints one line that lets one new agent in, once, until it expires. It is a secret. On the\n"
     "new host: orchestratord --config FILE --join - reads it from standard input.",
     "orchestratorctl agent invite --for 10m | ssh db4 orchestratord --config a4.conf --join -",
     verb_agent_invite},
    {"agent move", "NAME IP:PORT", 2, 2, 0,
     "Tells the others where an agent listens from now on. Change `listen` in its own\n"
     "configuration, too, and start it again, before or after this.",
     "orchestratorctl agent move a4 10.0.0.14:7300", verb_agent_move},
    {"agent remove", "NAME", 1, 1, 0,
     "Removes an agent. Refused for the last voter, for one without which less than a majority\n"
     "would be in contact, and for the agent of a cluster's primary: switch over first.",
     "orchestratorctl agent remove a4", verb_agent_remove},
    {"agent transfer-leadership", "[NAME]", 0, 1, 0,
     "Lets another agent lead, and waits until it does. Without a name: the voter that has the\n"
     "most of the log.",
     "orchestratorctl agent transfer-leadership a2", verb_agent_transfer},
    {"agent uninvite", "INVITATION", 1, 1, 0,
     "Takes an invitation back: its line lets nobody in any more. An agent that came with it "
     "stays.",
     "orchestratorctl agent uninvite +1863c9a14e2885e6", verb_agent_uninvite},
    {"agents", "", 0, 0, 0, "Lists the agents: who leads, how far each one's log is.",
     "orchestratorctl agents", verb_agents},
    {"check", "[CLUSTER]", 0, 1, 0,
     "Says what would happen if the primary died now. Who would be promoted, and what each other\n"
     "server lacks. Exit status 3 if nobody could be.",
     "orchestratorctl check main", verb_check},
    {"cluster create", "NAME SERVER=IP:PORT...", 2, -1,
     OPTION_BIT(PRIMARY) | OPTION_BIT(AUTOMATION) | OPTION_BIT(DURABILITY) | OPTION_BIT(SET),
     "Takes servers that replicate already into the ledger as one cluster. It starts by watching\n"
     "only (automation=observe): nothing is changed on them before `cluster set NAME "
     "automation=on`.",
     "orchestratorctl cluster create main db1=10.0.0.1:3306 db2=10.0.0.2:3306 --primary db1",
     verb_cluster_create},
    {"cluster list", "", 0, 0, 0, "Lists the clusters: state, primary, epoch.",
     "orchestratorctl cluster list", verb_cluster_list},
    {"cluster set", "NAME KEY=VALUE...", 2, -1, 0, "Changes settings of a cluster.",
     "orchestratorctl cluster set main automation=on drain_timeout_s=120", verb_cluster_set},
    {"cluster show", "[NAME]", 0, 1, 0, "Shows a cluster: servers, settings with their defaults.",
     "orchestratorctl cluster show main", verb_cluster_show},
    {"config check", "FILE", 1, 1, 0,
     "Checks an agent's configuration. Prints every problem with its line and what is accepted.",
     "orchestratorctl config check /etc/orchestratord/orchestratord.conf", verb_config_check},
    {"failover", "[CLUSTER]", 0, 1,
     ACT | OPTION_BIT(OLD_PRIMARY_IS_DEAD) | OPTION_BIT(ALLOW_DATA_LOSS),
     "Promotes another server because the primary is lost. Refused while the primary is healthy:\n"
     "then `switchover` is what you want. Shows the plan and asks, on a terminal.",
     "orchestratorctl failover main --dry-run", verb_failover},
    {"history", "[CLUSTER]", 0, 1, 0,
     "Tells what was done to a cluster, the newest first. Without a name: to all.",
     "orchestratorctl history main", verb_history},
    {"keygen", "", 0, 0, OPTION_BIT(OUT),
     "Makes an agent's key pair. The secret key goes into a new file (mode 0600), the public key,\n"
     "for the other agents' [peers], to standard output.",
     "orchestratorctl keygen --out /etc/orchestratord/a1.key", verb_keygen},
    {"operation", "ID", 1, 1, OPTION_BIT(FOLLOW) | OPTION_BIT(TIMEOUT),
     "Shows one operation: its steps, its proofs, how it ended.",
     "orchestratorctl operation 12 --follow", verb_operation},
    {"operations", "", 0, 0, OPTION_BIT(CLUSTER), "Lists operations, the newest first.",
     "orchestratorctl operations --cluster main", verb_operations},
    {"status", "", 0, 0, 0,
     "Shows everything on one screen: agents, clusters, primaries, problems and what to do.",
     "orchestratorctl status", verb_status},
    {"switchover", "[CLUSTER]", 0, 1, ACT | OPTION_BIT(DEADLINE) | OPTION_BIT(MAX_LAG),
     "Makes another server the primary on purpose. Nothing is lost: the primary stops writing, "
     "the\n"
     "candidate catches up, then it is promoted. Shows the plan and asks, on a terminal.",
     "orchestratorctl switchover main --to db2", verb_switchover},
    {"token create", "NAME", 1, 1, OPTION_BIT(ROLE),
     "Makes a token for the API and prints it, this once. Only its hash is kept. The first one\n"
     "is made over the local socket.",
     "orchestratorctl token create grafana --role viewer", verb_token_create},
    {"topology", "[CLUSTER]", 0, 1, 0,
     "Draws the replication tree: role, lag, position, semi-sync, guard.",
     "orchestratorctl topology main", verb_topology},
    {"why-not", "SERVER", 1, 1, 0, "Says why a server can't be promoted, or that it can.",
     "orchestratorctl why-not db3", verb_why_not},
};

const size_t ctl_verb_count = sizeof ctl_verbs / sizeof ctl_verbs[0];
