/* db_result: the answer to one statement, stored: names of columns, cells as text.
 *
 * Belongs to the connection that filled it; a reader has it until its callback
 * returns and copies what it keeps. A cell is a C string (bytes after a NUL in it
 * can't be seen) or NULL for SQL's NULL.
 *
 * Bounded by LIMIT_SQL_ROWS, LIMIT_SQL_COLUMNS and LIMIT_SQL_RESULT_BYTES. */
#ifndef DAEMON_IO_DB_RESULT_H
#define DAEMON_IO_DB_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct db_result {
    uint64_t affected; /* rows changed, by a statement that answers without rows */
    size_t columns;    /* 0: such a statement */
    size_t rows;
    struct buf texts; /* private: NUL-terminated names, then cells, row by row */
    struct buf marks; /* private: where each begins in `texts`, as size_t */
};

/* ---- for readers ---------------------------------------------------------- */

/* The column's number, or -1 if the result has none of that name (case counts). */
int db_result_column(const struct db_result *result, const char *name);

/* The cell, or NULL for SQL's NULL. Row and column must exist. */
const char *db_result_cell(const struct db_result *result, size_t row, size_t column);

/* The cell by name; NULL also if there is no such row or column. */
const char *db_result_get(const struct db_result *result, size_t row, const char *name);

/* ---- for the connection ---------------------------------------------------- */

void db_result_init(struct db_result *result);
void db_result_finish(struct db_result *result);
void db_result_reset(struct db_result *result);

/* Names come first, then rows of as many cells (`lengths` as libmariadb gives them).
 * ERR_LIMIT or ERR_NOMEM with the story. */
int db_result_add_name(struct db_result *result, const char *name, struct err *err);
int db_result_add_row(struct db_result *result, char *const *cells, const unsigned long *lengths,
                      struct err *err);

#endif
