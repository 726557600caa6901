#include "daemon/lead/probe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "daemon/io/clock.h"
#include "daemon/io/db.h"
#include "daemon/io/observe.h"

struct probe {
    struct probe_set *set;
    struct list link;
    char server[LIMIT_NAME_SIZE];
    char address[LIMIT_ADDRESS_SIZE];
    char host[LIMIT_ADDRESS_SIZE];
    struct db db;
    struct observe observe;
    uint64_t asked_ms; /* when the look under way began */
    uv_timer_t timer;
    bool closing;
    unsigned handles_open;
};

struct probe_set {
    struct probe_config config;
    struct list probes;
    unsigned probes_open; /* those that are closing included */
    void (*on_closed)(void *context);
    void *closed_context;
};

/* ---- closing, counted ---------------------------------------------------------- */

static void set_closed_one(struct probe_set *set)
{
    if (set->probes_open == 0 && set->on_closed != NULL) {
        void (*cb)(void *) = set->on_closed;
        void *context = set->closed_context;

        free(set);
        cb(context);
    }
}

static void handle_closed(struct probe *probe)
{
    struct probe_set *set = probe->set;

    assert(probe->handles_open > 0);
    if (--probe->handles_open > 0) {
        return;
    }
    free(probe);
    set->probes_open--;
    set_closed_one(set);
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle_closed(container_of((uv_timer_t *)handle, struct probe, timer));
}

static void on_db_closed(struct db *db)
{
    handle_closed(container_of(db, struct probe, db));
}

static void probe_end(struct probe *probe)
{
    assert(!probe->closing);
    probe->closing = true;
    list_remove(&probe->link);
    uv_close((uv_handle_t *)&probe->timer, on_timer_closed);
    db_close(&probe->db, on_db_closed);
}

/* ---- looking ------------------------------------------------------------------------ */

static void tell_failure(struct probe *probe, const struct err *why)
{
    const struct probe_config *config = &probe->set->config;

    if (!probe->closing) {
        config->failed(config->context, probe->server, why->code == ERR_PERMISSION, why->text);
    }
}

static void on_observed(struct observe *observe, const struct err *why,
                        const struct observation *observation)
{
    struct probe *probe = container_of(observe, struct probe, observe);
    const struct probe_config *config = &probe->set->config;

    if (why != NULL) {
        tell_failure(probe, why);
    } else if (!probe->closing) {
        config->answered(config->context, probe->server, probe->asked_ms, observation);
    }
}

static void look(struct probe *probe)
{
    int rc;

    if (probe->closing || db_state(&probe->db) != DB_IDLE) {
        return;
    }
    if (!probe->observe.busy) {
        probe->asked_ms = clock_now_ms();
    }
    rc = observe_run(&probe->observe, &probe->db, PROBE_TIMEOUT_MS, on_observed);
    assert(rc == 0 || rc == ERR_BUSY);
}

static void on_connected(struct db *db, const struct err *why)
{
    struct probe *probe = container_of(db, struct probe, db);

    if (why != NULL) {
        tell_failure(probe, why);
    } else {
        look(probe);
    }
}

/* A look that was under way has told of it already; an idle connection that
 * ends is news of its own. */
static void on_lost(struct db *db, const struct err *why)
{
    tell_failure(container_of(db, struct probe, db), why);
}

static void on_timer(uv_timer_t *timer)
{
    struct probe *probe = container_of(timer, struct probe, timer);

    if (db_state(&probe->db) == DB_CLOSED) {
        db_connect(&probe->db, on_connected);
    } else {
        look(probe);
    }
}

/* ---- the set --------------------------------------------------------------------------- */

struct probe_set *probe_create(const struct probe_config *config)
{
    struct probe_set *set = calloc(1, sizeof *set);

    if (set != NULL) {
        set->config = *config;
        list_init(&set->probes);
    }
    return set;
}

/* "IP:PORT" or "[IPv6]:PORT" in two parts. The ledger took only addresses of this
 * form, so that a failure here is a fault of ours. */
static void split_address(struct probe *probe, struct db_config *config)
{
    char *colon;
    uint64_t port = 0;
    char *host = probe->host;

    text_copy(probe->host, sizeof probe->host, probe->address);
    colon = strrchr(probe->host, ':');
    if (colon != NULL) {
        text_u64(colon + 1, strlen(colon + 1), 65535, &port);
        *colon = '\0';
    }
    if (host[0] == '[') {
        host++;
        host[strcspn(host, "]")] = '\0';
    }
    config->host = host;
    config->port = (unsigned)port;
}

static void probe_begin(struct probe_set *set, const struct ledger_server *server)
{
    struct probe *probe = calloc(1, sizeof *probe);
    struct db_config account = set->config.account;
    struct err err;
    int rc;

    if (probe == NULL) {
        return; /* the next look at the ledger tries again */
    }
    probe->set = set;
    text_copy(probe->server, sizeof probe->server, server->name);
    text_copy(probe->address, sizeof probe->address, server->address);
    split_address(probe, &account);
    account.socket = NULL;
    account.connect_timeout_ms = PROBE_TIMEOUT_MS;
    if (db_init(&probe->db, set->config.loop, set->config.tls, &account, on_lost, &err) != 0) {
        set->config.failed(set->config.context, server->name, false, err.text);
        free(probe);
        return;
    }
    observe_init(&probe->observe);
    rc = uv_timer_init(set->config.loop, &probe->timer);
    assert(rc == 0);
    rc = uv_timer_start(&probe->timer, on_timer, 0, PROBE_INTERVAL_MS);
    assert(rc == 0);
    probe->handles_open = 2;
    set->probes_open++;
    list_append(&set->probes, &probe->link);
}

static bool probe_wanted(const struct probe *probe, const struct ledger *ledger)
{
    const struct ledger_server *server =
        ledger == NULL ? NULL : ledger_server_anywhere(ledger, probe->server, NULL);

    return server != NULL && strcmp(server->address, probe->address) == 0;
}

static bool probe_exists(const struct probe_set *set, const char *server)
{
    list_each (link, &set->probes) {
        if (strcmp(container_of(link, struct probe, link)->server, server) == 0) {
            return true;
        }
    }
    return false;
}

void probe_follow(struct probe_set *set, const struct ledger *ledger)
{
    list_each (link, &set->probes) {
        struct probe *probe = container_of(link, struct probe, link);

        if (!probe_wanted(probe, ledger)) {
            probe_end(probe);
        }
    }
    for (uint32_t i = 0; ledger != NULL && i < ledger->cluster_count; i++) {
        const struct ledger_cluster *cluster = &ledger->clusters[i];

        for (uint32_t j = 0; j < cluster->server_count; j++) {
            if (!probe_exists(set, cluster->servers[j].name)) {
                probe_begin(set, &cluster->servers[j]);
            }
        }
    }
}

void probe_close(struct probe_set *set, void (*cb)(void *context), void *context)
{
    assert(cb != NULL);
    probe_follow(set, NULL);
    set->on_closed = cb;
    set->closed_context = context;
    set_closed_one(set);
}
