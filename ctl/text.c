#include "ctl/text.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

enum { TABLE_GAP = 2, TABLE_NUMBER_SIZE = 48 };

static const char *const colours[] = {
    [TEXT_PLAIN] = "",           [TEXT_BOLD] = "\033[1m", [TEXT_GOOD] = "\033[32m",
    [TEXT_WARNING] = "\033[33m", [TEXT_BAD] = "\033[31m", [TEXT_DIM] = "\033[2m",
};

static void print_clean(const char *text)
{
    for (; *text != '\0'; text++) {
        putchar(iscntrl((unsigned char)*text) ? '?' : *text);
    }
}

void text_print(enum text_style style, const char *text)
{
    bool coloured = style != TEXT_PLAIN && isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;

    if (coloured) {
        fputs(colours[style], stdout);
    }
    print_clean(text);
    if (coloured) {
        fputs("\033[0m", stdout);
    }
}

void text_pad(const char *text, size_t width)
{
    size_t length = strlen(text);

    print_clean(text);
    printf("%*s", length < width ? (int)(width - length) : 0, "");
}

void table_init(struct table *table, const char *headings)
{
    memset(table, 0, sizeof *table);
    while (*headings != '\0') {
        size_t length = strcspn(headings, "|");
        char heading[TABLE_NUMBER_SIZE];

        text_format(heading, sizeof heading, "%.*s", (int)length, headings);
        table_add(table, TEXT_BOLD, heading);
        headings += length + (headings[length] == '|');
    }
    table->columns = table->cell_count;
    assert(table->columns > 0 && table->columns <= TABLE_COLUMNS);
}

void table_finish(struct table *table)
{
    for (size_t i = 0; i < table->cell_count; i++) {
        free(table->cells[i].text);
    }
    free(table->cells);
}

void table_add(struct table *table, enum text_style style, const char *text)
{
    struct table_cell *cell;

    if (table->cell_count == table->cell_capacity) {
        size_t capacity = table->cell_capacity * 2 + TABLE_COLUMNS;
        void *cells = realloc(table->cells, capacity * sizeof *table->cells);

        if (cells == NULL) {
            abort();
        }
        table->cells = cells;
        table->cell_capacity = capacity;
    }
    cell = &table->cells[table->cell_count++];
    cell->style = style;
    cell->text = strdup(text[0] != '\0' ? text : "-");
    if (cell->text == NULL) {
        abort();
    }
}

void table_add_number(struct table *table, const json_t *number, const char *unit)
{
    char text[TABLE_NUMBER_SIZE] = "";

    if (json_is_integer(number)) {
        text_format(text, sizeof text, "%lld%s", (long long)json_integer_value(number), unit);
    }
    table_add(table, TEXT_PLAIN, text);
}

void table_print(const struct table *table)
{
    size_t widths[TABLE_COLUMNS] = {0};

    assert(table->cell_count % table->columns == 0);
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t length = strlen(table->cells[i].text);

        if (length > widths[i % table->columns]) {
            widths[i % table->columns] = length;
        }
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        bool last = (i + 1) % table->columns == 0;

        text_print(table->cells[i].style, table->cells[i].text);
        printf("%*s",
               last ? 0
                    : (int)(widths[i % table->columns] - strlen(table->cells[i].text)) + TABLE_GAP,
               "");
        if (last) {
            putchar('\n');
        }
    }
}
