/* show: how words and operations look to people. */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include <jansson.h>
#include <stddef.h>

#include "ctl/text.h"

/* Green for what is well, red for what is not. */
enum text_style style_of(const char *word);

/* "switchover of main: db1 -> db2". */
void show_operation_title(const json_t *operation);

/* The steps from number `first` on that have ended; how many are told by now.
 * With `all`, the pending ones too. */
size_t show_operation_steps(const json_t *operation, size_t first, bool all);

/* How it ended, and its proofs. */
void show_operation_end(const json_t *operation);

#endif
