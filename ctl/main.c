/* orchestratorctl: the command line.
 *
 * main() reads the words, finds the verb (one word or two), checks options and
 * arguments against the verb's row and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "ctl/help.h"

#define CTL_SOCKET "/run/orchestratord/api.sock"

enum ctl_exit ctl_fail(enum ctl_exit status, const char *format, ...)
{
    char text[ERR_TEXT_MAX * 2];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' && *at != '\n') {
            *at = '?';
        }
    }
    fprintf(stderr, "orchestratorctl: %s\n", text);
    return status;
}

/* The verb that the first arguments name; they are taken off. */
static const struct ctl_verb *take_verb(struct options *options)
{
    const struct ctl_verb *found = NULL;
    char two[64] = "";
    int words = 0;

    if (options->argument_count >= 2) {
        text_format(two, sizeof two, "%s %s", options->arguments[0], options->arguments[1]);
    }
    for (size_t i = 0; i < ctl_verb_count && options->argument_count > 0; i++) {
        if (strcmp(ctl_verbs[i].name, two) == 0) {
            found = &ctl_verbs[i];
            words = 2;
        } else if (strcmp(ctl_verbs[i].name, options->arguments[0]) == 0 && found == NULL) {
            found = &ctl_verbs[i];
            words = 1;
        }
    }
    options->argument_count -= words;
    memmove(options->arguments, options->arguments + words,
            (size_t)options->argument_count * sizeof options->arguments[0]);
    return found;
}

static enum ctl_exit usage(const struct ctl *ctl, const char *problem)
{
    if (ctl->verb != NULL) {
        return ctl_fail(CTL_USAGE, "%s\nusage: orchestratorctl %s%s%s [options]; --help tells more",
                        problem, ctl->verb->name, ctl->verb->arguments[0] != '\0' ? " " : "",
                        ctl->verb->arguments);
    }
    return ctl_fail(CTL_USAGE, "%s; orchestratorctl --help lists the verbs", problem);
}

static enum ctl_exit check_usage(struct ctl *ctl)
{
    const struct options *options = &ctl->options;
    const char *output = option_text(options, OPTION_OUTPUT);
    enum option stray = options_stray(options, ctl->verb->options | OPTIONS_EVERYWHERE);
    char problem[256];

    if (stray != OPTION_COUNT) {
        text_format(problem, sizeof problem, "%s takes no --%s", ctl->verb->name,
                    option_name(stray));
        return usage(ctl, problem);
    }
    if (options->argument_count < ctl->verb->arguments_min) {
        return usage(ctl, "an argument is missing");
    }
    if (ctl->verb->arguments_max >= 0 && options->argument_count > ctl->verb->arguments_max) {
        text_format(problem, sizeof problem, "%s is one argument too many",
                    options->arguments[ctl->verb->arguments_max]);
        return usage(ctl, problem);
    }
    if (output != NULL && strcmp(output, "json") != 0 && strcmp(output, "text") != 0) {
        return usage(ctl, "--output is text or json");
    }
    ctl->json = output != NULL && strcmp(output, "json") == 0;
    return CTL_DONE;
}

/* Where to ask, in the order in which people would expect it. */
static void choose_urls(const struct options *options, char *urls, size_t size)
{
    const char *api = option_text(options, OPTION_API);
    const char *path = option_text(options, OPTION_SOCKET);
    const char *environment = getenv("ORCHESTRATORCTL_API");

    if (api != NULL) {
        text_copy(urls, size, api);
    } else if (path != NULL) {
        text_format(urls, size, "unix:%s", path);
    } else if (environment != NULL && environment[0] != '\0') {
        text_copy(urls, size, environment);
    } else {
        text_copy(urls, size, "unix:" CTL_SOCKET);
    }
}

static enum ctl_exit connect_client(struct ctl *ctl)
{
    const char *token_file = option_text(&ctl->options, OPTION_TOKEN_FILE);
    const char *token = getenv("ORCHESTRATORCTL_TOKEN");
    char urls[CLIENT_URLS * CLIENT_URL_SIZE];
    struct err err = {0};

    choose_urls(&ctl->options, urls, sizeof urls);
    if (client_init(&ctl->client, urls, &err) != 0) {
        return ctl_fail(CTL_USAGE, "%s", err.text);
    }
    ctl->client.ca = option_text(&ctl->options, OPTION_CA);
    if (token_file != NULL) {
        return client_token_file(&ctl->client, token_file, &err) == 0
                   ? CTL_DONE
                   : ctl_fail(CTL_USAGE, "%s", err.text);
    }
    if (token != NULL && !text_copy(ctl->client.token, sizeof ctl->client.token, token)) {
        return ctl_fail(CTL_USAGE, "ORCHESTRATORCTL_TOKEN is longer than %d bytes",
                        CLIENT_TOKEN_SIZE - 1);
    }
    return CTL_DONE;
}

static enum ctl_exit run(struct ctl *ctl)
{
    enum ctl_exit status = check_usage(ctl);

    if (status != CTL_DONE) {
        return status;
    }
    ctl->interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !ctl->json;
    status = connect_client(ctl);
    if (status == CTL_DONE) {
        status = ctl->verb->run(ctl);
    }
    client_finish(&ctl->client);
    return status;
}

/* Whether some verb is this word and another one: "agent", "cluster". */
static bool begins_verbs(const char *word)
{
    size_t length = strlen(word);

    for (size_t i = 0; i < ctl_verb_count; i++) {
        if (strncmp(ctl_verbs[i].name, word, length) == 0 && ctl_verbs[i].name[length] == ' ') {
            return true;
        }
    }
    return false;
}

static enum ctl_exit no_verb(const struct ctl *ctl)
{
    const char *const *words = ctl->options.arguments;
    bool two = ctl->options.argument_count > 1 && begins_verbs(words[0]);
    char problem[128];

    if (ctl->options.argument_count == 0) {
        return usage(ctl, "a verb is missing");
    }
    text_format(problem, sizeof problem, "unknown verb %s%s%s", words[0], two ? " " : "",
                two ? words[1] : "");
    return usage(ctl, problem);
}

/* What can't travel as JSON would be left out, and the rest acted on. */
static int first_no_text(int word_count, char **words)
{
    for (int i = 1; i < word_count; i++) {
        json_t *text = json_string(words[i]);

        if (text == NULL) {
            return i;
        }
        json_decref(text);
    }
    return 0;
}

static enum ctl_exit main_run(int word_count, char **words)
{
    struct ctl ctl = {0};
    struct err err = {0};
    int stray = first_no_text(word_count, words);

    if (stray != 0) {
        return ctl_fail(CTL_USAGE, "word %d behind the program's name is no UTF-8", stray);
    }
    if (word_count == 2 && strcmp(words[1], "--version") == 0) {
        puts("orchestratorctl " ORCHESTRATORD_VERSION);
        return CTL_DONE;
    }
    if (options_read(&ctl.options, word_count - 1, words + 1, &err) != 0) {
        return usage(&ctl, err.text);
    }
    ctl.verb = take_verb(&ctl.options);
    if (ctl.verb == NULL &&
        (ctl.options.argument_count > 0 || !option_given(&ctl.options, OPTION_HELP))) {
        return no_verb(&ctl);
    }
    if (option_given(&ctl.options, OPTION_HELP)) {
        help_print(ctl.verb);
        return CTL_DONE;
    }
    return run(&ctl);
}

/* A closed one would be given to the next socket, which then got what is printed. */
static void hold_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd) {
            _exit(CTL_FAILED);
        }
    }
}

/* A script must not take what it never got for done. */
int main(int word_count, char **words)
{
    enum ctl_exit status;

    hold_streams();
    status = main_run(word_count, words);
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        ctl_fail(CTL_FAILED,
                 "standard output: %s; what it said is lost, what was asked may be done",
                 strerror(errno != 0 ? errno : EIO));
        return status == CTL_DONE ? CTL_FAILED : (int)status;
    }
    return (int)status;
}
