#include "topology/problem.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

struct problem_row {
    const char *name;
    enum problem_severity severity;
    const char *meaning;
};

static const struct problem_row rows[] = {
#define X(code, severity, meaning) {#code, PROBLEM_##severity, meaning},
    PROBLEM_MAP(X)
#undef X
};

static const struct problem_row *row_of(enum problem problem)
{
    assert(problem < PROBLEM_COUNT);
    return &rows[problem];
}

const char *problem_name(enum problem problem)
{
    return row_of(problem)->name;
}

const char *problem_meaning(enum problem problem)
{
    return row_of(problem)->meaning;
}

enum problem_severity problem_severity(enum problem problem)
{
    return row_of(problem)->severity;
}

const char *problem_severity_name(enum problem_severity severity)
{
    static const char *const names[] = {
        [PROBLEM_INFO] = "info", [PROBLEM_WARNING] = "warning", [PROBLEM_CRITICAL] = "critical"};

    assert(severity <= PROBLEM_CRITICAL);
    return names[severity];
}

bool problem_parse(const char *name, enum problem *problem)
{
    for (int i = 0; i < PROBLEM_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            *problem = (enum problem)i;
            return true;
        }
    }
    return false;
}
