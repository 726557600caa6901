/* agent_store: the data directory, and what is done without it.
 *
 * Happy path: it is opened, and says which store it is. Failure paths: one that can't be opened,
 * or contradicts itself, is set aside (DIRECTORY/damaged-N, nothing is deleted) and an empty
 * one begins, which has no number until the leader gives it one; see agent_seat.c. If that
 * can't be had either, or nobody may read it, the agent runs without: no node, only its guard. A
 * disk that fails later ends the process (74): started again, it comes by here. */
#include "daemon/agent.h"
#include "daemon/guard/guard_floor.h"
#include "daemon/io/clock.h"
#include "daemon/io/disk_aside.h"

enum { ASIDE_PATH_SIZE = LIMIT_PATH_SIZE + 32 };

/* The guard's floor is still true. And the seat must never be missing: without it the empty store
 * would be taken for a first voter's. It names the store that it is about. */
static const char *const kept[] = {GUARD_FLOOR_RECORD, NULL};
static const char *const staying[] = {SEAT_FILE, NULL};

static int open_disk(struct agent *agent, struct disk_recovered *recovered, struct err *err)
{
    struct disk_config config = {
        .loop = agent->loop,
        .directory = agent->conf->agent.data_dir,
        .agent = agent->conf->agent.name,
        .reserve = kept,
    };
    int rc = disk_open(&agent->disk, &config, recovered, err);

    agent->store = rc == 0 ? recovered->store : 0;
    return rc;
}

/* Not a directory of somebody else, nor one in use, nor one with files that only root may read. */
static bool is_damage(int code)
{
    return code == ERR_CORRUPT || code == ERR_IO;
}

static int set_aside(struct agent *agent, struct err *err)
{
    char path[ASIDE_PATH_SIZE];
    int rc = disk_set_aside(agent->conf->agent.data_dir, staying, kept, path, sizeof path, err);

    log_event(&agent->log, LOG_LEVEL_ERROR, "storage_set_aside",
              LOG_TEXT("to", rc == 0 ? path : NULL),
              LOG_TEXT("why_not", rc == 0 ? NULL : err->text), LOG_END);
    return rc;
}

int agent_store_open(struct agent *agent, struct disk_recovered *recovered, struct err *err)
{
    int rc = open_disk(agent, recovered, err);

    if (!is_damage(rc) && rc != ERR_PERMISSION) {
        return rc;
    }
    agent->store_failed = true;
    log_event(&agent->log, LOG_LEVEL_ERROR, "storage_failed", LOG_TEXT("why", err->text), LOG_END);
    if (is_damage(rc)) {
        rc = set_aside(agent, err);
        if (rc == 0) {
            rc = open_disk(agent, recovered, err);
        }
    }
    if (rc != 0) {
        log_event(
            &agent->log, LOG_LEVEL_ERROR, "storage_gone", LOG_TEXT("why", err->text),
            LOG_TEXT("text", "this agent runs as guard only, without a place among the voters"),
            LOG_END);
    }
    return 0;
}

/* The store could be read, and makes no sense as a whole. It is closed by now. */
int agent_store_set_aside(struct agent *agent)
{
    struct err err;

    return set_aside(agent, &err);
}

const char *agent_store_state(const struct agent *agent)
{
    bool voter = roster_at(&agent->roster, ROSTER_SELF)->kind == MEMBER_VOTER;
    bool waits =
        agent->seat.born == SEAT_REPLACED && !voter &&
        (!agent_has_seat(agent) || roster_at(&agent->roster, ROSTER_SELF)->kind == MEMBER_JOINING);

    return agent->disk == NULL || waits ? disk_state_name(DISK_FAILED)
                                        : disk_state_name(disk_state(agent->disk, clock_now_ms()));
}
