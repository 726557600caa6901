/* view_operation: operations with their steps and proofs, and what became of them. */
#include <stdlib.h>

#include "daemon/api/compose.h"
#include "daemon/api/view.h"

enum { VIEW_OPERATIONS = LIMIT_CLUSTERS * (LIMIT_OPERATIONS + 1) };

/* Only these two move the primary, and owe proofs. */
static bool moves(const struct operation *operation)
{
    return operation->kind == OPERATION_KIND_FAILOVER ||
           operation->kind == OPERATION_KIND_SWITCHOVER;
}

static json_t *one_writer(const struct operation *operation)
{
    const struct operation_one_writer *writer = &operation->one_writer;
    json_t *except = json_array();

    if (!moves(operation)) {
        json_decref(except);
        return json_null();
    }
    if (writer->except_deadman) {
        json_array_append_new(except, json_string("deadman"));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:I, s:o}", "proof", operation_proof_name(writer->proof),
                     "by", compose_text(writer->by), "at", compose_time(writer->at_ms), "epoch",
                     compose_number(writer->epoch), "waited_ms", (json_int_t)writer->waited_ms,
                     "except", except);
}

/* null until a candidate is chosen: nothing can be said before. */
static json_t *data_loss(const struct operation *operation)
{
    const struct operation_data_loss *loss = &operation->data_loss;
    json_t *transactions = json_null();

    if (!moves(operation) || operation->to[0] == '\0') {
        return json_null();
    }
    if (loss->verdict == OPERATION_VERDICT_BOUNDED) {
        transactions = compose_count(loss->transactions);
    } else if (loss->verdict == OPERATION_VERDICT_NONE) {
        transactions = compose_count(0);
    }
    return json_pack("{s:s, s:o, s:o, s:o}", "verdict", operation_verdict_name(loss->verdict),
                     "how", compose_text(loss->how), "transactions", transactions, "after_gtid",
                     loss->after.count > 0 ? compose_position(&loss->after) : json_null());
}

static json_t *steps(const struct operation *operation)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < operation->step_count; i++) {
        const struct operation_step *step = &operation->steps[i];

        json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s, s:I, s:o, s:s, s:s, s:b, s:I}", "name",
                      operation_action_name(step->action), "target", step->target, "state",
                      operation_step_state_name(step->state), "ms", (json_int_t)step->ms, "detail",
                      compose_text(step->detail), "does", operation_action_does(step->action),
                      "phase", operation_state_name(step->phase), "required", step->required,
                      "deadline_ms", (json_int_t)step->deadline_ms));
    }
    return list;
}

static json_t *outcome(const struct operation *operation)
{
    return operation->outcome != OPERATION_OUTCOME_NONE
               ? json_string(operation_outcome_name(operation->outcome))
               : json_null();
}

json_t *view_operation(const struct operation *operation)
{
    json_t *object = json_pack(
        "{s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "id",
        (json_int_t)operation->id, "kind", operation_kind_name(operation->kind), "cluster",
        operation->cluster, "state", operation_state_name(operation->state), "cause",
        compose_text(operation->cause), "from", compose_text(operation->from), "to",
        compose_text(operation->to), "wanted", compose_text(operation->wanted), "epoch",
        (json_int_t)operation->epoch, "started", compose_time(operation->started_ms), "finished",
        compose_time(operation->finished_ms), "outcome", outcome(operation), "failure",
        compose_text(operation->failure));

    json_object_set_new(object, "one_writer", one_writer(operation));
    json_object_set_new(object, "data_loss", data_loss(operation));
    json_object_set_new(object, "steps", steps(operation));
    return object;
}

/* ---- lists, the newest first -------------------------------------------------------- */

static int newest_first(const void *a, const void *b)
{
    const struct operation *const *left = a;
    const struct operation *const *right = b;

    return ((*left)->id < (*right)->id) - ((*left)->id > (*right)->id);
}

static size_t collect(const struct api_view *view, bool running,
                      const struct operation *operations[VIEW_OPERATIONS])
{
    size_t count = 0;

    for (uint32_t i = 0; i < view->ledger->cluster_count; i++) {
        const struct ledger_cluster *cluster = &view->ledger->clusters[i];

        if (running && ledger_operation_running(cluster)) {
            operations[count++] = &cluster->operation;
        }
        for (uint32_t j = 0; j < cluster->past_count; j++) {
            operations[count++] = &cluster->past[j];
        }
    }
    qsort(operations, count, sizeof operations[0], newest_first);
    return count;
}

json_t *view_operations(const struct api_view *view)
{
    const struct operation *operations[VIEW_OPERATIONS] = {NULL};
    size_t count = collect(view, true, operations);
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, view_operation(operations[i]));
    }
    return list;
}

json_t *view_history(const struct api_view *view)
{
    const struct operation *operations[VIEW_OPERATIONS] = {NULL};
    size_t count = collect(view, false, operations);
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct operation *operation = operations[i];
        uint64_t ms = operation->finished_ms > operation->started_ms
                          ? operation->finished_ms - operation->started_ms
                          : 0;

        json_array_append_new(
            list,
            json_pack("{s:o, s:I, s:s, s:s, s:o, s:o, s:I, s:o, s:o, s:I}", "time",
                      compose_time(operation->finished_ms), "operation", (json_int_t)operation->id,
                      "cluster", operation->cluster, "kind", operation_kind_name(operation->kind),
                      "from", compose_text(operation->from), "to", compose_text(operation->to),
                      "epoch", (json_int_t)operation->epoch, "outcome", outcome(operation), "cause",
                      compose_text(operation->cause), "ms", (json_int_t)ms));
    }
    return list;
}
