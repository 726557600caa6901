#include "daemon/guard/guard_hand.h"

#include <assert.h>
#include <string.h>

int guard_hand_open(struct guard_hand *hand, const struct hand_config *config,
                    void (*on_task)(struct guard_hand *hand, const struct hand_result *result,
                                    bool locked),
                    struct err *err)
{
    memset(hand, 0, sizeof *hand);
    hand->config = *config;
    hand->on_task = on_task;
    return hand_open(&hand->hand, config, err);
}

static void on_task(void *context, const struct hand_task *task, const struct hand_result *result)
{
    struct guard_hand *hand = context;

    (void)task;
    if (hand->resetting || hand->on_close != NULL) {
        hand->ended = true; /* the hand that calls us is about to go */
        hand->result = *result;
        return;
    }
    hand->on_task(hand, result, hand_fenced(hand->hand));
}

void guard_hand_run(struct guard_hand *hand, const struct hand_task *task)
{
    int rv;

    assert(!hand->resetting && hand->on_close == NULL);
    rv = hand_run(hand->hand, task, on_task, hand);
    assert(rv == 0);
}

static void on_closed(void *context)
{
    struct guard_hand *hand = context;
    int rv;

    hand->hand = NULL;
    hand->resetting = false;
    if (hand->on_close != NULL) {
        hand->on_close(hand);
        return;
    }
    rv = hand_open(&hand->hand, &hand->config, NULL);
    assert(rv == 0); /* the same configuration was good before, and its memory was just freed */
    if (hand->ended) {
        hand->ended = false;
        hand->on_task(hand, &hand->result, false);
    }
}

void guard_hand_cancel(struct guard_hand *hand)
{
    if (!hand->resetting) {
        hand->resetting = true;
        hand_close(hand->hand, on_closed, hand);
    }
}

void guard_hand_warm(struct guard_hand *hand)
{
    if (!hand->resetting) {
        hand_warm(hand->hand);
    }
}

void guard_hand_close(struct guard_hand *hand, void (*cb)(struct guard_hand *hand))
{
    assert(hand->on_close == NULL);
    hand->on_close = cb;
    if (!hand->resetting) {
        hand_close(hand->hand, on_closed, hand);
    }
}
