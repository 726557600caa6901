/* sim_random: random numbers that a seed decides, the same on every machine and compiler.
 *
 * Each part of the world has a generator of its own, so that one more draw in the network
 * doesn't change what the disks do. Integers only: floating point isn't the same everywhere. */
#ifndef TESTS_SIM_RANDOM_H
#define TESTS_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
    uint64_t state;
};

enum { SIM_MILLION = 1000000 };

/* splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t sim_random_next(struct sim_random *random)
{
    uint64_t z = (random->state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* `stream` names the part of the world. */
static inline void sim_random_init(struct sim_random *random, uint64_t seed, uint64_t stream)
{
    random->state = seed * 0xd1342543de82ef95u + stream;
    sim_random_next(random);
    random->state ^= stream * 0x9fb21c651e98df25u;
}

/* From 0 to one less than `limit`. */
static inline uint64_t sim_random_below(struct sim_random *random, uint64_t limit)
{
    return limit == 0 ? 0 : sim_random_next(random) % limit;
}

static inline uint64_t sim_random_between(struct sim_random *random, uint64_t low, uint64_t high)
{
    return low + sim_random_below(random, high - low + 1);
}

static inline bool sim_random_chance(struct sim_random *random, uint64_t per_million)
{
    return sim_random_next(random) % SIM_MILLION < per_million;
}

static inline bool sim_random_percent(struct sim_random *random, uint64_t percent)
{
    return sim_random_next(random) % 100 < percent;
}

/* Exponentially distributed around `mean`, in 64 steps. */
uint64_t sim_random_around(struct sim_random *random, uint64_t mean);

#endif
