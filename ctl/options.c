#include "ctl/options.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"

static const struct {
    const char *name;
    const char *value;
    const char *help;
} names[] = {
#define X(name, option, value, help) [OPTION_##name] = {option, value, help},
    OPTION_MAP(X)
#undef X
};

static_assert(OPTION_COUNT <= 32, "options are bits of a word");

const char *option_name(enum option option)
{
    assert(option < OPTION_COUNT);
    return names[option].name;
}

const char *option_value(enum option option)
{
    assert(option < OPTION_COUNT);
    return names[option].value;
}

const char *option_help(enum option option)
{
    assert(option < OPTION_COUNT);
    return names[option].help;
}

static enum option find(const char *name, size_t length)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        if (strlen(names[i].name) == length && strncmp(names[i].name, name, length) == 0) {
            return (enum option)i;
        }
    }
    return OPTION_COUNT;
}

/* Reads words[at] and perhaps the one after it; how many it took, or an error. */
static int read_option(struct options *options, int word_count, char **words, int at,
                       struct err *err)
{
    const char *word = words[at] + 2;
    const char *equals = strchr(word, '=');
    enum option option = find(word, equals != NULL ? (size_t)(equals - word) : strlen(word));
    const char *value = equals != NULL ? equals + 1 : NULL;
    int taken = 1;

    if (option == OPTION_COUNT) {
        return err_set(err, ERR_INVALID, "unknown option %s", words[at]);
    }
    if (names[option].value[0] == '\0') {
        if (value != NULL) {
            return err_set(err, ERR_INVALID, "--%s takes no value", names[option].name);
        }
        value = "";
    } else if (value == NULL) {
        if (at + 1 == word_count) {
            return err_set(err, ERR_INVALID, "--%s needs a value: %s", names[option].name,
                           names[option].value);
        }
        value = words[at + 1];
        taken = 2;
    }
    options->given[options->given_count].option = option;
    options->given[options->given_count].value = value;
    options->given_count++;
    return taken;
}

int options_read(struct options *options, int word_count, char **words, struct err *err)
{
    bool ended = false;

    memset(options, 0, sizeof *options);
    if (word_count > OPTIONS_WORDS) {
        return err_set(err, ERR_INVALID, "more than %d words", OPTIONS_WORDS);
    }
    for (int at = 0; at < word_count;) {
        if (!ended && strcmp(words[at], "--") == 0) {
            ended = true;
            at++;
        } else if (!ended && strncmp(words[at], "--", 2) == 0) {
            int taken = read_option(options, word_count, words, at, err);

            if (taken < 0) {
                return taken;
            }
            at += taken;
        } else if (!ended && strcmp(words[at], "-h") == 0) {
            options->given[options->given_count].option = OPTION_HELP;
            options->given[options->given_count].value = "";
            options->given_count++;
            at++;
        } else {
            options->arguments[options->argument_count++] = words[at++];
        }
    }
    return 0;
}

enum option options_stray(const struct options *options, uint32_t allowed)
{
    for (unsigned i = 0; i < options->given_count; i++) {
        if ((allowed & 1U << options->given[i].option) == 0) {
            return options->given[i].option;
        }
    }
    return OPTION_COUNT;
}

const char *option_text(const struct options *options, enum option option)
{
    for (unsigned i = options->given_count; i > 0; i--) {
        if (options->given[i - 1].option == option) {
            return options->given[i - 1].value;
        }
    }
    return NULL;
}

bool option_given(const struct options *options, enum option option)
{
    return option_text(options, option) != NULL;
}

int option_duration(const struct options *options, enum option option, uint64_t fallback_ms,
                    uint64_t *ms, struct err *err)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    const char *text = option_text(options, option);
    size_t digits;

    if (text == NULL) {
        *ms = fallback_ms;
        return 0;
    }
    digits = strspn(text, "0123456789");
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + digits, units[i].unit) == 0 && text_u64(text, digits, 1000000000, ms)) {
            *ms *= units[i].ms;
            return 0;
        }
    }
    return err_set(err, ERR_INVALID, "--%s %s is no duration; accepted is 250ms, 5s, 30m, 2h",
                   option_name(option), text);
}
