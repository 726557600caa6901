/* text: what people read: aligned tables, colours on a terminal only.
 *
 * Whatever comes from an agent is printed with its control characters replaced,
 * so that no server's error message can command the terminal. */
#ifndef CTL_TEXT_H
#define CTL_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum text_style { TEXT_PLAIN, TEXT_BOLD, TEXT_GOOD, TEXT_WARNING, TEXT_BAD, TEXT_DIM };

/* Prints to standard output; newlines of ours go through printf. */
void text_print(enum text_style style, const char *text);

/* The same, plain, filled up with blanks to `width`. */
void text_pad(const char *text, size_t width);

enum { TABLE_COLUMNS = 12 };

/* Rows of cells, printed in columns as wide as their widest cell. */
struct table {
    size_t columns;
    size_t cell_count;
    size_t cell_capacity;
    struct table_cell *cells;
};

struct table_cell {
    char *text;
    enum text_style style;
};

/* Begins with a row of headings, separated by '|': "NAME|ROLE|LAG". */
void table_init(struct table *table, const char *headings);
void table_finish(struct table *table);

/* The next cell, row by row. Empty texts are shown as "-". */
void table_add(struct table *table, enum text_style style, const char *text);
void table_add_number(struct table *table, const json_t *number, const char *unit);

void table_print(const struct table *table);

#endif
