/* ledger_fixture: a ledger of one cluster of three, and the commands that move it.
 * Include once, in a test file. */
#ifndef TESTS_UNIT_TOPOLOGY_LEDGER_FIXTURE_H
#define TESTS_UNIT_TOPOLOGY_LEDGER_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "tests/unit/main.h"
#include "topology/command.h"
#include "topology/ledger.h"

struct fixture {
    struct ledger *ledger;
    struct buf buf;
    struct err err;
};

static const struct command_stamp stamp = {.by = "a1", .at_ms = 1000};

static inline int fixture_apply(struct fixture *fixture)
{
    int rc;

    ck_assert(buf_ok(&fixture->buf));
    rc = ledger_apply(fixture->ledger, fixture->ledger->index + 1, 1, fixture->buf.data,
                      fixture->buf.length, &fixture->err);
    buf_reset(&fixture->buf);
    return rc;
}

static inline struct ledger_server fixture_server(const char *name)
{
    struct ledger_server server = {.priority = 100};

    text_copy(server.name, sizeof server.name, name);
    text_format(server.address, sizeof server.address, "127.0.0.1:33%s", name + 2);
    return server;
}

static inline int fixture_create(struct fixture *fixture, const char *name, const char *first)
{
    struct ledger_server servers[3];
    char text[LIMIT_NAME_SIZE];

    for (int i = 0; i < 3; i++) {
        text_format(text, sizeof text, "%s%d", first, i + 1);
        servers[i] = fixture_server(text);
        text_format(servers[i].address, sizeof servers[i].address, "127.0.%u.1:33%s",
                    fixture->ledger->cluster_count, text + 2);
    }
    command_cluster_create(&fixture->buf, stamp, name, servers, 3, "", NULL, 0);
    return fixture_apply(fixture);
}

static inline struct gtid_position position_of(const char *text)
{
    struct gtid_position position = {0};

    ck_assert_int_eq(gtid_parse(&position, text, NULL), 0);
    return position;
}

/* Cluster `main` of db1 (primary), db2, db3, in epoch 1, automation on. */
static inline void fixture_init(struct fixture *fixture)
{
    struct command_setting on = {"automation", "on"};

    fixture->ledger = malloc(sizeof *fixture->ledger);
    ck_assert_ptr_nonnull(fixture->ledger);
    ledger_init(fixture->ledger);
    buf_init(&fixture->buf, LIMIT_SNAPSHOT_BYTES);
    ck_assert_int_eq(fixture_create(fixture, "main", "db"), 0);
    command_cluster_set(&fixture->buf, stamp, "main", &on, 1);
    ck_assert_int_eq(fixture_apply(fixture), 0);
}

static inline void fixture_finish(struct fixture *fixture)
{
    buf_finish(&fixture->buf);
    free(fixture->ledger);
}

static struct ledger_cluster *fixture_cluster(struct fixture *fixture)
{
    return &fixture->ledger->clusters[0];
}

static inline struct operation fixture_operation(enum operation_kind kind, uint64_t epoch)
{
    struct operation operation = {.kind = kind, .epoch = epoch};

    text_copy(operation.cluster, sizeof operation.cluster, "main");
    return operation;
}

static inline int fixture_declare(struct fixture *fixture, const struct operation *operation)
{
    command_declare(&fixture->buf, stamp, operation, fixture_cluster(fixture)->epoch);
    return fixture_apply(fixture);
}

static inline struct operation fixture_failover(struct fixture *fixture)
{
    const struct ledger_cluster *cluster = fixture_cluster(fixture);
    struct operation operation = fixture_operation(OPERATION_KIND_FAILOVER, cluster->epoch + 1);

    text_copy(operation.from, sizeof operation.from, cluster->primary);
    operation_step_add(&operation, OPERATION_ACTION_REVOKE, cluster->primary, OPERATION_REVOKING,
                       true);
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        if (strcmp(cluster->servers[i].name, cluster->primary) != 0) {
            operation_step_add(&operation, OPERATION_ACTION_STOP_IO, cluster->servers[i].name,
                               OPERATION_REVOKED, false);
        }
    }
    return operation;
}

static inline int fixture_step(struct fixture *fixture, uint32_t step,
                               enum operation_step_state state, enum operation_proof proof,
                               const char *position)
{
    struct command_step_result result = {
        .cluster = "main",
        .operation = fixture_cluster(fixture)->operation.id,
        .step = step,
        .state = state,
        .detail = "",
        .proof = proof,
        .proof_by = "db1",
        .position = position_of(position),
    };

    command_step_result(&fixture->buf, stamp, &result);
    return fixture_apply(fixture);
}

static inline int fixture_choose(struct fixture *fixture, const char *to,
                                 const struct operation_step *steps, uint32_t step_count)
{
    struct command_choose choose = {
        .cluster = "main",
        .operation = fixture_cluster(fixture)->operation.id,
        .to = to,
        .data_loss = {.verdict = OPERATION_VERDICT_UNKNOWN},
        .steps = steps,
        .step_count = step_count,
    };

    command_choose(&fixture->buf, stamp, &choose);
    return fixture_apply(fixture);
}

static inline void walk_to_done(struct fixture *fixture)
{
    struct operation rest = {0};
    struct operation operation = fixture_failover(fixture);

    ck_assert_int_eq(fixture_declare(fixture, &operation), 0);
    ck_assert_int_eq(fixture_step(fixture, 0, OPERATION_STEP_DONE, OPERATION_PROOF_STOPPED, ""), 0);
    ck_assert_int_eq(fixture_cluster(fixture)->operation.state, OPERATION_REVOKED);
    fixture_step(fixture, 1, OPERATION_STEP_DONE, OPERATION_PROOF_NONE, "0-1-10");
    fixture_step(fixture, 2, OPERATION_STEP_FAILED, OPERATION_PROOF_NONE, "");
    operation_step_add(&rest, OPERATION_ACTION_DRAIN, "db2", OPERATION_CHOSEN, true);
    operation_step_add(&rest, OPERATION_ACTION_PROMOTE, "db2", OPERATION_DRAINED, true);
    operation_step_add(&rest, OPERATION_ACTION_REPOINT, "db3", OPERATION_DRAINED, false);
    operation_step_add(&rest, OPERATION_ACTION_FINISH, "db2", OPERATION_PROMOTED, false);
    ck_assert_int_eq(fixture_choose(fixture, "db2", rest.steps, rest.step_count), 0);
}

#endif
