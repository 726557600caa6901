/* sim_options: what a seed decides before anything happens.
 *
 * "Swarm testing": a seed draws which kinds of faults there are at all, and how many of each;
 * a run without crashes finds what a run full of them hides. Everything is a number with a
 * name, so that it can be printed, set on the command line, and set to 0 by --minimise. */
#ifndef TESTS_SIM_OPTIONS_H
#define TESTS_SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Faults are drawn with "every": the mean time between two of them, 0: never. */
/*      name             without  meaning */
#define SIM_OPTION_MAP(X)                                                                          \
    X(voters, 3)               /* at the start */                                                  \
    X(spares, 0)               /* machines that the operator may add */                            \
    X(events, 5000)            /* of the phase with faults */                                      \
    X(heartbeat_ms, 50)        /* */                                                               \
    X(election_min_ms, 200)    /* */                                                               \
    X(election_max_ms, 400)    /* */                                                               \
    X(lease_ms, 1700)          /* */                                                               \
    X(notice_ms, 0)            /* until a follower hears of a commit without entries */            \
    X(drift_ppm, 0)            /* clocks go wrong by at most this */                               \
    X(delay_min_us, 200)       /* of a message, one way */                                         \
    X(delay_mean_us, 300)      /* on top of it, on average */                                      \
    X(ordered, 0)              /* messages of one link don't overtake each other */                \
    X(loss_ppm, 0)             /* of messages */                                                   \
    X(double_ppm, 0)           /* of messages */                                                   \
    X(capacity, 0)             /* messages under way on one link; 0: no limit */                   \
    X(cut_every_ms, 0)         /* a partition, whole or one-way */                                 \
    X(cut_for_ms, 1000)        /* */                                                               \
    X(clog_every_ms, 0)        /* a link that holds everything back */                             \
    X(clog_for_ms, 500)        /* */                                                               \
    X(swizzle_every_ms, 0)     /* links clogged one by one, freed in another order */              \
    X(crash_every_ms, 0)       /* */                                                               \
    X(down_for_ms, 500)        /* */                                                               \
    X(power_percent, 50)       /* of crashes that take unsynced writes with them */                \
    X(all_crash_every_ms, 0)   /* everybody at once */                                             \
    X(pause_every_ms, 0)       /* */                                                               \
    X(pause_for_ms, 500)       /* */                                                               \
    X(disk_min_us, 20)         /* a turn of the disk, at least */                                  \
    X(disk_us, 200)            /* on top of it, on average */                                      \
    X(disk_back_us, 30)        /* until the loop learns of it, at most */                          \
    X(hang_every_ms, 0)        /* a disk that answers late */                                      \
    X(hang_for_ms, 1000)       /* */                                                               \
    X(full_every_ms, 0)        /* a disk that is full for a while */                               \
    X(full_for_ms, 1000)       /* */                                                               \
    X(fail_every_ms, 0)        /* a write or a sync that fails */                                  \
    X(rot_every_ms, 0)         /* damage to what was synced */                                     \
    X(wipe_every_ms, 0)        /* a disk that was replaced by an empty one */                      \
    X(disk_requests, 1024)     /* that may wait for the disk */                                    \
    X(segment_bytes, 4096)     /* of the log's files */                                            \
    X(snapshot_every, 100)     /* entries */                                                       \
    X(trailing, 20)            /* entries that are kept before a snapshot */                       \
    X(log_entries, 1024)       /* a power of two */                                                \
    X(state_bytes, 64)         /* of a snapshot */                                                 \
    X(propose_every_us, 20000) /* */                                                               \
    X(propose_bytes, 64)       /* at most */                                                       \
    X(propose_batch, 3)        /* at most */                                                       \
    X(read_every_us, 50000)    /* */                                                               \
    X(leases, 1)               /* holders ask for leases */                                        \
    X(revoke_every_ms, 0)      /* the next holder takes over */                                    \
    X(change_every_ms, 0)      /* of the members */                                                \
    X(transfer_every_ms, 0)    /* */                                                               \
    X(step_down_every_ms, 0)   /* */                                                               \
    X(duel_percent, 0)         /* of elections after which few hear the leader: sim_duel.h */      \
    X(hold_every_ms, 0)        /* one kind of messages held back on some links */                  \
    X(hold_for_ms, 500)        /* at most */                                                       \
    X(hold_leases_every_ms, 0) /* the leader's answers to the holder, while he is revoked */       \
    X(mute_every_ms, 0)        /* a leader says nothing, and hears what was said before */         \
    X(late_ppm, 0)             /* of messages that come once more, much later */                   \
    X(late_for_ms, 1000)       /* on average */                                                    \
    X(pieces_ppm, 0)           /* of appends that come in other pieces */                          \
    X(drift_ends, 0)           /* each clock is as wrong as it may be */                           \
    X(deep_every, 300)         /* disk turns between two readings of the whole disk */             \
    X(canary, 0)               /* the checker itself is to fail */

struct sim_options {
#define X(name, without) uint64_t name;
    SIM_OPTION_MAP(X)
#undef X
};

/* A small quiet cluster without any fault. */
void sim_options_init(struct sim_options *options);

/* Those of a seed. */
void sim_options_draw(struct sim_options *options, uint64_t seed);

/* "name=value"; false if there is no such name. */
bool sim_options_set(struct sim_options *options, const char *text);

/* Those that differ from sim_options_init(), a few to a line. */
void sim_options_print(const struct sim_options *options, FILE *out);

/* Sets fault class number `number` to nothing; false past the last one. `name` gets its name. */
bool sim_options_drop(struct sim_options *options, uint32_t number, const char **name);

#endif
