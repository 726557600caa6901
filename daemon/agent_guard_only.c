/* agent_guard_only: an agent that has no disk, hence no node, still guards its server.
 *
 * Happy path: every AGENT_TELL_MS, and when a confirmed read waits for more, it asks the leader,
 * whom the others tell it of, for the ledger; the leader sends its own if that has moved. The
 * guard follows it like any other, takes the cluster's epoch for its floor, and asks for its
 * lease. Failure: no leader, no answer: what was told last counts until UNKNOWN_MS, then the
 * guard knows no leader. Nothing is voted for, and nothing is promised that needs a disk. */
#include "daemon/agent.h"
#include "daemon/io/clock.h"
#include "proto/call.pb-c.h"

enum { UNKNOWN_MS = 3 * AGENT_TELL_MS };

bool agent_guard_only_knows(const struct agent *agent)
{
    return agent->ledger_told_ms != 0 && clock_now_ms() < agent->ledger_told_ms + UNKNOWN_MS;
}

void agent_guard_only_tick(struct agent *agent)
{
    if (agent->disk == NULL) {
        agent_ledger_tell_guard(agent);
        agent_guard_only_ask(agent);
    }
}

void agent_guard_only_ask(struct agent *agent)
{
    Call__Message message = CALL__MESSAGE__INIT;
    Call__LedgerWanted wanted = CALL__LEDGER_WANTED__INIT;
    uint32_t leader = agent_leader(agent);

    if (leader > ROSTER_SELF) {
        wanted.index = agent->ledger->index;
        message.body_case = CALL__MESSAGE__BODY_LEDGER_WANTED;
        message.ledger_wanted = &wanted;
        agent_call_send(agent, leader, &message);
    }
}

/* An empty answer says that nothing has moved. */
void agent_guard_only_asked(struct agent *agent, uint32_t from, const Call__LedgerWanted *wanted)
{
    Call__Message message = CALL__MESSAGE__INIT;
    Call__LedgerTold told = CALL__LEDGER_TOLD__INIT;
    struct node_status status;
    struct buf buf;

    agent_node_status(agent, &status);
    if (!status.ready) {
        return;
    }
    buf_init(&buf, LIMIT_SNAPSHOT_BYTES);
    if (wanted->index != agent->ledger->index) {
        ledger_encode(agent->ledger, &buf);
    }
    told.ledger.data = buf.data;
    told.ledger.len = buf.length;
    told.applied = status.applied;
    message.body_case = CALL__MESSAGE__BODY_LEDGER_TOLD;
    message.ledger_told = &told;
    if (buf_ok(&buf)) {
        agent_call_send(agent, from, &message);
    }
    buf_finish(&buf);
}

void agent_guard_only_told(struct agent *agent, uint32_t from, const Call__LedgerTold *told)
{
    struct err err;

    if (agent->disk != NULL || from != agent_leader(agent)) {
        return;
    }
    if (told->ledger.len > 0 &&
        ledger_decode(agent->ledger, told->ledger.data, told->ledger.len, &err) != 0) {
        log_event(&agent->log, LOG_LEVEL_WARNING, "ledger_refused",
                  LOG_TEXT("peer", roster_name(&agent->roster, from)), LOG_TEXT("why", err.text),
                  LOG_END);
        return;
    }
    agent->ledger_told_ms = clock_now_ms();
    agent->ledger_applied = told->applied != 0 ? told->applied : agent->ledger->index;
    if (told->ledger.len > 0) {
        agent_ledger_moved(agent);
    } else {
        agent_ledger_tell_guard(agent);
        agent_call_applied(agent);
    }
}
