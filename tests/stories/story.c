/* story: runs scripted stories in the simulated world and compares what happens, to the byte.
 *
 *     stories [--accept] FILE...
 *
 * A story is a text. Lines that begin with "> " are commands (the table below); what follows a
 * command, up to an empty line, is what is to be seen while it runs; everything else is prose. With
 * --accept the files are rewritten with what was seen: read the difference before you commit it.
 *
 * Seen is what arrives (">>"), who becomes what, which lists of members are in force, what is
 * applied; not heartbeats, nor what is sent and may be lost, unless "show" asks for it. The world
 * is the simulator's (tests/sim), without chance: every message takes a millisecond, every disk
 * one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

enum { WORDS = 8, TEXT_MAX = 1024 * 1024, WAIT_MS = 20000 };

struct story {
    struct sim *sim;
    struct sim_options options;
    FILE *trace;
    char *seen; /* by the command that runs */
    size_t seen_length;
    bool shows_heartbeats;
    bool shows_sending;
};

static void say(struct story *story, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct story *story, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(story->trace, format, args);
    va_end(args);
    fputc('\n', story->trace);
}

static uint32_t number(const char *word)
{
    return word != NULL ? (uint32_t)strtoul(word, NULL, 10) : 0;
}

/* "leader" is whoever leads now. */
static uint32_t machine(struct story *story, const char *word)
{
    return word != NULL && strcmp(word, "leader") == 0 ? sim_leader(story->sim) : number(word);
}

/* ---- commands ------------------------------------------------------------------------- */

static void do_set(struct story *story, char **words)
{
    if (!sim_options_set(&story->options, words[1])) {
        say(story, "there is no option %s", words[1]);
    }
}

static void do_cluster(struct story *story, char **words)
{
    uint32_t voters = number(words[1]);

    story->options.voters = voters;
    story->options.spares = words[2] != NULL ? number(words[2]) : 0;
    story->sim = sim_new(&story->options, 1);
    story->sim->trace.out = story->trace;
    for (uint32_t i = 1; i <= voters; i++) {
        sim_start(story->sim, i);
    }
}

static void do_run(struct story *story, char **words)
{
    sim_run_ms(story->sim, number(words[1]));
}

static void do_elect(struct story *story, char **words)
{
    (void)words;
    if (sim_elect(story->sim, WAIT_MS) == 0) {
        say(story, "nobody leads");
    }
}

static void do_start(struct story *story, char **words)
{
    sim_start(story->sim, number(words[1]));
}

static void do_crash(struct story *story, char **words)
{
    sim_crash(story->sim, machine(story, words[1]), false);
}

static void do_power(struct story *story, char **words)
{
    sim_crash(story->sim, machine(story, words[1]), true);
}

static void do_pause(struct story *story, char **words)
{
    sim_pause(story->sim, machine(story, words[1]));
}

static void do_resume(struct story *story, char **words)
{
    sim_resume(story->sim, number(words[1]));
}

static void do_wipe(struct story *story, char **words)
{
    sim_wipe(story->sim, number(words[1]), words[2] != NULL);
}

static void do_hang(struct story *story, char **words)
{
    sim_hang(story->sim, machine(story, words[1]), (uint64_t)number(words[2]) * 1000);
}

/* "cut 1 2" both ways, "cut 1 > 2" one way. */
static void do_cut(struct story *story, char **words)
{
    bool one_way = words[2] != NULL && strcmp(words[2], ">") == 0;
    uint32_t from = machine(story, words[1]);
    uint32_t to = machine(story, words[one_way ? 3 : 2]);

    sim_cut(story->sim, from, to, true);
    if (!one_way) {
        sim_cut(story->sim, to, from, true);
    }
}

static void do_isolate(struct story *story, char **words)
{
    uint32_t lonely = machine(story, words[1]);

    for (uint32_t other = 1; other <= story->sim->machine_count; other++) {
        if (other != lonely) {
            sim_cut(story->sim, lonely, other, true);
            sim_cut(story->sim, other, lonely, true);
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
    uint32_t count = words[2] != NULL ? number(words[2]) : 1;
    uint32_t at = machine(story, words[1]);

    for (uint32_t i = 0; i < count; i++) {
        sim_propose(story->sim, at);
    }
}

static void do_read(struct story *story, char **words)
{
    sim_read(story->sim, machine(story, words[1]));
}

static void do_stepdown(struct story *story, char **words)
{
    sim_step_down(story->sim, machine(story, words[1]));
}

static uint32_t id_of(struct story *story, const char *word)
{
    struct sim_machine *leader = sim_machine(story->sim, sim_leader(story->sim));
    const struct member *member =
        sim_member_of(story->sim, &leader->node.raft.members, machine(story, word));

    return member != NULL ? member->id : 0;
}

static void told(struct story *story, int code)
{
    if (code != 0) {
        say(story, "refused: %s", err_sentence(code));
    }
}

static void do_transfer(struct story *story, char **words)
{
    uint32_t leader = sim_leader(story->sim);

    told(story, sim_transfer(story->sim, leader, id_of(story, words[1])));
}

/* "change LEADER KIND MACHINE": at a leader, which may be an old one. */
static void do_change(struct story *story, char **words)
{
    struct members_change change = {.kind = MEMBERS_ADD};

    while (strcmp(words[2], members_change_name(change.kind)) != 0) {
        if (change.kind == MEMBERS_MOVE) {
            say(story, "there is no change %s", words[2]);
            return;
        }
        change.kind++;
    }
    change.member.id = id_of(story, words[3]);
    told(story, sim_change(story->sim, machine(story, words[1]), &change));
}

static void do_add(struct story *story, char **words)
{
    bool learner = words[2] != NULL && strcmp(words[2], "learner") == 0;

    told(story, sim_add(story->sim, sim_leader(story->sim), number(words[1]),
                        learner ? MEMBER_LEARNER : MEMBER_JOINING));
}

static void do_show(struct story *story, char **words)
{
    story->shows_heartbeats = story->shows_heartbeats || strcmp(words[1], "heartbeats") == 0;
    story->shows_sending = story->shows_sending || strcmp(words[1], "sending") == 0;
}

static void do_state(struct story *story, char **words)
{
    (void)words;
    for (uint32_t i = 1; i <= story->sim->machine_count; i++) {
        const struct sim_machine *shown = sim_machine(story->sim, i);
        const struct raft *raft = &shown->node.raft;

        if (!shown->up) {
            say(story, "%u is down", i);
            continue;
        }
        say(story, "%u is %s in term %llu, log up to %llu, committed %llu, applied %llu", i,
            raft_role_name(raft->role), (unsigned long long)raft->term,
            (unsigned long long)raft_last_index(raft), (unsigned long long)raft->commit,
            (unsigned long long)raft->applied);
    }
}

static const struct {
    const char *name;
    void (*run)(struct story *story, char **words);
    int words;   /* at least */
    bool before; /* the cluster is there */
} commands[] = {
    {"set", do_set, 1, true},          /* NAME=VALUE: an option of the simulator */
    {"cluster", do_cluster, 1, true},  /* VOTERS [SPARES]: makes it, starts the voters */
    {"run", do_run, 1, false},         /* MS */
    {"elect", do_elect, 0, false},     /* runs until somebody leads and is ready */
    {"start", do_start, 1, false},     /* MACHINE */
    {"crash", do_crash, 1, false},     /* MACHINE: kill -9 */
    {"power", do_power, 1, false},     /* MACHINE: what wasn't synced is lost */
    {"pause", do_pause, 1, false},     /* MACHINE: SIGSTOP */
    {"resume", do_resume, 1, false},   /* MACHINE */
    {"wipe", do_wipe, 1, false},       /* MACHINE [anew]: an empty disk; anew: without its number */
    {"hang", do_hang, 2, false},       /* MACHINE MS: its disk */
    {"cut", do_cut, 2, false},         /* MACHINE [>] MACHINE */
    {"isolate", do_isolate, 1, false}, /* MACHINE */
    {"heal", do_heal, 0, false},
    {"propose", do_propose, 1, false},    /* MACHINE [COUNT] */
    {"read", do_read, 1, false},          /* MACHINE */
    {"step-down", do_stepdown, 1, false}, /* MACHINE */
    {"transfer", do_transfer, 1, false},  /* MACHINE: to it */
    {"change", do_change, 3, false},      /* LEADER remove|join|demote MACHINE */
    {"add", do_add, 1, false},            /* MACHINE [learner] */
    {"show", do_show, 1, true},           /* heartbeats | sending */
    {"state", do_state, 0, false},
};

static void run_command(struct story *story, char *line)
{
    char *words[WORDS + 1] = {0};
    char *rest = NULL;
    int count = 0;

    for (char *word = strtok_r(line, " ", &rest); word != NULL && count < WORDS;
         word = strtok_r(NULL, " ", &rest)) {
        words[count++] = word;
    }
    for (size_t i = 0; count > 0 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, words[0]) != 0) {
            continue;
        }
        if (count <= commands[i].words || (story->sim == NULL && !commands[i].before)) {
            say(story, "%s needs more words, or a cluster", words[0]);
        } else {
            commands[i].run(story, words);
        }
        return;
    }
    say(story, "there is no command %s", count > 0 ? words[0] : "");
}

/* ---- a file --------------------------------------------------------------------------- */

static bool is_shown(const struct story *story, const char *line, size_t length)
{
    char text[512];

    text_format(text, sizeof(text), "%.*s", (int)length, line);
    if (strstr(text, "heartbeat") != NULL && strstr(text, "lost its end") == NULL &&
        !story->shows_heartbeats) {
        return false;
    }
    return story->shows_sending || strstr(text, "] ") == NULL || strstr(text, "  > ") == NULL;
}

static void add_seen(struct story *story, struct buf *out)
{
    const char *line;

    fflush(story->trace);
    for (line = story->seen; *line != '\0';) {
        size_t length = strcspn(line, "\n");

        if (is_shown(story, line, length)) {
            buf_append(out, line, length);
            buf_append_text(out, "\n");
        }
        line += length + (line[length] == '\n');
    }
    rewind(story->trace);
    fflush(story->trace);
    story->seen[0] = '\0';
}

/* What the file should say. */
static void tell(const char *text, struct buf *out)
{
    struct story story = {0};
    bool skipping = false; /* what was seen the last time */

    sim_options_init(&story.options);
    story.options.delay_min_us = 1000;
    story.options.delay_mean_us = 0;
    story.options.leases = 0;
    story.options.propose_every_us = 0;
    story.options.read_every_us = 0;
    story.trace = open_memstream(&story.seen, &story.seen_length);
    fflush(story.trace);
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        skipping = skipping && length > 0;
        if (strncmp(text, "> ", 2) == 0) {
            char line[256];

            buf_append(out, text, length);
            buf_append_text(out, "\n");
            text_format(line, sizeof(line), "%.*s", (int)length - 2, text + 2);
            run_command(&story, line);
            add_seen(&story, out);
            skipping = true;
        } else if (!skipping) {
            buf_append(out, text, length);
            buf_append_text(out, "\n");
        }
        text += length + (text[length] == '\n');
    }
    if (story.sim != NULL) {
        story.sim->trace.out = NULL;
        sim_free(story.sim);
    }
    fclose(story.trace);
    free(story.seen);
}

static bool read_file(const char *path, struct buf *text)
{
    FILE *file = fopen(path, "rb");
    char piece[4096];
    size_t length;

    if (file == NULL) {
        return false;
    }
    while ((length = fread(piece, 1, sizeof(piece), file)) > 0) {
        buf_append(text, piece, length);
    }
    fclose(file);
    return buf_ok(text);
}

static bool write_file(const char *path, const struct buf *text)
{
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(text->data, 1, text->length, file) == text->length;

    return file != NULL && fclose(file) == 0 && written;
}

/* The first line that differs. */
static void tell_difference(const char *path, const char *wanted, const char *found)
{
    int line = 1;

    while (*wanted != '\0' && *found != '\0' && strcspn(wanted, "\n") == strcspn(found, "\n") &&
           strncmp(wanted, found, strcspn(wanted, "\n")) == 0) {
        wanted += strcspn(wanted, "\n") + (wanted[strcspn(wanted, "\n")] == '\n');
        found += strcspn(found, "\n") + (found[strcspn(found, "\n")] == '\n');
        line++;
    }
    printf("%s:%d:\n  told: %.*s\n  seen: %.*s\n", path, line, (int)strcspn(wanted, "\n"), wanted,
           (int)strcspn(found, "\n"), found);
}

static bool run_file(const char *path, bool accept)
{
    struct buf wanted;
    struct buf found;
    bool same = false;

    buf_init(&wanted, TEXT_MAX);
    buf_init(&found, TEXT_MAX);
    if (!read_file(path, &wanted)) {
        printf("%s: can't be read\n", path);
        goto out;
    }
    tell(buf_text(&wanted), &found);
    same = wanted.length == found.length && strcmp(buf_text(&wanted), buf_text(&found)) == 0;
    if (!same && accept) {
        same = write_file(path, &found);
        printf("%s: rewritten\n", path);
    } else if (!same) {
        tell_difference(path, buf_text(&wanted), buf_text(&found));
    }
out:
    buf_finish(&wanted);
    buf_finish(&found);
    return same;
}

int main(int argc, char **argv)
{
    bool accept = argc > 1 && strcmp(argv[1], "--accept") == 0;
    int passed = 0;
    int failed = 0;

    for (int i = accept ? 2 : 1; i < argc; i++) {
        bool same = run_file(argv[i], accept);

        passed += same;
        failed += !same;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
