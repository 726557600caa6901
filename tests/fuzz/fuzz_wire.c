/* A Raft message that decodes is encoded and decoded again to the same message, and a core that
 * gets it neither breaks nor says anything that isn't on its disk (its own assertions). */
#include <string.h>

#include "consensus/raft.h"
#include "daemon/node/wire.h"
#include "tests/fuzz/fuzz.h"

enum { CORE_SPAN_MS = 100 };

static struct raft *core_new(void)
{
    struct raft *raft = calloc(1, sizeof(*raft));
    struct raft_entry entries[] = {{.index = 1, .term = 1}, {.index = 2, .term = 2}};
    struct raft_stored stored = {.term = 3, .entries = entries, .entry_count = 2};
    struct raft_config config = {.id = 1,
                                 .heartbeat_ms = 50,
                                 .election_min_ms = 200,
                                 .election_max_ms = 400,
                                 .log_entries_max = 1024,
                                 .seed = 1};

    for (uint32_t id = 1; id <= 3; id++) {
        members_add_voter(&config.members, id, NULL);
    }
    fuzz_check(raft_init(raft, &config, &stored, 1000, NULL) == 0);
    return raft;
}

/* Twice: with what the first one asked to be written done, and not done. */
static void step(const struct raft_message *message)
{
    struct raft *raft = core_new();
    struct raft_update *update = calloc(1, sizeof(*update));
    struct raft_event event = {.type = RAFT_RECEIVE, .now_ms = 1000, .message = message};

    for (int i = 0; i < 2; i++) {
        raft_step(raft, &event, update);
        if (update->write_meta) {
            raft_step(raft,
                      &(struct raft_event){.type = RAFT_META_PERSISTED,
                                           .now_ms = event.now_ms,
                                           .meta = {.term = update->term, .vote = update->vote}},
                      update);
        }
        event.now_ms += CORE_SPAN_MS;
    }
    raft_finish(raft);
    free(update);
    free(raft);
}

void fuzz_one(const uint8_t *bytes, size_t length)
{
    struct wire_message *wire = malloc(sizeof(*wire));
    struct wire_message *again = malloc(sizeof(*again));
    struct buf out;
    struct buf twice;

    buf_init(&out, LIMIT_MESSAGE_BYTES);
    buf_init(&twice, LIMIT_MESSAGE_BYTES);
    if (wire_decode(wire, bytes, length) == 0) {
        wire_encode(&out, &wire->message);
        fuzz_check(buf_ok(&out));
        fuzz_check(wire_decode(again, out.data, out.length) == 0);
        wire_encode(&twice, &again->message);
        fuzz_check(twice.length == out.length);
        fuzz_check(memcmp(twice.data, out.data, out.length) == 0);
        wire_release(again);
        step(&wire->message);
        wire_release(wire);
    }
    buf_finish(&out);
    buf_finish(&twice);
    free(again);
    free(wire);
}
