/* httpd_watch: notices that the client of a request leaves while it waits for its answer.
 *
 * The HTTP library doesn't look at a suspended connection, so a uv_poll of ours does. Most answers
 * come sooner than it takes to set one up: only who waits for HTTPD_WATCH_MS is watched.
 *
 *     wait    the request's connection was suspended; `fd` is its socket
 *     resume  it was resumed: if it isn't watched yet, it needn't be
 *     stop    the answer is there, and the client may end its side and still read
 *     close   the request is over; `closed` is called once, perhaps at once
 *
 * A watch is embedded in its request, the watches in their server. */
#ifndef DAEMON_IO_HTTPD_WATCH_H
#define DAEMON_IO_HTTPD_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"

enum { HTTPD_WATCH_MS = 100 };

struct httpd_watch {
    struct list link; /* while it waits to be watched */
    uint64_t due_ms;
    int fd;
    bool watching; /* `poll` is a handle */
    uv_poll_t poll;
    struct httpd_watches *watches;
    void (*closed)(struct httpd_watch *watch);
};

struct httpd_watches {
    struct list waiting; /* in the order of their due_ms */
    uv_timer_t timer;
    void (*left)(struct httpd_watch *watch); /* the client did; told once */
};

void httpd_watches_init(struct httpd_watches *watches, uv_loop_t *loop,
                        void (*left)(struct httpd_watch *watch));

/* No wait may follow. `cb` gets the timer. */
void httpd_watches_close(struct httpd_watches *watches, uv_close_cb cb);

void httpd_watch_init(struct httpd_watch *watch, struct httpd_watches *watches);
void httpd_watch_wait(struct httpd_watch *watch, int fd);
void httpd_watch_resume(struct httpd_watch *watch);
void httpd_watch_stop(struct httpd_watch *watch);
void httpd_watch_close(struct httpd_watch *watch, void (*closed)(struct httpd_watch *watch));

#endif
