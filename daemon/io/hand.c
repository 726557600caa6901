/* Life cycle of the hand: connections, beginning a task, giving one up, closing.
 * hand_run.c goes through the task's program.
 *
 * hand_run() copies the task and sets the timer to now; hand_advance() does the rest and
 * calls back.
 *
 * A soft fence that finds another task at work closes both connections, so that nothing of
 * it goes on; when they are closed, on_reset() opens new ones, begins the fence and fails
 * the other. A snippet that is being written meanwhile is left to its thread.
 *
 * Closing counts: two connections, the timer, the snippet's thread. */
#include "daemon/io/hand_step.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "daemon/io/clock.h"

enum { BOUND_MS = 500 }; /* for fences of tasks that name none */

static const struct {
    const char *name;
    enum operation_action action;
    const struct hand_step *const *program;
} tasks[] = {
#define PROGRAM_SOFT_FENCE hand_program_soft_fence
#define PROGRAM_LIFT_FENCE hand_program_lift_fence
#define PROGRAM_MAKE_READ_ONLY hand_program_make_read_only
#define PROGRAM_DEMOTE hand_program_soft_fence
#define PROGRAM_STOP_IO hand_program_stop_io
#define PROGRAM_DRAIN hand_program_drain
#define PROGRAM_PROMOTE hand_program_promote
#define PROGRAM_FINISH hand_program_finish
#define PROGRAM_REPOINT hand_program_repoint
#define PROGRAM_ATTACH hand_program_attach
#define X(task, name, action) [HAND_##task] = {name, OPERATION_ACTION_##action, PROGRAM_##task},
    HAND_TASK_MAP(X)
#undef X
};

/* ---- connections ---------------------------------------------------------------- */

static void on_main_connected(struct db *db, const struct err *why);
static void on_lock_connected(struct db *db, const struct err *why);

static void connect_closed(struct db *db, void (*cb)(struct db *db, const struct err *why))
{
    if (db_state(db) == DB_CLOSED) {
        db_connect(db, cb);
    }
}

void hand_warm(struct hand *hand)
{
    if (!hand->preempted && !hand->closing) {
        connect_closed(&hand->main, on_main_connected);
        connect_closed(&hand->lock, on_lock_connected);
    }
}

static void connected(struct hand *hand, struct db *db, const struct err *why)
{
    const struct hand_step *step;

    if (!hand->waiting_for_connection || hand->preempted || hand->closing) {
        return;
    }
    step = hand->program[hand->at];
    if (db != (step->where == HAND_LOCK ? &hand->lock : &hand->main)) {
        return;
    }
    hand->waiting_for_connection = false;
    uv_timer_stop(&hand->timer);
    if (why != NULL) {
        hand_fail(hand, why);
    } else {
        hand_advance(hand);
    }
}

static void on_main_connected(struct db *db, const struct err *why)
{
    connected(container_of(db, struct hand, main), db, why);
}

static void on_lock_connected(struct db *db, const struct err *why)
{
    connected(container_of(db, struct hand, lock), db, why);
}

static void lost(struct hand *hand, struct db *db)
{
    hand->cut = hand->cut || (db == &hand->main ? hand->used_main : hand->used_lock);
    if (hand->waiting_for_connection && !hand->preempted && !hand->closing) {
        connect_closed(db, db == &hand->main ? on_main_connected : on_lock_connected);
    }
}

static void on_main_lost(struct db *db, const struct err *why)
{
    (void)why; /* a query that was on its way has told it */
    lost(container_of(db, struct hand, main), db);
}

static void on_lock_lost(struct db *db, const struct err *why)
{
    struct hand *hand = container_of(db, struct hand, lock);
    bool held = hand->lock_held;

    (void)why;
    hand->lock_held = false;
    lost(hand, db);
    if (held && !hand->preempted && hand->config.on_lock_lost != NULL) {
        hand->config.on_lock_lost(hand->config.context);
    }
}

static int connections_init(struct hand *hand, struct err *err)
{
    int rv = db_init(&hand->main, hand->config.loop, NULL, &hand->config.local, on_main_lost, err);

    if (rv == 0) {
        rv = db_init(&hand->lock, hand->config.loop, NULL, &hand->config.local, on_lock_lost, err);
        assert(rv == 0);
    }
    return rv;
}

/* ---- beginning a task -------------------------------------------------------------- */

static void begin(struct hand *hand, const struct hand_task *task, hand_cb cb, void *context)
{
    assert(!hand->busy);
    hand->busy = true;
    hand->task = *task;
    if (hand->task.bound_ms == 0) {
        hand->task.bound_ms = BOUND_MS;
    }
    hand->cb = cb;
    hand->cb_context = context;
    memset(&hand->result, 0, sizeof hand->result);
    memset(&hand->seen, 0, sizeof hand->seen);
    hand->program = tasks[task->kind].program;
    hand->at = hand->mark = hand->pauses = 0;
    hand->started_ms = clock_now_ms();
    hand->deadline_ms = hand->started_ms + task->deadline_ms;
    hand->attempted = hand->blocked = hand->waited = false;
    hand->used_main = hand->used_lock = hand->cut = false;
    hand->settings = 0;
    hand->note[0] = hand->waits_for[0] = '\0';
    hand->snippet.context = NULL;
    uv_timer_start(&hand->timer, hand_on_timer, 0, 0);
}

static void close_connections(struct hand *hand);

int hand_run(struct hand *hand, const struct hand_task *task, hand_cb cb, void *context)
{
    assert(task->kind != HAND_NONE && cb != NULL && task->deadline_ms > 0);
    assert(!hand->closing);
    if (!hand->busy) {
        begin(hand, task, cb, context);
        return 0;
    }
    if (task->kind != HAND_SOFT_FENCE || hand->preempted ||
        tasks[hand->task.kind].program == hand_program_soft_fence) {
        return ERR_BUSY;
    }
    hand->preempted = true;
    hand->next_task = *task;
    hand->next_cb = cb;
    hand->next_context = context;
    uv_timer_stop(&hand->timer);
    close_connections(hand);
    return 0;
}

/* The connections are gone: the fence begins on new ones, then the other task fails. */
static void on_reset(struct hand *hand)
{
    struct hand_task task = hand->task;
    struct hand_result result = {.outcome = ORDER_FAILED,
                                 .ms = (uint32_t)(clock_now_ms() - hand->started_ms)};
    hand_cb cb = hand->cb;
    void *context = hand->cb_context;
    int rv = connections_init(hand, NULL);

    assert(rv == 0); /* the same configuration was good before */
    hand->preempted = hand->busy = hand->lock_held = hand->waiting_for_connection = false;
    begin(hand, &hand->next_task, hand->next_cb, hand->next_context);
    text_format(result.detail, sizeof result.detail, "%s: given up, the server is being fenced",
                tasks[task.kind].name);
    cb(context, &task, &result);
}

/* ---- closing ---------------------------------------------------------------------- */

static void free_hand(struct hand *hand)
{
    void (*cb)(void *context) = hand->on_closed;
    void *context = hand->closed_context;

    if (hand->busy) {
        struct err err;

        err_set(&err, ERR_CLOSED, "given up, the agent stops");
        hand_fail(hand, &err);
    }
    if (hand->preempted) {
        static const struct hand_result never = {
            .outcome = ORDER_FAILED, .unattempted = true, .detail = "given up, the agent stops"};

        hand->next_cb(hand->next_context, &hand->next_task, &never);
    }
    buf_finish(&hand->text);
    free(hand);
    cb(context);
}

void hand_reset_when_closed(struct hand *hand)
{
    if (hand->open_handles > 0) {
        return;
    }
    if (!hand->closing) {
        on_reset(hand);
    } else if (!hand->snippet_busy) {
        free_hand(hand);
    }
}

static void on_main_closed(struct db *db)
{
    struct hand *hand = container_of(db, struct hand, main);

    hand->open_handles--;
    hand_reset_when_closed(hand);
}

static void on_lock_closed(struct db *db)
{
    struct hand *hand = container_of(db, struct hand, lock);

    hand->open_handles--;
    hand_reset_when_closed(hand);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct hand *hand = container_of((uv_timer_t *)handle, struct hand, timer);

    hand->open_handles--;
    hand_reset_when_closed(hand);
}

static void close_connections(struct hand *hand)
{
    hand->open_handles += 2;
    db_close(&hand->main, on_main_closed);
    db_close(&hand->lock, on_lock_closed);
}

void hand_close(struct hand *hand, void (*cb)(void *context), void *context)
{
    assert(!hand->closing);
    hand->closing = true;
    hand->on_closed = cb;
    hand->closed_context = context;
    hand->open_handles++;
    uv_close((uv_handle_t *)&hand->timer, on_timer_closed);
    if (!hand->preempted) {
        close_connections(hand);
    }
}

/* ---- the rest ------------------------------------------------------------------------ */

int hand_open(struct hand **out, const struct hand_config *config, struct err *err)
{
    struct hand *hand = calloc(1, sizeof *hand);
    int rv;

    if (hand == NULL) {
        return err_set(err, ERR_NOMEM, "no memory for the hand");
    }
    hand->config = *config;
    rv = connections_init(hand, err);
    if (rv != 0) {
        free(hand);
        return rv;
    }
    uv_timer_init(config->loop, &hand->timer);
    buf_init(&hand->text, LIMIT_SQL_TEXT_BYTES - 1);
    *out = hand;
    return 0;
}

bool hand_busy(const struct hand *hand)
{
    return hand->busy;
}

bool hand_fenced(const struct hand *hand)
{
    return hand->lock_held;
}

bool hand_owns(const struct hand *hand, uint64_t thread_id)
{
    return thread_id != 0 &&
           (thread_id == db_thread_id(&hand->main) || thread_id == db_thread_id(&hand->lock));
}

const char *hand_kind_name(enum hand_kind kind)
{
    return kind == HAND_NONE ? "none" : tasks[kind].name;
}

struct hand_task hand_task_of(const struct order *order)
{
    struct hand_task task = {
        .deadline_ms = order->deadline_ms,
        .bound_ms = order->write_gap_ms / 3,
        .has_history = order->has_history,
        .history = order->history,
        .source_id = order->source_id,
        .lossless = order->lossless,
        .leased = order->leased,
    };

    text_copy(task.source_address, sizeof task.source_address, order->source_address);
    for (int kind = HAND_NONE + 1; kind < (int)(sizeof tasks / sizeof tasks[0]); kind++) {
        if (order->action != OPERATION_ACTION_NONE && tasks[kind].action == order->action) {
            task.kind = (enum hand_kind)kind;
        }
    }
    if (order->action == OPERATION_ACTION_CATCH_UP) {
        task.kind = HAND_REPOINT; /* the same, from a server that won't be the primary */
    }
    if (task.kind == HAND_DRAIN || task.kind == HAND_PROMOTE) {
        task.position = order->position;
    }
    return task;
}
