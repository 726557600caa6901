/* story: runs scripted stories in the simulated world and compares what happens, to the byte.
 *
 *     stories [--accept] FILE...
 *
 * A story is a text. Lines that begin with "> " are commands (story_commands.c); what follows a
 * command, up to an empty line, is what is to be seen while it runs; everything else is prose. With
 * --accept the files are rewritten with what was seen: read the difference before you commit it.
 *
 * Seen is what arrives (">>"), who becomes what, which lists of members are in force, what is
 * applied and answered; not heartbeats, nor what is sent and may be lost, unless "show" asks for
 * it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/stories/story.h"

enum { TEXT_MAX = 1024 * 1024 };

void story_say(struct story *story, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(story->trace, format, args);
    va_end(args);
    fputc('\n', story->trace);
}

/* ---- a file --------------------------------------------------------------------------- */

static bool is_shown(const struct story *story, const char *line, size_t length)
{
    char text[512];

    text_format(text, sizeof(text), "%.*s", (int)length, line);
    if (strstr(text, "heartbeat") != NULL && strstr(text, "lost its end") == NULL &&
        !story->shows_heartbeats) {
        return false;
    }
    return story->shows_sending || strstr(text, "] ") == NULL || strstr(text, "  > ") == NULL;
}

static void add_seen(struct story *story, struct buf *out)
{
    const char *line;

    fflush(story->trace);
    for (line = story->seen + story->told; *line != '\0';) {
        size_t length = strcspn(line, "\n");

        if (is_shown(story, line, length)) {
            buf_append(out, line, length);
            buf_append_text(out, "\n");
        }
        line += length + (line[length] == '\n');
    }
    story->told = story->seen_length;
}

/* Nothing is left to chance but how long machines wait before they campaign. */
static void set_options(struct sim_options *options)
{
    sim_options_init(options);
    options->delay_min_us = 1000;
    options->delay_mean_us = 0;
    options->disk_min_us = 1000;
    options->disk_us = 0;
    options->disk_back_us = 0;
    options->propose_bytes = 0;
    options->leases = 0;
}

/* What the file should say. */
static void tell(const char *text, struct buf *out)
{
    struct story story = {0};
    bool skipping = false; /* what was seen the last time */

    set_options(&story.options);
    story.trace = open_memstream(&story.seen, &story.seen_length);
    fflush(story.trace);
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        skipping = skipping && length > 0;
        if (strncmp(text, "> ", 2) == 0) {
            char line[256];

            buf_append(out, text, length);
            buf_append_text(out, "\n");
            text_format(line, sizeof(line), "%.*s", (int)length - 2, text + 2);
            story_run(&story, line);
            add_seen(&story, out);
            skipping = true;
        } else if (!skipping) {
            buf_append(out, text, length);
            buf_append_text(out, "\n");
        }
        text += length + (text[length] == '\n');
    }
    if (story.sim != NULL) {
        story.sim->trace.out = NULL;
        story.sim->meddle = NULL;
        sim_free(story.sim);
    }
    fclose(story.trace);
    free(story.seen);
}

static bool read_file(const char *path, struct buf *text)
{
    FILE *file = fopen(path, "rb");
    char piece[4096];
    size_t length;

    if (file == NULL) {
        return false;
    }
    while ((length = fread(piece, 1, sizeof(piece), file)) > 0) {
        buf_append(text, piece, length);
    }
    fclose(file);
    return buf_ok(text);
}

static bool write_file(const char *path, const struct buf *text)
{
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(text->data, 1, text->length, file) == text->length;

    return file != NULL && fclose(file) == 0 && written;
}

/* The first line that differs. */
static void tell_difference(const char *path, const char *wanted, const char *found)
{
    int line = 1;

    while (*wanted != '\0' && *found != '\0' && strcspn(wanted, "\n") == strcspn(found, "\n") &&
           strncmp(wanted, found, strcspn(wanted, "\n")) == 0) {
        wanted += strcspn(wanted, "\n") + (wanted[strcspn(wanted, "\n")] == '\n');
        found += strcspn(found, "\n") + (found[strcspn(found, "\n")] == '\n');
        line++;
    }
    printf("%s:%d:\n  told: %.*s\n  seen: %.*s\n", path, line, (int)strcspn(wanted, "\n"), wanted,
           (int)strcspn(found, "\n"), found);
}

static bool run_file(const char *path, bool accept)
{
    struct buf wanted;
    struct buf found;
    bool same = false;

    buf_init(&wanted, TEXT_MAX);
    buf_init(&found, TEXT_MAX);
    if (!read_file(path, &wanted)) {
        printf("%s: can't be read\n", path);
        goto out;
    }
    tell(buf_text(&wanted), &found);
    same = wanted.length == found.length && strcmp(buf_text(&wanted), buf_text(&found)) == 0;
    if (!same && accept) {
        same = write_file(path, &found);
        printf("%s: rewritten\n", path);
    } else if (!same) {
        tell_difference(path, buf_text(&wanted), buf_text(&found));
    }
out:
    buf_finish(&wanted);
    buf_finish(&found);
    return same;
}

int main(int argc, char **argv)
{
    bool accept = argc > 1 && strcmp(argv[1], "--accept") == 0;
    int passed = 0;
    int failed = 0;

    for (int i = accept ? 2 : 1; i < argc; i++) {
        bool same = run_file(argv[i], accept);

        passed += same;
        failed += !same;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
