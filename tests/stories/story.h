/* story: what the commands of a story work on.
 *
 * The world is the simulator's (tests/sim), without chance: every message takes a millisecond,
 * every disk one. Links and disks do what the story says. */
#ifndef TESTS_STORIES_STORY_H
#define TESTS_STORIES_STORY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "tests/sim/sim.h"

enum { STORY_RULES = 16, STORY_WORDS = 8 };

enum story_fate { STORY_LOSE, STORY_HOLD, STORY_DOUBLE };

/* What becomes of some messages. */
struct story_rule {
    enum story_fate fate;
    enum raft_message_type type; /* 0: any */
    uint32_t from;               /* 0: any */
    uint32_t to;
    uint32_t left; /* for so many more of them; 0: the rule is over */
    uint64_t for_us;
};

struct story {
    struct sim *sim;
    struct sim_options options;
    FILE *trace;
    char *seen; /* by all commands so far */
    size_t seen_length;
    size_t told; /* of it, by the commands before this one */
    bool shows_heartbeats;
    bool shows_sending;
    struct story_rule rules[STORY_RULES];
};

/* A line of what is seen. */
void story_say(struct story *story, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One command; `line` is taken apart. */
void story_run(struct story *story, char *line);

/* "leader" is whoever leads now. */
uint32_t story_machine(struct story *story, const char *word);
uint32_t story_number(const char *word);

typedef void story_command(struct story *story, char **words);

/* story_rules.c */
story_command story_lose, story_hold, story_double, story_pass;

/* story_views.c */
story_command story_state, story_logs, story_peers, story_disks, story_answers;

#endif
