#include "daemon/roster.h"

#include <assert.h>
#include <string.h>

static struct roster_agent *agent_of(struct roster *roster, uint32_t place)
{
    assert(place >= 1 && place <= LIMIT_AGENT_SLOTS);
    return &roster->agents[place - 1];
}

void roster_init(struct roster *roster, const struct roster_hooks *hooks, const char *name,
                 const char *address, const uint8_t key[MEMBERS_KEY_BYTES])
{
    struct roster_agent *self;

    memset(roster, 0, sizeof *roster);
    roster->hooks = *hooks;
    self = agent_of(roster, ROSTER_SELF);
    self->state = ROSTER_MEMBER;
    text_copy(roster->names[ROSTER_SELF - 1], LIMIT_NAME_SIZE, name);
    text_copy(self->address, sizeof self->address, address);
    memcpy(self->key, key, sizeof self->key);
}

/* ---- places --------------------------------------------------------------------------- */

static void set_free(struct roster *roster, uint32_t place)
{
    assert(place != ROSTER_SELF);
    roster->hooks.left(roster->hooks.context, place);
    memset(agent_of(roster, place), 0, sizeof(struct roster_agent));
    roster->names[place - 1][0] = '\0';
}

/* A free place, or that of whoever left first. */
static uint32_t find_place(struct roster *roster)
{
    uint32_t first = 0;

    for (uint32_t place = 1; place <= LIMIT_AGENT_SLOTS; place++) {
        const struct roster_agent *agent = agent_of(roster, place);

        if (agent->state == ROSTER_FREE) {
            return place;
        }
        if (agent->state == ROSTER_LEAVING &&
            (first == 0 || agent->leaves_ms < agent_of(roster, first)->leaves_ms)) {
            first = place;
        }
    }
    if (first != 0) {
        set_free(roster, first);
    }
    return first;
}

static uint32_t put_in(struct roster *roster, enum roster_state state, const char *name,
                       const char *address, const uint8_t key[MEMBERS_KEY_BYTES])
{
    uint32_t place = find_place(roster);
    struct roster_agent *agent;

    if (place == 0) {
        return 0;
    }
    agent = agent_of(roster, place);
    agent->state = state;
    text_copy(roster->names[place - 1], LIMIT_NAME_SIZE, name);
    text_copy(agent->address, sizeof agent->address, address);
    memcpy(agent->key, key, sizeof agent->key);
    roster->hooks.added(roster->hooks.context, place);
    return place;
}

/* ---- members ---------------------------------------------------------------------------- */

/* One who is known already, perhaps under another id or address. */
static void update(struct roster *roster, uint32_t place, const struct member *member)
{
    struct roster_agent *agent = agent_of(roster, place);

    agent->state = ROSTER_MEMBER;
    agent->id = member->id;
    agent->kind = member->kind;
    agent->store = member->store;
    if (strcmp(agent->address, member->address) != 0 && place != ROSTER_SELF) {
        text_copy(agent->address, sizeof agent->address, member->address);
        roster->hooks.moved(roster->hooks.context, place);
    }
}

static void follow_one(struct roster *roster, const struct member *member)
{
    uint32_t place = roster_of_name(roster, member->name);

    if (place > ROSTER_SELF &&
        memcmp(agent_of(roster, place)->key, member->key, sizeof member->key) != 0) {
        set_free(roster, place); /* the same name, but somebody else */
        place = 0;
    }
    if (place == 0) {
        place = put_in(roster, ROSTER_MEMBER, member->name, member->address, member->key);
    }
    if (place != 0) { /* there are more places than members and guests */
        update(roster, place, member);
    }
}

/* Its id is kept: what tells it that it was removed goes to that. */
static void begin_to_leave(struct roster *roster, uint32_t place, uint64_t now_ms)
{
    struct roster_agent *agent = agent_of(roster, place);

    agent->kind = MEMBER_LEARNER;
    if (place != ROSTER_SELF) {
        agent->state = ROSTER_LEAVING;
        agent->leaves_ms = now_ms + ROSTER_GRACE_MS;
    }
}

void roster_follow(struct roster *roster, const struct members *members, uint64_t now_ms)
{
    for (uint32_t place = 1; place <= LIMIT_AGENT_SLOTS; place++) {
        if (agent_of(roster, place)->state == ROSTER_MEMBER &&
            members_find_name(members, roster->names[place - 1]) == NULL) {
            begin_to_leave(roster, place, now_ms);
        }
    }
    for (uint32_t i = 0; i < members->count; i++) {
        if (members->list[i].name[0] != '\0') {
            follow_one(roster, &members->list[i]);
        }
    }
}

void roster_expire(struct roster *roster, uint64_t now_ms)
{
    for (uint32_t place = 1; place <= LIMIT_AGENT_SLOTS; place++) {
        const struct roster_agent *agent = agent_of(roster, place);

        if (agent->state == ROSTER_LEAVING && agent->leaves_ms <= now_ms) {
            set_free(roster, place);
        }
    }
}

/* ---- guests -------------------------------------------------------------------------------- */

bool roster_invite(struct roster *roster, const char *name, const uint8_t key[MEMBERS_KEY_BYTES])
{
    return roster_of_name(roster, name) != 0 || put_in(roster, ROSTER_GUEST, name, "", key) != 0;
}

void roster_forget_guest(struct roster *roster, uint32_t place)
{
    assert(agent_of(roster, place)->state == ROSTER_GUEST);
    set_free(roster, place);
}

/* ---- questions ------------------------------------------------------------------------------ */

uint32_t roster_of_name(const struct roster *roster, const char *name)
{
    for (uint32_t place = 1; place <= LIMIT_AGENT_SLOTS && name[0] != '\0'; place++) {
        if (strcmp(roster->names[place - 1], name) == 0) {
            return place;
        }
    }
    return 0;
}

const char *roster_name(const struct roster *roster, uint32_t place)
{
    assert(place <= LIMIT_AGENT_SLOTS);
    return place == 0 ? "" : roster->names[place - 1];
}

const struct roster_agent *roster_at(const struct roster *roster, uint32_t place)
{
    assert(place >= 1 && place <= LIMIT_AGENT_SLOTS);
    return roster->agents[place - 1].state != ROSTER_FREE ? &roster->agents[place - 1] : NULL;
}

bool roster_is_agent(const struct roster *roster, uint32_t place)
{
    const struct roster_agent *agent = roster_at(roster, place);

    return agent != NULL && agent->state == ROSTER_MEMBER;
}
