#include "daemon/agent.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "daemon/io/clock.h"

enum { CONNECT_TIMEOUT_MS = 1000 }; /* of the watching account */

/* ---- opening ------------------------------------------------------------------------- */

/* Only a first voter begins with a list; the others hear who the members are. */
static int open_node(struct agent *agent, const struct disk_recovered *recovered, struct err *err)
{
    const struct ledger_profile *profile = ledger_profile_named("default");
    struct node_config config = {
        .loop = agent->loop,
        .disk = agent->disk,
        .id = agent->seat.id,
        .store = agent->store,
        .members = agent->seat.first,
        .heartbeat_ms = profile->heartbeat_ms,
        .election_min_ms = profile->election_min_ms,
        .election_max_ms = profile->election_max_ms,
        .seed = agent->start_id,
        .hooks = agent_ledger_hooks(),
        .context = agent,
    };
    int rc;

    if (agent->disk == NULL) {
        return 0;
    }
    rc = node_start(&agent->node, &config, recovered, err);
    if (rc == 0) {
        node_status(agent->node, &agent->status);
        agent_members_changed(agent);
    } else if (rc == ERR_PROTOCOL) {
        agent_feature_halt(agent, err);
        return 0;
    } else if (rc == ERR_CORRUPT) {
        log_event(&agent->log, LOG_LEVEL_ERROR, "storage_failed", LOG_TEXT("why", err->text),
                  LOG_END);
        agent->store_damaged = true;
        return 0;
    }
    return rc;
}

static int open_peers(struct agent *agent, struct err *err)
{
    struct peers_config config = {
        .loop = agent->loop,
        .log = &agent->log,
        .self = ROSTER_SELF,
        .name = agent->conf->agent.name,
        .listen = agent->conf->agent.listen,
        .keys = &agent->conf->agent.keys,
        .start_id = agent->start_id,
        .cluster = agent->seat.cluster,
        .newcomer = !agent->seat.settled,
        .hooks = agent_route_hooks(),
        .context = agent,
    };
    int rc = peers_open(&agent->peers, &config, err);

    if (rc == 0) { /* until the node says more */
        roster_follow(&agent->roster, &agent->seat.known, clock_now_ms());
    }
    return rc;
}

static int open_lead(struct agent *agent, struct err *err)
{
    struct lead_config config = {
        .loop = agent->loop,
        .log = &agent->log,
        .ledger = agent->ledger,
        .self = ROSTER_SELF,
        .agent_count = LIMIT_AGENT_SLOTS,
        .agent_names = (const char(*)[LIMIT_NAME_SIZE])agent->roster.names,
        .account = {.user = agent->conf->mariadb.user,
                    .password = agent->conf->mariadb.password,
                    .tls = agent->conf->mariadb.tls,
                    .ca = agent->conf->mariadb.ca,
                    .connect_timeout_ms = CONNECT_TIMEOUT_MS},
        .tls = &agent->tls,
        .ports = agent_ledger_ports(agent),
    };

    return lead_create(&agent->lead, &config, err);
}

/* ---- the API ---------------------------------------------------------------------------- */

static int open_api(struct agent *agent, struct err *err)
{
    const struct conf *conf = agent->conf;
    struct api_backend backend = agent_call_backend(agent);
    struct serve_config config = {
        .loop = agent->loop,
        .api = &agent->api,
        .listen = conf->api.listen,
        .health_listen = conf->api.health_listen,
        .socket = conf->api.socket,
        .certificate = conf->api.tls ? conf->api.certificate : "",
        .key = conf->api.tls ? conf->api.key : "",
    };

    api_init(&agent->api, &backend, &agent->log, conf->api.anonymous_reads);
    return serve_open(&agent->serve, &config, err);
}

/* ---- signals ------------------------------------------------------------------------------ */

static void on_stop_signal(uv_signal_t *signal, int number)
{
    struct agent *agent = signal->data;

    log_event(&agent->log, LOG_LEVEL_INFO, "stopping", LOG_I64("signal", number), LOG_END);
    agent_change_stop(agent);
}

/* What can change while the agent runs is the log level; the rest needs a restart. */
static void on_reload_signal(uv_signal_t *signal, int number)
{
    struct agent *agent = signal->data;
    struct conf_problems problems;
    struct conf fresh;

    (void)number;
    conf_problems_init(&problems);
    if (conf_load(&fresh, agent->conf_path, &problems) == 0) {
        agent->log.level = fresh.agent.log_level;
        log_event(&agent->log, LOG_LEVEL_INFO, "reloaded",
                  LOG_TEXT("log_level", log_level_text(agent->log.level)), LOG_END);
        conf_finish(&fresh);
    } else {
        log_event(&agent->log, LOG_LEVEL_WARNING, "reload_refused",
                  LOG_U64("problems", problems.count), LOG_TEXT("first", buf_text(&problems.text)),
                  LOG_END);
    }
    conf_problems_finish(&problems);
}

static void open_signals(struct agent *agent)
{
    static const struct {
        int number;
        uv_signal_cb cb;
    } wanted[AGENT_SIGNALS] = {
        {SIGTERM, on_stop_signal}, {SIGINT, on_stop_signal}, {SIGHUP, on_reload_signal}};

    for (int i = 0; i < AGENT_SIGNALS; i++) {
        int rc = uv_signal_init(agent->loop, &agent->signals[i]);

        assert(rc == 0);
        agent->signals[i].data = agent;
        rc = uv_signal_start(&agent->signals[i], wanted[i].cb, wanted[i].number);
        assert(rc == 0);
    }
}

/* ---- life cycle ----------------------------------------------------------------------------- */

static int open_parts(struct agent *agent, const struct disk_recovered *recovered, struct err *err)
{
    int rc = tls_connect_init(&agent->tls, agent->loop, err);

    if (rc == 0) {
        rc = open_lead(agent, err);
    }
    if (rc == 0) {
        rc = open_peers(agent, err);
    }
    if (rc == 0) {
        rc = agent_server_open(agent, err);
    }
    if (rc == 0) {
        rc = open_node(agent, recovered, err);
    }
    if (rc == 0) {
        rc = open_api(agent, err);
    }
    return rc;
}

int agent_open(struct agent *agent, uv_loop_t *loop, const struct conf *conf, const char *path,
               struct err *err)
{
    struct disk_recovered recovered;
    int rc;

    *agent = (struct agent){.loop = loop, .conf = conf, .conf_path = path};
    randombytes_buf(&agent->start_id, sizeof agent->start_id);
    log_open(&agent->log, NULL, conf->agent.name, conf->agent.log_level, NULL);
    agent_members_open(agent);
    agent->ledger = malloc(sizeof *agent->ledger);
    agent->outcomes = calloc(AGENT_OUTCOMES, sizeof *agent->outcomes);
    if (agent->ledger == NULL || agent->outcomes == NULL) {
        return err_set(err, ERR_NOMEM, "no memory for the ledger");
    }
    ledger_init(agent->ledger);
    agent_route_open(agent);
    agent_call_open(agent);
    rc = agent_store_open(agent, &recovered, err);
    if (rc != 0) {
        return rc;
    }
    rc = agent_seat_open(agent, err);
    if (rc == 0) {
        rc = open_parts(agent, &recovered, err);
    }
    disk_recovered_release(&recovered);
    if (rc != 0) {
        return rc;
    }
    open_signals(agent);
    agent->started = true;
    agent_ledger_moved(agent);
    log_event(&agent->log, LOG_LEVEL_INFO, "started", LOG_TEXT("version", ORCHESTRATORD_VERSION),
              LOG_TEXT("seat", seat_born_name(agent->seat.born)),
              LOG_TEXT("server", conf->server.present ? conf->server.name : NULL),
              LOG_U64("index", agent->ledger->index), LOG_END);
    if (agent->store_damaged) { /* read, but it makes no sense: begin again without it */
        agent_close(agent, AGENT_EXIT_AGAIN);
    }
    return 0;
}

/* Closing goes stage by stage; what a stage begins must be over before the next one. */
static void closed_one(struct agent *agent);

void agent_closed_part(struct agent *agent)
{
    closed_one(agent);
}

static void on_part_closed(void *context)
{
    closed_one(context);
}

static void on_handle_closed(uv_handle_t *handle)
{
    closed_one(handle->data);
}

static void on_peers_closed(struct peers *peers)
{
    closed_one(container_of(peers, struct agent, peers));
}

static void on_tls_closed(struct tls_connect *tls)
{
    closed_one(container_of(tls, struct agent, tls));
}

/* Whoever waits for an answer gets one; no new request comes in. */
static unsigned close_requests(struct agent *agent)
{
    if (agent->disk != NULL) {
        disk_stop_waiting(agent->disk); /* the node waits for its writes */
    }
    agent->call_timer.data = agent;
    agent_call_close(agent, on_handle_closed);
    serve_close(agent->serve, on_part_closed, agent);
    lead_close(agent->lead, on_part_closed, agent);
    if (agent->node != NULL) {
        node_close(agent->node, on_part_closed, agent);
    }
    return 3 + (agent->node != NULL) + agent_seat_close(agent);
}

static unsigned close_below(struct agent *agent)
{
    if (agent->disk != NULL) {
        disk_close(agent->disk, on_part_closed, agent);
    }
    peers_close(&agent->peers, on_peers_closed);
    tls_connect_close(&agent->tls, on_tls_closed);
    agent->mail_idle.data = agent;
    agent_route_close(agent, on_handle_closed);
    for (int i = 0; i < AGENT_SIGNALS; i++) {
        uv_close((uv_handle_t *)&agent->signals[i], on_handle_closed);
    }
    return 3 + (agent->disk != NULL) + AGENT_SIGNALS;
}

/* Nothing runs any more: blocking for the disk holds up nobody. */
static void write_lost_seat(struct agent *agent)
{
    struct err err;

    if (agent->exit_status == AGENT_EXIT_AGAIN &&
        seat_write(&agent->seat, agent->conf->agent.data_dir, &err) != 0) {
        log_event(&agent->log, LOG_LEVEL_ERROR, "seat_not_written", LOG_TEXT("why", err.text),
                  LOG_END);
        agent->exit_status = AGENT_EXIT_STORAGE;
    }
}

static unsigned close_rest(struct agent *agent)
{
    if (agent->store_damaged && agent_store_set_aside(agent) != 0) {
        agent->exit_status = AGENT_EXIT_STORAGE;
    }
    write_lost_seat(agent);
    log_event(&agent->log, LOG_LEVEL_INFO, "stopped", LOG_I64("status", agent->exit_status),
              LOG_END);
    log_close(&agent->log);
    free(agent->ledger);
    free(agent->outcomes);
    return 0;
}

static void close_stages(struct agent *agent)
{
    static unsigned (*const stages[])(struct agent *) = {close_requests, agent_server_close,
                                                         close_below, close_rest};

    while (agent->closing_left == 0 && agent->closing_stage < sizeof stages / sizeof stages[0]) {
        agent->closing_left = stages[agent->closing_stage++](agent);
    }
}

static void closed_one(struct agent *agent)
{
    assert(agent->closing_left > 0);
    agent->closing_left--;
    close_stages(agent);
}

void agent_close(struct agent *agent, int exit_status)
{
    if (agent->closing) {
        return;
    }
    agent->closing = true;
    agent->exit_status = exit_status;
    close_stages(agent);
}
