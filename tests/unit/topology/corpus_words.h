/* corpus_words: the words that the language of tests/corpus is made of. */
#ifndef TESTS_UNIT_TOPOLOGY_CORPUS_WORDS_H
#define TESTS_UNIT_TOPOLOGY_CORPUS_WORDS_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "topology/scene.h"

enum { CASE_NOW_MS = 1000000, CASE_ASKS = 8 };
#define CASE_WALL_MS UINT64_C(1700000000000)

/* Big: on the heap. */
struct corpus_case {
    struct ledger ledger;
    struct ledger_cluster *cluster;
    struct model model;
    struct scene scene;
    uint32_t ask_count;
    char asks[CASE_ASKS][256];
};

/* ---- words ------------------------------------------------------------------------ */

/* The rest of `text` after `word` and a blank; NULL if it doesn't begin so. */
static const char *after(const char *text, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(text, word, length) != 0) {
        return NULL;
    }
    if (text[length] == '\0') {
        return text + length;
    }
    return text[length] == ' ' ? text + length + 1 : NULL;
}

/* "3500ms", "4s", "10m" */
static uint64_t milliseconds(const char *text)
{
    char *unit;
    uint64_t number = strtoull(text, &unit, 10);

    if (strncmp(unit, "ms", 2) == 0) {
        return number;
    }
    ck_assert_msg(*unit == 's' || *unit == 'm', "not a duration: %s", text);
    return number * (*unit == 's' ? 1000 : 60000);
}

static struct gtid_position position_of(const char *text)
{
    struct gtid_position position;
    struct err err;

    ck_assert_msg(gtid_parse(&position, text, &err) == 0, "%s: %s", text, err.text);
    return position;
}

static struct gtid_state state_of(const char *text)
{
    struct gtid_state state;

    ck_assert_msg(gtid_state_parse(&state, text, NULL) == 0, "%s", text);
    return state;
}

/* Calls `take` for each part of a list that is separated by comma and blank. */
static void each_part(struct corpus_case *c, void *object, const char *list,
                      void (*take)(struct corpus_case *, void *, const char *))
{
    char copy[1024];
    char *part = copy;

    ck_assert(text_copy(copy, sizeof copy, list));
    while (part != NULL && *part != '\0') {
        char *next = strstr(part, ", ");

        if (next != NULL) {
            *next = '\0';
            next += 2;
        }
        take(c, object, part);
        part = next;
    }
}

static bool named(const char *text, const char *name)
{
    return strcmp(text, name) == 0;
}

#endif
