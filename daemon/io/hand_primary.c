/* The steps that make a server writable, and those that follow.
 *
 * Every way to writable has one order: semi-sync, the snippet, read_only=0. The base is
 * read with semi-sync on and before read_only=0: whatever is acknowledged later lies
 * beyond it. RESET SLAVE ALL (up to 12 ms) comes after the first write. */
#include "daemon/io/hand_step.h"

#include <string.h>

#include "base/buf.h"

/* ---- is it fit? ----------------------------------------------------------------- */

/* A running IO thread could receive more after the look. */
static int compose_promote_stop_io(struct hand *hand, struct buf *text, struct err *err)
{
    const struct observation_channel *channel = hand_channel(hand);

    (void)err;
    if (channel == NULL || channel->io == OBSERVATION_THREAD_NO) {
        return HAND_GO;
    }
    buf_append_text(text, HAND_STOP_IO_TEXT);
    return HAND_SEND;
}

static int look_again(struct hand *hand, const struct db_result *result, struct err *err)
{
    (void)hand;
    (void)result;
    (void)err;
    return HAND_BACK;
}

static const struct hand_step promote_stop_io = {
    .name = "stopping the IO thread",
    .compose = compose_promote_stop_io,
    .read = look_again,
};

static int refuse_lacking(const struct hand *hand, const struct gtid_position *wanted,
                          const char *what, struct err *err)
{
    char lacking[LIMIT_GTID_TEXT_SIZE];
    char applied[LIMIT_GTID_TEXT_SIZE];

    gtid_format(wanted, lacking, sizeof lacking);
    gtid_format(&hand->seen.applied, applied, sizeof applied);
    return err_set(err, ERR_REFUSED, "it has applied %.80s, not %s %.80s",
                   applied[0] == '\0' ? "nothing" : applied, what, lacking);
}

static int check_fit(struct hand *hand, struct buf *text, struct err *err)
{
    struct gtid_position received = hand_received(hand);

    (void)text;
    if (!hand_has(hand, &received)) {
        return refuse_lacking(hand, &received, "all that it has received:", err);
    }
    if (!hand_has(hand, &hand->task.position)) {
        return refuse_lacking(hand, &hand->task.position, "what it was chosen for:", err);
    }
    return HAND_GO;
}

static const struct hand_step fit = {
    .name = "looking at the position again",
    .compose = check_fit,
};

static int compose_stop_slave(struct hand *hand, struct buf *text, struct err *err)
{
    const struct observation_channel *channel = hand_channel(hand);

    (void)err;
    if (channel == NULL ||
        (channel->io == OBSERVATION_THREAD_NO && channel->sql == OBSERVATION_THREAD_NO)) {
        return HAND_GO;
    }
    buf_append_text(text, "STOP SLAVE");
    return HAND_SEND;
}

static const struct hand_step stop_slave = {
    .name = "stopping replication",
    .compose = compose_stop_slave,
};

/* ---- semi-sync --------------------------------------------------------------------
 * A hundred years: a commit never goes on without an acknowledgement by itself. */

static int compose_semi_sync(struct hand *hand, struct buf *text, struct err *err)
{
    (void)err;
    if (hand->task.lossless) {
        buf_append_text(text, "SET GLOBAL rpl_semi_sync_slave_enabled=0,"
                              " GLOBAL rpl_semi_sync_master_wait_point=AFTER_SYNC,"
                              " GLOBAL rpl_semi_sync_master_timeout=3153600000000,"
                              " GLOBAL rpl_semi_sync_master_wait_no_slave=1,"
                              " GLOBAL rpl_semi_sync_master_enabled=1");
        return HAND_SEND;
    }
    if (hand->task.kind == HAND_LIFT_FENCE || !hand->seen.read_only) {
        return HAND_GO; /* somebody may wait, who would be told a false OK */
    }
    buf_append_text(text, "SET GLOBAL rpl_semi_sync_slave_enabled=0,"
                          " GLOBAL rpl_semi_sync_master_enabled=0");
    return HAND_SEND;
}

static const struct hand_step semi_sync = {
    .name = "switching semi-sync to the primary's side",
    .compose = compose_semi_sync,
};

static const struct hand_step snippet = {
    .name = "writing the snippet",
    .where = HAND_SNIPPET,
};

/* ---- opening ---------------------------------------------------------------------- */

static int read_base(struct hand *hand, const struct db_result *result, struct err *err)
{
    const char *binlog = db_result_get(result, 0, "binlog");
    const char *enabled = db_result_get(result, 0, "enabled");

    if (binlog == NULL || enabled == NULL) {
        return err_set(err, ERR_PROTOCOL, "no answer to what was asked");
    }
    if (hand->task.lossless && strcmp(enabled, "1") != 0) {
        return err_set(err, ERR_REFUSED, "semi-sync did not stay on");
    }
    if (gtid_parse(&hand->result.position, binlog, err) != 0) {
        return err_wrap(err, "gtid_binlog_pos");
    }
    hand_tell(hand, "writable from %s on", binlog[0] == '\0' ? "the beginning" : binlog);
    return HAND_GO;
}

static const struct hand_step base = {
    .name = "reading the base",
    .text = "SELECT @@global.gtid_binlog_pos AS binlog,"
            " @@global.rpl_semi_sync_master_enabled AS enabled",
    .read = read_base,
};

static const struct hand_step open_writes = {
    .name = "setting read_only=0",
    .text = "SET GLOBAL read_only=0",
};

static int read_open(struct hand *hand, const struct db_result *result, struct err *err)
{
    const char *read_only = db_result_get(result, 0, "read_only");

    (void)hand;
    if (read_only == NULL || strcmp(read_only, "0") != 0) {
        return err_set(err, ERR_REFUSED, "it did not stay 0: somebody else set it");
    }
    return HAND_GO;
}

static const struct hand_step verify_open = {
    .name = "looking at read_only",
    .text = "SELECT @@global.read_only AS read_only",
    .read = read_open,
};

hand_program hand_program_promote = {&hand_look_variables,
                                     &hand_look_channels,
                                     &promote_stop_io,
                                     &fit,
                                     &stop_slave,
                                     &hand_settings_look,
                                     &hand_settings_set,
                                     &hand_settings_check,
                                     &semi_sync,
                                     &snippet,
                                     &base,
                                     &hand_unlock,
                                     &open_writes,
                                     &verify_open,
                                     NULL};

hand_program hand_program_lift_fence = {&hand_look_variables, &semi_sync,   &snippet,     &base,
                                        &hand_unlock,         &open_writes, &verify_open, NULL};

/* ---- after the first write --------------------------------------------------------- */

static int check_finish(struct hand *hand, struct buf *text, struct err *err)
{
    (void)text;
    if (hand->seen.channel_count == 0) {
        hand_tell(hand, "follows nobody");
        return HAND_END;
    }
    if (hand->seen.read_only) {
        return err_set(err, ERR_REFUSED,
                       "the server is read-only: a replica doesn't forget its source");
    }
    return HAND_GO;
}

static const struct hand_step may_finish = {
    .name = "looking whether the source may be forgotten",
    .compose = check_finish,
};

static const struct hand_step reset_slave = {
    .name = "forgetting the former source",
    .text = "RESET SLAVE ALL",
};

static int read_finished(struct hand *hand, const struct db_result *result, struct err *err)
{
    (void)hand;
    if (result->rows > 0 && strcmp(db_result_get(result, 0, "Connection_name"), "") == 0) {
        return err_set(err, ERR_REFUSED, "the channel is still there");
    }
    hand_tell(hand, "follows nobody");
    return HAND_GO;
}

static const struct hand_step finished = {
    .name = "looking at replication again",
    .text = "SHOW ALL SLAVES STATUS",
    .read = read_finished,
};

hand_program hand_program_finish = {&hand_look_variables, &hand_look_channels, &may_finish,
                                    &reset_slave,         &finished,           NULL};
