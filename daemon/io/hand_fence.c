/* The steps around read_only and the read lock.
 *
 * read_only=1 and the lock both wait behind running statements, and while they wait,
 * everybody's new writes queue behind them: each try is bounded by the server itself
 * (max_statement_time), and what stood in the way is killed before the next one.
 *
 * But for commits: where one that waits for an acknowledgement is killed, those of its group
 * that wait behind it (state "Commit") are told OK without any (measured: 10.11.19, a group of
 * 10, 9 false OKs). They are left to their acknowledgement. If none comes the fence is not had,
 * and the guard kills the server: with SIGKILL nobody is told anything, and what nobody
 * acknowledged is cut when the server comes back.
 *
 * Killing is one statement for all connections, so that a fence doesn't take longer
 * where there are many. */
#include "daemon/io/hand_step.h"

#include <string.h>

#include <mariadb/errmsg.h>

#include "base/buf.h"

enum {
    SQL_LOCK_WAIT_TIMEOUT = 1205,
    SQL_INTERRUPTED = 1317,
    SQL_CONNECTION_KILLED = 1927,
    SQL_STATEMENT_TIMEOUT = 1969,
};

static bool timed_out(unsigned sql_errno)
{
    return sql_errno == SQL_STATEMENT_TIMEOUT || sql_errno == SQL_LOCK_WAIT_TIMEOUT ||
           sql_errno == SQL_INTERRUPTED;
}

/* At most half of what is left, so that the server gives up before the connection does. */
static void bounded(struct hand *hand, struct buf *text, const char *statement)
{
    uint64_t left_ms = hand_left_ms(hand);
    uint64_t bound_ms = hand->task.bound_ms < left_ms / 2 ? hand->task.bound_ms : left_ms / 2;

    if (bound_ms == 0) {
        bound_ms = 1; /* 0 would be no bound at all */
    }
    buf_printf(text, "SET STATEMENT max_statement_time=%u.%03u FOR %s", (unsigned)(bound_ms / 1000),
               (unsigned)(bound_ms % 1000), statement);
}

/* ---- read_only=1 ------------------------------------------------------------- */

static int compose_read_only(struct hand *hand, struct buf *text, struct err *err)
{
    (void)err;
    hand->blocked = false;
    bounded(hand, text, "SET GLOBAL read_only=1");
    return HAND_SEND;
}

static int read_only_refused(struct hand *hand, unsigned sql_errno, const struct err *why)
{
    if (!timed_out(sql_errno)) {
        return why->code;
    }
    hand->blocked = true;
    return HAND_GO;
}

const struct hand_step hand_read_only = {
    .name = "setting read_only",
    .compose = compose_read_only,
    .refused = read_only_refused,
    .mark = true,
};

/* ---- KILL -------------------------------------------------------------------- */

/* Spared: the agents', replicas that fetch the end, the server's own threads, and who doesn't say
 * yet who he is: it may be our own other connection, and a client comes too late in any case. */
static int kill_but(struct hand *hand, struct buf *text, const char *spared, struct err *err)
{
    uint64_t observer = hand->config.observer == NULL ? 0 : db_thread_id(hand->config.observer);
    int rv;

    buf_printf(text,
               "BEGIN NOT ATOMIC"
               " DECLARE CONTINUE HANDLER FOR 1094 BEGIN END;"
               " FOR c IN (SELECT id FROM information_schema.processlist"
               " WHERE id NOT IN (CONNECTION_ID(), %llu, %llu)"
               " AND command NOT IN ('Binlog Dump', 'Daemon')"
               " AND user NOT IN ('system user', 'unauthenticated user')",
               (unsigned long long)db_thread_id(&hand->lock), (unsigned long long)observer);
    if (hand->config.watch_user != NULL && hand->config.watch_user[0] != '\0') {
        buf_append_text(text, " AND user <> ");
        rv = db_quote(text, hand->config.watch_user);
        if (rv != 0) {
            return err_set(err, rv, "the watching user's name is no UTF-8");
        }
    }
    buf_append_text(text, spared);
    buf_append_text(text, ") DO KILL CONNECTION c.id; END FOR; END");
    return HAND_SEND;
}

/* Nor commits: read_only=1 waits for those of most, and not for those of who may write all the
 * same. The lock waits for every commit, and lets none begin: under it nobody needs to be spared.
 */
static int compose_kill(struct hand *hand, struct buf *text, struct err *err)
{
    static const char commits[] = " AND COALESCE(state, '') NOT LIKE 'Waiting for semi-sync ACK%'"
                                  " AND COALESCE(state, '') <> 'Commit'";

    return kill_but(hand, text, hand->lock_held ? "" : commits, err);
}

const struct hand_step hand_kill = {
    .name = "killing the clients' connections",
    .compose = compose_kill,
};

static int compose_kill_if_blocked(struct hand *hand, struct buf *text, struct err *err)
{
    return hand->blocked ? compose_kill(hand, text, err) : HAND_GO;
}

const struct hand_step hand_read_only_kill = {
    .name = "killing what holds up read_only",
    .compose = compose_kill_if_blocked,
};

static int retry_if_blocked(struct hand *hand, struct buf *text, struct err *err)
{
    (void)text;
    (void)err;
    return hand->blocked ? HAND_BACK : HAND_GO;
}

const struct hand_step hand_read_only_retry = {
    .name = "setting read_only again",
    .compose = retry_if_blocked,
};

/* ---- the read lock ------------------------------------------------------------- */

static int compose_lock(struct hand *hand, struct buf *text, struct err *err)
{
    (void)err;
    if (hand->lock_held) {
        return HAND_GO;
    }
    bounded(hand, text, "FLUSH TABLES WITH READ LOCK");
    return HAND_SEND;
}

static int read_lock(struct hand *hand, const struct db_result *result, struct err *err)
{
    (void)result;
    (void)err;
    hand->lock_held = true;
    return HAND_GO;
}

/* Our own kill may have met the lock's connection between its login and the moment when we heard of
 * that, so that its number couldn't be spared. It held nothing yet: all is done again over a new
 * one. (A server that restarted has cut the other connection, too, which ends the task.) */
static int lock_refused(struct hand *hand, unsigned sql_errno, const struct err *why)
{
    if (sql_errno == CR_SERVER_GONE_ERROR || sql_errno == CR_SERVER_LOST ||
        sql_errno == SQL_CONNECTION_KILLED) {
        hand->used_lock = false;
        return HAND_BACK;
    }
    return timed_out(sql_errno) ? HAND_BACK : why->code;
}

static const struct hand_step lock = {
    .name = "taking the read lock",
    .compose = compose_lock,
    .read = read_lock,
    .refused = lock_refused,
    .where = HAND_LOCK,
};

static int compose_unlock(struct hand *hand, struct buf *text, struct err *err)
{
    (void)err;
    if (!hand->lock_held) {
        return HAND_GO;
    }
    buf_append_text(text, "UNLOCK TABLES");
    return HAND_SEND;
}

static int read_unlock(struct hand *hand, const struct db_result *result, struct err *err)
{
    (void)result;
    (void)err;
    hand->lock_held = false;
    return HAND_GO;
}

const struct hand_step hand_unlock = {
    .name = "letting go of the read lock",
    .compose = compose_unlock,
    .read = read_unlock,
    .where = HAND_LOCK,
};

/* ---- and what became of it ------------------------------------------------------ */

/* A statement of a task that was given up may have opened the server again. */
static int read_final(struct hand *hand, const struct db_result *result, struct err *err)
{
    const char *read_only = db_result_get(result, 0, "read_only");
    const char *binlog = db_result_get(result, 0, "binlog");

    if (read_only == NULL || binlog == NULL) {
        return err_set(err, ERR_PROTOCOL, "no answer to what was asked");
    }
    if (strcmp(read_only, "0") == 0) {
        return HAND_BACK;
    }
    if (gtid_parse(&hand->result.position, binlog, err) != 0) {
        return err_wrap(err, "gtid_binlog_pos");
    }
    hand->result.fenced = hand->lock_held;
    hand_tell(hand, "%s, final position %s", hand->lock_held ? "read-only and locked" : "read-only",
              binlog[0] == '\0' ? "empty" : binlog);
    return HAND_GO;
}

static const struct hand_step final_position = {
    .name = "reading the final position",
    .text = "SELECT @@global.read_only AS read_only, @@global.gtid_binlog_pos AS binlog",
    .read = read_final,
};

hand_program hand_program_soft_fence = {
    &hand_read_only, &hand_read_only_kill, &hand_read_only_retry, &hand_kill,
    &lock,           &hand_kill,           &final_position,       NULL};

hand_program hand_program_make_read_only = {&hand_read_only, &hand_read_only_kill,
                                            &hand_read_only_retry, &final_position, NULL};
