/* order: what leader and guards say to each other, as plain structs.
 *
 * A guard runs every changing statement on its own server; the leader only sends
 * orders. An order carries (term, epoch, operation, step), and the guard refuses
 * one that is older than what it has seen (safety.md section 6). A report is the
 * guard's testimony. A lease request is answered only after a majority has
 * confirmed a round that was sent after it arrived (safety.md section 2).
 *
 * On the wire they are proto/guard.proto; topology/message.h translates. */
#ifndef TOPOLOGY_ORDER_H
#define TOPOLOGY_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "topology/gtid.h"
#include "topology/observation.h"
#include "topology/operation.h"

/* What a guard says of its server's process.
 *      name       json */
#define ORDER_TESTIMONY_MAP(X)                                                                     \
    X(UNKNOWN, "unknown")     /* not looked at yet */                                              \
    X(STOPPED, "stopped")     /* the process is gone, or can't run another instruction */          \
    X(ANSWERING, "answering") /* the local probe gets answers */                                   \
    X(SILENT, "silent")       /* the process is there, the probe gets none */

enum order_testimony {
#define X(name, json) ORDER_##name,
    ORDER_TESTIMONY_MAP(X)
#undef X
};

enum order_outcome {
    ORDER_DONE,
    ORDER_FAILED,  /* tried; `detail` says what went wrong */
    ORDER_REFUSED, /* older than what the guard has seen, or not for it */
};

struct order_report {
    char server[LIMIT_NAME_SIZE];
    uint64_t start_id; /* of the agent; new at every start */
    enum order_testimony testimony;
    uint32_t pid;
    bool writable;
    bool soft_fenced;     /* read_only and the read lock are held */
    uint64_t floor;       /* the lowest epoch that the guard still obeys */
    uint64_t lease_epoch; /* 0: none */
    uint32_t lease_ms_left;
    uint32_t observed_ms_ago;
    bool has_observation;
    struct observation observation;
    char extra[LIMIT_TEXT_SIZE]; /* transactions that the primary doesn't have */
    uint32_t saved_transactions; /* copied away by the gate at the last start */
};

struct order_lease_request {
    char server[LIMIT_NAME_SIZE];
    uint64_t start_id;
    uint64_t number; /* rises with every request of this start */
    uint64_t epoch;  /* for which it asks */
};

struct order_lease_answer {
    char server[LIMIT_NAME_SIZE];
    uint64_t start_id;
    uint64_t number; /* of the request that is answered */
    uint64_t epoch;
    uint64_t term;
    uint32_t length_ms; /* from the moment that the request was sent */
};

struct order {
    char cluster[LIMIT_NAME_SIZE];
    char server[LIMIT_NAME_SIZE];
    uint64_t start_id; /* of the agent that it is for */
    uint64_t term;
    uint64_t epoch; /* that the operation leads to */
    uint64_t operation;
    uint32_t step;
    enum operation_action action;
    uint32_t deadline_ms;                /* from its arrival */
    char source_server[LIMIT_NAME_SIZE]; /* REPOINT, ATTACH, CATCH_UP */
    char source_address[LIMIT_ADDRESS_SIZE];
    uint32_t source_id;            /* its server_id; 0: unknown */
    struct gtid_position position; /* DRAIN: to be reached; empty: what was received */
    bool has_history;
    struct gtid_state history; /* ATTACH, REPOINT: what the primary has written */
    bool lossless;             /* semi-sync wanted */
    bool leased;               /* automation was on when it was decided: PROMOTE needs a lease */
    uint32_t write_gap_ms;     /* DEMOTE: how long writes may be held up */
};

struct order_result {
    char server[LIMIT_NAME_SIZE];
    uint64_t term;
    uint64_t epoch;
    uint64_t operation;
    uint32_t step;
    enum order_outcome outcome;
    enum operation_proof proof; /* REVOKE, DEMOTE */
    uint32_t ms;
    char detail[LIMIT_TEXT_SIZE];
    struct gtid_position position;
};

enum order_kind {
    ORDER_KIND_REPORT,
    ORDER_KIND_LEASE_REQUEST,
    ORDER_KIND_LEASE_ANSWER,
    ORDER_KIND_ORDER,
    ORDER_KIND_RESULT,
};

struct order_message {
    uint32_t from; /* agents, as this process numbers them; never on the wire */
    uint32_t to;
    char from_name[LIMIT_NAME_SIZE]; /* on the wire */
    char to_name[LIMIT_NAME_SIZE];
    uint32_t hops;
    enum order_kind kind;
    union {
        struct order_report report;
        struct order_lease_request lease_request;
        struct order_lease_answer lease_answer;
        struct order order;
        struct order_result result;
    };
};

const char *order_testimony_name(enum order_testimony testimony);

#endif
