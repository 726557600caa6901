/* sim: the command line.
 *
 *     sim --seed N [--trace] [--hash] [--set NAME=VALUE]...     one life; prints its options
 *     sim --seeds A-B                                           many, and one line about them
 *     sim --for SECONDS                                         new ones, until the time is over
 *     sim --corpus DIR                                          those that found something once
 *     sim --minimise N                                          which faults a failure needs
 *     sim --canary                                              must end with status 2
 *
 * Ends with 0, 2 (something unsafe was seen), 3 (no agreement after healing), or as a crash:
 * an assertion of the core is one. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/sim_life.h"

enum { USAGE = 64, SETTINGS = 32 };

struct wishes {
    bool trace;
    bool hash;
    uint32_t setting_count;
    const char *settings[SETTINGS];
};

struct tally {
    uint64_t seeds;
    uint64_t events;
    uint64_t hash;
    double seconds;
    struct sim_counters counters;
};

/* For whoever reads the output of a crash: set before each life. */
static volatile uint64_t seed_now;

static void on_abort(int signal_number)
{
    char text[128];
    int length = snprintf(text, sizeof(text),
                          "\nseed %llu crashed\nagain: build/sim/sim --seed %llu --trace\n",
                          (unsigned long long)seed_now, (unsigned long long)seed_now);

    if (write(STDOUT_FILENO, text, (size_t)length) < 0) {
        _exit(127);
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void options_of(struct sim_options *options, uint64_t seed, const struct wishes *wishes)
{
    sim_options_draw(options, seed);
    for (uint32_t i = 0; i < wishes->setting_count; i++) {
        if (!sim_options_set(options, wishes->settings[i])) {
            fprintf(stderr, "there is no option %s\n", wishes->settings[i]);
            exit(USAGE);
        }
    }
}

static void live(uint64_t seed, const struct wishes *wishes, struct tally *tally)
{
    struct sim_options options;
    double began = seconds();
    uint64_t hash;

    seed_now = seed;
    options_of(&options, seed, wishes);
    hash =
        sim_life(&options, seed, wishes->trace ? stdout : NULL, &tally->counters, &tally->events);
    tally->hash = sim_mix(tally->hash, hash);
    tally->seconds += seconds() - began;
    tally->seeds++;
}

static void summary(const struct tally *tally, const struct wishes *wishes)
{
    printf("%llu seeds, %llu events, %.0f events/s:", (unsigned long long)tally->seeds,
           (unsigned long long)tally->events, (double)tally->events / tally->seconds);
#define X(name) printf(" %s %llu", #name, (unsigned long long)tally->counters.name);
    SIM_COUNTER_MAP(X)
#undef X
    if (wishes->hash) {
        printf(" hash %016llx", (unsigned long long)tally->hash);
    }
    printf("\n");
}

/* ---- what can be asked for -------------------------------------------------------------- */

static int one_seed(const char *text, const struct wishes *wishes)
{
    uint64_t seed = strtoull(text, NULL, 10);
    struct tally tally = {0};
    struct sim_options options;

    options_of(&options, seed, wishes);
    printf("seed %llu\n", (unsigned long long)seed);
    sim_options_print(&options, stdout);
    live(seed, wishes, &tally);
    summary(&tally, wishes);
    return 0;
}

static int many_seeds(const char *text, const struct wishes *wishes)
{
    struct tally tally = {0};
    char *end;
    uint64_t first = strtoull(text, &end, 10);
    uint64_t last = *end == '-' ? strtoull(end + 1, NULL, 10) : first;

    for (uint64_t seed = first; seed <= last; seed++) {
        live(seed, wishes, &tally);
    }
    summary(&tally, wishes);
    printf("%llu passed, 0 failed\n", (unsigned long long)tally.seeds);
    return 0;
}

static int for_a_while(const char *text, const struct wishes *wishes)
{
    double until = seconds() + strtod(text, NULL);
    uint64_t first = (uint64_t)time(NULL) * 100000;
    struct tally tally = {0};

    printf("seeds from %llu on\n", (unsigned long long)first);
    fflush(stdout);
    while (seconds() < until) {
        live(first + tally.seeds, wishes, &tally);
    }
    summary(&tally, wishes);
    printf("%llu passed, 0 failed\n", (unsigned long long)tally.seeds);
    return 0;
}

/* A corpus file: "seed N" or "seed N NAME=VALUE ...", and comments with #. */
static void one_file(const char *directory, const char *name, const struct wishes *wishes,
                     struct tally *tally)
{
    struct wishes own = *wishes;
    char path[512];
    char line[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char *rest = NULL;
        const char *word = strtok_r(line, " \n", &rest);

        if (word == NULL || strcmp(word, "seed") != 0) {
            continue;
        }
        word = strtok_r(NULL, " \n", &rest);
        for (char *setting = strtok_r(NULL, " \n", &rest);
             setting != NULL && own.setting_count < SETTINGS;
             setting = strtok_r(NULL, " \n", &rest)) {
            own.settings[own.setting_count++] = setting;
        }
        printf("  %s\n", name);
        fflush(stdout);
        live(strtoull(word, NULL, 10), &own, tally);
        own = *wishes;
    }
    if (file != NULL) {
        fclose(file);
    }
}

static int corpus(const char *directory, const struct wishes *wishes)
{
    struct tally tally = {0};
    struct dirent **names = NULL;
    int count = scandir(directory, &names, NULL, alphasort);

    if (count < 0) {
        perror(directory);
        return USAGE;
    }
    for (int i = 0; i < count; i++) {
        if (strstr(names[i]->d_name, ".seed") != NULL) {
            one_file(directory, names[i]->d_name, wishes, &tally);
        }
        free(names[i]);
    }
    free(names);
    printf("%llu passed, 0 failed\n", (unsigned long long)tally.seeds);
    return 0;
}

/* The status of a life in a process of its own; 0: it went well. */
static int try_life(uint64_t seed, const struct wishes *wishes)
{
    int status = 0;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        struct tally tally = {0};

        if (freopen("/dev/null", "w", stdout) == NULL ||
            freopen("/dev/null", "w", stderr) == NULL) {
            _exit(USAGE);
        }
        live(seed, wishes, &tally);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        return USAGE;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Takes away one class of faults after the other, and keeps it away if the life still fails the
 * same way. Another world may need another seed: nothing is sure, but it is often much less. */
static int minimise(const char *text, struct wishes *wishes)
{
    uint64_t seed = strtoull(text, NULL, 10);
    int status = try_life(seed, wishes);
    struct sim_options unused = {0};
    const char *name = NULL;

    if (status == 0 || status == USAGE) {
        printf("seed %llu doesn't fail\n", (unsigned long long)seed);
        return status;
    }
    for (uint32_t i = 0; wishes->setting_count < SETTINGS && sim_options_drop(&unused, i, &name);
         i++) {
        wishes->settings[wishes->setting_count++] = name;
        if (try_life(seed, wishes) != status) {
            wishes->setting_count--;
        }
    }
    printf("status %d: build/sim/sim --seed %llu --trace", status, (unsigned long long)seed);
    for (uint32_t i = 0; i < wishes->setting_count; i++) {
        printf(" --set %s", wishes->settings[i]);
    }
    printf("\n");
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "sim --seed N [--trace] [--hash] [--set NAME=VALUE] | --seeds A-B | "
                    "--for SECONDS | --corpus DIR | --minimise N | --canary\n");
    return USAGE;
}

int main(int argc, char **argv)
{
    struct wishes wishes = {0};
    const char *what = NULL;
    const char *value = "";

    signal(SIGABRT, on_abort);
    signal(SIGSEGV, on_abort);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0) {
            wishes.trace = true;
        } else if (strcmp(argv[i], "--hash") == 0) {
            wishes.hash = true;
        } else if (strcmp(argv[i], "--canary") == 0) {
            what = argv[i];
            value = "1";
            wishes.settings[wishes.setting_count++] = "canary=2";
        } else if (i + 1 < argc && strcmp(argv[i], "--set") == 0 &&
                   wishes.setting_count < SETTINGS) {
            wishes.settings[wishes.setting_count++] = argv[++i];
        } else if (i + 1 < argc && what == NULL) {
            what = argv[i];
            value = argv[++i];
        } else {
            return usage();
        }
    }
    if (what == NULL) {
        return usage();
    }
    return strcmp(what, "--seed") == 0       ? one_seed(value, &wishes)
           : strcmp(what, "--seeds") == 0    ? many_seeds(value, &wishes)
           : strcmp(what, "--for") == 0      ? for_a_while(value, &wishes)
           : strcmp(what, "--corpus") == 0   ? corpus(value, &wishes)
           : strcmp(what, "--minimise") == 0 ? minimise(value, &wishes)
           : strcmp(what, "--canary") == 0   ? many_seeds(value, &wishes)
                                             : usage();
}
