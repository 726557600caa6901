/* The happy path: seat? none -> the disk is opened, and stays locked -> connections to the agents
 * of the invitation, under its key -> "this is who I am" to one of them -> the members -> the seat
 * is written -> all is closed.
 *
 * Failure paths: an answer that time may cure (busy, no leader) is asked for again until
 * DEADLINE_MS; any other ends it. Agents that refuse the key close the connection in the
 * handshake, without a word, as they do with any stranger: if that is all that happens, the
 * invitation was used, is over, or is another cluster's. Nothing is written before the answer, so
 * it may be tried again with the same line. */
#include "daemon/join.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>
#include <uv.h>

#include "base/ini.h"
#include "daemon/agent.h"
#include "daemon/api/result.h"
#include "daemon/invite.h"
#include "daemon/io/clock.h"
#include "daemon/io/durable.h"
#include "proto/call.pb-c.h"

enum { DEADLINE_MS = 30000, ASK_MS = 1000, TICK_MS = 50, FIRST_PLACE = 2, REFUSALS = 3 };

struct join {
    const struct conf *conf;
    uv_loop_t loop;
    struct log log;
    struct disk *disk;
    uint64_t store;
    struct invite invite;
    struct peers peers;
    uv_timer_t tick;
    uint64_t deadline_ms;
    uint64_t ask_ms;
    uint32_t next;            /* whom to ask */
    uint64_t refusals_before; /* when somebody let us in last: an invitation can end after that */
    struct seat seat;
    bool ended;
    unsigned closing_left;
    int result;
    struct err err;
};

/* ---- closing --------------------------------------------------------------------------- */

static void on_disk_closed(void *context)
{
    struct join *join = context;

    join->closing_left--;
}

static void on_peers_closed(struct peers *peers)
{
    container_of(peers, struct join, peers)->closing_left--;
}

static void on_tick_closed(uv_handle_t *handle)
{
    container_of((uv_timer_t *)handle, struct join, tick)->closing_left--;
}

static void end(struct join *join, int result, const char *story)
{
    if (join->ended) {
        return;
    }
    join->ended = true;
    join->result = result;
    if (result != 0) {
        err_set(&join->err, result, "%s", story);
    }
    join->closing_left = 3;
    uv_close((uv_handle_t *)&join->tick, on_tick_closed);
    peers_close(&join->peers, on_peers_closed);
    disk_close(join->disk, on_disk_closed, join);
}

/* ---- asking ------------------------------------------------------------------------------ */

static void ask(struct join *join, uint32_t place)
{
    const struct conf *conf = join->conf;
    Call__Message message = CALL__MESSAGE__INIT;
    Call__JoinWanted wanted = CALL__JOIN_WANTED__INIT;
    uint8_t bytes[LIMIT_NAME_SIZE + LIMIT_ADDRESS_SIZE + 2 * KEYS_BYTES];
    char name[LIMIT_NAME_SIZE];
    char address[LIMIT_ADDRESS_SIZE];
    uint8_t key[KEYS_BYTES];

    text_copy(name, sizeof name, conf->agent.name);
    text_copy(address, sizeof address, conf->agent.listen);
    memcpy(key, conf->agent.keys.public, sizeof key);
    wanted.name = name;
    wanted.address = address;
    wanted.key.data = key;
    wanted.key.len = sizeof key;
    wanted.store = join->store;
    message.body_case = CALL__MESSAGE__BODY_JOIN_WANTED;
    message.join_wanted = &wanted;
    assert(call__message__get_packed_size(&message) <= sizeof bytes);
    peers_send(&join->peers, place, PEER_CALL, bytes, call__message__pack(&message, bytes));
}

static uint64_t refusals(const struct join *join)
{
    return peers_closed(&join->peers, PEER_ENDED) + peers_closed(&join->peers, PEER_TRUNCATED) +
           peers_closed(&join->peers, PEER_IO_FAILED);
}

static void on_tick(uv_timer_t *timer)
{
    struct join *join = container_of(timer, struct join, tick);
    uint64_t now_ms = clock_now_ms();
    char story[LIMIT_TEXT_SIZE];

    if (refusals(join) - join->refusals_before >= REFUSALS * join->invite.agent_count) {
        end(join, ERR_REFUSED,
            "the agents don't know this invitation: it was used, or is over, or is another "
            "cluster's");
        return;
    }
    if (now_ms >= join->deadline_ms) {
        text_format(story, sizeof story, "no agent answered; the first one that was asked is %s",
                    join->invite.agents[0].address);
        end(join, ERR_UNREACHABLE, story);
        return;
    }
    for (uint32_t i = 0; i < join->invite.agent_count && now_ms >= join->ask_ms; i++) {
        uint32_t place = FIRST_PLACE + (join->next + i) % join->invite.agent_count;

        if (peers_connected(&join->peers, place)) {
            ask(join, place);
            join->ask_ms = now_ms + ASK_MS;
            join->next = place - FIRST_PLACE + 1;
        }
    }
}

/* ---- the answer ----------------------------------------------------------------------------- */

static int read_members(struct join *join, const struct api_result *result)
{
    uint8_t bytes[MEMBERS_BYTES_MAX];
    json_t *body = json_loadb((const char *)result->body.data, result->body.length, 0, NULL);
    const char *text = json_string_value(json_object_get(body, "members"));
    size_t length = 0;
    int rc = ERR_PROTOCOL;

    if (text != NULL &&
        sodium_hex2bin(bytes, sizeof bytes, text, strlen(text), NULL, &length, NULL) == 0) {
        rc = members_decode(&join->seat.known, bytes, length, NULL);
    }
    json_decref(body);
    return rc;
}

static void take_members(struct join *join, const struct api_result *result)
{
    struct err err;

    join->seat = (struct seat){.store = join->store, .born = SEAT_JOINED};
    if (read_members(join, result) != 0) {
        end(join, ERR_PROTOCOL, "the answer can't be read; is this version too old?");
        return;
    }
    seat_settle(&join->seat, &join->seat.known);
    if (seat_write(&join->seat, join->conf->agent.data_dir, &err) != 0) {
        end(join, err.code, err.text);
    } else {
        end(join, 0, "");
    }
}

static bool may_pass(enum api_code code)
{
    return code == API_BUSY || code == API_NO_LEADER || code == API_TIMED_OUT;
}

static void take_answer(struct join *join, const Call__JoinAnswer *answer)
{
    struct api_result result;
    struct err err;

    api_result_init(&result);
    if (api_result_decode(&result, answer->result.data, answer->result.len, &err) != 0) {
        end(join, err.code, err.text);
    } else if (api_code_status(result.code) < 300) {
        take_members(join, &result);
    } else if (!may_pass(result.code)) {
        err_set(&err, ERR_REFUSED, "the cluster refused: %s", result.detail);
        end(join, err.code, err.text);
    }
    api_result_finish(&result);
}

static void on_connected(void *context, unsigned place)
{
    struct join *join = context;

    (void)place;
    join->refusals_before = refusals(join);
    join->ask_ms = 0;
}

static void on_disconnected(void *context, unsigned place, enum peer_reason reason)
{
    (void)context;
    (void)place;
    (void)reason;
}

static void on_message(void *context, unsigned place, enum peer_kind kind, const uint8_t *bytes,
                       size_t length)
{
    struct join *join = context;
    Call__Message *message;

    (void)place;
    if (kind != PEER_CALL || join->ended) {
        return;
    }
    message = call__message__unpack(NULL, length, bytes);
    if (message != NULL && message->body_case == CALL__MESSAGE__BODY_JOIN_ANSWER) {
        take_answer(join, message->join_answer);
    }
    if (message != NULL) {
        call__message__free_unpacked(message, NULL);
    }
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static int check_seat(const struct conf *conf, bool *joined, struct err *err)
{
    struct seat seat;
    int rc = seat_read(&seat, conf->agent.data_dir, err);

    *joined = rc == 0 && seat.born == SEAT_JOINED;
    if (rc == ERR_NOTFOUND || *joined) {
        return 0;
    }
    return rc != 0 ? rc
                   : err_set(err, ERR_EXISTS,
                             "%s belongs to an agent of a cluster already (%s); join with an empty "
                             "data_dir",
                             conf->agent.data_dir, seat_born_name(seat.born));
}

static int open_disk(struct join *join, struct err *err)
{
    struct disk_recovered recovered;
    struct disk_config config = {.loop = &join->loop,
                                 .directory = join->conf->agent.data_dir,
                                 .agent = join->conf->agent.name};
    int rc = disk_open(&join->disk, &config, &recovered, err);

    if (rc == 0) {
        join->store = recovered.store;
        disk_recovered_release(&recovered);
    }
    return rc;
}

static int open_peers(struct join *join, struct err *err)
{
    char name[LIMIT_NAME_SIZE];
    struct peers_config config = {
        .loop = &join->loop,
        .log = &join->log,
        .self = 1,
        .name = name,
        .listen = "",
        .keys = &join->invite.keys,
        .newcomer = true,
        .hooks = {on_connected, on_disconnected, on_message},
        .context = join,
    };
    int rc;

    invite_name(name, join->invite.keys.public);
    randombytes_buf(&config.start_id, sizeof config.start_id);
    rc = peers_open(&join->peers, &config, err);
    for (uint32_t i = 0; i < join->invite.agent_count && rc == 0; i++) {
        rc = peers_add(&join->peers, FIRST_PLACE + i, &join->invite.agents[i], err);
    }
    return rc;
}

/* What fails here ends the process; so nothing is undone. */
static int run(struct join *join, struct err *err)
{
    int rc = open_disk(join, err);

    if (rc == 0) {
        rc = open_peers(join, err);
    }
    if (rc != 0) {
        return rc;
    }
    join->deadline_ms = clock_now_ms() + DEADLINE_MS;
    uv_timer_init(&join->loop, &join->tick);
    uv_timer_start(&join->tick, on_tick, 0, TICK_MS);
    uv_run(&join->loop, UV_RUN_DEFAULT);
    assert(join->ended && join->closing_left == 0);
    *err = join->err;
    return join->result;
}

int join_by_invitation(const struct conf *conf, const char *line, bool *before, struct err *err)
{
    struct join *join = calloc(1, sizeof *join);
    int rc;

    if (join == NULL || uv_loop_init(&join->loop) != 0) {
        return err_set(err, ERR_NOMEM, "out of memory");
    }
    join->conf = conf;
    *before = false;
    rc = invite_read(&join->invite, line, err);
    if (rc == 0) {
        rc = check_seat(conf, before, err);
    }
    if (rc == 0 && !*before) {
        log_open(&join->log, NULL, conf->agent.name, conf->agent.log_level, NULL);
        rc = run(join, err);
        log_close(&join->log);
    }
    uv_loop_close(&join->loop);
    invite_wipe(&join->invite);
    free(join);
    return rc;
}

/* ---- without an invitation ----------------------------------------------------------------------
 */

static void list_peers(const struct conf *conf, struct members *members)
{
    members_init(members);
    for (uint32_t i = 0; i < conf->peer_count; i++) {
        struct member member = {.id = i + 1, .kind = MEMBER_LEARNER};

        text_copy(member.name, sizeof member.name, conf->peers[i].name);
        text_copy(member.address, sizeof member.address, conf->peers[i].address);
        memcpy(member.key, conf->peers[i].key, sizeof member.key);
        members_add(members, &member, NULL);
    }
}

int join_by_peers(const struct conf *conf, bool *before, struct err *err)
{
    struct join *join = calloc(1, sizeof *join);
    int rc = check_seat(conf, before, err);

    if (join == NULL || uv_loop_init(&join->loop) != 0) {
        return err_set(err, ERR_NOMEM, "out of memory");
    }
    join->conf = conf;
    if (rc == 0 && !*before) {
        rc = open_disk(join, err);
        if (rc == 0) {
            join->seat = (struct seat){.store = join->store, .born = SEAT_JOINED};
            list_peers(conf, &join->seat.known);
            rc = seat_write(&join->seat, conf->agent.data_dir, err);
            join->closing_left = 1;
            disk_close(join->disk, on_disk_closed, join);
            uv_run(&join->loop, UV_RUN_DEFAULT);
        }
    }
    uv_loop_close(&join->loop);
    free(join);
    return rc;
}

/* ---- the key -------------------------------------------------------------------------- */

static void on_section(void *context, unsigned line, const char *name)
{
    (void)context;
    (void)line;
    (void)name;
}

static void on_key(void *context, unsigned line, const char *section, const char *name,
                   const char *value)
{
    (void)line;
    if (strcmp(section, "agent") == 0 && strcmp(name, "key_file") == 0) {
        text_copy(context, LIMIT_PATH_SIZE, value);
    }
}

static void on_bad(void *context, unsigned line, const char *found, const char *accepted)
{
    (void)context;
    (void)line;
    (void)found;
    (void)accepted;
}

static void find_key_file(const char *conf_path, char key_file[LIMIT_PATH_SIZE])
{
    struct ini_reader reader = {
        .context = key_file, .section = on_section, .key = on_key, .bad = on_bad};
    char text[LIMIT_CONFIG_BYTES];
    int fd = open(conf_path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof text) : -1;

    key_file[0] = '\0';
    if (length > 0) {
        ini_read(&reader, text, (size_t)length);
    }
    if (fd >= 0) {
        close(fd);
    }
}

static int write_key(const char *path, int fd, struct err *err)
{
    char text[KEYS_TEXT_SIZE];
    struct key_pair pair;
    int rc;

    keys_generate(&pair);
    keys_encode(text, pair.secret);
    keys_wipe(&pair);
    text[KEYS_TEXT_SIZE - 1] = '\n';
    rc = durable_write_all(fd, text, sizeof text, path, err);
    if (rc == 0 && fsync(fd) != 0) {
        rc = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    sodium_memzero(text, sizeof text);
    return rc;
}

int join_make_key(const char *conf_path, struct err *err)
{
    char path[LIMIT_PATH_SIZE];
    int rc;
    int fd;

    find_key_file(conf_path, path);
    if (path[0] == '\0') {
        return 0;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return errno == EEXIST ? 0 : err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    rc = write_key(path, fd, err);
    close(fd);
    return rc;
}
