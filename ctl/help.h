/* help: the tables of verbs and options, told to people. */
#ifndef CTL_HELP_H
#define CTL_HELP_H

#include "ctl/ctl.h"

/* Of one verb, or of everything if it is NULL. */
void help_print(const struct ctl_verb *verb);

#endif
