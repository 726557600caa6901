#include "daemon/api/health.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "topology/scene.h"

enum { HEALTH_LAG_MAX_MS = 24 * 3600 * 1000 };

/* Own server, its cluster, and the bound that ?lag= gives. */
struct subject {
    const struct api_view *view;
    const struct ledger_cluster *cluster; /* NULL: the ledger doesn't have it */
    const struct ledger_server *server;
    const struct model_server *seen;
    uint64_t lag_max_ms;
};

static bool is_primary(const struct subject *subject)
{
    return subject->cluster != NULL &&
           strcmp(subject->cluster->primary, subject->server->name) == 0;
}

static const char *why_not_health(const struct subject *subject)
{
    if (subject->view->guard.server[0] == '\0') {
        return "this agent has no server";
    }
    return subject->view->guard.answers ? NULL : "the server does not answer";
}

/* While only watching nobody grants leases: what the server says is what counts. */
static const char *why_not_primary(const struct subject *subject)
{
    const struct api_guard *guard = &subject->view->guard;
    const char *reason = why_not_health(subject);

    if (reason != NULL) {
        return reason;
    }
    if (subject->cluster == NULL) {
        return "the server is in no cluster";
    }
    if (!is_primary(subject)) {
        return "another server is the primary";
    }
    if (guard->observation.read_only) {
        return "the server is read-only";
    }
    if (subject->cluster->settings.automation == LEDGER_AUTOMATION_OBSERVE) {
        return NULL;
    }
    return guard->writable && guard->lease_ms_left > 0 ? NULL : "the server has no lease";
}

/* A picture of some age may have missed as much more lag. */
static const char *why_not_lag(const struct subject *subject)
{
    if (subject->seen == NULL || !subject->seen->lag_known) {
        return "the lag is not known";
    }
    return subject->seen->lag_ms + subject->view->age_ms <= subject->lag_max_ms
               ? NULL
               : "the lag is too high";
}

static const char *why_not_replica(const struct subject *subject)
{
    const struct observation *observation = &subject->view->guard.observation;
    const char *reason = why_not_health(subject);

    if (reason != NULL) {
        return reason;
    }
    if (subject->cluster == NULL) {
        return "the server is in no cluster";
    }
    if (is_primary(subject)) {
        return "the server is the primary";
    }
    if (!observation->read_only) {
        return "the server is not read-only";
    }
    if (observation->channel_count == 0) {
        return "the server does not replicate";
    }
    for (uint32_t i = 0; i < observation->channel_count; i++) {
        if (observation->channels[i].io != OBSERVATION_THREAD_YES ||
            observation->channels[i].sql != OBSERVATION_THREAD_YES) {
            return "a replication thread does not run";
        }
    }
    return why_not_lag(subject);
}

static const char *why_not_read_only(const struct subject *subject)
{
    return why_not_primary(subject) == NULL ? NULL : why_not_replica(subject);
}

static const char *why_not_sync(const struct subject *subject)
{
    const char *reason = why_not_replica(subject);

    return reason != NULL || subject->server->acker ? reason : "the server is no acker";
}

static const char *why_not_async(const struct subject *subject)
{
    const char *reason = why_not_replica(subject);

    return reason != NULL || !subject->server->acker ? reason : "the server is an acker";
}

static const char *why_not_readiness(const struct subject *subject)
{
    const char *reason = why_not_health(subject);

    if (reason != NULL || subject->cluster == NULL) {
        return reason != NULL ? reason : "the server is in no cluster";
    }
    if (is_primary(subject)) {
        return why_not_primary(subject);
    }
    return subject->view->guard.observation.read_only ? NULL : "a replica is writable";
}

/* Whoever answers has a loop that runs. */
static const char *why_not_liveness(const struct subject *subject)
{
    (void)subject;
    return NULL;
}

static const char *why_not_raft_leader(const struct subject *subject)
{
    return subject->view->is_leader ? NULL : "this agent is not the leader";
}

static const struct check {
    const char *path;
    const char *(*why_not)(const struct subject *subject);
} checks[] = {
    {"/primary", why_not_primary},     {"/read-write", why_not_primary},
    {"/master", why_not_primary},      {"/leader", why_not_primary},
    {"/replica", why_not_replica},     {"/read-only", why_not_read_only},
    {"/sync", why_not_sync},           {"/async", why_not_async},
    {"/health", why_not_health},       {"/liveness", why_not_liveness},
    {"/readiness", why_not_readiness}, {"/raft-leader", why_not_raft_leader},
};

/* "250ms", "5s", "2m", "1h", and plain seconds; false for anything else. */
static bool lag_read(const char *text, uint64_t *ms)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"", 1000}, {"m", 60000}, {"h", 3600000}};
    size_t digits = strspn(text, "0123456789");

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + digits, units[i].unit) == 0 &&
            text_u64(text, digits, HEALTH_LAG_MAX_MS / units[i].ms, ms)) {
            *ms *= units[i].ms;
            return true;
        }
    }
    return false;
}

static struct subject find_subject(const struct api_view *view)
{
    struct subject subject = {.view = view};
    const char *name = view->guard.server;

    if (name[0] != '\0') {
        subject.server = ledger_server_anywhere(view->ledger, name, &subject.cluster);
        subject.seen = model_look(view->model, name);
    }
    if (subject.server == NULL) {
        subject.cluster = NULL;
    } else {
        subject.lag_max_ms = subject.cluster->settings.max_lag_s * 1000;
    }
    return subject;
}

static const struct check *find_check(const char *path)
{
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (strcmp(checks[i].path, path) == 0) {
            return &checks[i];
        }
    }
    return NULL;
}

bool health_has(const char *path)
{
    return find_check(path) != NULL;
}

void health_answer(const struct api_view *view, const char *path, const char *lag, int *status,
                   char *body, size_t size)
{
    const struct check *check = find_check(path);
    struct subject subject = find_subject(view);
    const char *reason;

    assert(check != NULL);
    if (lag != NULL && !lag_read(lag, &subject.lag_max_ms)) {
        *status = 400;
        text_copy(body, size, "{\"ok\":false,\"reason\":\"lag is a time: 250ms, 5s, 2m\"}\n");
        return;
    }
    reason = check->why_not(&subject);
    *status = reason == NULL ? 200 : 503;
    if (reason == NULL) {
        text_format(body, size, "{\"ok\":true}\n");
    } else {
        text_format(body, size, "{\"ok\":false,\"reason\":\"%s\"}\n", reason);
    }
}
