/* The happy path: db_connect() starts the wire and opens a uv_poll on its socket ->
 * on_poll() resumes it until the connect has ended (with TLS: hands it to a thread at the
 * server's greeting and takes it back in on_handshake()) -> idle, polling for the death of
 * the server -> db_query() starts the wire again -> on_poll() until the answer is there ->
 * the query's callback -> the next query, or idle.
 *
 * Failure paths all lead through drop(): it gives the wire up, keeps the reason and closes
 * the uv_poll; when that is closed, on_closed() calls everybody who waits, then the owner.
 * Deadlines: one timer stands at the earliest; what is due by then, but lies answered in
 * the socket because this process woke up late, still counts as answered.
 *
 * A call that ends in its first step, as a refused connect over a unix socket does, is
 * looked at by the timer, due at once, so that no callback runs inside our caller. */
#include "daemon/io/db.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"

static const unsigned char state_next[] = {
    [DB_CLOSED] = 1 << DB_CONNECTING,
    [DB_CONNECTING] = 1 << DB_IDLE | 1 << DB_CLOSING,
    [DB_IDLE] = 1 << DB_QUERYING | 1 << DB_CLOSING,
    [DB_QUERYING] = 1 << DB_IDLE | 1 << DB_CLOSING,
    [DB_CLOSING] = 1 << DB_CLOSED,
};

static void on_timer(uv_timer_t *timer);
static void on_poll(uv_poll_t *poll, int status, int events);
static void on_poll_closed(uv_handle_t *handle);

static void move(struct db *db, enum db_state state)
{
    assert(state_next[db->state] & (1 << state));
    db->state = state;
}

static struct db_query *first(struct db *db)
{
    assert(!list_empty(&db->queries));
    return container_of(db->queries.next, struct db_query, link);
}

static void unlink_query(struct db *db, struct db_query *query)
{
    assert(db->queries_count > 0);
    list_remove(&query->link);
    db->queries_count--;
}

/* ---- waiting -------------------------------------------------------------------- */

static bool poll_is_usable(const struct db *db)
{
    return db->poll_open && !uv_is_closing((const uv_handle_t *)&db->poll);
}

static uint64_t due_ms(const struct db *db)
{
    uint64_t due_ms = UINT64_MAX;

    if (db->ended || (db->state == DB_CLOSING && !db->poll_open)) {
        return 0;
    }
    if (db->state == DB_CONNECTING) {
        return db->connect_deadline_ms;
    }
    if (db->state == DB_QUERYING) {
        list_each (link, &db->queries) {
            const struct db_query *query = container_of(link, struct db_query, link);

            due_ms = query->deadline_ms < due_ms ? query->deadline_ms : due_ms;
        }
    }
    return due_ms;
}

static void arm(struct db *db)
{
    uint64_t due = due_ms(db);
    uint64_t now = uv_now(db->loop);

    if (due == UINT64_MAX) {
        uv_timer_stop(&db->timer);
    } else {
        uv_timer_start(&db->timer, on_timer, due > now ? due - now : 0, 0);
    }
}

/* False, with the story on the wire, if the loop can't take the socket. */
static bool watch(struct db *db)
{
    int code = uv_poll_init(db->loop, &db->poll, db_wire_fd(&db->wire));

    if (code != 0) {
        db->wire.broken = true;
        err_set(&db->wire.err, ERR_IO, "can't poll its socket: %s", uv_strerror(code));
        return false;
    }
    db->poll_open = true;
    db->poll_wait = 0;
    return true;
}

static void wait_for(struct db *db, int wait)
{
    if (wait != db->poll_wait) {
        uv_poll_start(&db->poll,
                      (wait & DB_WIRE_READ ? UV_READABLE : 0) |
                          (wait & DB_WIRE_WRITE ? UV_WRITABLE : 0),
                      on_poll);
        db->poll_wait = wait;
    }
}

/* After the first step of a call, inside our caller. */
static void begin(struct db *db, int wait)
{
    db->ended = wait == 0;
    if (wait != 0) {
        wait_for(db, wait);
    }
    arm(db);
}

/* ---- giving up ------------------------------------------------------------------ */

static void drop(struct db *db, const struct err *why)
{
    move(db, DB_CLOSING);
    db->why = *why;
    db->ended = false;
    /* Before its socket goes: libuv forgets a socket by its number. */
    if (poll_is_usable(db)) {
        uv_close((uv_handle_t *)&db->poll, on_poll_closed);
    }
    if (db->job != NULL) {
        tls_connect_cancel(db->tls, db->job);
        db->job = NULL;
    } else {
        db_wire_abort(&db->wire);
    }
    arm(db);
}

static void drop_broken(struct db *db)
{
    struct err why = db->wire.err;

    db_config_tell(&db->config, &why);
    drop(db, &why);
}

static void drop_late(struct db *db, const char *what, uint64_t timeout_ms)
{
    db->wire.broken = true;
    err_set(&db->wire.err, ERR_TIMEOUT, "%s took longer than %llu ms", what,
            (unsigned long long)timeout_ms);
    drop_broken(db);
}

static void fail_queries(struct db *db)
{
    struct err unsent;

    err_set(&unsent, ERR_CLOSED, "not sent: %s", db->why.text);
    while (!list_empty(&db->queries)) {
        struct db_query *query = first(db);

        unlink_query(db, query);
        query->cb(query, NULL, query->sent ? &db->why : &unsent);
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct db *db = container_of(handle, struct db, timer);

    db_result_finish(&db->result);
    db->on_close(db);
}

/* Everything of the connection is gone: tell. */
static void on_closed(struct db *db)
{
    void (*on_connect)(struct db * db, const struct err *why) = db->on_connect;
    struct err why;

    fail_queries(db);
    why = db->why;
    db->on_connect = NULL;
    move(db, DB_CLOSED);
    if (db->finishing) {
        uv_close((uv_handle_t *)&db->timer, on_timer_closed);
    }
    if (on_connect != NULL) {
        on_connect(db, &why);
    } else if (!db->finishing) {
        db->on_lost(db, &why);
    }
}

/* ---- connecting ----------------------------------------------------------------- */

static void end_connect(struct db *db)
{
    void (*on_connect)(struct db * db, const struct err *why) = db->on_connect;

    /* Not watched yet: it comes from a thread, or succeeded in its first step. */
    if (db->wire.err.code == 0 && !db->poll_open) {
        watch(db);
    }
    if (db->wire.err.code != 0) {
        drop_broken(db);
        return;
    }
    move(db, DB_IDLE);
    db->on_connect = NULL;
    wait_for(db, DB_WIRE_READ);
    arm(db);
    on_connect(db, NULL);
}

static void on_handshake(void *context, const struct db_wire *wire)
{
    struct db *db = context;

    db->job = NULL;
    db->wire = *wire;
    end_connect(db);
}

/* The greeting is there, and the poll handle closed: while the thread works it may
 * close the socket, and its number may be somebody else's by the time it is back. */
static void hand_over(struct db *db)
{
    uint64_t now = uv_now(db->loop);
    uint64_t left_ms = db->connect_deadline_ms > now ? db->connect_deadline_ms - now : 1;

    db->job = tls_connect_start(db->tls, &db->wire, left_ms, db, on_handshake);
    if (db->job == NULL) {
        db->wire.broken = true;
        err_set(&db->wire.err, ERR_NOMEM, "no memory for a TLS handshake");
        drop_broken(db);
        return;
    }
    memset(&db->wire, 0, sizeof db->wire);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct db *db = container_of(handle, struct db, poll);

    db->poll_open = false;
    if (db->state == DB_CONNECTING) {
        hand_over(db);
    } else {
        on_closed(db);
    }
}

/* ---- querying ------------------------------------------------------------------- */

static void start_next(struct db *db)
{
    struct db_query *query = first(db);

    move(db, DB_QUERYING);
    query->sent = true;
    begin(db, db_wire_query(&db->wire, query->text, &db->result));
}

static void end_query(struct db *db)
{
    struct db_query *query = first(db);
    struct err why = db->wire.err; /* the callback may close the connection */

    query->sql_errno = db->wire.sql_errno;
    if (db->wire.broken) {
        drop_broken(db);
        return;
    }
    unlink_query(db, query);
    if (why.code == 0) {
        query->cb(query, &db->result, NULL);
    } else {
        if (query->secret) {
            err_set(&why, why.code, "error %u of a statement that holds a secret",
                    query->sql_errno);
        }
        db_config_tell(&db->config, &why);
        query->cb(query, NULL, &why);
    }
    if (db->state == DB_QUERYING) { /* until now, so that nothing began in the callback */
        move(db, DB_IDLE);
        if (list_empty(&db->queries)) {
            wait_for(db, DB_WIRE_READ);
            arm(db);
        } else {
            start_next(db);
        }
    }
}

static void look_at_idle(struct db *db)
{
    if (db_wire_ended(&db->wire)) {
        drop_broken(db);
    } else {
        wait_for(db, DB_WIRE_READ);
    }
}

/* ---- events --------------------------------------------------------------------- */

static void end_call(struct db *db)
{
    db->state == DB_CONNECTING ? end_connect(db) : end_query(db);
}

static void advance(struct db *db, int ready)
{
    int wait;

    if (db->state == DB_CONNECTING && db->config.tls) {
        uv_close((uv_handle_t *)&db->poll, on_poll_closed);
        return;
    }
    wait = db_wire_resume(&db->wire, ready);
    if (wait != 0) {
        wait_for(db, wait);
    } else {
        end_call(db);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct db *db = container_of(poll, struct db, poll);
    int ready =
        (events & UV_READABLE ? DB_WIRE_READ : 0) | (events & UV_WRITABLE ? DB_WIRE_WRITE : 0);

    if (status < 0) { /* the socket has an error, which the library finds; libuv stopped */
        ready = db->poll_wait;
        db->poll_wait = 0;
    }
    if (db->ended) {
        return;
    }
    if (db->state == DB_IDLE) {
        look_at_idle(db);
    } else {
        advance(db, ready);
    }
}

static void expire(struct db *db)
{
    uint64_t now = uv_now(db->loop);
    struct err why;

    if (db->state == DB_CONNECTING && db->connect_deadline_ms <= now) {
        drop_late(db, "the connect", db->config.connect_timeout_ms);
        return;
    }
    list_each (link, &db->queries) {
        struct db_query *query = container_of(link, struct db_query, link);

        if (db->state == DB_QUERYING && query->deadline_ms <= now && !query->sent) {
            unlink_query(db, query);
            err_set(&why, ERR_TIMEOUT, "not sent within %llu ms",
                    (unsigned long long)query->timeout_ms);
            query->cb(query, NULL, &why);
        }
    }
    if (db->state == DB_QUERYING && first(db)->deadline_ms <= now) {
        drop_late(db, "the answer", first(db)->timeout_ms);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct db *db = container_of(timer, struct db, timer);

    if (db->state == DB_CLOSING) {
        on_closed(db);
        return;
    }
    if (db->ended) {
        db->ended = false;
        end_call(db);
        return;
    }
    if (poll_is_usable(db) && (db->poll_wait & DB_WIRE_READ) && db_wire_readable(&db->wire)) {
        advance(db, DB_WIRE_READ);
    }
    expire(db);
    if (db->state != DB_CLOSED && db->state != DB_CLOSING && !db->ended) {
        arm(db);
    }
}

/* ---- calls ---------------------------------------------------------------------- */

int db_init(struct db *db, uv_loop_t *loop, struct tls_connect *tls, const struct db_config *config,
            void (*on_lost)(struct db *db, const struct err *why), struct err *err)
{
    int code = db_config_check(config, err);

    if (code != 0) {
        return code;
    }
    assert(!config->tls || tls != NULL);
    memset(db, 0, sizeof *db);
    db->loop = loop;
    db->tls = tls;
    db->config = *config;
    db->on_lost = on_lost;
    list_init(&db->queries);
    db_result_init(&db->result);
    uv_timer_init(loop, &db->timer);
    return 0;
}

void db_connect(struct db *db, void (*cb)(struct db *db, const struct err *why))
{
    int wait;

    assert(!db->finishing);
    move(db, DB_CONNECTING);
    db->on_connect = cb;
    db->connect_deadline_ms = uv_now(db->loop) + db->config.connect_timeout_ms;
    wait = db_wire_connect(&db->wire, &db->config);
    if (wait != 0 && !watch(db)) {
        wait = 0;
    }
    /* With TLS not a step is made here before the greeting is there for a thread: a
     * step that finds it runs into the handshake. */
    begin(db, wait != 0 && db->config.tls ? DB_WIRE_READ : wait);
}

int db_query(struct db *db, struct db_query *query)
{
    assert(query->cb != NULL);
    assert(query->timeout_ms > 0);
    assert(strlen(query->text) < LIMIT_SQL_TEXT_BYTES);
    query->db = db;
    query->sql_errno = 0;
    query->sent = false;
    if (db->state != DB_IDLE && db->state != DB_QUERYING) {
        return ERR_CLOSED;
    }
    if (db->queries_count == LIMIT_SQL_QUEUE + 1) { /* one is on the wire */
        return ERR_LIMIT;
    }
    query->deadline_ms = uv_now(db->loop) + query->timeout_ms;
    list_append(&db->queries, &query->link);
    db->queries_count++;
    if (db->state == DB_IDLE) {
        start_next(db);
    } else {
        arm(db);
    }
    return 0;
}

void db_close(struct db *db, void (*cb)(struct db *db))
{
    struct err why;

    assert(!db->finishing);
    db->finishing = true;
    db->on_close = cb;
    if (db->state == DB_CLOSED) {
        uv_close((uv_handle_t *)&db->timer, on_timer_closed);
    } else if (db->state != DB_CLOSING) {
        err_set(&why, ERR_CLOSED, "the connection was closed on purpose");
        drop(db, &why);
    }
}

enum db_state db_state(const struct db *db)
{
    return db->state;
}

uint64_t db_thread_id(const struct db *db)
{
    return db_wire_thread_id(&db->wire);
}

pid_t db_peer_pid(const struct db *db)
{
    return db->config.socket == NULL ? -1 : db_wire_peer_pid(&db->wire);
}
