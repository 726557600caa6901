#include "tests/sim/sim_trace.h"

#include <stdarg.h>

#include "base/buf.h"
#include "tests/sim/sim.h"

void sim_say(struct sim *sim, const char *format, ...)
{
    va_list args;

    if (sim->trace.out == NULL) {
        return;
    }
    fprintf(sim->trace.out, "[%8llu] ", (unsigned long long)(sim->now_us / 1000));
    va_start(args, format);
    vfprintf(sim->trace.out, format, args);
    va_end(args);
    fputc('\n', sim->trace.out);
}

void sim_trace_event(struct sim *sim, const struct sim_event *event)
{
    uint64_t hash = sim_mix(sim->trace.hash, event->at_us << 8 | event->kind);

    if (event->machine != 0) {
        const struct sim_machine *machine = sim_machine(sim, event->machine);

        hash = sim_mix(hash, (uint64_t)event->machine << 8 | machine->up);
        if (machine->up) {
            const struct raft *raft = &machine->node.raft;

            hash = sim_mix(hash, raft->term << 2 | raft->role);
            hash = sim_mix(hash, raft_last_index(raft) << 32 ^ raft->durable);
            hash = sim_mix(hash, raft->commit << 32 ^ machine->node.state.hash);
        }
    }
    sim->trace.hash = hash;
}

/* ---- messages --------------------------------------------------------------------- */

typedef unsigned long long number;

static void tell_append(struct buf *line, const struct raft_message *message)
{
    number previous = message->append.previous_index;

    if (message->append.count > 0) {
        buf_printf(line, "append %llu..%llu after %llu/%llu", previous + 1,
                   previous + message->append.count, previous,
                   (number)message->append.previous_term);
    } else {
        buf_printf(line, "append nothing after %llu/%llu", previous,
                   (number)message->append.previous_term);
    }
    buf_printf(line, " commit %llu", (number)message->append.commit);
}

static void tell_body(struct buf *line, const struct raft_message *message)
{
    switch (message->type) {
    case RAFT_PREVOTE:
    case RAFT_VOTE:
        buf_printf(line, "%s last %llu/%llu%s", message->type == RAFT_VOTE ? "vote" : "prevote",
                   (number)message->vote.last_index, (number)message->vote.last_term,
                   message->vote.by_transfer ? " by transfer" : "");
        break;
    case RAFT_PREVOTE_ANSWER:
    case RAFT_VOTE_ANSWER:
        buf_printf(line, "%s %s%s", message->type == RAFT_VOTE_ANSWER ? "vote" : "prevote",
                   message->vote_answer.granted ? "granted" : "refused",
                   message->vote_answer.removed ? ", was removed" : "");
        break;
    case RAFT_APPEND:
        tell_append(line, message);
        break;
    case RAFT_APPEND_ANSWER:
        if (message->append_answer.accepted) {
            buf_printf(line, "has up to %llu", (number)message->append_answer.index);
        } else {
            buf_printf(line, "can't follow %llu, try %llu/%llu",
                       (number)message->append_answer.index,
                       (number)message->append_answer.hint_index,
                       (number)message->append_answer.hint_term);
        }
        break;
    case RAFT_HEARTBEAT:
        buf_printf(line, "heartbeat %llu match %llu commit %llu of %llu",
                   (number)message->heartbeat.round, (number)message->heartbeat.match,
                   (number)message->heartbeat.commit, (number)message->heartbeat.leader_commit);
        break;
    case RAFT_HEARTBEAT_ANSWER:
        buf_printf(line, "heard heartbeat %llu%s", (number)message->heartbeat_answer.round,
                   message->heartbeat_answer.lost ? ", lost its end" : "");
        break;
    case RAFT_SNAPSHOT:
        buf_printf(line, "snapshot %llu/%llu", (number)message->snapshot->index,
                   (number)message->snapshot->term);
        break;
    case RAFT_TIMEOUT_NOW:
        buf_printf(line, "campaign now");
        break;
    }
}

void sim_trace_message(struct sim *sim, uint32_t from, uint32_t to, const char *arrow,
                       const struct raft_message *message)
{
    struct buf line;

    if (sim->trace.out == NULL) {
        return;
    }
    buf_init(&line, 512);
    tell_body(&line, message);
    sim_say(sim, "%u %s %u term %llu %s", from, arrow, to, (number)message->term, buf_text(&line));
    buf_finish(&line);
}

/* ---- steps -------------------------------------------------------------------------- */

static void tell_members(struct sim *sim, const struct sim_machine *machine)
{
    const struct raft *raft = &machine->node.raft;
    struct buf line;

    buf_init(&line, 4096);
    for (uint32_t i = 0; i < raft->members.count; i++) {
        const struct member *member = &raft->members.list[i];

        buf_printf(&line, "%s%u=%s%s%s", i == 0 ? "" : ", ", member->id, member->name,
                   member->kind == MEMBER_VOTER ? "" : " ",
                   member->kind == MEMBER_VOTER ? "" : member_kind_name(member->kind));
    }
    sim_say(sim, "%u has members since %llu: %s", machine->number, (number)raft->members_index,
            buf_text(&line));
    buf_finish(&line);
}

void sim_trace_step(struct sim *sim, const struct sim_machine *machine)
{
    const struct raft *raft = &machine->node.raft;

    if (sim->trace.out == NULL) {
        return;
    }
    if (sim->update.role_changed && raft->role == RAFT_LEADER) {
        sim_say(sim, "%u leads in term %llu%s", machine->number, (number)raft->term,
                raft_ready(raft) ? " and is ready" : "");
    } else if (sim->update.role_changed) {
        sim_say(sim, "%u is %s in term %llu, leader %u", machine->number,
                raft_role_name(raft->role), (number)raft->term, raft->leader);
    }
    if (sim->update.members_changed) {
        tell_members(sim, machine);
    }
    if (sim->update.apply_count > 0) {
        sim_say(sim, "%u applies %llu..%llu", machine->number, (number)sim->update.apply_first,
                (number)(sim->update.apply_first + sim->update.apply_count - 1));
    }
    if (sim->update.restore != NULL) {
        sim_say(sim, "%u has installed snapshot %llu", machine->number,
                (number)sim->update.restore->index);
    }
}
