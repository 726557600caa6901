#include "topology/analyze.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "topology/candidate.h"
#include "topology/facts.h"
#include "topology/rules.h"

const char *analysis_state_name(enum analysis_state state)
{
    static const char *const names[] = {
#define X(name, json) json,
        ANALYSIS_STATE_MAP(X)
#undef X
    };

    assert((size_t)state < sizeof names / sizeof names[0]);
    return names[state];
}

const char *analysis_primary_name(enum analysis_primary primary)
{
    static const char *const names[] = {
#define X(name, json) json,
        ANALYSIS_PRIMARY_MAP(X)
#undef X
    };

    assert((size_t)primary < sizeof names / sizeof names[0]);
    return names[primary];
}

/* ---- words: what stands for the braces of a rule -------------------------------- */

enum { WORTH_TELLING_MS = 1000 };

struct words {
    const struct scene *scene;
    const struct ledger_server *server; /* that the finding is about */
    const struct ledger_server *candidate;
    const struct rule *rule;
    uint64_t since_ms;
    char room[LIMIT_TEXT_SIZE]; /* for a word that must be made */
};

static const char *word_cluster(struct words *words)
{
    return words->scene->cluster->name;
}

static const char *word_primary(struct words *words)
{
    return words->scene->cluster->primary;
}

static const char *word_server(struct words *words)
{
    return words->server->name;
}

static const char *word_agent(struct words *words)
{
    return words->server->agent;
}

static const char *word_candidate(struct words *words)
{
    return words->candidate == NULL ? "nobody" : words->candidate->name;
}

static void write_duration(char *text, size_t size, const char *before, uint64_t ms)
{
    text_format(text, size, "%s%llu.%llu s", before, (unsigned long long)(ms / 1000),
                (unsigned long long)(ms % 1000 / 100));
}

/* A time that is hardly over is no news. */
static bool is_long(const struct words *words)
{
    return words->since_ms != 0 && scene_age_ms(words->scene, words->since_ms) >= WORTH_TELLING_MS;
}

static const char *word_since(struct words *words)
{
    if (!is_long(words)) {
        return "";
    }
    write_duration(words->room, sizeof words->room, " for ",
                   scene_age_ms(words->scene, words->since_ms));
    return words->room;
}

/* When it answered last. */
static const char *word_last(struct words *words)
{
    char age[LIMIT_NAME_SIZE];

    if (!is_long(words)) {
        return "";
    }
    write_duration(age, sizeof age, "", scene_age_ms(words->scene, words->since_ms));
    text_format(words->room, sizeof words->room, "It answered last %s ago. ", age);
    return words->room;
}

static const char *word_lag(struct words *words)
{
    write_duration(words->room, sizeof words->room, "",
                   scene_look(words->scene, words->server->name)->lag_ms);
    return words->room;
}

static const char *word_operation(struct words *words)
{
    assert(words->scene->cluster->operation.id != 0);
    text_format(words->room, sizeof words->room, "%llu",
                (unsigned long long)words->scene->cluster->operation.id);
    return words->room;
}

static bool acts(const struct words *words)
{
    return words->scene->cluster->settings.automation == LEDGER_AUTOMATION_ON;
}

/* What happens about something that can be repaired. */
static const char *word_repair(struct words *words)
{
    const struct ledger_cluster *cluster = words->scene->cluster;

    if (ledger_operation_running(cluster)) {
        text_format(words->room, sizeof words->room, "Operation %llu (%s) is at work.",
                    (unsigned long long)cluster->operation.id,
                    operation_kind_name(cluster->operation.kind));
        return words->room;
    }
    return acts(words) ? "It is repaired by itself, if its guard reports."
                       : "Nothing is done by itself: automation is observe.";
}

/* What happens about a primary that is gone. */
static const char *word_next(struct words *words)
{
    const struct scene *scene = words->scene;

    if (ledger_operation_running(scene->cluster) || !acts(words)) {
        return word_repair(words);
    }
    if (scene_recent_failovers(scene) >= scene->cluster->settings.failovers_per_hour) {
        return words->rule->primary == ANALYSIS_PRIMARY_DEAD
                   ? "The automatic failovers of this hour are used up: it is started again."
                   : "The automatic failovers of this hour are used up: a person must act.";
    }
    if (!scene_provable(scene)) {
        return "No guard of it reports and it had no lease, so nothing proves that it can't write: "
               "a person must act.";
    }
    if (words->candidate == NULL) {
        return "Nobody can be promoted in its place.";
    }
    text_format(words->room, sizeof words->room, "%s is going to be promoted.",
                words->candidate->name);
    return words->room;
}

static const char *word_failover(struct words *words)
{
    const struct ledger_cluster *cluster = words->scene->cluster;

    if (ledger_operation_running(cluster)) {
        text_format(words->room, sizeof words->room, "orchestratorctl operation %llu --follow",
                    (unsigned long long)cluster->operation.id);
    } else {
        text_format(words->room, sizeof words->room, "orchestratorctl failover %s%s", cluster->name,
                    scene_provable(words->scene) ? "" : " --old-primary-is-dead");
    }
    return words->room;
}

static const char *word_repair_by(struct words *words)
{
    if (acts(words)) {
        return "orchestratorctl operations";
    }
    text_format(words->room, sizeof words->room, "orchestratorctl cluster set %s automation=on",
                words->scene->cluster->name);
    return words->room;
}

static const char *word_error(struct words *words)
{
    const struct model_server *seen = scene_look(words->scene, words->server->name);
    const struct observation_channel *channel;

    assert(seen != NULL);
    channel = scene_channel(seen);
    if (words->rule->code != PROBLEM_REPLICA_BROKEN) {
        return seen->probe_error;
    }
    assert(channel != NULL);
    return channel->sql_errno != 0 ? channel->sql_error : channel->io_error;
}

static const char *word_source(struct words *words)
{
    return scene_channel(scene_look(words->scene, words->server->name))->source;
}

static const char *word_extra(struct words *words)
{
    scene_diverged(words->scene, words->server, words->room, sizeof words->room);
    return words->room;
}

/* The first replica that the primary lacks something of. */
static const char *word_missing(struct words *words)
{
    const struct ledger_cluster *cluster = words->scene->cluster;
    struct gtid_position held = scene_held(scene_look(words->scene, cluster->primary));
    char text[LIMIT_GTID_TEXT_SIZE];

    words->room[0] = '\0';
    for (uint32_t i = 0; i < cluster->server_count && words->room[0] == '\0'; i++) {
        const struct ledger_server *server = &cluster->servers[i];
        struct gtid_position received;

        if (!scene_up(words->scene, server)) {
            continue;
        }
        received = scene_received(scene_look(words->scene, server->name));
        if (!gtid_contains(&held, &received)) {
            gtid_format(&received, text, sizeof text);
            text_format(words->room, sizeof words->room, "%s has %.80s", server->name, text);
        }
    }
    return words->room;
}

static const struct word_row {
    const char *name;
    const char *(*make)(struct words *words);
} word_rows[] = {
    {"agent", word_agent},   {"candidate", word_candidate}, {"cluster", word_cluster},
    {"error", word_error},   {"extra", word_extra},         {"failover", word_failover},
    {"lag", word_lag},       {"last", word_last},           {"missing", word_missing},
    {"next", word_next},     {"operation", word_operation}, {"primary", word_primary},
    {"repair", word_repair}, {"repair_by", word_repair_by}, {"server", word_server},
    {"since", word_since},   {"source", word_source},
};

static const char *word(struct words *words, const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof word_rows / sizeof word_rows[0]; i++) {
        if (strlen(word_rows[i].name) == length && memcmp(word_rows[i].name, name, length) == 0) {
            return word_rows[i].make(words);
        }
    }
    assert(!"a rule uses a word that doesn't exist");
    return "";
}

/* Fills the braces in; a text that is too long is cut. */
static void say(char *text, size_t size, const char *template, struct words *words)
{
    size_t used = 0;

    text[0] = '\0';
    while (*template != '\0' && used + 1 < size) {
        size_t plain = strcspn(template, "{");

        text_format(text + used, size - used, "%.*s", (int)plain, template);
        used += strlen(text + used);
        template += plain;
        if (*template == '{') {
            size_t length = strcspn(template, "}");

            assert(template[length] == '}');
            text_copy(text + used, size - used, word(words, template + 1, length - 1));
            used += strlen(text + used);
            template += length + 1;
        }
    }
}

/* ---- findings -------------------------------------------------------------------- */

static uint64_t since_of(const struct words *words)
{
    const struct model_server *seen = scene_look(words->scene, words->server->name);

    if (seen == NULL) {
        return 0;
    }
    switch (words->rule->since) {
    case RULE_SINCE_FAILING:
        return seen->failing_since_ms;
    case RULE_SINCE_OBSERVED:
        return seen->observed_ms;
    case RULE_SINCE_REPORTED:
        return seen->reported_ms;
    case RULE_SINCE_UNKNOWN:
        break;
    }
    return 0;
}

static void add_finding(struct analysis *analysis, struct words *words)
{
    const struct rule *rule = words->rule;
    struct finding *finding;

    if (analysis->finding_count == LIMIT_FINDINGS) {
        return;
    }
    assert(analysis->finding_count < LIMIT_FINDINGS);
    finding = &analysis->findings[analysis->finding_count++];
    words->since_ms = since_of(words);
    finding->code = rule->code;
    finding->severity = problem_severity(rule->code);
    finding->rule = rule->name;
    finding->since_ms = words->since_ms;
    text_copy(finding->server, sizeof finding->server,
              rule->whole_cluster ? "" : words->server->name);
    say(finding->sentence, sizeof finding->sentence, rule->sentence, words);
    say(finding->suggestion, sizeof finding->suggestion, rule->suggestion, words);
    finding->would[0] = '\0';
    if (words->scene->cluster->settings.automation == LEDGER_AUTOMATION_OBSERVE) {
        say(finding->would, sizeof finding->would, rule->would, words);
    }
}

static bool fires(const struct rule *rule, uint64_t facts)
{
    assert((rule->when & rule->unless) == 0);
    return (facts & rule->when) == rule->when && (facts & rule->unless) == 0;
}

static void match(struct analysis *analysis, struct words *words, const struct rule *rules,
                  size_t count, uint64_t facts)
{
    bool told[PROBLEM_COUNT] = {false};

    for (size_t i = 0; i < count; i++) {
        if (!fires(&rules[i], facts) || told[rules[i].code]) {
            continue;
        }
        told[rules[i].code] = true;
        words->rule = &rules[i];
        add_finding(analysis, words);
        if (rules[i].primary != ANALYSIS_PRIMARY_UNKNOWN) {
            assert(analysis->primary == ANALYSIS_PRIMARY_UNKNOWN ||
                   analysis->primary == ANALYSIS_PRIMARY_UP);
            analysis->primary = rules[i].primary;
        }
    }
}

static enum analysis_state state_of(const struct analysis *analysis, const struct scene *scene)
{
    const struct operation *operation = &scene->cluster->operation;

    if (operation->kind == OPERATION_KIND_FAILOVER) {
        return ANALYSIS_FAILING_OVER;
    }
    if (operation->kind == OPERATION_KIND_SWITCHOVER) {
        return ANALYSIS_SWITCHING_OVER;
    }
    if (analysis->facts & FACT_BIT(PRIMARY_READ_ONLY)) {
        return ANALYSIS_NO_PRIMARY;
    }
    if (analysis->primary == ANALYSIS_PRIMARY_DEAD || analysis->primary == ANALYSIS_PRIMARY_HUNG ||
        analysis->primary == ANALYSIS_PRIMARY_HOST_LOST) {
        return ANALYSIS_NO_PRIMARY;
    }
    for (uint32_t i = 0; i < analysis->finding_count; i++) {
        if (analysis->findings[i].severity != PROBLEM_INFO) {
            return ANALYSIS_DEGRADED;
        }
    }
    return (analysis->facts & FACT_BIT(LOOKED)) && (analysis->facts & FACT_BIT(PRIMARY_WRITABLE))
               ? ANALYSIS_HEALTHY
               : ANALYSIS_DEGRADED;
}

/* Who is promoted if nobody is asked. */
static const struct ledger_server *heir(const struct scene *scene,
                                        const struct candidates *candidates)
{
    const struct candidate *best = candidates->best;

    if (best == NULL || (best->has_position && scene_lacks_base(scene, &best->position))) {
        return NULL;
    }
    return best->server;
}

void analyze(struct analysis *analysis, const struct scene *scene)
{
    static const struct candidate_question question = {.purpose = CANDIDATE_IF_IT_DIED};
    const struct ledger_cluster *cluster = scene->cluster;
    const struct rule *rules;
    struct candidates candidates;
    struct words words;
    size_t count;

    candidate_rank(&candidates, scene, &question);
    words.scene = scene;
    words.server = scene_primary(scene);
    words.candidate = heir(scene, &candidates);
    text_copy(analysis->cluster, sizeof analysis->cluster, cluster->name);
    analysis->finding_count = 0;
    analysis->facts = facts_of_cluster(scene, &candidates);
    analysis->primary =
        analysis->facts & FACT_BIT(PRIMARY_UP) ? ANALYSIS_PRIMARY_UP : ANALYSIS_PRIMARY_UNKNOWN;
    rules = rules_of_cluster(&count);
    match(analysis, &words, rules, count, analysis->facts);
    rules = rules_of_server(&count);
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        words.server = &cluster->servers[i];
        match(analysis, &words, rules, count,
              analysis->facts | facts_of_server(scene, words.server));
    }
    analysis->state = state_of(analysis, scene);
    assert(analysis->finding_count <= LIMIT_FINDINGS);
}

const struct finding *analysis_find(const struct analysis *analysis, enum problem code,
                                    const char *server)
{
    for (uint32_t i = 0; i < analysis->finding_count; i++) {
        const struct finding *finding = &analysis->findings[i];

        if (finding->code == code && (server == NULL || strcmp(finding->server, server) == 0)) {
            return finding;
        }
    }
    return NULL;
}
