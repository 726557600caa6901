/* change: the verbs that write to the ledger and are done when it is committed. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "ctl/text.h"

/* Splits "KEY=VALUE" at its first '='; false if there is none or the key is empty
 * or too long. */
static bool split(const char *word, char *key, const char **value)
{
    const char *equals = strchr(word, '=');

    if (equals == NULL || equals == word || equals - word >= LIMIT_NAME_SIZE) {
        return false;
    }
    text_format(key, LIMIT_NAME_SIZE, "%.*s", (int)(equals - word), word);
    *value = equals + 1;
    return true;
}

enum ctl_exit ctl_change(struct ctl *ctl, const char *method, const char *path, const json_t *body,
                         const char *done)
{
    struct answer answer;
    enum ctl_exit status = CTL_DONE;

    client_ask(&ctl->client, method, path, body, &answer);
    if (answer.status < 200 || answer.status >= 300) {
        status = ctl_fail_answer(&answer);
    } else if (ctl->json) {
        ctl_print_json(answer.body);
    } else if (json_text(answer.body, "token")[0] != '\0') {
        text_print(TEXT_PLAIN, json_text(answer.body, "token"));
        printf("\n");
    } else {
        printf("%s\n", done);
    }
    answer_finish(&answer);
    return status;
}

static enum ctl_exit add_servers(const struct ctl *ctl, json_t *body)
{
    json_t *servers = json_array();

    json_object_set_new(body, "servers", servers);
    for (int i = 1; i < ctl->options.argument_count; i++) {
        char name[LIMIT_NAME_SIZE];
        const char *address;

        if (!split(ctl->options.arguments[i], name, &address)) {
            return ctl_fail(CTL_USAGE, "%s is no server; accepted is NAME=IP:PORT",
                            ctl->options.arguments[i]);
        }
        json_array_append_new(servers, json_pack("{s:s, s:s}", "name", name, "address", address));
    }
    return CTL_DONE;
}

static enum ctl_exit add_settings(const struct ctl *ctl, json_t *settings)
{
    const char *durability = option_text(&ctl->options, OPTION_DURABILITY);
    const char *automation = option_text(&ctl->options, OPTION_AUTOMATION);

    if (durability != NULL) {
        json_object_set_new(settings, "durability", json_string(durability));
    }
    if (automation != NULL) {
        json_object_set_new(settings, "automation", json_string(automation));
    }
    for (unsigned i = 0; i < ctl->options.given_count; i++) {
        char key[LIMIT_NAME_SIZE];
        const char *value;

        if (ctl->options.given[i].option != OPTION_SET) {
            continue;
        }
        if (!split(ctl->options.given[i].value, key, &value)) {
            return ctl_fail(CTL_USAGE, "--set %s: accepted is KEY=VALUE",
                            ctl->options.given[i].value);
        }
        json_object_set_new(settings, key, json_string(value));
    }
    return CTL_DONE;
}

enum ctl_exit verb_cluster_create(struct ctl *ctl)
{
    const char *primary = option_text(&ctl->options, OPTION_PRIMARY);
    json_t *settings = json_object();
    json_t *body = json_pack("{s:s, s:o}", "name", ctl->options.arguments[0], "settings", settings);
    char done[LIMIT_TEXT_SIZE];
    enum ctl_exit status;

    if (body == NULL) {
        return ctl_fail(CTL_USAGE, "the name is no text");
    }
    if (primary != NULL) {
        json_object_set_new(body, "primary", json_string(primary));
    }
    text_format(done, sizeof done, "cluster %s is in the ledger; orchestratorctl status shows it",
                ctl->options.arguments[0]);
    status = add_servers(ctl, body);
    if (status == CTL_DONE) {
        status = add_settings(ctl, settings);
    }
    if (status == CTL_DONE) {
        status = ctl_change(ctl, "POST", "/v1/clusters", body, done);
    }
    json_decref(body);
    return status;
}

enum ctl_exit verb_cluster_set(struct ctl *ctl)
{
    json_t *body = json_object();
    char name[LIMIT_NAME_SIZE];
    char path[LIMIT_PATH_SIZE];
    enum ctl_exit status = ctl_cluster(ctl, name);

    for (int i = 1; status == CTL_DONE && i < ctl->options.argument_count; i++) {
        char key[LIMIT_NAME_SIZE];
        const char *value;

        if (split(ctl->options.arguments[i], key, &value)) {
            json_object_set_new(body, key, json_string(value));
        } else {
            status = ctl_fail(CTL_USAGE, "%s: accepted is KEY=VALUE", ctl->options.arguments[i]);
        }
    }
    if (status == CTL_DONE) {
        text_format(path, sizeof path, "/v1/clusters/%s", name);
        status = ctl_change(ctl, "PATCH", path, body, "set");
    }
    json_decref(body);
    return status;
}

enum ctl_exit verb_token_create(struct ctl *ctl)
{
    const char *role = option_text(&ctl->options, OPTION_ROLE);
    enum ctl_exit status;
    json_t *body;

    if (role == NULL) {
        return ctl_fail(CTL_USAGE, "--role is missing: viewer, operator or admin");
    }
    body = json_pack("{s:s, s:s}", "name", ctl->options.arguments[0], "role", role);
    status = body != NULL ? ctl_change(ctl, "POST", "/v1/tokens", body, "")
                          : ctl_fail(CTL_USAGE, "the name is no text");
    json_decref(body);
    return status;
}
