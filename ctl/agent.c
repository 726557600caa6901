/* agent: the verbs that change the agents themselves. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "ctl/text.h"

enum { INVITE_MS = 3600 * 1000 };

enum ctl_exit verb_agent_add(struct ctl *ctl)
{
    const char *const *words = ctl->options.arguments;
    bool learner = option_given(&ctl->options, OPTION_LEARNER);
    json_t *body = json_pack("{s:s, s:s, s:s, s:b}", "name", words[0], "address", words[1], "key",
                             words[2], "voter", !learner);
    char done[LIMIT_TEXT_SIZE];
    enum ctl_exit status;

    if (body == NULL) {
        return ctl_fail(CTL_USAGE, "name, address or key is no text");
    }
    text_format(done, sizeof done, "agent %s is a member; %s", words[0],
                learner ? "it never votes"
                        : "it votes as soon as it has caught up: orchestratorctl agents");
    status = ctl_change(ctl, "POST", "/v1/agents", body, done);
    json_decref(body);
    return status;
}

enum ctl_exit verb_agent_invite(struct ctl *ctl)
{
    bool guard = option_given(&ctl->options, OPTION_GUARD);
    enum ctl_exit status = CTL_DONE;
    struct answer answer;
    uint64_t for_ms;
    struct err err = {0};
    json_t *body;

    if (guard && option_given(&ctl->options, OPTION_VOTER)) {
        return ctl_fail(CTL_USAGE, "--voter or --guard, not both");
    }
    if (option_duration(&ctl->options, OPTION_FOR, INVITE_MS, &for_ms, &err) != 0) {
        return ctl_fail(CTL_USAGE, "%s", err.text);
    }
    body = json_pack("{s:b, s:I}", "voter", !guard, "for_ms", (json_int_t)for_ms);
    client_ask(&ctl->client, "POST", "/v1/agents/invite", body, &answer);
    if (answer.status != 201) {
        status = ctl_fail_answer(&answer);
    } else if (ctl->json) {
        ctl_print_json(answer.body);
    } else {
        text_print(TEXT_PLAIN, json_text(answer.body, "line"));
        printf("\n");
    }
    answer_finish(&answer);
    json_decref(body);
    return status;
}

static void print_invitations(const json_t *invitations)
{
    struct table table;
    size_t index;
    json_t *invitation;

    table_init(&table, "INVITATION|AS|EXPIRES|USED");
    json_array_foreach(invitations, index, invitation)
    {
        bool voter = json_is_true(json_object_get(invitation, "voter"));
        bool used = json_is_true(json_object_get(invitation, "used"));

        table_add(&table, TEXT_PLAIN, json_text(invitation, "invitation"));
        table_add(&table, TEXT_PLAIN, voter ? "voter" : "guard");
        table_add(&table, TEXT_PLAIN, json_text(invitation, "expires"));
        table_add(&table, TEXT_PLAIN, used ? "yes" : "no");
    }
    table_print(&table);
    table_finish(&table);
}

enum ctl_exit verb_agent_invitations(struct ctl *ctl)
{
    struct answer answer;
    bool done;
    enum ctl_exit status = ctl_get(ctl, "/v1/invitations", &answer, &done);

    if (status != CTL_DONE) {
        return status;
    }
    if (!done) {
        print_invitations(json_object_get(answer.body, "invitations"));
    }
    answer_finish(&answer);
    return CTL_DONE;
}

enum ctl_exit verb_agent_uninvite(struct ctl *ctl)
{
    const char *name = ctl->options.arguments[0];
    char path[LIMIT_PATH_SIZE];
    char done[LIMIT_TEXT_SIZE];

    if (name[0] != '+' || !ctl_name_valid(name + 1)) { /* not repeated: it may be the secret line */
        return ctl_fail(CTL_USAGE, "this is no invitation; `agent invitations` lists them: +...");
    }
    text_format(path, sizeof path, "/v1/invitations/%s", name);
    text_format(done, sizeof done, "invitation %s lets nobody in any more", name);
    return ctl_change(ctl, "DELETE", path, NULL, done);
}

/* "/v1/agents/NAME" and what follows. */
static enum ctl_exit path_of(char path[LIMIT_PATH_SIZE], const char *name, const char *rest)
{
    bool fits =
        ctl_name_valid(name) && text_format(path, LIMIT_PATH_SIZE, "/v1/agents/%s%s", name, rest);

    return fits ? CTL_DONE : ctl_fail(CTL_USAGE, "%s is no name of an agent", name);
}

enum ctl_exit verb_agent_move(struct ctl *ctl)
{
    const char *const *words = ctl->options.arguments;
    char path[LIMIT_PATH_SIZE];
    char done[LIMIT_TEXT_SIZE];
    enum ctl_exit status = path_of(path, words[0], "");
    json_t *body;

    if (status != CTL_DONE) {
        return status;
    }
    body = json_pack("{s:s}", "address", words[1]);
    if (body == NULL) {
        return ctl_fail(CTL_USAGE, "the address is no text");
    }
    text_format(done, sizeof done, "the others look for agent %s at %s", words[0], words[1]);
    status = ctl_change(ctl, "PATCH", path, body, done);
    json_decref(body);
    return status;
}

enum ctl_exit verb_agent_remove(struct ctl *ctl)
{
    const char *name = ctl->options.arguments[0];
    char path[LIMIT_PATH_SIZE];
    char done[LIMIT_TEXT_SIZE];
    enum ctl_exit status = path_of(path, name, "");

    if (status != CTL_DONE) {
        return status;
    }
    text_format(done, sizeof done, "agent %s is removed; stop it on its host", name);
    return ctl_change(ctl, "DELETE", path, NULL, done);
}

/* The voter that has the most of the log, and doesn't lead; "" if there is none. */
static void best_successor(const json_t *agents, char name[LIMIT_NAME_SIZE])
{
    json_int_t best = -1;
    size_t index;
    json_t *agent;

    name[0] = '\0';
    json_array_foreach(agents, index, agent)
    {
        json_int_t applied = json_integer_value(json_object_get(agent, "applied"));

        if (json_is_true(json_object_get(agent, "voter")) &&
            json_is_true(json_object_get(agent, "connected")) &&
            strcmp(json_text(agent, "role"), "leader") != 0 && applied > best) {
            best = applied;
            text_copy(name, LIMIT_NAME_SIZE, json_text(agent, "name"));
        }
    }
}

static enum ctl_exit find_successor(struct ctl *ctl, char name[LIMIT_NAME_SIZE])
{
    struct answer answer;
    enum ctl_exit status = CTL_DONE;

    client_ask(&ctl->client, "GET", "/v1/agents", NULL, &answer);
    if (answer.status != 200) {
        status = ctl_fail_answer(&answer);
    } else {
        best_successor(json_object_get(answer.body, "agents"), name);
        if (name[0] == '\0') {
            status = ctl_fail(CTL_REFUSED, "no other voter can be reached; orchestratorctl agents");
        }
    }
    answer_finish(&answer);
    return status;
}

enum ctl_exit verb_agent_transfer(struct ctl *ctl)
{
    char best[LIMIT_NAME_SIZE];
    const char *name = ctl->options.argument_count > 0 ? ctl->options.arguments[0] : best;
    char path[LIMIT_PATH_SIZE];
    char done[LIMIT_TEXT_SIZE];
    enum ctl_exit status = name == best ? find_successor(ctl, best) : CTL_DONE;
    json_t *body;

    if (status == CTL_DONE) {
        status = path_of(path, name, "/lead");
    }
    if (status != CTL_DONE) {
        return status;
    }
    text_format(done, sizeof done, "agent %s leads", name);
    body = json_object();
    status = ctl_change(ctl, "POST", path, body, done);
    json_decref(body);
    return status;
}
