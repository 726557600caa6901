/* guard_hand: the guard's hand (daemon/io/hand.h), whose task can be called off.
 *
 * Calling off closes the hand with its connections and opens a new one; the lock goes with
 * them. What of the task may still be on its way is made harmless by the next fence, which
 * kills every connection but its own. The end of each task is told exactly once.
 *
 * Embedded; its memory may go in the callback of guard_hand_close(). */
#ifndef DAEMON_GUARD_GUARD_HAND_H
#define DAEMON_GUARD_GUARD_HAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "daemon/io/hand.h"

struct guard_hand {
    struct hand_config config;
    struct hand *hand;
    bool resetting;
    bool ended; /* while resetting: told when the new hand is there */
    struct hand_result result;
    /* `locked`: the read lock is held now. */
    void (*on_task)(struct guard_hand *hand, const struct hand_result *result, bool locked);
    void (*on_close)(struct guard_hand *hand);
};

/* As hand_open(). */
int guard_hand_open(struct guard_hand *hand, const struct hand_config *config,
                    void (*on_task)(struct guard_hand *hand, const struct hand_result *result,
                                    bool locked),
                    struct err *err);

/* None is in work. */
void guard_hand_run(struct guard_hand *hand, const struct hand_task *task);

/* Calls off the task in work; harmless if it is being called off. */
void guard_hand_cancel(struct guard_hand *hand);

/* The server began to answer. */
void guard_hand_warm(struct guard_hand *hand);

/* The end of a task in work is not told any more. */
void guard_hand_close(struct guard_hand *hand, void (*cb)(struct guard_hand *hand));

#endif
