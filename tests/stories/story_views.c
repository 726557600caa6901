/* Looks into the world: "state", "logs", "peers", "disks", "answers". */
#include <string.h>

#include "tests/stories/story.h"

typedef unsigned long long number;

void story_state(struct story *story, char **words)
{
    (void)words;
    for (uint32_t i = 1; i <= story->sim->machine_count; i++) {
        const struct sim_machine *shown = sim_machine(story->sim, i);
        const struct raft *raft = &shown->node.raft;

        if (!shown->up) {
            story_say(story, "%u is down", i);
            continue;
        }
        story_say(story,
                  "%u is %s in term %llu, leader %u, log up to %llu, committed %llu, applied %llu",
                  i, raft_role_name(raft->role), (number)raft->term, raft->leader,
                  (number)raft_last_index(raft), (number)raft->commit, (number)raft->applied);
    }
}

/* The terms of all entries; what the machine knows to be committed is in front of the bar. */
void story_logs(struct story *story, char **words)
{
    (void)words;
    for (uint32_t i = 1; i <= story->sim->machine_count; i++) {
        const struct sim_machine *shown = sim_machine(story->sim, i);
        const struct raft *raft = &shown->node.raft;
        struct buf line;

        if (!shown->up) {
            story_say(story, "%u is down", i);
            continue;
        }
        buf_init(&line, 4096);
        if (raft->trail.base_index > 0) {
            buf_printf(&line, " (up to %llu in a snapshot)", (number)raft->trail.base_index);
        }
        for (uint64_t at = raft->trail.base_index + 1; at <= raft_last_index(raft); at++) {
            const struct raft_entry *entry = raft_entry(raft, at);

            buf_printf(&line, "%s %llu%s", at == raft->commit + 1 ? " |" : "", (number)entry->term,
                       entry->kind == RAFT_CONFIG ? "m" : "");
        }
        story_say(story, "%u has%s%s", i, buf_text(&line),
                  raft->commit == raft_last_index(raft) ? " |" : "");
        buf_finish(&line);
    }
}

/* What the leader knows of the others. */
void story_peers(struct story *story, char **words)
{
    static const char *const modes[] = {[PROGRESS_PROBE] = "is probed",
                                        [PROGRESS_PIPELINE] = "is fed",
                                        [PROGRESS_SNAPSHOT] = "gets a snapshot"};
    uint32_t leader = sim_leader(story->sim);
    const struct raft *raft;

    (void)words;
    if (leader == 0) {
        story_say(story, "nobody leads");
        return;
    }
    raft = &sim_machine(story->sim, leader)->node.raft;
    for (uint32_t i = 0; i < raft->members.count; i++) {
        const struct progress *peer = &raft->peers[i];

        if ((int)i != raft->self) {
            story_say(story, "%u: %s %s%s, has %llu, next %llu", leader, raft->members.list[i].name,
                      modes[peer->mode], peer->paused ? " and was sent to" : "",
                      (number)peer->match, (number)peer->next);
        }
    }
}

void story_disks(struct story *story, char **words)
{
    (void)words;
    for (uint32_t i = 1; i <= story->sim->machine_count; i++) {
        const struct sim_durable *disk = &sim_machine(story->sim, i)->store->durable;

        story_say(story, "on disk of %u: term %llu, vote %u, entries up to %llu", i,
                  (number)disk->term, disk->vote, (number)disk->last);
    }
}

void story_answers(struct story *story, char **words)
{
    const struct sim_counters *counters = &story->sim->counters;

    (void)words;
    story_say(story, "%llu writes: %llu done, %llu not done, %llu unknown; %llu reads answered",
              (number)counters->proposals, (number)counters->acknowledged, (number)counters->failed,
              (number)counters->unknown, (number)counters->reads);
}
