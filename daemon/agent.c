#include "daemon/agent.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "daemon/guard/guard_floor.h"
#include "daemon/io/clock.h"

enum {
    CONNECT_TIMEOUT_MS = 1000, /* of the watching account */
    GATE_POKE_MS = 50,
};

/* ---- who is who -------------------------------------------------------------------- */

struct named {
    const char *name;
    const char *address;
};

static int named_compare(const void *a, const void *b)
{
    const struct named *left = a;
    const struct named *right = b;

    return strcmp(left->name, right->name);
}

/* Ids are places in the sorted names: every agent counts the same way. */
static void number_agents(struct agent *agent)
{
    struct named all[LIMIT_AGENTS];
    uint32_t count = 0;

    all[count++] = (struct named){agent->conf->agent.name, agent->conf->agent.listen};
    for (unsigned i = 0; i < agent->conf->peer_count; i++) {
        all[count++] = (struct named){agent->conf->peers[i].name, agent->conf->peers[i].address};
    }
    qsort(all, count, sizeof all[0], named_compare);
    for (uint32_t i = 0; i < count; i++) {
        text_copy(agent->names[i], LIMIT_NAME_SIZE, all[i].name);
        text_copy(agent->addresses[i], LIMIT_ADDRESS_SIZE, all[i].address);
        if (strcmp(all[i].name, agent->conf->agent.name) == 0) {
            agent->self = i + 1;
        }
    }
    agent->agent_count = count;
}

/* ---- opening ------------------------------------------------------------------------- */

static int open_disk(struct agent *agent, struct disk_recovered *recovered, struct err *err)
{
    static const char *const reserve[] = {GUARD_FLOOR_RECORD, NULL};
    struct disk_config config = {
        .loop = agent->loop,
        .directory = agent->conf->agent.data_dir,
        .agent = agent->conf->agent.name,
        .reserve = reserve,
    };

    return disk_open(&agent->disk, &config, recovered, err);
}

static int open_node(struct agent *agent, const struct disk_recovered *recovered, struct err *err)
{
    const struct ledger_profile *profile = ledger_profile_named("default");
    struct node_config config = {
        .loop = agent->loop,
        .id = agent->self,
        .heartbeat_ms = profile->heartbeat_ms,
        .election_min_ms = profile->election_min_ms,
        .election_max_ms = profile->election_max_ms,
        .seed = agent->start_id,
        .hooks = agent_ledger_hooks(),
        .context = agent,
    };
    int rc;

    config.disk = agent->disk;
    members_init(&config.members);
    for (uint32_t id = 1; id <= agent->agent_count; id++) {
        struct member member = {.id = id, .kind = MEMBER_VOTER};

        text_copy(member.name, sizeof member.name, agent->names[id - 1]);
        text_copy(member.address, sizeof member.address, agent->addresses[id - 1]);
        rc = members_add(&config.members, &member, err);
        assert(rc == 0);
    }
    return node_start(&agent->node, &config, recovered, err);
}

static int open_peers(struct agent *agent, struct err *err)
{
    struct peers_config config = {
        .loop = agent->loop,
        .log = &agent->log,
        .name = agent->conf->agent.name,
        .listen = agent->conf->agent.listen,
        .keys = &agent->conf->agent.keys,
        .start_id = agent->start_id,
        .seed = agent->start_id,
        .peers = agent->conf->peers,
        .peer_count = agent->conf->peer_count,
        .hooks = agent_route_hooks(),
        .context = agent,
    };

    return peers_open(&agent->peers, &config, err);
}

static int open_lead(struct agent *agent, struct err *err)
{
    struct lead_config config = {
        .loop = agent->loop,
        .log = &agent->log,
        .ledger = agent->ledger,
        .self = agent->self,
        .agent_count = agent->agent_count,
        .agent_names = (const char(*)[LIMIT_NAME_SIZE])agent->names,
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

/* ---- the own server ------------------------------------------------------------------- */

static void on_guard_sends(void *context, const struct order_message *message)
{
    agent_route_send(context, message); /* to 0: the leader */
}

/* What is beyond the new primary's history is copied before it may be cut. A position
 * wouldn't do: a later epoch's hides the tails of earlier ones. */
static void slave_word(struct agent *agent, struct gate_word *word)
{
    const struct ledger_cluster *cluster = NULL;
    const struct model_server *primary = NULL;

    if (ledger_server_anywhere(agent->ledger, agent->conf->server.name, &cluster) != NULL) {
        primary = model_look(lead_model(agent->lead), cluster->primary);
    }
    if (primary == NULL || primary->observed_ms == 0) {
        word->kind = GATE_WAIT;
        text_copy(word->reason, sizeof word->reason, "the primary's history isn't known yet");
        return;
    }
    word->kind = GATE_SLAVE;
    word->base = primary->observation.history;
    word->epoch = cluster->epoch;
}

static void on_gate_asks(void *context, struct gate_word *word)
{
    struct agent *agent = context;
    struct gtid_position base;

    switch (guard_service_gate_word(agent->guard, &base)) {
    case GUARD_ROLE_WAIT:
        word->kind = GATE_WAIT;
        text_copy(word->reason, sizeof word->reason,
                  "it isn't settled yet which server is the primary");
        break;
    case GUARD_ROLE_MASTER:
        word->kind = GATE_MASTER;
        break;
    case GUARD_ROLE_SLAVE:
        slave_word(agent, word);
        break;
    }
}

/* The picture of the primary, and the leader's word of how far there is to go, come by
 * themselves; nobody tells when. */
static void on_gate_timer(uv_timer_t *timer)
{
    agent_ledger_tell_guard(container_of(timer, struct agent, gate_timer));
}

static void on_gate_saved(void *context, uint64_t transactions)
{
    struct agent *agent = context;

    log_event(&agent->log, transactions > 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "tail_saved",
              LOG_TEXT("server", agent->conf->server.name), LOG_U64("transactions", transactions),
              LOG_END);
}

static int open_gate(struct agent *agent, struct err *err)
{
    struct gate_server_config config = {
        .loop = agent->loop,
        .data_dir = agent->conf->agent.data_dir,
        .context = agent,
        .ask = on_gate_asks,
        .saved = on_gate_saved,
    };

    int rc = gate_server_open(&agent->gate, &config, err);

    if (rc == 0) {
        uv_timer_init(agent->loop, &agent->gate_timer);
        uv_timer_start(&agent->gate_timer, on_gate_timer, GATE_POKE_MS, GATE_POKE_MS);
    }
    return rc;
}

static int open_guard(struct agent *agent, struct err *err)
{
    const struct conf *conf = agent->conf;
    struct guard_service_config config = {
        .loop = agent->loop,
        .log = &agent->log,
        .disk = agent->disk,
        .server = conf->server.name,
        .start_id = agent->start_id,
        .socket = conf->server.socket,
        .user = conf->server.user,
        .password = conf->server.password,
        .pid_file = conf->server.pid_file,
        .start = conf->server.start,
        .snippet = conf->server.snippet,
        .restart = true,
        .watch_user = conf->mariadb.user,
        .replication_user = conf->mariadb.replication_user,
        .replication_password = conf->mariadb.replication_password,
        .replication_tls = conf->mariadb.tls,
        .ca = conf->mariadb.ca,
        .send = on_guard_sends,
        .context = agent,
    };
    int rc;

    if (!conf->server.present) {
        return 0;
    }
    rc = guard_service_open(&agent->guard, &config, err);
    return rc != 0 ? rc : open_gate(agent, err);
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
    agent_close(agent, 0);
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
        rc = open_guard(agent, err);
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
    number_agents(agent);
    agent->ledger = malloc(sizeof *agent->ledger);
    agent->outcomes = calloc(AGENT_OUTCOMES, sizeof *agent->outcomes);
    if (agent->ledger == NULL || agent->outcomes == NULL) {
        return err_set(err, ERR_NOMEM, "no memory for the ledger");
    }
    ledger_init(agent->ledger);
    agent_route_open(agent);
    agent_call_open(agent);
    rc = open_disk(agent, &recovered, err);
    if (rc != 0) {
        return rc;
    }
    rc = open_parts(agent, &recovered, err);
    disk_recovered_release(&recovered);
    if (rc != 0) {
        return rc;
    }
    open_signals(agent);
    agent->started = true;
    agent_ledger_moved(agent);
    log_event(&agent->log, LOG_LEVEL_INFO, "started", LOG_TEXT("version", ORCHESTRATORD_VERSION),
              LOG_U64("agents", agent->agent_count),
              LOG_TEXT("server", conf->server.present ? conf->server.name : NULL),
              LOG_U64("index", agent->ledger->index), LOG_END);
    return 0;
}

/* Closing goes stage by stage; what a stage begins must be over before the next one. */
static void closed_one(struct agent *agent);

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
    disk_stop_waiting(agent->disk); /* the node waits for its writes */
    agent->call_timer.data = agent;
    agent_call_close(agent, on_handle_closed);
    serve_close(agent->serve, on_part_closed, agent);
    lead_close(agent->lead, on_part_closed, agent);
    node_close(agent->node, on_part_closed, agent);
    return 4;
}

static unsigned close_server(struct agent *agent)
{
    if (agent->guard == NULL) {
        return 0;
    }
    guard_service_close(agent->guard, on_part_closed, agent);
    gate_server_close(agent->gate, on_part_closed, agent);
    agent->gate_timer.data = agent;
    uv_close((uv_handle_t *)&agent->gate_timer, on_handle_closed);
    return 3;
}

static unsigned close_below(struct agent *agent)
{
    disk_close(agent->disk, on_part_closed, agent);
    peers_close(&agent->peers, on_peers_closed);
    tls_connect_close(&agent->tls, on_tls_closed);
    agent->mail_idle.data = agent;
    agent_route_close(agent, on_handle_closed);
    for (int i = 0; i < AGENT_SIGNALS; i++) {
        uv_close((uv_handle_t *)&agent->signals[i], on_handle_closed);
    }
    return 4 + AGENT_SIGNALS;
}

static unsigned close_rest(struct agent *agent)
{
    log_event(&agent->log, LOG_LEVEL_INFO, "stopped", LOG_I64("status", agent->exit_status),
              LOG_END);
    log_close(&agent->log);
    free(agent->ledger);
    free(agent->outcomes);
    return 0;
}

static void close_stages(struct agent *agent)
{
    static unsigned (*const stages[])(struct agent *) = {close_requests, close_server, close_below,
                                                         close_rest};

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
