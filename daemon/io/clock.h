/* clock: the only place where the program reads a clock.
 *
 * Decisions use the monotonic clock (CLOCK_BOOTTIME: it also counts while the
 * machine sleeps, so that a lease can't be stretched by suspending its holder)
 * and get its value as an argument. The wall clock is for display alone. */
#ifndef DAEMON_IO_CLOCK_H
#define DAEMON_IO_CLOCK_H

#include <stddef.h>
#include <stdint.h>

enum { CLOCK_TEXT_SIZE = sizeof "2026-11-21T01:37:29.123Z" };

/* Since the machine was started; never goes back. */
uint64_t clock_now_ms(void);
uint64_t clock_now_us(void);

/* Since 1970 in UTC; may jump either way. */
uint64_t clock_wall_ms(void);

/* RFC 3339 in UTC with milliseconds; `size` is at least CLOCK_TEXT_SIZE. Years
 * past 9999 become the last moment of 9999. */
void clock_format(char *text, size_t size, uint64_t wall_ms);

#endif
