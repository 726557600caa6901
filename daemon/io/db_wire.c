#include "daemon/io/db_wire.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <mariadb/errmsg.h>
#include <mariadb/mysql.h>

#include "base/buf.h"
#include "base/limits.h"

static_assert(DB_WIRE_READ == MYSQL_WAIT_READ, "events are libmariadb's");
static_assert(DB_WIRE_WRITE == MYSQL_WAIT_WRITE, "events are libmariadb's");

/* What the library may allocate for one row. It calls a larger one a lost connection,
 * so this lies far above the limit of a result, which is told as such. */
enum { PACKET_BYTES_MAX = 16 * LIMIT_SQL_RESULT_BYTES };

/* What every session of ours needs: a quoting that db_quote() can rely on, and no
 * end of a connection that holds a lock and says nothing. */
static const char session_text[] = "SET SESSION sql_mode='', wait_timeout=31536000";

/* A call is a pair of the library's, and what follows its end: the next call of the
 * chain, or NULL. */
struct db_wire_call {
    int (*start)(struct db_wire *wire);
    int (*cont)(struct db_wire *wire, int ready);
    const struct db_wire_call *(*done)(struct db_wire *wire);
};

/* The library keeps pointers to these while it connects, perhaps for longer than the
 * configuration lives: a handshake that was given up ends on its thread. */
struct db_login {
    const char *host;
    const char *socket;
    const char *user;
    const char *password;
    unsigned port;
    size_t length;
    char texts[];
};

static size_t text_bytes(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

static const char *login_add(struct db_login *login, const char *text)
{
    char *copy = login->texts + login->length;

    if (text == NULL) {
        return NULL;
    }
    memcpy(copy, text, text_bytes(text));
    login->length += text_bytes(text);
    return copy;
}

static struct db_login *login_create(const struct db_config *config)
{
    struct db_login *login =
        calloc(1, sizeof *login + text_bytes(config->host) + text_bytes(config->socket) +
                      text_bytes(config->user) + text_bytes(config->password));

    if (login != NULL) {
        login->host = login_add(login, config->host);
        login->socket = login_add(login, config->socket);
        login->user = login_add(login, config->user);
        login->password = login_add(login, config->password);
        login->port = config->port;
    }
    return login;
}

static void login_destroy(struct db_login *login)
{
    if (login != NULL) {
        explicit_bzero(login->texts, login->length);
        free(login);
    }
}

/* ---- errors --------------------------------------------------------------------- */

static bool is_client_errno(unsigned sql_errno)
{
    return (sql_errno >= CR_MIN_ERROR && sql_errno <= CR_MAX_ERROR) ||
           (sql_errno >= CER_MIN_ERROR && sql_errno <= CER_MAX_ERROR);
}

static int code_of(unsigned sql_errno)
{
    static const struct {
        unsigned sql_errno;
        int code;
    } codes[] = {
        {1040, ERR_BUSY},       /* too many connections */
        {1203, ERR_BUSY},       /* too many connections of this account */
        {1044, ERR_PERMISSION}, /* no access to the schema */
        {1045, ERR_PERMISSION}, /* wrong password */
        {1130, ERR_PERMISSION}, /* this host may not connect */
        {1142, ERR_PERMISSION}, /* a privilege on a table is missing */
        {1227, ERR_PERMISSION}, /* a global privilege is missing */
        {1698, ERR_PERMISSION}, /* the account logs in differently */
        {CR_OUT_OF_MEMORY, ERR_NOMEM},
        {CR_NET_PACKET_TOO_LARGE, ERR_LIMIT},
        {CR_MALFORMED_PACKET, ERR_PROTOCOL},
        {CR_COMMANDS_OUT_OF_SYNC, ERR_PROTOCOL},
        {CR_VERSION_ERROR, ERR_PROTOCOL},
        {CR_SSL_CONNECTION_ERROR, ERR_PROTOCOL},
    };

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].sql_errno == sql_errno) {
            return codes[i].code;
        }
    }
    return is_client_errno(sql_errno) ? ERR_UNREACHABLE : ERR_SQL;
}

/* The server, or the library, said no. */
static const struct db_wire_call *fail(struct db_wire *wire)
{
    wire->sql_errno = mysql_errno(wire->mysql);
    wire->broken = wire->broken || is_client_errno(wire->sql_errno);
    err_set(&wire->err, code_of(wire->sql_errno), "%s (%u)", mysql_error(wire->mysql),
            wire->sql_errno);
    return NULL;
}

/* `err` holds why; there may be more in the socket that nobody will read. */
static const struct db_wire_call *give_up(struct db_wire *wire)
{
    assert(wire->err.code != 0);
    wire->broken = true;
    return NULL;
}

/* ---- connect -------------------------------------------------------------------- */

static int note_socket(struct db_wire *wire, int wait)
{
    wire->connecting_fd = wait == 0 ? -1 : (int)mysql_get_socket(wire->mysql);
    return wait;
}

static int connect_start(struct db_wire *wire)
{
    const struct db_login *login = wire->login;

    return note_socket(wire, mysql_real_connect_start(&wire->connected, wire->mysql, login->host,
                                                      login->user, login->password, NULL,
                                                      login->port, login->socket, 0));
}

static int connect_cont(struct db_wire *wire, int ready)
{
    return note_socket(wire, mysql_real_connect_cont(&wire->connected, wire->mysql, ready));
}

static const struct db_wire_call *connect_done(struct db_wire *wire)
{
    if (wire->connected == NULL) {
        wire->broken = true;
        return fail(wire);
    }
    /* The library was seen to go on in plain text when it was told to encrypt. */
    if (wire->tls && mysql_get_ssl_cipher(wire->mysql) == NULL) {
        err_set(&wire->err, ERR_PROTOCOL,
                "TLS is asked for, but the server does not encrypt; give it a certificate "
                "(ssl_cert, ssl_key)");
        return give_up(wire);
    }
    return NULL;
}

static const struct db_wire_call call_connect = {connect_start, connect_cont, connect_done};

static void set_options(MYSQL *mysql, const struct db_config *config)
{
    unsigned protocol = config->socket != NULL ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    unsigned timeout_s = (unsigned)((config->connect_timeout_ms + 999) / 1000);
    unsigned local_infile = 0;
    unsigned long packet_max = PACKET_BYTES_MAX;
    my_bool yes = 1;

    mysql_options(mysql, MYSQL_OPT_NONBLOCK, NULL);
    mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &local_infile);
    mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_max);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(mysql, MYSQL_INIT_COMMAND, session_text);
    if (config->tls) {
        /* The time-out is for the handshake, which blocks. Without a CA of its own
         * the library loads the system's, 42 ms on every connect. */
        mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &timeout_s);
        mysql_options(mysql, MYSQL_OPT_SSL_CA, config->ca);
        mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
        mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    }
}

/* ---- query ---------------------------------------------------------------------- */

static int query_start(struct db_wire *wire)
{
    return mysql_real_query_start(&wire->failed, wire->mysql, wire->text, strlen(wire->text));
}

static int query_cont(struct db_wire *wire, int ready)
{
    return mysql_real_query_cont(&wire->failed, wire->mysql, ready);
}

static int row_start(struct db_wire *wire)
{
    return mysql_fetch_row_start(&wire->row, wire->rows);
}

static int row_cont(struct db_wire *wire, int ready)
{
    return mysql_fetch_row_cont(&wire->row, wire->rows, ready);
}

static const struct db_wire_call *row_done(struct db_wire *wire);
static const struct db_wire_call call_row = {row_start, row_cont, row_done};

/* Frees the rows without reading those that were not fetched: the library would do
 * so, and block, if it still knew the connection. */
static void rows_free(struct db_wire *wire)
{
    if (wire->rows != NULL) {
        wire->rows->handle = NULL;
        mysql_free_result(wire->rows);
        wire->rows = NULL;
    }
}

static const struct db_wire_call *row_done(struct db_wire *wire)
{
    if (wire->row != NULL) {
        if (db_result_add_row(wire->result, wire->row, mysql_fetch_lengths(wire->rows),
                              &wire->err) != 0) {
            return give_up(wire);
        }
        return &call_row;
    }
    rows_free(wire);
    if (mysql_errno(wire->mysql) != 0) {
        return fail(wire);
    }
    if (mysql_more_results(wire->mysql)) {
        err_set(&wire->err, ERR_PROTOCOL, "a statement answered with several results");
        return give_up(wire);
    }
    return NULL;
}

static const struct db_wire_call *query_done(struct db_wire *wire)
{
    MYSQL_FIELD *fields;

    if (wire->failed) {
        return fail(wire);
    }
    if (mysql_field_count(wire->mysql) == 0) {
        wire->result->affected = mysql_affected_rows(wire->mysql);
        return NULL;
    }
    wire->rows = mysql_use_result(wire->mysql);
    if (wire->rows == NULL) {
        return fail(wire);
    }
    fields = mysql_fetch_fields(wire->rows);
    for (unsigned i = 0; i < mysql_num_fields(wire->rows); i++) {
        if (db_result_add_name(wire->result, fields[i].name, &wire->err) != 0) {
            return give_up(wire);
        }
    }
    return &call_row;
}

static const struct db_wire_call call_query = {query_start, query_cont, query_done};

/* ---- the chain ------------------------------------------------------------------ */

/* Starts calls as long as each ends at once. */
static int follow(struct db_wire *wire, int wait)
{
    /* A time-out is never waited for: deadlines are the caller's. */
    while ((wait & (DB_WIRE_READ | DB_WIRE_WRITE)) == 0) {
        wire->call = wire->call->done(wire);
        if (wire->call == NULL) {
            wire->wait = 0;
            return 0;
        }
        wait = wire->call->start(wire);
    }
    wire->wait = wait & (DB_WIRE_READ | DB_WIRE_WRITE);
    return wire->wait;
}

static int begin(struct db_wire *wire, const struct db_wire_call *call)
{
    assert(wire->call == NULL);
    wire->sql_errno = 0;
    err_reset(&wire->err);
    wire->call = call;
    return follow(wire, call->start(wire));
}

int db_wire_connect(struct db_wire *wire, const struct db_config *config)
{
    assert(wire->mysql == NULL);
    memset(wire, 0, sizeof *wire);
    wire->tls = config->tls;
    wire->login = login_create(config);
    wire->mysql = mysql_init(NULL);
    if (wire->login == NULL || wire->mysql == NULL) {
        err_set(&wire->err, ERR_NOMEM, "no memory for a connection");
        wire->broken = true;
        return 0;
    }
    set_options(wire->mysql, config);
    return begin(wire, &call_connect);
}

int db_wire_query(struct db_wire *wire, const char *text, struct db_result *result)
{
    assert(wire->mysql != NULL);
    assert(!wire->broken);
    wire->text = text;
    wire->result = result;
    db_result_reset(result);
    return begin(wire, &call_query);
}

int db_wire_resume(struct db_wire *wire, int ready)
{
    assert(wire->call != NULL);
    assert((ready & ~(DB_WIRE_READ | DB_WIRE_WRITE)) == 0);
    return follow(wire, wire->call->cont(wire, ready));
}

int db_wire_fd(const struct db_wire *wire)
{
    /* The library closes the socket itself on many errors, and doesn't say so. */
    if (wire->mysql != NULL && wire->mysql->net.pvio != NULL) {
        return (int)mysql_get_socket(wire->mysql);
    }
    return wire->call == &call_connect ? wire->connecting_fd : -1;
}

bool db_wire_readable(const struct db_wire *wire)
{
    struct pollfd pollfd = {.fd = db_wire_fd(wire), .events = POLLIN};

    return poll(&pollfd, 1, 0) > 0;
}

bool db_wire_ended(struct db_wire *wire)
{
    char byte;
    ssize_t length = recv(db_wire_fd(wire), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    assert(wire->call == NULL);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    wire->broken = true;
    err_set(&wire->err, ERR_UNREACHABLE, "the server ended the idle connection%s%s",
            length < 0 ? ": " : "", length < 0 ? strerror(errno) : "");
    return true;
}

pid_t db_wire_peer_pid(const struct db_wire *wire)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    int fd = db_wire_fd(wire);

    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return -1;
    }
    return peer.pid;
}

uint64_t db_wire_thread_id(const struct db_wire *wire)
{
    return wire->mysql == NULL ? 0 : mysql_thread_id(wire->mysql);
}

void db_wire_bound(struct db_wire *wire, uint64_t timeout_ms)
{
    struct timeval timeout = {.tv_sec = (time_t)(timeout_ms / 1000),
                              .tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000)};
    int fd = db_wire_fd(wire);

    assert(timeout_ms > 0); /* 0 would mean for ever */
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

void db_wire_unblock(struct db_wire *wire)
{
    int fd = db_wire_fd(wire);

    if (fd >= 0) {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    }
}

void db_wire_abort(struct db_wire *wire)
{
    int fd = db_wire_fd(wire);

    rows_free(wire);
    if (fd >= 0 && (wire->broken || wire->call != NULL)) {
        shutdown(fd, SHUT_RDWR); /* so that the farewell goes nowhere, at once */
    }
    if (wire->mysql != NULL) {
        mysql_close(wire->mysql);
    }
    login_destroy(wire->login);
    memset(wire, 0, sizeof *wire);
}
