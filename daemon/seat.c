/* The file: magic(4) format(4) store(8) born(4) id(4) length(4) first length(4) known
 * cluster(8) settled(4) check(4); in format 1 without cluster and settled, as if it weren't.
 * It is replaced as a whole (daemon/io/durable.h); the check is for what a disk does to it. */
#include "daemon/seat.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/limits.h"
#include "base/reader.h"
#include "daemon/io/durable.h"

enum {
    SEAT_MAGIC = 0x7461656f, /* "oeat" */
    SEAT_FORMAT = 2,
    SEAT_FORMAT_OLDEST = 1,
    SEAT_PATH_SIZE = LIMIT_PATH_SIZE + 16,
    SEAT_CHECK_BYTES = 4,
};

const char *seat_born_name(enum seat_born born)
{
    static const char *const names[] = {
#define X(name, value, text) [name] = text,
        SEAT_BORN_MAP(X)
#undef X
    };

    assert(born >= SEAT_BOOTSTRAP && born <= SEAT_REPLACED);
    return names[born];
}

void seat_settle(struct seat *seat, const struct members *members)
{
    seat->cluster = members->cluster;
    seat->settled = true;
}

void seat_replace(struct seat *seat, uint64_t store)
{
    seat->store = store;
    seat->born = SEAT_REPLACED;
    seat->id = 0;
    members_init(&seat->first);
}

/* ---- as bytes --------------------------------------------------------------------------- */

static void put_members(struct buf *out, const struct members *members)
{
    struct buf bytes;

    buf_init(&bytes, MEMBERS_BYTES_MAX);
    members_encode(members, &bytes);
    buf_append_u32(out, (uint32_t)bytes.length);
    buf_append(out, bytes.data, bytes.length);
    buf_finish(&bytes);
}

void seat_encode(const struct seat *seat, struct buf *out)
{
    size_t begin = out->length;

    buf_append_u32(out, SEAT_MAGIC);
    buf_append_u32(out, SEAT_FORMAT);
    buf_append_u64(out, seat->store);
    buf_append_u32(out, seat->born);
    buf_append_u32(out, seat->id);
    put_members(out, &seat->first);
    put_members(out, &seat->known);
    buf_append_u64(out, seat->cluster);
    buf_append_u32(out, seat->settled ? 1 : 0);
    if (buf_ok(out)) {
        buf_append_u32(out, crc32c(0, out->data + begin, out->length - begin));
    }
}

static void take_members(struct reader *reader, struct members *members)
{
    uint32_t length = reader_u32(reader);
    const uint8_t *bytes = reader_view(reader, length);

    reader->failed = bytes == NULL || members_decode(members, bytes, length, NULL) != 0;
}

int seat_decode(struct seat *seat, const uint8_t *bytes, size_t length, struct err *err)
{
    struct reader reader;
    uint32_t magic;
    uint32_t format;

    *seat = (struct seat){.id = 0};
    if (length < SEAT_CHECK_BYTES || crc32c(0, bytes, length - SEAT_CHECK_BYTES) !=
                                         bytes_u32(bytes + length - SEAT_CHECK_BYTES)) {
        return err_set(err, ERR_CORRUPT, "a seat record of %zu bytes is damaged", length);
    }
    reader_init(&reader, bytes, length - SEAT_CHECK_BYTES);
    magic = reader_u32(&reader);
    format = reader_u32(&reader);
    seat->store = reader_u64(&reader);
    seat->born = (enum seat_born)reader_u32(&reader);
    seat->id = reader_u32(&reader);
    take_members(&reader, &seat->first);
    take_members(&reader, &seat->known);
    if (format > SEAT_FORMAT_OLDEST) {
        seat->cluster = reader_u64(&reader);
        seat->settled = reader_u32(&reader) != 0;
    }
    if (reader.failed || reader.left != 0 || magic != SEAT_MAGIC || format < SEAT_FORMAT_OLDEST ||
        format > SEAT_FORMAT || seat->born < SEAT_BOOTSTRAP || seat->born > SEAT_REPLACED) {
        return err_set(err, ERR_CORRUPT, "a seat record of format %u makes no sense", format);
    }
    return 0;
}

/* ---- as a file ----------------------------------------------------------------------------- */

static void path_of(char path[SEAT_PATH_SIZE], const char *directory)
{
    text_format(path, SEAT_PATH_SIZE, "%s/" SEAT_FILE, directory);
}

int seat_read(struct seat *seat, const char *directory, struct err *err)
{
    char path[SEAT_PATH_SIZE];
    uint8_t bytes[SEAT_BYTES_MAX];
    ssize_t length = -1;
    int rc;
    int fd;

    path_of(path, directory);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        length = read(fd, bytes, sizeof bytes);
        close(fd);
    }
    if (length < 0) {
        return err_set(err, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, "%s: %s", path,
                       strerror(errno));
    }
    rc = seat_decode(seat, bytes, (size_t)length, err);
    if (rc != 0) {
        err_wrap(err, "%s", path);
    }
    return rc;
}

int seat_write(const struct seat *seat, const char *directory, struct err *err)
{
    char path[SEAT_PATH_SIZE];
    struct buf bytes;
    int rc = ERR_NOMEM;

    path_of(path, directory);
    buf_init(&bytes, SEAT_BYTES_MAX);
    seat_encode(seat, &bytes);
    if (buf_ok(&bytes)) {
        rc = durable_replace(path, bytes.data, bytes.length, err);
    } else {
        err_set(err, rc, "no memory for the seat record");
    }
    buf_finish(&bytes);
    return rc;
}
