/* file_line: whether a text file holds a line, as a whole. */
#ifndef TESTS_UNIT_DAEMON_FILE_LINE_H
#define TESTS_UNIT_DAEMON_FILE_LINE_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static inline bool file_has_line(const char *path, const char *wanted)
{
    char line[256];
    FILE *file = fopen(path, "r");
    bool found = false;

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        found = found || strcmp(line, wanted) == 0;
    }
    fclose(file);
    return found;
}

#endif
