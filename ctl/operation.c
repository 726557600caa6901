/* operation: how an operation is told, and the verbs that look at one. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "ctl/show.h"
#include "ctl/wait.h"

enum { OPERATION_TIMEOUT_MS = 60000 };

void show_operation_title(const json_t *operation)
{
    const char *from = json_text(operation, "from");
    const char *to = json_text(operation, "to");
    const char *wanted = json_text(operation, "wanted");

    if (to[0] == '\0') {
        to = wanted[0] != '\0' ? wanted : "(to be chosen)";
    }
    text_print(TEXT_BOLD, json_text(operation, "kind"));
    printf(" of ");
    text_print(TEXT_BOLD, json_text(operation, "cluster"));
    printf(": ");
    if (from[0] != '\0') {
        text_print(TEXT_PLAIN, from);
        printf(" -> ");
    }
    text_print(TEXT_PLAIN, to);
    printf("\n");
}

static bool step_ended(const json_t *step)
{
    const char *state = json_text(step, "state");

    return strcmp(state, "pending") != 0 && strcmp(state, "running") != 0;
}

static void print_step(const json_t *step)
{
    const char *state = json_text(step, "state");
    const char *detail = json_text(step, "detail");

    printf("  ");
    text_print(style_of(state), state);
    text_pad("", strlen(state) < 9 ? 9 - strlen(state) : 1);
    text_pad(json_text(step, "name"), 9);
    text_pad(json_text(step, "target"), 13);
    if (step_ended(step)) {
        printf("%5lld ms  ", (long long)json_integer_value(json_object_get(step, "ms")));
    } else {
        printf("%10s", "");
    }
    text_print(TEXT_PLAIN, detail[0] != '\0' ? detail : json_text(step, "does"));
    printf("\n");
}

size_t show_operation_steps(const json_t *operation, size_t first, bool all)
{
    const json_t *steps = json_object_get(operation, "steps");

    while (first < json_array_size(steps) && (all || step_ended(json_array_get(steps, first)))) {
        print_step(json_array_get(steps, first++));
    }
    fflush(stdout);
    return first;
}

void show_operation_end(const json_t *operation)
{
    const json_t *one_writer = json_object_get(operation, "one_writer");
    const json_t *data_loss = json_object_get(operation, "data_loss");
    const char *outcome = json_text(operation, "outcome");

    text_print(outcome[0] != '\0' ? style_of(outcome) : TEXT_WARNING,
               outcome[0] != '\0' ? outcome : json_text(operation, "state"));
    if (json_text(operation, "failure")[0] != '\0') {
        printf(": ");
        text_print(TEXT_PLAIN, json_text(operation, "failure"));
    }
    printf("\n");
    if (json_is_object(one_writer)) {
        printf("  one writer: ");
        text_print(TEXT_PLAIN, json_text(one_writer, "proof"));
        printf(", by ");
        text_print(TEXT_PLAIN, json_text(one_writer, "by"));
        if (json_array_size(json_object_get(one_writer, "except")) > 0) {
            printf(", without a deadman");
        }
        printf("\n");
    }
    if (json_is_object(data_loss)) {
        printf("  data loss: ");
        text_print(TEXT_PLAIN, json_text(data_loss, "verdict"));
        if (json_text(data_loss, "how")[0] != '\0') {
            printf(", by ");
            text_print(TEXT_PLAIN, json_text(data_loss, "how"));
        }
        printf("\n");
    }
}

enum ctl_exit verb_operation(struct ctl *ctl)
{
    const char *text = ctl->options.arguments[0];
    struct answer answer;
    char path[LIMIT_PATH_SIZE];
    uint64_t timeout_ms;
    uint64_t id;
    bool done;
    struct err err = {0};
    enum ctl_exit status;

    if (!text_u64(text, strlen(text), INT64_MAX, &id) || id == 0) {
        return ctl_fail(CTL_USAGE, "%s is no id of an operation", text);
    }
    if (option_duration(&ctl->options, OPTION_TIMEOUT, OPERATION_TIMEOUT_MS, &timeout_ms, &err) !=
        0) {
        return ctl_fail(CTL_USAGE, "%s", err.text);
    }
    if (option_given(&ctl->options, OPTION_FOLLOW)) {
        return wait_for_operation(ctl, id, false, timeout_ms);
    }
    text_format(path, sizeof path, "/v1/operations/%llu", (unsigned long long)id);
    status = ctl_get(ctl, path, &answer, &done);
    if (status != CTL_DONE) {
        return status;
    }
    if (!done) {
        show_operation_title(answer.body);
        (void)show_operation_steps(answer.body, 0, true);
        show_operation_end(answer.body);
    }
    answer_finish(&answer);
    return CTL_DONE;
}

static void print_operations(const json_t *operations)
{
    struct table table;
    size_t index;
    json_t *operation;

    table_init(&table, "ID|KIND|CLUSTER|FROM|TO|STATE|OUTCOME|STARTED|CAUSE");
    json_array_foreach(operations, index, operation)
    {
        const char *outcome = json_text(operation, "outcome");

        table_add_number(&table, json_object_get(operation, "id"), "");
        table_add(&table, TEXT_PLAIN, json_text(operation, "kind"));
        table_add(&table, TEXT_PLAIN, json_text(operation, "cluster"));
        table_add(&table, TEXT_PLAIN, json_text(operation, "from"));
        table_add(&table, TEXT_PLAIN, json_text(operation, "to"));
        table_add(&table, TEXT_PLAIN, json_text(operation, "state"));
        table_add(&table, style_of(outcome), outcome);
        table_add(&table, TEXT_PLAIN, json_text(operation, "started"));
        table_add(&table, TEXT_PLAIN, json_text(operation, "cause"));
    }
    table_print(&table);
    table_finish(&table);
}

static void print_history(const json_t *history)
{
    struct table table;
    size_t index;
    json_t *entry;

    table_init(&table, "TIME|CLUSTER|KIND|FROM|TO|EPOCH|OUTCOME|TOOK|CAUSE");
    json_array_foreach(history, index, entry)
    {
        const char *outcome = json_text(entry, "outcome");

        table_add(&table, TEXT_PLAIN, json_text(entry, "time"));
        table_add(&table, TEXT_PLAIN, json_text(entry, "cluster"));
        table_add(&table, TEXT_PLAIN, json_text(entry, "kind"));
        table_add(&table, TEXT_PLAIN, json_text(entry, "from"));
        table_add(&table, TEXT_PLAIN, json_text(entry, "to"));
        table_add_number(&table, json_object_get(entry, "epoch"), "");
        table_add(&table, style_of(outcome), outcome);
        table_add_number(&table, json_object_get(entry, "ms"), " ms");
        table_add(&table, TEXT_PLAIN, json_text(entry, "cause"));
    }
    table_print(&table);
    table_finish(&table);
}

/* A list under `name`, of one cluster unless it is NULL. */
static enum ctl_exit list(struct ctl *ctl, const char *name, const char *cluster,
                          void (*print)(const json_t *list))
{
    char path[LIMIT_PATH_SIZE];
    struct answer answer;
    bool done;
    enum ctl_exit status;

    if (cluster != NULL && !ctl_name_valid(cluster)) {
        return ctl_fail(CTL_USAGE, "%s is no name", cluster);
    }
    text_format(path, sizeof path, "/v1/%s%s%s", name, cluster != NULL ? "?cluster=" : "",
                cluster != NULL ? cluster : "");
    status = ctl_get(ctl, path, &answer, &done);
    if (status != CTL_DONE) {
        return status;
    }
    if (!done) {
        print(json_object_get(answer.body, name));
    }
    answer_finish(&answer);
    return CTL_DONE;
}

enum ctl_exit verb_operations(struct ctl *ctl)
{
    return list(ctl, "operations", option_text(&ctl->options, OPTION_CLUSTER), print_operations);
}

enum ctl_exit verb_history(struct ctl *ctl)
{
    return list(ctl, "history", ctl->options.argument_count > 0 ? ctl->options.arguments[0] : NULL,
                print_history);
}
