#include "tests/unit/main.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/list.h"
#include "daemon/io/process.h"
#include "daemon/io/process_spawn.h"
#include "daemon/io/process_words.h"

static uv_loop_t loop;

static void set_up(void)
{
    alarm(60);
    uv_loop_init(&loop);
}

static void tear_down(void)
{
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

/* ---- watching ------------------------------------------------------------------- */

struct guarded {
    struct process_watch watch;
    unsigned gone;
    bool closed;
};

static void on_gone(struct process_watch *watch)
{
    container_of(watch, struct guarded, watch)->gone++;
}

static void on_closed(struct process_watch *watch)
{
    container_of(watch, struct guarded, watch)->closed = true;
}

static void unwatch(struct guarded *guarded)
{
    process_watch_close(&guarded->watch, on_closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(guarded->closed);
}

static void *wait_for_ever(void *argument)
{
    while (pause() < 0) { /* always */
    }
    return argument;
}

/* A child with two threads that waits to be killed. */
static pid_t child_start(void)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        pthread_t thread;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, ") R 1 1");
        if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0) {
            _exit(1);
        }
        wait_for_ever(NULL);
    }
    return pid;
}

START_TEST(tells_the_end_of_a_process_at_once)
{
    struct guarded guarded = {0};
    pid_t pid = child_start();
    struct err err;
    uint64_t ticks;

    ck_assert_int_eq(process_start_ticks(pid, &ticks), 0);
    ck_assert_int_eq(process_watch_start(&guarded.watch, &loop, pid, ticks, on_gone, &err), 0);
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_uint_eq(guarded.gone, 0);
    ck_assert(!process_dying(&guarded.watch));
    ck_assert_int_eq(process_kill(&guarded.watch), 0);
    while (guarded.gone == 0) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    ck_assert(process_dying(&guarded.watch)); /* a zombie: nobody has waited for it */
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert(process_dying(&guarded.watch));
    ck_assert_int_eq(process_kill(&guarded.watch), ERR_NOTFOUND);
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_uint_eq(guarded.gone, 1);
    unwatch(&guarded);
}
END_TEST

START_TEST(is_not_fooled_by_a_recycled_number)
{
    struct guarded guarded = {0};
    pid_t pid = child_start();
    struct err err;
    uint64_t ticks;

    ck_assert_int_eq(process_start_ticks(pid, &ticks), 0);
    ck_assert_int_eq(process_watch_start(&guarded.watch, &loop, pid, ticks + 1, on_gone, &err),
                     ERR_NOTFOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "another one"));
    kill(pid, SIGKILL);
    siginfo_t info;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    ck_assert_int_eq(process_watch_start(&guarded.watch, &loop, pid, ticks, on_gone, &err),
                     ERR_NOTFOUND);
    waitpid(pid, NULL, 0);
    ck_assert_int_eq(process_watch_start(&guarded.watch, &loop, pid, 0, on_gone, &err),
                     ERR_NOTFOUND);
    ck_assert_int_eq(process_start_ticks(pid, &ticks), ERR_NOTFOUND);
}
END_TEST

START_TEST(a_stopped_process_is_not_dying_until_it_is_killed)
{
    struct guarded guarded = {0};
    pid_t pid = child_start();
    struct err err;
    int status;

    ck_assert_int_eq(process_watch_start(&guarded.watch, &loop, pid, 0, on_gone, &err), 0);
    kill(pid, SIGSTOP);
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    ck_assert(!process_dying(&guarded.watch));
    ck_assert_int_eq(process_kill(&guarded.watch), 0);
    /* The kernel marks every thread before the call returns; the thread that takes the
     * signal shows neither mark for an instant, between taking it and exiting. */
    while (!process_dying(&guarded.watch)) {
    }
    waitpid(pid, NULL, 0);
    unwatch(&guarded);
}
END_TEST

enum { BIG_BYTES = 512 * 1024 * 1024 };

/* Freeing memory takes the kernel a while, in which the pidfd says nothing. */
START_TEST(knows_a_dying_process_before_it_is_gone)
{
    struct guarded guarded = {0};
    unsigned ahead = 0;
    int ready[2];
    struct err err;
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        char *memory = mmap(NULL, BIG_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (memory == MAP_FAILED || write(ready[1], "x", 1) != 1) {
            _exit(1);
        }
        wait_for_ever(NULL);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert_int_eq(process_watch_start(&guarded.watch, &loop, pid, 0, on_gone, &err), 0);
    ck_assert(!process_dying(&guarded.watch));
    process_kill(&guarded.watch);
    while (guarded.gone == 0) {
        ahead += process_dying(&guarded.watch);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    ck_assert_uint_gt(ahead, 1);
    waitpid(pid, NULL, 0);
    close(ready[0]);
    close(ready[1]);
    unwatch(&guarded);
}
END_TEST

/* ---- spawning --------------------------------------------------------------------- */

struct child {
    struct process_job job;
    bool ended;
};

static void on_end(struct process_job *job)
{
    struct child *child = container_of(job, struct child, job);

    ck_assert(!child->ended);
    child->ended = true;
}

static const char *const test_env[] = {"PATH=/usr/bin:/bin", "COLOUR=green", NULL};

static void run_argv(struct child *child, const char *const *argv, uint64_t timeout_ms)
{
    child->job.argv = argv;
    child->job.env = test_env;
    child->job.timeout_ms = timeout_ms;
    child->job.cb = on_end;
    child->ended = false;
    process_spawn(&child->job, &loop);
    ck_assert(!child->ended);
}

static void run_script(struct child *child, const char *script)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};

    run_argv(child, argv, 20000);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(child->ended);
}

START_TEST(hears_output_and_status)
{
    static struct child child;

    child.job.input = "first\nsecond\n";
    child.job.input_length = 13;
    run_script(&child, "read a; read b; echo $b $a $COLOUR; echo oops >&2; pwd; exit 3");
    ck_assert_str_eq(child.job.output, "second first green\noops\n/\n");
    ck_assert_int_eq(child.job.exit_status, 3);
    ck_assert_int_eq(child.job.why.code, ERR_REFUSED);

    run_script(&child, "exit 0");
    ck_assert_int_eq(child.job.why.code, 0);
    ck_assert_int_eq(child.job.exit_status, 0);
    ck_assert_str_eq(child.job.output, "");

    run_script(&child, "kill -TERM $$");
    ck_assert_int_eq(child.job.signal, SIGTERM);
    ck_assert_int_eq(child.job.exit_status, -1);
    ck_assert_int_eq(child.job.why.code, ERR_REFUSED);
}
END_TEST

START_TEST(keeps_output_up_to_its_limit)
{
    static struct child child;

    run_script(&child, "head -c 4096 /dev/zero | tr '\\0' x");
    ck_assert_uint_eq(child.job.output_length, LIMIT_PROCESS_OUTPUT_BYTES);
    ck_assert_uint_eq(strlen(child.job.output), LIMIT_PROCESS_OUTPUT_BYTES);
    ck_assert(!child.job.output_cut);
    run_script(&child, "head -c 4097 /dev/zero | tr '\\0' x");
    ck_assert(child.job.output_cut);
    run_script(&child, "head -c 3000000 /dev/zero");
    ck_assert_int_eq(child.job.why.code, 0);
    ck_assert(child.job.output_cut);
}
END_TEST

START_TEST(kills_the_whole_group_at_the_deadline)
{
    static struct child child;
    const char *argv[] = {"/bin/sh", "-c", "sleep 1000 & echo $!; sleep 1000", NULL};
    struct guarded grandchild = {0};
    struct err err;

    run_argv(&child, argv, 20000);
    while (strchr(child.job.output, '\n') == NULL) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    ck_assert_int_eq(
        process_watch_start(&grandchild.watch, &loop, atoi(child.job.output), 0, on_gone, &err), 0);
    uv_timer_start(&child.job.timer, child.job.timer.timer_cb, 0, 0); /* now */
    while (!child.ended || grandchild.gone == 0) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    ck_assert_int_eq(child.job.why.code, ERR_TIMEOUT);
    ck_assert_int_eq(child.job.signal, SIGKILL);
    unwatch(&grandchild);

    run_argv(&child, argv, 50);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(child.job.why.code, ERR_TIMEOUT);

    run_argv(&child, argv, 20000);
    process_cancel(&child.job);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(child.job.why.code, ERR_CLOSED);
}
END_TEST

START_TEST(does_not_wait_for_those_whom_a_child_leaves_running)
{
    static struct child child;
    pid_t left;

    run_script(&child, "sleep 1000 & echo $!");
    left = atoi(child.job.output);
    ck_assert_int_gt(left, 0);
    ck_assert_int_eq(child.job.why.code, 0);
    ck_assert_int_eq(kill(left, SIGKILL), 0);
}
END_TEST

START_TEST(tells_why_a_program_did_not_start)
{
    static struct child child;
    const char *missing[] = {"/nonexistent/hook", NULL};
    const char *no_program[] = {"/proc/self/status", NULL};
    const char *searched[] = {"true", NULL};

    run_argv(&child, missing, 1000);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(child.ended);
    ck_assert_int_eq(child.job.why.code, ERR_NOTFOUND);
    ck_assert_ptr_nonnull(strstr(child.job.why.text, missing[0]));
    run_argv(&child, no_program, 1000);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(child.job.why.code, ERR_PERMISSION);
    run_argv(&child, searched, 1000);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(child.job.why.code, ERR_INVALID);
}
END_TEST

/* ---- words --------------------------------------------------------------------------- */

START_TEST(splits_lines_as_a_reader_expects)
{
    static const struct {
        const char *line;
        const char *words; /* joined with | */
    } cases[] = {
        {"/bin/true", "/bin/true"},
        {"  a \t b  ", "a|b"},
        {"a 'b c' \"d e\"", "a|b c|d e"},
        {"a'b'\"c\"d", "abcd"},
        {"''", ""},
        {"a '' b", "a||b"},
        {"a\\ b \\' \\\"", "a b|'|\""},
        {"'a\\b' \"a\\\\b\" \"a\\\"b\"", "a\\b|a\\b|a\"b"},
        {"echo $HOME * > x; y", "echo|$HOME|*|>|x;|y"},
        {"'it''s' \"it's\"", "its|it's"},
    };
    static const char *const wrong[] = {"", "  ", "'a", "a \"b", "a\\", "\"a\\"};
    struct process_words words;
    struct err err;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char joined[128] = "";

        ck_assert_int_eq(process_words_split(&words, cases[i].line, &err), 0);
        for (size_t k = 0; k < words.count; k++) {
            strcat(joined, k > 0 ? "|" : "");
            strcat(joined, words.argv[k]);
        }
        ck_assert_str_eq(joined, cases[i].words);
        ck_assert_ptr_null(words.argv[words.count]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_int_eq(process_words_split(&words, wrong[i], &err), ERR_INVALID);
    }
}
END_TEST

START_TEST(a_line_has_limits)
{
    char line[LIMIT_PROCESS_LINE_BYTES + 1];
    struct process_words words;
    struct err err;

    memset(line, 'x', sizeof line);
    line[LIMIT_PROCESS_LINE_BYTES] = '\0';
    ck_assert_int_eq(process_words_split(&words, line, &err), ERR_LIMIT);
    ck_assert_int_eq(process_words_split(&words, line + 1, &err), 0);

    memset(line, ' ', sizeof line);
    for (int i = 0; i < LIMIT_PROCESS_WORDS; i++) {
        line[2 * i] = 'x';
    }
    line[2 * LIMIT_PROCESS_WORDS] = '\0';
    ck_assert_int_eq(process_words_split(&words, line, &err), 0);
    ck_assert_uint_eq(words.count, LIMIT_PROCESS_WORDS);
    strcpy(line + 2 * LIMIT_PROCESS_WORDS, "x");
    ck_assert_int_eq(process_words_split(&words, line, &err), ERR_LIMIT);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("process");
    TCase *tcase = tcase_create("process");

    tcase_add_unchecked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, tells_the_end_of_a_process_at_once);
    tcase_add_test(tcase, is_not_fooled_by_a_recycled_number);
    tcase_add_test(tcase, a_stopped_process_is_not_dying_until_it_is_killed);
    tcase_add_test(tcase, knows_a_dying_process_before_it_is_gone);
    tcase_add_test(tcase, hears_output_and_status);
    tcase_add_test(tcase, keeps_output_up_to_its_limit);
    tcase_add_test(tcase, kills_the_whole_group_at_the_deadline);
    tcase_add_test(tcase, does_not_wait_for_those_whom_a_child_leaves_running);
    tcase_add_test(tcase, tells_why_a_program_did_not_start);
    tcase_add_test(tcase, splits_lines_as_a_reader_expects);
    tcase_add_test(tcase, a_line_has_limits);
    suite_add_tcase(suite, tcase);
    return suite;
}
