/* corpus_case: reads the language of tests/corpus (its README says how it goes)
 * into a scene. For one test binary each: everything is static. */
#ifndef TESTS_UNIT_TOPOLOGY_CORPUS_CASE_H
#define TESTS_UNIT_TOPOLOGY_CORPUS_CASE_H

#include "tests/unit/topology/corpus_words.h"

/* ---- the ledger --------------------------------------------------------------------- */

static void take_cluster(struct corpus_case *c, void *object, const char *part)
{
    const char *value = strchr(part, '=');
    char key[64];
    struct err err;

    (void)object;
    if (after(part, "epoch")) {
        c->cluster->epoch = strtoull(after(part, "epoch"), NULL, 10);
    } else if (after(part, "term")) {
        c->scene.term_ms = CASE_NOW_MS - milliseconds(after(part, "term"));
    } else if (after(part, "settled")) {
        c->scene.settled_ms = CASE_NOW_MS - milliseconds(after(part, "settled"));
    } else if (after(part, "chosen")) {
        c->cluster->base = position_of(after(part, "chosen"));
    } else if (strcmp(part, "never opened") == 0) {
        c->cluster->armed = false;
    } else {
        ck_assert_msg(value != NULL, "cluster: %s", part);
        text_format(key, sizeof key, "%.*s", (int)(value - part), part);
        ck_assert_msg(ledger_setting_set(&c->cluster->settings, key, value + 1, &err) == 0, "%s",
                      err.text);
    }
}

static enum operation_kind kind_of(const char *name)
{
    for (int i = OPERATION_KIND_NONE; i <= OPERATION_KIND_REJOIN; i++) {
        if (named(name, operation_kind_name((enum operation_kind)i))) {
            return (enum operation_kind)i;
        }
    }
    ck_abort_msg("no kind of operation: %s", name);
}

static enum operation_state operation_state_of(const char *name)
{
    for (int i = OPERATION_NONE; i <= OPERATION_ABORTED; i++) {
        if (named(name, operation_state_name((enum operation_state)i))) {
            return (enum operation_state)i;
        }
    }
    ck_abort_msg("no state of an operation: %s", name);
}

static enum operation_action action_of(const char *name)
{
    for (int i = OPERATION_ACTION_NONE; i <= OPERATION_ACTION_START; i++) {
        if (named(name, operation_action_name((enum operation_action)i))) {
            return (enum operation_action)i;
        }
    }
    ck_abort_msg("no action: %s", name);
}

/* "rejoin of db3 failed 20s ago", "failover of db1 succeeded 5m ago by ann" */
static void read_past(struct corpus_case *c, const char *text)
{
    struct operation *past = &c->cluster->past[c->cluster->past_count++];
    char kind[32] = "", to[64] = "", outcome[32] = "", ago[32] = "", by[64] = "";

    if (sscanf(text, "%31s of %63s %31s %31s ago by %63s", kind, to, outcome, ago, by) < 4) {
        to[0] = '\0';
        ck_assert_msg(sscanf(text, "%31s %31s %31s ago by %63s", kind, outcome, ago, by) >= 3,
                      "past: %s", text);
    }
    past->id = c->cluster->past_count;
    past->kind = kind_of(kind);
    past->epoch = c->cluster->epoch;
    past->state = OPERATION_DONE;
    past->outcome = named(outcome, "succeeded") ? OPERATION_OUTCOME_SUCCEEDED
                    : named(outcome, "undone")  ? OPERATION_OUTCOME_UNDONE
                                                : OPERATION_OUTCOME_FAILED;
    past->started_ms = CASE_WALL_MS - milliseconds(ago);
    past->finished_ms = past->started_ms;
    if (past->kind == OPERATION_KIND_FAILOVER) {
        text_copy(past->from, sizeof past->from, to);
    } else {
        text_copy(past->to, sizeof past->to, to);
    }
    text_format(past->cause, sizeof past->cause, "%s%s",
                by[0] == '\0' ? "PRIMARY_DEAD" : "asked for by ", by);
}

/* "7 failover revoked", "7 switchover demoted wanted db2" */
static void read_operation(struct corpus_case *c, const char *text)
{
    struct operation *operation = &c->cluster->operation;
    char kind[32], state[32], wanted[64] = "";
    unsigned id;

    ck_assert_msg(sscanf(text, "%u %31s %31s wanted %63s", &id, kind, state, wanted) >= 3,
                  "operation: %s", text);
    operation->id = id;
    operation->kind = kind_of(kind);
    operation->state = operation_state_of(state);
    operation->epoch = c->cluster->epoch + 1;
    text_copy(operation->cluster, sizeof operation->cluster, c->cluster->name);
    text_copy(operation->from, sizeof operation->from, c->cluster->primary);
    text_copy(operation->wanted, sizeof operation->wanted, wanted);
}

/* "revoked stop-io db2 done 0-1-100" */
static void read_step(struct corpus_case *c, const char *text)
{
    struct operation *operation = &c->cluster->operation;
    char phase[32], action[32], target[64], state[32] = "pending", position[256] = "";
    struct operation_step *step;

    ck_assert_msg(
        sscanf(text, "%31s %31s %63s %31s %255s", phase, action, target, state, position) >= 3,
        "step: %s", text);
    ck_assert_int_eq(
        operation_step_add(operation, action_of(action), target, operation_state_of(phase), false),
        0);
    step = &operation->steps[operation->step_count - 1];
    step->required = step->action == OPERATION_ACTION_REVOKE ||
                     step->action == OPERATION_ACTION_DEMOTE ||
                     step->action == OPERATION_ACTION_DRAIN;
    step->state = named(state, "done")      ? OPERATION_STEP_DONE
                  : named(state, "failed")  ? OPERATION_STEP_FAILED
                  : named(state, "running") ? OPERATION_STEP_RUNNING
                                            : OPERATION_STEP_PENDING;
    if (step->state == OPERATION_STEP_FAILED) {
        text_copy(step->detail, sizeof step->detail, position);
    } else {
        step->position = position_of(position);
    }
}

/* ---- servers ---------------------------------------------------------------------------- */

struct case_server {
    struct ledger_server *server;
    struct model_server *seen;
};

static struct observation_channel *channel_of(struct case_server *s)
{
    struct observation *observation = &s->seen->observation;

    if (observation->channel_count == 0) {
        observation->channel_count = 1;
        observation->channels[0].using_gtid = true;
    }
    return &observation->channels[0];
}

static void forget(struct model_server *seen)
{
    char name[LIMIT_NAME_SIZE];

    memcpy(name, seen->name, sizeof name);
    memset(seen, 0, sizeof *seen);
    memcpy(seen->name, name, sizeof name);
}

static bool take_health(struct case_server *s, const char *part)
{
    struct model_server *seen = s->seen;
    uint64_t now = CASE_NOW_MS;
    const char *value;

    if (named(part, "stopped")) {
        seen->report.testimony = ORDER_STOPPED;
        seen->stopped_since_ms = now - 60;
        seen->observed_ms = seen->probed_ms = now - 100;
    } else if ((value = after(part, "stopped for")) != NULL) {
        seen->report.testimony = ORDER_STOPPED;
        seen->stopped_since_ms = now - milliseconds(value);
        seen->observed_ms = seen->probed_ms = seen->stopped_since_ms - 40;
    } else if (named(part, "starting")) {
        seen->report.testimony = ORDER_UNKNOWN;
        seen->observed_ms = seen->probed_ms = now - 100;
        seen->failing_since_ms = now - 60;
    } else if ((value = after(part, "hangs for")) != NULL) {
        seen->observed_ms = seen->probed_ms = now - milliseconds(value);
        seen->failing_since_ms = now - milliseconds(value) / 2;
        seen->report.testimony = ORDER_SILENT;
        seen->report.observed_ms_ago = (uint32_t)milliseconds(value) - 20;
        text_copy(seen->probe_error, sizeof seen->probe_error, "timed out");
    } else if ((value = after(part, "unreachable for")) != NULL) {
        seen->failing_since_ms = now - milliseconds(value);
        seen->probed_ms = seen->failing_since_ms - 50;
        text_copy(seen->probe_error, sizeof seen->probe_error, "timed out");
    } else if ((value = after(part, "lost for")) != NULL) {
        seen->failing_since_ms = now - milliseconds(value);
        seen->probed_ms = seen->observed_ms = seen->failing_since_ms - 50;
        seen->reported_ms = seen->failing_since_ms - 70;
        seen->guard_connected = false;
        text_copy(seen->probe_error, sizeof seen->probe_error, "timed out");
    } else if ((value = after(part, "never seen for")) != NULL) {
        forget(seen);
        seen->failing_since_ms = now - milliseconds(value);
        seen->watched_ms = seen->failing_since_ms;
        text_copy(seen->probe_error, sizeof seen->probe_error, "timed out");
    } else if (named(part, "guard silent")) {
        seen->guard_connected = false;
        seen->reported_ms = now - 10000;
    } else if ((value = after(part, "guard not heard for")) != NULL) {
        seen->guard_connected = false;
        seen->reported_ms = 0;
        seen->watched_ms = now - milliseconds(value);
    } else if (named(part, "not looked at")) {
        forget(seen);
    } else if (named(part, "access denied")) {
        seen->access_denied = true;
        seen->probed_ms = 0;
        text_copy(seen->probe_error, sizeof seen->probe_error, "access denied");
    } else {
        return false;
    }
    return true;
}

static bool take_channel(struct corpus_case *c, struct case_server *s, const char *part)
{
    const char *value;
    const char *text;

    if (named(part, "follows nobody")) {
        s->seen->observation.channel_count = 0;
    } else if ((value = after(part, "follows")) != NULL) {
        text_copy(channel_of(s)->source, LIMIT_ADDRESS_SIZE,
                  ledger_server_find(c->cluster, value)->address);
    } else if ((value = after(part, "io error")) != NULL) {
        channel_of(s)->io = OBSERVATION_THREAD_NO;
        channel_of(s)->io_errno = (uint32_t)strtoul(value, NULL, 10);
        text = strchr(value, ' ');
        text_copy(channel_of(s)->io_error, LIMIT_TEXT_SIZE, text == NULL ? "" : text + 1);
    } else if ((value = after(part, "sql error")) != NULL) {
        channel_of(s)->sql = OBSERVATION_THREAD_NO;
        channel_of(s)->sql_errno = (uint32_t)strtoul(value, NULL, 10);
        text = strchr(value, ' ');
        text_copy(channel_of(s)->sql_error, LIMIT_TEXT_SIZE, text == NULL ? "" : text + 1);
    } else if ((value = after(part, "io")) != NULL) {
        channel_of(s)->io = named(value, "yes")  ? OBSERVATION_THREAD_YES
                            : named(value, "no") ? OBSERVATION_THREAD_NO
                                                 : OBSERVATION_THREAD_CONNECTING;
    } else if ((value = after(part, "sql")) != NULL) {
        channel_of(s)->sql = named(value, "yes") ? OBSERVATION_THREAD_YES : OBSERVATION_THREAD_NO;
    } else if (named(part, "threads stopped")) {
        channel_of(s)->io = OBSERVATION_THREAD_NO;
        channel_of(s)->sql = OBSERVATION_THREAD_NO;
    } else if (named(part, "by file and offset")) {
        channel_of(s)->using_gtid = false;
    } else {
        return false;
    }
    return true;
}

/* What the guard's report adds to the picture, or knows better. */
static bool take_guard(struct case_server *s, const char *part)
{
    const char *value;

    if ((value = after(part, "seen")) != NULL) {
        s->seen->probed_ms = s->seen->observed_ms = CASE_NOW_MS - milliseconds(value);
    } else if (named(part, "guard says writable") || named(part, "guard says read-only")) {
        s->seen->report.has_observation = true;
        s->seen->report.writable = named(part, "guard says writable");
    } else if ((value = after(part, "guard finds extra")) != NULL) {
        text_copy(s->seen->report.extra, LIMIT_TEXT_SIZE, value);
    } else {
        return false;
    }
    return true;
}

static bool take_observed(struct case_server *s, const char *part)
{
    struct observation *observation = &s->seen->observation;
    const char *value;

    if (named(part, "writable") || named(part, "read-only")) {
        observation->read_only = named(part, "read-only");
    } else if ((value = after(part, "at")) != NULL) {
        observation->received = observation->applied = observation->binlog = position_of(value);
        observation->history = state_of(value);
    } else if ((value = after(part, "wrote")) != NULL) {
        observation->binlog = position_of(value);
        observation->history = state_of(value);
    } else if ((value = after(part, "history")) != NULL) {
        observation->history = state_of(value);
    } else if ((value = after(part, "received")) != NULL) {
        observation->received = position_of(value);
        if (!gtid_contains(&observation->received, &observation->applied)) {
            observation->applied = observation->binlog = observation->received;
            observation->history = state_of(value);
        }
    } else if (named(part, "semi-sync off")) {
        observation->semi_sync_master = observation->semi_sync_slave = false;
    } else if (named(part, "semi-sync primary side on")) {
        observation->semi_sync_master = true;
    } else if ((value = after(part, "clients")) != NULL) {
        observation->semi_sync_clients = (uint32_t)strtoul(value, NULL, 10);
    } else if ((value = after(part, "version")) != NULL) {
        text_copy(observation->version, sizeof observation->version, value);
    } else if (named(part, "lag unknown")) {
        s->seen->lag_known = false;
    } else if ((value = after(part, "lag")) != NULL) {
        s->seen->lag_ms = milliseconds(value);
    } else {
        return false;
    }
    return true;
}

static void take_server(struct corpus_case *c, void *object, const char *part)
{
    struct case_server *s = object;
    const char *value;

    if (named(part, "primary") || named(part, "replica")) {
        return; /* read beforehand */
    }
    if ((value = after(part, "priority")) != NULL) {
        s->server->priority = (uint32_t)strtoul(value, NULL, 10);
    } else if (named(part, "never promote")) {
        s->server->never_promote = true;
    } else if (named(part, "ex-primary")) {
        s->server->ex_primary = true;
    } else if (named(part, "no acker")) {
        s->server->acker = false;
    } else if (named(part, "no guard")) {
        s->server->agent[0] = '\0';
        s->seen->guard_connected = false;
        s->seen->reported_ms = 0;
    } else if (named(part, "fenced")) {
        s->seen->report.soft_fenced = true;
        s->seen->observation.read_only = true;
    } else {
        ck_assert_msg(take_guard(s, part) || take_health(s, part) || take_channel(c, s, part) ||
                          take_observed(s, part),
                      "%s: unknown words: %s", s->server->name, part);
    }
}

/* Well, unless something else is said. */
static void well(struct corpus_case *c, struct case_server *s, uint32_t number)
{
    bool primary = named(s->server->name, c->cluster->primary);
    struct observation *observation = &s->seen->observation;

    s->seen->probed_ms = s->seen->observed_ms = CASE_NOW_MS - 50;
    s->seen->watched_ms = CASE_NOW_MS - 60000;
    s->seen->guard_connected = true;
    s->seen->reported_ms = CASE_NOW_MS - 20;
    s->seen->report.testimony = ORDER_ANSWERING;
    s->seen->lag_known = !primary;
    text_copy(observation->version, sizeof observation->version, "10.11.6-MariaDB");
    observation->server_id = number;
    observation->read_only = !primary;
    observation->semi_sync_master = primary;
    observation->semi_sync_slave = !primary;
    observation->semi_sync_clients = primary ? c->cluster->server_count - 1 : 0;
    observation->binlog = position_of("0-1-100");
    observation->history = state_of("0-1-100");
    if (!primary) {
        struct observation_channel *channel = channel_of(s);

        observation->received = observation->applied = observation->binlog;
        channel->io = channel->sql = OBSERVATION_THREAD_YES;
        text_copy(channel->source, sizeof channel->source,
                  ledger_server_find(c->cluster, c->cluster->primary)->address);
    }
}

static bool is_server_line(const char *line)
{
    const char *colon = strstr(line, ": ");

    return colon != NULL &&
           (strncmp(colon, ": primary", 9) == 0 || strncmp(colon, ": replica", 9) == 0);
}

static void add_server(struct corpus_case *c, const char *line)
{
    struct ledger_server *server = &c->cluster->servers[c->cluster->server_count++];
    const char *colon = strchr(line, ':');

    text_format(server->name, sizeof server->name, "%.*s", (int)(colon - line), line);
    text_format(server->address, sizeof server->address, "10.0.0.%u:3306",
                c->cluster->server_count);
    text_format(server->agent, sizeof server->agent, "a%u", c->cluster->server_count);
    server->priority = 100;
    server->acker = true;
    if (strncmp(colon, ": primary", 9) == 0) {
        text_copy(c->cluster->primary, sizeof c->cluster->primary, server->name);
        server->acker = false;
    }
}

static void read_line(struct corpus_case *c, const char *line)
{
    const char *value;

    if ((value = after(line, "cluster:")) != NULL) {
        each_part(c, NULL, value, take_cluster);
    } else if ((value = after(line, "past:")) != NULL) {
        read_past(c, value);
    } else if ((value = after(line, "operation:")) != NULL) {
        read_operation(c, value);
    } else if ((value = after(line, "step:")) != NULL) {
        read_step(c, value);
    } else if ((value = after(line, "ask:")) != NULL) {
        ck_assert_uint_lt(c->ask_count, CASE_ASKS);
        text_copy(c->asks[c->ask_count++], sizeof c->asks[0], value);
    } else {
        ck_assert_msg(is_server_line(line), "not understood: %s", line);
    }
}

static void each_line(struct corpus_case *c, const char *text,
                      void (*take)(struct corpus_case *, const char *))
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        char line[1024];

        text_format(line, sizeof line, "%.*s", (int)length, text);
        if (line[0] != '#' && line[0] != '\0') {
            take(c, line);
        }
        text += length + (text[length] == '\n');
    }
}

static void add_servers(struct corpus_case *c, const char *line)
{
    if (is_server_line(line)) {
        add_server(c, line);
    }
}

static void see_servers(struct corpus_case *c, const char *line)
{
    if (is_server_line(line)) {
        char name[LIMIT_NAME_SIZE];
        struct case_server s;

        text_format(name, sizeof name, "%.*s", (int)strcspn(line, ":"), line);
        for (uint32_t i = 0; i < c->cluster->server_count; i++) {
            if (named(c->cluster->servers[i].name, name)) {
                s.server = &c->cluster->servers[i];
                s.seen = model_find(&c->model, name);
                well(c, &s, i + 1);
            }
        }
        each_part(c, &s, strstr(line, ": ") + 2, take_server);
    }
}

/* Reads the lines above "---"; free() it. */
static struct corpus_case *case_read(const char *text)
{
    struct corpus_case *c = calloc(1, sizeof *c);

    ck_assert(c != NULL);
    ledger_init(&c->ledger);
    c->ledger.cluster_count = 1;
    c->cluster = &c->ledger.clusters[0];
    text_copy(c->cluster->name, sizeof c->cluster->name, "main");
    c->cluster->epoch = 3;
    ledger_settings_default(&c->cluster->settings);
    c->cluster->armed = true;
    each_line(c, text, add_servers);
    ck_assert_msg(c->cluster->primary[0] != '\0', "no primary");
    model_init(&c->model);
    model_follow(&c->model, &c->ledger);
    each_line(c, text, see_servers);
    each_line(c, text, read_line);
    c->cluster->opened_epoch =
        c->cluster->armed && c->cluster->base.count == 0 ? c->cluster->epoch : 0;
    c->scene.cluster = c->cluster;
    c->scene.model = &c->model;
    c->scene.now_ms = CASE_NOW_MS;
    c->scene.wall_ms = CASE_WALL_MS;
    return c;
}

#endif
