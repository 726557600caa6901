/* The happy path: on_connection() accepts and tells the word -> gate_server_poke() tells a
 * new one -> on_read() takes the gate's SAVED line -> the gate hangs up -> on_gone().
 *
 * One write at a time: a word that comes while one is on its way is told by on_written().
 * A gate that fails in any way is closed; it tries again by itself. Closing counts the
 * listener and every gate. */
#include "daemon/io/gate_server.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"

enum { GATES_MAX = 8, SAVED_BYTES = 64 };

struct gate {
    struct gate_server *server;
    struct list link;
    uv_pipe_t pipe;
    uv_write_t write;
    bool writing;
    char told[GATE_LINE_BYTES]; /* the last line, being written or written */
    char heard[SAVED_BYTES];
    size_t heard_length;
};

struct gate_server {
    struct gate_server_config config;
    uv_pipe_t listener;
    char path[LIMIT_SOCKET_SIZE];
    struct list gates;
    unsigned gate_count;
    unsigned open_handles;
    bool closing;
    void (*on_closed)(void *context);
    void *closed_context;
};

static void tell(struct gate *gate);

static void handle_gone(struct gate_server *server)
{
    void (*cb)(void *context) = server->on_closed;
    void *context = server->closed_context;

    if (--server->open_handles > 0 || !server->closing) {
        return;
    }
    free(server);
    cb(context);
}

static void on_gone(uv_handle_t *handle)
{
    struct gate *gate = container_of((uv_pipe_t *)handle, struct gate, pipe);
    struct gate_server *server = gate->server;

    list_remove(&gate->link);
    server->gate_count--;
    free(gate);
    handle_gone(server);
}

static void hang_up(struct gate *gate)
{
    if (!uv_is_closing((uv_handle_t *)&gate->pipe)) {
        uv_close((uv_handle_t *)&gate->pipe, on_gone);
    }
}

static void on_written(uv_write_t *write, int status)
{
    struct gate *gate = container_of(write, struct gate, write);

    gate->writing = false;
    if (status != 0) {
        hang_up(gate);
    } else {
        tell(gate);
    }
}

/* Writes the present word, unless it is the one that was told last. */
static void tell(struct gate *gate)
{
    struct gate_word word = {.kind = GATE_WAIT};
    char line[GATE_LINE_BYTES];
    uv_buf_t bytes;

    if (gate->writing || uv_is_closing((uv_handle_t *)&gate->pipe)) {
        return;
    }
    gate->server->config.ask(gate->server->config.context, &word);
    gate_word_format(&word, line, sizeof line);
    if (strcmp(line, gate->told) == 0) {
        return;
    }
    text_copy(gate->told, sizeof gate->told, line);
    bytes = uv_buf_init(gate->told, (unsigned)strlen(gate->told));
    gate->writing = uv_write(&gate->write, (uv_stream_t *)&gate->pipe, &bytes, 1, on_written) == 0;
    if (!gate->writing) {
        hang_up(gate);
    }
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *bytes)
{
    struct gate *gate = container_of((uv_pipe_t *)handle, struct gate, pipe);

    (void)suggested;
    *bytes = uv_buf_init(gate->heard + gate->heard_length,
                         (unsigned)(sizeof gate->heard - 1 - gate->heard_length));
}

/* "SAVED 3\n", once. */
static void hear(struct gate *gate)
{
    static const char key[] = "SAVED ";
    char *end = strchr(gate->heard, '\n');
    uint64_t transactions;

    if (end == NULL) {
        return;
    }
    if (strncmp(gate->heard, key, sizeof key - 1) == 0 &&
        text_u64(gate->heard + sizeof key - 1, (size_t)(end - gate->heard) - (sizeof key - 1),
                 UINT64_MAX, &transactions) &&
        gate->server->config.saved != NULL) {
        gate->server->config.saved(gate->server->config.context, transactions);
    }
    hang_up(gate);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *bytes)
{
    struct gate *gate = container_of((uv_pipe_t *)stream, struct gate, pipe);

    (void)bytes;
    if (length < 0) { /* ended, or no room left for more */
        hang_up(gate);
        return;
    }
    gate->heard_length += (size_t)length;
    gate->heard[gate->heard_length] = '\0';
    hear(gate);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct gate_server *server = container_of((uv_pipe_t *)listener, struct gate_server, listener);
    struct gate *gate = status == 0 ? calloc(1, sizeof *gate) : NULL;

    if (gate == NULL) {
        return;
    }
    gate->server = server;
    uv_pipe_init(server->config.loop, &gate->pipe, 0);
    list_append(&server->gates, &gate->link);
    server->gate_count++;
    server->open_handles++;
    if (uv_accept(listener, (uv_stream_t *)&gate->pipe) != 0 || server->gate_count > GATES_MAX ||
        uv_read_start((uv_stream_t *)&gate->pipe, on_allocate, on_read) != 0) {
        hang_up(gate);
        return;
    }
    tell(gate);
}

static void on_listener_closed(uv_handle_t *handle)
{
    handle_gone(container_of((uv_pipe_t *)handle, struct gate_server, listener));
}

static void on_nobody(void *context)
{
    (void)context;
}

int gate_server_open(struct gate_server **out, const struct gate_server_config *config,
                     struct err *err)
{
    struct gate_server *server = calloc(1, sizeof *server);
    int code;

    if (server == NULL) {
        return err_set(err, ERR_NOMEM, "no memory for the gate's socket");
    }
    server->config = *config;
    server->config.data_dir = NULL; /* only borrowed for this call */
    list_init(&server->gates);
    if (!text_format(server->path, sizeof server->path, "%s/gate.sock", config->data_dir)) {
        free(server);
        return err_set(err, ERR_INVALID, "%s/gate.sock: too long for a socket", config->data_dir);
    }
    unlink(server->path);
    uv_pipe_init(config->loop, &server->listener, 0);
    server->open_handles = 1;
    code = uv_pipe_bind(&server->listener, server->path);
    if (code == 0 && chmod(server->path, 0600) != 0) {
        code = -errno;
    }
    if (code == 0) {
        code = uv_listen((uv_stream_t *)&server->listener, GATES_MAX, on_connection);
    }
    if (code != 0) {
        err_set(err, ERR_IO, "%s: %s", server->path, uv_strerror(code));
        gate_server_close(server, on_nobody, NULL);
        return ERR_IO;
    }
    *out = server;
    return 0;
}

void gate_server_poke(struct gate_server *server)
{
    list_each (link, &server->gates) {
        tell(container_of(link, struct gate, link));
    }
}

void gate_server_close(struct gate_server *server, void (*cb)(void *context), void *context)
{
    assert(!server->closing);
    server->closing = true;
    server->on_closed = cb;
    server->closed_context = context;
    unlink(server->path);
    list_each (link, &server->gates) {
        hang_up(container_of(link, struct gate, link));
    }
    uv_close((uv_handle_t *)&server->listener, on_listener_closed);
}
