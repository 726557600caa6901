/* agent_execute: what the leader does with a call of the API. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/agent.h"
#include "daemon/io/clock.h"

/* A call that is worked on. */
struct execution {
    struct agent *agent;
    struct api_wait *asked;
    struct api_wait own; /* in between, for what answers with a whole result */
    struct api_call call;
    enum api_code success;
};

static void on_done(struct api_wait *wait, const struct api_result *result)
{
    struct execution *execution = container_of(wait, struct execution, own);
    struct api_wait *asked = execution->asked;

    repeat_end(&execution->agent->repeat, &execution->call, result);
    free(execution);
    asked->done(asked, result);
}

static void on_answer(void *context, const struct lead_answer *answer)
{
    struct execution *execution = context;
    struct api_result result;
    struct err err;

    api_result_init(&result);
    if (answer->code != 0 && answer->decision != NULL &&
        answer->decision->verdict == DECISION_REFUSE) {
        api_result_refusal(&result, answer->decision);
    } else if (answer->code != 0) {
        err_set(&err, answer->code, "%s", answer->story);
        api_result_error(&result, &err);
    } else if (answer->decision != NULL) {
        api_result_plan(&result, &answer->decision->operation);
    } else {
        result.code = execution->success;
        result.operation = execution->success == API_ACCEPTED ? answer->operation : 0;
    }
    on_done(&execution->own, &result);
    api_result_finish(&result);
}

static void execute_wish(struct agent *agent, const struct api_call *call,
                         struct execution *execution)
{
    struct lead_wish wish = {
        .kind = call->verb == VERB_SWITCHOVER ? OPERATION_KIND_SWITCHOVER : OPERATION_KIND_FAILOVER,
        .cluster = call->cluster,
        .request = {.by = call->by,
                    .to = call->to,
                    .max_lag_ms = call->max_lag_ms,
                    .old_primary_is_dead = call->old_primary_is_dead,
                    .allow_data_loss = call->allow_data_loss},
        .deadline_ms = call->deadline_ms,
        .max_write_gap_ms = call->max_write_gap_ms,
        .dry_run = call->dry_run,
    };

    execution->success = API_ACCEPTED;
    lead_wish(agent->lead, &wish, on_answer, execution);
}

static size_t settings_of(const struct api_call *call, struct command_setting *settings)
{
    for (uint32_t i = 0; i < call->setting_count; i++) {
        settings[i].key = call->settings[i].key;
        settings[i].value = call->settings[i].value;
    }
    return call->setting_count;
}

static void execute_cluster_create(const struct api_call *call, struct command_stamp stamp,
                                   struct buf *buf)
{
    struct ledger_server *servers = calloc(LIMIT_SERVERS, sizeof *servers);
    struct command_setting settings[API_SETTINGS];
    size_t setting_count = settings_of(call, settings);

    if (servers == NULL) {
        abort();
    }
    for (uint32_t i = 0; i < call->server_count; i++) {
        servers[i].priority = 100;
        text_copy(servers[i].name, sizeof servers[i].name, call->servers[i].name);
        text_copy(servers[i].address, sizeof servers[i].address, call->servers[i].address);
    }
    command_cluster_create(buf, stamp, call->cluster, servers, call->server_count, call->primary,
                           settings, setting_count);
    free(servers);
}

static void execute_cluster_set(const struct api_call *call, struct command_stamp stamp,
                                struct buf *buf)
{
    struct command_setting settings[API_SETTINGS];
    size_t setting_count = settings_of(call, settings);

    command_cluster_set(buf, stamp, call->cluster, settings, setting_count);
}

static void execute_token_create(const struct api_call *call, struct command_stamp stamp,
                                 struct buf *buf)
{
    struct ledger_token token = {.role = call->token_role, .created_ms = stamp.at_ms};

    text_copy(token.name, sizeof token.name, call->token_name);
    memcpy(token.hash, call->token_hash, sizeof token.hash);
    command_token_create(buf, stamp, &token);
}

static void execute_command(struct agent *agent, const struct api_call *call,
                            struct execution *execution)
{
    struct command_stamp stamp = {.by = call->by, .at_ms = clock_wall_ms()};
    struct buf buf;

    buf_init(&buf, LIMIT_COMMAND_BYTES);
    execution->success = API_CREATED;
    switch (call->verb) {
    case VERB_CLUSTER_CREATE:
        execute_cluster_create(call, stamp, &buf);
        break;
    case VERB_CLUSTER_SET:
        execute_cluster_set(call, stamp, &buf);
        execution->success = API_OK;
        break;
    case VERB_TOKEN_CREATE:
        execute_token_create(call, stamp, &buf);
        break;
    default:
        assert(false);
    }
    assert(buf_ok(&buf));
    lead_propose(agent->lead, buf.data, buf.length, on_answer, execution);
    buf_finish(&buf);
}

/* A repetition gets the answer of the first; it isn't done again. */
static bool answered_before(struct agent *agent, const struct api_call *call, struct api_wait *wait)
{
    struct api_result result;
    bool repeated;

    api_result_init(&result);
    repeated = !repeat_begin(&agent->repeat, call, clock_now_ms(), &result);
    if (repeated) {
        wait->done(wait, &result);
    }
    api_result_finish(&result);
    return repeated;
}

void agent_execute(struct agent *agent, const struct api_call *call, struct api_wait *wait)
{
    struct execution *execution;

    if (answered_before(agent, call, wait)) {
        return;
    }
    execution = calloc(1, sizeof *execution);
    if (execution == NULL) {
        abort();
    }
    execution->agent = agent;
    execution->asked = wait;
    execution->call = *call;
    execution->own.done = on_done;
    switch (call->verb) {
    case VERB_SWITCHOVER:
    case VERB_FAILOVER:
        execute_wish(agent, &execution->call, execution);
        break;
    case VERB_AGENT_ADD:
    case VERB_AGENT_MOVE:
    case VERB_AGENT_REMOVE:
    case VERB_AGENT_LEAD:
    case VERB_AGENT_INVITE:
    case VERB_AGENT_UNINVITE:
    case VERB_AGENT_JOIN:
        agent_change(agent, &execution->call, &execution->own);
        break;
    default:
        execute_command(agent, &execution->call, execution);
        break;
    }
}
