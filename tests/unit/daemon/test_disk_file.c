/* The real files: short writes, interruptions, and which errors mean a full disk (DK-11 to DK-13).
 *
 * The calls of libc are replaced here: each does what `next` says, once, and then what it always
 * does. */
#include "tests/unit/main.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/io/disk_file.h"

static struct {
    int write_errno;
    size_t write_at_most; /* 0: any; bytes of one call, for as long as it is set */
    int sync_errno;
    int open_errno;
    int calls;
} next;

static int take(int *number)
{
    int taken = *number;

    *number = 0;
    errno = taken;
    next.calls++;
    return taken;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    if (take(&next.write_errno) != 0) {
        return -1;
    }
    if (next.write_at_most != 0 && length > next.write_at_most) {
        length = next.write_at_most;
    }
    return syscall(SYS_pwrite64, fd, bytes, length, offset);
}

int fdatasync(int fd)
{
    return take(&next.sync_errno) != 0 ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return take(&next.sync_errno) != 0 ? -1 : (int)syscall(SYS_fsync, fd);
}

int openat(int directory, const char *name, int flags, ...)
{
    va_list list;
    int mode;

    va_start(list, flags);
    mode = (flags & O_CREAT) != 0 ? va_arg(list, int) : 0;
    va_end(list);
    return take(&next.open_errno) != 0 ? -1
                                       : (int)syscall(SYS_openat, directory, name, flags, mode);
}

struct place {
    char path[64];
    int directory;
    int file;
};

static void begin(struct place *place)
{
    memset(&next, 0, sizeof(next));
    strcpy(place->path, "/tmp/disk-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(place->path));
    place->directory = disk_file_open_directory(place->path, NULL);
    place->file = disk_file_open(place->directory, "file", O_RDWR | O_CREAT, NULL);
    ck_assert_int_ge(place->file, 0);
}

static void end(struct place *place)
{
    disk_file_close(place->file);
    ck_assert_int_eq(disk_file_remove(place->directory, "file", NULL), 0);
    disk_file_close(place->directory);
    ck_assert_int_eq(rmdir(place->path), 0);
}

static void expect_file(struct place *place, const char *text)
{
    struct buf found;

    buf_init(&found, 1024);
    ck_assert_int_eq(disk_file_read(place->directory, "file", &found, NULL), 0);
    ck_assert_str_eq(buf_text(&found), text);
    buf_finish(&found);
}

static int count_names(void *context, const char *name, struct err *err)
{
    (void)name;
    (void)err;
    ++*(int *)context;
    return 0;
}

START_TEST(DK_13_short_writes_and_interruptions_are_gone_on_with)
{
    struct place place;

    begin(&place);
    next.write_at_most = 3;
    next.write_errno = EINTR;
    ck_assert_int_eq(disk_file_write(place.file, "file", "0123456789", 10, 0, NULL), 0);
    expect_file(&place, "0123456789");
    next.open_errno = EINTR;
    expect_file(&place, "0123456789");
    end(&place);
}
END_TEST

START_TEST(DK_11_no_space_and_no_quota_are_a_full_disk)
{
    static const int full[] = {ENOSPC, EDQUOT};
    struct place place;

    begin(&place);
    for (size_t i = 0; i < 2; i++) {
        next.write_errno = full[i];
        ck_assert_int_eq(disk_file_write(place.file, "file", "x", 1, 0, NULL), ERR_FULL);
        next.open_errno = full[i];
        ck_assert_int_eq(disk_file_open(place.directory, "other", O_RDWR | O_CREAT, NULL),
                         ERR_FULL);
    }
    next.write_errno = EIO;
    ck_assert_int_eq(disk_file_write(place.file, "file", "x", 1, 0, NULL), ERR_IO);
    end(&place);
}
END_TEST

START_TEST(DK_12_a_failed_sync_is_tried_once_and_is_never_a_full_disk)
{
    static const int errors[] = {EIO, ENOSPC, EDQUOT, EINTR};
    struct place place;

    begin(&place);
    for (size_t i = 0; i < 4; i++) {
        next.calls = 0;
        next.sync_errno = errors[i];
        ck_assert_int_eq(disk_file_sync(place.file, "file", NULL), ERR_IO);
        ck_assert_int_eq(next.calls, 1);
        next.sync_errno = errors[i];
        ck_assert_int_eq(disk_file_sync_directory(place.directory, NULL), ERR_IO);
    }
    end(&place);
}
END_TEST

START_TEST(DK_11_a_replacement_without_space_leaves_the_old_file_and_nothing_else)
{
    struct place place;
    int names = 0;

    begin(&place);
    ck_assert_int_eq(disk_file_replace(place.directory, "file", "old", 3, NULL), 0);
    next.write_errno = ENOSPC;
    ck_assert_int_eq(disk_file_replace(place.directory, "file", "new", 3, NULL), ERR_FULL);
    expect_file(&place, "old");
    ck_assert_int_eq(disk_file_list(place.directory, count_names, &names, NULL), 0);
    ck_assert_int_eq(names, 1);
    next.sync_errno = ENOSPC;
    ck_assert_int_eq(disk_file_replace(place.directory, "file", "new", 3, NULL), ERR_IO);
    expect_file(&place, "old");
    ck_assert_int_eq(disk_file_replace(place.directory, "file", "new", 3, NULL), 0);
    expect_file(&place, "new");
    end(&place);
}
END_TEST

START_TEST(numbers_of_stores_are_never_zero_and_differ)
{
    uint64_t one = disk_file_random();

    ck_assert_uint_ne(one, 0);
    ck_assert_uint_ne(one, disk_file_random());
}
END_TEST

/* A store that is damaged is set aside. */
START_TEST(DK_16_what_says_nothing_of_the_disk_is_no_damage)
{
    static const struct {
        int number;
        int code;
    } cases[] = {{EACCES, ERR_PERMISSION},
                 {EPERM, ERR_PERMISSION},
                 {EROFS, ERR_PERMISSION},
                 {EMFILE, ERR_NOMEM},
                 {ENFILE, ERR_NOMEM},
                 {ENOMEM, ERR_NOMEM},
                 {EIO, ERR_IO},
                 {EUCLEAN, ERR_IO}};
    struct place place;

    begin(&place);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        next.open_errno = cases[i].number;
        ck_assert_int_eq(disk_file_open(place.directory, "file", O_RDONLY, NULL), cases[i].code);
    }
    end(&place);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("disk_file");
    TCase *tcase = tcase_create("calls");

    tcase_add_test(tcase, DK_13_short_writes_and_interruptions_are_gone_on_with);
    tcase_add_test(tcase, DK_11_no_space_and_no_quota_are_a_full_disk);
    tcase_add_test(tcase, DK_12_a_failed_sync_is_tried_once_and_is_never_a_full_disk);
    tcase_add_test(tcase, DK_11_a_replacement_without_space_leaves_the_old_file_and_nothing_else);
    tcase_add_test(tcase, numbers_of_stores_are_never_zero_and_differ);
    tcase_add_test(tcase, DK_16_what_says_nothing_of_the_disk_is_no_damage);
    suite_add_tcase(suite, tcase);
    return suite;
}
