/* command: makes the commands that ledger_apply() takes, as bytes.
 *
 * Each call appends one encoded Command (proto/command.proto) to `buf`; check
 * buf_ok(). `by` is the agent or the person, `at_ms` the wall clock: both are for
 * people. Nothing here decides or checks: the ledger does. */
#ifndef TOPOLOGY_COMMAND_H
#define TOPOLOGY_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "topology/ledger.h"
#include "topology/operation.h"

struct command_stamp {
    const char *by;
    uint64_t at_ms;
};

struct command_setting {
    const char *key;
    const char *value;
};

/* `primary` may be "": the first server. */
void command_cluster_create(struct buf *buf, struct command_stamp stamp, const char *name,
                            const struct ledger_server *servers, size_t server_count,
                            const char *primary, const struct command_setting *settings,
                            size_t setting_count);
void command_cluster_set(struct buf *buf, struct command_stamp stamp, const char *cluster,
                         const struct command_setting *settings, size_t setting_count);
void command_server_guard(struct buf *buf, struct command_stamp stamp, const char *cluster,
                          const char *server, const char *agent);
void command_token_create(struct buf *buf, struct command_stamp stamp,
                          const struct ledger_token *token);

void command_feature_level(struct buf *buf, struct command_stamp stamp, uint32_t level);
void command_invite(struct buf *buf, struct command_stamp stamp,
                    const struct ledger_invitation *invitation);
void command_invitation_use(struct buf *buf, struct command_stamp stamp, const char *name,
                            const uint8_t key[KEYS_BYTES]);
void command_invitation_forget(struct buf *buf, struct command_stamp stamp, const char *name);

/* `epoch`: the cluster's epoch that the operation was planned in. */
void command_declare(struct buf *buf, struct command_stamp stamp, const struct operation *operation,
                     uint64_t epoch);

struct command_step_result {
    const char *cluster;
    uint64_t operation;
    uint32_t step;
    enum operation_step_state state; /* done or failed */
    uint32_t ms;
    const char *detail;
    struct gtid_position position;
    enum operation_proof proof;
    const char *proof_by;
    uint64_t proof_waited_ms;
    bool except_deadman;
};

void command_step_result(struct buf *buf, struct command_stamp stamp,
                         const struct command_step_result *result);

struct command_choose {
    const char *cluster;
    uint64_t operation;
    const char *to;
    struct operation_data_loss data_loss;
    const struct operation_step *steps;
    uint32_t step_count;
};

void command_choose(struct buf *buf, struct command_stamp stamp,
                    const struct command_choose *choose);
void command_abort(struct buf *buf, struct command_stamp stamp, const char *cluster,
                   uint64_t operation, const char *reason);

#endif
