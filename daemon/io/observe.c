/* The happy path: observe_run() asks for the variables -> on_variables() asks for the
 * channels -> on_channels() is done, or asks for the status -> on_status(). Any error ends
 * the look; the connection tells its own story. */
#include "daemon/io/observe.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/list.h"
#include "daemon/io/clock.h"

#define VARIABLES                                                                                  \
    "SELECT @@global.version AS version, @@global.server_id AS server_id,"                         \
    " @@global.read_only AS read_only, @@global.event_scheduler AS event_scheduler,"               \
    " @@global.rpl_semi_sync_master_enabled AS semi_sync_master,"                                  \
    " @@global.rpl_semi_sync_slave_enabled AS semi_sync_slave,"                                    \
    " @@global.gtid_binlog_pos AS binlog, @@global.gtid_slave_pos AS applied,"                     \
    " @@global.gtid_binlog_state AS history"

const char observe_variables_text[] = VARIABLES;

/* Of a server whose primary's side was on: a round trip less. */
static const char primary_text[] =
    VARIABLES ", (SELECT variable_value FROM information_schema.global_status"
              " WHERE variable_name = 'RPL_SEMI_SYNC_MASTER_CLIENTS') AS clients";

const char observe_channels_text[] = "SHOW ALL SLAVES STATUS";

static const char status_text[] = "SHOW GLOBAL STATUS WHERE Variable_name IN"
                                  " ('Uptime', 'Rpl_semi_sync_master_clients')";

enum { STATUS_AGE_MS = 10000 };

/* ---- decoders --------------------------------------------------------------- */

static const char *cell(const struct db_result *result, size_t row, const char *name)
{
    const char *text = db_result_get(result, row, name);

    return text == NULL ? "" : text;
}

static uint64_t number(const char *text, uint64_t max)
{
    uint64_t value;

    return text_u64(text, strlen(text), max, &value) ? value : 0;
}

/* Booleans come as 1, ON or, from 12.0 on, as the name of a stricter mode. */
static bool is_on(const char *text)
{
    return strcmp(text, "0") != 0 && strcasecmp(text, "OFF") != 0;
}

int observe_read_variables(struct observation *observation, const struct db_result *result,
                           struct err *err)
{
    int rv;

    if (result->rows != 1 || db_result_column(result, "history") < 0) {
        return err_set(err, ERR_PROTOCOL, "the server's variables: %zu rows, expected 1",
                       result->rows);
    }
    text_copy(observation->version, sizeof observation->version, cell(result, 0, "version"));
    observation->server_id = (uint32_t)number(cell(result, 0, "server_id"), UINT32_MAX);
    observation->read_only = is_on(cell(result, 0, "read_only"));
    observation->event_scheduler = strcasecmp(cell(result, 0, "event_scheduler"), "ON") == 0;
    observation->semi_sync_master = is_on(cell(result, 0, "semi_sync_master"));
    observation->semi_sync_slave = is_on(cell(result, 0, "semi_sync_slave"));
    rv = gtid_parse(&observation->binlog, cell(result, 0, "binlog"), err);
    if (rv == 0) {
        rv = gtid_parse(&observation->applied, cell(result, 0, "applied"), err);
    }
    if (rv == 0) {
        rv = gtid_state_parse(&observation->history, cell(result, 0, "history"), err);
    }
    if (rv != 0) {
        err_wrap(err, "the server's positions");
    }
    return rv;
}

static enum observation_thread thread_of(const char *text)
{
    if (strcasecmp(text, "Yes") == 0) {
        return OBSERVATION_THREAD_YES;
    }
    /* "Connecting", and "Preparing" before it */
    return strcasecmp(text, "No") == 0 ? OBSERVATION_THREAD_NO : OBSERVATION_THREAD_CONNECTING;
}

static void read_channel(struct observation_channel *channel, const struct db_result *result,
                         size_t row)
{
    const char *host = cell(result, row, "Master_Host");
    bool v6 = strchr(host, ':') != NULL;

    text_copy(channel->name, sizeof channel->name, cell(result, row, "Connection_name"));
    text_format(channel->source, sizeof channel->source, "%s%s%s:%s", v6 ? "[" : "", host,
                v6 ? "]" : "", cell(result, row, "Master_Port"));
    channel->io = thread_of(cell(result, row, "Slave_IO_Running"));
    /* Told by the first thing that a source sends; a refusal (1236) comes instead of it. */
    channel->accepted = cell(result, row, "Master_Log_File")[0] != '\0';
    channel->sql = thread_of(cell(result, row, "Slave_SQL_Running"));
    channel->io_errno = (uint32_t)number(cell(result, row, "Last_IO_Errno"), UINT32_MAX);
    channel->sql_errno = (uint32_t)number(cell(result, row, "Last_SQL_Errno"), UINT32_MAX);
    text_copy(channel->io_error, sizeof channel->io_error, cell(result, row, "Last_IO_Error"));
    text_copy(channel->sql_error, sizeof channel->sql_error, cell(result, row, "Last_SQL_Error"));
    channel->delay_s = (uint32_t)number(cell(result, row, "SQL_Delay"), UINT32_MAX);
    channel->using_gtid = strcasecmp(cell(result, row, "Using_Gtid"), "No") != 0;
}

int observe_read_channels(struct observation *observation, const struct db_result *result,
                          struct err *err)
{
    if (result->rows > LIMIT_CHANNELS) {
        return err_set(err, ERR_LIMIT, "%zu replication channels, at most %d are known",
                       result->rows, LIMIT_CHANNELS);
    }
    if (result->rows > 0 && db_result_column(result, "Gtid_IO_Pos") < 0) {
        return err_set(err, ERR_PROTOCOL,
                       "SHOW ALL SLAVES STATUS has no Gtid_IO_Pos: this is no "
                       "MariaDB 10.11 or later");
    }
    observation->channel_count = (uint32_t)result->rows;
    memset(&observation->received, 0, sizeof observation->received);
    for (size_t row = 0; row < result->rows; row++) {
        read_channel(&observation->channels[row], result, row);
        if (observation->channels[row].name[0] == '\0' &&
            gtid_parse(&observation->received, cell(result, row, "Gtid_IO_Pos"), err) != 0) {
            return err_wrap(err, "Gtid_IO_Pos");
        }
    }
    return 0;
}

static void read_clients(struct observe *observe, const struct db_result *result)
{
    observe->was_primary = observe->observation.semi_sync_master;
    observe->has_clients = db_result_column(result, "clients") >= 0;
    if (observe->has_clients) {
        observe->observation.semi_sync_clients =
            (uint32_t)number(cell(result, 0, "clients"), UINT32_MAX);
    }
}

static void read_status(struct observe *observe, const struct db_result *result)
{
    observe->status_ms = clock_now_ms();
    observe->thread_id = db_thread_id(observe->db);
    for (size_t row = 0; row < result->rows; row++) {
        uint64_t value = number(cell(result, row, "Value"), UINT32_MAX);

        if (strcasecmp(cell(result, row, "Variable_name"), "Uptime") == 0) {
            observe->started_ms = observe->status_ms - value * 1000;
        } else {
            observe->observation.semi_sync_clients = (uint32_t)value;
        }
    }
}

/* ---- the chain ---------------------------------------------------------------- */

void observe_init(struct observe *observe)
{
    memset(observe, 0, sizeof *observe);
}

static void finish(struct observe *observe, const struct err *why)
{
    assert(observe->busy);
    observe->busy = false;
    if (why == NULL) {
        observe->observation.uptime_s = (clock_now_ms() - observe->started_ms) / 1000;
    }
    observe->cb(observe, why, why == NULL ? &observe->observation : NULL);
}

static int ask(struct observe *observe, const char *text,
               void (*cb)(struct db_query *query, const struct db_result *result,
                          const struct err *why))
{
    uint64_t now_ms = clock_now_ms();

    observe->query = (struct db_query){
        .text = text,
        .timeout_ms = observe->deadline_ms > now_ms ? observe->deadline_ms - now_ms : 1,
        .cb = cb,
    };
    return db_query(observe->db, &observe->query);
}

/* From inside the chain: a query that isn't taken ends the look. */
static void go_on(struct observe *observe, const char *text,
                  void (*cb)(struct db_query *query, const struct db_result *result,
                             const struct err *why))
{
    struct err err;
    int rv = ask(observe, text, cb);

    if (rv != 0) {
        err_set(&err, rv, "the connection took no further statement");
        finish(observe, &err);
    }
}

/* A server that restarted may give the same connection id again, hence the age. */
static bool status_is_due(const struct observe *observe)
{
    return (observe->observation.semi_sync_master && !observe->has_clients) ||
           observe->thread_id != db_thread_id(observe->db) ||
           clock_now_ms() - observe->status_ms > STATUS_AGE_MS;
}

static void on_status(struct db_query *query, const struct db_result *result, const struct err *why)
{
    struct observe *observe = container_of(query, struct observe, query);

    if (why == NULL) {
        read_status(observe, result);
    }
    finish(observe, why);
}

static void on_channels(struct db_query *query, const struct db_result *result,
                        const struct err *why)
{
    struct observe *observe = container_of(query, struct observe, query);
    struct err err;

    if (why == NULL && observe_read_channels(&observe->observation, result, &err) != 0) {
        why = &err;
    }
    if (why == NULL && status_is_due(observe)) {
        go_on(observe, status_text, on_status);
    } else {
        finish(observe, why);
    }
}

static void on_variables(struct db_query *query, const struct db_result *result,
                         const struct err *why)
{
    struct observe *observe = container_of(query, struct observe, query);
    struct err err;

    if (why == NULL && observe_read_variables(&observe->observation, result, &err) != 0) {
        why = &err;
    }
    if (why != NULL) {
        finish(observe, why);
    } else {
        read_clients(observe, result);
        go_on(observe, observe_channels_text, on_channels);
    }
}

int observe_run(struct observe *observe, struct db *db, uint64_t timeout_ms, observe_cb cb)
{
    int rv;

    if (observe->busy) {
        return ERR_BUSY;
    }
    memset(&observe->observation, 0, sizeof observe->observation);
    observe->db = db;
    observe->cb = cb;
    observe->deadline_ms = clock_now_ms() + timeout_ms;
    rv = ask(observe, observe->was_primary ? primary_text : observe_variables_text, on_variables);
    observe->busy = rv == 0;
    return rv;
}
