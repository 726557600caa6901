#include "daemon/api/compose.h"

#include "base/limits.h"
#include "daemon/io/clock.h"

static int append_piece(const char *text, size_t length, void *context)
{
    buf_append(context, text, length);
    return buf_ok(context) ? 0 : -1;
}

void compose_append(const json_t *value, struct buf *buf)
{
    (void)json_dump_callback(value, append_piece, buf, JSON_COMPACT | JSON_ENCODE_ANY);
}

json_t *compose_string(const char *text)
{
    char plain[LIMIT_GTID_TEXT_SIZE];
    json_t *string = json_string(text);

    if (string == NULL) {
        (void)text_copy(plain, sizeof plain, text);
        for (char *at = plain; *at != '\0'; at++) {
            *at = (unsigned char)*at < 0x80 ? *at : '?';
        }
        string = json_string(plain);
    }
    return string;
}

json_t *compose_text(const char *text)
{
    return text[0] != '\0' ? compose_string(text) : json_null();
}

json_t *compose_number(uint64_t number)
{
    return number != 0 ? compose_count(number) : json_null();
}

json_t *compose_count(uint64_t number)
{
    return json_integer((json_int_t)number);
}

json_t *compose_time(uint64_t wall_ms)
{
    char text[CLOCK_TEXT_SIZE];

    if (wall_ms == 0) {
        return json_null();
    }
    clock_format(text, sizeof text, wall_ms);
    return json_string(text);
}

json_t *compose_position(const struct gtid_position *position)
{
    char text[LIMIT_GTID_TEXT_SIZE];

    (void)gtid_format(position, text, sizeof text);
    return json_string(text);
}
