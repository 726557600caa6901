/* guard_internal: what the files of the guard share. Included by guard*.c only.
 *
 *     guard.c        events, the server's process, starting it, reports
 *     guard_fence.c  the lease and the ladder: who may be writable, and until when
 *     guard_order.c  orders: which are obeyed, which are refused
 *     guard_work.c   the order in work: what it waits for, how it ends */
#ifndef TOPOLOGY_GUARD_INTERNAL_H
#define TOPOLOGY_GUARD_INTERNAL_H

#include "topology/guard.h"

/* While the ledger isn't known. */
enum { GUARD_LEASE_MS = 3000, GUARD_HEARTBEAT_MS = 100 };

/* ---- guard.c ---------------------------------------------------------------- */

/* Makes the update's wake-up no later than that. */
void guard_wake(struct guard_update *update, uint64_t at_ms);

uint32_t guard_lease_ms(const struct guard *guard);

/* Both threads of its replication run. */
bool guard_follows(const struct observation *observation);

/* Begins a task; the hand must be free. */
void guard_run(struct guard *guard, struct guard_update *update, enum guard_task task,
               uint32_t limit_ms);

/* Asks the hand to give its task up; its end is still told. Harmless if it is free. */
void guard_cancel(struct guard *guard, struct guard_update *update);

/* SIGKILL, again every 100 ms while the process is up. */
void guard_kill(struct guard *guard, uint64_t now_ms, struct guard_update *update);

/* ---- guard_fence.c ------------------------------------------------------------ */

/* Whether this guard has a say: automation is on; or nobody knows, and it has
 * obeyed an epoch before. */
bool guard_guarding(const struct guard *guard);

/* The time from the first to the second rung. */
uint32_t guard_rung_gap_ms(const struct guard *guard);

/* Obeys nothing below `epoch` from now on; persisted beside what goes on. */
void guard_raise_floor(struct guard *guard, uint64_t epoch);

/* Asks for the lease of that epoch at once, unless it is had. */
void guard_lease_hurry(struct guard *guard, uint64_t epoch);

void guard_lease_step(struct guard *guard, uint64_t now_ms, struct guard_update *update);
void guard_fence_step(struct guard *guard, uint64_t now_ms, struct guard_update *update);
void guard_fence_done(struct guard *guard, const struct guard_event *event);
void guard_fence_lost(struct guard *guard, uint64_t now_ms);

/* The process came up, or is gone: nothing of its former life is true any more. */
void guard_fence_forget(struct guard *guard);

/* ---- guard_order.c: which are obeyed -------------------------------------------- */

void guard_order_take(struct guard *guard, const struct order *order, uint64_t now_ms,
                      struct guard_update *update);

/* Begins the order that waits for the end of the one in work. */
bool guard_order_next(struct guard *guard, struct guard_update *update);

void guard_result(const struct guard *guard, const struct order *order, enum order_outcome outcome,
                  const char *detail, struct order_result *result);

/* Sends a result, and keeps it for duplicates of its order. */
void guard_answer(struct guard *guard, const struct order_result *result,
                  struct guard_update *update);

/* ---- guard_work.c: what they wait for, and how they end ---------------------------- */

void guard_order_step(struct guard *guard, uint64_t now_ms, struct guard_update *update);

/* Ends the order in work: `finish` makes its result, `tell` sends it (once it may be told). */
void guard_finish(struct guard *guard, enum order_outcome outcome, const char *detail,
                  struct guard_update *update);
void guard_tell(struct guard *guard, uint64_t now_ms, struct guard_update *update);

/* A task of an order ended: what it did to the server, also if nobody waits for it any
 * more; and what that means for the order. */
void guard_order_effect(struct guard *guard, const struct guard_event *event);
void guard_order_done(struct guard *guard, const struct guard_event *event, bool same_process,
                      struct guard_update *update);

/* The order in work is, or asks for, a fence of this server; a start. */
bool guard_order_fences(const struct guard *guard);
bool guard_order_starts(const struct guard *guard);

#endif
