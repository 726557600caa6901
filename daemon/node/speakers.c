#include "daemon/node/speakers.h"

#include <string.h>

static const char *last_under(const struct speakers *speakers, uint32_t id)
{
    for (uint32_t i = 0; i < LIMIT_AGENT_SLOTS; i++) {
        if (speakers->last[i].id == id) {
            return speakers->last[i].name;
        }
    }
    return "";
}

static const char *listed_under(const struct raft *raft, uint32_t id)
{
    const struct member *member = members_find(&raft->members, id);

    return member != NULL ? member->name : "";
}

static void keep(struct speakers *speakers, uint32_t id, const char *name)
{
    uint32_t place = 0;

    while (place < LIMIT_AGENT_SLOTS && speakers->last[place].id != id) {
        place++;
    }
    if (place == LIMIT_AGENT_SLOTS) {
        place = speakers->next;
        speakers->next = (speakers->next + 1) % LIMIT_AGENT_SLOTS;
        speakers->last[place].id = id;
    }
    text_copy(speakers->last[place].name, LIMIT_NAME_SIZE, name);
}

/* A member that isn't listed may come from a newer list. */
bool speakers_hear(struct speakers *speakers, const struct raft *raft,
                   const struct raft_message *message, const char *name)
{
    const char *listed = listed_under(raft, message->from);
    bool judged = raft_message_sort(message->type) == RAFT_ANSWERS || raft_knows_members(raft);

    if (message->from == 0 || (judged && listed[0] != '\0' && strcmp(listed, name) != 0)) {
        return false;
    }
    keep(speakers, message->from, name);
    return true;
}

const char *speakers_receiver(const struct speakers *speakers, const struct raft *raft,
                              const struct raft_message *message)
{
    const char *listed = listed_under(raft, message->to);

    if (raft_message_sort(message->type) == RAFT_ANSWERS || listed[0] == '\0') {
        return speakers_name(speakers, raft, message->to);
    }
    return listed;
}

const char *speakers_name(const struct speakers *speakers, const struct raft *raft, uint32_t id)
{
    const char *name = last_under(speakers, id);

    return name[0] != '\0' ? name : listed_under(raft, id);
}
