/* agent_server: this agent's own server: its guard, and the gate that it starts through. */
#include "daemon/agent.h"
#include "daemon/io/clock.h"
#include "daemon/io/snippet.h"

enum { POKE_MS = 50, POKE_FOR_MS = 1000 };

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

    agent_server_poke(agent);
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

/* A gate waits for the picture of the primary, and a new leader for a first report, whatever
 * way that takes: nobody tells when. */
static void on_poke(uv_timer_t *timer)
{
    struct agent *agent = container_of(timer, struct agent, poke_timer);

    agent_ledger_tell_guard(agent);
    if (clock_now_ms() >= agent->poke_until_ms) {
        uv_timer_stop(timer);
    }
}

void agent_server_poke(struct agent *agent)
{
    if (agent->gate != NULL && !agent->closing) {
        agent->poke_until_ms = clock_now_ms() + POKE_FOR_MS;
        if (!uv_is_active((uv_handle_t *)&agent->poke_timer)) {
            uv_timer_start(&agent->poke_timer, on_poke, POKE_MS, POKE_MS);
        }
    }
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

    if (rc != 0 && agent->disk == NULL) { /* its socket lies in the directory that is gone */
        log_event(&agent->log, LOG_LEVEL_ERROR, "gate_closed", LOG_TEXT("why", err->text), LOG_END);
        agent->gate = NULL;
        return 0;
    }
    if (rc == 0) {
        uv_timer_init(agent->loop, &agent->poke_timer);
        agent_server_poke(agent);
    }
    return rc;
}

/* Whether a guard of this server must remember its floor: it has another store than before, or the
 * server was opened under a lease by a guard whose store is gone without a trace. */
static bool floor_is_expected(const struct agent *agent)
{
    return agent->disk == NULL || agent->seat.born == SEAT_REPLACED ||
           snippet_was_leased(agent->conf->server.snippet);
}

int agent_server_open(struct agent *agent, struct err *err)
{
    const struct conf *conf = agent->conf;
    struct guard_service_config config = {
        .loop = agent->loop,
        .log = &agent->log,
        .disk = agent->disk,
        .floor_expected = floor_is_expected(agent),
        .server = conf->server.name,
        .start_id = agent->start_id,
        .socket = conf->server.socket,
        .user = conf->server.user,
        .password = conf->server.password,
        .pid_file = conf->server.pid_file,
        .datadir = conf->server.datadir,
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

static void on_part_closed(void *context)
{
    agent_closed_part(context);
}

static void on_handle_closed(uv_handle_t *handle)
{
    agent_closed_part(handle->data);
}

unsigned agent_server_close(struct agent *agent)
{
    if (agent->guard == NULL) {
        return 0;
    }
    guard_service_close(agent->guard, on_part_closed, agent);
    if (agent->gate == NULL) {
        return 1;
    }
    gate_server_close(agent->gate, on_part_closed, agent);
    agent->poke_timer.data = agent;
    uv_close((uv_handle_t *)&agent->poke_timer, on_handle_closed);
    return 3;
}
