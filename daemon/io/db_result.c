#include "daemon/io/db_result.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"

/* A mark that stands for SQL's NULL. */
#define MARK_NULL SIZE_MAX

/* The text limit is what bounds a result; marks have room for the row of names
 * and every cell of the largest table that the other two limits allow. */
enum { MARKS_MAX = LIMIT_SQL_COLUMNS * (LIMIT_SQL_ROWS + 1) };

static size_t mark(const struct db_result *result, size_t index)
{
    size_t value;

    assert((index + 1) * sizeof value <= result->marks.length);
    memcpy(&value, result->marks.data + index * sizeof value, sizeof value);
    return value;
}

static const char *text_at(const struct db_result *result, size_t index)
{
    size_t start = mark(result, index);

    return start == MARK_NULL ? NULL : (const char *)result->texts.data + start;
}

static void add(struct db_result *result, const char *text, size_t length)
{
    size_t start = text == NULL ? MARK_NULL : result->texts.length;

    buf_append(&result->marks, &start, sizeof start);
    if (text != NULL) {
        buf_append(&result->texts, text, length);
        buf_append(&result->texts, "", 1);
    }
}

static int check(const struct db_result *result, struct err *err)
{
    if (buf_ok(&result->texts) && buf_ok(&result->marks)) {
        return 0;
    }
    return err_set(err, ERR_LIMIT, "a result may hold %d bytes, this one holds more (row %zu)",
                   LIMIT_SQL_RESULT_BYTES, result->rows + 1);
}

int db_result_column(const struct db_result *result, const char *name)
{
    for (size_t i = 0; i < result->columns; i++) {
        if (strcmp(text_at(result, i), name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

const char *db_result_cell(const struct db_result *result, size_t row, size_t column)
{
    assert(row < result->rows);
    assert(column < result->columns);
    return text_at(result, (row + 1) * result->columns + column);
}

const char *db_result_get(const struct db_result *result, size_t row, const char *name)
{
    int column = db_result_column(result, name);

    if (column < 0 || row >= result->rows) {
        return NULL;
    }
    return db_result_cell(result, row, (size_t)column);
}

void db_result_init(struct db_result *result)
{
    memset(result, 0, sizeof *result);
    buf_init(&result->texts, LIMIT_SQL_RESULT_BYTES);
    buf_init(&result->marks, MARKS_MAX * sizeof(size_t));
}

void db_result_finish(struct db_result *result)
{
    buf_finish(&result->texts);
    buf_finish(&result->marks);
}

void db_result_reset(struct db_result *result)
{
    result->affected = 0;
    result->columns = 0;
    result->rows = 0;
    buf_reset(&result->texts);
    buf_reset(&result->marks);
}

int db_result_add_name(struct db_result *result, const char *name, struct err *err)
{
    assert(result->rows == 0);
    if (result->columns == LIMIT_SQL_COLUMNS) {
        return err_set(err, ERR_LIMIT, "a result may have %d columns, this one has more",
                       LIMIT_SQL_COLUMNS);
    }
    add(result, name, strlen(name));
    result->columns++;
    return check(result, err);
}

int db_result_add_row(struct db_result *result, char *const *cells, const unsigned long *lengths,
                      struct err *err)
{
    int code;

    assert(result->columns > 0);
    if (result->rows == LIMIT_SQL_ROWS) {
        return err_set(err, ERR_LIMIT, "a result may have %d rows, this one has more",
                       LIMIT_SQL_ROWS);
    }
    for (size_t i = 0; i < result->columns; i++) {
        add(result, cells[i], lengths[i]);
    }
    code = check(result, err);
    if (code == 0) {
        result->rows++;
    }
    return code;
}
