/* model_view: one server's picture as bytes, from the leader to the other agents. */
#include <assert.h>
#include <string.h>

#include "proto/view.pb-c.h"
#include "topology/message.h"
#include "topology/model.h"

/* protobuf-c holds texts as `char *` and, while packing, only reads them. */
static char *lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* Ages travel plus one, so that 0 is never. */
static uint64_t age_of(uint64_t now_ms, uint64_t at_ms)
{
    if (at_ms == 0) {
        return 0;
    }
    return at_ms > now_ms ? 1 : now_ms - at_ms + 1;
}

static uint64_t time_of(uint64_t now_ms, uint64_t age)
{
    if (age == 0) {
        return 0;
    }
    return age > now_ms ? 1 : now_ms - (age - 1);
}

void model_encode_server(const struct model_server *server, uint64_t now_ms, struct buf *buf)
{
    struct order_message message = {.kind = ORDER_KIND_REPORT, .report = server->report};
    View__Server view = VIEW__SERVER__INIT;
    struct buf report;
    uint8_t *room;

    assert(server->name[0] != '\0');
    text_copy(message.report.server, sizeof message.report.server, server->name);
    message.report.observation = server->observation;
    message.report.has_observation = server->observed_ms != 0;
    buf_init(&report, LIMIT_FRAME_BYTES);
    message_encode(&message, &report);
    buf->failed = buf->failed || !buf_ok(&report);
    view.name = lend(server->name);
    view.probed_age = age_of(now_ms, server->probed_ms);
    view.failing_age = age_of(now_ms, server->failing_since_ms);
    view.watched_age = age_of(now_ms, server->watched_ms);
    view.access_denied = server->access_denied;
    view.probe_error = lend(server->probe_error);
    view.observed_age = age_of(now_ms, server->observed_ms);
    view.guard_connected = server->guard_connected;
    view.reported_age = age_of(now_ms, server->reported_ms);
    view.stopped_age = age_of(now_ms, server->stopped_since_ms);
    view.report.data = report.data;
    view.report.len = report.length;
    view.lag_known = server->lag_known;
    view.lag_ms = server->lag_ms;
    room = buf_extend(buf, view__server__get_packed_size(&view));
    if (room != NULL) {
        view__server__pack(&view, room);
    }
    buf_finish(&report);
}

static void take_view(struct model_server *server, const View__Server *view,
                      const struct order_report *report, uint64_t now_ms)
{
    server->probed_ms = time_of(now_ms, view->probed_age);
    server->failing_since_ms = time_of(now_ms, view->failing_age);
    server->watched_ms = time_of(now_ms, view->watched_age);
    server->access_denied = view->access_denied;
    text_copy(server->probe_error, sizeof server->probe_error, view->probe_error);
    server->observed_ms = time_of(now_ms, view->observed_age);
    server->observation = report->observation;
    server->guard_connected = view->guard_connected;
    server->reported_ms = time_of(now_ms, view->reported_age);
    server->stopped_since_ms = time_of(now_ms, view->stopped_age);
    server->report = *report;
    server->lag_known = view->lag_known;
    server->lag_ms = view->lag_ms;
}

int model_decode_server(struct model *model, uint64_t now_ms, const uint8_t *bytes, size_t length,
                        struct err *err)
{
    View__Server *view = view__server__unpack(NULL, length, bytes);
    struct order_message message;
    struct model_server *server;
    int rc;

    if (view == NULL) {
        return err_set(err, ERR_PROTOCOL, "the view of a server can't be read");
    }
    rc = message_decode(&message, view->report.data, view->report.len, err);
    if (rc != 0) {
        goto out_view;
    }
    if (message.kind != ORDER_KIND_REPORT || strcmp(message.report.server, view->name) != 0) {
        rc = err_set(err, ERR_PROTOCOL, "the view of a server holds no report of it");
        goto out_view;
    }
    server = model_find(model, view->name);
    if (server == NULL) {
        rc = err_set(err, ERR_NOTFOUND, "server %s is not known here", view->name);
        goto out_view;
    }
    take_view(server, view, &message.report, now_ms);
    server->changed = ++model->changes;
out_view:
    view__server__free_unpacked(view, NULL);
    return rc;
}
