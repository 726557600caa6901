/* agent_feature: agents of different versions, side by side.
 *
 * Every agent tells which level of the ledger it understands. Once all members have told, the
 * leader proposes the lowest of these as the ledger's level; commands above it are never proposed.
 * So an agent that meets something unknown is one that was older than the others when
 * it was added, or was taken back to an old version. It stops to vote (what it would be asked to
 * agree to it can't judge), says so, and goes on to guard its server by what it last knew. */
#include "daemon/agent.h"
#include "daemon/io/clock.h"

/* The lowest of all; 0 while one of them hasn't told. */
static uint32_t understood_by_all(const struct agent *agent)
{
    uint32_t lowest = agent->ledger->knows;

    for (uint32_t place = ROSTER_SELF + 1; place <= LIMIT_AGENT_SLOTS; place++) {
        const struct agent_told *told = &agent->told[place];

        if (!roster_is_agent(&agent->roster, place)) {
            continue;
        }
        if (!told->known || told->features == 0) {
            return 0;
        }
        lowest = told->features < lowest ? told->features : lowest;
    }
    return lowest;
}

static void on_raised(void *context, const struct lead_answer *answer)
{
    struct agent *agent = context;

    agent->raising = false;
    if (answer->code == 0) {
        log_event(&agent->log, LOG_LEVEL_INFO, "feature_level",
                  LOG_U64("level", agent->ledger->feature_level), LOG_END);
    }
}

void agent_feature_tick(struct agent *agent)
{
    struct command_stamp stamp = {.by = roster_name(&agent->roster, ROSTER_SELF),
                                  .at_ms = clock_wall_ms()};
    uint32_t level = understood_by_all(agent);
    struct buf buf;

    if (!agent->status.ready || agent->raising || level <= agent->ledger->feature_level) {
        return;
    }
    agent->raising = true;
    buf_init(&buf, LIMIT_COMMAND_BYTES);
    command_feature_level(&buf, stamp, level);
    lead_propose(agent->lead, buf.data, buf.length, on_raised, agent);
    buf_finish(&buf);
}

void agent_feature_halt(struct agent *agent, const struct err *why)
{
    if (agent->halted) {
        return;
    }
    agent->halted = true;
    text_copy(agent->halted_why, sizeof agent->halted_why, why->text);
    log_event(&agent->log, LOG_LEVEL_ERROR, "halted", LOG_TEXT("why", why->text),
              LOG_TEXT("text", "this agent votes no more and only guards its server"), LOG_END);
    if (agent->node != NULL) {
        node_halt(agent->node);
    }
    agent_node_status(agent, &agent->status);
    if (agent->started) {
        lead_role(agent->lead, false, agent->status.term);
    }
}
