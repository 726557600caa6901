#include "daemon/io/httpd_watch.h"

static void on_client_end(uv_poll_t *poll, int status, int events)
{
    struct httpd_watch *watch = container_of(poll, struct httpd_watch, poll);

    (void)status;
    (void)events;
    uv_poll_stop(poll);
    watch->watches->left(watch);
}

/* If there is no memory for it, the end of the connection is noticed when the answer is written. */
static void begin(struct httpd_watch *watch)
{
    if (uv_poll_init(watch->watches->timer.loop, &watch->poll, watch->fd) == 0) {
        watch->watching = true;
        uv_poll_start(&watch->poll, UV_DISCONNECT, on_client_end);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct httpd_watches *watches = container_of(timer, struct httpd_watches, timer);
    uint64_t now = uv_now(timer->loop);

    while (!list_empty(&watches->waiting)) {
        struct httpd_watch *first = container_of(watches->waiting.next, struct httpd_watch, link);

        if (first->due_ms > now) {
            uv_timer_start(timer, on_timer, first->due_ms - now, 0);
            break;
        }
        list_remove(&first->link);
        begin(first);
    }
}

void httpd_watches_init(struct httpd_watches *watches, uv_loop_t *loop,
                        void (*left)(struct httpd_watch *watch))
{
    list_init(&watches->waiting);
    watches->left = left;
    uv_timer_init(loop, &watches->timer);
}

void httpd_watches_close(struct httpd_watches *watches, uv_close_cb cb)
{
    uv_close((uv_handle_t *)&watches->timer, cb);
}

void httpd_watch_init(struct httpd_watch *watch, struct httpd_watches *watches)
{
    list_init(&watch->link);
    watch->watches = watches;
}

/* The timer isn't stopped when nobody waits any more: it runs out once, and does nothing. */
void httpd_watch_wait(struct httpd_watch *watch, int fd)
{
    uv_timer_t *timer = &watch->watches->timer;

    if (watch->watching || uv_is_closing((uv_handle_t *)timer)) {
        return;
    }
    watch->fd = fd;
    watch->due_ms = uv_now(timer->loop) + HTTPD_WATCH_MS;
    list_append(&watch->watches->waiting, &watch->link);
    if (!uv_is_active((uv_handle_t *)timer)) {
        uv_timer_start(timer, on_timer, HTTPD_WATCH_MS, 0);
    }
}

void httpd_watch_resume(struct httpd_watch *watch)
{
    list_remove(&watch->link);
}

void httpd_watch_stop(struct httpd_watch *watch)
{
    list_remove(&watch->link);
    if (watch->watching) {
        uv_poll_stop(&watch->poll);
    }
}

static void on_closed(uv_handle_t *handle)
{
    struct httpd_watch *watch = container_of((uv_poll_t *)handle, struct httpd_watch, poll);

    watch->closed(watch);
}

void httpd_watch_close(struct httpd_watch *watch, void (*closed)(struct httpd_watch *watch))
{
    list_remove(&watch->link);
    if (watch->watching) {
        watch->closed = closed;
        uv_close((uv_handle_t *)&watch->poll, on_closed);
    } else {
        closed(watch);
    }
}
