/* The steps that stop, drain and redirect replication.
 *
 * Replication that starts with both threads stopped purges the relay log, received
 * and not applied transactions with it (mariadb-facts.md, trap 1). So: only the IO thread
 * is stopped, the SQL thread drains what was received, and only then CHANGE MASTER. Where
 * the SQL thread can't, the relay log may only be dropped if the new source has
 * everything that is in it. */
#include "daemon/io/hand_step.h"

#include <string.h>

#include "base/buf.h"
#include "daemon/io/address.h"
#include "daemon/io/observe.h"

enum { WAIT_SLICE_MS = 500, SQL_ACCESS_DENIED = 1227 };

/* ---- the IO thread ---------------------------------------------------------------- */

const struct hand_step hand_stop_io = {
    .name = "stopping the IO thread",
    .text = HAND_STOP_IO_TEXT,
};

static int check_io_stopped(struct hand *hand, struct buf *text, struct err *err)
{
    const struct observation_channel *channel = hand_channel(hand);
    char received[LIMIT_GTID_TEXT_SIZE];

    (void)text;
    (void)err;
    if (channel != NULL && channel->io != OBSERVATION_THREAD_NO) {
        return HAND_PAUSE;
    }
    hand->result.position = hand_received(hand);
    gtid_format(&hand->result.position, received, sizeof received);
    hand_tell(hand, "received %s", received[0] == '\0' ? "nothing" : received);
    return HAND_GO;
}

static const struct hand_step io_stopped = {
    .name = "waiting for the IO thread's end",
    .compose = check_io_stopped,
};

hand_program hand_program_stop_io = {&hand_stop_io, &hand_look_variables, &hand_look_channels,
                                     &io_stopped, NULL};

/* ---- draining --------------------------------------------------------------------- */

static int compose_wait(struct hand *hand, const struct gtid_position *target, struct buf *text,
                        struct err *err)
{
    char wanted[LIMIT_GTID_TEXT_SIZE];
    uint64_t left_ms = hand_left_ms(hand);
    unsigned slice_ms = left_ms / 2 < WAIT_SLICE_MS ? (unsigned)(left_ms / 2) : WAIT_SLICE_MS;

    gtid_format(target, wanted, sizeof wanted);
    if (hand->waited) {
        return err_set(err, ERR_REFUSED, "it is past %.120s with another history", wanted);
    }
    buf_printf(text, "SELECT MASTER_GTID_WAIT('%s', %u.%03u) AS reached", wanted, slice_ms / 1000,
               slice_ms % 1000);
    return HAND_SEND;
}

/* What is missing has to be applied, so the SQL thread must run. */
static int compose_apply(struct hand *hand, const struct observation_channel *channel,
                         const struct gtid_position *target, struct buf *text, struct err *err)
{
    if (channel->sql != OBSERVATION_THREAD_NO) {
        return compose_wait(hand, target, text, err);
    }
    if (channel->sql_errno != 0) {
        return err_set(err, ERR_REFUSED, "the SQL thread stopped: %u %s", channel->sql_errno,
                       channel->sql_error);
    }
    if (channel->io == OBSERVATION_THREAD_NO) {
        return err_set(err, ERR_REFUSED,
                       "both threads are stopped: starting one would purge the relay log, with "
                       "transactions that are not applied yet");
    }
    buf_append_text(text, "START SLAVE SQL_THREAD");
    return HAND_SEND;
}

static int compose_drain(struct hand *hand, struct buf *text, struct err *err)
{
    const struct observation_channel *channel = hand_channel(hand);
    const struct gtid_position *wanted = &hand->task.position;
    struct gtid_position received = hand_received(hand);
    bool reached = hand_has(hand, wanted);

    if (reached && hand_has(hand, &received)) {
        if (channel == NULL || channel->io == OBSERVATION_THREAD_NO) {
            return HAND_GO;
        }
        buf_append_text(text, HAND_STOP_IO_TEXT); /* and look whether more has come */
        return HAND_SEND;
    }
    if (channel == NULL) {
        return err_set(err, ERR_REFUSED, "it replicates from nobody and lacks the position");
    }
    if (!reached && channel->io == OBSERVATION_THREAD_NO && gtid_contains(&received, wanted)) {
        reached = true; /* received, so that it comes with the rest */
    }
    if (!reached && channel->io == OBSERVATION_THREAD_NO) {
        return err_set(err, ERR_REFUSED, "the IO thread is stopped before the position: %u %s",
                       channel->io_errno, channel->io_error);
    }
    return compose_apply(hand, channel, reached ? &received : wanted, text, err);
}

/* Only a wait answers with a row. */
static int read_drain(struct hand *hand, const struct db_result *result, struct err *err)
{
    const char *reached = db_result_get(result, 0, "reached");

    (void)err;
    hand->waited = reached != NULL && strcmp(reached, "0") == 0;
    return HAND_BACK;
}

static const struct hand_step drain = {
    .name = "applying what was received",
    .compose = compose_drain,
    .read = read_drain,
};

static int tell_drained(struct hand *hand, struct buf *text, struct err *err)
{
    char applied[LIMIT_GTID_TEXT_SIZE];

    (void)text;
    (void)err;
    hand->result.position = hand_received(hand);
    gtid_format(&hand->result.position, applied, sizeof applied);
    hand_tell(hand, "applied %s", applied[0] == '\0' ? "nothing" : applied);
    return HAND_GO;
}

static const struct hand_step drained = {
    .name = "telling what was applied",
    .compose = tell_drained,
};

hand_program hand_program_drain = {&hand_look_variables, &hand_look_channels, &drain, &drained,
                                   NULL};

/* ---- before a repoint --------------------------------------------------------------- */

static bool follows(const struct hand *hand, const struct observation_channel *channel)
{
    return channel != NULL && strcmp(channel->source, hand->task.source_address) == 0 &&
           channel->using_gtid && channel->io == OBSERVATION_THREAD_YES &&
           channel->sql == OBSERVATION_THREAD_YES;
}

static int check_follows(struct hand *hand, struct buf *text, struct err *err)
{
    (void)text;
    (void)err;
    if (!follows(hand, hand_channel(hand)) || !hand->seen.read_only || hand->lock_held ||
        hand->seen.semi_sync_slave != hand->task.lossless || hand->seen.semi_sync_master) {
        return HAND_GO;
    }
    hand->result.position = hand->seen.applied;
    hand_tell(hand, "follows %s already", hand->task.source_address);
    return HAND_END;
}

static const struct hand_step follows_already = {
    .name = "looking whether it follows already",
    .compose = check_follows,
};

/* What the new source has needn't be drained where it can't. */
static int compose_repoint_drain(struct hand *hand, struct buf *text, struct err *err)
{
    const struct observation_channel *channel = hand_channel(hand);
    struct gtid_position received = hand_received(hand);

    if (channel != NULL && channel->sql == OBSERVATION_THREAD_NO && hand->task.has_history &&
        gtid_state_contains(&hand->task.history, &received)) {
        return HAND_GO;
    }
    return compose_drain(hand, text, err);
}

static const struct hand_step repoint_drain = {
    .name = "applying what was received",
    .compose = compose_repoint_drain,
    .read = read_drain,
};

static const struct hand_step stop_slave = {
    .name = "stopping replication",
    .text = "STOP SLAVE",
};

/* ---- before an attach ---------------------------------------------------------------- */

static int check_history(struct hand *hand, struct buf *text, struct err *err)
{
    struct gtid_state extra;
    char told[LIMIT_GTID_TEXT_SIZE];

    (void)text;
    if (!hand->task.has_history) {
        return err_set(err, ERR_INVALID, "the order says nothing of the primary's history");
    }
    gtid_state_extra(&hand->seen.history, &hand->task.history, &extra);
    if (gtid_state_without(&extra, hand->task.source_id) == 0) {
        return HAND_GO;
    }
    gtid_state_format(&extra, told, sizeof told);
    return err_set(err, ERR_REFUSED, "it has transactions that the primary doesn't have: %.120s",
                   told);
}

static const struct hand_step compare = {
    .name = "comparing histories",
    .compose = check_history,
};

/* Switching the primary's side off answers whoever still waits with a false OK. */
static int read_waiters(struct hand *hand, const struct db_result *result, struct err *err)
{
    (void)hand;
    (void)err;
    return result->rows == 0 ? HAND_GO : HAND_PAUSE;
}

static const struct hand_step waiters_gone = {
    .name = "waiting for the last commit that waits for an acknowledgement",
    .text = "SELECT id FROM information_schema.processlist WHERE user <> 'system user'"
            " AND state LIKE 'Waiting for semi-sync ACK%' LIMIT 1",
    .read = read_waiters,
    .mark = true,
};

static int compose_events_off(struct hand *hand, struct buf *text, struct err *err)
{
    (void)err;
    if (!hand->seen.event_scheduler) {
        return HAND_GO;
    }
    buf_append_text(text, "SET GLOBAL event_scheduler=OFF");
    return HAND_SEND;
}

static int events_refused(struct hand *hand, unsigned sql_errno, const struct err *why)
{
    if (sql_errno != SQL_ACCESS_DENIED) {
        return why->code;
    }
    text_copy(hand->note, sizeof hand->note, "event_scheduler is ON and may not be changed");
    return HAND_GO;
}

static const struct hand_step events_off = {
    .name = "switching scheduled events off",
    .compose = compose_events_off,
    .refused = events_refused,
};

/* ---- the new source -------------------------------------------------------------------- */

static int compose_semi_sync(struct hand *hand, struct buf *text, struct err *err)
{
    (void)err;
    buf_printf(text,
               "SET GLOBAL rpl_semi_sync_master_enabled=0, GLOBAL rpl_semi_sync_slave_enabled=%d",
               hand->task.lossless);
    return HAND_SEND;
}

static const struct hand_step semi_sync = {
    .name = "switching semi-sync to the replica's side",
    .compose = compose_semi_sync,
};

/* "1.2.3.4:5" and "[::1]:5" in two. */
static int split_address(const char *address, char *host, size_t size, const char **port)
{
    struct sockaddr_storage unused;
    const char *colon = strrchr(address, ':');
    bool brackets = address[0] == '[';

    if (!address_parse(address, &unused) || colon == NULL) {
        return ERR_INVALID;
    }
    text_format(host, size, "%.*s", (int)(colon - address) - (brackets ? 2 : 0),
                address + (brackets ? 1 : 0));
    *port = colon + 1;
    return 0;
}

static int append_quoted(struct buf *text, const char *key, const char *value)
{
    buf_append_text(text, key);
    return db_quote(text, value);
}

/* Our own account on the source is one of this server alone, so that it can be refused. */
static int append_login(struct hand *hand, struct buf *text)
{
    char user[2 * LIMIT_NAME_SIZE];
    int rv;

    text_format(user, sizeof user, "%s_%s", hand->config.replication_user, hand->config.server);
    rv = append_quoted(text, ", MASTER_USER=", user);
    if (rv == 0) {
        rv = append_quoted(text, ", MASTER_PASSWORD=", hand->config.replication_password);
    }
    if (rv == 0 && hand->config.tls) {
        buf_append_text(text, ", MASTER_SSL=1, MASTER_SSL_VERIFY_SERVER_CERT=1");
        if (hand->config.ca != NULL && hand->config.ca[0] != '\0') {
            rv = append_quoted(text, ", MASTER_SSL_CA=", hand->config.ca);
        }
    }
    return rv;
}

/* What isn't named here (delay, filters, TLS) stays as it was. A former primary's own
 * binary log becomes its position by MASTER_DEMOTE_TO_SLAVE; without it the server would
 * start from a stale one, silently. */
static int compose_change(struct hand *hand, struct buf *text, struct err *err)
{
    char host[LIMIT_ADDRESS_SIZE];
    const char *port;
    int rv = split_address(hand->task.source_address, host, sizeof host, &port);

    if (rv != 0) {
        return err_set(err, rv, "the source's address \"%s\" is not IP:PORT",
                       hand->task.source_address);
    }
    buf_append_text(text, "CHANGE MASTER TO MASTER_HOST=");
    rv = db_quote(text, host);
    buf_printf(
        text,
        ", MASTER_PORT=%s, MASTER_USE_GTID=slave_pos%s, MASTER_CONNECT_RETRY=1,"
        " MASTER_HEARTBEAT_PERIOD=0.5",
        port,
        gtid_contains(&hand->seen.applied, &hand->seen.binlog) ? "" : ", MASTER_DEMOTE_TO_SLAVE=1");
    if (rv == 0) {
        rv = append_login(hand, text);
    }
    return rv == 0 ? HAND_SEND : err_set(err, rv, "the replication account is no UTF-8");
}

static const struct hand_step change_master = {
    .name = "pointing it at the source",
    .compose = compose_change,
    .secret = true,
};

static const struct hand_step start_slave = {
    .name = "starting replication",
    .text = "START SLAVE",
};

/* Until both threads run, and the source sends. A connection that doesn't come about is tried again
 * by the server every second; a refusal of the position (1236) stops the thread for good. */
static int read_follows(struct hand *hand, const struct db_result *result, struct err *err)
{
    const struct observation_channel *channel;
    int rv = observe_read_channels(&hand->seen, result, err);

    if (rv != 0) {
        return rv;
    }
    channel = hand_channel(hand);
    if (channel == NULL || strcmp(channel->source, hand->task.source_address) != 0) {
        return err_set(err, ERR_REFUSED, "somebody else changed the source");
    }
    if (channel->sql == OBSERVATION_THREAD_NO && channel->sql_errno != 0) {
        return err_set(err, ERR_REFUSED, "the SQL thread stopped: %u %s", channel->sql_errno,
                       channel->sql_error);
    }
    if (channel->io == OBSERVATION_THREAD_NO && channel->io_errno != 0) {
        return err_set(err, ERR_REFUSED, "the IO thread stopped: %u %s", channel->io_errno,
                       channel->io_error);
    }
    if (!follows(hand, channel) || !channel->accepted) {
        if (channel->io_errno != 0) {
            text_format(hand->waits_for, sizeof hand->waits_for, "%u %s", channel->io_errno,
                        channel->io_error);
        }
        return HAND_PAUSE;
    }
    hand_tell(hand, "follows %s", channel->source);
    return HAND_GO;
}

static const struct hand_step following = {
    .name = "waiting until it follows",
    .text = "SHOW ALL SLAVES STATUS",
    .read = read_follows,
    .mark = true,
};

hand_program hand_program_repoint = {&hand_read_only,
                                     &hand_read_only_kill,
                                     &hand_read_only_retry,
                                     &hand_look_variables,
                                     &hand_look_channels,
                                     &follows_already,
                                     &hand_stop_io,
                                     &hand_look_variables,
                                     &hand_look_channels,
                                     &repoint_drain,
                                     &stop_slave,
                                     &hand_settings_look,
                                     &hand_settings_set,
                                     &hand_settings_check,
                                     &semi_sync,
                                     &change_master,
                                     &start_slave,
                                     &following,
                                     NULL};

hand_program hand_program_attach = {&hand_read_only,
                                    &hand_read_only_kill,
                                    &hand_read_only_retry,
                                    &hand_look_variables,
                                    &hand_look_channels,
                                    &compare,
                                    &follows_already,
                                    &hand_kill,
                                    &waiters_gone,
                                    &hand_unlock,
                                    &events_off,
                                    &hand_stop_io,
                                    &hand_look_variables,
                                    &hand_look_channels,
                                    &compare,
                                    &repoint_drain,
                                    &stop_slave,
                                    &hand_settings_look,
                                    &hand_settings_set,
                                    &hand_settings_check,
                                    &semi_sync,
                                    &change_master,
                                    &start_slave,
                                    &following,
                                    NULL};
