#include "topology/grant.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

enum { MARGIN_PERCENT = 1, MARGIN_MS = 50 };

void grant_begin(struct grants *grants, uint64_t elected_ms)
{
    *grants = (struct grants){.elected_ms = elected_ms};
}

static struct grant_cluster *cluster_of(struct grants *grants, const char *name)
{
    for (uint32_t i = 0; i < grants->cluster_count; i++) {
        if (strcmp(grants->clusters[i].name, name) == 0) {
            return &grants->clusters[i];
        }
    }
    assert(grants->cluster_count < LIMIT_CLUSTERS);
    text_copy(grants->clusters[grants->cluster_count].name, LIMIT_NAME_SIZE, name);
    return &grants->clusters[grants->cluster_count++];
}

void grant_revoke_proposed(struct grants *grants, const char *cluster)
{
    cluster_of(grants, cluster)->revokes_proposed++;
}

void grant_revoke_settled(struct grants *grants, const char *cluster)
{
    struct grant_cluster *entry = cluster_of(grants, cluster);

    assert(entry->revokes_proposed > 0);
    entry->revokes_proposed--;
}

static bool revoke_in_log(const struct grants *grants, const char *cluster)
{
    for (uint32_t i = 0; i < grants->cluster_count; i++) {
        if (strcmp(grants->clusters[i].name, cluster) == 0) {
            return grants->clusters[i].revokes_proposed > 0;
        }
    }
    return false;
}

bool grant_allowed(const struct grants *grants, const struct ledger *ledger,
                   const struct order_lease_request *request, const char **reason)
{
    const struct ledger_cluster *cluster = NULL;
    const struct ledger_server *server = ledger_server_anywhere(ledger, request->server, &cluster);
    const char *why = NULL;

    if (server == NULL) {
        why = "no cluster has this server";
    } else if (cluster->settings.automation != LEDGER_AUTOMATION_ON) {
        why = "the cluster is only observed";
    } else if (strcmp(cluster->primary, request->server) != 0) {
        why = "the ledger names another primary";
    } else if (request->epoch != cluster->epoch) {
        why = "asked for another epoch";
    } else if (ledger_revoking(cluster) || revoke_in_log(grants, cluster->name)) {
        why = "an operation takes the primary away";
    }
    if (reason != NULL) {
        *reason = why;
    }
    return why == NULL;
}

static struct grant_server *server_of(struct grants *grants, const char *name)
{
    for (uint32_t i = 0; i < grants->server_count; i++) {
        if (strcmp(grants->servers[i].name, name) == 0) {
            return &grants->servers[i];
        }
    }
    assert(grants->server_count < LIMIT_CLUSTERS * LIMIT_SERVERS);
    text_copy(grants->servers[grants->server_count].name, LIMIT_NAME_SIZE, name);
    return &grants->servers[grants->server_count++];
}

void grant_answer(struct grants *grants, const struct ledger *ledger,
                  const struct order_lease_request *request, uint64_t term, uint64_t now_ms,
                  struct order_lease_answer *answer)
{
    const struct ledger_cluster *cluster = NULL;

    assert(grant_allowed(grants, ledger, request, NULL));
    assert(now_ms >= grants->elected_ms);
    ledger_server_anywhere(ledger, request->server, &cluster);
    *answer = (struct order_lease_answer){
        .start_id = request->start_id,
        .number = request->number,
        .epoch = request->epoch,
        .term = term,
        .length_ms = ledger_profile(cluster)->lease_ms,
    };
    text_copy(answer->server, sizeof answer->server, request->server);
    server_of(grants, request->server)->answered_ms = now_ms;
}

uint64_t grant_expired_at_ms(const struct grants *grants, const struct ledger_cluster *cluster,
                             const char *server)
{
    uint64_t lease_ms = ledger_lease_wait_ms(cluster);
    uint64_t from_ms = grants->elected_ms;

    for (uint32_t i = 0; i < grants->server_count; i++) {
        if (strcmp(grants->servers[i].name, server) == 0 &&
            grants->servers[i].answered_ms > from_ms) {
            from_ms = grants->servers[i].answered_ms;
        }
    }
    return from_ms + lease_ms + lease_ms * MARGIN_PERCENT / 100 + MARGIN_MS;
}
