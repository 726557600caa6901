#include "daemon/lead/lead_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/io/clock.h"

/* What the log refused, busy or handing over, may be proposed again. */
static void forgive_refusals(struct lead *lead)
{
    for (uint32_t i = 0; i < LIMIT_CLUSTERS; i++) {
        struct lead_cluster *cluster = &lead->clusters[i];

        if (cluster->refused_operation != 0) {
            drive_proposal_failed(&cluster->drive, cluster->refused_operation);
            cluster->refused_operation = 0;
        }
    }
}

static void on_tick(uv_timer_t *timer)
{
    struct lead *lead = container_of(timer, struct lead, tick);

    if (lead->leading) {
        forgive_refusals(lead);
        lead_walk(lead);
        share_changes(lead);
    } else {
        for (uint32_t i = 0; i < lead->config.ledger->cluster_count; i++) {
            struct scene scene = lead_scene(lead, i);

            analyze(&lead->analysis, &scene);
            watch_findings(lead, i, &lead->analysis);
        }
    }
}

/* ---- events ---------------------------------------------------------------------------- */

static void on_probed(void *context, const char *server, uint64_t asked_ms,
                      const struct observation *observation)
{
    struct lead *lead = context;
    const struct ledger_cluster *cluster = NULL;
    uint64_t now_ms = clock_now_ms();

    model_probed(&lead->model, server, asked_ms, observation);
    if (ledger_server_anywhere(lead->config.ledger, server, &cluster) != NULL) {
        model_measure_lag(&lead->model, cluster, now_ms);
    }
    lead_walk(lead);
}

static void on_probe_failed(void *context, const char *server, bool access_denied, const char *why)
{
    struct lead *lead = context;

    model_probe_failed(&lead->model, server, clock_now_ms(), access_denied, why);
    lead_walk(lead);
}

static void begin_leading(struct lead *lead)
{
    uint64_t now_ms = clock_now_ms();

    grant_begin(&lead->grants, now_ms);
    model_forget(&lead->model);
    for (uint32_t i = 0; i < LIMIT_CLUSTERS; i++) {
        drive_begin(&lead->clusters[i].drive, now_ms);
        lead->clusters[i].declare_proposed = false;
        lead->clusters[i].declare_again_ms = 0;
        lead->clusters[i].refused_operation = 0;
        lead->clusters[i].ended_operation = walk_newest_ended(lead, i);
        lead->clusters[i].ended_ms = 0;
        lead->clusters[i].told_operation = 0;
    }
    memset(lead->shared_change, 0, sizeof lead->shared_change);
    probe_follow(lead->probes, lead->config.ledger);
}

void lead_role(struct lead *lead, bool ready, uint64_t term)
{
    if (lead->closing || (lead->leading == ready && lead->term == term)) {
        return;
    }
    lead->leading = ready;
    lead->term = term;
    if (ready) {
        begin_leading(lead);
        log_event(lead->config.log, LOG_LEVEL_INFO, "leading", LOG_U64("term", term), LOG_END);
        lead_walk(lead);
    } else {
        uv_timer_stop(&lead->wake);
        probe_follow(lead->probes, NULL);
        lead->shared_ms = clock_now_ms(); /* the picture is from now */
    }
}

void lead_applied(struct lead *lead)
{
    if (lead->closing) {
        return;
    }
    model_follow(&lead->model, lead->config.ledger);
    if (!lead->leading) {
        return;
    }
    probe_follow(lead->probes, lead->config.ledger);
    for (uint32_t i = 0; i < lead->config.ledger->cluster_count; i++) {
        watch_operation(lead, i);
    }
    lead_walk(lead);
}

void lead_agent_connected(struct lead *lead, uint32_t agent, bool connected)
{
    assert(agent >= 1 && agent <= lead->config.agent_count);
    lead->connected[agent] = connected;
    lead->shared_change[agent] = 0;
    for (uint32_t i = 0; i < lead->model.server_count && lead->leading; i++) {
        const char *name = lead->model.servers[i].name;
        const struct ledger_server *server =
            ledger_server_anywhere(lead->config.ledger, name, NULL);

        if (server != NULL && !connected &&
            strcmp(server->agent, lead->config.agent_names[agent - 1]) == 0) {
            model_guard_connected(&lead->model, name, false);
        }
    }
    lead_walk(lead);
}

/* The ledger has to know who guards a server before anything rests on it. */
static void meet_guard(struct lead *lead, const char *agent, const char *name)
{
    const struct ledger_cluster *cluster = NULL;
    const struct ledger_server *server =
        ledger_server_anywhere(lead->config.ledger, name, &cluster);

    if (server == NULL || strcmp(server->agent, agent) == 0) {
        return;
    }
    buf_reset(&lead->buf);
    command_server_guard(&lead->buf, propose_stamp(lead, NULL), cluster->name, name, agent);
    propose_plain(lead, lead->buf.data, lead->buf.length, NULL, NULL);
}

/* It comes again with every report. */
static void tell_refused(struct lead *lead, const char *agent, const struct ledger_server *server)
{
    uint64_t now_ms = clock_now_ms();

    if (lead->refused_ms != 0 && now_ms - lead->refused_ms < LEAD_REFUSED_MS) {
        return;
    }
    lead->refused_ms = now_ms;
    log_event(lead->config.log, LOG_LEVEL_WARNING, "report_refused",
              LOG_TEXT("server", server->name), LOG_TEXT("from", agent),
              LOG_TEXT("guarded_by", server->agent),
              LOG_TEXT("text", "two agents name one server: correct the wrong [server] name, or "
                               "remove the agent that is gone"),
              LOG_END);
}

/* Two agents with one server's name (a copied configuration): the first one that the ledger
 * knows keeps it as long as it is a member, heard or not. What the other one says of its own server
 * would be taken for a proof when this one is cut off. */
static bool speaks_for_another(struct lead *lead, uint32_t from, const char *name)
{
    const struct ledger_server *server = ledger_server_anywhere(lead->config.ledger, name, NULL);
    const char *agent = lead->config.agent_names[from - 1];

    if (server == NULL || server->agent[0] == '\0' || strcmp(server->agent, agent) == 0) {
        return false;
    }
    for (uint32_t id = 1; id <= lead->config.agent_count; id++) {
        if (strcmp(lead->config.agent_names[id - 1], server->agent) == 0) {
            tell_refused(lead, agent, server);
            return true;
        }
    }
    return false;
}

static void take_report(struct lead *lead, uint32_t from, const struct order_report *report)
{
    const struct ledger_cluster *cluster = NULL;
    uint64_t now_ms = clock_now_ms();

    if (speaks_for_another(lead, from, report->server)) {
        return;
    }
    model_guard_connected(&lead->model, report->server, true);
    model_reported(&lead->model, now_ms, report);
    meet_guard(lead, lead->config.agent_names[from - 1], report->server);
    if (ledger_server_anywhere(lead->config.ledger, report->server, &cluster) != NULL) {
        model_measure_lag(&lead->model, cluster, now_ms);
    }
    lead_walk(lead);
}

void lead_receive(struct lead *lead, const struct order_message *message)
{
    if (!lead->leading || lead->closing || message->from < 1 ||
        message->from > lead->config.agent_count) {
        return;
    }
    switch (message->kind) {
    case ORDER_KIND_REPORT:
        take_report(lead, message->from, &message->report);
        break;
    case ORDER_KIND_LEASE_REQUEST:
        if (!speaks_for_another(lead, message->from, message->lease_request.server)) {
            lease_desk_receive(lead, message);
        }
        break;
    case ORDER_KIND_RESULT:
        walk_result(lead, &message->result);
        break;
    case ORDER_KIND_ORDER:
    case ORDER_KIND_LEASE_ANSWER:
        break; /* for guards */
    }
}

int lead_shared(struct lead *lead, const uint8_t *bytes, size_t length, struct err *err)
{
    int rc;

    if (lead->leading || lead->closing) {
        return 0; /* what a deposed leader saw */
    }
    rc = model_decode_server(&lead->model, clock_now_ms(), bytes, length, err);
    if (rc == 0) {
        lead->shared_ms = clock_now_ms();
    }
    return rc == ERR_NOTFOUND ? 0 : rc;
}

/* ---- reading ------------------------------------------------------------------------------ */

const struct model *lead_model(const struct lead *lead)
{
    return &lead->model;
}

uint64_t lead_model_age_ms(const struct lead *lead)
{
    return lead->leading ? 0 : clock_now_ms() - lead->shared_ms;
}

/* ---- life cycle ----------------------------------------------------------------------------- */

int lead_create(struct lead **lead, const struct lead_config *config, struct err *err)
{
    struct lead *fresh = calloc(1, sizeof *fresh);
    struct probe_config probe_config = {
        .loop = config->loop,
        .account = config->account,
        .tls = config->tls,
        .context = fresh,
        .answered = on_probed,
        .failed = on_probe_failed,
    };
    int rc;

    assert(config->self >= 1 && config->self <= config->agent_count);
    if (fresh == NULL) {
        return err_set(err, ERR_NOMEM, "no memory for the leader's part");
    }
    fresh->probes = probe_create(&probe_config);
    if (fresh->probes == NULL) {
        free(fresh);
        return err_set(err, ERR_NOMEM, "no memory for the probes");
    }
    fresh->config = *config;
    buf_init(&fresh->buf, LIMIT_SNAPSHOT_BYTES);
    model_init(&fresh->model);
    model_follow(&fresh->model, config->ledger);
    rc = uv_timer_init(config->loop, &fresh->tick);
    assert(rc == 0);
    rc = uv_timer_init(config->loop, &fresh->wake);
    assert(rc == 0);
    rc = uv_timer_start(&fresh->tick, on_tick, LEAD_TICK_MS, LEAD_TICK_MS);
    assert(rc == 0);
    *lead = fresh;
    return 0;
}

void lead_closed_one(struct lead *lead)
{
    void (*cb)(void *) = lead->on_closed;
    void *context = lead->closed_context;

    assert(lead->closing);
    if (lead->handles_open > 0 || lead->requests_open > 0) {
        return;
    }
    buf_finish(&lead->buf);
    free(lead);
    cb(context);
}

static void handle_closed(struct lead *lead)
{
    assert(lead->handles_open > 0);
    lead->handles_open--;
    lead_closed_one(lead);
}

static void on_tick_closed(uv_handle_t *handle)
{
    handle_closed(container_of((uv_timer_t *)handle, struct lead, tick));
}

static void on_wake_closed(uv_handle_t *handle)
{
    handle_closed(container_of((uv_timer_t *)handle, struct lead, wake));
}

static void on_probes_closed(void *context)
{
    handle_closed(context);
}

void lead_close(struct lead *lead, void (*cb)(void *context), void *context)
{
    assert(!lead->closing);
    lead->closing = true;
    lead->leading = false;
    lead->on_closed = cb;
    lead->closed_context = context;
    lead->handles_open = 3;
    uv_close((uv_handle_t *)&lead->tick, on_tick_closed);
    uv_close((uv_handle_t *)&lead->wake, on_wake_closed);
    probe_close(lead->probes, on_probes_closed, lead);
}
