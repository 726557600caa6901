#include "daemon/io/clock.h"

#include <assert.h>
#include <time.h>

#include "base/buf.h"

static const uint64_t YEAR_9999_ENDS_MS = UINT64_C(253402300799999);

static uint64_t read_us(clockid_t id)
{
    struct timespec now;
    int rv = clock_gettime(id, &now);

    assert(rv == 0);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_now_ms(void)
{
    return clock_now_us() / 1000;
}

uint64_t clock_now_us(void)
{
    return read_us(CLOCK_BOOTTIME);
}

uint64_t clock_wall_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

/* Zeros in front; no printf, for every line of the log and every answer has a time. */
static char *put_digits(char *at, unsigned value, int count, char behind)
{
    for (int i = count - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    at[count] = behind;
    return at + count + 1;
}

void clock_format(char *text, size_t size, uint64_t wall_ms)
{
    uint64_t ms = wall_ms < YEAR_9999_ENDS_MS ? wall_ms : YEAR_9999_ENDS_MS;
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;

    assert(size >= CLOCK_TEXT_SIZE);
    gmtime_r(&seconds, &utc);
    text = put_digits(text, (unsigned)utc.tm_year + 1900, 4, '-');
    text = put_digits(text, (unsigned)utc.tm_mon + 1, 2, '-');
    text = put_digits(text, (unsigned)utc.tm_mday, 2, 'T');
    text = put_digits(text, (unsigned)utc.tm_hour, 2, ':');
    text = put_digits(text, (unsigned)utc.tm_min, 2, ':');
    text = put_digits(text, (unsigned)utc.tm_sec, 2, '.');
    text = put_digits(text, (unsigned)(ms % 1000), 3, 'Z');
    *text = '\0';
}
