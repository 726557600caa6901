/* err: one error, a code for machines and a story for people.
 *
 * A function that can fail returns 0 or a negative code of ERR_MAP, and takes a
 * `struct err *` as its last argument when the story matters. The floor that
 * found the fault writes the story with err_set(); each floor above may put its
 * own context in front with err_wrap(); the edge tells it once. `err` may be
 * NULL everywhere: then only the code travels.
 *
 * Ownership: the struct is the caller's, embedded or on the stack; nothing is
 * allocated. Text past the end of the buffer is cut, never overrun. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/*      name          value  sentence */
#define ERR_MAP(X)                                                                                 \
    X(ERR_NOMEM, -1, "out of memory")                                                              \
    X(ERR_INVALID, -2, "invalid input")                                                            \
    X(ERR_LIMIT, -3, "a limit was reached")                                                        \
    X(ERR_IO, -4, "input or output failed")                                                        \
    X(ERR_CORRUPT, -5, "stored data is damaged")                                                   \
    X(ERR_NOTFOUND, -6, "not found")                                                               \
    X(ERR_EXISTS, -7, "exists already")                                                            \
    X(ERR_BUSY, -8, "busy")                                                                        \
    X(ERR_REFUSED, -9, "refused")                                                                  \
    X(ERR_PERMISSION, -10, "not permitted")                                                        \
    X(ERR_TIMEOUT, -11, "timed out")                                                               \
    X(ERR_UNREACHABLE, -12, "unreachable")                                                         \
    X(ERR_NOTLEADER, -13, "not the leader")                                                        \
    X(ERR_CLOSED, -14, "closed")                                                                   \
    X(ERR_PROTOCOL, -15, "protocol error")                                                         \
    X(ERR_STALE, -16, "superseded by something newer")                                             \
    X(ERR_SQL, -17, "the database answered with an error")                                         \
    X(ERR_FULL, -18, "the disk is full")

enum err_code {
#define X(name, value, sentence) name = value,
    ERR_MAP(X)
#undef X
};

enum { ERR_TEXT_MAX = 512 };

struct err {
    int code;
    char text[ERR_TEXT_MAX];
};

/* Empties it: code 0, no story. */
void err_reset(struct err *err);

/* Writes code and story; returns `code`, so that it can be returned. */
int err_set(struct err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of the story; returns the code it holds. */
int err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "ERR_BUSY" and "busy"; an unknown code gives "ERR_UNKNOWN" / "unknown error". */
const char *err_name(int code);
const char *err_sentence(int code);

#endif
