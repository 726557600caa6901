/* agent_call: changes asked of this agent, carried to the leader and answered as
 * if made there; and reads that must be confirmed by a majority.
 *
 * Happy path: call -> (this agent leads: execute) or (carry: PEER_CALL there and back; wait
 * until what it changed is applied here, too) -> done. Failure paths: no leader or no way to it:
 * NO_LEADER at once; no answer within AGENT_CALL_MS, or the leader went: TIMED_OUT, since it may
 * have begun (an Idempotency-Key makes the repetition safe). A confirmed read waits here until all
 * that was committed at the leader is applied; the same time-out holds. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/agent.h"
#include "daemon/io/clock.h"
#include "proto/call.pb-c.h"

enum { CALL_TICK_MS = 50 };

/* One that this agent carries for its caller. */
struct carried {
    struct list link;
    uint64_t id;
    uint64_t deadline_ms;
    uint64_t wanted_index; /* done once this is applied here; 0: not known yet */
    bool answered;         /* then: */
    struct api_result result;
    struct api_wait *wait;
};

/* An answer that is here already is the one that counts. */
static void finish(struct carried *carried, const struct api_result *result)
{
    struct api_wait *wait = carried->wait;
    struct api_result own = carried->result;
    bool answered = carried->answered;

    list_remove(&carried->link);
    free(carried);
    wait->done(wait, answered ? &own : result);
    if (answered) {
        api_result_finish(&own);
    }
}

static void finish_with(struct carried *carried, enum api_code code, const char *detail)
{
    struct api_result result;

    api_result_say(&result, code, detail);
    finish(carried, &result);
    api_result_finish(&result);
}

static struct carried *carried_find(struct agent *agent, uint64_t id)
{
    list_each (link, &agent->calls) {
        struct carried *carried = container_of(link, struct carried, link);

        if (carried->id == id) {
            return carried;
        }
    }
    return NULL;
}

static struct carried *carried_new(struct agent *agent, struct api_wait *wait)
{
    struct carried *carried = calloc(1, sizeof *carried);

    if (carried == NULL) {
        abort();
    }
    carried->id = ++agent->calls_ever;
    carried->deadline_ms = clock_now_ms() + AGENT_CALL_MS;
    carried->wait = wait;
    list_append(&agent->calls, &carried->link);
    agent_call_soon(agent);
    return carried;
}

int agent_call_send(struct agent *agent, uint32_t to, const Call__Message *message)
{
    size_t size = call__message__get_packed_size(message);
    uint8_t *bytes = malloc(size);
    int rc;

    if (bytes == NULL) {
        return ERR_NOMEM;
    }
    call__message__pack(message, bytes);
    rc = roster_at(&agent->roster, to) != NULL
             ? peers_send(&agent->peers, to, PEER_CALL, bytes, size)
             : ERR_UNREACHABLE; /* it left in the meantime */
    free(bytes);
    return rc;
}

/* ---- asking the leader -------------------------------------------------------------- */

static bool leader_reachable(const struct agent *agent)
{
    uint32_t leader = agent_leader(agent);

    return leader > ROSTER_SELF && peers_connected(&agent->peers, leader);
}

static void carry(struct agent *agent, Call__Message *message, struct api_wait *wait)
{
    struct carried *carried = carried_new(agent, wait);

    message->id = carried->id;
    if (agent_call_send(agent, agent_leader(agent), message) != 0) {
        finish_with(carried, API_NO_LEADER, "the leader can't be reached");
    }
}

static void backend_call(void *context, const struct api_call *call, struct api_wait *wait)
{
    struct agent *agent = context;
    Call__Message message = CALL__MESSAGE__INIT;
    struct buf buf;

    if (agent->closing) {
        api_wait_say(wait, API_NO_LEADER, "this agent stops");
        return;
    }
    if (agent->status.ready) {
        agent_execute(agent, call, wait);
        return;
    }
    if (!leader_reachable(agent)) {
        api_wait_say(wait, API_NO_LEADER, "no leader is known, or it can't be reached from here");
        return;
    }
    buf_init(&buf, LIMIT_MESSAGE_BYTES);
    api_call_encode(call, &buf);
    message.body_case = CALL__MESSAGE__BODY_REQUEST;
    message.request.data = buf.data;
    message.request.len = buf.length;
    carry(agent, &message, wait);
    buf_finish(&buf);
}

/* ---- confirmed reads ------------------------------------------------------------------ */

static void done_ok(struct carried *carried)
{
    finish_with(carried, API_OK, "");
}

/* The ledger's own index is that of the last command: behind it may be entries without any, the
 * first one of a term or a list of members. */
void agent_call_applied(struct agent *agent)
{
    struct node_status status;
    uint64_t applied;

    agent_node_status(agent, &status);
    applied = agent->node != NULL ? status.applied : agent->ledger_applied;
    list_each (link, &agent->calls) {
        struct carried *carried = container_of(link, struct carried, link);

        if (carried->wanted_index != 0 && carried->wanted_index <= applied) {
            done_ok(carried);
        }
    }
}

struct own_confirmation {
    struct agent *agent;
    uint64_t carried; /* of this agent's own caller, or 0: */
    uint32_t to;      /* the agent that asks */
    uint64_t id;      /* by its number */
};

static void on_confirmed(void *context, bool confirmed)
{
    struct own_confirmation *asked = context;
    struct agent *agent = asked->agent;
    struct node_status status;

    agent_node_status(agent, &status);
    if (asked->carried != 0) {
        struct carried *carried = carried_find(agent, asked->carried);

        if (carried != NULL && !confirmed) {
            finish_with(carried, API_NO_LEADER, "a majority didn't confirm this leader");
        } else if (carried != NULL) {
            carried->wanted_index = status.commit;
            agent_call_applied(agent);
        }
    } else if (!agent->closing) {
        Call__Message message = CALL__MESSAGE__INIT;
        Call__Confirmed body = CALL__CONFIRMED__INIT;

        body.done = confirmed;
        body.index = status.commit;
        message.id = asked->id;
        message.body_case = CALL__MESSAGE__BODY_CONFIRMED;
        message.confirmed = &body;
        agent_call_send(agent, asked->to, &message);
    }
    free(asked);
}

static void confirm_here(struct agent *agent, uint64_t carried, uint32_t to, uint64_t id)
{
    struct lead_ports ports = agent_ledger_ports(agent);
    struct own_confirmation *asked = calloc(1, sizeof *asked);

    if (asked == NULL) {
        abort();
    }
    *asked = (struct own_confirmation){.agent = agent, .carried = carried, .to = to, .id = id};
    if (agent->node == NULL) {
        on_confirmed(asked, false);
        return;
    }
    ports.confirm(agent, on_confirmed, asked);
}

static void backend_confirm(void *context, struct api_wait *wait)
{
    struct agent *agent = context;
    Call__Message message = CALL__MESSAGE__INIT;

    if (agent->closing) {
        api_wait_say(wait, API_NO_LEADER, "this agent stops");
        return;
    }
    if (agent->status.ready) {
        confirm_here(agent, carried_new(agent, wait)->id, 0, 0);
        return;
    }
    if (!leader_reachable(agent)) {
        api_wait_say(wait, API_NO_LEADER, "no leader is known, or it can't be reached from here");
        return;
    }
    message.body_case = CALL__MESSAGE__BODY_CONFIRM;
    message.confirm = true;
    carry(agent, &message, wait);
}

/* ---- at the leader ---------------------------------------------------------------------- */

struct carried_here {
    struct api_wait wait;
    struct agent *agent;
    uint32_t to;
    uint64_t id;
};

static void on_executed(struct api_wait *wait, const struct api_result *result)
{
    struct carried_here *here = container_of(wait, struct carried_here, wait);
    Call__Message message = CALL__MESSAGE__INIT;
    struct node_status status;
    struct buf buf;

    buf_init(&buf, LIMIT_MESSAGE_BYTES);
    api_result_encode(result, &buf);
    agent_node_status(here->agent, &status);
    message.id = here->id;
    message.applied = status.applied;
    message.body_case = CALL__MESSAGE__BODY_RESULT;
    message.result.data = buf.data;
    message.result.len = buf.length;
    if (!here->agent->closing) {
        agent_call_send(here->agent, here->to, &message);
    }
    buf_finish(&buf);
    free(here);
}

static void receive_request(struct agent *agent, uint32_t from, const Call__Message *message)
{
    struct carried_here *here = calloc(1, sizeof *here);
    struct api_call call;
    struct err err;

    if (here == NULL) {
        return; /* the asking agent's time-out says so */
    }
    *here = (struct carried_here){
        .wait.done = on_executed, .agent = agent, .to = from, .id = message->id};
    if (api_call_decode(&call, message->request.data, message->request.len, &err) != 0) {
        api_wait_say(&here->wait, API_BAD_REQUEST, err.text);
    } else if (!agent->status.ready) {
        api_wait_say(&here->wait, API_NO_LEADER, "the agent that was asked leads no more");
    } else {
        agent_execute(agent, &call, &here->wait);
    }
}

/* Who was told of a change may look for it here at once. */
static void await_applied(struct agent *agent, struct carried *carried, uint64_t index)
{
    carried->wanted_index = index;
    agent_call_applied(agent);
    if (agent->node == NULL) {
        agent_guard_only_ask(agent);
    }
}

static void receive_result(struct agent *agent, const Call__Message *message)
{
    struct carried *carried = carried_find(agent, message->id);
    struct err err;

    if (carried == NULL || carried->answered) {
        return;
    }
    api_result_init(&carried->result);
    carried->answered = true;
    if (api_result_decode(&carried->result, message->result.data, message->result.len, &err) != 0) {
        carried->result.code = API_INTERNAL;
        text_copy(carried->result.detail, sizeof carried->result.detail, err.text);
    }
    if (message->applied == 0 || agent->halted) { /* it applies nothing any more */
        done_ok(carried);
    } else {
        await_applied(agent, carried, message->applied);
    }
}

static void receive_confirmed(struct agent *agent, const Call__Message *message)
{
    struct carried *carried = carried_find(agent, message->id);

    if (carried == NULL) {
        return;
    }
    if (!message->confirmed->done) {
        finish_with(carried, API_NO_LEADER, "a majority didn't confirm the leader");
        return;
    }
    await_applied(agent, carried, message->confirmed->index);
}

void agent_call_receive(struct agent *agent, uint32_t from, const uint8_t *bytes, size_t length)
{
    Call__Message *message = call__message__unpack(NULL, length, bytes);

    if (message == NULL) {
        log_event(&agent->log, LOG_LEVEL_WARNING, "call_refused",
                  LOG_TEXT("peer", roster_name(&agent->roster, from)),
                  LOG_TEXT("why", "not a message"), LOG_END);
        return;
    }
    switch (message->body_case) {
    case CALL__MESSAGE__BODY_REQUEST:
        receive_request(agent, from, message);
        break;
    case CALL__MESSAGE__BODY_RESULT:
        receive_result(agent, message);
        break;
    case CALL__MESSAGE__BODY_CONFIRM:
        confirm_here(agent, 0, from, message->id);
        break;
    case CALL__MESSAGE__BODY_CONFIRMED:
        receive_confirmed(agent, message);
        break;
    case CALL__MESSAGE__BODY_TOLD:
        agent_tell_take(agent, from, message->told);
        break;
    case CALL__MESSAGE__BODY_SEAT_WANTED:
        agent_seat_wanted(agent, from, message->seat_wanted->store);
        break;
    case CALL__MESSAGE__BODY_MEMBERS_TOLD:
        agent_seat_members(agent, from, message->members_told);
        break;
    case CALL__MESSAGE__BODY_LEDGER_WANTED:
        agent_guard_only_asked(agent, from, message->ledger_wanted);
        break;
    case CALL__MESSAGE__BODY_LEDGER_TOLD:
        agent_guard_only_told(agent, from, message->ledger_told);
        break;
    default:
        break; /* of a later version: its time-out says so */
    }
    call__message__free_unpacked(message, NULL);
}

/* ---- life cycle ----------------------------------------------------------------------------- */

static void on_tick(uv_timer_t *timer);

void agent_call_soon(struct agent *agent)
{
    uv_timer_t *timer = &agent->call_timer;

    if (!uv_is_active((uv_handle_t *)timer) || uv_timer_get_due_in(timer) > CALL_TICK_MS) {
        uv_timer_start(timer, on_tick, CALL_TICK_MS, 0);
    }
}

/* Somebody waits for what only a look at the clock ends. */
static bool is_waited_for(const struct agent *agent)
{
    return !list_empty(&agent->calls) || !list_empty(&agent->handovers) || agent->stop_ms != 0;
}

static void on_tick(uv_timer_t *timer)
{
    struct agent *agent = container_of(timer, struct agent, call_timer);
    uint64_t now_ms = clock_now_ms();
    uint64_t again_ms;

    if (now_ms >= agent->tell_ms) {
        agent->tell_ms = now_ms + AGENT_TELL_MS;
        agent_tell(agent);
        agent_seat_tick(agent);
        agent_guard_only_tick(agent);
        agent_feature_tick(agent);
        agent_invite_tick(agent);
        roster_expire(&agent->roster, now_ms);
    }
    agent_change_tick(agent);
    if (agent->closing) {
        return;
    }
    list_each (link, &agent->calls) {
        struct carried *carried = container_of(link, struct carried, link);

        if (now_ms >= carried->deadline_ms) {
            finish_with(carried, API_TIMED_OUT,
                        "the leader didn't answer in time; it may have begun");
        }
    }
    again_ms = agent->tell_ms > now_ms ? agent->tell_ms - now_ms : CALL_TICK_MS;
    uv_timer_start(timer, on_tick, is_waited_for(agent) ? CALL_TICK_MS : again_ms, 0);
}

void agent_call_open(struct agent *agent)
{
    int rc;

    list_init(&agent->calls);
    list_init(&agent->handovers);
    rc = uv_timer_init(agent->loop, &agent->call_timer);
    assert(rc == 0);
    agent_call_soon(agent);
}

void agent_call_close(struct agent *agent, uv_close_cb cb)
{
    list_each (link, &agent->calls) {
        finish_with(container_of(link, struct carried, link), API_NO_LEADER, "this agent stops");
    }
    agent_change_close(agent);
    uv_close((uv_handle_t *)&agent->call_timer, cb);
}

struct api_backend agent_call_backend(struct agent *agent)
{
    return (struct api_backend){.ctx = agent,
                                .look = agent_look,
                                .look_around = agent_look_around,
                                .confirm = backend_confirm,
                                .call = backend_call};
}
