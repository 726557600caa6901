/* guard_service: the guard of the local server, with hands and feet.
 *
 * A thin adapter around topology/guard.h, which decides: process and local probe
 * (guard_server), hand, disk (the floor), start command and timer become its events, and
 * its updates are carried out here. The wiring brings orders and lease answers
 * (guard_service_receive) and the ledger whenever it changed (guard_service_ledger), and
 * takes what goes to the leader (`send`; it fills in the agents' ids, and may bring the
 * answer before it returns).
 *
 * Happy path: guard_service_open() reads the floor and looks at the server at once; the
 * first report goes out before anything else is known.
 * Failure paths: a disk that fails never makes a floor durable, so nothing is promised
 * any more, while leases are still renewed; a hand whose task is called off is closed
 * and opened anew.
 *
 * Life cycle: open ... close(cb); the memory goes after cb. Borrowed strings of the
 * configuration live as long. Everything runs on the loop. */
#ifndef DAEMON_GUARD_GUARD_SERVICE_H
#define DAEMON_GUARD_GUARD_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "daemon/io/disk.h"
#include "daemon/io/log.h"
#include "topology/guard.h"
#include "topology/ledger.h"

struct guard_service_config {
    uv_loop_t *loop;
    struct log *log;
    struct disk *disk;           /* NULL: there is none; nothing that needs one is promised */
    bool floor_expected;         /* a floor that is missing was lost */
    const char *server;          /* its name in the ledger */
    uint64_t start_id;           /* differs at every start of the agent */
    const char *socket;          /* of the server */
    const char *user;            /* of the socket account */
    const char *password;        /* or "" */
    const char *pid_file;        /* or "" */
    const char *datadir;         /* or "" */
    const char *start;           /* the command */
    const char *snippet;         /* path */
    bool restart;                /* start a dead server that is no primary */
    uint32_t saved_transactions; /* that the gate copied away at the last start */
    const char *watch_user;
    const char *replication_user;
    const char *replication_password;
    bool replication_tls;
    const char *ca;                                                   /* or "" */
    void (*send)(void *context, const struct order_message *message); /* to the leader */
    void *context;
};

struct guard_service_status {
    struct order_report report;
    bool guarding;      /* automation is on */
    bool serves_writes; /* what /primary asks */
};

struct guard_service;

/* Reads the floor (blocks for the disk: before the loop runs). ERR_INVALID (the
 * configuration), ERR_CORRUPT, ERR_IO (the floor), ERR_NOMEM. */
int guard_service_open(struct guard_service **service, const struct guard_service_config *config,
                       struct err *err);
void guard_service_close(struct guard_service *service, void (*cb)(void *context), void *context);

/* An order or a lease answer; other kinds are ignored. */
void guard_service_receive(struct guard_service *service, const struct order_message *message);

/* The ledger has changed. Cheap if that doesn't touch this server. */
void guard_service_ledger(struct guard_service *service, const struct ledger *ledger);

/* Whether the ledger is caught up with a leader that is known (until it is told, it isn't), and
 * who leads; 0: nobody. Call it after each change of the ledger, too: one who is new is sent
 * reports at once. */
void guard_service_leader(struct guard_service *service, bool known, uint32_t leader);

void guard_service_status(const struct guard_service *service, struct guard_service_status *status);

/* What mariadbd is to start as, and with SLAVE the position beyond which its binary log is
 * copied first. */
enum guard_role guard_service_gate_word(const struct guard_service *service,
                                        struct gtid_position *base);

#endif
