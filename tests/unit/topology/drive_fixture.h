/* drive_fixture: what a leader has: a ledger, a model, a drive, on the stage of a test.
 * Include once, in a test file. */
#ifndef TESTS_UNIT_TOPOLOGY_DRIVE_FIXTURE_H
#define TESTS_UNIT_TOPOLOGY_DRIVE_FIXTURE_H

#include "tests/unit/topology/ledger_fixture.h"
#include "topology/drive.h"

/* The ledger, a model in which every guard is connected, and a drive over them. */
struct stage {
    struct fixture fixture;
    struct model *model;
    struct drive drive;
    struct drive_update *update;
    uint64_t now_ms;
    uint64_t lease_expired_at_ms;
};

static inline void guard_reports(struct stage *stage, const char *server,
                                 enum order_testimony testimony)
{
    struct order_report report = {.start_id = 77, .testimony = testimony};

    text_copy(report.server, sizeof report.server, server);
    model_guard_connected(stage->model, server, true);
    model_reported(stage->model, stage->now_ms, &report);
}

static inline void stage_init(struct stage *stage)
{
    fixture_init(&stage->fixture);
    stage->model = malloc(sizeof *stage->model);
    stage->update = malloc(sizeof *stage->update);
    ck_assert(stage->model != NULL && stage->update != NULL);
    model_init(stage->model);
    model_follow(stage->model, stage->fixture.ledger);
    stage->now_ms = 100000;
    stage->lease_expired_at_ms = 103080;
    guard_reports(stage, "db1", ORDER_STOPPED);
    guard_reports(stage, "db2", ORDER_ANSWERING);
    guard_reports(stage, "db3", ORDER_ANSWERING);
    drive_begin(&stage->drive, stage->now_ms);
}

static inline void stage_finish(struct stage *stage)
{
    fixture_finish(&stage->fixture);
    free(stage->model);
    free(stage->update);
}

static inline void failover_begins(struct stage *stage)
{
    struct operation operation = fixture_failover(&stage->fixture);

    ck_assert_int_eq(fixture_declare(&stage->fixture, &operation), 0);
}

#endif
