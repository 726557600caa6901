/* hand_step: the private side of the hand: steps, programs, and what they share.
 *
 * A program is a list of steps that reads like a recipe. A step composes a statement
 * (or says that there is nothing to do, or refuses), sends it over one of the two
 * connections, and reads the answer; its return value says how to go on. A loop is a
 * jump back to the latest step that is a mark.
 *
 * Included by hand*.c only. */
#ifndef DAEMON_IO_HAND_STEP_H
#define DAEMON_IO_HAND_STEP_H

#include "daemon/io/hand.h"

/* What a step answers; or a negative error code, which ends the task as failed. */
enum hand_next {
    HAND_GO,    /* on to the next step; from compose: skip this one */
    HAND_SEND,  /* compose only: the statement is written */
    HAND_BACK,  /* to the latest mark, at once */
    HAND_PAUSE, /* to the latest mark, after a moment */
    HAND_END,   /* the task is done */
};

enum hand_where { HAND_MAIN, HAND_LOCK, HAND_SNIPPET };

struct hand_step {
    const char *name; /* for stories: "stopping the IO thread" */
    const char *text; /* the statement; or */
    int (*compose)(struct hand *hand, struct buf *text, struct err *err);
    int (*read)(struct hand *hand, const struct db_result *result, struct err *err); /* or NULL */
    /* The server's refusal, by number; NULL or a negative answer: the task fails with it. */
    int (*refused)(struct hand *hand, unsigned sql_errno, const struct err *why);
    enum hand_where where; /* HAND_SNIPPET: no statement, the snippet gets MASTER */
    bool mark;
    bool secret; /* the statement holds a password */
};

typedef const struct hand_step *const hand_program[];

struct hand {
    struct hand_config config;
    struct db main;
    struct db lock;
    uv_timer_t timer;
    struct snippet_job snippet;
    bool snippet_busy; /* the job's memory is in use, also for an abandoned task */

    bool lock_held;
    bool closing;
    unsigned open_handles; /* while closing or starting afresh */
    void (*on_closed)(void *context);
    void *closed_context;

    /* The task. */
    bool busy;
    struct hand_task task;
    hand_cb cb;
    void *cb_context;
    struct hand_result result;
    const struct hand_step *const *program;
    unsigned at;
    unsigned mark;
    unsigned pauses;
    uint64_t started_ms;
    uint64_t deadline_ms;
    bool waiting_for_connection;
    bool attempted;
    bool used_main; /* a statement of the task went over it */
    bool used_lock;
    bool cut;              /* one that was used is gone: what comes back may be another server */
    struct db_query query; /* the statement on its way */
    struct buf text;

    /* A fence that waits for the connections to be closed. */
    bool preempted;
    struct hand_task next_task;
    hand_cb next_cb;
    void *next_context;

    /* What the task has seen. */
    struct observation seen;
    struct gtid_position received;   /* what it may not lose */
    bool blocked;                    /* read_only=1 timed out */
    bool waited;                     /* MASTER_GTID_WAIT said that it is reached */
    unsigned settings;               /* bits: those that must be set */
    char note[LIMIT_TEXT_SIZE];      /* for the detail: what couldn't be enforced */
    char waits_for[LIMIT_TEXT_SIZE]; /* told when time runs out */
};

/* Goes on with the step at `at`; the task may be over when it returns. */
void hand_advance(struct hand *hand);
void hand_on_timer(uv_timer_t *timer); /* the same */

/* Ends the task as failed, with the step's name and the reason. */
void hand_fail(struct hand *hand, const struct err *why);

/* After each handle that is closed. */
void hand_reset_when_closed(struct hand *hand);

/* The time left, at least 1. */
uint64_t hand_left_ms(const struct hand *hand);

/* The channel that the hand works on, the default one; NULL: the server is no replica. */
const struct observation_channel *hand_channel(const struct hand *hand);

/* Whether the server has written or applied all of it. */
bool hand_has(const struct hand *hand, const struct gtid_position *position);

/* What the server holds: received, else applied; a server that is no replica holds its
 * binary log. */
struct gtid_position hand_received(const struct hand *hand);

/* Writes the detail of a success. */
void hand_tell(struct hand *hand, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* With the replica's side of semi-sync on, the IO thread's last act is to open a connection to
 * the source. One that hangs (stopped, cut off) holds it up for this time-out, in whole
 * seconds; 0 means the system's own (24 s). Measured; a source that is gone costs nothing. */
#define HAND_STOP_IO_TEXT                                                                          \
    "BEGIN NOT ATOMIC SET GLOBAL rpl_semi_sync_slave_kill_conn_timeout=1;"                         \
    " STOP SLAVE IO_THREAD; END"

/* Steps that several programs share. */
extern const struct hand_step hand_look_variables; /* a mark */
extern const struct hand_step hand_look_channels;
extern const struct hand_step hand_read_only; /* a mark */
extern const struct hand_step hand_read_only_kill;
extern const struct hand_step hand_read_only_retry;
extern const struct hand_step hand_kill;
extern const struct hand_step hand_unlock;
extern const struct hand_step hand_settings_look;
extern const struct hand_step hand_settings_set;
extern const struct hand_step hand_settings_check;
extern const struct hand_step hand_stop_io;

extern hand_program hand_program_soft_fence;
extern hand_program hand_program_lift_fence;
extern hand_program hand_program_make_read_only;
extern hand_program hand_program_stop_io;
extern hand_program hand_program_drain;
extern hand_program hand_program_promote;
extern hand_program hand_program_finish;
extern hand_program hand_program_repoint;
extern hand_program hand_program_attach;

#endif
