/* observation: what one look at one server showed, as plain data.
 *
 * The leader's probe makes one over the network, each guard makes one of its own
 * server over the local socket; both carry the same struct. It is a fact with an
 * age, never a decision. Positions that a server did not state are empty.
 * Source of the columns: SHOW ALL SLAVES STATUS, @@gtid_*, @@read_only. */
#ifndef TOPOLOGY_OBSERVATION_H
#define TOPOLOGY_OBSERVATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "topology/gtid.h"

/*      name          json */
#define OBSERVATION_THREAD_MAP(X)                                                                  \
    X(THREAD_NO, "no")                                                                             \
    X(THREAD_CONNECTING, "connecting")                                                             \
    X(THREAD_YES, "yes")

enum observation_thread {
#define X(name, json) OBSERVATION_##name,
    OBSERVATION_THREAD_MAP(X)
#undef X
};

struct observation_channel {
    char name[LIMIT_NAME_SIZE];      /* "" is the default channel */
    char source[LIMIT_ADDRESS_SIZE]; /* host:port of its primary */
    enum observation_thread io;
    enum observation_thread sql;
    uint32_t io_errno;
    uint32_t sql_errno;
    char io_error[LIMIT_TEXT_SIZE];
    char sql_error[LIMIT_TEXT_SIZE];
    uint32_t delay_s;
    bool using_gtid;
    bool accepted; /* the source sends: it took the position that was asked for */
};

struct observation {
    char version[LIMIT_NAME_SIZE];
    uint32_t server_id;
    uint64_t uptime_s;
    bool read_only;
    bool event_scheduler;
    bool semi_sync_master; /* the side is enabled */
    bool semi_sync_slave;
    uint32_t semi_sync_clients;    /* replicas that may acknowledge, as the primary counts */
    struct gtid_position binlog;   /* @@gtid_binlog_pos: written here */
    struct gtid_position received; /* Gtid_IO_Pos of the default channel */
    struct gtid_position applied;  /* @@gtid_slave_pos */
    struct gtid_state history;     /* @@gtid_binlog_state */
    uint32_t channel_count;
    struct observation_channel channels[LIMIT_CHANNELS];
};

#endif
