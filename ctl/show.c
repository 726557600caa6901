/* show: the verbs that only look. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "ctl/show.h"
#include "ctl/text.h"

enum text_style style_of(const char *word)
{
    static const struct {
        const char *word;
        enum text_style style;
    } styles[] = {
        {"healthy", TEXT_GOOD},    {"degraded", TEXT_WARNING},       {"failing_over", TEXT_WARNING},
        {"no_primary", TEXT_BAD},  {"switching_over", TEXT_WARNING}, {"primary", TEXT_BOLD},
        {"down", TEXT_BAD},        {"unreachable", TEXT_BAD},        {"fenced", TEXT_WARNING},
        {"unknown", TEXT_WARNING}, {"critical", TEXT_BAD},           {"warning", TEXT_WARNING},
        {"leader", TEXT_BOLD},     {"succeeded", TEXT_GOOD},         {"failed", TEXT_BAD},
        {"undone", TEXT_WARNING},  {"running", TEXT_WARNING},        {"silent", TEXT_BAD},
        {"quarantined", TEXT_BAD},
    };

    for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++) {
        if (strcmp(styles[i].word, word) == 0) {
            return styles[i].style;
        }
    }
    return TEXT_PLAIN;
}

static void add_styled(struct table *table, const json_t *object, const char *name)
{
    const char *word = json_text(object, name);

    table_add(table, style_of(word), word);
}

static void add_plain(struct table *table, const json_t *object, const char *name)
{
    table_add(table, TEXT_PLAIN, json_text(object, name));
}

static void add_flag(struct table *table, const json_t *flag, const char *yes, const char *no)
{
    table_add(table, TEXT_PLAIN, json_is_boolean(flag) ? json_is_true(flag) ? yes : no : "");
}

/* ---- parts ------------------------------------------------------------------------ */

static void print_agents(const json_t *agents)
{
    struct table table;
    size_t index;
    json_t *agent;

    table_init(&table, "AGENT|ROLE|KIND|TERM|COMMIT|APPLIED|CONTACT|STORAGE|VERSION|ADDRESS");
    json_array_foreach(agents, index, agent)
    {
        add_plain(&table, agent, "name");
        if (json_is_false(json_object_get(agent, "connected"))) {
            table_add(&table, TEXT_BAD, "unreachable");
        } else {
            add_styled(&table, agent, "role");
        }
        add_plain(&table, agent, "kind");
        table_add_number(&table, json_object_get(agent, "term"), "");
        table_add_number(&table, json_object_get(agent, "commit"), "");
        table_add_number(&table, json_object_get(agent, "applied"), "");
        table_add_number(&table, json_object_get(agent, "last_contact_ms"), " ms ago");
        add_plain(&table, agent, "storage");
        add_plain(&table, agent, "version");
        add_plain(&table, agent, "address");
    }
    table_print(&table);
    table_finish(&table);
}

static void print_clusters(const json_t *clusters)
{
    char count[LIMIT_NAME_SIZE];
    struct table table;
    size_t index;
    json_t *cluster;

    table_init(&table, "CLUSTER|STATE|PRIMARY|EPOCH|AUTOMATION|DURABILITY|SERVERS");
    json_array_foreach(clusters, index, cluster)
    {
        add_plain(&table, cluster, "name");
        add_styled(&table, cluster, "state");
        add_plain(&table, cluster, "primary");
        table_add_number(&table, json_object_get(cluster, "epoch"), "");
        add_plain(&table, cluster, "automation");
        add_plain(&table, json_object_get(cluster, "durability"), "mode");
        text_format(count, sizeof count, "%zu",
                    json_array_size(json_object_get(cluster, "servers")));
        table_add(&table, TEXT_PLAIN, count);
    }
    table_print(&table);
    table_finish(&table);
}

static void print_problems(const json_t *problems)
{
    size_t index;
    json_t *problem;

    if (json_array_size(problems) == 0) {
        text_print(TEXT_GOOD, "no problems");
        printf("\n");
    }
    json_array_foreach(problems, index, problem)
    {
        const char *severity = json_text(problem, "severity");
        const char *cluster = json_text(problem, "cluster");

        text_print(style_of(severity), severity);
        printf("  ");
        text_print(TEXT_BOLD, json_text(problem, "code"));
        if (cluster[0] != '\0') {
            printf("  ");
            text_print(TEXT_PLAIN, cluster);
        }
        printf("\n    ");
        text_print(TEXT_PLAIN, json_text(problem, "sentence"));
        if (json_text(problem, "would")[0] != '\0') {
            printf("\n    would: ");
            text_print(TEXT_PLAIN, json_text(problem, "would"));
        }
        if (json_text(problem, "suggestion")[0] != '\0') {
            printf("\n    try: ");
            text_print(TEXT_PLAIN, json_text(problem, "suggestion"));
        }
        printf("\n");
    }
}

static void add_server(struct table *table, const json_t *server, const char *name)
{
    const json_t *guard = json_object_get(server, "guard");
    const json_t *semi_sync = json_object_get(server, "semi_sync");
    const char *position = json_text(json_object_get(server, "gtid"), "applied");

    if (strcmp(json_text(server, "role"), "primary") == 0) {
        position = json_text(json_object_get(server, "gtid"), "binlog");
    }
    table_add(table, TEXT_PLAIN, name);
    add_styled(table, server, "role");
    add_styled(table, server, "state");
    add_flag(table, json_object_get(server, "read_only"), "read-only", "writable");
    table_add_number(table, json_object_get(server, "lag_ms"), " ms");
    table_add(table, TEXT_PLAIN, position);
    table_add(table, TEXT_PLAIN,
              json_is_true(json_object_get(semi_sync, "master"))  ? "source"
              : json_is_true(json_object_get(semi_sync, "slave")) ? "acker"
                                                                  : "");
    add_plain(table, guard, "agent");
    table_add_number(table, json_object_get(guard, "lease_ms_left"), " ms");
    add_plain(table, server, "address");
}

#define SERVER_HEADINGS "SERVER|ROLE|STATE|MODE|LAG|POSITION|SEMI-SYNC|GUARD|LEASE|ADDRESS"

static void add_branch(struct table *table, const json_t *server, unsigned depth)
{
    char name[LIMIT_TEXT_SIZE];
    size_t index;
    json_t *replica;

    text_format(name, sizeof name, "%*s%s%s", (int)(depth > 0 ? (depth - 1) * 3 : 0), "",
                depth > 0 ? "+- " : "", json_text(server, "name"));
    add_server(table, server, name);
    json_array_foreach(json_object_get(server, "replicas"), index, replica)
    {
        add_branch(table, replica, depth + 1);
    }
}

/* ---- verbs -------------------------------------------------------------------------- */

enum ctl_exit verb_status(struct ctl *ctl)
{
    struct answer answer;
    bool done;
    enum ctl_exit status = ctl_get(ctl, "/v1/status", &answer, &done);

    if (status != CTL_DONE) {
        return status;
    }
    if (!done) {
        print_clusters(json_object_get(answer.body, "clusters"));
        printf("\n");
        print_agents(json_object_get(answer.body, "agents"));
        printf("\n");
        print_problems(json_object_get(answer.body, "problems"));
    }
    answer_finish(&answer);
    return CTL_DONE;
}

enum ctl_exit verb_agents(struct ctl *ctl)
{
    struct answer answer;
    bool done;
    enum ctl_exit status = ctl_get(ctl, "/v1/agents", &answer, &done);

    if (status != CTL_DONE) {
        return status;
    }
    if (!done) {
        print_agents(json_object_get(answer.body, "agents"));
    }
    answer_finish(&answer);
    return CTL_DONE;
}

/* GETs something of one cluster. */
static enum ctl_exit get_cluster(struct ctl *ctl, const char *suffix, struct answer *answer,
                                 bool *done)
{
    char name[LIMIT_NAME_SIZE];
    char path[LIMIT_PATH_SIZE];
    enum ctl_exit status = ctl_cluster(ctl, name);

    if (status != CTL_DONE) {
        return status;
    }
    text_format(path, sizeof path, "/v1/clusters/%s%s", name, suffix);
    return ctl_get(ctl, path, answer, done);
}

enum ctl_exit verb_topology(struct ctl *ctl)
{
    struct answer answer;
    struct table table;
    bool done;
    size_t index;
    json_t *server;
    enum ctl_exit status = get_cluster(ctl, "/topology", &answer, &done);

    if (status != CTL_DONE) {
        return status;
    }
    if (!done) {
        table_init(&table, SERVER_HEADINGS);
        json_array_foreach(json_object_get(answer.body, "topology"), index, server)
        {
            add_branch(&table, server, 0);
        }
        table_print(&table);
        table_finish(&table);
    }
    answer_finish(&answer);
    return CTL_DONE;
}

enum ctl_exit verb_cluster_list(struct ctl *ctl)
{
    struct answer answer;
    bool done;
    enum ctl_exit status = ctl_get(ctl, "/v1/clusters", &answer, &done);

    if (status != CTL_DONE) {
        return status;
    }
    if (!done) {
        print_clusters(json_object_get(answer.body, "clusters"));
    }
    answer_finish(&answer);
    return CTL_DONE;
}

static void value_text(const json_t *value, char *text, size_t size)
{
    if (json_is_integer(value)) {
        text_format(text, size, "%lld", (long long)json_integer_value(value));
    } else {
        text_copy(text, size, json_is_string(value) ? json_string_value(value) : "");
    }
}

static void print_settings(const json_t *cluster)
{
    struct table table;
    const char *key;
    json_t *value;

    table_init(&table, "SETTING|VALUE|DEFAULT");
    json_object_foreach(json_object_get(cluster, "settings"), key, value)
    {
        const json_t *fallback = json_object_get(json_object_get(cluster, "defaults"), key);
        char text[LIMIT_NAME_SIZE];

        table_add(&table, TEXT_PLAIN, key);
        value_text(value, text, sizeof text);
        table_add(&table, json_equal(value, fallback) ? TEXT_PLAIN : TEXT_BOLD, text);
        value_text(fallback, text, sizeof text);
        table_add(&table, TEXT_DIM, text);
    }
    table_print(&table);
    table_finish(&table);
}

enum ctl_exit verb_cluster_show(struct ctl *ctl)
{
    struct answer answer;
    struct table table;
    bool done;
    size_t index;
    json_t *server;
    enum ctl_exit status = get_cluster(ctl, "", &answer, &done);

    if (status != CTL_DONE) {
        return status;
    }
    if (!done) {
        table_init(&table, SERVER_HEADINGS);
        json_array_foreach(json_object_get(answer.body, "servers"), index, server)
        {
            add_server(&table, server, json_text(server, "name"));
        }
        table_print(&table);
        table_finish(&table);
        printf("\n");
        print_settings(answer.body);
        printf("\n");
        print_problems(json_object_get(answer.body, "problems"));
    }
    answer_finish(&answer);
    return CTL_DONE;
}

static void print_candidates(const json_t *body)
{
    struct table table;
    size_t index;
    json_t *entry;

    table_init(&table, "SERVER|CAN BE PROMOTED|RECEIVED|WHY NOT");
    json_array_foreach(json_object_get(body, "check"), index, entry)
    {
        bool possible = json_is_true(json_object_get(entry, "possible"));

        add_plain(&table, entry, "server");
        table_add(&table, possible ? TEXT_GOOD : TEXT_WARNING, possible ? "yes" : "no");
        add_plain(&table, entry, "received");
        add_plain(&table, entry, "why_not");
    }
    table_print(&table);
    table_finish(&table);
}

enum ctl_exit verb_check(struct ctl *ctl)
{
    struct answer answer;
    bool done;
    bool possible;
    enum ctl_exit status = get_cluster(ctl, "/check", &answer, &done);

    if (status != CTL_DONE) {
        return status;
    }
    possible = json_is_true(json_object_get(answer.body, "possible"));
    if (!done) {
        if (possible) {
            printf("if the primary died now, ");
            text_print(TEXT_BOLD, json_text(answer.body, "candidate"));
            printf(" would be promoted\n\n");
        } else {
            printf("if the primary died now, nobody could be promoted");
            if (json_text(answer.body, "why_not")[0] != '\0') {
                printf(": ");
                text_print(TEXT_PLAIN, json_text(answer.body, "why_not"));
            }
            printf("\n\n");
        }
        print_candidates(answer.body);
    }
    answer_finish(&answer);
    return possible ? CTL_DONE : CTL_REFUSED;
}

enum ctl_exit verb_why_not(struct ctl *ctl)
{
    struct answer answer;
    char path[LIMIT_PATH_SIZE];
    char name[LIMIT_NAME_SIZE];
    bool done;
    enum ctl_exit status = ctl_cluster(ctl, name); /* the same rules for a server's name */

    if (status != CTL_DONE) {
        return status;
    }
    text_format(path, sizeof path, "/v1/servers/%s/why-not", name);
    status = ctl_get(ctl, path, &answer, &done);
    if (status != CTL_DONE) {
        return status;
    }
    if (!done) {
        text_print(TEXT_BOLD, name);
        printf(" ");
        text_print(TEXT_PLAIN, json_is_true(json_object_get(answer.body, "possible"))
                                   ? "can be promoted"
                                   : json_text(answer.body, "why_not"));
        printf("\n");
    }
    answer_finish(&answer);
    return CTL_DONE;
}
