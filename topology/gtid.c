/* gtid: see gtid.h. Positions and states are both sorted arrays of GTIDs; they
 * differ in what makes two entries the same (the domain; domain and server). */
#include "topology/gtid.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

/* The promise of gtid_format(): 10 digits, 10 digits, 20 digits, two dashes, and
 * a comma or the NUL. */
static_assert(LIMIT_GTID_TEXT_SIZE >= LIMIT_GTID_PAIRS * (10 + 1 + 10 + 1 + 20 + 1),
              "a full state fits");

static const char blanks[] = " \t\r\n";

/* A sorted array under construction. */
struct gtid_list {
    struct gtid *gtids;
    uint32_t count;
    uint32_t count_max;
    bool by_server; /* a state: entries are the same only if their servers are */
};

static int gtid_key_order(const struct gtid *a, const struct gtid *b, bool by_server)
{
    if (a->domain != b->domain) {
        return a->domain < b->domain ? -1 : 1;
    }
    if (!by_server || a->server == b->server) {
        return 0;
    }
    return a->server < b->server ? -1 : 1;
}

/* ERR_EXISTS when the key is there already, ERR_LIMIT when the list is full. */
static int gtid_list_insert(struct gtid_list *list, const struct gtid *gtid)
{
    uint32_t at = list->count;

    while (at > 0) {
        int order = gtid_key_order(&list->gtids[at - 1], gtid, list->by_server);

        if (order == 0) {
            return ERR_EXISTS;
        }
        if (order < 0) {
            break;
        }
        at--;
    }
    if (list->count == list->count_max) {
        return ERR_LIMIT;
    }
    memmove(&list->gtids[at + 1], &list->gtids[at], (list->count - at) * sizeof list->gtids[0]);
    list->gtids[at] = *gtid;
    list->count++;
    return 0;
}

/* "domain-server-sequence", exactly. */
static bool gtid_parse_one(const char *text, size_t length, struct gtid *gtid)
{
    const char *end = text + length;
    const char *server = memchr(text, '-', length);
    const char *sequence;
    uint64_t numbers[3];

    if (server == NULL) {
        return false;
    }
    server++;
    sequence = memchr(server, '-', (size_t)(end - server));
    if (sequence == NULL) {
        return false;
    }
    sequence++;
    if (!text_u64(text, (size_t)(server - 1 - text), UINT32_MAX, &numbers[0]) ||
        !text_u64(server, (size_t)(sequence - 1 - server), UINT32_MAX, &numbers[1]) ||
        !text_u64(sequence, (size_t)(end - sequence), UINT64_MAX, &numbers[2])) {
        return false;
    }
    gtid->domain = (uint32_t)numbers[0];
    gtid->server = (uint32_t)numbers[1];
    gtid->sequence = numbers[2];
    return true;
}

static int gtid_list_fail(const struct gtid_list *list, int code, const char *text, size_t length,
                          struct err *err)
{
    const char *what = list->by_server ? "GTID state" : "GTID position";
    int shown = length < 80 ? (int)length : 80;

    switch (code) {
    case ERR_LIMIT:
        return err_set(err, code, "%s has more than %u entries, at \"%.*s\"", what, list->count_max,
                       shown, text);
    case ERR_EXISTS:
        return err_set(err, ERR_INVALID, "%s names a %s twice, at \"%.*s\"", what,
                       list->by_server ? "domain and server" : "domain", shown, text);
    default:
        return err_set(err, ERR_INVALID,
                       "%s: \"%.*s\" is not domain-server-sequence (as in 0-1-42)", what, shown,
                       text);
    }
}

static int gtid_list_parse(struct gtid_list *list, const char *text, struct err *err)
{
    const char *item = text + strspn(text, blanks);

    if (*item == '\0') {
        return 0;
    }
    for (;;) {
        size_t length = strcspn(item, ",");
        const char *next = item + length;
        struct gtid gtid;
        int rc = ERR_INVALID;

        while (length > 0 && strchr(blanks, item[length - 1]) != NULL) {
            length--;
        }
        if (gtid_parse_one(item, length, &gtid)) {
            rc = gtid_list_insert(list, &gtid);
        }
        if (rc != 0) {
            return gtid_list_fail(list, rc, item, length, err);
        }
        if (*next == '\0') {
            return 0;
        }
        item = next + 1;
        item += strspn(item, blanks);
    }
}

int gtid_parse(struct gtid_position *position, const char *text, struct err *err)
{
    struct gtid_position parsed = {0};
    struct gtid_list list = {.gtids = parsed.gtids, .count_max = LIMIT_GTID_DOMAINS};
    int rc = gtid_list_parse(&list, text, err);

    if (rc == 0) {
        parsed.count = list.count;
        *position = parsed;
    }
    return rc;
}

int gtid_state_parse(struct gtid_state *state, const char *text, struct err *err)
{
    struct gtid_state parsed = {0};
    struct gtid_list list = {
        .gtids = parsed.gtids, .count_max = LIMIT_GTID_PAIRS, .by_server = true};
    int rc = gtid_list_parse(&list, text, err);

    if (rc == 0) {
        parsed.count = list.count;
        *state = parsed;
    }
    return rc;
}

static bool gtid_list_format(const struct gtid *gtids, uint32_t count, char *text, size_t size)
{
    size_t used = 0;

    assert(size > 0);
    text[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        if (!text_format(text + used, size - used, "%s%u-%u-%llu", i == 0 ? "" : ",",
                         gtids[i].domain, gtids[i].server, (unsigned long long)gtids[i].sequence)) {
            return false;
        }
        used += strlen(text + used);
    }
    return true;
}

bool gtid_format(const struct gtid_position *position, char *text, size_t size)
{
    assert(position->count <= LIMIT_GTID_DOMAINS);
    return gtid_list_format(position->gtids, position->count, text, size);
}

bool gtid_state_format(const struct gtid_state *state, char *text, size_t size)
{
    assert(state->count <= LIMIT_GTID_PAIRS);
    return gtid_list_format(state->gtids, state->count, text, size);
}

static const struct gtid *gtid_of_domain(const struct gtid_position *position, uint32_t domain)
{
    for (uint32_t i = 0; i < position->count; i++) {
        if (position->gtids[i].domain == domain) {
            return &position->gtids[i];
        }
    }
    return NULL;
}

static uint64_t gtid_of_pair(const struct gtid_state *state, const struct gtid *pair, bool *found)
{
    for (uint32_t i = 0; i < state->count; i++) {
        if (gtid_key_order(&state->gtids[i], pair, true) == 0) {
            *found = true;
            return state->gtids[i].sequence;
        }
    }
    *found = false;
    return 0;
}

bool gtid_contains(const struct gtid_position *a, const struct gtid_position *b)
{
    assert(a->count <= LIMIT_GTID_DOMAINS && b->count <= LIMIT_GTID_DOMAINS);
    for (uint32_t i = 0; i < b->count; i++) {
        const struct gtid *theirs = &b->gtids[i];
        const struct gtid *ours = gtid_of_domain(a, theirs->domain);

        if (ours == NULL || ours->sequence < theirs->sequence) {
            return false;
        }
        if (ours->sequence == theirs->sequence && ours->server != theirs->server) {
            return false;
        }
    }
    return true;
}

enum gtid_order gtid_compare(const struct gtid_position *a, const struct gtid_position *b)
{
    bool forth = gtid_contains(a, b);
    bool back = gtid_contains(b, a);

    if (forth && back) {
        return GTID_EQUAL;
    }
    if (forth) {
        return GTID_AHEAD;
    }
    return back ? GTID_BEHIND : GTID_INCOMPARABLE;
}

bool gtid_equal(const struct gtid_position *a, const struct gtid_position *b)
{
    return gtid_compare(a, b) == GTID_EQUAL;
}

int gtid_merge(struct gtid_position *into, const struct gtid_position *other)
{
    struct gtid_position merged = *into;
    struct gtid_list list = {.gtids = merged.gtids, .count_max = LIMIT_GTID_DOMAINS};

    assert(other->count <= LIMIT_GTID_DOMAINS);
    list.count = merged.count;
    for (uint32_t i = 0; i < other->count; i++) {
        int rc = gtid_list_insert(&list, &other->gtids[i]);

        if (rc == ERR_LIMIT) {
            return rc;
        }
        for (uint32_t j = 0; rc == ERR_EXISTS && j < list.count; j++) {
            if (merged.gtids[j].domain == other->gtids[i].domain &&
                merged.gtids[j].sequence < other->gtids[i].sequence) {
                merged.gtids[j] = other->gtids[i];
            }
        }
    }
    merged.count = list.count;
    *into = merged;
    return 0;
}

bool gtid_state_contains(const struct gtid_state *state, const struct gtid_position *position)
{
    for (uint32_t i = 0; i < position->count; i++) {
        bool found;
        uint64_t sequence = gtid_of_pair(state, &position->gtids[i], &found);

        if (!found || sequence < position->gtids[i].sequence) {
            return false;
        }
    }
    return true;
}

uint32_t gtid_state_extra(const struct gtid_state *own, const struct gtid_state *reference,
                          struct gtid_state *extra)
{
    struct gtid_state more = {0};

    assert(own->count <= LIMIT_GTID_PAIRS && reference->count <= LIMIT_GTID_PAIRS);
    for (uint32_t i = 0; i < own->count; i++) {
        bool found;
        uint64_t sequence = gtid_of_pair(reference, &own->gtids[i], &found);

        if (!found || sequence < own->gtids[i].sequence) {
            more.gtids[more.count++] = own->gtids[i];
        }
    }
    if (extra != NULL) {
        *extra = more;
    }
    return more.count;
}

uint32_t gtid_state_without(struct gtid_state *state, uint32_t server)
{
    uint32_t left = 0;

    assert(state->count <= LIMIT_GTID_PAIRS);
    for (uint32_t i = 0; i < state->count; i++) {
        if (state->gtids[i].server != server) {
            state->gtids[left++] = state->gtids[i];
        }
    }
    state->count = left;
    return left;
}

uint64_t gtid_distance(const struct gtid_position *ahead, const struct gtid_position *behind)
{
    uint64_t distance = 0;

    for (uint32_t i = 0; i < ahead->count; i++) {
        const struct gtid *far = &ahead->gtids[i];
        const struct gtid *near = gtid_of_domain(behind, far->domain);
        uint64_t from = near == NULL ? 0 : near->sequence;
        uint64_t part = far->sequence > from ? far->sequence - from : 0;

        distance = part > UINT64_MAX - distance ? UINT64_MAX : distance + part;
    }
    return distance;
}
