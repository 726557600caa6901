/* The commands of a story. */
#include <stdlib.h>
#include <string.h>

#include "tests/stories/story.h"

enum { WAIT_MS = 20000 };

static void run_words(struct story *story, char **words);

uint32_t story_number(const char *word)
{
    return word != NULL ? (uint32_t)strtoul(word, NULL, 10) : 0;
}

uint32_t story_machine(struct story *story, const char *word)
{
    uint32_t number =
        word != NULL && strcmp(word, "leader") == 0 ? sim_leader(story->sim) : story_number(word);

    if (number > story->sim->machine_count || (number == 0 && strcmp(word, "any") != 0)) {
        fflush(story->trace);
        printf("%sthere is no machine %s now\n", story->seen, word);
        exit(1);
    }
    return number;
}

static void do_set(struct story *story, char **words)
{
    if (!sim_options_set(&story->options, words[1]) ||
        (story->sim != NULL && !sim_options_set(&story->sim->options, words[1]))) {
        story_say(story, "there is no option %s", words[1]);
    }
}

static void do_cluster(struct story *story, char **words)
{
    uint32_t voters = story_number(words[1]);

    story->options.voters = voters;
    story->options.spares = words[2] != NULL ? story_number(words[2]) : 0;
    story->sim = sim_new(&story->options, 1);
    for (uint32_t i = 0; i < voters; i++) { /* the stores are known already */
        story->sim->members.list[i].store = story->sim->machines[i].store->id;
    }
    for (uint32_t i = 0; i < story->sim->machine_count;
         i++) { /* ticks come in whole milliseconds */
        story->sim->machines[i].clock.offset_us = (i + 1) * UINT64_C(1000000);
    }
    story->sim->trace.out = story->trace;
    for (uint32_t i = 1; i <= voters; i++) {
        sim_start(story->sim, i);
    }
}

/* The election time-out of a machine is over now. */
static void do_timeout(struct story *story, char **words)
{
    struct sim_machine *machine = sim_machine(story->sim, story_number(words[1]));

    if (!machine->up || machine->paused || machine->node.raft.role == RAFT_LEADER) {
        story_say(story, "%u waits for no time-out", machine->number);
        return;
    }
    sim_say(story->sim, "%u: the election time-out is over", machine->number);
    machine->node.raft.election_ms = sim_local_ms(story->sim, machine);
    sim_at(story->sim, story->sim->now_us, SIM_TIMER, machine->number,
           machine->life << 40 | machine->node.timer_ms, NULL);
}

static void do_run(struct story *story, char **words)
{
    sim_run_ms(story->sim, story_number(words[1]));
}

/* The moment from which on nobody whom this machine reaches cares for a leader. */
static uint64_t nobody_content_us(struct story *story, uint32_t number)
{
    struct sim *sim = story->sim;
    uint64_t latest_us = sim->now_us;

    for (uint32_t i = 1; i <= sim->machine_count; i++) {
        const struct sim_machine *other = sim_machine(sim, i);
        const struct raft *raft = &other->node.raft;

        if (other->up && !other->paused && raft->role == RAFT_FOLLOWER && raft->leader != 0 &&
            !sim->net.links[number][i].cut) {
            uint64_t until_us = sim_true_us(
                sim, other, (raft->leader_heard_ms + raft->config.election_min_ms) * 1000);

            latest_us = until_us > latest_us ? until_us : latest_us;
        }
    }
    return latest_us;
}

static void do_wait(struct story *story, char **words)
{
    uint64_t until_us = nobody_content_us(story, story_machine(story, words[1]));

    while (sim_next(story->sim, until_us)) {
    }
}

/* More than once: the first answers may say which term it is. */
static void elect_one(struct story *story, char **words)
{
    struct sim_machine *machine = sim_machine(story->sim, story_machine(story, words[1]));
    const struct raft *raft = &machine->node.raft;
    uint64_t until_us;

    do_wait(story, words);
    for (int i = 0; i < 3 && raft->role != RAFT_LEADER; i++) {
        do_timeout(story, words);
        until_us = story->sim->now_us + 20000;
        while (raft->role != RAFT_LEADER && sim_next(story->sim, until_us)) {
        }
    }
    if (raft->role != RAFT_LEADER) {
        story_say(story, "%u doesn't lead", machine->number);
    }
}

static void do_elect(struct story *story, char **words)
{
    if (words[1] != NULL) {
        elect_one(story, words);
    } else if (sim_elect(story->sim, WAIT_MS) == 0) {
        story_say(story, "nobody leads");
    }
}

static void hush(struct story *story)
{
    fflush(story->trace);
    story->told = story->seen_length;
}

/* What happens is not told. */
static void do_quietly(struct story *story, char **words)
{
    run_words(story, words + 1);
    hush(story);
}

/* A cluster that 1 leads, all in order. */
static void do_begin(struct story *story, char **words)
{
    char one[] = "1";
    char *first[] = {one, one, NULL};

    do_cluster(story, words);
    do_elect(story, first);
    sim_run_ms(story->sim, 15);
    hush(story);
    story_say(story, "1 leads in term 1; all have entry 1");
}

static void do_start(struct story *story, char **words)
{
    sim_start(story->sim, story_number(words[1]));
}

/* "before": nothing of what the disk is doing gets there. */
static void do_crash(struct story *story, char **words)
{
    struct sim_machine *machine = sim_machine(story->sim, story_machine(story, words[1]));
    struct sim_store *store = machine->store;

    if (words[2] != NULL && strcmp(words[2], "before") == 0) {
        while (!list_empty(&store->batch)) {
            struct list *link = store->batch.next;

            list_remove(link);
            list_append(&store->waiting, link);
        }
        store->busy = false;
    }
    sim_crash(story->sim, machine->number, false);
}

static void do_power(struct story *story, char **words)
{
    sim_crash(story->sim, story_machine(story, words[1]), true);
}

static void do_pause(struct story *story, char **words)
{
    sim_pause(story->sim, story_machine(story, words[1]));
}

static void do_resume(struct story *story, char **words)
{
    sim_resume(story->sim, story_number(words[1]));
}

static void do_wipe(struct story *story, char **words)
{
    sim_wipe(story->sim, story_number(words[1]), words[2] != NULL);
}

static void do_hang(struct story *story, char **words)
{
    sim_hang(story->sim, story_machine(story, words[1]), (uint64_t)story_number(words[2]) * 1000);
}

/* "cut 1 2" both ways, "cut 1 > 2" one way. */
static void cut(struct story *story, char **words, bool is_cut)
{
    bool one_way = words[2] != NULL && strcmp(words[2], ">") == 0;
    uint32_t from = story_machine(story, words[1]);
    uint32_t to = story_machine(story, words[one_way ? 3 : 2]);

    sim_cut(story->sim, from, to, is_cut);
    if (!one_way) {
        sim_cut(story->sim, to, from, is_cut);
    }
}

static void do_cut(struct story *story, char **words)
{
    cut(story, words, true);
}

static void do_join(struct story *story, char **words)
{
    cut(story, words, false);
}

static void do_isolate(struct story *story, char **words)
{
    uint32_t lonely = story_machine(story, words[1]);

    sim_say(story->sim, "%u is cut off", lonely);
    for (uint32_t other = 1; other <= story->sim->machine_count; other++) {
        if (other != lonely) {
            story->sim->net.links[lonely][other].cut = true;
            story->sim->net.links[other][lonely].cut = true;
        }
    }
}

static void do_heal(struct story *story, char **words)
{
    (void)words;
    sim_heal(story->sim);
}

static void do_propose(struct story *story, char **words)
{
    uint32_t count = words[2] != NULL ? story_number(words[2]) : 1;
    uint32_t at = story_machine(story, words[1]);

    for (uint32_t i = 0; i < count; i++) {
        sim_propose(story->sim, at);
    }
}

static void do_read(struct story *story, char **words)
{
    sim_read(story->sim, story_machine(story, words[1]));
}

static void do_stepdown(struct story *story, char **words)
{
    sim_step_down(story->sim, story_machine(story, words[1]));
}

/* A member as the machine `at` knows it; "#3" is its number itself. */
static uint32_t id_of(struct story *story, uint32_t at, const char *word)
{
    const struct member *member;

    if (word[0] == '#') {
        return story_number(word + 1);
    }
    member = sim_member_of(story->sim, &sim_machine(story->sim, at)->node.raft.members,
                           story_machine(story, word));
    return member != NULL ? member->id : 99; /* nobody's */
}

static void told(struct story *story, int code)
{
    if (code != 0) {
        story_say(story, "refused: %s", err_sentence(code));
    }
}

static void do_transfer(struct story *story, char **words)
{
    uint32_t leader = sim_leader(story->sim);

    told(story, sim_transfer(story->sim, leader, id_of(story, leader, words[1])));
}

/* "change LEADER KIND MACHINE": at a leader, which may be an old one. */
static void do_change(struct story *story, char **words)
{
    struct members_change change = {.kind = MEMBERS_ADD};

    while (strcmp(words[2], members_change_name(change.kind)) != 0) {
        if (change.kind == MEMBERS_MOVE) {
            story_say(story, "there is no change %s", words[2]);
            return;
        }
        change.kind++;
    }
    change.member.id = id_of(story, story_machine(story, words[1]), words[3]);
    sim_change(story->sim, story_machine(story, words[1]), &change);
}

/* "add MACHINE [learner] [LEADER]" */
static void do_add(struct story *story, char **words)
{
    bool learner = words[2] != NULL && strcmp(words[2], "learner") == 0;
    const char *at = words[2] != NULL && learner ? words[3] : words[2];

    sim_add(story->sim, story_machine(story, at != NULL ? at : "leader"), story_number(words[1]),
            learner ? MEMBER_LEARNER : MEMBER_JOINING);
}

static void do_full(struct story *story, char **words)
{
    struct sim_machine *machine = sim_machine(story->sim, story_machine(story, words[1]));
    bool full = words[2] == NULL || strcmp(words[2], "no") != 0;

    machine->store->files.full = full;
    sim_say(story->sim, "%u: the disk is %s", machine->number, full ? "full" : "full no more");
}

static void do_fail(struct story *story, char **words)
{
    sim_machine(story->sim, story_machine(story, words[1]))->store->files.fails = true;
}

static void do_show(struct story *story, char **words)
{
    story->shows_heartbeats = story->shows_heartbeats || strcmp(words[1], "heartbeats") == 0;
    story->shows_sending = story->shows_sending || strcmp(words[1], "sending") == 0;
}

static const struct {
    const char *name;
    story_command *run;
    int words;   /* at least */
    bool before; /* the cluster is there */
} commands[] = {
    {"set", do_set, 1, true},         /* NAME=VALUE: an option of the simulator */
    {"cluster", do_cluster, 1, true}, /* VOTERS [SPARES]: makes it, starts the voters */
    {"begin", do_begin, 1, true},     /* VOTERS [SPARES]: and 1 leads it, untold */
    {"quietly", do_quietly, 1, true}, /* COMMAND: what happens meanwhile isn't told */
    {"show", do_show, 1, true},       /* heartbeats | sending */

    {"run", do_run, 1, false}, /* MS */
    {"elect", do_elect, 0,
     false}, /* [MACHINE]: runs until somebody leads and is ready; or it campaigns and leads */
    {"timeout", do_timeout, 1, false}, /* MACHINE: it has waited long enough for a leader */

    {"wait", do_wait, 1, false}, /* MACHINE: until nobody whom it reaches is content */

    {"start", do_start, 1, false},   /* MACHINE */
    {"crash", do_crash, 1, false},   /* MACHINE [before]: kill -9, before its disk does more */
    {"power", do_power, 1, false},   /* MACHINE: what wasn't synced is lost */
    {"pause", do_pause, 1, false},   /* MACHINE: SIGSTOP */
    {"resume", do_resume, 1, false}, /* MACHINE */

    {"wipe", do_wipe, 1, false}, /* MACHINE [anew]: an empty disk; anew: without its number */
    {"hang", do_hang, 2, false}, /* MACHINE MS: its disk */
    {"full", do_full, 1, false}, /* MACHINE [no]: its disk */
    {"fail", do_fail, 1, false}, /* MACHINE: the next write of its disk */

    {"cut", do_cut, 2, false},         /* MACHINE [>] MACHINE */
    {"join", do_join, 2, false},       /* MACHINE [>] MACHINE */
    {"isolate", do_isolate, 1, false}, /* MACHINE */
    {"heal", do_heal, 0, false},       /* all links */

    /* TYPE is any, prevote, prevote-answer, vote, vote-answer, append, ack, heartbeat, heard,
     * snapshot or campaign; FROM and TO may be any. The first rule that fits counts. */
    {"lose", story_lose, 3, false},     /* TYPE FROM TO [COUNT] */
    {"hold", story_hold, 4, false},     /* TYPE FROM TO MS [COUNT] */
    {"double", story_double, 4, false}, /* TYPE FROM TO MS [COUNT]: again so much later */
    {"pass", story_pass, 0, false},     /* no more of these rules */

    {"propose", do_propose, 1, false},    /* MACHINE [COUNT] */
    {"read", do_read, 1, false},          /* MACHINE */
    {"step-down", do_stepdown, 1, false}, /* MACHINE */
    {"transfer", do_transfer, 1, false},  /* MACHINE: to it */
    {"change", do_change, 3, false},      /* LEADER remove|join|demote MACHINE|#NUMBER */
    {"add", do_add, 1, false},            /* MACHINE [learner] [LEADER] */

    {"state", story_state, 0, false},     /* who is what */
    {"logs", story_logs, 0, false},       /* terms of entries, | after what is known as committed */
    {"peers", story_peers, 0, false},     /* what the leader knows of the others */
    {"disks", story_disks, 0, false},     /* what is on them */
    {"answers", story_answers, 0, false}, /* how many writes and reads were answered, and how */
};

static void run_words(struct story *story, char **words)
{
    int count = 0;

    while (words[count] != NULL) {
        count++;
    }
    for (size_t i = 0; count > 0 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, words[0]) != 0) {
            continue;
        }
        if (count <= commands[i].words || (story->sim == NULL && !commands[i].before)) {
            story_say(story, "%s needs more words, or a cluster", words[0]);
        } else {
            commands[i].run(story, words);
        }
        return;
    }
    story_say(story, "there is no command %s", count > 0 ? words[0] : "");
}

void story_run(struct story *story, char *line)
{
    char *words[STORY_WORDS + 1] = {0};
    char *rest = NULL;
    int count = 0;

    for (char *word = strtok_r(line, " ", &rest); word != NULL && count < STORY_WORDS;
         word = strtok_r(NULL, " ", &rest)) {
        words[count++] = word;
    }
    run_words(story, words);
}
