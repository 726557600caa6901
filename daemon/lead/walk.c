/* walk: the leader looks at each cluster, decides, and drives its operation on.
 *
 * Called after everything that may matter (lead.h). Nothing here waits: what is to be done is
 * sent or proposed, and the walk after its result goes on. */
#include <assert.h>
#include <string.h>

#include "daemon/io/clock.h"
#include "daemon/lead/lead_internal.h"

struct scene lead_scene(const struct lead *lead, uint32_t number)
{
    assert(number < lead->config.ledger->cluster_count);
    return (struct scene){.cluster = &lead->config.ledger->clusters[number],
                          .model = &lead->model,
                          .now_ms = clock_now_ms(),
                          .wall_ms = clock_wall_ms(),
                          .term_ms = lead->grants.elected_ms,
                          .settled_ms = lead->clusters[number].ended_ms};
}

static struct drive_input drive_input_of(const struct lead *lead,
                                         const struct ledger_cluster *cluster)
{
    return (struct drive_input){
        .cluster = cluster,
        .model = &lead->model,
        .term = lead->term,
        .now_ms = clock_now_ms(),
        .lease_expired_at_ms = grant_expired_at_ms(&lead->grants, cluster, cluster->operation.from),
    };
}

static void send_order(struct lead *lead, const struct ledger_cluster *cluster,
                       const struct order *order)
{
    const struct ledger_server *server = ledger_server_find(cluster, order->server);
    struct order_message message = {
        .from = lead->config.self, .kind = ORDER_KIND_ORDER, .order = *order};

    assert(server != NULL);
    for (uint32_t id = 1; id <= lead->config.agent_count && server->agent[0] != '\0'; id++) {
        if (strcmp(lead->config.agent_names[id - 1], server->agent) == 0) {
            message.to = id;
            lead->config.ports.send(lead->config.ports.context, &message);
            return;
        }
    }
}

static void abort_operation(struct lead *lead, uint32_t number, const char *reason)
{
    const struct ledger_cluster *cluster = &lead->config.ledger->clusters[number];

    buf_reset(&lead->buf);
    command_abort(&lead->buf, propose_stamp(lead, NULL), cluster->name, cluster->operation.id,
                  reason);
    propose_for_operation(lead, number);
}

static void choose(struct lead *lead, uint32_t number)
{
    const struct ledger_cluster *cluster = &lead->config.ledger->clusters[number];
    struct decide_choice *choice = &lead->choice;
    struct scene scene = lead_scene(lead, number);
    struct command_choose command;

    decide_choose(choice, &scene);
    if (choice->verdict == DECISION_WAIT) {
        drive_proposal_failed(&lead->clusters[number].drive, cluster->operation.id);
        return;
    }
    if (choice->verdict == DECISION_REFUSE) {
        abort_operation(lead, number,
                        choice->reason_count > 0 ? choice->reasons[0] : "there is no candidate");
        return;
    }
    command = (struct command_choose){
        .cluster = cluster->name,
        .operation = cluster->operation.id,
        .to = choice->to,
        .data_loss = choice->data_loss,
        .steps = choice->steps,
        .step_count = choice->step_count,
    };
    buf_reset(&lead->buf);
    command_choose(&lead->buf, propose_stamp(lead, NULL), &command);
    propose_for_operation(lead, number);
}

static void execute(struct lead *lead, uint32_t number)
{
    const struct ledger_cluster *cluster = &lead->config.ledger->clusters[number];
    const struct drive_update *update = &lead->update;

    for (uint32_t i = 0; i < update->action_count; i++) {
        const struct drive_action *action = &update->actions[i];

        switch (action->kind) {
        case DRIVE_ORDER:
            send_order(lead, cluster, &action->order);
            break;
        case DRIVE_STEP_RESULT:
            buf_reset(&lead->buf);
            command_step_result(&lead->buf, propose_stamp(lead, NULL), &action->result);
            propose_for_operation(lead, number);
            break;
        case DRIVE_CHOOSE:
            choose(lead, number);
            break;
        case DRIVE_ABORT:
            abort_operation(lead, number, action->detail);
            break;
        }
    }
}

/* ---- the walk ------------------------------------------------------------------------ */

static void on_wake(uv_timer_t *timer)
{
    lead_walk(container_of(timer, struct lead, wake));
}

static void wake_at(struct lead *lead, uint64_t at_ms)
{
    uint64_t now_ms = clock_now_ms();
    uint64_t delay_ms = at_ms > now_ms ? at_ms - now_ms : 0;

    if (!uv_is_active((uv_handle_t *)&lead->wake) || uv_timer_get_due_in(&lead->wake) > delay_ms) {
        uv_timer_start(&lead->wake, on_wake, delay_ms, 0);
    }
}

uint64_t walk_newest_ended(const struct lead *lead, uint32_t number)
{
    const struct ledger_cluster *cluster = &lead->config.ledger->clusters[number];

    return number < lead->config.ledger->cluster_count && cluster->past_count > 0
               ? cluster->past[0].id
               : 0;
}

/* Whoever walks first after the entry that ended it: nothing may be decided before. */
static void note_ended(struct lead *lead, uint32_t number)
{
    struct lead_cluster *entry = &lead->clusters[number];
    uint64_t newest = walk_newest_ended(lead, number);

    if (entry->ended_operation != newest) {
        entry->ended_operation = newest;
        entry->ended_ms = clock_now_ms();
    }
}

static void cluster_walk(struct lead *lead, uint32_t number)
{
    const struct ledger_cluster *cluster = &lead->config.ledger->clusters[number];
    struct lead_cluster *entry = &lead->clusters[number];
    struct drive_input input;
    struct scene scene;

    note_ended(lead, number);
    scene = lead_scene(lead, number);
    analyze(&lead->analysis, &scene);
    watch_findings(lead, number, &lead->analysis);
    decide_automatic(&lead->decision, &scene, &lead->analysis);
    if (lead->decision.verdict == DECISION_ACT && !entry->declare_proposed &&
        scene.now_ms >= entry->declare_again_ms) {
        propose_declare(lead, number, &lead->decision.operation, NULL, NULL, NULL);
    }
    input = drive_input_of(lead, cluster);
    drive_walk(&entry->drive, &input, &lead->update);
    execute(lead, number);
    if (lead->update.wake_ms != 0) {
        wake_at(lead, lead->update.wake_ms);
    }
}

void lead_walk(struct lead *lead)
{
    if (!lead->leading || lead->closing) {
        return;
    }
    for (uint32_t i = 0; i < lead->config.ledger->cluster_count; i++) {
        cluster_walk(lead, i);
    }
}

/* ---- a guard's answer to an order ------------------------------------------------------------ */

void walk_result(struct lead *lead, const struct order_result *result)
{
    for (uint32_t i = 0; i < lead->config.ledger->cluster_count; i++) {
        const struct ledger_cluster *cluster = &lead->config.ledger->clusters[i];
        struct drive_input input;

        if (cluster->operation.id != result->operation) {
            continue;
        }
        input = drive_input_of(lead, cluster);
        if (drive_result(&lead->clusters[i].drive, &input, result, &lead->update)) {
            execute(lead, i);
        }
        if (result->outcome != ORDER_DONE) {
            log_event(lead->config.log, LOG_LEVEL_WARNING, "order_failed",
                      LOG_U64("operation", result->operation), LOG_U64("step", result->step),
                      LOG_TEXT("server", result->server), LOG_TEXT("detail", result->detail),
                      LOG_END);
        }
    }
}
