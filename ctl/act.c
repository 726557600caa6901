/* act: the verbs that begin an operation.
 *
 * At a terminal: the plan is asked for (dry_run), shown, and a person says yes.
 * Then the operation is begun and followed to its end. Without a terminal it
 * acts at once. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "ctl/show.h"
#include "ctl/wait.h"

enum { ACT_TIMEOUT_MS = 60000 };

static void set_flag(json_t *body, const struct ctl *ctl, enum option option, const char *field)
{
    if (option_given(&ctl->options, option)) {
        json_object_set_new(body, field, json_true());
    }
}

static int set_duration(json_t *body, const struct ctl *ctl, enum option option, const char *field,
                        struct err *err)
{
    uint64_t ms;

    if (!option_given(&ctl->options, option)) {
        return 0;
    }
    if (option_duration(&ctl->options, option, 0, &ms, err) != 0) {
        return err->code;
    }
    json_object_set_new(body, field, json_integer((json_int_t)ms));
    return 0;
}

static void show_plan(const json_t *body)
{
    const json_t *plan = json_object_get(body, "plan");

    printf("plan, nothing is done yet:\n");
    show_operation_title(plan);
    (void)show_operation_steps(plan, 0, true);
}

/* The plan; CTL_DONE if there is one. */
static enum ctl_exit dry_run(struct ctl *ctl, const char *path, const json_t *request)
{
    json_t *body = json_copy((json_t *)(uintptr_t)request);
    enum ctl_exit status = CTL_DONE;
    struct answer answer;

    json_object_set_new(body, "dry_run", json_true());
    client_ask(&ctl->client, "POST", path, body, &answer);
    if (answer.status != 200) {
        status = ctl_fail_answer(&answer);
    } else if (ctl->json) {
        ctl_print_json(answer.body);
    } else {
        show_plan(answer.body);
    }
    answer_finish(&answer);
    json_decref(body);
    return status;
}

static bool agreed(void)
{
    char line[16];

    printf("go on? [y/N] ");
    fflush(stdout);
    return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

static enum ctl_exit begin(struct ctl *ctl, const char *path, const json_t *body,
                           uint64_t timeout_ms)
{
    struct answer answer;
    enum ctl_exit status = CTL_DONE;
    json_int_t id;

    client_ask(&ctl->client, "POST", path, body, &answer);
    id = json_integer_value(json_object_get(answer.body, "id"));
    if (answer.status != 202 || id <= 0) {
        status = ctl_fail_answer(&answer);
    } else if (!option_given(&ctl->options, OPTION_NO_WAIT)) {
        status = wait_for_operation(ctl, (uint64_t)id, true, timeout_ms);
    } else if (ctl->json) {
        ctl_print_json(answer.body);
    } else {
        printf("%lld\n", (long long)id);
    }
    answer_finish(&answer);
    return status;
}

static enum ctl_exit act(struct ctl *ctl, const char *verb, const json_t *body)
{
    char cluster[LIMIT_NAME_SIZE];
    char path[LIMIT_PATH_SIZE];
    uint64_t timeout_ms;
    struct err err = {0};
    enum ctl_exit status;

    if (option_duration(&ctl->options, OPTION_TIMEOUT, ACT_TIMEOUT_MS, &timeout_ms, &err) != 0) {
        return ctl_fail(CTL_USAGE, "%s", err.text);
    }
    status = ctl_cluster(ctl, cluster);
    if (status != CTL_DONE) {
        return status;
    }
    text_format(path, sizeof path, "/v1/clusters/%s/%s", cluster, verb);
    if (option_given(&ctl->options, OPTION_DRY_RUN)) {
        return dry_run(ctl, path, body);
    }
    if (ctl->interactive && !option_given(&ctl->options, OPTION_YES)) {
        status = dry_run(ctl, path, body);
        if (status != CTL_DONE) {
            return status;
        }
        if (!agreed()) {
            return ctl_fail(CTL_FAILED, "nothing was done");
        }
    }
    return begin(ctl, path, body, timeout_ms);
}

enum ctl_exit verb_switchover(struct ctl *ctl)
{
    json_t *body = json_object();
    const char *to = option_text(&ctl->options, OPTION_TO);
    struct err err = {0};
    enum ctl_exit status;

    if (to != NULL) {
        json_object_set_new(body, "to", json_string(to));
    }
    if (set_duration(body, ctl, OPTION_DEADLINE, "deadline_ms", &err) != 0 ||
        set_duration(body, ctl, OPTION_MAX_LAG, "max_lag_ms", &err) != 0) {
        status = ctl_fail(CTL_USAGE, "%s", err.text);
    } else {
        status = act(ctl, "switchover", body);
    }
    json_decref(body);
    return status;
}

enum ctl_exit verb_failover(struct ctl *ctl)
{
    json_t *body = json_object();
    const char *to = option_text(&ctl->options, OPTION_TO);
    enum ctl_exit status;

    if (to != NULL) {
        json_object_set_new(body, "to", json_string(to));
    }
    set_flag(body, ctl, OPTION_OLD_PRIMARY_IS_DEAD, "old_primary_is_dead");
    set_flag(body, ctl, OPTION_ALLOW_DATA_LOSS, "allow_data_loss");
    status = act(ctl, "failover", body);
    json_decref(body);
    return status;
}
