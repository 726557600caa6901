#include "daemon/guard/guard_service.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "daemon/guard/guard_floor.h"
#include "daemon/guard/guard_hand.h"
#include "daemon/guard/guard_server.h"
#include "daemon/guard/guard_view.h"
#include "daemon/guard/start_command.h"
#include "daemon/io/clock.h"

enum { CONNECT_TIMEOUT_MS = 1000 };

struct guard_service {
    struct guard_service_config config;
    struct guard guard;
    struct guard_view view;    /* last told */
    struct gtid_position base; /* of the cluster */
    bool lossless;
    bool leader_known;
    uint32_t leader;
    uint64_t leader_ms; /* since when it is that one */

    uv_timer_t timer; /* the guard's wake-up */
    struct guard_floor floor;
    struct guard_server server;
    struct start_command start;

    struct guard_hand hand;
    uint32_t task_number;

    bool closing;
    unsigned open_parts;
    void (*on_closed)(void *context);
    void *closed_context;
};

static void feed(struct guard_service *service, struct guard_event event);

/* ---- sending --------------------------------------------------------------------- */

static void send_message(struct guard_service *service, const struct order_message *message)
{
    if (!service->closing) {
        service->config.send(service->config.context, message);
    }
}

static void send_request(struct guard_service *service, const struct order_lease_request *request)
{
    struct order_message message = {.kind = ORDER_KIND_LEASE_REQUEST};

    message.lease_request = *request;
    send_message(service, &message);
}

static void send_result(struct guard_service *service, const struct order_result *result)
{
    struct order_message message = {.kind = ORDER_KIND_RESULT};

    message.result = *result;
    log_event(service->config.log, LOG_LEVEL_INFO, "order_answered",
              LOG_U64("operation", result->operation), LOG_U64("step", result->step),
              LOG_U64("epoch", result->epoch), LOG_U64("outcome", result->outcome),
              LOG_TEXT("proof", operation_proof_name(result->proof)), LOG_U64("ms", result->ms),
              LOG_TEXT("detail", result->detail), LOG_END);
    send_message(service, &message);
}

static void send_report(struct guard_service *service)
{
    struct order_message message = {.kind = ORDER_KIND_REPORT};

    guard_report(&service->guard, clock_now_ms(), &message.report);
    send_message(service, &message);
}

/* ---- the floor --------------------------------------------------------------------- */

static void on_floor_durable(struct guard_floor *floor, uint64_t value)
{
    feed(container_of(floor, struct guard_service, floor),
         (struct guard_event){.kind = GUARD_FLOOR_DURABLE, .floor = value});
}

static void on_floor_failed(struct guard_floor *floor, int code)
{
    struct guard_service *service = container_of(floor, struct guard_service, floor);

    log_event(service->config.log, LOG_LEVEL_ERROR, "floor_not_durable",
              LOG_U64("floor", floor->wanted), LOG_TEXT("error", err_sentence(code)), LOG_END);
}

/* ---- the hand ----------------------------------------------------------------------- */

static void on_lock_lost(void *context)
{
    struct guard_service *service = context;

    log_event(service->config.log, LOG_LEVEL_WARNING, "fence_lost", LOG_END);
    feed(service, (struct guard_event){.kind = GUARD_FENCE_LOST});
}

static struct db_config local_config(const struct guard_service_config *config)
{
    return (struct db_config){.socket = config->socket,
                              .user = config->user,
                              .password = config->password,
                              .connect_timeout_ms = CONNECT_TIMEOUT_MS};
}

static void on_task(struct guard_hand *hand, const struct hand_result *result, bool locked)
{
    struct guard_service *service = container_of(hand, struct guard_service, hand);
    struct guard_event event = {.kind = GUARD_TASK_DONE};

    event.task.number = service->task_number;
    event.task.done = result->outcome == ORDER_DONE;
    event.task.locked = locked;
    event.task.detail = result->detail;
    event.task.position = result->position;
    log_event(service->config.log, event.task.done ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
              "task_ended", LOG_U64("number", service->task_number),
              LOG_BOOL("done", event.task.done), LOG_BOOL("locked", event.task.locked),
              LOG_U64("ms", result->ms), LOG_TEXT("detail", result->detail), LOG_END);
    feed(service, event);
}

static int open_hand(struct guard_service *service, struct err *err)
{
    const struct guard_service_config *config = &service->config;
    struct hand_config hand = {
        .loop = config->loop,
        .local = local_config(config),
        .server = config->server,
        .snippet = config->snippet,
        .watch_user = config->watch_user,
        .observer = &service->server.db,
        .replication_user = config->replication_user,
        .replication_password = config->replication_password,
        .tls = config->replication_tls,
        .ca = config->ca[0] == '\0' ? NULL : config->ca,
        .on_lock_lost = on_lock_lost,
        .context = service,
    };

    return guard_hand_open(&service->hand, &hand, on_task, err);
}

static struct hand_task task_of(const struct guard_service *service,
                                const struct guard_update *update)
{
    static const enum hand_kind kinds[] = {
        [GUARD_TASK_SOFT_FENCE] = HAND_SOFT_FENCE,
        [GUARD_TASK_LIFT_FENCE] = HAND_LIFT_FENCE,
        [GUARD_TASK_MAKE_READ_ONLY] = HAND_MAKE_READ_ONLY,
    };
    struct hand_task task = {.lossless = service->lossless};

    if (update->task == GUARD_TASK_ORDER) {
        task = hand_task_of(&service->guard.work.order);
        if (service->guard.work.order.action == OPERATION_ACTION_REVOKE) {
            task.kind = HAND_DEMOTE; /* the same fence, the same position */
        }
    } else {
        task.kind = kinds[update->task];
    }
    task.deadline_ms = update->task_limit_ms;
    if (task.bound_ms == 0 || task.bound_ms > task.deadline_ms / 3) {
        task.bound_ms = task.deadline_ms / 3 + 1;
    }
    return task;
}

static void run_task(struct guard_service *service, const struct guard_update *update)
{
    struct hand_task task = task_of(service, update);

    service->task_number = update->task_number;
    log_event(service->config.log, LOG_LEVEL_INFO, "task_begun",
              LOG_U64("number", update->task_number), LOG_TEXT("task", hand_kind_name(task.kind)),
              LOG_U64("limit_ms", task.deadline_ms), LOG_END);
    guard_hand_run(&service->hand, &task);
}

/* ---- carrying out -------------------------------------------------------------------------- */

static void on_start_ended(struct start_command *command, const struct err *why)
{
    struct guard_service *service = container_of(command, struct guard_service, start);
    struct guard_event event = {.kind = GUARD_START_DONE};

    event.start.done = why == NULL;
    event.start.detail = why == NULL ? "" : why->text;
    if (why != NULL) {
        log_event(service->config.log, LOG_LEVEL_WARNING, "start_failed",
                  LOG_TEXT("error", why->text), LOG_END);
    }
    feed(service, event);
}

static void start_server(struct guard_service *service)
{
    struct err err;

    log_event(service->config.log, LOG_LEVEL_INFO, "server_starts",
              LOG_TEXT("command", service->config.start), LOG_END);
    if (start_command_run(&service->start, service->config.start, &err) != 0) {
        on_start_ended(&service->start, &err);
    }
}

static void on_timer(uv_timer_t *timer)
{
    feed(container_of(timer, struct guard_service, timer),
         (struct guard_event){.kind = GUARD_TICK});
}

static void wake_at(struct guard_service *service, uint64_t at_ms, uint64_t now_ms)
{
    if (at_ms != LEASE_NEVER) {
        uv_timer_start(&service->timer, on_timer, at_ms > now_ms ? at_ms - now_ms : 0, 0);
    }
}

/* What keeps a promise comes first, what talks about it last: `send` may bring the next
 * order before it returns. */
static void feed(struct guard_service *service, struct guard_event event)
{
    struct guard_update update;

    if (service->closing) {
        return;
    }
    event.now_ms = clock_now_ms();
    guard_step(&service->guard, &event, &update);
    if (update.kill_server) {
        log_event(service->config.log, LOG_LEVEL_WARNING, "server_killed",
                  LOG_U64("pid", service->guard.pid),
                  LOG_U64("lease_ms_left", lease_ms_left(&service->guard.lease, event.now_ms)),
                  LOG_END);
        guard_server_kill(&service->server);
    }
    if (update.persist_floor) {
        guard_floor_write(&service->floor, service->guard.floor);
    }
    if (update.task != GUARD_TASK_NONE) {
        run_task(service, &update);
    }
    if (update.cancel_task) {
        guard_hand_cancel(&service->hand);
    }
    wake_at(service, update.wake_ms, event.now_ms);
    if (update.ask) {
        send_request(service, &update.request);
    }
    for (uint32_t i = 0; i < update.result_count; i++) {
        send_result(service, &update.results[i]);
    }
    if (update.report) {
        send_report(service);
    }
    if (update.start_server && !service->closing) {
        start_server(service);
    }
}

/* ---- what comes in ------------------------------------------------------------------------- */

static void on_process(void *context, enum guard_process state, uint32_t pid, bool presumed)
{
    struct guard_service *service = context;
    static const char *const names[] = {"unknown", "up", "dying", "gone"};

    log_event(service->config.log, LOG_LEVEL_INFO, "server_process",
              LOG_TEXT("state", names[state]), LOG_U64("pid", pid), LOG_BOOL("presumed", presumed),
              LOG_END);
    feed(service, (struct guard_event){.kind = GUARD_PROCESS, .process = {state, pid, presumed}});
}

static void on_connected(void *context)
{
    struct guard_service *service = context;

    guard_hand_warm(&service->hand);
}

static void on_observed(void *context, const struct observation *observation, uint64_t asked_ms)
{
    feed(context,
         (struct guard_event){.kind = GUARD_OBSERVED, .observed = {observation, asked_ms}});
}

static void on_silent(void *context)
{
    struct guard_service *service = context;

    log_event(service->config.log, LOG_LEVEL_WARNING, "server_silent", LOG_END);
    feed(service, (struct guard_event){.kind = GUARD_SILENT});
}

static void on_trouble(void *context, const struct err *why)
{
    struct guard_service *service = context;

    log_event(service->config.log, LOG_LEVEL_WARNING, "local_probe_failed",
              LOG_TEXT("error", why->text), LOG_END);
}

void guard_service_receive(struct guard_service *service, const struct order_message *message)
{
    if (message->kind == ORDER_KIND_LEASE_ANSWER) {
        feed(service,
             (struct guard_event){.kind = GUARD_LEASE_ANSWER, .answer = &message->lease_answer});
    } else if (message->kind == ORDER_KIND_ORDER) {
        log_event(service->config.log, LOG_LEVEL_DEBUG, "order_received",
                  LOG_TEXT("action", operation_action_name(message->order.action)),
                  LOG_U64("term", message->order.term), LOG_U64("epoch", message->order.epoch),
                  LOG_U64("operation", message->order.operation),
                  LOG_U64("step", message->order.step), LOG_END);
        feed(service, (struct guard_event){.kind = GUARD_ORDER, .order = &message->order});
    }
}

void guard_service_ledger(struct guard_service *service, const struct ledger *ledger)
{
    const struct ledger_cluster *cluster;
    struct guard_view view;

    guard_view_make(&view, ledger, service->config.server, &cluster);
    if (cluster != NULL) {
        service->base = cluster->base;
        service->lossless = cluster->settings.durability == LEDGER_DURABILITY_LOSSLESS;
    }
    if (memcmp(&view, &service->view, sizeof view) != 0) {
        service->view = view;
        feed(service, (struct guard_event){.kind = GUARD_VIEW, .view = view});
    }
}

/* A leader takes no report before it is ready, which is a moment after its agent's followers
 * hear of it; and it asks only whom it has heard of. So it is told again at each entry that is
 * applied meanwhile. */
void guard_service_leader(struct guard_service *service, bool known, uint32_t leader)
{
    uint64_t now_ms = clock_now_ms();

    service->leader_known = known;
    if (leader != service->leader) {
        service->leader = leader;
        service->leader_ms = now_ms;
    }
    if (leader != 0 && now_ms < service->leader_ms + GUARD_REPORT_MS) {
        send_report(service);
    }
}

void guard_service_status(const struct guard_service *service, struct guard_service_status *status)
{
    uint64_t now_ms = clock_now_ms();

    guard_report(&service->guard, now_ms, &status->report);
    status->guarding = service->view.known && service->view.automation_on;
    status->serves_writes = guard_serves_writes(&service->guard, now_ms);
}

enum guard_role guard_service_gate_word(const struct guard_service *service,
                                        struct gtid_position *base)
{
    *base = service->base;
    if (!service->leader_known) {
        return GUARD_ROLE_WAIT;
    }
    if (!service->view.known) {
        return GUARD_ROLE_MASTER; /* no cluster has it: whatever it holds, it keeps */
    }
    return guard_role(&service->guard);
}

/* ---- life cycle ------------------------------------------------------------------------------ */

/* One that can't be read, on a store that was lost anyway, is lost like it. */
static int read_floor(const struct guard_service_config *config, uint64_t *floor, struct err *err)
{
    int rv = 0;

    *floor = 0;
    if (config->disk != NULL) {
        rv = guard_floor_read(config->disk, floor, err);
    }
    return rv == ERR_CORRUPT && config->floor_expected ? 0 : rv;
}

int guard_service_open(struct guard_service **out, const struct guard_service_config *config,
                       struct err *err)
{
    struct guard_service *service = calloc(1, sizeof *service);
    struct guard_server_config server = {
        .loop = config->loop,
        .local = local_config(config),
        .pid_file = config->pid_file,
        .datadir = config->datadir,
        .on_process = on_process,
        .on_connected = on_connected,
        .on_observed = on_observed,
        .on_silent = on_silent,
        .on_trouble = on_trouble,
        .context = service,
    };
    uint64_t floor;
    int rv;

    if (service == NULL) {
        return err_set(err, ERR_NOMEM, "no memory for the guard");
    }
    service->config = *config;
    rv = read_floor(config, &floor, err);
    if (rv == 0) {
        rv = open_hand(service, err);
    }
    if (rv != 0) {
        free(service);
        return rv;
    }
    guard_init(&service->guard, config->server, config->start_id, floor, config->restart);
    service->guard.saved_transactions = config->saved_transactions;
    if (config->floor_expected && floor == 0) {
        log_event(config->log, LOG_LEVEL_WARNING, "floor_lost", LOG_TEXT("server", config->server),
                  LOG_TEXT("text", "the server is fenced until the ledger says what it is"),
                  LOG_END);
        guard_lose_floor(&service->guard);
    }
    uv_timer_init(config->loop, &service->timer);
    guard_floor_init(&service->floor, config->loop, config->disk, on_floor_durable,
                     on_floor_failed);
    start_command_init(&service->start, config->loop, on_start_ended);
    rv = guard_server_open(&service->server, &server, err);
    assert(rv == 0); /* the hand has checked the same configuration */
    *out = service;
    return 0;
}

static void part_closed(struct guard_service *service)
{
    void (*cb)(void *context) = service->on_closed;
    void *context = service->closed_context;

    assert(service->open_parts > 0);
    service->open_parts--;
    if (service->open_parts == 0) {
        free(service);
        cb(context);
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    part_closed(container_of((uv_timer_t *)handle, struct guard_service, timer));
}

static void on_floor_closed(struct guard_floor *floor)
{
    part_closed(container_of(floor, struct guard_service, floor));
}

static void on_start_closed(struct start_command *command)
{
    part_closed(container_of(command, struct guard_service, start));
}

static void on_hand_closed(struct guard_hand *hand)
{
    part_closed(container_of(hand, struct guard_service, hand));
}

static void on_server_closed(void *context)
{
    part_closed(context);
}

void guard_service_close(struct guard_service *service, void (*cb)(void *context), void *context)
{
    assert(!service->closing);
    service->closing = true;
    service->on_closed = cb;
    service->closed_context = context;
    service->open_parts = 5;
    uv_close((uv_handle_t *)&service->timer, on_timer_closed);
    guard_floor_close(&service->floor, on_floor_closed);
    start_command_close(&service->start, on_start_closed);
    guard_server_close(&service->server, on_server_closed);
    guard_hand_close(&service->hand, on_hand_closed);
}
