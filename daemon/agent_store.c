/* agent_store: the data directory, and what is done without it.
 *
 * Happy path: it is opened, and says which store it is. Failure paths: one that can't be opened,
 * or contradicts itself, is set aside (DIRECTORY/damaged-N, nothing is deleted) and an empty
 * one begins, which has no number until the leader gives it one; see agent_seat.c. If that
 * can't be had either, the agent runs without: no node, only its guard. A disk that
 * fails later ends the process (74): started again, it comes by here. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "daemon/agent.h"
#include "daemon/io/durable.h"

enum { DAMAGED_MAX = 1000, STORE_PATH_SIZE = LIMIT_PATH_SIZE + NAME_MAX + 32 };

/* ---- setting aside ------------------------------------------------------------------------ */

/* What Raft rests on. The guard's floor and the seat are still true. */
static bool is_of_the_store(const char *name)
{
    return strcmp(name, "vote") == 0 || strcmp(name, "snapshot") == 0 ||
           strcmp(name, "store") == 0 || strncmp(name, "log-", 4) == 0;
}

static int make_place(const char *directory, char place[STORE_PATH_SIZE], struct err *err)
{
    for (unsigned n = 1; n <= DAMAGED_MAX; n++) {
        text_format(place, STORE_PATH_SIZE, "%s/damaged-%u", directory, n);
        if (mkdir(place, 0700) == 0) {
            return 0;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return err_set(err, ERR_IO, "%s: %s", place, strerror(errno));
}

static int move_file(const char *directory, const char *place, const char *name, struct err *err)
{
    char from[STORE_PATH_SIZE];
    char to[2 * STORE_PATH_SIZE];

    text_format(from, sizeof from, "%s/%s", directory, name);
    text_format(to, sizeof to, "%s/%s", place, name);
    return rename(from, to) == 0 ? 0 : err_set(err, ERR_IO, "%s: %s", from, strerror(errno));
}

static int set_aside(const char *directory, struct err *err)
{
    char place[STORE_PATH_SIZE];
    const struct dirent *entry;
    int rc = make_place(directory, place, err);
    DIR *listing;

    if (rc != 0) {
        return rc;
    }
    listing = opendir(directory);
    if (listing == NULL) {
        return err_set(err, ERR_IO, "%s: %s", directory, strerror(errno));
    }
    while (rc == 0 && (entry = readdir(listing)) != NULL) {
        if (is_of_the_store(entry->d_name)) {
            rc = move_file(directory, place, entry->d_name, err);
        }
    }
    closedir(listing);
    return rc == 0 ? durable_sync_directory(directory, err) : rc;
}

/* ---- opening ----------------------------------------------------------------------------------
 */

/* Until the disk itself says which one it is. */
int agent_store_id(const char *directory, uint64_t *store, struct err *err)
{
    char path[STORE_PATH_SIZE];
    FILE *file;
    int rc = 0;

    text_format(path, sizeof path, "%s/store", directory);
    file = fopen(path, "re");
    if (file == NULL || fread(store, sizeof *store, 1, file) != 1) {
        randombytes_buf(store, sizeof *store);
        rc = durable_replace(path, store, sizeof *store, err);
    }
    if (file != NULL) {
        fclose(file);
    }
    return rc;
}

static int open_disk(struct agent *agent, struct disk_recovered *recovered, struct err *err)
{
    struct disk_config config = {
        .loop = agent->loop,
        .directory = agent->conf->agent.data_dir,
        .cluster = "",
        .agent = agent->conf->agent.name,
    };
    int rc = disk_open(&agent->disk, &config, recovered, err);

    return rc == 0 ? agent_store_id(config.directory, &agent->store, err) : rc;
}

/* Somebody else's directory, or one in use, is no damage. */
static bool is_damage(int code)
{
    return code == ERR_CORRUPT || code == ERR_IO;
}

int agent_store_open(struct agent *agent, struct disk_recovered *recovered, struct err *err)
{
    int rc = open_disk(agent, recovered, err);

    if (!is_damage(rc)) {
        return rc;
    }
    agent->store_failed = true;
    log_event(&agent->log, LOG_LEVEL_ERROR, "storage_failed", LOG_TEXT("why", err->text), LOG_END);
    rc = set_aside(agent->conf->agent.data_dir, err);
    if (rc == 0) {
        rc = open_disk(agent, recovered, err);
    }
    if (rc != 0 && agent->disk == NULL) {
        log_event(
            &agent->log, LOG_LEVEL_ERROR, "storage_gone", LOG_TEXT("why", err->text),
            LOG_TEXT("text", "this agent runs as guard only, without a place among the voters"),
            LOG_END);
        rc = 0;
    }
    return rc;
}

/* The store could be read, and makes no sense as a whole. */
int agent_store_set_aside(struct agent *agent)
{
    struct err err;
    int rc = set_aside(agent->conf->agent.data_dir, &err);

    log_event(&agent->log, LOG_LEVEL_ERROR, "storage_set_aside",
              LOG_TEXT("result", rc == 0 ? "done" : err.text), LOG_END);
    return rc;
}

const char *agent_store_state(const struct agent *agent)
{
    bool voter = roster_at(&agent->roster, ROSTER_SELF)->kind == MEMBER_VOTER;
    bool waits =
        agent->seat.born == SEAT_REPLACED && !voter &&
        (!agent_has_seat(agent) || roster_at(&agent->roster, ROSTER_SELF)->kind == MEMBER_JOINING);

    return agent->disk == NULL || waits || disk_failure(agent->disk)[0] != '\0' ? "failed"
           : disk_busy(agent->disk)                                             ? "slow"
                                                                                : "ok";
}
