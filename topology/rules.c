#include "topology/rules.h"

#include "topology/facts.h"

/* "F(A) F(B)" reads as a list; `0 F(A)` is a constant. */
#define F(name) | FACT_BIT(name)

static const struct rule cluster_rules[] = {
    {
        .name = "primary-stopped",
        .when = 0 F(PRIMARY_STOPPED),
        .code = PROBLEM_PRIMARY_DEAD,
        .primary = ANALYSIS_PRIMARY_DEAD,
        .since = RULE_SINCE_OBSERVED,
        .sentence =
            "{primary} is dead: its guard on {agent} says that the process is gone. {last}{next}",
        .suggestion = "{failover}",
        .would = "promote {candidate}",
    },
    {
        .name = "primary-silent",
        .when = 0 F(PRIMARY_SILENT) F(PRIMARY_PROBE_FAILS),
        .code = PROBLEM_PRIMARY_HUNG,
        .primary = ANALYSIS_PRIMARY_HUNG,
        .since = RULE_SINCE_OBSERVED,
        .sentence = "{primary} has hung{since}: its process is there and answers neither its guard "
                    "nor us. {next}",
        .suggestion = "{failover}",
        .would = "promote {candidate}",
    },
    {
        .name = "primary-gone",
        .when = 0 F(PRIMARY_PROBE_FAILS_LONG),
        .unless = 0 F(PRIMARY_UP) F(PRIMARY_GUARD_TALKS) F(PRIMARY_REPLICATED),
        .code = PROBLEM_PRIMARY_HOST_LOST,
        .primary = ANALYSIS_PRIMARY_HOST_LOST,
        .since = RULE_SINCE_FAILING,
        .sentence = "{primary} and its host haven't been reached{since} ({error}), and no replica "
                    "receives from it. {next}",
        .suggestion = "{failover}",
        .would = "promote {candidate}",
    },
    {
        .name = "primary-seen-by-its-guard",
        .when = 0 F(PRIMARY_PROBE_FAILS_LONG) F(PRIMARY_ANSWERS_GUARD),
        .code = PROBLEM_PRIMARY_UNREACHABLE_BUT_REPLICATING,
        .primary = ANALYSIS_PRIMARY_UNREACHABLE,
        .since = RULE_SINCE_FAILING,
        .sentence = "{primary} hasn't been reached from here{since} ({error}), but it answers its "
                    "guard on {agent}. Nothing is done: look at the network and at the account.",
        .suggestion = "orchestratorctl topology {cluster}",
        .would = "",
    },
    {
        .name = "primary-seen-by-replicas",
        .when = 0 F(PRIMARY_PROBE_FAILS_LONG) F(PRIMARY_REPLICATED),
        .unless = 0 F(PRIMARY_GUARD_TALKS),
        .code = PROBLEM_PRIMARY_UNREACHABLE_BUT_REPLICATING,
        .primary = ANALYSIS_PRIMARY_UNREACHABLE,
        .since = RULE_SINCE_FAILING,
        .sentence = "{primary} and its guard haven't been reached from here{since} ({error}), but "
                    "replicas receive from it. Nothing is done while they do.",
        .suggestion = "orchestratorctl topology {cluster}",
        .would = "",
    },
    {
        .name = "primary-lost-data",
        .when = 0 F(PRIMARY_READ_ONLY) F(PRIMARY_BEHIND),
        .unless = 0 F(OPERATION_RUNS),
        .code = PROBLEM_PRIMARY_READ_ONLY,
        .sentence = "{primary} is up, but lacks transactions that replicas have received "
                    "({missing}): it counts as lost and stays read-only. {next}",
        .suggestion = "{failover}",
        .would = "promote {candidate}",
    },
    {
        .name = "primary-fenced",
        .when = 0 F(PRIMARY_READ_ONLY) F(PRIMARY_FENCED) F(OPENED),
        .unless = 0 F(OPERATION_RUNS),
        .code = PROBLEM_PRIMARY_READ_ONLY,
        .sentence = "{primary} takes no writes: its guard on {agent} had no lease and fenced it. "
                    "The guard lifts that by itself once its lease is renewed.",
        .suggestion = "orchestratorctl agents",
        .would = "",
    },
    {
        .name = "primary-read-only",
        .when = 0 F(PRIMARY_READ_ONLY),
        .unless = 0 F(OPERATION_RUNS),
        .code = PROBLEM_PRIMARY_READ_ONLY,
        .sentence = "{primary} is up and takes no writes: it is read-only, as after a start. "
                    "{repair}",
        .suggestion = "{repair_by}",
        .would = "open {primary} for writes",
    },
    {
        .name = "two-writers",
        .when = 0 F(PRIMARY_WRITABLE) F(OTHER_WRITABLE),
        .code = PROBLEM_SPLIT_BRAIN,
        .whole_cluster = true,
        .sentence = "{primary} is the primary of {cluster}, and another server takes writes as "
                    "well (see REPLICA_WRITABLE). What is written there isn't replicated.",
        .suggestion = "orchestratorctl topology {cluster}",
        .would = "fence the other server",
    },
    {
        .name = "nobody-acknowledges",
        .when = 0 F(PRIMARY_WRITABLE) F(PRIMARY_SEMISYNC_ALONE),
        .unless = 0 F(OPERATION_RUNS),
        .code = PROBLEM_SEMISYNC_BLOCKED,
        .sentence = "Commits on {primary} wait: its semi-sync primary side is on, and no replica "
                    "is connected that can acknowledge them. They go on when a replica is back.",
        .suggestion = "orchestratorctl topology {cluster}",
        .would = "",
    },
    {
        .name = "commits-unacknowledged",
        .when = 0 F(LOSSLESS) F(PRIMARY_WRITABLE) F(PRIMARY_SEMISYNC_OFF),
        .unless = 0 F(OPERATION_RUNS),
        .code = PROBLEM_DURABILITY_DEGRADED,
        .sentence = "{primary} acknowledges commits that no replica has, although {cluster} is "
                    "lossless: its semi-sync primary side is off. {repair}",
        .suggestion = "{repair_by}",
        .would = "switch the semi-sync primary side of {primary} on",
    },
    {
        .name = "histories-differ",
        .when = 0 F(INCOMPARABLE),
        .code = PROBLEM_GTID_INCOMPARABLE,
        .whole_cluster = true,
        .sentence = "Two replicas of {cluster} are farthest, and each has what the other lacks. "
                    "Nobody is promoted by itself: a person must say which one to keep.",
        .suggestion = "orchestratorctl topology {cluster}",
        .would = "",
    },
    {
        .name = "nobody-to-promote",
        .when = 0 F(LOOKED),
        .unless = 0 F(CANDIDATE) F(OPERATION_RUNS),
        .code = PROBLEM_NO_CANDIDATE,
        .whole_cluster = true,
        .sentence = "No server of {cluster} could take over from {primary}. A dry run says what "
                    "stands against each.",
        .suggestion = "orchestratorctl switchover {cluster} --dry-run",
        .would = "",
    },
    {
        .name = "failover-waits",
        .when = 0 F(FAILOVER_WAITS),
        .code = PROBLEM_WAITING_FOR_PROOF,
        .whole_cluster = true,
        .sentence = "Operation {operation} waits for a proof that {primary} can't write any more: "
                    "its guard's word, or the end of its lease. If you made sure that it is dead: "
                    "orchestratorctl failover {cluster} --old-primary-is-dead.",
        .suggestion = "orchestratorctl operation {operation} --follow",
        .would = "",
    },
    {
        .name = "failovers-used-up",
        .when = 0 F(FLAPPING),
        .code = PROBLEM_FLAPPING,
        .whole_cluster = true,
        .sentence = "{cluster} has had as many automatic failovers within the hour as "
                    "failovers_per_hour allows. The next one is left to a person.",
        .suggestion = "orchestratorctl operations",
        .would = "",
    },
};

static const struct rule server_rules[] = {
    {
        .name = "account-refused",
        .when = 0 F(ACCESS_DENIED),
        .code = PROBLEM_ACCESS_DENIED,
        .sentence = "{server} refuses our account ({error}). It is up, but what it does is only "
                    "known through its guard.",
        .suggestion = "orchestratorctl topology {cluster}",
        .would = "",
    },
    {
        .name = "no-guard",
        .unless = 0 F(GUARDED),
        .code = PROBLEM_UNGUARDED,
        .sentence = "{server} has no guard: nothing keeps it from writing when it is cut off, and "
                    "it can't be promoted. Run an agent on its host.",
        .suggestion = "orchestratorctl topology {cluster}",
        .would = "",
    },
    {
        .name = "guard-lost",
        .when = 0 F(GUARD_LOST),
        .code = PROBLEM_GUARD_SILENT,
        .since = RULE_SINCE_REPORTED,
        .sentence = "The guard of {server} on {agent} hasn't reported{since}. Until it does the "
                    "server can't be promoted, opened or repaired.",
        .suggestion = "orchestratorctl agents",
        .would = "",
    },
    {
        .name = "replica-writable",
        .when = 0 F(WRITABLE),
        .unless = 0 F(IS_PRIMARY),
        .code = PROBLEM_REPLICA_WRITABLE,
        .sentence = "{server} takes writes although {primary} is the primary of {cluster}. Its "
                    "guard fences it; without one, set read_only there by hand.",
        .suggestion = "orchestratorctl topology {cluster}",
        .would = "fence {server}",
    },
    {
        .name = "replica-process-gone",
        .when = 0 F(STOPPED),
        .unless = 0 F(IS_PRIMARY),
        .code = PROBLEM_REPLICA_STOPPED,
        .since = RULE_SINCE_OBSERVED,
        .sentence = "{server} is down: its guard on {agent} says that the process is gone. {last}"
                    "The guard starts it again, read-only, unless told not to.",
        .suggestion = "orchestratorctl topology {cluster}",
        .would = "",
    },
    {
        .name = "replica-unreachable",
        .when = 0 F(PROBE_FAILS),
        .unless = 0 F(IS_PRIMARY) F(UP) F(STOPPED),
        .code = PROBLEM_REPLICA_STOPPED,
        .since = RULE_SINCE_FAILING,
        .sentence = "{server} hasn't answered{since} ({error}).",
        .suggestion = "orchestratorctl topology {cluster}",
        .would = "",
    },
    {
        .name = "replica-without-channel",
        .when = 0 F(SETTLED),
        .unless = 0 F(IS_PRIMARY) F(HAS_CHANNEL) F(DIVERGED) F(OPERATION_RUNS),
        .code = PROBLEM_REPLICA_STOPPED,
        .sentence = "{server} replicates from nobody. {repair}",
        .suggestion = "{repair_by}",
        .would = "attach {server} to {primary}",
    },
    {
        .name = "replica-threads-stopped",
        .when = 0 F(HAS_CHANNEL),
        .unless = 0 F(IS_PRIMARY) F(THREADS_RUN) F(IO_ERROR) F(SQL_ERROR) F(OPERATION_RUNS),
        .code = PROBLEM_REPLICA_STOPPED,
        .sentence = "Replication on {server} is stopped, without an error. {repair}",
        .suggestion = "{repair_by}",
        .would = "attach {server} to {primary}",
    },
    {
        .name = "replica-sql-error",
        .when = 0 F(SQL_ERROR),
        .unless = 0 F(IS_PRIMARY) F(OPERATION_RUNS),
        .code = PROBLEM_REPLICA_BROKEN,
        .sentence = "{server} can't apply what it received: {error}. A person must repair it "
                    "or restore it from a backup; starting replication again repeats the error.",
        .suggestion = "orchestratorctl topology {cluster}",
        .would = "",
    },
    {
        .name = "replica-io-error",
        .when = 0 F(IO_ERROR),
        .unless = 0 F(IS_PRIMARY) F(OPERATION_RUNS),
        .code = PROBLEM_REPLICA_BROKEN,
        .sentence = "{server} has stopped receiving: {error}. {repair}",
        .suggestion = "{repair_by}",
        .would = "attach {server} to {primary}",
    },
    {
        .name = "replica-elsewhere",
        .when = 0 F(HAS_CHANNEL),
        .unless = 0 F(IS_PRIMARY) F(FOLLOWS_PRIMARY) F(OPERATION_RUNS),
        .code = PROBLEM_REPLICA_WRONG_SOURCE,
        .sentence = "{server} replicates from {source}, and {primary} is the primary. {repair}",
        .suggestion = "{repair_by}",
        .would = "attach {server} to {primary}",
    },
    {
        .name = "replica-behind",
        .when = 0 F(LAGGING),
        .unless = 0 F(IS_PRIMARY),
        .code = PROBLEM_REPLICA_LAGGING,
        .sentence = "{server} is {lag} behind {primary}. A failover to it would first apply all "
                    "that it received.",
        .suggestion = "orchestratorctl topology {cluster}",
        .would = "",
    },
    {
        .name = "replica-diverged",
        .when = 0 F(DIVERGED),
        .unless = 0 F(IS_PRIMARY),
        .code = PROBLEM_REPLICA_DIVERGED,
        .sentence = "{server} has transactions that {primary} doesn't have ({extra}). It stays "
                    "read-only and isn't attached until a person decides about them.",
        .suggestion = "orchestratorctl topology {cluster}",
        .would = "",
    },
    {
        .name = "replica-acknowledges-nothing",
        .when = 0 F(LOSSLESS) F(HAS_CHANNEL) F(SEMISYNC_OFF),
        .unless = 0 F(IS_PRIMARY) F(OPERATION_RUNS),
        .code = PROBLEM_REPLICA_MISCONFIGURED,
        .sentence = "{server} acknowledges nothing, although {cluster} is lossless: its semi-sync "
                    "replica side is off. {repair}",
        .suggestion = "{repair_by}",
        .would = "attach {server} to {primary} with semi-sync",
    },
    {
        .name = "replica-waits-for-replicas",
        .when = 0 F(HAS_CHANNEL) F(SEMISYNC_MASTER_ON),
        .unless = 0 F(IS_PRIMARY) F(OPERATION_RUNS),
        .code = PROBLEM_REPLICA_MISCONFIGURED,
        .sentence = "The semi-sync primary side is on at {server}, a replica: its SQL thread can "
                    "stall waiting for an acknowledgement. {repair}",
        .suggestion = "{repair_by}",
        .would = "attach {server} to {primary}",
    },
    {
        .name = "replica-without-gtid",
        .when = 0 F(HAS_CHANNEL) F(NO_GTID),
        .unless = 0 F(IS_PRIMARY) F(OPERATION_RUNS),
        .code = PROBLEM_REPLICA_MISCONFIGURED,
        .sentence = "{server} replicates by file and offset, not by GTID: it can't be compared or "
                    "pointed at another primary. {repair}",
        .suggestion = "{repair_by}",
        .would = "attach {server} to {primary} with GTID",
    },
};

const struct rule *rules_of_cluster(size_t *count)
{
    *count = sizeof cluster_rules / sizeof cluster_rules[0];
    return cluster_rules;
}

const struct rule *rules_of_server(size_t *count)
{
    *count = sizeof server_rules / sizeof server_rules[0];
    return server_rules;
}
