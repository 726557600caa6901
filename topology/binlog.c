#include "topology/binlog.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

enum {
    HEADER_BYTES = 19,
    HEADER_TYPE = 4,
    HEADER_SERVER = 5,
    HEADER_SIZE = 9,
    HEADER_FLAGS = 17,
    FLAG_RELAY_LOG = 0x40,
    GTID_BYTES = 8 + 4 + 1,
    LIST_ENTRY_BYTES = 4 + 4 + 8,
    LIST_COUNT_MASK = 0x0fffffff,
    FORMAT_BYTES_MIN = 2 + 50 + 4 + 1, /* version, server's version, time, header length */
    FORMAT_VERSION = 4,
    EVENT_BYTES_MAX = 1 << 30, /* max_allowed_packet can't be larger */
};

enum event_type {
    EVENT_FORMAT = 15,
    EVENT_GTID = 162,
    EVENT_GTID_LIST = 163,
    EVENT_ENCRYPTION = 164,
};

struct event {
    uint8_t type;
    uint8_t flags; /* the lower byte */
    uint32_t server;
    uint32_t size; /* header included */
    const uint8_t *body;
    size_t body_length; /* of which the window has this much */
};

static const uint8_t magic[BINLOG_MAGIC_BYTES] = {0xfe, 'b', 'i', 'n'};

void binlog_init(struct binlog *binlog, const struct gtid_state *base)
{
    memset(binlog, 0, sizeof *binlog);
    binlog->base = *base;
}

static const struct gtid *pair_find(const struct gtid_state *state, const struct gtid *gtid)
{
    for (uint32_t i = 0; i < state->count; i++) {
        if (state->gtids[i].domain == gtid->domain && state->gtids[i].server == gtid->server) {
            return &state->gtids[i];
        }
    }
    return NULL;
}

static bool is_beyond(const struct gtid_state *base, const struct gtid *gtid)
{
    const struct gtid *pair = pair_find(base, gtid);

    if (pair != NULL) {
        return gtid->sequence > pair->sequence;
    }
    for (uint32_t i = 0; i < base->count; i++) {
        if (base->gtids[i].domain == gtid->domain && base->gtids[i].sequence > gtid->sequence) {
            return false;
        }
    }
    return true;
}

bool binlog_within(const struct gtid_state *base, const struct gtid_state *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (is_beyond(base, &list->gtids[i])) {
            return false;
        }
    }
    return true;
}

/* Sets the pair's sequence; keeps the order of domain and server. */
static int state_put(struct gtid_state *state, const struct gtid *gtid, struct err *err)
{
    uint32_t at = 0;

    while (at < state->count &&
           (state->gtids[at].domain < gtid->domain ||
            (state->gtids[at].domain == gtid->domain && state->gtids[at].server < gtid->server))) {
        at++;
    }
    if (at < state->count && state->gtids[at].domain == gtid->domain &&
        state->gtids[at].server == gtid->server) {
        state->gtids[at].sequence = gtid->sequence;
        return 0;
    }
    if (state->count == LIMIT_GTID_PAIRS) {
        return err_set(err, ERR_LIMIT, "binary log: more than %d pairs of domain and server",
                       LIMIT_GTID_PAIRS);
    }
    memmove(&state->gtids[at + 1], &state->gtids[at], (state->count - at) * sizeof state->gtids[0]);
    state->gtids[at] = *gtid;
    state->count++;
    return 0;
}

/* The newest of a domain is the last one written, whatever its sequence. */
static int position_put(struct gtid_position *position, const struct gtid *gtid, struct err *err)
{
    uint32_t at = 0;

    while (at < position->count && position->gtids[at].domain < gtid->domain) {
        at++;
    }
    if (at == position->count || position->gtids[at].domain != gtid->domain) {
        if (position->count == LIMIT_GTID_DOMAINS) {
            return err_set(err, ERR_LIMIT, "binary log: more than %d domains", LIMIT_GTID_DOMAINS);
        }
        memmove(&position->gtids[at + 1], &position->gtids[at],
                (position->count - at) * sizeof position->gtids[0]);
        position->count++;
    }
    position->gtids[at] = *gtid;
    return 0;
}

static int take_gtid(struct binlog *binlog, const struct event *event, struct err *err)
{
    struct gtid gtid = {.domain = bytes_u32(event->body + 8),
                        .server = event->server,
                        .sequence = bytes_u64(event->body)};
    int rv = position_put(&binlog->last, &gtid, err);

    if (rv != 0 || !is_beyond(&binlog->base, &gtid)) {
        return rv;
    }
    if (binlog->beyond_offset == 0) {
        binlog->beyond_offset = binlog->offset;
        binlog->first_beyond = gtid;
    }
    binlog->beyond_count++;
    return state_put(&binlog->beyond, &gtid, err);
}

/* Within a domain the list ends with the newest, so that `last` is right. */
static int take_list(struct binlog *binlog, const struct event *event, struct err *err)
{
    uint32_t count = bytes_u32(event->body) & LIST_COUNT_MASK;

    if (count > LIMIT_GTID_PAIRS) {
        return err_set(err, ERR_LIMIT, "binary log: its list has %u pairs, at most %d are known",
                       count, LIMIT_GTID_PAIRS);
    }
    if (event->body_length < 4 + (size_t)count * LIST_ENTRY_BYTES) {
        return err_set(err, ERR_CORRUPT, "binary log: the list of GTIDs is cut short");
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = event->body + 4 + (size_t)i * LIST_ENTRY_BYTES;
        struct gtid gtid = {.domain = bytes_u32(entry),
                            .server = bytes_u32(entry + 4),
                            .sequence = bytes_u64(entry + 8)};
        int rv = state_put(&binlog->list, &gtid, err);

        if (rv != 0) {
            return rv;
        }
        rv = position_put(&binlog->last, &gtid, err);
        if (rv != 0) {
            return rv;
        }
    }
    binlog->has_list = true;
    return 0;
}

static int take_format(struct binlog *binlog, const struct event *event, struct err *err)
{
    unsigned version = event->body_length < 2 ? 0 : event->body[0] | (unsigned)event->body[1] << 8;

    if (version != FORMAT_VERSION || event->body_length < FORMAT_BYTES_MIN) {
        return err_set(err, ERR_CORRUPT, "binary log: format version %u, expected %d", version,
                       FORMAT_VERSION);
    }
    binlog->format_end = binlog->offset + event->size;
    binlog->relay = event->flags & FLAG_RELAY_LOG;
    return 0;
}

/* How much of the body must be in the window. */
static size_t body_wanted(const struct event *event)
{
    switch (event->type) {
    case EVENT_GTID:
        return GTID_BYTES;
    case EVENT_GTID_LIST:
        return 4 + (size_t)LIMIT_GTID_PAIRS * LIST_ENTRY_BYTES;
    case EVENT_FORMAT:
        return FORMAT_BYTES_MIN;
    default:
        return 0;
    }
}

static int take_event(struct binlog *binlog, const struct event *event, struct err *err)
{
    switch (event->type) {
    case EVENT_FORMAT:
        return take_format(binlog, event, err);
    case EVENT_GTID:
        return take_gtid(binlog, event, err);
    case EVENT_GTID_LIST:
        return take_list(binlog, event, err);
    case EVENT_ENCRYPTION:
        binlog->encrypted = true;
        return 0;
    default:
        return 0;
    }
}

static bool event_is_possible(const struct event *event)
{
    size_t least = event->type == EVENT_GTID ? GTID_BYTES : event->type == EVENT_GTID_LIST ? 4 : 0;

    return event->type != 0 && event->size >= HEADER_BYTES + least &&
           event->size <= EVENT_BYTES_MAX;
}

static struct event event_at(const uint8_t *bytes, size_t length)
{
    struct event event = {
        .type = bytes[HEADER_TYPE],
        .flags = bytes[HEADER_FLAGS],
        .server = bytes_u32(bytes + HEADER_SERVER),
        .size = bytes_u32(bytes + HEADER_SIZE),
        .body = bytes + HEADER_BYTES,
    };

    event.body_length = length - HEADER_BYTES;
    if (event.size >= HEADER_BYTES && event.body_length > event.size - HEADER_BYTES) {
        event.body_length = event.size - HEADER_BYTES;
    }
    return event;
}

/* Zero bytes up to the end are space that a crash left unwritten, not damage. */
static bool all_zero(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static int stop(struct binlog *binlog, bool damaged, struct err *err)
{
    if (binlog->format_end == 0) {
        return err_set(err, ERR_CORRUPT, "binary log: no format description at its beginning");
    }
    binlog->torn = true;
    binlog->damaged = damaged;
    return BINLOG_END;
}

/* Takes the event at `bytes`; 0 with `offset` moved, BINLOG_MORE when the window is
 * too short for it, or the end (`ended` set). */
static int step(struct binlog *binlog, const uint8_t *bytes, size_t length, uint64_t file_size,
                bool *ended, struct err *err)
{
    uint64_t left = file_size - binlog->offset;
    bool whole = length == left; /* the window reaches the end of the file */
    struct event event;
    size_t wanted;
    int rv;

    *ended = true;
    if (left < HEADER_BYTES) {
        return stop(binlog, false, err);
    }
    if (length < HEADER_BYTES) {
        *ended = false;
        return BINLOG_MORE;
    }
    event = event_at(bytes, length);
    if (!event_is_possible(&event)) {
        return stop(binlog, !(whole && all_zero(bytes, length)), err);
    }
    if (event.size > left) {
        return stop(binlog, false, err);
    }
    *ended = false;
    wanted = body_wanted(&event);
    if (wanted > event.size - HEADER_BYTES) {
        wanted = event.size - HEADER_BYTES;
    }
    if (event.body_length < wanted) {
        return BINLOG_MORE;
    }
    if (binlog->format_end == 0 && event.type != EVENT_FORMAT) {
        return err_set(err, ERR_CORRUPT, "binary log: event of type %u before the format",
                       event.type);
    }
    rv = take_event(binlog, &event, err);
    if (rv == 0) {
        binlog->offset += event.size;
        binlog->end = binlog->offset;
    }
    return rv;
}

static int take_magic(struct binlog *binlog, const uint8_t *bytes, size_t length, struct err *err)
{
    if (length < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0) {
        return err_set(err, ERR_CORRUPT, "not a binary log: it must begin with fe 62 69 6e");
    }
    binlog->offset = binlog->end = sizeof magic;
    return 0;
}

int binlog_feed(struct binlog *binlog, const uint8_t *bytes, size_t length, uint64_t file_size,
                struct err *err)
{
    uint64_t begin = binlog->offset;

    assert(begin <= file_size);
    assert(length <= file_size - begin);
    assert(length >= BINLOG_WINDOW_BYTES || length == file_size - begin);
    if (begin == 0) {
        int rv = take_magic(binlog, bytes, length, err);

        if (rv != 0) {
            return rv;
        }
    }
    while (binlog->offset < file_size && !binlog->encrypted) {
        uint64_t used = binlog->offset - begin;
        bool ended;
        int rv;

        if (used >= length) {
            return BINLOG_MORE;
        }
        rv = step(binlog, bytes + used, length - (size_t)used, file_size, &ended, err);
        if (rv != 0 || ended) {
            return rv;
        }
    }
    if (binlog->format_end == 0) {
        return stop(binlog, false, err);
    }
    return BINLOG_END;
}
