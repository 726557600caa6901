/* rules: which facts make which finding, as rows of two tables.
 *
 * A row fires when all facts of `when` hold and none of `unless`. Of the rows
 * with the same code only the first that fires counts (per cluster, per server):
 * the special case stands before the general one. tests/unit/topology/test_rules.c
 * refuses a fact that no row uses and a row that an earlier one shadows; the corpus
 * must have fired every row.
 *
 * Sentences are for an operator at three in the morning: which server, since
 * when, what happens next. Words in braces are filled in by analyze.c:
 *     names      {cluster} {primary} {server} {agent} {candidate} {operation}
 *     what is    {since} {last} {error} {source} {lag} {extra} {missing}
 *     what comes {next} of a lost primary, {repair} of anything else
 *     commands   {failover}, {repair_by} */
#ifndef TOPOLOGY_RULES_H
#define TOPOLOGY_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "topology/analyze.h"

/* From which time of the server's picture a finding holds. */
enum rule_since {
    RULE_SINCE_UNKNOWN,
    RULE_SINCE_FAILING,  /* our probe began to fail */
    RULE_SINCE_OBSERVED, /* its last answer to anybody */
    RULE_SINCE_REPORTED, /* its guard's last report */
};

struct rule {
    const char *name;
    uint64_t when;
    uint64_t unless;
    enum problem code;
    bool whole_cluster;            /* not about one server */
    enum analysis_primary primary; /* what it concludes; UNKNOWN: nothing */
    enum rule_since since;
    const char *sentence;
    const char *suggestion; /* a command; "" when there is none */
    const char *would;      /* what automation does about it; "" when nothing */
};

const struct rule *rules_of_cluster(size_t *count);
const struct rule *rules_of_server(size_t *count);

#endif
