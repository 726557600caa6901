#include "ctl/wait.h"

#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "ctl/show.h"

enum { WAIT_POLL_MS = 100 };

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void pause_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

/* What has been told of it so far. */
struct progress {
    bool titled;
    size_t steps;
};

static void tell(const struct ctl *ctl, const json_t *operation, struct progress *progress)
{
    if (ctl->json) {
        return;
    }
    if (!progress->titled) {
        show_operation_title(operation);
        progress->titled = true;
    }
    progress->steps = show_operation_steps(operation, progress->steps, false);
}

static enum ctl_exit finish(const struct ctl *ctl, const json_t *operation,
                            const struct progress *progress)
{
    if (ctl->json) {
        ctl_print_json(operation);
    } else {
        (void)show_operation_steps(operation, progress->steps, true);
        show_operation_end(operation);
    }
    return strcmp(json_text(operation, "outcome"), "succeeded") == 0 ? CTL_DONE : CTL_FAILED;
}

/* Answers that time may cure: nobody there, no leader, not applied here yet. */
static bool passing(const struct answer *answer, bool begun, bool over)
{
    return answer->status == 0 || answer->status >= 500 ||
           (answer->status == 404 && (begun || !over));
}

enum ctl_exit wait_for_operation(struct ctl *ctl, uint64_t id, bool begun, uint64_t timeout_ms)
{
    uint64_t deadline_ms = now_ms() + timeout_ms;
    struct progress progress = {0};
    enum ctl_exit status = CTL_TIMED_OUT;
    char path[LIMIT_PATH_SIZE];
    bool ended = false;

    text_format(path, sizeof path, "/v1/operations/%llu", (unsigned long long)id);
    while (!ended) {
        struct answer answer;

        client_ask(&ctl->client, "GET", path, NULL, &answer);
        if (answer.status == 200) {
            tell(ctl, answer.body, &progress);
            ended = json_text(answer.body, "outcome")[0] != '\0';
            if (ended) {
                status = finish(ctl, answer.body, &progress);
            }
        } else if (!passing(&answer, begun, now_ms() >= deadline_ms)) {
            status = ctl_fail_answer(&answer);
            ended = true;
        }
        answer_finish(&answer);
        if (!ended && now_ms() >= deadline_ms) {
            return ctl_fail(CTL_TIMED_OUT,
                            "operation %llu goes on; orchestratorctl operation %llu --follow",
                            (unsigned long long)id, (unsigned long long)id);
        }
        if (!ended) {
            pause_ms(WAIT_POLL_MS);
        }
    }
    return status;
}
