#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "ctl/text.h"

enum { CTL_OLD_MS = 3000 };

void ctl_print_json(const json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
}

static enum ctl_exit exit_of_status(int status)
{
    static const struct {
        int status;
        enum ctl_exit exit;
    } map[] = {
        {0, CTL_UNREACHABLE},     {400, CTL_USAGE},       {401, CTL_NOT_PERMITTED},
        {403, CTL_NOT_PERMITTED}, {409, CTL_REFUSED},     {412, CTL_REFUSED},
        {422, CTL_REFUSED},       {503, CTL_UNREACHABLE}, {504, CTL_UNREACHABLE},
    };

    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++) {
        if (map[i].status == status) {
            return map[i].exit;
        }
    }
    return CTL_FAILED;
}

enum ctl_exit ctl_fail_answer(const struct answer *answer)
{
    enum ctl_exit status = exit_of_status(answer->status);
    const char *title = json_text(answer->body, "title");
    const char *detail = json_text(answer->body, "detail");
    const char *suggestion = json_text(answer->body, "suggestion");

    if (answer->status == 0) {
        return ctl_fail(status, "no agent could be reached: %s", answer->err.text);
    }
    if (title[0] == '\0') {
        return ctl_fail(status, "the agent answered with status %d and no reason", answer->status);
    }
    ctl_fail(status, "%s%s%s", title, detail[0] != '\0' ? ": " : "", detail);
    if (suggestion[0] != '\0') {
        ctl_fail(status, "what would help: %s", suggestion);
    }
    return status;
}

/* Agents show the newest picture that they have. Without a leader that is an old one. */
static void tell_age(const json_t *answer)
{
    json_int_t age_ms = json_integer_value(json_object_get(answer, "age_ms"));

    if (age_ms >= CTL_OLD_MS) {
        text_print(TEXT_WARNING, "this is what was seen at ");
        text_print(TEXT_WARNING, json_text(answer, "as_of"));
        printf(", %lld s ago: no leader tells this agent more\n\n", (long long)age_ms / 1000);
    }
}

enum ctl_exit ctl_get(struct ctl *ctl, const char *path, struct answer *answer, bool *done)
{
    *done = false;
    client_ask(&ctl->client, "GET", path, NULL, answer);
    if (answer->status != 200 || !json_is_object(answer->body)) {
        enum ctl_exit status = ctl_fail_answer(answer);

        answer_finish(answer);
        return status;
    }
    if (ctl->json) {
        ctl_print_json(answer->body);
        *done = true;
    } else {
        tell_age(answer->body);
    }
    return CTL_DONE;
}

bool ctl_name_valid(const char *name)
{
    return name[0] != '\0' && strlen(name) < LIMIT_NAME_SIZE &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") ==
               strlen(name);
}

/* The only cluster there is. */
static enum ctl_exit only_cluster(struct ctl *ctl, char *name)
{
    enum ctl_exit status = CTL_DONE;
    struct answer answer;
    const json_t *clusters;

    client_ask(&ctl->client, "GET", "/v1/clusters", NULL, &answer);
    clusters = json_object_get(answer.body, "clusters");
    if (answer.status != 200) {
        status = ctl_fail_answer(&answer);
    } else if (json_array_size(clusters) != 1) {
        status = ctl_fail(CTL_USAGE, "there are %zu clusters: name one", json_array_size(clusters));
    } else {
        text_copy(name, LIMIT_NAME_SIZE, json_text(json_array_get(clusters, 0), "name"));
    }
    answer_finish(&answer);
    return status;
}

enum ctl_exit ctl_cluster(struct ctl *ctl, char *name)
{
    if (ctl->options.argument_count == 0) {
        return only_cluster(ctl, name);
    }
    if (!ctl_name_valid(ctl->options.arguments[0])) {
        return ctl_fail(CTL_USAGE, "%s is no name", ctl->options.arguments[0]);
    }
    text_copy(name, LIMIT_NAME_SIZE, ctl->options.arguments[0]);
    return CTL_DONE;
}
