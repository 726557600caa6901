/* What becomes of single messages: "lose vote 1 2", "hold campaign 1 2 500", "double ack any 1 3".
 */
#include <stdlib.h>
#include <string.h>

#include "tests/stories/story.h"

static const struct {
    const char *name;
    enum raft_message_type type;
} types[] = {
    {"any", 0},
    {"prevote", RAFT_PREVOTE},
    {"prevote-answer", RAFT_PREVOTE_ANSWER},
    {"vote", RAFT_VOTE},
    {"vote-answer", RAFT_VOTE_ANSWER},
    {"append", RAFT_APPEND},
    {"ack", RAFT_APPEND_ANSWER},
    {"heartbeat", RAFT_HEARTBEAT},
    {"heard", RAFT_HEARTBEAT_ANSWER},
    {"snapshot", RAFT_SNAPSHOT},
    {"campaign", RAFT_TIMEOUT_NOW},
};

static struct story_rule *rule_for(struct story *story, uint32_t from, uint32_t to,
                                   enum raft_message_type type)
{
    for (uint32_t i = 0; i < STORY_RULES; i++) {
        struct story_rule *rule = &story->rules[i];

        if (rule->left > 0 && (rule->type == 0 || rule->type == type) &&
            (rule->from == 0 || rule->from == from) && (rule->to == 0 || rule->to == to)) {
            return rule;
        }
    }
    return NULL;
}

static bool meddle(struct sim *sim, uint32_t from, uint32_t to, const struct raft_message *message)
{
    struct story_rule *rule = rule_for(sim->script, from, to, message->type);

    if (rule == NULL) {
        return false;
    }
    rule->left--;
    switch (rule->fate) {
    case STORY_LOSE:
        return true;
    case STORY_HOLD:
        sim->net.extra_us = rule->for_us;
        break;
    case STORY_DOUBLE:
        sim_net_send(sim, SIM_PACKET_RAFT, sim_net_sort(message->type), from, to, sim->out.data,
                     sim->out.length);
        sim->net.extra_us = rule->for_us;
        break;
    }
    return false;
}

static void add(struct story *story, char **words, enum story_fate fate, const char *ms,
                const char *count)
{
    struct story_rule rule = {.fate = fate,
                              .from = story_machine(story, words[2]),
                              .to = story_machine(story, words[3]),
                              .left = count != NULL ? story_number(count) : UINT32_MAX,
                              .for_us = ms != NULL ? (uint64_t)story_number(ms) * 1000 : 0};
    size_t type = 0;

    while (type < sizeof(types) / sizeof(types[0]) && strcmp(types[type].name, words[1]) != 0) {
        type++;
    }
    if (type == sizeof(types) / sizeof(types[0])) {
        story_say(story, "there is no message %s", words[1]);
        return;
    }
    rule.type = types[type].type;
    for (uint32_t i = 0; i < STORY_RULES; i++) {
        if (story->rules[i].left == 0) {
            story->rules[i] = rule;
            story->sim->script = story;
            story->sim->meddle = meddle;
            return;
        }
    }
    story_say(story, "too many rules");
}

void story_lose(struct story *story, char **words)
{
    add(story, words, STORY_LOSE, NULL, words[4]);
}

void story_hold(struct story *story, char **words)
{
    add(story, words, STORY_HOLD, words[4], words[5]);
}

void story_double(struct story *story, char **words)
{
    add(story, words, STORY_DOUBLE, words[4], words[5]);
}

void story_pass(struct story *story, char **words)
{
    (void)words;
    memset(story->rules, 0, sizeof(story->rules));
}
