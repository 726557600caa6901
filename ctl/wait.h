/* wait: follows an operation to its end.
 *
 * An operation outlives its leader, so losing every answer for a while is no
 * failure: the agents are asked again until the time is over. */
#ifndef CTL_WAIT_H
#define CTL_WAIT_H

#include <stdint.h>

#include "ctl/ctl.h"

/* Prints title, steps as they end and the end (with --output json: the whole
 * operation, once). CTL_DONE if it succeeded, CTL_FAILED if it ended otherwise,
 * CTL_TIMED_OUT with the id printed. `begun`: it exists, even if an agent hasn't heard of it. */
enum ctl_exit wait_for_operation(struct ctl *ctl, uint64_t id, bool begun, uint64_t timeout_ms);

#endif
