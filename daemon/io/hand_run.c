/* Goes through a task's program.
 *
 * The happy path: hand_advance() composes steps until one has a statement, send_text() sends
 * it -> on_answer() reads the answer and advances -> at the program's end finish() calls back.
 *
 * Where a connection is missing, it is connected, and the step is composed again when it is
 * there; not once the task has used it: what it has done may be gone with the server's life. A step
 * that wants to wait goes back to its mark by way of the timer. A snippet is written by a thread;
 * on_snippet() advances.
 *
 * Failure paths: every one of them is hand_fail(), which ends the task with the step's name and
 * the reason. Statements are bounded by the connection (their time-out is the time that the
 * task has left), waiting for a connection or the disk by the timer. */
#include "daemon/io/hand_step.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "daemon/io/clock.h"

enum {
    PAUSE_MS = 2, /* between two looks, while it is fresh */
    PAUSE_LONG_MS = 20,
    PAUSES_SHORT = 50,
};

/* ---- ending a task ------------------------------------------------------------ */

static void finish(struct hand *hand, enum order_outcome outcome)
{
    struct hand_task task = hand->task;
    struct hand_result result = hand->result;

    assert(hand->busy);
    uv_timer_stop(&hand->timer);
    hand->busy = false;
    hand->waiting_for_connection = false;
    result.outcome = outcome;
    result.ms = (uint32_t)(clock_now_ms() - hand->started_ms);
    result.unattempted = !hand->attempted;
    result.fenced = result.fenced && hand->lock_held;
    if (result.detail[0] == '\0') {
        text_copy(result.detail, sizeof result.detail, "done");
    }
    if (hand->note[0] != '\0') {
        size_t used = strlen(result.detail);

        text_format(result.detail + used, sizeof result.detail - used, "; %s", hand->note);
    }
    hand->cb(hand->cb_context, &task, &result);
}

void hand_fail(struct hand *hand, const struct err *why)
{
    const struct hand_step *step = hand->program[hand->at];

    hand->result.fenced = false;
    text_format(hand->result.detail, sizeof hand->result.detail, "%s: %s",
                step == NULL ? hand_kind_name(hand->task.kind) : step->name, why->text);
    finish(hand, ORDER_FAILED);
}

static void fail_late(struct hand *hand)
{
    struct err err;

    err_set(&err, ERR_TIMEOUT, "not done after %u ms%s%s", hand->task.deadline_ms,
            hand->waits_for[0] == '\0' ? "" : ": ", hand->waits_for);
    hand_fail(hand, &err);
}

static void on_deadline(uv_timer_t *timer)
{
    fail_late(container_of(timer, struct hand, timer));
}

/* ---- going through the program -------------------------------------------------- */

void hand_on_timer(uv_timer_t *timer)
{
    hand_advance(container_of(timer, struct hand, timer));
}

/* Goes where a step says; true if the next one may be composed now. */
static bool go(struct hand *hand, int next, const struct err *why)
{
    switch (next) {
    case HAND_GO:
        hand->at++;
        return true;
    case HAND_BACK:
        hand->at = hand->mark;
        return true;
    case HAND_PAUSE:
        hand->at = hand->mark;
        uv_timer_start(&hand->timer, hand_on_timer,
                       hand->pauses++ < PAUSES_SHORT ? PAUSE_MS : PAUSE_LONG_MS, 0);
        return false;
    case HAND_END:
        finish(hand, ORDER_DONE);
        return false;
    default:
        assert(next < 0);
        hand_fail(hand, why);
        return false;
    }
}

static void on_answer(struct db_query *query, const struct db_result *result, const struct err *why)
{
    struct hand *hand = container_of(query, struct hand, query);
    const struct hand_step *step;
    struct err err;
    int next = HAND_GO;

    if (hand->preempted || hand->closing) {
        return; /* on_reset() or on_closed() tells */
    }
    step = hand->program[hand->at];
    err_reset(&err);
    if (why != NULL) {
        err = *why;
        next = why->code;
        if (query->sql_errno != 0 && step->refused != NULL) {
            next = step->refused(hand, query->sql_errno, why);
        }
    } else if (step->read != NULL) {
        next = step->read(hand, result, &err);
    }
    if (go(hand, next, &err)) {
        hand_advance(hand);
    }
}

/* The statement in `text`, over the step's connection; connects it first if need be. */
static void send_text(struct hand *hand, const struct hand_step *step)
{
    struct db *db = step->where == HAND_LOCK ? &hand->lock : &hand->main;
    struct err err;
    int rv;

    if (hand->cut) {
        err_set(&err, ERR_CLOSED, "the connection was lost; the server may have restarted");
        hand_fail(hand, &err);
        return;
    }
    if (db_state(db) != DB_IDLE && db_state(db) != DB_QUERYING) {
        hand->waiting_for_connection = true;
        uv_timer_start(&hand->timer, on_deadline, hand_left_ms(hand), 0);
        hand_warm(hand);
        return;
    }
    hand->query = (struct db_query){
        .text = buf_text(&hand->text),
        .timeout_ms = hand_left_ms(hand),
        .secret = step->secret,
        .cb = on_answer,
    };
    rv = db_query(db, &hand->query);
    if (rv != 0) {
        err_set(&err, rv, "the connection took no statement");
        hand_fail(hand, &err);
        return;
    }
    hand->attempted = true;
    hand->used_main = hand->used_main || db == &hand->main;
    hand->used_lock = hand->used_lock || db == &hand->lock;
}

static void on_snippet(struct snippet_job *job, const struct err *why)
{
    struct hand *hand = container_of(job, struct hand, snippet);
    bool mine = hand->busy && !hand->preempted && job->context == &hand->task;

    hand->snippet_busy = false;
    if (hand->closing) {
        hand_reset_when_closed(hand);
    } else if (mine) {
        job->context = NULL;
        uv_timer_stop(&hand->timer);
        if (go(hand, why == NULL ? HAND_GO : why->code, why)) {
            hand_advance(hand);
        }
    }
}

static void write_snippet(struct hand *hand)
{
    struct err err;

    if (hand->snippet_busy) {
        err_set(&err, ERR_BUSY, "the disk has not finished writing the last one");
        hand_fail(hand, &err);
        return;
    }
    hand->snippet_busy = true;
    hand->snippet.context = &hand->task; /* abandoned when a later task begins */
    uv_timer_start(&hand->timer, on_deadline, hand_left_ms(hand), 0);
    snippet_write_start(&hand->snippet, hand->config.loop, hand->config.snippet, SNIPPET_MASTER,
                        hand->task.leased, on_snippet);
}

/* Writes the step's statement; HAND_SEND, or how to go on without one. */
static int compose(struct hand *hand, const struct hand_step *step, struct err *err)
{
    int next = HAND_SEND;

    buf_reset(&hand->text);
    if (step->compose != NULL) {
        next = step->compose(hand, &hand->text, err);
    } else {
        buf_append_text(&hand->text, step->text);
    }
    assert(buf_ok(&hand->text));
    assert(next != HAND_SEND || hand->text.length > 0);
    return next;
}

void hand_advance(struct hand *hand)
{
    const struct hand_step *step;
    struct err err;
    int next;

    while ((step = hand->program[hand->at]) != NULL) {
        if (clock_now_ms() >= hand->deadline_ms) {
            fail_late(hand);
            return;
        }
        if (step->mark) {
            hand->mark = hand->at;
        }
        if (step->where == HAND_SNIPPET) {
            write_snippet(hand);
            return;
        }
        next = compose(hand, step, &err);
        if (next == HAND_SEND) {
            send_text(hand, step);
            return;
        }
        if (!go(hand, next, &err)) {
            return;
        }
    }
    finish(hand, ORDER_DONE);
}

uint64_t hand_left_ms(const struct hand *hand)
{
    uint64_t now_ms = clock_now_ms();

    return hand->deadline_ms > now_ms ? hand->deadline_ms - now_ms : 1;
}

void hand_tell(struct hand *hand, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(hand->result.detail, sizeof hand->result.detail, format, args);
    va_end(args);
}
