/* The corpus: every tests/corpus/NAME.case is a picture of a cluster, a question, and
 * below "---" all that is concluded: findings, candidates, decision, plan. The
 * whole text is compared. CORPUS_UPDATE=1 writes what is concluded now into the
 * files; read the difference before committing it. */
#include "tests/unit/main.h"

#include <assert.h>
#include <dirent.h>

#include "tests/unit/topology/corpus_case.h"
#include "topology/decide.h"
#include "topology/plan.h"
#include "topology/rules.h"

enum { CASES_MAX = 200, FIRED_MAX = 64, FILE_BYTES = 64 * 1024 };

static const char *fired[FIRED_MAX];
static size_t fired_count;
static char names[CASES_MAX][128];
static int name_count;

/* ---- what is concluded, as text -------------------------------------------------------- */

static void note_fired(const char *rule)
{
    for (size_t i = 0; i < fired_count; i++) {
        if (named(fired[i], rule)) {
            return;
        }
    }
    ck_assert_uint_lt(fired_count, FIRED_MAX);
    fired[fired_count++] = rule;
}

static void show_analysis(struct buf *out, const struct analysis *analysis)
{
    buf_printf(out, "cluster %s is %s, its primary is %s\n", analysis->cluster,
               analysis_state_name(analysis->state), analysis_primary_name(analysis->primary));
    for (uint32_t i = 0; i < analysis->finding_count; i++) {
        const struct finding *finding = &analysis->findings[i];

        note_fired(finding->rule);
        ck_assert_msg(strlen(finding->sentence) < LIMIT_TEXT_SIZE - 1, "cut: %s",
                      finding->sentence);
        buf_printf(out, "%s %s%s%s\n    %s\n", problem_severity_name(finding->severity),
                   problem_name(finding->code), finding->server[0] == '\0' ? "" : " ",
                   finding->server, finding->sentence);
        if (finding->suggestion[0] != '\0') {
            buf_printf(out, "    > %s\n", finding->suggestion);
        }
        if (finding->would[0] != '\0') {
            buf_printf(out, "    would %s\n", finding->would);
        }
    }
}

static void show_candidates(struct buf *out, const struct corpus_case *c,
                            enum candidate_purpose purpose)
{
    struct candidate_question question = {
        .purpose = purpose,
        .max_lag_ms = c->cluster->settings.max_lag_s * 1000,
        .wanted = purpose == CANDIDATE_FAILOVER ? c->cluster->operation.wanted : ""};
    struct candidates candidates;

    candidate_rank(&candidates, &c->scene, &question);
    for (uint32_t i = 0; i < candidates.count; i++) {
        const struct candidate *candidate = &candidates.entries[i];

        if (candidate->refusal != CANDIDATE_PRIMARY) {
            buf_printf(out, "why-not %s: %s%s\n", candidate->server->name,
                       candidate->refusal == CANDIDATE_NONE ? "it can be promoted"
                                                            : candidate->why_not,
                       candidate == candidates.best ? ", and is the best" : "");
        }
    }
}

static void show_steps(struct buf *out, const struct operation_step *steps, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        buf_printf(out, "    %-10s %-8s %s%s\n", operation_state_name(steps[i].phase),
                   operation_action_name(steps[i].action), steps[i].target,
                   steps[i].required ? ", required" : "");
    }
}

static void show_reasons(struct buf *out, char reasons[][LIMIT_TEXT_SIZE], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        buf_printf(out, "    %s\n", reasons[i]);
    }
}

static void show_decision(struct buf *out, struct decision *decision)
{
    const struct operation *operation = &decision->operation;

    switch (decision->verdict) {
    case DECISION_WAIT:
        buf_append_text(out, "wait\n");
        break;
    case DECISION_REFUSE:
        buf_printf(out, "refuse, %s\n", err_sentence(decision->code));
        break;
    case DECISION_ACT:
        buf_printf(out, "act: %s%s%s%s%s, epoch %llu\n", operation_kind_name(operation->kind),
                   operation->from[0] == '\0' ? "" : " from ", operation->from,
                   operation->to[0] == '\0' ? "" : " of ", operation->to,
                   (unsigned long long)operation->epoch);
        if (operation->wanted[0] != '\0') {
            buf_printf(out, "    wanted %s\n", operation->wanted);
        }
        buf_printf(out, "    cause: %.60s\n", operation->cause);
        if (operation->one_writer.proof != OPERATION_PROOF_NONE) {
            buf_printf(out, "    proof: %s, by %s\n",
                       operation_proof_name(operation->one_writer.proof), operation->one_writer.by);
        }
        if (decision->supersedes != 0) {
            buf_printf(out, "    ends operation %llu first\n",
                       (unsigned long long)decision->supersedes);
        }
        show_steps(out, operation->steps, operation->step_count);
        return;
    }
    show_reasons(out, decision->reasons, decision->reason_count);
    if (decision->remedy[0] != '\0') {
        buf_printf(out, "    > %s\n", decision->remedy);
    }
}

static void show_choice(struct buf *out, const struct corpus_case *c)
{
    struct decide_choice *choice = calloc(1, sizeof *choice);
    char after_gtid[LIMIT_GTID_TEXT_SIZE];

    ck_assert(choice != NULL);
    decide_choose(choice, &c->scene);
    gtid_format(&choice->data_loss.after, after_gtid, sizeof after_gtid);
    if (choice->verdict == DECISION_ACT) {
        buf_printf(out, "choose %s, loss %s%s%s after %s\n", choice->to,
                   operation_verdict_name(choice->data_loss.verdict),
                   choice->data_loss.how[0] == '\0' ? "" : " by ", choice->data_loss.how,
                   after_gtid);
    } else {
        buf_append_text(out, choice->verdict == DECISION_WAIT ? "wait\n" : "nobody\n");
    }
    show_steps(out, choice->steps, choice->step_count);
    show_reasons(out, choice->reasons, choice->reason_count);
    free(choice);
}

/* ---- questions ------------------------------------------------------------------------------ */

static void take_request(struct corpus_case *c, void *object, const char *part)
{
    static char by[64];
    static char to[64];
    struct decide_request *request = object;

    (void)c;
    if (after(part, "by")) {
        text_copy(by, sizeof by, after(part, "by"));
        request->by = by;
    } else if (after(part, "to")) {
        text_copy(to, sizeof to, after(part, "to"));
        request->to = to;
    } else if (after(part, "max lag")) {
        request->max_lag_ms = milliseconds(after(part, "max lag"));
    } else if (named(part, "the old primary is dead")) {
        request->old_primary_is_dead = true;
    } else if (named(part, "data may be lost")) {
        request->allow_data_loss = true;
    } else {
        ck_abort_msg("ask: unknown words: %s", part);
    }
}

static void answer(struct buf *out, struct corpus_case *c, const struct analysis *analysis,
                   const char *ask)
{
    struct decision *decision = calloc(1, sizeof *decision);
    struct decide_request request = {.by = "", .to = ""};
    const char *rest;

    ck_assert(decision != NULL);
    buf_printf(out, "\n? %s\n", ask);
    if (after(ask, "why-not")) {
        show_candidates(out, c,
                        c->cluster->operation.state == OPERATION_REVOKED ? CANDIDATE_FAILOVER
                                                                         : CANDIDATE_IF_IT_DIED);
    } else if (after(ask, "choose")) {
        show_choice(out, c);
    } else if (after(ask, "automatic")) {
        decide_automatic(decision, &c->scene, analysis);
        show_decision(out, decision);
    } else if ((rest = after(ask, "switchover")) != NULL) {
        each_part(c, &request, rest, take_request);
        decide_switchover(decision, &c->scene, analysis, &request);
        show_decision(out, decision);
    } else if ((rest = after(ask, "failover")) != NULL) {
        each_part(c, &request, rest, take_request);
        decide_failover(decision, &c->scene, analysis, &request);
        show_decision(out, decision);
    } else {
        ck_abort_msg("ask: %s", ask);
    }
    ck_assert(decision->verdict != DECISION_ACT ||
              plan_validate(c->cluster, &decision->operation, NULL) == 0);
    free(decision);
}

static void conclude(struct buf *out, const char *text)
{
    struct corpus_case *c = case_read(text);
    struct corpus_case *before = malloc(sizeof *before);
    struct analysis *analysis = calloc(1, sizeof *analysis);

    ck_assert(before != NULL && analysis != NULL);
    memcpy(before, c, sizeof *c);
    analyze(analysis, &c->scene);
    show_analysis(out, analysis);
    for (uint32_t i = 0; i < c->ask_count; i++) {
        answer(out, c, analysis, c->asks[i]);
    }
    ck_assert_msg(memcmp(before, c, sizeof *c) == 0, "a decision changed its input");
    free(analysis);
    free(before);
    free(c);
}

/* ---- files --------------------------------------------------------------------------------------
 */

static void read_file(const char *path, char text[FILE_BYTES])
{
    FILE *file = fopen(path, "r");
    size_t length;

    ck_assert_msg(file != NULL, "%s", path);
    length = fread(text, 1, FILE_BYTES - 1, file);
    text[length] = '\0';
    fclose(file);
}

static void write_file(const char *path, const char *head, const char *tail)
{
    FILE *file = fopen(path, "w");

    ck_assert_msg(file != NULL, "%s", path);
    fprintf(file, "%s---\n%s", head, tail);
    fclose(file);
}

/* Prints both texts from the first line that differs. */
static void show_difference(const char *path, const char *expected, const char *found)
{
    const char *line_e = expected;
    const char *line_f = found;

    for (; *expected != '\0' && *expected == *found; expected++, found++) {
        if (*expected == '\n') {
            line_e = expected + 1;
            line_f = found + 1;
        }
    }
    printf("%s\n--- expected, from the first difference\n%s\n+++ found\n%s\n", path, line_e,
           line_f);
}

static bool run_case(const char *name)
{
    static char text[FILE_BYTES];
    char path[512];
    struct buf out;
    char *line;
    bool same;

    snprintf(path, sizeof path, "tests/corpus/%s", name);
    read_file(path, text);
    line = strstr(text, "---\n");
    ck_assert_msg(line != NULL, "%s has no line ---", path);
    *line = '\0';
    buf_init(&out, FILE_BYTES);
    conclude(&out, text);
    same = strcmp(line + 4, buf_text(&out)) == 0;
    if (!same && getenv("CORPUS_UPDATE") != NULL) {
        write_file(path, text, buf_text(&out));
        same = true;
    } else if (!same) {
        show_difference(path, line + 4, buf_text(&out));
    }
    buf_finish(&out);
    return same;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void list_cases(void)
{
    DIR *directory = opendir("tests/corpus");
    struct dirent *entry;

    assert(directory != NULL); /* run from the root of the repository */
    while ((entry = readdir(directory)) != NULL) {
        size_t length = strlen(entry->d_name);

        if (length > 5 && named(entry->d_name + length - 5, ".case")) {
            assert(name_count < CASES_MAX);
            snprintf(names[name_count++], sizeof names[0], "%s", entry->d_name);
        }
    }
    closedir(directory);
    qsort(names, (size_t)name_count, sizeof names[0], by_name);
}

START_TEST(each_case_concludes_what_it_says)
{
    ck_assert_msg(run_case(names[_i]), "%s", names[_i]);
}
END_TEST

static void check_fired(const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool found = false;

        for (size_t f = 0; f < fired_count; f++) {
            found = found || named(fired[f], rules[i].name);
        }
        ck_assert_msg(found, "no case makes the rule %s fire", rules[i].name);
    }
}

START_TEST(every_rule_has_fired)
{
    const struct rule *rules;
    size_t count;

    rules = rules_of_cluster(&count);
    check_fired(rules, count);
    rules = rules_of_server(&count);
    check_fired(rules, count);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("corpus");
    TCase *cases = tcase_create("cases");
    TCase *rules = tcase_create("rules");

    list_cases();
    tcase_add_loop_test(cases, each_case_concludes_what_it_says, 0, name_count);
    tcase_add_test(rules, every_rule_has_fired);
    suite_add_tcase(suite, cases);
    suite_add_tcase(suite, rules);
    return suite;
}
