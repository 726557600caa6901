#include "consensus/members.h"

#include <assert.h>
#include <string.h>

static const char *const kind_names[] = {
#define X(name, value, text) [name] = text,
    MEMBER_KIND_MAP(X)
#undef X
};

static const char *const change_names[] = {
#define X(name, text) [name] = text,
    MEMBERS_CHANGE_MAP(X)
#undef X
};

const char *member_kind_name(enum member_kind kind)
{
    assert(kind <= MEMBER_VOTER);
    return kind_names[kind];
}

const char *members_change_name(enum members_change_kind kind)
{
    assert(kind <= MEMBERS_REPLACE);
    return change_names[kind];
}

void members_init(struct members *members)
{
    *members = (struct members){0};
}

/* ---- putting in ------------------------------------------------------------------ */

/* Those that vote, and those that will. */
static uint32_t voters_to_be(const struct members *members)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < members->count; i++) {
        count += members->list[i].kind != MEMBER_LEARNER;
    }
    return count;
}

static const struct member *find_address(const struct members *members, const char *address)
{
    for (uint32_t i = 0; i < members->count; i++) {
        if (strcmp(members->list[i].address, address) == 0) {
            return &members->list[i];
        }
    }
    return NULL;
}

static int check_voters(const struct members *members, struct err *err)
{
    return voters_to_be(members) < LIMIT_VOTERS
               ? 0
               : err_set(err, ERR_LIMIT, "there can be %d voters at most; remove or demote one",
                         LIMIT_VOTERS);
}

static int check_new(const struct members *members, const struct member *member, struct err *err)
{
    const struct member *other = NULL;

    assert(members->count <= LIMIT_AGENTS);
    if (member->id == 0 || member->kind > MEMBER_VOTER) {
        return err_set(err, ERR_INVALID, "agent number %u: numbers count from 1", member->id);
    }
    if (members_position(members, member->id) >= 0) {
        return err_set(err, ERR_EXISTS, "agent number %u is a member already", member->id);
    }
    if (member->name[0] != '\0' && members_find_name(members, member->name) != NULL) {
        return err_set(err, ERR_EXISTS, "agent %s is a member already", member->name);
    }
    if (member->address[0] != '\0') {
        other = find_address(members, member->address);
    }
    if (other != NULL) {
        return err_set(err, ERR_EXISTS, "%s is the address of agent %s", member->address,
                       other->name);
    }
    if (members->count == LIMIT_AGENTS) {
        return err_set(err, ERR_LIMIT, "there can be %d agents at most; remove one first",
                       LIMIT_AGENTS);
    }
    return member->kind == MEMBER_LEARNER ? 0 : check_voters(members, err);
}

int members_add(struct members *members, const struct member *member, struct err *err)
{
    int rv = check_new(members, member, err);

    if (rv != 0) {
        return rv;
    }
    members->list[members->count++] = *member;
    if (member->id > members->id_last) {
        members->id_last = member->id;
    }
    return 0;
}

int members_add_voter(struct members *members, uint32_t id, struct err *err)
{
    return members_add(members, &(struct member){.id = id, .kind = MEMBER_VOTER}, err);
}

/* ---- changing -------------------------------------------------------------------- */

/* Zero: not known yet. */
static const struct member *find_store(const struct members *members, uint64_t store)
{
    for (uint32_t i = 0; store != 0 && i < members->count; i++) {
        if (members->list[i].store == store) {
            return &members->list[i];
        }
    }
    return NULL;
}

static const struct member *find_key(const struct members *members, const uint8_t *key)
{
    static const uint8_t none[MEMBERS_KEY_BYTES];

    if (memcmp(key, none, sizeof(none)) == 0) {
        return NULL;
    }
    for (uint32_t i = 0; i < members->count; i++) {
        if (memcmp(members->list[i].key, key, sizeof(none)) == 0) {
            return &members->list[i];
        }
    }
    return NULL;
}

/* Two with one key could speak for each other, two with one store vote for each other. */
static int refuse_double(const struct members *members, const struct member *wanted,
                         struct err *err)
{
    const struct member *other = find_key(members, wanted->key);

    if (other != NULL) {
        return err_set(err, ERR_EXISTS,
                       "that key is the key of agent %s; each agent needs its own, and who was "
                       "added under a wrong name is removed first",
                       other->name);
    }
    other = find_store(members, wanted->store);
    return other != NULL
               ? err_set(err, ERR_EXISTS, "that data directory is the one of agent %s", other->name)
               : 0;
}

static int change_add(struct members *members, struct member *unused, const struct member *wanted,
                      struct err *err)
{
    struct member member = *wanted;
    int rv = refuse_double(members, wanted, err);

    (void)unused;
    if (rv != 0) {
        return rv;
    }
    if (member.id != 0 || member.kind == MEMBER_VOTER || members->id_last == UINT32_MAX) {
        return err_set(err, ERR_INVALID,
                       "an agent is added as a learner or as joining, under a new number");
    }
    member.id = members->id_last + 1;
    return members_add(members, &member, err);
}

static int refuse_last_voter(const struct members *members, const struct member *member,
                             struct err *err)
{
    return member->kind == MEMBER_VOTER && members_voters(members) == 1
               ? err_set(err, ERR_REFUSED, "agent %s is the last voter", member->name)
               : 0;
}

static int change_remove(struct members *members, struct member *member,
                         const struct member *wanted, struct err *err)
{
    int position = (int)(member - members->list);
    int rv = refuse_last_voter(members, member, err);

    (void)wanted;
    if (rv != 0) {
        return rv;
    }
    members->count--;
    memmove(member, member + 1, (members->count - (uint32_t)position) * sizeof(*member));
    memset(&members->list[members->count], 0, sizeof(*member));
    return 0;
}

static int change_join(struct members *members, struct member *member, const struct member *wanted,
                       struct err *err)
{
    int rv;

    (void)wanted;
    if (member->kind != MEMBER_LEARNER) {
        return err_set(err, ERR_REFUSED, "agent %s is %s already", member->name,
                       member_kind_name(member->kind));
    }
    rv = check_voters(members, err);
    if (rv == 0) {
        member->kind = MEMBER_JOINING;
    }
    return rv;
}

static int change_promote(struct members *members, struct member *member,
                          const struct member *wanted, struct err *err)
{
    (void)members;
    (void)wanted;
    if (member->kind != MEMBER_JOINING) {
        return err_set(err, ERR_REFUSED, "agent %s isn't joining, it is a %s", member->name,
                       member_kind_name(member->kind));
    }
    member->kind = MEMBER_VOTER;
    return 0;
}

static int change_demote(struct members *members, struct member *member,
                         const struct member *wanted, struct err *err)
{
    int rv = refuse_last_voter(members, member, err);

    (void)wanted;
    if (member->kind == MEMBER_LEARNER) {
        return err_set(err, ERR_REFUSED, "agent %s is a learner already", member->name);
    }
    if (rv == 0) {
        member->kind = MEMBER_LEARNER;
    }
    return rv;
}

static int change_register(struct members *members, struct member *member,
                           const struct member *wanted, struct err *err)
{
    if (wanted->store == 0 || member->store != 0) {
        return err_set(err, ERR_REFUSED, "the store of agent %s is known already", member->name);
    }
    if (find_store(members, wanted->store) != NULL) {
        return err_set(err, ERR_EXISTS, "the store of agent %s is another agent's", member->name);
    }
    member->store = wanted->store;
    return 0;
}

static int change_move(struct members *members, struct member *member, const struct member *wanted,
                       struct err *err)
{
    const struct member *other = find_address(members, wanted->address);

    if (wanted->address[0] == '\0') {
        return err_set(err, ERR_INVALID, "agent %s needs an address", member->name);
    }
    if (other != NULL) {
        return err_set(err, other == member ? ERR_REFUSED : ERR_EXISTS,
                       "%s is the address of agent %s", wanted->address, other->name);
    }
    text_copy(member->address, sizeof(member->address), wanted->address);
    return 0;
}

static int change_replace(struct members *members, struct member *member,
                          const struct member *wanted, struct err *err)
{
    struct member successor = *member;
    int rv;

    if (wanted->store == 0 || find_store(members, wanted->store) != NULL ||
        members->id_last == UINT32_MAX) {
        return err_set(err, ERR_INVALID, "agent %s needs another store to come back with",
                       member->name);
    }
    rv = change_remove(members, member, wanted, err);
    if (rv != 0) {
        return rv;
    }
    successor.id = members->id_last + 1;
    successor.store = wanted->store;
    successor.kind = successor.kind == MEMBER_LEARNER ? MEMBER_LEARNER : MEMBER_JOINING;
    return members_add(members, &successor, err);
}

int members_change(struct members *members, const struct members_change *change, struct err *err)
{
    static int (*const changes[])(struct members * members, struct member * member,
                                  const struct member *wanted, struct err *err) = {
        [MEMBERS_ADD] = change_add,       [MEMBERS_REMOVE] = change_remove,
        [MEMBERS_JOIN] = change_join,     [MEMBERS_PROMOTE] = change_promote,
        [MEMBERS_DEMOTE] = change_demote, [MEMBERS_REGISTER] = change_register,
        [MEMBERS_MOVE] = change_move,     [MEMBERS_REPLACE] = change_replace,
    };
    int position = members_position(members, change->member.id);

    assert(change->kind <= MEMBERS_REPLACE);
    if (change->kind != MEMBERS_ADD && position < 0) {
        return err_set(err, ERR_NOTFOUND, "agent number %u is not a member", change->member.id);
    }
    return changes[change->kind](members, position < 0 ? NULL : &members->list[position],
                                 &change->member, err);
}

/* ---- the last resort --------------------------------------------------------------- */

int members_recover(struct members *members, uint32_t id, uint64_t store, uint64_t cluster,
                    struct err *err)
{
    const struct member *member = members_find(members, id);
    struct member left;

    assert(store != 0 && cluster != 0 && cluster != members->cluster);
    if (member == NULL) {
        return err_set(err, ERR_NOTFOUND, "agent number %u is not a member", id);
    }
    if (member->kind == MEMBER_VOTER && members_voters(members) == 1) {
        return err_set(err, ERR_REFUSED,
                       "agent %s is the only voter: it needs nobody else to lead; start it",
                       member->name);
    }
    if (members->id_last == UINT32_MAX) {
        return err_set(err, ERR_LIMIT, "all numbers of agents were given");
    }
    left = *member;
    left.id = ++members->id_last;
    left.kind = MEMBER_VOTER;
    left.store = store;
    *members = (struct members){
        .cluster = cluster, .count = 1, .id_last = members->id_last, .list = {left}};
    return 0;
}

/* ---- questions ------------------------------------------------------------------- */

int members_position(const struct members *members, uint32_t id)
{
    assert(members->count <= LIMIT_AGENTS);
    for (uint32_t i = 0; i < members->count; i++) {
        if (members->list[i].id == id) {
            return (int)i;
        }
    }
    return -1;
}

const struct member *members_find(const struct members *members, uint32_t id)
{
    int position = members_position(members, id);

    return position >= 0 ? &members->list[position] : NULL;
}

const struct member *members_find_name(const struct members *members, const char *name)
{
    for (uint32_t i = 0; i < members->count; i++) {
        if (strcmp(members->list[i].name, name) == 0) {
            return &members->list[i];
        }
    }
    return NULL;
}

bool members_is_voter(const struct members *members, uint32_t id)
{
    const struct member *member = members_find(members, id);

    return member != NULL && member->kind == MEMBER_VOTER;
}

uint32_t members_voters(const struct members *members)
{
    uint32_t voters = 0;

    for (uint32_t i = 0; i < members->count; i++) {
        voters += members->list[i].kind == MEMBER_VOTER;
    }
    return voters;
}

uint32_t members_majority(const struct members *members)
{
    return members_voters(members) / 2 + 1;
}

uint64_t members_reached(const struct members *members, const uint64_t *values)
{
    uint32_t majority = members_majority(members);
    uint64_t best = 0;

    /* A value is reached if a majority is at it or past it; with at most seven
     * voters, trying each is plainer than sorting. */
    for (uint32_t i = 0; i < members->count; i++) {
        uint32_t reached = 0;

        if (members->list[i].kind != MEMBER_VOTER || values[i] <= best) {
            continue;
        }
        for (uint32_t j = 0; j < members->count; j++) {
            reached += members->list[j].kind == MEMBER_VOTER && values[j] >= values[i];
        }
        if (reached >= majority) {
            best = values[i];
        }
    }
    return best;
}
