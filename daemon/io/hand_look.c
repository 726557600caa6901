/* What all tasks look at: variables, channels, and the settings that lossless demands. */
#include "daemon/io/hand_step.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "daemon/io/observe.h"

/* ---- the server's state ------------------------------------------------------- */

static int read_variables(struct hand *hand, const struct db_result *result, struct err *err)
{
    return observe_read_variables(&hand->seen, result, err);
}

static int read_channels(struct hand *hand, const struct db_result *result, struct err *err)
{
    return observe_read_channels(&hand->seen, result, err);
}

const struct hand_step hand_look_variables = {
    .name = "looking at the server's variables",
    .text = observe_variables_text,
    .read = read_variables,
    .mark = true,
};

const struct hand_step hand_look_channels = {
    .name = "looking at replication",
    .text = observe_channels_text,
    .read = read_channels,
};

const struct observation_channel *hand_channel(const struct hand *hand)
{
    for (uint32_t i = 0; i < hand->seen.channel_count; i++) {
        if (hand->seen.channels[i].name[0] == '\0') {
            return &hand->seen.channels[i];
        }
    }
    return NULL;
}

bool hand_has(const struct hand *hand, const struct gtid_position *position)
{
    return gtid_contains(&hand->seen.applied, position) ||
           gtid_state_contains(&hand->seen.history, position);
}

/* After a restart of the server the relay log is gone and Gtid_IO_Pos empty: what it has
 * received is then what it has applied. */
struct gtid_position hand_received(const struct hand *hand)
{
    struct gtid_position received = hand->seen.received;

    if (hand_channel(hand) == NULL) {
        return hand->seen.binlog;
    }
    if (gtid_merge(&received, &hand->seen.applied) != 0) {
        return hand->seen.received;
    }
    return received;
}

/* ---- settings -------------------------------------------------------------------
 * Those that lossless demands of a server and that can be changed while it runs
 * (safety.md section 4). The account may lack the right: then the detail says so. */

/*      variable                        wanted  of a replica only */
#define SETTING_MAP(X)                                                                             \
    X(sync_binlog, 1, false)                                                                       \
    X(innodb_flush_log_at_trx_commit, 1, false)                                                    \
    X(gtid_strict_mode, 1, false)                                                                  \
    X(sync_relay_log, 1, true)                                                                     \
    X(slave_net_timeout, 2, true)

static const struct {
    const char *name;
    int wanted;
    bool replica;
} settings[] = {
#define X(variable, wanted, replica) {#variable, wanted, replica},
    SETTING_MAP(X)
#undef X
};

enum { SETTING_COUNT = sizeof settings / sizeof settings[0] };

static const char settings_text[] = "SELECT 1"
#define X(variable, wanted, replica) ", @@global." #variable " AS " #variable
    SETTING_MAP(X)
#undef X
    ;

/* The bits of those that aren't as wanted. */
static unsigned differing(const struct hand *hand, const struct db_result *result)
{
    bool replica = hand->task.kind == HAND_REPOINT || hand->task.kind == HAND_ATTACH;
    unsigned bits = 0;

    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        const char *value = db_result_get(result, 0, settings[i].name);

        if (value != NULL && atoi(value) != settings[i].wanted &&
            (replica || !settings[i].replica)) {
            bits |= 1U << i;
        }
    }
    return bits;
}

static int compose_look(struct hand *hand, struct buf *text, struct err *err)
{
    (void)err;
    if (!hand->task.lossless) {
        return HAND_GO;
    }
    buf_append_text(text, settings_text);
    return HAND_SEND;
}

static int read_look(struct hand *hand, const struct db_result *result, struct err *err)
{
    (void)err;
    hand->settings = differing(hand, result);
    return HAND_GO;
}

const struct hand_step hand_settings_look = {
    .name = "looking at the settings",
    .compose = compose_look,
    .read = read_look,
};

/* One statement; a variable that the account may not set doesn't keep it from the rest. */
static int compose_set(struct hand *hand, struct buf *text, struct err *err)
{
    (void)err;
    if (hand->settings == 0) {
        return HAND_GO;
    }
    buf_append_text(text, "BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1227 BEGIN END;");
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        if (hand->settings & (1U << i)) {
            buf_printf(text, " SET GLOBAL %s=%d;", settings[i].name, settings[i].wanted);
        }
    }
    buf_append_text(text, " END");
    return HAND_SEND;
}

const struct hand_step hand_settings_set = {
    .name = "changing the settings",
    .compose = compose_set,
};

static int compose_check(struct hand *hand, struct buf *text, struct err *err)
{
    return hand->settings == 0 ? HAND_GO : compose_look(hand, text, err);
}

static int read_check(struct hand *hand, const struct db_result *result, struct err *err)
{
    unsigned bits = differing(hand, result);

    (void)err;
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        if (bits & (1U << i)) {
            size_t used = strlen(hand->note);

            text_format(hand->note + used, sizeof hand->note - used, "%s%s is %s, wanted %d",
                        used > 0 ? ", " : "", settings[i].name,
                        db_result_get(result, 0, settings[i].name), settings[i].wanted);
        }
    }
    return HAND_GO;
}

const struct hand_step hand_settings_check = {
    .name = "looking at the settings again",
    .compose = compose_check,
    .read = read_check,
};
