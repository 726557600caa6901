/* The index names the files, oldest first. Each begins with the binlog state before it, so
 * reading backwards finds the file to begin with; from there on, every file is walked and
 * what it has beyond the base is copied. */
#include "daemon/io/gate_save.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "daemon/io/durable.h"
#include "topology/binlog.h"

enum {
    INDEX_BYTES_MAX = 4 * 1024 * 1024,
    COPY_BYTES = 256 * 1024,
    FORMAT_FLAGS_AT = BINLOG_MAGIC_BYTES + 17,
    FLAG_IN_USE = 1, /* no part of the checksum, says MariaDB's source */
};

struct save {
    const char *datadir;
    const struct gtid_state *base;
    uint64_t epoch;
    struct gate_saved *saved;
    struct buf index;
    char **files; /* paths, oldest first; point into `index` */
    size_t file_count;
    struct buf summary;
    uint8_t *bytes; /* COPY_BYTES */
};

/* ---- reading -------------------------------------------------------------------- */

static int failed(const char *path, struct err *err)
{
    return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
}

/* Whole, or ERR_LIMIT. */
static int read_index(const char *path, struct buf *index, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    uint8_t *room;
    int rv = 0;

    if (fd < 0 || fstat(fd, &info) != 0) {
        rv = failed(path, err);
    } else if (info.st_size >= INDEX_BYTES_MAX) {
        rv = err_set(err, ERR_LIMIT, "%s: larger than %d bytes", path, INDEX_BYTES_MAX);
    } else if (info.st_size > 0) {
        room = buf_extend(index, (size_t)info.st_size);
        if (room == NULL) {
            rv = err_set(err, ERR_NOMEM, "no memory for the list of binary logs");
        } else if (read(fd, room, (size_t)info.st_size) != info.st_size) {
            rv = failed(path, err);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return rv;
}

/* A window of the file at `offset`. */
static int read_window(struct save *save, int fd, const char *path, uint64_t offset,
                       uint64_t file_size, size_t *length, struct err *err)
{
    size_t wanted = file_size - offset < COPY_BYTES ? (size_t)(file_size - offset) : COPY_BYTES;

    *length = 0;
    while (*length < wanted) {
        ssize_t n = pread(fd, save->bytes + *length, wanted - *length, (off_t)(offset + *length));

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n == 0 ? err_set(err, ERR_IO, "%s: became shorter", path) : failed(path, err);
        }
        *length += (size_t)n;
    }
    return 0;
}

static int open_file(const char *path, uint64_t *size, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;

    if (fd < 0) {
        return failed(path, err);
    }
    if (fstat(fd, &info) != 0) {
        close(fd);
        return failed(path, err);
    }
    *size = (uint64_t)info.st_size;
    return fd;
}

/* Walks the file; `head_only` stops after the first window. Not being a binary log is in the
 * result (ERR_CORRUPT, ERR_LIMIT), not being readable is ERR_IO. */
static int walk(struct save *save, const char *path, bool head_only, struct binlog *binlog,
                uint64_t *size, struct err *err)
{
    int fd = open_file(path, size, err);
    int rv = BINLOG_MORE;

    binlog_init(binlog, save->base);
    if (fd < 0) {
        return fd;
    }
    while (rv == BINLOG_MORE) {
        size_t length;

        rv = read_window(save, fd, path, binlog->offset, *size, &length, err);
        if (rv == 0) {
            rv = binlog_feed(binlog, save->bytes, length, *size, err);
        }
        if (head_only && rv == BINLOG_MORE) {
            rv = BINLOG_END;
        }
    }
    close(fd);
    return rv;
}

/* ---- which files ------------------------------------------------------------------ */

/* Splits the index into paths; relative ones begin at the server's data directory. */
static int list_files(struct save *save, struct err *err)
{
    const char *text = buf_text(&save->index);
    size_t count = 0;
    char *state = NULL;
    char *copy;

    for (const char *at = text; *at != '\0'; at++) {
        count += *at == '\n';
    }
    save->files = calloc(count + 1, sizeof *save->files);
    copy = strdup(text);
    if (save->files == NULL || copy == NULL) {
        free(copy);
        return err_set(err, ERR_NOMEM, "no memory for the list of binary logs");
    }
    for (char *line = strtok_r(copy, "\n", &state); line != NULL && save->file_count <= count;
         line = strtok_r(NULL, "\n", &state)) {
        char path[2 * LIMIT_PATH_SIZE];

        text_format(path, sizeof path, "%s%s%s", line[0] == '/' ? "" : save->datadir,
                    line[0] == '/' ? "" : "/", line);
        save->files[save->file_count] = strdup(path);
        if (save->files[save->file_count++] == NULL) {
            free(copy);
            return err_set(err, ERR_NOMEM, "no memory for the list of binary logs");
        }
    }
    free(copy);
    return 0;
}

static void forget_files(struct save *save)
{
    for (size_t i = 0; i < save->file_count; i++) {
        free(save->files[i]);
    }
    free(save->files);
    save->files = NULL;
    save->file_count = 0;
    buf_reset(&save->index);
}

/* Takes the index if it is the binary log's: relay logs have one too. */
static int take_index(struct save *save, const char *path, struct err *err)
{
    struct binlog binlog;
    uint64_t size;
    int rv = read_index(path, &save->index, err);

    if (rv == 0) {
        rv = list_files(save, err);
    }
    if (rv != 0) {
        return rv;
    }
    if (save->file_count > 0) {
        rv = walk(save, save->files[save->file_count - 1], true, &binlog, &size, err);
        if (rv == ERR_IO || !binlog.relay) {
            return rv == ERR_IO ? rv : 0;
        }
    }
    forget_files(save);
    return ERR_NOTFOUND;
}

static int find_index(struct save *save, struct err *err)
{
    DIR *directory = opendir(save->datadir);
    struct dirent *entry;
    int rv = ERR_NOTFOUND;

    if (directory == NULL) {
        return failed(save->datadir, err);
    }
    while (rv == ERR_NOTFOUND && (entry = readdir(directory)) != NULL) {
        const char *dot = strrchr(entry->d_name, '.');
        char path[2 * LIMIT_PATH_SIZE];

        if (dot != NULL && strcmp(dot, ".index") == 0) {
            text_format(path, sizeof path, "%s/%s", save->datadir, entry->d_name);
            rv = take_index(save, path, err);
        }
    }
    closedir(directory);
    if (rv == ERR_NOTFOUND) {
        err_set(err, rv, "%s: no binary log (FILE.index) in it", save->datadir);
    }
    return rv;
}

/* The newest file that begins within the base; the oldest there is if none does. */
static int first_file(struct save *save, size_t *first, struct err *err)
{
    for (*first = save->file_count; *first > 0;) {
        struct binlog binlog;
        uint64_t size;

        if (walk(save, save->files[--*first], true, &binlog, &size, err) == ERR_IO) {
            return ERR_IO;
        }
        if (binlog.has_list && binlog_within(save->base, &binlog.list)) {
            return 0;
        }
    }
    return 0;
}

/* ---- copying --------------------------------------------------------------------- */

static int copy_range(struct save *save, int from, const char *path, int to, const char *target,
                      uint64_t offset, uint64_t end, struct err *err)
{
    while (offset < end) {
        size_t length;
        int rv = read_window(save, from, path, offset, end, &length, err);

        if (rv == 0 && offset == 0 && length > FORMAT_FLAGS_AT) {
            save->bytes[FORMAT_FLAGS_AT] &= (uint8_t)~FLAG_IN_USE;
        }
        if (rv == 0) {
            rv = durable_write_all(to, save->bytes, length, target, err);
        }
        if (rv != 0) {
            return rv;
        }
        offset += length;
    }
    return 0;
}

/* Copies [0, head) and [from, end). */
static int copy(struct save *save, const char *path, uint64_t head, uint64_t from, uint64_t end,
                struct err *err)
{
    char target[2 * LIMIT_PATH_SIZE];
    const char *name = strrchr(path, '/');
    uint64_t size;
    int in = open_file(path, &size, err);
    int out;
    int rv;

    if (in < 0) {
        return in;
    }
    text_format(target, sizeof target, "%s/%s", save->saved->directory,
                name == NULL ? path : name + 1);
    out = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (out < 0) {
        rv = failed(target, err);
        close(in);
        return rv;
    }
    rv = copy_range(save, in, path, out, target, 0, head, err);
    if (rv == 0) {
        rv = copy_range(save, in, path, out, target, from, end, err);
    }
    if (rv == 0 && fsync(out) != 0) {
        rv = failed(target, err);
    }
    close(out);
    close(in);
    save->saved->files++;
    return rv;
}

static int make_directory(const char *path, struct err *err)
{
    return mkdir(path, 0750) == 0 || errno == EEXIST ? 0 : failed(path, err);
}

/* DATA_DIR/saved/EPOCH-TIME, when the first file needs it. */
static int open_directory(struct save *save, const char *data_dir, uint64_t wall_s, struct err *err)
{
    char parent[LIMIT_PATH_SIZE];
    int rv;

    if (save->saved->directory[0] != '\0') {
        return 0;
    }
    if (!text_format(parent, sizeof parent, "%s/saved", data_dir) ||
        !text_format(save->saved->directory, sizeof save->saved->directory, "%s/%llu-%llu", parent,
                     (unsigned long long)save->epoch, (unsigned long long)wall_s)) {
        return err_set(err, ERR_LIMIT, "%s: too long a path", data_dir);
    }
    rv = make_directory(parent, err);
    if (rv == 0) {
        rv = durable_sync_directory(data_dir, err);
    }
    if (rv == 0) {
        rv = make_directory(save->saved->directory, err);
    }
    return rv == 0 ? durable_sync_directory(parent, err) : rv;
}

static void tell_file(struct save *save, const char *path, const struct binlog *binlog)
{
    char text[LIMIT_GTID_TEXT_SIZE];

    gtid_state_format(&binlog->beyond, text, sizeof text);
    buf_printf(&save->summary,
               "file: %s\n  transactions: %llu, first %u-%u-%llu at %llu, last of each server %s\n",
               path, (unsigned long long)binlog->beyond_count, binlog->first_beyond.domain,
               binlog->first_beyond.server, (unsigned long long)binlog->first_beyond.sequence,
               (unsigned long long)binlog->beyond_offset, text);
}

static int save_file(struct save *save, const char *path, const char *data_dir, uint64_t wall_s,
                     struct err *err)
{
    struct binlog binlog;
    uint64_t size;
    struct err why;
    int rv = walk(save, path, false, &binlog, &size, &why);
    bool unreadable = rv != 0 || binlog.encrypted;

    if (rv == ERR_IO || rv == ERR_NOMEM) {
        return err_set(err, rv, "%s", why.text);
    }
    if (size == 0 || (!unreadable && binlog.beyond_offset == 0 && !binlog.damaged)) {
        return 0;
    }
    rv = open_directory(save, data_dir, wall_s, err);
    if (rv != 0) {
        return rv;
    }
    save->saved->transactions += binlog.beyond_count;
    if (unreadable || binlog.beyond_offset == 0) {
        buf_printf(&save->summary, "file: %s\n  can't be read (%s): copied whole\n", path,
                   binlog.encrypted ? "encrypted" : "damaged");
        return copy(save, path, 0, 0, size, err);
    }
    tell_file(save, path, &binlog);
    return copy(save, path, binlog.format_end, binlog.beyond_offset,
                binlog.damaged ? size : binlog.end, err);
}

static int write_summary(struct save *save, struct err *err)
{
    char path[2 * LIMIT_PATH_SIZE];
    char base[LIMIT_GTID_TEXT_SIZE];
    struct buf text;
    int rv;

    gtid_state_format(save->base, base, sizeof base);
    buf_init(&text, INDEX_BYTES_MAX);
    buf_printf(&text,
               "Copied by orchestratord --gate before the server was started as a replica.\n"
               "epoch: %llu\nbase: %s\ntransactions: %llu\n%s",
               (unsigned long long)save->epoch, base, (unsigned long long)save->saved->transactions,
               buf_text(&save->summary));
    text_format(path, sizeof path, "%s/summary", save->saved->directory);
    rv = buf_ok(&text) ? durable_replace(path, text.data, text.length, err)
                       : err_set(err, ERR_NOMEM, "no memory for %s", path);
    buf_finish(&text);
    return rv;
}

int gate_save(const char *datadir, const char *data_dir, const struct gtid_state *base,
              uint64_t epoch, uint64_t wall_s, struct gate_saved *saved, struct err *err)
{
    struct save save = {.datadir = datadir, .base = base, .epoch = epoch, .saved = saved};
    size_t first;
    int rv;

    memset(saved, 0, sizeof *saved);
    buf_init(&save.index, INDEX_BYTES_MAX);
    buf_init(&save.summary, INDEX_BYTES_MAX);
    save.bytes = malloc(COPY_BYTES);
    rv = save.bytes == NULL ? err_set(err, ERR_NOMEM, "no memory to copy with")
                            : find_index(&save, err);
    if (rv == 0) {
        rv = first_file(&save, &first, err);
    }
    for (size_t i = rv == 0 ? first : 0; rv == 0 && i < save.file_count; i++) {
        rv = save_file(&save, save.files[i], data_dir, wall_s, err);
    }
    if (rv == 0 && saved->files > 0) {
        rv = write_summary(&save, err);
    }
    forget_files(&save);
    buf_finish(&save.summary);
    buf_finish(&save.index);
    free(save.bytes);
    return rv;
}
