#include "ctl/help.h"

#include <stdio.h>

enum { HELP_OPTION_WIDTH = 28 };

static void print_options(uint32_t options)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        enum option option = (enum option)i;
        const char *value = option_value(option);
        int used;

        if ((options & 1U << i) == 0) {
            continue;
        }
        used = printf("  --%s%s%s", option_name(option), value[0] != '\0' ? " " : "", value);
        if (used >= HELP_OPTION_WIDTH) {
            printf("\n");
            used = 0;
        }
        printf("%*s%s\n", HELP_OPTION_WIDTH - used, "", option_help(option));
    }
}

static void print_verb(const struct ctl_verb *verb)
{
    printf("usage: orchestratorctl %s%s%s [options]\n\n%s\n\n", verb->name,
           verb->arguments[0] != '\0' ? " " : "", verb->arguments, verb->does);
    if (verb->options != 0) {
        printf("Options\n");
        print_options(verb->options);
        printf("\n");
    }
    printf("Options of every verb\n");
    print_options(OPTIONS_EVERYWHERE);
    printf("\nExample\n  %s\n", verb->example);
}

static void print_everything(void)
{
    printf("usage: orchestratorctl VERB [arguments] [options]\n\n"
           "Asks any agent of orchestratord; changes find the leader by themselves.\n\nVerbs\n");
    for (size_t i = 0; i < ctl_verb_count; i++) {
        int used = printf("  %s %s", ctl_verbs[i].name, ctl_verbs[i].arguments);
        int length = 0;

        while (ctl_verbs[i].does[length] != '\0' && ctl_verbs[i].does[length] != '.') {
            length++;
        }
        if (used >= HELP_OPTION_WIDTH) {
            printf("\n");
            used = 0;
        }
        printf("%*s%.*s\n", HELP_OPTION_WIDTH - used, "", length, ctl_verbs[i].does);
    }
    printf("\nOptions\n");
    print_options(OPTIONS_EVERYWHERE);
    printf("\nExit status\n");
#define X(name, status, meaning) printf("  %d  %s\n", status, meaning);
    CTL_EXIT_MAP(X)
#undef X
    printf("\norchestratorctl VERB --help tells more and gives an example.\n");
}

void help_print(const struct ctl_verb *verb)
{
    if (verb != NULL) {
        print_verb(verb);
    } else {
        print_everything();
    }
}
